"""Sends tasks and receives results over one WebSocket, for the async client.

The connection is opened on first use, and shared by all calls of an event loop. When it
breaks, a new connection continues its session, and the server sends the messages that it
could not deliver. A call without a response then fails as one that may have run, and its
caller polls its tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from ..locks import ForkSafeLock
from .async_http import AsyncHTTPTransport
from .connection import SharedConnection
from .endpoint import RUNWARE_SOCKET_URL, RUNWARE_URL, Endpoint, Headers
from .envelope import Envelope
from .exchange import OnExchange
from .http import closed_error
from .session import Session

if TYPE_CHECKING:
    import httpx2


class WebSocketTransport:
    """Sends calls over one WebSocket.

    The connection belongs to the event loop and the process that opened it. On another
    event loop, or in a forked process, a new one is opened.
    """

    takes_headers = False

    def __init__(
        self,
        endpoint: Endpoint,
        http_client: httpx2.AsyncClient | None,
        concurrency: int,
        is_known: Callable[[str], bool],
    ) -> None:
        """Create a transport without connecting; for `is_known`, see `Session`."""
        self.endpoint = endpoint
        self._http = http_client
        self._concurrency = concurrency
        self._is_known = is_known
        over_http = endpoint._replace(url=_http_url(endpoint.url))
        self._streams = AsyncHTTPTransport(over_http, http_client, concurrency)
        self._connection: SharedConnection | None = None
        self._previous: SharedConnection | None = None
        """The previous connection. A copy made by a fork must not be freed here."""
        self._is_closed = False
        self._lock = ForkSafeLock()

    def at(self, endpoint: Endpoint) -> AsyncHTTPTransport:
        """Return a transport to another endpoint, over HTTP."""
        return self._streams.at(endpoint._replace(url=_http_url(endpoint.url)))

    async def post(
        self, parts: list[bytes], timeout: float, extra: Headers
    ) -> Envelope:
        """Send tasks and wait for the response, which may come in many messages.

        Extra headers are ignored: they cannot be sent over an open connection. The result
        may lack some tasks, about which nothing is known. The response to a poll may be
        empty. It raises the exceptions of `HTTPTransport.post`.
        """
        return await self._connection_here().post(parts, timeout)

    def open(
        self,
        part: bytes,
        timeout: float,
        extra: Headers,
        on_exchange: OnExchange,
        *,
        is_limited: bool,
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        """Send one task whose response is a stream of events, over HTTP."""
        return self._streams.open(
            part, timeout, extra, on_exchange, is_limited=is_limited
        )

    async def aclose(self) -> None:
        """Close the connection; running calls raise `ConnectionError`."""
        self._is_closed = True
        if self._connection is not None:
            await self._connection.aclose()
        await self._streams.aclose()

    def _connection_here(self) -> SharedConnection:
        """Return the connection of the running event loop.

        Raises:
            ClosedError: The client is closed.
            ConnectionError: The client cannot be used on this event loop.
        """
        if self._is_closed:
            raise closed_error()
        with self._lock.native:  # event loops of two threads must not share a session
            connection = self._connection
            if connection is None or not connection.is_here:
                session = connection.detach() if connection is not None else None
                self._previous = connection
                self._connection = connection = SharedConnection(
                    self.endpoint,
                    self._http,
                    self._concurrency,
                    session or Session(self._is_known),
                )
        return connection


def _http_url(url: str) -> str:
    """Return the HTTP address of a server with this WebSocket address."""
    if url == RUNWARE_SOCKET_URL:
        return RUNWARE_URL
    return "http" + url[len("ws") :]  # wss becomes https
