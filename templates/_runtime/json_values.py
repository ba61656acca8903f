"""JSON's own equality, types and numbers, where Python's differ."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any, Final, TypeGuard


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Say whether a value is a JSON array."""
    return isinstance(value, list)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are equal: 1 is 1.0, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_object(one) and is_object(other):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if is_array(one) and is_array(other):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def all_different(items: list[Any]) -> bool:
    """Say whether no two items of a list are equal."""
    keys = [key_of(item) for item in items]
    return len(set(keys)) == len(keys)


def key_of(value: Any) -> object:
    """Return what is equal, and has the same hash, for equal JSON values alone."""
    if isinstance(value, bool):
        return ("boolean", value)
    if is_array(value):
        return ("array", tuple(map(key_of, value)))
    if is_object(value):
        return ("object", frozenset((k, key_of(member)) for k, member in value.items()))
    return value


def is_type(value: Any, *types: str) -> bool:
    """Say whether a value is of one of some JSON types; 1.0 is an integer."""
    return any(name in types for name in _types_of(value))


def _types_of(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return ("integer", "number")
    return (next((name for t, name in _JSON_TYPES if isinstance(value, t)), ""),)


_JSON_TYPES: Final = (
    (type(None), "null"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


def is_multiple(value: float, step: float) -> bool:
    """Say whether a number is a whole multiple of a step, both read as decimals."""
    if type(value) is int and type(step) is int:
        return value % step == 0
    numerator, denominator = _decimal(step)
    times = round(value * denominator / numerator) if abs(value) < 1e9 else 0
    if times:
        # The quotient of two integers is rounded right; so few digits are told apart.
        return times * numerator / denominator == value
    return value == 0 or _exact(value) % Fraction(numerator, denominator) == 0


@cache
def _decimal(step: float) -> tuple[int, int]:
    return _exact(step).as_integer_ratio()


def _exact(number: float) -> Fraction:
    return Fraction(number if type(number) is int else repr(number))
