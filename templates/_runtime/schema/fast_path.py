"""The fast path: validators of classes that call as little Python as possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic_core import CoreSchema, SchemaValidator

from ..json_values import is_array

FAST: Final = "fast"
"""The metadata key of a schema for an equivalent schema that is validated faster.

That schema may refuse valid values, but it accepts no others and converts none. It does
not read files, because the complete validator may have to read them afterwards.
"""

_PARTS: Final = frozenset(
    {"choices", "definitions", "fields", "items_schema", "schema", "values_schema"}
)
"""The keys of a schema whose values contain schemas."""


def fast_validator(
    schema: CoreSchema, only_explains: Callable[[Any], bool]
) -> SchemaValidator:
    """Return a fast validator of a class. Values that it refuses may still be valid.

    It omits the wrap validators that only improve error messages.
    """

    def fast(part: Any) -> Any:
        if is_array(part):
            return [*map(fast, part)]
        if isinstance(part, tuple):  # an alternative with its label
            return (fast(part[0]), part[1])
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
