"""Validates the paths of a package for every operating system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_]+)?|\.gitattributes")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def is_device(name: str) -> bool:
    """Return whether a name, with or without a suffix, is a device on Windows."""
    return _DEVICE.fullmatch(name) is not None


def unsafe_paths(paths: Iterable[str]) -> Iterator[str]:
    """Yield the relative paths that are not safe to write.

    A path is safe if all its names are plain, none is a device on Windows, and no other
    path is equal to it without regard to letter case.
    """
    taken: dict[str, str] = {}
    for path in paths:
        if not all(map(_is_plain, path.split("/"))) or _clashes(path, taken):
            yield path


def _is_plain(name: str) -> bool:
    return _SEGMENT.fullmatch(name) is not None and not is_device(name)


def _clashes(path: str, taken: dict[str, str]) -> bool:
    """Return whether a path or a folder above it clashes with one that is taken.

    Then take the path and its folders. Folders end in a slash, so that a file with the
    path of a folder is a clash.
    """
    folders = [f"{parent}/" for parent in PurePosixPath(path).parents][:-1]
    places = [path, *folders]
    owners = [taken.setdefault(p.rstrip("/").casefold(), p) for p in places]
    return owners != places
