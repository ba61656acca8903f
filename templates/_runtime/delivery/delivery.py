"""Decides what to send and poll, from the first request to the last result, without I/O.

A `Delivery` returns what to send and when, and receives the answers. An engine does the
I/O::

    while delivery.is_waiting:
        batch = delivery.next_batch()
        if batch is None:
            ...wait delivery.pause() seconds...
        else:
            ...send batch.parts...
            delivery.receive(batch, reply)  # or delivery.fail(batch, error)

Several batches may be in flight at once. `lifecycle` has the state machine of a task,
and `classify` turns answers into its events. This module decides when to send and poll.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic

from ..exceptions import APIError, BudgetError, ClosedError, RunwareError, TimeoutError
from ..schema.generics import ResultT
from ..timeouts import MAX_POLL
from .batches import Batch, Kind, ScheduledTask, Settings, sort_answer
from .classify import (
    Said,
    Verdict,
    answers_too_large,
    incomplete,
    is_timeout,
    of_failure,
    of_poll,
    of_submission,
    untold,
)
from .dry_run import DryTask, Pricing
from .events import Event, EventKind
from .lifecycle import Action, Phase, TaskEvent
from .task import Submission, Task, Upload
from .uploads import Waiting

if TYPE_CHECKING:
    from .batches import Reply, Sorted
    from .open_tasks import OpenTasks
    from .uploads import Uploads

MAX_BYTES = 8_000_000
"""Maximum number of bytes in one POST that has more than one task."""

SUBMIT_TIMEOUT = 30.0
"""Timeout in seconds of the acknowledgement of async tasks; each sending doubles it."""

MIN_SPEED = 50_000
"""Assumed minimum upload speed, in bytes per second."""

TOGETHER = 0.25
"""Seconds by which a poll may be early, so that it shares a POST with other polls."""

MAX_NOT_FOUND = 8
"""Consecutive "not found" answers after which a task is left."""

MAX_QUIET = 4
"""Consecutive polls without anything new after which a partial task is left."""

MAX_SILENCES = 8
"""Consecutive silent polls after which a partial task is left."""

MAX_REFUSED_POLLS = 5
"""Consecutive polls refused with a reason after which a task is left."""

MAX_REFUSED = 4
"""Silent polls after which a task in doubt is left, if an error may be its refusal."""

NEWS = frozenset({TaskEvent.PROGRESS, TaskEvent.CONFLICT})
ANSWERS = frozenset({TaskEvent.SILENCE, TaskEvent.NOT_FOUND})
SENDINGS = (Phase.SENDING, Phase.RESENDING)


class Delivery(Generic[ResultT]):
    """Tasks that are delivered together.

    Results are matched to their tasks by `taskUUID`, never by the order of an answer.

    Attributes:
        waiting: The tasks that wait until their files are uploaded.
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
        """Schedule the tasks.

        Args:
            tasks: The tasks. None of them is done. A `Task` without its submission is
                polled only.
            settings: How to deliver them.
            timeout: The seconds after which unfinished tasks are given up.
            uploads: The files that the client has uploaded.
            open_tasks: Remembers tasks from their first sending.
            polls_now: Whether tasks that were sent before are polled immediately.

        Raises:
            ValueError: Two tasks have the same `taskUUID`, or have none and the same
                type. Their results could not be matched.
        """
        self._settings = settings
        self._timeout = timeout
        self._now = settings.clock
        self._deadline = self._now() + timeout
        # If an answer times out, there is time left to poll the tasks.
        self._reserve = min(15.0, timeout / 10)
        self._last_poll = self._deadline - min(5.0, timeout / 2)
        self._open_tasks = open_tasks
        self._idle = [self._scheduled(task) for task in tasks]
        self._scheduled_tasks = {each.task.key: each for each in self._idle}
        self._under_way: list[Batch[ResultT]] = []
        self._errors: dict[str, RunwareError] = {}
        self._ended: list[Submission[ResultT]] = []
        self.waiting = Waiting(uploads)
        self._pricing = Pricing(settings.account)
        if len(self._scheduled_tasks) < len(self._idle):
            message = (
                "two of these tasks have the same taskUUID, or the same taskType and "
                "no taskUUID. Their results could not be matched. Create a new request "
                "for each task, or send the tasks in separate calls"
            )
            raise ValueError(message)
        for each in self._idle:
            if each.kind is Kind.POLL and not polls_now:
                self._resume_polling(each)

    # -- what to send ---------------------------------------------------------

    @property
    def is_waiting(self) -> bool:
        """Whether a task is neither done nor given up."""
        return bool(self._idle or self._under_way)

    def pause(self) -> float | None:
        """Return the seconds until a task is due; None if all wait for answers.

        Call it when `next_batch` returns None.
        """
        if not self._idle:
            return None
        first = min(each.due for each in self._idle)
        return max(0.0, min(first, self._deadline) - self._now())

    def next_batch(self) -> Batch[ResultT] | None:
        """Return the batch to send now; None if no task is due."""
        if not self._idle:
            return None
        self._hold_back()
        now = self._now()
        if now >= self._deadline:
            self._give_up_idle()
            return None
        self._note_others(now)
        due = [each for each in self._idle if each.due <= now]
        if not due:
            return None
        first = min(due, key=lambda each: each.due)
        chosen, parts = self._companions(first, due, now)
        batch = Batch(
            first.kind, chosen, parts, now, self._timeout_of(chosen, parts, now)
        )
        taken = set(map(id, chosen))
        self._idle = [each for each in self._idle if id(each) not in taken]
        self._under_way.append(batch)
        for each in chosen:
            self._note_begun(each, now)
        return batch

    def _note_others(self, now: float) -> None:
        """Skip tasks that another delivery finished or is sending, such as an upload."""
        for each in [*self._idle]:
            if each.task.is_done:
                self._idle.remove(each)
                self._end(each, each.task.error)
            elif each.task.phase in SENDINGS or not each.can_go_on:
                each.due = max(each.due, now + TOGETHER)

    def _companions(
        self,
        first: ScheduledTask[ResultT],
        due: list[ScheduledTask[ResultT]],
        now: float,
    ) -> tuple[list[ScheduledTask[ResultT]], list[bytes]]:
        """Return the tasks of one POST, and their parts: as many as its limits allow."""
        most = self._settings.limits.elements
        if first.kind is Kind.POLL:
            chosen = [first]
            if not first.is_alone:
                chosen = [e for e in self._idle if self._may_poll(e, now)][:most]
            return chosen, [each.task.poll() for each in chosen]
        if first.is_alone or _submission(first).is_stream:
            return [first], [_submission(first).encoded()]
        chosen, parts, size = list[ScheduledTask[ResultT]](), list[bytes](), 0
        is_dry = isinstance(first.task, DryTask)
        for each in due:
            if each.kind is Kind.POLL or each.is_alone or _submission(each).is_stream:
                continue
            if isinstance(each.task, DryTask) is not is_dry:
                continue
            part = _submission(each).encoded()
            size += len(part)
            if parts and (size > MAX_BYTES or len(parts) >= most):
                break
            chosen.append(each)
            parts.append(part)
        return chosen, parts

    def _may_poll(self, each: ScheduledTask[ResultT], now: float) -> bool:
        is_due = each.kind is Kind.POLL and each.due <= now + TOGETHER
        return is_due and not each.is_alone

    def _timeout_of(
        self, chosen: list[ScheduledTask[ResultT]], parts: list[bytes], now: float
    ) -> float:
        """Return the timeout of a batch in seconds.

        The acknowledgement of an async task is fast. Without one, the task is polled.
        """
        left = self._deadline - now
        if chosen[0].kind is Kind.POLL:
            return min(left, max(each.poll_timeout for each in chosen))
        is_polled = any(each.task.is_pollable for each in chosen)
        usual = left - self._reserve if is_polled and left > self._reserve else left
        if not all(each.task.is_async for each in chosen):
            return usual
        size = sum(map(len, parts))
        sends = max(each.task.sends for each in chosen)
        return min(usual, (SUBMIT_TIMEOUT + size / MIN_SPEED) * 2.0**sends)

    def _note_begun(self, each: ScheduledTask[ResultT], now: float) -> None:
        task = each.task
        if not isinstance(task, Upload):
            self._open_tasks.add(task)
        if each.kind is Kind.SUBMIT:
            each.is_resend = False
            task.note_sending(now)
            return
        task.last_asked = now
        each.is_last_poll = now >= self._last_poll

    def _give_up_idle(self) -> None:
        idle, self._idle = self._idle, []
        for each in idle:
            self._leave(each, self._late(each))

    # -- before a task is sent ------------------------------------------------

    def _hold_back(self) -> None:
        """Hold back tasks that wait for uploads or for the reservation of their costs."""
        if not (to_send := self._to_send()):
            return
        held = [e for e in to_send if e.submission and e.submission.is_waiting]
        if held:
            self._begin_uploads(held)
        account = self._settings.account
        owed = [e for e in self._to_send() if account.owes_reservation(e.task)]
        if owed:
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
        self._idle = [each for each in self._idle if each not in held]
        submissions = [_submission(each) for each in held]
        for upload in chain(*map(self.waiting.hold, submissions)):
            scheduled = self._scheduled(upload)
            self._scheduled_tasks[scheduled.task.key] = scheduled
            self._idle.append(scheduled)
        self._end_uploads()

    def _end_uploads(self) -> None:
        """Schedule the tasks whose files are uploaded; leave those whose files failed."""
        self._go_on(self.waiting.settle(self.error))

    def _begin_pricing(self, owed: list[ScheduledTask[ResultT]]) -> None:
        """Replace tasks whose costs must be reserved by their dry runs."""
        chosen = set(map(id, owed))
        self._idle = [each for each in self._idle if id(each) not in chosen]
        for each in owed:
            try:
                dry_run = self._pricing.reserve(_submission(each))
            except BudgetError as error:
                self._stop_sending(each, error)
                continue
            if dry_run is None:
                self._idle.append(each)
            else:
                scheduled = self._scheduled(dry_run)
                self._scheduled_tasks[scheduled.task.key] = scheduled
                self._idle.append(scheduled)

    def _end_pricing(self) -> None:
        """Schedule the tasks whose costs are reserved; leave those over the budget."""
        self._go_on(self._pricing.settle(self.error))

    def _go_on(
        self, settled: Iterable[tuple[Submission[ResultT], RunwareError | None]]
    ) -> None:
        """Schedule tasks that waited for others of this delivery, or leave them."""
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
            self._leave(each, error)
            return
        each.is_resend = each.task.allows_resend = False
        self._idle.append(each)

    # -- answers --------------------------------------------------------------

    def receive(self, batch: Batch[ResultT], reply: Reply) -> None:
        """Process the answer to a batch."""
        envelope = reply.envelope
        is_too_large = answers_too_large(envelope) and reply.elements > 1
        if is_too_large:
            self._settings.limits.note_too_large(reply.elements)
        found = sort_answer(reply, batch, self._scheduled_tasks)
        for each in batch.scheduled:
            task = each.task
            self._observe(batch.kind.value, task, self._now() - batch.begun)
            said = self._said(each, found, reply)
            if is_too_large and not said.told and not said.errors:
                self._send_smaller(each, batch.kind)
            elif batch.kind is Kind.SUBMIT:
                self._take(each, of_submission(said))
            else:
                self._take(each, of_poll(said))
        self._under_way.remove(batch)  # at the end: an exception may interrupt this

    def _said(self, each: ScheduledTask[ResultT], found: Sorted, reply: Reply) -> Said:
        task = each.task
        return Said(
            task=task,
            items=found.data.get(task.key, []),
            errors=found.errors.get(task.key, []),
            nameless=found.nameless,
            envelope=reply.envelope,
            is_only=reply.elements == 1,
            error_enum=self._settings.error_enums(task.task_type),
        )

    def _send_smaller(self, each: ScheduledTask[ResultT], kind: Kind) -> None:
        """Send or poll a task again immediately, in a smaller batch."""
        if kind is Kind.SUBMIT:
            each.task.apply(TaskEvent.REJECTED)
            each.is_resend = each.task.phase is Phase.IN_DOUBT
        each.is_last_poll = False
        each.due = self._now()
        self._idle.append(each)

    def fail(self, batch: Batch[ResultT], error: RunwareError) -> None:
        """Process the failure of a batch that has no answer."""
        is_poll = batch.kind is Kind.POLL
        for each in batch.scheduled:
            task, seconds = each.task, self._now() - batch.begun
            self._observe(batch.kind.value, task, seconds, error=error)
            self._take(each, of_failure(error, is_poll=is_poll, task=task))
        self._under_way.remove(batch)

    def _take(self, each: ScheduledTask[ResultT], verdict: Verdict) -> None:
        """Apply a verdict to a task, and schedule, end or leave it."""
        if each.task.is_done:  # another delivery finished it
            self._end(each, each.task.error)
            return
        each.is_alone |= verdict.is_alone
        is_resent = each.task.phase is Phase.RESENDING
        action = each.task.apply(verdict.event)
        if action is Action.END:
            if verdict.event in (TaskEvent.REFUSED, TaskEvent.FAILED):
                error = each.task.error or self._why(each, verdict)
                each.task.error = self._about(each.task, error)
            self._end(each, each.task.error)
        elif action is Action.LEAVE or isinstance(verdict.error, ClosedError):
            self._leave(each, self._why(each, verdict))
        elif action is Action.RETRY:
            self._retry(each, self._why(each, verdict), verdict.wait)
        elif not each.task.is_pollable:
            self._leave(each, self._why(each, verdict))
        else:
            if is_resent and verdict.event is TaskEvent.REFUSED:
                each.task.allows_resend = False
            self._poll_later(each, verdict)

    # -- retries and polls ----------------------------------------------------

    def _retry(
        self, each: ScheduledTask[ResultT], error: RunwareError, wait: float | None
    ) -> None:
        """Schedule another sending of a task that the server certainly does not have."""
        pause = next(each.backoff)
        each.due = self._now() + (pause if wait is None else wait)
        each.retries += 1
        each.error = error
        if each.retries > self._settings.max_retries or each.due >= self._deadline:
            self._leave(each, error)
        else:
            self._observe_retry(each, error)
            self._idle.append(each)

    def _poll_later(self, each: ScheduledTask[ResultT], verdict: Verdict) -> None:
        """Schedule a poll of a task that the server has or may have, or a resend."""
        task, event, error = each.task, verdict.event, verdict.error
        if event in NEWS:
            each.retries = each.refused_polls = 0
            each.error = task.refusal = None
        elif event in ANSWERS:
            task.silences += 1
            each.refused_polls = 0
            task.not_found = task.not_found + 1 if event is TaskEvent.NOT_FOUND else 0
        else:
            self._note_trouble(each, verdict)
        if self._is_hopeless(each, event):
            self._leave(each, self._reason(each, error))
            return
        each.is_resend = self._may_resend(each)
        has_answer = event in NEWS or event in ANSWERS
        each.trouble = None if has_answer else error
        delay = next(each.polls if has_answer else each.backoff)
        if each.is_resend and event in ANSWERS:
            delay = 0.0
        self._schedule_poll(each, delay if verdict.wait is None else verdict.wait)
        if not has_answer and error is not None:
            self._observe_retry(each, error)
        self._idle.append(each)

    def _note_trouble(self, each: ScheduledTask[ResultT], verdict: Verdict) -> None:
        """Record an exchange without information about a task, and its error."""
        if each.error is None or verdict.event is not TaskEvent.POLL_FAILED:
            each.error = verdict.error
        each.retries += 1
        if is_timeout(verdict.error):
            each.poll_timeout = min(2 * each.poll_timeout, MAX_POLL)
        if verdict.event is TaskEvent.POLL_FAILED:
            is_refused = verdict.is_refused
            each.refused_polls = each.refused_polls + 1 if is_refused else 0
        elif verdict.is_refused:
            each.task.refusal = verdict.error
            each.task.silences = 0

    def _is_hopeless(self, each: ScheduledTask[ResultT], event: TaskEvent) -> bool:
        """Whether more polls are unlikely to help. The task keeps its handle."""
        task = each.task
        if event is TaskEvent.POLL_FAILED:
            return each.refused_polls >= MAX_REFUSED_POLLS
        if event is TaskEvent.NOT_FOUND and task.not_found >= MAX_NOT_FOUND:
            return True
        if task.is_partial:
            return task.quiet >= MAX_QUIET or task.silences >= MAX_SILENCES
        is_in_doubt = task.phase is Phase.IN_DOUBT and task.refusal is not None
        return is_in_doubt and task.silences >= MAX_REFUSED

    def _may_resend(self, each: ScheduledTask[ResultT]) -> bool:
        """Whether the policy `resend` allows to send a task in doubt again next."""
        task, policy = each.task, self._settings.resend
        if task.phase is not Phase.IN_DOUBT or policy == "never":
            return False
        if each.submission is None or not task.allows_resend:
            return False
        if task.sends > self._settings.max_retries:
            return False
        if policy == "eager":
            return True
        return task.resend_is_safe and task.silences >= 2**task.sends

    def _schedule_poll(self, each: ScheduledTask[ResultT], delay: float) -> None:
        """Set when a task is due. The last poll is shortly before the deadline."""
        now = self._now()
        last = max(now, self._last_poll)
        each.due = self._deadline if each.is_last_poll else min(now + delay, last)

    def _resume_polling(self, each: ScheduledTask[ResultT]) -> None:
        """Schedule the first poll of a task that was sent before this delivery."""
        if each.task.last_asked is not None:
            since = self._now() - each.task.last_asked
            self._schedule_poll(each, max(0.0, next(each.polls) - since))

    def _leave(self, each: ScheduledTask[ResultT], error: RunwareError) -> None:
        """Give up a task without ending it: the caller can wait for its handle later."""
        about = self._about(each.task, error)
        about.may_have_run = each.task.may_be_billed
        self._open_tasks.leave([each.task])
        self._errors[each.task.key] = about
        self._end(each, about)

    def _end(self, each: ScheduledTask[ResultT], error: RunwareError | None) -> None:
        task = each.task
        if isinstance(task, Upload):
            self._end_uploads()
        elif self._pricing.has(task):
            del self._scheduled_tasks[task.key]
            self._end_pricing()
        else:
            del self._scheduled_tasks[task.key]
            if each.submission is not None:
                self._ended.append(each.submission)
        self._settle(each)
        if each.submission is not None and task.is_done and error is not None:
            self.waiting.note_failure(each.submission)
        cost = task.cost if task.is_done else None
        since = self._now() - task.first_sent if task.sends else 0.0
        self._observe("finished", task, since, cost=cost, error=error)

    # -- state ----------------------------------------------------------------

    def ended(self) -> list[tuple[Submission[ResultT], RunwareError | None]]:
        """Return the tasks that ended since the last call, except resumed ones.

        Returns:
            Each task with the error that ended it or with which it was given up; None
            if it succeeded.
        """
        ended, self._ended = self._ended, []
        errors = [self.error(each.task) for each in ended]
        for each in ended:
            self._errors.pop(each.task.key, None)
        return [*zip(ended, errors, strict=True)]

    def seconds_left(self) -> float:
        """Return the seconds until unfinished tasks are given up."""
        return max(0.0, self._deadline - self._now())

    def extend(self, seconds: float) -> None:
        """Move the deadline by time that the caller used."""
        self._deadline += seconds
        self._last_poll += seconds

    def abandon(self) -> None:
        """Stop the delivery: answers in flight will not be received."""
        for batch in self._under_way:
            for each in batch.scheduled:
                if batch.kind is Kind.SUBMIT and each.task.phase in SENDINGS:
                    each.task.apply(TaskEvent.UNCLEAR)
        self._under_way.clear()
        left = self._scheduled_tasks.values()
        for each in left:
            self._settle(each)
        self._open_tasks.leave(each.task for each in left)

    def _settle(self, each: ScheduledTask[ResultT]) -> None:
        """Count the cost of a task, or release its reservation.

        A delivery that cannot send the task does not release the reservation: another
        delivery may be about to send it.
        """
        can_send = each.submission is not None
        if (can_send or each.task.is_done) and not isinstance(each.task, DryTask):
            self._settings.account.settle(each.task)

    def error(self, task: Task[Any]) -> RunwareError | None:
        """Return the error that ended a task or with which it was given up."""
        return task.error if task.is_done else self._errors.get(task.key)

    def trouble(self, task: Task[Any]) -> RunwareError | None:
        """Return the error of the last exchange about a task that is not done."""
        each = self._scheduled_tasks.get(task.key)
        return None if each is None else each.trouble

    # -- details --------------------------------------------------------------

    def _scheduled(
        self, given: Submission[ResultT] | Task[ResultT]
    ) -> ScheduledTask[ResultT]:
        submission = given if isinstance(given, Submission) else None
        task = given.task if isinstance(given, Submission) else given
        polls = self._settings.polling.of(task.task_type, task.latency)
        backoff = self._settings.retrying.of(task.task_type)
        return ScheduledTask(task, submission, polls, backoff, self._now())

    def _reason(
        self, each: ScheduledTask[ResultT], error: RunwareError | None
    ) -> RunwareError:
        """Return the error of a task that is left because polls tell nothing more."""
        task = each.task
        if task.is_short and task.error is None:
            return incomplete(task)
        if task.is_partial and isinstance(task.error, APIError):
            return untold(task.error)
        return task.error or task.refusal or error or self._late(each)

    def _why(self, each: ScheduledTask[ResultT], verdict: Verdict) -> RunwareError:
        """Return the error of a verdict, or that of a task that is late."""
        return verdict.error or self._late(each)

    @staticmethod
    def _about(task: Task[Any], error: RunwareError) -> RunwareError:
        return error.about(task.task_type, task.task_uuid)

    def _late(self, each: ScheduledTask[ResultT]) -> RunwareError:
        """Return the error of a task that timed out: the cause of doubt, if any."""
        is_accepted = each.task.phase is Phase.ACCEPTED
        if each.error is not None and not is_accepted:
            return each.error
        error = TimeoutError(f"no result within {self._timeout:g} s")
        error.__cause__ = each.trouble or each.error
        return error

    def _observe_retry(self, each: ScheduledTask[ResultT], error: RunwareError) -> None:
        seconds = max(0.0, each.due - self._now())
        self._observe("retried", each.task, seconds, error=error)

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


def _submission(each: ScheduledTask[ResultT]) -> Submission[ResultT]:
    """Return the submission of a task that is sent."""
    if each.submission is None:
        raise AssertionError("only a task with its request is sent")
    return each.submission
