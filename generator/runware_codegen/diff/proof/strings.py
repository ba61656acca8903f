"""Makes strings that match a pattern."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from runware_codegen.parse.patterns import ecma
from runware_codegen.parse.patterns.nodes import (
    Alternatives,
    Char,
    CharClass,
    CharRange,
    ClassEscape,
    ClassItem,
    Node,
    Repeat,
)

_LETTERS: Final = "aA0-_ .x9/"
_MAX_MORE: Final = 3
"""How often an unbounded repetition is repeated at most, beyond its minimum."""


def matching(pattern: str, random: Random) -> str:
    """Make a string that a pattern is likely to match."""
    return _of(ecma.parse(pattern), random)


def _of(node: Node, random: Random) -> str:
    match node:
        case Char(code):
            return chr(code)
        case CharClass():
            return _one_of(node, random)
        case Alternatives(branches):
            terms = random.choice(branches)
            return "".join(_of(term, random) for term in terms)
        case Repeat(body, low, high):
            most = low + _MAX_MORE if high is None else min(high, low + _MAX_MORE)
            return "".join(_of(body, random) for _ in range(random.randint(low, most)))
        case _:  # assertions and backreferences
            return ""


def _one_of(node: CharClass, random: Random) -> str:
    if node.negated:
        kept = [c for c in _LETTERS if not any(_has(i, c) for i in node.items)]
    else:
        kept = [c for item in node.items for c in _characters(item)]
    return random.choice(kept) if kept else ""


def _characters(item: ClassItem) -> Iterator[str]:
    match item:
        case Char(code):
            yield chr(code)
        case CharRange(first, last):
            middle = (first + last) // 2  # in order: a set of strings has a random one
            yield from map(chr, dict.fromkeys((first, middle, last)))
        case _:
            yield from (c for c in _LETTERS if _has(item, c))


def _has(item: ClassItem, character: str) -> bool:
    match item:
        case Char(code):
            return ord(character) == code
        case CharRange(first, last):
            return first <= ord(character) <= last
        case ClassEscape(kind, negated):
            word = character.isalnum() or character == "_"
            known = {"d": character.isdigit(), "w": word, "s": character.isspace()}
            return known[kind] != negated
        case _:
            return character.isalpha()
