"""The tasks that a client has sent, and whose results the caller does not have yet."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from ..locks import ForkSafeLock
from .lifecycle import SENDINGS, Phase, TaskEvent
from .task import Task, Upload

MAX_LEFT = 10_000
"""Maximum number of remembered tasks without a caller; beyond it, the oldest goes."""


class OpenTasks:
    """Tasks from their first sending until the caller gets their results.

    It holds no requests, so it stays small. It is thread-safe.

    Attributes:
        lock: Held while the state of a task changes: several threads may send it, poll it
            or receive responses about it.
    """

    def __init__(self) -> None:
        self.lock: ForkSafeLock = ForkSafeLock()
        self._tasks: dict[str, Task[Any]] = {}
        self._left: OrderedDict[str, None] = OrderedDict()
        self._returned: OrderedDict[str, int] = OrderedDict()
        """The keys of tasks whose results a call has returned, each with its number."""
        self._returns: int = 0
        self._process = os.getpid()

    def take_over(self) -> None:
        """After a fork, end the sendings of the parent: this process has no responses."""
        with self.lock.native:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
            for task in self._tasks.values():
                if task.phase in SENDINGS:
                    task.apply(TaskEvent.UNCLEAR)

    def add(self, task: Task[Any]) -> None:
        """Add a task that is being sent; the caller gets no results of an upload."""
        if not task.is_pollable or isinstance(task, Upload):
            return
        with self.lock.native:
            self._tasks[task.key] = task
            self._left.pop(task.key, None)

    def expect(self, task: Task[Any]) -> None:
        """Record that a call begins that may send a task; see `begin`."""
        task.returns_before = self._returns

    def begin(
        self, task: Task[Any], now: float, *, resent_after: int | None = None
    ) -> bool:
        """Record that a task is being sent; return False if another call has sent it.

        Only one of several calls that run the same request at once sends it. The others
        poll it. This includes a call that waits to send it again after a rejection.
        """
        with self.lock.native:
            may_resend = task.phase is Phase.IN_DOUBT and task.sends == resent_after
            is_begun = task.phase is not Phase.UNSENT and not may_resend
            if is_begun or self.continue_earlier(task):
                return False
            # Another call has sent it and returned its results while this one waited.
            if self._returned.get(task.key, 0) > task.returns_before:
                task.resume(is_accepted=True)
                return False
            other = self._tasks.get(task.key, task)
            if other is not task and other.phase is Phase.UNSENT:  # it was rejected
                other.resume()
            self.add(task)
            task.note_sending(now)
            return True

    def continue_earlier(self, task: Task[Any]) -> bool:
        """Continue an unsent task if another call has sent one with its `taskUUID`.

        The results of that task are still to come, or no caller got them: the caller
        runs the same request again. It is polled then, and not sent. Returns whether there
        is such a task.
        """
        with self.lock.native:
            other = self._tasks.get(task.key)
            if other is None or other is task or not task.is_pollable:
                return False
            has_it = other.phase in (Phase.ACCEPTED, Phase.DONE)
            if task.sends and not has_it:  # it is sent again; the others poll it
                return False
            has_failed = other.is_done and other.error is not None
            if has_failed or other.phase is Phase.UNSENT:
                return False
            task.resume(is_accepted=has_it)
            task.first_sent = other.first_sent
            return True

    def leave(self, tasks: Iterable[Task[Any]]) -> None:
        """Record that no caller waits for these tasks any more; forget unsent ones."""
        with self.lock.native:
            for task in tasks:
                if task.phase is Phase.UNSENT:
                    task.sends = 0  # so that it continues a task of another call
                    if self._tasks.get(task.key) is task:
                        self._forget(task)
                    continue
                if task.may_be_billed and task.key not in self._tasks:
                    self.add(task)  # another call has ended without its results
                if task.key in self._tasks:
                    self._left[task.key] = None
            while len(self._left) > MAX_LEFT:
                del self._tasks[self._left.popitem(last=False)[0]]

    def close(self, tasks: Iterable[Task[Any]]) -> None:
        """Remove tasks whose results or failures the caller gets now.

        A call that failed, or sent nothing, does not remove the task of another call.
        """
        with self.lock.native:
            for task in tasks:
                has_results = task.is_done and task.error is None
                if has_results or self._tasks.get(task.key) is task:
                    self._forget(task)
                if has_results and task.is_pollable:
                    self._returns += 1
                    self._returned[task.key] = self._returns
                    if len(self._returned) > MAX_LEFT:
                        self._returned.popitem(last=False)

    def has_other(self, task: Task[Any]) -> bool:
        """Return whether another call has sent this task, or waits to send it again."""
        other = self._tasks.get(task.key, task)
        return other is not task and not other.is_done

    def _forget(self, task: Task[Any]) -> None:
        self._tasks.pop(task.key, None)
        self._left.pop(task.key, None)

    def tasks(self) -> list[Task[Any]]:
        """Return the tasks, oldest first."""
        with self.lock.native:
            return [t for t in self._tasks.values() if t.phase is not Phase.UNSENT]

    def __contains__(self, task_uuid: object) -> bool:
        return isinstance(task_uuid, str) and task_uuid.casefold() in self._tasks
