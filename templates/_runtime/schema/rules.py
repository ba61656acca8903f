"""Functions and types for the rules of requests, which are Python over JSON values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from fractions import Fraction
from functools import wraps
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from ..json_values import is_number

__all__ = [
    "Iterator",
    "MediaLimit",
    "Rate",
    "Size",
    "Wire",
    "area_in",
    "is_size",
    "judged_once",
    "not_a_size",
    "ratio_in",
]

T = TypeVar("T")

Wire: TypeAlias = dict[str, Any]
"""A JSON object as it is sent."""


class Incomplete(Wire):
    """An object in which a missing member reads as a value that equals no other."""

    def __missing__(self, _: str, /) -> float:
        return math.nan


class Size(NamedTuple):
    """A width and height that a model supports.

    Attributes:
        width: The width in pixels.
        height: The height in pixels.
        title: Its name in the document, such as "1K (16:9)"; or empty.
    """

    width: int
    height: int
    title: str = ""

    def __str__(self) -> str:
        return f"{self.width}×{self.height}" + (f" {self.title}" if self.title else "")


class MediaLimit(NamedTuple):
    """A limit of a medium itself, which the server checks.

    Attributes:
        parameter: The path of the field, such as "inputs.image".
        operation: The limited quantity: area, width, height, duration, fileSize …
        minimum: The minimum in pixels, seconds or bytes; None without one.
        maximum: The maximum; None without one.
    """

    parameter: str
    operation: str
    minimum: float | None
    maximum: float | None


class Rate(NamedTuple):
    """The price of a unit.

    Attributes:
        amount: The price in US dollars, as a decimal number.
        unit: The unit in the document, such as `output`.
        label: The value of a member of the task for which the rate applies, such as "2K";
            empty if it always applies.
    """

    amount: str
    unit: str
    label: str = ""


NO_SIZE: Final = "is not a supported size"

Test: TypeAlias = Callable[[Any], bool]
"""Returns whether a value is valid."""

_Outcomes: TypeAlias = dict[tuple[object, int], tuple[Any, Any]]
_OUTCOMES: ContextVar[_Outcomes | None] = ContextVar("_OUTCOMES", default=None)
"""Outcomes by the question and the `id` of a part of a value.

Each part is stored with its outcome, so that its `id` is not reused.
"""


def judged_once(test: Test) -> Test:
    """Decorate a recursive test so that it runs once for each part of a value."""

    @wraps(test)
    def judge(value: Any) -> bool:
        return once(test, value, lambda: test(value))

    return judge


def once(test: object, value: Any, compute: Callable[[], T]) -> T:
    """Return the cached outcome of a test of a part of a value, or compute it.

    Without the cache, a recursive test that visits each part twice would take exponential
    time.
    """
    outcomes = _OUTCOMES.get()
    if outcomes is None:
        token = _OUTCOMES.set({})
        try:
            return compute()
        finally:
            _OUTCOMES.reset(token)
    key = (test, id(value))
    if key not in outcomes:
        outcomes[key] = value, compute()
    outcome: T = outcomes[key][1]
    return outcome


def is_size(task: Wire, sizes: tuple[Size, ...]) -> bool:
    """Return whether the width and height of a task, if it has both, are a supported size."""
    if "width" not in task or "height" not in task:
        return True
    width, height = task["width"], task["height"]
    if not (is_number(width) and is_number(height)):
        return False
    return any(width == size.width and height == size.height for size in sizes)


def not_a_size(task: Wire, sizes: tuple[Size, ...], when: str = "") -> str:
    """Return the error message for a size that is not supported, with the nearest sizes."""
    width, height = task["width"], task["height"]
    condition = f" when {when}" if when else ""
    if not (is_number(width) and is_number(height)):
        return f"{width}×{height} {NO_SIZE}{condition}"

    def distance(size: Size) -> Any:
        return abs(size.width - width) + abs(size.height - height)

    near = ", ".join(map(str, sorted(sizes, key=distance)[:3]))
    return f"{width}×{height} {NO_SIZE}{condition}; nearest: {near}"


def area_in(
    task: Wire, first: str, second: str, minimum: float | None, maximum: float | None
) -> bool:
    """Return whether the product of two members, if both are numbers, is within bounds."""
    values = task.get(first), task.get(second)
    return _is_within(lambda a, b: a * b, values, minimum, maximum)


def ratio_in(
    task: Wire, first: str, second: str, minimum: float | None, maximum: float | None
) -> bool:
    """Return whether the quotient of two members, if both are numbers, is within bounds."""
    values = task.get(first), task.get(second)
    return not values[1] or _is_within(lambda a, b: a / b, values, minimum, maximum)


def _is_within(
    combine: Callable[[Any, Any], float | Fraction],
    values: tuple[object, object],
    minimum: float | None,
    maximum: float | None,
) -> bool:
    one, other = values
    if not (is_number(one) and is_number(other)):
        return True
    try:
        value = combine(one, other)
    except OverflowError:  # too large for a float
        value = combine(Fraction(one), Fraction(other))
    return (minimum is None or value >= minimum) and (
        maximum is None or value <= maximum
    )
