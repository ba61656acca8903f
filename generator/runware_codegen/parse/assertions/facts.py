"""Facts: what is known of a value, from its type and from other predicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from runware_codegen.model import Type, including_integers, json_types, unconstrained
from runware_codegen.model import predicates as p
from runware_codegen.model import types as t
from runware_codegen.model.constants import json_type
from runware_codegen.model.logic import not_

if TYPE_CHECKING:
    from runware_codegen.model.predicates import Predicate

_ANY_TYPE: Final = including_integers(t.ALL_TYPES)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a value.

    Attributes:
        type: Its type, None for anything.
        json_types: The JSON types that it may have.
        predicates: Predicates that hold of it.
    """

    type: Type | None
    json_types: frozenset[str]
    predicates: tuple[Predicate, ...] = ()

    @classmethod
    def of(cls, a_type: Type | None, facts: tuple[Predicate, ...] = ()) -> Self:
        """Return what is known of a value of a type."""
        return cls(a_type, json_types(a_type), facts)

    def with_facts(self, *facts: Predicate) -> Facts:
        """Add facts to what is known."""
        possible = including_integers(self.json_types)
        possible = possible.intersection(*map(_types_in, facts))
        return Facts(self.type, possible, (*self.predicates, *facts))


def _types_in(fact: Predicate) -> frozenset[str]:
    """Return the JSON types of the values for which a predicate may hold."""
    match fact:
        case p.IsType(types):
            return including_integers(types)
        case p.Not(p.IsType(types)):
            return _ANY_TYPE - including_integers(types)
        case p.IsIn(values):
            return including_integers(frozenset(json_type(v.value) for v in values))
        case p.AllOf(parts):
            return _ANY_TYPE.intersection(*map(_types_in, parts))
        case p.AnyOf(parts) | p.ExactlyOne(parts):
            return frozenset[str]().union(*map(_types_in, parts))
        case p.IfThenElse(condition, then, otherwise):
            held, not_held = _types_in(condition), _types_in(not_(condition))
            return held & _types_in(then) | not_held & _types_in(otherwise)
        case p.RequiredProperty():
            return frozenset({"object"})
        case _:
            return _ANY_TYPE


def item_facts(known: Facts) -> Facts:
    """Return what is known of the items of a value."""
    array = unconstrained(known.type)
    return Facts.of(array.item if isinstance(array, t.Array) else None)


def value_facts(known: Facts) -> Facts:
    """Return what is known of the values of a map."""
    a_map = unconstrained(known.type)
    return Facts.of(a_map.value if isinstance(a_map, t.Map) else None)


def conjuncts(facts: tuple[Predicate, ...]) -> list[Predicate]:
    """Split conjunctions into their parts."""
    flat: list[Predicate] = []
    for fact in facts:
        flat.extend(fact.parts if isinstance(fact, p.AllOf) else [fact])
    return flat


def constant_properties(part: Predicate) -> dict[str, p.IsIn]:
    """Return the constants of the properties that a predicate constrains so."""
    return {
        each.name: each.part
        for each in conjuncts((part,))
        if isinstance(each, p.Property) and isinstance(each.part, p.IsIn)
    }


def possible_values(known: Facts) -> p.IsIn | None:
    """Return the constants that a value is one of; None if there are no such constants."""
    parts = conjuncts(known.predicates)
    found = next((part for part in parts if isinstance(part, p.IsIn)), None)
    a_type = unconstrained(known.type)
    if found is None and isinstance(a_type, t.Literals):
        found = p.IsIn(tuple(choice.constant for choice in a_type.values))
    refused = [
        constant
        for part in parts
        if isinstance(part, p.Not) and isinstance(part.part, p.IsIn)
        for constant in part.part.values
    ]
    if found is None or not refused:
        return found
    return p.IsIn(tuple(each for each in found.values if each not in refused))


def implies(a_type: Type | None, test: Predicate) -> bool:
    """Return whether all values of a type pass a test; False if that is undecided."""
    match a_type, test:
        case (t.String(count), p.LengthIn(least, most)) | (
            t.Array(_, count),
            p.ItemCount(least, most),
        ):
            known = count.maximum
            is_few = most is None or (known is not None and known <= most)
            return count.minimum >= least and is_few
        case t.String(_, pattern, form), _:
            return test in (pattern, form)
        case t.Number(_, bounds, step), _:
            return test in (bounds, step)
        case _:
            return False
