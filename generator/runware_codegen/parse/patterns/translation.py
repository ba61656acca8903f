"""Translates a pattern to a test of strings, within limits."""

from __future__ import annotations

from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

from runware_codegen.model.predicates import Matches
from runware_codegen.parse.patterns import conjunction, ecma, rust
from runware_codegen.parse.patterns import nodes as n
from runware_codegen.parse.patterns.nodes import UnsupportedPatternError

# Up to these sizes, a translation takes a fraction of a second. Matching a text of 100,000
# characters takes a few milliseconds, and about fifteen seconds in the worst case.
MAX_LENGTH = 20_000
MAX_STEPS = 5_000


@lru_cache(maxsize=256)
def translate(source: str) -> Matches:
    """Translate a pattern of ECMA-262 to a test of a string.

    Raises:
        InvalidPatternError: If it is not a regular expression.
        UnsupportedPatternError: If the engine cannot match it, or not in bounded time.
    """
    if len(source) > MAX_LENGTH:
        raise UnsupportedPatternError(f"it is longer than {MAX_LENGTH:,} characters")
    expression = ecma.parse(source)
    steps = _steps(expression)
    if steps > MAX_STEPS:
        raise UnsupportedPatternError(
            f"it has {steps:,} steps with its counted repetitions written out, and more "
            f"than {MAX_STEPS:,} could take too long; to limit a length, use maxLength"
        )
    conjuncts = conjunction.split((expression,))
    parts = tuple((_write(terms), must_match) for terms, must_match in conjuncts)
    for text, _ in parts:
        _check_engine(text)
    return Matches(source, parts)


def _write(terms: conjunction.Terms) -> str:
    match terms:
        case (n.Alternatives() as alternatives,):
            return rust.write_alternatives(alternatives)
        case _:
            return rust.write(terms)


def _steps(node: n.Node) -> int:
    """Count the characters and groups of a node with all its repetitions written out.

    A class of many items counts as several.
    """
    match node:
        case n.Repeat(body, low, high):
            return _steps(body) * max(low, high or 0, 1)
        case n.Alternatives(branches):
            return 1 + sum(_steps(term) for branch in branches for term in branch)
        case n.Lookaround(body):
            return _steps(body)
        case n.CharClass(items):
            return 1 + len(items) // 16
        case _:
            return 1


def _check_engine(text: str) -> None:
    try:
        _compiled(text)
    except SchemaError as error:
        reason = str(error).strip().rpartition(": ")[2]
        raise UnsupportedPatternError(
            f"pydantic's engine refuses it: {reason}"
        ) from error


def is_found(expression: str, text: str) -> bool:
    """Return whether a translated expression matches somewhere in a text."""
    return _compiled(expression).isinstance_python(text)


@lru_cache(maxsize=64)
def _compiled(expression: str) -> SchemaValidator:
    schema = core_schema.str_schema(
        pattern=expression, regex_engine="rust-regex", strict=True
    )
    return SchemaValidator(schema)
