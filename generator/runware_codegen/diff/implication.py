"""Proves from the form of two predicates, and from their patterns, that one implies the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from runware_codegen.diff.automata import Separation, separation
from runware_codegen.model.predicates import (
    FALSE,
    TRUE,
    AdditionalProperties,
    AllOf,
    AnyOf,
    AreaIn,
    Contains,
    ExactlyOne,
    HasFormat,
    IfThenElse,
    InRange,
    IsIn,
    IsType,
    ItemCount,
    Items,
    LengthIn,
    Matches,
    MultipleOf,
    Not,
    OptionalProperty,
    PatternProperties,
    Predicate,
    PrefixItem,
    PropertyCount,
    PropertyNames,
    RatioIn,
    RequiredProperty,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def implies(one: Predicate, other: Predicate) -> bool:
    """Return whether the form of two predicates proves that the first implies the second.

    False proves nothing.
    """
    if one in (other, FALSE) or other == TRUE:
        return True
    match other:
        case AllOf(parts):
            return all(implies(one, part) for part in parts)
        case IfThenElse(condition, then, otherwise) if otherwise == TRUE:
            if isinstance(one, IfThenElse) and one.otherwise == TRUE:
                return implies(condition, one.condition) and implies(one.then, then)
            return implies(one, then)
        case _:
            pass
    match one, other:
        case AnyOf(parts), _:
            return all(implies(part, other) for part in parts)
        case AllOf(parts), _ if any(implies(part, other) for part in parts):
            return True
        case _, AnyOf(parts):
            return any(implies(one, part) for part in parts)
        case ExactlyOne(parts), _:
            return all(implies(part, other) for part in parts)
        case _:
            return _tests(one, other)


def _tests(one: Predicate, other: Predicate) -> bool:
    match one, other:
        case IsType(types), IsType(wider):
            return types <= wider | ({"integer"} if "number" in wider else set())
        case IsIn(values), IsIn(more):
            return set(values) <= set(more)
        case Not(IsIn(values)), Not(IsIn(fewer)):
            return set(fewer) <= set(values)
        case InRange(), InRange():
            return is_within(one, other)
        case MultipleOf(step), MultipleOf(divisor):
            return divisor != 0 and step % divisor == 0
        case (
            (LengthIn(a, b), LengthIn(c, d))
            | (ItemCount(a, b), ItemCount(c, d))
            | (PropertyCount(a, b), PropertyCount(c, d))
        ):
            return _spans(c, d, a, b)
        case (AreaIn(x, y, a, b), AreaIn(v, w, c, d)) | (
            RatioIn(x, y, a, b),
            RatioIn(v, w, c, d),
        ):
            return (x, y) == (v, w) and _spans(c, d, a, b)
        case (
            RequiredProperty(name, part),
            RequiredProperty(same, wider) | OptionalProperty(same, wider),
        ) | (OptionalProperty(name, part), OptionalProperty(same, wider)):
            return name == same and implies(part, wider)
        case Items(part, start), Items(wider, later):
            return start <= later and implies(part, wider)
        case PrefixItem(index, part), PrefixItem(same, wider):
            return index == same and implies(part, wider)
        case Contains() as some, Contains() as others:
            return _contains(some, others)
        case PropertyNames(part), PropertyNames(wider):
            return implies(part, wider)
        case PatternProperties(pattern, part), PatternProperties(same, wider):
            return pattern == same and implies(part, wider)
        case AdditionalProperties(part, evaluated), AdditionalProperties(wider, same):
            return evaluated == same and implies(part, wider)
        case Matches(pattern), Matches(wider):
            return separation(pattern, wider) == Separation(known=True)
        case HasFormat(name), HasFormat(wider):
            return wider in _CONTAINED.get(name, ())
        case _:
            return False


_CONTAINED: Final[Mapping[str, tuple[str, ...]]] = {"uri": ("uri-reference",)}
"""Formats that imply other formats (RFC 3986, section 4.1)."""


def _contains(one: Contains, other: Contains) -> bool:
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


def is_within(one: InRange, other: InRange) -> bool:
    """Return whether all numbers of a range are in another."""
    least = _strictest([(one.ge, 0), (one.gt, 1)])
    most = _strictest([(_minus(one.le), 0), (_minus(one.lt), 1)])
    return all(
        limit is None or (bound is not None and bound >= (limit, strict))
        for bound, limit, strict in (
            (least, other.ge, 0),
            (least, other.gt, 1),
            (most, _minus(other.le), 0),
            (most, _minus(other.lt), 1),
        )
    )


def _strictest(bounds: Sequence[tuple[float | None, int]]) -> tuple[float, int] | None:
    given = [(bound, strict) for bound, strict in bounds if bound is not None]
    return max(given, default=None)


def _minus(bound: float | None) -> float | None:
    return None if bound is None else -bound
