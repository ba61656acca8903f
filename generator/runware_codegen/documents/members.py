"""Reads members of JSON values that are not validated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether a JSON value is an array."""
    return isinstance(value, list)


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a JSON value is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def member(holder: object, name: str) -> Any:
    """Return a member of a value; None if it is missing or the value is no object."""
    return holder.get(name) if is_object(holder) else None


def object_of(holder: object, name: str) -> dict[str, Any]:
    """Return a member that is an object; empty if it is not."""
    value = member(holder, name)
    return value if is_object(value) else {}


def array_of(holder: object, name: str) -> list[Any]:
    """Return a member that is an array; empty if it is not."""
    value = member(holder, name)
    return value if is_array(value) else []


def objects_of(holder: object, name: str) -> list[dict[str, Any]]:
    """Return the objects in a member that is an array."""
    return [each for each in array_of(holder, name) if is_object(each)]


def text_of(holder: object, name: str) -> str:
    """Return a member that is a string; empty if it is not."""
    value = member(holder, name)
    return value if isinstance(value, str) else ""


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Copy a value, and change each string in it; names of members stay."""
    if is_object(value):
        return {name: with_texts(each, change) for name, each in value.items()}
    if is_array(value):
        return [with_texts(each, change) for each in value]
    return change(value) if isinstance(value, str) else value
