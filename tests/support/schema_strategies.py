"""Hypothesis strategies for schemas with any keywords, and for instances near them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = ("a", "b", "c", "ab")
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

scalars = st.sampled_from(
    [None, True, False, 0, 1, 1.0, 2, -1, 1.5, 0.07, "", "a", "ab", "x-1", "2026-01-31"]
)
names = st.sampled_from(NAMES)
some_names = st.lists(names, min_size=1, max_size=2, unique=True)


def members(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw objects with a few names."""
    return st.dictionaries(names, values, max_size=3)


values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | members(inner),
    max_leaves=6,
)
"""JSON values that a schema with the same names may or may not allow."""


def keywords_of(inner: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    """Return strategies for the values of keywords; `inner` draws nested schemas."""
    some = st.lists(inner, min_size=1, max_size=3)
    kinds = st.sampled_from(TYPES)
    return {
        "type": kinds | st.lists(kinds, min_size=2, max_size=2, unique=True),
        "enum": st.lists(values, min_size=1, max_size=4),
        "const": values,
        "minimum": st.sampled_from([0, 1, 1.5]),
        "maximum": st.sampled_from([1, 1.5, 2]),
        "exclusiveMinimum": st.sampled_from([0, 1]),
        "exclusiveMaximum": st.sampled_from([1, 2]),
        "multipleOf": st.sampled_from([1, 2, 0.5, 0.01]),
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 2),
        "pattern": st.sampled_from(["^a", "b$", "^x-", "^[a-z]+$"]),
        "format": st.sampled_from(["uuid", "uri", "date", "something-else"]),
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "items": inner,
        "prefixItems": some,
        "contains": inner,
        "minContains": st.integers(0, 2),
        "maxContains": st.integers(1, 2),
        "required": some_names,
        "properties": members(inner),
        "additionalProperties": inner,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), inner),
        "propertyNames": inner,
        "minProperties": st.integers(0, 2),
        "maxProperties": st.integers(0, 2),
        "allOf": some,
        "anyOf": some,
        "oneOf": some,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "dependentRequired": st.dictionaries(names, some_names, max_size=2),
        "dependentSchemas": st.dictionaries(names, inner, max_size=1),
        "unevaluatedProperties": inner,
        "unevaluatedItems": inner,
        "$ref": st.sampled_from(
            ["#/components/schemas/Node", "#/components/schemas/Tree"]
        ),
    }


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keywords = keywords_of(inner)

    def drawn(chosen: list[str]) -> st.SearchStrategy[Any]:
        return st.fixed_dictionaries({name: keywords[name] for name in chosen})

    chosen = st.lists(
        st.sampled_from(sorted(keywords)), min_size=1, max_size=4, unique=True
    )
    return chosen.flatmap(drawn)


_simple = st.booleans() | st.sampled_from(
    [
        {"type": "string"},
        {"type": "object"},
        {"type": "array"},
        {"const": True},
        {"enum": [1, "a", None]},
        {"minimum": 1},
        {"required": ["a"]},
        {"properties": {"a": {"const": 1}}, "required": ["a"]},
    ]
)

schemas: st.SearchStrategy[Any] = st.recursive(_simple, _schemas, max_leaves=8)
"""Schemas with a few names. Some refer to Node or to Tree, which are recursive."""

DEFINITIONS: dict[str, Any] = {
    "Node": {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/components/schemas/Node"},
            "b": {"type": "number"},
        },
    },
    "Tree": {
        "type": ["array", "string"],
        "items": {"$ref": "#/components/schemas/Tree"},
    },
}

CONDITIONS = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
"""Keywords of rules, which a task's schema has besides its members."""


@st.composite
def tasks(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the schema of a task: a few members, and rules about them."""
    task: dict[str, Any] = {"properties": draw(members(schemas))}
    chosen = draw(
        st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3, unique=True)
    )
    keywords = keywords_of(schemas)
    task |= {name: draw(keywords[name]) for name in chosen}
    if draw(st.booleans()):
        task["dependentRequired"] = draw(keywords["dependentRequired"])
    if draw(st.booleans()):
        task["additionalProperties"] = draw(st.booleans())
    return task
