"""Handles of tasks, to collect results later, in this process or another."""

from __future__ import annotations

import json
from contextlib import closing
from copy import copy
from typing import TYPE_CHECKING, Any, Generic

from ..delivery.lifecycle import Phase
from ..delivery.submission import Submission
from ..exceptions import RunwareError
from ..schema.generics import ResultT_co
from ..timeouts import MAX_POLL
from .base_engine import EngineT, task_of
from .watch import OnProgress, OnResult, Watch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import Self

    from ..delivery.delivery import Delivery
    from ..delivery.task import Task
    from ..schema.requests import TaskRequest
    from ..transport.endpoint import Headers
    from ..transport.envelope import Answer
    from .base_engine import Deliverable
    from .engine import Engine  # noqa: F401 - `Handle` names it in its base

FORMAT_VERSION = 1
"""The version of the JSON text of a handle."""


class BaseHandle(Generic[ResultT_co, EngineT]):
    """The parts that `Handle` and `AsyncHandle` share."""

    def __init__(
        self,
        engine: EngineT,
        given: Deliverable[ResultT_co],
        answers: list[Answer] | None = None,
    ) -> None:
        self._engine = engine
        if isinstance(given, Submission):
            given = engine.joined(given)
        else:
            given = engine.open_tasks.shared(given)
        self._given: Deliverable[ResultT_co] = given
        self._task: Task[ResultT_co] = task_of(given)
        self._answers = answers

    def __repr__(self) -> str:
        state = self._task.phase.value
        return f"<{type(self).__name__} of {self.task_type} {self.task_uuid}: {state}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as a `SavedHandle`, which needs no client."""
        from ..saved_handle import SavedHandle  # only pickles need it

        return SavedHandle, (self.task_type, str(self.task_uuid), self.to_json())

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    @property
    def request(self) -> TaskRequest[ResultT_co] | None:
        """The request; None if the handle was created without it."""
        return self._given.request if isinstance(self._given, Submission) else None

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
        """The percentage that is done, from 0 to 100, at the last poll; None if unknown."""
        return self._task.progress

    @property
    def is_over(self) -> bool:
        """Whether the task has all its results, or has failed."""
        return self._task.is_done

    def to_json(self) -> str:
        """Return a short JSON text with which another process can collect the task.

        Pass it to `resume` of a client. It contains a digest of the API key, and neither
        the key nor the prompt.

        Raises:
            ValueError: The task has no `taskUUID`, so it cannot be polled.
        """
        task = self._task
        if task.task_uuid is None or not task.is_pollable:
            raise ValueError(f"{self.task_type} tasks cannot be polled later")
        key = self._engine.endpoint.key.fingerprint(task.task_uuid)
        return json.dumps({"handle": FORMAT_VERSION, **task.wire, "key": key})

    def _check_answer(self, delivery: Delivery[ResultT_co]) -> None:
        """Raise the error of a poll without a response, or of a task that is given up."""
        task = self._task
        error = delivery.error(task) or delivery.trouble(task)
        if error is not None and not task.is_done:
            error = error.about(task.task_type, task.task_uuid)
            error.results = [*task.results()] or error.results
            raise error

    def attach_to(self, stop: BaseException) -> None:
        """Attach the handle to an exception of a call, if the task may be billed."""
        if isinstance(stop, RunwareError) and not self._task.is_collectable:
            self._engine.open_tasks.close([self._task])
        self._engine.give_handle(stop, self._given)

    def _hand_over(self) -> None:
        """Remove the task, which is done, from `unfinished()`."""
        self._given.is_returned = True
        self._engine.open_tasks.close([self._task])

    def _raise_failure(self, delivery: Delivery[ResultT_co]) -> None:
        """Raise the error of the task if it failed or was given up."""
        task = self._task
        if (failure := delivery.error(task)) is not None:
            error = copy(failure)  # calls that share the task raise their own
            error.results = [*task.results()] or error.results
            raise error


class Handle(BaseHandle[ResultT_co, "Engine"]):
    """The handle of a task: submit it, poll it, and collect its results later.

    It is thread-safe: one of the threads that wait for a task sends it.
    """

    def submit(
        self, *, timeout: float | None = None, extra_headers: Headers = None
    ) -> Self:
        """Send the task if it is not sent yet; return when the server has accepted it.

        Args:
            timeout: The seconds within which the task must be accepted.
                Default: that of the client.
            extra_headers: HTTP headers, beside or instead of those of the client.

        Raises:
            RunwareError: The server did not accept it, or did not respond in time; see
                `Runware.run`.
        """
        try:
            with closing(self._steps(timeout, extra_headers)) as steps:
                for _ in steps:
                    if self._task.phase is Phase.ACCEPTED:
                        break
        except BaseException as stop:
            self.attach_to(stop)
            raise
        return self

    def poll(self, *, timeout: float | None = None) -> bool:
        """Poll the task once. An unsent task is not polled.

        Args:
            timeout: The timeout of the poll in seconds.
                Default: the timeout of the client, at most 30.

        Returns:
            Whether the task is done. Then `wait` returns its results or raises its
            failure immediately.

        Raises:
            RunwareError: The poll had no response, or one without information about the
                task.
        """
        limit = min(self._engine.timeout, MAX_POLL) if timeout is None else timeout
        if self._task.phase not in (Phase.UNSENT, Phase.DONE):
            try:
                with closing(self._steps(limit, None, polls_now=True)) as steps:
                    for delivery in steps:
                        if delivery.has_posted(self._task):
                            self._check_answer(delivery)
                            break
            except BaseException as stop:
                if self._task.is_done and isinstance(stop, RunwareError):
                    return True
                self.attach_to(stop)
                raise
        return self.is_over

    def wait(
        self,
        *,
        timeout: float | None = None,
        extra_headers: Headers = None,
        on_result: OnResult[ResultT_co] = None,
        on_progress: OnProgress = None,
    ) -> list[ResultT_co]:
        """Wait until the task is done; send it first if it is not sent yet.

        Args:
            timeout: The seconds until waiting is given up. Default: that of the client.
                The task continues on the server; you can call `wait` again.
            extra_headers: HTTP headers, beside or instead of those of the client.
            on_result: Called with each result; see `Runware.run`.
            on_progress: Called with the percentage that is done.

        Returns:
            The results.

        Raises:
            RunwareError: The task failed, or was not done in time; see `Runware.run`.
            ValueError: The timeout is not a number of seconds above 0.
        """
        watch = Watch([self._task], on_result, on_progress)
        try:
            for delivery in self._steps(timeout, extra_headers):
                watch.update(delivery)
            watch.update()
            results = self._task.results()
            self._hand_over()
        except BaseException as stop:
            self.attach_to(stop)
            raise
        return results

    def results(self, *, timeout: float | None = None) -> Iterator[ResultT_co]:
        """Yield each result as soon as it arrives; see `wait`.

        The timeout does not include the time that the caller takes between results.
        """
        given = 0
        try:
            for delivery in self._steps(timeout, None):
                fresh = self._task.items[given:]
                given += len(fresh)
                with delivery.schedule.paused():
                    yield from map(self._task.read, fresh)
            yield from map(self._task.read, self._task.items[given:])
            self._hand_over()
        except BaseException as stop:
            self.attach_to(stop)
            if isinstance(stop, RunwareError):
                yield from map(self._task.read, self._task.items[given:])
            raise

    def _steps(
        self, timeout: float | None, extra: Headers, *, polls_now: bool = False
    ) -> Generator[Delivery[ResultT_co]]:
        """Send and poll the task until it is done.

        Raises:
            RunwareError: The task failed, or was given up.
        """
        task, engine = self._task, self._engine
        given = [] if task.is_done else [self._given]
        delivery = engine.delivery(given, timeout, polls_now=polls_now)
        steps = engine.run(delivery, extra, self._answers)
        try:
            for _ in steps:
                yield delivery
        finally:
            steps.close()
            if task.is_done:
                engine.open_tasks.abandon([task])
        self._raise_failure(delivery)
