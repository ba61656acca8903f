"""The arithmetic of amounts in US dollars, whatever decimal context the program has."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from functools import reduce
from typing import Final

AMOUNTS: Final = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
"""The decimal context of amounts. That of the program may round them, or raise.

Call its methods, and do not make it the current context: that sets a context variable.
Finalizers settle tasks, and CPython before 3.12 can crash if a finalizer sets one
(https://github.com/python/cpython/issues/148891).
"""

ZERO: Final = Decimal(0)


def amount(dollars: float) -> Decimal:
    """Return the shortest decimal of a number, such as 0.1."""
    return AMOUNTS.create_decimal(str(dollars))


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts."""
    return reduce(AMOUNTS.add, amounts, ZERO)
