"""Differences of constraints: limits, patterns, formats and forms of values of one type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple, TypeAlias

from runware_codegen.diff.entries import Direction, Finding, Place
from runware_codegen.diff.implication import implies, is_within
from runware_codegen.formats import FORMATS
from runware_codegen.model import Array, Media, Number, String
from runware_codegen.model import predicates as p
from runware_codegen.model.logic import all_of, any_of
from runware_codegen.model.predicates import TRUE, Predicate
from runware_codegen.model.type_predicates import has_type
from runware_codegen.parse.rules.sentences import must_be
from runware_codegen.wording import bounds_of, count_of, words_of

_NONE = "none"


class Constraint(NamedTuple):
    """A constraint on the values at a place, as a predicate and in words."""

    predicate: Predicate
    words: str


Change: TypeAlias = tuple[Constraint, Constraint]
"""The old and the new constraint."""

UNCONSTRAINED = Constraint(TRUE, _NONE)
_UNIQUE = Constraint(p.UniqueItems(), "items differ from each other")


def finding(
    aspect: str,
    change: Change,
    place: Place,
    direction: Direction,
    *,
    typed: bool = False,
) -> Finding:
    """Make the finding that a constraint replaces another; see `Finding`."""
    old, new = change
    return Finding(
        aspect, place, old.words, new.words, direction, old.predicate, new.predicate,
        place.steps, typed=typed,
    )  # fmt: skip


narrowed = partial(finding, direction=Direction.NARROWED)
"""Makes the finding that fewer values are allowed."""

widened = partial(finding, direction=Direction.WIDENED)
"""Makes the finding that more values are allowed."""


def changed(
    aspect: str, change: Change, place: Place, *, typed: bool = False
) -> Finding:
    """Make the finding that a constraint replaces another, with its direction."""
    was, now = (constraint.predicate for constraint in change)
    direction = Direction.CHANGED
    if implies(was, now):
        direction = Direction.WIDENED
    elif implies(now, was):
        direction = Direction.NARROWED
    return finding(f"{aspect}-{direction}", change, place, direction, typed=typed)


def replaced(
    aspect: str, change: Change, place: Place, *, typed: bool = False
) -> Iterator[Finding]:
    """Yield the finding that a constraint replaces another, unless both are equivalent.

    Args:
        aspect: The aspect of the values, such as "pattern".
        change: The old and the new constraint.
        place: Their place.
        typed: Whether type checkers report it. The finding is then always yielded.
    """
    was, now = (constraint.predicate for constraint in change)
    if typed or not (implies(was, now) and implies(now, was)):
        yield changed(aspect, change, place, typed=typed)


def compare_strings(old: String, new: String, place: Place) -> Iterator[Finding]:
    """Find the differences of two types of strings."""
    was, now = _pattern(old).predicate, _pattern(new).predicate
    for each in _counts(old.length, new.length, "character", place):
        narrows = each.direction is Direction.NARROWED
        pattern, limit = (was, each.now) if narrows else (now, each.was)
        if not implies(pattern, limit):  # a limit of no more texts changes none
            yield each
    if old.pattern != new.pattern:
        yield from replaced("pattern", (_pattern(old), _pattern(new)), place)
    if old.format != new.format:
        yield from replaced("format", (_format(old), _format(new)), place)


def _pattern(text: String) -> Constraint:
    pattern = text.pattern
    return Constraint(pattern, pattern.source) if pattern else UNCONSTRAINED


def _format(text: String) -> Constraint:
    form = text.format
    return Constraint(form, FORMATS[form.name]) if form else UNCONSTRAINED


def compare_numbers(old: Number, new: Number, place: Place) -> Iterator[Finding]:
    """Find the differences of two types of numbers."""
    if old.integer != new.integer:
        yield changed("type", (_number(old), _number(new)), place, typed=True)
    for one, other in _ends(old.bounds, new.bounds):
        yield changed("limit", (_range(one), _range(other)), place)
    if old.multiple_of != new.multiple_of:
        yield from replaced("step", (_step(old), _step(new)), place)


def _number(number: Number) -> Constraint:
    return Constraint(
        has_type("integer" if number.integer else "number"), words_of(number)
    )


def _range(limits: p.InRange) -> Constraint:
    return Constraint(limits, bounds_of(limits) or _NONE)


def _step(number: Number) -> Constraint:
    test = number.multiple_of
    return Constraint(test, f"a multiple of {test.step}") if test else UNCONSTRAINED


def _ends(old: p.InRange, new: p.InRange) -> Iterator[tuple[p.InRange, p.InRange]]:
    """Yield the lower and the upper limits, if they differ."""
    for one, other in (
        (p.InRange(ge=old.ge, gt=old.gt), p.InRange(ge=new.ge, gt=new.gt)),
        (p.InRange(le=old.le, lt=old.lt), p.InRange(le=new.le, lt=new.lt)),
    ):
        if not (is_within(one, other) and is_within(other, one)):
            yield one, other


def compare_arrays(old: Array, new: Array, place: Place) -> Iterator[Finding]:
    """Find the differences of two types of arrays, apart from their items."""
    yield from _counts(old.count, new.count, "item", place)
    if old.unique_items and not new.unique_items:
        yield widened("uniqueness-removed", (_UNIQUE, UNCONSTRAINED), place)
    elif new.unique_items and not old.unique_items:
        yield narrowed("uniqueness-added", (UNCONSTRAINED, _UNIQUE), place)


def _counts(
    old: p.LengthIn | p.ItemCount,
    new: p.LengthIn | p.ItemCount,
    noun: str,
    place: Place,
) -> Iterator[Finding]:
    """Compare minimum counts, then maximum counts."""
    kind = type(old)
    for one, other in (
        (kind(old.minimum), kind(new.minimum)),
        (kind(0, old.maximum), kind(0, new.maximum)),
    ):
        if one != other:
            yield changed("limit", (_count(one, noun), _count(other, noun)), place)


def _count(count: p.LengthIn | p.ItemCount, noun: str) -> Constraint:
    unlimited = not count.minimum and count.maximum is None
    text = _NONE if unlimited else count_of(count.minimum, count.maximum, noun)
    return Constraint(count, text)


def compare_media(old: Media, new: Media, place: Place) -> Iterator[Finding]:
    """Find the differences of two types of media files."""
    if old.kind != new.kind:
        yield Finding("media-kind-changed", place, words_of(old), words_of(new))
    if old.size != new.size:
        before, after = _range(old.size), _range(new.size)
        yield Finding("media-size-changed", place, before.words, after.words)
    was, now = any_of(old.forms), any_of(new.forms)
    for form in old.forms:
        if form not in new.forms:
            removed = Constraint(all_of([was, form]), must_be(form))
            yield narrowed("media-form-removed", (removed, Constraint(now, "")), place)
    for form in new.forms:
        if form not in old.forms:
            added = Constraint(all_of([now, form]), must_be(form))
            yield widened("media-form-added", (Constraint(was, ""), added), place)
