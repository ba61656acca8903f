"""Predicates made simpler by what is known already: of the type, and of the value.

The rules of a class are checked after its fields, so a rule need not ask again what
the fields have settled; and what a condition says holds in its consequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from runware_codegen.logic import all_of, any_of, at, exactly_one, if_given, not_, when
from runware_codegen.model import (
    Array,
    Checked,
    Instance,
    Literals,
    json_types,
)
from runware_codegen.parse.evaluate import holds
from runware_codegen.predicates import (
    FALSE,
    TRUE,
    All,
    AllItems,
    AllMembers,
    Always,
    AnyOf,
    At,
    ExactlyOne,
    IfGiven,
    IsIn,
    IsType,
    ItemCount,
    Not,
    Predicate,
    SomeItems,
    When,
)

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf

    from runware_codegen.model import Class, Type


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a value.

    Attributes:
        type: Its type, None for anything.
        json_types: The JSON types that it may have.
        facts: Predicates that hold of it.
    """

    type: Type | None
    json_types: frozenset[str]
    facts: tuple[Predicate, ...] = ()

    @classmethod
    def of(cls, a_type: Type | None, facts: tuple[Predicate, ...] = ()) -> Self:
        """Return what is known of a value of a type."""
        return cls(a_type, json_types(a_type), facts)

    def and_also(self, *facts: Predicate) -> Known:
        """Add facts to what is known."""
        return Known(self.type, self.json_types, (*self.facts, *facts))


class Simplifier:
    """Simplifies predicates of one document's values."""

    def __init__(self, classes: MappingOf[str, Class]) -> None:
        self._classes = classes

    def simplify(self, predicate: Predicate, known: Known) -> Predicate:
        """Return a predicate that is equal for every value of which `known` holds."""
        if isinstance(predicate, Not):
            return not_(self.simplify(predicate.part, known))
        values = _possible_values(known)
        if values is not None and (decided := _among(values, predicate)) is not None:
            return decided
        match predicate:
            case All(parts):
                return all_of(self._conjunction(parts, known))
            case AnyOf(parts):
                return any_of(self._disjunction(parts, known))
            case ExactlyOne(parts, titles):
                simpler = [self.simplify(part, known) for part in parts]
                return exactly_one(simpler, titles)
            case When():
                return self._when(predicate, known)
            case At(name, part):
                return self._at(name, part, known)
            case IfGiven(name, part):
                return self._if_given(name, part, known)
            case AllItems(part, start):
                item = self._item(known.type)
                inner = self.simplify(part, Known.of(item))
                return TRUE if inner == TRUE else AllItems(inner, start)
            case SomeItems(part, least, most):
                item = self._item(known.type)
                return SomeItems(self.simplify(part, Known.of(item)), least, most)
            case ItemCount(least, most) if self._has_items(least, most, known.type):
                return TRUE
            case AllMembers() if self._allows_no_more(predicate, known):
                return TRUE
            case _:
                return self._test(predicate, known)

    def _conjunction(
        self, parts: tuple[Predicate, ...], known: Known
    ) -> list[Predicate]:
        simpler: list[Predicate] = []
        # The type first: what else is said is said of values of that type.
        for part in sorted(parts, key=lambda part: not isinstance(part, IsType)):
            simpler.append(self.simplify(part, known.and_also(*simpler)))
        return simpler

    def _disjunction(
        self, parts: tuple[Predicate, ...], known: Known
    ) -> list[Predicate]:
        simpler: list[Predicate] = []
        for part in parts:
            given = known.and_also(*map(not_, simpler))
            simpler.append(self.simplify(part, given))
        return simpler

    def _when(self, predicate: When, known: Known) -> Predicate:
        condition = self._asked(self.simplify(predicate.condition, known), known)
        holding, failing = known.and_also(condition), known.and_also(not_(condition))
        then = self.simplify(predicate.then, holding)
        otherwise = self.simplify(predicate.otherwise, failing)
        if then == TRUE:
            return when(self._asked(not_(condition), known), otherwise, TRUE)
        return when(condition, then, otherwise)

    def _asked(self, condition: Predicate, known: Known) -> Predicate:
        """Ask of a member that is always there as such: not "absent, or so"."""
        match condition:
            case All(parts):
                return all_of(self._asked(part, known) for part in parts)
            case AnyOf(parts):
                return any_of(self._asked(part, known) for part in parts)
            case At(name, part) | IfGiven(name, part):
                _, must_have, member = self._known_member(name, known)
                if isinstance(condition, IfGiven) and not must_have:
                    return condition
                inner = self._asked(part, member)
                if must_have and not isinstance(inner, IfGiven):
                    return at(name, inner)
                return type(condition)(name, inner)
            case Not(IsIn(excluded)) if values := _possible_values(known):
                left = tuple(each for each in values.values if each not in excluded)
                return IsIn(left) if len(left) == 1 else condition
            case _:
                return condition

    def _at(self, name: str, part: Predicate, known: Known) -> Predicate:
        can_have, must_have, member = self._known_member(name, known)
        if not can_have:
            return FALSE
        inner = self.simplify(part, member)
        made = at(name, inner)
        return _there(made) if must_have else made

    def _if_given(self, name: str, part: Predicate, known: Known) -> Predicate:
        can_have, must_have, member = self._known_member(name, known)
        if not can_have:
            return TRUE
        inner = self.simplify(part, member)
        made = if_given(name, inner)
        return _there(made) if must_have else made

    def _known_member(self, name: str, known: Known) -> tuple[bool, bool, Known]:
        """Say whether a member can be there, whether it must, and what is known."""
        can_have, must_have, a_type = self._member(name, known)
        facts: list[Predicate] = []
        for fact in _conjuncts(known.facts):
            if isinstance(fact, (At, IfGiven)) and fact.name == name:
                must_have = must_have or isinstance(fact, At)
                facts.append(fact.part)
        member = Known.of(a_type, tuple(facts))
        return can_have and FALSE not in facts, must_have, member

    def _member(self, name: str, known: Known) -> tuple[bool, bool, Type | None]:
        """Say whether a member can be there, whether it must, and its type."""
        instance = _bare(known.type)
        if isinstance(instance, Instance) and instance.class_name in self._classes:
            owner = self._classes[instance.class_name]
            for each in owner.fields:
                if each.wire == name:
                    return True, each.required, each.type
            return owner.open, False, None
        return "object" in known.json_types, False, None

    def _item(self, a_type: Type | None) -> Type | None:
        array = _bare(a_type)
        return array.item if isinstance(array, Array) else None

    def _has_items(self, least: int, most: int | None, a_type: Type | None) -> bool:
        """Whether a list has always as many items as it should."""
        array = _bare(a_type)
        if not isinstance(array, Array) or array.least < least:
            return False
        return most is None or (array.most is not None and array.most <= most)

    def _allows_no_more(self, predicate: AllMembers, known: Known) -> bool:
        """Whether a closed class has already refused what the predicate refuses."""
        if not isinstance(known.type, Instance):
            return False
        owner = self._classes.get(known.type.class_name)
        if owner is None or owner.open:
            return False
        exempt = {n for e in predicate.exempt if e.guard == TRUE for n in e.names}
        return all(each.wire in exempt for each in owner.fields)

    def _test(self, test: Predicate, known: Known) -> Predicate:
        if test in known.facts:
            return TRUE
        if not_(test) in known.facts:
            return FALSE
        if isinstance(test, IsType):
            return _type_test(test, known.json_types)
        return test


def _among(values: IsIn, predicate: Predicate) -> Predicate | None:
    """Name the values for which a predicate holds; None where that is not decided."""
    verdicts = [holds(predicate, value.value) for value in values.values]
    if None in verdicts:
        return None
    kept = [v for v, good in zip(values.values, verdicts, strict=True) if good]
    if len(kept) == len(values.values):
        return TRUE
    return IsIn(tuple(kept)) if kept else FALSE


def _there(said: Predicate) -> Predicate:
    """Say of a member that is always there what is said of a member inside of it."""
    match said:
        case At(_, Always() as certain) | IfGiven(_, Always() as certain):
            return certain
        case IfGiven(name, At() as inner):
            return at(name, inner)
        case At(name, inner) if _is_about_what_is_given(inner):
            return if_given(name, inner)
        case _:
            return said


def _is_about_what_is_given(part: Predicate) -> bool:
    """Whether all that is said of an object is how its members are, if given."""
    parts = part.parts if isinstance(part, (All, AnyOf)) else (part,)
    return all(isinstance(each, IfGiven) for each in parts)


def _bare(a_type: Type | None) -> Type | None:
    while isinstance(a_type, Checked):
        a_type = a_type.type
    return a_type


def _conjuncts(facts: tuple[Predicate, ...]) -> list[Predicate]:
    flat: list[Predicate] = []
    for fact in facts:
        flat.extend(fact.parts if isinstance(fact, All) else [fact])
    return flat


def _type_test(test: IsType, possible: frozenset[str]) -> Predicate:
    asked = _widened(test.types)
    if possible <= asked:
        return TRUE
    return IsType(test.types) if _widened(possible) & asked else FALSE


def _widened(types: frozenset[str]) -> frozenset[str]:
    return types | {"integer"} if "number" in types else types


def _possible_values(known: Known) -> IsIn | None:
    for fact in known.facts:
        for part in fact.parts if isinstance(fact, All) else (fact,):
            if isinstance(part, IsIn):
                return part
    a_type = _bare(known.type)
    if isinstance(a_type, Literals):
        return IsIn(tuple(choice.value for choice in a_type.choices))
    return None
