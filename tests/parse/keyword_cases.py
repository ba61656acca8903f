"""Cases of types, constants, and the keywords of numbers and strings."""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    """A schema, with values that it allows and values that it refuses.

    Attributes:
        name: What the case shows.
        schema: The schema.
        valid: Values that it allows.
        invalid: Values that it refuses.
    """

    name: str
    schema: Any
    valid: list[Any]
    invalid: list[Any]


ONE_OF_EACH: list[Any] = [None, True, 0, 1.5, "text", [], {}]
"""A value of each type."""

TYPES = [
    Case("true allows everything", True, ONE_OF_EACH, []),
    Case("an empty schema allows everything", {}, ONE_OF_EACH, []),
    Case("false allows nothing", False, [], ONE_OF_EACH),
    Case("null", {"type": "null"}, [None], [False, 0, "", "null", [], {}]),
    Case("boolean", {"type": "boolean"}, [True, False], [None, 0, 1, "true", [], {}]),
    Case(
        "a whole number is an integer however it is written",
        {"type": "integer"},
        [0, -1, 1.0, -3.0, 1e3, 2**70],
        [None, True, 1.5, "1", [1], {}],
    ),
    Case("number", {"type": "number"}, [0, 1.0, -1.5], [None, False, "1.5", []]),
    Case("string", {"type": "string"}, ["", "1", "é", "😀"], [None, 1, True, [], {}]),
    Case("array", {"type": "array"}, [[], [None, 1, "a"]], [None, "a", {}, {"0": 1}]),
    Case("object", {"type": "object"}, [{}, {"a": [1]}], [None, "a", [], [["a", 1]]]),
    Case(
        "any of several types",
        {"type": ["integer", "string"]},
        [1, 1.0, "a"],
        [None, 1.5, True, [], {}],
    ),
    Case("a list of one type", {"type": ["boolean"]}, [True, False], [None, 1]),
    Case(
        "null beside a type, with a limit of that type",
        {"type": ["string", "null"], "minLength": 2},
        [None, "ab"],
        ["a", 0, False, []],
    ),
    Case(
        "each keyword speaks of its own type only",
        {
            "minimum": 5,
            "minLength": 5,
            "minItems": 1,
            "minProperties": 1,
            "required": ["a"],
        },
        [None, True, 5, "enough", [0], {"a": 0}],
        [4, 4.5, "four", [], {}, {"b": 0}],
    ),
]

CONSTANTS = [
    Case("a number equals itself", {"const": 1}, [1, 1.0], [True, "1", 2, [1], None]),
    Case("true is no number", {"const": True}, [True], [1, 1.0, "true", False]),
    Case("false is not 0", {"const": False}, [False], [0, 0.0, "", None, []]),
    Case("0 is not false", {"const": 0}, [0, 0.0, -0.0], [False, "", None]),
    Case("null", {"const": None}, [None], [False, 0, "", "null", [], {}]),
    Case("the empty text", {"const": ""}, [""], [" ", None, 0, False, []]),
    Case("a number with decimals", {"const": 0.07}, [0.07], [0.070001, 7, "0.07"]),
    Case(
        "an object, whatever the order of its members",
        {"const": {"a": 1, "b": [True, {"c": None}]}},
        [
            {"a": 1, "b": [True, {"c": None}]},
            {"b": [True, {"c": None}], "a": 1.0},
        ],
        [
            {"a": True, "b": [True, {"c": None}]},
            {"a": 1, "b": [1, {"c": None}]},
            {"a": 1, "b": [True, {}]},
            {"a": 1, "b": [{"c": None}, True]},
            {"a": 1, "b": [True, {"c": None}], "d": 0},
            {"a": 1},
            {},
        ],
    ),
    Case(
        "an array, in its order",
        {"const": [1, [False], "a"]},
        [[1, [False], "a"], [1.0, [False], "a"]],
        [[1, [0], "a"], ["a", [False], 1], [1, [False]], [1, [False], "a", None], []],
    ),
    Case(
        "one of several texts",
        {"enum": ["png", "jpg"]},
        ["png", "jpg"],
        ["PNG", "png ", "", None, ["png"]],
    ),
    Case(
        "one of values of all types",
        {"enum": [None, 1, "1", [1], {"a": 1}]},
        [None, 1, 1.0, "1", [1], [1.0], {"a": 1}],
        [True, "", [True], ["1"], {"a": True}, {}, [[1]]],
    ),
    Case(
        "numbers beside booleans",
        {"enum": [0, True]},
        [0, 0.0, True],
        [1, False, "0"],
    ),
    Case(
        "a type narrows constants",
        {"enum": [1, "a", 2.5, None], "type": ["integer", "null"]},
        [1, 1.0, None],
        ["a", 2.5],
    ),
    Case(
        "a format narrows constants",
        {"enum": ["2026-05-01", "tomorrow"], "format": "date"},
        ["2026-05-01"],
        ["tomorrow", "2026-05-02"],
    ),
]

NUMBERS = [
    Case(
        "constants at bounds that are no binary fractions",
        {"enum": [0.1, 0.5, 0.8], "minimum": 0.1, "exclusiveMaximum": 0.8},
        [0.1, 0.5],
        [0.8, 0.2],
    ),
    Case("minimum", {"minimum": 1.5}, [1.5, 2, "1", None], [1.49, 1, -7]),
    Case("maximum", {"maximum": 3}, [3, 3.0, -1e300, "9"], [3.0000001, 4, 1e300]),
    Case("exclusiveMinimum", {"exclusiveMinimum": 0}, [0.1, 1, True], [0, 0.0, -1]),
    Case("exclusiveMaximum", {"exclusiveMaximum": 1}, [0.99, -1], [1, 1.0, 1.01]),
    Case(
        "the narrower of two bounds counts",
        {"type": "integer", "minimum": 2, "exclusiveMinimum": 2, "maximum": 4.5},
        [3, 4, 4.0],
        [2, 2.0, 5, 3.5],
    ),
    Case(
        "bounds beyond what a float tells apart",
        {"type": "integer", "maximum": 9007199254740993},
        [9007199254740992, 9007199254740993],
        [9007199254740994, 2**64],
    ),
    Case(
        "multipleOf is exact in decimals",
        {"multipleOf": 0.01},
        [0.07, 0.29, 1.1, 19.99, 3, -0.57, 0],
        [0.075, 0.001, 1.005, -0.575],
    ),
    Case(
        "multipleOf a whole number", {"multipleOf": 64}, [0, 64, -128, 512.0], [1, 96]
    ),
    Case("multipleOf almost zero", {"multipleOf": 3e-320}, [0, 0.3], [0.1]),
    Case("multipleOf a half", {"multipleOf": 0.5}, [0.5, 1, 1.5, -2], [0.25, 1.75]),
    Case(
        "multipleOf a step from an odd minimum",
        {"type": "number", "multipleOf": 0.1, "minimum": 0.3, "maximum": 0.7},
        [0.3, 0.4, 0.6, 0.7],
        [0.2, 0.35, 0.75, 0.8, "0.3"],
    ),
]

STRINGS = [
    Case(
        "length counts code points",
        {"minLength": 2, "maxLength": 3},
        ["ab", "😀😀", "e\u0301", "日本語", "a\n", 7],
        ["", "a", "😀", "é", "abcd", "😀😀😀😀"],
    ),
    Case(
        "lengths may be written as floats",
        {"minLength": 1.0, "maxLength": 2.0},
        ["a", "ab"],
        ["", "abc"],
    ),
    Case("a length of nothing", {"maxLength": 0}, ["", 0, None], [" ", "a"]),
    Case(
        "a pattern is searched for",
        {"pattern": "b+"},
        ["b", "abba", "ab\ncd", 1],
        ["", "B", "aca"],
    ),
    Case(
        "a pattern's ends are those of the text",
        {"pattern": "^[a-z]+$"},
        ["abc"],
        ["", "abc\n", "abc\nabc", "a c", "é"],
    ),
    Case(
        "digits of a pattern are ASCII's",
        {"pattern": r"^\d\w$"},
        ["1a", "0_"],
        ["١a", "1é", "11\n", "a1"],
    ),
    Case(
        "a pattern's dot and space",
        {"pattern": r"^a.\s$"},
        ["ab ", "a😀\t", "ab\ufeff", "ab\n"],
        ["a\n ", "ab", "ab\u200b"],
    ),
    Case(
        "a pattern that looks ahead",
        {"pattern": "^(?!https?://)[^ ]+$"},
        ["cat.png", "ftp://a"],
        ["http://a", "https://a", "a b", ""],
    ),
    Case(
        "a pattern that looks ahead twice",
        {"pattern": r"^(?!https?://)(?!\.)[^ ]+$"},
        ["cat.png", "ftp://a"],
        ["http://a", ".cat", "a b", ""],
    ),
    Case(
        "a pattern and lengths together",
        {"pattern": "^x-", "minLength": 4, "maxLength": 5},
        ["x-ab", "x-abc"],
        ["x-a", "x-abcd", "y-ab"],
    ),
    Case(
        "uuid",
        {"format": "uuid"},
        ["7f3b3b1e-6d0c-4a55-9d5c-0d5a3f0c7a11", 1, None],
        ["", "7f3b3b1e6d0c4a559d5c0d5a3f0c7a11", "7f3b3b1e-6d0c-4a55-9d5c"],
    ),
    Case(
        "uri",
        {"format": "uri"},
        ["https://example.com/a?b#c", "urn:isbn:0451450523", "data:,a"],
        ["./cat.png", "//example.com", "https://exa mple.com", ""],
    ),
    Case(
        "date-time",
        {"format": "date-time"},
        ["2026-05-01T10:00:00Z", "2026-05-01t10:00:00.5+02:00"],
        ["2026-05-01", "2026-13-01T10:00:00Z", "2026-05-01T10:00:00"],
    ),
    Case(
        "an unknown format asserts nothing",
        {"type": "string", "format": "nobody-knows"},
        ["", "anything"],
        [1],
    ),
]
