"""Dry runs: the server validates a task and returns its cost without running it.

Source: the header `X-Runware-Dry-Run: 1`. The body of the response is not documented. This
module expects the usual envelope and keeps everything in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import TYPE_CHECKING, Any

from ..exceptions import BudgetError, RunwareError, readable
from ..transport.items import has_output
from .account import Account, cost_of
from .lifecycle import Phase
from .submission import Submission, task_of
from .task import Task

if TYPE_CHECKING:
    from decimal import Decimal

    from ..schema.results import TaskResult
    from ..transport.envelope import Item
    from .server_facts import ServerFacts


ADVICE = (
    "The task is billed; `results` of this error has its results. Create the client "
    "without a budget until dry runs work."
)


class DryTask(Task[Any]):
    """The task of a dry run. It changes nothing, and is never polled.

    Something on the way may remove the header, so that the server runs the task.
    """

    def __init__(
        self, wire: Item, read: Callable[[Item], TaskResult], server: ServerFacts
    ) -> None:
        # Its timeout is the short one of async tasks: the server responds immediately.
        super().__init__(wire, read, is_async=True)
        self._server = server

    @property
    def is_pollable(self) -> bool:
        """Always False: the server does not store it."""
        return False

    @property
    def is_idempotent(self) -> bool:
        """Always True: it costs nothing."""
        return True

    @property
    def lets_repeat(self) -> bool:
        """Whether an earlier response has shown that the server does not run it."""
        return self._server.dry_runs_work

    @property
    def is_in_doubt(self) -> bool:
        """Whether the server may have run it."""
        return self.phase in (Phase.IN_DOUBT, Phase.ACCEPTED)

    def note_end(self) -> None:
        """Record whether its response shows that the server ran no task."""
        if self.cost is not None and not any(map(has_output, self.items)):
            self._server.dry_runs_work = True


class DrySubmission(Submission[Any]):
    """The submission of a dry run."""

    task: DryTask

    @property
    def is_stream(self) -> bool:
        """Always False: a dry run has no output."""
        return False


def dry_run_of(submission: Submission[Any], server: ServerFacts) -> DrySubmission:
    """Return the dry run of a task.

    It has a `taskUUID` of its own, so that the server does not refuse the task itself as
    a duplicate. It has no `webhookURL`, since there is no result to post.
    """
    from uuid import uuid4  # both are slow to import

    from ..schema.results import TaskResult

    wire = {n: v for n, v in submission.wire.items() if n != "webhookURL"}
    if "taskUUID" in wire:
        wire["taskUUID"] = str(uuid4())
    known = task_of(wire, TaskResult, None)
    return DrySubmission(DryTask(known.wire, known.read, server), wire)


class Pricing:
    """The tasks of a delivery whose costs must be reserved before they are sent."""

    def __init__(self, account: Account, server: ServerFacts) -> None:
        self._account = account
        self._server = server
        self._held: dict[str, tuple[Submission[Any], DryTask]] = {}
        """The waiting tasks, by the keys of their dry runs."""

    def has(self, task: Task[Any]) -> bool:
        """Return whether a task is the dry run of a waiting task."""
        return task.key in self._held

    def reserve(self, submission: Submission[Any]) -> DrySubmission | None:
        """Reserve the cost of a task if it is known; else return the dry run to wait for.

        Raises:
            BudgetError: The cost would exceed the budget.
        """
        cost = self._account.price(submission.price_key)
        if cost is not None:
            self._account.reserve(submission.task, cost)
            return None
        price = _documented_price(submission)
        if price is not None:
            self._account.check(price)
        dry_run = dry_run_of(submission, self._server)
        self._held[dry_run.task.key] = submission, dry_run.task
        return dry_run

    def settle(
        self, error_of: Callable[[Task[Any]], RunwareError | None]
    ) -> Iterator[tuple[Submission[Any], RunwareError | None]]:
        """Yield the tasks that do not wait any more, each with the error that prevents it.

        The error of a dry run that failed or was given up comes from `error_of`.
        """
        for key, (submission, dry_task) in [*self._held.items()]:
            error = error_of(dry_task)
            if error is None and not dry_task.is_done:
                continue
            del self._held[key]
            if error is None and any(map(has_output, dry_task.items)):
                error = self._settle_run(dry_task)
            elif error is not None and dry_task.is_in_doubt:
                error = _doubt_error(error)
            elif error is None:
                error = self._reserve_priced(submission, cost_of(dry_task))
            yield submission, error

    def _settle_run(self, dry_task: Task[Any]) -> RunwareError:
        """Count the cost of a dry run that the server ran; return the error."""
        self._account.settle(dry_task)
        error = RunwareError(
            "the server ran this task instead of a dry run: the header "
            "X-Runware-Dry-Run was ignored, or removed on the way"
        )
        error.advice = ADVICE
        error.results = dry_task.results()
        return error

    def _reserve_priced(
        self, submission: Submission[Any], cost: Decimal | None
    ) -> BudgetError | None:
        """Reserve a cost; return the error if it would exceed the budget."""
        if cost is None:
            cost = _documented_price(submission)
        try:
            self._account.reserve(submission.task, cost)
        except BudgetError as error:
            return error
        return None


def may_have_run(task: Task[Any], error: RunwareError) -> bool:
    """Return whether the server may have run a task, or its dry run, as its error says."""
    return task.may_be_billed or bool(error.results) or error.is_of_dry_run


def _doubt_error(cause: RunwareError) -> RunwareError:
    """Return the error of a task whose dry run the server may have run."""
    error = copy(cause)
    error.message = readable(f"the dry run of this task failed: {cause.message}")
    return error


def _documented_price(submission: Submission[Any]) -> Decimal | None:
    return None if submission.request is None else submission.request.price
