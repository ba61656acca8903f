"""Runs git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path


def run_git(
    arguments: Sequence[str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run git in the current folder; the exit code is 127 if git is not installed."""
    try:
        return subprocess.run(  # noqa: S603  # names are after options, or after --
            ["git", *arguments],  # noqa: S607
            input=stdin,
            env=_environment(),
            capture_output=True,
            check=False,
        )
    except OSError:
        return subprocess.CompletedProcess(["git"], 127, b"", b"")


def output_of_git(arguments: Sequence[str]) -> str:
    """Return the output of git; empty if it fails. Paths in it can be opened."""
    done = run_git(arguments)
    return "" if done.returncode else os.fsdecode(done.stdout)


def _environment() -> dict[str, str]:
    """Return the environment variables for git, which takes paths as they are.

    Hooks of a linked worktree have GIT_DIR without GIT_WORK_TREE. git then takes the
    current folder for the top of the worktree, even if it is a subfolder.
    """
    env = os.environ | {"GIT_LITERAL_PATHSPECS": "1"}
    here = Path.cwd()
    tops = (each for each in (here, *here.parents) if (each / ".git").exists())
    if "GIT_DIR" in env and (top := next(tops, None)):
        env.setdefault("GIT_WORK_TREE", str(top))
    return env
