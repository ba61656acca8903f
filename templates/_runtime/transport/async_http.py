"""Sends tasks over HTTP and receives the responses, for the async client."""

from __future__ import annotations

import asyncio
import builtins
import os
from collections.abc import AsyncGenerator, MutableMapping
from contextlib import asynccontextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary, ref

import httpx2

from ..event_loops import Loop, running_loop
from ..locks import ForkSafeLock
from .answer_body import (
    answer_of,
    aread_body,
    is_event_stream,
    refused_by_hook,
    with_body,
)
from .early_answer import read_while_writing
from .endpoint import JSON_HEADERS, STREAM_HEADERS, Endpoint, Headers, Target
from .envelope import Answer, Envelope, read_envelope
from .environment import new_client
from .exchange import CLOSED, CONNECTING, UNUSED_EVENTS, Exchange, OnExchange
from .http import closed_error, concurrency_error, shared_client_error

if TYPE_CHECKING:
    from httpcore2 import AsyncNetworkStream

    from .websocket import WebSocketTransport

    AsyncTransport: TypeAlias = "AsyncHTTPTransport | WebSocketTransport"
    """A transport of the async client."""


class AsyncExchange(Exchange):
    """An exchange on an event loop.

    Attributes:
        is_http1: Whether its connection is certainly one of HTTP/1.1.
        timer: Its timeout.
    """

    is_http1 = False
    timer: asyncio.Timeout | None = None
    _stream: AsyncNetworkStream | None = None

    def cut(self, reason: str) -> None:
        """End the exchange from another task."""
        self.cut_by = reason
        if self.timer is not None:
            with suppress(RuntimeError):  # it has already ended
                self.timer.reschedule(0)

    async def _trace(self, event: str, info: MutableMapping[str, Any]) -> None:
        if event in UNUSED_EVENTS:
            return
        _, step, phase = self.note(event, info)
        if step == "start_tls" and phase == "failed" and self._stream is not None:
            # If the handshake is cancelled, the HTTP library leaves the socket open.
            await self._stream.aclose()
        if step in CONNECTING and phase == "complete":
            self._stream = info["return_value"]
            if self.is_http1:
                read_while_writing(info["return_value"])


@dataclass(slots=True, eq=False)
class _Pool:
    """The HTTP client of one event loop, with its connections and running calls."""

    http: httpx2.AsyncClient
    slots: asyncio.Semaphore
    closer: AsyncGenerator[None]
    process: int = field(default_factory=os.getpid)
    exchanges: set[AsyncExchange] = field(default_factory=set["AsyncExchange"])


class _Connections:
    """The connections that the transports of all endpoints of a client share.

    Attributes:
        first: An HTTP client that no event loop uses yet; None if there is none.
        pools: The pools of event loops.
        inherited: The pools of parent processes. They are kept, because freeing
            one would close the connections of the parent.
        is_closed: Whether the client is closed.
    """

    def __init__(self, first: httpx2.AsyncClient | None) -> None:
        self.first = first
        self.pools: WeakKeyDictionary[Loop, _Pool] = WeakKeyDictionary()
        self.inherited: list[_Pool] = []
        self.is_closed = False


_users: WeakKeyDictionary[httpx2.AsyncClient, tuple[int, ref[Loop]]]
_users = WeakKeyDictionary()
"""The process and event loop in which each HTTP client of a caller was first used."""


class AsyncHTTPTransport:
    """Sends calls with async HTTP clients, one for each event loop."""

    takes_headers = True

    def __init__(
        self,
        endpoint: Endpoint,
        http_client: httpx2.AsyncClient | None,
        concurrency: int,
    ) -> None:
        """Create a transport without connecting; see `HTTPTransport`."""
        self.endpoint = endpoint
        self._target = Target(endpoint)
        self._http_client = http_client
        self._is_own = http_client is None
        self._concurrency = concurrency
        self._lock = ForkSafeLock()
        # Created before there is an event loop, so that errors are raised early.
        self._connections = _Connections(self._new_client())

    def at(self, endpoint: Endpoint) -> AsyncHTTPTransport:
        """Return a transport to another endpoint; see `HTTPTransport.at`."""
        other = copy(self)
        vars(other).update(endpoint=endpoint, _target=Target(endpoint))
        return other

    async def post(
        self, parts: list[bytes], timeout: float, extra: Headers
    ) -> Envelope:
        """Send tasks and return the response; see `HTTPTransport.post`.

        Raises:
            RunwareError: No event loop of asyncio is running.
        """
        pool = await self._usable_pool()
        exchange = AsyncExchange(self._target.url, self.endpoint.key, timeout)
        await self._acquire_slot(pool, exchange)
        try:
            answer = await self._answer(pool, exchange, parts, extra)
        except httpx2.RequestError as error:
            raise self.endpoint.error(error) from error
        finally:
            pool.slots.release()
        return read_envelope(answer, self.endpoint.key)

    async def _acquire_slot(self, pool: _Pool, exchange: AsyncExchange) -> None:
        """Wait until fewer calls run than the limit allows."""
        with exchange:
            try:
                async with asyncio.timeout(exchange.remaining()):
                    await pool.slots.acquire()
            except builtins.TimeoutError:
                raise concurrency_error(self._concurrency) from None

    async def _answer(
        self, pool: _Pool, exchange: AsyncExchange, parts: list[bytes], extra: Headers
    ) -> Answer:
        self._begin(pool, exchange)
        try:
            with exchange:
                async with asyncio.timeout(exchange.remaining()) as exchange.timer:
                    response = await self._send(
                        pool, exchange, parts, JSON_HEADERS, extra
                    )
                    try:
                        body = await aread_body(response, len(parts))
                        return answer_of(response, body)
                    finally:
                        await response.aclose()
        finally:
            pool.exchanges.discard(exchange)

    @asynccontextmanager
    async def open(
        self,
        part: bytes,
        timeout: float,
        extra: Headers,
        on_exchange: OnExchange,
        *,
        is_limited: bool,
    ) -> AsyncGenerator[httpx2.Response]:
        """Send one task whose response is a stream of events; see `HTTPTransport.open`.

        Raises:
            RunwareError: No event loop of asyncio is running.
        """
        pool = await self._usable_pool()
        exchange = AsyncExchange(self._target.url, self.endpoint.key, timeout)
        on_exchange(exchange)
        if is_limited:
            await self._acquire_slot(pool, exchange)
        try:
            self._begin(pool, exchange)
            with exchange:
                async with asyncio.timeout(exchange.remaining()) as exchange.timer:
                    response = await self._send(
                        pool, exchange, [part], STREAM_HEADERS, extra
                    )
                    try:
                        if not is_event_stream(answer_of(response)):
                            response = with_body(response, await aread_body(response))
                    except BaseException:
                        await response.aclose()
                        raise
            try:
                yield response
            finally:
                await response.aclose()
        finally:
            pool.exchanges.discard(exchange)
            if is_limited:
                pool.slots.release()

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and end its calls.

        Connections of other event loops are dropped. An HTTP client of the caller stays
        open.
        """
        connections = self._connections
        connections.is_closed = True
        with self._lock.native:
            pool = connections.pools.pop(running_loop(), None)
            connections.pools.clear()
            connections.first = None
        if pool is None or pool.process != os.getpid():
            return
        for exchange in [*pool.exchanges]:
            exchange.cut(CLOSED)
        await pool.closer.aclose()

    async def _send(
        self,
        pool: _Pool,
        exchange: AsyncExchange,
        parts: list[bytes],
        given: dict[str, str],
        extra: Headers,
    ) -> httpx2.Response:
        request = self._target.build_request(
            self._http_client,
            self.endpoint.body(parts),
            self.endpoint.headers(given, extra),
            exchange.extensions(),
        )
        exchange.is_http1 = self._is_own
        options = exchange.send_options(
            pool.http, self._target.auth, is_own=self._is_own
        )
        try:
            response = await pool.http.send(request, **options)
        except httpx2.HTTPStatusError as error:
            response = refused_by_hook(error, request, len(parts))
        try:
            exchange.check_response(response)
        except BaseException:
            await response.aclose()
            raise
        return response

    def _begin(self, pool: _Pool, exchange: AsyncExchange) -> None:
        if self._connections.is_closed:  # during the wait for other calls
            raise closed_error()
        pool.exchanges.add(exchange)

    async def _usable_pool(self) -> _Pool:
        loop = running_loop()
        given = self._http_client
        if self._connections.is_closed or (given and given.is_closed):
            raise closed_error()
        if given is not None:
            process, first = _users.setdefault(given, (os.getpid(), ref(loop)))
            if process != os.getpid() or first() is not loop:
                raise shared_client_error("by another event loop")
        pool = self._connections.pools.get(loop)
        if pool is None or pool.process != os.getpid() or pool.http.is_closed:
            pool = self._new_pool(loop, pool)
            await anext(pool.closer)
        return pool

    def _new_pool(self, loop: Loop, inherited: _Pool | None) -> _Pool:
        with self._lock.native:
            connections = self._connections
            if inherited is not None:
                connections.inherited.append(inherited)
            for other in [*connections.pools]:
                if other.is_closed():
                    del connections.pools[other]
            http = connections.first or self._new_client()
            connections.first = None
            slots = asyncio.Semaphore(self._concurrency)
            pool = _Pool(http, slots, _close_with_loop(http, is_own=self._is_own))
            connections.pools[loop] = pool
            return pool

    def _new_client(self) -> httpx2.AsyncClient:
        return self._http_client or new_client(httpx2.AsyncClient, self._concurrency)


async def _close_with_loop(
    http: httpx2.AsyncClient, *, is_own: bool
) -> AsyncGenerator[None]:
    """Close an HTTP client when its event loop closes its async generators."""
    try:
        yield
    finally:
        if is_own:
            await http.aclose()
