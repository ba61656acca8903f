"""Tests that a type implies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.model import Array, Number, String
from runware_codegen.model.predicates import (
    HasFormat,
    InRange,
    ItemCount,
    LengthIn,
    Matches,
    MultipleOf,
    Predicate,
)

if TYPE_CHECKING:
    from runware_codegen.model import Type


def implies(a_type: Type | None, test: Predicate) -> bool:
    """Return whether all values of a type pass a test; False if that is undecided."""
    match a_type, test:
        case String(format=known), HasFormat(name):
            return known == name
        case String(pattern=known), Matches():
            return known == test
        case String(low, high), LengthIn(least, most):
            return _is_within(low, high, least, most)
        case Array(_, low, high), ItemCount(least, most):
            return _is_within(low, high, least, most)
        case Number(_, ge, gt, le, lt), InRange():
            return InRange(ge, gt, le, lt) == test
        case Number(multiple_of=known), MultipleOf(step):
            return known == step
        case _:
            return False


def _is_within(low: int, high: int | None, least: int, most: int | None) -> bool:
    return low >= least and (most is None or (high is not None and high <= most))
