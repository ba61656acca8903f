"""Predicates joined: each function simplifies what it builds.

A negation is driven down to the tests, and what is said of one member is brought
together, so that equal meanings tend to look equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.predicates import (
    FALSE,
    TRUE,
    All,
    Always,
    AnyOf,
    At,
    ExactlyOne,
    IfGiven,
    IsType,
    Not,
    Predicate,
    When,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OBJECT = IsType(frozenset({"object"}))


def has(name: str) -> Predicate:
    """The object has the member."""
    return At(name, TRUE)


def lacks(name: str) -> Predicate:
    """The object does not have the member."""
    return IfGiven(name, FALSE)


def all_of(parts: Iterable[Predicate]) -> Predicate:
    """Join parts of which all must hold, simplified."""
    kept: dict[Predicate, None] = {}
    for part in _flat(parts, All):
        if part == FALSE:
            return FALSE
        if part != TRUE:
            kept[part] = None
    if any(isinstance(part, At) for part in kept):
        kept.pop(_OBJECT, None)  # what has a member is an object
    merged = _merge(list(kept), any_part=False)
    if FALSE in merged:
        return FALSE
    return merged[0] if len(merged) == 1 else All(tuple(merged)) if merged else TRUE


def any_of(parts: Iterable[Predicate]) -> Predicate:
    """Join parts of which one must hold, simplified."""
    kept: dict[Predicate, None] = {}
    for part in _flat(parts, AnyOf):
        if part == TRUE:
            return TRUE
        if part != FALSE:
            kept[part] = None
    if any(isinstance(part, IfGiven) for part in kept):
        kept.pop(Not(_OBJECT), None)  # what is no object has no member
    merged = _merge(list(kept), any_part=True)
    if TRUE in merged:
        return TRUE
    return merged[0] if len(merged) == 1 else AnyOf(tuple(merged)) if merged else FALSE


def at(name: str, part: Predicate) -> Predicate:
    """The member is there and the part holds of it, simplified."""
    return FALSE if part == FALSE else At(name, part)


def if_given(name: str, part: Predicate) -> Predicate:
    """The member is absent or the part holds of it, simplified."""
    return TRUE if part == TRUE else IfGiven(name, part)


def when(condition: Predicate, then: Predicate, otherwise: Predicate) -> Predicate:
    """Choose by a condition, simplified."""
    if isinstance(condition, Always):
        return then if condition.truth else otherwise
    return then if then == otherwise else When(condition, then, otherwise)


def exactly_one(parts: Iterable[Predicate], titles: tuple[str, ...] = ()) -> Predicate:
    """One alternative and no other, simplified."""
    listed = tuple(parts)
    certain = sum(part == TRUE for part in listed)
    open_parts = tuple(part for part in listed if not isinstance(part, Always))
    if certain > 1:
        return FALSE
    if certain == 1:
        return not_(any_of(open_parts))
    if len(open_parts) < 2:
        return open_parts[0] if open_parts else FALSE
    return ExactlyOne(open_parts, titles if len(open_parts) == len(listed) else ())


def not_(part: Predicate) -> Predicate:
    """Negate, with the negation driven down to the tests."""
    match part:
        case Always(truth):
            return FALSE if truth else TRUE
        case Not(inner):
            return inner
        case All(parts):
            return any_of(not_(each) for each in parts)
        case AnyOf(parts):
            return all_of(not_(each) for each in parts)
        case When(condition, then, otherwise):
            return when(condition, not_(then), not_(otherwise))
        case At(name, inner):
            return IfGiven(name, not_(inner))
        case IfGiven(name, inner):
            return at(name, not_(inner))
        case _:
            return Not(part)


def _flat(parts: Iterable[Predicate], kind: type[All | AnyOf]) -> Iterator[Predicate]:
    for part in parts:
        if isinstance(part, kind):
            yield from part.parts
        else:
            yield part


def _merge(parts: list[Predicate], *, any_part: bool) -> list[Predicate]:
    """Bring what is said of one member together: A of x and B of x is A and B of x."""
    join = any_of if any_part else all_of
    by_name: dict[str, list[At | IfGiven]] = {}
    for part in parts:
        if isinstance(part, (At, IfGiven)):
            by_name.setdefault(part.name, []).append(part)
    if all(len(group) == 1 for group in by_name.values()):
        return parts
    merged: list[Predicate] = []
    for part in parts:
        if not isinstance(part, (At, IfGiven)):
            merged.append(part)
        elif group := by_name.pop(part.name, []):
            inner = join(each.part for each in group)
            # The member must be there in an "and" when one part says so,
            # in an "or" when every part says so.
            given = (all if any_part else any)(isinstance(each, At) for each in group)
            merged.append(at(part.name, inner) if given else if_given(part.name, inner))
    return merged
