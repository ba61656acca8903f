"""Types as predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.model import predicates as p
from runware_codegen.model import types as t
from runware_codegen.model.logic import all_of, any_of
from runware_codegen.model.predicates import TRUE, Predicate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runware_codegen.model.types import Type


def class_definition(class_name: str) -> str:
    """Return the name by which a `DefinitionRef` refers to a class."""
    return f"class {class_name}"


def has_type(*types: str) -> Predicate:
    """Return the predicate that a value has one of these JSON types."""
    return p.IsType(frozenset(types))


def of_type(a_type: Type) -> Predicate:
    """Return the predicate that holds for exactly the values of a type."""
    match a_type:
        case t.String():
            return all_of([has_type("string"), *_of_string(a_type)])
        case t.Number():
            return all_of(_of_number(a_type))
        case t.Boolean():
            return has_type("boolean")
        case t.Null():
            return has_type("null")
        case t.Literals(values):
            return p.IsIn(tuple(value.constant for value in values))
        case t.Array(item, least, most, unique):
            tests: list[Predicate] = [p.Items(of_type(item))]
            tests += [p.ItemCount(least, most)] if least or most is not None else []
            tests += [p.UniqueItems()] if unique else []
            return all_of([has_type("array"), *tests])
        case t.Map(value):
            return all_of([has_type("object"), p.AdditionalProperties(of_type(value))])
        case t.ClassRef(name):
            return p.DefinitionRef(class_definition(name))
        case t.Union(alternatives):
            return any_of(map(of_type, alternatives))
        case t.Anything(types):
            return p.IsType(types) if types else TRUE
        case t.Constrained(inner, predicate):
            return all_of([of_type(inner), predicate])
        case t.Media(_, forms):
            return all_of([has_type("string"), any_of(forms)])


def _of_string(text: t.String) -> Iterator[Predicate]:
    if text.min_length or text.max_length is not None:
        yield p.LengthIn(text.min_length, text.max_length)
    if text.pattern:
        yield text.pattern
    if text.format:
        yield p.HasFormat(text.format)


def _of_number(number: t.Number) -> Iterator[Predicate]:
    yield has_type("integer" if number.integer else "number")
    bounds = range_of(number)
    if bounds != p.InRange():
        yield bounds
    if number.multiple_of is not None:
        yield p.MultipleOf(number.multiple_of)


def range_of(number: t.Number) -> p.InRange:
    """Return the limits of a number."""
    return p.InRange(number.ge, number.gt, number.le, number.lt)
