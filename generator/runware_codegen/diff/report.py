"""The report: entries, which of them are accepted, and which fail the command."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from runware_codegen.diff.accepted import Acceptance
from runware_codegen.diff.entries import Entry, Proof, Side
from runware_codegen.diff.levels import Level
from runware_codegen.documents.members import with_texts
from runware_codegen.report import counted, plain

_VERDICTS: Final = {
    (Side.REQUEST, True): "was accepted, is refused now",
    (Side.REQUEST, False): "was refused, is accepted now",
    (Side.RESULT, True): "was described, is not described now",
    (Side.RESULT, False): "was not described, is described now",
}
_MAX_TEXT: Final = 60
_MAX_CHANGE: Final = 120
_BEFORE_DIFFERENCE: Final = 40


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a comparison.

    Attributes:
        entries: The differences to show, by document, the most severe first.
        compared: The number of documents that differ.
        accepted: The accepted entries, by fingerprint.
        today: The current day in UTC.
        unchanged: The number of documents that do not differ; None if only documents that
            differ were compared.
        level: The least severe level of the entries to show.
        fail_on: The level that fails the command, or None.
    """

    entries: Sequence[Entry]
    compared: int
    accepted: Mapping[str, Acceptance]
    today: dt.date
    unchanged: int | None = None
    level: Level = Level.WORDS
    fail_on: Level | None = None

    def only(self, level: Level) -> Report:
        """Return a report of the entries of a level and of more severe ones."""
        kept = [entry for entry in self.entries if entry.level.rank <= level.rank]
        return replace(self, entries=kept, level=level)

    def acceptance(self, entry: Entry) -> Acceptance | None:
        """Return the acceptance of an entry, unless it has expired."""
        found = self.accepted.get(entry.fingerprint)
        return found if found and found.expires >= self.today else None

    def failing(self) -> list[Entry]:
        """Return the entries that fail the command."""
        return [] if self.fail_on is None else self.at_least(self.fail_on)

    def at_least(self, level: Level) -> list[Entry]:
        """Return the entries of a level and more severe ones that are not accepted."""
        return [
            entry
            for entry in self.entries
            if entry.level.rank <= level.rank and not self.acceptance(entry)
        ]

    def sections(self) -> list[list[Entry]]:
        """Return the entries of each document, the document with the most severe first."""
        groups = [
            list(group)
            for _, group in itertools.groupby(self.entries, lambda e: e.document)
        ]
        return sorted(
            groups, key=lambda group: (group[0].level.rank, group[0].document)
        )

    def summary(self) -> str:
        """Return the numbers of entries of each level in one line."""
        count = Counter(entry.level for entry in self.entries)
        counts = ", ".join(f"{count[level]} {level}" for level in Level if count[level])
        documents = f"; {counted(self.compared, 'document')} changed"
        if self.unchanged is not None:
            documents += f", {self.unchanged} unchanged"
        elif not self.compared:
            documents = ""
        accepted = sum(bool(self.acceptance(entry)) for entry in self.entries)
        known = f" {accepted} of them accepted." if accepted else ""
        return f"{counts or self._nothing()}{documents}.{known}"

    def _nothing(self) -> str:
        """Say that there are no entries; less severe ones may not be shown."""
        if self.level is Level.WORDS:
            return "No differences"
        return f"No differences of level {self.level} or more severe"


def change_of(entry: Entry) -> str:
    """Describe a change in one line; long texts are cut around the difference."""
    before, after = entry.before, entry.after
    if not before or not after:
        return plain(entry.change[:_MAX_CHANGE])
    pairs = zip(before, after, strict=False)
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    start = max(0, same - _BEFORE_DIFFERENCE)
    return f"{_excerpt(before, start)} → {_excerpt(after, start)}"


def _excerpt(text: str, start: int) -> str:
    if len(text) <= _MAX_CHANGE:
        return plain(text)
    end = start + _MAX_CHANGE
    shown = plain(text[start:end].strip())
    return f"{'…' * bool(start)}{shown}{'…' * (end < len(text))}"


def proof_of(entry: Entry) -> str:
    """Describe the proof of an entry in one line; "" if it has none."""
    if entry.witness is not None:
        value = json.dumps(with_texts(entry.witness, _cut), ensure_ascii=False)
        return f"{_VERDICTS[entry.side, entry.was_accepted]}: {value}"
    if entry.proof is Proof.CONTAINMENT:
        return "proven: every task that was accepted is accepted now"
    return "not proven" if entry.proof is Proof.NOT_PROVEN else ""


def _cut(text: str) -> str:
    """Cut a long string of a task."""
    if len(text) <= _MAX_TEXT:
        return text
    return f"{text[: _MAX_TEXT // 2]}… ({len(text)} characters)"


def place_of(entry: Entry) -> str:
    """Write the place of an entry: in Python, and as a JSON pointer."""
    return f"{entry.python} {entry.pointer}".strip()


def note_of(report: Report, entry: Entry) -> str:
    """Describe the acceptance of an entry, even if it has expired; "" if it has none."""
    known = report.accepted.get(entry.fingerprint)
    if known is None:
        return ""
    was = "" if report.acceptance(entry) else "was "
    return f"{was}accepted until {known.expires}: {known.reason}"


def details_of(report: Report, entry: Entry, change: str) -> list[str]:
    """Return the lines about an entry: its change in words, its proof, its acceptance."""
    lines = (change, proof_of(entry), note_of(report, entry))
    return [plain(line) for line in lines if line]
