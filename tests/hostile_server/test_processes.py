"""Forks while calls of other threads run, and the end of the interpreter in a loop."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .clients import in_a_child
from .platform_server import Exchange, Platform, honest, hosting

if TYPE_CHECKING:
    from types import ModuleType

    from .clients import Clients

LONG = 60.0

needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")


@needs_forks
def test_a_child_does_not_wait_for_a_poll_of_its_parent(clients: Clients) -> None:
    """Polls of the parent wait for each other; their threads do not exist in the child."""
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
        polls[1].join(0.1)  # it begins to wait for the first
        try:
            in_a_child(lambda: other.wait(timeout=5))
        finally:
            is_over.set()
            for poll in polls:
                poll.join()

    with hosting(script) as platform:
        clients.using("sync", platform.url, work, timeout=LONG)


@needs_forks
def test_a_child_does_not_read_the_stream_of_its_parent(clients: Clients) -> None:
    is_over = threading.Event()

    async def script(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        platform.accept(task)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        await exchange.write(head + b"Connection: close\r\n\r\n" + piece(task, "all "))
        await asyncio.to_thread(is_over.wait, LONG)
        await exchange.write(piece(task, "of it", finishReason="stop"))
        await exchange.write(b"data: [DONE]\n\n")

    def piece(task: dict[str, Any], text: str, **members: str) -> bytes:
        scope = {name: task[name] for name in ("taskType", "taskUUID")}
        event = scope | {"delta": {"text": text}} | members
        return b"data: " + json.dumps(event).encode() + b"\n\n"

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


LEFT_OPEN = """
import sys
sys.path.insert(0, {folder!r})
from {package} import Runware
from {package}.tasks.image_inference import ImageInferenceRequest as Request
requests = [Request(model="runware:101@1", positive_prompt="dusk") for _ in range(2)]
loop = Runware("key", base_url=sys.argv[1]).iter_many(requests)
next(loop)
kept = [loop]
kept.append(kept)  # so that it is freed last
"""


def test_an_interpreter_ends_silently_in_a_loop(shipped: ModuleType) -> None:
    folder = str(Path(shipped.__path__[0]).parent)
    program = LEFT_OPEN.format(package=shipped.__name__, folder=folder)
    with hosting(honest) as platform:
        command = [sys.executable, "-c", program, platform.url]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
