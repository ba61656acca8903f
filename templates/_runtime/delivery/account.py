"""The costs of a client's tasks, and its budget."""

from __future__ import annotations

from collections import Counter, OrderedDict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ..amounts import AMOUNTS, ZERO, amount, total
from ..exceptions import BudgetError
from ..locks import ForkSafeLock
from ..transport.items import UPLOADS, costs
from .identity import Identity, Members
from .lifecycle import Phase

if TYPE_CHECKING:
    from .task import Task

MAX_PRICES = 10_000
"""Maximum number of remembered prices from dry runs."""

MAX_BILLS = 10_000
"""Maximum number of finished tasks whose results are remembered."""


class Bill(NamedTuple):
    """The costs of a finished task.

    Attributes:
        costs: The costs of its results, by the identity of the result; None for a result
            without a cost.
        reserved: The amount that was reserved for it.
        has_run: Whether it may have been billed. If it failed, a result may still arrive.
        is_collected: Whether only resumed handles have received the results: the call
            that sent the task may still receive them.
    """

    costs: dict[tuple[Members, int], Decimal | None]
    reserved: Decimal = ZERO
    has_run: bool = False
    is_collected: bool = False

    @property
    def stated(self) -> Decimal:
        """The sum of the costs in its results."""
        return total(filter(None, self.costs.values()))

    @property
    def counted(self) -> Decimal:
        """The amount that counts against the budget."""
        is_complete = bool(self.costs) and None not in self.costs.values()
        if is_complete or not self.has_run:
            return self.stated
        return AMOUNTS.max(self.stated, self.reserved)

    def extended(
        self, task: Task[Any], reserved: Decimal, *, is_other_run: bool
    ) -> Bill:
        """Return this bill with the results of a finished task that it does not have.

        The reservation of another run of the task is added to that of the first.
        """
        found = _costs_of(task).items()
        fresh = {each: cost for each, cost in found if self.costs.get(each) is None}
        # A first run of a task that was sent again may be billed, if the second failed.
        has_run = bool(task.items) or task.error is None or task.is_repeated
        combined = AMOUNTS.add if is_other_run else AMOUNTS.max
        both = combined(self.reserved, reserved)
        return Bill(self.costs | fresh, both, self.has_run or has_run)


class Account:
    """Adds up costs in US dollars. All calls of a client share it; it is thread-safe.

    With a budget, the cost of a task is reserved before the task is sent. Three amounts
    count against the budget: the costs in results, the rest of a reservation where a
    result has no cost, and the reservations of tasks that may be billed. A result counts
    once, even if it is received more than once.

    Attributes:
        budget: The maximum amount; None without a budget.
        cost: The sum of the costs in the results of finished tasks.
        committed: The amount that counts against the budget.
    """

    def __init__(self, budget: Decimal | None = None) -> None:
        """Open an account without costs.

        Raises:
            TypeError: The budget is not a Decimal or an int.
            ValueError: It is below 0, or not finite.
        """
        self.budget: Decimal | None = None if budget is None else _valid_budget(budget)
        self._limit = Decimal("Infinity") if self.budget is None else self.budget
        self._lock = ForkSafeLock()
        self.cost: Decimal = ZERO
        self.committed: Decimal = ZERO
        self._reserved: dict[str, Decimal] = {}
        self._bills: OrderedDict[str, Bill] = OrderedDict()
        self._prices: OrderedDict[str, Decimal] = OrderedDict()

    def price(self, key: str) -> Decimal | None:
        """Return the cost that a dry run returned; see `Submission.price_key`."""
        return self._prices.get(key)

    def note_price(self, key: str, cost: Decimal) -> None:
        """Remember the cost that a dry run returned."""
        with self._lock.native:
            self._prices.pop(key, None)
            self._prices[key] = cost
            if len(self._prices) > MAX_PRICES:
                self._prices.popitem(last=False)

    def owes_reservation(self, task: Task[Any]) -> bool:
        """Return whether the cost of a task must be reserved before it is sent."""
        if self.budget is None:
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

        A task whose cost is not known is allowed until the budget is used up. For a task
        that another call has finished, nothing is reserved.

        Raises:
            BudgetError: The cost would exceed the budget.
        """
        with self._lock.native:
            if task.key not in self._reserved and not task.is_done:
                self._check(cost)
                task.price = cost
                self._reserved[task.key] = cost or ZERO
                self.committed = AMOUNTS.add(self.committed, self._reserved[task.key])

    def excess(self, task: Task[Any]) -> BudgetError | None:
        """Return why a task with a reservation must not be sent any more; None if it may.

        Other tasks may cost more than was reserved for them, and use up the budget.
        """
        with self._lock.native:
            if self.committed <= self._limit or task.key not in self._reserved:
                return None
            cost = self._reserved[task.key]
            others = AMOUNTS.subtract(self.committed, cost)
            return BudgetError(cost, others, self._limit)

    def settle(self, task: Task[Any]) -> None:
        """Add the cost of a finished task, or release the reservation of an unsent one.

        Does nothing while the task may still be billed to this client.
        """
        with self._lock.native:
            if task.is_done:
                self._count(task)
            elif task.phase is Phase.UNSENT or not task.is_sent:
                released = self._reserved.pop(task.key, ZERO)
                self.committed = AMOUNTS.subtract(self.committed, released)

    def _count(self, task: Task[Any]) -> None:
        """Add the costs of a finished task, except those of known results."""
        is_new = task.key not in self._reserved and task.key not in self._bills
        if is_new and not costs(task.items):
            task.is_known = True  # nothing counts, now and when it is collected again
            return
        released = self._reserved.pop(task.key, ZERO)
        reserved = released if task.is_sent else ZERO
        before = self._bills.pop(task.key, None) or Bill({}, is_collected=True)
        is_copy = task.is_known or before.is_collected
        known = before if is_copy else _with_uuids(before)
        is_other_run = not is_copy or task.is_repeated
        bill = known.extended(task, reserved, is_other_run=is_other_run)
        bill = bill._replace(is_collected=before.is_collected and task.is_known)
        self.cost = AMOUNTS.add(self.cost, AMOUNTS.subtract(bill.stated, known.stated))
        change = AMOUNTS.subtract(bill.counted, known.counted)
        self.committed = total([self.committed, change, AMOUNTS.minus(released)])
        if bill.stated or bill.reserved:
            self._bills[task.key] = bill
        if len(self._bills) > MAX_BILLS:
            self._bills.popitem(last=False)
        task.is_known = True  # it may be collected again

    def _check(self, cost: Decimal | None) -> None:
        after = AMOUNTS.add(self.committed, cost or ZERO)
        if after > self._limit or (cost is None and after == self._limit):
            raise BudgetError(cost, self.committed, self._limit)


def cost_of(task: Task[Any]) -> Decimal | None:
    """Return the sum of the costs in the results of a task; None if they have none."""
    found = [*map(amount, costs(task.items))]
    return total(found) if found else None


def _with_uuids(bill: Bill) -> Bill:
    """Return what is known of a task that is billed again.

    A result with a known UUID is a copy. A text can be the same in two runs.
    """
    known: dict[tuple[Members, int], Decimal | None] = {
        (own, number): cost
        for (own, number), cost in bill.costs.items()
        if cost is not None and Identity(own, ()).has_uuid
    }
    return Bill(known, Bill(known).stated)


def _costs_of(task: Task[Any]) -> dict[tuple[Members, int], Decimal | None]:
    """Return the costs of the results of a task, by the identity of the result.

    Results with the same identity are numbered. Texts are only numbered: a text in a poll
    can have members that the same text in a stream lacks.
    """
    found: dict[tuple[Members, int], Decimal | None] = {}
    equal = Counter[Members]()
    for item, identity in zip(task.items, task.identities(), strict=True):
        own = () if identity.is_digest else identity.own
        equal[own] += 1
        cost = next(map(amount, costs([item])), None)
        found[own, equal[own]] = cost
    return found


def _valid_budget(budget: object) -> Decimal:
    if isinstance(budget, bool) or not isinstance(budget, (Decimal, int)):
        message = f"budget must be a Decimal, such as Decimal('5.00'), not {budget!r}"
        raise TypeError(message)
    if not Decimal(budget).is_finite() or budget < 0:
        raise ValueError(f"budget must be 0 or more US dollars, not {budget}")
    return Decimal(budget)
