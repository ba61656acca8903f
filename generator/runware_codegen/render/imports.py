"""Writes the import lines of a module."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from runware_codegen.formats import FORMATS, predicate_name
from runware_codegen.render.docstrings import LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SCHEMA: Final = {
    ".json_values": (
        *("all_different", "is_array", "is_multiple", "is_object"),
        *("is_type", "same"),
    ),
    "constraints": (
        *("Count", "Either", "Exactly", "Integer", "Json", "Limits"),
        *("Must", "Nullable", "Number", "OfType", "Secret", "Text", "Uri", "Uuid"),
    ),
    "deprecated": ("Deprecated",),
    "ecma_regex": ("is_regex",),
    "fields": ("constant", "filled", "fresh_uuid"),
    "formats": tuple(sorted({*map(predicate_name, FORMATS)} - {"is_regex"})),
    "media_text": ("Media", "MediaSource"),
    "parts": ("OpenPart", "Part"),
    "patterns": ("Pattern",),
    "requests": ("TaskRequest",),
    "results": ("ResultPart", "TaskResult"),
    "rules": (
        *("Iterator", "MediaLimit", "Rate", "Size", "Wire"),
        *("area_in", "is_size", "judged_once", "not_a_size", "ratio_in"),
    ),
}
"""What the runtime has for modules of documents, by module of `_runtime/schema/`."""

_MODULES: Final = {
    "typing": ("Annotated", "ClassVar", "Literal"),
    "pydantic": ("Field",),
    "..._runtime.schema": tuple(chain.from_iterable(SCHEMA.values())),
}
"""Modules in the order of import blocks, with the names that a module may use."""


def _block(module: str) -> int:
    """Number the blocks: the standard library, other packages, this package."""
    return 2 if module.startswith(".") else int(module != "typing")


def import_lines(used: Iterable[str]) -> list[str]:
    """Write imports of the names that are used, with empty lines between blocks.

    Raises:
        KeyError: When no module has a name; then a name is missing here.
    """
    left = set(used)
    lines: list[str] = []
    last = ""
    for module, names in _MODULES.items():
        found = sorted(left.intersection(names))
        left.difference_update(found)
        if found:
            lines += [""] if lines and _block(module) != _block(last) else []
            last = module
            lines.append(f"from {module} import {', '.join(found)}")
    if left:
        raise KeyError(*sorted(left))
    return lines


def import_of(names: Sequence[str], module: str, indent: int) -> str:
    """Write an import for a place at some indentation, each name in a line if needed.

    It is laid out as black does it, which then has less to do; there is one for each
    document.
    """
    line = f"from {module} import {', '.join(names)}"
    if indent + len(line) <= LINE:
        return line
    margin = " " * indent
    listed = "".join(f"{margin}    {name},\n" for name in names)
    return f"from {module} import (\n{listed}{margin})"
