"""A sync exchange: whatever it waits for, its thread waits no longer than it may.

httpx2 bounds each read and each write by a timeout of its own, so that a server which
sends a byte now and then is waited for without end. Its extension `trace` tells of each
new connection; this module bounds the reads and writes of that connection by what is
left of the exchange that its thread has under way.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol, cast

import httpx2

from ..aside import LateError, WorkT, run_aside
from .exchange import MAX_CONNECT, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, MutableMapping
    from types import TracebackType
    from typing import Self

CONNECTING = ("connect_tcp", "connect_unix_socket", "start_tls")
"""Steps that give a network stream."""

LEFT = "the call was left"
"""What cuts the exchanges of a call that is interrupted, or of a loop that is left."""

PIECE = 1 << 14
"""Bytes that are written at once: the server may take each write slowly."""


class NetworkStream(Protocol):
    """A connection, as httpx2 reads and writes it."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        ...

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        ...

    def get_extra_info(self, info: str) -> Any:
        """Give what `info` names, or None."""
        ...


class SyncExchange(Exchange):
    """An exchange that a thread waits for, inside its context."""

    _stream: NetworkStream | None = None
    _is_shared = False
    _is_left = False

    def aside(self, work: Callable[[], WorkT]) -> WorkT:
        """Run the exchange in another thread, which is left when the time is up.

        An HTTP client of the caller may wait for a lock, as for that of an HTTP/2
        connection, or in a transport or hook of the caller's own.
        """
        try:
            return run_aside(work, self.left(), self._leave)
        except LateError:
            error = httpx2.ReadTimeout("the time ran out")
            self._raise(error)
            raise error from None

    def extensions(self) -> dict[str, Any]:
        """What makes httpx2 keep to the time that is left."""
        return {"timeout": self.timeouts(), "trace": self._trace}

    def cut(self, reason: str) -> None:
        """End the exchange from another thread."""
        self.cut_by = reason
        self._shut()

    def _leave(self) -> None:
        self._is_left = True
        self._shut()

    def _shut(self) -> None:
        if self._stream is None or self._is_shared:
            return
        wire: socket.socket | None = self._stream.get_extra_info("socket")
        if wire is not None:
            with suppress(OSError):  # it is closed already
                # Not the method of a TLS socket, which would go on in plain text.
                socket.socket.shutdown(wire, socket.SHUT_RDWR)

    def step(self, stream: NetworkStream, timeout: float | None) -> float:
        """Begin to read or write; return the seconds that it may take.

        Raises:
            httpx2.ReadTimeout: No time is left.
            httpx2.ReadError: The exchange was ended.
        """
        self._stream = stream
        if self.cut_by:
            raise httpx2.ReadError("")
        left = self.left()
        if not left:
            raise httpx2.ReadTimeout("")
        return left if timeout is None else min(left, timeout)

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
        self.note(event, info)
        layer, step, phase = event.split(".")
        if self._is_left and (step, phase) == ("send_request_headers", "started"):
            # It was noted first: one of this thread and that which left it knows.
            raise httpx2.ReadTimeout("")
        self._is_shared |= layer == "http2"
        if step in CONNECTING and phase == "started":
            info["timeout"] = min(self._time_to_connect(), MAX_CONNECT)
            if step == "connect_tcp":
                info["timeout"] /= addresses(info["host"], info["port"], self.left())
        elif step in CONNECTING and phase == "complete":
            bound(info["return_value"])

    def _time_to_connect(self) -> float:
        left = self.left()
        if self.cut_by or not left:
            raise httpx2.ConnectTimeout("")
        return left


class Cancellation:
    """Cuts the exchanges of other threads, when nobody waits for their answers any more.

    A thread does its exchanges inside the context of one.
    """

    def __init__(self) -> None:
        self._exchanges: set[SyncExchange] = set()
        self._is_cancelled = False

    def cancel(self) -> None:
        """Cut what is under way, and all that would begin from now on."""
        self._is_cancelled = True
        for exchange in [*self._exchanges]:
            exchange.cut(LEFT)

    def __enter__(self) -> None:
        _thread.cancellation = self

    def __exit__(self, *_: object) -> None:
        _thread.cancellation = _NEVER

    @contextmanager
    def watching(self, exchange: SyncExchange) -> Generator[None]:
        """Let an exchange be cut as long as the context lasts."""
        # Noted first, and then asked: this thread or the one that cancels sees it.
        self._exchanges.add(exchange)
        if self._is_cancelled:
            exchange.cut(LEFT)
        try:
            yield
        finally:
            self._exchanges.discard(exchange)


_NEVER = Cancellation()
"""That of threads whose caller is in them."""


class _Thread(threading.local):
    exchange: SyncExchange | None = None
    cancellation = _NEVER


def cancellation() -> Cancellation:
    """Return what cuts the exchanges of this thread."""
    return _thread.cancellation


_thread = _Thread()


def bound(stream: NetworkStream) -> None:
    """Bound all reads and writes of a connection, unless they are."""
    if "read" in vars(stream):
        return
    read, write = stream.read, stream.write

    def bounded_read(max_bytes: int, timeout: float | None = None) -> bytes:
        if exchange := _thread.exchange:
            timeout = exchange.step(stream, timeout)
        return read(max_bytes, timeout)

    def bounded_write(buffer: bytes, timeout: float | None = None) -> None:
        exchange = _thread.exchange
        if exchange is None:
            write(buffer, timeout)
            return
        view = memoryview(buffer)
        for start in range(0, len(buffer), PIECE):
            piece = cast("bytes", view[start : start + PIECE])
            write(piece, exchange.step(stream, timeout))

    vars(stream).update(read=bounded_read, write=bounded_write)


def addresses(host: str, port: int, seconds: float) -> int:
    """Count the addresses of a host, which are tried one after the other.

    Args:
        host: Its name or address.
        port: The port to connect to.
        seconds: How long the name service may take.

    Raises:
        httpx2.ConnectTimeout: It takes longer.
    """
    if _is_numeric(host):
        return 1
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        return max(1, len(run_aside(look_up, seconds, lambda: None)))
    except LateError:
        message = f"the name {host} was not resolved in time"
        raise httpx2.ConnectTimeout(message) from None
    except (OSError, UnicodeError):  # connecting fails in the same way
        return 1


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
