"""Tests of streams that are closed by another thread or process than their reader."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from loopback import KEY

from .clients import in_a_child
from .platform_server import FOR_EVER, Exchange, Platform, honest, hosting
from .test_processes import needs_forks, piece

if TYPE_CHECKING:
    from .clients import Clients

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LONGEST = 8.0
"""A timeout in seconds that a stream must not reach."""


def chunk(content: bytes) -> bytes:
    """Return a chunk of a body."""
    return b"%x\r\n%b\r\n" % (len(content), content)


@pytest.mark.parametrize("closed", ["stream", "client"])
def test_a_connection_of_the_caller_is_closed(clients: Clients, closed: str) -> None:
    """The caller's HTTP client opened it for a request of its own."""
    was_left = threading.Event()

    async def script(platform: Platform, exchange: Exchange) -> None:
        if not exchange.tasks:
            await exchange.reply({})
            return
        platform.accept(exchange.tasks[0])
        await exchange.write(CHUNKED + chunk(piece(exchange.tasks[0], "all")))
        await exchange.reader.read()
        was_left.set()

    def close() -> None:
        while not stream.text:
            was_left.wait(0.01)
        (stream if closed == "stream" else client).close()
        assert was_left.wait(LONGEST / 2)

    with hosting(script) as platform, httpx2.Client() as http:
        http.get(platform.url)
        client = clients.package.Runware(
            KEY, base_url=platform.url, http_client=http, timeout=LONGEST
        )
        stream = client.stream(clients.request("TextInference"))
        with ThreadPoolExecutor() as pool:
            closing = pool.submit(close)
            with pytest.raises(clients.package.ClosedError) as caught:
                stream.get_result()
            closing.result()
        assert caught.value.handle is not None


def test_another_call_keeps_the_connection_of_a_stream_that_has_ended(
    clients: Clients,
) -> None:
    """A stream is closed while its end is observed."""
    may_answer = threading.Event()

    async def script(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        if task["taskType"] != "textInference":
            is_running.set()
            await asyncio.to_thread(may_answer.wait, FOR_EVER)
            await honest(platform, exchange)
            return
        platform.accept(task)
        whole = chunk(piece(task, "all", finishReason="stop")) + chunk(b"")
        await exchange.write(CHUNKED + whole)

    def observe(event: Any) -> None:
        if (event.kind, event.task_type) == ("finished", "textInference"):
            running.append(pool.submit(client.run, clients.image()))
            assert is_running.wait(FOR_EVER)
            stream.close()
            may_answer.set()

    running: list[Any] = []
    is_running = threading.Event()
    with (
        hosting(script) as platform,
        ThreadPoolExecutor() as pool,
        clients.package.Runware(KEY, base_url=platform.url, on_event=observe) as client,
    ):
        stream = client.stream(clients.request("TextInference"))
        assert stream.get_result().text == "all"
        [[image]] = [each.result() for each in running]
        assert image.image_url
        assert platform.polls == []


def test_a_generator_that_runs_is_not_closed(clients: Clients) -> None:
    """CPython 3.11 may crash if it closes a generator that runs."""
    closed: list[bool] = []

    async def script(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        platform.accept(task)
        whole = chunk(piece(task, "all", finishReason="stop")) + chunk(b"")
        await exchange.write(CHUNKED + whole)

    def note(_frame: object, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ == "close":
            closed.append(called.__self__.gi_running)

    def observe(event: Any) -> None:
        if event.kind == "finished":
            sys.setprofile(note)
            stream.close()
            sys.setprofile(None)

    with (
        hosting(script) as platform,
        clients.package.Runware(KEY, base_url=platform.url, on_event=observe) as client,
    ):
        stream = client.stream(clients.request("TextInference"))
        assert stream.get_result().text == "all"
    assert True not in closed


@needs_forks
@pytest.mark.parametrize("has_begun", [False, True])
def test_a_child_does_not_close_the_stream_that_its_parent_reads(
    clients: Clients, *, has_begun: bool
) -> None:
    is_over, was_heard = threading.Event(), threading.Event()

    async def script(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        platform.accept(task)
        first = CHUNKED + chunk(piece(task, "all "))
        if has_begun:
            await exchange.write(first)
        was_heard.set()
        await asyncio.to_thread(is_over.wait, FOR_EVER)
        last = chunk(piece(task, "of it", finishReason="stop")) + chunk(b"")
        await exchange.write((b"" if has_begun else first) + last)

    async def work(client: Any) -> None:
        stream = client.stream(clients.request("TextInference"))
        with ThreadPoolExecutor() as pool:
            reading = pool.submit(stream.get_result)
            assert was_heard.wait(FOR_EVER)
            while has_begun and not stream.text:
                is_over.wait(0.01)
            in_a_child(stream.close)
            is_over.set()
            assert reading.result().text == "all of it"

    with hosting(script) as platform:
        clients.using("sync", platform.url, work)
