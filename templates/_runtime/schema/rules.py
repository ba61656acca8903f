"""What the rules of a request are written with: plain Python over the task's JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from fractions import Fraction
from functools import wraps
from typing import Any, Final, NamedTuple, TypeAlias, TypeGuard, TypeVar

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
"""An object as it is sent."""


class Size(NamedTuple):
    """A width and height that a model offers.

    Attributes:
        width: In pixels.
        height: In pixels.
        title: What the document calls it, such as "1K (16:9)".
    """

    width: int
    height: int
    title: str = ""

    def __str__(self) -> str:
        return f"{self.width}×{self.height}" + (f" {self.title}" if self.title else "")


class MediaLimit(NamedTuple):
    """A limit on a medium itself, which the server checks.

    Attributes:
        parameter: The field, such as "inputs.image".
        operation: What is limited: area, width, height, duration, fileSize …
        minimum: The least, in pixels, seconds or bytes.
        maximum: The greatest.
    """

    parameter: str
    operation: str
    minimum: float | None
    maximum: float | None


class Rate(NamedTuple):
    """What one unit costs.

    Attributes:
        amount: US dollars, as a decimal number.
        unit: The unit as the document names it, such as `output`.
        label: The value of the task for which it holds, such as "2K"; empty where it
            always holds.
    """

    amount: str
    unit: str
    label: str = ""


NO_SIZE: Final = "is not a size of this model"

Test: TypeAlias = Callable[[Any], bool]
"""Says whether a value is as it must be."""

_Outcomes: TypeAlias = dict[tuple[object, int], tuple[Any, Any]]
_OUTCOMES: ContextVar[_Outcomes | None] = ContextVar("_OUTCOMES", default=None)
"""What came of the parts of a value, by what was asked and the part's identity.

Each is kept beside its part, so that no other part can have its identity.
"""


def judged_once(test: Test) -> Test:
    """Let a test that calls itself judge each part of a value once."""

    @wraps(test)
    def judge(value: Any) -> bool:
        return once(test, value, lambda: test(value))

    return judge


def once(asked: object, value: Any, answer: Callable[[], T]) -> T:
    """Answer a question about each part of a value once.

    What is recursive may ask of the same part twice, and so would ask 2^n times n
    levels below.

    Args:
        asked: The question.
        value: The part.
        answer: Answers the question.
    """
    outcomes = _OUTCOMES.get()
    if outcomes is None:
        token = _OUTCOMES.set({})
        try:
            return answer()
        finally:
            _OUTCOMES.reset(token)
    key = (asked, id(value))
    if key not in outcomes:
        outcomes[key] = value, answer()
    outcome: T = outcomes[key][1]
    return outcome


def is_size(task: Wire, sizes: tuple[Size, ...]) -> bool:
    """Say whether a task's width and height, if both are given, are one of the sizes."""
    width, height = task.get("width"), task.get("height")
    if width is None or height is None:
        return True
    return any(width == size.width and height == size.height for size in sizes)


def not_a_size(task: Wire, sizes: tuple[Size, ...], when: str = "") -> str:
    """Say that a task's width and height are no size of the model, and what is near."""
    width, height = task["width"], task["height"]

    def distance(size: Size) -> Any:
        return abs(size.width - width) + abs(size.height - height)

    near = sorted(sizes, key=distance)[:3]
    condition = f" when {when}" if when else ""
    return (
        f"{width}×{height} {NO_SIZE}{condition}; "
        f"nearest: {', '.join(map(str, near))}"
    )


def area_in(
    task: Wire, first: str, second: str, least: float | None, most: float | None
) -> bool:
    """Say whether the product of two numbers, if both are given, is within bounds."""
    numbers = _numbers(task, first, second)
    if numbers is None:
        return True
    one, other = numbers
    try:
        return _within(one * other, least, most)
    except OverflowError:  # too large for a float
        return _within(Fraction(one) * Fraction(other), least, most)


def ratio_in(
    task: Wire, first: str, second: str, least: float | None, most: float | None
) -> bool:
    """Say whether the quotient of two numbers, if both are given, is within bounds."""
    numbers = _numbers(task, first, second)
    if numbers is None or not numbers[1]:
        return True
    one, other = numbers
    try:
        return _within(one / other, least, most)
    except OverflowError:  # too large for a float
        return _within(Fraction(one) / Fraction(other), least, most)


def _numbers(task: Wire, first: str, second: str) -> tuple[float, float] | None:
    one, other = task.get(first), task.get(second)
    if _is_number(one) and _is_number(other):
        return one, other
    return None


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _within(value: float | Fraction, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)
