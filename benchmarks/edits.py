"""Twenty edits of a document that break callers or change what they get."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from peers import TOP

sys.path.insert(0, str(TOP / "tests" / "support"))

from making import a_document

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

RULES_OF = "August 2026"
"""When oasdiff's rules were looked up: the identifiers of its messages."""


class Edit(NamedTuple):
    """Two versions of a document.

    Attributes:
        name: What is edited.
        old: The document before.
        new: The document now.
        rule: The rule of oasdiff that is about it, or empty.
    """

    name: str
    old: Schema
    new: Schema
    rule: str = ""


def edits() -> Iterator[Edit]:
    """Give the edits: of requests, of rules, of results, of metadata."""
    yield from _requests()
    yield from _rules()
    yield from _results()


def _requests() -> Iterator[Edit]:
    number, text = {"type": "integer"}, {"type": "string"}
    values = {**text, "enum": ["p", "q"]}
    for name, old, new, rule in (
        ("maximum lowered", {**number, "maximum": 10}, {**number, "maximum": 5}, "request-property-max-decreased"),
        ("minLength raised", {**text, "minLength": 1}, {**text, "minLength": 3}, "request-property-min-length-increased"),
        ("pattern changed", {**text, "pattern": "^a"}, {**text, "pattern": "^ab"}, "request-property-pattern-changed"),
        ("multipleOf changed", {**number, "multipleOf": 2}, {**number, "multipleOf": 4}, ""),
        ("uniqueItems added", {"type": "array"}, {"type": "array", "uniqueItems": True}, ""),
        ("enum value removed", values, {**text, "enum": ["p"]}, "request-property-enum-value-removed"),
        ("string restricted to an enum", text, values, "request-property-became-enum"),
        ("string changed to integer", text, number, "request-property-type-changed"),
        ("null no longer allowed", {"type": ["string", "null"]}, text, "request-property-became-not-nullable"),
        ("default changed", {**text, "default": "p"}, {**text, "default": "q"}, "request-property-default-value-changed"),
    ):  # fmt: skip
        yield Edit(name, _task(value=old), _task(value=new), rule)
    one, two = {"a": text}, {"a": text, "b": text}
    yield Edit(
        "property became required",
        _task(**one),
        _task(["a"], **one),
        "request-property-became-required",
    )
    yield Edit(
        "required property added",
        _task(**one),
        _task(["b"], **two),
        "new-required-request-property",
    )
    yield Edit(
        "property removed", _task(**two), _task(**one), "request-property-removed"
    )


def _rules() -> Iterator[Edit]:
    properties = {"width": {"type": "integer"}, "height": {"type": "integer"}}
    condition = {"properties": {"width": {"const": 1}}, "required": ["width"]}

    def then(limit: int) -> Schema:
        consequence = {"properties": {"height": {"maximum": limit}}}
        return a_document(
            {"properties": properties, "if": condition, "then": consequence}
        )

    def area(limit: int) -> Schema:
        both = {
            "operation": "area",
            "parameters": ["width", "height"],
            "maximum": limit,
        }
        return a_document({"properties": properties, "x-constraints": [both]})

    yield Edit("limit in a condition lowered", then(9), then(8))
    yield Edit("limit on width × height lowered", area(9), area(8))


def _results() -> Iterator[Edit]:
    text = {"type": "string"}

    def result(**members: Schema) -> Schema:
        whole = {"type": "object", "properties": members, "required": list(members)}
        return a_document({}, result=whole)

    def price(shown: str) -> Schema:
        return a_document({}, info={"x-pricing": {"rates": [{"display": shown}]}})

    nullable = {"type": ["string", "null"]}
    yield Edit(
        "result property removed",
        result(a=text, b=text),
        result(a=text),
        "response-required-property-removed",
    )
    yield Edit(
        "result may be null",
        result(a=text),
        result(a=nullable),
        "response-property-became-nullable",
    )
    yield Edit(
        "result value added",
        result(a={"enum": ["p"]}),
        result(a={"enum": ["p", "q"]}),
        "response-property-enum-value-added",
    )
    yield Edit(
        "result changed to another type",
        result(a=text),
        result(a={"type": "integer"}),
        "response-property-type-changed",
    )
    yield Edit("price raised", price("$1"), price("$2"))


def _task(required: list[str] | None = None, /, **members: Schema) -> Schema:
    return a_document({"properties": members, "required": required or []})
