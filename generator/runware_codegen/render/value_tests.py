"""Writes tests of one value: predicates that contain no other predicate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeGuard

from runware_codegen.formats import predicate_name
from runware_codegen.model import predicates as p
from runware_codegen.model.constants import Constant
from runware_codegen.model.predicates import Predicate
from runware_codegen.render.imports import Imports
from runware_codegen.render.literals import string, value
from runware_codegen.render.python import (
    Expression,
    between,
    call,
    comparison,
    conjunction,
    disjunction,
)
from runware_codegen.render.subjects import Subject


class ValueTests:
    """Writes tests of one value.

    Attributes:
        definitions: The definitions that the expressions call.
    """

    def __init__(self, imports: Imports) -> None:
        """Create it with the imports of the module."""
        self._imports = imports
        self.definitions: set[str] = set()

    def helper(self, name: str, *arguments: str) -> Expression:
        """Write a call of a function of the runtime, which the module then imports."""
        return Expression(self._imports.call(name, *arguments))

    def pattern(self, test: p.Matches, *, is_shown: bool = False) -> str:
        """Write the pattern of a test as a callable object.

        Args:
            test: The test.
            is_shown: Whether the object has the pattern as the document has it, for
                messages and for JSON Schema.
        """
        wanted = [string(text) for text, must in test.parts if must]
        unwanted = [string(text) for text, must in test.parts if not must]
        if len(unwanted) == 1:
            wanted.append(f"unless={unwanted[0]}")
        elif unwanted:
            wanted.append(f"unless=({', '.join(unwanted)})")
        plain = test.source.replace(r"\/", "/")
        if is_shown and test.parts and test.parts != ((plain, True),):
            wanted.append(f"source={string(test.source)}")
        return self._imports.call("Pattern", *wanted)

    def write_test(self, test: Predicate, subject: Subject) -> Expression:
        """Write a test of a value whose type fits the test."""
        on = subject.text
        match test:
            case p.IsType(types):
                return self.is_type(types, on)
            case p.IsIn(values):
                return self._is_in(values, subject)
            case p.InRange():
                return _in_range(test, on)
            case p.MultipleOf(step):
                return self.helper("is_multiple", on, f"{step:f}")
            case (
                p.LengthIn(least, most)
                | p.ItemCount(least, most)
                | p.PropertyCount(least, most)
            ):
                return between(f"len({on})", least, most)
            case p.Matches():
                return call(self.pattern(test), on)
            case p.HasFormat(name):
                return self.helper(predicate_name(name), on)
            case p.UniqueItems():
                return self.helper("all_different", on)
            case p.FigureIn(operation, first, second, least, most):
                names = string(first), string(second)
                return self.helper(
                    f"{operation}_in", on, *names, repr(least), repr(most)
                )
            case p.DefinitionRef(definition):
                self.definitions.add(definition)
                return call(f"_{definition}", on)
            case _:
                raise TypeError(test)

    def is_type(self, types: frozenset[str], on: str) -> Expression:
        """Write a test whether an expression is of one of these JSON types."""
        name = next(iter(types))
        if len(types) > 1 or name in ("integer", "number"):
            return self.helper("is_type", on, *map(string, sorted(types)))
        if name in ("array", "object"):
            return self.helper(f"is_{name}", on)
        if name == "null":
            return comparison(f"{on} is None", f"{on} is not None")
        return call("isinstance", on, "bool" if name == "boolean" else "str")

    def _is_in(self, values: tuple[Constant, ...], subject: Subject) -> Expression:
        if are_comparable(values, subject):
            return compare(subject.text, values)
        return disjunction(
            self.helper("same", subject.text, value(each.value)) for each in values
        )


def are_comparable(values: tuple[Constant, ...], subject: Subject) -> bool:
    """Return whether `==` compares the values as JSON does: in Python, 1 == True."""
    if len(values) > 1 and any(isinstance(v.value, bool) for v in values):
        return False
    if any(isinstance(v.value, (list, dict)) for v in values):
        return False
    numbers = [v for v in values if isinstance(v.value, (int, float))]
    booleans = [v for v in numbers if isinstance(v.value, bool)]
    return numbers == booleans or subject.is_only("integer", "number", "string", "null")


def is_direct(part: Predicate, member: Subject) -> TypeGuard[p.IsIn]:
    """Return whether `get` can look up and compare an optional member in one step."""
    if not isinstance(part, p.IsIn):
        return False
    null = any(each.value is None for each in part.values)
    return not null and are_comparable(part.values, member)


def compare(text: str, values: tuple[Constant, ...]) -> Expression:
    """Test whether an expression is one of several constants; see `are_comparable`."""
    written = [value(each.value) for each in values]
    words, right = ("in", "not in"), f"({', '.join(written)})"
    if len(values) == 1:
        is_singleton = values[0].value is None or isinstance(values[0].value, bool)
        words, right = ("is", "is not") if is_singleton else ("==", "!="), written[0]
    return comparison(*(f"{text} {word} {right}" for word in words))


def _in_range(bounds: p.InRange, on: str) -> Expression:
    signs = {">=": bounds.ge, ">": bounds.gt, "<=": bounds.le, "<": bounds.lt}
    tests = [(sign, bound) for sign, bound in signs.items() if bound is not None]
    if bounds.ge is not None and bounds.le is not None and len(tests) == 2:
        return comparison(f"{bounds.ge!r} <= {on} <= {bounds.le!r}")
    return conjunction(comparison(f"{on} {s} {bound!r}") for s, bound in tests)


def compares(
    predicate: Predicate, decided_by: Callable[[Iterable[bool]], bool] = all
) -> bool:
    """Return whether `==` or `<` decides: of a JSON value, type checkers do not know it.

    Args:
        predicate: The predicate.
        decided_by: Whether `all` or `any` of several expressions must compare.
    """

    def inside(*parts: Predicate) -> bool:
        return decided_by(compares(each, decided_by) for each in parts)

    match predicate:
        case p.AllOf(parts) | p.AnyOf(parts):
            return inside(*parts)
        case p.IfThenElse(_, then, otherwise):
            return inside(then, otherwise)
        case p.RequiredProperty(_, part) | p.OptionalProperty(_, part) | p.Not(part):
            return inside(part)
        case p.Contains(part, least, most):
            return (least, most) != (1, None) and compares(part, any)
        case p.ExactlyOne(parts):
            return any(compares(part, any) for part in parts)
        case _:
            return isinstance(predicate, (p.IsIn, p.InRange))
