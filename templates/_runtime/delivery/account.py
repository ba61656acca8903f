"""What the tasks of a client have cost, and the budget that bounds it."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..exceptions import BudgetError
from ..locks import ForkSafeLock
from ..transport.items import UPLOADS, numbers
from .identity import identity_of
from .lifecycle import Phase

if TYPE_CHECKING:
    from ..transport.envelope import Item
    from .task import Task

MOST_PRICES = 10_000
"""Prices of dry runs that are remembered."""

MOST_BILLS = 10_000
"""Finished tasks whose results are told apart from those that come again."""


@dataclass(slots=True)
class Bill:
    """What a finished task has cost.

    Attributes:
        costs: What its results have said that they cost, by result.
        unsaid: What counts for results that have not said it.
    """

    costs: dict[object, Decimal] = field(default_factory=dict[object, Decimal])
    unsaid: Decimal = Decimal(0)


class Account:
    """Adds up costs in US dollars; a client shares it among its calls and threads.

    With a budget, the cost of a task is reserved before the task is sent. Three amounts
    count against the budget: what results have said that they cost, what is left of a
    reservation where a result has not said it, and what is reserved for tasks that may be
    billed. A result counts once, however often it comes.

    Attributes:
        budget: The amount that must not be passed; None where nothing bounds it.
        cost: What finished tasks have cost, where their results say so.
        committed: What counts against the budget.
    """

    def __init__(self, budget: Decimal | None = None) -> None:
        """Begin with nothing spent.

        Raises:
            TypeError: The budget is not a Decimal or an int.
            ValueError: It is below 0, or not finite.
        """
        self.budget = None if budget is None else _valid_budget(budget)
        self._lock = ForkSafeLock()
        self.cost = Decimal(0)
        self.committed = Decimal(0)
        self._reserved: dict[str, Decimal] = {}
        self._bills: OrderedDict[str, Bill] = OrderedDict()
        self._prices: OrderedDict[str, Decimal] = OrderedDict()

    def price(self, task: Task[Any]) -> Decimal | None:
        """What a dry run said that a task costs; None where there was none."""
        return self._prices.get(task.key)

    def note_price(self, key: str, cost: Decimal) -> None:
        """Remember what a dry run said that a task costs."""
        with self._lock.native:
            self._prices.pop(key, None)
            self._prices[key] = cost
            if len(self._prices) > MOST_PRICES:
                self._prices.popitem(last=False)

    def owes_reservation(self, task: Task[Any]) -> bool:
        """Whether the cost of a task has to be reserved before the task is sent."""
        if self.budget is None:
            return False
        is_free = task.is_idempotent or task.task_type in UPLOADS
        return not is_free and task.key not in self._reserved

    def check(self, cost: Decimal) -> None:
        """Let a task through whose cost is within the budget.

        Raises:
            BudgetError: The cost is not.
        """
        with self._lock.native:
            self._check(cost)

    def reserve(self, task: Task[Any], cost: Decimal | None) -> None:
        """Reserve the cost of a task that is sent next.

        Args:
            task: The task.
            cost: What it will cost; None where nothing says so. Such a task is let
                through while something of the budget is left.

        Raises:
            BudgetError: The cost is not within the budget.
        """
        with self._lock.native:
            if task.key not in self._reserved:
                self._check(cost)
                self._reserved[task.key] = cost or Decimal(0)
                self.committed += self._reserved[task.key]

    def settle(self, task: Task[Any]) -> None:
        """Count what a task has cost, or release what was reserved for it.

        Nothing changes while the task may still be billed.
        """
        with self._lock.native:
            if task.phase is Phase.UNSENT:
                self.committed -= self._reserved.pop(task.key, 0)
            elif task.is_done:
                self._prices.pop(task.key, None)
                self._count(task)

    def _count(self, task: Task[Any]) -> None:
        """Count what the results of a finished task say, but for known ones."""
        reserved = self._reserved.pop(task.key, Decimal(0))
        costs = _costs_of(task)
        bill = self._bills.pop(task.key, None) or Bill()
        fresh = {each: cost for each, cost in costs.items() if each not in bill.costs}
        said = sum(fresh.values(), Decimal(0))
        has_run = bool(task.items) or task.error is None
        held = bill.unsaid + (reserved if has_run else 0)
        is_said = 0 < len(task.items) == len(costs)
        unsaid = Decimal(0) if is_said else max(Decimal(0), held - said)
        self.cost += said
        self.committed += said + unsaid - bill.unsaid - reserved
        if bill.costs or fresh or unsaid:
            self._bills[task.key] = Bill(bill.costs | fresh, unsaid)
        if len(self._bills) > MOST_BILLS:
            self._bills.popitem(last=False)

    def _check(self, cost: Decimal | None) -> None:
        if self.budget is None:
            return
        is_used_up = self.committed >= self.budget
        is_passed = is_used_up if cost is None else self.committed + cost > self.budget
        if is_passed:
            raise BudgetError(cost, self.committed, self.budget)


def cost_of(task: Task[Any]) -> Decimal | None:
    """Return what the results of a task say that they cost; None if they do not."""
    costs = [each for item in task.items if (each := _cost(item)) is not None]
    return sum(costs, Decimal(0)) if costs else None


def _costs_of(task: Task[Any]) -> dict[object, Decimal]:
    """Return what results say that they cost, by what tells one from the others.

    Nothing else tells equal results apart but how many there are.
    """
    costs: dict[object, Decimal] = {}
    equal = Counter[object]()
    for item in task.items:
        cost = _cost(item)
        if cost is not None:
            identity = identity_of(item).own
            equal[identity] += 1
            costs[identity, equal[identity]] = cost
    return costs


def _cost(item: Item) -> Decimal | None:
    costs = numbers([item], "cost")
    return Decimal(str(costs[0])) if costs else None


def _valid_budget(budget: object) -> Decimal:
    if isinstance(budget, bool) or not isinstance(budget, (Decimal, int)):
        message = f"budget must be a Decimal, such as Decimal('5.00'), not {budget!r}"
        raise TypeError(message)
    if not Decimal(budget).is_finite() or budget < 0:
        raise ValueError(f"budget must be 0 or more US dollars, not {budget}")
    return Decimal(budget)
