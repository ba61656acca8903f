"""The exit code of a run as a pre-commit hook.

pre-commit fails a commit if tracked files change. It does not see a new file, which is
untracked and would be missing from the commit.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from runware_codegen.catalog.lock import input_paths, lock_files
from runware_codegen.documents.sources import find_sources
from runware_codegen.git_command import output_of_git
from runware_codegen.output import Change
from runware_codegen.output.tree import read_if_generated
from runware_codegen.report import Terminal

_SHOWN = 10  # files; the rest is counted

_NEW = ("--others", "--exclude-standard")
_NEW_OR_CHANGED = (*_NEW, "--modified")
_NOT_IGNORED = ("--cached", *_NEW)
_IGNORED = ("--ignored", *_NEW)


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
    ignored = [path for folder in folders for path in _ignored(folder)]
    kinds = {
        path: change.kind
        for folder, changes in written
        for change in changes
        if (path := str(folder / change.path)) not in ignored
    }
    unknown = [path for path in _listed(_NEW, folders) if path not in kinds]
    unknown += _listed(_NEW_OR_CHANGED, _input_files(documents))
    lines = [f"ignored by git: {path}" for path in ignored]
    lines += [f"{kind}: {path}" for path, kind in kinds.items()]
    lines += [f"not added to git: {path}" for path in unknown]
    terminal.notes(lines, _SHOWN)
    if ignored:
        shown = shlex.join(["git", "check-ignore", "--verbose", ignored[0]])
        terminal.note(f"Change the pattern that `{shown}` shows.")
    if lines:
        inside = tuple(f"{folder}/" for folder in folders)
        outside = [path for path in unknown if not path.startswith(inside)]
        added = shlex.join([*folders, *outside])
        terminal.note(f"Run `git add {added}` and commit again.")
    return bool(lines)


def _ignored(folder: str) -> list[str]:
    """List the generated files that git ignores in a folder that it does not ignore."""
    if not _listed(_NOT_IGNORED, [folder]):
        return []
    found = _listed(_IGNORED, [folder])
    return [path for path in found if read_if_generated(Path(path)) is not None]


def _input_files(documents: Iterable[str]) -> Iterator[str]:
    """Yield the documents, and the locks that name them."""
    inputs = map(str, input_paths(documents))
    yield from (str(s.path) for s in find_sources(inputs).sources if s.path)
    yield from map(str, lock_files(documents))


def _listed(options: Sequence[str], paths: Iterable[str]) -> list[str]:
    """List the files of some paths in this repository; empty without git."""
    top = Path(output_of_git(("rev-parse", "--show-toplevel")).rstrip("\n"))
    named = [path for path in paths if _is_inside(Path(path), top)]
    found = output_of_git(("ls-files", *options, "-z", "--", *named)) if named else ""
    return list(dict.fromkeys(found.split("\0")[:-1]))  # a changed file is listed twice


def _is_inside(path: Path, folder: Path) -> bool:
    return (path.parent.resolve() / path.name).is_relative_to(folder)
