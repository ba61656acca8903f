"""The types of values. The tests that a type expresses are its attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from runware_codegen.model import predicates as p
from runware_codegen.model.constants import Constant, json_type


@dataclass(frozen=True, slots=True)
class String:
    """A string."""

    length: p.LengthIn = p.ANY_LENGTH
    pattern: p.Matches | None = None
    format: p.HasFormat | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """An integer or any number, with bounds and a step."""

    integer: bool
    bounds: p.InRange = p.ANY_NUMBER
    multiple_of: p.MultipleOf | None = None


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Null:
    """The JSON null."""


@dataclass(frozen=True, slots=True)
class LiteralValue:
    """One constant of a set, with its title and description in the document."""

    constant: Constant
    title: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Literals:
    """A set of constants."""

    values: tuple[LiteralValue, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """A list of items of one type."""

    item: Type
    count: p.ItemCount = p.ANY_COUNT
    unique_items: bool = False


@dataclass(frozen=True, slots=True)
class Map:
    """An object with arbitrary property names, and values of one type."""

    value: Type


@dataclass(frozen=True, slots=True)
class ClassRef:
    """A reference to a class of the document, by its name."""

    class_name: str


@dataclass(frozen=True, slots=True)
class Union:
    """One of several alternatives. The first that accepts the value applies."""

    alternatives: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value of these types; empty for all types."""

    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Constrained:
    """A type with an assertion that the type alone cannot express.

    Attributes:
        type: The type of the value.
        predicate: The assertion.
        sentence: The error message ("must be …").
    """

    type: Type
    predicate: p.Predicate
    sentence: str


@dataclass(frozen=True, slots=True)
class Media:
    """An image, a video, audio or another file, given as a string in one of several forms.

    Attributes:
        kind: image, video, audio or file.
        forms: The accepted forms, as predicates; one of them must hold.
        size: The limits of the size of the file, in bytes.
    """

    kind: str
    forms: tuple[p.HasFormat | p.Matches, ...]
    size: p.InRange = p.ANY_NUMBER


Type: TypeAlias = (
    String
    | Number
    | Boolean
    | Null
    | Literals
    | Array
    | Map
    | ClassRef
    | Union
    | Anything
    | Constrained
    | Media
)


ALL_TYPES: Final = frozenset({"null", "boolean", "number", "string", "array", "object"})
"""The JSON types; an integer is a number."""


def json_types(a_type: Type | None) -> frozenset[str]:
    """Return the JSON types that values of a type may have."""
    match a_type:
        case String() | Media():
            return frozenset({"string"})
        case Number(integer):
            return frozenset({"integer" if integer else "number"})
        case Boolean():
            return frozenset({"boolean"})
        case Null():
            return frozenset({"null"})
        case Literals(choices):
            return frozenset(json_type(choice.constant.value) for choice in choices)
        case Array():
            return frozenset({"array"})
        case Map() | ClassRef():
            return frozenset({"object"})
        case Union(alternatives):
            return frozenset[str]().union(*map(json_types, alternatives))
        case Anything(types) if types:
            return types
        case Constrained(inner):
            return json_types(inner)
        case _:
            return ALL_TYPES


def types_in(a_type: Type) -> Iterator[Type]:
    """Yield a type and all types inside of it; those of classes are not included."""
    yield a_type
    match a_type:
        case Array(inner) | Map(inner) | Constrained(inner):
            yield from types_in(inner)
        case Union(alternatives):
            for each in alternatives:
                yield from types_in(each)
        case _:
            pass


def class_names(a_type: Type) -> Iterator[str]:
    """Yield the names of the classes in a type."""
    return (t.class_name for t in types_in(a_type) if isinstance(t, ClassRef))


def object_class(a_type: Type) -> str:
    """Return the name of the class of a value, or of its items; empty for others."""
    match a_type:
        case ClassRef(name):
            return name
        case Array(inner) | Constrained(inner):
            return object_class(inner)
        case Union(alternatives):
            names = [object_class(each) for each in alternatives]
            return next(filter(None, names), "")
        case _:
            return ""


def literal_values(a_type: Type) -> tuple[LiteralValue, ...]:
    """Return the constants of a value, or of its items; empty for other types."""
    match a_type:
        case Literals(values):
            return values
        case Constrained(inner) | Array(inner):
            return literal_values(inner)
        case Union(alternatives) if only := only_alternative(alternatives):
            return literal_values(only)
        case _:
            return ()


def only_alternative(alternatives: tuple[Type, ...]) -> Type | None:
    """Return the only alternative that is not null; None if there are several."""
    others = [each for each in alternatives if each != Null()]
    return others[0] if len(others) == 1 else None


def including_integers(types: frozenset[str]) -> frozenset[str]:
    """Add integer to JSON types that contain number: each integer is a number."""
    return types | {"integer"} if "number" in types else types


def unconstrained(a_type: Type | None) -> Type | None:
    """Return the type inside of `Constrained`, or the type itself."""
    while isinstance(a_type, Constrained):
        a_type = a_type.type
    return a_type
