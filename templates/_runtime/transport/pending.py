"""A call that waits for its response over a WebSocket, and its response so far."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field

from ..error_codes import (
    ErrorCategory,
    category_of,
    is_task_conflict,
    is_task_not_found,
    is_too_large,
)
from ..exceptions import ConnectionError, RunwareError
from .envelope import Answer, Envelope, Item, code_of, has_failed, text_of
from .items import READ_ONLY, is_result, outputs_of

QUIET = 2.0
"""Seconds without another item after which a partial response is final."""

SILENCE = 10.0
"""Seconds after which a poll without a response is given up."""

GET_RESPONSE = "getResponse"
"""The type of a task that polls another task."""

STATUSES = {
    ErrorCategory.AUTH: 401,
    ErrorCategory.QUOTA: 402,
    ErrorCategory.RATE_LIMIT: 429,
    ErrorCategory.SERVER: 503,
    ErrorCategory.VALIDATION: 400,
}
"""HTTP statuses by categories of errors. Messages on WebSockets have no status."""

FORBIDDEN = re.compile("forbidden|permission", re.IGNORECASE)
"""Matches codes of errors that correspond to HTTP 403, not 401."""


@dataclass(slots=True, eq=False)
class Expected:
    """One task of a call, and its part of the response so far.

    Attributes:
        task_type: The wire name of its type.
        wanted: The number of results that it orders.
        results: The results so far.
        updates: Other items, such as an acknowledgement or a status.
        errors: Error objects that name it.
    """

    task_type: str
    wanted: int
    results: list[Item] = field(default_factory=list["Item"])
    updates: list[Item] = field(default_factory=list["Item"])
    errors: list[Item] = field(default_factory=list["Item"])

    @property
    def is_poll(self) -> bool:
        """Whether it is a poll."""
        return self.task_type == GET_RESPONSE

    @property
    def is_about_a_task(self) -> bool:
        """Whether its response has results of a task, unlike a search, for example."""
        return self.is_poll or self.task_type not in READ_ONLY

    @property
    def is_mentioned(self) -> bool:
        """Whether a message mentioned it."""
        return bool(self.results or self.updates or self.errors)

    @property
    def missing(self) -> int:
        """The number of items that are missing from its response."""
        if self.updates or (self.is_poll and self.results):
            return 0
        return max(0, self.wanted - len(self.results) - len(self.errors))

    @property
    def is_open(self) -> bool:
        """Whether its response may take long: it is not a poll, and has no error."""
        return bool(self.missing) and not self.errors and not self.is_poll

    def is_meant(self, item: Item, *, is_error: bool) -> bool:
        """Return whether an item with its key is about it, not about a similar task."""
        named = text_of(item, "taskType") or self.task_type
        code = code_of(item) if is_error else ""
        if self.is_poll:
            return named != "getTaskDetails" and not is_task_conflict(code)
        if self.task_type in READ_ONLY:
            return named == self.task_type
        is_of_poll = not text_of(item, "taskType") and is_task_not_found(code)
        return named not in READ_ONLY and not is_of_poll

    def add(self, item: Item, *, is_error: bool) -> None:
        """Add an item, unless it is a copy.

        Results beyond the wanted number are not compared, since there may be thousands.
        """
        if is_error:
            place = self.errors
        elif is_result_item(item) or not self.is_about_a_task:
            place = self.results
        else:
            place = self.updates
        if place is self.results and len(place) >= self.wanted:
            place.append(item)
        else:
            add(item, place)


@dataclass(slots=True, eq=False)
class Pending:
    """A call that waits for its response.

    Attributes:
        text: The message to send; empty if the response is already known.
        tasks: The tasks of the call, by their keys.
        is_written: Whether the message may have been sent.
        is_given: Whether the caller has the response.
        is_over: Whether the server certainly sends nothing more about it.
        is_owed: Whether its response may belong to another call about the same task, so
            that its own response may still come.
        is_cut: Whether the connection ended before the response was complete.
        done: An event that is set with the outcome.
        outcome: The response or the error; None before that.
        errors: Errors about the whole call.
        excerpt: The start of a message with errors.
        body: The last message with a part of the response.
    """

    text: str
    tasks: dict[str, Expected]
    is_written: bool = False
    is_given: bool = False
    is_over: bool = False
    is_owed: bool = False
    is_cut: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Envelope | RunwareError | None = None
    errors: list[Item] = field(default_factory=list["Item"])
    excerpt: str = ""
    body: bytes = b""
    _timer: asyncio.TimerHandle | None = None

    @property
    def is_poll(self) -> bool:
        """Whether all its tasks are polls."""
        return all(task.is_poll for task in self.tasks.values())

    @property
    def is_mentioned(self) -> bool:
        """Whether a message mentioned it."""
        tasks = self.tasks.values()
        return bool(self.errors) or any(task.is_mentioned for task in tasks)

    @property
    def is_answered(self) -> bool:
        """Whether the response is complete."""
        missing = sum(task.missing for task in self.tasks.values())
        return self.is_over or missing <= len(self.errors)

    @property
    def is_unanswered(self) -> bool:
        """Whether it may have been sent, and a part of its response may still come."""
        return self.is_written and (self.is_owed or not self.is_answered)

    def note_written(self) -> None:
        """Record that the message is being sent. A poll is then concluded soon."""
        self.is_written = True
        if self.is_poll:
            self.conclude_after(SILENCE)

    def note_item(self) -> None:
        """Process a new item: the last one ends the call, an error ends it soon."""
        if self.outcome is not None:
            return
        if self.is_answered:
            self.finish()
        elif self.errors or not any(t.is_open for t in self.tasks.values()):
            self.conclude_after(QUIET)

    def conclude_after(
        self, seconds: float, reason: RunwareError | None = None
    ) -> None:
        """Conclude the call later, with the response so far.

        If no message mentions the call, the outcome is the reason, or an empty response.
        """
        self._stop_timer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._conclude, reason)

    def cut(self, seconds: float, reason: RunwareError) -> None:
        """Conclude the call after the end of its connection: a poll at once.

        Others may still get responses for some seconds, even if another connection ends
        too. The reason is the outcome if no message mentions the call.
        """
        was_cut, self.is_cut = self.is_cut, True
        if self.is_poll:
            self._conclude(reason)
        elif not was_cut:
            self.conclude_after(seconds, reason)

    def conclude_unless_answered(self, reason: RunwareError) -> None:
        """Conclude the call after `SILENCE` seconds, unless it is concluded earlier."""
        if self._timer is None:
            self.conclude_after(SILENCE, reason)

    def _conclude(self, reason: RunwareError | None) -> None:
        if reason is None or self.is_mentioned:
            self.finish()
        else:
            self.settle(reason)

    def finish(self, answer: Answer | None = None) -> None:
        """End the call with the response so far.

        The HTTP status is that of the answer; without one, it is derived from the errors.
        """
        tasks = self.tasks.values()
        data = [item for task in tasks for item in (*task.results, *task.updates)]
        errors = [item for task in tasks for item in task.errors] + self.errors
        is_refused = all(map(self._is_refused, tasks))
        status = status_of(errors) if is_refused else 200
        is_partial = answer is None and not self.is_answered
        is_cut = self.is_cut and (is_partial or not data)
        answer = answer or Answer(status, {}, self.body)
        envelope = Envelope(answer, data, errors, self.excerpt)
        self.settle(envelope._replace(is_partial=is_partial, is_cut=is_cut))

    def _is_refused(self, task: Expected) -> bool:
        """Return whether the response has errors of a task and no results."""
        is_about_call = bool(self.errors) and not task.updates
        return not task.results and (bool(task.errors) or is_about_call)

    def settle(self, outcome: Envelope | RunwareError) -> None:
        """Set the outcome, unless it is set."""
        if self.outcome is None:
            self._stop_timer()
            self.outcome = outcome
            self.done.set()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def answer(self) -> Envelope:
        """Return the response.

        Raises:
            RunwareError: There is no response.
        """
        if not isinstance(self.outcome, Envelope):
            raise self.outcome or self.unanswered("there is no response")
        self.is_given = True
        return self.outcome

    def unanswered(self, reason: str) -> ConnectionError:
        """Return the error of a call that gets no response."""
        error = ConnectionError(reason)
        error.may_have_run = self.is_written
        return error


def is_result_item(item: Item) -> bool:
    """Return whether an item is a result, not a status update."""
    return is_result(item, outputs_of(text_of(item, "taskType") or "", None))


def add(item: Item, place: list[Item]) -> None:
    """Add an item, unless it is a copy. Items too deep to compare count as new.

    A copy in the response to a poll of another call has the status "success", too.
    """
    bare = {n: v for n, v in item.items() if n != "status" or v != "success"}
    with suppress(RecursionError):
        if bare in place or {"status": "success", **bare} in place:
            return
    place.append(item)


def status_of(errors: list[Item]) -> int:
    """Return the HTTP status of a response that has only these errors."""
    statuses = {_own_status(error) for error in errors}
    return statuses.pop() if len(statuses) == 1 else 200


def _own_status(error: Item) -> int:
    if has_failed(error):
        return 200  # the server accepted the task, and it failed
    code = code_of(error)
    if is_too_large(code):
        return 413
    category = category_of(code, None)
    if category is ErrorCategory.AUTH and FORBIDDEN.search(code):
        return 403
    return STATUSES.get(category, 200)
