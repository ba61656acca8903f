"""Proves from the form of two predicates, and from their patterns, that one implies the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from runware_codegen.diff.automata import Separation, separation
from runware_codegen.model import including_integers
from runware_codegen.model import predicates as p
from runware_codegen.model.predicates import FALSE, TRUE, Predicate
from runware_codegen.model.type_predicates import class_definition, has_type
from runware_codegen.parse.assertions.evaluate import holds_constant

_LONGEST: Final = 500
"""The longest text for which a limit is compared with a pattern."""


def implies(one: Predicate, other: Predicate) -> bool:
    """Return whether the form of two predicates proves that the first implies the second.

    False proves nothing.
    """
    if one in (other, FALSE) or other == TRUE:
        return True
    match one, other:
        case _, p.AllOf(parts):
            return all(implies(one, part) for part in parts)
        case (
            p.IfThenElse(given, required, p.Always(True)),
            p.IfThenElse(condition, then, p.Always(True)),
        ):
            return implies(condition, given) and implies(required, then)
        case _, p.IfThenElse(_, then, p.Always(True)):
            return implies(one, then)
        case p.AnyOf(parts), _:
            return all(implies(part, other) for part in parts)
        case p.AllOf(parts), _ if any(implies(part, other) for part in parts):
            return True
        case _, p.AnyOf(parts):
            return any(implies(one, part) for part in parts)
        case p.ExactlyOne(parts), _:
            return all(implies(part, other) for part in parts)
        case _:
            return _tests(one, other)


def _tests(one: Predicate, other: Predicate) -> bool:
    match one, other:
        case p.IsType(types), p.IsType(wider):
            return types <= including_integers(wider)
        case p.IsType(types), p.Not(p.IsType(refused)):
            return not including_integers(types) & including_integers(refused)
        case p.DefinitionRef(name), _ if name.startswith(class_definition("")):
            return implies(has_type("object"), other)
        case p.IsIn(values), _:
            return all(holds_constant(other, value.value) for value in values)
        case p.Not(p.IsIn(values)), p.Not(p.IsIn(fewer)):
            return set(fewer) <= set(values)
        case p.InRange(), p.InRange():
            return is_within(one, other)
        case p.MultipleOf(step), p.MultipleOf(divisor):
            return Fraction(step) % Fraction(divisor) == 0
        case (
            (p.LengthIn(a, b), p.LengthIn(c, d))
            | (p.ItemCount(a, b), p.ItemCount(c, d))
            | (p.PropertyCount(a, b), p.PropertyCount(c, d))
        ):
            return _spans(c, d, a, b)
        case p.FigureIn(kind, x, y, a, b), p.FigureIn(same, v, w, c, d):
            return (kind, x, y) == (same, v, w) and _spans(c, d, a, b)
        case (
            p.RequiredProperty(name, part),
            p.RequiredProperty(same, wider) | p.OptionalProperty(same, wider),
        ) | (p.OptionalProperty(name, part), p.OptionalProperty(same, wider)):
            return name == same and implies(part, wider)
        case p.Items(part, start), p.Items(wider, later):
            return start <= later and implies(part, wider)
        case p.PrefixItem(index, part), p.PrefixItem(same, wider):
            return index == same and implies(part, wider)
        case p.Contains() as some, p.Contains() as others:
            return _contains(some, others)
        case p.PropertyNames(part), p.PropertyNames(wider):
            return implies(part, wider)
        case p.PatternProperties(pattern, part), p.PatternProperties(same, wider):
            return pattern == same and implies(part, wider)
        case p.AdditionalProperties(part, evaluated), p.AdditionalProperties(
            wider, same
        ):
            return evaluated == same and implies(part, wider)
        case p.Matches(pattern), p.Matches(wider):
            return separation(pattern, wider) == Separation(known=True)
        case p.Matches(pattern), p.LengthIn(least, most) if least <= _LONGEST:
            limit = "" if most is None else min(most, _LONGEST)
            possible = most is None or least <= most
            lengths = f"^[^]{{{least},{limit}}}$"
            return possible and separation(pattern, lengths) == Separation(known=True)
        case p.HasFormat(name), p.HasFormat(wider):
            return wider in _CONTAINED.get(name, ())
        case _:
            return False


_CONTAINED: Final[Mapping[str, tuple[str, ...]]] = {"uri": ("uri-reference",)}
"""Formats that imply other formats (RFC 3986, section 4.1)."""


def _contains(one: p.Contains, other: p.Contains) -> bool:
    enough = other.minimum == 0 or (
        one.minimum >= other.minimum and implies(one.part, other.part)
    )
    few = other.maximum is None or (
        one.maximum is not None
        and one.maximum <= other.maximum
        and implies(other.part, one.part)
    )
    return enough and few


def _spans(
    low: float | None, high: float | None, least: float | None, most: float | None
) -> bool:
    """Return whether `low` to `high` contains `least` to `most`; None means no bound."""
    above = low is None or (least is not None and least >= low)
    return above and (high is None or (most is not None and most <= high))


def is_within(one: p.InRange, other: p.InRange) -> bool:
    """Return whether all numbers of a range are in another."""
    return all(
        end >= wider for end, wider in zip(_ends(one), _ends(other), strict=True)
    )


def _ends(limits: p.InRange) -> Iterator[tuple[float, int]]:
    """Yield the lower end, and minus the upper end; each with 1 if it is excluded."""
    for included, excluded in (
        (limits.ge, limits.gt),
        (_minus(limits.le), _minus(limits.lt)),
    ):
        given = [(included, 0), (excluded, 1)]
        bounds = [(bound, strict) for bound, strict in given if bound is not None]
        yield max(bounds, default=(-math.inf, 0))


def _minus(bound: float | None) -> float | None:
    return None if bound is None else -bound
