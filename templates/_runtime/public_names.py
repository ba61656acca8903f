"""Imports the public names of packages on their first use."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any


def import_name(package: str, modules: Mapping[str, str], name: str) -> Any:
    """Import a public name of a package from its module, or a module of the package.

    Raises:
        AttributeError: The package has no such public name.
        ImportError: Its module cannot be imported.
    """
    if name not in modules:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    try:
        module = import_module(f".{modules[name] or name}", package)
    except AttributeError as error:  # `from … import …` would hide it
        raise ImportError(f"{name} cannot be imported: {error}") from error
    return getattr(module, name) if modules[name] else module
