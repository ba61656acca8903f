"""Predicates as texts that are equal if only the order of parts differs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from runware_codegen.model.predicates import (
    AllOf,
    AnyOf,
    Constant,
    ExactlyOne,
    IsIn,
    Matches,
    OptionalProperty,
    RequiredProperty,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runware_codegen.model.predicates import Predicate


def canonical(value: object) -> str:
    """Write a predicate, or a part of one, whatever the order of its parts.

    Titles of alternatives are left out.
    """
    match value:
        case AllOf(parts) | AnyOf(parts) | ExactlyOne(parts):
            return _call(value, sorted(map(canonical, parts)))
        case IsIn(values):
            return _call(value, sorted(map(canonical, values)))
        case Constant():
            return repr(value.key)
        case Matches(source):
            return f"Matches({source!r})"
        case frozenset():
            return repr(sorted(map(str, value)))
        case tuple():
            return f"({', '.join(map(canonical, value))})"
        case _ if is_dataclass(value):
            return _call(
                value, [canonical(getattr(value, f.name)) for f in fields(value)]
            )
        case _:
            return repr(value)


def _call(value: object, arguments: list[str]) -> str:
    return f"{type(value).__name__}({', '.join(arguments)})"


def names_in(value: object) -> Iterator[str]:
    """Give the names of the properties that a predicate speaks of."""
    if isinstance(value, (RequiredProperty, OptionalProperty)):
        yield value.name
    if isinstance(value, tuple):
        for each in value:
            yield from names_in(each)
    elif is_dataclass(value):
        for each in fields(value):
            inner = getattr(value, each.name)
            if each.name in {"first", "second"} and isinstance(inner, str):
                yield inner  # an area or a ratio
            yield from names_in(inner)


def speaks_of(value: object, kinds: tuple[type, ...]) -> bool:
    """Whether a predicate has a part of one of these kinds."""
    if isinstance(value, kinds):
        return True
    if isinstance(value, tuple):
        return any(speaks_of(each, kinds) for each in value)
    return is_dataclass(value) and any(
        speaks_of(getattr(value, each.name), kinds) for each in fields(value)
    )


def equal(one: Predicate, other: Predicate) -> bool:
    """Whether two predicates are equal but for the order of their parts."""
    return one == other or canonical(one) == canonical(other)
