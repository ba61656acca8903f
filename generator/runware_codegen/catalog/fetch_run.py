"""The state of a run of `fetch`, and the output of its progress and its summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from runware_codegen.catalog.index import Index
from runware_codegen.catalog.lock import Lock
from runware_codegen.option_types import FetchOptions
from runware_codegen.problems import Problem
from runware_codegen.report import Terminal

_BAR = 24  # characters


class FetchOutcome(StrEnum):
    """The outcome of fetching a document."""

    NEW = "new"
    CHANGED = "changed"
    RESTORED = "restored"
    UNCHANGED = "unchanged"


class UpdateReport(Protocol):
    """A report of what changed for callers in documents that were fetched again."""

    def add(self, path: Path, content: bytes) -> bool:
        """Compare a document on disk with its new version.

        Returns:
            Whether the new version breaks callers.

        Raises:
            InvalidInputError: If a version is not valid.
        """
        ...

    def changes(self, path: Path) -> tuple[str, ...]:
        """Return the differences of a compared document, a line for each."""
        ...

    def lines(self) -> Iterable[str]:
        """Return the lines of the report."""
        ...


@dataclass(slots=True)
class FetchRun:
    """A run of the command.

    Attributes:
        options: The options of the command.
        folder: The folder of the documents.
        lock: The lock of the folder.
        terminal: The terminal.
        new_report: Creates the report of what changed for callers.
        listed: The index of the catalogue, if it was read.
        outcomes: The outcomes of documents, by identifier.
        problems: The problems so far.
        refused: Problems of documents that were not updated, because their new versions
            break callers.
        updates: The report of what changed for callers, if documents were compared.
    """

    options: FetchOptions
    folder: Path
    lock: Lock
    terminal: Terminal
    new_report: Callable[[], UpdateReport]
    listed: Index | None = None
    outcomes: dict[str, FetchOutcome] = field(default_factory=dict[str, FetchOutcome])
    problems: list[Problem] = field(default_factory=list[Problem])
    refused: list[Problem] = field(default_factory=list[Problem])
    updates: UpdateReport | None = None

    def path(self, identifier: str) -> Path:
        """Return the path of a document."""
        return self.folder / f"{identifier}.json"

    def summarize(self) -> None:
        """Print the outcome of each document, and what changed for callers."""
        for identifier, outcome in sorted(self.outcomes.items()):
            line = f"{outcome}: {self.path(identifier)}"
            if outcome is not FetchOutcome.UNCHANGED or self.options["update"]:
                self.terminal.summary(line)
            else:
                self.terminal.detail(line)
        count = Counter(self.outcomes.values())
        counts = ", ".join(f"{count[outcome]} {outcome}" for outcome in FetchOutcome)
        self.terminal.summary(f"Fetched {self.folder}: {counts}.")
        if self.updates and not self.options["quiet"]:
            for line in self.updates.lines():
                self.terminal.result(line)

    def show_progress(self, waiting: Sequence[str], total: int) -> None:
        """Show the number of fetched documents, and the first one that is not fetched."""
        done = total - len(waiting)
        filled = _BAR * done // max(total, 1)
        bar = "█" * filled + "░" * (_BAR - filled)
        named = f", waiting for {waiting[0]}" if waiting else ""
        self.terminal.progress(f"Fetching {bar} {done} of {total}{named}")
