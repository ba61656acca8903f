"""Python expressions with their precedence."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple


class Precedence(IntEnum):
    """The precedence of operators, lowest first."""

    CHOICE = 0
    OR = 1
    AND = 2
    NOT = 3
    COMPARISON = 4
    ATOM = 5


class Expression(NamedTuple):
    """The text of an expression, its precedence, and the opposite of a comparison."""

    text: str
    precedence: Precedence = Precedence.ATOM
    opposite: str = ""

    def parenthesized(self, binding: Precedence) -> str:
        """Return the text, in parentheses if its precedence is lower."""
        return self.text if self.precedence >= binding else f"({self.text})"


def disjunction(parts: Iterable[Expression]) -> Expression:
    """Join with `or`."""
    return _joined([*parts], " or ", Precedence.OR, "False")


def conjunction(parts: Iterable[Expression]) -> Expression:
    """Join with `and`."""
    return _joined([*parts], " and ", Precedence.AND, "True")


def _joined(
    parts: list[Expression], word: str, binding: Precedence, nothing: str
) -> Expression:
    if len(parts) < 2:
        return parts[0] if parts else Expression(nothing)
    return Expression(word.join(part.parenthesized(binding) for part in parts), binding)


def negation(part: Expression) -> Expression:
    """Write the opposite of an expression."""
    if part.opposite:
        return comparison(part.opposite, part.text)
    return Expression(f"not {part.parenthesized(Precedence.NOT)}", Precedence.NOT)


def choice(test: Expression, then: Expression, otherwise: Expression) -> Expression:
    """Write a conditional expression."""
    one, condition, other = (
        each.parenthesized(Precedence.OR) for each in (then, test, otherwise)
    )
    return Expression(f"{one} if {condition} else {other}", Precedence.CHOICE)


def comparison(text: str, opposite: str = "") -> Expression:
    """Return an expression with the precedence of a comparison."""
    return Expression(text, Precedence.COMPARISON, opposite)


def call(function: str, *arguments: str) -> Expression:
    """Call a function."""
    return Expression(f"{function}({', '.join(arguments)})")


def between(text: str, least: int, most: int | None) -> Expression:
    """Test whether a count is within bounds."""
    if most is None:
        return comparison(f"{text} >= {least}", f"{text} < {least}")
    if least == most:
        return comparison(f"{text} == {least}", f"{text} != {least}")
    if least:
        return comparison(f"{least} <= {text} <= {most}")
    return comparison(f"{text} <= {most}", f"{text} > {most}")
