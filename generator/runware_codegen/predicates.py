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
