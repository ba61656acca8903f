"""Writes predicates as English sentences for error messages.

A clause states a predicate of the value at a path ("settings.quad is true"). A demand
requires it ("settings.quad must be true").
"""

from __future__ import annotations

from typing import NamedTuple

from runware_codegen.formats import FORMATS
from runware_codegen.model import predicates as p
from runware_codegen.model.constants import quoted
from runware_codegen.model.predicates import FALSE, TRUE, Predicate
from runware_codegen.parse.rules.forms import (
    TOO_LONG,
    absent_path,
    absent_paths,
    cases,
    flatten,
    innermost,
    is_short_enough,
    is_test,
    is_test_or_negation,
    is_type_with_tests,
    present_path,
    present_paths,
    property_path,
)
from runware_codegen.wording import (
    TYPES,
    allowed_names,
    bounds_of,
    count_of,
    joined,
    one_of,
)

_MAX_TITLE_LENGTH = 60


class VerbPhrase(NamedTuple):
    """A verb phrase: its verb as infinitive and in the third person, and the rest."""

    base: str
    third: str
    rest: str

    def holds(self) -> str:
        """Return the statement: "is true"."""
        return f"{self.third} {self.rest}"

    def fails(self) -> str:
        """Return the negation: "is not true", "does not match …"."""
        if self.base == "be":
            return f"is not {self.rest}"
        return f"does not {self.base} {self.rest}"


def _be(rest: str) -> VerbPhrase:
    return VerbPhrase("be", "is", rest)


def _have(rest: str) -> VerbPhrase:
    return VerbPhrase("have", "has", rest)


def verb_phrase(test: Predicate) -> VerbPhrase:
    """Return a test of a value as a verb phrase."""
    match test:
        case p.IsIn(values):
            return _be(one_of([quoted(value.value) for value in values]))
        case p.IsType(types):
            return _be(joined([TYPES[each] for each in sorted(types)], "or"))
        case p.InRange():
            return _be(bounds_of(test))
        case p.MultipleOf(step):
            return _be(f"a multiple of {step:f}")
        case p.LengthIn(least, most):
            return _have(count_of(least, most, "character"))
        case p.Matches(source):
            return VerbPhrase("match", "matches", f"the pattern {source}")
        case p.HasFormat(name):
            return _be(FORMATS[name])
        case p.ItemCount(least, most):
            return _have(count_of(least, most, "item"))
        case p.PropertyCount(least, most):
            return _have(count_of(least, most, "member"))
        case p.UniqueItems():
            return _have("no two equal items")
        case p.FigureIn():
            return _have(" ".join(_figure(test)))
        case p.PrefixItem(index, part):
            return _have(f"as item {index + 1} only a value that {_that(part)}")
        case p.Items(part, start):
            after = f" from item {start + 1} on" if start else ""
            return _have(f"only items{after} that {_that(part, many=True)}")
        case p.UnevaluatedItems(part):
            if part == FALSE:
                return _have("no further items")
            return _have(f"only further items that {_that(part, many=True)}")
        case p.Contains(part, least, most):
            return _have(f"{count_of(least, most, 'item')} {_such(part, least, most)}")
        case p.AdditionalProperties(part, exempt):
            names = allowed_names(exempt)
            if part == FALSE:
                return _have(f"no members{names}")
            return _have(f"only members{names} that {_that(part, many=True)}")
        case p.PatternProperties(pattern, part):
            named = f"members whose names match {pattern.source}"
            if part == FALSE:
                return _have(f"no {named}")
            return _have(f"only {named} that {_that(part, many=True)}")
        case p.PropertyNames(part):
            return _have(f"only members whose names {_that(part, many=True)}")
        case p.DefinitionRef(definition):
            name = definition.removeprefix("is_")
            return VerbPhrase("match", "matches", f"the definition {name}")
        case p.AllOf(parts) if is_type_with_tests(test):
            return _be(_kind(parts))
        case _:
            return _be("such that " + clause(test, "it"))


def _kind(parts: tuple[Predicate, ...]) -> str:
    """Describe a value of a type: "a list with 1 to 3 items"."""
    [noun] = [verb_phrase(part).rest for part in parts if isinstance(part, p.IsType)]
    bounds, formats, having, others = "", "", list[str](), list[str]()
    for part in parts:
        phrase = verb_phrase(part)
        if isinstance(part, p.InRange):
            between = phrase.rest.startswith("between")
            bounds = f" {phrase.rest}" if between else f" of {phrase.rest}"
        elif isinstance(part, p.HasFormat) and not formats:
            formats = phrase.rest
        elif phrase.base == "have":
            having.append(phrase.rest)
        elif not isinstance(part, p.IsType):
            others.append(phrase.holds())
    kind = formats or f"{noun}{bounds}"
    kind += f" with {joined(having, 'and')}" if having else ""
    return kind + (f" that {joined(others, 'and')}" if others else "")


def _fails(test: Predicate) -> str:
    """Negate a test: "is neither 1 nor 2"."""
    if isinstance(test, p.InRange) and (opposite := _opposite(test)):
        return verb_phrase(opposite).holds()
    if not isinstance(test, p.IsIn) or len(test.values) == 1:
        return verb_phrase(test).fails()
    values = [quoted(value.value) for value in test.values]
    if len(values) == 2:
        return f"is neither {' nor '.join(values)}"
    return f"is none of {one_of(values).removeprefix('one of ')}"


def _opposite(test: p.InRange) -> p.InRange | None:
    """Return the range of all other numbers; None if a range has two bounds."""
    if sum(b is not None for b in (test.ge, test.gt, test.le, test.lt)) != 1:
        return None
    return p.InRange(ge=test.lt, gt=test.le, le=test.gt, lt=test.ge)


def _figure(test: p.FigureIn, path: str = "") -> tuple[str, str]:
    sign = "×" if test.operation == "area" else "÷"
    first, second = (property_path(path, name) for name in (test.first, test.second))
    span = bounds_of(p.InRange(ge=test.minimum, le=test.maximum))
    return f"{first} {sign} {second}", span


def _such(part: Predicate, least: int, most: int | None) -> str:
    """Describe items by a predicate: "whose id is given"."""
    many = most != 1 and (least, most) != (1, None)
    if not many and isinstance(part, p.Property) and is_test_or_negation(part.part):
        return f"whose {clause(part)}"
    return f"that {_that(part, many=many)}"


def _that(part: Predicate, *, many: bool = False) -> str:
    if is_test(part):
        phrase = verb_phrase(part)
        if not many:
            return phrase.holds()
        return (
            f"are {phrase.rest}"
            if phrase.base == "be"
            else f"{phrase.base} {phrase.rest}"
        )
    if isinstance(part, p.Not) and not many:
        return _fails(part.part)
    if isinstance(part, p.Property) and not many:
        return clause(part)
    return ("are" if many else "is") + " such that " + clause(part, "it")


def clause(part: Predicate, path: str = "") -> str:
    """State a predicate of the value at a path: "quad is true"."""
    if given := present_path(part, path):
        return f"{given} is given"
    if absent := absent_path(part, path):
        return f"{absent} is not given"
    match part:
        case p.Always(truth):
            return f"the value is {'anything' if truth else 'impossible'}"
        case p.RequiredProperty(
            name, p.OptionalProperty(inside, inner)
        ) if not isinstance(inner, p.Not):
            return _clause_without(property_path(path, name), inside, inner)
        case p.RequiredProperty(name, inner):
            return clause(inner, property_path(path, name))
        case p.OptionalProperty(name, inner):
            return _clause_if_given(inner, property_path(path, name))
        case p.AllOf(parts) if not is_type_with_tests(part):
            return _all_clause(flatten(parts, p.AllOf), path)
        case p.AnyOf(parts):
            return _any_clause(flatten(parts, p.AnyOf), path)
        case p.ExactlyOne(parts, titles):
            return f"exactly one of these holds: {_listed(parts, titles, path)}"
        case p.IfThenElse():
            return _when_clause(part, path)
        case p.Not(inner):
            return f"{path or 'it'} {_fails(inner)}"
        case _:
            return f"{path or 'it'} {verb_phrase(part).holds()}"


def _clause_if_given(inner: Predicate, path: str) -> str:
    while isinstance(inner, p.OptionalProperty):
        path, inner = property_path(path, inner.name), inner.part
    if isinstance(inner, p.Not):
        return f"{path} {_fails(inner.part)}"
    if is_test(inner):
        return f"{path}, if given, {verb_phrase(inner).holds()}"
    return f"{path} is not given or {clause(inner, path)}"


def _clause_without(path: str, name: str, inner: Predicate) -> str:
    """State that an object is given, and a member of it only with certain values."""
    without = f"{path} is given without {name}"
    if inner == FALSE:
        return without
    return f"{without} or {clause(inner, property_path(path, name))}"


def _all_clause(parts: list[Predicate], path: str) -> str:
    given = [name for part in parts if (name := present_path(part, path))]
    absent = [name for part in parts if (name := absent_path(part, path))]
    others = [
        clause(part, path)
        for part in parts
        if not present_path(part, path) and not absent_path(part, path)
    ]
    if given:
        others.append(f"{joined(given, 'and')} {'are' if given[1:] else 'is'} given")
    if len(absent) > 1:
        others.append(f"none of {joined(absent, 'and')} is given")
    elif absent:
        others.append(f"{absent[0]} is not given")
    return joined(others, "and")


def _any_clause(parts: list[Predicate], path: str) -> str:
    found = [innermost(part, path) for part in parts]
    paths = [*dict.fromkeys(each for each, _ in found)]
    tests = [*dict.fromkeys(test for _, test in found)]
    if all(paths) and all(map(is_test, tests)) and 1 in (len(paths), len(tests)):
        verbs = joined([verb_phrase(test).holds() for test in tests], "or")
        return f"{joined(paths, 'or')} {verbs}"
    given = [name for part in parts if (name := present_path(part, path))]
    others = [clause(part, path) for part in parts if not present_path(part, path)]
    if given:
        others.insert(0, f"{joined(given, 'or')} is given")
    return ", or ".join(others) if " or " in others[0] else joined(others, "or")


def _when_clause(part: p.IfThenElse, path: str) -> str:
    clauses = [
        f"{demand(required, path)} when {clause(condition, path)}"
        for condition, required in cases(part)
    ]
    return joined(clauses, "and")


def _listed(parts: tuple[Predicate, ...], titles: tuple[str, ...], path: str) -> str:
    clauses = [clause(part, path) for part in parts]
    readable = all(t.isprintable() and 0 < len(t) <= _MAX_TITLE_LENGTH for t in titles)
    if titles and readable and len({*titles}) == len(titles):
        clauses = [f"{t} ({each})" for t, each in zip(titles, clauses, strict=True)]
    return "; ".join(clauses)


def demand(part: Predicate, path: str = "") -> str:
    """Require a predicate of the value at a path: "quad must be true"."""
    if given := present_paths(part, path):
        return f"{joined(given, 'and')} {'are' if given[1:] else 'is'} required"
    if absent := absent_paths(part, path):
        return f"{joined(absent, 'and')} {'are' if absent[1:] else 'is'} not allowed"
    match part:
        case p.RequiredProperty(name, inner) if is_test_or_negation(inner):
            return f"{property_path(path, name)} is required and {_must(inner)}"
        case p.RequiredProperty(name, p.OptionalProperty(inside, inner)):
            return _demand_inside(property_path(path, name), inside, inner)
        case p.RequiredProperty(name, inner) | p.OptionalProperty(name, inner):
            return demand(inner, property_path(path, name))
        case p.AnyOf(parts):
            return _any_demand(flatten(parts, p.AnyOf), path)
        case p.ExactlyOne(parts, titles):
            return _one_demand(parts, titles, path)
        case p.AllOf(parts) if not is_type_with_tests(part):
            return joined(
                [demand(each, path) for each in flatten(parts, p.AllOf)], "and"
            )
        case p.IfThenElse():
            return _when_clause(part, path)
        case p.Always(truth):
            return f"it is {'allowed' if truth else 'not allowed'}"
        case p.FigureIn():
            return " must be ".join(_figure(part, path))
        case p.PrefixItem(index, inner) if is_test_or_negation(inner):
            return f"item {index + 1}{f' of {path}' if path else ''} {_must(inner)}"
        case _:
            return f"{path} {_must(part)}".strip()


def _demand_inside(path: str, name: str, inner: Predicate) -> str:
    """Require an object, and a predicate of an optional member of it."""
    member = property_path(path, name)
    needed = joined(present_paths(inner, member), "and")
    then = f"{member} requires {needed}" if needed else demand(inner, member)
    return f"{path} is required and {then}"


def _must(part: Predicate) -> str:
    verb, test = ("must not", part.part) if isinstance(part, p.Not) else ("must", part)
    phrase = verb_phrase(test)
    return f"{verb} {phrase.base} {phrase.rest}"


def _any_demand(parts: list[Predicate], path: str) -> str:
    if all(given := [present_path(part, path) for part in parts]):
        return f"give at least one of {joined(given, 'and')}"
    if all(groups := [present_paths(part, path) for part in parts]):
        return f"give at least one of these: {_grouped(groups)}"
    if all(groups := [absent_paths(part, path) for part in parts]):
        return " cannot be combined with ".join(joined(g, "or") for g in groups)
    if all(map(is_test_or_negation, parts)):
        return f"{path} {joined([_must(part) for part in parts], 'or')}".strip()
    return joined([clause(part, path) for part in parts], "or")


def _one_demand(
    parts: tuple[Predicate, ...], titles: tuple[str, ...], path: str
) -> str:
    if all(names := [_demanded_path(part, path) for part in parts]):
        return f"give exactly one of {joined(names, 'and')}"
    if not any(titles) and all(groups := [present_paths(part, path) for part in parts]):
        return f"give exactly one of these: {_grouped(groups)}"
    if all(map(is_test_or_negation, parts)):
        only = "not both" if len(parts) == 2 else "but only one of these"
        demands = joined([_must(each) for each in parts], "or")
        return f"{path} {demands}, {only}".strip()
    return f"exactly one of these must hold: {_listed(parts, titles, path)}"


def _grouped(groups: list[list[str]]) -> str:
    """List groups of members: "prompt; image and video"."""
    return "; ".join(joined(each, "and") for each in groups)


def _demanded_path(part: Predicate, path: str) -> str:
    """Return the path if a predicate only demands that it is given, or not empty."""
    path, part = innermost(part, path)
    return path if part in (TRUE, p.ItemCount(1)) else ""


def must_be(part: Predicate) -> str:
    """Require a predicate of a value without naming the value: "must be true"."""
    return demand(part) if is_short_enough(part) else TOO_LONG
