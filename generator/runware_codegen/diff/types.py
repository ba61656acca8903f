"""Differences of types: the values that are allowed at one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from runware_codegen.diff.canonical import equal
from runware_codegen.diff.entries import Direction, Finding
from runware_codegen.diff.implication import implies, is_within
from runware_codegen.diff.meaning import has_type, of_type, range_of, words
from runware_codegen.model import (
    Anything,
    Array,
    ClassRef,
    Constrained,
    Literals,
    Map,
    Media,
    Null,
    Number,
    String,
    Union,
    json_types,
)
from runware_codegen.model.constants import plain
from runware_codegen.model.logic import all_of, any_of, not_
from runware_codegen.model.predicates import (
    TRUE,
    HasFormat,
    InRange,
    IsIn,
    ItemCount,
    LengthIn,
    MultipleOf,
    UniqueItems,
)
from runware_codegen.parse.rules.sentences import must_be
from runware_codegen.wording import bounds_of, count_of, format_words, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runware_codegen.diff.entries import Place
    from runware_codegen.model import Type
    from runware_codegen.model.predicates import Predicate

    Classes = Callable[[str, str, Place], Iterator[Finding]]
    """Compares two classes by their names."""

_NONE = "none"
_ANY = frozenset[str]()


class _Parts(NamedTuple):
    """The alternatives of a type: null, constants, and the others."""

    null: bool
    constants: Literals
    others: tuple[Type, ...]


class _Test(NamedTuple):
    """A constraint on a place, as a predicate and in words."""

    predicate: Predicate
    words: str


_NOTHING = _Test(TRUE, _NONE)


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
    if old == new and not _refers(old):
        return
    before, after = _parts(old), _parts(new)
    if before.null != after.null and not _takes_null(before, after):
        yield _null(before, place)
    yield from _constants(before, after, place)
    yield from _others(before, after, place, classes)


def _refers(a_type: Type) -> bool:
    """Return whether a type refers to a class, which may differ despite equal names."""
    match a_type:
        case ClassRef():
            return True
        case Array(inner) | Map(inner) | Constrained(inner):
            return _refers(inner)
        case Union(alternatives):
            return any(map(_refers, alternatives))
        case _:
            return False


def _parts(a_type: Type) -> _Parts:
    alternatives = a_type.alternatives if isinstance(a_type, Union) else (a_type,)
    literals = [each for each in alternatives if isinstance(each, Literals)]
    constants = [value for each in literals for value in each.values]
    nulls = [value for value in constants if value.constant.value is None]
    kept = tuple(value for value in constants if value.constant.value is not None)
    others = [x for x in alternatives if not isinstance(x, (Literals, Null))]
    null = bool(nulls) or Null() in alternatives
    return _Parts(null, Literals(kept), tuple(others))


def _takes_null(before: _Parts, after: _Parts) -> bool:
    """Return whether the side without a null type accepts null as one of many values."""
    lacking = after if before.null else before
    return any("null" in json_types(each) for each in lacking.others)


def _null(before: _Parts, place: Place) -> Finding:
    null = has_type("null")
    if before.null:
        return Finding(
            "null-removed", place, "null is allowed", "null is not allowed",
            Direction.NARROWED, null, not_(null), place.steps, typed=True,
        )  # fmt: skip
    return Finding(
        "null-added", place, "null is not allowed", "null is allowed",
        Direction.WIDENED, not_(null), null, place.steps, typed=True,
    )  # fmt: skip


# -- constants ----------------------------------------------------------------


def _constants(before: _Parts, after: _Parts, place: Place) -> Iterator[Finding]:
    old, new = before.constants, after.constants
    if bool(old.values) != bool(new.values):
        yield from _opened_or_closed(before, after, place)
        return
    titles = {value.constant: value for value in old.values}
    for value in old.values:
        if value.constant not in {each.constant for each in new.values}:
            test = IsIn((value.constant,))
            yield Finding(
                "value-removed", place, plain(value.constant.value), "",
                Direction.NARROWED, test, not_(test), place.steps, typed=True,
            )  # fmt: skip
    for value in new.values:
        known = titles.get(value.constant)
        test = IsIn((value.constant,))
        if known is None:
            yield Finding(
                "value-added", place, "", plain(value.constant.value),
                Direction.WIDENED, not_(test), test, place.steps, typed=True,
            )  # fmt: skip
        elif _said(known.title, known.description) != _said(
            value.title, value.description
        ):
            shown = plain(value.constant.value)
            yield Finding(
                "words-changed", place,
                f"{shown}: {known.description or known.title}",
                f"{shown}: {value.description or value.title}",
            )  # fmt: skip


def _said(*texts: str) -> list[list[str]]:
    return [text.split() for text in texts]


def _opened_or_closed(before: _Parts, after: _Parts, place: Place) -> Iterator[Finding]:
    """Compare constants with a type that replaces them, or the other way round."""
    closed = bool(after.constants.values)
    listed, others = (after, before.others) if closed else (before, after.others)
    if not _kind(listed.constants) <= _ANY.union(*map(_kind, others)):
        return  # a difference of the types, which is reported for the types
    was, now = _meaning(before), _meaning(after)
    yield Finding(
        "values-closed" if closed else "values-opened",
        place, _words(before), _words(after),
        Direction.NARROWED if closed else Direction.WIDENED,
        was, now, place.steps, typed=True,
    )  # fmt: skip
    if not closed and not implies(was, now):
        before_words, after_words = _words(before), _words(after)
        tests = _Test(was, before_words), _Test(now, after_words)
        yield from _constraint(*tests, place)


def _meaning(parts: _Parts) -> Predicate:
    tests = [of_type(parts.constants)] if parts.constants.values else []
    tests += [has_type("null")] if parts.null else []
    return any_of([*tests, *map(of_type, parts.others)])


def _words(parts: _Parts) -> str:
    listed = [words(parts.constants)] if parts.constants.values else []
    nulls = ["null"] if parts.null else []
    named = list(dict.fromkeys([*listed, *map(words, parts.others), *nulls]))
    return joined(named, "or")


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
    if (old or new) and not _is_told(before, after, old, new):
        yield from _classes_gone(old, new, place)
        yield _types_differ(_Leftover(before, after, old, new), place)


def _pair(
    old: Sequence[Type], new: Sequence[Type]
) -> tuple[list[tuple[Type, Type]], list[Type], list[Type]]:
    """Pair alternatives: equal ones, then those that are the only ones of a JSON type."""
    left, right = list(old), list(new)
    paired: list[tuple[Type, Type]] = []
    for one in old:
        if one in right:
            paired.append((one, one))
            left.remove(one)
            right.remove(one)
    for one in list(left):
        rivals = [each for each in left if _kind(each) == _kind(one)]
        others = [each for each in right if _kind(each) == _kind(one)]
        if len(rivals) == len(others) == 1:
            paired.append((one, others[0]))
            left.remove(one)
            right.remove(others[0])
    return paired, left, right


def _kind(a_type: Type) -> frozenset[str]:
    types = json_types(a_type)
    return frozenset("number" if each == "integer" else each for each in types)


def _is_told(
    before: _Parts, after: _Parts, old: Sequence[Type], new: Sequence[Type]
) -> bool:
    """Return whether "values-opened" or "values-closed" covers all differences."""
    opened = before.constants.values and not after.constants.values
    closed = after.constants.values and not before.constants.values
    kinds = [_ANY.union(*map(_kind, types)) for types in (old, new)]
    alone = before.constants if opened else after.constants
    return (
        bool(opened or closed)
        and kinds[0] == kinds[1]
        and [*(old if opened else new)] == [alone]
    )


class _Leftover(NamedTuple):
    """Two types, and their alternatives without a counterpart."""

    before: _Parts
    after: _Parts
    old: Sequence[Type]
    new: Sequence[Type]


def _types_differ(left: _Leftover, place: Place) -> Finding:
    was, now = _meaning(left.before), _meaning(left.after)
    if not left.old or implies(was, now):
        direction = Direction.WIDENED
    elif not left.new or implies(now, was):
        direction = Direction.NARROWED
    elif place.side == "result" or _kinds(left.before) & _kinds(left.after):
        direction = Direction.CHANGED
    else:
        direction = Direction.NARROWED
    same = _kinds(left.before) == _kinds(left.after)
    simple = not any(map(_is_composite, (*left.old, *left.new)))
    return Finding(
        f"{'constraint' if same and simple else 'type'}-{direction}",
        place, _words(left.before), _words(left.after),
        direction, was, now, place.steps, typed=True,
    )  # fmt: skip


def _is_composite(a_type: Type) -> bool:
    return not json_types(a_type).isdisjoint({"array", "object"})


def _classes_gone(
    old: Sequence[Type], new: Sequence[Type], place: Place
) -> Iterator[Finding]:
    """Report a removed class, which has no counterpart at its place."""
    if any(isinstance(each, ClassRef) for each in new):
        return
    for each in old:
        if isinstance(each, ClassRef):
            yield Finding("class-removed", place, each.class_name, "")


def _kinds(parts: _Parts) -> frozenset[str]:
    types = [parts.constants, *parts.others] if parts.constants.values else parts.others
    return _ANY.union(*map(_kind, types))


def _compare(old: Type, new: Type, place: Place, classes: Classes) -> Iterator[Finding]:
    """Compare two types of the same JSON types."""
    match old, new:
        case ClassRef(one), ClassRef(other):
            yield from classes(one, other, place)
        case String(), String():
            yield from _strings(old, new, place)
        case Number(), Number():
            yield from _numbers(old, new, place)
        case Array(), Array():
            yield from _arrays(old, new, place, classes)
        case Map(one), Map(other):
            yield from compare_types(one, other, place.items(), classes)
        case Media(), Media():
            yield from _media(old, new, place)
        case Anything(one), Anything(other) if one != other:
            yield _types_differ(
                _Leftover(_parts(old), _parts(new), [old], [new]), place
            )
        case (Constrained(), _) | (_, Constrained()):
            yield from _constrained(old, new, place, classes)
        case _ if old != new:
            yield from _classes_gone([old], [new], place)
            was = _Test(of_type(old), words(old))
            now = _Test(of_type(new), words(new))
            yield from _constraint(was, now, place, typed=True)
        case _:
            pass


def _constrained(
    old: Type, new: Type, place: Place, classes: Classes
) -> Iterator[Finding]:
    one, was = _taken_apart(old)
    other, now = _taken_apart(new)
    yield from compare_types(one, other, place, classes)
    if not equal(was.predicate, now.predicate):
        yield from _constraint(was, now, place)


def _taken_apart(a_type: Type) -> tuple[Type, _Test]:
    if isinstance(a_type, Constrained):
        return a_type.type, _Test(a_type.predicate, a_type.sentence)
    return a_type, _NOTHING


def _constraint(
    old: _Test, new: _Test, place: Place, *, typed: bool = False
) -> Iterator[Finding]:
    yield from _replaced("constraint", old, new, place, typed=typed)


def direction_of(was: Predicate, now: Predicate) -> Direction:
    """Return whether a predicate is stricter or looser than before, by its form."""
    if implies(was, now):
        return Direction.WIDENED
    return Direction.NARROWED if implies(now, was) else Direction.CHANGED


# -- strings, numbers, lists, media -------------------------------------------


def _strings(old: String, new: String, place: Place) -> Iterator[Finding]:
    yield from _counts(
        LengthIn(old.min_length, old.max_length),
        LengthIn(new.min_length, new.max_length),
        "character",
        place,
    )
    if old.pattern != new.pattern:
        yield from _replaced("pattern", _pattern(old), _pattern(new), place)
    if old.format != new.format:
        yield from _replaced("format", _format(old), _format(new), place)


def _pattern(text: String) -> _Test:
    return _Test(text.pattern, text.pattern.source) if text.pattern else _NOTHING


def _format(text: String) -> _Test:
    if not text.format:
        return _NOTHING
    return _Test(HasFormat(text.format), format_words(text.format))


def _replaced(
    aspect: str, old: _Test, new: _Test, place: Place, *, typed: bool = False
) -> Iterator[Finding]:
    """Report a test that replaces another; nothing if both mean the same."""
    one, other = old.predicate, new.predicate
    if not typed and implies(one, other) and implies(other, one):
        return
    direction = direction_of(old.predicate, new.predicate)
    yield Finding(
        f"{aspect}-{direction}", place, old.words, new.words,
        direction, old.predicate, new.predicate, place.steps, typed=typed,
    )  # fmt: skip


def _numbers(old: Number, new: Number, place: Place) -> Iterator[Finding]:
    if old.integer != new.integer:
        whole, any_number = has_type("integer"), has_type("number")
        was, now = (whole, any_number) if old.integer else (any_number, whole)
        direction = Direction.WIDENED if old.integer else Direction.NARROWED
        yield Finding(
            f"type-{direction}", place, words(old), words(new),
            direction, was, now, place.steps, typed=True,
        )  # fmt: skip
    for one, other in _ends(range_of(old), range_of(new)):
        direction = Direction.WIDENED if is_within(one, other) else Direction.NARROWED
        yield Finding(
            f"limit-{direction}", place, bounds_of(one) or _NONE,
            bounds_of(other) or _NONE, direction, one, other, place.steps,
        )  # fmt: skip
    if old.multiple_of != new.multiple_of:
        yield from _replaced("step", _step(old), _step(new), place)


def _step(number: Number) -> _Test:
    step = number.multiple_of
    return (
        _NOTHING if step is None else _Test(MultipleOf(step), f"a multiple of {step}")
    )


def _ends(old: InRange, new: InRange) -> Iterator[tuple[InRange, InRange]]:
    """Yield the lower and the upper limits, if they differ."""
    for one, other in (
        (InRange(ge=old.ge, gt=old.gt), InRange(ge=new.ge, gt=new.gt)),
        (InRange(le=old.le, lt=old.lt), InRange(le=new.le, lt=new.lt)),
    ):
        if not (is_within(one, other) and is_within(other, one)):
            yield one, other


def _arrays(
    old: Array, new: Array, place: Place, classes: Classes
) -> Iterator[Finding]:
    yield from compare_types(old.item, new.item, place.items(), classes)
    yield from _counts(
        ItemCount(old.min_items, old.max_items),
        ItemCount(new.min_items, new.max_items),
        "item",
        place,
    )
    if old.unique_items and not new.unique_items:
        yield Finding(
            "uniqueness-removed", place, "items differ from each other", _NONE,
            Direction.WIDENED, UniqueItems(), TRUE, place.steps,
        )  # fmt: skip
    elif new.unique_items and not old.unique_items:
        yield Finding(
            "uniqueness-added", place, _NONE, "items differ from each other",
            Direction.NARROWED, TRUE, UniqueItems(), place.steps,
        )  # fmt: skip


def _counts(
    old: LengthIn | ItemCount, new: LengthIn | ItemCount, noun: str, place: Place
) -> Iterator[Finding]:
    """Compare the least and the greatest counts."""
    kind = type(old)
    for one, other in (
        (kind(old.minimum), kind(new.minimum)),
        (kind(0, old.maximum), kind(0, new.maximum)),
    ):
        if one != other:
            direction = Direction.WIDENED if implies(one, other) else Direction.NARROWED
            yield Finding(
                f"limit-{direction}", place, _count(one, noun), _count(other, noun),
                direction, one, other, place.steps,
            )  # fmt: skip


def _count(count: LengthIn | ItemCount, noun: str) -> str:
    if not count.minimum and count.maximum is None:
        return _NONE
    return count_of(count.minimum, count.maximum, noun)


def _media(old: Media, new: Media, place: Place) -> Iterator[Finding]:
    if old.kind != new.kind:
        yield Finding("media-kind-changed", place, words(old), words(new))
    if (old.min_bytes, old.max_bytes) != (new.min_bytes, new.max_bytes):
        yield Finding("media-size-changed", place, _bytes(old), _bytes(new))
    was, now = any_of(old.forms), any_of(new.forms)
    for form in old.forms:
        if form not in new.forms:
            yield Finding(
                "media-form-removed", place, must_be(form), "",
                Direction.NARROWED, all_of([was, form]), now, place.steps,
            )  # fmt: skip
    for form in new.forms:
        if form not in old.forms:
            yield Finding(
                "media-form-added", place, "", must_be(form),
                Direction.WIDENED, was, all_of([now, form]), place.steps,
            )  # fmt: skip


def _bytes(media: Media) -> str:
    return bounds_of(InRange(ge=media.min_bytes, le=media.max_bytes)) or _NONE
