"""Evaluates predicates of JSON values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from runware_codegen.documents import JsonValue
from runware_codegen.documents.members import is_number
from runware_codegen.model import including_integers
from runware_codegen.model import predicates as p
from runware_codegen.model.constants import Constant, json_type
from runware_codegen.model.logic import is_in
from runware_codegen.model.predicates import EvaluatedItems, Predicate
from runware_codegen.parse.patterns import is_found
from runware_codegen.parse.schema.standalone import validator_of

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

Definitions: TypeAlias = "Mapping[str, Predicate]"
"""The predicates that each `DefinitionRef` names."""

_MAX_WORK: Final = 10_000
"""The largest product of the lengths of a constant and a pattern that is matched."""


def holds(test: Predicate, value: JsonValue, known: Definitions) -> bool:
    """Return whether a JSON value satisfies a predicate.

    Args:
        test: The predicate.
        value: The value.
        known: The predicates that each `DefinitionRef` names.
    """
    match test:
        case p.Always(truth):
            return truth
        case p.AllOf(parts):
            return all(holds(part, value, known) for part in parts)
        case p.AnyOf(parts):
            return any(holds(part, value, known) for part in parts)
        case p.ExactlyOne(parts):
            return sum(holds(part, value, known) for part in parts) == 1
        case p.Not(part):
            return not holds(part, value, known)
        case p.IfThenElse(condition, then, otherwise):
            chosen = then if holds(condition, value, known) else otherwise
            return holds(chosen, value, known)
        case p.DefinitionRef(name):
            return holds(known[name], value, known)
        case p.IsType(types):
            return json_type(value) in including_integers(types)
        case p.IsIn(values):
            return Constant(value) in values
        case p.OptionalProperty(name, part):
            if not isinstance(value, dict) or name not in value:
                return True
            return holds(part, value[name], known)
        case _ if isinstance(value, str):
            return _holds_for_string(test, value)
        case _ if isinstance(value, dict):
            return _holds_for_object(test, value, known)
        case _ if isinstance(value, list):
            return _holds_for_array(test, value, known)
        case _:
            return is_number(value) and _holds_for_number(test, value)


def holds_constant(test: Predicate, value: JsonValue) -> bool | None:
    """Return whether a constant satisfies a predicate; None if that is not decided.

    Tests of items and properties, of formats, and of slow patterns are not decided.
    """
    match test:
        case p.Not(part):
            verdict = holds_constant(part, value)
            return None if verdict is None else not verdict
        case p.AllOf(parts):
            verdicts = [holds_constant(part, value) for part in parts]
            return False if False in verdicts else None if None in verdicts else True
        case p.AnyOf(parts):
            verdicts = [holds_constant(part, value) for part in parts]
            return True if True in verdicts else None if None in verdicts else False
        case p.Matches(_, parts) if isinstance(value, str) and any(
            len(value) * len(expression) > _MAX_WORK for expression, _ in parts
        ):
            return None
        case (
            p.Always()
            | p.IsType()
            | p.IsIn()
            | p.InRange()
            | p.MultipleOf()
            | p.LengthIn()
            | p.Matches()
        ):
            return holds(test, value, {})
        case _:
            return None


def values_for_which(values: p.IsIn, predicate: Predicate) -> Predicate | None:
    """Return the values that satisfy a predicate; None if that is undecided."""
    verdicts = [holds_constant(predicate, value.value) for value in values.values]
    if None in verdicts:
        return None
    kept = [v for v, good in zip(values.values, verdicts, strict=True) if good]
    return p.TRUE if len(kept) == len(values.values) else is_in(kept)


def _is_within(count: int, least: int, most: int | None) -> bool:
    return least <= count and (most is None or count <= most)


def _holds_for_string(test: Predicate, value: str) -> bool:
    match test:
        case p.LengthIn(least, most):
            return _is_within(len(value), least, most)
        case p.Matches(_, parts):
            return all(is_found(part, value) == must for part, must in parts)
        case p.HasFormat(name):
            return _format_validator(name).is_valid(value)
        case _:
            return False


@cache
def _format_validator(name: str) -> Draft202012Validator:
    return validator_of({"format": name})


def _holds_for_number(test: Predicate, value: float) -> bool:
    match test:
        case p.InRange(ge, gt, le, lt):
            return (
                (ge is None or value >= ge)
                and (gt is None or value > gt)
                and (le is None or value <= le)
                and (lt is None or value < lt)
            )
        case p.MultipleOf(step):
            return Fraction(str(value)) % Fraction(step) == 0
        case _:
            return False


def _holds_for_array(
    test: Predicate, value: list[JsonValue], known: Definitions
) -> bool:
    match test:
        case p.ItemCount(least, most):
            return _is_within(len(value), least, most)
        case p.UniqueItems():
            return len({Constant(item) for item in value}) == len(value)
        case p.Items(part, start):
            return all(holds(part, item, known) for item in value[start:])
        case p.PrefixItem(index, part):
            return index >= len(value) or holds(part, value[index], known)
        case p.Contains(part, least, most):
            count = sum(holds(part, item, known) for item in value)
            return _is_within(count, least, most)
        case p.UnevaluatedItems(part, evaluated):
            others = _unevaluated(value, evaluated, known)
            return all(holds(part, item, known) for item in others)
        case _:
            return False


def _unevaluated(
    value: list[JsonValue], evaluated: tuple[EvaluatedItems, ...], known: Definitions
) -> Iterator[JsonValue]:
    holding = [each for each in evaluated if holds(each.condition, value, known)]
    for index, item in enumerate(value):
        if not any(
            index < (each.first or 0) or holds(each.matching, item, known)
            for each in holding
        ):
            yield item


def _holds_for_object(
    test: Predicate, value: dict[str, JsonValue], known: Definitions
) -> bool:
    match test:
        case p.RequiredProperty(name, part):
            return name in value and holds(part, value[name], known)
        case p.PropertyCount(least, most):
            return _is_within(len(value), least, most)
        case p.PropertyNames(part):
            return all(holds(part, name, known) for name in value)
        case p.PatternProperties(pattern, part):
            matching = (v for n, v in value.items() if _holds_for_string(pattern, n))
            return all(holds(part, each, known) for each in matching)
        case p.AdditionalProperties(part):
            others = additional(test, value, known)
            return all(holds(part, value[name], known) for name in others)
        case p.FigureIn():
            return _is_figure_within(test, value)
        case _:
            return False


def additional(
    test: p.AdditionalProperties, value: dict[str, JsonValue], known: Definitions
) -> list[str]:
    """Return the names of the properties that no other keyword evaluates."""
    holding = [each for each in test.evaluated if holds(each.condition, value, known)]
    return [
        name
        for name in value
        if not any(
            name in each.names
            or any(_holds_for_string(pattern, name) for pattern in each.patterns)
            for each in holding
        )
    ]


def _is_figure_within(test: p.FigureIn, value: dict[str, JsonValue]) -> bool:
    first, second = value.get(test.first), value.get(test.second)
    is_area = test.operation == "area"
    if not (is_number(first) and is_number(second) and (is_area or second)):
        return True
    one, other = Fraction(str(first)), Fraction(str(second))
    figure = one * other if is_area else one / other
    above = test.minimum is None or figure >= Fraction(str(test.minimum))
    return above and (test.maximum is None or figure <= Fraction(str(test.maximum)))
