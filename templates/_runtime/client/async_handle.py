"""Handles of tasks for an event loop; the async version of `handle`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Self

from ..delivery.lifecycle import Phase
from ..event_loops import running_loop
from ..exceptions import RunwareError
from ..schema.generics import ResultT_co
from ..timeouts import MAX_POLL
from .handle import BaseHandle
from .watch import OnProgress, OnResult, Watch

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from ..delivery.delivery import Delivery
    from ..transport.endpoint import Headers
    from .async_engine import AsyncEngine  # noqa: F401 - its base names it


class AsyncHandle(BaseHandle[ResultT_co, "AsyncEngine"]):
    """The handle of a task; the async version of `Handle`."""

    async def submit(
        self, *, timeout: float | None = None, extra_headers: Headers = None
    ) -> Self:
        """Send the task if it is not sent yet; see `Handle.submit`."""
        try:
            async with aclosing(self._steps(timeout, extra_headers)) as steps:
                async for _ in steps:
                    if self._task.phase is Phase.ACCEPTED:
                        break
        except BaseException as stop:
            self.attach_to(stop)
            raise
        return self

    async def poll(self, *, timeout: float | None = None) -> bool:
        """Poll the task once; see `Handle.poll`."""
        limit = min(self._engine.timeout, MAX_POLL) if timeout is None else timeout
        if self._task.phase not in (Phase.UNSENT, Phase.DONE):
            try:
                async with aclosing(self._steps(limit, None, polls_now=True)) as steps:
                    async for delivery in steps:
                        if delivery.has_posted(self._task):
                            self._check_answer(delivery)
                            break
            except BaseException as stop:
                if self._task.is_done and isinstance(stop, RunwareError):
                    return True
                self.attach_to(stop)
                raise
        return self.is_over

    async def wait(
        self,
        *,
        timeout: float | None = None,
        extra_headers: Headers = None,
        on_result: OnResult[ResultT_co] = None,
        on_progress: OnProgress = None,
    ) -> list[ResultT_co]:
        """Wait until the task is done; see `Handle.wait`."""
        watch = Watch([self._task], on_result, on_progress)
        try:
            async for delivery in self._steps(timeout, extra_headers):
                watch.update(delivery)
            watch.update()
            results = self._task.results()
            self._hand_over()
        except BaseException as stop:
            self.attach_to(stop)
            raise
        return results

    async def results(
        self, *, timeout: float | None = None
    ) -> AsyncIterator[ResultT_co]:
        """Yield each result as soon as it arrives; see `Handle.results`."""
        given = 0
        try:
            async with aclosing(self._steps(timeout, None)) as steps:
                async for delivery in steps:
                    fresh = self._task.items[given:]
                    given += len(fresh)
                    with delivery.schedule.paused():
                        for item in fresh:
                            yield self._task.read(item)
            for item in self._task.items[given:]:
                yield self._task.read(item)
            self._hand_over()
        except BaseException as stop:
            self.attach_to(stop)
            if isinstance(stop, RunwareError):
                for item in self._task.items[given:]:
                    yield self._task.read(item)
            raise

    async def _steps(
        self, timeout: float | None, extra: Headers, *, polls_now: bool = False
    ) -> AsyncGenerator[Delivery[ResultT_co]]:
        """Send and poll the task until it is done; see `Handle`."""
        running_loop()  # raises on event loops other than asyncio's
        await asyncio.sleep(0)  # lets other tasks run, even with a timeout of 0
        task, engine = self._task, self._engine
        given = [] if task.is_done else [self._given]
        delivery = engine.delivery(given, timeout, polls_now=polls_now)
        steps = engine.run(delivery, extra, self._answers)
        try:
            async for _ in steps:
                yield delivery
        finally:
            await steps.aclose()
            if task.is_done:
                engine.open_tasks.abandon([task])
        self._raise_failure(delivery)
