"""Writes predicates as Python expressions over a JSON value.

A rule runs after the fields have been validated, so an expression may rely on the types
of the fields: `task.get("settings", {})` is an object. If a type is not known, the
expression tests it first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from runware_codegen.model import Anything, Class, String
from runware_codegen.model import predicates as p
from runware_codegen.model.constants import Constant
from runware_codegen.model.logic import not_
from runware_codegen.model.predicates import FALSE, TRUE, Predicate
from runware_codegen.render.imports import Imports
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
    negation,
)
from runware_codegen.render.subjects import Subject, loop_variable
from runware_codegen.render.value_tests import (
    ValueTests,
    compare,
    compares,
    is_direct,
)


class Expressions(ValueTests):
    """Writes expressions for the classes of one document."""

    def __init__(self, classes: Mapping[str, Class], imports: Imports) -> None:
        """Create it with the classes by name, and the imports of the module."""
        super().__init__(imports)
        self._classes = classes

    def write_result(self, predicate: Predicate, subject: Subject) -> str:
        """Write an expression whose type is bool, to return it from a function."""
        written = self.write(predicate, subject).text
        return f"bool({written})" if compares(predicate) else written

    def write(self, predicate: Predicate, subject: Subject) -> Expression:
        """Write an expression that is true if the predicate holds."""
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
                return disjunction(self._narrowing(parts, subject, are_false=True))
            case p.ExactlyOne(parts):
                return self._exactly_one(parts, subject)
            case p.IfThenElse(condition, then, otherwise):
                return choice(
                    self.write(condition, subject),
                    self.write(then, _narrowed(subject, condition)),
                    self.write(otherwise, _narrowed(subject, not_(condition))),
                )
            case p.Not(part):
                return negation(self.write(part, subject))
            case p.RequiredProperty() | p.OptionalProperty():
                return self._property(predicate, subject)
            case _:
                return self._guarded(predicate, subject)

    def _narrowing(
        self, parts: Iterable[Predicate], subject: Subject, *, are_false: bool = False
    ) -> Iterator[Expression]:
        """Write parts; each may rely on the parts before it, which hold or `are_false`."""
        for part in parts:
            yield self.write(part, subject)
            subject = _narrowed(subject, not_(part) if are_false else part)

    def _exactly_one(
        self, parts: tuple[Predicate, ...], subject: Subject
    ) -> Expression:
        written = [self.write(part, subject) for part in parts]
        if len(written) == 2:
            one, other = (each.parenthesized(Precedence.ATOM) for each in written)
            return comparison(f"{one} != {other}", f"{one} == {other}")
        count = f"sum([{', '.join(each.text for each in written)}])"
        return comparison(f"{count} == 1", f"{count} != 1")

    # -- properties -----------------------------------------------------------

    def _property(self, predicate: p.Property, subject: Subject) -> Expression:
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
        words = ("not in", "in") if optional else ("in", "not in")
        name = string(predicate.name)
        presence = comparison(*(f"{name} {word} {subject.lookup}" for word in words))
        if _is_presence(predicate):
            return join([*guards, presence])
        member = subject.member(predicate.name, self._classes)
        return join([*guards, presence, self.write(predicate.part, member)])

    def _direct_property(
        self, predicate: p.Property, subject: Subject
    ) -> Expression | None:
        """Write a predicate without a presence test; None if it needs one."""
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
        if not is_direct(test, member):
            return None
        # For an absent property, `get` must return a value with the right result.
        default = ""
        if positive == isinstance(predicate, p.OptionalProperty):
            only, *others = test.values
            if others:
                return None
            default = f", {value(only.value)}"
        found = f"{subject.lookup}.get({string(name)}{default})"
        compared = compare(found, test.values)
        return compared if positive else negation(compared)

    # -- tests ----------------------------------------------------------------

    def _guarded(self, test: Predicate, subject: Subject) -> Expression:
        """Write a test, after a test of the type if the type is not known."""
        text = self._unguarded(test, subject)
        for kinds, types in _DEFINED_FOR:
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
                each = replace(subject.item("name"), type=String())
                return self._all(part, each, f"{each.text} in {subject.text}")
            case _:
                return self.write_test(test, subject)

    # -- items and properties -------------------------------------------------

    def _items(self, part: Predicate, start: int, subject: Subject) -> Expression:
        """Write a test that every item from `start` on satisfies a predicate."""
        each = subject.item("item")
        source = f"{subject.text}[{start}:]" if start else subject.text
        return self._all(part, each, f"{each.text} in {source}")

    def _contains(
        self, part: Predicate, least: int, most: int | None, subject: Subject
    ) -> Expression:
        """Write a test of how many items satisfy a predicate."""
        each = subject.item("item")
        test = self.write(part, each)
        loop = f"for {each.text} in {subject.text}"
        if (least, most) == (1, None):
            return call("any", f"{test.text} {loop}")
        return between(f"sum({test.text} {loop})", least, most)

    def _unevaluated_items(
        self, part: Predicate, evaluated: Iterable[p.EvaluatedItems], subject: Subject
    ) -> Expression:
        """Write a test that every unevaluated item satisfies a predicate."""
        each = subject.item("item")
        index = loop_variable("index", each.depth)
        is_evaluated = disjunction(
            self._is_evaluated_item(every, index, each, subject) for every in evaluated
        )
        if all(every.first == 0 for every in evaluated):
            loop = f"{each.text} in {subject.text}"
        elif part == FALSE and all(every.first != 0 for every in evaluated):
            loop = f"{index} in range(len({subject.text}))"
        else:
            loop = f"{index}, {each.text} in enumerate({subject.text})"
        if part == FALSE:
            return call("all", f"{is_evaluated.text} for {loop}")
        return self._all(part, each, f"{loop} if {_unless(is_evaluated)}")

    def _additional_properties(
        self,
        part: Predicate,
        evaluated: Iterable[p.EvaluatedProperties],
        subject: Subject,
    ) -> Expression:
        """Write a test that every unevaluated member satisfies a predicate."""
        name = loop_variable("name", subject.depth + 1)
        is_evaluated = disjunction(
            self._is_evaluated(every, name, subject) for every in evaluated
        )
        if part == FALSE:
            return call("all", f"{is_evaluated.text} for {name} in {subject.text}")
        each = subject.item("member")
        if not evaluated:
            return self._all(part, each, f"{each.text} in {subject.text}.values()")
        loop = f"{name}, {each.text} in {subject.text}.items()"
        return self._all(part, each, f"{loop} if {_unless(is_evaluated)}")

    def _pattern_properties(
        self, pattern: p.Matches, part: Predicate, subject: Subject
    ) -> Expression:
        """Write a test that every member with a matching name satisfies a predicate."""
        each = subject.item("member")
        name = loop_variable("name", each.depth)
        test = call(self.pattern(pattern), name)
        if part == FALSE:
            return call("all", f"not {test.text} for {name} in {subject.text}")
        loop = f"{name}, {each.text} in {subject.text}.items()"
        return self._all(part, each, f"{loop} if {test.text}")

    def _all(self, part: Predicate, each: Subject, loop: str) -> Expression:
        return call("all", f"{self.write(part, each).text} for {loop}")

    def _is_evaluated(
        self, evaluated: p.EvaluatedProperties, name: str, subject: Subject
    ) -> Expression:
        tests = [call(self.pattern(pattern), name) for pattern in evaluated.patterns]
        if evaluated.names:
            tests.insert(0, compare(name, tuple(map(Constant, evaluated.names))))
        return self._where(evaluated.condition, disjunction(tests), subject)

    def _is_evaluated_item(
        self, evaluated: p.EvaluatedItems, index: str, item: Subject, subject: Subject
    ) -> Expression:
        if evaluated.first:
            is_evaluated = comparison(f"{index} < {evaluated.first}")
        else:
            is_evaluated = self.write(evaluated.matching, replace(item, type=None))
        return self._where(evaluated.condition, is_evaluated, subject)

    def _where(
        self, guard: Predicate, is_evaluated: Expression, subject: Subject
    ) -> Expression:
        if guard == TRUE:
            return is_evaluated
        deeper = Subject(subject.text, subject.lookup, subject.type, subject.depth + 1)
        return conjunction([self.write(guard, deeper), is_evaluated])


_ARRAY_TESTS = (
    *(p.ItemCount, p.UniqueItems, p.PrefixItem, p.Items),
    *(p.Contains, p.UnevaluatedItems),
)
_OBJECT_TESTS = (
    *(p.PropertyCount, p.AdditionalProperties, p.PatternProperties, p.PropertyNames),
    p.FigureIn,
)
_DEFINED_FOR = (
    ((p.InRange, p.MultipleOf), ("number", "integer")),
    ((p.LengthIn, p.Matches, p.HasFormat), ("string",)),
    (_ARRAY_TESTS, ("array",)),
    (_OBJECT_TESTS, ("object",)),
)
"""Tests, and the JSON types for which they are defined, the widest first."""


def _is_presence(predicate: p.Property) -> bool:
    """Return whether a predicate only tests that a property is present, or absent."""
    optional = isinstance(predicate, p.OptionalProperty)
    return predicate.part == (FALSE if optional else TRUE)


def _exactly_one_present(parts: tuple[Predicate, ...]) -> tuple[str, str] | None:
    """Return two members of which exactly one must be present; None for other parts."""
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


def _only(part: Predicate, kind: type[p.Property]) -> bool:
    """Return whether a predicate has the same result for {} as for an absent object."""
    if not isinstance(part, (p.AllOf, p.AnyOf)):
        return isinstance(part, kind)
    decided = [_only(each, kind) for each in part.parts]
    if isinstance(part, p.AnyOf) == (kind is p.RequiredProperty):
        return all(decided)
    return any(decided) and all(map(_is_about_members, part.parts))


def _is_about_members(part: Predicate) -> bool:
    """Return whether a predicate of an object only tests members."""
    if isinstance(part, (p.AllOf, p.AnyOf)):
        return all(map(_is_about_members, part.parts))
    return isinstance(part, p.Property)


def _narrowed(subject: Subject, test: Predicate) -> Subject:
    """Return a value that satisfies a test."""
    types = _asserted_types(test)
    if not types or subject.is_only(*types):
        return subject
    return replace(subject, type=Anything(types))


def _asserted_types(test: Predicate) -> frozenset[str]:
    """Return the JSON types that a test implies; empty if it implies none."""
    if isinstance(test, p.AllOf):
        known = (_asserted_types(part) for part in test.parts)
        return next((types for types in known if types), frozenset[str]())
    if isinstance(test, p.AnyOf):
        each = [_asserted_types(part) for part in test.parts]
        return frozenset[str]().union(*each) if all(each) else frozenset()
    if isinstance(test, p.IsIn) and all(isinstance(c.value, str) for c in test.values):
        return frozenset({"string"})
    if isinstance(test, p.IsType):
        return test.types
    if isinstance(test, p.RequiredProperty):
        return frozenset({"object"})
    defined = [types for kinds, types in _DEFINED_FOR if isinstance(test, kinds)]
    return frozenset(defined[0]) if defined else frozenset()


def _unless(is_evaluated: Expression) -> str:
    return negation(is_evaluated).parenthesized(Precedence.OR)
