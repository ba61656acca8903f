"""Tests of streams over a real socket: deltas, results, endings and exceptions.

The tests of where a response is split into chunks do not use a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import json
import os
import socket
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from threading import Event, Thread, Timer
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopback import KEY, Caller, each, value, without_a_loop
from wire import LONG, reset, wired

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from types import ModuleType

TASK_UUID = "5c1e3a52-7a0d-4d57-9b1e-0a3f9f4c2d11"
EVENTS = "text/event-stream; charset=utf-8"


# -- the server ---------------------------------------------------------------

STREAMS = {"sync": "Stream", "async": "AsyncStream"}


@dataclass
class Script:
    """The response of the server, and the requests that it received.

    Attributes:
        parts: The parts to send, in order. A number is a pause in seconds. At an
            `Event`, the server waits until it is set.
        ending: How the response ends: `whole`; `cut`, without the last chunk; `reset`;
            or `hold`, in which the server waits until the client closes the connection.
        status: The HTTP status; 0 for a response without a head.
        raw: Whether to send the parts as they are instead of as chunks of a body.
        was_left: Set when the client has closed the connection.
    """

    parts: list[bytes | float | Event] = field(default_factory=list)
    ending: str = "whole"
    status: int = 200
    raw: bool = False
    content_type: str = EVENTS
    url: str = ""
    calls: list[tuple[bytes, Any]] = field(default_factory=list)
    was_left: Event = field(default_factory=Event)

    def events(self, *events: object, ending: str = "whole") -> None:
        """Send these events, each in its own chunk."""
        self.parts = [event(e) for e in events]
        self.ending = ending

    def answer(self, body: object, status: int = 200, kind: str = "json") -> None:
        """Send a complete response instead of a stream."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.parts, self.status = [text.encode()], status
        self.content_type = f"text/{kind}" if kind == "html" else "application/json"

    def play(self, client: socket.socket, request: bytes) -> None:
        """Send the response, and end the connection."""
        head, _, body = request.partition(b"\r\n\r\n")
        self.calls.append((head, json.loads(body)))
        try:
            self._send(client)
        except ConnectionError:
            self.was_left.set()
        client.close()

    def _send(self, client: socket.socket) -> None:
        if self.status:
            client.sendall(
                f"HTTP/1.1 {self.status} Said\r\nTransfer-Encoding: chunked\r\n"
                f"Content-Type: {self.content_type}\r\nX-Request-Id: r-1\r\n\r\n".encode()
            )
        for part in self.parts:
            if isinstance(part, bytes):
                client.sendall(
                    part if self.raw else b"%x\r\n%b\r\n" % (len(part), part)
                )
            elif isinstance(part, Event):
                assert part.wait(LONG)
            else:
                time.sleep(part)
        if self.ending == "whole":
            client.sendall(b"0\r\n\r\n")
        if self.ending in ("whole", "hold"):
            while client.recv(1 << 16):
                pass
            self.was_left.set()
        if self.ending == "reset":
            reset(client, b"")


def event(content: object) -> bytes:
    """Return the bytes of an event."""
    text = content if isinstance(content, str) else json.dumps(content)
    return f"data: {text}\n\n".encode()


@pytest.fixture
def script() -> Iterator[Script]:
    """The script of a running server."""
    script = Script()
    with wired(script.play) as wire:
        script.url = wire.url
        yield script


# -- the client ---------------------------------------------------------------


@dataclass
class Streamer:
    """Creates sync or async streams of a package and reads them."""

    kind: str
    package: str
    url: str = ""
    ends: list[tuple[dict[str, Any], BaseException | None]] = field(
        default_factory=list
    )

    def module(self, name: str) -> Any:
        """Return a module of the package."""
        return import_module(f"{self.package}.{name}")

    def request(self, **members: Any) -> Any:
        """Return a request for text."""
        members = {
            "model": "minimax:m2.7@0",
            "messages": [{"role": "user", "content": "Where?"}],
            "task_uuid": TASK_UUID,
            "delivery_method": "stream",
        } | members
        kind = self.module("tasks.text_inference").TextInferenceRequest
        return kind(**members)

    def stream(self, send: Any, *, timeout: float = LONG, **members: Any) -> Any:
        """Return a stream that reads the response of `send`."""
        transport, request = self.module("_runtime.transport.endpoint"), self.request(
            **members
        )
        key = self.module("_runtime.transport.api_key").ApiKey(KEY)
        endpoint = transport.Endpoint(self.url, key, "header")
        package, name = import_module(self.package), STREAMS[self.kind]
        return getattr(package, name)(
            request,
            request.to_wire(),
            send(endpoint, request, timeout),
            endpoint=endpoint,
            errors=self.module("tasks.text_inference").TextInferenceErrors,
            deadline=self.module("_runtime.transport.deadline").Deadline(
                time.monotonic() + timeout, time.monotonic
            ),
            on_end=lambda item, error: self.ends.append((item, error)),
        )

    def over_http(self, endpoint: Any, request: Any, timeout: float) -> Any:
        """Return a function that sends a request over a socket."""
        part = json.dumps(request.to_wire()).encode()

        @contextmanager
        def send(on_exchange: Callable[[Any], object]) -> Iterator[Any]:
            with httpx2.Client(verify=False) as http:
                transport = self.module("_runtime.transport.http").HTTPTransport(
                    endpoint, http, 4
                )
                with transport.open(
                    part, timeout, None, is_limited=False, on_exchange=on_exchange
                ) as response:
                    yield response

        @asynccontextmanager
        async def asend(on_exchange: Callable[[Any], object]) -> AsyncIterator[Any]:
            async with httpx2.AsyncClient(verify=False) as http:
                transport = self.module(
                    "_runtime.transport.async_http"
                ).AsyncHTTPTransport(endpoint, http, 4)
                async with transport.open(
                    part, timeout, None, is_limited=False, on_exchange=on_exchange
                ) as response:
                    yield response

        return send if self.kind == "sync" else asend

    def using(self, work: Callable[[Any], Any], **options: Any) -> Any:
        """Run `work` with a stream; `work` awaits `value` of each call."""

        async def begun() -> Any:
            return await work(self.stream(self.over_http, **options))

        return asyncio.run(begun()) if self.kind == "async" else without_a_loop(begun())

    def read(self, **options: Any) -> tuple[Any, list[Any]]:
        """Read a stream to its end. Return the stream and its deltas."""

        async def work(stream: Any) -> tuple[Any, list[Any]]:
            return stream, [delta async for delta in each(stream)]

        stream, deltas = self.using(work, **options)
        return stream, deltas

    def failure(self, **options: Any) -> tuple[Any, Any]:
        """Read a stream that must fail. Return the stream and the exception."""

        async def work(stream: Any) -> tuple[Any, Any]:
            try:
                async for _ in each(stream):
                    pass
            except self.module("_runtime.exceptions").RunwareError as error:
                return stream, error
            raise AssertionError(f"no error, but {stream!r}")

        stream, error = self.using(work, **options)
        assert self.ends == [(self.ends[0][0], error)]
        assert (error.task_type, error.task_uuid) == ("textInference", TASK_UUID)
        return stream, error


@pytest.fixture(params=["sync", "async"])
def streamer(
    request: pytest.FixtureRequest, shipped: ModuleType, script: Script
) -> Streamer:
    """A `Streamer` for the scripted server: sync, then async."""
    return Streamer(request.param, shipped.__name__, script.url)


@pytest.fixture
def stream(streamer: Streamer) -> Any:
    """A new stream of `streamer`, in an async test."""
    return streamer


SCOPE = {"taskType": "textInference", "taskUUID": TASK_UUID}
THOUGHT = {**SCOPE, "delta": {"reasoningContent": "Fog, so "}}
HERE = {**SCOPE, "delta": {"text": "At the "}}
THERE = {"delta": {"text": "lighthouse 🗼"}, "finishReason": None}
USAGE = {"promptTokens": 5, "completionTokens": 7}
LAST = {"delta": {}, "finishReason": "stop", "usage": USAGE, "cost": 0.002, "seed": 9}
DONE = "[DONE]"
ALL = (THOUGHT, HERE, THERE, LAST, DONE)
TEXT = "At the lighthouse 🗼"


# -- deltas and results -------------------------------------------------------


def test_it_gives_each_piece_and_then_the_whole(
    streamer: Streamer, script: Script
) -> None:
    script.events(*ALL)
    stream, deltas = streamer.read()
    assert [delta.text for delta in deltas] == ["", "At the ", "lighthouse 🗼", ""]
    assert [delta.reasoning for delta in deltas] == ["Fog, so ", "", "", ""]
    assert [delta.item for delta in deltas] == [THOUGHT, HERE, THERE, LAST]
    last = deltas[-1]
    assert (last.finish_reason, last.usage, last.cost) == ("stop", USAGE, 0.002)
    assert {(d.finish_reason, d.cost) for d in deltas[:-1]} == {(None, None)}
    result = stream.result
    assert type(result).__name__ == "TextInferenceResult"
    assert (result.text, result.reasoning_content) == (TEXT, "Fog, so ")
    assert (result.finish_reason, result.usage.to_wire()) == ("stop", USAGE)
    item = {**SCOPE, "text": TEXT, "reasoningContent": "Fog, so "}
    end = {"finishReason": "stop", "usage": USAGE, "cost": 0.002, "seed": 9}
    assert result.to_wire() == item | end
    assert (stream.text, stream.reasoning) == (TEXT, "Fog, so ")
    assert streamer.ends == [(item | end, None)]


async def test_the_task_is_sent_once_when_the_reading_begins(
    stream: Any, streamer: Streamer, script: Script
) -> None:
    script.events(*ALL)
    assert script.calls == []
    result = await value(stream.get_result())
    assert result is stream.result is await value(stream.get_result())
    with pytest.raises(RuntimeError, match="read only once"):
        [_ async for _ in each(stream)]
    [(head, body)] = script.calls
    assert body == [streamer.request().to_wire()]
    assert b"text/event-stream" in head
    assert f"Bearer {KEY}".encode() in head


async def test_pieces_come_as_they_are_sent(stream: Any, script: Script) -> None:
    was_read = Event()
    script.parts = [event(HERE), was_read, *map(event, (THERE, LAST, DONE))]
    seen: list[str] = []
    async for delta in each(stream):
        seen.append(delta.text)
        was_read.set()
    assert seen == ["At the ", "lighthouse 🗼", ""]


def test_a_whole_answer_comes_as_one_piece(streamer: Streamer, script: Script) -> None:
    item = {**SCOPE, "text": TEXT, "finishReason": "stop", "usage": USAGE}
    signed_in = {"taskType": "authentication", "connectionSessionUUID": TASK_UUID}
    script.answer({"data": [signed_in, item]})
    stream, [delta] = streamer.read()
    assert (delta.text, delta.finish_reason, delta.item) == (TEXT, "stop", item)
    assert stream.result.to_wire() == item


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", ""])
def test_events_are_known_by_how_they_begin(
    streamer: Streamer, script: Script, kind: str
) -> None:
    """A proxy may change the content type of a response."""
    script.events({"delta": {"text": "dusk"}, "finishReason": "stop"}, "[DONE]")
    script.content_type = kind
    assert streamer.read()[0].text == "dusk"


@pytest.mark.parametrize(("start", "indent"), [("", None), ("", 1), ("\r\n ", None)])
def test_json_is_known_by_how_it_begins(
    streamer: Streamer, script: Script, start: str, indent: int | None
) -> None:
    """A server may set the content type of a stream before it fails."""
    script.answer(start + json.dumps({"error": ERROR, **SCOPE}, indent=indent))
    script.content_type = EVENTS
    _, error = streamer.failure()
    assert (type(error).__name__, error.message) == ("TaskError", "No.")


def test_pieces_may_come_in_an_envelope(streamer: Streamer, script: Script) -> None:
    pieces = [{"data": [{"delta": {"text": text}}]} for text in ("du", "sk")]
    script.events(*pieces, {"delta": {}, "finishReason": "stop"}, "[DONE]")
    assert streamer.read()[0].text == "dusk"


def test_whole_texts_inside_a_stream_are_not_doubled(
    streamer: Streamer, script: Script
) -> None:
    whole = {**SCOPE, "text": TEXT, "finishReason": "stop"}
    script.events(HERE, {"data": [whole]}, DONE)
    stream, deltas = streamer.read()
    assert [delta.text for delta in deltas] == ["At the ", "lighthouse 🗼"]
    assert stream.result.text == TEXT


def test_odd_members_are_kept_and_do_no_harm(
    streamer: Streamer, script: Script
) -> None:
    odd = {"delta": {"text": None}, "finishReason": 7, "usage": [1], "cost": True}
    script.events({}, {"delta": None, "errors": []}, HERE, odd, {"cost": None}, DONE)
    stream, deltas = streamer.read()
    assert [d.text for d in deltas] == ["", "", "At the ", "", ""]
    assert {(d.finish_reason, d.usage, d.cost) for d in deltas} == {(None, None, None)}
    wire = stream.result.to_wire()
    assert (wire["finishReason"], wire["usage"], wire["cost"]) == (7, [1], True)


def test_pieces_of_all_members_are_in_the_result(
    streamer: Streamer, script: Script
) -> None:
    calls = [{"id": f"call_{n}", "name": "f", "input": {"n": n}} for n in range(3)]
    script.events(
        {"delta": {"tools": calls[:1], "reasoningContent": ["Why"]}},
        {"delta": {"tools": calls[1:2], "reasoningContent": ["not"]}},
        {"delta": {"tools": calls[1:2]}, "tools": calls[:2]},
        {"delta": {"tools": calls, "thoughtSignature": "sig"}},  # all of them so far
        {"delta": {"text": "", "finishReason": "tool_calls"}},
        ending="cut",
    )
    stream, deltas = streamer.read()
    assert stream.result.to_wire() == {
        **SCOPE,
        "text": "",
        "tools": calls,
        "reasoningContent": ["Why", "not"],
        "thoughtSignature": "sig",
        "finishReason": "tool_calls",
    }
    assert deltas[0].item["delta"]["tools"] == calls[:1]


ODD = {
    "a list for the delta": '{"delta": []}',
    "text that is no text": '{"delta": {"text": {}, "reasoningContent": 7}}',
    "a cost that is no float": f'{{"cost": {"9" * 400}}}',
    "a number that Python does not read": f'{{"cost": {"9" * 5000}}}',
    "a cost that is no number": '{"cost": NaN, "usage": {"promptTokens": Infinity}}',
    "an object for each": '{"finishReason": {}, "usage": 5, "cost": {}, "status": {}}',
    "a deep member": f'{{"more": {"[" * 600}{"]" * 600}}}',
    "odd names": '{"taskType": 5, "taskUUID": null, "": 1, "\\ud800": "\\ud800"}',
    "news": '{"status": "processing", "progress": 7}',
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_no_event_costs_the_text(streamer: Streamer, script: Script, odd: str) -> None:
    script.events(HERE, odd, THERE, odd, {"finishReason": "stop"}, DONE)
    stream, deltas = streamer.read()
    assert "".join(delta.text for delta in deltas) == stream.result.text == TEXT
    assert {delta.cost for delta in deltas} == {None}
    wire = stream.result.to_wire()
    assert wire.items() >= {**SCOPE, "finishReason": "stop"}.items()
    assert wire.get("status") is None
    assert streamer.ends == [(streamer.ends[0][0], None)]


PIECES = (HERE, THERE, LAST, DONE)


def test_a_cost_may_be_written_as_text(streamer: Streamer, script: Script) -> None:
    script.events(HERE, THERE, {"finishReason": "stop", "cost": "0.002"}, DONE)
    _, deltas = streamer.read()
    assert [delta.cost for delta in deltas] == [None, None, 0.002]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
async def test_events_without_an_empty_line_between_them(
    stream: Any, script: Script, newline: str
) -> None:
    was_read = Event()
    lines = [event(e).strip() + newline.encode() for e in PIECES]
    script.parts = [lines[0], was_read, b": alive\nid: 7\nretry: 9\n", *lines[1:]]
    texts: list[str] = []
    async for delta in each(stream):
        texts.append(delta.text)
        was_read.set()
    assert texts == ["At the ", "lighthouse 🗼", ""]
    assert stream.result.cost == 0.002


def test_the_last_event_needs_no_line_end(streamer: Streamer, script: Script) -> None:
    script.parts = [event(HERE), event(LAST).strip()]
    stream, _ = streamer.read()
    assert (stream.result.text, stream.result.cost) == ("At the ", 0.002)


@pytest.mark.parametrize("cut", ['{"delta": {"text": "}}', '{"delta": {}', "[DO", "da"])
def test_an_event_that_is_cut_off_is_no_event(
    streamer: Streamer, script: Script, cut: str
) -> None:
    script.parts = [event(HERE), b"data: " * (cut != "da") + cut.encode()]
    _, error = streamer.failure()
    assert type(error).__name__ == "ConnectionError"
    assert [result.text for result in error.results] == ["At the "]


HALVES = [
    (["x\ud83d", "\ude00y"], ["x", "😀y"]),
    (["\ud83d", "", "\ude00", "\ud83d\ude00"], ["", "", "😀", "😀"]),
    (["\ud83d", "\ud83d\ude00", "z"], ["", "\ufffd😀", "z"]),
    (["\ude00\ud83d", "z"], ["\ufffd", "\ufffdz"]),
    (["x\ud83d"], ["x", "\ufffd"]),
]


@pytest.mark.parametrize("member", ["text", "reasoningContent"])
@pytest.mark.parametrize(("said", "given"), HALVES)
def test_halves_of_a_character_become_one(
    streamer: Streamer, script: Script, member: str, said: list[str], given: list[str]
) -> None:
    script.events(*({"delta": {member: text}} for text in said), DONE)
    stream, deltas = streamer.read()
    whole = "".join(given)
    is_text = member == "text"
    assert [d.text if is_text else d.reasoning for d in deltas] == given
    assert (stream.text if is_text else stream.reasoning) == whole
    assert whole in stream.result.model_dump_json()


def test_half_a_character_before_a_break_is_left_out(
    streamer: Streamer, script: Script
) -> None:
    script.events({"delta": {"text": "x\ud83d"}}, ending="cut")
    stream, error = streamer.failure()
    assert [result.text for result in error.results] == [stream.text] == ["x"]


def test_whole_texts_may_end_in_half_a_character(
    streamer: Streamer, script: Script
) -> None:
    script.events({"text": "x\ud83d"}, {"text": "x😀"}, {"text": "x😀y"}, {}, DONE)
    stream, deltas = streamer.read()
    assert [delta.text for delta in deltas] == ["x", "😀", "y", ""]
    assert stream.result.text == "x😀y"


@pytest.mark.parametrize("silent", [b"", b": alive\n\n"])
def test_a_server_that_has_finished_is_not_waited_for(
    streamer: Streamer, script: Script, silent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamer.module("_runtime.client.stream"), "GRACE", 0.3)
    script.events(HERE, {"finishReason": "stop"}, ending="hold")
    script.parts += [0.05, event({"usage": USAGE}), 0.05, event({"cost": 0.002})]
    script.parts += [silent, 0.1] * 10 if silent else []
    stream, _ = streamer.read(timeout=10 * LONG)
    result = stream.result
    assert (result.text, result.cost) == ("At the ", 0.002)
    assert result.usage.to_wire() == USAGE
    assert script.was_left.wait(LONG / 2)


def test_the_time_between_pieces_is_the_callers(
    streamer: Streamer, script: Script
) -> None:
    async def work(stream: Any) -> None:
        await _pause(streamer)
        texts: list[str] = []
        async for delta in each(stream):
            texts.append(delta.text)
            await _pause(streamer)
        assert texts == ["At the ", ""]
        assert stream.result.cost == 0.002

    script.events(HERE, LAST, DONE)
    streamer.using(work, timeout=2)


def test_a_slow_caller_does_not_wait_for_a_silent_server(
    streamer: Streamer, script: Script
) -> None:
    async def work(stream: Any) -> None:
        async def read_slowly() -> None:
            async for _ in each(stream):
                await _pause(streamer)

        with pytest.raises(TimeoutError, match="timed out before the end"):
            await read_slowly()
        assert stream.text == "At the "

    script.events(HERE, ending="hold")
    streamer.using(work, timeout=2)
    assert script.was_left.wait(LONG / 2)


async def _pause(streamer: Streamer) -> None:
    """Take longer than the timeout of the stream."""
    await value((asyncio if streamer.kind == "async" else time).sleep(2.2))


def test_events_without_a_text_cost_no_more_when_there_is_one(
    streamer: Streamer,
) -> None:
    long = "x" * 1_000_000
    events = [event({"delta": {"text": long}}), *[event({"n": 1})] * 10_000]
    stream = streamer.stream(answering([b"".join([*events, event(DONE)])]), timeout=60)

    async def work() -> None:
        result = await value(stream.get_result())
        assert result.text == long

    asyncio.run(work()) if streamer.kind == "async" else without_a_loop(work())


@pytest.mark.parametrize("ending", ["whole", "cut", "reset", "hold"])
def test_a_finish_reason_is_an_end(
    streamer: Streamer, script: Script, ending: str
) -> None:
    script.events(HERE, LAST, ending=ending)
    if ending == "reset":  # the client reads the events before the reset
        script.parts.append(0.2)
    stream, _ = streamer.read(timeout=3 if ending == "hold" else LONG)
    assert (stream.result.text, stream.result.cost) == ("At the ", 0.002)


def test_more_than_one_text_is_refused_before_it_is_sent(
    streamer: Streamer, script: Script
) -> None:
    with pytest.raises(ValueError, match="a stream has only one result"):
        streamer.stream(streamer.over_http, number_results=2)
    assert script.calls == []


# -- streams that are closed early --------------------------------------------


async def test_leaving_the_loop_closes_the_connection(
    stream: Any, streamer: Streamer, script: Script
) -> None:
    script.events(HERE, ending="hold")
    async for _ in each(stream):
        break
    await _turns(streamer)
    assert script.was_left.wait(LONG / 2)
    assert stream.text == "At the "
    with pytest.raises(RuntimeError, match="not read to its end"):
        _ = stream.result
    with pytest.raises(RuntimeError, match="read only once"):
        await value(stream.get_result())
    [(item, error)] = streamer.ends
    assert item == {**SCOPE, "text": "At the "}
    assert isinstance(error, (GeneratorExit, asyncio.CancelledError))


def test_an_exception_in_the_loop_closes_the_connection(
    streamer: Streamer, script: Script
) -> None:
    async def work(stream: Any) -> None:
        async for _ in each(stream):
            raise KeyError("mine")

    script.events(HERE, ending="hold")
    with pytest.raises(KeyError, match="mine"):
        streamer.using(work)
    assert script.was_left.wait(LONG / 2)


def test_a_context_closes_the_connection_at_its_end(
    streamer: Streamer, script: Script
) -> None:
    async def read_one(stream: Any) -> Any:
        deltas = stream.__aiter__() if streamer.kind == "async" else iter(stream)
        step = deltas.__anext__() if streamer.kind == "async" else next(deltas)
        await value(step)
        return deltas  # a reference, so that only the context closes it

    async def work(stream: Any) -> None:
        if streamer.kind == "async":
            async with stream:
                deltas = await read_one(stream)
            assert await asyncio.to_thread(script.was_left.wait, LONG / 2)
            await deltas.aclose()
        else:
            with stream:
                deltas = await read_one(stream)
            assert script.was_left.wait(LONG / 2)
            deltas.close()

    script.events(HERE, ending="hold")
    streamer.using(work)


async def test_a_stream_that_is_closed_unread_sends_nothing(
    stream: Any, streamer: Streamer, script: Script
) -> None:
    await value(stream.close() if streamer.kind == "sync" else stream.aclose())
    with pytest.raises(RuntimeError, match="closed before it was read"):
        await value(stream.get_result())
    assert script.calls == []


def test_cancelling_closes_the_connection(shipped: ModuleType, script: Script) -> None:
    streamer = Streamer("async", shipped.__name__, script.url)

    async def work(stream: Any) -> None:
        reading = asyncio.create_task(stream.get_result())
        async with asyncio.timeout(LONG):
            while not stream.text:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.01)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await asyncio.to_thread(script.was_left.wait, LONG / 2)

    script.events(HERE, ending="hold")
    streamer.using(work)
    [(_, error)] = streamer.ends
    assert isinstance(error, asyncio.CancelledError)


async def test_closing_ends_the_reading(
    stream: Any, streamer: Streamer, script: Script
) -> None:
    threads = _threads()
    script.events(HERE, THERE, ending="hold")
    async for _ in each(stream):
        await value(stream.close() if streamer.kind == "sync" else stream.aclose())
    assert stream.text == "At the "
    assert script.was_left.wait(LONG / 2)
    [(item, error)] = streamer.ends
    assert item == {**SCOPE, "text": "At the "}
    assert isinstance(error, GeneratorExit)
    assert _threads() <= threads


def _threads() -> int:
    """Count the threads without those of the server."""
    return sum("(follow)" not in each.name for each in threading.enumerate())


async def test_a_dropped_iterator_ends_the_reading(
    stream: Any, streamer: Streamer, script: Script
) -> None:
    threads = _threads()
    script.events(HERE, ending="hold")
    if streamer.kind == "sync":
        next(iter(stream))
    else:
        await anext(aiter(stream))
        await _turns(streamer)
    assert len(streamer.ends) == 1
    assert script.was_left.wait(LONG / 2)
    [(_, error)] = streamer.ends
    assert isinstance(error, (GeneratorExit, asyncio.CancelledError))
    assert _threads() <= threads


def test_an_iterator_that_is_not_used_sends_nothing(
    streamer: Streamer, script: Script
) -> None:
    stream = streamer.stream(streamer.over_http)
    pieces = iter(stream) if streamer.kind == "sync" else aiter(stream)
    del pieces
    assert (script.calls, streamer.ends) == ([], [])


async def test_another_may_close_it_while_it_is_read(
    stream: Any, streamer: Streamer, script: Script, shipped: ModuleType
) -> None:
    """This is not a connection failure, after which a program would retry."""

    async def read(stream: Any) -> None:
        async for _ in each(stream):
            close_soon(stream)

    def close_soon(stream: Any) -> None:
        if streamer.kind == "sync":
            closings.append(Timer(0.1, stream.close))
            closings[-1].start()
        else:
            closings.append(asyncio.create_task(_closed_soon(stream)))

    closings: list[Any] = []
    script.events(HERE, ending="hold")
    closed = pytest.raises(shipped.ClosedError, match="closed while it was read")
    with closed as caught:
        await read(stream)
    assert (caught.value.retryable, caught.value.may_have_run) == (False, True)
    for closing in closings:
        await value(closing.join() if streamer.kind == "sync" else closing)
    [(item, error)] = streamer.ends
    assert item == {**SCOPE, "text": "At the "}
    assert isinstance(error, shipped.ClosedError)


async def _closed_soon(stream: Any) -> None:
    await asyncio.sleep(0.1)
    await stream.aclose()


def test_another_may_close_it_before_its_response_begins(
    streamer: Streamer, script: Script, shipped: ModuleType
) -> None:
    """The server has the task, and is silent."""

    async def closed_then(client: Any) -> None:
        stream = client.stream(streamer.request())

        async def close() -> None:
            while not script.calls:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.01)
            await value(stream.close() if streamer.kind == "sync" else stream.aclose())

        closing = close()
        if streamer.kind == "sync":
            thread = Thread(target=asyncio.run, args=(closing,))
            thread.start()
        else:
            task = asyncio.create_task(closing)
        with pytest.raises(shipped.ClosedError) as caught:
            await value(stream.get_result())
        await value(thread.join() if streamer.kind == "sync" else task)
        assert "the stream was closed" in str(caught.value)
        assert caught.value.handle.task_uuid == TASK_UUID

    script.status, script.ending = 0, "hold"
    Caller(streamer.kind, shipped, script.url).using(closed_then)
    assert script.was_left.wait(LONG / 2)
    assert len(script.calls) == 1


def test_its_client_may_be_closed_while_it_is_read(
    streamer: Streamer, script: Script, shipped: ModuleType
) -> None:
    """This is not a connection failure either."""

    async def read(client: Any) -> None:
        async for _ in each(client.stream(streamer.request())):
            await value(client.close())

    async def work(client: Any) -> None:
        with pytest.raises(shipped.ClosedError, match="client was closed") as caught:
            await read(client)
        error = caught.value
        assert (error.retryable, error.may_have_run) == (False, True)
        assert (error.results[0].text, error.handle.task_uuid) == ("At the ", TASK_UUID)

    script.events(HERE, ending="hold")
    Caller(streamer.kind, shipped, script.url).using(work)


def test_the_wrong_twin_is_a_type_error(streamer: Streamer, script: Script) -> None:
    async def loop() -> None:
        if streamer.kind == "async":
            for _ in stream:
                pass
        else:
            async for _ in stream:
                pass

    async def context() -> None:
        if streamer.kind == "async":
            with stream:
                pass
        else:
            async with stream:
                pass

    async def work() -> None:
        with pytest.raises(TypeError, match=f"{kind}' object is not iterable|{got}"):
            await loop()
        with pytest.raises(TypeError, match=f"'{kind}' object does not support the"):
            await context()
        with pytest.raises(TypeError, match=f"{kind} can't be used in 'await'"):
            await stream

    stream: Any = streamer.stream(streamer.over_http)
    kind = STREAMS[streamer.kind]
    got = f"requires an object with __aiter__ method, got {kind}"
    asyncio.run(work())
    assert script.calls == []


async def _turns(streamer: Streamer) -> None:
    """Let the event loop close an abandoned stream."""
    if streamer.kind == "async":
        for _ in range(5):
            await asyncio.sleep(0.01)


# -- errors -------------------------------------------------------------------

ERROR = {"code": "invalidApiKey", "message": "No."}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, "TaskError"),
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (429, "RateLimitError"),
        (500, "ServerError"),
    ],
)
@pytest.mark.parametrize("spelling", [{"error": ERROR}, {"errors": [ERROR]}])
def test_an_error_before_the_stream(
    streamer: Streamer, script: Script, status: int, kind: str, spelling: Any
) -> None:
    script.answer(spelling | SCOPE, status)
    _, error = streamer.failure()
    assert type(error).__name__ == kind
    assert (error.http_status, error.request_id) == (status, "r-1")
    assert type(error.code).__name__ == "TextInferenceErrors"
    assert error.code.name == "INVALID_API_KEY"
    assert error.results == []


def test_the_page_of_a_proxy(streamer: Streamer, script: Script) -> None:
    script.answer("<h1>Bad Gateway</h1>", 502, "html")
    _, error = streamer.failure()
    assert type(error).__name__ == "ServerError"
    assert "<h1>Bad Gateway</h1>" in str(error)


@pytest.mark.parametrize(
    "said",
    [
        event({"errors": [{**ERROR, **SCOPE}]}),
        event({"error": ERROR, **SCOPE}),
        event({**SCOPE, **ERROR, "status": "error"}),
        event({"data": [{**SCOPE, "status": "error", "error": ERROR}]}),
        event({**ERROR, "taskUUID": TASK_UUID.upper()}),
        event(ERROR),
        event({"errors": [{"code": "other", "taskUUID": KEY}, ERROR]}),
        b"event: error\n" + event(ERROR),
        b"event: error\n" + event({**ERROR, "delta": {}, "cost": 10**400}),
    ],
)
def test_an_error_in_the_middle_has_what_came_before_it(
    streamer: Streamer, script: Script, said: bytes
) -> None:
    script.parts = [event(THOUGHT), event(HERE), said]
    stream, error = streamer.failure()
    assert type(error).__name__ == "TaskError"
    assert (error.code, error.message) == ("invalidApiKey", "No.")
    [partial] = error.results
    assert type(partial).__name__ == "TextInferenceResult"
    assert partial.text == stream.text == "At the "
    assert partial.reasoning_content == stream.reasoning == "Fog, so "


def test_an_error_beside_a_piece_has_it(streamer: Streamer, script: Script) -> None:
    script.events(HERE, {**THERE, "errors": [ERROR]})
    _, error = streamer.failure()
    assert type(error).__name__ == "TaskError"
    assert error.may_have_run
    assert [result.text for result in error.results] == [TEXT]


OTHER = {"taskUUID": "0c6f9a0e-2f43-4b58-8a53-9d0b1b1f7a55"}


@pytest.mark.parametrize(
    "said",
    [
        {**ERROR, **OTHER},
        {"errors": [{**ERROR, **OTHER}]},
        {"error": ERROR, **OTHER},
        {**OTHER, "status": "error"},
        {"data": [{**OTHER, "text": "not mine"}]},
        {"delta": {"text": "not mine"}, "finishReason": "stop", **OTHER},
    ],
)
def test_what_names_another_task_changes_nothing(
    streamer: Streamer, script: Script, said: Any
) -> None:
    script.events(HERE, said, THERE, {"finishReason": "length"}, DONE)
    stream, _ = streamer.read()
    wire = {**SCOPE, "text": TEXT, "finishReason": "length"}
    assert stream.result.to_wire() == wire


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("whole", "without a finishReason"),
        ("cut", "incomplete chunked read"),
        ("reset", os.strerror(errno.ECONNRESET)),
    ],
)
def test_a_connection_that_breaks(
    streamer: Streamer, script: Script, ending: str, reason: str
) -> None:
    script.events(HERE, ending=ending)
    script.parts.append(0.1)  # the client reads the event before a reset
    stream, error = streamer.failure()
    assert type(error).__name__ == "ConnectionError"
    assert error.may_have_run
    assert "ended early, after 7 characters" in str(error)
    assert reason in str(error)
    assert "getTaskDetails" not in str(error)  # the handle collects the result
    assert [result.text for result in error.results] == [stream.text] == ["At the "]
    assert isinstance(error, ConnectionError)  # the builtin


def test_an_error_that_is_handled_is_not_the_cause(
    streamer: Streamer, script: Script
) -> None:
    script.events(HERE, ending="reset")
    script.parts.append(0.1)  # the client reads the event before the reset
    try:
        raise FileNotFoundError(errno.ENOENT, "of the caller")
    except OSError:
        _, error = streamer.failure()
    assert type(error).__name__ == "ConnectionError"
    assert "of the caller" not in str(error)


def test_an_end_without_any_event_is_no_text(
    streamer: Streamer, script: Script
) -> None:
    script.events(DONE)
    _, error = streamer.failure()
    assert type(error).__name__ == "ConnectionError"
    assert error.may_have_run
    assert error.results == []


def test_a_server_that_closes_without_a_word(
    streamer: Streamer, script: Script
) -> None:
    script.status, script.ending = 0, "cut"
    _, error = streamer.failure()
    assert type(error).__name__ == "ConnectionError"
    assert error.may_have_run
    assert error.results == []


def test_a_server_that_is_not_there(streamer: Streamer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        streamer.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    _, error = streamer.failure()
    assert type(error).__name__ == "ConnectionError"
    assert not error.may_have_run


SILENCES = {
    "before the answer": (0, []),
    "before the first event": (200, []),
    "after an event": (200, [event(HERE)]),
    "with signs of life": (200, [event(HERE), *[b": alive\n\n", 0.05] * 1000]),
    "in a body without a length": (
        0,
        [b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", event(HERE)],
    ),
    "in an event": (200, [event(HERE), b"data: {"]),
}


@pytest.mark.parametrize(("status", "parts"), SILENCES.values(), ids=SILENCES)
def test_silence_ends_with_the_time(
    streamer: Streamer, script: Script, status: int, parts: list[Any]
) -> None:
    script.status, script.parts, script.ending = status, parts, "hold"
    script.raw = not status
    began = time.monotonic()
    stream, error = streamer.failure(timeout=2)
    assert 1.9 < time.monotonic() - began < 30
    assert type(error).__name__ == "TimeoutError"
    assert error.may_have_run
    assert stream.text == ("At the " if event(HERE) in parts else "")
    texts = [result.text for result in error.results]
    assert texts == ([stream.text] if stream.text else [])
    assert isinstance(error, TimeoutError)  # the builtin
    assert script.was_left.wait(LONG / 2)


def test_silence_that_begins_late_ends_with_the_time(
    streamer: Streamer, script: Script
) -> None:
    script.parts = [event(HERE), *[0.5, event(HERE)] * 8]  # these take 4 s
    script.ending = "hold"
    stream, error = streamer.failure(timeout=2)
    assert type(error).__name__ == "TimeoutError"
    assert len(stream.text) < 6 * len("At the ")


def test_headers_that_come_too_slowly(streamer: Streamer, script: Script) -> None:
    script.status, script.ending = 0, "cut"
    lines: list[Any] = [b"X-Alive: 1\r\n", 0.05] * 1000
    script.raw, script.parts = True, [b"HTTP/1.1 200 OK\r\n", *lines]
    _, error = streamer.failure(timeout=2)
    assert type(error).__name__ == "TimeoutError"


def test_a_whole_answer_that_comes_too_slowly(
    streamer: Streamer, script: Script
) -> None:
    script.answer({"data": [{**SCOPE, "text": "never whole"}]})
    dripping: list[Any] = [b" ", 0.05] * 1000
    script.parts = [b'{"data": ', *dripping]
    _, error = streamer.failure(timeout=2)
    assert type(error).__name__ == "TimeoutError"


DEEP = "[" * 100_000


@pytest.mark.parametrize("said", ["{", "7", "null", "<b>no</b>", DEEP])
def test_an_event_that_cannot_be_read(
    streamer: Streamer, script: Script, said: str
) -> None:
    script.events(HERE, said)
    stream, error = streamer.failure()
    assert type(error).__name__ == "ResponseError"
    assert error.http_status == 200
    assert said[:100] in str(error)
    assert [result.text for result in error.results] == [stream.text] == ["At the "]


def test_an_event_that_is_too_long(streamer: Streamer, script: Script) -> None:
    script.events(HERE)
    script.parts += [b"data: " + b"x" * 600_000, b"x" * 600_000]
    _, error = streamer.failure()
    assert type(error).__name__ == "ResponseError"
    assert "an event that is too long" in str(error)
    assert [result.text for result in error.results] == ["At the "]


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("is_stream", [True, False])
def test_an_answer_that_is_too_large(
    streamer: Streamer,
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    is_stream: bool,
) -> None:
    monkeypatch.setattr(
        streamer.module("_runtime.client.stream_reader"), "MAX_ANSWER", 2000
    )
    script.answer(" " * 1500, status)
    script.content_type = EVENTS if is_stream else "application/json"
    script.parts *= 2
    _, error = streamer.failure()
    assert type(error).__name__ == "ResponseError"
    assert f"HTTP {status} with more than 2,000 bytes" in str(error)
    assert error.may_have_run


LATER = [{"errors": [{"code": "busy", "message": "No."}]}, "{", '{"status": "error"}']


@pytest.mark.parametrize("later", LATER)
def test_an_error_after_a_whole_text_ends_nothing(
    streamer: Streamer, script: Script, later: Any
) -> None:
    script.events(HERE, {"finishReason": "stop"}, later, {"cost": 0.002}, DONE)
    stream, _ = streamer.read()
    assert (stream.result.text, stream.result.cost) == ("At the ", 0.002)


@pytest.mark.parametrize("later", LATER)
def test_an_error_after_a_text_that_it_ended(
    streamer: Streamer, script: Script, later: Any
) -> None:
    script.events(HERE, {"finishReason": "error"}, later)
    _, error = streamer.failure()
    assert [result.text for result in error.results] == ["At the "]


@pytest.mark.parametrize("is_stream", [True, False])
def test_an_error_beside_a_whole_text_ends_nothing(
    streamer: Streamer, script: Script, is_stream: bool
) -> None:
    """The server may refuse a second sending after the first one succeeded."""
    text = {**SCOPE, "text": "I see.", "finishReason": "stop"}
    busy = {"code": "concurrentRateLimitExceeded", "message": "Too many.", **SCOPE}
    envelope = {"data": [text], "errors": [busy]}
    script.events(envelope) if is_stream else script.answer(envelope)
    stream, _ = streamer.read()
    assert stream.result.text == "I see."


@pytest.mark.parametrize("data", [[], [SCOPE], [{**SCOPE, "status": "processing"}]])
def test_an_answer_without_a_text(
    streamer: Streamer, script: Script, data: list[Any]
) -> None:
    script.answer({"data": data})
    _, error = streamer.failure()
    assert type(error).__name__ == "ResponseError"
    assert "neither an event stream nor text" in str(error)
    assert error.may_have_run


@pytest.mark.parametrize("where", ["before", "in", "html", "broken"])
def test_no_exception_has_the_key(
    streamer: Streamer, script: Script, where: str
) -> None:
    leak = {"code": KEY, "message": f"bad key {KEY}", "documentation": KEY}
    if where == "before":
        script.answer({"error": leak}, 401)
    elif where == "html":
        script.answer(f"<p>{KEY}</p>", 502, "html")
    else:
        script.events(HERE, *([{"error": leak}] if where == "in" else []), ending="cut")
    stream, error = streamer.failure()
    seen: list[BaseException] = [error]
    while (cause := seen[-1].__cause__ or seen[-1].__context__) is not None:
        seen.append(cause)
    for each_one in seen:
        assert KEY not in f"{each_one}{each_one!r}{vars(each_one)}"
        if isinstance(each_one, httpx2.RequestError):
            assert "authorization" not in each_one.request.headers
    assert KEY not in repr(stream)


# -- chunks of a response -----------------------------------------------------

NEWLINES = ["\n", "\r\n", "\r"]


@dataclass
class Pieces(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A response body in chunks."""

    pieces: Iterable[bytes]

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


def answering(pieces: Iterable[bytes]) -> Any:
    """Return a `send` that returns a response without a socket."""
    response = httpx2.Response(
        200,
        headers={"Content-Type": "Text/Event-Stream;charset=latin-1"},
        stream=Pieces(pieces),
        request=httpx2.Request("POST", "http://127.0.0.1"),
    )
    return lambda *_: lambda _: contextlib.nullcontext(response)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[list[str], list[bytes]]:
    """Generate texts and the chunks of a response body that streams them."""
    letters = st.sampled_from("aé🗼\u2028\x85 \ufeff:")
    texts = draw(st.lists(st.text(letters, max_size=4), min_size=1, max_size=4))
    newline = draw(st.sampled_from(NEWLINES))
    lines: list[str] = []
    for text in texts:
        noise = draw(st.sampled_from([[], [": alive"], ["id: 7", "retry: 9"], [":"]]))
        indent = draw(st.sampled_from([None, 0]))  # one line or several lines
        content = json.dumps(
            {"delta": {"text": text}}, ensure_ascii=False, indent=indent
        )
        space = draw(st.sampled_from(["", " "]))
        ending = draw(st.sampled_from([[""], []]))  # some servers omit the blank line
        data = [f"data:{space}{line}" for line in content.split("\n")]
        lines += [*noise, *data, *ending]
    mark = draw(st.sampled_from(["", "\ufeff"]))
    end = ["data: [DONE]", "", "data: after the end", ""]
    body = (mark + newline.join([*lines, *end, ""])).encode()
    cuts = sorted(draw(st.sets(st.integers(0, len(body)), max_size=12)))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    if draw(st.booleans()):
        pieces = [bytes([byte]) for byte in body]
    return texts, pieces


@given(bodies())
def test_it_does_not_matter_where_the_answer_is_cut(
    shipped: ModuleType, made: tuple[list[str], list[bytes]]
) -> None:
    texts, pieces = made

    stream = Streamer("sync", shipped.__name__).stream(answering(pieces))
    assert [delta.text for delta in stream] == texts
    assert stream.result.text == stream.text == "".join(texts)


def test_a_text_without_end_ends_with_the_time(streamer: Streamer) -> None:
    stream = streamer.stream(answering(itertools.repeat(event(HERE))), timeout=0.5)

    async def work() -> None:
        with pytest.raises(TimeoutError, match="timed out before the end"):
            await value(stream.get_result())

    asyncio.run(work()) if streamer.kind == "async" else without_a_loop(work())
    assert stream.text.startswith("At the At the ")
