"""A server on a loopback socket whose scripts write the raw bytes of responses."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Script: TypeAlias = "Callable[[socket.socket, bytes], object]"

LONG = 60.0
"""Seconds that a test waits for something that normally happens at once."""


@dataclass
class Wire:
    """Calls `script` with each request. A connection may have many requests.

    Attributes:
        url: The URL of the server.
        script: Called with the connection and the request.
        requests: The requests, in order.
        connections: The number of connections.
    """

    url: str
    script: Script
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    def follow(self, client: socket.socket) -> None:
        """Call the script for each request until the connection ends."""
        self.connections += 1
        with client, suppress(OSError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.settimeout(LONG)
            while request := read_request(client):
                self.requests.append(request)
                self.script(client, request)


@contextmanager
def wired(script: Script) -> Iterator[Wire]:
    """Run a server that calls a script for each request while the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        wire = Wire(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", script)
        threads: list[Thread] = []
        clients: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):  # the context has ended
                while True:
                    client, _ = listening.accept()
                    clients.append(client)
                    threads.append(Thread(target=wire.follow, args=(client,)))
                    threads[-1].start()

        threads.append(Thread(target=accept))
        threads[0].start()
        try:
            yield wire
        finally:
            for each in (listening, *clients):
                with suppress(OSError):  # already closed
                    each.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(LONG)


def read_request(client: socket.socket) -> bytes:
    """Read one request; empty if the client has closed the connection."""
    received = b""
    while True:
        head, blank, body = received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].split(b"\r")[0]
        if blank and len(body) >= int(length or 0):
            return received
        chunk = client.recv(1 << 16)
        if not chunk:
            return b""
        received += chunk


def answer(body: bytes = b'{"data":[]}', status: int = 200, *headers: str) -> bytes:
    """Return the bytes of a complete response."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def say(what: bytes) -> Script:
    """Return a script that sends these bytes for each request."""
    return lambda client, _: client.sendall(what)


def drip(first: bytes, again: bytes) -> Script:
    """Return a script that sends `first`, then `again` while the client listens."""

    def script(client: socket.socket, _: bytes) -> None:
        client.sendall(first)
        for _ in range(int(LONG / 0.02)):
            time.sleep(0.02)
            client.sendall(again)

    return script


def hold(client: socket.socket, _: bytes) -> None:
    """Send no response until the client closes the connection."""
    client.recv(1)


def reset(client: socket.socket, _: bytes) -> None:
    """Reset the connection."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def in_turn(scripts: Iterable[Script]) -> Script:
    """Return a script that calls the given scripts in order, one for each request."""
    left = iter(scripts)

    def script(client: socket.socket, request: bytes) -> None:
        next(left)(client, request)

    return script
