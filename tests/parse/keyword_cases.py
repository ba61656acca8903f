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
    Case("an empty schema allows everything", {}, ONE_OF_EACH, []),
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
    Case("the empty text", {"const": ""}, [""], [" ", None, 0, False, []]),
    Case("a number with decimals", {"const": 0.07}, [0.07], [0.070001, 7, "0.07"]),
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
    Case(
        "the narrower of two bounds counts",
        {"type": "integer", "minimum": 2, "exclusiveMinimum": 2, "maximum": 4.5},
        [3, 4, 4.0],
        [2, 2.0, 5, 3.5],
    ),
    Case(
        "bounds that are not allowed themselves",
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        [5e-324, 0.5],
        [0, 0.0, 1, 1.0, 10**400],
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
    Case("a length of nothing", {"maxLength": 0}, ["", 0, None], [" ", "a"]),
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
        {"type": "string", "pattern": r"^(?!https?://)(?!\.)[^ ]+$"},
        ["cat.png", "ftp://a"],
        ["http://a", ".cat", "a b", ""],
    ),
    Case(
        "a pattern and lengths together",
        {"pattern": "^x-", "minLength": 4, "maxLength": 5},
        ["x-ab", "x-abc"],
        ["x-a", "x-abcd", "y-ab"],
    ),
]
