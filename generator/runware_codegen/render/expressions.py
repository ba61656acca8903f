"""Predicates as Python expressions over a value of JSON.

A rule runs after the fields have been checked, so an expression may rely on the types
of the fields: `task.get("settings", {})` is an object. Where the type is not known, the
expression asks for it first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard

from runware_codegen.formats import predicate_name
from runware_codegen.model import Anything
from runware_codegen.model.predicates import (
    FALSE,
    TRUE,
    AdditionalProperties,
    AllOf,
    Always,
    AnyOf,
    AreaIn,
    Constant,
    Contains,
    DefinitionRef,
    ExactlyOne,
    FrozenArray,
    FrozenObject,
    HasFormat,
    IfThenElse,
    InRange,
    IsIn,
    IsType,
    ItemCount,
    Items,
    LengthIn,
    Matches,
    MultipleOf,
    Not,
    OptionalProperty,
    PatternProperties,
    Predicate,
    PrefixItem,
    PropertyCount,
    PropertyNames,
    RatioIn,
    RequiredProperty,
    UnevaluatedItems,
    UniqueItems,
)
from runware_codegen.render.literals import string, value
from runware_codegen.render.loops import Loops
from runware_codegen.render.python import (
    Expression,
    Precedence,
    between,
    call,
    choice,
    comparison,
    conjunction,
    constants,
    disjunction,
    negation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runware_codegen.model import Class
    from runware_codegen.render.subjects import Subject


class Expressions:
    """Writes expressions for the classes of one document.

    Attributes:
        helpers: The names that the expressions use and that have to be imported.
        definitions: The definitions that they call.
    """

    def __init__(self, classes: Mapping[str, Class]) -> None:
        self._classes = classes
        self._loops = Loops(self)
        self.helpers: set[str] = set()
        self.definitions: set[str] = set()

    def write(self, predicate: Predicate, subject: Subject) -> Expression:
        """Write an expression that is true where the predicate holds."""
        match predicate:
            case Always(truth):
                return Expression(str(truth))
            case AllOf(parts) if (
                pair := _exactly_one_present(parts)
            ) and subject.is_only("object"):
                one, other = (f"({string(n)} in {subject.lookup})" for n in pair)
                return comparison(f"{one} != {other}")
            case AllOf(parts):
                return conjunction(self._narrowing(parts, subject))
            case AnyOf(parts):
                return disjunction(self.write(part, subject) for part in parts)
            case ExactlyOne(parts):
                return self._exactly_one(parts, subject, positive=True)
            case IfThenElse(condition, then, otherwise):
                return choice(
                    self.write(condition, subject),
                    self.write(then, subject),
                    self.write(otherwise, subject),
                )
            case Not(part):
                return self._not(part, subject)
            case RequiredProperty(name, part):
                return self._at(name, part, subject)
            case OptionalProperty(name, part):
                return self._if_given(name, part, subject)
            case _:
                return self._guarded(predicate, subject)

    def _narrowing(
        self, parts: Iterable[Predicate], subject: Subject
    ) -> Iterator[Expression]:
        """Write parts one after the other; what follows a type may rely on it."""
        for part in parts:
            yield self.write(part, subject)
            told = _asserted_type(part)
            if told and subject.type in (None, Anything()):
                subject = replace(subject, type=Anything(told))

    def helper(self, name: str, *arguments: str) -> Expression:
        """Call a function of the emitted package, which has to be imported."""
        self.helpers.add(name)
        return call(name, *arguments)

    def pattern(self, test: Matches) -> str:
        """Write the pattern of a test as an object that can be called."""
        wanted = [string(text) for text, must in test.parts if must]
        unwanted = [string(text) for text, must in test.parts if not must]
        if len(unwanted) == 1:
            wanted.append(f"unless={unwanted[0]}")
        elif unwanted:
            wanted.append(f"unless=({', '.join(unwanted)})")
        return self.helper("Pattern", *wanted).text

    def _not(self, part: Predicate, subject: Subject) -> Expression:
        if isinstance(part, IsIn) and _are_comparable(part.values, subject):
            return _comparison(subject.text, part.values, positive=False)
        if isinstance(part, ExactlyOne):
            return self._exactly_one(part.parts, subject, positive=False)
        return negation(self.write(part, subject))

    def _exactly_one(
        self, parts: tuple[Predicate, ...], subject: Subject, *, positive: bool
    ) -> Expression:
        written = [self.write(part, subject) for part in parts]
        if len(written) == 2:
            one, other = (each.parenthesized(Precedence.ATOM) for each in written)
            return comparison(f"{one} {'!=' if positive else '=='} {other}")
        listed = ", ".join(each.text for each in written)
        return comparison(f"[{listed}].count(True) {'==' if positive else '!='} 1")

    # -- members --------------------------------------------------------------

    def _at(self, name: str, part: Predicate, subject: Subject) -> Expression:
        sure = subject.is_only("object")
        found = [] if sure else [self.helper("is_object", subject.text)]
        return conjunction([*found, self._at_object(name, part, subject)])

    def _at_object(self, name: str, part: Predicate, subject: Subject) -> Expression:
        present = comparison(f"{string(name)} in {subject.lookup}")
        member = subject.member(name, self._classes)
        if part == TRUE:
            return present
        if member.is_only("object") and _only(part, RequiredProperty):
            return self.write(part, member.optional_member(subject, name))
        if subject.requires(name, self._classes):
            return self.write(part, member)
        if _is_direct(part, member):
            got = f"{subject.lookup}.get({string(name)})"
            return _comparison(got, part.values, positive=True)
        if isinstance(part, Not) and _is_single(part.part, member):
            got = _with_default(subject, name, part.part)
            return _comparison(got, part.part.values, positive=False)
        return conjunction([present, self.write(part, member)])

    def _if_given(self, name: str, part: Predicate, subject: Subject) -> Expression:
        member = subject.member(name, self._classes)
        absent = comparison(f"{string(name)} not in {subject.lookup}")
        if not subject.is_only("object"):
            other = [negation(self.helper("is_object", subject.text)), absent]
            return disjunction([*other, *self._unless_false(part, member)])
        if member.is_only("object") and _only(part, OptionalProperty):
            return self.write(part, member.optional_member(subject, name))
        if subject.requires(name, self._classes):
            return self.write(part, member)
        if isinstance(part, Not) and _is_direct(part.part, member):
            got = f"{subject.lookup}.get({string(name)})"
            return _comparison(got, part.part.values, positive=False)
        if _is_single(part, member):
            got = _with_default(subject, name, part)
            return _comparison(got, part.values, positive=True)
        return disjunction([absent, *self._unless_false(part, member)])

    def _unless_false(self, part: Predicate, member: Subject) -> list[Expression]:
        return [] if part == FALSE else [self.write(part, member)]

    # -- tests ----------------------------------------------------------------

    def _guarded(self, test: Predicate, subject: Subject) -> Expression:
        """Write a test, and before it that the value is of the type it speaks of."""
        text = self._test(test, subject)
        for kinds, types in _SPEAK_OF:
            if isinstance(test, kinds) and not subject.is_only(*types):
                return conjunction(
                    [self._is_type(frozenset(types[:1]), subject.text), text]
                )
        return text

    def _test(self, test: Predicate, subject: Subject) -> Expression:
        on = subject.text
        match test:
            case IsType(types):
                return self._is_type(types, on)
            case IsIn(values):
                return self._is_in(values, subject)
            case InRange():
                return _in_range(test, on)
            case MultipleOf(step):
                return self.helper("is_multiple", on, f"{step:f}")
            case (
                LengthIn(least, most)
                | ItemCount(least, most)
                | PropertyCount(least, most)
            ):
                return between(f"len({on})", least, most)
            case Matches():
                return call(self.pattern(test), on)
            case HasFormat(name):
                return self.helper(predicate_name(name), on)
            case UniqueItems():
                return self.helper("all_different", on)
            case AreaIn(first, second, least, most):
                return self._two_numbers("area_in", on, first, second, least, most)
            case RatioIn(first, second, least, most):
                return self._two_numbers("ratio_in", on, first, second, least, most)
            case PrefixItem(index, part):
                short = comparison(f"len({on}) <= {index}")
                return disjunction([short, self.write(part, subject.item_at(index))])
            case DefinitionRef(definition):
                self.definitions.add(definition)
                return call(f"_{definition}", on)
            case _:
                return self._loop(test, subject)

    def _is_type(self, types: frozenset[str], on: str) -> Expression:
        name = next(iter(types))
        if len(types) > 1 or name in ("integer", "number"):
            return self.helper("is_type", on, *map(string, sorted(types)))
        if name in ("array", "object"):
            return self.helper(f"is_{name}", on)
        if name == "null":
            return comparison(f"{on} is None")
        return call("isinstance", on, "bool" if name == "boolean" else "str")

    def _loop(self, test: Predicate, subject: Subject) -> Expression:
        match test:
            case Items(part, start):
                return self._loops.all_items(part, start, subject)
            case Contains(part, least, most):
                return self._loops.some_items(part, least, most, subject)
            case UnevaluatedItems(part, exempt):
                return self._loops.other_items(part, exempt, subject)
            case AdditionalProperties(part, exempt):
                return self._loops.all_members(part, exempt, subject)
            case PatternProperties(pattern, part):
                return self._loops.matching_members(pattern, part, subject)
            case PropertyNames(part):
                return self._loops.all_names(part, subject)
            case _:
                raise TypeError(test)

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

    def _is_in(self, values: tuple[Constant, ...], subject: Subject) -> Expression:
        if _are_comparable(values, subject):
            return _comparison(subject.text, values, positive=True)
        return disjunction(
            self.helper("same", subject.text, value(each.value)) for each in values
        )


_SPEAK_OF = (
    ((InRange, MultipleOf), ("number", "integer")),
    ((LengthIn, Matches, HasFormat), ("string",)),
    ((ItemCount, UniqueItems, PrefixItem, Items), ("array",)),
    ((Contains, UnevaluatedItems), ("array",)),
    (
        (PropertyCount, AdditionalProperties, PatternProperties, PropertyNames),
        ("object",),
    ),
    ((AreaIn, RatioIn), ("object",)),
)
"""Tests, and the types they speak of, the widest first."""


def _exactly_one_present(parts: tuple[Predicate, ...]) -> tuple[str, str] | None:
    """Name two members of which one is there without the other."""
    match parts:
        case (
            AnyOf(
                (
                    OptionalProperty(one, Always(False)),
                    OptionalProperty(other, Always(False)),
                )
            ),
            AnyOf(
                (
                    RequiredProperty(first, Always(True)),
                    RequiredProperty(second, Always(True)),
                )
            ),
        ) if (one, other) == (first, second):
            return one, other
        case _:
            return None


def _only(part: Predicate, kind: type[RequiredProperty | OptionalProperty]) -> bool:
    """Whether a predicate of an object is decided by {} as by its absence."""
    if not isinstance(part, (AllOf, AnyOf)):
        return isinstance(part, kind)
    decided = [_only(each, kind) for each in part.parts]
    if isinstance(part, AnyOf) == (kind is RequiredProperty):
        return all(decided)
    return any(decided) and all(map(_is_about_members, part.parts))


def _is_about_members(part: Predicate) -> bool:
    """Whether a predicate of an object says nothing but what its members are."""
    if isinstance(part, (AllOf, AnyOf)):
        return all(map(_is_about_members, part.parts))
    return isinstance(part, (RequiredProperty, OptionalProperty))


def _are_comparable(values: tuple[Constant, ...], subject: Subject) -> bool:
    """Whether Python's own equality is JSON's here: 1 equals true in Python."""
    if len(values) > 1 and any(isinstance(v.value, bool) for v in values):
        return False
    if any(isinstance(v.value, (FrozenArray, FrozenObject)) for v in values):
        return False
    numbers = [v for v in values if isinstance(v.value, (int, float))]
    booleans = [v for v in numbers if isinstance(v.value, bool)]
    return numbers == booleans or subject.is_only("integer", "number", "string", "null")


def _is_direct(part: Predicate, member: Subject) -> TypeGuard[IsIn]:
    """Whether a member that may be absent can be compared in one step."""
    if not isinstance(part, IsIn):
        return False
    null = any(each.value is None for each in part.values)
    return not null and _are_comparable(part.values, member)


def _is_single(part: Predicate, member: Subject) -> TypeGuard[IsIn]:
    """Whether a member, if given, can be compared with one constant."""
    return _is_direct(part, member) and len(part.values) == 1


def _with_default(subject: Subject, name: str, part: IsIn) -> str:
    only = value(part.values[0].value)
    return f"{subject.lookup}.get({string(name)}, {only})"


def _comparison(
    text: str, values: tuple[Constant, ...], *, positive: bool
) -> Expression:
    if len(values) > 1:
        word = "in" if positive else "not in"
        return comparison(f"{text} {word} {constants(values)}")
    (only,) = (each.value for each in values)
    if only is None or isinstance(only, bool):
        return comparison(f"{text} {'is' if positive else 'is not'} {only}")
    return comparison(f"{text} {'==' if positive else '!='} {value(only)}")


def _in_range(bounds: InRange, on: str) -> Expression:
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


def _asserted_type(test: Predicate) -> frozenset[str]:
    """Return the types of which a value is when a test holds; none for any."""
    if isinstance(test, IsType):
        return test.types
    if isinstance(test, RequiredProperty):
        return frozenset({"object"})
    spoken = [types for kinds, types in _SPEAK_OF if isinstance(test, kinds)]
    return frozenset(spoken[0]) if spoken else frozenset()
