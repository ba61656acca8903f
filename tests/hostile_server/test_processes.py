"""Tests of forks during calls, of thread and file limits, and of interpreter exit."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from loopback import value

from .clients import ending, in_a_child
from .platform_server import Exchange, Hangup, Platform, honest, hosting

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import ModuleType

    from .clients import Clients

LONG = 60.0

EVENTS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
)

needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")


def piece(task: dict[str, Any], text: str, **members: str) -> bytes:
    """Return an event with a part of a text."""
    scope = {name: task[name] for name in ("taskType", "taskUUID")}
    event = scope | {"delta": {"text": text}} | members
    return b"data: " + json.dumps(event).encode() + b"\n\n"


@needs_forks
def test_a_child_does_not_wait_for_a_poll_of_its_parent(clients: Clients) -> None:
    """The parent's polls wait for each other. The child does not have their threads."""
    has_come, is_over = threading.Event(), threading.Event()

    async def script(platform: Platform, exchange: Exchange) -> None:
        if exchange.is_poll and platform.first("poll"):
            has_come.set()
            await asyncio.to_thread(is_over.wait, LONG)
        await honest(platform, exchange)

    async def work(client: Any) -> None:
        held, waiting, other = (client.submit(clients.video()) for _ in range(3))
        polls = [threading.Thread(target=each.poll) for each in (held, waiting)]
        polls[0].start()
        assert has_come.wait(LONG)
        polls[1].start()
        polls[1].join(0.1)  # the second poll waits for the first
        try:
            in_a_child(lambda: other.wait(timeout=5))
        finally:
            is_over.set()
            for poll in polls:
                poll.join()

    with hosting(script) as platform:
        clients.using("sync", platform.url, work, timeout=LONG)


@needs_forks
def test_a_child_polls_what_its_parent_is_sending(clients: Clients) -> None:
    """The parent may exit before the response arrives, and the task is billed."""
    has_come, is_over = threading.Event(), threading.Event()

    async def script(platform: Platform, exchange: Exchange) -> None:
        answer = platform.answer(exchange.tasks)
        if not exchange.is_poll:
            has_come.set()
            await asyncio.to_thread(is_over.wait, LONG)
        await exchange.reply(answer)

    async def work(client: Any) -> None:
        sending = threading.Thread(target=client.run, args=(clients.image(),))
        sending.start()
        assert has_come.wait(LONG)

        def collect() -> None:
            [handle] = client.unfinished()
            assert handle.wait(timeout=5)

        try:
            in_a_child(collect)
        finally:
            is_over.set()
            sending.join()

    with hosting(script) as platform:
        clients.using("sync", platform.url, work, timeout=LONG)
    assert {*platform.bills.values()} == {1}


@needs_forks
def test_a_stream_of_a_child_is_its_own(clients: Clients) -> None:
    """Another call that the child makes meanwhile does not take it for the parent's."""

    async def script(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        if task["taskType"] != "textInference":
            await honest(platform, exchange)
            return
        platform.accept(task)
        whole = piece(task, "all "), piece(task, "of it", finishReason="stop")
        await exchange.write(EVENTS + b"".join(whole))

    async def work(client: Any) -> None:
        def read() -> None:
            deltas = iter(client.stream(clients.request("TextInference")))
            next(deltas)
            client.run(clients.image())
            assert [delta.text for delta in deltas] == ["of it"]
            assert client.unfinished() == []

        in_a_child(read)

    with hosting(script) as platform:
        clients.using("sync", platform.url, work)


@needs_forks
def test_a_child_does_not_read_the_stream_of_its_parent(clients: Clients) -> None:
    is_over = threading.Event()

    async def script(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        platform.accept(task)
        await exchange.write(EVENTS + piece(task, "all "))
        await asyncio.to_thread(is_over.wait, LONG)
        await exchange.write(piece(task, "of it", finishReason="stop"))
        await exchange.write(b"data: [DONE]\n\n")

    async def work(client: Any) -> None:
        stream = client.stream(clients.request("TextInference"))
        deltas = iter(stream)
        next(deltas)

        def read_on() -> None:
            with pytest.raises(RuntimeError, match="before the fork") as caught:
                next(deltas)
            assert vars(caught.value)["handle"] is not None

        in_a_child(read_on)
        is_over.set()
        assert [delta.text for delta in deltas] == ["of it"]
        assert stream.text == "all of it"

    with hosting(script) as platform:
        clients.using("sync", platform.url, work)


@contextmanager
def no_more_threads() -> Generator[None]:
    """Prevent new threads: the stack size is more than the system can allocate."""
    usual = threading.stack_size(2**46)
    try:
        with pytest.raises(RuntimeError):
            threading.Thread(target=print).start()
        yield
    finally:
        threading.stack_size(usual)


@pytest.mark.parametrize("is_own", [False, True])
def test_without_another_thread_results_are_given(
    clients: Clients, *, is_own: bool
) -> None:
    """No thread can start at the thread limit or while the interpreter exits."""

    async def script(platform: Platform, exchange: Exchange) -> None:
        if len(exchange.tasks) > 1:
            await exchange.reply({"errors": [{"code": "tooManyTasks"}]}, 413)
        elif exchange.tasks[0].get("deliveryMethod") == "stream":
            platform.accept(exchange.tasks[0])
            await exchange.write(EVENTS)
            await exchange.write(piece(exchange.tasks[0], "all", finishReason="stop"))
            raise Hangup
        else:
            await honest(platform, exchange)

    async def work(client: Any) -> None:
        text = clients.request("TextInference")
        with no_more_threads():
            assert client.run(clients.image())
            outcomes = client.run_many([clients.image(), clients.video()])
            assert [outcome.error for outcome in outcomes] == [None, None]
            assert client.stream(text).get_result().text == "all"
            assert client.unfinished() == []

    with hosting(script) as platform, httpx2.Client() as http_client:
        own = {"http_client": http_client} if is_own else {}
        clients.using("sync", platform.url, work, **own)
    assert {*platform.bills.values()} == {1}


@contextmanager
def no_more_files() -> Generator[None]:
    """Prevent new files and sockets."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as held:
        held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        lowest = held.enter_context(Path(os.devnull).open()).fileno()
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 64, hard))
        with suppress(OSError):
            while True:
                held.enter_context(Path(os.devnull).open())
        yield


def test_an_open_connection_is_used_without_another_file(clients: Clients) -> None:
    """A large body is sent in parts. The response may arrive before the last part."""
    task = {"taskType": "imageInference", "model": "a:b@1", "padding": "x" * 3_000_000}

    async def work(client: Any) -> None:
        assert client.send({**task, "padding": ""})
        with no_more_files():
            assert client.send(task)

    with hosting(honest) as platform:
        clients.using("sync", platform.url, work)
    assert {*platform.bills.values()} == {1}


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_fails_before_its_connection_was_not_sent(
    clients: Clients, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example, the HTTP library imports a module but cannot open its file."""

    def failing(*_: object) -> None:
        raise OSError(24, "Too many open files")

    async def work(client: Any) -> None:
        image = clients.image()
        with monkeypatch.context() as patch:
            patch.setattr(httpx2.HTTPTransport, "handle_request", failing)
            name = "handle_async_request"
            patch.setattr(httpx2.AsyncHTTPTransport, name, failing)
            error = (await ending(lambda: value(client.run(image)))).error
        assert isinstance(error, clients.package.ConnectionError)
        assert (error.handle, error.may_have_run) == (None, False)
        assert await value(client.run(image))

    with hosting(honest) as platform:
        clients.using(kind, platform.url, work)
    assert [*platform.bills.values()] == [1]


LEFT_OPEN = """
import sys, threading
sys.path.insert(0, {folder!r})
from {package} import Runware
from {package}.tasks.image_inference import ImageInferenceRequest as Request
requests = [Request(model="runware:101@1", positive_prompt="dusk") for _ in range(2)]
client = Runware("key", base_url=sys.argv[1])
loop = client.iter_many(requests)
next(loop)
stream = iter(client.text_inference.stream(
    model="openai:1@1", messages=[dict(role="user", content="dusk")]
))
next(stream)
# Not a function of this module, which would keep the stream until threads are forgotten.
names = dict(is_late=sys.is_finalizing, write=sys.stderr.write, join=threading.Thread.join)
threading.Thread.join = eval(
    "lambda thread: write('waits for a thread') if is_late() else join(thread)", names
)
del names
kept = [loop]
kept.append(kept)  # so that it is freed last
"""


def test_an_interpreter_ends_silently_in_a_loop_and_a_stream(
    shipped: ModuleType,
) -> None:
    async def script(platform: Platform, exchange: Exchange) -> None:
        [task, *_] = exchange.tasks
        if task["taskType"] == "textInference":
            platform.accept(task)
            await exchange.write(EVENTS + piece(task, "dusk"))
            await exchange.reader.read()
        else:
            await honest(platform, exchange)

    folder = str(Path(shipped.__path__[0]).parent)
    program = LEFT_OPEN.format(package=shipped.__name__, folder=folder)
    with hosting(script) as platform:
        command = [sys.executable, "-c", program, platform.url]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
