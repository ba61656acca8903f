"""How long `diff` takes over a catalogue, and what it sees beside others.

python benchmarks/differences.py [--quick]

griffe compares the packages that are generated from both versions. Of oasdiff it counts
whether its published list has a rule about the edit.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import edits
import script
from catalogue import varied, write
from results import Bar, Panel, Row, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalogue import Work
    from edits import Edit

_PROGRAM = Path(__file__).parent / "programs" / "breakages.py"
_SEEN = {"breaking", "typing", "risk"}
_CHANGED = 12
_ALL = 362


def measured(work: Work) -> Iterator[Row | Panel]:
    """Measure."""
    yield _speed(work)
    yield from _sight(work)


def _speed(work: Work) -> Row:
    count = min(_ALL, work.count)
    old, new = work.catalogue(count, "before"), work.catalogue(count, "after")
    files = sorted(new.glob("*.json"))
    for path in files[:: count // _CHANGED][:_CHANGED]:
        write(varied(json.loads(path.read_text("utf-8")), 1), path)
    seconds = min(
        work.command("diff", str(old), str(new)).seconds for _ in range(work.rounds(3))
    )
    what = f"`diff` of {count} documents, {_CHANGED} of them changed: the whole process"
    return at_most(what, seconds, 3.0, "{:.2f} s")


def _sight(work: Work) -> Iterator[Row | Panel]:
    """Find who sees which of the edits."""
    all_edits = list(edits.edits())
    ours = [_levels(work, number, edit) for number, edit in enumerate(all_edits)]
    breakages = _breakages(work, len(all_edits))
    rules = [edit.rule for edit in all_edits]
    total = len(all_edits)
    for name, seen, how in (
        ("`diff`", [bool(levels & _SEEN) for levels in ours], "by its entries"),
        ("oasdiff", list(map(bool, rules)), f"by its rules of {edits.RULES_OF}"),
        ("griffe", list(map(bool, breakages)), "in the generated packages"),
    ):
        missed = [e.name for e, yes in zip(all_edits, seen, strict=True) if not yes]
        what = f"Of {total} edits that callers notice, seen by {name}, {how}"
        measured = f"{total - len(missed)} of {total}"
        figures = f"not seen: {', '.join(missed)}" if missed else ""
        if name == "`diff`":
            yield Row(what, measured, "all", not missed, figures, headline=True)
        else:
            yield Row(what, measured, figures=figures)
    yield Panel(
        "Edits that callers notice",
        f"seen, of {total}",
        [
            Bar("runware-codegen diff", sum(bool(x & _SEEN) for x in ours), ""),
            Bar("oasdiff, by its rules", sum(map(bool, rules)), "", ours=False),
            Bar("griffe", sum(map(bool, breakages)), "", ours=False),
        ],
    )


def _levels(work: Work, number: int, edit: Edit) -> set[str]:
    """Generate both packages, and return the levels of what differs."""
    folder = work.folder / "edits" / str(number)
    documents: list[str] = []
    for side, document in (("old", edit.old), ("new", edit.new)):
        path = folder / side / "document.json"
        path.parent.mkdir(parents=True)
        write(document, path)
        documents.append(str(path))
        output = ["--output", str(path.parent), "--package", "client", "--quiet"]
        work.command("generate", str(path), *output)
    command = [sys.executable, "-m", "runware_codegen", "diff", *documents]
    done = subprocess.run(
        [*command, "--format", "json"], capture_output=True, text=True, check=True
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return {entry["level"] for entry in report["entries"]}


def _breakages(work: Work, count: int) -> list[int]:
    """Count what griffe finds of each edit."""
    folders = [work.folder / "edits" / str(number) for number in range(count)]
    asked = [json.dumps([str(f / "old"), str(f / "new"), "client"]) for f in folders]
    done = subprocess.run(
        [work.peer, _PROGRAM],
        input="\n".join(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    return list(map(int, done.stdout.split()))


if __name__ == "__main__":
    script.main(__doc__, measured)
