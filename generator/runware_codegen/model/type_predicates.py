"""Types as predicates."""

from __future__ import annotations

from runware_codegen.model import predicates as p
from runware_codegen.model import types as t
from runware_codegen.model.logic import all_of, any_of
from runware_codegen.model.predicates import TRUE, Predicate
from runware_codegen.model.types import Type

_UNLIMITED = (p.ANY_LENGTH, p.ANY_NUMBER, p.ANY_COUNT)


def class_definition(class_name: str) -> str:
    """Return the name by which a `DefinitionRef` refers to a class."""
    return f"class {class_name}"


def has_type(*types: str) -> Predicate:
    """Return the predicate that a value has one of these JSON types."""
    return p.IsType(frozenset(types))


def of_type(a_type: Type) -> Predicate:
    """Return the predicate that holds for exactly the values of a type."""
    match a_type:
        case t.String(length, pattern, form):
            return all_of([has_type("string"), *_given(length, pattern, form)])
        case t.Number(integer, bounds, step):
            kind = has_type("integer" if integer else "number")
            return all_of([kind, *_given(bounds, step)])
        case t.Boolean():
            return has_type("boolean")
        case t.Null():
            return has_type("null")
        case t.Literals(values):
            return p.IsIn(tuple(value.constant for value in values))
        case t.Array(item, count, unique):
            tests = _given(count, p.UniqueItems() if unique else None)
            return all_of([has_type("array"), p.Items(of_type(item)), *tests])
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


def _given(*tests: Predicate | None) -> list[Predicate]:
    """Return the tests that are neither absent nor true for all values."""
    return [test for test in tests if test is not None and test not in _UNLIMITED]
