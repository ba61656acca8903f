"""Sends tasks over HTTP and receives the responses."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, RLock
from weakref import WeakKeyDictionary

import httpx2

from ..aside import WorkT
from ..exceptions import ClosedError, ConnectionError
from ..locks import ForkSafeLock
from .answer_body import (
    answer_of,
    is_event_stream,
    read_body,
    refused_by_hook,
    with_body,
)
from .endpoint import JSON_HEADERS, STREAM_HEADERS, Endpoint, Headers, Target
from .envelope import Answer, Envelope, read_envelope
from .environment import new_client
from .exchange import CLOSED, OnExchange
from .sync_exchange import SyncExchange, cancellation


class _Semaphore:
    """A semaphore for calls that may be interrupted at any instruction.

    Attributes:
        holders: The calls that hold it. A call removes itself even if it does not know
            whether it was added.
    """

    def __init__(self, number: int) -> None:
        self.holders: set[SyncExchange] = set()
        self._number = number
        self._changed = Condition(RLock())

    def acquire(self, exchange: SyncExchange) -> bool:
        """Acquire it; return False on a timeout."""
        with self._changed:
            while len(self.holders) >= self._number:
                if not self._changed.wait(exchange.remaining()):
                    return False
            self.holders.add(exchange)
            return True

    def notify(self) -> None:
        """Wake a waiting call."""
        with self._changed:
            self._changed.notify()


@dataclass(slots=True, eq=False)
class _Pool:
    """The HTTP client of one process, with its connections and running calls."""

    http: httpx2.Client
    slots: _Semaphore
    process: int = field(default_factory=os.getpid)
    exchanges: set[SyncExchange] = field(default_factory=set["SyncExchange"])


class _Connections:
    """The connections that the transports of all endpoints of a client share.

    Attributes:
        pool: The pool of this process.
        inherited: The pools of parent processes. They are kept, because freeing
            one would close the connections of the parent.
        is_closed: Whether the client is closed.
    """

    def __init__(self, pool: _Pool) -> None:
        self.pool = pool
        self.inherited: list[_Pool] = []
        self.is_closed = False


_users: WeakKeyDictionary[httpx2.Client, int] = WeakKeyDictionary()
"""The process in which each HTTP client of a caller was first used."""


class HTTPTransport:
    """Sends calls with a sync HTTP client, at most `concurrency` of them in parallel."""

    def __init__(
        self, endpoint: Endpoint, http_client: httpx2.Client | None, concurrency: int
    ) -> None:
        """Create a transport without connecting.

        Raises:
            RunwareError: An environment variable prevents the creation of an HTTP client.
            ValueError: The URL of the endpoint is not valid.
        """
        self.endpoint = endpoint
        self._target = Target(endpoint)
        self._http_client = http_client
        self.concurrency = concurrency
        self._lock = ForkSafeLock()
        self._connections = _Connections(self._new_pool())

    def at(self, endpoint: Endpoint) -> HTTPTransport:
        """Return a transport to another endpoint, over the same connections.

        Raises:
            ValueError: The URL of the endpoint is not valid.
        """
        other = copy(self)
        vars(other).update(endpoint=endpoint, _target=Target(endpoint))
        return other

    def post(self, parts: list[bytes], timeout: float, extra: Headers) -> Envelope:
        """Send tasks, each as JSON text, and return the response.

        The timeout, in seconds, includes the wait for other calls. Extra headers override
        those of the client.

        Raises:
            ClosedError: The client is closed.
            ConnectionError: There was no response, or the limit of parallel calls was
                reached until the timeout.
            TimeoutError: There was no response in time.
            ResponseError: The response cannot be parsed.
        """
        pool = self._usable_pool()
        exchange = SyncExchange(self._target.url, self.endpoint.key, timeout)
        try:
            self._acquire_slot(pool, exchange)
            answer = self._bounded(
                exchange, partial(self._answer, pool, exchange, parts, extra)
            )
        except httpx2.RequestError as error:
            raise self.endpoint.error(error) from error
        finally:
            # Not a method written in Python: a signal may be handled as it starts.
            pool.slots.holders.discard(exchange)
            pool.slots.notify()
        return read_envelope(answer, self.endpoint.key)

    def _acquire_slot(self, pool: _Pool, exchange: SyncExchange) -> None:
        """Wait until fewer calls run than the limit allows."""
        with exchange:
            if not pool.slots.acquire(exchange):
                raise concurrency_error(self.concurrency)

    def _answer(
        self, pool: _Pool, exchange: SyncExchange, parts: list[bytes], extra: Headers
    ) -> Answer:
        with self._under_way(pool, exchange), exchange:
            response = self._send(pool, exchange, parts, JSON_HEADERS, extra)
            try:
                return answer_of(response, read_body(response, len(parts)))
            finally:
                response.close()

    @contextmanager
    def open(
        self,
        part: bytes,
        timeout: float,
        extra: Headers,
        on_exchange: OnExchange,
        *,
        is_limited: bool,
    ) -> Generator[httpx2.Response]:
        """Send one task, as JSON text, whose response is a stream of events.

        The timeout, in seconds, ends when the response begins. The body of a stream of
        events is unread then. A stream that a caller reads does not count as one of the
        parallel calls (`is_limited`), because the caller may wait for other calls.

        Raises:
            ClosedError: The client is closed.
            httpx2.RequestError: There was no response. It is one of `NEVER_SENT` if
                nothing was written.
            ResponseError: The response is not a stream, and its body cannot be read.
            ConnectionError: The limit of parallel calls was reached until the timeout.
        """
        pool = self._usable_pool()
        exchange = SyncExchange(self._target.url, self.endpoint.key, timeout)
        on_exchange(exchange)
        try:
            if is_limited:
                self._acquire_slot(pool, exchange)
            with self._under_way(pool, exchange):
                received: list[httpx2.Response] = []
                work = partial(self._opened, pool, exchange, part, extra, received)
                try:
                    yield self._bounded(exchange, work)
                finally:
                    exchange.release()
                    for response in received:
                        response.close()
        finally:
            pool.slots.holders.discard(exchange)
            pool.slots.notify()

    def _opened(
        self,
        pool: _Pool,
        exchange: SyncExchange,
        part: bytes,
        extra: Headers,
        received: list[httpx2.Response],
    ) -> httpx2.Response:
        with exchange:
            # Appended without a local name first: an interruption would leave it open.
            received.append(self._send(pool, exchange, [part], STREAM_HEADERS, extra))
            [response] = received
            if is_event_stream(answer_of(response)):
                return response
            return with_body(response, read_body(response))

    def _bounded(self, exchange: SyncExchange, work: Callable[[], WorkT]) -> WorkT:
        """Run the I/O of an exchange; in another thread with a caller's HTTP client."""
        return work() if self._http_client is None else exchange.run_in_thread(work)

    def close(self) -> None:
        """Close the connections and end running calls.

        An HTTP client of the caller stays open.
        """
        self._connections.is_closed = True
        pool = self._connections.pool
        if pool.process == os.getpid():
            for exchange in [*pool.exchanges]:
                exchange.cut(CLOSED)
            self._end(pool)

    def _send(
        self,
        pool: _Pool,
        exchange: SyncExchange,
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
        is_own = self._http_client is None
        options = exchange.send_options(pool.http, self._target.auth, is_own=is_own)
        try:
            response = pool.http.send(request, **options)
        except httpx2.HTTPStatusError as error:
            response = refused_by_hook(error, request, len(parts))
        try:
            exchange.record_connection(response)
            exchange.check_response(response)
        except BaseException:
            response.close()
            raise
        return response

    @contextmanager
    def _under_way(self, pool: _Pool, exchange: SyncExchange) -> Generator[None]:
        cancelled = cancellation()
        try:
            # Added before the check, so that this thread or the closing thread sees it.
            pool.exchanges.add(exchange)
            if self._connections.is_closed:
                raise closed_error()
            cancelled.watch(exchange)
            yield
        finally:
            cancelled.exchanges.discard(exchange)
            pool.exchanges.discard(exchange)
            if self._connections.is_closed:
                self._end(pool)

    def _end(self, pool: _Pool) -> None:
        """Close the HTTP client, unless a running call will do so at its end."""
        if self._http_client is None and not pool.exchanges:
            pool.http.close()

    def _usable_pool(self) -> _Pool:
        pool = self._connections.pool
        if pool.process != os.getpid():
            pool = self._renewed_pool()
        if self._connections.is_closed or pool.http.is_closed:
            raise closed_error()
        if self._http_client is not None:
            process = _users.setdefault(self._http_client, os.getpid())
            if process != os.getpid():
                raise shared_client_error("in the parent process")
        return pool

    def _renewed_pool(self) -> _Pool:
        with self._lock.native:
            connections = self._connections
            if connections.pool.process != os.getpid():
                connections.inherited.append(connections.pool)
                connections.pool = self._new_pool()
            return connections.pool

    def _new_pool(self) -> _Pool:
        http = self._http_client or new_client(httpx2.Client, self.concurrency)
        return _Pool(http, _Semaphore(self.concurrency))


def concurrency_error(limit: int) -> ConnectionError:
    """Return the exception for a call that never started, since too many were running."""
    return ConnectionError(
        f"the limit of {limit} parallel calls (concurrency) was reached until the timeout"
    )


def closed_error() -> ClosedError:
    """Return the exception for a call of a closed client."""
    return ClosedError("the client is closed")


def shared_client_error(where: str) -> ConnectionError:
    """Return the exception for an HTTP client that another process or loop uses."""
    return ConnectionError(
        f"the http_client was used {where}. Use another http_client here. Nothing was sent"
    )
