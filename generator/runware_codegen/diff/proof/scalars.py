"""Makes numbers and strings that satisfy a predicate, or violate it."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any, Final

from runware_codegen.diff.proof.strings import matching
from runware_codegen.documents.members import is_array, is_number, is_object
from runware_codegen.formats import EXAMPLES
from runware_codegen.model import predicates as p
from runware_codegen.parse.assertions.evaluate import holds

LONGEST: Final = 200_000
"""The maximum length of strings and lists."""

OTHERS: Final[tuple[Any, ...]] = ("a", 1, True, None, [], {}, 0.5, "b", 2, False)
"""Values of each type."""


def satisfying_number(
    test: p.InRange | p.MultipleOf, value: Any, random: Random
) -> Any:
    """Make a number that satisfies a predicate, near a limit or a value."""
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
    return random.choice(limits or [0])


def violating_number(test: p.InRange | p.MultipleOf, value: Any, random: Random) -> Any:
    """Make a number that violates a predicate, near a limit or a value."""
    if isinstance(test, p.MultipleOf):
        step = Decimal(test.step)
        near = [value + 1, value + json_number(Fraction(step) / 2), value + 0.5]
        return random.choice(near)
    low = test.ge if test.gt is None else test.gt
    high = test.le if test.lt is None else test.lt
    beyond: list[int | float] = [] if low is None else [math.ceil(low) - 1]
    beyond += [] if high is None else [math.floor(high) + 1]
    beyond *= 2  # values that are integers are more likely
    beyond += [limit for limit in (test.gt, test.lt) if limit is not None]
    beyond += [] if test.ge is None else [test.ge - 0.5]
    beyond += [] if test.le is None else [test.le + 0.5]
    return random.choice(beyond or ["a"])


def satisfying_text(
    test: p.LengthIn | p.Matches | p.HasFormat, value: Any, random: Random
) -> str:
    """Make a string that is likely to satisfy a predicate."""
    text = value if isinstance(value, str) else "a"
    match test:
        case p.LengthIn(least, most):
            if len(text) < least:
                return text + (text[-1:] or "a") * (min(least, LONGEST) - len(text))
            return text if most is None else text[:most]
        case p.Matches(source):
            return matching(source, random)
        case p.HasFormat(name):
            return EXAMPLES[name]


def violating_text(
    test: p.LengthIn | p.Matches | p.HasFormat, value: str, random: Random
) -> str:
    """Make a string that is likely to violate a predicate."""
    match test:
        case p.LengthIn(least, most):
            cuts: list[str] = [value[: least - 1]] if least else []
            if most is not None and most < LONGEST:
                cuts.append(value + (value[-1:] or "a") * (most + 1 - len(value)))
            return random.choice(cuts or [value])
        case _:
            texts = (value[:-1], f"{value}!", "", "!", "a", f" {value}", "A0", "-")
            others = [*texts, *EXAMPLES.values()]
            failing = [t for t in others if not holds(test, t, {})]
            return random.choice(failing or [value])


def other_value(test: p.IsType | p.IsIn, value: Any, random: Random) -> Any:
    """Make a value that violates a predicate about types or constants, near a value."""
    near: list[Any] = []
    if isinstance(value, bool):
        near = [not value]
    elif isinstance(value, str):
        near = [f"{value}x", "a", "b"]
    elif is_number(value):
        near = [value + 1, value - 1, 0.5]
    elif is_array(value) and isinstance(test, p.IsIn):
        near = [[*value, "a"], [*value, 0]]
    elif is_object(value) and isinstance(test, p.IsIn):
        near = [{**value, "a": "a"}, {**value, "a": 0}]
    failing = [v for v in near if not holds(test, v, {})]
    if failing and random.random() < 0.7:
        return random.choice(failing)
    return random.choice(
        [v for v in (*near, *OTHERS) if not holds(test, v, {})] or [value]
    )


def json_number(number: Fraction) -> int | float:
    """Return a number as JSON has it: an integer if it is whole."""
    return int(number) if number.denominator == 1 else float(number)
