"""Constructors of predicates about the items or members of a value.

They simplify what they build. Each predicate is about a value of the right type: an array
or an object.
"""

from __future__ import annotations

from collections.abc import Iterable

from runware_codegen.model.logic import any_of
from runware_codegen.model.predicates import (
    FALSE,
    TRUE,
    AdditionalProperties,
    Contains,
    EvaluatedItems,
    EvaluatedProperties,
    ItemCount,
    Items,
    Predicate,
    PrefixItem,
    PropertyCount,
    PropertyNames,
    UnevaluatedItems,
)


def items(part: Predicate, start: int = 0) -> Predicate:
    """Require that all items from the index `start` on satisfy a predicate."""
    if part == FALSE:
        return ItemCount(0, start)
    return TRUE if part == TRUE else Items(part, start)


def prefix_item(index: int, part: Predicate) -> Predicate:
    """Require that the item at an index, if there is one, satisfies a predicate."""
    if part == FALSE:
        return ItemCount(0, index)
    return TRUE if part == TRUE else PrefixItem(index, part)


def contains(part: Predicate, least: int, most: int | None) -> Predicate:
    """Require that a number of items in this range satisfies a predicate."""
    if part == FALSE or (least == 0 and most is None):
        return FALSE if least else TRUE
    return ItemCount(least, most) if part == TRUE else Contains(part, least, most)


def unevaluated_items(
    part: Predicate, evaluated: Iterable[EvaluatedItems]
) -> Predicate:
    """Require that all items, except evaluated ones, satisfy a predicate."""
    possible = [each for each in evaluated if each.condition != FALSE]
    whole = [each.condition for each in possible if each.first is None]
    if part == TRUE:
        return TRUE
    others = tuple(
        each
        for each in possible
        if each.first or (each.first == 0 and each.matching != FALSE)
    )
    starts = [each.first or 0 for each in others if each.condition == TRUE]
    rest: Predicate = UnevaluatedItems(part, others)
    if len(starts) == len(others) and all(each.first for each in others):
        rest = items(part, max(starts, default=0))
    return any_of([*whole, rest])


def property_names(part: Predicate) -> Predicate:
    """Require that all names of members satisfy a predicate."""
    if part == FALSE:
        return PropertyCount(0, 0)
    return TRUE if part == TRUE else PropertyNames(part)


def additional_properties(
    part: Predicate, evaluated: Iterable[EvaluatedProperties]
) -> Predicate:
    """Require that all members, except evaluated ones, satisfy a predicate."""
    possible = [each for each in evaluated if each.condition != FALSE]
    whole = [each.condition for each in possible if each.all]
    if part == TRUE:
        return TRUE
    others = tuple(e for e in possible if not e.all and (e.names or e.patterns))
    if part == FALSE and not others:
        return any_of([*whole, PropertyCount(0, 0)])
    return any_of([*whole, AdditionalProperties(part, others)])
