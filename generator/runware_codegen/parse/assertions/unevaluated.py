"""The properties and items that other keywords evaluate.

JSON Schema core §11: `unevaluatedProperties` and `unevaluatedItems` apply to what
neither the keywords beside them nor a subschema that the value satisfies evaluates.
"""

from __future__ import annotations

from collections.abc import Iterator

from runware_codegen.model import predicates as p
from runware_codegen.model.logic import all_of, has, not_
from runware_codegen.model.predicates import TRUE, Predicate
from runware_codegen.parse.assertions.subschemas import Subschemas
from runware_codegen.parse.schema.keyword_values import length, member_patterns, members
from runware_codegen.parse.schema.merged import branches_of
from runware_codegen.parse.schema.schemas import Schema
from runware_codegen.problems import Path


def evaluated_properties(
    subschemas: Subschemas, schema: Schema
) -> tuple[p.EvaluatedProperties, ...]:
    """Return the properties that are evaluated beside `unevaluatedProperties`."""
    exempt: dict[Predicate, p.EvaluatedProperties] = {}
    for guard, each in _in_place(subschemas, schema, TRUE, frozenset()):
        keywords = each.keywords
        everything = "additionalProperties" in keywords or (
            "unevaluatedProperties" in keywords and each.path != schema.path
        )
        declared = members(keywords, "properties")
        before = exempt.get(guard, p.EvaluatedProperties(guard))
        exempt[guard] = p.EvaluatedProperties(
            guard,
            (*before.names, *(n for n in declared if n not in before.names)),
            (*before.patterns, *member_patterns(each)),
            before.all or everything,
        )
    return tuple(e for e in exempt.values() if e.names or e.patterns or e.all)


def evaluated_items(
    subschemas: Subschemas, schema: Schema
) -> tuple[p.EvaluatedItems, ...]:
    """Return the items that are evaluated beside `unevaluatedItems`."""
    exempt: dict[p.EvaluatedItems, None] = {}
    for guard, each in _in_place(subschemas, schema, TRUE, frozenset()):
        keywords = each.keywords
        everything = "items" in keywords or (
            "unevaluatedItems" in keywords and each.path != schema.path
        )
        first = None if everything else length(keywords, "prefixItems")
        if first != 0:
            exempt[p.EvaluatedItems(guard, first)] = None
        if "contains" in keywords:
            matching = subschemas.lower_child(each.child("contains"))
            exempt[p.EvaluatedItems(guard, 0, matching)] = None
    return tuple(exempt)


def _in_place(
    subschemas: Subschemas, schema: Schema, guard: Predicate, seen: frozenset[Path]
) -> Iterator[tuple[Predicate, Schema]]:
    """Yield the schemas that apply to the same value, each with its condition."""
    if schema.path in seen:
        return
    yield guard, schema
    for condition, each in _applied(subschemas, schema):
        inner = all_of([guard, condition])
        yield from _in_place(subschemas, each, inner, seen | {schema.path})


def _applied(
    subschemas: Subschemas, schema: Schema
) -> Iterator[tuple[Predicate, Schema]]:
    keywords = schema.keywords
    if "$ref" in keywords:
        yield TRUE, subschemas.schemas.target(schema)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in branches_of(schema, keyword):
            certain = keyword == "allOf"
            yield TRUE if certain else subschemas.lower(branch), branch
    if "if" in keywords:
        condition = subschemas.lower(schema.child("if"))
        yield condition, schema.child("if")
        if "then" in keywords:
            yield condition, schema.child("then")
        if "else" in keywords:
            yield not_(condition), schema.child("else")
    for name in members(keywords, "dependentSchemas"):
        yield has(name), schema.child("dependentSchemas", name)
