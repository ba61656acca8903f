"""The report of `fetch --update`: what changed in fetched documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from runware_codegen.diff import accepted
from runware_codegen.diff.documents import check_keywords, compare_sides
from runware_codegen.diff.entries import Entry
from runware_codegen.diff.formats.text import lines
from runware_codegen.diff.levels import KINDS, Level
from runware_codegen.diff.report import Report, change_of
from runware_codegen.diff.sides.texts import Text
from runware_codegen.parse.assembly import DocumentFilter

_MAX_CHANGES: Final = 20


@dataclass(slots=True)
class Updates:
    """The differences of all documents that were compared.

    Attributes:
        accept_file: The file of accepted entries.
        statuses: The statuses of the documents that `generate` uses.
        checks_keywords: Whether a new version with a keyword that `generate` refuses is
            invalid.
        entries: The differences.
        compared: The number of documents that were compared.
        changed: The number of those that differ.
    """

    accept_file: Path
    statuses: tuple[str, ...]
    checks_keywords: bool = False
    entries: list[Entry] = field(default_factory=list["Entry"])
    compared: int = 0
    changed: int = 0

    def add(self, path: Path, content: bytes) -> bool:
        """Compare a document on disk with its new version.

        Args:
            path: The file with the old version.
            content: The new version.

        Returns:
            Whether the new version has breaking differences that are not accepted.

        Raises:
            InvalidInputError: If a version is invalid.
        """
        old = Text(str(path), path.read_bytes(), discovered=False)
        new = Text(str(path), content, discovered=False)
        if self.checks_keywords:
            check_keywords(new)
        found = compare_sides([old], [new], DocumentFilter((), self.statuses))
        self.entries += found.entries
        self.compared += 1
        self.changed += found.compared
        return bool(self._report(found.entries).at_least(Level.BREAKING))

    def changes(self, path: Path) -> tuple[str, ...]:
        """Return the differences of a document, a line for each of the first 20."""
        found = [entry for entry in self.entries if entry.file == str(path)]
        found.sort(key=lambda entry: entry.order)
        more = len(found) - _MAX_CHANGES
        rest = (f"{more} more",) if more > 0 else ()
        return (*map(_change, found[:_MAX_CHANGES]), *rest)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the report; none if nothing was compared."""
        if self.compared:
            yield from lines(self._report(self.entries))

    def _report(self, entries: list[Entry]) -> Report:
        return Report(
            sorted(entries, key=lambda entry: entry.order),
            self.changed,
            accepted.read(self.accept_file),
            dt.datetime.now(dt.UTC).date(),
        )


def _change(entry: Entry) -> str:
    place = f" {entry.python}" if entry.python else ""
    is_words = entry.level is Level.WORDS
    change = KINDS[entry.kind].meaning if is_words else change_of(entry)
    text = f"{entry.level}: {entry.kind}{place}: {change}"
    return "".join(each if each.isprintable() else " " for each in text)
