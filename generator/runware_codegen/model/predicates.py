"""Predicates: what a document asserts about a JSON value.

The parse stage lowers schemas to predicates, and the render stage writes them as Python. A
predicate tests one value. It depends on neither JSON Schema nor Python.

Unlike a keyword of JSON Schema, a test is false for a value of another type: `LengthIn` is
false for a number. A keyword that accepts other types is lowered to "not of this type, or
the test". `RequiredProperty(name, p)` holds if the property is present and p holds of its
value; `OptionalProperty(name, p)` holds if it is absent or p holds of its value.

Modules that match over many kinds of predicates import this module as `p`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from runware_codegen.model.constants import Constant

JsonType: TypeAlias = str
"""One of null, boolean, integer, number, string, array, object."""

# -- logic --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Always:
    """True for every value, or false for every value."""

    value: bool


TRUE = Always(value=True)
FALSE = Always(value=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class ExactlyOne:
    """Exactly one part holds.

    Attributes:
        parts: The alternatives.
        titles: A title for each alternative, or none at all.
    """

    parts: tuple[Predicate, ...]
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold. The part is a test: see `not_`."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class IfThenElse:
    """If the condition holds, `then` holds, else `otherwise`."""

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
    """A string with a number of code points in this range."""

    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """A string in which a pattern matches somewhere.

    Attributes:
        source: The pattern as the document has it.
        parts: Expressions in the syntax of Rust's `regex`, each with whether it must or
            must not match somewhere in the string. Most patterns have one.
    """

    source: str
    parts: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class HasFormat:
    """A string of a named format, such as uuid."""

    name: str


@dataclass(frozen=True, slots=True)
class ItemCount:
    """An array with a number of items in this range."""

    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class PropertyCount:
    """An object with a number of properties in this range."""

    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class UniqueItems:
    """An array in which no two items are equal."""


@dataclass(frozen=True, slots=True)
class FigureIn:
    """The area or the ratio of two properties is within bounds, if both are numbers.

    Attributes:
        operation: "area" for the product, "ratio" for the quotient.
        first: The name of the first property.
        second: The name of the second property.
        minimum: The lower bound; None for none.
        maximum: The upper bound; None for none.
    """

    operation: str
    first: str
    second: str
    minimum: int | float | None
    maximum: int | float | None


ANY_LENGTH = LengthIn()
ANY_NUMBER = InRange()
ANY_COUNT = ItemCount()


# -- inside a value -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequiredProperty:
    """An object that has the property, and the part holds of its value."""

    name: str
    part: Predicate


@dataclass(frozen=True, slots=True)
class OptionalProperty:
    """Not an object, or without the property, or the part holds of its value."""

    name: str
    part: Predicate


Property: TypeAlias = RequiredProperty | OptionalProperty
"""A predicate of one property."""


@dataclass(frozen=True, slots=True)
class PrefixItem:
    """An array without an item at the index, or whose item there satisfies the part."""

    index: int
    part: Predicate


@dataclass(frozen=True, slots=True)
class Items:
    """An array whose items from the index `start` on all satisfy the part."""

    part: Predicate
    start: int = 0


@dataclass(frozen=True, slots=True)
class Contains:
    """An array in which a number of items in this range satisfies the part."""

    part: Predicate
    minimum: int = 1
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class EvaluatedProperties:
    """Properties of an object that another keyword evaluates.

    Attributes:
        condition: The predicate of the whole object under which they are evaluated.
        names: Names of properties.
        patterns: Patterns of names.
        all: Whether all properties are evaluated.
    """

    condition: Predicate
    names: tuple[str, ...] = ()
    patterns: tuple[Matches, ...] = ()
    all: bool = False


@dataclass(frozen=True, slots=True)
class AdditionalProperties:
    """An object whose properties, except the evaluated ones (never all), satisfy the part."""

    part: Predicate
    evaluated: tuple[EvaluatedProperties, ...] = ()


@dataclass(frozen=True, slots=True)
class PatternProperties:
    """An object whose properties with a matching name all satisfy the part."""

    pattern: Matches
    part: Predicate


@dataclass(frozen=True, slots=True)
class PropertyNames:
    """An object whose property names all satisfy the part."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class EvaluatedItems:
    """Items of an array that another keyword evaluates.

    Attributes:
        condition: The predicate of the whole array under which they are evaluated.
        first: The number of items from the start; None for all.
        matching: Items that satisfy this are evaluated, at any index.
    """

    condition: Predicate
    first: int | None = 0
    matching: Predicate = FALSE


@dataclass(frozen=True, slots=True)
class UnevaluatedItems:
    """An array whose items, except the evaluated ones (never all), satisfy the part."""

    part: Predicate
    evaluated: tuple[EvaluatedItems, ...]


@dataclass(frozen=True, slots=True)
class DefinitionRef:
    """The value satisfies a named definition. Recursive schemas need it."""

    definition: str


Predicate: TypeAlias = (
    Always
    | AllOf
    | AnyOf
    | ExactlyOne
    | Not
    | IfThenElse
    | IsType
    | IsIn
    | InRange
    | MultipleOf
    | LengthIn
    | Matches
    | HasFormat
    | ItemCount
    | PropertyCount
    | UniqueItems
    | FigureIn
    | RequiredProperty
    | OptionalProperty
    | PrefixItem
    | Items
    | Contains
    | AdditionalProperties
    | PatternProperties
    | PropertyNames
    | UnevaluatedItems
    | DefinitionRef
)


def children(predicate: Predicate) -> tuple[Predicate, ...]:
    """Return the predicates that a predicate consists of; none for a test of a value."""
    match predicate:
        case AllOf(parts) | AnyOf(parts) | ExactlyOne(parts):
            return parts
        case IfThenElse(condition, then, otherwise):
            return condition, then, otherwise
        case (
            Not(part)
            | RequiredProperty(_, part)
            | OptionalProperty(_, part)
            | PrefixItem(_, part)
            | Items(part)
            | Contains(part)
            | UnevaluatedItems(part)
            | AdditionalProperties(part)
            | PatternProperties(_, part)
            | PropertyNames(part)
        ):
            return (part,)
        case _:
            return ()
