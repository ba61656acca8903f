"""Cases of keywords that combine schemas or refer to others."""

from __future__ import annotations

from typing import Any

from keyword_cases import ONE_OF_EACH, Case

COMPONENTS: dict[str, Any] = {
    "Shade": {"type": "string", "enum": ["light", "dark"]},
    "Percent": {"type": "number", "minimum": 0, "maximum": 100},
    "Point": {
        "type": "object",
        "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
        "required": ["x", "y"],
    },
    "Tree": {
        "type": "object",
        "properties": {
            "label": {"type": "string"},
            "children": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Tree"},
            },
        },
        "required": ["label"],
        "additionalProperties": False,
    },
    "Even": {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Odd"}},
        "required": ["next"],
    },
    "Odd": {
        "anyOf": [{"const": "end"}, {"$ref": "#/components/schemas/Even"}],
    },
    "Chain": {
        "type": "object",
        "properties": {
            "size": {"type": "integer"},
            "next": {"$ref": "#/components/schemas/Chain"},
        },
    },
    "Outer": {
        "type": "object",
        "properties": {"inner": {"$ref": "#/components/schemas/Inner"}},
    },
    "Inner": {
        "type": "object",
        "properties": {
            "outer": {"$ref": "#/components/schemas/Outer"},
            "like": {
                "type": "object",
                "properties": {"inner": {"$ref": "#/components/schemas/Inner"}},
            },
        },
    },
    "Never": {
        "type": "object",
        "properties": {"owner": {"$ref": "#/components/schemas/Owner"}, "x": False},
        "required": ["x"],
    },
    "Owner": {
        "type": "object",
        "properties": {"never": {"$ref": "#/components/schemas/Never"}},
    },
    "Map": {
        "type": "object",
        "additionalProperties": {"$ref": "#/components/schemas/Map"},
    },
    "a/b~c %": {"type": "integer"},
}
"""Schemas that the cases refer to."""


def _component(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


LOGIC = [
    Case(
        "oneOf with a constant in two alternatives",
        {
            "type": "object",
            "properties": {"op": {"enum": ["a", "b"]}},
            "required": ["op"],
            "oneOf": [
                {"properties": {"op": {"const": "a"}}, "required": ["x"]},
                {"properties": {"op": {"const": "a"}}, "required": ["y"]},
                {"properties": {"op": {"const": "b"}}, "required": ["z"]},
            ],
        },
        [{"op": "a", "x": 1}, {"op": "a", "y": 1}, {"op": "b", "z": 1}],
        [{"op": "a"}, {"op": "a", "x": 1, "y": 1}, {"op": "b", "x": 1}, {"x": 1}],
    ),
    Case(
        "anyOf with a closed branch in an open object",
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "anyOf": [
                {"required": ["b"]},
                {"properties": {"a": True}, "additionalProperties": False},
            ],
        },
        [{}, {"a": 1}, {"b": 1, "c": 1}],
        [{"c": 1}, {"a": 1, "c": 1}],
    ),
    Case(
        "anyOf with a branch that is closed by patterns in a closed object",
        {
            "type": "object",
            "properties": {"aa": {"type": "integer"}, "bb": {"type": "integer"}},
            "additionalProperties": False,
            "anyOf": [
                {"required": ["bb"]},
                {"patternProperties": {"^a": True}, "additionalProperties": False},
            ],
        },
        [{}, {"aa": 1}, {"bb": 1}, {"aa": 1, "bb": 1}],
        [{"c": 1}, {"aa": "b"}],
    ),
    Case(
        "anyOf with a closed branch in a closed object",
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "additionalProperties": False,
            "anyOf": [
                {"properties": {"a": {"minimum": 1}}, "additionalProperties": False},
                {"required": ["a"]},
            ],
        },
        [{}, {"a": 1}, {"a": 0}],
        [{"b": 1}, {"a": 1, "b": 1}, {"a": "x"}],
    ),
    Case(
        "oneOf of pairs of constants",
        {
            "type": "object",
            "properties": {"fps": {"type": "integer"}, "length": {"type": "integer"}},
            "oneOf": [
                {
                    "properties": {"fps": {"const": fps}, "length": {"const": length}},
                    "required": ["fps", "length"],
                }
                for fps, length in ((24, 5), (30, 10))
            ],
        },
        [{"fps": 24, "length": 5}, {"fps": 30, "length": 10}],
        [{}, {"fps": 24}, {"fps": 24, "length": 10}],
    ),
    Case(
        "oneOf without an alternative for one of the constants",
        {
            "type": "object",
            "properties": {"op": {"enum": ["a", "b", "c"]}},
            "required": ["op"],
            "oneOf": [
                {"properties": {"op": {"const": "a"}}, "required": ["x"]},
                {"properties": {"op": {"const": "b"}}, "required": ["y"]},
            ],
        },
        [{"op": "a", "x": 1}, {"op": "b", "y": 1}],
        [{"op": "c"}, {"op": "c", "x": 1}, {"op": "a", "y": 1}],
    ),
    Case(
        "allOf and its siblings",
        {"allOf": [{"minLength": 2}], "type": "string", "maxLength": 3},
        ["ab", "abc"],
        ["a", "abcd", None],
    ),
    Case(
        "allOf of objects is one object",
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "allOf": [
                {"properties": {"b": {"type": "string"}}, "required": ["b"]},
                {"properties": {"a": {"minimum": 1}}},
            ],
        },
        [{"b": "x"}, {"a": 1, "b": "x", "c": None}],
        [{}, {"a": 1}, {"a": 0, "b": "x"}, {"b": 1}],
    ),
    Case(
        "a text, or an object with one",
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {
                    "type": "object",
                    "properties": {"url": {"type": "string"}, "weight": {"minimum": 0}},
                    "required": ["url"],
                    "additionalProperties": False,
                },
            ]
        },
        ["a", {"url": ""}, {"url": "a", "weight": 0}],
        ["", None, {}, {"url": 1}, {"url": "a", "weight": -1}, {"url": "a", "b": 1}],
    ),
    Case(
        "oneOf of enums, one of which repeats a value",
        {"oneOf": [{"enum": ["a", "a", None]}, {"enum": ["b", 1, 1.0]}]},
        ["a", None, "b", 1],
        ["c", 2],
    ),
    Case(
        "oneOf objects told apart by a constant",
        {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"kind": {"const": kind}, "size": {"maximum": top}},
                    "required": ["kind", "size"],
                }
                for kind, top in (("small", 1), ("large", 9))
            ]
        },
        [{"kind": "small", "size": 1}, {"kind": "large", "size": 2}],
        [
            {"kind": "small", "size": 2},
            {"kind": "large"},
            {"kind": "huge", "size": 1},
            {"size": 1},
            [],
        ],
    ),
    Case(
        "exactly one of two members",
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        [{"a": 1}, {"b": 1, "c": 1}],
        [{}, {"a": 1, "b": 1}, {"a": "x"}],
    ),
    Case(
        "null beside a schema",
        {"oneOf": [{"type": "null"}, _component("Percent")]},
        [None, 0, 99.5],
        [-1, 101, "1", False],
    ),
    Case(
        "not beside a type",
        {"type": "integer", "not": {"enum": [1, 2]}},
        [0, 3, 3.0],
        [1, 2.0, "a", 1.5],
    ),
    Case(
        "not both",
        {"type": "object", "not": {"required": ["a", "b"]}},
        [{}, {"a": 1}, {"b": None}],
        [{"a": 1, "b": 1}, {"a": None, "b": None, "c": 1}],
    ),
    Case(
        "if a member is given",
        {
            "type": "object",
            "if": {"required": ["mode"]},
            "then": {"properties": {"mode": {"const": "fast"}}, "required": ["seed"]},
            "else": {"properties": {"seed": False}},
        },
        [{}, {"mode": "fast", "seed": 1}],
        [{"mode": "fast"}, {"mode": "slow", "seed": 1}, {"seed": 1}],
    ),
]

REFERENCES = [
    Case("to a component", _component("Shade"), ["light"], ["blue", None, ["light"]]),
    Case(
        "with siblings",
        {**_component("Percent"), "multipleOf": 5, "description": "In steps."},
        [0, 5, 100.0],
        [1, -5, 105, "5"],
    ),
    Case(
        "into a component",
        {"$ref": "#/components/schemas/Point/properties/x"},
        [1, 0.5],
        ["1", None],
    ),
    Case(
        "to $defs of a schema with an $id",
        {
            "$id": "https://example.com/value",
            "$defs": {"short": {"type": "string", "maxLength": 2}},
            "type": "array",
            "items": {"$ref": "#/$defs/short"},
        },
        [[], ["a", "ab"]],
        [["abc"], [1], "a"],
    ),
    Case(
        "to an $anchor",
        {
            "$id": "https://example.com/anchored",
            "$defs": {"a": {"$anchor": "positive", "exclusiveMinimum": 0}},
            "properties": {
                "a": {"$ref": "#positive"},
                "b": {"$ref": "https://example.com/anchored#positive"},
            },
        },
        [{}, {"a": 1, "b": 0.5}],
        [{"a": 0}, {"b": -1}],
    ),
    Case(
        "to an $id below",
        {
            "$id": "https://example.com/outer/",
            "$defs": {"any": {"$id": "inner", "type": "boolean"}},
            "items": {"$ref": "inner"},
            "contains": {"$ref": "https://example.com/outer/inner"},
        },
        [[True], [False, True]],
        [[], [1], [True, None]],
    ),
    Case(
        "to the schema itself",
        {
            "$id": "https://example.com/nested",
            "type": ["array", "integer"],
            "items": {"$ref": "#"},
        },
        [1, [], [1, [2, [3, []]]]],
        ["a", [1, ["a"]], [[[None]]]],
    ),
    Case(
        "a tree",
        _component("Tree"),
        [
            {"label": "a"},
            {"label": "a", "children": [{"label": "b", "children": []}]},
        ],
        [
            {},
            {"label": "a", "children": [{}]},
            {"label": "a", "children": [{"label": "b", "children": [{"label": 1}]}]},
            {"label": "a", "children": [{"label": "b", "extra": 1}]},
        ],
    ),
    Case(
        "a map that contains itself",
        _component("Map"),
        [{}, {"a": {}, "b": {"c": {}}}],
        [1, {"a": 1}, {"a": {"b": []}}],
    ),
    Case(
        "two schemas that refer to each other",
        _component("Even"),
        [{"next": "end"}, {"next": {"next": "end"}}],
        [{}, {"next": None}, {"next": {"next": "start"}}, "end"],
    ),
    Case(
        "what a reference leads to keeps to itself",
        {
            "allOf": [_component("Point")],
            "properties": {"x": {"minimum": 1}},
            "additionalProperties": {"type": "number"},
        },
        [{"x": 1, "y": 2, "z": 3}],
        [{"x": 0, "y": 2}, {"x": 1, "y": "2"}, {"x": 1, "y": 1, "z": "a"}],
    ),
    Case(
        "two objects that limit a member of the same schema",
        {
            "type": "object",
            "properties": {
                name: {"allOf": [_component("Chain"), {"properties": {"size": limit}}]}
                for name, limit in (("low", {"maximum": 3}), ("high", {"minimum": 5}))
            },
        },
        [{"low": {"size": 3}, "high": {"size": 5}}],
        [{"low": {"size": 5}}, {"high": {"size": 3}}],
    ),
    Case(
        "a limit of a schema that contains itself is not a limit of its parts",
        {**_component("Chain"), "properties": {"size": {"minimum": 1}}},
        [{"size": 1, "next": {"size": 0, "next": {"size": 0}}}],
        [{"size": 0}, {"next": {"next": {"size": "a"}}}],
    ),
    Case(
        "an object that contains itself and an object like it",
        _component("Outer"),
        [{"inner": {"outer": {"inner": {}}, "like": {"inner": {}}}}],
        [{"inner": {"outer": 1}}, {"inner": {"like": {"inner": 1}}}],
    ),
    Case(
        "an object that no value satisfies, and that contains itself",
        {
            "type": "object",
            "properties": {
                "never": {"anyOf": [_component("Never"), {"type": "null"}]},
                "owner": _component("Owner"),
            },
        },
        [{"never": None, "owner": {}}],
        [{"never": {}}, {"owner": {"never": {}}}, {"owner": {"never": {"x": 1}}}],
    ),
]

ANNOTATIONS = [
    Case(
        "what asserts nothing",
        {
            "$comment": "For readers of the schema.",
            "title": "A title",
            "description": "A description.",
            "default": "not even an integer",
            "examples": ["a", None],
            "deprecated": True,
            "readOnly": True,
            "writeOnly": True,
            "contentEncoding": "base64",
            "contentMediaType": "application/json",
            "contentSchema": {"type": "object"},
        },
        ONE_OF_EACH,
        [],
    ),
]
