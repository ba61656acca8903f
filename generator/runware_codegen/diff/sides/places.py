"""Resolves an argument of `diff`, and reads its texts."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from runware_codegen.catalog import lock
from runware_codegen.diff.sides import git
from runware_codegen.diff.sides.texts import Text
from runware_codegen.documents.sources import (
    JSON_SUFFIXES,
    YAML_SUFFIXES,
    find_sources,
    read_bytes,
)
from runware_codegen.problems import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SUFFIXES: Final = JSON_SUFFIXES | YAML_SUFFIXES
_LAST_COMMIT: Final = "HEAD"


def read_side(places: Iterable[str], documents: str, stdin: BinaryIO) -> list[Text]:
    """Read the texts of one side.

    Args:
        places: Each is a file, a folder, `-` for standard input, a lock, a git revision
            such as `main`, or a path in one, such as `HEAD:schemas`.
        documents: The folder of documents, for a revision without a path.
        stdin: Standard input; read only for `-`.

    Returns:
        The texts, each only once.

    Raises:
        InvalidInputError: If a place does not exist or cannot be read.
    """
    read = [text for place in places for text in _read(place, documents, stdin)]
    return list({(text.stem, text.content): text for text in read}.values())


def _read(place: str, documents: str, stdin: BinaryIO) -> list[Text]:
    if Path(place).name == lock.NAME and Path(place).is_file():
        return _locked(Path(place))
    if place == "-" or Path(place).exists():
        return _on_disk([place], stdin)
    revision, colon, path = place.partition(":")
    if git.is_revision(revision):
        return _committed(revision, path if colon else documents)
    remedy = "Name a file, a folder, a lock, or a git revision such as HEAD:schemas."
    message = "It is neither a file, a folder nor a git revision."
    raise InvalidInputError([Problem(place, "", message, remedy)])


def read_default_sides(documents: str) -> tuple[list[Text], list[Text], str]:
    """Read the default sides.

    Args:
        documents: The folder of documents.

    Returns:
        The locked versions and the files on disk, if they differ; else the last commit
        and the files on disk. Then a description of the first side.
    """
    folder = Path(documents)
    here = read_folder(documents)
    locked = lock.lock_of(folder)
    if any(
        lock.hash_of(locked.path.parent / file) != each.sha256
        for file, each in locked.documents.items()
    ):
        return _locked(locked.path), here, str(locked.path)
    if not git.is_revision(_LAST_COMMIT):
        remedy = "Name both sides: `runware-codegen diff OLD NEW`."
        message = "There is nothing to compare it with: no lock that differs, and no git commit."
        raise InvalidInputError([Problem(documents, "", message, remedy)])
    return _committed(_LAST_COMMIT, documents), here, f"{_LAST_COMMIT}:{documents}"


def read_folder(documents: str) -> list[Text]:
    """Read the documents of a folder; empty if the folder does not exist."""
    folder = Path(documents)
    return _on_disk([documents], io.BytesIO()) if folder.exists() else []


def _on_disk(inputs: Sequence[str], stdin: BinaryIO) -> list[Text]:
    found = find_sources(inputs)
    if found.problems:
        raise InvalidInputError(found.problems)
    return [Text(s.name, read_bytes(s, stdin), s.discovered) for s in found.sources]


def _committed(revision: str, path: str) -> list[Text]:
    names = git.files(revision, path or ".")
    if not names:
        remedy = f"List the files: `git ls-tree -r --name-only {revision}`."
        message = f"There is no such file or folder in {revision}."
        raise InvalidInputError([Problem(f"{revision}:{path}", "", message, remedy)])
    alone = len(names) == 1 and Path(names[0]).name == Path(path).name
    if alone and Path(path).name == lock.NAME:
        return _locked_in(revision, names[0])
    wanted = names if alone else [*_documents(names)]
    contents = git.read(revision, wanted)
    return [
        Text(f"{revision}:{name}", content, not alone)
        for name, content in zip(wanted, contents, strict=True)
    ]


def _documents(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        hidden = any(part.startswith(".") for part in Path(name).parts)
        if Path(name).suffix.lower() in _SUFFIXES and not hidden:
            yield name


def _locked_in(revision: str, name: str) -> list[Text]:
    """Read the documents of a lock in a revision, from that revision."""
    [content] = git.read(revision, [name])
    parent = Path(name).parent
    files = [
        (parent / file).as_posix()
        for file in lock.parse(content, Path(f"{revision}:{name}")).documents
    ]
    contents = git.read(revision, files)
    return [
        Text(f"{revision}:{file}", text, discovered=False)
        for file, text in zip(files, contents, strict=True)
    ]


def _locked(path: Path) -> list[Text]:
    """Read the locked versions of the documents of a lock."""
    texts: list[Text] = []
    problems: list[Problem] = []
    for file, locked in sorted(lock.read(path).documents.items()):
        content = _version(path.parent / file, locked.sha256)
        if content is None:
            problems.append(_lost(path, file))
        else:
            texts.append(Text(str(path.parent / file), content, discovered=False))
    if problems:
        raise InvalidInputError(problems)
    return texts


def _version(path: Path, sha256: str) -> bytes | None:
    """Find the version of a file with a hash: on disk, else in git."""
    if path.is_file() and lock.hash_of(path) == sha256:
        return path.read_bytes()
    return next((v for v in git.versions(path) if lock.sha256(v) == sha256), None)


def _lost(path: Path, file: str) -> Problem:
    return Problem(
        str(path),
        "",
        f"The locked version of {file} is neither on disk nor in git.",
        "Restore it with `runware-codegen fetch --locked`, or name another side.",
    )
