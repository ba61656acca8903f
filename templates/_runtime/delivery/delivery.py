"""Decides what to send and poll, from the first request to the last result, without I/O.

A `Delivery` returns what to send and when, and receives the responses. An engine does the
I/O::

    while delivery.is_waiting:
        batch = delivery.next_batch()
        if batch is None:
            ...wait delivery.pause() seconds...
        else:
            ...send batch.parts...
            delivery.receive(batch, reply)  # or delivery.fail(batch, error)

Several batches may be in flight at once. `lifecycle` has the state machine of a task,
and `classify` turns responses into its events. This module decides when to send and poll.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Generic

from ..exceptions import BudgetError, RunwareError
from ..schema.generics import ResultT
from .batches import (
    TOGETHER,
    Batch,
    Kind,
    Reply,
    ScheduledTask,
    Settings,
    polled_with,
    sent_with,
)
from .classify import (
    answers_too_large,
    failure_verdict,
    poll_verdict,
    submission_verdict,
)
from .dry_run import DryTask, Pricing, may_have_run
from .events import Event, EventKind
from .lifecycle import SENDINGS, Action, Phase, TaskEvent
from .schedule import Schedule, not_accepted_error
from .submission import Submission
from .task import Task, Upload
from .uploads import PendingUploads, Uploads
from .verdict import Verdict, responses

if TYPE_CHECKING:
    from .account import Account
    from .open_tasks import OpenTasks


class Delivery(Generic[ResultT]):
    """Tasks that are delivered together.

    Results are matched to their tasks by `taskUUID`, never by the order of a response.

    Attributes:
        schedule: When its tasks are due, and when they are given up.
        pending_uploads: The uploads of files, and the tasks that wait for them.
    """

    def __init__(
        self,
        tasks: Iterable[Submission[ResultT] | Task[ResultT]],
        settings: Settings,
        timeout: float,
        uploads: Uploads,
        open_tasks: OpenTasks,
        *,
        polls_now: bool = False,
    ) -> None:
        """Schedule the tasks, none of which is done.

        A `Task` without its submission is polled only. Tasks that were sent before are
        polled after a wait. With `polls_now`, they are polled at once, and none is sent.

        Raises:
            ValueError: Two tasks have the same `taskUUID`, or have none and the same
                type. Their results could not be matched.
        """
        self._settings = settings
        self._now = settings.clock
        self._polls_now = polls_now
        self.schedule: Schedule[ResultT] = Schedule(
            settings, timeout, polls_now=polls_now
        )
        self._open_tasks = open_tasks
        self._idle: list[ScheduledTask[ResultT]] = []
        self._scheduled_tasks: dict[str, ScheduledTask[ResultT]] = {}
        for task in tasks:
            self._add(task)
        self._under_way: list[Batch[ResultT]] = []
        self._errors: dict[str, RunwareError] = {}
        self._ended: list[Submission[ResultT]] = []
        self.pending_uploads: PendingUploads = PendingUploads(uploads)
        self._pricing = Pricing(settings.account, settings.server)
        if len(self._scheduled_tasks) < len(self._idle):
            message = (
                "two of these tasks have the same taskUUID, or the same taskType and "
                "no taskUUID. Their results could not be matched. Create a new request "
                "for each task, or send the tasks in separate calls"
            )
            raise ValueError(message)
        for each in self._idle:
            if each.kind is Kind.POLL:
                self.schedule.resume_polling(each)

    def _add(self, task: Submission[ResultT] | Task[ResultT]) -> None:
        scheduled = self.schedule.scheduled_task(task)
        self._scheduled_tasks[scheduled.task.key] = scheduled
        self._idle.append(scheduled)

    # -- what to send ---------------------------------------------------------

    @property
    def is_waiting(self) -> bool:
        """Whether a task is neither done nor given up."""
        return bool(self._idle or self._under_way)

    def pause(self) -> float | None:
        """Return the seconds until a task is due; None if all wait for responses.

        Call it when `next_batch` returns None.
        """
        if not self._idle:
            return None
        first = min(each.due for each in self._idle)
        return max(0.0, min(first, self.schedule.deadline) - self._now())

    def next_batch(self) -> Batch[ResultT] | None:
        """Return the batch to send now; None if no task is due."""
        if self._polls_now:
            self._idle = [e for e in self._idle if e.task.phase is not Phase.UNSENT]
        self._hold_back()
        now = self._now()
        if now >= self.schedule.deadline:
            self._give_up_idle()
            return None
        self._skip_others(now)
        with self._open_tasks.lock.native:  # another thread may send them too
            due = [each for each in self._idle if self._is_ready(each, now)]
            if not due:
                return None
            batch = self._batch_of(due, now)
            self._begin(batch)
            return batch

    def _is_ready(self, each: ScheduledTask[ResultT], now: float) -> bool:
        """Return whether a task is due, and may be sent or polled."""
        if each.due > now or each.task.is_done or not each.is_actionable:
            return False
        if each.kind is Kind.POLL or self._polls_now:
            return each.kind is Kind.POLL
        is_whole = not each.submission_to_send.needs_uploads
        return is_whole and not self._settings.account.owes_reservation(each.task)

    def _batch_of(
        self, due: list[ScheduledTask[ResultT]], now: float
    ) -> Batch[ResultT]:
        """Return the batch with the task that has been due longest."""
        first = min(due, key=lambda each: each.due)
        kind, most = first.kind, self._settings.server.elements
        if kind is Kind.POLL:
            chosen, parts = polled_with(first, self._idle, now, most)
        else:
            chosen, parts = sent_with(first, due, most)
        timeout = self.schedule.timeout_of(chosen, parts)
        return Batch(kind, chosen, parts, now, timeout)

    def _remove_idle(self, removed: list[ScheduledTask[ResultT]]) -> None:
        leaving = set(removed)
        self._idle = [each for each in self._idle if each not in leaving]

    def _skip_others(self, now: float) -> None:
        """Skip the tasks that other deliveries have finished, or that they send or poll next."""
        for each in [*self._idle]:
            if each.task.is_done:
                self._idle.remove(each)
                self._end(each, each.task.error)
            elif not each.is_actionable and not each.task.sends:
                self._idle.remove(each)
                self._give_up(each, not_accepted_error())
            elif self.schedule.is_turn_of_other(each, now) or not each.is_actionable:
                each.due = now + TOGETHER

    def _begin(self, batch: Batch[ResultT]) -> None:
        """Record that tasks are sent or polled."""
        self._remove_idle(batch.scheduled)
        self._under_way.append(batch)
        for each in batch.scheduled:
            if batch.kind is Kind.POLL:
                self._open_tasks.add(each.task)
                self.schedule.note_poll(each)
            else:
                self._open_tasks.begin(each.submission_to_send, batch.begun)
                self.schedule.note_sending(each)

    def _give_up_idle(self) -> None:
        idle, self._idle = self._idle, []
        for each in idle:
            self._give_up(each, self.schedule.timeout_error(each))

    # -- before a task is sent ------------------------------------------------

    def _hold_back(self) -> None:
        """Hold back tasks that wait for uploads, or for the reservation of their costs."""
        held = [e for e in self._to_send() if e.submission_to_send.needs_uploads]
        if held:
            self._begin_uploads(held)
        if self._settings.account.budget is not None:
            self._reserve_costs(self._settings.account)

    def _reserve_costs(self, account: Account) -> None:
        owed = [e for e in self._to_send() if account.owes_reservation(e.task)]
        self._begin_pricing(owed)
        for each in self._to_send():
            if error := account.excess(each.task):
                self._idle.remove(each)
                self._stop_sending(each, error)

    def _to_send(self) -> list[ScheduledTask[ResultT]]:
        """Return the tasks that this delivery sends; others send those without a request."""
        return [e for e in self._idle if e.submission and e.kind is Kind.SUBMIT]

    def _begin_uploads(self, held: list[ScheduledTask[ResultT]]) -> None:
        """Replace tasks that wait for files by the uploads of the files."""
        self._remove_idle(held)
        for each in held:
            for upload in self.pending_uploads.hold(each.submission_to_send):
                self._add(upload)
        self._release(self.pending_uploads.settle(self.error))

    def _begin_pricing(self, owed: list[ScheduledTask[ResultT]]) -> None:
        """Replace tasks whose costs must be reserved by their dry runs."""
        self._remove_idle(owed)
        for each in owed:
            try:
                dry_run = self._pricing.reserve(each.submission_to_send)
            except BudgetError as error:
                self._stop_sending(each, error)
                continue
            if dry_run is None:
                self._idle.append(each)
            else:
                self._add(dry_run)

    def _release(
        self, settled: Iterable[tuple[Submission[ResultT], RunwareError | None]]
    ) -> None:
        """Schedule tasks that waited for others of this delivery, or give them up."""
        for submission, error in settled:
            each = self._scheduled_tasks[submission.task.key]
            if error is None:
                each.due = self._now()
                self._idle.append(each)
            else:
                self._stop_sending(each, error)

    def _stop_sending(self, each: ScheduledTask[ResultT], error: RunwareError) -> None:
        """Leave a task that must not be sent, or poll it if the server may have it."""
        if each.task.phase is Phase.UNSENT:
            self._give_up(each, error)
            return
        each.error = each.error or error
        each.resent_after, each.task.allows_resend = None, False
        self._idle.append(each)

    # -- responses -------------------------------------------------------------

    def receive(self, batch: Batch[ResultT], reply: Reply) -> None:
        """Process the response to a batch."""
        is_too_large = answers_too_large(reply.envelope) and reply.elements > 1
        if is_too_large:
            self._settings.server.note_too_large(reply.elements)
        judge = submission_verdict if batch.kind is Kind.SUBMIT else poll_verdict
        known, enums = self._scheduled_tasks, self._settings.error_enums
        for each, response in responses(reply, batch, known, enums):
            self._observe(batch.kind.value, each.task, self._now() - batch.begun)
            if is_too_large and not response.counted_items and not response.errors:
                self._send_smaller(each, batch.kind)
            else:
                self._apply(each, partial(judge, response))
        self._under_way.remove(batch)  # at the end: an exception may interrupt this

    def _send_smaller(self, each: ScheduledTask[ResultT], kind: Kind) -> None:
        """Send or poll a task again immediately, in a smaller batch."""
        with self._open_tasks.lock.native:
            if kind is Kind.SUBMIT and not each.task.is_done:
                each.task.apply(TaskEvent.REJECTED)
                if each.task.phase is Phase.IN_DOUBT:
                    each.resent_after = each.task.sends
        each.due = each.task.due = self._now()
        each.task.answer_by = 0.0
        self._idle.append(each)

    def fail(self, batch: Batch[ResultT], error: RunwareError) -> None:
        """Process the failure of a batch that has no response."""
        is_poll = batch.kind is Kind.POLL
        if error.oversized > 1:
            self._settings.server.note_too_large(error.oversized)
        for each in batch.scheduled:
            task, seconds = each.task, self._now() - batch.begun
            self._observe(batch.kind.value, task, seconds, error=error)
            self._apply(
                each, partial(failure_verdict, error, is_poll=is_poll, task=task)
            )
        self._under_way.remove(batch)

    def _apply(
        self, each: ScheduledTask[ResultT], judge: Callable[[], Verdict]
    ) -> None:
        """Apply the verdict on a response to a task, and end it, give it up or schedule it."""
        task = each.task
        with self._open_tasks.lock.native:  # another thread may poll the task too
            verdict = judge()
            error = self._failure(each, verdict)
            action = None if task.is_done else task.apply(verdict.event, error)
        if action is None:  # another delivery finished it
            self._end(each, task.error)
            return
        each.is_alone |= verdict.is_alone
        if action is Action.END:
            self._end(each, task.error)
            return
        reason = self.schedule.reschedule(each, action, verdict)
        if reason is not None:
            self._give_up(each, reason)
            return
        if each.trouble is not None:
            seconds = max(0.0, each.due - self._now())
            self._observe("retried", task, seconds, error=each.trouble)
        self._idle.append(each)

    def _failure(
        self, each: ScheduledTask[ResultT], verdict: Verdict
    ) -> RunwareError | None:
        """Return the failure of a task, if its verdict ends it."""
        if verdict.event not in (TaskEvent.REFUSED, TaskEvent.FAILED):
            return None
        error = each.task.error or self.schedule.error_of(each, verdict)
        return error.about(each.task.task_type, each.task.task_uuid)

    def _give_up(self, each: ScheduledTask[ResultT], error: RunwareError) -> None:
        """Give up a task without ending it: the caller can wait for its handle later."""
        task = each.task
        error = error.about(task.task_type, task.task_uuid)
        if isinstance(task, DryTask) and task.is_in_doubt:
            error.is_of_dry_run = True
        error.may_have_run = may_have_run(task, error)
        self._abandon([each])
        self._errors[task.key] = error
        self._end(each, error)

    def _end(self, each: ScheduledTask[ResultT], error: RunwareError | None) -> None:
        task = each.task
        if isinstance(task, DryTask):
            task.note_end()
        if isinstance(task, Upload):
            self._release(self.pending_uploads.settle(self.error))
        elif self._pricing.has(task):
            del self._scheduled_tasks[task.key]
            self._release(self._pricing.settle(self.error))
        else:
            del self._scheduled_tasks[task.key]
            if each.submission is not None:
                self._ended.append(each.submission)
        self._settle(each)
        if each.submission is not None and task.is_done and error is not None:
            self.pending_uploads.note_failure(each.submission)
        cost = task.cost if task.is_done else None
        since = self._now() - task.first_sent if task.first_sent else 0.0
        self._observe("finished", task, since, cost=cost, error=error)

    # -- state ----------------------------------------------------------------

    def ended(self) -> list[tuple[Submission[ResultT], RunwareError | None]]:
        """Return the tasks that ended since the last call, except resumed ones.

        Each has the error that ended it or with which it was given up; None if it
        succeeded.
        """
        ended, self._ended = self._ended, []
        errors = [self.error(each.task) for each in ended]
        for each in ended:
            self._errors.pop(each.task.key, None)
        return [*zip(ended, errors, strict=True)]

    def take_back(self, batch: Batch[ResultT]) -> None:
        """Process an interruption before anything of a batch was written."""
        self._end_sending(batch, TaskEvent.NOT_SENT)
        self._under_way.remove(batch)

    def abandon(self) -> None:
        """Stop the delivery: responses in flight will not be received."""
        for batch in self._under_way:
            self._end_sending(batch, TaskEvent.UNCLEAR)
        self._under_way.clear()
        left = self._scheduled_tasks.values()
        for each in left:
            self._settle(each)
        self._abandon(left)

    def _abandon(self, left: Iterable[ScheduledTask[ResultT]]) -> None:
        """Abandon tasks, except unsent ones that another call sends next."""
        unsent = Phase.UNSENT
        own = [e for e in left if e.posted is not None or e.task.phase is not unsent]
        self._open_tasks.abandon(each.task for each in own)

    def _end_sending(self, batch: Batch[ResultT], event: TaskEvent) -> None:
        with self._open_tasks.lock.native:
            for each in batch.scheduled:
                if batch.kind is Kind.SUBMIT and each.task.phase in SENDINGS:
                    each.task.apply(event)

    def _settle(self, each: ScheduledTask[ResultT]) -> None:
        """Count the cost of a task, or release its reservation.

        A delivery that cannot send the task does not release the reservation: another
        delivery may be about to send it.
        """
        task = each.task
        if task.last_posted == each.posted:  # others do not wait for this call
            task.due = task.answer_by = 0.0
        can_send = each.submission is not None
        if (can_send or task.is_done) and not isinstance(task, DryTask):
            with self._open_tasks.lock.native:
                self._settings.account.settle(task)

    def error(self, task: Task[Any]) -> RunwareError | None:
        """Return the error that ended a task or with which it was given up."""
        return task.error if task.is_done else self._errors.get(task.key)

    def has_posted(self, task: Task[Any]) -> bool:
        """Return whether this delivery has sent or polled a task, or the task has ended."""
        each = self._scheduled_tasks.get(task.key)
        return each is None or each.posted is not None

    def trouble(self, task: Task[Any]) -> RunwareError | None:
        """Return the error of the last exchange about a task that is not done."""
        each = self._scheduled_tasks.get(task.key)
        return None if each is None else each.trouble

    # -- details --------------------------------------------------------------

    def _observe(
        self,
        kind: EventKind,
        task: Task[ResultT],
        seconds: float,
        *,
        cost: float | None = None,
        error: RunwareError | None = None,
    ) -> None:
        if isinstance(task, DryTask):
            return
        event = Event(kind, task.task_type, task.task_uuid, seconds, cost, error)
        self._settings.observe(event)
