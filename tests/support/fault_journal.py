"""The journal of a program that may be killed: what it has begun, and what came of it."""

from __future__ import annotations

import contextlib
import json
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Journal:
    """What is known of tasks, on disk before anything else happens.

    Attributes:
        begun: The JSON text of each task's handle, by its taskUUID.
        done: The tasks that were collected, have failed, or were left.
    """

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self.begun: dict[str, str] = {}
        self.done: set[str] = set()
        for entry in entries(path):
            self._note(entry)
        self._file = path.open("a", encoding="utf-8")
        self._file.write("\n")  # the last line may have been cut off

    def _note(self, entry: dict[str, Any]) -> None:
        if "handle" in entry:
            self.begun[entry["task"]] = entry["handle"]
        else:
            self.done.add(entry["task"])

    def write(self, **entry: Any) -> None:
        """Write an entry, so that it survives the process."""
        with self._lock:
            self._note(entry)
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what a journal says; the process that wrote it may have been killed."""
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        with contextlib.suppress(ValueError):
            yield json.loads(line)
