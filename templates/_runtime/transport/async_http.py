"""Sends tasks over HTTP and receives the responses, for the async client."""

from __future__ import annotations

import asyncio
import builtins
import os
from collections.abc import AsyncGenerator, MutableMapping
from contextlib import asynccontextmanager, suppress
from copy import copy
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
from .http import closed, crowded, shared

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


class _Lane:
    """The HTTP client of one event loop, with its running calls."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        places: asyncio.Semaphore,
        keeper: AsyncGenerator[None],
    ) -> None:
        self.http = http
        self.places = places
        self.keeper = keeper
        self.process = os.getpid()
        self.exchanges: set[AsyncExchange] = set()


class _Connections:
    """The connections that the transports of all endpoints of a client share.

    Attributes:
        first: An HTTP client that no event loop uses yet; None if there is none.
        lanes: The HTTP clients of event loops.
        inherited: The HTTP clients of parent processes. They are kept, because freeing
            one would close the connections of the parent.
        is_closed: Whether the client is closed.
    """

    def __init__(self, first: httpx2.AsyncClient | None) -> None:
        self.first = first
        self.lanes: WeakKeyDictionary[Loop, _Lane] = WeakKeyDictionary()
        self.inherited: list[_Lane] = []
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
        self._brought = http_client
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
        lane = await self._usable_lane()
        exchange = AsyncExchange(self._target.url, self.endpoint.key, timeout)
        await self._take_place(lane, exchange)
        try:
            answer = await self._answer(lane, exchange, parts, extra)
        except httpx2.RequestError as error:
            raise self.endpoint.error(error) from error
        finally:
            lane.places.release()
        return read_envelope(answer, self.endpoint.key)

    async def _take_place(self, lane: _Lane, exchange: AsyncExchange) -> None:
        """Wait until fewer calls run than the limit allows."""
        with exchange:
            try:
                async with asyncio.timeout(exchange.left()):
                    await lane.places.acquire()
            except builtins.TimeoutError:
                raise crowded(self._concurrency) from None

    async def _answer(
        self, lane: _Lane, exchange: AsyncExchange, parts: list[bytes], extra: Headers
    ) -> Answer:
        self._begin(lane, exchange)
        try:
            with exchange:
                async with asyncio.timeout(exchange.left()) as exchange.timer:
                    response = await self._send(
                        lane, exchange, parts, JSON_HEADERS, extra
                    )
                    try:
                        body = await aread_body(response, len(parts))
                        return answer_of(response, body)
                    finally:
                        await response.aclose()
        finally:
            lane.exchanges.discard(exchange)

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
        lane = await self._usable_lane()
        exchange = AsyncExchange(self._target.url, self.endpoint.key, timeout)
        on_exchange(exchange)
        if is_limited:
            await self._take_place(lane, exchange)
        try:
            self._begin(lane, exchange)
            with exchange:
                async with asyncio.timeout(exchange.left()) as exchange.timer:
                    response = await self._send(
                        lane, exchange, [part], STREAM_HEADERS, extra
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
            lane.exchanges.discard(exchange)
            if is_limited:
                lane.places.release()

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and end its calls.

        Connections of other event loops are dropped. An HTTP client of the caller stays
        open.
        """
        connections = self._connections
        connections.is_closed = True
        with self._lock.native:
            lane = connections.lanes.pop(running_loop(), None)
            connections.lanes.clear()
            connections.first = None
        if lane is None or lane.process != os.getpid():
            return
        for exchange in [*lane.exchanges]:
            exchange.cut(CLOSED)
        await lane.keeper.aclose()

    async def _send(
        self,
        lane: _Lane,
        exchange: AsyncExchange,
        parts: list[bytes],
        given: dict[str, str],
        extra: Headers,
    ) -> httpx2.Response:
        request = self._target.post(
            self._brought,
            self.endpoint.body(parts),
            self.endpoint.headers(given, extra),
            exchange.extensions(),
        )
        is_own = exchange.is_http1 = self._brought is None
        options = exchange.sending(lane.http, self._target.auth, is_own=is_own)
        try:
            response = await lane.http.send(request, **options)
        except httpx2.HTTPStatusError as error:
            response = refused_by_hook(error, request, len(parts))
        try:
            exchange.accept(response)
        except BaseException:
            await response.aclose()
            raise
        return response

    def _begin(self, lane: _Lane, exchange: AsyncExchange) -> None:
        if self._connections.is_closed:  # during the wait for other calls
            raise closed()
        lane.exchanges.add(exchange)

    async def _usable_lane(self) -> _Lane:
        loop = running_loop()
        if self._connections.is_closed or (self._brought and self._brought.is_closed):
            raise closed()
        if self._brought is not None:
            process, first = _users.setdefault(self._brought, (os.getpid(), ref(loop)))
            if process != os.getpid() or first() is not loop:
                raise shared("by another event loop")
        lane = self._connections.lanes.get(loop)
        if lane is None or lane.process != os.getpid() or lane.http.is_closed:
            lane = self._new_lane(loop, lane)
            await anext(lane.keeper)
        return lane

    def _new_lane(self, loop: Loop, inherited: _Lane | None) -> _Lane:
        with self._lock.native:
            connections = self._connections
            if inherited is not None:
                connections.inherited.append(inherited)
            for other in [*connections.lanes]:
                if other.is_closed():
                    del connections.lanes[other]
            http = connections.first or self._new_client()
            connections.first = None
            places = asyncio.Semaphore(self._concurrency)
            lane = _Lane(http, places, _keep(http, is_own=self._brought is None))
            connections.lanes[loop] = lane
            return lane

    def _new_client(self) -> httpx2.AsyncClient:
        return self._brought or new_client(httpx2.AsyncClient, self._concurrency)


async def _keep(http: httpx2.AsyncClient, *, is_own: bool) -> AsyncGenerator[None]:
    """Close an HTTP client when its event loop closes its async generators."""
    try:
        yield
    finally:
        if is_own:
            await http.aclose()
