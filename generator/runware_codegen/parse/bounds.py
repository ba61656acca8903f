"""Bounds on counts and numbers, as all the schemas of a value say them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from runware_codegen.parse import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from runware_codegen.model import Number
    from runware_codegen.parse.conjunction import Conjunction


def bounds(together: Conjunction, what: str) -> tuple[int, int | None]:
    """Return the least and the greatest count: of "Length" or of "Items"."""
    least, most = _counts(together, f"min{what}"), _counts(together, f"max{what}")
    return max(least, default=0), min(most, default=None)


def _counts(together: Conjunction, keyword: str) -> list[int]:
    counts = (reading.count(each.keywords, keyword) for each in together.schemas)
    return [count for count in counts if count is not None]


def extreme(
    together: Conjunction,
    keyword: str,
    choose: Callable[[list[int | float]], int | float],
) -> int | float | None:
    """Choose among what the schemas say with a keyword; None when none says it."""
    values = cast("list[int | float]", together.values(keyword))
    return choose(values) if values else None


def is_empty(number: Number) -> bool:
    """Say whether no number is within the bounds of a type."""
    lows = [bound for bound in (number.ge, number.gt) if bound is not None]
    highs = [bound for bound in (number.le, number.lt) if bound is not None]
    return bool(lows and highs and max(lows) > min(highs))
