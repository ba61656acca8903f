"""Writes predicates as Python expressions over a JSON value.

A rule runs after the fields have been checked, so an expression may rely on the types
of the fields: `task.get("settings", {})` is an object. Where the type is not known, the
expression asks for it first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runware_codegen.model import Anything, String
from runware_codegen.model import predicates as p
from runware_codegen.model.predicates import FALSE, TRUE, Predicate
from runware_codegen.render.literals import string, value
from runware_codegen.render.python import (
    Expression,
    Precedence,
    between,
    call,
    choice,
    comparison,
    conjunction,
    disjunction,
    names,
    negation,
)
from runware_codegen.render.subjects import Subject, loop_variable
from runware_codegen.render.value_tests import (
    ValueTests,
    are_comparable,
    compare,
    is_direct,
    is_single,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runware_codegen.model import Class


class Expressions(ValueTests):
    """Writes expressions for the classes of one document."""

    def __init__(self, classes: Mapping[str, Class]) -> None:
        super().__init__()
        self._classes = classes

    def write(self, predicate: Predicate, subject: Subject) -> Expression:
        """Write an expression that is true where the predicate holds."""
        match predicate:
            case p.Always(truth):
                return Expression(str(truth))
            case p.AllOf(parts) if (
                pair := _exactly_one_present(parts)
            ) and subject.is_only("object"):
                one, other = (f"({string(n)} in {subject.lookup})" for n in pair)
                return comparison(f"{one} != {other}")
            case p.AllOf(parts):
                return conjunction(self._narrowing(parts, subject))
            case p.AnyOf(parts):
                return disjunction(self.write(part, subject) for part in parts)
            case p.ExactlyOne(parts):
                return self._exactly_one(parts, subject, positive=True)
            case p.IfThenElse(condition, then, otherwise):
                return choice(
                    self.write(condition, subject),
                    self.write(then, subject),
                    self.write(otherwise, subject),
                )
            case p.Not(part):
                return self._not(part, subject)
            case p.RequiredProperty() | p.OptionalProperty():
                return self._property(predicate, subject)
            case _:
                return self._guarded(predicate, subject)

    def _narrowing(
        self, parts: Iterable[Predicate], subject: Subject
    ) -> Iterator[Expression]:
        """Write parts one after the other; what follows a type may rely on it."""
        for part in parts:
            yield self.write(part, subject)
            told = _asserted_type(part)
            if told and subject.type in (None, Anything()):
                subject = replace(subject, type=Anything(told))

    def _not(self, part: Predicate, subject: Subject) -> Expression:
        if isinstance(part, p.IsIn) and are_comparable(part.values, subject):
            return compare(subject.text, part.values, positive=False)
        if isinstance(part, p.ExactlyOne):
            return self._exactly_one(part.parts, subject, positive=False)
        return negation(self.write(part, subject))

    def _exactly_one(
        self, parts: tuple[Predicate, ...], subject: Subject, *, positive: bool
    ) -> Expression:
        written = [self.write(part, subject) for part in parts]
        if len(written) == 2:
            one, other = (each.parenthesized(Precedence.ATOM) for each in written)
            return comparison(f"{one} {'!=' if positive else '=='} {other}")
        listed = ", ".join(each.text for each in written)
        return comparison(f"[{listed}].count(True) {'==' if positive else '!='} 1")

    # -- members --------------------------------------------------------------

    # -- properties -----------------------------------------------------------

    def _property(
        self, predicate: p.RequiredProperty | p.OptionalProperty, subject: Subject
    ) -> Expression:
        optional = isinstance(predicate, p.OptionalProperty)
        join = disjunction if optional else conjunction
        guards: list[Expression] = []
        if not subject.is_only("object"):
            is_object = self.helper("is_object", subject.text)
            guards = [negation(is_object) if optional else is_object]
        if not (optional and guards):
            direct = self._direct_property(predicate, subject)
            if direct is not None:
                return join([*guards, direct])
        word = "not in" if optional else "in"
        presence = comparison(f"{string(predicate.name)} {word} {subject.lookup}")
        if _is_presence(predicate):
            return join([*guards, presence])
        member = subject.member(predicate.name, self._classes)
        return join([*guards, presence, self.write(predicate.part, member)])

    def _direct_property(
        self, predicate: p.RequiredProperty | p.OptionalProperty, subject: Subject
    ) -> Expression | None:
        """Write it without a separate test of presence; None where one is needed."""
        name, part = predicate.name, predicate.part
        member = subject.member(name, self._classes)
        if _is_presence(predicate):
            return None
        if member.is_only("object") and _only(part, type(predicate)):
            return self.write(part, member.optional_member(subject, name))
        if subject.requires(name, self._classes):
            return self.write(part, member)
        positive = not isinstance(part, p.Not)
        test = part.part if isinstance(part, p.Not) else part
        # What `get` returns for an absent property has to decide as absence does.
        if positive == isinstance(predicate, p.OptionalProperty):
            if is_single(test, member):
                default = value(test.values[0].value)
                found = f"{subject.lookup}.get({string(name)}, {default})"
                return compare(found, test.values, positive=positive)
        elif is_direct(test, member):
            found = f"{subject.lookup}.get({string(name)})"
            return compare(found, test.values, positive=positive)
        return None

    # -- tests ----------------------------------------------------------------

    def _guarded(self, test: Predicate, subject: Subject) -> Expression:
        """Write a test, and before it that the value is of the type it speaks of."""
        text = self._unguarded(test, subject)
        for kinds, types in _SPEAK_OF:
            if isinstance(test, kinds) and not subject.is_only(*types):
                return conjunction(
                    [self.is_type(frozenset(types[:1]), subject.text), text]
                )
        return text

    def _unguarded(self, test: Predicate, subject: Subject) -> Expression:
        match test:
            case p.PrefixItem(index, part):
                short = comparison(f"len({subject.text}) <= {index}")
                return disjunction([short, self.write(part, subject.item_at(index))])
            case p.Items(part, start):
                return self._items(part, start, subject)
            case p.Contains(part, minimum, maximum):
                return self._contains(part, minimum, maximum, subject)
            case p.UnevaluatedItems(part, evaluated):
                return self._unevaluated_items(part, evaluated, subject)
            case p.AdditionalProperties(part, evaluated):
                return self._additional_properties(part, evaluated, subject)
            case p.PatternProperties(pattern, part):
                return self._pattern_properties(pattern, part, subject)
            case p.PropertyNames(part):
                return self._property_names(part, subject)
            case _:
                return self.write_test(test, subject)

    # -- items and properties -------------------------------------------------

    def _items(self, part: Predicate, start: int, subject: Subject) -> Expression:
        """Write that every item from `start` on satisfies a predicate."""
        each = subject.item("item")
        source = f"{subject.text}[{start}:]" if start else subject.text
        return self._all(part, each, f"{each.text} in {source}")

    def _property_names(self, part: Predicate, subject: Subject) -> Expression:
        """Write that every name satisfies a predicate."""
        each = replace(subject.item("name"), type=String())
        return self._all(part, each, f"{each.text} in {subject.text}")

    def _contains(
        self, part: Predicate, least: int, most: int | None, subject: Subject
    ) -> Expression:
        """Write that so many items satisfy a predicate."""
        each = subject.item("item")
        test = self.write(part, each)
        loop = f"for {each.text} in {subject.text}"
        if (least, most) == (1, None):
            return call("any", f"{test.text} {loop}")
        return between(f"[{test.text} {loop}].count(True)", least, most)

    def _unevaluated_items(
        self, part: Predicate, exempt: Iterable[p.EvaluatedItems], subject: Subject
    ) -> Expression:
        """Write that every item satisfies a predicate, but for the exempt."""
        each = subject.item("item")
        index = loop_variable("index", each.depth)
        spared = disjunction(
            self._spared_item(every, index, each, subject) for every in exempt
        )
        loop = f"{index}, {each.text} in enumerate({subject.text})"
        return self._all(part, each, f"{loop} if {_unless(spared)}")

    def _additional_properties(
        self, part: Predicate, exempt: Iterable[p.EvaluatedProperties], subject: Subject
    ) -> Expression:
        """Write that every member satisfies a predicate, but for the exempt."""
        name = loop_variable("name", subject.depth + 1)
        spared = disjunction(self._spared(every, name, subject) for every in exempt)
        if part == FALSE:
            loop = f"{spared.text} for {name} in {subject.text}"
            return call("all", loop)
        each = subject.item("member")
        loop = f"{name}, {each.text} in {subject.text}.items()"
        return self._all(part, each, f"{loop} if {_unless(spared)}")

    def _pattern_properties(
        self, pattern: p.Matches, part: Predicate, subject: Subject
    ) -> Expression:
        """Write that every member whose name matches satisfies a predicate."""
        each = subject.item("member")
        name = loop_variable("name", each.depth)
        loop = f"{name}, {each.text} in {subject.text}.items()"
        test = call(self.pattern(pattern), name)
        return self._all(part, each, f"{loop} if {test.text}")

    def _all(self, part: Predicate, each: Subject, loop: str) -> Expression:
        test = self.write(part, Subject(each.text, each.text, each.type, each.depth))
        return call("all", f"{test.text} for {loop}")

    def _spared(
        self, exempt: p.EvaluatedProperties, name: str, subject: Subject
    ) -> Expression:
        ways = [comparison(_is_one_of(name, exempt.names))] if exempt.names else []
        ways += [call(self.pattern(pattern), name) for pattern in exempt.patterns]
        spared = Expression("True") if exempt.all else disjunction(ways)
        return self._where(exempt.condition, spared, subject)

    def _spared_item(
        self, exempt: p.EvaluatedItems, index: str, item: Subject, subject: Subject
    ) -> Expression:
        if exempt.first is None:
            spared = Expression("True")
        elif exempt.first:
            spared = comparison(f"{index} < {exempt.first}")
        else:
            unknown = Subject(item.text, item.text, None, item.depth)
            spared = self.write(exempt.matching, unknown)
        return self._where(exempt.condition, spared, subject)

    def _where(
        self, guard: Predicate, spared: Expression, subject: Subject
    ) -> Expression:
        if guard == TRUE:
            return spared
        deeper = Subject(subject.text, subject.lookup, subject.type, subject.depth + 1)
        return conjunction([self.write(guard, deeper), spared])


_SPEAK_OF = (
    ((p.InRange, p.MultipleOf), ("number", "integer")),
    ((p.LengthIn, p.Matches, p.HasFormat), ("string",)),
    ((p.ItemCount, p.UniqueItems, p.PrefixItem, p.Items), ("array",)),
    ((p.Contains, p.UnevaluatedItems), ("array",)),
    (
        (p.PropertyCount, p.AdditionalProperties, p.PatternProperties, p.PropertyNames),
        ("object",),
    ),
    ((p.AreaIn, p.RatioIn), ("object",)),
)
"""Tests, and the types they speak of, the widest first."""


def _is_presence(predicate: p.RequiredProperty | p.OptionalProperty) -> bool:
    """Whether a predicate says only that a property is present, or that it is absent."""
    return predicate.part == (
        TRUE if isinstance(predicate, p.RequiredProperty) else FALSE
    )


def _exactly_one_present(parts: tuple[Predicate, ...]) -> tuple[str, str] | None:
    """Name two members of which one is there without the other."""
    match parts:
        case (
            p.AnyOf(
                (
                    p.OptionalProperty(one, p.Always(False)),
                    p.OptionalProperty(other, p.Always(False)),
                )
            ),
            p.AnyOf(
                (
                    p.RequiredProperty(first, p.Always(True)),
                    p.RequiredProperty(second, p.Always(True)),
                )
            ),
        ) if (one, other) == (first, second):
            return one, other
        case _:
            return None


def _only(part: Predicate, kind: type[p.RequiredProperty | p.OptionalProperty]) -> bool:
    """Whether a predicate of an object is decided by {} as by its absence."""
    if not isinstance(part, (p.AllOf, p.AnyOf)):
        return isinstance(part, kind)
    decided = [_only(each, kind) for each in part.parts]
    if isinstance(part, p.AnyOf) == (kind is p.RequiredProperty):
        return all(decided)
    return any(decided) and all(map(_is_about_members, part.parts))


def _is_about_members(part: Predicate) -> bool:
    """Whether a predicate of an object says nothing but what its members are."""
    if isinstance(part, (p.AllOf, p.AnyOf)):
        return all(map(_is_about_members, part.parts))
    return isinstance(part, (p.RequiredProperty, p.OptionalProperty))


def _asserted_type(test: Predicate) -> frozenset[str]:
    """Return the types of which a value is when a test holds; none for any."""
    if isinstance(test, p.IsType):
        return test.types
    if isinstance(test, p.RequiredProperty):
        return frozenset({"object"})
    spoken = [types for kinds, types in _SPEAK_OF if isinstance(test, kinds)]
    return frozenset(spoken[0]) if spoken else frozenset()


def _is_one_of(name: str, named: tuple[str, ...]) -> str:
    if len(named) == 1:
        return f"{name} == {string(named[0])}"
    return f"{name} in {names(named)}"


def _unless(spared: Expression) -> str:
    return negation(spared).parenthesized(Precedence.OR)
