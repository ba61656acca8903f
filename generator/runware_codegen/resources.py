"""Finds the templates and specs: beside the package, or in a checkout."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

BUILTIN = "builtin:"
"""The prefix of inputs that name documents of the generator: `builtin:PATTERN`."""

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent.parent


def folder(name: str) -> Path:
    """Return the folder of the templates or of the specs.

    They are package data of an installed generator, and at the top of a checkout.
    """
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _CHECKOUT / name


def builtin_documents(pattern: str) -> list[Path]:
    """Find documents of the generator.

    Args:
        pattern: A task type or the name of a file, such as `imageInference` or
            `image-inference`; `*` and `?` are allowed.
    """
    return [
        path
        for path in sorted(folder("specs").glob("*.json"))
        if fnmatchcase(path.stem, pattern)
        or fnmatchcase(builtin_task_type(path), pattern)
    ]


def builtin_task_type(path: Path) -> str:
    """Return the task type of a document of the generator, by its file."""
    return re.sub("-(.)", lambda match: match[1].upper(), path.stem)
