"""The tasks of one call, from the first request to the last result, without any I/O.

A `Batch` says what to send next and takes the answers; a client carries them:

    while (call := batch.next_call()) is not None:
        ...wait `call.wait` seconds, then send `call.tasks`...
        batch.receive(answer)  # or batch.fail(error)
    return batch.outcomes()
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeAlias

from ._base import ResultT
from ._exceptions import (
    APIError,
    ResponseError,
    RunwareError,
    TimeoutError,
    error_class,
)

if TYPE_CHECKING:
    from ._base import TaskRequest
    from ._envelope import Envelope, Item
    from ._error_enum import ErrorEnum

ErrorEnums: TypeAlias = "Callable[[str], type[ErrorEnum] | None]"
"""Gives the error enum of a task type."""

AUTHENTICATION = "authentication"
"""The type of the task with which a payload brings its key; its answer is no result."""

UNFINISHED = ("processing", "pending")
ACKNOWLEDGEMENT = {"taskType", "taskUUID", "status", "progress"}
"""The members of an item that says no more than that a task was taken."""


@dataclass(frozen=True, slots=True)
class Polling:
    """How long to wait before an unfinished task is asked for, in seconds.

    Attributes:
        first: The first wait.
        factor: Each wait is this many times the one before,
        longest: but never longer than this.
    """

    first: float = 1.0
    factor: float = 1.5
    longest: float = 10.0

    def waits(self) -> Iterator[float]:
        """The waits, without end."""
        wait = self.first
        while True:
            yield min(wait, self.longest)
            wait = min(wait * self.factor, self.longest)


@dataclass(frozen=True, slots=True)
class Call:
    """What to send next.

    Attributes:
        tasks: The task objects of one POST.
        wait: The seconds to let pass before.
        timeout: The seconds that are left for the answer after that.
    """

    tasks: list[Item]
    wait: float
    timeout: float


@dataclass(frozen=True, slots=True)
class Outcome(Generic[ResultT]):
    """What became of one task.

    Attributes:
        request: The task.
        results: Its results; with an error, those that were there before it.
        error: Why it failed; None where it did not.
    """

    request: TaskRequest[ResultT]
    results: list[ResultT]
    error: RunwareError | None

    def unwrap(self) -> list[ResultT]:
        """The results.

        Raises:
            RunwareError: The task failed; the error holds what results there were.
        """
        if self.error is not None:
            raise self.error
        return self.results


@dataclass(slots=True, eq=False)
class _Task(Generic[ResultT]):
    """One task and what is known of it so far."""

    request: TaskRequest[ResultT]
    wire: Item
    items: list[Item] = field(default_factory=list["Item"])
    error: RunwareError | None = None
    is_polled: bool = False
    is_over: bool = False

    @property
    def task_type(self) -> str:
        return str(self.wire["taskType"])

    @property
    def task_uuid(self) -> str | None:
        return self.wire.get("taskUUID")

    @property
    def key(self) -> str:
        """What its items are known by: the taskUUID or, without one, the type."""
        return (self.task_uuid or self.task_type).casefold()

    def take(self, items: list[Item], errors: list[APIError]) -> None:
        """Add what one answer says of this task."""
        finished = [item for item in items if self._is_result(item)]
        self.items += _not_in(self.items, finished)
        if errors:
            self.error = _joined(errors)
        is_waiting = len(finished) < len(items)
        self.is_polled = self.is_polled or is_waiting
        is_complete = self.error is not None or len(self.items) >= self._wanted()
        self.is_over = is_complete and not is_waiting

    def end(self, error: RunwareError) -> None:
        """Give up on this task."""
        self.error = error.about(self.task_type, self.task_uuid)
        self.is_over = True

    def outcome(self) -> Outcome[ResultT]:
        results = [self.request.read(item) for item in self.items]
        if self.error is not None:
            self.error.results = [*results]
        return Outcome(self.request, results, self.error)

    def _wanted(self) -> int:
        """How many results to wait for; a sync answer has all that there will be."""
        number = self.wire.get("numberResults")
        return number if self.is_polled and isinstance(number, int) else 1

    def _is_result(self, item: Item) -> bool:
        """Whether an item is more than news of a task that can be asked for again."""
        if self.task_uuid is None or self.task_type == "getResponse":
            return True
        status = item.get("status")
        if status in UNFINISHED:
            return False
        return status == "success" or not item.keys() <= ACKNOWLEDGEMENT


class Batch(Generic[ResultT]):
    """Tasks that are sent together, and later asked for together.

    Results are matched to their tasks by `taskUUID`, never by the order of an answer.
    """

    def __init__(
        self,
        requests: Iterable[TaskRequest[ResultT]],
        *,
        timeout: float,
        polling: Polling,
        error_enums: ErrorEnums,
    ) -> None:
        """Take the tasks.

        Args:
            requests: The tasks.
            timeout: The seconds after which those without a result are given up.
            polling: How long to wait before unfinished tasks are asked for.
            error_enums: Gives the error enum of a task type.

        Raises:
            ValueError: Two tasks could not be told apart in the answer, or one asks for
                a stream.
        """
        tasks = [_Task(request, request.to_wire()) for request in requests]
        if any(task.wire.get("deliveryMethod") == "stream" for task in tasks):
            message = "streams are not read here: deliveryMethod must be sync or async"
            raise ValueError(message)
        self._tasks = {task.key: task for task in tasks}
        if len(self._tasks) < len(tasks):
            message = (
                "two of these tasks have the same taskUUID, or the same taskType and "
                "no taskUUID, so that their results could not be told apart: make each "
                "request anew, or send them in separate calls"
            )
            raise ValueError(message)
        self._timeout = timeout
        self._deadline = monotonic() + timeout
        self._waits = polling.waits()
        self._error_enums = error_enums
        self._is_sent = False

    def next_call(self) -> Call | None:
        """What to send next; None when every task is over."""
        pending = self._pending()
        if not pending:
            return None
        if not self._is_sent:
            self._is_sent = True
            return Call([task.wire for task in pending], 0.0, self._timeout)
        wait, left = next(self._waits), self._deadline - monotonic()
        if wait >= left:
            self.fail(TimeoutError(f"there was no result within {self._timeout:g} s"))
            return None
        questions = [
            {"taskType": "getResponse", "taskUUID": task.task_uuid} for task in pending
        ]
        return Call(questions, wait, left - wait)

    def receive(self, answer: Envelope) -> None:
        """Take the answer to the last call."""
        items, errors = self._by_task(answer.data), self._by_task(answer.errors)
        for task in self._pending():
            own, failures = items[task.key], errors[task.key]
            if not own and not failures:
                failures = errors[None]  # they speak of the call as a whole
            if own or failures or task.is_polled:
                task.take(own, [self._api_error(i, task, answer) for i in failures])
            else:
                task.end(_unanswered(answer))

    def fail(self, error: RunwareError) -> None:
        """Give up on every task that is not over."""
        for task in self._pending():
            task.end(error)

    def outcomes(self) -> list[Outcome[ResultT]]:
        """What became of the tasks, in the order in which they were given."""
        return [task.outcome() for task in self._tasks.values()]

    def _pending(self) -> list[_Task[ResultT]]:
        return [task for task in self._tasks.values() if not task.is_over]

    def _by_task(self, items: list[Item]) -> defaultdict[str | None, list[Item]]:
        """Items by the key of their task; under None those that name no task here."""
        found: defaultdict[str | None, list[Item]] = defaultdict(list)
        for item in items:
            found[self._key_of(item)].append(item)
        return found

    def _key_of(self, item: Item) -> str | None:
        names = [str(item.get(name)).casefold() for name in ("taskUUID", "taskType")]
        found = next((name for name in names if name in self._tasks), None)
        is_nameless = "taskUUID" not in item and item.get("taskType") != AUTHENTICATION
        if found is None and is_nameless and len(self._tasks) == 1:
            return next(iter(self._tasks))
        return found

    def _api_error(
        self, item: Item, task: _Task[ResultT], answer: Envelope
    ) -> APIError:
        scope = {"taskType": task.task_type, "taskUUID": task.task_uuid}
        kind = error_class(answer.http_status)
        enum = self._error_enums(task.task_type)
        return kind({**item, **scope}, answer.http_status, enum)


def _not_in(known: list[Item], items: list[Item]) -> list[Item]:
    """The items that are not known yet: an answer may repeat those before it."""
    known = known.copy()
    fresh: list[Item] = []
    for item in items:
        if item in known:
            known.remove(item)
        else:
            fresh.append(item)
    return fresh


def _joined(errors: list[APIError]) -> APIError:
    """The first error, with the others as notes."""
    first, *others = errors
    for other in others:
        first.add_note(f"Also: {other}")
    return first


def _unanswered(answer: Envelope) -> ResponseError:
    return ResponseError(
        f"HTTP {answer.http_status} with an answer that says nothing of this task",
        http_status=answer.http_status,
        body="",
    )
