"""Documents that are written differently but mean the same do not differ."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from versions import entries_of, entries_of_tasks

from making import a_document
from runware_codegen.diff.levels import Level
from runware_codegen.diff.proof import containment

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = {"$ref": "#/components/schemas/Count"}


def _reversed(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _reversed(node[name]) for name in reversed(node)}
    return [_reversed(item) for item in node] if isinstance(node, list) else node


def test_keys_in_another_order() -> None:
    task = {
        "properties": {
            "a": {"type": "integer", "minimum": 1, "maximum": 9},
            "b": {"type": "object", "properties": {"c": {"type": "string"}}},
        },
        "dependentRequired": {"a": ["b"], "b": ["a"]},
        "if": {"properties": {"a": {"const": 1}}, "required": ["a"]},
        "then": {"required": ["b"]},
    }
    document = a_document(task, result={"type": "object", "properties": {"x": {}}})
    assert entries_of(document, _reversed(document)) == []


def test_a_reference_and_what_it_refers_to() -> None:
    inline = a_document({"properties": {"a": {"type": "integer", "minimum": 1}}})
    referred = a_document({"properties": {"a": REFERENCE}})
    referred["components"]["schemas"]["Count"] = {"type": "integer", "minimum": 1}
    assert entries_of(inline, referred) == []
    assert entries_of(referred, inline) == []


def test_the_words_of_what_a_reference_refers_to() -> None:
    member = {
        "type": "string",
        "description": "A colour.",
        "default": "red",
        "examples": ["blue"],
        "format": "colour",
    }
    for written in (REFERENCE, {"allOf": [REFERENCE]}):
        inline = a_document({"properties": {"a": member}})
        referred = a_document({"properties": {"a": written}})
        referred["components"]["schemas"]["Count"] = member
        assert entries_of(inline, referred) == []


def test_a_task_behind_a_reference_keeps_its_limits_on_media() -> None:
    image = {"type": "string", "anyOf": [{"format": "uuid"}, {"format": "uri"}]}
    limit = {"operation": "fileSize", "parameters": ["image"], "maximum": 1000}
    inline = a_document({"properties": {"image": image}, "x-constraints": [limit]})
    referred = copy.deepcopy(inline)
    schemas = referred["components"]["schemas"]
    schemas["Task"] = schemas["RequestBody"]["items"]
    schemas["RequestBody"]["items"] = {"$ref": "#/components/schemas/Task"}
    assert entries_of(inline, referred) == []


def test_an_object_behind_a_reference_keeps_its_name() -> None:
    settings = {"type": "object", "properties": {"a": {"type": "string"}}}
    inline = a_document({"properties": {"settings": settings}})
    referred = a_document(
        {"properties": {"settings": {"$ref": "#/components/schemas/Settings"}}}
    )
    referred["components"]["schemas"]["Settings"] = settings
    assert entries_of(inline, referred) == []


BRANCHES = [
    {
        "type": "object",
        "properties": {name: {"type": "string"}},
        "required": [name],
        "additionalProperties": False,
    }
    for name in ("x", "y")
]

ALIKE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "const and an enum of one value",
        {"properties": {"a": {"const": "x"}}},
        {"properties": {"a": {"enum": ["x"]}}},
    ),
    (
        "alternatives that exclude each other, in oneOf and in anyOf",
        {"properties": {"a": {"oneOf": BRANCHES}}},
        {"properties": {"a": {"anyOf": BRANCHES}}},
    ),
    (
        "one schema and its parts in allOf",
        {"properties": {"a": {"type": "integer", "minimum": 1, "maximum": 9}}},
        {"properties": {"a": {"allOf": [{"type": "integer"}, {"minimum": 1}, {"maximum": 9}]}}},
    ),
    (
        "members of one schema, and of two in allOf",
        {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}},
        {"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "integer"}}}]},
    ),
    (
        "members of a closed object, and the same in allOf beside their names",
        {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}},
        {
            "properties": {"a": True, "b": {}},
            "allOf": [{"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}],
        },
    ),
    (
        "the keywords of a member, and the same divided in allOf",
        {"properties": {"a": {"type": "integer", "minimum": 3, "maximum": 8}, "b": {"enum": ["x"]}}},
        {
            "properties": {"a": {"minimum": 3}, "b": {"enum": ["x", "y"]}},
            "allOf": [
                {"properties": {"a": {"type": "integer"}, "b": {"enum": ["x", "z"]}}},
                {"properties": {"a": {"maximum": 8}}},
            ],
        },
    ),
    (
        "the members of an object, and the same divided in allOf",
        {"properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}, "c": {"type": "integer"}}}}},
        {
            "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}},
            "allOf": [{"properties": {"a": {"type": "object", "properties": {"c": {"type": "integer"}}}}}],
        },
    ),
    (
        "a rule, and the same beside others in allOf",
        {"properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}},
        {"properties": {"a": {}, "b": {}}, "allOf": [{"dependentRequired": {"a": ["b"]}}]},
    ),
    (
        "a rule as dependentRequired and as a condition",
        {"properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}},
        {"properties": {"a": {}, "b": {}}, "if": {"required": ["a"]}, "then": {"required": ["b"]}},
    ),
    (
        "a list of types and anyOf",
        {"properties": {"a": {"type": ["string", "integer"]}}},
        {"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}},
    ),
    (
        "alternatives in another order",
        {"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}},
        {"properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}},
    ),
    (
        "values in another order",
        {"properties": {"a": {"enum": ["x", "y", "z"]}}},
        {"properties": {"a": {"enum": ["z", "x", "y"]}}},
    ),
    (
        "a description with other line breaks",
        {"properties": {"a": {"type": "string", "description": "Some words\nmore."}}},
        {"properties": {"a": {"type": "string", "description": "Some words more."}}},
    ),
    (
        "a limit of integers, inclusive and exclusive",
        {"properties": {"a": {"type": "integer", "maximum": 9}}},
        {"properties": {"a": {"type": "integer", "exclusiveMaximum": 10}}},
    ),
    (
        "not, and its opposite",
        {"properties": {"a": {"type": "integer", "minimum": 5}}},
        {"properties": {"a": {"type": "integer", "not": {"exclusiveMaximum": 5}}}},
    ),
    (
        "an empty default of a keyword",
        {"properties": {"a": {"type": "string"}}},
        {"properties": {"a": {"type": "string", "minLength": 0}}},
    ),
    (
        "a whole number as a float",
        {"properties": {"a": {"type": "integer", "maximum": 9}}},
        {"properties": {"a": {"type": "integer", "maximum": 9.0}}},
    ),
    (
        "a pattern with another class of the same characters",
        {"properties": {"a": {"type": "string", "pattern": "^[0-9]+$"}}},
        {"properties": {"a": {"type": "string", "pattern": r"^\d\d*$"}}},
    ),
    (
        "limits that a pattern has already",
        {"properties": {"a": {"type": "string", "pattern": "^([a-z]{2}|\\W{5})$"}}},
        {"properties": {"a": {"type": "string", "pattern": "^([a-z]{2}|\\W{5})$", "minLength": 2, "maxLength": 5}}},
    ),
    (
        "exactly one of two, and one of them alone",
        {"properties": {"a": {}, "b": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {
            "properties": {"a": {}, "b": {}},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
            "not": {"required": ["a", "b"]},
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "one", "other"), ALIKE, ids=[c[0] for c in ALIKE])
def test_no_difference(name: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert entries_of_tasks(one, other) == [], name
    assert entries_of_tasks(other, one) == [], name


def _changes() -> Iterator[tuple[str, str]]:
    yield "Some words", "Some\n  words"
    yield "A title", "A   title"


@pytest.mark.parametrize(("one", "other"), list(_changes()))
def test_reflowed_words(one: str, other: str) -> None:
    old = a_document({}, info={"description": one, "summary": one})
    new = a_document({}, info={"description": other, "summary": other})
    assert entries_of(old, new) == []


def test_an_impossible_value_is_no_difference() -> None:
    """A new limit is not breaking if an existing limit is stricter."""
    narrow = {"type": "integer", "maximum": 5}
    old = {"properties": {"a": {"allOf": [narrow]}}}
    new = {"properties": {"a": {"allOf": [narrow, {"maximum": 9}]}}}
    entries = entries_of_tasks(old, new)
    assert all(entry.level is not Level.BREAKING for entry in entries)


def test_a_proof_is_given_up_with_its_process_and_the_next_is_made() -> None:
    wide, narrow = {"maximum": 2}, {"maximum": 1}
    assert containment.covers(wide, narrow)
    assert not containment.covers(narrow, wide)
    containment._prover().kill()
    assert not containment.covers(wide, narrow)
    assert containment.covers(wide, narrow)
