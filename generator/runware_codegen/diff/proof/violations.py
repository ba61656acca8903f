"""Changes a JSON value until it violates a predicate."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from runware_codegen.diff.proof.strings import FORMATS, matching
from runware_codegen.documents.members import is_array, is_number, is_object
from runware_codegen.model import predicates as p
from runware_codegen.parse.assertions.evaluate import holds

if TYPE_CHECKING:
    from random import Random

    from runware_codegen.model.predicates import Predicate
    from runware_codegen.parse.assertions.evaluate import Definitions

LONGEST: Final = 200_000
"""The maximum length of strings and lists."""

ITEMS: Final[tuple[Any, ...]] = ("a", 0, {})
OTHERS: Final[tuple[Any, ...]] = ("a", 1, True, None, [], {}, 0.5, "b", 2, False)
_NAMES: Final = ("extra", "a", "b", "x-1", "")


class Violations(ABC):
    """Changes values so that they violate predicates.

    Attributes:
        known: The predicates that each `DefinitionRef` names.
        random: Makes the choices.
    """

    def __init__(self, known: Definitions, random: Random) -> None:
        self.known = known
        self.random = random

    @abstractmethod
    def example(self, test: Predicate) -> Any:
        """Make a value that is likely to satisfy a predicate."""

    @abstractmethod
    def changed(self, test: Predicate, value: Any, *, wanted: bool = True) -> Any:
        """Change a value until it satisfies a predicate, or violates it."""

    @abstractmethod
    def all_of(self, parts: tuple[Predicate, ...], value: Any) -> Any:
        """Change a value until it satisfies all predicates."""

    def violated(self, test: Predicate, value: Any) -> Any:
        """Change a value until it is likely to violate a predicate."""
        match test:
            case p.AllOf(parts):
                return self.changed(self.random.choice(parts), value, wanted=False)
            case p.AnyOf(parts):
                for part in parts:
                    value = self.changed(part, value, wanted=False)
                return value
            case p.ExactlyOne(parts):
                if self.random.random() < 0.5:
                    return self.violated(p.AnyOf(parts), value)
                return self.all_of(tuple(self.random.sample(parts, 2)), value)
            case p.Not(part):
                return self.changed(part, value)
            case p.IfThenElse(condition, then, otherwise):
                first = otherwise == p.Always(value=True) or self.random.random() < 0.5
                value = self.changed(condition, value, wanted=first)
                chosen = then if first else otherwise
                return self.changed(chosen, value, wanted=False)
            case p.DefinitionRef(name):
                return self.changed(self.known[name], value, wanted=False)
            case p.IsType() | p.IsIn():
                return self._other_value(test, value)
            case p.InRange() | p.MultipleOf():
                return self._violating_number(test, value)
            case p.LengthIn() | p.Matches() | p.HasFormat():
                return self._violating_text(test, value)
            case p.OptionalProperty(name, part):
                if is_object(value):
                    inner = value[name] if name in value else self.random.choice(OTHERS)
                    return {**value, name: self.changed(part, inner, wanted=False)}
                return self.violated(test, {})
            case p.RequiredProperty(name, part):
                if part == p.Always(value=True) or self.random.random() < 0.3:
                    return without(value, name)
                return {**value, name: self.changed(part, value[name], wanted=False)}
            case _ if is_object(value):
                return self._violating_object(test, value)
            case _ if is_array(value):
                return self._violating_array(test, value)
            case _:
                return value

    def _other_value(self, test: Predicate, value: Any) -> Any:
        near: list[Any] = []
        if isinstance(value, bool):
            near = [not value]
        elif isinstance(value, str):
            near = [f"{value}x", "a", "b"]
        elif is_number(value):
            near = [value + 1, value - 1, 0.5]
        failing = [v for v in near if not holds(test, v, self.known)]
        if failing and self.random.random() < 0.7:
            return self.random.choice(failing)
        return self.random.choice(
            [v for v in (*near, *OTHERS) if not holds(test, v, self.known)] or [value]
        )

    def _violating_number(self, test: p.InRange | p.MultipleOf, value: Any) -> Any:
        if isinstance(test, p.MultipleOf):
            step = Decimal(test.step)
            near = [value + 1, value + json_number(Fraction(step) / 2), value + 0.5]
            return self.random.choice(near)
        low = test.ge if test.gt is None else test.gt
        high = test.le if test.lt is None else test.lt
        beyond: list[int | float] = [] if low is None else [math.ceil(low) - 1]
        beyond += [] if high is None else [math.floor(high) + 1]
        beyond *= 2  # values that are integers are more likely
        beyond += [limit for limit in (test.gt, test.lt) if limit is not None]
        beyond += [] if test.ge is None else [test.ge - 0.5]
        beyond += [] if test.le is None else [test.le + 0.5]
        return self.random.choice(beyond or ["a"])

    def _violating_text(
        self, test: p.LengthIn | p.Matches | p.HasFormat, value: Any
    ) -> Any:
        match test:
            case p.LengthIn(least, most):
                cuts: list[str] = [value[: least - 1]] if least else []
                if most is not None and most < LONGEST:
                    cuts.append(value + (value[-1:] or "a") * (most + 1 - len(value)))
                return self.random.choice(cuts or [value])
            case _:
                texts = (value[:-1], f"{value}!", "", "!", "a", f" {value}", "A0", "-")
                others = [*texts, *FORMATS.values()]
                failing = [t for t in others if not holds(test, t, self.known)]
                return self.random.choice(failing or [value])

    def _violating_array(self, test: Predicate, value: list[Any]) -> Any:
        match test:
            case p.ItemCount(least, most):
                cuts = [value[: least - 1]] if least else []
                if most is not None and most < LONGEST:
                    last = value[-1] if value else self.random.choice(ITEMS)
                    cuts.append(value + [last] * (most + 1 - len(value)))
                return self.random.choice(cuts or [value])
            case p.UniqueItems():
                return [*(value[:1] or [0]), *(value or [0])]
            case p.Items(part, start):
                filled = value or [self.random.choice(OTHERS)]
                filled = filled + [filled[-1]] * (start + 1 - len(filled))
                bad = self.changed(part, filled[start], wanted=False)
                return [*filled[:start], bad, *filled[start + 1 :]]
            case p.PrefixItem(index, part):
                filled = value + [self.random.choice(OTHERS)] * (index + 1 - len(value))
                bad = self.changed(part, filled[index], wanted=False)
                return [*filled[:index], bad, *filled[index + 1 :]]
            case p.Contains(part, least, most):
                if most is not None and (not least or self.random.random() < 0.5):
                    return [*value, *(self.example(part) for _ in range(most + 1))]
                return [self.changed(part, item, wanted=False) for item in value]
            case p.UnevaluatedItems(part):
                return [
                    *value,
                    self.changed(part, self.random.choice(OTHERS), wanted=False),
                ]
            case _:
                return value

    def _violating_object(self, test: Predicate, value: dict[str, Any]) -> Any:
        match test:
            case p.PropertyCount(least, most):
                kept = dict([*value.items()][: max(least - 1, 0)])
                if most is None or (least and self.random.random() < 0.5):
                    return kept
                more = {f"extra{number}": 1 for number in range(most + 1)}
                return {**value, **more}
            case p.PropertyNames(part):
                name = self.changed(part, self.random.choice(_NAMES), wanted=False)
                return {**value, str(name): self.random.choice(OTHERS)}
            case p.PatternProperties(pattern, part):
                name = matching(pattern.source, self.random)
                bad = self.changed(part, self.random.choice(OTHERS), wanted=False)
                return {**value, name: bad}
            case p.AdditionalProperties(part):
                bad = self.changed(part, self.random.choice(OTHERS), wanted=False)
                return {**value, self.random.choice(_NAMES): bad}
            case p.FigureIn():
                return with_figure(self.random, test, value, wanted=False)
            case _:
                return value


def with_figure(
    random: Random, test: p.FigureIn, value: dict[str, Any], *, wanted: bool
) -> dict[str, Any]:
    """Set the second member so that the product or quotient is at its limit."""
    first = value.get(test.first)
    first = first if is_number(first) and first else random.choice((256, 512, 1024, 1))
    goal = random.choice([x for x in (test.minimum, test.maximum) if x is not None])
    if not wanted:
        factor = Fraction(1, 2) if goal == test.minimum else Fraction(2)
    else:
        factor = Fraction(1)
    figure = Fraction(str(goal)) * factor
    one = Fraction(str(first))
    second = figure / one if test.operation == "area" else one / (figure or 1)
    return {**value, test.first: first, test.second: json_number(second)}


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Copy an object without one of its members."""
    return {n: v for n, v in value.items() if n != name}


def json_number(number: Fraction) -> int | float:
    """Return a number as JSON has it: an integer if it is whole."""
    return int(number) if number.denominator == 1 else float(number)
