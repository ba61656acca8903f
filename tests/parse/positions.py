"""The positions of a schema in a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Position:
    """Functions that wrap a schema and a value into those of a member."""

    schema: Callable[[Any], Any]
    value: Callable[[Any], Any]


CONDITION = "condition"
"""The position that only a rule declares."""

POSITIONS = {
    "member": Position(lambda schema: schema, lambda value: value),
    "memberOfMember": Position(
        lambda schema: {"type": "object", "properties": {"value": schema}},
        lambda value: {"value": value},
    ),
    "item": Position(
        lambda schema: {"type": "array", "items": schema}, lambda value: [value]
    ),
    "map": Position(
        lambda schema: {"type": "object", "additionalProperties": schema},
        lambda value: {"any name": value},
    ),
    "alternative": Position(
        lambda schema: {"anyOf": [{"const": "the other"}, schema]}, lambda value: value
    ),
    CONDITION: Position(lambda schema: schema, lambda value: value),
}
"""The positions, by name of the member."""


def task_with(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Make the schema of a task that has a schema at each position."""
    members = {name: POSITIONS[name].schema(each) for name, each in schemas.items()}
    task: dict[str, Any] = {"properties": members}
    if CONDITION in members:
        then = {"properties": {CONDITION: members.pop(CONDITION)}}
        task |= {"if": {"required": [CONDITION]}, "then": then}
    return task
