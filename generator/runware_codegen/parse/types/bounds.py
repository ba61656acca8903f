"""Bounds of counts and numbers in a merged schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from runware_codegen.parse.schema import keyword_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from runware_codegen.model import Number
    from runware_codegen.parse.schema.merged import MergedSchema
    from runware_codegen.problems import Path


def count_bounds(merged: MergedSchema, what: str, *most: int) -> tuple[int, int | None]:
    """Return the least and the greatest count that all schemas allow.

    Args:
        merged: The schemas.
        what: What is counted: "Length" or "Items".
        most: Other upper bounds of the count.
    """
    least, greatest = _counts(merged, f"min{what}"), _counts(merged, f"max{what}")
    return max(least, default=0), min([*greatest, *most], default=None)


def closed_array_lengths(merged: MergedSchema) -> dict[Path, int]:
    """Return the most items that each `items: false` allows."""
    return {
        (*each.path, "items"): keyword_values.length(each.keywords, "prefixItems")
        for each in merged.schemas_with("items")
        if each.keywords["items"] is False
    }


def _counts(merged: MergedSchema, keyword: str) -> list[int]:
    counts = (keyword_values.count(each.keywords, keyword) for each in merged.schemas)
    return [count for count in counts if count is not None]


def number_bound(
    merged: MergedSchema,
    keyword: str,
    choose: Callable[[list[int | float]], int | float],
) -> int | float | None:
    """Choose among the values of a keyword; None if no schema has it."""
    values = cast("list[int | float]", merged.values(keyword))
    return choose(values) if values else None


def has_no_number(number: Number) -> bool:
    """Return whether no number is within the bounds of a type."""
    lows = [bound for bound in (number.ge, number.gt) if bound is not None]
    highs = [bound for bound in (number.le, number.lt) if bound is not None]
    return bool(lows and highs and max(lows) > min(highs))
