"""Decides whether a JSON value satisfies a predicate, to choose values for an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from runware_codegen.model.constants import constant
from runware_codegen.model.predicates import (
    AllOf,
    AnyOf,
    AreaIn,
    DefinitionRef,
    ExactlyOne,
    HasFormat,
    IfThenElse,
    ItemCount,
    Items,
    Not,
    OptionalProperty,
    PropertyCount,
    RatioIn,
    RequiredProperty,
    UniqueItems,
)
from runware_codegen.parse.assertions.evaluate import holds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runware_codegen.documents import JsonValue
    from runware_codegen.model.predicates import Predicate

EXAMPLES: Final[Mapping[str, str]] = {
    "uri": "https://example.com/lighthouse",
    "uuid": "3d3b0bd1-21a5-4f1c-9ff0-8ff3d1a1d0fb",
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "email": "keeper@example.com",
}
"""A text of each format that examples may need."""


def satisfies(predicate: Predicate, value: JsonValue) -> bool | None:
    """Say whether a value satisfies a predicate; None where that is not decided."""
    match predicate:
        case AllOf(parts):
            return _every([satisfies(part, value) for part in parts])
        case AnyOf(parts):
            return _some([satisfies(part, value) for part in parts])
        case ExactlyOne(parts):
            verdicts = [satisfies(part, value) for part in parts]
            return None if None in verdicts else verdicts.count(True) == 1
        case Not(part):
            return _negated([satisfies(part, value)])[0]
        case IfThenElse(condition, then, otherwise):
            met = satisfies(condition, value)
            return None if met is None else satisfies(then if met else otherwise, value)
        case RequiredProperty(name, part):
            if not isinstance(value, dict) or name not in value:
                return False
            return satisfies(part, value[name])
        case OptionalProperty(name, part):
            if not isinstance(value, dict) or name not in value:
                return True
            return satisfies(part, value[name])
        case AreaIn(first, second) | RatioIn(first, second):
            return (
                not isinstance(value, dict)
                or not {first, second} <= value.keys()
                or None
            )
        case ItemCount(low, high):
            return isinstance(value, list) and low <= len(value) <= (high or len(value))
        case PropertyCount(low, high):
            return isinstance(value, dict) and low <= len(value) <= (high or len(value))
        case Items(part, start):
            items = value[start:] if isinstance(value, list) else []
            return isinstance(value, list) and _every(
                [satisfies(part, i) for i in items]
            )
        case UniqueItems():
            return isinstance(value, list) and len(set(map(repr, value))) == len(value)
        case HasFormat(name):
            return isinstance(value, str) and (value == EXAMPLES.get(name) or None)
        case DefinitionRef():
            return None
        case _:
            return holds(predicate, constant(value).value)


def _every(verdicts: list[bool | None]) -> bool | None:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _some(verdicts: list[bool | None]) -> bool | None:
    return _negated([_every(_negated(verdicts))])[0]


def _negated(verdicts: list[bool | None]) -> list[bool | None]:
    return [None if verdict is None else not verdict for verdict in verdicts]
