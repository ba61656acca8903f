"""Writes tests of one value: predicates that contain no other predicate."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from runware_codegen.formats import predicate_name
from runware_codegen.model import predicates as p
from runware_codegen.render.literals import string, value
from runware_codegen.render.python import (
    Expression,
    between,
    call,
    comparison,
    conjunction,
    constants,
    disjunction,
)

if TYPE_CHECKING:
    from runware_codegen.model.predicates import Predicate
    from runware_codegen.render.subjects import Subject


class ValueTests:
    """Writes tests of one value.

    Attributes:
        helpers: The names that the expressions use and that have to be imported.
        definitions: The definitions that they call.
    """

    def __init__(self) -> None:
        self.helpers: set[str] = set()
        self.definitions: set[str] = set()

    def helper(self, name: str, *arguments: str) -> Expression:
        """Call a function of the emitted package, which has to be imported."""
        self.helpers.add(name)
        return call(name, *arguments)

    def pattern(self, test: p.Matches) -> str:
        """Write the pattern of a test as an object that can be called."""
        wanted = [string(text) for text, must in test.parts if must]
        unwanted = [string(text) for text, must in test.parts if not must]
        if len(unwanted) == 1:
            wanted.append(f"unless={unwanted[0]}")
        elif unwanted:
            wanted.append(f"unless=({', '.join(unwanted)})")
        return self.helper("Pattern", *wanted).text

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
            case p.AreaIn(first, second, least, most):
                return self._two_numbers("area_in", on, first, second, least, most)
            case p.RatioIn(first, second, least, most):
                return self._two_numbers("ratio_in", on, first, second, least, most)
            case p.DefinitionRef(definition):
                self.definitions.add(definition)
                return call(f"_{definition}", on)
            case _:
                raise TypeError(test)

    def is_type(self, types: frozenset[str], on: str) -> Expression:
        """Write that an expression is of one of these JSON types."""
        name = next(iter(types))
        if len(types) > 1 or name in ("integer", "number"):
            return self.helper("is_type", on, *map(string, sorted(types)))
        if name in ("array", "object"):
            return self.helper(f"is_{name}", on)
        if name == "null":
            return comparison(f"{on} is None")
        return call("isinstance", on, "bool" if name == "boolean" else "str")

    def _two_numbers(  # noqa: PLR0913 - as many as the helper has
        self,
        helper: str,
        on: str,
        first: str,
        second: str,
        least: float | None,
        most: float | None,
    ) -> Expression:
        names = string(first), string(second)
        return self.helper(helper, on, *names, repr(least), repr(most))

    def _is_in(self, values: tuple[p.Constant, ...], subject: Subject) -> Expression:
        if are_comparable(values, subject):
            return compare(subject.text, values, positive=True)
        return disjunction(
            self.helper("same", subject.text, value(each.value)) for each in values
        )


def are_comparable(values: tuple[p.Constant, ...], subject: Subject) -> bool:
    """Whether Python's own equality is JSON's here: 1 equals true in Python."""
    if len(values) > 1 and any(isinstance(v.value, bool) for v in values):
        return False
    if any(isinstance(v.value, (p.FrozenArray, p.FrozenObject)) for v in values):
        return False
    numbers = [v for v in values if isinstance(v.value, (int, float))]
    booleans = [v for v in numbers if isinstance(v.value, bool)]
    return numbers == booleans or subject.is_only("integer", "number", "string", "null")


def is_direct(part: Predicate, member: Subject) -> TypeGuard[p.IsIn]:
    """Whether a member that may be absent can be compared in one step."""
    if not isinstance(part, p.IsIn):
        return False
    null = any(each.value is None for each in part.values)
    return not null and are_comparable(part.values, member)


def is_single(part: Predicate, member: Subject) -> TypeGuard[p.IsIn]:
    """Whether a member, if given, can be compared with one constant."""
    return is_direct(part, member) and len(part.values) == 1


def compare(text: str, values: tuple[p.Constant, ...], *, positive: bool) -> Expression:
    """Compare an expression with constants that are comparable; see `are_comparable`."""
    if len(values) > 1:
        word = "in" if positive else "not in"
        return comparison(f"{text} {word} {constants(values)}")
    (only,) = (each.value for each in values)
    if only is None or isinstance(only, bool):
        return comparison(f"{text} {'is' if positive else 'is not'} {only}")
    return comparison(f"{text} {'==' if positive else '!='} {value(only)}")


def _in_range(bounds: p.InRange, on: str) -> Expression:
    tests = [
        (sign, bound)
        for sign, bound in (
            (">=", bounds.ge),
            (">", bounds.gt),
            ("<=", bounds.le),
            ("<", bounds.lt),
        )
        if bound is not None
    ]
    if bounds.ge is not None and bounds.le is not None and len(tests) == 2:
        return comparison(f"{bounds.ge!r} <= {on} <= {bounds.le!r}")
    return conjunction(comparison(f"{on} {s} {bound!r}") for s, bound in tests)
