"""Patterns of texts, matched in linear time.

Python's `re` can take exponential time, even for short texts. Therefore patterns are
matched by pydantic's engine (Rust's `regex`), which is linear. It has no lookaheads, so a
pattern may consist of several expressions.
"""

from __future__ import annotations

from functools import cache
from typing import Any, final

from pydantic_core import CoreSchema, SchemaValidator
from pydantic_core import core_schema as core


@final
class Pattern:
    """A pattern of texts.

    Args:
        matches: Expressions in the syntax of Rust's `regex`. All of them must be found in
            the text.
        unless: One or more expressions that must not be found.
        source: The pattern of the document, in the syntax of ECMA-262; None if it is the
            only expression.
    """

    __slots__ = ("_excluded", "_required", "_source", "_takes_all")

    def __init__(
        self,
        *matches: str,
        unless: str | tuple[str, ...] = (),
        source: str | None = None,
    ) -> None:
        # The empty expression matches every text without lone surrogates.
        self._required = matches or ("",)
        self._excluded = (unless,) if isinstance(unless, str) else unless
        self._source = self._required[0] if source is None else source
        self._takes_all = not any(self._required) and not self._excluded

    def __repr__(self) -> str:
        found = [*map(repr, self._required), *(f"unless {e!r}" for e in self._excluded)]
        return f"Pattern({', '.join(found)})"

    def __str__(self) -> str:
        if self._takes_all:
            return "must be Unicode"
        return f"must match the pattern {self._source}"

    def json_schema(self) -> dict[str, Any]:
        """Return the pattern as a keyword of JSON Schema."""
        return {} if self._takes_all else {"pattern": self._source}

    def schema(self) -> CoreSchema:
        """Return the core schema of texts that match."""
        if len(self._required) == 1 and not self._excluded:
            return _schema(*self._required)
        return core.no_info_plain_validator_function(self._check)

    def _check(self, text: str) -> str:
        if not self(text):
            raise ValueError(str(self))
        return text

    def __call__(self, text: str) -> bool:
        """Return whether a text matches; a text with lone surrogates never does."""
        return all(_is_found(expression, text) for expression in self._required) and (
            not any(_is_found(expression, text) for expression in self._excluded)
        )


def _is_found(expression: str, text: str) -> bool:
    return _compiled(expression).isinstance_python(text)


@cache
def _compiled(expression: str) -> SchemaValidator:
    return SchemaValidator(_schema(expression))


def _schema(expression: str) -> CoreSchema:
    return core.str_schema(pattern=expression, regex_engine="rust-regex", strict=True)
