"""Streams of text, for the async client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from typing import TYPE_CHECKING, Self, TypeAlias
from weakref import ref

import httpx2

from ..schema.generics import ResultT_co
from ..transport.exchange import STREAM_CLOSED, OnExchange
from .stream import BaseStream

if TYPE_CHECKING:
    from .deltas import Delta

AsyncSend: TypeAlias = Callable[
    [OnExchange], AbstractAsyncContextManager[httpx2.Response]
]


class AsyncStream(BaseStream[ResultT_co, AsyncSend]):
    """A stream: yields the pieces of a text, then has the complete result.

    It is `Stream` with `async with`, `async for` and `await`.
    """

    _pieces: ref[AsyncGenerator[Delta]] | None = None
    _timer: asyncio.Timeout | None = None

    def __aiter__(self) -> AsyncIterator[Delta]:
        """Send the task and yield the pieces as they arrive; see `Stream.__iter__`."""
        self._begin()
        pieces = self._read()
        self._pieces = ref(pieces)
        return pieces

    async def _read(self) -> AsyncGenerator[Delta]:
        with self._reading():
            async with self._send(self._note_exchange) as response:
                self._take_head(response)
                async with aclosing(response.aiter_bytes()) as body:
                    chunk: bytes | None = b""
                    while chunk is not None:
                        chunk = await self._next(body)
                        for delta in self._deltas(chunk):
                            yield delta

    async def _next(self, body: AsyncIterator[bytes]) -> bytes | None:
        """Return the next chunk of the body; None at its end."""
        if self._is_stopped:
            return None
        outer = sys.exception()
        try:
            async with asyncio.timeout(self._deadline.remaining()) as self._timer:
                return await anext(body, None)
        except Exception as cause:  # noqa: BLE001 - `_check_end` raises it
            self._note_break(cause, outer)
            return None

    async def get_result(self) -> ResultT_co:
        """Read to the end and return the complete result; see `Stream.get_result`."""
        if not self._is_whole:
            async for _ in self:
                pass
        return self.result

    async def aclose(self) -> None:
        """Close the connection and end the stream; see `Stream.close`."""
        self._is_closed = True
        pieces = None if self._pieces is None else self._pieces()
        if pieces is None:
            return
        try:
            await pieces.aclose()
        except RuntimeError:  # another task waits for the response or the next piece
            if self._timer is not None:
                with suppress(RuntimeError):  # the wait has just ended
                    self._timer.reschedule(0)
            elif self._exchange is not None:
                self._exchange.cut(STREAM_CLOSED)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
