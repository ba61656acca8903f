"""Distributes the models that `fetch` receives over the folders of a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runware_codegen.catalog.lock import lock_of
from runware_codegen.catalog.names import is_pattern, matches


def with_locked_documents(folders: Sequence[Path]) -> list[Path]:
    """Return the folders with locked documents; the first folder if none has any.

    Raises:
        InvalidInputError: If a lock is not valid.
    """
    return [each for each in folders if lock_of(each).within(each)] or [folders[0]]


def models_by_folder(
    folders: Sequence[Path], models: Sequence[str], *, locked_only: bool
) -> dict[Path, tuple[str, ...]]:
    """Return the models for each folder: those that are locked in it.

    Models that are locked in no folder are for the first one.

    Args:
        folders: The folders, the default one first.
        models: Identifiers, AIRs, and patterns of them.
        locked_only: Whether a pattern stands only for locked models. Else it may stand for
            other models too, and is for the first folder.

    Raises:
        InvalidInputError: If a lock is not valid.
    """
    found: dict[Path, tuple[str, ...]] = {}
    for folder in folders:
        locked = lock_of(folder).within(folder).values()
        names = tuple(
            name
            for name in models
            if (locked_only or not is_pattern(name))
            and any(matches(each, name) for each in locked)
        )
        found |= {folder: names} if names else {}
    known = {name for names in found.values() for name in names}
    if new := tuple(name for name in models if name not in known):
        found[folders[0]] = (*found.get(folders[0], ()), *new)
    return found
