"""Removes documents from a folder and from its lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runware_codegen.catalog.lock import lock_of
from runware_codegen.catalog.query import from_lock
from runware_codegen.output.os_errors import os_errors_as_problems
from runware_codegen.output.replacement import exclusive_lock

if TYPE_CHECKING:
    from runware_codegen.option_types import FetchOptions
    from runware_codegen.report import Terminal


def remove(options: FetchOptions, terminal: Terminal) -> None:
    """Remove documents that the user names, without the network.

    A document is removed before its entry: an interrupted run can be repeated.

    Raises:
        InvalidInputError: If a name matches no locked document, or a file cannot be
            removed.
    """
    folder = Path(options["output"])
    state = "Files may have been removed."
    with os_errors_as_problems(folder, state), exclusive_lock(folder):
        lock = lock_of(folder)
        for locked in from_lock(lock.within(folder), options):
            path = lock.path.parent / locked.file
            path.unlink(missing_ok=True)
            lock.remove(locked)
            terminal.summary(f"removed: {path}")
