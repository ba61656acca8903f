"""Ends connections from inside an ASGI application, below HTTP.

ASGI has no word for it, so uvicorn is given a protocol class that keeps the transport of
each connection by the client's address, which every scope carries; a WebSocket goes on
over the transport that its handshake came in on. What is done to the transport is what
asyncio documents: `close` sends what was written before, then closes; a linger time of
zero makes the system send RST in place of FIN. The application then waits for its
`disconnect` event, after which uvicorn expects no answer of it.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, cast
from weakref import WeakValueDictionary

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from starlette.types import Receive, Scope

_ENDS_AT_ONCE = struct.pack("ii", 1, 0)
"""`struct linger`: on, for no seconds."""

_transports: WeakValueDictionary[tuple[str, int], asyncio.Transport] = (
    WeakValueDictionary()
)


class TrackedProtocol(H11Protocol):
    """HTTP/1.1 whose transports can be found."""

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        """Keep the transport as long as the connection lives."""
        super().connection_made(transport)
        own = _socket(transport)  # head and body of an answer are written one by one
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.client is not None:
            _transports[self.client] = transport


def is_open(scope: Scope) -> bool:
    """Whether what is written to a connection can still arrive."""
    transport = _transport(scope)
    return transport is not None and not transport.is_closing()


def close(scope: Scope) -> None:
    """Close a connection, after what was written to it before."""
    if transport := _transport(scope):
        transport.close()


def reset(scope: Scope) -> None:
    """Reset a connection: whatever is under way is lost."""
    if transport := _transport(scope):
        linger = (socket.SOL_SOCKET, socket.SO_LINGER)
        _socket(transport).setsockopt(*linger, _ENDS_AT_ONCE)
        transport.abort()


async def ended(receive: Receive) -> None:
    """Wait until the client is gone."""
    while not (await receive())["type"].endswith(".disconnect"):
        pass


def _transport(scope: Scope) -> asyncio.Transport | None:
    client = scope.get("client")
    return _transports.get(tuple(client)) if client else None


def _socket(transport: asyncio.Transport) -> socket.socket:
    return cast("socket.socket", transport.get_extra_info("socket"))
