"""Handles of tasks: results are collected later, here or in another process."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any, Generic
from uuid import UUID

from ..delivery.lifecycle import Phase
from ..delivery.task import SAVED, Submission, Task, submission_of, task_of
from ..exceptions import RunwareError, SavedHandle, TimeoutError
from ..json_values import is_object
from ..schema.generics import ResultT
from ..timeouts import MAX_POLL, given_timeout
from ..transport.items import COUNTS, READ_ONLY
from .documents import request_class
from .watch import OnProgress, OnResult, Watch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import Self

    from ..delivery.delivery import Delivery
    from ..schema.base import TaskRequest, TaskResult
    from ..transport.api_key import ApiKey
    from ..transport.envelope import Answer, Item
    from ..transport.http import Headers
    from .engine import BaseEngine, Engine

VERSION = 1
"""The version of the JSON text of a handle."""


class BaseHandle(Generic[ResultT]):
    """What both twins know of their task."""

    def __init__(
        self, engine: BaseEngine, given: Submission[ResultT] | Task[ResultT]
    ) -> None:
        self._given = given
        self._task = given.task if isinstance(given, Submission) else given
        self._base = engine

    def __repr__(self) -> str:
        state = self._task.phase.value
        return f"<{type(self).__name__} of {self.task_type} {self.task_uuid}: {state}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what another process can use: a `SavedHandle`."""
        saved = (self.task_type, str(self.task_uuid), self.to_json())
        return SavedHandle, saved

    @property
    def request(self) -> TaskRequest[ResultT] | None:
        """The request; None where the handle was made without it."""
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
        """How much is done, from 0 to 100, when last polled; None if nobody has said."""
        return self._task.progress

    @property
    def is_over(self) -> bool:
        """Whether all results are there, or the error that ended the task."""
        return self._task.is_done

    def to_json(self) -> str:
        """Return what another process needs to collect the task: a short JSON text.

        `resume` of a client takes it. It has no prompt, and of the key only a digest.

        Raises:
            ValueError: The task has no `taskUUID` to poll it by.
        """
        task = self._task
        if task.task_uuid is None or not task.is_pollable:
            raise ValueError(f"{self.task_type} tasks cannot be polled later")
        key = self._base.endpoint.key.fingerprint(task.task_uuid)
        return json.dumps({"handle": VERSION, **task.wire, "key": key})

    def _check_answer(self, delivery: Delivery[ResultT]) -> None:
        """Raise why a poll told nothing, or why the task is left."""
        task = self._task
        error = delivery.error(task) or delivery.trouble(task)
        if error is not None and not task.is_done:
            error = error.about(task.task_type, task.task_uuid)
            error.results = [*task.results()] or error.results
            raise error

    def leave(self, stop: BaseException) -> None:
        """Put the handle into what leaves a call, if the task may be billed."""
        if isinstance(stop, RunwareError) and not self._task.may_be_billed:
            self._base.open_tasks.close([self._task])
        self._base.give_handle(stop, self._given)

    def _hand_over(self) -> None:
        """Forget the task, if it is over: the caller gets its results now."""
        if self._task.is_done:
            self._base.open_tasks.close([self._task])

    def _raise_failure(self, delivery: Delivery[ResultT]) -> None:
        """Raise why the task failed or was left, if it did not finish."""
        task = self._task
        error = task.error if task.is_done else delivery.error(task)
        if error is None and task.is_done:
            return
        if error is None:  # another caller has the handle
            error = TimeoutError("the time ran out while another call waited for it")
            error = error.about(task.task_type, task.task_uuid)
        error.results = [*task.results()] or error.results
        raise error


class Handle(BaseHandle[ResultT]):
    """One task that can be left and taken up again.

    Threads may share it: one carries the task on, and the others wait for it.
    """

    def __init__(
        self,
        engine: Engine,
        given: Submission[ResultT] | Task[ResultT],
        answers: list[Answer] | None = None,
    ) -> None:
        super().__init__(engine, given)
        self._engine = engine
        self._answers = answers

    def submit(
        self, *, timeout: float | None = None, extra_headers: Headers = None
    ) -> Self:
        """Send the task, unless it was sent before; return when the server has it.

        Args:
            timeout: The seconds within which the server has to take it; else the
                client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Raises:
            RunwareError: The server did not take it, or did not say so in time; see
                `Runware.run`.
        """
        try:
            with closing(self._steps(timeout, extra_headers)) as steps:
                for _ in steps:
                    if self._task.phase is Phase.ACCEPTED:
                        break
            self._hand_over()
        except BaseException as stop:
            self.leave(stop)
            raise
        return self

    def poll(self, *, timeout: float | None = None) -> bool:
        """Poll the task once; one that is not sent yet is not polled.

        Args:
            timeout: The seconds that the poll may take; else the client's, at most 30.

        Returns:
            Whether the task is over: `wait` then returns its results or raises its
            failure at once.

        Raises:
            RunwareError: The poll had no answer, or none that tells.
        """
        limit = min(self._engine.timeout, MAX_POLL) if timeout is None else timeout
        if self._task.phase not in (Phase.UNSENT, Phase.DONE):
            try:
                with closing(self._steps(limit, None, polls_now=True)) as steps:
                    for delivery in steps:
                        self._check_answer(delivery)
                        break
            except BaseException as stop:
                if self._task.is_done and stop is self._task.error:
                    return True
                self.leave(stop)
                raise
        return self.is_over

    def wait(
        self,
        *,
        timeout: float | None = None,
        extra_headers: Headers = None,
        on_result: OnResult[ResultT] = None,
        on_progress: OnProgress = None,
    ) -> list[ResultT]:
        """Wait for the task to be over; send it first, if it was not sent before.

        Args:
            timeout: The seconds after which the wait is given up; else the client's.
                The task goes on at the server, and may be waited for again.
            extra_headers: HTTP headers to send besides, or in place of, the client's.
            on_result: Is called with each result; see `Runware.run`.
            on_progress: Is called with the percentage that is done.

        Returns:
            Its results.

        Raises:
            RunwareError: It failed, or was not over in time; see `Runware.run`.
            ValueError: The timeout is no number of seconds above 0.
        """
        watch = Watch([self._task], on_result, on_progress)
        try:
            for delivery in self._steps(timeout, extra_headers):
                watch.note(delivery)
            watch.note()
            results = self._task.results()
            self._hand_over()
        except BaseException as stop:
            self.leave(stop)
            raise
        return results

    def results(self, *, timeout: float | None = None) -> Iterator[ResultT]:
        """Give each result as soon as it is there; see `wait`.

        The time that the caller takes between two results does not count.
        """
        given = 0
        try:
            for delivery in self._steps(timeout, None):
                fresh = self._task.items[given:]
                given += len(fresh)
                began = self._engine.settings.clock()
                yield from map(self._task.read, fresh)
                delivery.extend(self._engine.settings.clock() - began)
            yield from map(self._task.read, self._task.items[given:])
            self._hand_over()
        except BaseException as stop:
            self.leave(stop)
            if isinstance(stop, RunwareError):
                yield from map(self._task.read, self._task.items[given:])
            raise

    def _steps(
        self, timeout: float | None, extra: Headers, *, polls_now: bool = False
    ) -> Generator[Delivery[ResultT]]:
        """Carry the task on until it is over; whoever else waits for it, waits.

        Raises:
            RunwareError: It failed, or was left.
        """
        task, engine = self._task, self._engine
        given = [] if task.is_done else [self._given]
        delivery = engine.delivery(given, given_timeout(timeout), polls_now=polls_now)
        lock = engine.lock_of(task)
        steps = engine.run(delivery, extra, self._answers)
        try:
            while not task.is_done:
                try:
                    if not lock.acquire(timeout=delivery.seconds_left()):
                        break
                    if task.is_done or next(steps, False) is False:
                        break
                except BaseException:
                    delivery.abandon()  # before the next one takes the task on
                    raise
                finally:
                    # Not `suppress`, at whose beginning a signal may be handled.
                    try:
                        lock.release()
                    except RuntimeError:  # it was not acquired
                        pass
                yield delivery
        finally:
            steps.close()
        self._raise_failure(delivery)


def saved_task(
    text: str, request: TaskRequest[Any] | None, key: ApiKey
) -> Submission[Any] | Task[Any]:
    """Return the task of a handle's JSON text: one that has to be polled.

    Args:
        text: What `to_json` of a handle gave.
        request: The task's request, with which it can be sent again where the policy
            `resend` allows that, and the key is the one it was sent with.
        key: The key of the client.

    Raises:
        ValueError: The text is not that of a handle, or of another task than the
            request.
    """
    wire = _saved(text)
    fingerprint = wire.pop("key", None)
    if request is None:
        return _in_doubt(task_of(wire, _result_class(wire), wire.get("deliveryMethod")))
    submission = submission_of(request)
    if submission.task.task_uuid != wire["taskUUID"]:
        message = (
            f"the handle is of task {wire['taskUUID']}, and the request of "
            f"{submission.task.task_uuid}: make the request with "
            f"task_uuid={wire['taskUUID']!r}"
        )
        raise ValueError(message)
    if delivery := wire.get("deliveryMethod"):  # submit has chosen it
        submission.wire["deliveryMethod"] = delivery
        submission.task.is_async = delivery == "async"
    _in_doubt(submission.task)
    submission.task.allows_resend = fingerprint == key.fingerprint(wire["taskUUID"])
    return submission


def _in_doubt(task: Task[Any]) -> Task[Any]:
    task.phase = Phase.IN_DOUBT
    task.sends = 1
    return task


def _saved(text: str) -> Item:
    """Return the members that a handle's JSON text has, and no others."""
    try:
        saved = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        saved = None
    if not is_object(saved) or saved.get("handle") != VERSION:
        raise ValueError("this is not the JSON text that a handle's to_json gives")
    wire = {name: saved[name] for name in (*SAVED, "key") if name in saved}
    wrong = [name for name in wire if not _is_good(name, wire[name])]
    missing = {"taskType", "taskUUID"} - wire.keys()
    if wrong or missing:
        names = ", ".join([*wrong, *sorted(missing)])
        raise ValueError(f"this handle's JSON text has no right value for: {names}")
    if wire["taskType"] in READ_ONLY or wire["taskType"] == "authentication":
        message = f"this handle's JSON text names {wire['taskType']}, which is no task"
        raise ValueError(message)
    return wire


def _is_good(name: str, value: object) -> bool:
    if name in COUNTS:
        return type(value) is int and value >= 1
    if not isinstance(value, str) or not value:
        return False
    if name == "taskUUID":
        try:
            return bool(UUID(value))
        except ValueError:
            return False
    return len(value) <= 1000


def _result_class(wire: Item) -> type[TaskResult]:
    from ..schema.base import TaskResult  # takes its time

    try:
        return request_class(wire["taskType"], wire.get("model")).result
    except LookupError:
        return TaskResult
