"""Cases of the keywords of arrays and objects."""

from __future__ import annotations

from keyword_cases import Case

ARRAYS = [
    Case(
        "items", {"items": {"type": "integer"}}, [[], [1, 2.0], "a"], [[1, "a"], [True]]
    ),
    Case("no items at all", {"items": False}, [[], {}, None], [[None], [[]]]),
    Case(
        "items of items",
        {"type": "array", "items": {"type": "array", "items": {"maximum": 9}}},
        [[], [[]], [[1], [9, "a"]]],
        [[1], [[10]], [[], None]],
    ),
    Case(
        "prefixItems speak of the items that are there",
        {"prefixItems": [{"type": "integer"}, {"type": "string"}]},
        [[], [1], [1, "a"], [1, "a", None], "a"],
        [["a"], [1, 2], [1, 2, None]],
    ),
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
    Case("minItems", {"minItems": 1}, [[0], [None, None], "", {}], [[]]),
    Case("maxItems", {"maxItems": 2}, [[], [1, 2], "abc"], [[1, 2, 3], [[], [], []]]),
    Case(
        "contains",
        {"contains": {"const": "a"}},
        [["a"], ["b", "a"], ["a", "a"], "b", {}],
        [[], ["b"], [["a"]]],
    ),
    Case(
        "contains so many",
        {"contains": {"type": "string"}, "minContains": 2, "maxContains": 3},
        [["a", "b"], ["a", 1, "b", 2, "c"]],
        [[], ["a", 1, 2], ["a", "b", "c", "d"]],
    ),
    Case(
        "contains none, or a few",
        {"contains": {"type": "string"}, "minContains": 0, "maxContains": 1},
        [[], [1, 2], ["a", 1]],
        [["a", "b"]],
    ),
    Case(
        "bounds of contains mean nothing alone",
        {"minContains": 2, "maxContains": 3},
        [[], [1], [1, 2, 3, 4]],
        [],
    ),
    Case(
        "uniqueItems by JSON's equality",
        {"uniqueItems": True},
        [
            [],
            [1, True, "1", [1], None],
            [0, False, "", [], {}],
            [[1], [True]],
            [{"a": 1}, {"a": True}],
            "aa",
        ],
        [
            [1, 1.0],
            ["a", "b", "a"],
            [None, None],
            [{"a": 1, "b": 2}, {"b": 2.0, "a": 1}],
            [[0, [1]], [0, [1.0]]],
        ],
    ),
    Case("uniqueItems false", {"uniqueItems": False}, [[1, 1], []], []),
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
        "properties speak of the members that are there",
        {"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}},
        [{}, {"a": 1}, {"b": "x", "c": None}, [], "a", None],
        [{"a": "x"}, {"a": None}, {"b": 1, "a": 1}],
    ),
    Case(
        "a member that may not be there",
        {"properties": {"a": False}},
        [{}, {"b": 1}],
        [{"a": None}, {"a": 1, "b": 1}],
    ),
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
        "additionalProperties are those not named",
        {"properties": {"a": {}}, "additionalProperties": {"type": "integer"}},
        [{}, {"a": "x"}, {"b": 1, "c": 2.0}],
        [{"b": "x"}, {"a": 1, "b": None}],
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
        "patternProperties are searched for in names",
        {"patternProperties": {"^x-": {"type": "string"}, "b": {"maximum": 5}}},
        [{}, {"x-a": "1"}, {"abc": 5, "c": 9}, {"x-b": "t"}, "x-"],
        [{"x-a": 1}, {"abc": 6}, {"x-b": 1}],
    ),
    Case(
        "a member is spoken of by properties and by patterns",
        {
            "properties": {"size": {"minimum": 1}},
            "patternProperties": {"^s": {"maximum": 3}},
        },
        [{"size": 1}, {"size": 3, "s": 0}],
        [{"size": 0}, {"size": 4}, {"s": 4}],
    ),
    Case(
        "additionalProperties are those no pattern matches either",
        {
            "properties": {"a": {}},
            "patternProperties": {"^x-": {}},
            "additionalProperties": False,
        },
        [{}, {"a": 1, "x-": 1, "x-b": None}],
        [{"x": 1}, {"ax-": 1}, {"a": 1, "b": 1}],
    ),
    Case(
        "propertyNames",
        {"propertyNames": {"maxLength": 2, "pattern": "^[a-z]"}},
        [{}, {"a": 1, "b1": 2}, ["abc"]],
        [{"abc": 1}, {"1": 1}, {"": 1}],
    ),
    Case("propertyNames false", {"propertyNames": False}, [{}, []], [{"a": 1}]),
    Case(
        "names out of a list",
        {"propertyNames": {"enum": ["a", "b"]}, "additionalProperties": {"minimum": 0}},
        [{}, {"a": 0}, {"b": 1, "a": "x"}],
        [{"c": 1}, {"a": -1}],
    ),
    Case("minProperties", {"minProperties": 1}, [{"a": None}, [], ""], [{}]),
    Case(
        "maxProperties",
        {"properties": {"a": {}}, "maxProperties": 1},
        [{}, {"a": 1}, {"b": 1}, [1, 2], "abc"],
        [{"a": 1, "b": 1}, {"b": 1, "c": 1}],
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
        "unevaluatedProperties see into allOf",
        {
            "allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}],
            "properties": {"c": {}},
            "unevaluatedProperties": False,
        },
        [{}, {"a": 1, "b": 1, "c": 1}, []],
        [{"d": 1}, {"a": 1, "d": 1}],
    ),
    Case(
        "additionalProperties do not",
        {
            "allOf": [{"properties": {"a": {}}}],
            "properties": {"c": {}},
            "additionalProperties": False,
        },
        [{}, {"c": 1}],
        [{"a": 1}, {"a": 1, "c": 1}],
    ),
    Case(
        "unevaluatedProperties count what the alternatives that hold speak of",
        {
            "anyOf": [
                {"properties": {"a": {"const": 1}}, "required": ["a"]},
                {"properties": {"b": {"const": 1}}, "required": ["b"]},
            ],
            "unevaluatedProperties": False,
        },
        [{"a": 1}, {"b": 1}, {"a": 1, "b": 1}],
        [{}, {"a": 1, "b": 2}, {"a": 1, "c": 1}],
    ),
    Case(
        "unevaluatedProperties after if, then and else",
        {
            "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
            "then": {"properties": {"a": {}}},
            "else": {"properties": {"b": {}}},
            "unevaluatedProperties": False,
        },
        [{}, {"kind": "a", "a": 1}, {"b": 1}],
        [{"kind": "a", "b": 1}, {"a": 1}, {"kind": "b"}],
    ),
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
    Case(
        "unevaluatedProperties do not see into not",
        {
            "not": {"properties": {"a": {"const": 1}}, "required": ["a"]},
            "unevaluatedProperties": {"type": "integer"},
        },
        [{}, {"a": 2}, {"b": 1}],
        [{"a": 1}, {"a": "x"}],
    ),
    Case(
        "unevaluatedProperties and patterns",
        {
            "patternProperties": {"^x-": {}},
            "dependentSchemas": {"x-more": {"properties": {"more": {}}}},
            "unevaluatedProperties": {"type": "boolean"},
        },
        [{}, {"x-a": 1}, {"a": True}, {"x-more": 0, "more": 1}],
        [{"a": 1}, {"more": 1}],
    ),
    Case(
        "unevaluatedProperties through a reference",
        {
            "$ref": "#/components/schemas/Point",
            "properties": {"z": {}},
            "unevaluatedProperties": False,
        },
        [{"x": 1, "y": 2}, {"x": 1, "y": 2, "z": 3}],
        [{"x": 1}, {"x": 1, "y": 2, "w": 3}],
    ),
    Case(
        "unevaluatedItems follow the longest prefix",
        {
            "prefixItems": [{"type": "integer"}],
            "allOf": [{"prefixItems": [True, {"type": "string"}]}],
            "unevaluatedItems": False,
        },
        [[], [1], [1, "a"], {}],
        [[1, 1], [1, "a", None]],
    ),
    Case(
        "unevaluatedItems and contains",
        {"contains": {"type": "string"}, "unevaluatedItems": {"type": "integer"}},
        [["a"], ["a", 1, "b"]],
        [[], [1], ["a", None]],
    ),
    Case(
        "unevaluatedItems after items",
        {"items": {"maximum": 5}, "unevaluatedItems": False},
        [[], [1, 2, 3]],
        [[6]],
    ),
    Case(
        "unevaluatedItems and alternatives",
        {
            "oneOf": [
                {"prefixItems": [{"const": "a"}], "minItems": 1},
                {"prefixItems": [{"const": "b"}, True], "minItems": 1},
            ],
            "unevaluatedItems": False,
        },
        [["a"], ["b"], ["b", 1]],
        [[], ["a", 1], ["b", 1, 2], ["c"]],
    ),
]
