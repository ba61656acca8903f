"""Finds the templates and specs: beside the package, or in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent.parent


def folder(name: str) -> Path:
    """Return the folder of the templates or of the specs.

    An installed generator carries them as package data; in a checkout they stand at
    the top.
    """
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _CHECKOUT / name
