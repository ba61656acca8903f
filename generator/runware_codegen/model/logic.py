"""Constructors of predicates that simplify what they build.

They push negations down to the tests and merge predicates about one property, so that
predicates with equal meaning tend to be equal. Predicates about items or members are about
a value of the right type: an array or an object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from runware_codegen.model import predicates as p
from runware_codegen.model.constants import Constant
from runware_codegen.model.predicates import FALSE, TRUE, Predicate

_OBJECT = p.IsType(frozenset({"object"}))


def has(name: str) -> Predicate:
    """Return the predicate that the object has the property."""
    return p.RequiredProperty(name, TRUE)


def lacks(name: str) -> Predicate:
    """Return the predicate that the object does not have the property."""
    return p.OptionalProperty(name, FALSE)


def all_of(parts: Iterable[Predicate]) -> Predicate:
    """Return the conjunction of the parts, simplified."""
    return _joined(parts, p.AllOf)


def any_of(parts: Iterable[Predicate]) -> Predicate:
    """Return the disjunction of the parts, simplified."""
    return _joined(parts, p.AnyOf)


def _joined(parts: Iterable[Predicate], kind: type[p.AllOf | p.AnyOf]) -> Predicate:
    """Join the parts; a part that decides the result ends the iteration."""
    any_part = kind is p.AnyOf
    decisive, neutral = (TRUE, FALSE) if any_part else (FALSE, TRUE)
    kept: dict[Predicate, None] = {}
    for part in flat(parts, kind):
        if not isinstance(part, p.Always):
            kept[part] = None
        elif part == decisive:
            return decisive
    if len(kept) < 2:
        return next(iter(kept), neutral)
    if any_part and any(isinstance(part, p.OptionalProperty) for part in kept):
        kept.pop(p.Not(_OBJECT), None)  # the other part accepts what is no object
    if not any_part and any(isinstance(part, p.RequiredProperty) for part in kept):
        kept.pop(_OBJECT, None)  # only objects have properties
    merged = _merge_types(list(kept)) if any_part else list(kept)
    merged = _merge_constants(merged, any_part=any_part)
    merged = _merge_properties(merged, any_part=any_part)
    if decisive in merged:
        return decisive
    return merged[0] if len(merged) == 1 else kind(tuple(merged)) if merged else neutral


def is_in(values: Iterable[Constant]) -> Predicate:
    """Require one of the constants."""
    kept = tuple(values)
    return p.IsIn(kept) if kept else FALSE


def required_property(name: str, part: Predicate) -> Predicate:
    """Require a property, and the part of its value."""
    return FALSE if part == FALSE else p.RequiredProperty(name, part)


def optional_property(name: str, part: Predicate) -> Predicate:
    """Require the part of the value of a property, if the property is present."""
    return TRUE if part == TRUE else p.OptionalProperty(name, part)


def if_then_else(
    condition: Predicate, then: Predicate, otherwise: Predicate
) -> Predicate:
    """Return one of two predicates, by a condition."""
    if isinstance(condition, p.Always):
        return then if condition.value else otherwise
    if (then, otherwise) == (TRUE, FALSE):
        return condition
    if (then, otherwise) == (FALSE, TRUE):
        return not_(condition)
    return then if then == otherwise else p.IfThenElse(condition, then, otherwise)


def exactly_one(parts: Iterable[Predicate], titles: tuple[str, ...]) -> Predicate:
    """Require exactly one of several alternatives.

    Args:
        parts: The alternatives.
        titles: A title for each alternative, or none at all.
    """
    listed = tuple(parts)
    constants = [part.values for part in listed if isinstance(part, p.IsIn)]
    if len(constants) == len(listed):
        times = Counter(chain.from_iterable(map(dict.fromkeys, constants)))
        return is_in(each for each, number in times.items() if number == 1)
    repeated = [part for part, times in Counter(listed).items() if times > 1]
    if repeated:  # two of the alternatives would hold
        others = (part for part in listed if part not in repeated)
        return all_of([*map(not_, repeated), exactly_one(others, ())])
    open_parts = tuple(part for part in listed if not isinstance(part, p.Always))
    if TRUE in listed:
        return not_(any_of(open_parts))
    if len(open_parts) < 2:
        return open_parts[0] if open_parts else FALSE
    return p.ExactlyOne(open_parts, titles if len(open_parts) == len(listed) else ())


def not_(part: Predicate) -> Predicate:
    """Negate a predicate. The negation is pushed down to its tests."""
    match part:
        case p.Always(truth):
            return FALSE if truth else TRUE
        case p.Not(inner):
            return inner
        case p.AllOf(parts):
            return any_of(not_(each) for each in parts)
        case p.AnyOf(parts):
            return all_of(not_(each) for each in parts)
        case p.IfThenElse(condition, then, otherwise):
            return if_then_else(condition, not_(then), not_(otherwise))
        case p.RequiredProperty(name, inner):
            return p.OptionalProperty(name, not_(inner))
        case p.OptionalProperty(name, inner):
            return required_property(name, not_(inner))
        case _:
            return p.Not(part)


def items(part: Predicate, start: int = 0) -> Predicate:
    """Require that all items from the index `start` on satisfy a predicate."""
    if part == FALSE:
        return p.ItemCount(0, start)
    return TRUE if part == TRUE else p.Items(part, start)


def prefix_item(index: int, part: Predicate) -> Predicate:
    """Require that the item at an index, if there is one, satisfies a predicate."""
    if part == FALSE:
        return p.ItemCount(0, index)
    return TRUE if part == TRUE else p.PrefixItem(index, part)


def contains(part: Predicate, least: int, most: int | None) -> Predicate:
    """Require that a number of items in this range satisfies a predicate."""
    if part == FALSE or (least == 0 and most is None):
        return FALSE if least else TRUE
    return p.ItemCount(least, most) if part == TRUE else p.Contains(part, least, most)


def unevaluated_items(
    part: Predicate, evaluated: Iterable[p.EvaluatedItems]
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
    rest: Predicate = p.UnevaluatedItems(part, others)
    if len(starts) == len(others) and all(each.first for each in others):
        rest = items(part, max(starts, default=0))
    return any_of([*whole, rest])


def property_names(part: Predicate) -> Predicate:
    """Require that all names of members satisfy a predicate."""
    if part == FALSE:
        return p.PropertyCount(0, 0)
    return TRUE if part == TRUE else p.PropertyNames(part)


def additional_properties(
    part: Predicate, evaluated: Iterable[p.EvaluatedProperties]
) -> Predicate:
    """Require that all members, except evaluated ones, satisfy a predicate."""
    possible = [each for each in evaluated if each.condition != FALSE]
    whole = [each.condition for each in possible if each.all]
    if part == TRUE:
        return TRUE
    others = tuple(e for e in possible if not e.all and (e.names or e.patterns))
    if part == FALSE and not others:
        return any_of([*whole, p.PropertyCount(0, 0)])
    return any_of([*whole, p.AdditionalProperties(part, others)])


def flat(
    parts: Iterable[Predicate], kind: type[p.AllOf | p.AnyOf]
) -> Iterator[Predicate]:
    """Yield the parts of the predicates of a kind, and all other predicates."""
    for part in parts:
        if isinstance(part, kind):
            yield from part.parts
        else:
            yield part


def _merge_types(parts: list[Predicate]) -> list[Predicate]:
    """Merge the types of a disjunction into one set, at the place of the first."""
    found = [part for part in parts if isinstance(part, p.IsType)]
    if len(found) < 2:
        return parts
    merged = p.IsType(frozenset(name for part in found for name in part.types))
    return [*dict.fromkeys(merged if part in found else part for part in parts)]


def _merge_constants(parts: list[Predicate], *, any_part: bool) -> list[Predicate]:
    """Merge the sets of constants that a value is in, or is not in."""
    allowed = [part.values for part in parts if isinstance(part, p.IsIn)]
    refused = [
        part.part.values
        for part in parts
        if isinstance(part, p.Not) and isinstance(part.part, p.IsIn)
    ]
    if len(allowed) + len(refused) < 2:
        return parts
    if any_part:  # "a or b" is "not (neither a nor b)"
        allowed, refused = refused, allowed
    united = dict.fromkeys(chain.from_iterable(refused))
    merged = not_(is_in(united))
    if allowed:
        merged = is_in(
            value
            for value in dict.fromkeys(allowed[0])
            if all(value in each for each in allowed) and value not in united
        )
    merged = not_(merged) if any_part else merged
    return [*dict.fromkeys(merged if _is_constants(part) else part for part in parts)]


def _is_constants(part: Predicate) -> bool:
    return isinstance(part.part if isinstance(part, p.Not) else part, p.IsIn)


def _merge_properties(parts: list[Predicate], *, any_part: bool) -> list[Predicate]:
    """Merge the predicates about each property: x.A and x.B become x.(A and B)."""
    join = any_of if any_part else all_of
    by_name: dict[str, list[p.Property]] = {}
    for part in parts:
        if isinstance(part, p.Property):
            by_name.setdefault(part.name, []).append(part)
    if all(len(group) == 1 for group in by_name.values()):
        return parts
    merged: list[Predicate] = []
    for part in parts:
        if not isinstance(part, p.Property):
            merged.append(part)
        elif group := by_name.pop(part.name, []):
            # In a conjunction, one part can require the property; in a disjunction, all
            # parts must require it.
            requirements = (isinstance(each, p.RequiredProperty) for each in group)
            required = all(requirements) if any_part else any(requirements)
            construct = required_property if required else optional_property
            merged.append(construct(part.name, join(each.part for each in group)))
    return merged
