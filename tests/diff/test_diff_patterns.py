"""The comparison of two patterns agrees with the engine of the emitted code.

FUZZ=100 makes the run 100 times as long.
"""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runware_codegen.diff.automata import Separation, separation
from runware_codegen.parse.patterns import is_found, translate

TIMES = int(os.environ.get("FUZZ", "1"))
PROVEN = Separation(known=True)
UNKNOWN = Separation(known=False)

ATOMS = st.sampled_from(
    ["a", "b", "0", "_", ".", "[ab]", "[^a]", r"\d", r"\w", r"\S", "^", "$", "[^]", "é"]
)
QUANTIFIERS = ("*", "+", "?", "{2}", "{0,2}", "{1,}")
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: f"({'|'.join(each)})"),
        st.builds("(?:{}){}".format, inner, st.sampled_from(QUANTIFIERS)),
    ),
    max_leaves=6,
)
TEXTS = st.lists(st.text("ab0_é \n-", max_size=6), max_size=30)


def is_matched(pattern: str, text: str) -> bool:
    """Return whether a pattern matches a text in the engine of the emitted code."""
    parts = translate(pattern).parts
    return all(is_found(part, text) == expected for part, expected in parts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("^ab", "^a"),
        ("^a", "a"),
        ("^[0-9]+$", r"^\d+$"),
        (r"^\d+$", "^[0-9]+$"),
        ("^[a-z]{1,64}$", "^[a-z]{1,128}$"),
        ("^(jpg|png)$", "^(jpg|png|webp)$"),
        ("(a|b)*abb", "abb"),
        (r"^[A-Za-z0-9._-]+:[0-9]+@[0-9]+$", r"^\S+$"),
        ("", "a*"),
        ("$^", "^$"),
        ("^.$", "^[^]$"),
        (r"^[\0-\u{10FFFF}]$", "^[^]$"),
        ("a$b", "c"),
    ],
)
def test_a_pattern_within_another(one: str, other: str) -> None:
    assert separation(one, other) == PROVEN


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        ("^a", "^ab", "a"),
        ("a", "^a", r"[^a]a"),
        ("^https?://", "^https://", "http://"),
        ("^[a-z]{1,3}$", "^[a-z]{1,2}$", "[a-z]{3}"),
        ("^[^]$", "^.$", "[\n\r\u2028\u2029]"),
        ("^$", "a", ""),
        (r"^\s$", "^[ \t\n\r\f\v]$", "[^ \t\n\r\f\v]"),
    ],
)
def test_a_pattern_that_matches_more(one: str, other: str, text: str) -> None:
    found = separation(one, other).text
    assert found is not None
    assert re.fullmatch(text, found)
    assert is_matched(one, found)
    assert not is_matched(other, found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(?=a)b", "b"),
        (r"\ba", "a"),
        (r"\p{L}", "a"),
        (r"^\S{2,5000}$", r"^\S+$"),
        ("(a|b)*a(a|b){12}$", "a(a|b){12}$"),
    ],
)
def test_what_is_not_decided(one: str, other: str) -> None:
    assert separation(one, other) == UNKNOWN


@settings(
    max_examples=150 * TIMES, deadline=None, database=None, derandomize=TIMES == 1
)
@given(PATTERNS, PATTERNS, TEXTS)
@example("(?:a$){2}", "b", ["a"])
@example("", "$^", ["0"])
def test_the_engine_agrees(one: str, other: str, texts: list[str]) -> None:
    found = separation(one, other)
    if found.text is not None:
        assert is_matched(one, found.text)
        assert not is_matched(other, found.text)
    elif found.known:
        for text in texts:
            assert is_matched(other, text) or not is_matched(one, text)
