"""JSON values as constants of the model, and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runware_codegen.model.predicates import (
    Constant,
    FrozenArray,
    FrozenObject,
    FrozenValue,
)

if TYPE_CHECKING:
    from runware_codegen.documents import JsonValue


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
