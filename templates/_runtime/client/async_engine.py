"""Runs deliveries to their end, for the tasks of an event loop."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..delivery.batches import Kind, Reply
from ..delivery.stream_retries import StreamRetries
from ..event_loops import Loop, running_loop
from ..exceptions import RunwareError
from ..transport.endpoint import checked_headers
from ..transport.exchange import NEVER_SENT, pop_unwritten
from .async_handle import AsyncHandle
from .async_poll_batcher import AsyncPollBatcher
from .async_stream import AsyncStream
from .base_engine import BaseEngine, reply_of_stream, unwatched

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx2

    from ..delivery.batches import Batch, Settings
    from ..delivery.delivery import Delivery
    from ..delivery.submission import Submission
    from ..schema.generics import ResultT
    from ..transport.async_http import AsyncTransport
    from ..transport.endpoint import Endpoint, Headers
    from ..transport.envelope import Answer
    from ..transport.exchange import OnExchange
    from .base_engine import Deliverable


class AsyncEngine(BaseEngine["AsyncTransport"]):
    """Runs deliveries for the tasks of event loops."""

    def __init__(
        self, transport: AsyncTransport, settings: Settings, timeout: float
    ) -> None:
        super().__init__(transport, settings, timeout)
        self._batchers: WeakKeyDictionary[Loop, AsyncPollBatcher] = WeakKeyDictionary()

    def connect(self, endpoint: Endpoint) -> None:
        """Use another endpoint from now on, over the same connections."""
        self.transport: AsyncTransport = self.transport.at(endpoint)
        self._batchers = WeakKeyDictionary()

    def make_handle(self, given: Deliverable[Any]) -> AsyncHandle[Any]:
        """Return the handle of a task."""
        return AsyncHandle(self, given)

    def _batcher(self) -> AsyncPollBatcher:
        loop = running_loop()
        if loop not in self._batchers:
            batcher = AsyncPollBatcher(self.transport, self.settings.server)
            self._batchers[loop] = batcher
        return self._batchers[loop]

    async def run(
        self,
        delivery: Delivery[ResultT],
        extra: Headers = None,
        answers: list[Answer] | None = None,
    ) -> AsyncGenerator[None]:
        """Run a delivery; see `Engine.run`."""
        running_loop()  # raises on event loops other than asyncio's
        if extra and not self.transport.takes_headers:
            raise ValueError(
                "extra_headers cannot be sent over an open WebSocket. Remove them, or use "
                "a client with transport='http'"
            )
        checked_headers(extra)
        running: set[asyncio.Task[None]] = set()
        try:
            while delivery.is_waiting:
                batches = [*iter(delivery.next_batch, None)]
                pause = delivery.pause()
                if len(batches) == 1 and not running and pause is None:
                    await self._perform(delivery, batches[0], extra, answers)
                elif batches or running:
                    work = [self._perform(delivery, b, extra, answers) for b in batches]
                    running |= {*map(asyncio.create_task, work)}
                    running = await _unfinished(running, pause)
                elif pause is not None:
                    await asyncio.sleep(pause)
                yield
        finally:
            for each in running:
                each.cancel()
            try:
                await asyncio.gather(*running, return_exceptions=True)
            finally:  # the caller may be cancelled again, as by a cancel scope of anyio
                self.stop(delivery)

    async def _perform(
        self,
        delivery: Delivery[ResultT],
        batch: Batch[ResultT],
        extra: Headers,
        answers: list[Answer] | None,
    ) -> None:
        try:
            reply = await self._exchange(batch, extra)
        except RunwareError as error:
            delivery.fail(batch, error)
        except BaseException as stop:
            if pop_unwritten(stop):
                delivery.take_back(batch)
            raise
        else:
            if answers is not None:
                answers.append(reply.envelope.answer)
            delivery.receive(batch, reply)

    def stream(
        self, submission: Submission[ResultT], timeout: float | None, extra: Headers
    ) -> AsyncStream[ResultT]:
        """Return the stream of a task. The task is sent when the stream is first read."""
        limit, on_end = self.limit(timeout), partial(self.note_stream, submission)
        send = partial(self._opened, submission, limit, checked_headers(extra))
        return self.make_stream(AsyncStream, submission, send, limit, on_end)

    @asynccontextmanager
    async def _opened(
        self,
        submission: Submission[Any],
        timeout: float,
        extra: Headers,
        on_exchange: OnExchange,
    ) -> AsyncGenerator[httpx2.Response]:
        """Open a stream; retry while the server certainly does not have the task."""
        retries = StreamRetries(self.settings, submission.task.task_type, timeout)
        with closing(self.before_stream(submission, retries)) as deliveries:
            for delivery in deliveries:
                async for _ in self.run(delivery, extra):
                    pass
        while True:
            async with AsyncExitStack() as stack:
                try:
                    opening = self.transport.open(
                        submission.encoded(),
                        retries.seconds_left(),
                        extra,
                        on_exchange,
                        is_limited=False,
                    )
                    response = await stack.enter_async_context(opening)
                except NEVER_SENT:
                    if not retries.plan_retry():
                        raise
                else:
                    if not retries.plan_retry(response):
                        yield response
                        return
            self.note_rejection(submission, retries.pause)
            await asyncio.sleep(retries.pause)
            self.begin_stream(submission)

    async def _exchange(self, batch: Batch[Any], extra: Headers) -> Reply:
        if batch.stream is not None:
            part, timeout = batch.stream.encoded(), batch.timeout
            send = partial(self.transport.open, part, timeout, extra, is_limited=True)
            given = batch.stream
            stream: AsyncStream[Any]
            stream = self.make_stream(AsyncStream, given, send, timeout, unwatched)
            result = await stream.get_result()
            return reply_of_stream(result.to_wire())
        if batch.kind is Kind.POLL and extra is None and not batch.is_alone:
            return await self._batcher().poll(batch.parts, batch.timeout)
        transport = self.transport
        if batch.is_dry:
            transport = transport.at(self.endpoint._replace(is_dry=True))
        envelope = await transport.post(batch.parts, batch.timeout, extra)
        return Reply(envelope, len(batch.parts))


async def _unfinished(
    running: set[asyncio.Task[None]], timeout: float | None
) -> set[asyncio.Task[None]]:
    """Wait until one of some tasks ends, or for a timeout; return the unfinished ones.

    Raises:
        Exception: What a task raised that has ended.
    """
    first = asyncio.FIRST_COMPLETED
    done, unfinished = await asyncio.wait(running, timeout=timeout, return_when=first)
    for each in done:
        each.result()
    return unfinished
