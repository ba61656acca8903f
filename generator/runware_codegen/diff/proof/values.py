"""Changes a JSON value until it satisfies a predicate, or violates it."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any, Final

from runware_codegen.diff.proof.scalars import (
    OTHERS,
    json_number,
    other_value,
    satisfying_number,
    satisfying_text,
    violating_number,
    violating_text,
)
from runware_codegen.diff.proof.strings import matching
from runware_codegen.documents.members import is_array, is_number, is_object
from runware_codegen.model import predicates as p
from runware_codegen.model.logic import not_
from runware_codegen.model.predicates import FALSE, Predicate
from runware_codegen.parse.assertions.evaluate import Definitions, additional, holds

_PASSES: Final = 6
_DEEPEST: Final = 24
_MAX_STEPS: Final = 1_000
"""The most changes of a value: some predicates cannot be satisfied."""

_MOST: Final = 2_000
"""Maximum number of items or members that are added: limits beyond it are not reached."""

_ITEMS: Final[tuple[Any, ...]] = ("a", 0, {})
_NAMES: Final = ("extra", "a", "b", "x-1", "")
_EXAMPLES: Final[dict[str, tuple[Any, ...]]] = {
    "null": (None,),
    "boolean": (True, False),
    "integer": (0, 1),
    "number": (0.5, 0, 1.5),
    "string": ("a", ""),
    "array": ([],),
    "object": ({},),
}


class Values:
    """Makes and changes values; equal random numbers make equal values.

    Attributes:
        steps: The number of changes so far.
    """

    def __init__(self, known: Definitions, random: Random) -> None:
        """Create it with the predicates that each `DefinitionRef` names."""
        self._known = known
        self._random = random
        self._depth = 0
        self.steps = 0

    def example(self, test: Predicate) -> Any:
        """Make a value that is likely to satisfy a predicate."""
        return self.changed(test, self._start(test))

    def changed(self, test: Predicate, value: Any) -> Any:
        """Change a value until it satisfies a predicate.

        Args:
            test: The predicate.
            value: The value. It is not mutated.

        Returns:
            The new value. It is likely to satisfy the predicate; the caller has to check it.
        """
        self.steps += 1
        if self.steps > _MAX_STEPS or self._depth > _DEEPEST:
            return value
        if holds(test, value, self._known):
            return value
        self._depth += 1
        made = self._satisfying(test, value)
        self._depth -= 1
        return made

    def violating(self, test: Predicate, value: Any) -> Any:
        """Change a value until it violates a predicate: it satisfies the negation."""
        return self.changed(not_(test), value)

    def _start(self, test: Predicate) -> Any:
        """Make a value of a JSON type for which a predicate can hold."""
        match test:
            case p.AllOf(parts):
                return next((v for v in map(self._start, parts) if v is not None), None)
            case p.AnyOf(parts) | p.ExactlyOne(parts):
                return self._start(self._random.choice(parts))
            case p.IfThenElse(_, then):
                return self._start(then)
            case p.DefinitionRef(name):
                return self._start(self._known[name])
            case p.Not():
                return self._random.choice(OTHERS)
            case p.IsType(types):
                return self._of_type(types)
            case p.IsIn(values):
                return values[0].value
            case p.LengthIn() | p.Matches() | p.HasFormat():
                return "a"
            case p.InRange() | p.MultipleOf():
                return 0
            case (
                p.ItemCount()
                | p.Items()
                | p.Contains()
                | p.PrefixItem()
                | p.UniqueItems()
            ):
                return []
            case p.RequiredProperty() | p.AdditionalProperties() | p.PropertyCount():
                return {}
            case _:
                return None

    def _satisfying(self, test: Predicate, value: Any) -> Any:
        match test:
            case p.AllOf(parts):
                return self._all(parts, value)
            case p.AnyOf(parts):
                return self._any(parts, value)
            case p.ExactlyOne(parts):
                chosen = self._random.choice(parts)
                others = (not_(part) for part in parts if part is not chosen)
                return self._all((*others, chosen), value)
            case p.Not(part):
                return self._violating(part, value)
            case p.IfThenElse(condition, then, otherwise):
                if otherwise == FALSE or self._random.random() < 0.5:
                    return self.changed(then, self.changed(condition, value))
                return self.changed(otherwise, self.violating(condition, value))
            case p.DefinitionRef(name):
                return self.changed(self._known[name], value)
            case p.IsType(types):
                return self._of_type(types)
            case p.IsIn(values):
                return self._random.choice(values).value
            case p.InRange() | p.MultipleOf():
                return satisfying_number(test, value, self._random)
            case p.LengthIn() | p.Matches() | p.HasFormat():
                return satisfying_text(test, value, self._random)
            case _:
                return self._collection(test, value)

    def _violating(self, test: Predicate, value: Any) -> Any:
        """Change a value until it violates a test, which `not_` cannot split."""
        match test:
            case p.ExactlyOne(parts):
                if self._random.random() < 0.5:
                    return self.violating(p.AnyOf(parts), value)
                return self._all(tuple(self._random.sample(parts, 2)), value)
            case p.DefinitionRef(name):
                return self.violating(self._known[name], value)
            case p.IsType() | p.IsIn():
                return other_value(test, value, self._random)
            case p.InRange() | p.MultipleOf():
                return violating_number(test, value, self._random)
            case p.LengthIn() | p.Matches() | p.HasFormat():
                return violating_text(test, value, self._random)
            case _ if is_object(value):
                return self._violating_object(test, value)
            case _:
                return self._violating_array(test, value)

    def _of_type(self, types: frozenset[str]) -> Any:
        return self._random.choice(_EXAMPLES[self._random.choice(sorted(types))])

    def _collection(self, test: Predicate, value: Any) -> Any:
        """Change an object or an array; another value becomes one that the test needs."""
        start = value if is_object(value) or is_array(value) else self._start(test)
        if is_object(start):
            return self._object(test, start)
        if is_array(start):
            return self._array(test, start)
        return {} if isinstance(test, p.PropertyNames) else value

    def _all(self, parts: tuple[Predicate, ...], value: Any) -> Any:
        """Change a value until it satisfies all predicates, in a few passes."""
        ordered = list(parts)
        for _ in range(_PASSES):
            failing = [part for part in ordered if not holds(part, value, self._known)]
            if not failing:
                break
            for part in failing:
                value = self.changed(part, value)
            self._random.shuffle(ordered)
        return value

    def _any(self, parts: tuple[Predicate, ...], value: Any) -> Any:
        part = self._random.choice(parts)
        made = self.changed(part, value)
        if holds(part, made, self._known):
            return made
        return self.example(part)

    def _array(self, test: Predicate, value: list[Any]) -> Any:
        match test:
            case p.ItemCount(least, most):
                filled = list(value)
                while len(filled) < least <= _MOST:
                    filled.append(filled[-1] if filled else self._random.choice(_ITEMS))
                return filled if most is None else filled[:most]
            case p.Items(part, start):
                kept = [self.changed(part, item) for item in value[start:]]
                return [*value[:start], *kept]
            case p.PrefixItem(index, part):
                return [
                    self.changed(part, item) if place == index else item
                    for place, item in enumerate(value)
                ]
            case p.Contains(part, least, most):
                return self._containing(part, least, most, value)
            case p.UniqueItems():
                return [v for i, v in enumerate(value) if v not in value[:i]]
            case p.UnevaluatedItems(part):
                return [self.changed(part, item) for item in value]
            case _:
                return value

    def _violating_array(self, test: Predicate, value: list[Any]) -> Any:
        match test:
            case p.ItemCount(least, most):
                cuts = [value[: least - 1]] if least else []
                if most is not None and most < _MOST:
                    last = value[-1] if value else self._random.choice(_ITEMS)
                    cuts.append(value + [last] * (most + 1 - len(value)))
                return self._random.choice(cuts or [value])
            case p.UniqueItems():
                return [*(value[:1] or [0]), *(value or [0])]
            case p.Items(part, start):
                filled = value or [self._random.choice(OTHERS)]
                filled = filled + [filled[-1]] * (start + 1 - len(filled))
                bad = self.violating(part, filled[start])
                return [*filled[:start], bad, *filled[start + 1 :]]
            case p.PrefixItem(index, part):
                filled = value + [self._random.choice(OTHERS)] * (
                    index + 1 - len(value)
                )
                bad = self.violating(part, filled[index])
                return [*filled[:index], bad, *filled[index + 1 :]]
            case p.Contains(part, least, most):
                is_near = most is not None and most <= _MOST
                if is_near and (not least or self._random.random() < 0.5):
                    more = [self.example(part) for _ in range(most or 0)]
                    return [*value, *more, self.example(part)]
                return [self.violating(part, item) for item in value]
            case p.UnevaluatedItems(part):
                return [
                    *value,
                    self.violating(part, self._random.choice(OTHERS)),
                ]
            case _:
                return value

    def _containing(
        self, part: Predicate, least: int, most: int | None, value: list[Any]
    ) -> list[Any]:
        having = [item for item in value if holds(part, item, self._known)]
        others = [item for item in value if item not in having]
        while len(having) < least <= _MOST:
            having.append(self.example(part))
        if most is not None and len(having) > most:
            dropped = [self.violating(part, i) for i in having[most:]]
            return [*having[:most], *others, *dropped]
        return [*having, *others]

    def _object(self, test: Predicate, value: dict[str, Any]) -> Any:
        match test:
            case p.RequiredProperty(name, part):
                inner = value[name] if name in value else self.example(part)
                return {**value, name: self.changed(part, inner)}
            case p.OptionalProperty(name, part):
                made = self.changed(part, value[name])
                if holds(part, made, self._known) and self._random.random() < 0.8:
                    return {**value, name: made}
                return _without(value, name)
            case p.PropertyCount(least, most):
                filled = dict(value)
                for number in range(least if least <= _MOST else 0):
                    if len(filled) < least:
                        filled[f"extra{number}"] = self._random.choice(OTHERS)
                return dict([*filled.items()][: most or len(filled)])
            case p.PropertyNames(part):
                return {n: v for n, v in value.items() if holds(part, n, self._known)}
            case p.PatternProperties(pattern, part):
                return {
                    n: self.changed(part, v) if holds(pattern, n, self._known) else v
                    for n, v in value.items()
                }
            case p.AdditionalProperties(part):
                others = additional(test, value, self._known)
                made = {name: self.changed(part, value[name]) for name in others}
                kept = {n: v for n, v in made.items() if holds(part, v, self._known)}
                named = {n: v for n, v in value.items() if n not in others}
                return {**named, **kept}
            case p.FigureIn():
                return _with_figure(self._random, test, value, wanted=True)
            case _:
                return value

    def _violating_object(self, test: Predicate, value: dict[str, Any]) -> Any:
        match test:
            case p.PropertyCount(least, most):
                kept = dict([*value.items()][: max(least - 1, 0)])
                if most is None or most > _MOST:
                    return kept
                if least and self._random.random() < 0.5:
                    return kept
                more = {f"extra{number}": 1 for number in range(most + 1)}
                return {**value, **more}
            case p.PropertyNames(part):
                name = self.violating(part, self._random.choice(_NAMES))
                return {**value, str(name): self._random.choice(OTHERS)}
            case p.PatternProperties(pattern, part):
                name = matching(pattern.source, self._random)
                bad = self.violating(part, self._random.choice(OTHERS))
                return {**value, name: bad}
            case p.AdditionalProperties(part):
                bad = self.violating(part, self._random.choice(OTHERS))
                return {**value, self._random.choice(_NAMES): bad}
            case p.FigureIn():
                return _with_figure(self._random, test, value, wanted=False)
            case _:
                return value


def _with_figure(
    random: Random, test: p.FigureIn, value: dict[str, Any], *, wanted: bool
) -> dict[str, Any]:
    """Set the second member so that the product or quotient is at its limit."""
    first = value.get(test.first)
    first = first if is_number(first) and first else random.choice((256, 512, 1024, 1))
    goal = random.choice([x for x in (test.minimum, test.maximum) if x is not None])
    factor = Fraction(1)
    if not wanted:
        factor = Fraction(1, 2) if goal == test.minimum else Fraction(2)
    figure = Fraction(str(goal)) * factor
    one = Fraction(str(first))
    second = figure / one if test.operation == "area" else one / (figure or 1)
    return {**value, test.first: first, test.second: json_number(second)}


def _without(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Copy an object without one of its members."""
    return {n: v for n, v in value.items() if n != name}
