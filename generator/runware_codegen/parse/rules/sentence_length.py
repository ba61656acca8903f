"""Limits the length of sentences about predicates."""

from __future__ import annotations

from typing import Final

from runware_codegen.model.predicates import IfThenElse, Predicate, children

_MAX_TESTS: Final = 300

TOO_LONG: Final = "must be one of the combinations that the document describes"
"""The error message in place of a sentence that is too long."""


def is_short_enough(*predicates: Predicate) -> bool:
    """Return whether one sentence about all of these predicates is readable."""
    return sum(map(_test_count, predicates)) <= _MAX_TESTS


def _test_count(predicate: Predicate) -> int:
    """Count the tests that a sentence names."""
    parts = children(predicate)
    if isinstance(predicate, IfThenElse):
        parts += (predicate.condition,)  # the sentence repeats it for the second case
    return sum(map(_test_count, parts)) if parts else 1
