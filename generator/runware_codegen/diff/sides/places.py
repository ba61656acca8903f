"""Resolves the arguments of `diff`, and reads the files that they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from runware_codegen.catalog import lock
from runware_codegen.catalog.lock import LockedDocument
from runware_codegen.catalog.versions import has_version, is_version
from runware_codegen.diff.sides import git
from runware_codegen.diff.sides.texts import Text
from runware_codegen.documents.sources import (
    JSON_SUFFIXES,
    YAML_SUFFIXES,
    find_sources,
    read_bytes,
)
from runware_codegen.problems import InvalidInputError, Problem

_SUFFIXES: Final = JSON_SUFFIXES | YAML_SUFFIXES
_LAST_COMMIT: Final = "HEAD"
_RESTORE: Final = (
    "Restore it with `runware-codegen fetch --locked`, or name another version."
)


def read_side(places: Iterable[str], documents: Sequence[str]) -> list[Text]:
    """Read the texts of one side.

    Args:
        places: Each is a file, a folder, `-` for standard input, a lock, a git revision
            such as `main`, or a path in one, such as `HEAD:schemas`.
        documents: The files and folders to read in a revision without a path.

    Returns:
        The texts, each only once.

    Raises:
        InvalidInputError: If a place does not exist or cannot be read.
    """
    return _unique(text for place in places for text in _read(place, documents))


def _unique(texts: Iterable[Text]) -> list[Text]:
    """Drop repetitions: a place may be named twice, or be in another."""
    return list({(text.stem, text.content): text for text in texts}.values())


def _read(place: str, documents: Sequence[str]) -> list[Text]:
    if Path(place).name == lock.NAME and Path(place).is_file():
        return _locked(Path(place))
    if place == "-" or Path(place).exists():
        return _on_disk([place])
    revision, colon, path = place.partition(":")
    if git.is_revision(revision):
        return _committed(revision, path) if colon else _all(revision, documents)
    remedy = "Name a file, a folder, a lock, or a git revision such as HEAD:schemas."
    message = f"It is neither a file, a folder nor a git revision.{git.obstacle()}"
    raise InvalidInputError.of(place, message, remedy)


def read_default_sides(
    documents: Sequence[str],
) -> tuple[list[Text], list[Text], str]:
    """Read the default sides.

    Args:
        documents: The files and folders of documents.

    Returns:
        The old side, the new side, and a name for the old side. The new side is the files
        on disk. The old side is the locked versions if they differ from these, else the
        last commit.

    Raises:
        InvalidInputError: If there is no old side.
    """
    on_disk = read_documents(documents)
    locked = [each for name in documents for each in lock.documents_at(Path(name))]
    if any(not has_version(path, entry.sha256) for _, path, entry in locked):
        names = dict.fromkeys(str(file) for file, _, _ in locked)
        return _unique(_versions(locked)), on_disk, ", ".join(names)
    if not git.is_revision(_LAST_COMMIT):
        remedy = "Name both versions: `runware-codegen diff OLD NEW`."
        message = (
            "There is nothing to compare it with: no lock that differs, and no git commit."
            f"{git.obstacle()}"
        )
        raise InvalidInputError.of(documents[0], message, remedy)
    return _all(_LAST_COMMIT, documents), on_disk, _LAST_COMMIT


def read_documents(documents: Sequence[str]) -> list[Text]:
    """Read the documents of files and folders, without those that do not exist."""
    return _unique(_on_disk([name for name in documents if Path(name).exists()]))


def _on_disk(inputs: Sequence[str]) -> list[Text]:
    found = find_sources(inputs)
    if found.problems:
        raise InvalidInputError(found.problems)
    return [Text(s.name, read_bytes(s), s.discovered) for s in found.sources]


def _all(revision: str, documents: Sequence[str]) -> list[Text]:
    """Read files and folders of a revision, which may lack some, but not all of them."""
    present = [name for name in documents if git.files(revision, name)]
    places = present or documents[:1]
    return _unique(text for name in places for text in _committed(revision, name))


def _committed(revision: str, path: str) -> list[Text]:
    names = git.files(revision, path or ".")
    if not names:
        remedy = f"List the files: `git ls-tree -r --name-only {revision}`."
        message = f"There is no such file or folder in {revision}."
        raise InvalidInputError.of(f"{revision}:{path}", message, remedy)
    is_file = len(names) == 1 and Path(names[0]).name == Path(path).name
    if not is_file:
        names = [name for name in names if _is_document(Path(name))]
    elif Path(path).name == lock.NAME:
        names = _locked_files(revision, names[0])
    contents = git.read(revision, names)
    return [
        Text(f"{revision}:{name}", content, discovered=not is_file)
        for name, content in zip(names, contents, strict=True)
    ]


def _is_document(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return path.suffix.lower() in _SUFFIXES and not hidden


def _locked_files(revision: str, name: str) -> list[str]:
    """Return the paths of the documents that a lock in a revision names."""
    [content] = git.read(revision, [name])
    documents = lock.parse(content, Path(f"{revision}:{name}")).documents
    return [(Path(name).parent / file).as_posix() for file in documents]


def _locked(path: Path) -> list[Text]:
    """Read the locked versions of the documents of a lock."""
    documents = sorted(lock.read(path).documents.items())
    return _versions([(path, path.parent / file, each) for file, each in documents])


def _versions(documents: Sequence[tuple[Path, Path, LockedDocument]]) -> list[Text]:
    """Read the locked versions of documents, each with its lock and its path."""
    texts: list[Text] = []
    problems: list[Problem] = []
    for file, path, locked in documents:
        content = _version(path, locked.sha256)
        if content is None:
            message = f"The locked version of {path} is neither on disk nor in git."
            problems.append(Problem(str(file), "", message, _RESTORE))
        else:
            texts.append(Text(str(path), content, discovered=False))
    if problems:
        raise InvalidInputError(problems)
    return texts


def _version(path: Path, sha256: str) -> bytes | None:
    """Find the version of a file with a hash: on disk, else in git."""
    if has_version(path, sha256):
        return path.read_bytes()
    return next((v for v in git.versions(path) if is_version(v, sha256)), None)
