"""Reads, checks and writes `runware.lock`.

The lock is beside the folder of documents, or in it. It makes builds reproducible: `fetch
--locked` fetches exactly the locked documents, and `generate` refuses others.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from runware_codegen import toml_files
from runware_codegen.catalog.names import is_air, is_identifier
from runware_codegen.catalog.versions import SHA256, has_version, usable_etag
from runware_codegen.documents.members import is_array, is_object
from runware_codegen.output.files import replace
from runware_codegen.problems import InvalidInputError, Problem
from runware_codegen.resources import BUILTIN

NAME = "runware.lock"

_VERSION = 1
_RESTORE = (
    "Restore it from version control, or remove it and fetch the documents again. If a"
    " merge has mixed two entries, give each its own [[document]] and all its lines."
)
_HEAD = f"""\
# Written by `runware-codegen fetch`. Commit this file; do not edit it.
version = {_VERSION}
"""
_SHOWN = 3

_TEXTS = ("id", "air", "task_type", "file", "url", "sha256", "etag", "architecture")
"""The attributes of an entry that are strings, in the order of the file."""


@dataclass(frozen=True, slots=True)
class LockedDocument:
    """The entry of a document in a lock.

    Attributes:
        id: The identifier of its model, or the name of a utility.
        air: The AIR of its model; empty without one.
        task_type: Its task type; empty if the document does not state it as a constant.
        file: Its path relative to the lock, with forward slashes.
        url: The URL from which it was fetched.
        sha256: The SHA-256 hash of its bytes, in hexadecimal.
        etag: The entity tag of this version; empty if the server sent none.
        fetched: The day on which this version was fetched, in UTC.
        architecture: The architecture of its model; empty without one.
        changed: The day on which `fetch --update` last found differences, in UTC.
        changes: The differences for callers on that day, a line for each.
    """

    id: str
    air: str
    task_type: str
    file: str
    url: str
    sha256: str
    etag: str
    fetched: dt.date
    architecture: str = ""
    changed: dt.date | None = None
    changes: tuple[str, ...] = ()


@dataclass(slots=True)
class Lock:
    """The content of a lock.

    Attributes:
        path: The path of the lock. The file may not exist yet.
        documents: The entries by their files, which may be in several folders.
    """

    path: Path
    documents: dict[str, LockedDocument] = field(
        default_factory=dict[str, LockedDocument]
    )

    def within(self, folder: Path) -> dict[str, LockedDocument]:
        """Return the documents of a folder, by identifier."""
        return {
            locked.id: locked
            for file, locked in self.documents.items()
            if file == self.file_for(locked.id, folder)
        }

    def file_for(self, identifier: str, folder: Path) -> str:
        """Return the path of a document in a folder, relative to the lock."""
        inside = self.path.parent == folder
        return f"{identifier}.json" if inside else f"{folder.name}/{identifier}.json"

    def add(self, locked: LockedDocument) -> None:
        """Add or replace an entry, and write the lock."""
        self.documents[locked.file] = locked
        self._write()

    def remove(self, locked: LockedDocument) -> None:
        """Remove an entry, and write the lock."""
        del self.documents[locked.file]
        self._write()

    def _write(self) -> None:
        tables = [_written(self.documents[file]) for file in sorted(self.documents)]
        replace(self.path, "\n".join([_HEAD, *tables]).encode())


def lock_of(folder: Path) -> Lock:
    """Read the lock of a folder of documents; a missing lock is empty.

    Raises:
        InvalidInputError: If the lock is not valid.
    """
    path = path_for(folder)
    return read(path) if os.path.lexists(path) else Lock(path)


@contextlib.contextmanager
def exclusive_lock_of(folder: Path) -> Generator[Lock]:
    """Read the lock of a folder of documents while no other process changes either.

    Several folders may share a lock, so the folder of the lock is locked too.

    Raises:
        InvalidInputError: If the lock is not valid.
    """
    from runware_codegen.output.replacement import (  # noqa: PLC0415  # slow to import
        exclusive_lock,
    )

    with contextlib.ExitStack() as stack:
        stack.enter_context(exclusive_lock(folder))
        place = path_for(folder).parent
        if not place.samefile(folder):
            stack.enter_context(exclusive_lock(place))
        yield lock_of(folder)


def path_for(folder: Path) -> Path:
    """Return the path of the lock of a folder of documents; it need not exist."""
    inside = folder / NAME
    nameable = folder.name.isprintable() and folder.name not in {"", ".."}
    return inside if os.path.lexists(inside) or not nameable else folder.parent / NAME


def lock_files(inputs: Iterable[str]) -> list[Path]:
    """Return the existing locks of the inputs of `generate`.

    Raises:
        InvalidInputError: If a lock is not valid.
    """
    locks = [_lock_at(path).path for path in input_paths(inputs)]
    return [path for path in dict.fromkeys(locks) if path.is_file()]


def check(inputs: Iterable[str]) -> None:
    """Check that locked documents have the hashes in their locks.

    Args:
        inputs: The inputs of `generate`. In a folder, each locked document must exist. A
            file is compared with its lock.

    Raises:
        InvalidInputError: If a document is missing or differs, or a lock is not valid.
    """
    problems = [
        _mismatch(faults[0][0], [each for _, each in faults])
        for path in input_paths(inputs)
        if (faults := list(_faults(path)))
    ]
    if problems:
        raise InvalidInputError(problems)


def documents_at(path: Path) -> Iterator[tuple[Path, Path, LockedDocument]]:
    """Yield the locked documents of an input of `generate`, a file or a folder.

    Yields:
        The path of the lock, that of the document, and its entry.

    Raises:
        InvalidInputError: If the lock is not valid.
    """
    alone = path.is_file()
    lock = _lock_at(path)
    inside = lock.path.parent == path
    for file, locked in lock.documents.items():
        place = lock.path.parent / file
        if inside or (place if alone else place.parent) == path:
            yield lock.path, place, locked


def unlisted(documents: Iterable[str], inputs: Iterable[str]) -> list[str]:
    """Return the documents that are in a folder with locked ones, and not in its lock.

    Args:
        documents: The names of documents: their paths.
        inputs: The inputs of `generate`.
    """
    folders = (path for path in input_paths(inputs) if path.is_dir())
    places = {place for each in folders for _, place, _ in documents_at(each)}
    locked = {place.parent for place in places}
    paths = {name: Path(name) for name in sorted(documents)}
    return [n for n, p in paths.items() if p.parent in locked and p not in places]


def _lock_at(path: Path) -> Lock:
    """Read the lock of an input of `generate`, a file or a folder."""
    return lock_of(path.parent if path.is_file() else path)


def input_paths(inputs: Iterable[str]) -> list[Path]:
    """Return the files and folders among the inputs of `generate`."""
    named = sorted(set(inputs) - {"-", ""})
    return [Path(given) for given in named if not given.startswith(BUILTIN)]


def _faults(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the lock and a description of each missing or different document at a path."""
    for lock, place, locked in documents_at(path):
        if not has_version(place, locked.sha256):
            yield lock, f"{place} {'differs' if place.exists() else 'is missing'}"


def _mismatch(path: Path, faults: list[str]) -> Problem:
    more = len(faults) - _SHOWN
    named = ", ".join(faults[:_SHOWN]) + (f", and {more} more" if more > 0 else "")
    return Problem(
        str(path),
        "",
        f"The documents do not match the lock: {named}.",
        "Run `runware-codegen fetch --locked` to fetch the locked versions,"
        " `runware-codegen fetch --update` to fetch and lock new versions, or"
        " `runware-codegen fetch --remove MODEL` to remove a document.",
    )


# -- the text of a lock ---------------------------------------------------------


def _written(locked: LockedDocument) -> str:
    texts = {name: getattr(locked, name) for name in _TEXTS}
    lines = [
        f"{name.replace('_', '-')} = {toml_files.written(text)}"
        for name, text in texts.items()
        if text
    ]
    lines.append(f"fetched = {locked.fetched}")
    if locked.changed:
        changes = [f"  {toml_files.written(change)}," for change in locked.changes]
        lines += [f"changed = {locked.changed}", "changes = [", *changes, "]"]
    return "\n".join(["[[document]]", *lines, ""])


def read(path: Path) -> Lock:
    """Read a lock.

    Raises:
        InvalidInputError: If it cannot be read, or is not valid.
    """
    return parse(toml_files.read(path, _RESTORE), path)


def parse(content: bytes, path: Path) -> Lock:
    """Parse the content of a lock.

    Args:
        content: The bytes of the file.
        path: The file, for messages.

    Raises:
        InvalidInputError: If it is not valid.
    """
    tree = toml_files.parse(content, path, _RESTORE)
    if tree.get("version") != _VERSION:
        raise InvalidInputError.of(
            path,
            f"The version of the lock is not {_VERSION}, the only supported version.",
            "Use the version of runware-codegen that wrote it, or restore the file.",
        )
    found = tree.get("document", [])
    tables = found if is_array(found) else [None]
    documents: dict[str, LockedDocument] = {}
    for number, table in enumerate(tables, start=1):
        locked = _locked(table)
        if locked is None:
            message = f"Its document number {number} is not valid."
            raise InvalidInputError.of(path, message, _RESTORE)
        if locked.file in documents:
            message = f"It has two entries for {locked.file}."
            remedy = "Remove one of them, and run `runware-codegen fetch --locked`."
            raise InvalidInputError.of(path, message, remedy)
        documents[locked.file] = locked
    return Lock(path, documents)


def _locked(table: object) -> LockedDocument | None:
    """Parse an entry; None if it is not valid."""
    if not is_object(table):
        return None
    values = {name: table.get(name.replace("_", "-"), "") for name in _TEXTS}
    texts = {name: text for name, text in values.items() if isinstance(text, str)}
    fetched, changed = table.get("fetched"), table.get("changed")
    changes = table.get("changes", [])
    if len(texts) < len(values) or not isinstance(fetched, dt.date):
        return None
    if not isinstance(changed, dt.date | None) or not is_array(changes):
        return None
    changes = tuple(map(str, changes))
    locked = LockedDocument(**texts, fetched=fetched, changed=changed, changes=changes)
    return locked if _is_valid(locked) else None


def _is_valid(locked: LockedDocument) -> bool:
    """Return whether an entry is valid, with no path outside of its folder."""
    folder, _, file = locked.file.rpartition("/")
    return bool(
        is_identifier(locked.id)
        and file == f"{locked.id}.json"
        and "/" not in folder
        and "\\" not in folder
        and folder.isprintable()
        and folder not in {".", ".."}
        and (locked.file == file or folder)
        and locked.url.startswith(("https://", "http://"))
        and SHA256.fullmatch(locked.sha256)
        and (not locked.air or is_air(locked.air))
        and locked.architecture.isprintable()
        and (not locked.etag or usable_etag(locked.etag))
    )
