"""Differences of types: the values that are allowed at one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from runware_codegen.diff.canonical import equal
from runware_codegen.diff.constraints import (
    UNCONSTRAINED,
    Change,
    Constraint,
    compare_arrays,
    compare_media,
    compare_numbers,
    compare_strings,
    finding,
    narrowed,
    replaced,
    widened,
)
from runware_codegen.diff.entries import Direction, Finding, Place, Side
from runware_codegen.diff.implication import implies
from runware_codegen.model import LiteralValue, Type, class_names, json_types
from runware_codegen.model import types as t
from runware_codegen.model.constants import quoted
from runware_codegen.model.logic import all_of, any_of, not_
from runware_codegen.model.predicates import TRUE, IsIn, Predicate
from runware_codegen.model.type_predicates import has_type, of_type
from runware_codegen.parse.assertions.evaluate import holds_constant
from runware_codegen.parse.rules.sentences import must_be
from runware_codegen.wording import joined, words_of

Classes = Callable[[str, str, Place], Iterator[Finding]]
"""Compares two classes by their names."""


class _Parts(NamedTuple):
    """The alternatives of a type: null, constants, and the others."""

    null: bool
    constants: t.Literals
    others: tuple[Type, ...]


def compare_types(
    old: Type, new: Type, place: Place, classes: Classes
) -> Iterator[Finding]:
    """Find the differences of two types.

    Args:
        old: The old type.
        new: The new type.
        place: The place of its values.
        classes: Compares the classes that they refer to.
    """
    if old == new and not any(class_names(old)):
        return  # classes may differ despite equal names
    if _are_constrained_unions(old, new):
        yield from _constrained(old, new, place, classes)
        return
    before, after = _parts(old), _parts(new)
    if before.null != after.null and not _takes_null(before, after):
        yield _null(before, place)
    yield from _constants(before, after, place)
    yield from _others(before, after, place, classes)


def _parts(a_type: Type) -> _Parts:
    alternatives = a_type.alternatives if isinstance(a_type, t.Union) else (a_type,)
    literals = [each for each in alternatives if isinstance(each, t.Literals)]
    constants = [value for each in literals for value in each.values]
    kept = tuple(value for value in constants if value.constant.value is not None)
    others = [x for x in alternatives if not isinstance(x, (t.Literals, t.Null))]
    null = len(kept) < len(constants) or t.Null() in alternatives
    return _Parts(null, t.Literals(kept), tuple(others))


def _takes_null(before: _Parts, after: _Parts) -> bool:
    """Return whether the side without a null type accepts null as one of many values."""
    lacking = after if before.null else before
    return any(
        "null" in json_types(each) and holds_constant(of_type(each), None) is not False
        for each in lacking.others
    )


def _null(before: _Parts, place: Place) -> Finding:
    test = has_type("null")
    null = Constraint(test, "null is allowed")
    no_null = Constraint(not_(test), "null is not allowed")
    if before.null:
        return narrowed("null-removed", (null, no_null), place, typed=True)
    return widened("null-added", (no_null, null), place, typed=True)


# -- constants ----------------------------------------------------------------


def _constants(before: _Parts, after: _Parts, place: Place) -> Iterator[Finding]:
    old, new = before.constants, after.constants
    if bool(old.values) != bool(new.values):
        yield from _opened_or_closed(before, after, place)
        return
    before_by_constant = {value.constant: value for value in old.values}
    now = {value.constant for value in new.values}
    for value in old.values:
        if value.constant not in now:
            yield narrowed("value-removed", _constant(value), place, typed=True)
    for value in new.values:
        known = before_by_constant.get(value.constant)
        if known is None:
            given, absent = _constant(value)
            yield widened("value-added", (absent, given), place, typed=True)
        elif _words_of(known) != _words_of(value):
            shown = quoted(value.constant.value)
            yield Finding(
                "words-changed", place,
                f"{shown}: {known.description or known.title}",
                f"{shown}: {value.description or value.title}",
            )  # fmt: skip


def _words_of(value: LiteralValue) -> tuple[list[str], list[str]]:
    return value.title.split(), value.description.split()


def _constant(value: LiteralValue) -> Change:
    """Return the constraints that a value is this constant, and that it is not."""
    test = IsIn((value.constant,))
    return Constraint(test, quoted(value.constant.value)), Constraint(not_(test), "")


def _opened_or_closed(before: _Parts, after: _Parts, place: Place) -> Iterator[Finding]:
    """Compare constants with a type that replaces them, in either direction."""
    closed = bool(after.constants.values)
    listed, free = (after, before) if closed else (before, after)
    if not _kind(listed.constants) <= _kind(*free.others):
        return  # `_others` reports a difference of the types
    was, now = _state(before), _state(after)
    if closed:
        yield narrowed("values-closed", (was, now), place, typed=True)
    else:
        yield widened("values-opened", (was, now), place, typed=True)
    if not implies(_state(listed).predicate, _state(free).predicate):
        yield from replaced("constraint", (was, now), place)


def _state(parts: _Parts) -> Constraint:
    constants = [parts.constants] if parts.constants.values else []
    nulls = [t.Null()] if parts.null else []
    names = dict.fromkeys(map(words_of, (*constants, *parts.others, *nulls)))
    predicate = any_of(map(of_type, (*constants, *nulls, *parts.others)))
    return Constraint(predicate, joined(list(names), "or"))


# -- types beside constants ---------------------------------------------------


def _others(
    before: _Parts, after: _Parts, place: Place, classes: Classes
) -> Iterator[Finding]:
    paired, old, new = _pair(before.others, after.others)
    for one, other in paired:
        yield from _compare(one, other, place, classes)
    if before.constants.values and not after.constants.values:
        old.append(before.constants)
    if after.constants.values and not before.constants.values:
        new.append(after.constants)
    if (old or new) and not _is_reported(before, after, old, new):
        yield from _removed_classes(old, new, place)
        yield _types_differ(before, after, (old, new), place)


def _pair(
    old: Sequence[Type], new: Sequence[Type]
) -> tuple[list[tuple[Type, Type]], list[Type], list[Type]]:
    """Pair alternatives: equal ones, then those that are the only ones of a JSON type."""
    paired = [(one, one) for one in old if one in new]
    left = [one for one in old if one not in new]
    right = [one for one in new if one not in old]
    for one in list(left):
        rivals = [each for each in left if _kind(each) == _kind(one)]
        others = [each for each in right if _kind(each) == _kind(one)]
        if len(rivals) == len(others) == 1:
            paired.append((one, others[0]))
            left.remove(one)
            right.remove(others[0])
    return paired, left, right


def _kind(*types: Type) -> frozenset[str]:
    """Return the JSON types of the values of several types; an integer is a number."""
    names = (name for each in types for name in json_types(each))
    return frozenset("number" if name == "integer" else name for name in names)


def _is_reported(
    before: _Parts, after: _Parts, old: Sequence[Type], new: Sequence[Type]
) -> bool:
    """Return whether "values-opened" or "values-closed" covers all differences."""
    only_constants = [*old] == [before.constants] or [*new] == [after.constants]
    return only_constants and _kind(*old) == _kind(*new)


def _types_differ(
    before: _Parts,
    after: _Parts,
    unpaired: tuple[Sequence[Type], Sequence[Type]],
    place: Place,
) -> Finding:
    """Make the finding that two types differ in the alternatives that are not paired."""
    (old, new), kinds, others = unpaired, _kinds(before), _kinds(after)
    was, now = _state(before), _state(after)
    if not old or implies(was.predicate, now.predicate):
        direction = Direction.WIDENED
    elif not new or implies(now.predicate, was.predicate):
        direction = Direction.NARROWED
    elif place.side is Side.RESULT or kinds & others:
        direction = Direction.CHANGED
    else:
        direction = Direction.NARROWED
    is_scalar = _kind(*old, *new).isdisjoint({"array", "object"})
    aspect = "constraint" if kinds == others and is_scalar else "type"
    return finding(f"{aspect}-{direction}", (was, now), place, direction, typed=True)


def _removed_classes(
    old: Sequence[Type], new: Sequence[Type], place: Place
) -> Iterator[Finding]:
    """Report a class that no class replaces."""
    if any(isinstance(each, t.ClassRef) for each in new):
        return
    for each in old:
        if isinstance(each, t.ClassRef):
            yield Finding("class-removed", place, each.class_name, "")


def _kinds(parts: _Parts) -> frozenset[str]:
    return _kind(parts.constants, *parts.others)


def _compare(old: Type, new: Type, place: Place, classes: Classes) -> Iterator[Finding]:
    """Compare two types of the same JSON types."""
    match old, new:
        case t.ClassRef(one), t.ClassRef(other):
            yield from classes(one, other, place)
        case t.String(), t.String():
            yield from compare_strings(old, new, place)
        case t.Number(), t.Number():
            yield from compare_numbers(old, new, place)
        case t.Array(), t.Array():
            yield from compare_types(old.item, new.item, place.items(), classes)
            yield from compare_arrays(old, new, place)
        case t.Map(one), t.Map(other):
            yield from compare_types(one, other, place.items(), classes)
        case t.Media(), t.Media():
            yield from compare_media(old, new, place)
        case _ if _is_text_or_media(old, new):
            yield from _compare_text_with_media(old, new, place)
        case t.Anything(one), t.Anything(other) if one != other:
            yield _types_differ(_parts(old), _parts(new), ([old], [new]), place)
        case (t.Constrained(), _) | (_, t.Constrained()):
            yield from _constrained(old, new, place, classes)
        case _ if old != new:
            yield from _removed_classes([old], [new], place)
            was = Constraint(of_type(old), words_of(old))
            now = Constraint(of_type(new), words_of(new))
            yield from replaced("constraint", (was, now), place, typed=True)
        case _:
            pass


def _is_text_or_media(old: Type, new: Type) -> bool:
    """Return whether texts replace media files, or the other way round."""
    kinds = {type(_split(each)[0]) for each in (old, new)}
    return kinds == {t.Media, t.String}


def _compare_text_with_media(old: Type, new: Type, place: Place) -> Iterator[Finding]:
    """Compare media files, whose values may also be files, with texts."""
    one, was = _split(old)
    other, now = _split(new)
    if place.side is Side.REQUEST and isinstance(one, t.Media):
        yield Finding("media-form-removed", place, "a local file", "")
    elif place.side is Side.REQUEST:
        yield Finding("media-form-added", place, "", "a local file")
    yield from compare_strings(_plain_text(one), _plain_text(other), place)
    change = _with_forms(one, was), _with_forms(other, now)
    if not equal(*(each.predicate for each in change)):
        yield from replaced("constraint", change, place)


def _plain_text(a_type: Type) -> t.String:
    """Return a type of texts without its formats."""
    text = a_type if isinstance(a_type, t.String) else t.String()
    return replace(text, format=None)


def _with_forms(a_type: Type, constraint: Constraint) -> Constraint:
    """Add the formats of texts, or the forms of media files, to a constraint."""
    forms: Predicate = TRUE
    if isinstance(a_type, t.Media):
        forms = any_of(a_type.forms)
    elif isinstance(a_type, t.String) and a_type.format:
        forms = a_type.format
    if forms == TRUE:
        return constraint
    words = [] if constraint == UNCONSTRAINED else [constraint.words]
    both = all_of([forms, constraint.predicate])
    return Constraint(both, joined([must_be(forms), *words], "and"))


def _constrained(
    old: Type, new: Type, place: Place, classes: Classes
) -> Iterator[Finding]:
    one, was = _split(old)
    other, now = _split(new)
    yield from compare_types(one, other, place, classes)
    if not equal(was.predicate, now.predicate):
        yield from replaced("constraint", (was, now), place)


def _are_constrained_unions(old: Type, new: Type) -> bool:
    """Return whether both are unions, and a constraint on the whole value differs."""
    (one, was), (other, now) = _split(old), _split(new)
    return was != now and isinstance(one, t.Union) and isinstance(other, t.Union)


def _split(a_type: Type) -> tuple[Type, Constraint]:
    if isinstance(a_type, t.Constrained):
        return a_type.type, Constraint(a_type.predicate, a_type.sentence)
    return a_type, UNCONSTRAINED
