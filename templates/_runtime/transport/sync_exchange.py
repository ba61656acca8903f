"""A sync exchange: whatever it waits for, its thread waits no longer than it may.

httpx2 bounds each read and each write by a timeout of its own, so that a server which
sends a byte now and then is waited for without end. Its extension `trace` tells of each
new connection; this module bounds the reads and writes of that connection by what is
left of the exchange that its thread has under way.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol, cast

import httpx2

from .exchange import LONGEST_CONNECT, Exchange

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from types import TracebackType
    from typing import Self

CONNECTING = ("connect_tcp", "connect_unix_socket", "start_tls")
"""Steps that give a network stream."""

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

    def extensions(self) -> dict[str, Any]:
        """What makes httpx2 keep to the time that is left."""
        return {"timeout": self.timeouts(), "trace": self._trace}

    def cut(self) -> None:
        """End the exchange from another thread: the client is being closed."""
        self.is_cut = True
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
        if self.is_cut:
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
        self._is_shared |= layer == "http2"
        if step in CONNECTING and phase == "started":
            info["timeout"] = min(self._time_to_connect(), LONGEST_CONNECT)
            if step == "connect_tcp":
                info["timeout"] /= addresses(info["host"], info["port"], self.left())
        elif step in CONNECTING and phase == "complete":
            bound(info["return_value"])

    def _time_to_connect(self) -> float:
        left = self.left()
        if self.is_cut or not left:
            raise httpx2.ConnectTimeout("")
        return left


class _Thread(threading.local):
    exchange: SyncExchange | None = None


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
    found: list[object] = []

    def look_up() -> None:
        with suppress(OSError, UnicodeError):  # connecting fails in the same way
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    if _is_numeric(host):
        return 1
    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise httpx2.ConnectTimeout(f"the name {host} was not resolved in time")
    return max(1, len(found))


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
