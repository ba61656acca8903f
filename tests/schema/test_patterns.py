"""The meaning of `pattern`, checked with the emitted package's own module.

The expected results are those of ECMA-262 with the `u` flag. Tests that compare with
jsonschema-rs avoid its known differences from the standard: `.` with line terminators
other than a line feed, word boundaries beside letters that are not ASCII, and class
escapes beside lookarounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from emitted_patterns import matcher
from making import a_document, a_task, generated
from runware_codegen.model.predicates import Matches
from runware_codegen.parse.patterns import translate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def engine_text(source: str) -> str:
    """Return the single expression that a pattern without lookarounds becomes."""
    ((text, expected),) = translate(source).parts
    assert expected
    return text


# The meaning of the parts of an expression

MEANINGS: list[tuple[str, list[str], list[str]]] = [
    # Position of the match
    ("b", ["b", "abc"], ["", "a", "B"]),
    ("^b", ["bc"], ["abc", "a\nb"]),
    ("b$", ["ab"], ["ba", "ab\n", "b\na"]),
    ("^(?:a|b)$", ["a", "b"], ["ab", "c"]),
    ("^a|b$", ["ax", "xb"], ["xa", "bx"]),
    ("", ["", "a"], []),
    ("a|", ["", "z"], []),
    ("^()$", [""], ["a"]),
    ("a^b", [], ["ab", "a^b", "a\nb"]),
    # The dot
    ("^.$", ["a", "é", "😀", "\x85", "\t"], ["", "\n", "\r", "\u2028", "\u2029", "ab"]),
    # Class escapes
    (r"^\d$", ["0", "9"], ["a", "٣", "²"]),
    (r"^\D$", ["a", "٣"], ["0"]),
    (r"^\w$", ["a", "Z", "0", "_"], ["é", "-", "ſ", "\u212a"]),
    (r"^\W$", ["é", "-", " "], ["a", "_"]),
    (
        r"^\s$",
        [*"\t\n\v\f\r \xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"],
        ["\x85", "\u180e", "\u200b", "a"],
    ),
    (r"^\S$", ["\x85", "\u180e", "\u200b", "a"], [" ", "\ufeff", "\u2028"]),
    # Class escapes in classes
    (r"^[\d_]$", ["0", "_"], ["a", "٣"]),
    (r"^[\D5]$", ["a", "5", "٣"], ["4"]),
    (r"^[^\w-]$", ["é", "."], ["a", "-"]),
    (r"^[\W_]$", ["é", "_"], ["a"]),
    (r"^[a\s]$", ["a", "\ufeff", "\xa0"], ["\x85", "b"]),
    (r"^[\S ]$", ["\x85", " ", "a"], ["\ufeff", "\t"]),
    (r"^[^\s]$", ["\x85", "a"], ["\ufeff", " "]),
    (r"^[^\S]$", ["\ufeff", " "], ["\x85", "a"]),
    (r"^[\s\S]$", ["\n", "😀"], ["", "ab"]),
    # Word boundaries are ASCII only
    (r"\bcat\b", ["cat", "a cat.", "écat"], ["cats", "_cat"]),
    (r"é\b", ["éa"], ["é", "é "]),
    (r"\Bé", ["é", " é"], ["aé"]),
    (r"a\B", ["ab"], ["a", "a-", "aé"]),
    (r"^\B$", [""], ["a", " "]),
    (r"\B", ["", "é", "aa"], ["a"]),
    # Classes
    ("[]", [], ["", "a", "[]"]),
    ("a[]|b", ["b"], ["a"]),
    ("^[^]$", ["a", "\n", "\u2028", "😀"], ["", "ab"]),
    ("^[a-c]$", ["a", "b", "c"], ["d", "-"]),
    ("^[-a]$", ["-", "a"], ["b"]),
    ("^[a-]$", ["-", "a"], ["b"]),
    ("^[a^]$", ["a", "^"], ["b"]),
    ("^[[]$", ["["], ["]", ""]),
    ("^[a&&b]$", ["a", "b", "&"], ["c"]),
    ("^[~~a]$", ["~", "a"], ["b"]),
    ("^[+--]$", ["+", ",", "-"], ["*", "."]),
    ("^[ #]$", [" ", "#"], ["a"]),
    (r"^[\]\\\-]$", ["]", "\\", "-"], ["a"]),
    (r"^[\b]$", ["\b"], ["b", ""]),
    ("^[😀-😎]$", ["😀", "😃"], ["😏", "a"]),
    ("^[^a]$", ["b", "\n", "😀"], ["a", ""]),
    # Characters by number
    (r"^\x41\u0042\u{43}$", ["ABC"], ["abc"]),
    (r"^\u{1F600}$", ["😀"], ["😁"]),
    (r"^\ud83d\ude00$", ["😀"], ["😁"]),
    (r"^[\ud83d\ude00-\ud83d\ude02]$", ["😀", "😁"], ["😃"]),
    (r"^\cJ\cj$", ["\n\n"], ["JJ"]),
    (r"^\0$", ["\0"], ["0", ""]),
    (r"^\t\n\v\f\r$", ["\t\n\v\f\r"], ["tnvfr"]),
    # Surrogates are not characters of a text
    (r"\ud83d", [], ["😀", "\ufffd"]),
    (r"\ud83d|a", ["a"], ["😀"]),
    (r"^[\ud800-\udfff]$", [], ["a", "\ufffd"]),
    (r"^[^\ud800-\udfff]$", ["a", "\ufffd"], [""]),
    (r"^[\ud7ff-\ue000]$", ["\ud7ff", "\ue000"], ["\ue001"]),
    (r"^[a-\udabc]$", ["a", "\ud7ff"], ["\ue000"]),
    (r"^[\udabc-\ue001]$", ["\ue000", "\ue001"], ["\ud7ff"]),
    (r"^\p{Cs}$", [], ["a"]),
    (r"^\P{Surrogate}$", ["a", "😀"], [""]),
    # Properties
    (r"^\p{L}$", ["a", "é", "д"], ["1"]),
    (r"^\P{L}$", ["1", "😀"], ["é"]),
    (r"^\p{General_Category=Uppercase_Letter}$", ["A", "É"], ["a"]),
    (r"^\p{gc=Nd}$", ["1", "٣"], ["²"]),
    (r"^\p{Sc}$", ["$", "€"], ["a"]),
    (r"^\p{Script=Greek}$", ["α"], ["a", "\u0342"]),
    (r"^\p{scx=Grek}$", ["α", "\u0342"], ["a"]),
    (r"^\p{White_Space}$", ["\x85", " "], ["\ufeff"]),
    (r"^[\p{Lu}\P{Alphabetic}]$", ["A", "1"], ["a"]),
    # Quantifiers, greedy or lazy
    ("^a{2}$", ["aa"], ["a", "aaa"]),
    ("^a{2,}$", ["aa", "aaa"], ["a"]),
    ("^a{1,2}$", ["a", "aa"], ["", "aaa"]),
    ("^(?:ab){0}$", [""], ["ab"]),
    ("^a*?b+?c??$", ["b", "aabbc"], ["ac"]),
    ("^a{1,2}?$", ["a", "aa"], ["aaa"]),
    ("^(a{2}){2}$", ["aaaa"], ["aa", "aaa"]),
    (r"^\u{61}{2}$", ["aa"], ["a"]),
    (r"^\p{L}{2,3}$", ["éa", "abc"], ["a", "abcd", "a1", "a1b"]),
    (r"^[\p{L} ]{0,300}$", ["", "é " * 150], ["é" * 301, "1"]),
    # Groups
    ("^(?<year>[0-9]{4})-(?<$m>[0-9]{2})$", ["2024-12"], ["24-12"]),
    ("^(?:a(b|c)?)+$", ["a", "abac"], ["b"]),
    # Characters that are special only in other engines
    ("^a b#c$", ["a b#c"], ["ab"]),
    ("^<a&b~c'd\"e%f!>$", ["<a&b~c'd\"e%f!>"], ["a"]),
    ("^é—日$", ["é—日"], ["e-日"]),
]


def check(source: str, accepted: list[str], refused: list[str]) -> None:
    """Check that an expression matches the accepted texts and no refused ones."""
    matches = matcher(source)

    assert [text for text in accepted if not matches(text)] == []
    assert [text for text in refused if matches(text)] == []


@pytest.mark.parametrize(("source", "accepted", "refused"), MEANINGS)
def test_a_pattern_means_what_the_standard_says(
    source: str, accepted: list[str], refused: list[str]
) -> None:
    check(source, accepted, refused)


@pytest.mark.parametrize(
    ("source", "accepted", "refused"),
    [
        (r"^\-\_\@\:\#\ \"\<\!\~\%\&\=\,\;\'\`$", ["-_@:# \"<!~%&=,;'`"], ["-_"]),
        (r"^[\_\@\.]$", ["_", "@", "."], ["\\"]),
        (r"^https?:\/\/\S+$", ["https://a"], ["https:/a"]),
        ("^a]}$", ["a]}"], ["a"]),
        ("^{a}$", ["{a}"], ["a"]),
        ("^a{$", ["a{"], ["a"]),
        ("^a{1$", ["a{1"], ["a"]),
        ("^a{ 1}$", ["a{ 1}"], ["a"]),
        (r"^[\w-.]$", ["a", "-", "."], ["/", "é"]),
        (r"^[a-\d]$", ["a", "-", "5"], ["b"]),
        ("^[[:alpha:]]$", ["a]", ":]"], ["a", "b"]),
    ],
)
def test_common_habits_that_annex_b_allows_are_understood(
    source: str, accepted: list[str], refused: list[str]
) -> None:
    check(source, accepted, refused)


# The text of an expression for the engine


@pytest.mark.parametrize(
    "source",
    [
        "^[a-zA-Z0-9._/@]+(:[a-zA-Z0-9._]+)?$",
        "^#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})$",
        "^data:video/[a-z0-9]+;base64,[a-zA-Z0-9+/=]+$",
        r"^v[0-9]+(\.[0-9]+){0,2}$",
        r"^\p{Lu}\p{L}*$",
    ],
)
def test_an_expression_that_means_the_same_is_left_as_it_is(source: str) -> None:
    assert engine_text(source) == source


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"^data:image\/[a-z]+$", "^data:image/[a-z]+$"),
        (r"^\d+$", "^[0-9]+$"),
        (r"^[\w.-]+$", "^[0-9A-Za-z_.-]+$"),
        ("^(?:a+?)$", "^a+$"),
        ("^é\u202e$", r"^\x{E9}\x{202E}$"),
    ],
)
def test_an_expression_is_written_in_ascii_and_briefly(source: str, text: str) -> None:
    assert engine_text(source) == text


def test_a_pattern_keeps_its_source() -> None:
    assert translate(r"^\d$") == Matches(r"^\d$", (("^[0-9]$", True),))


# Lookarounds


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("^(?!ab)a", (("^ab", False), ("^a", True))),
        ("^(?=.*[0-9])", ((r"^[^\n\r\x{2028}\x{2029}]*[0-9]", True),)),
        ("^(?!a)(?!b)", (("^a", False), ("^b", False))),
        ("^(?!a|b)c$", (("^(a|b)", False), ("^c$", True))),
        ("(?!a)^b", (("^a", False), ("^b", True))),
        ("^(?:(?!a)b)$", (("^a", False), ("^b$", True))),
        ("^(?!(?!a))b", (("^a", True), ("^b", True))),
        ("^(?=a(?=b))a.$", (("^ab", True), (r"^a[^\n\r\x{2028}\x{2029}]$", True))),
        ("^a+(?<!aaa)$", (("aaa$", False), ("^a+$", True))),
        ("^(?!a)b(?<=c)$", (("^a", False), ("c$", True), ("^b$", True))),
        (r"^(?!\p{L}{2,9}$)a", ((r"^\p{L}{2,9}$", False), ("^a", True))),
        ("a(?=b)", (("ab", True),)),
        ("(?<=a)b", (("ab", True),)),
    ],
)
def test_lookarounds_at_the_edges_become_expressions_of_their_own(
    source: str, parts: tuple[tuple[str, bool], ...]
) -> None:
    assert translate(source).parts == parts


@pytest.mark.parametrize(
    ("source", "accepted", "refused"),
    [
        (
            r"^(?=.*[A-Z])(?=.*\d)(?!.*\s).{6,}$",
            ["Secret1", "1secreT"],
            ["secret1", "Secret", "Sec 1ret", "Sec1"],
        ),
        ("^(?!-)(?!.*--)[a-z-]+(?<!-)$", ["a", "a-b"], ["-a", "a-", "a--b", ""]),
        ("^(?!admin$)[a-z]+$", ["adm", "admins"], ["admin", ""]),
        (r"^.*(?<!\.exe)$", ["a", "exe"], ["a.exe"]),
        ("^(?=.{1,5}$)[a-z]+[.][a-z]+$", ["a.b", "ab.cd"], ["abc.de", "a."]),
    ],
)
def test_lookarounds_as_they_are_used(
    source: str, accepted: list[str], refused: list[str]
) -> None:
    check(source, accepted, refused)


# Constants together with a pattern


@pytest.mark.parametrize(
    ("pattern", "constants", "allowed"),
    [
        ("^[a-z]+$", ["a", "b"], ["a", "b"]),
        ("^[a-z]+$", ["a", "1", 2, None], ["a", 2, None]),
        ("^(?!a)[a-z]+$", ["a", "b"], ["b"]),
    ],
)
def test_constants_are_matched_at_generation(
    pattern: str, constants: list[object], allowed: list[object], tmp_path: Path
) -> None:
    odd = {"enum": constants, "pattern": pattern}
    document = a_document({"properties": {"odd": odd}})
    name = f"matched_client_{len(allowed)}_{len(constants)}"
    package = generated(tmp_path, {"sample.json": document}, package=name)
    module = tmp_path / name / "tasks" / "image_inference" / "sample.py"
    assert "Pattern" not in module.read_text()
    for constant in constants:
        task = a_task(odd=constant)
        if constant in allowed:
            assert package.parse_request(task).to_wire() == task
        else:
            with pytest.raises(ValidationError, match="odd"):
                package.parse_request(task)


def test_a_long_constant_is_matched_when_it_is_checked(tmp_path: Path) -> None:
    long = "a" * 20_000
    odd = {"enum": [long, f"{long}b"], "pattern": "^a+$"}
    document = a_document({"properties": {"odd": odd}})
    package = generated(tmp_path, {"sample.json": document}, package="long_client")
    assert package.parse_request(a_task(odd=long)).odd == long
    with pytest.raises(ValidationError, match="must match the pattern"):
        package.parse_request(a_task(odd=f"{long}b"))


# Comparison with jsonschema-rs

ATOMS = [
    *["a", "b", "-", "_", "é", "1", " ", r"\.", r"\/", r"\-", ".", "😀"],
    *[r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\p{L}", r"\P{Lu}", r"\x61", r"\n"],
    *["[ab]", "[^a]", r"[\w-]", r"[^\s1]", r"[\Da]", "[a-z&&_]", r"[\S]", "[é-😀]"],
]
QUANTIFIERS = ["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?", "{1,3}?"]
ASCII_TEXTS = st.text("abA1_-. \t\n", max_size=6)
TEXTS = st.text("abA1_-./ \n\xa0\ufeff\x85éÉ\u0663😀&", max_size=6)


def groups(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map("|".join).map("({})".format),
        st.tuples(inner, st.sampled_from(QUANTIFIERS)).map(
            lambda p: f"(?:{p[0]}){p[1]}"
        ),
    )


def expressions(atoms: list[str]) -> st.SearchStrategy[str]:
    body = st.recursive(st.sampled_from(atoms), groups, max_leaves=8)
    return st.tuples(st.sampled_from(["", "^"]), body, st.sampled_from(["", "$"])).map(
        lambda p: f"{p[0]}(?:{p[1]}){p[2]}"
    )


def lookarounds(kinds: list[str]) -> st.SearchStrategy[str]:
    body = st.recursive(st.sampled_from(ATOMS), groups, max_leaves=4)
    one = st.tuples(st.sampled_from(kinds), body).map(lambda p: f"({p[0]}{p[1]})")
    return st.lists(one, max_size=2).map("".join)


EDGES = st.tuples(
    lookarounds(["?=", "?!"]),
    st.recursive(st.sampled_from(ATOMS), groups, max_leaves=4),
    lookarounds(["?<=", "?<!"]),
).map(lambda p: f"^{p[0]}{p[1]}{p[2]}$")


@pytest.mark.parametrize(
    ("sources", "texts"),
    [
        pytest.param(expressions(ATOMS), TEXTS, id="unicode"),
        pytest.param(
            expressions([*ATOMS, r"\b", r"\B", "^", "$"]), ASCII_TEXTS, id="boundaries"
        ),
        pytest.param(EDGES, ASCII_TEXTS, id="lookarounds"),
    ],
)
def test_the_judge_agrees(
    sources: st.SearchStrategy[str], texts: st.SearchStrategy[str]
) -> None:
    verdicts: set[bool] = set()

    @settings(max_examples=250, deadline=None)
    @given(sources, st.lists(texts, min_size=1, max_size=8))
    def check(source: str, candidates: list[str]) -> None:
        judge = jsonschema_rs.Draft202012Validator({"pattern": source})
        matches = matcher(source)
        for text in candidates:
            verdict = judge.is_valid(text)
            assert matches(text) is verdict, (source, text, translate(source).parts)
            verdicts.add(verdict)

    cast("Callable[[], None]", check)()
    assert verdicts == {True, False}
