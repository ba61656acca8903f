"""Reads files as they were committed to git."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runware_codegen.problems import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MAX_REVISIONS: Final = 200
"""The most commits that are searched for an earlier version of a file."""


def is_revision(name: str) -> bool:
    """Return whether a name is that of a commit."""
    commit = f"{name}^{{commit}}"
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", commit)
    return bool(name) and _run(arguments).returncode == 0


def files(revision: str, path: str) -> list[str]:
    """List the files of a revision at a path, which is a file or a folder.

    Args:
        revision: The name of a commit.
        path: A path relative to the current folder.

    Returns:
        Their paths from the top of the repository.
    """
    prefix = _text(("rev-parse", "--show-prefix")).strip()
    top = Path(_text(("rev-parse", "--show-toplevel")).strip())
    whole = _relative(path, prefix, top)
    listed = _run(
        ("ls-tree", "-r", "-z", "--name-only", "--full-tree", revision, "--", whole)
    )
    names = listed.stdout.decode(errors="surrogateescape").split("\0")
    return [name for name in names if name]


def _relative(path: str, prefix: str, top: Path) -> str:
    """Return a path relative to the top of the repository."""
    absolute = (Path.cwd() / path).absolute()
    try:
        return absolute.resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        return f"{prefix}{path}"


def read(revision: str, names: Sequence[str]) -> list[bytes]:
    """Read files of a revision, by their paths from the top of the repository."""
    asked = "".join(f"{revision}:{name}\n" for name in names)
    answer = _run(
        ("cat-file", "--batch"), asked.encode(errors="surrogateescape")
    ).stdout
    contents: list[bytes] = []
    start = 0
    for name in names:
        end = answer.index(b"\n", start)
        head = answer[start:end].split()
        if head[-1] == b"missing":
            raise InvalidInputError([_unreadable(f"{revision}:{name}")])
        size = int(head[-1])
        contents.append(answer[end + 1 : end + 1 + size])
        start = end + size + 2
    return contents


def versions(path: Path) -> Iterator[bytes]:
    """Yield the contents of a file in earlier commits, the newest first."""
    log = _run(("log", f"-{_MAX_REVISIONS}", "--format=%H", "--", str(path.absolute())))
    for revision in log.stdout.decode().split():
        names = files(revision, str(path))
        if names:
            yield read(revision, names)[0]


def _text(arguments: Sequence[str]) -> str:
    return _run(arguments).stdout.decode(errors="surrogateescape")


def _run(
    arguments: Sequence[str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603  # names are after options, or after --
            ["git", *arguments],  # noqa: S607
            input=stdin,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(["git"], 127, b"", b"")


def _unreadable(name: str) -> Problem:
    return Problem(name, "", "git cannot read it.", "Name a file of that revision.")
