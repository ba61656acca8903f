"""Searches for a task or a result that only one version of a document accepts."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from runware_codegen.diff.automata import separation
from runware_codegen.diff.canonical import speaks_of
from runware_codegen.diff.entries import ANY_ITEM, Direction, Side
from runware_codegen.diff.meaning import definitions_of, of_class
from runware_codegen.diff.proof.strings import FORMATS
from runware_codegen.diff.proof.values import Values
from runware_codegen.mock.items import is_array, is_object
from runware_codegen.model.predicates import (
    TRUE,
    AreaIn,
    Contains,
    Matches,
    Predicate,
    RatioIn,
    RequiredProperty,
)
from runware_codegen.parse.assertions.evaluate import holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runware_codegen.diff.entries import Finding
    from runware_codegen.diff.proof.judges import Judge
    from runware_codegen.model import Document
    from runware_codegen.parse.assertions.evaluate import Definitions

FEW: Final = 6
MANY: Final = 24
"""The attempts of a usual search, and of a search for a breaking difference."""

_ROUNDS: Final = 4
_MAX_STEPS: Final = 150_000
"""The most steps of all searches for one document: about ten seconds."""
_MAX_REMOVALS: Final = 400
_READABLE: Final = frozenset(FORMATS.values())
_FIRST: Final = ("taskType", "taskUUID", "model")

_BEYOND_SCHEMAS: Final = (AreaIn, RatioIn)
"""Predicates that only emitted code checks: `x-constraints` is not JSON Schema."""


class Version(NamedTuple):
    """One version of a document: its model, and its judges."""

    document: Document
    tasks: Judge
    results: Judge


class _Values(NamedTuple):
    """The values that one version accepts: tasks or results.

    Attributes:
        whole: The predicate of them.
        known: The predicates that it refers to.
        judge: Validates them.
    """

    whole: Predicate
    known: Definitions
    judge: Judge


def _tasks(version: Version) -> _Values:
    document = version.document
    classes = (document.request, *document.nested_request_classes)
    known = definitions_of(document.definitions, classes)
    return _Values(of_class(document.request), known, version.tasks)


def _results(version: Version) -> _Values:
    document = version.document
    classes = (document.result, *document.nested_result_classes)
    known = definitions_of(document.result_definitions, classes)
    return _Values(of_class(document.result), known, version.results)


@dataclass(slots=True)
class _Budget:
    """The number of steps that are left."""

    left: int


class Search:
    """Searches for values that only one of two versions of a document accepts."""

    def __init__(self, old: Version, new: Version, side: Side) -> None:
        """Create a search.

        Args:
            old: The version before.
            new: The version now.
            side: REQUEST for tasks, RESULT for results.
        """
        values_of = _tasks if side is Side.REQUEST else _results
        self._old = values_of(old)
        self._new = values_of(new)
        self._budget = _Budget(_MAX_STEPS)

    def witness(
        self, finding: Finding, direction: Direction, attempts: range
    ) -> dict[str, Any] | None:
        """Find a small task or result that proves a finding.

        Args:
            finding: The finding, with the old and the new predicate.
            direction: NARROWED for a value that was accepted and is refused now,
                WIDENED for one that was refused and is accepted now.
            attempts: The numbers of the attempts; equal numbers give equal values.

        Returns:
            A task that proves it by emitted code and by jsonschema-rs, or a result that
            proves it by jsonschema-rs; else None.
        """
        was, now = finding.was, finding.now
        if was is None or now is None:
            return None
        if direction is Direction.NARROWED:
            goal = _Goal(self._old, self._new, was, now, finding.at)
        else:
            goal = _Goal(self._new, self._old, now, was, finding.at)
        return _Hunt(goal, self._budget).run(attempts)


class _Goal(NamedTuple):
    """The goal of a search: a value that one version accepts and the other refuses.

    Attributes:
        accepting: The version that accepts it.
        refusing: The version that refuses it.
        good: The predicate of the accepting version at the place.
        bad: The predicate of the refusing version, which it violates.
        at: The place.
    """

    accepting: _Values
    refusing: _Values
    good: Predicate
    bad: Predicate
    at: tuple[str, ...]


class _Hunt:
    """The search for one value: a task or a result."""

    def __init__(self, goal: _Goal, budget: _Budget) -> None:
        self._goal = goal
        self._budget = budget
        self._accepting = goal.accepting.known
        self._refusing = goal.refusing.known
        self._whole = goal.accepting.whole
        self._separating = _separating(goal.good, goal.bad)
        self._beyond = speaks_of((goal.good, goal.bad), _BEYOND_SCHEMAS)

    def run(self, attempts: range) -> dict[str, Any] | None:
        """Search for a task, and shrink it."""
        for task in self._candidates(attempts):
            if self._shows(task) and self._is_confirmed(task):
                return _ordered(self._shrunk(task))
        return None

    def _candidates(self, attempts: range) -> Iterator[Any]:
        place = _inside(self._goal.at, TRUE)
        for attempt in attempts:
            random = Random(attempt)  # noqa: S311  # nothing is secret here
            accepting = Values(self._accepting, random)
            refusing = Values(self._refusing, random)
            task = accepting.changed(place, accepting.example(self._whole))
            for _ in range(_ROUNDS):
                task = accepting.changed(self._whole, task)
                task = self._bent(task, accepting, refusing, attempt)
                yield task
                task = accepting.changed(self._whole, task)
                yield task
            self._budget.left -= accepting.steps + refusing.steps
            if self._budget.left < 0:
                return

    def _bent(
        self, task: Any, accepting: Values, refusing: Values, attempt: int
    ) -> Any:
        """Change the value at the place, so that only one version allows it."""

        def bend(value: Any) -> Any:
            if self._separating is not None and attempt % 2 == 0:
                return self._separating
            bent = refusing.changed(self._goal.bad, value, wanted=False)
            good = accepting.changed(self._goal.good, bent)
            return refusing.changed(self._goal.bad, good, wanted=False)

        return _changed_at(task, self._goal.at, bend)

    def _shows(self, task: object) -> bool:
        """Return whether jsonschema-rs confirms the task, and the place is the reason."""
        goal = self._goal
        return (
            is_object(task)
            and any(
                holds(goal.good, value, self._accepting)
                and not holds(goal.bad, value, self._refusing)
                for value in _values_at(task, goal.at)
            )
            and goal.accepting.judge.accepts(task)
            and (self._beyond or not goal.refusing.judge.accepts(task))
        )

    def _is_confirmed(self, task: dict[str, Any]) -> bool:
        """Return whether the emitted code confirms the task too."""
        goal = self._goal
        return goal.accepting.judge.emitted_accepts(
            task
        ) and not goal.refusing.judge.emitted_accepts(task)

    def _shrunk(self, task: dict[str, Any]) -> dict[str, Any]:
        """Remove and shorten what is not needed."""
        removals = 0
        shrinking = True
        while shrinking:
            shrinking = False
            for smaller in _smaller(task):
                removals += 1
                self._budget.left -= 1
                if removals > _MAX_REMOVALS:
                    return task
                if self._shows(smaller) and self._is_confirmed(smaller):
                    task, shrinking = smaller, True
                    break
        return task


def _separating(good: Predicate, bad: Predicate) -> str | None:
    """Return a text that matches one pattern and not the other, if it is known."""
    if isinstance(good, Matches) and isinstance(bad, Matches):
        return separation(good.source, bad.source).text
    return None


def _ordered(task: dict[str, Any]) -> dict[str, Any]:
    """Sort the members that every task has first."""
    first: dict[str, Any] = {name: task[name] for name in _FIRST if name in task}
    return {**first, **task}


def _inside(steps: tuple[str, ...], part: Predicate) -> Predicate:
    """Return the predicate that a place exists and its value satisfies a predicate."""
    for step in reversed(steps):
        part = Contains(part) if step == ANY_ITEM else RequiredProperty(step, part)
    return part


def _values_at(value: Any, steps: tuple[str, ...]) -> Iterator[Any]:
    """Yield the values at a place: several, if it is about items."""
    if not steps:
        yield value
    elif steps[0] == ANY_ITEM:
        inner = value if is_array(value) else _members(value)
        for each in inner:
            yield from _values_at(each, steps[1:])
    elif is_object(value) and steps[0] in value:
        yield from _values_at(value[steps[0]], steps[1:])


def _members(value: Any) -> list[Any]:
    return list(value.values()) if is_object(value) else []


def _changed_at(value: Any, steps: tuple[str, ...], change: Any) -> Any:
    """Change the value at a place: the first, if it is about items."""
    if not steps:
        return change(value)
    first, *_ = steps
    if first == ANY_ITEM and is_array(value) and value:
        return [_changed_at(value[0], steps[1:], change), *value[1:]]
    if first == ANY_ITEM and is_object(value):
        name = next(iter(value), "a")
        return {**value, name: _changed_at(value.get(name), steps[1:], change)}
    if is_object(value) and first in value:
        return {**value, first: _changed_at(value[first], steps[1:], change)}
    return value


def _smaller(value: Any) -> Iterator[Any]:
    """Yield the values that are one step smaller, the smallest first."""
    if is_object(value):
        for name in value:
            yield {n: v for n, v in value.items() if n != name}
        for name, inner in value.items():
            for smaller in _smaller(inner):
                yield {**value, name: smaller}
    elif is_array(value):
        for index in range(len(value)):
            yield [*value[:index], *value[index + 1 :]]
        for index, inner in enumerate(value):
            for smaller in _smaller(inner):
                yield [*value[:index], smaller, *value[index + 1 :]]
    elif isinstance(value, str) and len(value) > 1 and value not in _READABLE:
        yield value[: len(value) // 2]
        yield value[:-1]
