"""Decides when the tasks of a delivery are sent, polled, sent again and given up."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, Generic

from ..exceptions import ClosedError, ResponseError, RunwareError, TimeoutError
from ..schema.generics import ResultT
from ..timeouts import MAX_POLL
from .batches import POLL_TIMEOUT, Kind, ScheduledTask, Settings
from .dry_run import DryTask
from .lifecycle import SENDINGS, Action, Phase, TaskEvent
from .submission import Submission
from .task import Task, Upload
from .verdict import Verdict

SUBMIT_TIMEOUT = 30.0
"""Timeout in seconds of the acknowledgement of async tasks; each sending doubles it."""

MIN_SPEED = 50_000
"""Assumed minimum upload speed, in bytes per second."""

MAX_NOT_FOUND = 8
"""Consecutive "not found" responses after which a task is given up."""

MAX_QUIET = 4
"""Consecutive polls without anything new after which a partial task is given up."""

MAX_SILENCES = 8
"""Consecutive silent polls after which a partial task is given up."""

MAX_REFUSED_POLLS = 5
"""Consecutive polls refused with a reason after which a task is given up."""

MAX_REFUSED = 4
"""Silent polls after which a task that may be refused is given up."""

NEWS = frozenset({TaskEvent.PROGRESS, TaskEvent.CONFLICT})
ANSWERS = frozenset({TaskEvent.SILENCE, TaskEvent.NOT_FOUND})


class Schedule(Generic[ResultT]):
    """The times of the tasks of one delivery.

    Attributes:
        deadline: When unfinished tasks are given up, on the client's clock.
    """

    def __init__(
        self, settings: Settings, timeout: float, *, polls_now: bool = False
    ) -> None:
        self._polls_now = polls_now
        self._settings = settings
        self._timeout = timeout
        self._now = settings.clock
        self.deadline: float = self._now() + timeout
        # If a response times out, there is time left to poll the tasks.
        self._reserve = min(15.0, timeout / 10)
        self._poll_by = self.deadline - min(5.0, timeout / 2)

    @contextmanager
    def paused(self) -> Generator[None]:
        """Move the deadline by the time that the caller uses inside the context."""
        began = self._now()
        try:
            yield
        finally:
            seconds = self._now() - began
            self.deadline += seconds
            self._poll_by += seconds

    def scheduled_task(
        self, given: Submission[ResultT] | Task[ResultT]
    ) -> ScheduledTask[ResultT]:
        """Return a task that is due now."""
        submission = given if isinstance(given, Submission) else None
        task = given.task if isinstance(given, Submission) else given
        polls = self._settings.polling.of(task.task_type, task.latency)
        backoff = self._settings.retrying.of(task.task_type)
        if task.sends and not task.first_sent:  # another process sent it
            task.first_sent = self._now()
        return ScheduledTask(task, submission, polls, backoff, self._now())

    def resume_polling(self, each: ScheduledTask[ResultT]) -> None:
        """Schedule the first poll of a task that was sent before this delivery."""
        if each.task.last_posted is not None and not self._polls_now:
            since = self._now() - each.task.last_posted
            self._schedule_poll(each, max(0.0, next(each.polls) - since))

    def timeout_of(
        self, chosen: Sequence[ScheduledTask[ResultT]], parts: Sequence[bytes]
    ) -> float:
        """Return the timeout of a batch in seconds.

        The acknowledgement of an async task is fast. Without one, the task is polled.
        After a dry run, its task is still to be sent or polled.
        """
        left = self.deadline - self._now()
        if chosen[0].kind is Kind.POLL:
            return min(left, max(each.poll_timeout for each in chosen))
        goes_on = any(
            each.task.is_pollable or isinstance(each.task, DryTask) for each in chosen
        )
        usual = left - self._reserve if goes_on and left > self._reserve else left
        if not all(e.submission and e.submission.is_async for e in chosen):
            return usual
        size = sum(map(len, parts))
        sends = max(each.task.sends for each in chosen)
        return min(usual, (SUBMIT_TIMEOUT + size / MIN_SPEED) * 2.0**sends)

    def note_sending(self, each: ScheduledTask[ResultT]) -> None:
        """Record that a task is sent; others poll it if there is no response soon."""
        each.posted = each.task.last_posted
        each.task.due = self._now() + POLL_TIMEOUT

    def note_poll(self, each: ScheduledTask[ResultT]) -> None:
        """Record that a task is polled."""
        each.posted = each.task.last_posted = self._now()
        each.task.answer_by = each.posted + each.poll_timeout

    def is_turn_of_other(self, each: ScheduledTask[ResultT], now: float) -> bool:
        """Return whether another call waits for a response, or has the next turn.

        Calls that share a task send and poll it together as often as one call would.
        """
        task = each.task
        if task.phase in SENDINGS and isinstance(task, Upload):  # it is not polled yet
            return True
        until = task.answer_by if self._polls_now else max(task.due, task.answer_by)
        if task.phase is not Phase.UNSENT:  # a last poll is in time before the deadline
            until = min(until, self._poll_by)
        is_of_other = task.last_posted != each.posted
        return is_of_other and now < until

    def reschedule(
        self, each: ScheduledTask[ResultT], action: Action, verdict: Verdict
    ) -> RunwareError | None:
        """Schedule the next sending or poll of a task that has not ended.

        Returns the error with which it is given up instead.
        """
        is_given_up = action is Action.GIVE_UP or isinstance(verdict.error, ClosedError)
        if is_given_up or (action is Action.POLL and not each.task.is_pollable):
            return self.error_of(each, verdict)
        if action is Action.RETRY:
            return self._retry(each, verdict)
        return self._poll_later(each, verdict)

    def _retry(
        self, each: ScheduledTask[ResultT], verdict: Verdict
    ) -> RunwareError | None:
        """Schedule another sending of a task that the server certainly does not have."""
        each.error = each.trouble = self.error_of(each, verdict)
        each.due = self._now() + max(next(each.backoff), verdict.wait or 0.0)
        each.task.due = each.due
        each.retries += 1
        is_over = each.retries > self._settings.max_retries or each.due >= self.deadline
        return each.error if is_over else None

    def _poll_later(
        self, each: ScheduledTask[ResultT], verdict: Verdict
    ) -> RunwareError | None:
        """Schedule a poll or a second sending of a task that the server may have."""
        event = verdict.event
        has_answer = event in NEWS or event in ANSWERS
        self._count(each, verdict)
        if self._is_hopeless(each, event):
            return self._hopeless_error(each, verdict.error)
        each.trouble = None if has_answer else verdict.error
        each.task.answer_by = 0.0
        if each.task.phase is Phase.UNSENT:  # the call that was rejected sends it next
            each.posted, each.due = None, self._now()
            return None
        each.resent_after = each.task.sends if self._may_resend(each) else None
        delay = next(each.polls if has_answer else each.backoff)
        if each.resent_after is not None and event in ANSWERS:
            delay = 0.0
        self._schedule_poll(each, max(delay, verdict.wait or 0.0))
        each.task.due = each.due
        return None

    def _count(self, each: ScheduledTask[ResultT], verdict: Verdict) -> None:
        """Update the numbers of consecutive polls without anything new."""
        task, event = each.task, verdict.event
        if event in NEWS:
            each.retries = each.refused_polls = 0
            each.error = task.refusal = None
        elif event in ANSWERS:
            each.refused_polls = 0
            if task.phase not in (Phase.UNSENT, Phase.SENDING):  # else others send it
                task.silences += 1
                is_missing = event is TaskEvent.NOT_FOUND
                task.not_found = task.not_found + 1 if is_missing else 0
        else:
            self._note_trouble(each, verdict)

    def error_of(self, each: ScheduledTask[ResultT], verdict: Verdict) -> RunwareError:
        """Return the error of a verdict, or that of a task that is late."""
        return verdict.error or self.timeout_error(each)

    def timeout_error(self, each: ScheduledTask[ResultT]) -> RunwareError:
        """Return the error of a task that timed out: the cause of doubt, if any."""
        is_accepted = each.task.phase is Phase.ACCEPTED
        if each.error is not None and not is_accepted:
            return each.error
        error = TimeoutError(f"no result within {self._timeout:g} s")
        error.__cause__ = each.trouble or each.error
        return error

    def _note_trouble(self, each: ScheduledTask[ResultT], verdict: Verdict) -> None:
        """Record an exchange without information about a task, and its error."""
        if each.error is None or verdict.event is not TaskEvent.POLL_FAILED:
            each.error = verdict.error
        each.retries += 1
        if isinstance(verdict.error, TimeoutError):
            each.poll_timeout = min(2 * each.poll_timeout, MAX_POLL)
        if verdict.event is TaskEvent.POLL_FAILED:
            is_refused = verdict.is_refused
            each.refused_polls = each.refused_polls + 1 if is_refused else 0
        elif verdict.is_refused and not each.task.is_resent:
            each.task.refusal = verdict.error
            each.task.silences = 0

    def _is_hopeless(self, each: ScheduledTask[ResultT], event: TaskEvent) -> bool:
        """Return whether more polls are unlikely to help. The task keeps its handle."""
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
        """Return whether `resend` allows to send a task in doubt again next."""
        task, policy = each.task, self._settings.resend
        if task.phase is not Phase.IN_DOUBT or policy == "never":
            return False
        if each.submission is None or not task.allows_resend:
            return False
        if task.sends > self._settings.max_retries:
            return False
        if policy == "eager":
            return True
        is_alike = each.submission.is_async == task.is_async
        is_safe = task.resend_is_safe and is_alike
        return is_safe and task.silences >= 2**task.sends

    def _schedule_poll(self, each: ScheduledTask[ResultT], delay: float) -> None:
        """Set when a task is due. One poll is early enough to be answered in time."""
        now = self._now()
        latest = self._poll_by if now < self._poll_by else self.deadline
        each.due = min(now + delay, latest)

    def _hopeless_error(
        self, each: ScheduledTask[ResultT], error: RunwareError | None
    ) -> RunwareError:
        """Return the error of a task for which more polls are unlikely to help."""
        task: Task[Any] = each.task
        if task.error is not None:
            return _error_without_others(task.error)
        if task.is_short:
            return _incomplete_error(task)
        return task.refusal or error or self.timeout_error(each)


def _incomplete_error(task: Task[Any]) -> ResponseError:
    """Return the exception for a task with missing results."""
    error = ResponseError(
        f"the server returned {len(task.items)} of {task.ordered} results, and no "
        "information about the others",
        http_status=200,
    )
    error.advice = "The results that arrived are in `results`."
    return error


def _error_without_others(error: RunwareError) -> RunwareError:
    """Return the exception for a failure of one result, if the others are unknown."""
    other = copy(error)
    other.advice = (
        "Runware returns nothing more about this task: its other results may have "
        "failed too. The results that arrived are in `results`."
    )
    return other


def not_accepted_error() -> RunwareError:
    """Return the error of a task that its calls have given up before it was accepted."""
    return RunwareError(
        "the server does not have this task. The call that sent it has given it up"
    )
