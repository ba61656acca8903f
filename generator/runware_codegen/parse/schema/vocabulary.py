"""The keywords of JSON Schema 2020-12, and what their values must be.

Sources: https://json-schema.org/draft/2020-12/json-schema-core and
https://json-schema.org/draft/2020-12/json-schema-validation; `discriminator`, `xml`,
`externalDocs` and `example` are OpenAPI 3.1's (§4.8.24).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from runware_codegen.documents import JsonObject, JsonValue
from runware_codegen.documents.members import is_number
from runware_codegen.naming.reserved import listed
from runware_codegen.problems import did_you_mean

_Test: TypeAlias = Callable[[JsonValue], bool]

JSON_TYPES: Final = (
    "null",
    "boolean",
    "integer",
    "number",
    "string",
    "array",
    "object",
)

SCHEMA: Final = listed("""
    additionalProperties contains else if items not propertyNames then unevaluatedItems
    unevaluatedProperties
    """)
"""Keywords whose value is a schema."""

SCHEMA_LIST: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""Keywords whose value is a non-empty list of schemas."""

SCHEMA_MAP: Final = frozenset(
    {"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"}
)
"""Keywords whose value is an object of schemas."""

DEFINITIONS: Final = frozenset({"$defs", "definitions"})
"""Keywords whose schemas apply only if a reference points to them."""

COUNTS: Final = listed("""
    maxContains maxItems maxLength maxProperties
    minContains minItems minLength minProperties
    """)
"""Keywords whose value is an integer of at least 0."""

BOUNDS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
"""Keywords that limit a number."""

_TEXTS: Final = listed("$anchor $id $ref description format pattern title")
_FLAGS: Final = listed("deprecated readOnly uniqueItems writeOnly")

ANNOTATIONS: Final = listed("""
    $anchor $comment $dynamicAnchor $id contentEncoding contentMediaType contentSchema
    default deprecated description discriminator example examples externalDocs readOnly
    title writeOnly xml
    """)
"""Keywords that assert nothing about a value."""

REPLACEMENTS: Final[Mapping[str, str]] = {
    "$dynamicRef": "Use $ref: the target of a dynamic reference depends on the referring schema.",
    "$recursiveRef": "Use $ref.",
    "$vocabulary": "Remove it: the vocabulary is always that of JSON Schema 2020-12.",
    "additionalItems": "Use items beside prefixItems.",
    "dependencies": "Use dependentRequired or dependentSchemas.",
    "divisibleBy": "Use multipleOf.",
    "nullable": 'Use a list of types: "type": ["string", "null"].',
}
"""Keywords of other dialects, and what to write instead."""


def _is_a(*kinds: type) -> _Test:
    return lambda value: isinstance(value, kinds)


def _list_of(test: _Test) -> _Test:
    return lambda value: isinstance(value, list) and all(map(test, value))


def _object_of(test: _Test) -> _Test:
    return lambda value: isinstance(value, dict) and all(map(test, value.values()))


def _is_schema(value: JsonValue) -> bool:
    return isinstance(value, (dict, bool))


def _is_schema_list(value: JsonValue) -> bool:
    return bool(value) and _list_of(_is_schema)(value)


def _is_step(value: JsonValue) -> bool:
    return is_number(value) and value > 0


def _is_count(value: JsonValue) -> bool:
    return is_number(value) and value >= 0 and value == int(value)


_is_text = _is_a(str)
_is_names = _list_of(_is_text)


def _is_type(value: JsonValue) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(name in JSON_TYPES for name in names)


def _is_constraint(value: JsonValue) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("operation"), str)
        and _is_names(value.get("parameters"))
        and all(is_number(value.get(bound, 0)) for bound in ("minimum", "maximum"))
    )


SHAPES: Final[Mapping[str, tuple[_Test, str]]] = {
    **dict.fromkeys(SCHEMA, (_is_schema, "a schema: an object or a boolean")),
    **dict.fromkeys(SCHEMA_LIST, (_is_schema_list, "a non-empty list of schemas")),
    **dict.fromkeys(SCHEMA_MAP, (_object_of(_is_schema), "an object of schemas")),
    **dict.fromkeys(BOUNDS, (is_number, "a number")),
    **dict.fromkeys(COUNTS, (_is_count, "an integer of at least 0")),
    **dict.fromkeys(_TEXTS, (_is_text, "a string")),
    **dict.fromkeys(_FLAGS, (_is_a(bool), "true or false")),
    **dict.fromkeys(("enum", "examples"), (_is_a(list), "a list of JSON values")),
    "const": (lambda _: True, "any JSON value"),
    "dependentRequired": (_object_of(_is_names), "an object of lists of names"),
    "multipleOf": (_is_step, "a number greater than 0"),
    "required": (_is_names, "a list of names"),
    "type": (_is_type, f"one of {', '.join(JSON_TYPES)}, or a list of these"),
    "x-constraints": (
        _list_of(_is_constraint),
        "a list of objects with an operation, parameters, and minimum or maximum",
    ),
}
"""Supported keywords and annotations that are read.

Each has a test of its value and a description of the value.
"""


def subschemas(
    keywords: JsonObject,
) -> Iterator[tuple[tuple[str | int, ...], JsonValue]]:
    """Yield each schema directly below one whose keywords are valid, after its steps."""
    for keyword, value in keywords.items():
        if keyword in SCHEMA and _is_schema(value):
            yield (keyword,), value
        elif keyword in SCHEMA_LIST and isinstance(value, list):
            yield from (((keyword, i), v) for i, v in enumerate(value) if _is_schema(v))
        elif keyword in SCHEMA_MAP and isinstance(value, dict):
            yield from (((keyword, k), v) for k, v in value.items() if _is_schema(v))


def not_schemas(keyword: str, value: JsonValue) -> list[str | int]:
    """Return the steps to what is not a schema in a list or an object of schemas."""
    if keyword in SCHEMA_LIST and isinstance(value, list):
        return [i for i, each in enumerate(value) if not _is_schema(each)]
    if keyword in SCHEMA_MAP and isinstance(value, dict):
        return [name for name, each in value.items() if not _is_schema(each)]
    return []


def is_supported(keyword: str) -> bool:
    """Return whether a keyword is enforced, or is known to assert nothing."""
    return keyword in SHAPES or keyword in ANNOTATIONS or keyword.startswith("x-")


def remedy_for(keyword: str) -> str:
    """Return what to do about a keyword that is not supported."""
    if keyword in REPLACEMENTS:
        return REPLACEMENTS[keyword]
    meant = did_you_mean(keyword, (*SHAPES, *ANNOTATIONS))
    return f"{meant} Remove it, or allow it with --allow-unenforced.".lstrip()
