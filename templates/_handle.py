"""Handles of tasks: what was paid for is collected later, here or in another process."""

from __future__ import annotations

import json
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Generic

from ._documents import request_class
from ._engine import is_under_way
from ._exceptions import RunwareError, TimeoutError
from ._generics import ResultT
from ._json import is_object
from ._task import Phase, Task, task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

    from ._base import TaskRequest, TaskResult
    from ._engine import Engine
    from ._envelope import Answer, Item
    from ._transport import Headers

VERSION = 1
SAVED = ("taskType", "taskUUID", "model", "numberResults", "deliveryMethod")
"""The members of a task that asking for it takes."""

END: Final = object()


class BaseHandle(Generic[ResultT]):
    """What both twins know of their task."""

    def __init__(self, task: Task[ResultT]) -> None:
        self._task = task

    def __repr__(self) -> str:
        state = self._task.phase.value
        return f"<{type(self).__name__} of {self.task_type} {self.task_uuid}: {state}>"

    @property
    def request(self) -> TaskRequest[ResultT] | None:
        """The request; None where the handle was resumed without it."""
        return self._task.request

    @property
    def task_type(self) -> str:
        """The wire name of the task's type."""
        return self._task.task_type

    @property
    def task_uuid(self) -> str | None:
        """The task's `taskUUID`."""
        return self._task.task_uuid

    @property
    def progress(self) -> float | None:
        """How much is done, from 0 to 100, when last asked; None if nobody has said."""
        return self._task.progress

    @property
    def is_over(self) -> bool:
        """Whether all results are there, or the error that ended the task."""
        return self._task.is_over

    def _tell(self, stop: BaseException) -> None:
        """Leave the handle where it can be found when the program is interrupted."""
        if is_under_way(self._task):
            vars(stop)["handle"] = self
            stop.add_note(
                f"Runware may be at work on {self.task_type} {self.task_uuid}; its "
                "handle is in unfinished() of the client"
            )

    def to_json(self) -> str:
        """Return what another process needs to collect the task: a short JSON text.

        `resume` of a client takes it. It holds no key and no prompt.

        Raises:
            ValueError: The task has no `taskUUID` to ask for it by.
        """
        if not self._task.can_be_asked_for:
            raise ValueError(f"{self.task_type} tasks cannot be asked for later")
        wire = self._task.wire
        saved = {name: wire[name] for name in SAVED if name in wire}
        return json.dumps({"handle": VERSION, **saved})

    def _left(self, error: RunwareError | None) -> RunwareError:
        """The error that ended the task, or for which it is left as it stands."""
        task = self._task
        error = task.error if task.is_over else error
        if error is None:  # another waiter of this handle ran out of tries
            error = TimeoutError("the wait for this task was given up")
            error = error.about(task.task_type, task.task_uuid)
        error.results = [*task.results()] or error.results
        return error


class Handle(BaseHandle[ResultT]):
    """One task that can be left and taken up again. May be shared between threads."""

    def __init__(
        self,
        engine: Engine,
        task: Task[ResultT],
        answers: list[Answer] | None = None,
    ) -> None:
        super().__init__(task)
        self._engine = engine
        self._answers = answers
        self._lock = Lock()

    def submit(
        self, *, timeout: float | None = None, extra_headers: Headers = None
    ) -> Self:
        """Send the task, unless that is done; do not wait for its end.

        Args:
            timeout: The seconds after which it is given up; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Raises:
            RunwareError: The server did not take it; see `Runware.run`.
        """
        for _ in self._steps(timeout, extra_headers):
            if self._task.phase is Phase.ACCEPTED:
                return self
        return self

    def poll(self) -> bool:
        """Ask for the task once.

        Returns:
            Whether it is over. That it failed is told by `wait` and `results`.

        Raises:
            RunwareError: There was no answer that says.
        """
        if self._task.phase is not Phase.UNSENT:
            try:
                for _ in self._steps(None, None, ask_first=True):
                    break
            except RunwareError as error:
                if error is not self._task.error:
                    raise
        return self.is_over

    def wait(
        self, *, timeout: float | None = None, extra_headers: Headers = None
    ) -> list[ResultT]:
        """Wait for the task to be over; send it first, if that is not done.

        Args:
            timeout: The seconds after which the wait is given up; else the client's.
                The task goes on, and may be waited for again.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Returns:
            Its results.

        Raises:
            RunwareError: It failed, or was not over in time; see `Runware.run`.
        """
        for _ in self._steps(timeout, extra_headers):
            pass
        return self._task.results()

    def results(self, *, timeout: float | None = None) -> Iterator[ResultT]:
        """Give each result as soon as it is there; see `wait`."""
        given = 0
        try:
            for _ in self._steps(timeout, None):
                fresh = self._task.items[given:]
                given += len(fresh)
                yield from map(self._task.read, fresh)
        except RunwareError:
            yield from map(self._task.read, self._task.items[given:])
            raise

    def _steps(
        self, timeout: float | None, extra: Headers, *, ask_first: bool = False
    ) -> Iterator[None]:
        """Carry the task on until it is over; whoever else waits for it, waits.

        Raises:
            RunwareError: It failed, or was left.
        """
        task, engine = self._task, self._engine
        delivery = engine.delivery([task], timeout, ask_first=ask_first)
        steps = engine.carry(delivery, extra, self._answers)
        try:
            while not task.is_over:
                if not self._lock.acquire(timeout=delivery.seconds_left()):
                    break
                try:
                    if task.is_over or next(steps, END) is END:
                        break
                finally:
                    self._lock.release()
                yield
        except (KeyboardInterrupt, SystemExit) as stop:
            self._tell(stop)
            raise
        finally:
            steps.close()
        if not task.is_over or task.error is not None:
            error = self._left(delivery.error(task))
            if is_under_way(task):
                error.handle = self
            raise error


def saved_task(text: str, request: TaskRequest[Any] | None) -> Task[Any]:
    """Return the task of a handle's JSON text: one that has to be asked for.

    Args:
        text: What `to_json` of a handle gave.
        request: The task's request, with which it can be sent again if the server does
            not know it.

    Raises:
        ValueError: The text is not that of a handle, or of another task than the
            request.
    """
    wire = _saved(text)
    if request is None:
        return Task(wire, _reader(wire), None, phase=Phase.UNSURE)
    task = task_of(request)
    if task.task_uuid != wire["taskUUID"]:
        message = (
            f"the handle is of task {wire['taskUUID']}, and the request of "
            f"{task.task_uuid}: make the request with task_uuid={wire['taskUUID']!r}"
        )
        raise ValueError(message)
    task.phase = Phase.UNSURE
    return task


def _saved(text: str) -> Item:
    try:
        saved = json.loads(text)
    except ValueError:
        saved = None
    if not is_object(saved) or saved.pop("handle", None) != VERSION:
        raise ValueError("this is not the JSON text that a handle's to_json gives")
    if not isinstance(saved.get("taskType"), str) or not saved.get("taskUUID"):
        raise ValueError("this handle's JSON text names no taskType or no taskUUID")
    return saved


def _reader(wire: Item) -> Callable[[Item], TaskResult]:
    from ._base import TaskResult  # takes its time

    try:
        result = request_class(wire["taskType"], wire.get("model")).result
    except LookupError:
        result = TaskResult
    return lambda item: result.model_validate(dict(item))
