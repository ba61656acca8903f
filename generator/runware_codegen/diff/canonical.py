"""Predicates as strings that do not depend on the order of parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import cast

from runware_codegen.model import predicates as p
from runware_codegen.model.constants import Constant
from runware_codegen.model.predicates import Predicate


def canonical(value: object) -> str:
    """Write a predicate, or a part of one, with its parts in a fixed order.

    Titles of alternatives are omitted.
    """
    match value:
        case p.AllOf(parts) | p.AnyOf(parts) | p.ExactlyOne(parts):
            return _call(value, sorted(map(canonical, parts)))
        case p.IsIn(values):
            return _call(value, sorted(map(canonical, values)))
        case Constant():
            return repr(value.key)
        case p.Matches(source):
            return f"Matches({source!r})"
        case p.IsType(types):
            return _call(value, sorted(types))
        case _ if inner := _parts(value):
            return _call(value, [*map(canonical, inner)])
        case _:
            return repr(value)


def _call(value: object, arguments: list[str]) -> str:
    return f"{type(value).__name__}({', '.join(arguments)})"


def _parts(value: object) -> tuple[object, ...]:
    """Return the items of a tuple, or the values of a dataclass."""
    if isinstance(value, tuple):
        return cast("tuple[object, ...]", value)
    if is_dataclass(value):
        return tuple(getattr(value, field.name) for field in fields(value))
    return ()


def property_names(value: object) -> Iterator[str]:
    """Yield the names of the properties in a predicate."""
    match value:
        case p.RequiredProperty(name) | p.OptionalProperty(name):
            yield name
        case p.FigureIn(_, first, second):
            yield from (first, second)
        case _:
            pass
    for part in _parts(value):
        yield from property_names(part)


def has_part(value: object, kind: type) -> bool:
    """Return whether a predicate is or contains one of a kind."""
    return isinstance(value, kind) or any(
        has_part(each, kind) for each in _parts(value)
    )


def equal(one: Predicate, other: Predicate) -> bool:
    """Return whether two predicates are equal, apart from the order of their parts."""
    return one == other or canonical(one) == canonical(other)
