"""The costs of a client's tasks, and its budget."""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..exceptions import BudgetError
from ..locks import ForkSafeLock
from ..transport.items import UPLOADS, costs
from .lifecycle import Phase

if TYPE_CHECKING:
    from .task import Task

MAX_PRICES = 10_000
"""Maximum number of remembered prices from dry runs."""


MAX_COUNTED = 10_000
"""Maximum number of remembered tasks whose costs were added."""


class Account:
    """Adds up costs in US dollars. All calls of a client share it; it is thread-safe.

    With a budget, the cost of a task is reserved before the task is sent. Three amounts
    count against the budget: the costs of finished tasks, the reservations of finished
    tasks whose results have no cost, and the reservations of tasks that may be billed.

    Attributes:
        budget: The maximum amount; None without a budget.
    """

    def __init__(self, budget: Decimal | None = None) -> None:
        """Open an account without costs.

        Raises:
            TypeError: The budget is not a Decimal or an int.
            ValueError: It is below 0, or not finite.
        """
        self.budget = None if budget is None else _valid_budget(budget)
        self._lock = ForkSafeLock()
        self._cost = Decimal(0)
        self._committed = Decimal(0)
        self._reserved: dict[str, Decimal] = {}
        self._prices: OrderedDict[str, Decimal] = OrderedDict()
        self._counted: OrderedDict[str, None] = OrderedDict()

    @property
    def cost(self) -> Decimal:
        """The sum of the costs in the results of finished tasks."""
        return self._cost

    def price(self, task: Task[Any]) -> Decimal | None:
        """Return the cost of a task that a dry run returned; None without a dry run."""
        return self._prices.get(task.key)

    def note_price(self, key: str, cost: Decimal) -> None:
        """Remember the cost of a task that a dry run returned."""
        with self._lock.native:
            self._prices.pop(key, None)
            self._prices[key] = cost
            if len(self._prices) > MAX_PRICES:
                self._prices.popitem(last=False)

    def owes_reservation(self, task: Task[Any]) -> bool:
        """Return whether the cost of a task must be reserved before it is sent."""
        if self.budget is None or task.phase is not Phase.UNSENT:
            return False
        is_free = task.is_idempotent or task.task_type in UPLOADS
        return not is_free and task.key not in self._reserved

    def check(self, cost: Decimal) -> None:
        """Check that a cost is within the budget.

        Raises:
            BudgetError: The cost would exceed the budget.
        """
        with self._lock.native:
            self._check(cost)

    def reserve(self, task: Task[Any], cost: Decimal | None) -> None:
        """Reserve the cost of a task before it is sent.

        Args:
            task: The task.
            cost: Its cost; None if it is not known. Then the task is allowed until the
                budget is used up.

        Raises:
            BudgetError: The cost would exceed the budget.
        """
        with self._lock.native:
            if task.key not in self._reserved:
                self._check(cost)
                self._reserved[task.key] = cost or Decimal(0)
                self._committed += self._reserved[task.key]

    def settle(self, task: Task[Any]) -> None:
        """Add the cost of a finished task, or release the reservation of an unsent one.

        Does nothing while the task may still be billed, or if it is already settled.
        """
        with self._lock.native:
            if task.phase is Phase.UNSENT:
                self._committed -= self._reserved.pop(task.key, 0)
            elif task.is_done and not task.is_settled:
                task.is_settled = True
                reserved = self._reserved.pop(task.key, Decimal(0))
                self._prices.pop(task.key, None)
                self._committed -= reserved
                cost = cost_of(task)
                if self._is_counted(task):
                    return
                if cost is not None:
                    self._cost += cost
                    self._committed += cost
                elif task.error is None:
                    self._committed += reserved

    def _is_counted(self, task: Task[Any]) -> bool:
        """Return whether a task was only collected again, which the server bills once."""
        is_counted = task.key in self._counted
        self._counted[task.key] = None
        if len(self._counted) > MAX_COUNTED:
            self._counted.popitem(last=False)
        return is_counted and task.is_known

    def _check(self, cost: Decimal | None) -> None:
        if self.budget is None:
            return
        is_used_up = self._committed >= self.budget
        is_passed = is_used_up if cost is None else self._committed + cost > self.budget
        if is_passed:
            raise BudgetError(cost, self._committed, self.budget)


def cost_of(task: Task[Any]) -> Decimal | None:
    """Return the sum of the costs in the results of a task; None if they have none."""
    found = costs(task.items)
    return sum((Decimal(str(cost)) for cost in found), Decimal(0)) if found else None


def _valid_budget(budget: object) -> Decimal:
    if isinstance(budget, bool) or not isinstance(budget, (Decimal, int)):
        message = f"budget must be a Decimal, such as Decimal('5.00'), not {budget!r}"
        raise TypeError(message)
    if not Decimal(budget).is_finite() or budget < 0:
        raise ValueError(f"budget must be 0 or more US dollars, not {budget}")
    return Decimal(budget)
