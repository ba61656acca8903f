"""A platform server on a loopback socket that keeps a ledger of the tasks it billed.

It reads requests with asyncio and passes each request to a script. The script writes
the bytes of the response: late, truncated, in parts, or never.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

Item: TypeAlias = dict[str, Any]
Script: TypeAlias = "Callable[[Platform, Exchange], Awaitable[None]]"
Talk: TypeAlias = "Callable[[Platform, Peer, list[Item]], Awaitable[None]]"

FOR_EVER = 60.0
"""Seconds that a script makes a client wait. The test ends long before."""

SOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class Hangup(Exception):
    """Raised by a script to close the connection."""


@dataclass
class Exchange:
    """A request and its connection."""

    tasks: list[Item]
    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def is_poll(self) -> bool:
        """Whether the request only polls tasks."""
        return all(task["taskType"] == "getResponse" for task in self.tasks)

    async def write(self, content: bytes) -> None:
        """Write some bytes."""
        self.writer.write(content)
        await self.writer.drain()

    async def reply(self, body: object, status: int = 200, **headers: str) -> None:
        """Send a JSON response."""
        await self.write(response(json.dumps(body).encode(), status, **headers))

    def reset(self) -> None:
        """Close the connection with RST instead of FIN."""
        wire = self.writer.get_extra_info("socket")
        linger = struct.pack("ii", 1, 0)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()
        raise Hangup


def response(content: bytes, status: int = 200, **headers: str) -> bytes:
    """Return the bytes of an HTTP response."""
    named = {"Content-Type": "application/json", "Content-Length": len(content)}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Status", *(f"{n}: {v}" for n, v in named.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content


@dataclass
class Platform:
    """The state of the platform: its requests, billed tasks and results.

    Attributes:
        seconds: The duration of a task with asynchronous delivery.
        bills: How often each task was billed.
        results: The results of each task.
        calls: The tasks of each request.
        notes: Data that scripts store.
    """

    script: Script
    seconds: float = 0.0
    url: str = ""
    bills: Counter[str] = field(default_factory=Counter)
    results: dict[str, list[Item]] = field(default_factory=dict)
    calls: list[list[Item]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    _done_at: dict[str, float] = field(default_factory=dict)

    @property
    def polls(self) -> list[list[Item]]:
        """The calls that were polls."""
        return [c for c in self.calls if c and c[0]["taskType"] == "getResponse"]

    @property
    def socket_url(self) -> str:
        """The URL of the WebSocket."""
        return self.url.replace("http", "ws", 1)

    def first(self, what: str) -> bool:
        """Return whether this is the first call with this name."""
        is_first = what not in self.notes
        self.notes[what] = True
        return is_first

    def accept(self, task: Item, seconds: float | None = None) -> None:
        """Bill a task and create its results."""
        uuid = task["taskUUID"]
        self.bills[uuid] += 1
        scope = {"taskType": task["taskType"], "taskUUID": uuid}
        count = range(task.get("numberResults", 1))
        self.results[uuid] = [scope | _output(task["taskType"], i) for i in count]
        took = self.seconds if seconds is None else seconds
        self._done_at[uuid] = time.monotonic() + took

    def told(self, uuid: str) -> list[Item]:
        """Return the items of a poll of a task, or none if the task is unknown."""
        if uuid not in self._done_at:
            return []
        if time.monotonic() >= self._done_at[uuid]:
            return [item | {"status": "success"} for item in self.results[uuid]]
        task_type = self.results[uuid][0]["taskType"]
        return [{"taskType": task_type, "taskUUID": uuid, "status": "processing"}]

    def answer(self, tasks: list[Item]) -> Item:
        """Accept tasks and answer polls, as a correct platform does."""
        data: list[Item] = []
        for task in tasks:
            if task["taskType"] == "getResponse":
                data += self.told(task["taskUUID"])
                continue
            self.accept(task)
            data += acknowledged(task) if is_late(task) else self.results_of(task)
        return {"data": data}

    def results_of(self, task: Item) -> list[Item]:
        """Return the results of an accepted task."""
        return self.results[task["taskUUID"]]

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Run the script for each request of a connection."""
        gone = (ConnectionError, asyncio.IncompleteReadError, Hangup)
        try:
            with suppress(*gone, asyncio.CancelledError):  # the test has ended
                while True:
                    exchange = await _request(reader, writer)
                    if exchange.tasks:
                        self.calls.append(exchange.tasks)
                    await self.script(self, exchange)
        except Exception as error:  # noqa: BLE001 - it fails the test
            self.failures.append(error)
        finally:
            writer.close()


def is_late(task: Item) -> bool:
    """Return whether a task has asynchronous delivery."""
    default = "async" if task["taskType"] == "videoInference" else "sync"
    return bool(task.get("deliveryMethod", default) == "async")


def acknowledged(task: Item, **members: Any) -> list[Item]:
    """Return the acknowledgement of a task, with these members."""
    return [{name: task[name] for name in ("taskType", "taskUUID")} | members]


async def honest(platform: Platform, exchange: Exchange) -> None:
    """Answer a request as a correct platform does."""
    await exchange.reply(platform.answer(exchange.tasks))


@contextmanager
def hosting(script: Script, seconds: float = 0.0) -> Generator[Platform]:
    """Run a platform until the context ends.

    Args:
        script: The function that answers each request.
        seconds: The duration of a task with asynchronous delivery.
    """
    platform = Platform(script, seconds)
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(
        asyncio.start_server(platform.serve, "127.0.0.1", 0, limit=2**26)
    )
    platform.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield platform
    finally:
        asyncio.run_coroutine_threadsafe(_stop(listening), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert not platform.failures, platform.failures


async def _stop(listening: asyncio.Server) -> None:
    listening.close()
    await asyncio.sleep(0.01)  # handlers of new connections start
    running = asyncio.all_tasks() - {asyncio.current_task()}
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await asyncio.sleep(0.01)  # closed connections end


async def _request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Exchange:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    pairs = [line.split(":", 1) for line in head.split("\r\n")[1:] if ":" in line]
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    tasks: list[Item] = json.loads(body) if body else []
    brought = [task for task in tasks if task["taskType"] != "authentication"]
    return Exchange(brought, headers, reader, writer)


def _output(task_type: str, number: int) -> Item:
    if task_type == "videoInference":
        address = f"https://assets.example/{number}.mp4"
        return {"videoUUID": str(uuid4()), "videoURL": address, "cost": 0.5}
    if task_type == "textInference":
        return {"text": f"text {number}", "finishReason": "stop", "cost": 0.001}
    address = f"https://assets.example/{number}.png"
    return {"imageUUID": str(uuid4()), "imageURL": address, "cost": 0.01}


# -- WebSocket --------------------------------------------------------------------


@dataclass
class Peer:
    """The server side of a WebSocket."""

    exchange: Exchange

    async def say(self, **envelope: list[Item]) -> None:
        """Send a message with `data`, `errors` or both."""
        await self._frame(0x1, json.dumps(envelope).encode())

    async def hear(self) -> list[Item]:
        """Return the tasks of the next message. Answer pings while waiting."""
        read = self.exchange.reader.readexactly
        text = b""
        while True:
            first, second = await read(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(await read(2 if size == 126 else 8))
            mask = await read(4)
            content = bytes(b ^ mask[i % 4] for i, b in enumerate(await read(size)))
            code = first & 0xF
            if code == 0x8:
                raise Hangup
            if code == 0x9:
                await self._frame(0xA, content)
            elif code in (0x0, 0x1):
                text += content
                if first & 0x80:
                    return list(json.loads(text))

    async def _frame(self, code: int, content: bytes) -> None:
        size = len(content)
        length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2)
        await self.exchange.write(bytes([0x80 | code]) + length + content)


def talking(talk: Talk) -> Script:
    """Return the script of a WebSocket platform that accepts every API key."""

    async def script(platform: Platform, exchange: Exchange) -> None:
        key = exchange.headers["sec-websocket-key"].encode()
        accept = base64.b64encode(
            hashlib.sha1(key + SOCKET_GUID).digest()  # noqa: S324
        )
        lines = [
            *(b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket"),
            *(b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + accept, b"", b""),
        ]
        await exchange.write(b"\r\n".join(lines))
        peer = Peer(exchange)
        while tasks := await peer.hear():
            if tasks[0]["taskType"] == "authentication":
                session = {"connectionSessionUUID": str(uuid4())}
                await peer.say(data=[{"taskType": "authentication"} | session])
            elif tasks[0]["taskType"] == "ping":
                await peer.say(data=[{"taskType": "ping", "pong": True}])
            else:
                platform.calls.append(tasks)
                await talk(platform, peer, tasks)

    return script


async def honest_talk(platform: Platform, peer: Peer, tasks: list[Item]) -> None:
    """Answer a message as a correct platform does."""
    await peer.say(**platform.answer(tasks))
