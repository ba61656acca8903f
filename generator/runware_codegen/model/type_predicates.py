"""Types as predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.model.logic import all_of, any_of
from runware_codegen.model.predicates import (
    TRUE,
    AdditionalProperties,
    DefinitionRef,
    HasFormat,
    InRange,
    IsIn,
    IsType,
    ItemCount,
    Items,
    LengthIn,
    MultipleOf,
    Predicate,
    UniqueItems,
)
from runware_codegen.model.types import (
    Anything,
    Array,
    Boolean,
    ClassRef,
    Constrained,
    Literals,
    Map,
    Media,
    Null,
    Number,
    String,
    Union,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runware_codegen.model.types import Type


def class_definition(class_name: str) -> str:
    """Return the name by which a `DefinitionRef` refers to a class."""
    return f"class {class_name}"


def has_type(*types: str) -> Predicate:
    """Return the predicate that a value has one of these JSON types."""
    return IsType(frozenset(types))


def of_type(a_type: Type) -> Predicate:
    """Return the predicate that holds for exactly the values of a type."""
    match a_type:
        case String():
            return all_of([has_type("string"), *_of_string(a_type)])
        case Number():
            return all_of(_of_number(a_type))
        case Boolean():
            return has_type("boolean")
        case Null():
            return has_type("null")
        case Literals(values):
            return IsIn(tuple(value.constant for value in values))
        case Array(item, least, most, unique):
            tests: list[Predicate] = [Items(of_type(item))]
            tests += [ItemCount(least, most)] if least or most is not None else []
            tests += [UniqueItems()] if unique else []
            return all_of([has_type("array"), *tests])
        case Map(value):
            return all_of([has_type("object"), AdditionalProperties(of_type(value))])
        case ClassRef(name):
            return DefinitionRef(class_definition(name))
        case Union(alternatives):
            return any_of(map(of_type, alternatives))
        case Anything(types):
            return IsType(types) if types else TRUE
        case Constrained(inner, predicate):
            return all_of([of_type(inner), predicate])
        case Media(_, forms):
            return all_of([has_type("string"), any_of(forms)])


def _of_string(text: String) -> Iterator[Predicate]:
    if text.min_length or text.max_length is not None:
        yield LengthIn(text.min_length, text.max_length)
    if text.pattern:
        yield text.pattern
    if text.format:
        yield HasFormat(text.format)


def _of_number(number: Number) -> Iterator[Predicate]:
    yield has_type("integer" if number.integer else "number")
    bounds = range_of(number)
    if bounds != InRange():
        yield bounds
    if number.multiple_of is not None:
        yield MultipleOf(number.multiple_of)


def range_of(number: Number) -> InRange:
    """Return the limits of a number."""
    return InRange(number.ge, number.gt, number.le, number.lt)
