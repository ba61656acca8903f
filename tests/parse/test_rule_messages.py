"""What the messages of violated rules say: conditions that can hold, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from making import generated, simple_document, simple_task

if TYPE_CHECKING:
    from pathlib import Path

TEXT = {"type": "string"}
NUMBER = {"type": "number"}

MODES = {
    "properties": {
        "mode": {"enum": ["fast", "good", "best"]},
        "steps": {"type": "integer"},
        "guidance": NUMBER,
    },
    "required": ["mode"],
    "if": {"properties": {"mode": {"const": "fast"}}},
    "then": {"properties": {"steps": {"maximum": 8}, "guidance": False}},
    "else": {
        "if": {"properties": {"mode": {"const": "good"}}},
        "then": {"required": ["steps"]},
        "else": {"required": ["guidance"]},
    },
}

OPERATIONS = {
    "oneOf": [
        {
            "properties": {"op": {"const": "draw"}, "prompt": TEXT | {"minLength": 1}},
            "required": ["op", "prompt"],
        },
        {
            "properties": {"op": {"const": "edit"}, "image": TEXT},
            "required": ["op", "image"],
        },
    ]
}

SETS = {
    "properties": dict.fromkeys(("prompt", "image", "video", "audio"), TEXT),
    "anyOf": [
        {"required": ["prompt"]},
        {"required": ["image", "video"]},
        {"required": ["audio"]},
    ],
}

ONE_SET = {
    "properties": dict.fromkeys(("size", "width", "height"), NUMBER),
    "oneOf": [{"required": ["size"]}, {"required": ["width", "height"]}],
}

BRANCHES = {
    "properties": {"width": NUMBER},
    "unevaluatedProperties": False,
    "if": {"required": ["width"]},
    "then": {"properties": {"scale": NUMBER}},
}

DEPENDENT = {
    "properties": {"strength": NUMBER, "margin": NUMBER, "blur": NUMBER},
    "dependentSchemas": {
        "strength": {"properties": {"strength": {"exclusiveMinimum": 0}}},
        "margin": {
            "anyOf": [
                {"required": ["blur"]},
                {"properties": {"margin": {"maximum": 10}}},
            ]
        },
    },
}

ITEMS: dict[str, Any] = {
    "properties": {
        "few": {"type": "array", "items": NUMBER, "contains": {"minimum": 9}},
        "mixed": {
            "type": "array",
            "prefixItems": [{"const": "a"}],
            "items": {"type": "integer"},
        },
        "preset": {"oneOf": [{"const": [1]}, {"const": [2]}]},
        "shots": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"role": TEXT},
                "required": ["role"],
            },
            "contains": {
                "properties": {"role": {"const": "first"}},
                "required": ["role"],
            },
        },
    }
}
ONE_OF: dict[str, Any] = {
    "properties": {
        "two": {"type": "integer", "oneOf": [{"minimum": 3}, {"multipleOf": 2}]},
        "three": {"oneOf": [NUMBER, {"type": "integer"}, {"type": "array"}]},
    }
}
ITEMS["properties"]["few"] |= {"minContains": 0, "maxContains": 1}

NEVER = {
    "properties": {"mode": {"enum": ["a", "b"]}, "op": TEXT, "steps": NUMBER},
    "if": {"properties": {"mode": {"const": "a"}}, "required": ["mode", "op"]},
    "then": False,
    "allOf": [
        {
            "if": {"properties": {"mode": {"const": "b"}}, "required": ["steps"]},
            "then": {"required": ["op"]},
        }
    ],
}

CLOSED: dict[str, Any] = {
    "properties": dict.fromkeys("abcdefghij", TEXT),
    "additionalProperties": False,
    "if": {"required": ["a"]},
    "then": {
        "properties": dict.fromkeys(
            ["taskType", "taskUUID", "model", *"abcdefghi"], True
        ),
        "additionalProperties": False,
    },
}

CASES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (
        MODES,
        {"mode": "fast", "steps": 9},
        ["steps must be at most 8 when mode is 'fast'"],
    ),
    (MODES, {"mode": "good"}, ["steps is required when mode is 'good'"]),
    (MODES, {"mode": "best"}, ["guidance is required when mode is 'best'"]),
    (
        OPERATIONS,
        {"op": "draw"},
        [
            "prompt is required and must be a string with at least 1 character when op"
            " is 'draw'"
        ],
    ),
    (
        OPERATIONS,
        {"op": "edit"},
        ["image is required and must be a string when op is 'edit'"],
    ),
    (SETS, {}, ["give at least one of these: prompt; image and video; audio"]),
    (ONE_SET, {"width": 1}, ["give exactly one of these: size; width and height"]),
    (BRANCHES, {"scale": 1}, ["scale requires width"]),
    (CLOSED, {"a": "x", "j": "x"}, ["j cannot be combined with a"]),
    (DEPENDENT, {"strength": 0}, ["strength must be more than 0"]),
    (DEPENDENT, {"margin": 11}, ["blur is required when margin is more than 10"]),
    (NEVER, {"mode": "a", "op": "x"}, ["op is not allowed when mode is 'a'"]),
    (
        NEVER,
        {"steps": 1},
        ["op is required when mode, if given, is 'b' and steps is given"],
    ),
    (
        ONE_OF,
        {"two": 4, "three": 1},
        [
            "must be at least 3 or must be a multiple of 2, not both",
            "must be a number, must be an integer or must be a list, but only one of"
            " these",
        ],
    ),
    (
        ITEMS,
        {"few": [9, 9], "mixed": ["a", "a"], "preset": [3], "shots": []},
        [
            "must have at most 1 item that is at least 9",
            "item 1 must be 'a' and must have only items from item 2 on that are an"
            " integer",
            "must be [1] or [2]",
            "must have at least 1 item whose role is 'first'",
        ],
    ),
]


def test_messages_name_only_conditions_that_can_hold(tmp_path: Path) -> None:
    names = {id(schema): f"case-{n}" for n, (schema, _, _) in enumerate(CASES)}
    documents = {
        f"{names[id(schema)]}.json": simple_document(names[id(schema)], schema)
        for schema, _, _ in CASES
    }
    package = generated(tmp_path, documents, package="rule_messages")
    for schema, members, messages in CASES:
        with pytest.raises(ValidationError) as caught:
            package.parse_request(simple_task(names[id(schema)], **members))
        assert [error["msg"] for error in caught.value.errors()] == messages


def test_a_closed_class_needs_no_rule_about_other_members(tmp_path: Path) -> None:
    again = {
        "properties": dict.fromkeys(["taskType", "taskUUID", "model", "a"], True),
        "patternProperties": {"^x": TEXT},
        "additionalProperties": False,
    }
    closed = {"properties": {"a": TEXT}, "additionalProperties": False}
    document = simple_document("closed", {**closed, "allOf": [again]})
    generated(tmp_path, {"closed.json": document}, package="closed_class")
    [module] = tmp_path.rglob("closed.py")
    assert "besides" not in module.read_text()


def test_a_rule_of_very_many_combinations_does_not_list_them(tmp_path: Path) -> None:
    pairs = [
        {"properties": {"a": {"const": n}, "b": {"const": -n}}, "required": ["a", "b"]}
        for n in range(200)
    ]
    document = simple_document("pairs", {"anyOf": pairs})
    package = generated(tmp_path, {"pairs.json": document}, package="many_pairs")
    with pytest.raises(ValidationError) as caught:
        package.parse_request(simple_task("pairs", a=1, b=-2))
    [error] = caught.value.errors()
    assert error["msg"].endswith("one of the combinations that the document describes")


def test_a_rule_about_all_members_is_located_at_the_object(tmp_path: Path) -> None:
    known = "taskType, taskUUID, model"
    named = "members whose names match ^o"
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "typed": (
            {"additionalProperties": {"type": "number", "minimum": 0}},
            f"only members besides {known} and width that are a number of at least 0",
        ),
        "patterns": (
            {"patternProperties": {"^x": TEXT}, "additionalProperties": False},
            f"no members besides {known}, width and those matching ^x",
        ),
        "numbers": (
            {"patternProperties": {"^o": NUMBER}},
            f"only {named} that are a number",
        ),
        "refused": ({"patternProperties": {"^o": False}}, f"no {named}"),
    }
    width = {"properties": {"width": NUMBER}}
    documents = {
        f"{name}.json": simple_document(name, {**width, **schema})
        for name, (schema, _) in cases.items()
    }
    package = generated(tmp_path, documents, package="placed_rules")
    for name, (_, message) in cases.items():
        with pytest.raises(ValidationError) as caught:
            package.parse_request(simple_task(name, width=1, other="a"))
        [error] = caught.value.errors()
        assert (error["loc"], error["msg"]) == ((), f"must have {message}")
