"""Texts are read as exact values, or refused with the right location."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from document_texts import (
    a_document,
    changed,
    constant_in,
    loaded,
    only_problem,
    refusal,
    tree_of,
    with_constant,
    yaml_with_constant,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from random_text import CHARACTERS
from runware_codegen.problems import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

HERE = "/components/schemas/Odd/const"

# A key in a flow mapping of YAML has at most 1,024 escaped characters (§7.4.2).
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARACTERS)
    | st.sampled_from(
        ["null", "~", "yes", "0x1", "<<", ".inf", "2020-01-01", "- a: b"]
    ),
    lambda inner: st.lists(inner)
    | st.dictionaries(st.text(CHARACTERS, max_size=80), inner),
    max_leaves=10,
)

# Pieces of texts in JSON and YAML.
PIECES = [*"[]{}:,!>|#%\"'\\~a\n\r\t \0\x85\ufeff"]
PIECES += [": ", "- ", "? ", "&a ", "*a", "!!str ", "\\u", "%YAML 1.2", "---", "..."]
PIECES += ["1e999", "NaN", ".nan", "<<", "openapi"]


def is_same(left: object, right: object) -> bool:
    """Compare values as JSON: the order of keys matters, and 1 differs from 1.0."""
    return json.dumps(left) == json.dumps(right)


class TestJson:
    @given(JSON_VALUES)
    def test_a_value_is_kept_exactly(self, value: object) -> None:
        text = with_constant(json.dumps(value))
        assert is_same(constant_in(tree_of(text)), value)

    def test_numbers_keep_their_kind(self) -> None:
        numbers = [1, 1.0, 1e0, -0.0, 10**300, 1e308, 5e-324, 0e-999, 0.0e5]
        text = with_constant(
            "[1, 1.0, 1e0, -0.0, 1" + "0" * 300 + ", 1e308, 5e-324, 0e-999, 0.0e5]"
        )
        assert is_same(constant_in(tree_of(text)), numbers)

    def test_keys_keep_their_order(self) -> None:
        text = with_constant('{"b": 1, "a": {"z": null, "y": {}}}')
        assert list(constant_in(tree_of(text))) == ["b", "a"]

    def test_text_may_have_null_bytes_and_a_million_characters(self) -> None:
        title = "\0é" * 500_000
        tree = tree_of(json.dumps(changed("info", "title", to=title)))
        assert tree["info"]["title"] == title

    def test_a_json_file_with_yaml(self, tmp_path: Path) -> None:
        file = tmp_path / "a.json"
        file.write_text("openapi: 3.1.0\n", encoding="utf-8")
        (problem,) = refusal(str(file))
        message = "not JSON: the text is not a JSON value (line 1, column 1)"
        assert problem.message == message
        assert "name the file .yaml" in problem.remedy

    @pytest.mark.parametrize(
        ("text", "message", "remedy"),
        [
            ("[1,]", "a value is missing after the comma (line 1, column 3)", "remove the comma"),
            ("[1, ]", "a value is missing after the comma (line 1, column 3)", "remove the comma"),
            ('{"a": 1,}', "a value is missing after the comma (line 1, column 8)", "comma"),
            ('{\n"a": 1\n"b": 2}', "a comma or a closing bracket is missing (line 3, column 1)", "comma"),
            ("[1}", "a comma or a closing bracket is missing (line 1, column 3)", "close"),
            ('{"a" 1}', "a colon is missing (line 1, column 6)", "colon"),
            ("{a: 1}", "a key is missing (line 1, column 2)", "double quotes"),
            ("{'a': 1}", "a single quote is not valid here (line 1, column 2)", "double quotes"),
            ("[1, 'a']", "a single quote is not valid here (line 1, column 5)", "double quotes"),
            ("{\n  // no\n}", "JSON has no comments (line 2, column 3)", "remove the comment"),
            ('{"a": 1, # no\n"b": 2}', "JSON has no comments (line 1, column 10)", "remove the comment"),
            ('{"a": }', "a value is missing (line 1, column 7)", "write"),
            ('{"a": undefined}', "a value is missing (line 1, column 7)", "write"),
            ('{\n<<<<<<< x\n"a": 1}', "a key is missing (line 2, column 1)", "Resolve the conflict"),
            ("[01]", "a comma or a closing bracket is missing (line 1, column 3)", "comma"),
            ("[1, 2", "the file ends too early (line 1, column 6)", "complete"),
            ('{"a":\n', "the file ends too early (line 2, column 1)", "complete"),
            ('["a]', "a string is not closed (line 1, column 2)", "double quote"),
            ("{} {}", "more text follows the value (line 1, column 4)", "one value"),
            (
                '["a\nb"]',
                "a string has a control character in it (line 1, column 4)",
                "\\n",
            ),
            (
                '["\\x"]',
                "a backslash is not followed by an escape of JSON (line 1, column 3)",
                "\\\\",
            ),
        ],
    )  # fmt: skip
    def test_what_is_not_json(self, text: str, message: str, remedy: str) -> None:
        problem = only_problem(text)
        assert (problem.pointer, problem.message) == ("", f"not JSON: {message}")
        assert remedy in problem.remedy

    @pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
    def test_what_only_python_takes_for_json(self, text: str) -> None:
        problem = only_problem(with_constant(text))
        assert problem.pointer == HERE
        assert problem.message == f"{text} is not a JSON value"

    @pytest.mark.parametrize(
        "text", ["1e400", "-1e400", "1e-400", "9" * 309, "-" + "1" * 5000, "1" * 10**6]
    )
    def test_numbers_out_of_range(self, text: str) -> None:
        problem = only_problem(with_constant(f"[0, {text}]"))
        assert problem.pointer == f"{HERE}/1"
        assert problem.message == "a number is out of range"

    def test_duplicate_keys_are_named_with_their_object(self) -> None:
        text = with_constant(
            '[{"a": 1, "b": 1, "\\u0061": 1}, {"c": {"d": 1, "d": 1}}]'
        )
        problems = refusal("-", stdin=text.encode())
        assert [(each.pointer, each.message) for each in problems] == [
            (f"{HERE}/0", 'the key "a" is given more than once'),
            (f"{HERE}/1/c", 'the key "d" is given more than once'),
        ]

    @pytest.mark.parametrize("half", ["\\ud800", "\\uDFFF", "a\\udc00\\ud800b"])
    def test_half_a_character(self, half: str) -> None:
        problem = only_problem(with_constant(f'["{half}"]'))
        assert problem.pointer == f"{HERE}/0"
        assert (
            problem.message
            == "a string has a lone surrogate, which is half a character"
        )
        problem = only_problem(with_constant(f'{{"{half}": ["{half}"]}}'))
        assert problem.pointer == HERE
        assert problem.message.startswith("the key ")
        assert problem.message.endswith(" has a lone surrogate")

    def test_two_halves_are_a_character(self) -> None:
        assert constant_in(tree_of(with_constant('"\\ud83d\\ude00"'))) == "😀"

    def test_128_levels_are_read_and_no_more(self) -> None:
        # The document itself, components, schemas and Odd are four levels.
        at_most = with_constant("[" * 124 + "]" * 124)
        assert constant_in(tree_of(at_most))
        problem = only_problem(with_constant("[" * 125 + "]" * 125))
        assert problem.message == "nested too deeply: more than 128 levels"
        assert problem.pointer == HERE + "/0" * 124

    @pytest.mark.parametrize("levels", [500, 2_000, 100_000])
    @pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
    def test_any_deeper_nesting_is_refused(
        self, levels: int, start: str, end: str
    ) -> None:
        inner = start * levels + "1" + end * levels
        problem = only_problem(with_constant(inner))
        assert problem.message == "nested too deeply: more than 128 levels"

    @pytest.mark.parametrize(
        "text",
        [
            "[" + "0," * 200_000 + "0]",
            "[" + "{}," * 200_000 + "{}]",
            "[" + '{"a": 1, "a": 1},' * 200_000 + "0]",
        ],
        ids=["numbers", "objects", "duplicate keys"],
    )
    def test_too_many_values(self, text: str) -> None:
        problem = only_problem(with_constant(text))
        assert problem.message == "too large: more than 200,000 values"

    def test_many_faults_are_not_all_told(self) -> None:
        text = with_constant("[" + "NaN," * 100_000 + "0]")
        assert len(refusal("-", stdin=text.encode())) == 20

    def test_a_key_may_have_ten_thousand_characters(self) -> None:
        key = "k" * 10_000
        assert constant_in(tree_of(with_constant(json.dumps({key: 1})))) == {key: 1}
        problem = only_problem(with_constant(json.dumps({f"{key}k": 1})))
        assert problem.pointer == HERE
        assert problem.message.endswith(" is longer than 10,000 characters")


class TestYaml:
    @settings(max_examples=50)
    @given(JSON_VALUES, st.sampled_from([None, 2]))
    @example(["\U0001f600", "\x85", "\x7f", "a" * 2000, {"a" * 1000: ""}], None)
    def test_json_is_read_as_it_is(self, value: object, indent: int | None) -> None:
        text = json.dumps(a_document(Odd={"const": value}), indent=indent)
        assert is_same(constant_in(tree_of(f"# YAML\n{text}")), value)

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("", None),
            ("~", None),
            ("Null", None),
            ("nil", "nil"),
            ("True", True),
            ("yes", "yes"),
            ("on", "on"),
            ("017", 17),
            ("+1", 1),
            ("0o17", 15),
            ("0x1F", 31),
            ("1_000", "1_000"),
            ("1:30", "1:30"),
            ("?a", "?a"),
            ("[a?b, {c?}, d?]", ["a?b", {"c?": None}, "d?"]),
            ("{? a : b}", {"a": "b"}),
            ("1.", 1.0),
            (".5", 0.5),
            ("1e3", 1000.0),
            ("1.0.0", "1.0.0"),
            ("2020-01-01", "2020-01-01"),
            ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
            ("'1'", "1"),
            ('"null"', "null"),
            ("=", "="),
            ("<<", "<<"),
            ('{"<<": 1}', {"<<": 1}),
            ("{b: 1, a: [x, {}]}", {"b": 1, "a": ["x", {}]}),
            ('"\\ud83d\\ude00"', "😀"),
            ("|\n        a\n        b\n", "a\nb\n"),
        ],
    )
    def test_scalars_are_those_of_the_core_schema(
        self, text: str, value: object
    ) -> None:
        assert is_same(constant_in(tree_of(yaml_with_constant(text))), value)

    def test_an_alias_is_what_its_anchor_was_on(self) -> None:
        text = yaml_with_constant("[&a {k: &b [1]}, *b, *a, &b 2, *a, *b, {*b : 1}]")
        problem = only_problem(text)
        assert problem.message == (
            'the key "2" is not a string without quotes (line 8, column 39)'
        )
        tree = tree_of(text.replace("&b 2", "&b c"))
        constant = constant_in(tree)
        once = {"k": [1]}
        assert constant == [once, [1], once, "c", once, "c", {"c": 1}]
        constant[0]["k"].append(2)
        assert constant[1:3] == [[1], once]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{a: 1, a: 2}", 'the key "a" is given more than once (line 8, column 21)'),
            ("{1: a}", 'the key "1" is not a string without quotes (line 8, column 15)'),
            ("{true: a}", 'the key "true" is not a string without quotes (line 8, column 15)'),
            ("{? : a}", 'the key "" is not a string without quotes (line 8, column 16)'),
            ("{<<: {a: 1}}", "YAML 1.2 has no merge keys (line 8, column 15)"),
            ("!!python/name:os.system x", 'the tag "tag:yaml.org,2002:python/name:os.system" has no meaning in JSON (line 8, column 14)'),
            ("!!binary aGk=", 'the tag "tag:yaml.org,2002:binary" has no meaning in JSON (line 8, column 14)'),
            (".nan", ".nan is not a JSON value (line 8, column 14)"),
            ("-.INF", "-.INF is not a JSON value (line 8, column 14)"),
            ("1e999", "a number is out of range (line 8, column 14)"),
            ("0x" + "f" * 5000, "a number is out of range (line 8, column 14)"),
            ('"\\ud800"', "a string has a lone surrogate, which is half a character"),
        ],
    )  # fmt: skip
    def test_what_json_has_no_value_for(self, text: str, message: str) -> None:
        problem = only_problem(yaml_with_constant(text))
        assert (problem.pointer, problem.message) == (HERE, message)

    @pytest.mark.parametrize("text", ["!a [1]", "!a {b: 1}"])
    def test_a_tag_on_a_collection(self, text: str) -> None:
        problem = only_problem(yaml_with_constant(text))
        assert problem.message.startswith('the tag "!a" has no meaning in JSON')

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a: b: c", "not YAML: mapping values are not allowed here (line 1, column 5)"),
            ("? [a]\n: b", "a key is a collection, not a string (line 1, column 3)"),
            ("a: 1\n---\nb: 2\n", "more than one YAML document (line 2, column 1)"),
            ("%YAML 1.1\n---\na: yes", "the text is not YAML 1.2"),
            ("a: *a", 'the alias "a" refers to no complete node before it (line 1, column 4)'),
            ("a: &a [*a]", 'the alias "a" refers to no complete node before it (line 1, column 8)'),
            ('a: "\x85"', "not YAML: the character U+0085 must be escaped (line 1, column 5)"),
            ("a\u2028: b", "not YAML: the character U+2028 must be escaped (line 1, column 2)"),
            ("a: [?a]", "a space is missing after the question mark (line 1, column 6)"),
            ("a:\n- \x07", "not YAML: the character U+0007 must be escaped (line 2, column 3)"),
            ("- " * 200, "nested too deeply: more than 128 levels (line 1, column 257)"),
        ],
    )  # fmt: skip
    def test_what_has_no_value_at_all(self, text: str, message: str) -> None:
        problem = only_problem(text)
        assert (problem.pointer, problem.message) == ("", message)

    @pytest.mark.parametrize(
        "text", ['a: "\\U00110000"', 'a: "\\UFFFFFFFF"', "%YAML 1.24\n--- a"]
    )
    def test_numbers_that_only_the_parser_sees(self, text: str) -> None:
        assert "out of range" in only_problem(text).message

    @pytest.mark.parametrize(
        "text",
        [
            "- &a0 [x]\n" + "".join(f"- &a{n + 1} [*a{n}, *a{n}]\n" for n in range(20)),
            f"a: &a {'x' * 10**6}\nb: [*a, *a, *a]",
            "#" * (2 * 2**20 + 1),
        ],
        ids=["values", "characters", "comments"],
    )  # fmt: skip
    def test_what_would_be_too_large(self, text: str) -> None:
        message = only_problem(text).message
        assert message.startswith(
            "too large for YAML: more than 2,097,152 characters or 100,000 values"
        )

    def test_aliases_within_aliases_nest_no_deeper(self) -> None:
        lines = ["- &a0 [x]", *(f"- &a{n + 1} [*a{n}]" for n in range(200))]
        message = only_problem("\n".join(lines)).message
        assert message.startswith("nested too deeply: more than 128 levels")


class TestAnyText:
    """Any content of a file is either a document or a problem."""

    @staticmethod
    def read(content: bytes) -> None:
        try:
            found = loaded("-", stdin=content)
        except InvalidInputError as invalid:
            printed = str(invalid)
        else:
            printed = json.dumps(found.documents[0].tree, ensure_ascii=False)
        assert printed.encode()

    @given(st.binary(max_size=200))
    def test_bytes(self, content: bytes) -> None:
        self.read(content)

    @given(st.lists(st.sampled_from(PIECES)).map("".join))
    def test_punctuation(self, text: str) -> None:
        self.read(text.encode())

    @given(st.data(), st.sampled_from([with_constant("1"), yaml_with_constant("1")]))
    def test_documents_that_were_damaged(self, data: st.DataObject, text: str) -> None:
        content = text.encode()
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 20)))
        self.read(content[:start] + data.draw(st.binary(max_size=5)) + content[end:])

    @given(JSON_VALUES, st.data())
    def test_documents_that_mean_something_else(
        self, value: object, data: st.DataObject
    ) -> None:
        document: Any = changed("paths", "/", "parameters", to=[{"$ref": "#/a"}])
        inner = document
        while isinstance(inner, dict | list) and inner:
            steps = list(inner) if isinstance(inner, dict) else range(len(inner))
            step = data.draw(st.sampled_from(steps))
            if data.draw(st.booleans()):
                inner[step] = value
                break
            inner = inner[step]
        self.read(json.dumps(document).encode())
