"""JSON values as constants of the model, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from runware_codegen.documents import JsonValue


FrozenValue: TypeAlias = "bool | int | float | str | FrozenArray | FrozenObject | None"
"""A JSON value that is hashable and distinguishes 1 from true."""


@dataclass(frozen=True, slots=True)
class FrozenArray:
    """A JSON array as a value."""

    items: tuple[FrozenValue, ...]


@dataclass(frozen=True, slots=True)
class FrozenObject:
    """A JSON object as a value, properties in the order of the document."""

    members: tuple[tuple[str, FrozenValue], ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A JSON value under JSON's equality: 1 equals 1.0, and 1 does not equal true."""

    value: FrozenValue = field(compare=False)
    key: object = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", _equality_key(self.value))


def _equality_key(value: FrozenValue) -> object:
    if isinstance(value, bool) or value is None:
        return ("constant", str(value))
    if isinstance(value, FrozenArray):
        return ("array", tuple(_equality_key(item) for item in value.items))
    if isinstance(value, FrozenObject):
        return ("object", frozenset((k, _equality_key(v)) for k, v in value.members))
    return ("text", value) if isinstance(value, str) else ("number", value)


def constant(value: JsonValue) -> Constant:
    """Turn a JSON value into a constant."""
    return Constant(_freeze(value))


def _freeze(value: JsonValue) -> FrozenValue:
    if isinstance(value, list):
        return FrozenArray(tuple(map(_freeze, value)))
    if isinstance(value, dict):
        return FrozenObject(tuple((k, _freeze(v)) for k, v in value.items()))
    return value


def json_type(value: FrozenValue | JsonValue) -> str:
    """Name the JSON type of a value; a whole float is an integer."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case FrozenArray() | list():
            return "array"
        case FrozenObject() | dict():
            return "object"


def thawed(value: FrozenValue) -> JsonValue:
    """Turn a constant back into a JSON value."""
    if isinstance(value, FrozenArray):
        return [thawed(item) for item in value.items]
    if isinstance(value, FrozenObject):
        return {name: thawed(member) for name, member in value.members}
    return value


def quoted(value: FrozenValue) -> str:
    """Write a constant as a sentence has it: 'FBX', true, 3."""
    return f"'{value}'" if isinstance(value, str) else bare(value)


def bare(value: FrozenValue) -> str:
    """Write a constant without quotes: FBX, true, 3."""
    if isinstance(value, str):
        return value
    return json.dumps(thawed(value), ensure_ascii=False)
