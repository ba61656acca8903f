"""Simplifies predicates by what the type and other predicates imply.

The rules of a class run after its fields are validated, so a rule need not test again
what the fields imply. A consequence need not test again what its condition tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from runware_codegen.model import (
    Class,
    ClassRef,
    String,
    including_integers,
    unconstrained,
)
from runware_codegen.model import predicates as p
from runware_codegen.model.constants import json_type
from runware_codegen.model.logic import (
    additional_properties,
    all_of,
    any_of,
    contains,
    exactly_one,
    flat,
    if_then_else,
    is_in,
    items,
    lacks,
    not_,
    optional_property,
    prefix_item,
    property_names,
    required_property,
)
from runware_codegen.model.predicates import FALSE, TRUE, Predicate
from runware_codegen.parse.assertions.evaluate import values_for_which
from runware_codegen.parse.assertions.facts import (
    Facts,
    constant_properties,
    implies,
    item_facts,
    possible_values,
    value_facts,
)
from runware_codegen.parse.assertions.lowering import INLINE_LIMIT, node_count

_MAX_ABSENT = 8
"""The most members for which a test that they are absent is written out."""
_MAX_FACTS = 400
"""The most parts of a predicate by which its later parts are simplified."""


_NAME = Facts.of(String())


class _PropertyFacts(NamedTuple):
    """What is known of a property of an object.

    Attributes:
        possible: Whether it can be present.
        required: Whether it is present in any case.
        facts: What is known of its value.
    """

    possible: bool
    required: bool
    facts: Facts


class Simplifier:
    """Simplifies predicates of one document's values."""

    def __init__(
        self, classes: Mapping[str, Class], definitions: Mapping[str, Predicate]
    ) -> None:
        """Create a simplifier for one document.

        Args:
            classes: The document's classes.
            definitions: The predicates that each `DefinitionRef` names.
        """
        self._classes = classes
        self._definitions = definitions
        self._entered: set[str] = set()

    def simplify(self, predicate: Predicate, known: Facts) -> Predicate:
        """Return a predicate that is equivalent for all values that `known` describes."""
        if isinstance(predicate, p.Not):
            return not_(self.simplify(predicate.part, known))
        values = possible_values(known)
        if values and (decided := values_for_which(values, predicate)):
            return decided
        match predicate:
            case p.AllOf(parts):
                # The type first: the other parts are about values of that type.
                first = sorted(parts, key=lambda part: not isinstance(part, p.IsType))
                return all_of(self._in_turn(first, known, lambda part: part))
            case p.AnyOf(parts):
                return any_of(self._in_turn(parts, known, not_))
            case p.ExactlyOne(parts, titles):
                return self._exactly_one(parts, titles, known)
            case p.IfThenElse():
                return self._if_then_else(predicate, known)
            case p.RequiredProperty() | p.OptionalProperty():
                return self._property(predicate, known)
            case p.Contains() | p.Items() | p.PrefixItem():
                return self._of_items(predicate, known)
            case p.PropertyNames():
                return property_names(self.simplify(predicate.part, _NAME))
            case p.PatternProperties():
                inner = self.simplify(predicate.part, value_facts(known))
                return TRUE if inner == TRUE else replace(predicate, part=inner)
            case p.AdditionalProperties():
                return self._additional_properties(predicate, known)
            case p.DefinitionRef(definition):
                return self._definition(definition, known)
            case _:
                return self._simplify_test(predicate, known)

    def _in_turn(
        self,
        parts: Sequence[Predicate],
        known: Facts,
        fact: Callable[[Predicate], Predicate],
    ) -> list[Predicate]:
        """Simplify parts; `fact` returns what a part tells of the parts after it."""
        simpler: list[Predicate] = []
        for part in parts:
            simpler.append(self.simplify(part, known))
            if len(simpler) <= _MAX_FACTS:
                known = known.with_facts(fact(simpler[-1]))
        return simpler

    def _if_then_else(self, predicate: p.IfThenElse, known: Facts) -> Predicate:
        condition = self._without_presence_tests(
            self.simplify(predicate.condition, known), known
        )
        then = self.simplify(predicate.then, known.with_facts(condition))
        negated = self._without_presence_tests(not_(condition), known)
        otherwise = self.simplify(predicate.otherwise, known.with_facts(negated))
        if then == TRUE:
            return if_then_else(negated, otherwise, TRUE)
        if otherwise != TRUE and negated != not_(condition):
            first = if_then_else(condition, then, TRUE)
            return all_of([first, if_then_else(negated, otherwise, TRUE)])
        return if_then_else(condition, then, otherwise)

    def _exactly_one(
        self, parts: tuple[Predicate, ...], titles: tuple[str, ...], known: Facts
    ) -> Predicate:
        simpler = [self.simplify(part, known) for part in parts]
        for name in constant_properties(simpler[0]):
            constants = [constant_properties(part).get(name) for part in simpler]
            if self._is_discriminator(name, constants, known):
                return all_of(_if_discriminated(name, part) for part in simpler)
        clear = [self._without_presence_tests(part, known) for part in simpler]
        return exactly_one(clear, titles)

    def _is_discriminator(
        self, name: str, constants: list[p.IsIn | None], known: Facts
    ) -> bool:
        """Return whether the value of a property decides which alternative applies."""
        found = self._property_facts(name, known)
        possible = possible_values(found.facts)
        if not found.required or possible is None or None in constants:
            return False
        listed = [value for each in constants if each for value in each.values]
        return len({*listed}) == len(listed) and {*possible.values} <= {*listed}

    def _without_presence_tests(self, condition: Predicate, known: Facts) -> Predicate:
        """Drop the tests whether required properties are present."""
        match condition:
            case p.AllOf(parts) | p.AnyOf(parts):
                join = all_of if isinstance(condition, p.AllOf) else any_of
                return join(self._without_presence_tests(each, known) for each in parts)
            case p.RequiredProperty(name, part) | p.OptionalProperty(name, part):
                found = self._property_facts(name, known)
                if isinstance(condition, p.OptionalProperty) and not found.required:
                    return condition
                inner = self._without_presence_tests(part, found.facts)
                if found.required and not isinstance(inner, p.OptionalProperty):
                    return required_property(name, inner)
                return type(condition)(name, inner)
            case p.Not(p.IsIn(excluded)) if values := possible_values(known):
                left = tuple(each for each in values.values if each not in excluded)
                return p.IsIn(left) if len(left) == 1 else condition
            case _:
                return condition

    def _of_items(
        self, predicate: p.Contains | p.Items | p.PrefixItem, known: Facts
    ) -> Predicate:
        of_items = item_facts(known)
        inner = self.simplify(predicate.part, of_items)
        match predicate:
            case p.Contains(_, least, most):
                inner = self._without_presence_tests(inner, of_items)
                return contains(inner, least, most)
            case p.Items(_, start):
                return items(inner, start)
            case p.PrefixItem(index):
                return prefix_item(index, inner)

    def _property(self, predicate: p.Property, known: Facts) -> Predicate:
        optional = isinstance(predicate, p.OptionalProperty)
        found = self._property_facts(predicate.name, known)
        if not found.possible:
            return p.Always(value=optional)
        construct = optional_property if optional else required_property
        made = construct(predicate.name, self.simplify(predicate.part, found.facts))
        return _drop_presence_test(made) if found.required else made

    def _property_facts(self, name: str, known: Facts) -> _PropertyFacts:
        owner = self._owner(known)
        field = owner.field(name) if owner else None
        if owner is None:
            possible = "object" in known.json_types
        else:
            possible = field is not None or owner.allows_extra
        required = field is not None and field.required
        predicates: list[Predicate] = []
        for each in flat(known.predicates, p.AllOf):
            if isinstance(each, p.Property) and each.name == name:
                required = required or isinstance(each, p.RequiredProperty)
                predicates.append(each.part)
        facts = Facts.of(field.type if field else None).with_facts(*predicates)
        return _PropertyFacts(possible and FALSE not in predicates, required, facts)

    def _additional_properties(
        self, predicate: p.AdditionalProperties, known: Facts
    ) -> Predicate:
        part, evaluated = predicate.part, predicate.evaluated
        absent = self._other_fields(evaluated, known)
        if absent is not None and (part == FALSE or not absent):
            return self.simplify(all_of(absent), known)
        inner = self.simplify(part, value_facts(known))
        simpler = (
            replace(each, condition=self.simplify(each.condition, known))
            for each in evaluated
        )
        return additional_properties(inner, simpler)

    def _definition(self, definition: str, known: Facts) -> Predicate:
        """Inline what a definition asserts beyond the class of an object, if small."""
        body = self._definitions.get(definition)
        is_object = isinstance(unconstrained(known.type), ClassRef)
        if body is None or not is_object or definition in self._entered:
            return p.DefinitionRef(definition)
        self._entered.add(definition)
        added = self.simplify(body, known)
        self._entered.remove(definition)
        small = node_count(added, INLINE_LIMIT) < INLINE_LIMIT
        return added if small else p.DefinitionRef(definition)

    def _other_fields(
        self, evaluated: tuple[p.EvaluatedProperties, ...], known: Facts
    ) -> list[Predicate] | None:
        """Require that the other fields of a closed class are absent.

        A field that is evaluated under a condition may be present if that holds. Returns
        None for an open class, and if there are many other fields, or a pattern may match
        one of them.
        """
        owner = self._owner(known)
        if owner is None or owner.allows_extra:
            return None
        absent = [
            any_of([*conditions, lacks(name)])
            for name in (field.json_name for field in owner.fields)
            for conditions in [[e.condition for e in evaluated if name in e.names]]
            if TRUE not in conditions
        ]
        by_name = not any(each.patterns for each in evaluated)
        is_short = by_name and len(absent) <= _MAX_ABSENT
        return absent if is_short or not absent else None

    def _owner(self, known: Facts) -> Class | None:
        instance = unconstrained(known.type)
        if not isinstance(instance, ClassRef):
            return None
        return self._classes.get(instance.class_name)

    def _simplify_test(self, test: Predicate, known: Facts) -> Predicate:
        if test in known.predicates or implies(unconstrained(known.type), test):
            return TRUE
        if not_(test) in known.predicates:
            return FALSE
        if isinstance(test, p.IsType):
            return _type_test(test, known.json_types)
        if isinstance(test, p.IsIn):
            possible = including_integers(known.json_types)
            return is_in(v for v in test.values if json_type(v.value) in possible)
        return test


def _if_discriminated(name: str, part: Predicate) -> Predicate:
    """Require an alternative only if the discriminator has its value."""
    condition = required_property(name, constant_properties(part)[name])
    parts = flat([part], p.AllOf)
    others = (each for each in parts if name not in constant_properties(each))
    return if_then_else(condition, all_of(others), TRUE)


def _drop_presence_test(predicate: Predicate) -> Predicate:
    """Drop the presence test of a required property."""
    match predicate:
        case p.RequiredProperty(_, p.Always() as part) | p.OptionalProperty(
            _, p.Always() as part
        ):
            return part
        case p.OptionalProperty(name, p.RequiredProperty() as inner):
            return required_property(name, inner)
        case p.RequiredProperty(name, inner) if _has_only_optional_properties(inner):
            return optional_property(name, inner)
        case _:
            return predicate


def _has_only_optional_properties(part: Predicate) -> bool:
    """Return whether a predicate only constrains properties that may be absent."""
    parts = part.parts if isinstance(part, (p.AllOf, p.AnyOf)) else (part,)
    return all(isinstance(each, p.OptionalProperty) for each in parts)


def _type_test(test: p.IsType, possible: frozenset[str]) -> Predicate:
    types = including_integers(test.types)
    if possible <= types:
        return TRUE
    return p.IsType(test.types) if including_integers(possible) & types else FALSE
