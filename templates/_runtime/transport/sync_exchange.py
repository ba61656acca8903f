"""A sync exchange with a timeout for all its steps together.

httpx2 has a timeout for each read and each write, so a server that sends a byte now and
then would never time out. This module learns of each new connection by the extension
`trace` of httpx2, and limits its reads and writes by the remaining time of the exchange
of the current thread.
"""

from __future__ import annotations

import selectors
import socket
import threading
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Self

import httpx2

from ..aside import LateError, WorkT, run_aside, shut_down
from ..causes import is_of_socks
from .exchange import CONNECTING, MAX_CONNECT, UNUSED_EVENTS, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from types import TracebackType

    from httpcore2 import NetworkStream

# `PollSelector` needs no file descriptor of its own: there may be none left. Windows lacks
# it, and so do programs in which `eventlet` has replaced modules of Python.
Selector: type[selectors.BaseSelector]
Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)

INTERRUPTED = "the call was interrupted"
"""The reason of exchanges that end with an interrupted call or loop."""

OF_HTTP = (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, RuntimeError)
"""Exceptions that the HTTP library raises."""

PIECE = 1 << 14
"""Bytes of one write. The timeout is checked before each write."""

BRIEF = 0.001
"""Timeout in seconds of reading what has arrived."""


class SyncExchange(Exchange):
    """An exchange whose thread does the I/O inside its context."""

    _stream: NetworkStream | None = None
    _is_shared = False
    _is_abandoned = False
    _is_aside = False

    def run_in_thread(self, work: Callable[[], WorkT]) -> WorkT:
        """Run the exchange in another thread, which is abandoned on a timeout.

        An HTTP client of the caller may block on a lock, for example of an HTTP/2
        connection, or in a transport or hook of the caller.
        """
        self._is_aside = True
        try:
            return run_aside(work, self.remaining(), self._abandon)
        except LateError:
            error = httpx2.ReadTimeout("timed out")
            self._raise(error)
            raise error from None

    def cut(self, reason: str) -> None:
        """End the exchange from another thread."""
        self.cut_by = reason
        self._shut()

    def record_connection(self, response: httpx2.Response) -> None:
        """Record the connection of a response, and limit its reads and writes.

        The caller may have opened it for an earlier request, without a trace.

        Raises:
            httpx2.ReadError: The exchange was ended from outside.
        """
        stream = response.extensions.get("network_stream")
        if stream is None:
            return
        limit(stream)
        self._is_shared |= not response.http_version.startswith("HTTP/1")
        # Set before the check, so that this thread or the ending one sees it.
        self._stream = stream
        if self.cut_by:
            raise httpx2.ReadError("")

    def release(self) -> None:
        """Forget the connection, which another exchange may use now."""
        self._stream = None

    def interruption(self, error: BaseException) -> Exception | None:
        """Return the exception of a signal handler or another thread, if there is one.

        For example, the time limit of a worker. HTTP clients of the caller raise what
        they want.
        """
        if self._is_aside or self.cut_by:
            return None
        is_of_http = isinstance(error, OF_HTTP) or is_of_socks(error)
        if isinstance(error, Exception) and not is_of_http:
            return error
        return self.raised_by_signal_handler(error)

    def _abandon(self) -> None:
        self._is_abandoned = True
        self._shut()

    def _shut(self) -> None:
        stream = self._stream  # another thread may release it
        if stream is not None and not self._is_shared:
            shut_down(stream)

    def begin_io(self, stream: NetworkStream, timeout: float | None) -> float:
        """Start a read or write; return its timeout in seconds.

        Raises:
            httpx2.ReadTimeout: No time is left.
            httpx2.ReadError: The exchange was ended from outside.
        """
        self._stream = stream
        if self.cut_by:
            raise httpx2.ReadError("")
        left = self.remaining()
        if not left:
            raise httpx2.ReadTimeout("")
        return left if timeout is None else min(left, timeout)

    def is_readable(self, stream: NetworkStream) -> bool:
        """Wait until a connection can be written or read; return whether it has input."""
        wire: socket.socket | None = stream.get_extra_info("socket")
        if self._is_shared or wire is None:
            return False
        with Selector() as selector:
            selector.register(wire, selectors.EVENT_READ | selectors.EVENT_WRITE)
            events = selector.select(self.remaining())
        return any(event & selectors.EVENT_READ for _, event in events)

    def __enter__(self) -> Self:
        self._before = _thread.exchange
        _thread.exchange = self
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        del traceback
        _thread.exchange = self._before
        super().__exit__(kind, error, None)

    def _trace(self, event: str, info: MutableMapping[str, Any]) -> None:
        if event in UNUSED_EVENTS:
            return
        layer, step, phase = self.note(event, info)
        if self._is_abandoned and (step, phase) == ("send_request_headers", "started"):
            # Checked after `note`, so that this thread or the abandoning one sees it.
            raise httpx2.ReadTimeout("")
        self._is_shared |= layer == "http2"
        if step in CONNECTING and phase == "started":
            left = self.remaining()
            if self.cut_by or not left:
                raise httpx2.ConnectTimeout("")
            info["timeout"] = min(left, MAX_CONNECT)
            if step == "connect_tcp":
                info["timeout"] /= addresses(info["host"], info["port"], left)
        elif step in CONNECTING and phase == "complete":
            limit(info["return_value"])


class Cancellation:
    """Ends the exchanges of other threads when their call is cancelled.

    A thread does its exchanges inside the context of a `Cancellation`.

    Attributes:
        exchanges: The running exchanges.
    """

    def __init__(self) -> None:
        self.exchanges: set[SyncExchange] = set()
        self._is_cancelled = False

    def cancel(self) -> None:
        """End the running exchanges, and all that start later."""
        self._is_cancelled = True
        for exchange in [*self.exchanges]:
            exchange.cut(INTERRUPTED)

    def __enter__(self) -> None:
        _thread.cancellation = self

    def __exit__(self, *_: object) -> None:
        _thread.cancellation = _NEVER

    def watch(self, exchange: SyncExchange) -> None:
        """Allow to end an exchange, until it is removed from `exchanges`."""
        # Added before the check, so that this thread or the cancelling one sees it.
        self.exchanges.add(exchange)
        if self._is_cancelled:
            exchange.cut(INTERRUPTED)


_NEVER = Cancellation()
"""The default: the exchanges of a thread are not cancelled from another thread."""


class _Thread(threading.local):
    exchange: SyncExchange | None = None
    cancellation = _NEVER


def cancellation() -> Cancellation:
    """Return the cancellation of the current thread."""
    return _thread.cancellation


_thread = _Thread()


class _LimitedStream:
    """A connection whose reads and writes have the timeout of their exchange.

    A server may respond before it has read all of a large request, and close the
    connection. So the response is read between the writes.
    """

    def __init__(self, stream: NetworkStream) -> None:
        self._stream = stream
        self._read = stream.read
        self._write = stream.write
        self._early: list[bytes] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes, first those that were read between writes."""
        if self._early:
            return self._early.pop(0)
        if exchange := _thread.exchange:
            timeout = exchange.begin_io(self._stream, timeout)
        return self._read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes, in pieces."""
        exchange = _thread.exchange
        if exchange is None:
            self._write(buffer, timeout)
            return
        view = memoryview(buffer)
        for start in range(0, len(buffer), PIECE):
            piece: Any = view[start : start + PIECE]
            if start and exchange.is_readable(self._stream):
                self._read_early(exchange)
            try:
                self._write(piece, exchange.begin_io(self._stream, timeout))
            except Exception as error:
                # The HTTP library ignores an `OSError` of a write.
                if interruption := exchange.raised_by_signal_handler(error):
                    raise interruption from None
                raise

    def _read_early(self, exchange: SyncExchange) -> None:
        try:
            self._early.append(self._read(PIECE, BRIEF))
        except Exception as error:
            if interruption := exchange.raised_by_signal_handler(error):
                raise interruption from None
            if exchange.is_refused_by_tls(error):
                raise  # else nothing came, or writing fails too


def limit(stream: NetworkStream) -> None:
    """Limit the reads and writes of a connection, unless that is done already."""
    if "read" not in vars(stream):
        limited = _LimitedStream(stream)
        vars(stream).update(read=limited.read, write=limited.write)


def addresses(host: str, port: int, seconds: float) -> int:
    """Return the number of IP addresses of a host. They are tried one after another.

    Raises:
        httpx2.ConnectTimeout: The name resolution timed out.
    """
    if _is_numeric(host):
        return 1
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        return len(run_aside(look_up, seconds, lambda: None))
    except LateError:
        message = f"the name resolution of {host} timed out"
        raise httpx2.ConnectTimeout(message) from None
    except (OSError, UnicodeError):  # connecting will fail with the same error
        return 1


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
