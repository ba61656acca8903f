"""Cases of the keywords of arrays and objects."""

from __future__ import annotations

from keyword_cases import Case

ARRAYS = [
    Case(
        "prefixItems of a list, and items of another schema",
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}],
            "allOf": [{"items": {"type": ["integer", "string"]}}],
        },
        [[], [1], [1, "a", 2]],
        [["a"], [1, None], "a"],
    ),
    Case(
        "a list that only has prefixItems",
        {"type": "array", "prefixItems": [{"type": "integer"}]},
        [[], [1], [1, "a", None]],
        [["a"], "a"],
    ),
    Case(
        "items are those after prefixItems",
        {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}},
        [[], [1], [1, "a", "b"]],
        [["a"], [1, 1], [1, "a", 1]],
    ),
    Case(
        "a tuple",
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "integer"}],
            "items": False,
            "minItems": 2,
        },
        [[1, 2], [1.0, 2]],
        [[], [1], [1, 2, 3], [1, "a"], None],
    ),
    Case(
        "objects in an array",
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"weight": {"type": "number", "maximum": 1}},
                "required": ["weight"],
                "additionalProperties": False,
            },
            "maxItems": 2,
        },
        [[], [{"weight": 0.5}], [{"weight": 1}, {"weight": 0}]],
        [[{}], [{"weight": 2}], [{"weight": 1, "a": 1}], [None], [{"weight": 1}] * 3],
    ),
]

OBJECTS = [
    Case(
        "a member may be null where it says so",
        {
            "type": "object",
            "properties": {"a": {"type": ["integer", "null"]}},
            "required": ["a"],
        },
        [{"a": None}, {"a": 1}],
        [{}, {"a": "null"}, {"a": False}],
    ),
    Case(
        "required, of members without a schema too",
        {"properties": {"a": {}}, "required": ["a", "é b"]},
        [{"a": None, "é b": 0}, [], "a"],
        [{}, {"a": 1}, {"é b": 1}],
    ),
    Case(
        "a closed object",
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "additionalProperties": False,
        },
        [{}, {"a": 1}],
        [{"A": 1}, {"a": 1, "b": 1}, {"": 0}, None],
    ),
    Case(
        "a map",
        {"type": "object", "additionalProperties": {"type": "array", "maxItems": 1}},
        [{}, {"any key": [], "😀": [1], "__class__": []}],
        [{"a": [1, 2]}, {"a": {}}, []],
    ),
    Case(
        "names out of a list",
        {"propertyNames": {"enum": ["a", "b"]}, "additionalProperties": {"minimum": 0}},
        [{}, {"a": 0}, {"b": 1, "a": "x"}],
        [{"c": 1}, {"a": -1}],
    ),
    Case(
        "members of every name can be sent",
        {
            "type": "object",
            "properties": {
                name: {"type": "integer"}
                for name in (
                    "class",
                    "self",
                    "a-b",
                    "a_b",
                    "A_B",
                    "1",
                    "",
                    "é",
                    "to_wire",
                )
            },
            "additionalProperties": False,
        },
        [
            {"class": 1, "self": 2, "a-b": 3, "a_b": 4, "A_B": 5},
            {"1": 1, "": 2, "é": 3, "to_wire": 4},
        ],
        [{"class": "1"}, {"": None}, {"a-b": []}, {"class_": 1}, {"e": 1}],
    ),
]

UNEVALUATED = [
    Case(
        "unevaluatedProperties of a class with a member that only a condition has",
        {
            "type": "object",
            "properties": {"c": {}},
            "if": {"properties": {"a": {"const": 1}}, "required": ["a"]},
            "unevaluatedProperties": False,
        },
        [{}, {"c": 1}, {"a": 1}, {"a": 1, "c": 1}],
        [{"a": 2}, {"b": 1}, {"a": 1, "b": 1}, []],
    ),
]
