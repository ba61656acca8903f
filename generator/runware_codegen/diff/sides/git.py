"""Reads files as they were committed to git."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from runware_codegen.git_command import output_of_git, run_git
from runware_codegen.problems import InvalidInputError

_MAX_REVISIONS: Final = 200
"""The most commits that are searched for an earlier version of a file."""


def is_revision(name: str) -> bool:
    """Return whether a name is that of a commit."""
    commit = f"{name}^{{commit}}"
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", commit)
    return bool(name) and run_git(arguments).returncode == 0


def obstacle() -> str:
    """Return what may prevent git from finding a revision, as a remark for a message."""
    found = run_git(("rev-parse", "--is-shallow-repository"))
    if found.returncode == 0:
        is_shallow = found.stdout.strip() == b"true"
        return " The clone is shallow: `git fetch --unshallow`." if is_shallow else ""
    message = found.stderr.decode(errors="replace").partition("\n")[0]
    return f" git: {message or 'not installed'}."


def files(revision: str, path: str) -> list[str]:
    """List the files of a revision at a path.

    Args:
        revision: The name of a commit.
        path: A file or a folder, relative to the current folder.

    Returns:
        Their paths from the top of the repository.
    """
    options = ("-r", "-z", "--name-only", "--full-tree")
    listed = output_of_git(("ls-tree", *options, revision, "--", _from_top(path)))
    return [name for name in listed.split("\0") if name]


def _from_top(path: str) -> str:
    """Return a path relative to the top of the repository."""
    top = Path(output_of_git(("rev-parse", "--show-toplevel")).strip())
    try:
        return Path(path).resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        prefix = output_of_git(("rev-parse", "--show-prefix")).strip()
        return f"{prefix}{path}"


def read(revision: str, names: Sequence[str]) -> list[bytes]:
    """Read files of a revision, by their paths from the top of the repository.

    Raises:
        InvalidInputError: If the revision has no such file.
    """
    objects = [f"{revision}:{name}" for name in names]
    stdin = "".join(f"{each}\n" for each in objects)
    output = run_git(
        ("cat-file", "--batch", "--follow-symlinks"),
        stdin.encode(errors="surrogateescape"),
    ).stdout
    contents: list[bytes] = []
    start = 0
    for each in objects:
        end = output.index(b"\n", start)
        kind, size = output[start:end].split()[-2:]
        if kind != b"blob" or not size.isdigit():
            message = "git has no file there: it is missing, in a submodule, or a link to such a file."
            remedy = "Name a file of that revision, or run this in the submodule."
            raise InvalidInputError.of(each, message, remedy)
        start = end + int(size) + 2
        contents.append(output[end + 1 : start - 1])
    return contents


def versions(path: Path) -> Iterator[bytes]:
    """Yield the contents of a file in earlier commits, the newest first."""
    log = run_git(
        ("log", f"-{_MAX_REVISIONS}", "--format=%H", "--", str(path.absolute()))
    )
    for revision in log.stdout.decode().split():
        names = files(revision, str(path))
        with contextlib.suppress(InvalidInputError):
            yield from read(revision, names)[:1]
