"""Differences of requests and results: their classes, and the members of these.

A request is judged in the direction of the caller, a result in that of its reader. A result
that allows less than before breaks no reader. One that allows more breaks code that reads a
member which may now be absent or null; other code may get unexpected values or types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from runware_codegen.diff.canonical import equal
from runware_codegen.diff.constraints import Constraint, finding, narrowed, widened
from runware_codegen.diff.entries import Direction, Finding, Place, Side
from runware_codegen.diff.rules import compare_rules
from runware_codegen.diff.types import compare_types
from runware_codegen.model import Anything, Class, ClassRef, Document, Field
from runware_codegen.model.class_predicates import of_class, of_rule, only_known
from runware_codegen.model.constants import quoted
from runware_codegen.model.logic import has, lacks
from runware_codegen.model.predicates import TRUE, OptionalProperty
from runware_codegen.model.type_predicates import of_type
from runware_codegen.parse.assertions.facts import Facts
from runware_codegen.parse.assertions.simplify import Simplifier
from runware_codegen.wording import words_of

_DELIVERY = ("deliveryMethod",)
"""A difference of the default delivery is reported as metadata."""


def compare_classes(old: Document, new: Document) -> Iterator[Finding]:
    """Find the differences of the requests and of the results of two versions."""
    requests = old.request_classes, new.request_classes
    yield from _Comparison(Side.REQUEST, *requests).findings()
    yield from _definitions(old, new)
    results = old.result_classes, new.result_classes
    yield from _Comparison(Side.RESULT, *results).findings()


def _definitions(old: Document, new: Document) -> Iterator[Finding]:
    """Compare recursive schemas; rules and types refer to them by name."""
    before, after = dict(old.definitions), dict(new.definitions)
    for name in sorted(before.keys() & after.keys()):
        if not equal(before[name], after[name]):
            was = Constraint(of_class(old.request), f"the recursive schema {name}")
            now = Constraint(of_class(new.request), "another recursive schema")
            place = Place(Side.REQUEST, (), new.request.name)
            yield finding("constraint-changed", (was, now), place, Direction.CHANGED)


class _Comparison:
    """Compares the classes of requests or of results; each time, the top class is first."""

    def __init__(self, side: Side, old: Sequence[Class], new: Sequence[Class]) -> None:
        self._side = side
        self._top = old[0].name, new[0].name
        self._old = {each.name: each for each in old}
        self._new = {each.name: each for each in new}
        self._simplifier = Simplifier(self._old, {})
        self._compared: set[tuple[str, str]] = set()

    def findings(self) -> Iterator[Finding]:
        """Find the differences of the top classes, and of the classes that they contain."""
        yield from self._named(*self._top, Place(self._side, (), self._top[1]))

    def _named(self, old: str, new: str, place: Place) -> Iterator[Finding]:
        """Compare two classes by name; each pair is compared only once."""
        if (old, new) in self._compared:
            return
        self._compared.add((old, new))
        if old != new and place.steps:
            yield Finding("class-renamed", place, old, new)
        yield from self._classes(self._old[old], self._new[new], place)

    def _classes(self, old: Class, new: Class, place: Place) -> Iterator[Finding]:
        if old.doc.split() != new.doc.split():
            yield Finding("words-changed", place, old.doc, new.doc)
        before = {field.json_name: field for field in old.fields}
        after = {field.json_name: field for field in new.fields}
        for name, field in before.items():
            inside = place.member(name, field.name)
            if name in after:
                yield from self._members(field, after[name], place, inside)
            else:
                yield self._removed(field, new, place, inside)
        for name, field in after.items():
            if name not in before:
                inside = place.member(name, field.name)
                yield from self._added(field, old, place, inside)
        yield from self._extra(old, new, place)
        if self._side is Side.REQUEST:
            known = Facts.of(ClassRef(old.name), tuple(map(of_rule, old.rules)))
            yield from compare_rules(
                old.rules,
                new.rules,
                place,
                held=lambda rule: self._simplifier.simplify(rule, known) == TRUE,
            )

    def _members(
        self, old: Field, new: Field, parent: Place, place: Place
    ) -> Iterator[Finding]:
        if old.name != new.name:
            yield Finding("member-renamed", place, old.name, new.name)
        required = Constraint(has(old.json_name), "required")
        optional = Constraint(TRUE, "optional")
        if new.required and not old.required:
            change = optional, required
            yield _of_owner(narrowed("member-required", change, place), parent)
        elif old.required and not new.required:
            change = required, optional
            yield _of_owner(widened("member-optional", change, place), parent)
        if old.default != new.default and place.steps != _DELIVERY:
            yield Finding("default-changed", place, _default(old), _default(new))
        if self._side is Side.REQUEST and old.secret != new.secret:
            yield Finding("secrecy-changed", place, _secrecy(old), _secrecy(new))
        if new.deprecated and not old.deprecated:
            yield Finding("deprecation-added", place, "", "deprecated")
        elif old.deprecated and not new.deprecated:
            yield Finding("deprecation-removed", place, "deprecated", "")
        before, after = _documentation(old), _documentation(new)
        if new.general and not old.general:
            yield Finding("member-undescribed", place, words_of(old.type), "")
        elif before.split() != after.split():
            yield Finding("words-changed", place, before, after)
        yield from compare_types(old.type, new.type, place, self._named)

    def _removed(
        self, field: Field, new: Class, parent: Place, place: Place
    ) -> Finding:
        shown = words_of(field.type)
        if new.allows_extra or self._side is Side.RESULT:
            return Finding("member-removed", place, shown, "")
        change = Constraint(TRUE, shown), Constraint(lacks(field.json_name), "")
        return _of_owner(narrowed("member-removed", change, place), parent)

    def _added(
        self, field: Field, old: Class, parent: Place, place: Place
    ) -> Iterator[Finding]:
        name, shown = field.json_name, words_of(field.type)
        if self._side is Side.RESULT:
            yield Finding("member-added", place, "", shown)
            return
        if field.required:
            change = Constraint(TRUE, ""), Constraint(has(name), shown)
            yield _of_owner(narrowed("member-added-required", change, place), parent)
        elif old.allows_extra:
            yield Finding("member-added", place, "", shown)
        else:
            change = Constraint(lacks(name), ""), Constraint(TRUE, shown)
            yield _of_owner(widened("member-added", change, place), parent)
        if old.allows_extra and field.type != Anything():
            now = Constraint(OptionalProperty(name, of_type(field.type)), shown)
            change = Constraint(TRUE, "any value"), now
            yield _of_owner(narrowed("type-narrowed", change, place), parent)

    def _extra(self, old: Class, new: Class, place: Place) -> Iterator[Finding]:
        allowed = Constraint(TRUE, "allowed")
        if new.allows_extra and not old.allows_extra:
            change = Constraint(only_known(old), "refused"), allowed
            yield widened("extra-members-allowed", change, place)
        elif old.allows_extra and not new.allows_extra:
            change = allowed, Constraint(only_known(new), "refused")
            yield narrowed("extra-members-refused", change, place)


def _of_owner(found: Finding, owner: Place) -> Finding:
    """Return a finding whose predicates are about the object that has the member."""
    return replace(found, at=owner.steps, typed=True)


def _documentation(field: Field) -> str:
    examples = [f"Example: {quoted(each.value)}" for each in field.examples]
    return "\n".join(filter(None, [field.doc, field.alternatives, *examples]))


def _default(field: Field) -> str:
    return "none" if field.default is None else quoted(field.default.value)


def _secrecy(field: Field) -> str:
    return "hidden" if field.secret else "shown"
