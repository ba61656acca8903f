"""Evaluates predicates of constants at generation time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from runware_codegen.model.constants import json_type
from runware_codegen.model.predicates import (
    AllOf,
    Always,
    AnyOf,
    Constant,
    InRange,
    IsIn,
    IsType,
    LengthIn,
    Matches,
    MultipleOf,
    Not,
)
from runware_codegen.parse.patterns import is_found

if TYPE_CHECKING:
    from runware_codegen.model.predicates import FrozenValue, Predicate

_MAX_WORK: Final = 10_000
"""The largest product of the lengths of a string and a pattern that is matched here."""


def holds(test: Predicate, value: FrozenValue) -> bool | None:
    """Return whether a value satisfies a predicate; None if that is undecided."""
    match test:
        case Always(truth):
            return truth
        case Not(part):
            verdict = holds(part, value)
            return None if verdict is None else not verdict
        case AllOf(parts):
            return _every([holds(part, value) for part in parts])
        case AnyOf(parts):
            refuted = _every([holds(Not(part), value) for part in parts])
            return None if refuted is None else not refuted
        case IsType(types):
            name = json_type(value)
            return name in types or (name == "integer" and "number" in types)
        case IsIn(values):
            return Constant(value) in values
        case InRange():
            return _is_number(value) and _in_range(test, Fraction(str(value)))
        case MultipleOf(step):
            return _is_number(value) and Fraction(str(value)) % Fraction(step) == 0
        case LengthIn(least, most):
            return (
                isinstance(value, str)
                and least <= len(value)
                and (most is None or len(value) <= most)
            )
        case Matches(_, parts):
            return isinstance(value, str) and _matches(parts, value)
        case _:
            return None


def _matches(parts: tuple[tuple[str, bool], ...], text: str) -> bool | None:
    """Return whether a string matches a pattern; None if matching could be slow."""
    if any(len(text) * len(expression) > _MAX_WORK for expression, _ in parts):
        return None
    return all(is_found(expression, text) == must for expression, must in parts)


def _every(verdicts: list[bool | None]) -> bool | None:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _is_number(value: FrozenValue) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _in_range(bounds: InRange, value: Fraction) -> bool:
    return (
        (bounds.ge is None or value >= bounds.ge)
        and (bounds.gt is None or value > bounds.gt)
        and (bounds.le is None or value <= bounds.le)
        and (bounds.lt is None or value < bounds.lt)
    )
