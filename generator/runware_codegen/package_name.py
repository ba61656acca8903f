"""The name of the generated package: its validation, folder and import name."""

from __future__ import annotations

import keyword
import sys
from pathlib import Path

from runware_codegen.output.names import is_device

_IMPORTED_BY_OUTPUT = {"httpx2", "pydantic", "pydantic_core", "typing_extensions"}


def invalid_package(name: str) -> tuple[str, str] | None:
    """Return what is wrong with the name of a package and a remedy; None if it is valid."""
    top, *inner = name.split(".")
    for part in (top, *inner):
        if not part.isascii() or not part.isidentifier():
            return (
                f"{name!r} cannot be imported by Python.",
                "Use letters, digits and underscores, and do not start with a digit. Dots"
                " separate packages.",
            )
        other = f"Use another name, such as {part.strip('_').lower()}_client."
        if keyword.iskeyword(part):
            return f"{part!r} is a keyword of Python.", other
        if is_device(part) or part.startswith("__"):
            return f"{part!r} is a reserved name.", other
    if top in sys.stdlib_module_names or top in _IMPORTED_BY_OUTPUT:
        other = f"Use another name, such as {top.lower()}_client."
        return f"{top!r} would hide another module that the package imports.", other
    return None


def package_folder(name: str) -> Path:
    """Return the folder of a package, relative to the folder it is imported from."""
    return Path(*name.split("."))


def import_name(output: str, package: str) -> str:
    """Return the import name of a package; parent folders with __init__.py are in it."""
    folder, names = Path(output), [package]
    while folder.name and (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return ".".join(names)
