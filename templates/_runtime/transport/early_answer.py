"""Reads the response that a server sends before it has read the whole request.

A server may refuse a large request by its headers, respond, and close the connection. On
an event loop, writing then fails, and the response is lost unless it was read before.
"""

from __future__ import annotations

import asyncio
import select
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from httpcore2 import AsyncNetworkStream

LARGE = 1 << 16
"""The bytes above which a write may wait for the server; also the bytes of one read."""


class _ReadingStream:
    """A connection of HTTP/1.1 that reads while it writes many bytes.

    The HTTP library ignores a failed write, and reads the response.
    """

    def __init__(self, stream: AsyncNetworkStream) -> None:
        self._read = stream.read
        self._write = stream.write
        self._close = stream.aclose
        self._fact = stream.get_extra_info
        can_poll = hasattr(select, "poll")  # Windows cannot
        self._socket = stream.get_extra_info("socket") if can_poll else None
        self._early: asyncio.Task[bytes] | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes, first those that arrived during a write."""
        if self._early is None:
            return await self._read(max_bytes, timeout)
        begun, self._early = self._early, None
        return await begun  # the exchange has a timeout of its own

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        if len(buffer) > LARGE and self._early is None:
            self._early = asyncio.create_task(self._read(LARGE))
            await asyncio.sleep(0)  # it reads before the connection can fail
        await self._write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        if self._early is not None:
            self._early.cancel()
            await asyncio.gather(self._early, return_exceptions=True)
        await self._close()

    def get_extra_info(self, info: str) -> Any:
        """Return a fact of the connection.

        For each request, the HTTP library asks each idle connection whether it is
        readable. anyio would collect all facts of the connection for each answer.
        """
        if info == "is_readable" and self._socket is not None:
            return _is_readable(self._socket.fileno())
        return self._fact(info)


def _is_readable(descriptor: int) -> bool:
    """Return whether a read would not wait; it would not on a closed socket either."""
    if descriptor < 0:
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def read_while_writing(stream: AsyncNetworkStream) -> None:
    """Make a connection of HTTP/1.1 read while it writes many bytes."""
    reading = _ReadingStream(stream)
    names = ("read", "write", "aclose", "get_extra_info")
    vars(stream).update({name: getattr(reading, name) for name in names})
