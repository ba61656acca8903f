"""Compares the folder of a package with generated files, or replaces it by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from runware_codegen.output.names import unsafe_paths
from runware_codegen.output.os_errors import os_errors_as_problems
from runware_codegen.output.replacement import Replacement, WorkFolder, exclusive_lock
from runware_codegen.output.tree import (
    TYPED,
    is_hidden,
    is_mark_of_root,
    read_if_generated,
    read_state,
)
from runware_codegen.problems import InvalidInputError, Problem


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between a file on disk and the generated file.

    Attributes:
        path: Relative to the package's folder, with forward slashes.
        before: The text on disk; None if there is no file.
        after: The generated text; None if there should be no file.
    """

    path: str
    before: str | None
    after: str | None

    @property
    def kind(self) -> Literal["added", "changed", "removed"]:
        """Whether the file is added, changed or removed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def compare(
    files: Mapping[str, str], target: Path, *, force: bool
) -> tuple[Change, ...]:
    """Compare a folder with the files that it should contain; write nothing.

    Args:
        files: Text by path; the path is relative, with forward slashes.
        target: The package's folder; it need not exist.
        force: Whether files that the generator did not make may be in the folder.

    Returns:
        The differences, ordered by path.

    Raises:
        InvalidInputError: If the folder contains files that the generator did not make,
            or cannot be read. A file that has the path of a generated file is refused
            also with `force`.
    """
    _check(files, target)
    with os_errors_as_problems(target, "The folder is unchanged."):
        changes, _ = _plan(files, target, force=force)
    return changes


def publish(
    files: Mapping[str, str], target: Path, *, force: bool
) -> tuple[Change, ...]:
    """Write these files to a folder, and remove other files that the generator made.

    The folder is replaced as a whole. If that fails, it is unchanged. If nothing differs,
    nothing is written. Files that the generator did not make stay.

    Args:
        files: Text by path; the path is relative, with forward slashes.
        target: The package's folder; it need not exist.
        force: Whether files that the generator did not make may be in the folder.

    Returns:
        The changes, ordered by path.

    Raises:
        InvalidInputError: If the folder contains files that the generator did not make,
            or cannot be written. A file that has the path of a generated file is refused
            also with `force`.
    """
    _check(files, target)
    state = "The folder is unchanged."
    with os_errors_as_problems(target, state), exclusive_lock(target.parent):
        work = WorkFolder(target)
        work.clear()
        changes, replacement = _plan(files, target, force=force)
        if changes:
            work.replace_target(replacement)
    return changes


def _plan(
    files: Mapping[str, str], target: Path, *, force: bool
) -> tuple[tuple[Change, ...], Replacement]:
    """Plan the change of each file.

    Raises:
        InvalidInputError: If there are files that must not be replaced.
    """
    if target.is_symlink():
        raise InvalidInputError.of(
            target,
            "This is a symbolic link, and a folder cannot replace it.",
            "Choose the target of the link as --output, or remove the link.",
        )
    found = read_state(target)
    read = {path: read_if_generated(target / path) for path in found}
    ours = {path: data for path, data in read.items() if data is not None}
    foreign = {path for path in found.keys() - ours.keys() if not is_hidden(path)}
    if foreign and not ours.keys() - {TYPED}:
        raise InvalidInputError.of(
            target,
            "The folder is not empty, and runware-codegen generated none of its files.",
            "Choose another --output or --package, or empty the folder.",
        )
    if problems := [
        problem
        for path in foreign
        if (problem := _problem_of(path, files, target, force=force))
    ]:
        raise InvalidInputError(problems)
    if others := [p for p in ours.keys() - files.keys() if is_mark_of_root(p)]:
        message = "This is another package or reference, which would be removed."
        remedy = "Move it, or choose another --output or --package."
        raise InvalidInputError.of(target / Path(min(others)).parent, message, remedy)
    changes = _changes(ours, files)
    changed = {change.path for change in changes}
    written = {path: text for path, text in files.items() if path in changed}
    return changes, Replacement(written, sorted(found.keys() - changed), found)


def _problem_of(
    path: str, files: Collection[str], target: Path, *, force: bool
) -> Problem | None:
    """Return the problem with a file that the generator did not make, if it has one."""
    message = "This file was not generated by runware-codegen"
    remedy = "Move it to another folder, or keep it with --force."
    if path in files or any(other.startswith(f"{path}/") for other in files):
        message += ", and a generated file needs its path"
        remedy = "Move it to another folder, or delete it."
    elif any(str(folder) in files for folder in PurePosixPath(path).parents):
        message += ", and its folder has the path of a generated file"
        remedy = "Move it to another folder."
    elif force:
        return None
    return Problem(str(target / path), "", f"{message}.", remedy)


def _changes(
    before: Mapping[str, bytes], after: Mapping[str, str]
) -> tuple[Change, ...]:
    return tuple(
        Change(path, _text(before.get(path)), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if _is_changed(before.get(path), after.get(path))
    )


def _is_changed(before: bytes | None, after: str | None) -> bool:
    """Compare without the line ends of git's `core.autocrlf`: we write no CR."""
    if before is None or after is None:
        return True
    return before.replace(b"\r\n", b"\n") != after.encode()


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode(errors="backslashreplace")


def _check(files: Mapping[str, str], target: Path) -> None:
    """Refuse what cannot be a file of a package.

    The renderer makes no such files; this is a second check.
    """
    problems = [
        _bug(target, f"{path!r} is not a valid path on every operating system.")
        for path in unsafe_paths(files)
    ]
    for path, text in files.items():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            message = f"The text for this file is not Unicode: {error.reason}."
            problems.append(_bug(target / path, message))
    if problems:
        raise InvalidInputError(problems)


def _bug(path: Path, message: str) -> Problem:
    remedy = "This is a bug of runware-codegen. Report it with the document."
    return Problem(str(path), "", message, remedy)
