"""Finds and reads the inputs: files, folders and standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from runware_codegen.problems import InvalidInputError, Problem
from runware_codegen.resources import BUILTIN, builtin_documents, builtin_task_type

JSON_SUFFIXES = frozenset({".json"})
YAML_SUFFIXES = frozenset({".yaml", ".yml"})
MAX_SIZE = 32 * 2**20

_STDIN = "-"

Made = TypeVar("Made")
"""What is made of a source: its document, or its module."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text that may be a document.

    Attributes:
        name: The file as the user named it, or `<stdin>`.
        path: The file; None for standard input.
        discovered: Whether it was found in a folder, and not named by the user.
    """

    name: str
    path: Path | None
    discovered: bool = False

    @property
    def base_name(self) -> str:
        """The name without its folder."""
        return "stdin" if self.path is None else _printable(self.path.name)

    @property
    def suffix(self) -> str:
        """The suffix of the name, in lower case."""
        return "" if self.path is None else self.path.suffix.lower()


def not_openapi(source: Source) -> Problem:
    """Create the problem that a file which the user named is not a document."""
    message = 'not an OpenAPI document: it has no "openapi"'
    return Problem(source.name, "", message, 'give an object with "openapi": "3.1.0"')


@dataclass(slots=True)
class Found:
    """The sources of some inputs.

    Attributes:
        sources: The sources, each once, in an order that does not depend on that of the
            inputs.
        passed_over: A line for each entry of a folder that is not a document.
        problems: The problems of the inputs.
    """

    sources: list[Source] = field(default_factory=list[Source])
    passed_over: list[str] = field(default_factory=list[str])
    problems: list[Problem] = field(default_factory=list[Problem])

    def made(
        self, outcomes: Iterable[tuple[Source, Made | tuple[Problem, ...] | None]]
    ) -> dict[str, Made]:
        """Return what was made of the sources, by their names; record other outcomes.

        Args:
            outcomes: Each source with what was made of it, or with its problems, or with
                None if it is not a document. That is a problem if the user named the file,
                and no other source is a document.
        """
        made: dict[str, Made] = {}
        others: list[Source] = []
        for source, outcome in outcomes:
            if outcome is None:
                others.append(source)
            elif isinstance(outcome, tuple):
                self.problems += outcome
            else:
                made[source.name] = outcome
        self.passed_over += [f"{each.name}: not an OpenAPI document" for each in others]
        named = [each for each in others if not each.discovered]
        self.problems += [] if made else map(not_openapi, named)
        return made


def find_sources(inputs: Iterable[str]) -> Found:
    """Find the sources of some inputs.

    Folders are searched recursively for `*.json`, `*.yaml` and `*.yml`. Names that begin
    with a dot are skipped. A link to a file counts as the file. A link to a folder is not
    followed, because it may point outside of the folder.

    Args:
        inputs: Paths of files and folders, `-` for standard input, and `builtin:PATTERN`
            for documents of the generator.

    Returns:
        The sources, skipped entries and problems. A path that does not exist is a source
        too; reading it raises the problem.
    """
    found = Found()
    sources: list[Source] = []
    for given in inputs:
        if given == _STDIN:
            sources.append(Source("<stdin>", None))
        elif given.startswith(BUILTIN):
            sources.extend(_builtin(given, found))
        elif not given or "\0" in given:
            found.problems.append(
                Problem(repr(given), "", "not a path", "name a file or a folder")
            )
        elif os.path.isdir(given):  # noqa: PTH112  Path.is_dir may raise
            sources.extend(_search(Path(given), found))
        else:
            path = Path(given)
            sources.append(Source(_printable(str(path)), path))
    found.sources = _each_once(sources)
    return found


def read_text(source: Source) -> str:
    """Return the text of a source, without a byte order mark.

    Raises:
        InvalidInputError: If it cannot be read, is too large, is not UTF-8, or is empty.
    """
    return decoded(source, read_bytes(source))


def decoded(source: Source, content: bytes) -> str:
    """Decode the bytes of a source.

    Raises:
        InvalidInputError: If they are too many, not UTF-8, or empty.
    """
    if len(content) > MAX_SIZE:
        raise _problem(
            source,
            f"too large: more than {MAX_SIZE // 2**20} MiB",
            "split the document, or remove what is not about one model",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _problem(
            source,
            f"not UTF-8: byte 0x{error.object[error.start]:02x} in line {line}",
            "save the file as UTF-8",
        ) from None
    if not text.strip():
        raise _problem(source, "the file is empty", "give an OpenAPI 3.1 document")
    return text


def _builtin(given: str, found: Found) -> Iterator[Source]:
    """Yield the documents of the generator that match `builtin:PATTERN`."""
    pattern = given.removeprefix(BUILTIN)
    paths = builtin_documents(pattern)
    if not paths:
        is_start = pattern and builtin_documents(f"{pattern}*")
        start = f"{given}*, " if is_start else ""
        names = ", ".join(builtin_task_type(path) for path in builtin_documents("*"))
        message = "no built-in document has this task type"
        remedy = f"name {start}one of these, or {BUILTIN}* for all: {names}"
        found.problems.append(Problem(given, "", message, remedy))
    for path in paths:
        yield Source(_printable(str(path)), path, discovered=True)


def _search(top: Path, found: Found) -> Iterator[Source]:
    problems_before = len(found.problems)
    empty = True
    folders = [top]
    while folders:
        for entry in _entries(folders.pop(), found):
            path = Path(entry.path)
            name = _printable(str(path))
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif os.path.isdir(path):  # noqa: PTH112
                found.passed_over.append(f"{name}: a link to a folder, not followed")
            elif path.suffix.lower() in JSON_SUFFIXES | YAML_SUFFIXES:
                empty = False
                exists = os.path.exists(path)  # noqa: PTH110  Path.exists may raise
                if not exists or os.path.isfile(path):  # noqa: PTH113  Path too
                    yield Source(name, path, discovered=True)
                else:
                    found.passed_over.append(f"{name}: not a file")
    if empty and len(found.problems) == problems_before:
        found.problems.append(
            Problem(
                _printable(str(top)),
                "",
                "the folder has no JSON or YAML files",
                "name a folder with OpenAPI documents, or run `runware-codegen fetch`",
            )
        )


def _entries(folder: Path, found: Found) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        found.problems.append(_unreadable(_printable(str(folder)), error))
        return []


def _each_once(sources: list[Source]) -> list[Source]:
    """Drop duplicates of a file; prefer a source that the user named."""
    by_file: dict[str, Source] = {}
    for source in sorted(sources, key=lambda each: (each.discovered, each.name)):
        file = "" if source.path is None else os.path.realpath(source.path)
        by_file.setdefault(file, source)
    return sorted(by_file.values(), key=lambda each: (each.base_name, each.name))


def read_bytes(source: Source) -> bytes:
    """Read the bytes of a source, at most one more than the size limit.

    Raises:
        InvalidInputError: If it cannot be read.
    """
    try:
        if source.path is None:
            # It is None if it was closed before Python began.
            return sys.stdin.buffer.read(MAX_SIZE + 1) if sys.stdin else b""
        with source.path.open("rb") as file:
            return file.read(MAX_SIZE + 1)
    except FileNotFoundError:
        message = "no such file or folder"
        remedy = (
            "name one that exists, or fetch documents: `runware-codegen fetch MODEL`"
        )
        if source.path and source.path.is_symlink():
            message = "a link to a file that does not exist"
            remedy = "create the file, or remove the link"
        raise _problem(source, message, remedy) from None
    except OSError as error:
        raise InvalidInputError([_unreadable(source.name, error)]) from None


def _problem(source: Source, message: str, remedy: str) -> InvalidInputError:
    return InvalidInputError.of(source.name, message, remedy)


def _unreadable(name: str, error: OSError) -> Problem:
    reason = error.strerror or type(error).__name__
    return Problem(name, "", f"cannot be read: {reason}", "change its permissions")


def _printable(path: str) -> str:
    # The bytes of a file's name need not be UTF-8.
    return os.fsencode(path).decode("utf-8", "backslashreplace")
