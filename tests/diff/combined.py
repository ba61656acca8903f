"""Edits of several members at once, with all entries that they cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edits import INTEGER, NUMBER, OBJECT, STRING

from making import a_document

if TYPE_CHECKING:
    from edits import Schema

ENUM: Schema = {"enum": ["p"]}
NULL: Schema = {"type": "null"}
UUID, URI = {"format": "uuid"}, {"format": "uri"}
TREE = "#/components/schemas/Tree"


class Combined(NamedTuple):
    """Two versions of a document that differ in several places.

    Attributes:
        old: The document before.
        new: The document after.
        entries: The kind, the pointer and the proof of each entry, the most severe first.
    """

    old: Schema
    new: Schema
    entries: list[str]


def _file(*forms: Schema) -> Schema:
    return {**STRING, "anyOf": [*forms]}


def _data(kind: str) -> Schema:
    return {"pattern": f"^data:{kind}/"}


def _text(pattern: str) -> Schema:
    return {**STRING, "pattern": pattern}


def _step(step: float) -> Schema:
    return {**NUMBER, "multipleOf": step}


def _named(*titles: str) -> list[Schema]:
    return [{**OBJECT, "title": title, "required": [title]} for title in titles]


def _list(title: str) -> Schema:
    return {"type": "array", "items": {**OBJECT, "title": title}}


def _task(**members: Schema) -> Schema:
    return a_document({"properties": members})


def _result(*, closed: bool = False, **members: Schema) -> Schema:
    result = {"type": "object", "properties": members}
    return a_document({}, result={**result, "additionalProperties": not closed})


def _sizes(*sizes: tuple[int, int, str], hd: bool | None = None) -> Schema:
    one_of = [
        {
            "title": title,
            "properties": {"width": {"const": width}, "height": {"const": height}},
            "required": ["width", "height"],
        }
        for width, height, title in sizes
    ]
    rule: Schema = {"oneOf": one_of} if sizes else {}
    if hd is not None:
        needed = {"properties": {"hd": {"const": hd}}, "required": ["hd"]}
        rule = {"if": needed, "then": rule}
    members = {"width": INTEGER, "height": INTEGER, "hd": {"type": "boolean"}}
    pairs = {"width": ["height"], "height": ["width"]}
    task = {"properties": members, "dependentRequired": pairs, "allOf": [rule]}
    return a_document(task)


def _tree(most: int) -> Schema:
    document = _task(tree={"$ref": TREE})
    items = {"type": "array", "items": {"$ref": TREE}}
    leaf = {**STRING, "maxLength": most}
    document["components"]["schemas"]["Tree"] = {"anyOf": [leaf, items]}
    return document


def _limited(most: int) -> Schema:
    limit = {"operation": "fileSize", "parameters": ["image"], "maximum": most}
    task = {"properties": {"image": _file(UUID, URI)}, "x-constraints": [limit]}
    return a_document(task)


COMBINED: dict[str, Combined] = {
    "steps": Combined(
        _task(a=_step(1e30), b=_step(1e-5), c=_step(0.3), d=_step(2)),
        _task(a=_step(1e-5), b=_step(1e30), c=_step(0.1), d=_step(3)),
        [
            "request-step-narrowed /b witness",
            "request-step-narrowed /d witness",
            "request-step-widened /a witness",
            "request-step-widened /c witness",
        ],
    ),
    "results": Combined(
        _result(
            step={**NUMBER, "multipleOf": 3},
            text=_text("^a"),
            form={**STRING, "format": "date"},
            size={"type": "object", "minProperties": 1, "additionalProperties": STRING},
            default={**STRING, "default": "a"},
            closed=False,
            shut=STRING,
            open=ENUM,
            kind=_file(UUID, URI),
            other=_file(UUID, URI, _data("image")),
            part=OBJECT,
            one=_list("Apple"),
            aB=STRING,
        ),
        _result(
            step={**NUMBER, "multipleOf": 2},
            text=_text("^b"),
            form={**STRING, "format": "email"},
            size={"type": "object", "minProperties": 2, "additionalProperties": STRING},
            default={**STRING, "default": "b"},
            shut=ENUM,
            open=STRING,
            kind=_file(UUID, URI, _data("image")),
            other=_file(UUID, URI, _data("video")),
            part=STRING,
            one=_list("Pear"),
            aB=STRING,
            a_b=STRING,
        ),
        [
            "result-member-renamed /aB",
            "result-class-renamed /one/*",
            "result-class-removed /part",
            "result-type-changed /part witness",
            "result-values-opened /open witness",
            "result-default-changed /default",
            "result-format-changed /form witness",
            "result-media-form-added /kind not proven",
            "result-media-kind-changed /kind",
            "result-media-form-added /other not proven",
            "result-media-kind-changed /other",
            "result-step-changed /step witness",
            "result-pattern-changed /text witness",
            "result-member-added /a_b",
            "result-media-form-removed /other",
            "result-values-closed /shut witness",
            "result-constraint-narrowed /size witness",
        ],
    ),
    "results that stay closed": Combined(
        _result(closed=True, a=STRING, b=STRING),
        _result(closed=True, a=INTEGER),
        ["result-type-changed /a witness", "result-member-removed /b"],
    ),
    "null": Combined(
        _task(
            a=ENUM,
            b={"enum": ["p", None]},
            c={"anyOf": [STRING, NULL]},
            d={},
            e={"anyOf": [ENUM, NULL]},
        ),
        _task(
            a={"enum": ["p", None]},
            b=ENUM,
            c={},
            d={"anyOf": [STRING, NULL]},
            e={"enum": ["p", None]},
        ),
        [
            "request-null-removed /b witness",
            "request-type-narrowed /d witness",
            "request-null-added /a witness",
            "request-type-widened /c witness",
        ],
    ),
    "names": Combined(
        _task(aB=STRING, one=_list("Apple"), many={"anyOf": _named("One", "Two")}),
        _task(
            aB=STRING, a_b=STRING, one=_list("Pear"), many={"anyOf": _named("Three")}
        ),
        [
            "request-member-renamed /aB",
            "request-type-narrowed /a_b not proven",
            "request-type-narrowed /many witness",
            "request-class-renamed /one/*",
            "request-member-added /a_b",
        ],
    ),
    "files": Combined(
        _task(a=_file(UUID, URI, _data("image")), b=_file(UUID, URI)),
        _task(a=_file(UUID, URI, _data("video")), b={**STRING, "format": "uri"}),
        [
            "request-media-form-removed /a not proven",
            "request-constraint-narrowed /b witness",
            "request-media-form-removed /b",
            "request-media-kind-changed /a",
            "request-media-form-added /a",
        ],
    ),
    "annotations": Combined(
        _task(a={"type": "boolean"}, b={"enum": ["p", "q"], "not": {"const": "q"}}),
        _task(a={"enum": [True, False]}, b={"const": "p"}),
        [
            "request-annotation-changed /a containment",
            "request-annotation-changed /b containment",
        ],
    ),
    "words": Combined(
        _task(a={"oneOf": [{"const": "p", "title": "P"}, {"const": "q"}]}, b=STRING),
        _task(
            a={"oneOf": [{"const": "p", "title": "Q"}, {"const": "q"}]},
            b={**STRING, "format": "iri"},
        ),
        ["unenforced-changed", "request-words-changed /a", "request-words-changed /b"],
    ),
    "values": Combined(
        _task(a=ENUM, b=STRING, c=ENUM, d={"enum": ["p", "q"]}),
        _task(
            a=INTEGER,
            b={"enum": [1]},
            c={"anyOf": [{**STRING, "minLength": 2}, INTEGER]},
            d={"enum": ["q", "p"]},
        ),
        [
            "request-type-narrowed /a witness",
            "request-type-narrowed /b witness",
            "request-constraint-narrowed /c witness",
            "request-type-narrowed /c witness",
            "request-values-opened /c witness",
            "request-words-changed /c",
        ],
    ),
    "hard pattern": Combined(
        _task(a=_text("^(?!.*q)[a-z]{40}$")),
        _task(a=_text("^(?!.*x)[a-z]{40}$")),
        ["request-pattern-changed /a not proven"],
    ),
    "sizes": Combined(
        _sizes((1, 2, "A"), (3, 4, "B")),
        _sizes((1, 2, "C"), (5, 6, "D")),
        [
            "request-size-removed witness",
            "request-size-added witness",
            "request-words-changed",
        ],
    ),
    "conditional sizes": Combined(
        _sizes((1, 2, "A"), (3, 4, "B"), hd=True),
        _sizes((1, 2, "A"), (3, 4, "B"), hd=False),
        ["request-rule-narrowed witness", "request-rule-narrowed witness"],
    ),
    "no sizes": Combined(
        _sizes((1, 2, "A"), (3, 4, "B")),
        _sizes(),
        ["request-rule-widened witness", "request-rule-widened witness"],
    ),
    "looser recursion": Combined(
        _tree(4),
        _tree(5),
        [
            "request-constraint-changed not proven",
            "request-limit-widened /tree witness",
            "request-words-changed /tree",
        ],
    ),
    "file size": Combined(
        _limited(8),
        _limited(4),
        [
            "media-limit-changed",
            "request-media-size-changed /image",
            "request-words-changed /image",
        ],
    ),
    "task type": Combined(
        a_document({}, task_type="oneTask"),
        a_document({}, task_type="otherTask"),
        [
            "task-type-changed",
            "request-value-removed /taskType witness",
            "request-value-added /taskType witness",
        ],
    ),
    "excluded values": Combined(
        _task(
            a={**STRING, "not": {"enum": ["p", "q"]}},
            b={**STRING, "not": {"const": "p"}},
        ),
        _task(
            a={**STRING, "not": {"const": "p"}},
            b={**STRING, "not": {"enum": ["p", "q"]}},
        ),
        [
            "request-constraint-narrowed /b witness",
            "request-constraint-widened /a witness",
        ],
    ),
    "members": Combined(
        a_document({"properties": {"a": STRING}, "additionalProperties": False}),
        a_document(
            {
                "properties": {"b": STRING, "c": {}},
                "required": ["c"],
                "additionalProperties": False,
            }
        ),
        [
            "request-member-removed /a witness",
            "request-member-added-required /c witness",
            "request-member-added /b witness",
        ],
    ),
    "open members": Combined(
        _task(a=STRING),
        _task(b={}, c=STRING),
        [
            "request-member-removed /a",
            "request-type-narrowed /c witness",
            "request-member-added /b",
            "request-member-added /c",
        ],
    ),
    "items": Combined(
        _task(
            a={"type": "array", "items": STRING},
            b={"type": "object", "additionalProperties": STRING},
            c={"type": "array", "uniqueItems": True},
        ),
        _task(
            a={"type": "array", "items": INTEGER},
            b={"type": "object", "additionalProperties": INTEGER},
            c={"type": "array"},
        ),
        [
            "request-type-narrowed /a/* witness",
            "request-type-narrowed /b/* witness",
            "request-uniqueness-removed /c witness",
        ],
    ),
}
