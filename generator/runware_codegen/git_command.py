"""Runs git."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_git(
    arguments: Sequence[str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run git in the current folder; the exit code is 127 if git is not installed."""
    try:
        return subprocess.run(  # noqa: S603  # names are after options, or after --
            ["git", *arguments],  # noqa: S607
            input=stdin,
            capture_output=True,
            check=False,
        )
    except OSError:
        return subprocess.CompletedProcess(["git"], 127, b"", b"")


def output_of_git(arguments: Sequence[str]) -> str:
    """Return the output of git; empty if it fails. Paths in it can be opened."""
    done = run_git(arguments)
    return "" if done.returncode else os.fsdecode(done.stdout)
