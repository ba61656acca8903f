"""Predicates about the parts of a list or an object: loops in expressions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runware_codegen.model import String
from runware_codegen.model.predicates import FALSE, TRUE
from runware_codegen.render.literals import string
from runware_codegen.render.python import (
    Expression,
    Precedence,
    between,
    call,
    comparison,
    conjunction,
    disjunction,
    names,
    negation,
)
from runware_codegen.render.subjects import Subject, loop_variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runware_codegen.model.predicates import (
        EvaluatedItems,
        EvaluatedProperties,
        Matches,
        Predicate,
    )
    from runware_codegen.render.expressions import Expressions


class Loops:
    """Writes loops for the expressions of one document."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions

    def all_items(self, part: Predicate, start: int, subject: Subject) -> Expression:
        """Write that every item from `start` on satisfies a predicate."""
        each = subject.item("item")
        source = f"{subject.text}[{start}:]" if start else subject.text
        return self._all(part, each, f"{each.text} in {source}")

    def all_names(self, part: Predicate, subject: Subject) -> Expression:
        """Write that every name satisfies a predicate."""
        each = replace(subject.item("name"), type=String())
        return self._all(part, each, f"{each.text} in {subject.text}")

    def some_items(
        self, part: Predicate, least: int, most: int | None, subject: Subject
    ) -> Expression:
        """Write that so many items satisfy a predicate."""
        each = subject.item("item")
        test = self._expressions.write(part, each)
        loop = f"for {each.text} in {subject.text}"
        if (least, most) == (1, None):
            return call("any", f"{test.text} {loop}")
        return between(f"[{test.text} {loop}].count(True)", least, most)

    def other_items(
        self, part: Predicate, exempt: Iterable[EvaluatedItems], subject: Subject
    ) -> Expression:
        """Write that every item satisfies a predicate, but for the exempt."""
        each = subject.item("item")
        index = loop_variable("index", each.depth)
        spared = disjunction(
            self._spared_item(every, index, each, subject) for every in exempt
        )
        loop = f"{index}, {each.text} in enumerate({subject.text})"
        return self._all(part, each, f"{loop} if {_unless(spared)}")

    def all_members(
        self, part: Predicate, exempt: Iterable[EvaluatedProperties], subject: Subject
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

    def matching_members(
        self, pattern: Matches, part: Predicate, subject: Subject
    ) -> Expression:
        """Write that every member whose name matches satisfies a predicate."""
        each = subject.item("member")
        name = loop_variable("name", each.depth)
        loop = f"{name}, {each.text} in {subject.text}.items()"
        test = call(self._expressions.pattern(pattern), name)
        return self._all(part, each, f"{loop} if {test.text}")

    def _all(self, part: Predicate, each: Subject, loop: str) -> Expression:
        test = self._expressions.write(
            part, Subject(each.text, each.text, each.type, each.depth)
        )
        return call("all", f"{test.text} for {loop}")

    def _spared(
        self, exempt: EvaluatedProperties, name: str, subject: Subject
    ) -> Expression:
        ways = [comparison(_is_one_of(name, exempt.names))] if exempt.names else []
        ways += [
            call(self._expressions.pattern(pattern), name)
            for pattern in exempt.patterns
        ]
        spared = Expression("True") if exempt.all else disjunction(ways)
        return self._where(exempt.condition, spared, subject)

    def _spared_item(
        self, exempt: EvaluatedItems, index: str, item: Subject, subject: Subject
    ) -> Expression:
        if exempt.first is None:
            spared = Expression("True")
        elif exempt.first:
            spared = comparison(f"{index} < {exempt.first}")
        else:
            unknown = Subject(item.text, item.text, None, item.depth)
            spared = self._expressions.write(exempt.matching, unknown)
        return self._where(exempt.condition, spared, subject)

    def _where(
        self, guard: Predicate, spared: Expression, subject: Subject
    ) -> Expression:
        if guard == TRUE:
            return spared
        deeper = Subject(subject.text, subject.lookup, subject.type, subject.depth + 1)
        return conjunction([self._expressions.write(guard, deeper), spared])


def _is_one_of(name: str, named: tuple[str, ...]) -> str:
    if len(named) == 1:
        return f"{name} == {string(named[0])}"
    return f"{name} in {names(named)}"


def _unless(spared: Expression) -> str:
    return negation(spared).parenthesized(Precedence.OR)
