"""Closes and resets connections from an ASGI application.

ASGI has no event for this. uvicorn gets a protocol class that stores the transport of each
connection by the client's address, which every scope has. A WebSocket uses the transport
of its handshake. `Transport.close` sends the buffered data and closes. With a linger time
of zero, the system sends RST instead of FIN. The application then waits for its
`disconnect` event; after that, uvicorn expects no response.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import cast
from weakref import WeakValueDictionary

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_ENDS_AT_ONCE = struct.pack("ii", 1, 0)
"""`struct linger`: on, for zero seconds."""

_transports: WeakValueDictionary[tuple[str, int], asyncio.Transport] = (
    WeakValueDictionary()
)


class TrackedProtocol(H11Protocol):
    """HTTP/1.1, with its transports stored by the client's address."""

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        """Store the transport until the connection is closed."""
        super().connection_made(transport)
        # The head and the body of a response are written separately.
        _socket(transport).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.client is not None:
            _transports[self.client] = transport


def is_open(scope: Scope) -> bool:
    """Return whether a connection is open."""
    transport = _transport(scope)
    return transport is not None and not transport.is_closing()


def close(scope: Scope) -> None:
    """Close a connection after its buffered data is sent."""
    if transport := _transport(scope):
        transport.close()


def reset(scope: Scope) -> None:
    """Reset a connection: data in flight is lost."""
    if transport := _transport(scope):
        linger = (socket.SOL_SOCKET, socket.SO_LINGER)
        _socket(transport).setsockopt(*linger, _ENDS_AT_ONCE)
        transport.abort()


async def ended(receive: Receive) -> None:
    """Wait until the client has disconnected."""
    while not (await receive())["type"].endswith(".disconnect"):
        pass


def _transport(scope: Scope) -> asyncio.Transport | None:
    return _transports.get(tuple(scope["client"]))


def _socket(transport: asyncio.Transport) -> socket.socket:
    return cast("socket.socket", transport.get_extra_info("socket"))
