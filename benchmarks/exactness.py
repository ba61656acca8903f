"""Which tasks a request class accepts, beside what its document allows.

python benchmarks/exactness.py [--quick]

Draws tasks near the boundary of each document, judges them by jsonschema-rs, and counts
what this generator's classes and those of others make of them. A document that a tool
cannot take counts for nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import peers
import script
import tasks
from measuring import told
from results import Bar, Panel, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalogue import Work

_PROGRAM = Path(__file__).parent / "programs" / "judge.py"
_OURS = "runware-codegen"
_TOOLS = {
    _OURS: "ours",
    peers.DATAMODEL: "datamodel",
    f"{peers.DATAMODEL}, strict, with schema validators": "datamodel_strict",
    peers.OPENAPI_CLIENT: "openapi_client",
}


@dataclass
class Verdicts:
    """What a tool made of tasks: those allowed, and those forbidden."""

    documents: int = 0
    allowed: int = 0
    refused: int = 0
    forbidden: int = 0
    accepted: int = 0

    def add(self, *, is_allowed: bool, was_accepted: bool) -> None:
        """Count one verdict."""
        if is_allowed:
            self.allowed += 1
            self.refused += not was_accepted
        else:
            self.forbidden += 1
            self.accepted += was_accepted


def measured(work: Work) -> Iterator[Row | Panel]:
    """Measure."""
    documents = work.documents[:3] if work.quick else work.documents
    totals = {tool: Verdicts() for tool in _TOOLS}
    for document in documents:
        folder = work.folder / "exactness" / document.stem
        folder.mkdir(parents=True)
        _judge(document, folder, work, totals)
    yield from _rows(totals, len(documents))
    yield Panel(
        "Wrong verdicts",
        "share of the forbidden, and of the allowed tasks that were tried",
        [
            bar
            for tool, found in totals.items()
            for bar in (
                _bar(
                    f"{tool}: accepts forbidden", found.accepted, found.forbidden, tool
                ),
                _bar(f"{tool}: refuses allowed", found.refused, found.allowed, tool),
            )
        ],
    )


def _judge(
    document: Path, folder: Path, work: Work, totals: dict[str, Verdicts]
) -> None:
    """Let each tool judge tasks of a document."""
    drawn = tasks.drawn(document, 100 if work.quick else 400)
    path = folder / "tasks.json"
    path.write_text(json.dumps([task for task, _ in drawn]), encoding="utf-8")
    options = ["--output", str(folder), "--package", "measured", "--quiet", "--force"]
    work.command("generate", str(document), *options)
    for tool, found in totals.items():
        python = sys.executable if tool == _OURS else work.peer
        try:
            accepted = told([python, _PROGRAM, _TOOLS[tool], folder, document, path])
        except subprocess.CalledProcessError:
            assert tool != _OURS
            continue
        found.documents += 1
        for (_, is_allowed), was_accepted in zip(drawn, accepted, strict=True):
            found.add(is_allowed=is_allowed, was_accepted=was_accepted)


def _rows(totals: dict[str, Verdicts], documents: int) -> Iterator[Row]:
    for tool, found in totals.items():
        must = "0" if tool == _OURS else ""
        for what, wrong, number in (
            ("forbidden tasks accepted", found.accepted, found.forbidden),
            ("allowed tasks refused", found.refused, found.allowed),
        ):
            yield Row(
                f"{tool}: {what}",
                _share(wrong, number),
                must,
                not wrong if must else None,
                f"{wrong:,} of {number:,}; "
                f"{found.documents} of {documents} documents taken",
                headline=True,
            )


def _bar(label: str, wrong: int, number: int, tool: str) -> Bar:
    text = _share(wrong, number)
    return Bar(label, wrong / max(number, 1), text, ours=tool == _OURS)


def _share(wrong: int, number: int) -> str:
    return f"{wrong / number:.1%}" if wrong else "0"


if __name__ == "__main__":
    script.main(__doc__, measured)
