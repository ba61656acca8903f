"""The exit code of a run as a pre-commit hook.

pre-commit fails a commit when files change that git knows of. A package that is new, or
a module of it, is not known to git yet; without a word it would be left out.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from runware_codegen.output import Change
    from runware_codegen.report import Terminal


def fails_commit(
    written: Iterable[tuple[Path, Sequence[Change]]], terminal: Terminal
) -> bool:
    """Tell which files a commit would have wrong, and whether there are any.

    Args:
        written: The folders of the package and of its pages, each with what was written.
        terminal: Where to tell it.
    """
    notes: list[str] = []
    for folder, changes in written:
        notes += [f"{change.kind}: {folder / change.path}" for change in changes]
        notes += [f"not added to git: {path}" for path in _unknown_to_git(folder)]
    for note in notes:
        terminal.note(note)
    return bool(notes)


def _unknown_to_git(folder: Path) -> list[str]:
    """List files that git neither has in its index nor ignores; none without git."""
    listing = ["git", "ls-files", "--others", "--exclude-standard", "-z", "--"]
    try:
        listed = subprocess.run(  # noqa: S603  # a path, after `--`
            [*listing, str(folder)], capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    return listed.stdout.decode(errors="backslashreplace").split("\0")[:-1]
