"""Calls `on_result` and `on_progress` during a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any, Generic, TypeAlias

from ..delivery.delivery import Delivery
from ..delivery.events import call_back, check_callback
from ..delivery.task import Task
from ..schema.generics import ResultT

OnResult: TypeAlias = Callable[[ResultT], object] | None
OnProgress: TypeAlias = Callable[[float], object] | None


class Watch(Generic[ResultT]):
    """Calls `on_result` and `on_progress` of one call.

    Exceptions that they raise are logged and otherwise ignored: the tasks are paid for.
    """

    def __init__(
        self,
        tasks: Iterable[Task[ResultT]],
        on_result: OnResult[ResultT],
        on_progress: OnProgress,
    ) -> None:
        """Create a watch.

        Raises:
            TypeError: One of the callbacks is an async function.
        """
        check_callback("on_result", on_result)
        check_callback("on_progress", on_progress)
        has_callback = on_result is not None or on_progress is not None
        self._tasks = dict.fromkeys(tasks if has_callback else (), 0)
        self._count = len(self._tasks)
        self._on_result = on_result
        self._on_progress = on_progress
        self._progress = 0.0

    def update(self, delivery: Delivery[Any] | None = None) -> None:
        """Call the callbacks with new results and progress.

        The time that they take does not count for the delivery.
        """
        if not self._tasks:
            return
        with delivery.schedule.paused() if delivery else nullcontext():
            if self._on_result is not None:
                self._note_results(self._on_result)
            if self._on_progress is not None:
                self._note_progress(self._on_progress)
        # A task that is done is not kept: the caller may let go of it.
        self._tasks = {t: given for t, given in self._tasks.items() if not t.is_done}

    def _note_results(self, callback: Callable[[ResultT], object]) -> None:
        for task, given in self._tasks.items():
            fresh = task.items[given:]
            self._tasks[task] = given + len(fresh)
            for item in fresh:
                call_back("on_result", callback, task.read(item))

    def _note_progress(self, callback: Callable[[float], object]) -> None:
        done = [100.0 if t.is_done else t.progress or 0.0 for t in self._tasks]
        ended = self._count - len(self._tasks)
        progress = (sum(done) + 100.0 * ended) / self._count
        if progress > self._progress:
            self._progress = progress
            call_back("on_progress", callback, progress)
