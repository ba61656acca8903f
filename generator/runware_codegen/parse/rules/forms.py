"""The form of a predicate: whether it is a test, its paths, and its length in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from runware_codegen.model import predicates as p
from runware_codegen.model.logic import not_
from runware_codegen.model.predicates import FALSE, TRUE, Predicate

_NOT_TESTS: Final = (
    *(p.Always, p.Not, p.AllOf, p.AnyOf, p.ExactlyOne, p.IfThenElse),
    *(p.RequiredProperty, p.OptionalProperty),
)
_MAX_TESTS: Final = 300

TOO_LONG: Final = "must be one of the combinations that the document describes"
"""The error message in place of a sentence that is too long."""


def is_type_with_tests(part: Predicate) -> bool:
    """Return whether a predicate is one type and other tests of that type."""
    if not isinstance(part, p.AllOf) or not all(map(is_test, part.parts)):
        return False
    return sum(isinstance(each, p.IsType) for each in part.parts) == 1


def is_test(part: Predicate) -> bool:
    """Return whether a predicate is about one value, so that it is a verb phrase."""
    return is_type_with_tests(part) or not isinstance(part, _NOT_TESTS)


def is_test_or_negation(part: Predicate) -> bool:
    """Return whether a predicate is a test or the negation of a test."""
    return is_test(part.part if isinstance(part, p.Not) else part)


def property_path(path: str, name: str) -> str:
    """Write the path of a member."""
    return f"{path}.{name}" if path and path != "it" else name


def innermost(part: Predicate, path: str) -> tuple[str, Predicate]:
    """Return the path of a test inside of required members, and the test."""
    while isinstance(part, p.RequiredProperty):
        path, part = property_path(path, part.name), part.part
    return path, part


def present_path(part: Predicate, path: str = "") -> str:
    """Return the path if a predicate only tests that it is given, else ""."""
    path, part = innermost(part, path)
    return path if part == TRUE else ""


def absent_path(part: Predicate, path: str) -> str:
    """Return the path if a predicate only tests that it is absent, else ""."""
    while isinstance(part, p.OptionalProperty):
        path, part = property_path(path, part.name), part.part
    return path if part == FALSE else ""


def present_paths(part: Predicate, path: str = "") -> list[str]:
    """Return the paths if a predicate only tests that all of them are given."""
    paths = [present_path(each, path) for each in flatten([part], p.AllOf)]
    return paths if all(paths) else []


def absent_paths(part: Predicate, path: str = "") -> list[str]:
    """Return the paths if a predicate only tests that all of them are absent."""
    paths = [absent_path(each, path) for each in flatten([part], p.AllOf)]
    return paths if all(paths) else []


def flatten(
    parts: Iterable[Predicate], kind: type[p.AnyOf | p.AllOf]
) -> list[Predicate]:
    """Split predicates into their parts, inside members too: a.(b or c) is a.b, a.c."""
    found: list[Predicate] = []
    for part in parts:
        if isinstance(part, kind) and not is_type_with_tests(part):
            found += flatten(part.parts, kind)
        elif isinstance(part, p.Property):
            inner = flatten([part.part], kind)
            found += [type(part)(part.name, each) for each in inner]
        else:
            found.append(part)
    return found


def cases(part: p.IfThenElse) -> list[tuple[Predicate, Predicate]]:
    """Return each case of a predicate: its condition, and what it requires."""
    yes, no = part.condition, not_(part.condition)
    return [
        each for each in ((yes, part.then), (no, part.otherwise)) if each[1] != TRUE
    ]


def is_short_enough(*predicates: Predicate) -> bool:
    """Return whether one sentence about all of these predicates is readable."""
    waiting, tests = [*predicates], 0
    while waiting and tests <= _MAX_TESTS:
        predicate = waiting.pop()
        parts = p.children(predicate)
        if isinstance(predicate, p.IfThenElse):
            # The sentence repeats the condition for the other case.
            parts += (predicate.condition,)
        waiting.extend(parts)
        tests += not parts
    return tests <= _MAX_TESTS
