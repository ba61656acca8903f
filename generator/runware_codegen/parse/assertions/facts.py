"""Facts: what is known of a value, from its type and from other predicates."""

from __future__ import annotations

from typing import Final, NamedTuple, Self

from runware_codegen.model import Type, including_integers, json_types, unconstrained
from runware_codegen.model import predicates as p
from runware_codegen.model import types as t
from runware_codegen.model.constants import json_type
from runware_codegen.model.logic import flat
from runware_codegen.model.predicates import Predicate

_ANY_TYPE: Final = including_integers(t.ALL_TYPES)
_NO_TYPE: Final = frozenset[str]()


class Facts(NamedTuple):
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
        possible = possible.intersection(*(_types_of(f).holding for f in facts))
        return Facts(self.type, possible, (*self.predicates, *facts))


class _Types(NamedTuple):
    """The JSON types of the values for which a predicate may hold, or may fail."""

    holding: frozenset[str]
    failing: frozenset[str]


_ANYTHING: Final = _Types(_ANY_TYPE, _ANY_TYPE)
_AN_OBJECT: Final = _Types(frozenset({"object"}), _ANY_TYPE)


def _types_of(fact: Predicate) -> _Types:
    match fact:
        case p.IsType(types):
            tested = including_integers(types)
            return _Types(tested, _ANY_TYPE - tested)
        case p.IsIn(values):
            listed = frozenset(json_type(each.value) for each in values)
            return _Types(including_integers(listed), _ANY_TYPE)
        case p.RequiredProperty():
            return _AN_OBJECT
        case p.Not(part):
            found = _types_of(part)
            return _Types(found.failing, found.holding)
        case p.AllOf(parts):
            inside = [*map(_types_of, parts)]
            holding = _ANY_TYPE.intersection(*(each.holding for each in inside))
            return _Types(holding, _NO_TYPE.union(*(each.failing for each in inside)))
        case p.AnyOf(parts):
            inside = [*map(_types_of, parts)]
            failing = _ANY_TYPE.intersection(*(each.failing for each in inside))
            return _Types(_NO_TYPE.union(*(each.holding for each in inside)), failing)
        case p.ExactlyOne(parts):
            return _Types(_types_of(p.AnyOf(parts)).holding, _ANY_TYPE)
        case p.IfThenElse(condition, then, otherwise):
            given, one, other = map(_types_of, (condition, then, otherwise))
            return _Types(
                given.holding & one.holding | given.failing & other.holding,
                given.holding & one.failing | given.failing & other.failing,
            )
        case _:
            return _ANYTHING


def item_facts(known: Facts) -> Facts:
    """Return what is known of the items of a value."""
    array = unconstrained(known.type)
    return Facts.of(array.item if isinstance(array, t.Array) else None)


def value_facts(known: Facts) -> Facts:
    """Return what is known of the values of a map."""
    a_map = unconstrained(known.type)
    return Facts.of(a_map.value if isinstance(a_map, t.Map) else None)


def constant_properties(part: Predicate) -> dict[str, p.IsIn]:
    """Return the constants of the properties that a predicate constrains so."""
    return {
        each.name: each.part
        for each in flat([part], p.AllOf)
        if isinstance(each, p.Property) and isinstance(each.part, p.IsIn)
    }


def possible_values(known: Facts) -> p.IsIn | None:
    """Return the constants that a value is one of; None if there are no such constants."""
    parts = [*flat(known.predicates, p.AllOf)]
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
    return found and p.IsIn(tuple(v for v in found.values if v not in refused))


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
