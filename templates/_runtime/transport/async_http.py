"""Carries tasks to the server and its answer back, over HTTP, asynchronously."""

from __future__ import annotations

import asyncio
import builtins
import os
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from weakref import WeakKeyDictionary, ref

import httpx2

from ..exceptions import RunwareError
from ..locks import ForkSafeLock
from .answer_body import aread_body, is_event_stream
from .envelope import read_envelope
from .environment import with_environment
from .exchange import CLOSED, Exchange
from .http import (
    JSON_HEADERS,
    STREAM_HEADERS,
    Headers,
    Target,
    answered,
    closed,
    crowded,
    limits,
    redact,
    shared,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, MutableMapping

    from .envelope import Answer, Envelope
    from .http import Endpoint

Loop: TypeAlias = asyncio.AbstractEventLoop


class AsyncTransport(Protocol):
    """What carries calls for the async client.

    Attributes:
        takes_headers: Whether a call can have headers of its own.
    """

    takes_headers: bool

    def at(self, endpoint: Endpoint) -> AsyncTransport:
        """Return what carries calls to another endpoint, over the same connections."""
        ...

    async def post(
        self, parts: list[bytes], timeout: float, extra: Headers
    ) -> Envelope:
        """Send tasks, each as JSON text, and give the answer that comes in time."""
        ...

    def open(
        self, part: bytes, timeout: float, extra: Headers
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        """Send one task whose answer is a stream of events."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class AsyncExchange(Exchange):
    """An exchange that a task of an event loop waits for."""

    timer: asyncio.Timeout | None = None

    def extensions(self) -> dict[str, Any]:
        """What makes httpx2 keep to the time that is left, and tell how far it is."""
        return {"timeout": self.timeouts(), "trace": self._trace}

    def cut(self) -> None:
        """End the exchange: the client is being closed."""
        self.cut_by = CLOSED
        if self.timer is not None:
            with suppress(RuntimeError):  # it has ended
                self.timer.reschedule(0)

    async def _trace(self, event: str, info: MutableMapping[str, Any]) -> None:
        self.note(event, info)


@dataclass(slots=True)
class _Lane:
    """What an event loop sends its calls through."""

    http: httpx2.AsyncClient
    places: asyncio.Semaphore
    keeper: AsyncGenerator[None]
    process: int = field(default_factory=os.getpid)
    exchanges: set[AsyncExchange] = field(default_factory=set[AsyncExchange])


@dataclass(slots=True)
class _Connections:
    """What the transports of all endpoints of a client share.

    Attributes:
        first: An HTTP client that no event loop uses yet.
        is_closed: Whether the client is closed.
    """

    first: httpx2.AsyncClient | None
    is_closed: bool = False


_users: WeakKeyDictionary[httpx2.AsyncClient, tuple[int, ref[Loop]]]
_users = WeakKeyDictionary()
"""The process and the loop that an HTTP client which was brought was first used in."""


class AsyncHTTPTransport:
    """Sends calls through an async HTTP client; each event loop has its own."""

    takes_headers = True

    def __init__(
        self,
        endpoint: Endpoint,
        http_client: httpx2.AsyncClient | None,
        concurrency: int,
    ) -> None:
        """Make what sends calls.

        Raises:
            RunwareError: The environment keeps an HTTP client from being made.
            ValueError: The endpoint has no address.
        """
        self._endpoint = endpoint
        self._target = Target(endpoint)
        self._brought = http_client
        self._concurrency = concurrency
        self._lock = ForkSafeLock()
        self._lanes: WeakKeyDictionary[Loop, _Lane] = WeakKeyDictionary()
        self._inherited: list[_Lane] = []
        # Made before there is a loop, to tell at once what is wrong.
        self._connections = _Connections(self._new_client())

    def at(self, endpoint: Endpoint) -> AsyncHTTPTransport:
        """Return what carries calls to another endpoint, over the same connections.

        Raises:
            ValueError: The endpoint has no address.
        """
        other = copy(self)
        vars(other).update(_endpoint=endpoint, _target=Target(endpoint))
        return other

    async def post(
        self, parts: list[bytes], timeout: float, extra: Headers
    ) -> Envelope:
        """Send tasks and read the answer.

        Args:
            parts: The tasks, each as JSON text.
            timeout: The seconds that it may take, waiting for a place included.
            extra: Headers that win over ours.

        Raises:
            ClosedError: The client is closed.
            ConnectionError: No answer came.
            TimeoutError: None came in time.
            ResponseError: What came cannot be read.
            RunwareError: No event loop of asyncio is running.
        """
        lane = await self._usable_lane()
        exchange = AsyncExchange(self._target.url, self._endpoint.key, timeout)
        try:
            async with asyncio.timeout(exchange.left()):
                await lane.places.acquire()
        except builtins.TimeoutError:
            raise crowded(self._concurrency) from None
        try:
            answer = await self._answer(lane, exchange, parts, extra)
        except httpx2.RequestError as error:
            raise self._endpoint.error(error) from error
        finally:
            lane.places.release()
        return read_envelope(answer, self._endpoint.key)

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
                        return answered(response, await aread_body(response))
                    finally:
                        await response.aclose()
        finally:
            lane.exchanges.discard(exchange)

    @asynccontextmanager
    async def open(
        self, part: bytes, timeout: float, extra: Headers
    ) -> AsyncGenerator[httpx2.Response]:
        """Send one task whose answer is a stream of events; see `HTTPTransport.open`.

        Raises:
            RunwareError: No event loop of asyncio is running.
        """
        lane = await self._usable_lane()
        exchange = AsyncExchange(self._target.url, self._endpoint.key, timeout)
        self._begin(lane, exchange)
        try:
            with exchange:
                async with asyncio.timeout(exchange.left()) as exchange.timer:
                    response = await self._send(
                        lane, exchange, [part], STREAM_HEADERS, extra
                    )
                    try:
                        if not is_event_stream(response):
                            response = whole(response, await aread_body(response))
                    except BaseException:
                        await response.aclose()
                        raise
            try:
                yield response
            finally:
                await response.aclose()
        finally:
            lane.exchanges.discard(exchange)

    async def aclose(self) -> None:
        """Close the connections of the running loop, and end its calls.

        Connections of other loops are dropped. An HTTP client that was brought by the
        caller stays open.
        """
        self._connections.is_closed = True
        with self._lock.native:
            lane = self._lanes.pop(running_loop(), None)
            self._lanes.clear()
            self._connections.first = None
        if lane is None or lane.process != os.getpid():
            return
        for exchange in [*lane.exchanges]:
            exchange.cut()
        await lane.keeper.aclose()

    async def _send(
        self,
        lane: _Lane,
        exchange: AsyncExchange,
        parts: list[bytes],
        given: dict[str, str],
        extra: Headers,
    ) -> httpx2.Response:
        request = lane.http.build_request(
            "POST",
            self._target.url,
            content=self._endpoint.body(parts),
            headers=self._endpoint.headers(given, extra),
            extensions=exchange.extensions(),
        )
        exchange.is_sending = True
        response = await lane.http.send(request, **self._target.sending(lane.http))
        redact(response.headers, self._endpoint.key)
        return response

    def _begin(self, lane: _Lane, exchange: AsyncExchange) -> None:
        if self._connections.is_closed:  # while it waited for a place
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
        lane = self._lanes.get(loop)
        if lane is None or lane.process != os.getpid() or lane.http.is_closed:
            lane = self._new_lane(loop, lane)
            await anext(lane.keeper)
        return lane

    def _new_lane(self, loop: Loop, inherited: _Lane | None) -> _Lane:
        with self._lock.native:
            if inherited is not None:
                self._inherited.append(inherited)  # if it were freed, it would close
            for other in [*self._lanes]:
                if other.is_closed():
                    del self._lanes[other]
            http = self._connections.first or self._new_client()
            self._connections.first = None
            places = asyncio.Semaphore(self._concurrency)
            lane = _Lane(http, places, _keep(http, is_own=self._brought is None))
            self._lanes[loop] = lane
            return lane

    def _new_client(self) -> httpx2.AsyncClient:
        make = partial(httpx2.AsyncClient, limits=limits(self._concurrency))
        return self._brought or with_environment(make)


async def _keep(http: httpx2.AsyncClient, *, is_own: bool) -> AsyncGenerator[None]:
    """Close an HTTP client with its event loop, which closes its generators."""
    try:
        yield
    finally:
        if is_own:
            await http.aclose()


def running_loop() -> Loop:
    """The running event loop of asyncio.

    Raises:
        RunwareError: None is running.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        message = (
            "AsyncRunware needs a running event loop of asyncio; others, such as that of "
            "trio, are not supported"
        )
        raise RunwareError(message) from None
