"""The report as Markdown, for the body of a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runware_codegen.diff.entries import Entry
from runware_codegen.diff.levels import LEVELS, Level
from runware_codegen.diff.report import Report, change_of, note_of, proof_of
from runware_codegen.report import plain

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")


def lines(report: Report) -> Iterator[str]:
    """Yield the lines of a report, grouped by level, then by document."""
    yield f"**{report.summary()}**"
    for level in Level:
        entries = [entry for entry in report.entries if entry.level is level]
        if not entries:
            continue
        yield from ("", f"### {level.capitalize()}", "", LEVELS[level], "")
        document = ""
        for entry in entries:
            if entry.document != document:
                document = entry.document
                air = f" ({_code(entry.air)})" if entry.air else ""
                yield f"- **{_escaped(document)}**{air}"
            yield from _entry(report, entry)


def _entry(report: Report, entry: Entry) -> Iterator[str]:
    place = f" {_code(entry.python)}" if entry.python else ""
    yield f"  - {entry.kind}{place}: {_escaped(change_of(entry))}"
    proof = proof_of(entry)
    if entry.witness is not None:
        verdict, _, task = proof.partition(": ")
        yield f"    - {verdict}: {_code(task)}"
    elif proof:
        yield f"    - {_escaped(proof)}"
    if note := note_of(report, entry):
        yield f"    - {_escaped(note)}"


def _code(text: str) -> str:
    """Write text as code, between more backticks than it has in a row."""
    shown = plain(text)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if "`" in shown else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _escaped(text: str) -> str:
    """Escape markup and mentions in a text."""
    return _MARKUP.sub(r"\\\1", plain(text)).replace("@", "@\u200b")
