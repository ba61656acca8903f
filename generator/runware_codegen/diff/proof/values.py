"""Changes a JSON value until it satisfies a predicate, or violates it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from runware_codegen.diff.proof.strings import FORMATS, matching
from runware_codegen.diff.proof.violations import (
    ITEMS,
    LONGEST,
    OTHERS,
    Violations,
    json_number,
    with_figure,
    without,
)
from runware_codegen.documents.members import is_array, is_number, is_object
from runware_codegen.model import predicates as p
from runware_codegen.model.constants import thawed
from runware_codegen.parse.assertions.evaluate import additional, holds

if TYPE_CHECKING:
    from random import Random

    from runware_codegen.model.predicates import Predicate
    from runware_codegen.parse.assertions.evaluate import Definitions

_PASSES: Final = 6
_DEEPEST: Final = 24
_MAX_STEPS: Final = 1_000
"""The most changes of a value: some predicates cannot be satisfied."""

_EXAMPLES: Final[dict[str, tuple[Any, ...]]] = {
    "null": (None,),
    "boolean": (True, False),
    "integer": (0, 1),
    "number": (0.5, 0, 1.5),
    "string": ("a", ""),
    "array": ([],),
    "object": ({},),
}


class Values(Violations):
    """Makes and changes values; equal random numbers make equal values.

    Attributes:
        steps: The number of changes so far.
    """

    def __init__(self, known: Definitions, random: Random) -> None:
        """Create it with the predicates that each `DefinitionRef` names."""
        super().__init__(known, random)
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
        if holds(test, value, self.known) == wanted:
            return value
        self._depth += 1
        try:
            return (self._satisfying if wanted else self.violated)(test, value)
        finally:
            self._depth -= 1

    def _start(self, test: Predicate) -> Any:
        """Make a value of a JSON type for which a predicate can hold."""
        match test:
            case p.AllOf(parts):
                return next((v for v in map(self._start, parts) if v is not None), None)
            case p.AnyOf(parts) | p.ExactlyOne(parts):
                return self._start(self.random.choice(parts))
            case p.IfThenElse(_, then):
                return self._start(then)
            case p.DefinitionRef(name):
                return self._start(self.known[name])
            case p.IsType(types):
                return self.random.choice(_EXAMPLES[self.random.choice(sorted(types))])
            case p.IsIn(values):
                return thawed(values[0].value)
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
                return self.all_of(parts, value)
            case p.AnyOf(parts):
                return self._any(parts, value)
            case p.ExactlyOne(parts):
                chosen = self.random.choice(parts)
                for part in parts:
                    value = self.changed(part, value, wanted=part is chosen)
                return self.changed(chosen, value)
            case p.Not(part):
                return self.changed(part, value, wanted=False)
            case p.IfThenElse(condition, then, otherwise):
                if self.random.random() < 0.5:
                    value = self.changed(condition, value)
                    return self.changed(then, value)
                value = self.changed(condition, value, wanted=False)
                return self.changed(otherwise, value)
            case p.DefinitionRef(name):
                return self.changed(self.known[name], value)
            case p.IsType(types):
                return self.random.choice(_EXAMPLES[self.random.choice(sorted(types))])
            case p.IsIn(values):
                return thawed(self.random.choice(values).value)
            case p.InRange() | p.MultipleOf():
                return self._number(test, value)
            case p.LengthIn() | p.Matches() | p.HasFormat():
                return self._text(test, value)
            case _:
                return self._collection(test, value)

    def _collection(self, test: Predicate, value: Any) -> Any:
        """Change an object or an array; another value becomes one that the test needs."""
        start = value if is_object(value) or is_array(value) else self._start(test)
        if is_object(start):
            return self._object(test, start)
        if is_array(start):
            return self._array(test, start)
        return {} if isinstance(test, p.PropertyNames) else value

    def all_of(self, parts: tuple[Predicate, ...], value: Any) -> Any:
        """Change a value until it satisfies all predicates, in a few passes."""
        ordered = list(parts)
        for _ in range(_PASSES):
            failing = [part for part in ordered if not holds(part, value, self.known)]
            if not failing:
                break
            for part in failing:
                value = self.changed(part, value)
            self.random.shuffle(ordered)
        return value

    def _any(self, parts: tuple[Predicate, ...], value: Any) -> Any:
        part = self.random.choice(parts)
        made = self.changed(part, value)
        if holds(part, made, self.known):
            return made
        return self.example(part)

    def _number(self, test: p.InRange | p.MultipleOf, value: Any) -> Any:
        if isinstance(test, p.MultipleOf):
            if not is_number(value):
                return 0
            step = Fraction(test.step)
            return json_number(round(Fraction(str(value)) / step) * step)
        low = test.ge if test.gt is None else test.gt + 1
        high = test.le if test.lt is None else test.lt - 1
        limits = [limit for limit in (low, high) if limit is not None]
        if test.gt is not None and test.lt is not None and test.lt - test.gt <= 1:
            limits.append((test.gt + test.lt) / 2)
        return self.random.choice(limits or [0])

    def _text(self, test: p.LengthIn | p.Matches | p.HasFormat, value: Any) -> Any:
        text = value if isinstance(value, str) else "a"
        match test:
            case p.LengthIn(least, most):
                if len(text) < least:
                    return text + (text[-1:] or "a") * (min(least, LONGEST) - len(text))
                return text if most is None else text[:most]
            case p.Matches(source):
                return matching(source, self.random)
            case p.HasFormat(name):
                return FORMATS.get(name, text)

    def _array(self, test: Predicate, value: list[Any]) -> Any:
        match test:
            case p.ItemCount(least, most):
                filled = list(value)
                while len(filled) < min(least, LONGEST):
                    filled.append(filled[-1] if filled else self.random.choice(ITEMS))
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
                kept = list[Any]()
                for item in value:
                    if item not in kept:
                        kept.append(item)
                return kept
            case p.UnevaluatedItems(part):
                return [self.changed(part, item) for item in value]
            case _:
                return value

    def _containing(
        self, part: Predicate, least: int, most: int | None, value: list[Any]
    ) -> list[Any]:
        having = [item for item in value if holds(part, item, self.known)]
        others = [item for item in value if item not in having]
        while len(having) < least:
            having.append(self.example(part))
        if most is not None and len(having) > most:
            dropped = [self.changed(part, i, wanted=False) for i in having[most:]]
            return [*having[:most], *others, *dropped]
        return [*having, *others]

    def _object(self, test: Predicate, value: dict[str, Any]) -> Any:
        match test:
            case p.RequiredProperty(name, part):
                inner = value[name] if name in value else self.example(part)
                return {**value, name: self.changed(part, inner)}
            case p.OptionalProperty(name, part):
                made = self.changed(part, value[name])
                if holds(part, made, self.known) and self.random.random() < 0.8:
                    return {**value, name: made}
                return without(value, name)
            case p.PropertyCount(least, most):
                filled = dict(value)
                for name in (f"extra{number}" for number in range(least)):
                    if len(filled) < least:
                        filled[name] = self.random.choice(OTHERS)
                return dict([*filled.items()][: most or len(filled)])
            case p.PropertyNames(part):
                return {n: v for n, v in value.items() if holds(part, n, self.known)}
            case p.PatternProperties(pattern, part):
                return {
                    n: self.changed(part, v) if holds(pattern, n, self.known) else v
                    for n, v in value.items()
                }
            case p.AdditionalProperties(part):
                others = additional(test, value, self.known)
                made = {name: self.changed(part, value[name]) for name in others}
                kept = {n: v for n, v in made.items() if holds(part, v, self.known)}
                named = {n: v for n, v in value.items() if n not in others}
                return {**named, **kept}
            case p.FigureIn():
                return with_figure(self.random, test, value, wanted=True)
            case _:
                return value
