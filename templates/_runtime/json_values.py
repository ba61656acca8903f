"""The equality, types and numbers of JSON, where those of Python differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any, Final, Literal, TypeGuard, overload


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether a value is a JSON array."""
    return isinstance(value, list)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a value is a JSON object."""
    return isinstance(value, dict)


def parts_of(value: object) -> Iterable[tuple[str | int, Any]]:
    """Return the members of an object, or the items of an array with their indices.

    Other values have no parts.
    """
    if is_object(value):
        return value.items()
    return enumerate(value) if is_array(value) else ()


def parts_within(value: object) -> Iterator[tuple[str, Any]]:
    """Yield a value and its parts at any depth, each with its path, in their order."""
    left: list[tuple[str, Any]] = [("", value)]
    while left:  # not recursive: it may be nested deeper than the call stack
        place, whole = left.pop()
        yield place, whole
        parts = [(f"{place}.{n}" if place else str(n), p) for n, p in parts_of(whole)]
        left += reversed(parts)


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a number; true and false are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_unicode(text: str) -> bool:
    """Return whether a text has no lone surrogates, which UTF-8 cannot encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal: 1 equals 1.0, and true does not equal 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_object(one) and is_object(other):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if is_array(one) and is_array(other):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def all_different(items: list[Any]) -> bool:
    """Return whether no two items of a list are equal."""
    keys = [key_of(item) for item in items]
    return len(set(keys)) == len(keys)


def key_of(value: Any) -> object:
    """Return a hashable key: two keys are equal exactly if their JSON values are."""
    if isinstance(value, bool):
        return ("boolean", value)
    if is_array(value):
        return ("array", tuple(map(key_of, value)))
    if is_object(value):
        return ("object", frozenset((k, key_of(member)) for k, member in value.items()))
    return value


@overload
def is_type(
    value: object, number: Literal["number", "integer"], /
) -> TypeGuard[float]: ...


@overload
def is_type(value: object, /, *types: str) -> bool: ...


def is_type(value: object, /, *types: str) -> bool:
    """Return whether a value has one of these JSON types; 1.0 is an integer."""
    return any(name in types for name in _types_of(value))


def _types_of(value: object) -> tuple[str, ...]:
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
    """Return whether a number is an integer multiple of a step, both as decimals."""
    if type(value) is int and type(step) is int:
        return value % step == 0
    numerator, denominator = _decimal(step)
    is_usual = abs(value) < 1e9 and denominator < 10**290  # larger floats may overflow
    times = round(value * denominator / numerator) if is_usual else 0
    if times:
        # The division of integers is correctly rounded, and exact for so few digits.
        return times * numerator / denominator == value
    return value == 0 or _exact(value) % Fraction(numerator, denominator) == 0


@cache
def _decimal(step: float) -> tuple[int, int]:
    return _exact(step).as_integer_ratio()


def _exact(number: float) -> Fraction:
    return Fraction(number if type(number) is int else repr(number))
