"""JSON values as constants of the model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from runware_codegen.documents import JsonValue


@dataclass(frozen=True, slots=True)
class Constant:
    """A JSON value under JSON's equality: 1 equals 1.0, and 1 does not equal true."""

    value: JsonValue = field(compare=False)
    key: object = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", _equality_key(self.value))


def _equality_key(value: JsonValue) -> object:
    if isinstance(value, bool) or value is None:
        return ("constant", str(value))
    if isinstance(value, list):
        return ("array", tuple(map(_equality_key, value)))
    if isinstance(value, dict):
        return ("object", frozenset((k, _equality_key(v)) for k, v in value.items()))
    return ("text", value) if isinstance(value, str) else ("number", value)


def json_type(value: JsonValue) -> str:
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
        case list():
            return "array"
        case dict():
            return "object"


def quoted(value: JsonValue) -> str:
    """Write a constant as a sentence has it: 'FBX', true, 3."""
    return f"'{value}'" if isinstance(value, str) else bare(value)


def bare(value: JsonValue) -> str:
    """Write a constant without quotes: FBX, true, 3."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
