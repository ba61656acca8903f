"""What a schema of pydantic-core tells of itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from ..json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTENTS: Final = {"dict": "values_schema", "list": "items_schema", "model": "schema"}
"""What a container says of the values in it, by its type."""

_FLAT: Final = (
    *("bool", "float", "int", "literal", "none", "str"),
    *("chain", "default", "definition-ref", "definitions", "nullable", "union"),
    *("function-after", "function-plain", "function-wrap", "no-info"),
    *("model-field", "model-fields"),
)
"""Types of nodes that add no level of nesting to those within them."""


def is_recursive(schema: Any) -> bool:
    """Say whether a schema has a definition that refers to itself, however far off."""
    definitions = schema.get("definitions", ())
    refers = {node["ref"]: {*_references(node)} for node in definitions}
    for _ in refers:
        # Those that refer to none that is left cannot be part of a circle.
        refers = {
            name: left for name, to in refers.items() if (left := to & refers.keys())
        }
    return bool(refers)


def most_levels(schema: Any) -> float:
    """Return a bound of how deep what a schema takes is nested; infinity for any depth.

    Args:
        schema: A schema that is not recursive, so that each of its nodes adds one level
            at most.
    """
    return sum(map(_levels_of, _nodes(schema)))


def is_tuple(node: object) -> TypeGuard[tuple[Any, ...]]:
    """Say whether a part of a schema is an alternative with its label."""
    return isinstance(node, tuple)


def _references(schema: Any) -> Iterator[str]:
    for node in _nodes(schema):
        if node["type"] == "definition-ref":
            yield node["schema_ref"]


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    """Yield what has a type in a part of a schema."""
    if is_array(part) or is_tuple(part):
        for item in part:
            yield from _nodes(item)
    elif is_object(part):
        if isinstance(part.get("type"), str):  # else it may be a field of this name
            yield part
        yield from _nodes([*part.values()])


def _levels_of(node: dict[str, Any]) -> float:
    kind = node["type"]
    if kind in _CONTENTS:
        return math.inf if _is_open(node) else 1
    if kind == "function-plain" and "json_schema_input_schema" not in node:
        return math.inf
    return 0 if kind in _FLAT else math.inf


def _is_open(container: dict[str, Any]) -> bool:
    """Say whether a container may hold what its schema does not speak of."""
    if container["type"] == "model":
        return bool(container["config"].get("extra_fields_behavior") != "forbid")
    return _CONTENTS[container["type"]] not in container
