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


def _valued(
    keyword: str, base: Schema, loose: Any, tight: Any, *, name: str = "", **levels: Any
) -> Keyword:
    """Make the versions of a schema that differ in the value of one keyword."""
    versions = base, {**base, keyword: loose}, {**base, keyword: tight}
    return Keyword(name or keyword, *versions, **levels)


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

CONTAINS: Schema = {**ARRAY, "contains": {"minimum": 1}}
IF_X: Schema = {
    **OBJECT,
    "if": {"properties": {"x": {"const": 1}}, "required": ["x"]},
}


def _up_to(maximum: int) -> Schema:
    return {"type": "integer", "maximum": maximum}


def _y_up_to(maximum: int) -> Schema:
    return {"properties": {"y": {"maximum": maximum}}}


X, Y = {"required": ["x"]}, {"required": ["y"]}
UNLESS_X: Schema = {**OBJECT, "if": X}
TYPED: dict[str, Any] = {"removed": "typing", "result": "typing"}

KEYWORDS = [
    _valued("maximum", INTEGER, 10, 5),
    _valued("minimum", INTEGER, 1, 5),
    _valued("exclusiveMaximum", NUMBER, 10, 9.5),
    _valued("exclusiveMinimum", NUMBER, 0, 0.5),
    _valued("multipleOf", INTEGER, 2, 4),
    _valued("multipleOf", NUMBER, 0.01, 0.1, name="decimal multipleOf"),
    _valued("maxLength", STRING, 10, 5),
    _valued("minLength", STRING, 1, 3),
    _valued("pattern", STRING, "^a", "^ab"),
    *(
        _valued("pattern", STRING, loose, tight, name=f"pattern of {what}")
        for what, loose, tight in (
            ("other characters", "^[^a]{3}$", "^[^ax]{3}$"),
            ("other kinds of characters", r"^[^\d]{3}$", r"^[^\d\s]{3}$"),
            ("kinds of characters", r"^[\w-]{3}$", r"^[\w]{3}$"),
        )
    ),
    _valued("format", STRING, "uri-reference", "uri"),
    _valued("enum", STRING, ["p", "q", "r"], ["p", "q"], **TYPED),
    Keyword(
        "const",
        STRING,
        {**STRING, "enum": ["p", "q"]},
        {**STRING, "const": "p"},
        **TYPED,
    ),
    _valued("enum", INTEGER, [1, 2], [1], name="enum of integers", **TYPED),
    _valued("maxItems", ARRAY, 3, 2),
    _valued("minItems", ARRAY, 1, 2),
    Keyword("uniqueItems", ARRAY, ARRAY, {**ARRAY, "uniqueItems": True}),
    _valued("items", ANY_ARRAY, _up_to(9), _up_to(8), removed="typing"),
    _valued("prefixItems", ANY_ARRAY, [INTEGER], [_up_to(3)], result=None),
    _valued("unevaluatedItems", SHORT_OR_FIRST, _up_to(9), _up_to(8), result=None),
    _valued("contains", ARRAY, {"minimum": 1}, {"minimum": 2}),
    Keyword(
        "minContains",
        ARRAY,
        {**CONTAINS, "minContains": 1},
        {**CONTAINS, "minContains": 2},
    ),
    Keyword(
        "maxContains",
        ARRAY,
        {**CONTAINS, "maxContains": 3},
        {**CONTAINS, "maxContains": 2},
    ),
    _valued("required", OBJECT, ["x"], ["x", "y"], result="breaking"),
    _valued("minProperties", OBJECT, 1, 2, result=None),
    _valued("maxProperties", OBJECT, 2, 1, result=None),
    Keyword(
        "additionalProperties",
        OBJECT,
        OBJECT,
        {**OBJECT, "additionalProperties": False},
        result=None,
    ),
    _valued(
        "additionalProperties",
        MAP,
        _up_to(9),
        _up_to(8),
        name="schema of additionalProperties",
    ),
    _valued("propertyNames", MAP, {"maxLength": 5}, {"maxLength": 3}),
    _valued(
        "patternProperties", OBJECT, {"^z": INTEGER}, {"^z": _up_to(3)}, result=None
    ),
    _valued(
        "dependentRequired", OBJECT, {"x": ["y"]}, {"x": ["y"], "y": ["x"]}, result=None
    ),
    _valued(
        "dependentSchemas", OBJECT, {"x": _y_up_to(9)}, {"x": _y_up_to(8)}, result=None
    ),
    Keyword(
        "if, then",
        OBJECT,
        {**IF_X, "then": _y_up_to(9)},
        {**IF_X, "then": _y_up_to(8)},
        result=None,
    ),
    Keyword(
        "else",
        OBJECT,
        {**UNLESS_X, "else": _y_up_to(9)},
        {**UNLESS_X, "else": {**_y_up_to(9), "required": ["y"]}},
        result=None,
    ),
    _valued("not", OBJECT, {"required": ["x", "y"]}, X, result=None),
    _valued("oneOf", OBJECT, [X, Y], [X, {"required": ["x", "y"]}], result=None),
    _valued("anyOf", OBJECT, [X, Y], [X], result=None),
    _valued("allOf", INTEGER, [{"maximum": 9}], [{"maximum": 8}]),
    Keyword(
        "unevaluatedProperties",
        OBJECT,
        OBJECT,
        {**OBJECT, "unevaluatedProperties": False},
        result=None,
    ),
]


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
    one, two = _task(a=STRING), _task(a=STRING, b=STRING)
    closed, closed_two = _closed(a=STRING), _closed(a=STRING, b=STRING)
    needs_a, needs_b = _required("a", a=STRING), _required("b", a=STRING, b=STRING)
    for name, old, new, level, kind in (
        ("optional member added", closed, closed_two, "compatible", "member-added"),
        ("required member added", one, needs_b, "breaking", "member-added-required"),
        ("member removed", closed_two, closed, "breaking", "member-removed"),
        ("member removed from an open task", two, one, "breaking", "member-removed"),
        ("member added to an open task", one, two, "breaking", "type-narrowed"),
        ("member becomes required", one, needs_a, "breaking", "member-required"),
        ("member becomes optional", needs_a, one, "compatible", "member-optional"),
        ("other members refused", one, closed, "breaking", "extra-members-refused"),
        ("other members allowed", closed, one, "compatible", "extra-members-allowed"),
    ):
        proven = level == "breaking" and kind != "member-removed"
        yield Edit(name, old, new, level, f"request-{kind}", proven)
    default = {**STRING, "default": "x"}
    other_default = {**STRING, "default": "y"}
    some, others = (
        {**STRING, "description": f"{each} words."} for each in ("Some", "Other")
    )
    examples = {**STRING, "examples": ["a", "b"]}
    for name, before, after, level, kind in (
        ("default added", STRING, default, "risk", "default-changed"),
        ("default changed", default, other_default, "risk", "default-changed"),
        ("default removed", default, STRING, "risk", "default-changed"),
        ("examples changed", STRING, examples, "words", "words-changed"),
        ("description changed", some, others, "words", "words-changed"),
    ):
        yield Edit(name, _task(a=before), _task(a=after), level, f"request-{kind}")
    for name, one_pattern, other in (
        ("counts", "^[a-z]{1,64}$", "^[a-z]{1,32}$"),
        ("classes", "^[0-9a-fA-F]+$", "^[0-9a-f]+$"),
        ("alternatives", "^(jpg|png|webp)$", "^(jpg|png)$"),
        ("an anchor", "a", "^a"),
    ):
        wide = _task(a={**STRING, "pattern": one_pattern})
        narrow = _task(a={**STRING, "pattern": other})
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
    x_and_y = {**OBJECT, "additionalProperties": False}
    x = {**x_and_y, "properties": {"x": INTEGER}}
    old, new = _task(s=x_and_y), _task(s=x)
    yield Edit("nested member removed", old, new, "breaking", "request-member-removed")


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
    """Yield edits of the type of a member. Those that break callers are proven."""
    nullable = {"type": ["string", "null"]}
    string_or_integer = {"type": ["string", "integer"]}
    objects = {"type": "array", "items": OBJECT}
    p, pq, pr = ({"enum": [*each]} for each in ("p", "pq", "pr"))
    either = {"oneOf": [STRING, OBJECT]}
    for name, old, new, level, kind in (
        ("null allowed", STRING, nullable, "typing", "null-added"),
        ("null refused", nullable, STRING, "breaking", "null-removed"),
        ("integer to number", INTEGER, NUMBER, "typing", "type-widened"),
        ("number to integer", NUMBER, INTEGER, "breaking", "type-narrowed"),
        ("string to integer", STRING, INTEGER, "breaking", "type-narrowed"),
        ("one more type", STRING, string_or_integer, "typing", "type-widened"),
        ("one type fewer", string_or_integer, STRING, "breaking", "type-narrowed"),
        ("string to object", STRING, OBJECT, "breaking", "type-narrowed"),
        ("object to list of objects", OBJECT, objects, "breaking", "type-narrowed"),
        ("type dropped", STRING, {}, "typing", "type-widened"),
        ("type given", {}, STRING, "breaking", "type-narrowed"),
        ("value added", p, pq, "compatible", "value-added"),
        ("value removed", pq, p, "breaking", "value-removed"),
        ("value replaced", pq, pr, "breaking", "value-removed"),
        ("values closed", STRING, p, "breaking", "values-closed"),
        ("alternative removed", either, OBJECT, "breaking", "type-narrowed"),
        ("alternative added", OBJECT, either, "typing", "type-widened"),
        ("array must be empty", ANY_ARRAY, {"const": []}, "breaking", "type-narrowed"),
        ("object must be empty", MAP, {"const": {}}, "breaking", "type-narrowed"),
    ):
        proven = level == "breaking"
        yield Edit(name, _task(a=old), _task(a=new), level, f"request-{kind}", proven)
    flag, true = _task(a={"type": "boolean"}), _task(a={"const": True})
    yield Edit("boolean to one constant", flag, true, "breaking", "", True)


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
    one, two = _result(["a"], a=STRING), _result(["a"], a=STRING, b=STRING)
    optional, nothing = _result([], a=STRING), a_document({})
    flag = {"NSFWContent": {"type": "boolean"}}
    flagged, only_flag = _result(["a"], a=STRING, **flag), _result([], **flag)
    undescribed = "member-undescribed"
    for name, old, new, level, kind in (
        ("member added", one, two, "compatible", "member-added"),
        ("member removed", two, one, "breaking", "member-removed"),
        ("member that only the general result has", flagged, one, "risk", undescribed),
        ("that is not described", only_flag, nothing, "risk", undescribed),
        ("member may be absent", one, optional, "breaking", "member-optional"),
        ("member is always there", optional, one, "compatible", "member-required"),
    ):
        yield Edit(f"result {name}", old, new, level, f"result-{kind}")
    nullable = {"type": ["string", "null"]}
    no_null: Schema = {"not": {"type": "null"}}
    p, pq = {"enum": ["p"]}, {"enum": ["p", "q"]}
    empty, null = {"const": []}, {"const": None}
    long, short = {**STRING, "minLength": 2}, {"const": "p"}
    words = {**STRING, "description": "Words."}
    for name, before, after, level, kind in (
        ("may be null", STRING, nullable, "breaking", "null-added"),
        ("is never null", nullable, STRING, "compatible", "null-removed"),
        ("that was an empty list is null", empty, null, "breaking", "null-added"),
        ("that was no null may be null", no_null, nullable, "breaking", "null-added"),
        (
            "that was no null is a string",
            no_null,
            STRING,
            "compatible",
            "type-narrowed",
        ),
        (
            "that was no null is an object",
            no_null,
            OBJECT,
            "compatible",
            "type-narrowed",
        ),
        ("is a constant that was too short", long, short, "risk", "constraint-changed"),
        ("integer to number", INTEGER, NUMBER, "typing", "type-widened"),
        ("number to integer", NUMBER, INTEGER, "compatible", "type-narrowed"),
        ("of another type", INTEGER, STRING, "breaking", "type-changed"),
        ("value added", p, pq, "typing", "value-added"),
        ("value removed", pq, p, "compatible", "value-removed"),
        ("description changed", STRING, words, "words", "words-changed"),
    ):
        versions = _result(["a"], a=before), _result(["a"], a=after)
        yield Edit(f"result {name}", *versions, level, f"result-{kind}")
    old, new = _result(["a"], a=no_null), _result(["a"], a={"enum": ["p", 1]})
    yield Edit("result that was no null is a constant", old, new, "compatible")


def metadata_edits() -> Iterator[Edit]:
    """Yield edits of each field of metadata."""

    def info(**members: Any) -> Schema:
        return a_document({}, info=members)

    def pricing(**members: Any) -> Schema:
        return info(**{"x-pricing": members})

    def measured(*rows: Schema) -> Schema:
        return pricing(measured=[*rows])

    def rated(rate: Schema, **members: Any) -> Schema:
        return pricing(rates=[rate], **members)

    none = info()
    live, deprecated = info(**{"x-status": "live"}), info(**{"x-status": "deprecated"})
    one = {"configuration": "1K", "price": 0.1, "latencyMs": 1000}
    other = {"configuration": "2K", "price": 0.3}
    dear, slow = {**one, "price": 0.2}, {**one, "latencyMs": 2000}
    rate = {"amount": 1, "unit": "output", "display": "$1.00 per run"}
    dear_rate = {"amount": 2, "unit": "output", "display": "$2.00 per run"}
    near, by_second = {**rate, "amount": 1.004}, {**rate, "unit": "second"}
    cheap_words, dear_words = pricing(overview="Cheap."), pricing(overview="Dear.")
    more = "A search costs $0.14 more."
    for name, old, new, level, kind in (
        ("status", live, deprecated, "risk", "status"),
        ("rate", rated(rate), rated(dear_rate), "risk", "price"),
        ("overview", cheap_words, dear_words, "risk", "price"),
        ("rate of the same words", rated(rate), rated(near), "risk", "price"),
        ("unit of a rate", rated(rate), rated(by_second), "risk", "price"),
        ("basis", rated(rate), rated(rate, basis="floor"), "risk", "price"),
        ("currency", rated(rate), rated(rate, currency="EUR"), "risk", "price"),
        (
            "overview beside rates",
            rated(rate),
            rated(rate, overview=more),
            "risk",
            "price",
        ),
        ("measured price of others", measured(one), measured(other), "risk", "price"),
        ("measured price", measured(one), measured(dear), "risk", "price"),
        ("latency", measured(one), measured(slow), "risk", "latency"),
        ("title", none, info(title="Runware API - Other"), "words", "title"),
        ("summary", none, info(summary="Short."), "words", "words"),
        ("description", none, info(description="Long."), "words", "words"),
        (
            "capabilities",
            none,
            info(**{"x-capabilities": ["edit"]}),
            "words",
            "capabilities",
        ),
        ("modes", none, info(**{"x-modes": [{"id": "text"}]}), "words", "modes"),
        ("AIR", none, info(**{"x-air-id": "test:other@1"}), "breaking", "air"),
    ):
        yield Edit(name, old, new, level, f"{kind}-changed")
    for name, key, before, after, kind in (
        ("model", "model", "test:sample@1", "test:other@1", "model-removed"),
        ("identifier", "identifier", "sample", "other", "document-renamed"),
        ("spaces of the identifier", "identifier", "a b", "a  b", "document-renamed"),
        ("spaces of the task type", "task_type", "a b", "a  b", "task-type-changed"),
    ):
        old, new = (a_document({}, **{key: each}) for each in (before, after))
        yield Edit(name, old, new, "breaking", kind)
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

    one, two = errors("a"), errors("a", "b")
    none, poor, broke = statuses(), statuses(_402="No money."), statuses(_402="Broke.")
    for name, old, new, level, kind in (
        ("error code added", one, two, "risk", "error-code-added"),
        ("error code removed", two, one, "risk", "error-code-removed"),
        ("status added", none, poor, "risk", "http-status-added"),
        ("status removed", poor, none, "risk", "http-status-removed"),
        ("status described", poor, broke, "words", "http-status-words-changed"),
    ):
        yield Edit(name, old, new, level, kind)


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
        narrowed, widened = "request-rule-narrowed", "request-rule-widened"
        yield Edit(f"{operation} tightened", loose, tight, "breaking", narrowed, True)
        yield Edit(f"{operation} loosened", tight, loose, "compatible", widened)

    def condition(**keywords: Any) -> Schema:
        members = {"a": STRING, "b": STRING}
        given = {"properties": {"a": keywords}}
        return a_document(
            {"properties": members, "if": given, "then": {"required": ["b"]}}
        )

    real, never = condition(pattern="^a{3}$"), condition(minLength=5, maxLength=2)
    yield Edit("never", real, never, "compatible", "request-rule-widened")
    yield Edit(
        "media limit", media(maximum=8), media(maximum=4), "risk", "media-limit-changed"
    )


EDITS = [*keyword_edits(), *member_edits(), *metadata_edits()]
