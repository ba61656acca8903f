"""The fast path: validators of classes that call as little Python as possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from pydantic_core import CoreSchema, SchemaValidator
from pydantic_core import core_schema as core

from ..json_values import is_array

FAST: Final = "fast"
"""The metadata key of a schema for an equivalent schema that is validated faster.

That schema may refuse valid values, but no int or float: a later alternative may allow it
too. It accepts no other values. It does not read files, because the complete validator may
have to read them afterwards.
"""

FLAT: Final = "flat"
"""The metadata key of a schema that is used instead, if no class can contain itself."""

_PARTS: Final = frozenset(
    {"choices", "definitions", "fields", "items_schema", "schema", "values_schema"}
)
"""The keys of a schema whose values contain schemas."""


FastCheck: TypeAlias = Callable[[Any], Any]
"""Returns a valid object, or raises a ValueError."""


def fast_validator(
    schema: CoreSchema, checks_of: Callable[[Any], list[FastCheck] | None]
) -> SchemaValidator:
    """Return a fast validator of a class. Values that it refuses may still be valid.

    `checks_of` returns the checks of valid objects that replace a wrap validator; None if
    the validator is necessary.
    """
    keys = (FAST,) if schema["type"] == "definitions" else (FLAT, FAST)

    def fast(part: Any) -> Any:
        if is_array(part):
            return [*map(fast, part)]
        if isinstance(part, tuple):  # an alternative with its label
            return (fast(part[0]), part[1])
        for key in keys:
            if key in part.get("metadata", ()):
                return fast(part["metadata"][key])
        kind = part.get("type")
        if kind == "function-wrap":
            checks = checks_of(part["function"]["function"])
            if checks is not None:
                reference = {"ref": part["ref"]} if "ref" in part else {}
                return {**_checked(fast(part["schema"]), checks), **reference}
        return {
            key: fast(value) if kind is None or key in _PARTS else value
            for key, value in part.items()
        }

    return SchemaValidator(fast(schema))


def _checked(schema: Any, checks: list[FastCheck]) -> Any:
    for check in checks:
        schema = core.no_info_after_validator_function(check, schema)
    return schema
