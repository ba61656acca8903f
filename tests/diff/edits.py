"""Single edits of documents, with the expected level of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from making import a_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Schema = dict[str, Any]


class Edit(NamedTuple):
    """Two versions of a document that differ in one place.

    Attributes:
        name: What is edited, and how.
        old: The document before the edit.
        new: The document after the edit.
        level: The most severe level of the entries.
        kind: A kind that must be among the entries, or empty.
        proven: Whether an entry of that level must have a task that proves it.
    """

    name: str
    old: Schema
    new: Schema
    level: str
    kind: str = ""
    proven: bool = False


class Keyword(NamedTuple):
    """A keyword of JSON Schema: absent, loose and tight.

    Attributes:
        name: The keyword.
        base: The schema without the keyword.
        loose: The schema with a loose value of the keyword.
        tight: The schema with a stricter value.
        removed: The level of removing the keyword from a request.
        result: The level of loosening it in a result. None if results ignore it.
    """

    name: str
    base: Schema
    loose: Schema
    tight: Schema
    removed: str = "compatible"
    result: str | None = "risk"


def _with(base: Schema, loose: Schema, tight: Schema) -> tuple[Schema, Schema, Schema]:
    return base, {**base, **loose}, {**base, **tight}


NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
STRING: Schema = {"type": "string"}
ARRAY: Schema = {"type": "array", "items": {"type": "integer"}}
ANY_ARRAY: Schema = {"type": "array"}
SHORT_OR_FIRST: Schema = {
    "type": "array",
    "if": {"minItems": 2},
    "then": {"prefixItems": [{"type": "integer"}]},
}
OBJECT: Schema = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}},
}
MAP: Schema = {"type": "object", "additionalProperties": {"type": "integer"}}

KEYWORDS = [
    Keyword("maximum", *_with(INTEGER, {"maximum": 10}, {"maximum": 5})),
    Keyword("minimum", *_with(INTEGER, {"minimum": 1}, {"minimum": 5})),
    Keyword(
        "exclusiveMaximum",
        *_with(NUMBER, {"exclusiveMaximum": 10}, {"exclusiveMaximum": 9.5}),
    ),
    Keyword(
        "exclusiveMinimum",
        *_with(NUMBER, {"exclusiveMinimum": 0}, {"exclusiveMinimum": 0.5}),
    ),
    Keyword("multipleOf", *_with(INTEGER, {"multipleOf": 2}, {"multipleOf": 4})),
    Keyword("decimal multipleOf", *_with(NUMBER, {"multipleOf": 0.01}, {"multipleOf": 0.1})),
    Keyword("maxLength", *_with(STRING, {"maxLength": 10}, {"maxLength": 5})),
    Keyword("minLength", *_with(STRING, {"minLength": 1}, {"minLength": 3})),
    Keyword("pattern", *_with(STRING, {"pattern": "^a"}, {"pattern": "^ab"})),
    Keyword(
        "pattern of other characters",
        *_with(STRING, {"pattern": "^[^a]{3}$"}, {"pattern": "^[^ax]{3}$"}),
    ),
    Keyword(
        "pattern of other kinds of characters",
        *_with(STRING, {"pattern": r"^[^\d]{3}$"}, {"pattern": r"^[^\d\s]{3}$"}),
    ),
    Keyword(
        "pattern of kinds of characters",
        *_with(STRING, {"pattern": r"^[\w-]{3}$"}, {"pattern": r"^[\w]{3}$"}),
    ),
    Keyword("format", *_with(STRING, {"format": "uri-reference"}, {"format": "uri"})),
    Keyword(
        "enum",
        *_with(STRING, {"enum": ["p", "q", "r"]}, {"enum": ["p", "q"]}),
        removed="typing",
        result="typing",
    ),
    Keyword(
        "const",
        *_with(STRING, {"enum": ["p", "q"]}, {"const": "p"}),
        removed="typing",
        result="typing",
    ),
    Keyword(
        "enum of integers",
        *_with(INTEGER, {"enum": [1, 2]}, {"enum": [1]}),
        removed="typing",
        result="typing",
    ),
    Keyword("maxItems", *_with(ARRAY, {"maxItems": 3}, {"maxItems": 2})),
    Keyword("minItems", *_with(ARRAY, {"minItems": 1}, {"minItems": 2})),
    Keyword("uniqueItems", ARRAY, ARRAY, {**ARRAY, "uniqueItems": True}),
    Keyword(
        "items",
        *_with(
            ANY_ARRAY,
            {"items": {"type": "integer", "maximum": 9}},
            {"items": {"type": "integer", "maximum": 8}},
        ),
        removed="typing",
    ),
    Keyword(
        "prefixItems",
        *_with(
            ANY_ARRAY,
            {"prefixItems": [{"type": "integer"}]},
            {"prefixItems": [{"type": "integer", "maximum": 3}]},
        ),
        result=None,
    ),
    Keyword(
        "unevaluatedItems",
        *_with(
            SHORT_OR_FIRST,
            {"unevaluatedItems": {"type": "integer", "maximum": 9}},
            {"unevaluatedItems": {"type": "integer", "maximum": 8}},
        ),
        result=None,
    ),
    Keyword(
        "contains",
        *_with(ARRAY, {"contains": {"minimum": 1}}, {"contains": {"minimum": 2}}),
    ),
    Keyword(
        "minContains",
        *_with(
            ARRAY,
            {"contains": {"minimum": 1}, "minContains": 1},
            {"contains": {"minimum": 1}, "minContains": 2},
        ),
    ),
    Keyword(
        "maxContains",
        *_with(
            ARRAY,
            {"contains": {"minimum": 1}, "maxContains": 3},
            {"contains": {"minimum": 1}, "maxContains": 2},
        ),
    ),
    Keyword(
        "required",
        *_with(OBJECT, {"required": ["x"]}, {"required": ["x", "y"]}),
        result="breaking",
    ),
    Keyword(
        "minProperties",
        *_with(OBJECT, {"minProperties": 1}, {"minProperties": 2}),
        result=None,
    ),
    Keyword(
        "maxProperties",
        *_with(OBJECT, {"maxProperties": 2}, {"maxProperties": 1}),
        result=None,
    ),
    Keyword(
        "additionalProperties",
        OBJECT,
        OBJECT,
        {**OBJECT, "additionalProperties": False},
        result=None,
    ),
    Keyword(
        "schema of additionalProperties",
        MAP,
        {"type": "object", "additionalProperties": {"type": "integer", "maximum": 9}},
        {"type": "object", "additionalProperties": {"type": "integer", "maximum": 8}},
    ),
    Keyword(
        "propertyNames",
        *_with(
            MAP,
            {"propertyNames": {"maxLength": 5}},
            {"propertyNames": {"maxLength": 3}},
        ),
    ),
    Keyword(
        "patternProperties",
        *_with(
            OBJECT,
            {"patternProperties": {"^z": {"type": "integer"}}},
            {"patternProperties": {"^z": {"type": "integer", "maximum": 3}}},
        ),
        result=None,
    ),
    Keyword(
        "dependentRequired",
        *_with(
            OBJECT,
            {"dependentRequired": {"x": ["y"]}},
            {"dependentRequired": {"x": ["y"], "y": ["x"]}},
        ),
        result=None,
    ),
    Keyword(
        "dependentSchemas",
        *_with(
            OBJECT,
            {"dependentSchemas": {"x": {"properties": {"y": {"maximum": 9}}}}},
            {"dependentSchemas": {"x": {"properties": {"y": {"maximum": 8}}}}},
        ),
        result=None,
    ),
    Keyword(
        "if, then",
        *_with(
            OBJECT,
            {
                "if": {"properties": {"x": {"const": 1}}, "required": ["x"]},
                "then": {"properties": {"y": {"maximum": 9}}},
            },
            {
                "if": {"properties": {"x": {"const": 1}}, "required": ["x"]},
                "then": {"properties": {"y": {"maximum": 8}}},
            },
        ),
        result=None,
    ),
    Keyword(
        "else",
        *_with(
            OBJECT,
            {"if": {"required": ["x"]}, "else": {"properties": {"y": {"maximum": 9}}}},
            {
                "if": {"required": ["x"]},
                "else": {"properties": {"y": {"maximum": 9}}, "required": ["y"]},
            },
        ),
        result=None,
    ),
    Keyword(
        "not",
        *_with(
            OBJECT,
            {"not": {"required": ["x", "y"]}},
            {"not": {"required": ["x"]}},
        ),
        result=None,
    ),
    Keyword(
        "oneOf",
        *_with(
            OBJECT,
            {"oneOf": [{"required": ["x"]}, {"required": ["y"]}]},
            {"oneOf": [{"required": ["x"]}, {"required": ["x", "y"]}]},
        ),
        result=None,
    ),
    Keyword(
        "anyOf",
        *_with(
            OBJECT,
            {"anyOf": [{"required": ["x"]}, {"required": ["y"]}]},
            {"anyOf": [{"required": ["x"]}]},
        ),
        result=None,
    ),
    Keyword(
        "allOf",
        *_with(INTEGER, {"allOf": [{"maximum": 9}]}, {"allOf": [{"maximum": 8}]}),
    ),
    Keyword(
        "unevaluatedProperties",
        OBJECT,
        OBJECT,
        {**OBJECT, "unevaluatedProperties": False},
        result=None,
    ),
]  # fmt: skip


# -- positions of the edited schema -------------------------------------------


def at_top(schema: Schema) -> Schema:
    """Return a document with the schema for a member of a task."""
    return a_document({"properties": {"value": schema}})


def nested(schema: Schema) -> Schema:
    """Return a document with the schema for a member of an object in a task."""
    inner = {"type": "object", "properties": {"value": schema}}
    return a_document({"properties": {"settings": inner}})


def in_items(schema: Schema) -> Schema:
    """Return a document with the schema for the items of a list."""
    return a_document({"properties": {"values": {"type": "array", "items": schema}}})


def in_condition(schema: Schema) -> Schema:
    """Return a document that applies the schema if another member has some value."""
    condition = {"properties": {"mode": {"const": "strict"}}, "required": ["mode"]}
    return a_document(
        {
            "properties": {"mode": {"type": "string"}, "value": {}},
            "if": condition,
            "then": {"properties": {"value": schema}},
        }
    )


def in_result(schema: Schema) -> Schema:
    """Return a document with the schema for a member of a result."""
    properties = {"taskType": {"type": "string"}, "value": schema}
    result = {"type": "object", "properties": properties, "required": ["value"]}
    return a_document({}, result=result)


def keyword_edits() -> Iterator[Edit]:
    """Yield an edit for each keyword, each change and each position."""
    for each in KEYWORDS:
        for place in (at_top, nested, in_items):
            yield from _of_request(each, place)
        if each.loose != each.base:
            old, new = in_condition(each.loose), in_condition(each.tight)
            yield Edit(
                f"{each.name} tightened in a condition", old, new, "breaking", "", True
            )
            yield Edit(f"{each.name} loosened in a condition", new, old, "compatible")
        if each.result:
            old, new = in_result(each.loose), in_result(each.tight)
            yield Edit(f"{each.name} tightened in a result", old, new, "compatible")
            yield Edit(f"{each.name} loosened in a result", new, old, each.result)


def _of_request(each: Keyword, place: Callable[[Schema], Schema]) -> Iterator[Edit]:
    where = place.__name__.replace("_", " ")
    base, loose, tight = place(each.base), place(each.loose), place(each.tight)
    yield Edit(f"{each.name} tightened {where}", loose, tight, "breaking", "", True)
    yield Edit(f"{each.name} loosened {where}", tight, loose, "compatible")
    if each.loose != each.base and place is at_top:
        yield Edit(f"{each.name} added {where}", base, loose, "breaking", "", True)
        yield Edit(f"{each.name} removed {where}", loose, base, each.removed)


# -- members, types, metadata -------------------------------------------------


def _task(**members: Any) -> Schema:
    return a_document({"properties": members})


def _required(*names: str, **members: Any) -> Schema:
    return a_document({"properties": members, "required": list(names)})


def _closed(**members: Any) -> Schema:
    return a_document({"properties": members, "additionalProperties": False})


def _result(required: list[str], **members: Any) -> Schema:
    result = {"type": "object", "properties": members, "required": required}
    return a_document({}, result=result)


def member_edits() -> Iterator[Edit]:
    """Yield edits of members and their types, in requests and in results."""
    yield from _request_members()
    yield from _annotations()
    yield from _request_types()
    yield from _request_alternatives()
    yield from _results()


def _request_members() -> Iterator[Edit]:
    both = {"a": STRING, "b": STRING}
    yield Edit(
        "optional member added",
        _closed(a=STRING),
        _closed(**both),
        "compatible",
        "request-member-added",
    )
    yield Edit(
        "required member added",
        _task(a=STRING),
        _required("b", **both),
        "breaking",
        "request-member-added-required",
        True,
    )
    yield Edit(
        "member removed",
        _closed(**both),
        _closed(a=STRING),
        "breaking",
        "request-member-removed",
    )
    yield Edit(
        "member removed from an open task",
        _task(**both),
        _task(a=STRING),
        "breaking",
        "request-member-removed",
    )
    yield Edit(
        "member added to an open task",
        _task(a=STRING),
        _task(**both),
        "breaking",
        "request-type-narrowed",
        True,
    )
    yield Edit(
        "member becomes required",
        _task(a=STRING),
        _required("a", a=STRING),
        "breaking",
        "request-member-required",
        True,
    )
    yield Edit(
        "member becomes optional",
        _required("a", a=STRING),
        _task(a=STRING),
        "compatible",
        "request-member-optional",
    )
    yield Edit(
        "other members refused",
        _task(a=STRING),
        _closed(a=STRING),
        "breaking",
        "request-extra-members-refused",
        True,
    )
    yield Edit(
        "other members allowed",
        _closed(a=STRING),
        _task(a=STRING),
        "compatible",
        "request-extra-members-allowed",
    )
    yield Edit(
        "default added",
        _task(a=STRING),
        _task(a={**STRING, "default": "x"}),
        "risk",
        "request-default-changed",
    )
    yield Edit(
        "default changed",
        _task(a={**STRING, "default": "x"}),
        _task(a={**STRING, "default": "y"}),
        "risk",
        "request-default-changed",
    )
    yield Edit(
        "default removed",
        _task(a={**STRING, "default": "x"}),
        _task(a=STRING),
        "risk",
        "request-default-changed",
    )
    yield Edit(
        "examples changed",
        _task(a=STRING),
        _task(a={**STRING, "examples": ["a", "b"]}),
        "words",
        "request-words-changed",
    )
    yield Edit(
        "description changed",
        _task(a={**STRING, "description": "Some words."}),
        _task(a={**STRING, "description": "Other words."}),
        "words",
        "request-words-changed",
    )
    for name, one, other in (
        ("counts", "^[a-z]{1,64}$", "^[a-z]{1,32}$"),
        ("classes", "^[0-9a-fA-F]+$", "^[0-9a-f]+$"),
        ("alternatives", "^(jpg|png|webp)$", "^(jpg|png)$"),
        ("an anchor", "a", "^a"),
    ):
        wide, narrow = _task(a={**STRING, "pattern": one}), _task(
            a={**STRING, "pattern": other}
        )
        kinds = "request-pattern-narrowed", "request-pattern-widened"
        yield Edit(
            f"pattern with fewer {name}", wide, narrow, "breaking", kinds[0], True
        )
        yield Edit(f"pattern with more {name}", narrow, wide, "compatible", kinds[1])
    yield Edit(
        "pattern of other texts",
        _task(a={**STRING, "pattern": "^ab?$"}),
        _task(a={**STRING, "pattern": "^ac?$"}),
        "breaking",
        "request-pattern-narrowed",
        True,
    )
    yield Edit(
        "nested member removed",
        _task(s={**OBJECT, "additionalProperties": False}),
        _task(
            s={
                "type": "object",
                "properties": {"x": INTEGER},
                "additionalProperties": False,
            }
        ),
        "breaking",
        "request-member-removed",
    )


def _annotations() -> Iterator[Edit]:
    """Yield edits of keywords that describe how to use a member."""

    def in_task(schema: Schema) -> Schema:
        return _task(value=schema)

    def in_item(schema: Schema) -> Schema:
        return in_items({"type": "object", "properties": {"value": schema}})

    marked = {**STRING, "deprecated": True}
    for place in (in_task, nested, in_item, in_result):
        side = "result" if place is in_result else "request"
        where = place.__name__.replace("_", " ")
        old, new = place(STRING), place(marked)
        for name, one, other, level, kind in (
            ("set", old, new, "typing", f"{side}-deprecation-added"),
            ("lifted", new, old, "compatible", f"{side}-deprecation-removed"),
        ):
            yield Edit(f"deprecated {name} {where}", one, other, level, kind)
    for keyword, place, level, kind in (
        ("readOnly", in_task, "words", "request-words-changed"),
        ("readOnly", in_result, "words", "result-words-changed"),
        ("writeOnly", in_task, "typing", "request-secrecy-changed"),
        ("writeOnly", in_result, "words", "result-words-changed"),
    ):
        where = place.__name__.replace("_", " ")
        old, new = place(STRING), place({**STRING, keyword: True})
        yield Edit(f"{keyword} set {where}", old, new, level, kind)
        yield Edit(f"{keyword} lifted {where}", new, old, level, kind)


def _request_types() -> Iterator[Edit]:
    nullable = {"type": ["string", "null"]}
    yield Edit(
        "null allowed",
        _task(a=STRING),
        _task(a=nullable),
        "typing",
        "request-null-added",
    )
    yield Edit(
        "null refused",
        _task(a=nullable),
        _task(a=STRING),
        "breaking",
        "request-null-removed",
        True,
    )
    yield Edit(
        "integer to number",
        _task(a=INTEGER),
        _task(a=NUMBER),
        "typing",
        "request-type-widened",
    )
    yield Edit(
        "number to integer",
        _task(a=NUMBER),
        _task(a=INTEGER),
        "breaking",
        "request-type-narrowed",
        True,
    )
    yield Edit(
        "string to integer",
        _task(a=STRING),
        _task(a=INTEGER),
        "breaking",
        "request-type-narrowed",
        True,
    )
    yield Edit(
        "one more type",
        _task(a=STRING),
        _task(a={"type": ["string", "integer"]}),
        "typing",
        "request-type-widened",
    )
    yield Edit(
        "one type fewer",
        _task(a={"type": ["string", "integer"]}),
        _task(a=STRING),
        "breaking",
        "request-type-narrowed",
        True,
    )
    yield Edit(
        "string to object",
        _task(a=STRING),
        _task(a=OBJECT),
        "breaking",
        "request-type-narrowed",
        True,
    )
    yield Edit(
        "object to list of objects",
        _task(a=OBJECT),
        _task(a={"type": "array", "items": OBJECT}),
        "breaking",
        "request-type-narrowed",
        True,
    )
    yield Edit(
        "type dropped", _task(a=STRING), _task(a={}), "typing", "request-type-widened"
    )
    yield Edit(
        "type given",
        _task(a={}),
        _task(a=STRING),
        "breaking",
        "request-type-narrowed",
        True,
    )
    yield Edit(
        "value added",
        _task(a={"enum": ["p"]}),
        _task(a={"enum": ["p", "q"]}),
        "compatible",
        "request-value-added",
    )
    yield Edit(
        "value removed",
        _task(a={"enum": ["p", "q"]}),
        _task(a={"enum": ["p"]}),
        "breaking",
        "request-value-removed",
        True,
    )
    yield Edit(
        "value replaced",
        _task(a={"enum": ["p", "q"]}),
        _task(a={"enum": ["p", "r"]}),
        "breaking",
        "request-value-removed",
        True,
    )
    yield Edit(
        "values closed",
        _task(a=STRING),
        _task(a={"enum": ["p"]}),
        "breaking",
        "request-values-closed",
        True,
    )
    yield Edit(
        "boolean to one constant",
        _task(a={"type": "boolean"}),
        _task(a={"const": True}),
        "breaking",
        "",
        True,
    )
    alternatives = {"oneOf": [STRING, OBJECT]}
    yield Edit(
        "alternative removed",
        _task(a=alternatives),
        _task(a=OBJECT),
        "breaking",
        "request-type-narrowed",
        True,
    )
    yield Edit(
        "alternative added",
        _task(a=OBJECT),
        _task(a=alternatives),
        "typing",
        "request-type-widened",
    )


def _request_alternatives() -> Iterator[Edit]:
    uuid, uri = {**STRING, "format": "uuid"}, {**STRING, "format": "uri"}
    either = {"anyOf": [uuid, uri]}
    media = {**STRING, "anyOf": [{"format": "uuid"}, {"format": "uri"}]}
    short = {**media, "maxLength": 99}
    for name, old, new, level, kind in (
        ("form removed", either, uuid, "breaking", "request-constraint-narrowed"),
        ("form added", uuid, either, "compatible", "request-constraint-widened"),
        ("any string to two forms", STRING, either, "breaking", "request-constraint-narrowed"),
        ("media to short texts", media, short, "breaking", "request-limit-narrowed"),
        ("short texts to media", short, media, "compatible", "request-media-form-added"),
        ("one or a list", STRING, {"anyOf": [STRING, {"type": "array"}]}, "typing", "request-type-widened"),
        ("class to map", OBJECT, MAP, "breaking", "request-class-removed"),
    ):  # fmt: skip
        proven = kind.endswith("narrowed")
        yield Edit(name, _task(image=old), _task(image=new), level, kind, proven)


def _results() -> Iterator[Edit]:
    nullable = {"type": ["string", "null"]}
    one, two = _result(["a"], a=STRING), _result(["a"], a=STRING, b=STRING)
    yield Edit("result member added", one, two, "compatible", "result-member-added")
    yield Edit("result member removed", two, one, "breaking", "result-member-removed")
    flag = {"NSFWContent": {"type": "boolean"}}
    yield Edit(
        "result member that only the general result has",
        _result(["a"], a=STRING, **flag),
        one,
        "risk",
        "result-member-undescribed",
    )
    yield Edit(
        "result that is not described",
        _result([], **flag),
        a_document({}),
        "risk",
        "result-member-undescribed",
    )
    yield Edit(
        "result member may be absent",
        one,
        _result([], a=STRING),
        "breaking",
        "result-member-optional",
    )
    yield Edit(
        "result member is always there",
        _result([], a=STRING),
        one,
        "compatible",
        "result-member-required",
    )
    yield Edit(
        "result may be null",
        one,
        _result(["a"], a=nullable),
        "breaking",
        "result-null-added",
    )
    yield Edit(
        "array must be empty by a constant",
        _task(a=ANY_ARRAY),
        _task(a={"const": []}),
        "breaking",
        "request-type-narrowed",
        proven=True,
    )
    yield Edit(
        "object must be empty by a constant",
        _task(a=MAP),
        _task(a={"const": {}}),
        "breaking",
        "request-type-narrowed",
        proven=True,
    )
    yield Edit(
        "result that was an empty list is null",
        _result(["a"], a={"const": []}),
        _result(["a"], a={"const": None}),
        "breaking",
        "result-null-added",
    )
    no_null: Schema = {"not": {"type": "null"}}
    yield Edit(
        "result that was no null may be null",
        _result(["a"], a=no_null),
        _result(["a"], a=nullable),
        "breaking",
        "result-null-added",
    )
    yield Edit(
        "result that was no null is a string",
        _result(["a"], a=no_null),
        one,
        "compatible",
        "result-type-narrowed",
    )
    yield Edit(
        "result that was no null is an object",
        _result(["a"], a=no_null),
        _result(["a"], a=OBJECT),
        "compatible",
        "result-type-narrowed",
    )
    yield Edit(
        "result is a constant that was too short",
        _result(["a"], a={**STRING, "minLength": 2}),
        _result(["a"], a={"const": "p"}),
        "risk",
        "result-constraint-changed",
    )
    yield Edit(
        "result that was no null is a constant",
        _result(["a"], a=no_null),
        _result(["a"], a={"enum": ["p", 1]}),
        "compatible",
    )
    yield Edit(
        "result is never null",
        _result(["a"], a=nullable),
        one,
        "compatible",
        "result-null-removed",
    )
    yield Edit(
        "result integer to number",
        _result(["a"], a=INTEGER),
        _result(["a"], a=NUMBER),
        "typing",
        "result-type-widened",
    )
    yield Edit(
        "result number to integer",
        _result(["a"], a=NUMBER),
        _result(["a"], a=INTEGER),
        "compatible",
        "result-type-narrowed",
    )
    yield Edit(
        "result of another type",
        _result(["a"], a=INTEGER),
        one,
        "breaking",
        "result-type-changed",
    )
    yield Edit(
        "result value added",
        _result(["a"], a={"enum": ["p"]}),
        _result(["a"], a={"enum": ["p", "q"]}),
        "typing",
        "result-value-added",
    )
    yield Edit(
        "result value removed",
        _result(["a"], a={"enum": ["p", "q"]}),
        _result(["a"], a={"enum": ["p"]}),
        "compatible",
        "result-value-removed",
    )
    yield Edit(
        "result description changed",
        one,
        _result(["a"], a={**STRING, "description": "Words."}),
        "words",
        "result-words-changed",
    )


def metadata_edits() -> Iterator[Edit]:
    """Yield edits of each field of metadata."""

    def info(**members: Any) -> Schema:
        return a_document({}, info=members)

    def pricing(**members: Any) -> Schema:
        return info(**{"x-pricing": members})

    live, old = info(**{"x-status": "live"}), info(**{"x-status": "deprecated"})
    yield Edit("status", live, old, "risk", "status-changed")
    one = {"configuration": "1K", "price": 0.1, "latencyMs": 1000}
    other = {"configuration": "2K", "price": 0.3}
    rate = {"amount": 1, "unit": "output", "display": "$1.00 per run"}
    dear = {"amount": 2, "unit": "output", "display": "$2.00 per run"}
    yield Edit(
        "rate", pricing(rates=[rate]), pricing(rates=[dear]), "risk", "price-changed"
    )
    yield Edit(
        "overview",
        pricing(overview="Cheap."),
        pricing(overview="Dear."),
        "risk",
        "price-changed",
    )
    more = {"overview": "A search costs $0.14 more."}
    for name, old_price, new_price in (
        (
            "rate of the same words",
            {"rates": [rate]},
            {"rates": [{**rate, "amount": 1.004}]},
        ),
        ("unit of a rate", {"rates": [rate]}, {"rates": [{**rate, "unit": "second"}]}),
        ("basis", {"rates": [rate]}, {"rates": [rate], "basis": "floor"}),
        ("currency", {"rates": [rate]}, {"rates": [rate], "currency": "EUR"}),
        ("overview beside rates", {"rates": [rate]}, {"rates": [rate], **more}),
        ("measured price of others", {"measured": [one]}, {"measured": [other]}),
    ):
        before, after = pricing(**old_price), pricing(**new_price)
        yield Edit(name, before, after, "risk", "price-changed")
    yield Edit(
        "measured price",
        pricing(measured=[one]),
        pricing(measured=[{**one, "price": 0.2}]),
        "risk",
        "price-changed",
    )
    yield Edit(
        "latency",
        pricing(measured=[one]),
        pricing(measured=[{**one, "latencyMs": 2000}]),
        "risk",
        "latency-changed",
    )
    yield Edit(
        "title", info(), info(title="Runware API - Other"), "words", "title-changed"
    )
    yield Edit("summary", info(), info(summary="Short."), "words", "words-changed")
    yield Edit(
        "description", info(), info(description="Long."), "words", "words-changed"
    )
    yield Edit(
        "capabilities",
        info(),
        info(**{"x-capabilities": ["edit"]}),
        "words",
        "capabilities-changed",
    )
    yield Edit(
        "modes", info(), info(**{"x-modes": [{"id": "text"}]}), "words", "modes-changed"
    )
    yield Edit(
        "AIR", info(), info(**{"x-air-id": "test:other@1"}), "breaking", "air-changed"
    )
    yield Edit(
        "model",
        a_document({}),
        a_document({}, model="test:other@1"),
        "breaking",
        "model-removed",
    )
    yield Edit(
        "identifier",
        a_document({}),
        a_document({}, identifier="other"),
        "breaking",
        "document-renamed",
    )
    yield Edit(
        "spaces of the identifier",
        a_document({}, identifier="a b"),
        a_document({}, identifier="a  b"),
        "breaking",
        "document-renamed",
    )
    yield Edit(
        "spaces of the task type",
        a_document({}, task_type="a b"),
        a_document({}, task_type="a  b"),
        "breaking",
        "task-type-changed",
    )
    yield from _delivery()
    yield from _errors()
    yield from _limits()


def _delivery() -> Iterator[Edit]:
    method = {"type": "string", "enum": ["sync", "async"], "default": "sync"}
    old, new = _task(deliveryMethod=method), _task(
        deliveryMethod={**method, "default": "async"}
    )
    yield Edit("default delivery", old, new, "risk", "default-delivery-changed")
    fewer = _task(deliveryMethod={**method, "enum": ["sync"]})
    yield Edit(
        "delivery removed", old, fewer, "breaking", "request-value-removed", True
    )
    more = _task(deliveryMethod={**method, "enum": ["sync", "async", "stream"]})
    yield Edit("delivery added", old, more, "compatible", "request-value-added")


def _errors() -> Iterator[Edit]:
    def errors(*codes: str) -> Schema:
        document = a_document({})
        item = {"type": "object", "properties": {"code": {"enum": list(codes)}}}
        errors = {"type": "array", "items": item}
        document["components"]["schemas"]["ErrorResponse"] = {
            "type": "object",
            "properties": {"errors": errors},
        }
        return document

    def statuses(**texts: str) -> Schema:
        document = a_document({})
        responses = document["paths"]["/"]["post"]["responses"]
        responses |= {
            status[1:]: {"description": text} for status, text in texts.items()
        }
        return document

    yield Edit(
        "error code added", errors("a"), errors("a", "b"), "risk", "error-code-added"
    )
    yield Edit(
        "error code removed",
        errors("a", "b"),
        errors("a"),
        "risk",
        "error-code-removed",
    )
    yield Edit(
        "status added",
        statuses(),
        statuses(_402="No money."),
        "risk",
        "http-status-added",
    )
    yield Edit(
        "status removed",
        statuses(_402="No money."),
        statuses(),
        "risk",
        "http-status-removed",
    )
    yield Edit(
        "status described",
        statuses(_402="No money."),
        statuses(_402="Broke."),
        "words",
        "http-status-words-changed",
    )


def _limits() -> Iterator[Edit]:
    sizes = {"width": INTEGER, "height": INTEGER}

    def figure(operation: str, **bounds: float) -> Schema:
        limit = {"parameters": ["width", "height"], "operation": operation, **bounds}
        return a_document({"properties": sizes, "x-constraints": [limit]})

    def media(**bounds: float) -> Schema:
        limit = {"parameters": ["image"], "operation": "width", **bounds}
        return a_document({"properties": {"image": STRING}, "x-constraints": [limit]})

    for operation in ("area", "ratio"):
        loose, tight = figure(operation, maximum=8), figure(operation, maximum=4)
        yield Edit(
            f"{operation} tightened",
            loose,
            tight,
            "breaking",
            "request-rule-narrowed",
            True,
        )
        yield Edit(
            f"{operation} loosened", tight, loose, "compatible", "request-rule-widened"
        )
    yield Edit(
        "media limit", media(maximum=8), media(maximum=4), "risk", "media-limit-changed"
    )


EDITS = [*keyword_edits(), *member_edits(), *metadata_edits()]
