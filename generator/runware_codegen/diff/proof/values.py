"""Changes a JSON value until it satisfies a predicate, or violates it."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from runware_codegen.diff.proof.strings import FORMATS, matching
from runware_codegen.mock.items import is_array, is_object
from runware_codegen.model.constants import thawed
from runware_codegen.model.predicates import (
    AdditionalProperties,
    AllOf,
    Always,
    AnyOf,
    AreaIn,
    Contains,
    DefinitionRef,
    ExactlyOne,
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
    PrefixItem,
    PropertyCount,
    PropertyNames,
    RatioIn,
    RequiredProperty,
    UnevaluatedItems,
    UniqueItems,
)
from runware_codegen.parse.assertions.evaluate import additional, holds

if TYPE_CHECKING:
    from random import Random

    from runware_codegen.model.predicates import Predicate
    from runware_codegen.parse.assertions.evaluate import Definitions

_PASSES: Final = 6
_DEEPEST: Final = 24
_MAX_STEPS: Final = 1_000
"""The most changes of a value: some predicates cannot be satisfied."""
_LONGEST: Final = 200_000
"""The maximum length of strings and lists."""

_EXAMPLES: Final[dict[str, tuple[Any, ...]]] = {
    "null": (None,),
    "boolean": (True, False),
    "integer": (0, 1),
    "number": (0.5, 0, 1.5),
    "string": ("a", ""),
    "array": ([],),
    "object": ({},),
}
_OTHERS: Final[tuple[Any, ...]] = ("a", 1, True, None, [], {}, 0.5, "b", 2, False)
_NAMES: Final = ("extra", "a", "b", "x-1", "")


class Values:
    """Makes values; equal random numbers give equal values.

    Attributes:
        steps: The number of changes so far.
    """

    def __init__(self, known: Definitions, random: Random) -> None:
        """Create a maker of values.

        Args:
            known: The predicates that each `DefinitionRef` names.
            random: Makes the choices.
        """
        self._known = known
        self._random = random
        self._depth = 0
        self.steps = 0

    def example(self, test: Predicate) -> Any:
        """Make a value that is likely to satisfy a predicate."""
        return self.changed(test, self._start(test))

    def changed(self, test: Predicate, value: Any, *, wanted: bool = True) -> Any:
        """Change a value until it satisfies a predicate, or violates it.

        Args:
            test: The predicate.
            value: The value. It is not mutated.
            wanted: Whether the new value has to satisfy the predicate.

        Returns:
            The new value. It is likely to be as wanted; the caller has to check it.
        """
        self.steps += 1
        if self.steps > _MAX_STEPS or self._depth > _DEEPEST:
            return value
        if holds(test, value, self._known) == wanted:
            return value
        self._depth += 1
        try:
            return (self._so if wanted else self._not_so)(test, value)
        finally:
            self._depth -= 1

    def _start(self, test: Predicate) -> Any:
        """Make a value of a type for which a predicate can hold."""
        match test:
            case AllOf(parts):
                return next((v for v in map(self._start, parts) if v is not None), None)
            case AnyOf(parts) | ExactlyOne(parts):
                return self._start(self._random.choice(parts))
            case IfThenElse(_, then):
                return self._start(then)
            case DefinitionRef(name):
                return self._start(self._known[name])
            case IsType(types):
                return self._random.choice(_EXAMPLES[self._one(sorted(types))])
            case IsIn(values):
                return thawed(values[0].value)
            case LengthIn() | Matches() | HasFormat():
                return "a"
            case InRange() | MultipleOf():
                return 0
            case ItemCount() | Items() | Contains() | PrefixItem() | UniqueItems():
                return []
            case RequiredProperty() | AdditionalProperties() | PropertyCount():
                return {}
            case _:
                return None

    def _one(self, among: Any) -> Any:
        return self._random.choice(among)

    # -- satisfy a predicate --------------------------------------------------

    def _so(self, test: Predicate, value: Any) -> Any:
        match test:
            case AllOf(parts):
                return self._all(parts, value)
            case AnyOf(parts):
                return self._any(parts, value)
            case ExactlyOne(parts):
                chosen = self._one(parts)
                for part in parts:
                    value = self.changed(part, value, wanted=part is chosen)
                return self.changed(chosen, value)
            case Not(part):
                return self.changed(part, value, wanted=False)
            case IfThenElse(condition, then, otherwise):
                if self._random.random() < 0.5:
                    value = self.changed(condition, value)
                    return self.changed(then, value)
                value = self.changed(condition, value, wanted=False)
                return self.changed(otherwise, value)
            case DefinitionRef(name):
                return self.changed(self._known[name], value)
            case IsType(types):
                return self._one(_EXAMPLES[self._one(sorted(types))])
            case IsIn(values):
                return thawed(self._one(values).value)
            case InRange() | MultipleOf():
                return self._number(test, value)
            case LengthIn() | Matches() | HasFormat():
                return self._text(test, value)
            case _ if is_object(value):
                return self._object(test, value)
            case _ if is_array(value):
                return self._array(test, value)
            case RequiredProperty():
                return self._object(test, {})
            case ItemCount() | Items() | Contains() | PrefixItem() | UniqueItems():
                return self._array(test, [])
            case AdditionalProperties() | PropertyNames() | PropertyCount():
                return self._object(test, {})
            case _:
                return value

    def _all(self, parts: tuple[Predicate, ...], value: Any) -> Any:
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
        part = self._one(parts)
        made = self.changed(part, value)
        if holds(part, made, self._known):
            return made
        return self.example(part)

    def _number(self, test: InRange | MultipleOf, value: Any) -> Any:
        if isinstance(test, MultipleOf):
            if not _is_number(value):
                return 0
            step = Fraction(test.step)
            return _plain(round(Fraction(str(value)) / step) * step)
        low = test.ge if test.gt is None else test.gt + 1
        high = test.le if test.lt is None else test.lt - 1
        limits = [limit for limit in (low, high) if limit is not None]
        if test.gt is not None and test.lt is not None and test.lt - test.gt <= 1:
            limits.append((test.gt + test.lt) / 2)
        return self._one(limits or [0])

    def _text(self, test: LengthIn | Matches | HasFormat, value: Any) -> Any:
        text = value if isinstance(value, str) else "a"
        match test:
            case LengthIn(least, most):
                if len(text) < least:
                    return text + (text[-1:] or "a") * (
                        min(least, _LONGEST) - len(text)
                    )
                return text if most is None else text[:most]
            case Matches(source):
                return matching(source, self._random)
            case HasFormat(name):
                return FORMATS.get(name, text)

    def _array(self, test: Predicate, value: list[Any]) -> Any:
        match test:
            case ItemCount(least, most):
                filled = list(value)
                while len(filled) < min(least, _LONGEST):
                    filled.append(filled[-1] if filled else self._item(test))
                return filled if most is None else filled[:most]
            case Items(part, start):
                kept = [self.changed(part, item) for item in value[start:]]
                return [*value[:start], *kept]
            case PrefixItem(index, part):
                return [
                    self.changed(part, item) if place == index else item
                    for place, item in enumerate(value)
                ]
            case Contains(part, least, most):
                return self._containing(part, least, most, value)
            case UniqueItems():
                kept = list[Any]()
                for item in value:
                    if item not in kept:
                        kept.append(item)
                return kept
            case UnevaluatedItems(part):
                return [self.changed(part, item) for item in value]
            case _:
                return value

    def _item(self, _test: Predicate) -> Any:
        return self._one(("a", 0, {}))

    def _containing(
        self, part: Predicate, least: int, most: int | None, value: list[Any]
    ) -> list[Any]:
        having = [item for item in value if holds(part, item, self._known)]
        others = [item for item in value if item not in having]
        while len(having) < least:
            having.append(self.example(part))
        if most is not None and len(having) > most:
            dropped = [self.changed(part, i, wanted=False) for i in having[most:]]
            return [*having[:most], *others, *dropped]
        return [*having, *others]

    def _object(self, test: Predicate, value: dict[str, Any]) -> Any:
        match test:
            case RequiredProperty(name, part):
                inner = value[name] if name in value else self.example(part)
                return {**value, name: self.changed(part, inner)}
            case OptionalProperty(name, part):
                made = self.changed(part, value[name])
                if holds(part, made, self._known) and self._random.random() < 0.8:
                    return {**value, name: made}
                return _without(value, name)
            case PropertyCount(least, most):
                filled = dict(value)
                for name in (f"extra{number}" for number in range(least)):
                    if len(filled) < least:
                        filled[name] = self._one(_OTHERS)
                return dict([*filled.items()][: most or len(filled)])
            case PropertyNames(part):
                return {n: v for n, v in value.items() if holds(part, n, self._known)}
            case PatternProperties(pattern, part):
                return {
                    n: self.changed(part, v) if holds(pattern, n, self._known) else v
                    for n, v in value.items()
                }
            case AdditionalProperties(part):
                others = additional(test, value, self._known)
                made = {name: self.changed(part, value[name]) for name in others}
                kept = {n: v for n, v in made.items() if holds(part, v, self._known)}
                named = {n: v for n, v in value.items() if n not in others}
                return {**named, **kept}
            case AreaIn() | RatioIn():
                return self._figure(test, value, wanted=True)
            case _:
                return value

    # -- violate a predicate --------------------------------------------------

    def _not_so(self, test: Predicate, value: Any) -> Any:
        match test:
            case AllOf(parts):
                return self.changed(self._one(parts), value, wanted=False)
            case AnyOf(parts):
                for part in parts:
                    value = self.changed(part, value, wanted=False)
                return value
            case ExactlyOne(parts):
                if self._random.random() < 0.5:
                    return self._not_so(AnyOf(parts), value)
                return self._all(tuple(self._random.sample(parts, 2)), value)
            case Not(part):
                return self.changed(part, value)
            case IfThenElse(condition, then, otherwise):
                first = otherwise == Always(value=True) or self._random.random() < 0.5
                value = self.changed(condition, value, wanted=first)
                chosen = then if first else otherwise
                return self.changed(chosen, value, wanted=False)
            case DefinitionRef(name):
                return self.changed(self._known[name], value, wanted=False)
            case IsType() | IsIn():
                return self._other(test, value)
            case InRange() | MultipleOf():
                return self._other_number(test, value)
            case LengthIn() | Matches() | HasFormat():
                return self._other_text(test, value)
            case OptionalProperty(name, part):
                if is_object(value):
                    inner = value[name] if name in value else self._one(_OTHERS)
                    return {**value, name: self.changed(part, inner, wanted=False)}
                return self._not_so(test, {})
            case RequiredProperty(name, part):
                if part == Always(value=True) or self._random.random() < 0.3:
                    return _without(value, name)
                return {**value, name: self.changed(part, value[name], wanted=False)}
            case _ if is_object(value):
                return self._other_object(test, value)
            case _ if is_array(value):
                return self._other_array(test, value)
            case _:
                return value

    def _other(self, test: Predicate, value: Any) -> Any:
        near: list[Any] = []
        if isinstance(value, bool):
            near = [not value]
        elif isinstance(value, str):
            near = [f"{value}x", "a", "b"]
        elif _is_number(value):
            near = [value + 1, value - 1, 0.5]
        alike = [v for v in near if not holds(test, v, self._known)]
        if alike and self._random.random() < 0.7:
            return self._one(alike)
        return self._one(
            [v for v in (*near, *_OTHERS) if not holds(test, v, self._known)] or [value]
        )

    def _other_number(self, test: InRange | MultipleOf, value: Any) -> Any:
        if isinstance(test, MultipleOf):
            step = Decimal(test.step)
            near = [value + 1, value + _plain(Fraction(step) / 2), value + 0.5]
            return self._one(near)
        low = test.ge if test.gt is None else test.gt
        high = test.le if test.lt is None else test.lt
        beyond: list[int | float] = [] if low is None else [math.ceil(low) - 1]
        beyond += [] if high is None else [math.floor(high) + 1]
        beyond *= 2  # values that are integers are more likely
        beyond += [limit for limit in (test.gt, test.lt) if limit is not None]
        beyond += [] if test.ge is None else [test.ge - 0.5]
        beyond += [] if test.le is None else [test.le + 0.5]
        return self._one(beyond or ["a"])

    def _other_text(self, test: LengthIn | Matches | HasFormat, value: Any) -> Any:
        match test:
            case LengthIn(least, most):
                cuts: list[str] = [value[: least - 1]] if least else []
                if most is not None and most < _LONGEST:
                    cuts.append(value + (value[-1:] or "a") * (most + 1 - len(value)))
                return self._one(cuts or [value])
            case _:
                texts = (value[:-1], f"{value}!", "", "!", "a", f" {value}", "A0", "-")
                others = [*texts, *FORMATS.values()]
                failing = [t for t in others if not holds(test, t, self._known)]
                return self._one(failing or [value])

    def _other_array(self, test: Predicate, value: list[Any]) -> Any:
        match test:
            case ItemCount(least, most):
                cuts = [value[: least - 1]] if least else []
                if most is not None and most < _LONGEST:
                    last = value[-1] if value else self._item(test)
                    cuts.append(value + [last] * (most + 1 - len(value)))
                return self._one(cuts or [value])
            case UniqueItems():
                return [*(value[:1] or [0]), *(value or [0])]
            case Items(part, start):
                filled = value or [self._one(_OTHERS)]
                filled = filled + [filled[-1]] * (start + 1 - len(filled))
                bad = self.changed(part, filled[start], wanted=False)
                return [*filled[:start], bad, *filled[start + 1 :]]
            case PrefixItem(index, part):
                filled = value + [self._one(_OTHERS)] * (index + 1 - len(value))
                bad = self.changed(part, filled[index], wanted=False)
                return [*filled[:index], bad, *filled[index + 1 :]]
            case Contains(part, least, most):
                if most is not None and (not least or self._random.random() < 0.5):
                    return [*value, *(self.example(part) for _ in range(most + 1))]
                return [self.changed(part, item, wanted=False) for item in value]
            case UnevaluatedItems(part):
                return [*value, self.changed(part, self._one(_OTHERS), wanted=False)]
            case _:
                return value

    def _other_object(self, test: Predicate, value: dict[str, Any]) -> Any:
        match test:
            case PropertyCount(least, most):
                kept = dict([*value.items()][: max(least - 1, 0)])
                if most is None or (least and self._random.random() < 0.5):
                    return kept
                more = {f"extra{number}": 1 for number in range(most + 1)}
                return {**value, **more}
            case PropertyNames(part):
                name = self.changed(part, self._one(_NAMES), wanted=False)
                return {**value, str(name): self._one(_OTHERS)}
            case PatternProperties(pattern, part):
                name = matching(pattern.source, self._random)
                bad = self.changed(part, self._one(_OTHERS), wanted=False)
                return {**value, name: bad}
            case AdditionalProperties(part):
                bad = self.changed(part, self._one(_OTHERS), wanted=False)
                return {**value, self._one(_NAMES): bad}
            case AreaIn() | RatioIn():
                return self._figure(test, value, wanted=False)
            case _:
                return value

    def _figure(
        self, test: AreaIn | RatioIn, value: dict[str, Any], *, wanted: bool
    ) -> dict[str, Any]:
        """Set the second member so that the product or quotient is at its limit."""
        first = value.get(test.first)
        first = first if _is_number(first) and first else self._one((256, 512, 1024, 1))
        goal = self._one([x for x in (test.minimum, test.maximum) if x is not None])
        if not wanted:
            factor = Fraction(1, 2) if goal == test.minimum else Fraction(2)
        else:
            factor = Fraction(1)
        figure = Fraction(str(goal)) * factor
        one = Fraction(str(first))
        second = figure / one if isinstance(test, AreaIn) else one / (figure or 1)
        return {**value, test.first: first, test.second: _plain(second)}


def _without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {n: v for n, v in value.items() if n != name}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _plain(number: Fraction) -> int | float:
    return int(number) if number.denominator == 1 else float(number)
