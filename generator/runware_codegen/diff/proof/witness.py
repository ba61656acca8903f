"""Searches for a task or a result that only one version of a document accepts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from random import Random
from typing import Any, Final, NamedTuple

from runware_codegen.diff.automata import separation
from runware_codegen.diff.canonical import has_part
from runware_codegen.diff.entries import ANY_ITEM, Direction, Finding
from runware_codegen.diff.proof.validators import SchemaValidator
from runware_codegen.diff.proof.values import Values
from runware_codegen.documents.members import is_array, is_object
from runware_codegen.formats import EXAMPLES
from runware_codegen.model.predicates import (
    TRUE,
    Contains,
    FigureIn,
    Matches,
    Predicate,
    RequiredProperty,
)
from runware_codegen.parse.assertions.evaluate import holds

FEW: Final = 6
MANY: Final = 24
"""The attempts of a usual search, and of a search for a breaking difference."""

_ROUNDS: Final = 4
"""The values that one attempt tries are two for each round."""

_MAX_STEPS: Final = 150_000
"""The most steps of all searches for one document: about ten seconds."""
_MAX_REMOVALS: Final = 400
_READABLE: Final = frozenset(EXAMPLES.values())
_FIRST: Final = ("taskType", "taskUUID", "model")


class _Goal(NamedTuple):
    """The goal of a search: a value that one version accepts and the other refuses.

    Attributes:
        accepting: The version that accepts it.
        refusing: The version that refuses it.
        good: The predicate of the accepting version at the place.
        bad: The predicate of the refusing version, which it violates.
        at: The place.
    """

    accepting: SchemaValidator
    refusing: SchemaValidator
    good: Predicate
    bad: Predicate
    at: tuple[str, ...]

    def is_met_by(self, task: object) -> bool:
        """Return whether both validators confirm a task, and the place is the reason."""
        return (
            is_object(task)
            and any(
                holds(self.good, value, self.accepting.known)
                and not holds(self.bad, value, self.refusing.known)
                for value in _values_at(task, self.at)
            )
            and self.accepting.accepts(task)
            and (
                is_beyond_schemas(self.good, self.bad)
                or not self.refusing.accepts(task)
            )
            and self.accepting.emitted_accepts(task)
            and not self.refusing.emitted_accepts(task)
        )


class Search:
    """Searches for values that only one of two versions of a document accepts."""

    def __init__(self, old: SchemaValidator, new: SchemaValidator) -> None:
        """Create a search for tasks, or for results, of the version before and that now."""
        self._old = old
        self._new = new
        self._steps_left = _MAX_STEPS

    @cached_property
    def nothing_refused(self) -> bool:
        """Whether the new version provably accepts all values that the old one accepts."""
        return self._new.covers(self._old)

    @cached_property
    def nothing_gained(self) -> bool:
        """Whether the old version provably accepts all values that the new one accepts."""
        return self._old.covers(self._new)

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
        if direction is Direction.NARROWED:
            goal = _Goal(self._old, self._new, was, now, finding.at)
        else:
            goal = _Goal(self._new, self._old, now, was, finding.at)
        for task in self._candidates(goal, attempts):
            if goal.is_met_by(task):
                return _ordered(self._shrunk(task, goal))
        return None

    def _candidates(self, goal: _Goal, attempts: range) -> Iterator[Any]:
        place, whole = _inside(goal.at, TRUE), goal.accepting.whole
        for attempt in attempts:
            random = Random(attempt)  # noqa: S311  # nothing is secret here
            accepting = Values(goal.accepting.known, random)
            refusing = Values(goal.refusing.known, random)
            text = _separating(goal) if attempt % 2 == 0 else None
            change = partial(_separated, goal, accepting, refusing, text)
            task = accepting.changed(place, accepting.example(whole))
            for _ in range(_ROUNDS):
                task = accepting.changed(whole, task)
                task = _changed_at(task, goal.at, change)
                yield task
                task = accepting.changed(whole, task)
                yield task
            self._steps_left -= accepting.steps + refusing.steps
            if self._steps_left < 0:
                return

    def _shrunk(self, task: dict[str, Any], goal: _Goal) -> dict[str, Any]:
        """Remove and shorten what is not needed."""
        candidates = _smaller(task)
        for _ in range(_MAX_REMOVALS):
            smaller = next(candidates, None)
            if smaller is None:
                break
            self._steps_left -= 1
            if goal.is_met_by(smaller):
                task, candidates = smaller, _smaller(smaller)
        return task


def is_beyond_schemas(*predicates: Predicate) -> bool:
    """Return whether predicates come from `x-constraints`, which is not JSON Schema.

    Only emitted code checks them.
    """
    return has_part(predicates, FigureIn)


def _separated(
    goal: _Goal, accepting: Values, refusing: Values, text: str | None, value: Any
) -> Any:
    """Change a value so that only one version allows it, or take a known text."""
    if text is not None:
        return text
    bad = refusing.violating(goal.bad, value)
    good = accepting.changed(goal.good, bad)
    return refusing.violating(goal.bad, good)


def _separating(goal: _Goal) -> str | None:
    """Return a text that matches one pattern and not the other, if it is known."""
    if isinstance(goal.good, Matches) and isinstance(goal.bad, Matches):
        return separation(goal.good.source, goal.bad.source).text
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
        members = list(value.values()) if is_object(value) else []
        for each in value if is_array(value) else members:
            yield from _values_at(each, steps[1:])
    elif is_object(value) and steps[0] in value:
        yield from _values_at(value[steps[0]], steps[1:])


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
