"""Reads, checks and writes `runware.lock`.

It stands beside the folder of documents, or in it. With it the same commit gives the
same code: `fetch --locked` brings exactly what it names, and `generate` refuses to work
from anything else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from runware_codegen.catalog.files import replace
from runware_codegen.catalog.names import is_air, is_identifier
from runware_codegen.problems import InvalidInputError, Problem
from runware_codegen.resources import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME = "runware.lock"

_VERSION = 1
_RESTORE = (
    "Restore it from version control, or remove it and fetch the documents again."
)
_HEAD = f"""\
# Written by `runware-codegen fetch`; to be committed, and not to be edited.
version = {_VERSION}
"""
_SHA256 = re.compile("[0-9a-f]{64}")
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,512}"')
_SHOWN = 3

# The texts of a document, and what is supposed where one is not there.
_TEXTS = {
    "id": None,
    "air": "",
    "task-type": "",
    "file": None,
    "url": None,
    "sha256": None,
    "etag": "",
    "architecture": "",
}


@dataclass(frozen=True, slots=True)
class LockedDocument:
    """A document that is locked.

    Attributes:
        id: The identifier of its model, or the name of a utility.
        air: The AIR of its model; empty where there is none.
        task_type: Its task type; empty where the document has none that is plain.
        file: Where it is: a path relative to the lock, with forward slashes.
        url: Where it was fetched from.
        sha256: The hash of its bytes, in hexadecimal.
        etag: What the server calls this version; empty if it does not say.
        fetched: The day on which this version was fetched, in UTC.
        architecture: The architecture of its model; empty where there is none.
        changed: The day on which `fetch --update` last found differences, in UTC.
        changes: What differed then for callers, a line for each difference.
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
    """What a lock names, by file.

    Attributes:
        path: Where the lock is, or would be.
        documents: The documents by their files, which may lie in several folders.
    """

    path: Path
    documents: dict[str, LockedDocument] = field(
        default_factory=dict[str, LockedDocument]
    )

    def within(self, folder: Path) -> dict[str, LockedDocument]:
        """Give the documents of a folder, by identifier."""
        prefix = self._prefix(folder)
        return {
            locked.id: locked
            for file, locked in self.documents.items()
            if file == f"{prefix}{locked.id}.json"
        }

    def file_for(self, identifier: str, folder: Path) -> str:
        """Name the file of a document in a folder, as the lock does."""
        return f"{self._prefix(folder)}{identifier}.json"

    def add(self, locked: LockedDocument) -> None:
        """Lock a document, and write the lock."""
        self.documents[locked.file] = locked
        tables = [_written(self.documents[file]) for file in sorted(self.documents)]
        replace(self.path, "\n".join([_HEAD, *tables]).encode())

    def _prefix(self, folder: Path) -> str:
        return "" if self.path.parent == folder else f"{folder.name}/"


def lock_of(folder: Path) -> Lock:
    """Read the lock of a folder of documents; one that is not there is empty.

    Raises:
        InvalidInputError: The lock cannot be understood.
    """
    inside = folder / NAME
    nameable = folder.name.isprintable() and folder.name not in {"", ".."}
    path = folder.parent / NAME if nameable and not inside.is_file() else inside
    return read(path) if path.is_file() else Lock(path)


def check(inputs: Iterable[str]) -> None:
    """Make sure that locked documents are what their locks say.

    Args:
        inputs: Files, folders and other inputs, as `generate` takes them. A folder must hold
            each document that is locked in it; of a file, it counts what it holds.

    Raises:
        InvalidInputError: A document is missing or differs, or a lock cannot be understood.
    """
    problems: list[Problem] = []
    for path in input_paths(inputs):
        alone = path.is_file()
        lock = lock_of(path.parent if alone else path)
        faults = list(_faults(lock, path, alone=alone))
        problems += [_departed(lock.path, faults)] if faults else []
    if problems:
        raise InvalidInputError(problems)


def input_paths(inputs: Iterable[str]) -> list[Path]:
    """Give the files and folders among inputs of `generate`."""
    named = sorted(set(inputs) - {"-", ""})
    return [Path(given) for given in named if not given.startswith(BUILTIN)]


def sha256(content: bytes) -> str:
    """Hash bytes as a lock does."""
    return hashlib.sha256(content).hexdigest()


def hash_of(path: Path) -> str:
    """Hash a file; give nothing if there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def usable_etag(text: str) -> str:
    """Give an entity tag (RFC 9110, section 8.8.3) as it came, or nothing if it is none."""
    return text if _ETAG.fullmatch(text) else ""


def _faults(lock: Lock, path: Path, *, alone: bool) -> Iterator[str]:
    """Say of each document that is locked at a path what is wrong with it."""
    inside = lock.path.parent == path
    for file, locked in lock.documents.items():
        place = lock.path.parent / file
        if not (inside or (place if alone else place.parent) == path):
            continue
        actual = hash_of(place)
        if actual != locked.sha256:
            yield f"{place} {'differs' if actual else 'is missing'}"


def _departed(path: Path, faults: list[str]) -> Problem:
    more = len(faults) - _SHOWN
    named = ", ".join(faults[:_SHOWN]) + (f", and {more} more" if more > 0 else "")
    return Problem(
        str(path),
        "",
        f"The documents are not those that are locked: {named}.",
        "Bring those that are: `runware-codegen fetch --locked`. To build on newer ones:"
        " `runware-codegen fetch --update`.",
    )


# -- the text of a lock ---------------------------------------------------------


def _written(locked: LockedDocument) -> str:
    texts = {
        "id": locked.id,
        "air": locked.air,
        "task-type": locked.task_type,
        "file": locked.file,
        "url": locked.url,
        "sha256": locked.sha256,
        "etag": locked.etag,
        "architecture": locked.architecture,
    }
    # A printable text is written alike in JSON and in TOML.
    lines = [
        f"{name} = {json.dumps(text, ensure_ascii=False)}"
        for name, text in texts.items()
        if text
    ]
    lines.append(f"fetched = {locked.fetched}")
    if locked.changed:
        changes = [f"  {json.dumps(c, ensure_ascii=False)}," for c in locked.changes]
        lines += [f"changed = {locked.changed}", "changes = [", *changes, "]"]
    return "\n".join(["[[document]]", *lines, ""])


def read(path: Path) -> Lock:
    """Read a lock.

    Raises:
        InvalidInputError: It cannot be understood.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInputError.of(
            path, f"it cannot be read: {error}", _RESTORE
        ) from None
    return parse(content, path)


def parse(content: bytes, path: Path) -> Lock:
    """Read the content of a lock.

    Args:
        content: The bytes of the file.
        path: The file, for messages.

    Raises:
        InvalidInputError: It cannot be understood.
    """
    try:
        tree = tomllib.loads(content.decode())
    except ValueError as error:
        raise InvalidInputError.of(
            path, f"it cannot be read: {error}", _RESTORE
        ) from None
    if tree.get("version") != _VERSION:
        raise InvalidInputError.of(
            path,
            f"This is not version {_VERSION} of the lock, which is the one that is known.",
            "Take the version of runware-codegen that wrote it, or restore the file.",
        )
    found: object = tree.get("document", [])
    tables = cast("list[object]", found) if isinstance(found, list) else [None]
    documents: dict[str, LockedDocument] = {}
    for number, table in enumerate(tables, start=1):
        locked = _locked(table)
        if locked is None or locked.file in documents:
            fault = f"its document number {number} is not as fetch writes it"
            raise InvalidInputError.of(path, fault, _RESTORE)
        documents[locked.file] = locked
    return Lock(path, documents)


def _locked(table: object) -> LockedDocument | None:
    """Read a table; give nothing if any of it is unfit."""
    if not isinstance(table, dict):
        return None
    members = cast("dict[str, object]", table)
    fetched = members.get("fetched")
    texts = {name: members.get(name, default) for name, default in _TEXTS.items()}
    said = {name: text for name, text in texts.items() if isinstance(text, str)}
    changed, changes = members.get("changed"), members.get("changes", [])
    if len(said) < len(texts) or not isinstance(fetched, dt.date):
        return None
    if not isinstance(changed, dt.date | None) or not isinstance(changes, list):
        return None
    locked = LockedDocument(
        id=said["id"],
        air=said["air"],
        task_type=said["task-type"],
        file=said["file"],
        url=said["url"],
        sha256=said["sha256"],
        etag=said["etag"],
        fetched=fetched,
        architecture=said["architecture"],
        changed=changed,
        changes=tuple(map(str, cast("list[object]", changes))),
    )
    return locked if _is_fit(locked) else None


def _is_fit(locked: LockedDocument) -> bool:
    """Tell whether nothing leads away: no path out of a folder, no odd address."""
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
        and _SHA256.fullmatch(locked.sha256)
        and (not locked.air or is_air(locked.air))
        and locked.architecture.isprintable()
        and (not locked.etag or usable_etag(locked.etag))
    )
