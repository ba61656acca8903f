"""The types of strings and numbers."""

from __future__ import annotations

from itertools import islice
from typing import cast

from runware_codegen.model import Number, String
from runware_codegen.model import predicates as p
from runware_codegen.parse.assertions.lowering import Lowering
from runware_codegen.parse.schema import keyword_values
from runware_codegen.parse.schema.merged import MergedSchema
from runware_codegen.parse.schema.vocabulary import BOUNDS
from runware_codegen.parse.types.readings import Reading


def text(lowering: Lowering, merged: MergedSchema) -> Reading:
    """Return the type of a string.

    Args:
        lowering: Lowers patterns and formats.
        merged: The schemas that describe it.
    """
    least, most = merged.count_bounds("Length")
    handled = merged.keyword_paths("minLength", "maxLength")
    tests: list[p.Predicate] = []
    for keyword in ("pattern", "format"):
        # The type expresses the first; the others are lowered.
        for each in islice(merged.schemas_with(keyword), 1):
            handled.add((*each.path, keyword))
            tests.append(lowering.lower_test(each, keyword))
    if most is not None and least > most:
        return Reading(None, handled, "its minLength is greater than its maxLength")
    pattern = next((each for each in tests if isinstance(each, p.Matches)), None)
    form = next((each for each in tests if isinstance(each, p.HasFormat)), None)
    return Reading(String(p.LengthIn(least, most), pattern, form), handled)


def number(merged: MergedSchema, *, integer: bool) -> Reading:
    """Return the type of a number.

    Args:
        merged: The schemas that describe it.
        integer: Whether it is an integer.
    """
    handled = merged.keyword_paths(*BOUNDS)
    factor = None
    for each in islice(merged.schemas_with("multipleOf"), 1):
        handled.add((*each.path, "multipleOf"))
        factor = keyword_values.step(each.keywords["multipleOf"])
    bounds = p.InRange(
        ge=max(_numbers(merged, "minimum"), default=None),
        gt=max(_numbers(merged, "exclusiveMinimum"), default=None),
        le=min(_numbers(merged, "maximum"), default=None),
        lt=min(_numbers(merged, "exclusiveMaximum"), default=None),
    )
    lows = [bound for bound in (bounds.ge, bounds.gt) if bound is not None]
    highs = [bound for bound in (bounds.le, bounds.lt) if bound is not None]
    if lows and highs and max(lows) > min(highs):
        return Reading(None, handled, "its minimum is greater than its maximum")
    step = None if factor is None else p.MultipleOf(factor)
    return Reading(Number(integer, bounds, step), handled)


def _numbers(merged: MergedSchema, keyword: str) -> list[int | float]:
    return cast("list[int | float]", merged.values(keyword))
