"""Reads the values of keywords that have been validated."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import cast

from runware_codegen.documents import JsonObject, JsonValue
from runware_codegen.model.predicates import Matches
from runware_codegen.parse.patterns import translate
from runware_codegen.parse.schema.schemas import Schema


def count(value: JsonValue) -> int:
    """Read a count, which may be a float such as 2.0.

    The result is at most `sys.maxsize`: no value is longer.
    """
    return min(int(cast("float", value)), sys.maxsize)


def bound(keywords: JsonObject, keyword: str) -> int | float | None:
    """Read a number; None if it is absent."""
    return cast("int | float | None", keywords.get(keyword))


def step(value: JsonValue) -> Decimal:
    """Read `multipleOf` as an exact decimal number."""
    return Decimal(repr(value))


def names(value: JsonValue) -> tuple[str, ...]:
    """Read a list of names."""
    return tuple(cast("list[str]", value))


def types(value: JsonValue) -> frozenset[str]:
    """Read `type`, which is one name or a list."""
    return frozenset([value] if isinstance(value, str) else names(value))


def members(keywords: JsonObject, keyword: str) -> tuple[str, ...]:
    """Read the names in an object of schemas; empty if it is absent."""
    return tuple(cast("JsonObject", keywords.get(keyword, {})))


def length(keywords: JsonObject, keyword: str) -> int:
    """Return the length of a list; 0 if it is absent."""
    return len(cast("list[JsonValue]", keywords.get(keyword, [])))


def member_patterns(schema: Schema) -> tuple[Matches, ...]:
    """Translate the names in `patternProperties`."""
    return tuple(map(translate, members(schema.keywords, "patternProperties")))
