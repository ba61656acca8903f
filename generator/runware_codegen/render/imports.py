"""Writes the import lines of a module."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final

from runware_codegen.formats import FORMATS, predicate_name
from runware_codegen.naming.reserved import listed
from runware_codegen.render.literals import LINE

SCHEMA: Final = {
    ".json_values": listed("all_different is_array is_multiple is_object is_type same"),
    "alternatives": ("Either",),
    "constraints": listed("""
        Count Exactly Integer Json Limits Must Nullable Number OfType Secret Text
        Uri Uuid
        """),
    "deprecated": ("Deprecated",),
    "ecma_regex": ("is_regex",),
    "fields": ("constant", "filled", "fresh_uuid"),
    "formats": tuple(sorted({*map(predicate_name, FORMATS)} - {"is_regex"})),
    "lists": ("ListOf",),
    "media_text": ("Media", "MediaSource"),
    "parts": ("OpenPart", "Part"),
    "patterns": ("Pattern",),
    "requests": ("TaskRequest",),
    "results": ("ResultPart", "TaskResult"),
    "rules": listed("""
        Iterator MediaLimit Rate Size Wire area_in is_size judged_once not_a_size ratio_in
        """),
}
"""The names of the runtime for modules of documents, by module of `_runtime/schema/`."""

_MODULES: Final = {
    "typing": ("Annotated", "ClassVar", "Literal"),
    "pydantic": ("Field",),
    "..._runtime.schema": tuple(chain.from_iterable(SCHEMA.values())),
}
"""A module for each import block, in their order, with the names that it has."""


class Imports:
    """The names that a module imports, collected while its code is written."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def named(self, name: str) -> str:
        """Return a name, which the module then imports."""
        self._used.add(name)
        return name

    def call(self, name: str, *arguments: str) -> str:
        """Write a call of a function or class, which the module then imports."""
        return f"{self.named(name)}({', '.join(arguments)})"

    def lines(self) -> list[str]:
        """Write the imports, with an empty line between blocks.

        Raises:
            KeyError: If no module has a name: it is missing in this file.
        """
        missing = set(self._used)
        lines: list[str] = []
        for module, names in _MODULES.items():
            found = sorted(missing.intersection(names))
            missing.difference_update(found)
            if found:
                lines += [""] if lines else []
                lines.append(f"from {module} import {', '.join(found)}")
        if missing:
            raise KeyError(*sorted(missing))
        return lines


def import_of(names: Sequence[str], module: str, indent: int) -> str:
    """Write an import as black formats it, with one name in a line if it is too long.

    Black is slow, and each document has an import of its own.

    Args:
        names: The names.
        module: The module.
        indent: The indentation of its place, in columns.
    """
    line = f"from {module} import {', '.join(names)}"
    if indent + len(line) <= LINE:
        return line
    margin = " " * indent
    listed = "".join(f"{margin}    {name},\n" for name in names)
    return f"from {module} import (\n{listed}{margin})"
