"""The tasks that a client has sent, and whose results the caller does not have yet."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ..locks import ForkSafeLock
from .lifecycle import SENDINGS, Phase, TaskEvent
from .task import Task, Upload

if TYPE_CHECKING:
    from .submission import Submission

MAX_ABANDONED = 10_000
"""Maximum number of remembered tasks without a caller; beyond it, the oldest goes."""


class OpenTasks:
    """Tasks from their first sending until the caller gets their results.

    It holds no requests, so it stays small. It is thread-safe. All calls and handles with
    the same `taskUUID` share one task: only one of them sends it.

    Attributes:
        lock: Held while the state of a task changes: several threads may send it, poll it
            or receive responses about it.
    """

    def __init__(self) -> None:
        self.lock: ForkSafeLock = ForkSafeLock()
        self._tasks: dict[str, Task[Any]] = {}
        self._abandoned: OrderedDict[str, None] = OrderedDict()
        self._shared: WeakValueDictionary[str, Task[Any]] = WeakValueDictionary()
        """The tasks of running calls and of handles, also those that are not sent."""
        self._process = os.getpid()

    def take_over(self) -> None:
        """After a fork, end the sendings and polls of the parent: their responses go there."""
        with self.lock.native:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
            for task in [*self._shared.values(), *self._tasks.values()]:
                task.answer_by = 0.0
                if task.phase in SENDINGS:
                    task.apply(TaskEvent.UNCLEAR)
                    task.due = 0.0

    def shared(self, task: Task[Any]) -> Task[Any]:
        """Return the task of other calls with the same `taskUUID`; this one without any.

        A request that is run again after a call has returned its results, or after it has
        failed, is another task.
        """
        if task.is_done or not task.is_pollable:
            return task
        with self.lock.native:
            other = self._tasks.get(task.key) or self._shared.get(task.key)
            if other is None or (other.is_done and other.error is not None):
                self._shared[task.key] = task
                return task
            if task.phase is Phase.IN_DOUBT:  # another process may have sent it
                other.resume()
                other.allows_resend &= task.allows_resend
            return other

    def add(self, task: Task[Any]) -> None:
        """Add a task that is being sent, unless it is an upload, which has no caller."""
        if not task.is_pollable or isinstance(task, Upload):
            return
        with self.lock.native:
            self._tasks[task.key] = task
            self._abandoned.pop(task.key, None)

    def begin(self, submission: Submission[Any], now: float) -> None:
        """Record that a task is being sent."""
        with self.lock.native:
            self.add(submission.task)
            self._shared[submission.task.key] = submission.task  # also an upload
            submission.task.note_sending(now, submission)

    def abandon(self, tasks: Iterable[Task[Any]]) -> None:
        """Record that no caller waits for these tasks any more; forget unsent ones."""
        with self.lock.native:
            for task in tasks:
                if task.phase is Phase.UNSENT:
                    task.sends = 0  # the next call begins anew
                    self._forget(task)
                    continue
                if task.may_be_billed and task.key not in self._tasks:
                    self.add(task)  # it is resumed, or was forgotten meanwhile
                if task.key in self._tasks:
                    self._abandoned[task.key] = None
            while len(self._abandoned) > MAX_ABANDONED:
                del self._tasks[self._abandoned.popitem(last=False)[0]]

    def close(self, tasks: Iterable[Task[Any]]) -> None:
        """Remove tasks whose results or failures the caller gets now.

        A task that another call has sent meanwhile stays.
        """
        with self.lock.native:
            for task in tasks:
                if not task.may_be_billed:
                    self._forget(task)
                if task.is_done and self._shared.get(task.key) is task:
                    del self._shared[task.key]

    def _forget(self, task: Task[Any]) -> None:
        if self._tasks.get(task.key) is task:
            del self._tasks[task.key]
            self._abandoned.pop(task.key, None)

    def tasks(self) -> list[Task[Any]]:
        """Return the tasks, oldest first."""
        with self.lock.native:
            tasks = [*self._tasks.values()]  # first: a signal may be handled in a loop
        return [t for t in tasks if t.phase is not Phase.UNSENT]

    def __contains__(self, task_uuid: object) -> bool:
        return isinstance(task_uuid, str) and task_uuid.casefold() in self._tasks
