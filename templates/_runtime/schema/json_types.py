"""Converts Python values, and objects of classes, to JSON values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..json_values import is_array, is_object, is_unicode
from ..media.local_files import LocalFile
from .depth import MAX_LEVELS

MAX_NUMBER: Final = 10**4300 - 1
"""The largest integer that Python writes as JSON, unless its limit was changed."""


def serialized(value: Any) -> Any:
    """Return a copy of a JSON value, with its objects serialized by pydantic."""
    if isinstance(value, BaseModel):
        return value.__pydantic_serializer__.to_python(value, by_alias=True)
    if is_array(value):
        return [serialized(item) for item in value]
    if is_object(value):
        return {name: serialized(member) for name, member in value.items()}
    return value


def as_number(value: Any) -> int | float | None:
    """Return a number as an int or float; None if the value is not a number.

    Numbers of other libraries, such as NumPy, are converted by `__index__` or
    `__float__`. A Decimal is converted only if its float has the same digits.
    """
    kind = cast("type[object]", type(value))
    if kind is int or kind is float:
        number: int | float = value
        return number
    if kind is bool or hasattr(value, "__len__"):
        return None
    if isinstance(value, Decimal):
        return _of_decimal(value)
    if hasattr(value, "__index__"):
        return int(value.__index__())
    return float(value) if hasattr(value, "__float__") else None


def _of_decimal(value: Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else None


def as_json(value: Any) -> Any:
    """Return a copy of a value as JSON.

    Raises:
        ValidationError: A part of it is not JSON, or it is nested too deeply. The error
            has the path of the part.
    """
    return _as_json(value, (), MAX_LEVELS)


def _as_json(value: Any, place: tuple[int | str, ...], levels: int) -> Any:
    kind = cast("type[object]", type(value))
    if kind is bool or value is None or (kind is str and value.isascii()):
        return value
    if isinstance(value, BaseModel):
        return serialized(value)
    if is_array(value) or is_object(value):
        return _copied(value, place, levels)
    if isinstance(value, str):
        return value if isinstance(value, LocalFile) else _text(value, place)
    number = as_number(value)
    if number is None:
        raise _refused(value, place, f"must be JSON, but is of type {kind.__name__}")
    if not -MAX_NUMBER <= number <= MAX_NUMBER:
        is_whole = isinstance(number, int)
        what = "has more than 4300 digits" if is_whole else "is not a finite number"
        raise _refused(value, place, f"must be JSON, but {what}")
    return number


def _text(value: str, place: tuple[int | str, ...]) -> str:
    """Return a text, or a member of an enum of texts, as a plain text."""
    text = str.__str__(value)
    if not is_unicode(text):
        sentence = "must be JSON, but has a lone surrogate, which is half a character"
        raise _refused(value, place, sentence)
    return text


def _copied(
    value: list[Any] | dict[str, Any], place: tuple[int | str, ...], levels: int
) -> list[Any] | dict[str, Any]:
    if not levels:
        sentence = f"must not be nested more than {MAX_LEVELS} levels deep"
        raise _refused(value, (), sentence)
    if isinstance(value, list):
        items = enumerate(value)
        return [_as_json(item, (*place, index), levels - 1) for index, item in items]
    return {
        _name(name, value, place): _as_json(member, (*place, name), levels - 1)
        for name, member in value.items()
    }


def _name(name: Any, value: Any, place: tuple[int | str, ...]) -> str:
    if isinstance(name, str):
        return _text(name, place)
    sentence = f"must be JSON, but has a key of type {type(name).__name__}"
    raise _refused(value, place, sentence)


def _refused(
    value: Any, place: tuple[int | str, ...], sentence: str
) -> ValidationError:
    error = PydanticCustomError("not_json", "{sentence}", {"sentence": sentence})
    detail = InitErrorDetails(type=error, loc=place, input=value)
    return ValidationError.from_exception_data("JSON", [detail])
