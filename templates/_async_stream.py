"""Streams: a text while it is written, asynchronously."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import httpx2

from ._generics import ResultT
from ._stream import ENCODING, BaseStream
from ._stream_reader import is_stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable
    from types import TracebackType
    from typing import Self

    from ._deltas import Delta

T = TypeVar("T")
AsyncSend: TypeAlias = Callable[[], AbstractAsyncContextManager[httpx2.Response]]


class AsyncStream(BaseStream[ResultT, AsyncSend]):
    """The pieces of a text while it is written; then the whole result.

    The same as `Stream`, with `async with`, `async for` and `await`.
    """

    async def __aiter__(self) -> AsyncGenerator[Delta]:
        """Send the task and give the pieces as they come; see `Stream.__iter__`."""
        self._begin()
        with self._reading():
            async with AsyncExitStack() as stack:
                answer = stack.enter_async_context(self._send())
                self._response = response = await self._in_time(answer)
                if not is_stream(response):
                    await self._in_time(response.aread())
                    for delta in self._reader.take_answer(response):
                        yield delta
                    return
                response.encoding = ENCODING
                events = aiter(httpx2.EventSource(response))
                while not self._reader.is_done:
                    event = await self._in_time(anext(events, None))
                    if event is None:
                        break
                    for delta in self._reader.take_event(event, response):
                        yield delta
                    self._check_time()

    async def get_result(self) -> ResultT:
        """Read to the end and return the whole result; see `Stream.get_result`."""
        if not self._is_whole:
            async for _ in self:
                pass
        return self.result

    async def aclose(self) -> None:
        """Close the connection; nothing more comes."""
        self._is_begun = True
        if self._response is not None:
            await self._response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _in_time(self, step: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._deadline - monotonic()):
                return await step
        except builtins.TimeoutError:
            raise httpx2.ReadTimeout("the server is silent") from None
