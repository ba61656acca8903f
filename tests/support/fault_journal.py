"""The journal of a program that may be killed: the tasks that it began and finished."""

from __future__ import annotations

import contextlib
import json
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Journal:
    """The state of tasks, written to disk before the program goes on.

    Attributes:
        begun: The JSON text of each task's handle, by its taskUUID.
        done: The tasks that were collected, failed, or were abandoned.
    """

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self.begun: dict[str, str] = {}
        self.done: set[str] = set()
        for entry in entries(path):
            self._note(entry)
        self._file = path.open("a", encoding="utf-8")
        self._file.write("\n")  # the last line may be incomplete

    def _note(self, entry: dict[str, Any]) -> None:
        if "handle" in entry:
            self.begun[entry["task"]] = entry["handle"]
        else:
            self.done.add(entry["task"])

    def write(self, **entry: Any) -> None:
        """Write an entry, and flush it so that it survives the process."""
        with self._lock:
            self._note(entry)
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of a journal, without a line that a killed process cut off."""
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        with contextlib.suppress(ValueError):
            yield json.loads(line)
