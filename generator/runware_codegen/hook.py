"""The exit code of a run as a pre-commit hook.

pre-commit fails a commit if tracked files change. It does not see a new file, which is
untracked and would be missing from the commit.
"""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

from runware_codegen.catalog.lock import input_paths, lock_of
from runware_codegen.documents.sources import find_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from runware_codegen.output import Change
    from runware_codegen.report import Terminal

_SHOWN = 10  # files; the rest is counted

_NEW = ("--others", "--exclude-standard")
_NEW_OR_CHANGED = (*_NEW, "--modified")


def fails_commit(
    written: Sequence[tuple[Path, Sequence[Change]]],
    terminal: Terminal,
    documents: Iterable[str],
) -> bool:
    """Print the files that are missing or outdated in a commit.

    Args:
        written: The folders of the package and of its pages, each with its changes.
        terminal: The terminal.
        documents: The inputs of the package.
    """
    folders = [str(folder) for folder, _ in written]
    kinds = {
        str(folder / change.path): change.kind
        for folder, changes in written
        for change in changes
    }
    new = _listed(_NEW, [folder for folder, _ in written])
    unknown = [path for path in new if path not in kinds]
    unknown += _listed(_NEW_OR_CHANGED, _input_files(documents))
    lines = [f"{kind}: {path}" for path, kind in kinds.items()]
    lines += [f"not added to git: {path}" for path in unknown]
    for line in lines[:_SHOWN]:
        terminal.note(line)
    if len(lines) > _SHOWN:
        terminal.note(f"and {len(lines) - _SHOWN} more")
    if lines:
        inside = tuple(f"{folder}/" for folder in folders)
        outside = [path for path in unknown if not path.startswith(inside)]
        added = shlex.join([*folders, *outside])
        terminal.note(f"Run `git add {added}` and commit again.")
    return bool(lines)


def _input_files(documents: Iterable[str]) -> Iterator[Path]:
    """Yield the documents, and the locks that name them."""
    for path in input_paths(documents):
        yield from (s.path for s in find_sources([str(path)]).sources if s.path)
        lock = lock_of(path.parent if path.is_file() else path)
        if lock.path.is_file():
            yield lock.path


def _listed(options: Sequence[str], paths: Iterable[Path]) -> list[str]:
    """List the files of some paths that differ from git's index; empty without git."""
    named = [str(path) for path in paths]
    if not named:
        return []
    command = ["git", "ls-files", *options, "-z", "--", *named]
    try:
        listed = subprocess.run(  # noqa: S603  # paths, after `--`
            command, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    found = listed.stdout.decode(errors="backslashreplace").split("\0")[:-1]
    return list(dict.fromkeys(found))  # a changed file is listed twice
