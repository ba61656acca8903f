"""Reads what the units of a task cost, if that adds up to the price of the task."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runware_codegen.documents import JsonValue, SourceDocument

Rate = tuple[str, str, str]
"""Amount in US dollars, unit, and label or empty."""


def read_rates(document: SourceDocument) -> tuple[Rate, ...]:
    """Return the rates of a document.

    There are none if the document has a `basis`, which says that the rates are a lower
    limit or of another kind, if the currency is not USD, or if a rate has no amount or
    unit: then their sum is not the price.
    """
    pricing = _member(document.tree.get("info"), "x-pricing")
    listed = _member(pricing, "rates")
    is_basis = _member(pricing, "basis") is not None
    if is_basis or _member(pricing, "currency") not in (None, "USD"):
        return ()
    rates = [_rate(each) for each in listed] if isinstance(listed, list) else []
    known = tuple(rate for rate in rates if rate is not None)
    return known if len(known) == len(rates) else ()


def _rate(rate: JsonValue) -> Rate | None:
    amount, unit = _member(rate, "amount"), _member(rate, "unit")
    label = _member(rate, "label")
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or amount < 0:
        return None
    if not isinstance(unit, str) or not unit or not isinstance(label, str | None):
        return None
    return f"{Decimal(str(amount)):f}", unit, label or ""


def _member(holder: JsonValue, name: str) -> JsonValue:
    return holder.get(name) if isinstance(holder, dict) else None
