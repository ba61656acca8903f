"""Brings tasks from the first request to the last result, without any I/O.

A `Delivery` says what to send next and takes the answers; an engine carries them:

    while (call := delivery.next_call()) is not None:
        ...wait `call.wait` seconds, then send `call.body()`...
        delivery.receive(call, answer)  # or delivery.fail(call, error)

Several calls may be under way at once. What surely was not accepted is sent again; what
may have been accepted is asked for, and sent again only when the server says that it
does not know it. So no task is paid for twice, and no result is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, Generic

from ._calls import Call, Kind, Settings, Slot
from ._events import Event, EventKind
from ._exceptions import APIError, ResponseError, RunwareError, TimeoutError
from ._generics import ResultT
from ._task import Phase
from ._uploads import Upload, Waiting
from ._verdicts import (
    api_error,
    is_own_failure,
    is_repeated,
    is_too_large,
    is_unknown,
    joined,
    says_not_accepted,
    says_not_yet,
    tells_apart,
    unanswered,
)

if TYPE_CHECKING:
    from ._envelope import Envelope, Item
    from ._task import Task
    from ._uploads import Uploads

MOST_TASKS = 100
"""Tasks, or questions about tasks, that one POST carries."""

LARGEST_POST = 8_000_000
"""Bytes of one POST with more than one task."""

TOGETHER = 0.25
"""Seconds that a question waits at most for others, to be asked with them."""

SILENCES = 2
"""Answers without a word of a task that may have been accepted, until it was not."""

LONGEST_SILENCE = 5
"""How often the server may not know a task that it has accepted: it may be slow."""


class Delivery(Generic[ResultT]):
    """Tasks that are delivered together.

    Results are matched to their tasks by `taskUUID`, never by the order of an answer.
    """

    def __init__(
        self,
        tasks: Iterable[Task[ResultT]],
        settings: Settings,
        timeout: float,
        uploads: Uploads,
        *,
        ask_first: bool = False,
    ) -> None:
        """Take the tasks.

        Args:
            tasks: The tasks, none of which is over.
            settings: How to deliver them.
            timeout: The seconds after which those that are not over are given up.
            uploads: The files that the client has uploaded.
            ask_first: Ask for tasks at once, without the wait before the first time.

        Raises:
            ValueError: Two tasks could not be told apart in the answer.
        """
        self._settings = settings
        self._timeout = timeout
        self._deadline = monotonic() + timeout
        self._most = MOST_TASKS
        self._idle = [self._slot(task) for task in tasks]
        self._slots = {slot.task.key: slot for slot in self._idle}
        self._given_up: dict[str, RunwareError] = {}
        self._ended: list[Task[ResultT]] = []
        self.waiting = Waiting(uploads)
        if len(self._slots) < len(self._idle):
            message = (
                "two of these tasks have the same taskUUID, or the same taskType and "
                "no taskUUID, so that their results could not be told apart: make each "
                "request anew, or send them in separate calls"
            )
            raise ValueError(message)
        if not ask_first:
            for slot in self._idle:
                if slot.kind is Kind.ASK:
                    slot.due += next(slot.polls)

    # -- what to do -----------------------------------------------------------

    def next_call(self) -> Call[ResultT] | None:
        """What to do next; None when nothing is left that is not under way."""
        self._upload_first()
        if not self._idle:
            return None
        first = min(self._idle, key=lambda slot: slot.due)
        begins = max(first.due, monotonic())
        left = self._deadline - begins
        if left <= 0:
            for slot in self._idle:
                self._give_up(slot, self._late())
            self._idle = []
            return None
        slots, parts = self._companions(first, begins)
        kind = first.kind
        # An answer that does not come leaves time to ask what became of the tasks.
        timeout = left if kind is Kind.ASK else left - min(2.0, left / 10)
        call = Call(kind, slots, parts, begins, timeout)
        taken = set(map(id, slots))
        self._idle = [slot for slot in self._idle if id(slot) not in taken]
        if kind is Kind.SEND:
            for task in call.tasks:
                task.note_sending()
        return call

    def _upload_first(self) -> None:
        """Put uploads in the place of tasks that wait for them."""
        held = [s for s in self._idle if s.task.waits and s.kind is Kind.SEND]
        if held:
            self._idle = [slot for slot in self._idle if slot not in held]
            for upload in chain(*(self.waiting.hold(slot.task) for slot in held)):
                self._slots[upload.key] = self._slot(upload)
                self._idle.append(self._slots[upload.key])
            self._go_on()

    def _go_on(self) -> None:
        """Go on with tasks that wait no more for their files."""
        for task, error in self.waiting.settle(self.error):
            slot = self._slots[task.key]
            if error is None:
                self._idle.append(slot)
            else:
                self._give_up(slot, error)

    def _companions(
        self, first: Slot[ResultT], begins: float
    ) -> tuple[list[Slot[ResultT]], list[bytes]]:
        """The tasks of one POST: as many as it takes of what is to be done by then."""
        if first.kind is Kind.ASK:
            same = [slot for slot in self._idle if slot.kind is Kind.ASK]
            slots = [s for s in same if s.due <= begins + TOGETHER][: self._most]
            return slots, [slot.task.question() for slot in slots]
        if first.task.is_stream:
            return [first], [first.task.encoded()]
        slots, parts, size = list[Slot[ResultT]](), list[bytes](), 0
        for slot in self._idle:
            if slot.kind is Kind.ASK or slot.due > begins or slot.task.is_stream:
                continue
            part = slot.task.encoded()
            size += len(part)
            if parts and (size > LARGEST_POST or len(parts) == self._most):
                break
            slots.append(slot)
            parts.append(part)
        return slots, parts

    # -- what came of it ------------------------------------------------------

    def receive(self, call: Call[ResultT], envelope: Envelope) -> None:
        """Take the answer to a call."""
        if is_too_large(envelope) and len(call.slots) > 1:
            self._most = len(call.slots) // 2
            for slot in call.slots:
                slot.task.phase = Phase.UNSENT
            self._idle += call.slots
            return
        told = envelope.errors
        if len(call.slots) > 1:
            told = [error for error in told if tells_apart(error)]
        items = call.by_task(envelope.data, self._slots)
        errors = call.by_task(told, self._slots)
        take = self._answered if call.kind is Kind.SEND else self._told
        for slot in call.slots:
            task = slot.task
            self._observe(call.kind.value, task, monotonic() - call.begins)
            own, about_it = items[task.key], errors[task.key]
            if not own and not about_it:
                about_it = errors[None]  # they speak of the call as a whole
            take(slot, own, about_it, envelope)

    def fail(self, call: Call[ResultT], error: RunwareError) -> None:
        """Note that a call had no answer."""
        for slot in call.slots:
            self._observe(
                call.kind.value, slot.task, monotonic() - call.begins, error=error
            )
            task = slot.task
            if call.kind is Kind.SEND:
                task.note_failure(error)
            wait = error.retry_after if isinstance(error, APIError) else None
            if task.is_over:
                self._end(slot, task.error)
            elif task.phase is Phase.UNSENT:
                self._send_again(slot, error, wait)
            else:
                self._ask_again(slot, error, wait)

    def _answered(
        self,
        slot: Slot[ResultT],
        items: list[Item],
        errors: list[Item],
        envelope: Envelope,
    ) -> None:
        """Take what the answer to sending a task says of it."""
        task = slot.task
        error = self._error(errors, task, envelope)
        if not items and not errors:
            self._ask_again(slot, unanswered(envelope))
        elif items or error is None:
            self._take(slot, items, error, is_first=True)
        elif says_not_accepted(envelope):
            self._send_again(slot, error, envelope.answer.retry_after)
        elif is_repeated(errors) and task.sends > 1:
            task.phase = Phase.ACCEPTED  # an earlier sending did reach the server
            self._ask_later(slot)
        elif says_not_yet(envelope):
            self._ask_again(slot, error)
        else:
            self._take(slot, items, error, is_first=True)

    def _told(
        self,
        slot: Slot[ResultT],
        items: list[Item],
        errors: list[Item],
        envelope: Envelope,
    ) -> None:
        """Take what the answer to a question about a task says of it."""
        task = slot.task
        error = self._error(errors, task, envelope)
        if items:
            slot.retries = slot.silences = 0
            self._take(slot, items, error, is_first=False)
        elif error is None and (says_not_yet(envelope) or says_not_accepted(envelope)):
            self._ask_again(slot, unanswered(envelope), envelope.answer.retry_after)
        elif error is None and envelope.http_status >= 400:
            self._ask_later(slot)  # refused for the sake of others: no word of this one
        elif error is None:
            self._not_known(slot, unanswered(envelope), SILENCES)
        elif is_unknown(errors, envelope):
            self._not_known(slot, error, 1)
        elif is_own_failure(errors, task, envelope):
            self._take(slot, items, error, is_first=False)
        elif says_not_yet(envelope) or says_not_accepted(envelope):
            self._ask_again(slot, error, envelope.answer.retry_after)
        else:
            self._give_up(slot, error)  # the question was refused, not the task

    def _not_known(self, slot: Slot[ResultT], error: RunwareError, enough: int) -> None:
        """Note that the server does not know a task, or says nothing of it."""
        slot.silences += 1
        task = slot.task
        if task.phase is Phase.UNSURE and slot.silences >= enough:
            slot.silences = 0
            if task.can_be_sent:
                self._send_anew(slot, slot.error or error)
            else:
                self._give_up(slot, error)
        elif slot.silences > LONGEST_SILENCE and not isinstance(error, ResponseError):
            self._give_up(slot, slot.error or error)
        else:
            self._ask_later(slot)

    # -- and what next --------------------------------------------------------

    def _take(
        self,
        slot: Slot[ResultT],
        items: list[Item],
        error: APIError | None,
        *,
        is_first: bool,
    ) -> None:
        task = slot.task
        task.take(items, error, is_first=is_first)
        if task.is_over:
            self._end(slot, task.error)
        else:
            self._ask_later(slot)

    def _ask_later(self, slot: Slot[ResultT]) -> None:
        slot.due = monotonic() + next(slot.polls)
        self._idle.append(slot)

    def _send_again(
        self, slot: Slot[ResultT], error: RunwareError, wait: float | None = None
    ) -> None:
        """Send a task again that the server surely has not taken."""
        slot.task.phase = Phase.UNSENT
        self._try_again(slot, error, wait)

    def _send_anew(self, slot: Slot[ResultT], error: RunwareError) -> None:
        """Send a task again that never reached the server; that it failed was noted."""
        slot.task.phase = Phase.UNSENT
        slot.due = monotonic()
        self._observe("retried", slot.task, 0.0, error=error)
        self._idle.append(slot)

    def _ask_again(
        self, slot: Slot[ResultT], error: RunwareError, wait: float | None = None
    ) -> None:
        """Ask for a task that the server may have taken."""
        task = slot.task
        if task.can_be_asked_for:
            self._try_again(slot, error, wait)
        elif task.is_harmless:
            self._send_again(slot, error, wait)
        else:
            task.end(error)
            self._end(slot, task.error)

    def _try_again(
        self, slot: Slot[ResultT], error: RunwareError, wait: float | None
    ) -> None:
        slot.retries += 1
        slot.error = error
        pause = next(slot.backoff)
        slot.due = monotonic() + (pause if wait is None else wait)
        if slot.retries > self._settings.max_retries or slot.due >= self._deadline:
            self._give_up(slot, error)
        else:
            seconds = slot.due - monotonic()
            self._observe("retried", slot.task, seconds, error=error)
            self._idle.append(slot)

    def _give_up(self, slot: Slot[ResultT], error: RunwareError) -> None:
        """Leave a task as it stands: it may be asked for another time."""
        task = slot.task
        about = error.about(task.task_type, task.task_uuid)
        self._given_up[task.key] = about
        self._end(slot, about)

    def _end(self, slot: Slot[ResultT], error: RunwareError | None) -> None:
        task = slot.task
        if isinstance(task, Upload):
            self._go_on()
        else:
            self._ended.append(task)
        if task.is_over and error is not None:
            self.waiting.note_failure(task)
        cost = task.cost if task.is_over else None
        since = monotonic() - task.first_sent
        self._observe("finished", task, since, cost=cost, error=error)

    # -- what is there --------------------------------------------------------

    def ended(self) -> list[Task[ResultT]]:
        """The tasks that ended since this was last asked."""
        ended, self._ended = self._ended, []
        return ended

    def seconds_left(self) -> float:
        """The seconds until what is not over is given up."""
        return max(0.0, self._deadline - monotonic())

    def error(self, task: Task[ResultT]) -> RunwareError | None:
        """What ended a task, or why it was given up."""
        return task.error if task.is_over else self._given_up.get(task.key)

    def tasks(self) -> list[Task[ResultT]]:
        """All tasks, in the order in which they were given."""
        tasks = [slot.task for slot in self._slots.values()]
        return [task for task in tasks if not isinstance(task, Upload)]

    # -- details --------------------------------------------------------------

    def _slot(self, task: Task[ResultT]) -> Slot[ResultT]:
        polls = self._settings.polling.of(task.task_type)
        return Slot(task, polls, self._settings.retrying.of(task.task_type))

    def _error(
        self, items: list[Item], task: Task[ResultT], envelope: Envelope
    ) -> APIError | None:
        scope = {"taskType": task.task_type, "taskUUID": task.task_uuid}
        enum = self._settings.error_enums(task.task_type)
        return joined([api_error({**i, **scope}, envelope, enum) for i in items])

    def _late(self) -> TimeoutError:
        return TimeoutError(f"there was no result within {self._timeout:g} s")

    def _observe(
        self,
        kind: EventKind,
        task: Task[ResultT],
        seconds: float,
        *,
        cost: float | None = None,
        error: RunwareError | None = None,
    ) -> None:
        event = Event(kind, task.task_type, task.task_uuid, seconds, cost, error)
        self._settings.observe(event)
