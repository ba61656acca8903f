"""Handles of tasks of an event loop; see `_handle`."""

from __future__ import annotations

import asyncio
import builtins
from contextlib import aclosing
from typing import TYPE_CHECKING

from ._engine import is_under_way
from ._exceptions import RunwareError
from ._generics import ResultT
from ._handle import END, BaseHandle
from ._task import Phase

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from typing import Self

    from ._async_engine import AsyncEngine
    from ._envelope import Answer
    from ._task import Task
    from ._transport import Headers


class AsyncHandle(BaseHandle[ResultT]):
    """One task that can be left and taken up again; the twin of `Handle`."""

    def __init__(
        self,
        engine: AsyncEngine,
        task: Task[ResultT],
        answers: list[Answer] | None = None,
    ) -> None:
        super().__init__(task)
        self._engine = engine
        self._answers = answers
        self._lock = asyncio.Lock()

    async def submit(
        self, *, timeout: float | None = None, extra_headers: Headers = None
    ) -> Self:
        """Send the task, unless that is done; see `Handle.submit`."""
        async with aclosing(self._steps(timeout, extra_headers)) as steps:
            async for _ in steps:
                if self._task.phase is Phase.ACCEPTED:
                    return self
        return self

    async def poll(self) -> bool:
        """Ask for the task once; see `Handle.poll`."""
        if self._task.phase is not Phase.UNSENT:
            try:
                async with aclosing(self._steps(None, None, ask_first=True)) as steps:
                    async for _ in steps:
                        break
            except RunwareError as error:
                if error is not self._task.error:
                    raise
        return self.is_over

    async def wait(
        self, *, timeout: float | None = None, extra_headers: Headers = None
    ) -> list[ResultT]:
        """Wait for the task to be over; see `Handle.wait`."""
        async for _ in self._steps(timeout, extra_headers):
            pass
        return self._task.results()

    async def results(self, *, timeout: float | None = None) -> AsyncIterator[ResultT]:
        """Give each result as soon as it is there; see `Handle.wait`."""
        given = 0
        try:
            async with aclosing(self._steps(timeout, None)) as steps:
                async for _ in steps:
                    fresh = self._task.items[given:]
                    given += len(fresh)
                    for item in fresh:
                        yield self._task.read(item)
        except RunwareError:
            for item in self._task.items[given:]:
                yield self._task.read(item)
            raise

    async def _steps(
        self, timeout: float | None, extra: Headers, *, ask_first: bool = False
    ) -> AsyncGenerator[None]:
        """Carry the task on until it is over; see `Handle`."""
        task, engine = self._task, self._engine
        delivery = engine.delivery([task], timeout, ask_first=ask_first)
        steps = engine.carry(delivery, extra, self._answers)
        try:
            while not task.is_over:
                try:
                    async with asyncio.timeout(delivery.seconds_left()):
                        await self._lock.acquire()
                except builtins.TimeoutError:
                    break
                try:
                    if task.is_over or await anext(steps, END) is END:
                        break
                finally:
                    self._lock.release()
                yield
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit) as stop:
            self._tell(stop)
            raise
        finally:
            await steps.aclose()
        if not task.is_over or task.error is not None:
            error = self._left(delivery.error(task))
            if is_under_way(task):
                error.handle = self
            raise error
