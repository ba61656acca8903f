"""Properties that only alternatives and conditions declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from runware_codegen.parse.schema import keyword_values
from runware_codegen.parse.schema.merged import (
    MergedSchema,
    branches_of,
    merge,
    properties_of,
)
from runware_codegen.parse.schema.schemas import Schema, Schemas
from runware_codegen.problems import Path


class BranchProperty(NamedTuple):
    """A property as branches declare it.

    Attributes:
        schemas: Its schema in each branch that declares it.
        certain: Whether each valid value satisfies one of those schemas.
        required: Whether every branch requires it.
    """

    schemas: tuple[Schema, ...]
    certain: bool = False
    required: bool = False


class _Branch(NamedTuple):
    """One of the alternatives of an `anyOf` or `oneOf`, for an object.

    Attributes:
        declared: The properties that it declares.
        required: The names of the properties that it requires.
        closed: The names that it allows; None if it allows all.
    """

    declared: dict[str, Schema]
    required: frozenset[str]
    closed: frozenset[str] | None


def branch_properties(
    schemas: Schemas, merged: MergedSchema
) -> dict[str, BranchProperty]:
    """Return the properties that branches declare, by their names.

    Args:
        schemas: The document's schemas.
        merged: The schemas that always apply to the object.
    """
    found: dict[str, BranchProperty] = {}
    for branches in _alternatives(schemas, merged):
        for name, member in _shared(branches):
            found.setdefault(name, member)
    mentioned: dict[str, list[Schema]] = {}
    for name, schema in _mentioned(schemas, merged):
        mentioned.setdefault(name, []).append(schema)
    for name, each in mentioned.items():
        found.setdefault(name, BranchProperty(tuple(each)))
    return found


def names_of_alternatives(
    schemas: Schemas, merged: MergedSchema
) -> Iterator[frozenset[str]]:
    """Yield the names that alternatives allow together, if each of them is closed."""
    for branches in _alternatives(schemas, merged):
        allowed = [each.closed for each in branches if each.closed is not None]
        if len(allowed) == len(branches):
            yield frozenset[str]().union(*allowed)


def closed_names(schema: Schema) -> frozenset[str] | None:
    """Return the names that `additionalProperties: false` allows; None without it."""
    keywords = schema.keywords
    is_closed = keywords.get("additionalProperties") is False
    if not is_closed or keywords.get("patternProperties"):
        return None
    return frozenset(keyword_values.members(keywords, "properties"))


def _shared(branches: list[_Branch]) -> Iterator[tuple[str, BranchProperty]]:
    """Yield the properties that each branch either declares or forbids."""
    declared: dict[str, list[Schema]] = {}
    for branch in branches:
        for name, schema in branch.declared.items():
            declared.setdefault(name, []).append(schema)
    not_closed = [each for each in branches if each.closed is None]
    required = Counter(name for each in branches for name in each.required)
    for name, found in declared.items():
        if all(name in each.declared for each in not_closed):
            sure = required[name] == len(branches)
            yield name, BranchProperty(tuple(found), certain=True, required=sure)


def _alternatives(schemas: Schemas, merged: MergedSchema) -> Iterator[list[_Branch]]:
    """Yield the branches of each `anyOf` and `oneOf` that an object can satisfy."""
    for schema in merged.schemas:
        for keyword in ("anyOf", "oneOf"):
            found = (_branch(schemas, each) for each in branches_of(schema, keyword))
            if branches := [each for each in found if each is not None]:
                yield branches


def _branch(schemas: Schemas, schema: Schema) -> _Branch | None:
    merged = merge(schemas, schema)
    types = merged.types()
    if merged.is_false or (types is not None and "object" not in types):
        return None
    declared: dict[str, Schema] = {}
    for name, member in properties_of(merged.schemas):
        declared.setdefault(name, member)
    allowed = [names for each in merged.schemas if (names := closed_names(each))]
    closed = allowed[0].intersection(*allowed) if allowed else None
    return _Branch(declared, frozenset(merged.required()), closed)


def _mentioned(schemas: Schemas, merged: MergedSchema) -> Iterator[tuple[str, Schema]]:
    """Yield the properties that branches declare, at all levels of nesting."""
    seen: set[Path] = {each.path for each in merged.schemas}
    stack = [*_applied(merged.schemas)]
    while stack:
        found = merge(schemas, stack.pop()).schemas
        new = [each for each in found if each.path not in seen]
        seen |= {each.path for each in new}
        yield from properties_of(new)
        stack += _applied(new)


def _applied(schemas: Iterable[Schema]) -> list[Schema]:
    """Return the schemas that apply only to some of the objects, the last first."""
    found: list[Schema] = []
    for each in schemas:
        for keyword in ("anyOf", "oneOf"):
            found += branches_of(each, keyword)
        for keyword in ("then", "else"):
            found += [each.child(keyword)] if keyword in each.keywords else []
        for name in keyword_values.members(each.keywords, "dependentSchemas"):
            found.append(each.child("dependentSchemas", name))
    return found[::-1]
