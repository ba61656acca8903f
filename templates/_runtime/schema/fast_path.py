"""The fast path: validators of classes with as little Python as possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic_core import CoreSchema, SchemaValidator

from ..json_values import is_array, is_object

FAST: Final = "fast"
"""The key in the metadata of a schema for one that pydantic-core validates faster.

It accepts a part of the values, and as the same values. It reads no file, because the
class's own validator may have to read it.
"""

_PARTS: Final = frozenset(
    {"choices", "definitions", "fields", "items_schema", "schema", "values_schema"}
)
"""The keys of a schema under which other schemas are."""


def fast_validator(
    schema: CoreSchema, only_explains: Callable[[Any], bool]
) -> SchemaValidator:
    """Make a validator of most values of a class, whose errors are not explained.

    Args:
        schema: The schema of the class, which decides about the other values.
        only_explains: Returns whether a wrap validator does nothing but explain errors.
    """

    def fast(part: Any) -> Any:
        if is_array(part):
            return [*map(fast, part)]
        if isinstance(part, tuple):  # an alternative with its label
            return (fast(part[0]), part[1])
        if not is_object(part):
            return part
        if FAST in part.get("metadata", ()):
            return fast(part["metadata"][FAST])
        kind = part.get("type")
        if kind == "function-wrap" and only_explains(part["function"]["function"]):
            reference = {"ref": part["ref"]} if "ref" in part else {}
            return {**fast(part["schema"]), **reference}
        return {
            key: fast(value) if kind is None or key in _PARTS else value
            for key, value in part.items()
        }

    return SchemaValidator(fast(schema))
