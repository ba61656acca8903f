"""Patterns that are refused, and patterns and texts designed to take forever."""

from __future__ import annotations

from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import SchemaError

from emitted_patterns import emitted, matcher
from runware_codegen.parse.patterns import (
    InvalidPatternError,
    UnsupportedPatternError,
    translate,
)

# Unsupported patterns, and their messages


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (r"(a)\1", r"a backreference (\1) cannot be matched in bounded time"),
        (r"(?<q>['\"]).*\k<q>", r"a backreference (\k<q>) cannot be"),
        (r"\1(a)", r"a backreference (\1)"),
        ("a(?!b)", "a lookahead ((?!…))"),
        ("a(?=b)c", "a lookahead ((?=…))"),
        ("(?<!a)b", "a lookbehind ((?<!…))"),
        ("^((?!a).)*$", "a lookahead ((?!…))"),
        ("^(?!a)b|c", "a lookahead ((?!…))"),
        ("^(?!(?=a)b(?<!c)$)d", "a negated lookaround that contains other lookarounds"),
        (r"\p{CWKCF}", "Unicode property not found"),
        ("a{5001}", "it has 5,002 steps"),
        (f"[{'bdfh' * 40}]{{1000}}", "it has 11,001 steps"),
        ("((a{1000}){1000}){1000}", "to limit a length, use maxLength"),
        ("a{1,9999999999999999999}", "the count at offset 1 is too large"),
        (r"[\p{L}x]\p{L}{300}", "exceeds size limit"),
        ("a" * 20_001, "it is longer than 20,000 characters"),
        ("(" * 65 + ")" * 65, "its groups are nested more than 64 deep"),
    ],
)
def test_what_cannot_be_checked_is_refused(source: str, reason: str) -> None:
    with pytest.raises(UnsupportedPatternError) as caught:
        translate(source)

    assert reason in str(caught.value)
    assert not isinstance(caught.value, InvalidPatternError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a(b", "unclosed (, at offset 1"),
        ("ab)", "unmatched ), at offset 2"),
        ("a[b", "unclosed [, at offset 1"),
        ("a[b-", "unclosed [, at offset 1"),
        ("a\\", "nothing follows the last backslash, at offset 1"),
        ("[\\", "nothing follows the last backslash, at offset 1"),
        ("*a", "nothing that * can repeat, at offset 0"),
        ("a|+", "nothing that + can repeat, at offset 2"),
        ("a++", "nothing that + can repeat, at offset 2"),
        ("a{2}{3}", "nothing that {…} can repeat, at offset 4"),
        ("^*", "nothing that * can repeat, at offset 1"),
        ("(?=a)?", "nothing that ? can repeat, at offset 5"),
        ("a{2,1}", "the counts of a repetition are out of order, at offset 1"),
        ("a{,3}", "write {0,…} instead of {,…}, at offset 1"),
        ("[b-a]", "the ends of a range are out of order, at offset 1"),
        ("(?i)a", "flags cannot be set here, at offset 0"),
        ("(?>a)", "unknown kind of group"),
        ("(?P<n>a)", "write a named group as (?<name>…), at offset 0"),
        ("(?<1>a)", "'1' is not a valid name of a group, at offset 0"),
        ("(?<n>a)(?<n>b)", "two groups are named 'n', at offset 7"),
        (r"\A", r"\A has no meaning here, at offset 0"),
        (r"a\Z", r"\Z has no meaning here, at offset 1"),
        (r"[\B]", r"\B has no meaning here, at offset 1"),
        (r"\01", r"\0 has no meaning here"),
        (r"\x4", r"\x has no meaning here"),
        (r"\c1", r"\c has no meaning here"),
        (r"\u12", r"\u is not followed by four hexadecimal digits"),
        (r"\u{110000}", "no character has that number"),
        (r"(a)\2", "this refers to a group that does not exist, at offset 3"),
        (r"\k<a>", "this refers to a group that does not exist, at offset 0"),
        (r"\k", r"\k is not followed by <name>"),
        (r"\pL", r"\p is not followed by {property}"),
        (r"\p{Greek}", "there is no Unicode property 'Greek'"),
        (r"\p{letter}", "there is no Unicode property 'letter'"),
        (r"\p{Script=greek}", "there is no Unicode property 'Script=greek'"),
        (r"\p{sc:Greek}", "there is no Unicode property 'sc:Greek'"),
        (r"\p{gc=Greek}", "there is no Unicode property 'gc=Greek'"),
    ],
)
def test_what_is_no_regular_expression_is_refused(source: str, reason: str) -> None:
    with pytest.raises(InvalidPatternError) as caught:
        translate(source)

    assert str(caught.value).startswith("not a valid regular expression: ")
    assert reason in str(caught.value)


PIECES = st.sampled_from(
    [
        *r"\^$.*+?()[]{}|-,=!<>:a1é",
        *["(?", "(?<", "(?<a>", r"\k<a>", r"\u", r"\ud83d", "\ud800", r"\p{", "{1,2}"],
    ]
)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(PIECES | st.characters(categories=("L", "Cc", "Cs", "Nd"))).map("".join)
)
def test_any_text_is_translated_or_refused(source: str) -> None:
    with suppress(UnsupportedPatternError):
        parts = translate(source).parts
        assert parts
        assert all(text.isascii() for text, _ in parts)


# Texts and patterns designed to take forever


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("^(a+)+$", "a" * 100_000 + "b"),
        ("(a|a)*b$", "a" * 100_000),
        ("(.*)*x", "a" * 100_000),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 100_000),
        (r"^(?=(a|aa)+$)(?!(a*)*c)\w*\d$", "a" * 100_000),
        (r"x\s+$|\s+y", "x" + " " * 100_000 + "x"),
        ("^(a?){60}a{60}$", "a" * 100_000),
        ("a[^c]{1000}c", "aé" * 10_000),
        ("(a?){1000}b", "a" * 10_000),
        ("(((((((a*)*)*)*)*)*)*)*b", "a" * 100_000),
    ],
)
def test_a_text_is_checked_in_bounded_time(source: str, text: str) -> None:
    matches = matcher(source)

    start = process_time()
    assert not matches(text)
    assert process_time() - start < 60


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("(" * 10_000, id="groups that stay open"),
        pytest.param("(" * 9_999 + "a" + ")*" * 9_999, id="nested groups"),
        pytest.param("(((a{999}){999}){999}){999}", id="nested counts"),
        pytest.param("(?:){999999999}", id="nothing, counted"),
        pytest.param("a{" + "9" * 10_000 + "}", id="a count of many digits"),
        pytest.param("|" * 20_000, id="empty alternatives"),
        pytest.param(r"\p{L}" * 4_000, id="properties"),
        pytest.param("[" + r"\P{L}\W\S" * 2_000 + "]", id="a class of properties"),
        pytest.param(
            "[" + "".join(map(chr, range(0x100, 0x4800, 2))) + "]{4000}",
            id="a class of many characters, counted",
        ),
        pytest.param("^" + "(?=a)" * 4_000, id="lookarounds"),
        pytest.param("^" + "(?=^" * 60 + "a" + ")" * 60, id="nested lookarounds"),
        pytest.param(r"\k<a>" * 4_000, id="references"),
        pytest.param("a" * 1_000_000, id="a million characters"),
    ],
)
def test_a_pattern_is_translated_or_refused_in_bounded_time(source: str) -> None:
    start = process_time()
    with suppress(UnsupportedPatternError):
        translate(source)
    assert process_time() - start < 60


# The emitted module alone


def test_each_expression_must_be_found() -> None:
    matches = emitted()("a", "b")

    assert matches("xbxa")
    assert not matches("a")


def test_what_is_excluded_must_not_be_found() -> None:
    one, more = emitted()("a", unless="b"), emitted()(unless=("b", "c"))

    assert one("a")
    assert not one("ab")
    assert more("a")
    assert not more("xc")
    assert not more("b")


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\ude00\ud83d"])
def test_a_text_with_lone_surrogates_never_matches(text: str) -> None:
    assert not emitted()("")(text)
    assert not emitted()(unless="b")(text)


def test_an_expression_is_compiled_when_it_is_first_needed() -> None:
    broken = emitted()("(")

    with pytest.raises(SchemaError):
        broken("a")
