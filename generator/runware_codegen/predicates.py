"""The predicate language: what a document asserts about a JSON value.

A predicate speaks of one value. It knows neither JSON Schema nor Python: the parser
lowers schemas to predicates, the renderer prints predicates as Python.

Every test is false for a value of another type, so `LengthIn` is false for a number.
JSON Schema's "only for the types it speaks of" is said with `IsType`. The two ways
to look into an object are duals: `At(name, p)` holds when the member is there and p
holds of it, `IfGiven(name, p)` when it is absent or p holds of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

JsonType: TypeAlias = str
"""One of null, boolean, integer, number, string, array, object."""

Frozen: TypeAlias = "bool | int | float | str | FrozenArray | FrozenObject | None"
"""A JSON value that can be hashed and that tells 1 from true."""


@dataclass(frozen=True, slots=True)
class FrozenArray:
    """A JSON array as a value."""

    items: tuple[Frozen, ...]


@dataclass(frozen=True, slots=True)
class FrozenObject:
    """A JSON object as a value, members in the order of the document."""

    members: tuple[tuple[str, Frozen], ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A JSON value under JSON's equality: 1 equals 1.0, and 1 does not equal true."""

    value: Frozen = field(compare=False)
    key: object = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", _equality_key(self.value))


def _equality_key(value: Frozen) -> object:
    if isinstance(value, bool) or value is None:
        return ("constant", str(value))
    if isinstance(value, FrozenArray):
        return ("array", tuple(_equality_key(item) for item in value.items))
    if isinstance(value, FrozenObject):
        return ("object", frozenset((k, _equality_key(v)) for k, v in value.members))
    return ("text", value) if isinstance(value, str) else ("number", value)


# -- logic --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Always:
    """True of every value, or of none."""

    truth: bool


TRUE = Always(truth=True)
FALSE = Always(truth=False)


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class ExactlyOne:
    """One part holds and the others do not.

    Attributes:
        parts: The alternatives.
        titles: A title for each alternative, or none at all.
    """

    parts: tuple[Predicate, ...]
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold. Only tests stand here: see `not_`."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class When:
    """If the condition holds, then so does the second part; else the third."""

    condition: Predicate
    then: Predicate
    otherwise: Predicate


# -- tests of one value -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IsType:
    """The value is of one of these JSON types; 1.0 is an integer."""

    types: frozenset[JsonType]


@dataclass(frozen=True, slots=True)
class IsIn:
    """The value equals one of these."""

    values: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class InRange:
    """A number within bounds; None is no bound."""

    ge: int | float | None = None
    gt: int | float | None = None
    le: int | float | None = None
    lt: int | float | None = None


@dataclass(frozen=True, slots=True)
class MultipleOf:
    """A number that is a whole multiple of the step, in decimal arithmetic."""

    step: Decimal


@dataclass(frozen=True, slots=True)
class LengthIn:
    """A string of so many code points."""

    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """A string that matches somewhere.

    Attributes:
        source: The pattern as the document has it.
        parts: Regular expressions for a linear-time engine, each with whether it
            must match; all must hold.
    """

    source: str
    parts: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class HasFormat:
    """A string of a named format, such as uuid."""

    name: str


@dataclass(frozen=True, slots=True)
class ItemCount:
    """An array of so many items."""

    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class PropertyCount:
    """An object of so many members."""

    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class AllDifferent:
    """An array in which no two items are equal."""


@dataclass(frozen=True, slots=True)
class AreaIn:
    """Two numeric members whose product lies within bounds, when both are numbers."""

    first: str
    second: str
    least: int | float | None
    most: int | float | None


@dataclass(frozen=True, slots=True)
class RatioIn:
    """Two numeric members whose quotient lies within bounds, when both are numbers."""

    first: str
    second: str
    least: int | float | None
    most: int | float | None


# -- inside a value -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class At:
    """An object that has the member, of which the part holds."""

    name: str
    part: Predicate


@dataclass(frozen=True, slots=True)
class IfGiven:
    """Not an object, or the member is absent, or the part holds of it."""

    name: str
    part: Predicate


@dataclass(frozen=True, slots=True)
class AtIndex:
    """An array that is too short to have the item, or the part holds of it."""

    index: int
    part: Predicate


@dataclass(frozen=True, slots=True)
class AllItems:
    """An array whose items from `start` on all satisfy the part."""

    part: Predicate
    start: int = 0


@dataclass(frozen=True, slots=True)
class SomeItems:
    """An array of which so many items satisfy the part."""

    part: Predicate
    least: int = 1
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Exempt:
    """Which members of an object another keyword has already spoken for.

    Attributes:
        guard: When it applies, said of the whole object.
        names: Names of members.
        patterns: Patterns of names.
        everything: Every member.
    """

    guard: Predicate
    names: tuple[str, ...] = ()
    patterns: tuple[Matches, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class AllMembers:
    """An object whose members, but for the exempt, all satisfy the part."""

    part: Predicate
    exempt: tuple[Exempt, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchingMembers:
    """An object whose members with a matching name all satisfy the part."""

    pattern: Matches
    part: Predicate


@dataclass(frozen=True, slots=True)
class AllNames:
    """An object whose members' names all satisfy the part."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class ExemptItems:
    """Which items of an array another keyword has already spoken for.

    Attributes:
        guard: When it applies, said of the whole array.
        first: So many items from the start; None for all.
        matching: Items that satisfy this, wherever they stand.
    """

    guard: Predicate
    first: int | None = 0
    matching: Predicate = FALSE


@dataclass(frozen=True, slots=True)
class OtherItems:
    """An array whose items, but for the exempt, all satisfy the part."""

    part: Predicate
    exempt: tuple[ExemptItems, ...]


@dataclass(frozen=True, slots=True)
class Satisfies:
    """The value satisfies a named definition: how recursion is said."""

    definition: str


Predicate: TypeAlias = (
    Always
    | All
    | AnyOf
    | ExactlyOne
    | Not
    | When
    | IsType
    | IsIn
    | InRange
    | MultipleOf
    | LengthIn
    | Matches
    | HasFormat
    | ItemCount
    | PropertyCount
    | AllDifferent
    | AreaIn
    | RatioIn
    | At
    | IfGiven
    | AtIndex
    | AllItems
    | SomeItems
    | AllMembers
    | MatchingMembers
    | AllNames
    | OtherItems
    | Satisfies
)


_OBJECT = IsType(frozenset({"object"}))

# -- building -----------------------------------------------------------------


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
