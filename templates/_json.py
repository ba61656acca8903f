"""JSON's own equality, types and numbers, where Python's differ."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final, TypeAlias, cast

Json: TypeAlias = Any
"""Any JSON value."""

_Array: TypeAlias = "list[Any]"
_Object: TypeAlias = "dict[str, Any]"


def same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are equal: 1 is 1.0, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return _same_objects(cast("_Object", one), cast("_Object", other))
    if isinstance(one, list) and isinstance(other, list):
        items, others = cast("_Array", one), cast("_Array", other)
        return len(items) == len(others) and all(map(same, items, others))
    return bool(one == other)


def _same_objects(one: _Object, other: _Object) -> bool:
    return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)


def all_different(items: list[Any]) -> bool:
    """Say whether no two items of a list are equal."""
    keys = [_key(item) for item in items]
    return len(set(keys)) == len(keys)


def _key(value: Any) -> object:
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", tuple(map(_key, cast("_Array", value))))
    if isinstance(value, dict):
        members = cast("_Object", value).items()
        return ("object", frozenset((name, _key(member)) for name, member in members))
    return value


def is_type(value: Any, *types: str) -> bool:
    """Say whether a value is of one of some JSON types; 1.0 is an integer."""
    return any(name in types for name in _types_of(value))


def _types_of(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return ("integer", "number")
    kind: type[object] = type(value)
    return (_JSON_TYPES.get(kind, ""),)


_JSON_TYPES: Final[dict[type, str]] = {
    type(None): "null",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def is_multiple(value: float, step: float) -> bool:
    """Say whether a number is a whole multiple of a step, both read as decimals."""
    if type(value) is int and type(step) is int:
        return value % step == 0
    numerator, denominator = _decimal(step)
    times = round(value * denominator / numerator) if abs(value) < 1e9 else 0
    if times:
        # The quotient of two integers is rounded right; so few digits are told apart.
        return times * numerator / denominator == value
    return value == 0 or Fraction(repr(value)) % Fraction(numerator, denominator) == 0


def _decimal(step: float) -> tuple[int, int]:
    return Fraction(repr(step)).as_integer_ratio()
