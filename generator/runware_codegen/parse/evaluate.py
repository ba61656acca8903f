"""Tests of constants: what a predicate says of a value that is known at generation."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from runware_codegen.constants import json_type
from runware_codegen.predicates import (
    All,
    Always,
    AnyOf,
    Constant,
    InRange,
    IsIn,
    IsType,
    LengthIn,
    MultipleOf,
    Not,
)

if TYPE_CHECKING:
    from runware_codegen.predicates import Frozen, Predicate


def holds(test: Predicate, value: Frozen) -> bool | None:
    """Say whether a predicate holds of a value; None where that is not decided."""
    match test:
        case Always(truth):
            return truth
        case Not(part):
            verdict = holds(part, value)
            return None if verdict is None else not verdict
        case All(parts):
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
        case _:
            return None


def _every(verdicts: list[bool | None]) -> bool | None:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _is_number(value: Frozen) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _in_range(bounds: InRange, value: Fraction) -> bool:
    return (
        (bounds.ge is None or value >= bounds.ge)
        and (bounds.gt is None or value > bounds.gt)
        and (bounds.le is None or value <= bounds.le)
        and (bounds.lt is None or value < bounds.lt)
    )
