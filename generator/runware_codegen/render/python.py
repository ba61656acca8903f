"""Python expressions with their precedence."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from runware_codegen.render.literals import string, value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runware_codegen.model.predicates import Constant


class Precedence(IntEnum):
    """How tightly an expression binds, the loosest first."""

    CHOICE = 0
    OR = 1
    AND = 2
    NOT = 3
    COMPARISON = 4
    ATOM = 5


class Expression(NamedTuple):
    """The text of an expression, and how tightly it binds."""

    text: str
    precedence: Precedence = Precedence.ATOM

    def parenthesized(self, binding: Precedence) -> str:
        """Return the text, in parentheses where it would bind too loosely."""
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
    """Put `not` before an expression."""
    return Expression(f"not {part.parenthesized(Precedence.NOT)}", Precedence.NOT)


def choice(test: Expression, then: Expression, otherwise: Expression) -> Expression:
    """Choose with `if` and `else`."""
    first, condition = then.parenthesized(Precedence.OR), test.parenthesized(
        Precedence.OR
    )
    text = f"{first} if {condition} else {otherwise.parenthesized(Precedence.OR)}"
    return Expression(text, Precedence.CHOICE)


def comparison(text: str) -> Expression:
    """Mark a comparison as such."""
    return Expression(text, Precedence.COMPARISON)


def call(function: str, *arguments: str) -> Expression:
    """Call a function."""
    return Expression(f"{function}({', '.join(arguments)})")


def between(text: str, least: int, most: int | None) -> Expression:
    """Compare a count with bounds."""
    if most is None:
        return comparison(f"{text} >= {least}")
    if least == most:
        return comparison(f"{text} == {least}")
    return comparison(f"{least} <= {text} <= {most}" if least else f"{text} <= {most}")


def names(listed: Iterable[str]) -> str:
    """Write a tuple of strings."""
    return _tuple([string(name) for name in listed])


def constants(values: Iterable[Constant]) -> str:
    """Write a tuple of JSON values."""
    return _tuple([value(each.value) for each in values])


def _tuple(written: list[str]) -> str:
    return f"({', '.join(written)}{',' if len(written) == 1 else ''})"
