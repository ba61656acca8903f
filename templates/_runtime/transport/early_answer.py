"""Reads the response that a server sends before it has read the whole request.

A server may refuse a large request by its headers, respond, and close the connection. On
an event loop, writing then fails, and the response is lost unless it was read before.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

LARGE = 1 << 16
"""Bytes of a write above which it may have to wait for the server; also of one read."""


class AsyncNetworkStream(Protocol):
    """The interface of an async connection of httpx2."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        ...

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        ...

    async def aclose(self) -> None:
        """Close the connection."""
        ...


def read_while_writing(stream: AsyncNetworkStream) -> None:
    """Make a connection of HTTP/1.1 read while it writes many bytes.

    The HTTP library ignores a failed write, and reads the response.
    """
    read, write, aclose = stream.read, stream.write, stream.aclose
    early: asyncio.Task[bytes] | None = None

    async def read_some() -> bytes:
        return await read(LARGE)

    async def early_or_read(max_bytes: int, timeout: float | None = None) -> bytes:
        nonlocal early
        if early is None:
            return await read(max_bytes, timeout)
        begun, early = early, None
        return await begun  # the exchange has a timeout of its own

    async def write_and_read(buffer: bytes, timeout: float | None = None) -> None:
        nonlocal early
        if len(buffer) > LARGE and early is None:
            early = asyncio.create_task(read_some())
            await asyncio.sleep(0)  # it reads before the connection can fail
        await write(buffer, timeout)

    async def aclose_all() -> None:
        if early is not None:
            early.cancel()
            await asyncio.gather(early, return_exceptions=True)
        await aclose()

    changed: dict[str, Any] = {
        "read": early_or_read,
        "write": write_and_read,
        "aclose": aclose_all,
    }
    vars(stream).update(changed)
