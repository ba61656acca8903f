"""The syntax tree of regular expressions of ECMA-262, and their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


class UnsupportedPatternError(ValueError):
    """A regular expression that is not supported; the text has the part and the reason."""


class InvalidPatternError(UnsupportedPatternError):
    """A text that is not a regular expression of ECMA-262."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(
            f"not a valid regular expression: {reason}, at offset {offset}"
        )


@dataclass(frozen=True, slots=True)
class Char:
    """One code point."""

    code: int


@dataclass(frozen=True, slots=True)
class CharRange:
    """All code points from `first` to `last`, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ClassEscape:
    r"""Digits (`\d`), word characters (`\w`) or white space (`\s`), or all others."""

    kind: Literal["d", "w", "s"]
    negated: bool


@dataclass(frozen=True, slots=True)
class UnicodeProperty:
    r"""The code points that have (`\p{…}`) or lack (`\P{…}`) a Unicode property."""

    expression: str
    negated: bool


ClassItem = Char | CharRange | ClassEscape | UnicodeProperty


@dataclass(frozen=True, slots=True)
class CharClass:
    """One code point that is among the items, or is not among them."""

    items: tuple[ClassItem, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Assertion:
    """A position: the start or the end of the text, a word boundary or no boundary."""

    kind: Literal["^", "$", "b", "B"]


@dataclass(frozen=True, slots=True)
class Lookaround:
    """What must follow (`ahead`) or precede a position, or must not (`negated`)."""

    body: Alternatives
    ahead: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Backreference:
    """The text that a group has matched; `group` is its number or its name."""

    group: int | str


@dataclass(frozen=True, slots=True)
class Alternatives:
    """A group, or the whole expression: one of several sequences."""

    branches: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A node, repeated `low` to `high` times; without `high`, at least `low` times.

    Greedy and lazy repetitions match the same texts, so they are not distinguished.
    """

    body: Node
    low: int
    high: int | None


Node = Char | CharClass | Assertion | Lookaround | Backreference | Alternatives | Repeat

ANY_BUT_LINE_TERMINATOR = CharClass(
    (Char(0x0A), Char(0x0D), Char(0x2028), Char(0x2029)), negated=True
)
