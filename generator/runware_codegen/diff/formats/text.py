"""The report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click

from runware_codegen.diff.entries import Entry
from runware_codegen.diff.levels import Level
from runware_codegen.diff.report import Report, change_of, details_of, place_of
from runware_codegen.report import plain

_COLOR: Final = {
    Level.BREAKING: "red",
    Level.TYPING: "magenta",
    Level.RISK: "yellow",
    Level.COMPATIBLE: "green",
    Level.WORDS: "blue",
}
_WIDTH: Final = max(map(len, Level))


def lines(report: Report) -> Iterator[str]:
    """Yield the lines of a report, grouped by document, with colours."""
    for section in report.sections():
        yield _heading(section[0])
        for entry in section:
            yield from _entry(report, entry)
        yield ""
    yield report.summary()


def _heading(entry: Entry) -> str:
    air = f"{entry.air}, " if entry.air else ""
    title = click.style(plain(entry.document), bold=True)
    return title + plain(f" ({air}{entry.file})")


def _entry(report: Report, entry: Entry) -> Iterator[str]:
    level = click.style(entry.level.ljust(_WIDTH), fg=_COLOR[entry.level])
    place = f" {place_of(entry)}" if entry.python else ""
    yield f"  {level}  {entry.kind}{plain(place)}"
    indent = " " * (_WIDTH + 4)
    for detail in details_of(report, entry, change_of(entry)):
        yield f"{indent}{detail}"
