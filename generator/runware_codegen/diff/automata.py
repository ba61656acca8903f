"""Decides whether a pattern matches every text that another pattern matches.

A pattern without lookaround, backreferences, word boundaries and Unicode properties is a
nondeterministic finite automaton. A breadth-first search of the pairs of states that the
automata of two patterns reach together finds a text that only one of them matches, or
proves that there is none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from runware_codegen.parse.patterns import ecma
from runware_codegen.parse.patterns.nodes import (
    Alternatives,
    Assertion,
    Char,
    CharClass,
    CharRange,
    ClassEscape,
    ClassItem,
    Node,
    Repeat,
)

_MAX_STATES: Final = 2_000
"""The most states of one automaton: about the length of its pattern without repetition."""
_MAX_PAIRS: Final = 2_000
_MAX_STEPS: Final = 200_000
"""The most pairs of states in a search, and the most moves of single states."""

_LAST: Final = 0x10FFFF
_SURROGATES: Final = (0xD800, 0xE000)
_READABLE: Final = "a0A_-. /!~"
_ESCAPES: Final = {
    "d": ((0x30, 0x39),),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "s": (
        (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A),
        (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
        (0xFEFF, 0xFEFF),
    ),
}  # fmt: skip
"""The code points of class escapes (ECMA-262, sections 12.2, 12.3 and 22.2.2)."""

_Ranges = tuple[tuple[int, int], ...]
_States = frozenset[int] | None
"""The states of an automaton that has not matched yet; None if it has matched."""


class _UnknownError(Exception):
    """The pattern is not a finite automaton, or the search takes too long."""


class Separation(NamedTuple):
    """The result of a search for a text that separates two patterns.

    Attributes:
        known: Whether the search came to an end.
        text: One of the shortest texts that only the first pattern matches; None if there
            is none, or if the search did not end.
    """

    known: bool
    text: str | None = None


@cache
def separation(one: str, other: str) -> Separation:
    """Find a text that a pattern matches and another does not.

    Args:
        one: The pattern that has to match it.
        other: The pattern that must not match it.
    """
    try:
        text = _find_separation(_Automaton(one), _Automaton(other))
    except _UnknownError:
        return Separation(known=False)
    return Separation(known=True, text=text)


def _find_separation(one: _Automaton, other: _Automaton) -> str | None:
    characters = _characters(one.bounds | other.bounds)
    found = set[tuple[_States, _States]]()  # after a character, where no "^" holds
    waiting = deque([(one.start(), other.start(), "")])
    steps = 0
    while waiting:
        before, after, text = waiting.popleft()
        if one.matches(before, text) and not other.matches(after, text):
            return text
        for code in characters:
            steps += len(before or ()) + len(after or ())
            successor = one.after(before, code), other.after(after, code)
            if successor[1] is not None and successor not in found:
                found.add(successor)
                waiting.append((*successor, text + chr(code)))
        if len(found) > _MAX_PAIRS or steps > _MAX_STEPS:
            raise _UnknownError
    return None


def _characters(bounds: Iterable[int]) -> list[int]:
    """Return one code point of each range, readable ones first."""
    firsts = sorted({*bounds, *_SURROGATES} - {_LAST + 1})
    lasts = [*(first - 1 for first in firsts[1:]), _LAST]
    ranges = zip(firsts, lasts, strict=True)
    chosen = [
        _readable(*each)
        for each in ranges
        if not _SURROGATES[0] <= each[0] < _SURROGATES[1]
    ]
    return sorted(chosen, key=lambda code: (not chr(code).isalnum(), code))


def _readable(first: int, last: int) -> int:
    """Return the most readable code point of a range."""
    known = (ord(character) for character in _READABLE)
    return next((code for code in known if first <= code <= last), first)


class _Automaton:
    """The automaton of a pattern, by Thompson's construction.

    Attributes:
        bounds: The first code points of the ranges that the pattern distinguishes.
    """

    def __init__(self, source: str) -> None:
        self.bounds = {0}
        self._moves: dict[int, tuple[_Ranges, int]] = {}
        self._epsilon: dict[int, list[tuple[str, int]]] = {}
        self._size = 0
        self._end = self._state()
        self._start = self._of(ecma.parse(source), self._end)

    def start(self) -> _States:
        """Return the states before the first character."""
        return self._unless_matched(self._closure([self._start], "^"))

    def after(self, states: _States, code: int) -> _States:
        """Return the states after one more character; a match may begin after it."""
        if states is None:
            return None
        moves = [self._moves[state] for state in states if state in self._moves]
        reached = [
            target
            for ranges, target in moves
            if any(first <= code <= last for first, last in ranges)
        ]
        return self._unless_matched(self._closure([*reached, self._start], ""))

    def matches(self, states: _States, text: str) -> bool:
        """Return whether the pattern matches a text that leads to these states."""
        return states is None or self._end in self._closure(
            states, "$" if text else "^$"
        )

    def _unless_matched(self, states: frozenset[int]) -> _States:
        return None if self._end in states else states

    def _closure(self, states: Iterable[int], assertions: str) -> frozenset[int]:
        """Return the epsilon closure: all states that are reached without a character.

        Args:
            states: Where to begin.
            assertions: The assertions that hold: "^", "$", both or none.
        """
        closed: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state not in closed:
                closed.add(state)
                moves = self._epsilon.get(state, ())
                waiting += [target for kind, target in moves if kind in assertions]
        return frozenset(closed)

    def _state(self) -> int:
        self._size += 1
        if self._size > _MAX_STATES:
            raise _UnknownError
        return self._size

    def _branch(self, *moves: tuple[str, int]) -> int:
        """Add a state that others follow without a character."""
        state = self._state()
        self._epsilon[state] = list(moves)
        return state

    def _of(self, node: Node, end: int) -> int:
        """Add the states of a node before a state; return the first of them."""
        match node:
            case Char() | CharClass():
                state = self._state()
                ranges = _ranges(node)
                self.bounds |= {
                    bound for low, high in ranges for bound in (low, high + 1)
                }
                self._moves[state] = ranges, end
                return state
            case Alternatives(branches):
                return self._branch(*(("", self._sequence(b, end)) for b in branches))
            case Repeat():
                return self._repeated(node, end)
            case Assertion(kind) if kind in "^$":
                return self._branch((kind, end))
            case _:
                raise _UnknownError

    def _sequence(self, terms: tuple[Node, ...], end: int) -> int:
        for term in reversed(terms):
            end = self._of(term, end)
        return end

    def _repeated(self, repeat: Repeat, end: int) -> int:
        if repeat.high is None:
            start = self._branch()
            self._epsilon[start] = [("", end), ("", self._of(repeat.body, start))]
        else:
            start = end
            for _ in range(repeat.high - repeat.low):
                start = self._branch(("", end), ("", self._of(repeat.body, start)))
        for _ in range(repeat.low):
            start = self._of(repeat.body, start)
        return start


def _ranges(node: CharClass | ClassItem) -> _Ranges:
    """Return the ranges of the code points that a node or an item matches."""
    match node:
        case CharClass(items, negated):
            ranges = tuple(each for item in items for each in _ranges(item))
            return _complement(ranges) if negated else ranges
        case Char(code):
            return ((code, code),)
        case CharRange(first, last):
            return ((first, last),)
        case ClassEscape(kind, negated):
            return _complement(_ESCAPES[kind]) if negated else _ESCAPES[kind]
        case _:
            raise _UnknownError


def _complement(ranges: _Ranges) -> _Ranges:
    """Return the ranges of all other code points."""
    found: list[tuple[int, int]] = []
    start = 0
    for first, last in sorted(ranges):
        if start < first:
            found.append((start, first - 1))
        start = max(start, last + 1)
    return (*found, (start, _LAST)) if start <= _LAST else tuple(found)
