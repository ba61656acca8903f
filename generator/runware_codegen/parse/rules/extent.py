"""How long a sentence about a predicate would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from runware_codegen.model.predicates import (
    AdditionalProperties,
    AllOf,
    AnyOf,
    Contains,
    ExactlyOne,
    IfThenElse,
    Items,
    Not,
    OptionalProperty,
    PatternProperties,
    PrefixItem,
    PropertyNames,
    RequiredProperty,
    UnevaluatedItems,
)

if TYPE_CHECKING:
    from runware_codegen.model.predicates import Predicate

_MOST_SAID: Final = 300

TOO_LONG: Final = "must be one of many combinations, which the document describes"
"""Said instead of a sentence that nobody could follow."""


def is_short_enough(*parts: Predicate) -> bool:
    """Tell whether a person could follow a sentence about all the parts."""
    return sum(map(_extent, parts)) <= _MOST_SAID


def _extent(part: Predicate) -> int:
    """Count the tests that a sentence would name."""
    match part:
        case AllOf(parts) | AnyOf(parts) | ExactlyOne(parts):
            return sum(map(_extent, parts))
        case IfThenElse(condition, then, otherwise):
            # The condition is said again for the other direction.
            return 2 * _extent(condition) + _extent(then) + _extent(otherwise)
        case (
            RequiredProperty(_, inner)
            | OptionalProperty(_, inner)
            | PrefixItem(_, inner)
            | Not(inner)
        ):
            return _extent(inner)
        case (
            Items(inner)
            | Contains(inner)
            | PropertyNames(inner)
            | UnevaluatedItems(inner)
        ):
            return _extent(inner)
        case AdditionalProperties(inner) | PatternProperties(_, inner):
            return _extent(inner)
        case _:
            return 1
