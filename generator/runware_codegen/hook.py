"""The exit code of a run as a pre-commit hook.

pre-commit fails a commit when files change that git knows of. A package that is new, or
a module of it, is not known to git yet; without a word it would be left out.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runware_codegen.output import Change
    from runware_codegen.report import Terminal


def fails_commit(changes: Sequence[Change], target: Path, terminal: Terminal) -> bool:
    """Tell which files a commit would have wrong, and whether there are any.

    Args:
        changes: What was written.
        target: The package's folder.
        terminal: Where to tell it.
    """
    for change in changes:
        terminal.note(f"{change.kind}: {target / change.path}")
    unknown = _unknown_to_git(target)
    for path in unknown:
        terminal.note(f"not added to git: {path}")
    return bool(changes or unknown)


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
