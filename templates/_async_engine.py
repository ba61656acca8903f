"""Carries deliveries through to their end, for the tasks of an event loop."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from ._async_stream import AsyncStream
from ._calls import Kind, Settings
from ._engine import BaseEngine, unwatched, whole
from ._exceptions import RunwareError
from ._questions import Rounds, late
from ._task import Phase, requested
from ._transport import NEVER_SENT

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AbstractAsyncContextManager

    import httpx2

    from ._async_transport import AsyncTransport
    from ._calls import Call
    from ._delivery import Delivery
    from ._engine import OnEnd
    from ._envelope import Answer, Envelope
    from ._generics import ResultT
    from ._task import Task
    from ._transport import Endpoint, Headers


class AsyncEngine(BaseEngine):
    """Carries deliveries for the tasks of an event loop."""

    def __init__(
        self,
        transport: AsyncTransport,
        endpoint: Endpoint,
        settings: Settings,
        timeout: float,
    ) -> None:
        super().__init__(endpoint, settings, timeout)
        self.transport = transport
        self._questions = AsyncQuestions(transport)

    async def carry(
        self,
        delivery: Delivery[ResultT],
        extra: Headers = None,
        answers: list[Answer] | None = None,
    ) -> AsyncGenerator[None]:
        """Carry a delivery on; see `Engine.carry`. Calls may be under way together."""
        if extra and not self.transport.takes_headers:
            message = (
                "extra_headers cannot be sent over an open WebSocket: leave them out, "
                "or use a client with transport='http'"
            )
            raise ValueError(message)
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                calls = [*iter(delivery.next_call, None)]
                if len(calls) == 1 and not running:
                    await self._perform(delivery, calls[0], extra, answers)
                elif calls or running:
                    work = [self._perform(delivery, c, extra, answers) for c in calls]
                    running |= {*map(asyncio.create_task, work)}
                    first = asyncio.FIRST_COMPLETED
                    done, running = await asyncio.wait(running, return_when=first)
                    for each in done:
                        each.result()
                else:
                    break
                yield
        finally:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            self.note(delivery)

    async def _perform(
        self,
        delivery: Delivery[ResultT],
        call: Call[ResultT],
        extra: Headers,
        answers: list[Answer] | None,
    ) -> None:
        if wait := call.wait:
            await asyncio.sleep(wait)
        try:
            envelope = await self._exchange(call, extra)
        except RunwareError as error:
            delivery.fail(call, error)
        else:
            if answers is not None:
                answers.append(envelope.answer)
            delivery.receive(call, envelope)

    def stream(
        self, task: Task[ResultT], timeout: float, extra: Headers, on_end: OnEnd
    ) -> AsyncStream[ResultT]:
        """Return the stream of a task; it is sent when the stream is read."""
        return AsyncStream(
            requested(task),
            task.wire,
            partial(self._open, task, timeout, extra),
            endpoint=self._endpoint,
            errors=self._errors(task),
            deadline=time.monotonic() + timeout,
            on_end=on_end,
        )

    def _open(
        self, task: Task[Any], timeout: float, extra: Headers
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        if task.phase is not Phase.UNSENT:  # its delivery tries again
            return self.transport.open(task.encoded(), timeout, extra)
        return self._opened(task, timeout, extra)

    @asynccontextmanager
    async def _opened(
        self, task: Task[Any], timeout: float, extra: Headers
    ) -> AsyncGenerator[httpx2.Response]:
        """Open a stream; send again what the server surely has not taken."""
        patience = self.patience(task, timeout)
        if task.waits:
            with self.uploading(task, patience.seconds_left()) as delivery:
                async for _ in self.carry(delivery, extra):
                    pass
        task.note_sending()
        while True:
            async with AsyncExitStack() as stack:
                try:
                    opening = self.transport.open(
                        task.encoded(), patience.seconds_left(), extra
                    )
                    response = await stack.enter_async_context(opening)
                except NEVER_SENT:
                    if not patience.lets_try_again():
                        raise
                else:
                    if not patience.lets_try_again(response):
                        yield response
                        return
            await asyncio.sleep(patience.pause)

    async def _exchange(self, call: Call[Any], extra: Headers) -> Envelope:
        if call.is_stream:
            [task] = call.tasks
            stream = self.stream(task, call.timeout, extra, unwatched)
            result = await stream.get_result()
            return whole(result.to_wire())
        if call.kind is Kind.ASK and extra is None:
            return await self._questions.ask(call.parts, call.timeout)
        return await self.transport.post(call.parts, call.timeout, extra)


class AsyncQuestions:
    """Asks for the tasks of an event loop."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self._rounds = Rounds()
        self._turn = asyncio.Lock()

    async def ask(self, parts: list[bytes], timeout: float) -> Envelope:
        """Ask, together with whoever else does; see `Questions.ask`."""
        mine = self._rounds.join(parts)
        try:
            async with asyncio.timeout(timeout):
                await self._turn.acquire()
        except TimeoutError:
            raise late() from None
        try:
            if mine.outcome is None:
                self._rounds.close(mine)
                try:
                    envelope = await self._transport.post(mine.parts, timeout, None)
                    mine.settle(envelope)
                except RunwareError as error:
                    mine.outcome = error
        finally:
            self._turn.release()
        return mine.answer()
