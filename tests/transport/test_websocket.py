"""The client over a WebSocket: one connection for all tasks.

`test_websocket_drops.py` tests broken connections. `test_websocket_errors.py` tests
errors from the server.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY
from sockets import (
    Peer,
    Run,
    acknowledged,
    answering,
    dropping,
    news,
    result,
    silent,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


# -- one connection -------------------------------------------------------------


async def test_the_first_message_authenticates(
    run: Run, image: Callable[..., Any]
) -> None:
    request = image()

    async with run.client(answering) as client:
        assert not run.sockets.peers  # the client connects when needed
        [made] = await client.run(request)
        assert type(made) is request.result
    [peer] = run.sockets.peers
    authentication = {"taskType": "authentication", "apiKey": KEY}
    assert peer.frames == [[authentication], [request.to_wire()]]
    assert peer.close_code == 1000


async def test_many_tasks_share_a_connection_in_any_order(
    run: Run, image: Callable[..., Any]
) -> None:
    async def backwards(peer: Peer) -> None:
        tasks = [(await peer.heard())[0] for _ in range(60)]
        items = [result(t, n) for t in tasks for n in range(t["numberResults"])]
        for item in reversed(items):
            await peer.say(item, item)  # each item twice in a message,
            await peer.say(item)  # and once more

    events: list[Any] = []
    async with run.client(backwards, on_event=events.append) as client:
        requests = [image(number_results=1 + n % 3) for n in range(60)]
        made = await asyncio.gather(*map(client.run, requests))
        for request, results in zip(requests, made, strict=True):
            assert {one.task_uuid for one in results} == {request.task_uuid}
            seeds = sorted(one.seed for one in results)
            assert seeds == [*range(request.number_results)]
    assert len(run.sockets.peers) == 1
    assert {event.kind for event in events} == {"sent", "finished"}  # none was polled


async def test_a_batch_is_one_message(run: Run, image: Callable[..., Any]) -> None:
    async def some(peer: Peer) -> None:
        first, second, third = await peer.heard()
        await peer.say(result(third, 3))
        await peer.say(result(first, 1), errors=[news(second, code="nsfw")])

    async with run.client(some) as client:
        first, second, third = await client.run_many([image() for _ in range(3)])
        assert [o.unwrap()[0].seed for o in (first, third)] == [1, 3]
        assert second.error.code == "nsfw"


async def test_a_task_without_uuid_is_matched_by_its_type(run: Run) -> None:
    async with run.client(silent) as client:
        [pong] = await client.ping.run(ping=True)
        assert pong.pong is True


async def test_raw_tasks_that_only_read_have_their_own_answers(run: Run) -> None:
    """Messages name tasks by their UUIDs, not by their order."""

    async def searching(peer: Peer) -> None:
        tasks = [task for _ in range(2) for task in await peer.heard()]
        for task in sorted(tasks, key=lambda task: str(task["search"])):
            named = {name: task[name] for name in ("taskType", "taskUUID")}
            await peer.say({**named, "results": [{"name": task["search"]}]})

    async with run.client(searching) as client:

        async def found(text: str) -> Any:
            [page] = await client.send({"taskType": "modelSearch", "search": text})
            return page.results[0].name

        assert await asyncio.gather(found("b"), found("a")) == ["b", "a"]


async def test_a_large_result_comes_whole(run: Run, image: Callable[..., Any]) -> None:
    text = "A" * 20_000_000

    async def large(peer: Peer) -> None:
        [task] = await peer.heard()
        await peer.say(result(task, imageBase64Data=text))

    async with run.client(large) as client:
        [made] = await client.run(image())
        assert made.image_base64_data == text


# -- async delivery -------------------------------------------------------------


async def test_an_async_task_is_asked_for(run: Run, image: Callable[..., Any]) -> None:
    async def later(peer: Peer) -> None:
        task = await acknowledged(peer)
        for progress in (20, 60):
            await peer.ponged()
            await peer.say(news(task, status="processing", progress=progress))
        await peer.ponged()
        await peer.say(result(task, 9, status="success"))

    async with run.client(later) as client:
        [made] = await client.run(image(delivery_method="async"))
        assert made.seed == 9
    [peer] = run.sockets.peers
    sent = [task["taskType"] for tasks in peer.frames for task in tasks]
    assert sent == ["authentication", "imageInference", *["getResponse"] * 3]


async def test_what_comes_before_it_is_asked_for_is_kept(
    run: Run, image: Callable[..., Any]
) -> None:
    pushed = asyncio.Event()

    async def pushing(peer: Peer) -> None:
        task = await acknowledged(peer)
        await peer.say(result(task, 5))
        pushed.set()

    async with run.client(pushing) as client:
        handle = await client.submit(image())
        await pushed.wait()
        await client.ping.run(ping=True)  # all earlier messages have arrived
        [made] = await handle.wait()
        assert made.seed == 5
    [peer] = run.sockets.peers
    assert [tasks[0]["taskType"] for tasks in peer.frames].count("getResponse") == 0


async def test_what_is_never_asked_for_is_forgotten(
    run: Run, image: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as tasks with a webhook, in a program that runs for months."""

    async def pushing(peer: Peer) -> None:
        while True:
            for task in await peer.ponged():
                await peer.say(news(task))
                await peer.say(result(task))

    place = f"{run.package.__name__}._runtime.delivery.open_tasks.MAX_ABANDONED"
    monkeypatch.setattr(place, 5)
    async with run.client(pushing) as client:
        for _ in range(60):
            await client.submit(image(delivery_method="async"))
        session = client._engine.transport._connection._session
        assert len(client.unfinished()) == 5
        assert len(session._sent) <= 10
        assert len(session._kept) <= 10


async def test_a_question_is_answered_without_those_of_whom_nothing_is_said(
    run: Run, image: Callable[..., Any]
) -> None:
    """A server may send nothing about a task that it does not know."""

    async def forgetful(peer: Peer) -> None:
        tasks = await peer.ponged()
        for task in tasks:
            await peer.say(news(task))
        while True:
            for question in await peer.ponged():
                if question["taskUUID"] == tasks[1]["taskUUID"]:
                    await peer.say(result(tasks[1], 2))

    async with run.client(forgetful, timeout=5) as client:
        requests = [image(delivery_method="async") for _ in range(2)]
        lost, found = await client.run_many(requests)
        assert found.unwrap()[0].seed == 2
        assert lost.error.handle  # it was accepted, so it is not sent again


# -- options --------------------------------------------------------------------


async def test_headers_of_a_call_are_refused(
    run: Run, image: Callable[..., Any]
) -> None:
    async with run.client(answering) as client:
        with pytest.raises(ValueError, match="extra_headers cannot be sent over"):
            await client.run(image(), extra_headers={"X-Trace": "1"})
    assert run.sockets.peers == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"transport": "carrier pigeon"},
            "'http' or 'websocket', not 'carrier pigeon'",
        ),
        ({"base_url": "https://example.com"}, "start with wss:// or ws://, not"),
        (
            {"transport": "http", "base_url": "wss://example.com"},
            "start with https:// or http://, not",
        ),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    shipped: ModuleType, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        shipped.AsyncRunware(KEY, **{"transport": "websocket"} | options)


def test_runwares_own_address_is_known(shipped: ModuleType) -> None:
    async def main() -> None:
        async with shipped.AsyncRunware(KEY, transport="websocket") as client:
            assert client.base_url == "wss://ws-api.runware.ai/v1"

    asyncio.run(main())


PROGRAM = """
import sys
sys.modules["wsproto"] = None
import runware_client
runware_client.AsyncRunware("key")
try:
    runware_client.AsyncRunware("key", transport="websocket")
except ImportError as error:
    print(error)
"""


def test_the_extra_is_asked_for_when_it_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd="generated",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pip install 'httpx2[ws]'" in done.stdout


async def test_no_log_has_the_key(
    run: Run, image: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def asked(peer: Peer) -> None:
        while True:
            for task in await peer.ponged():
                await peer.say(result({**task, "taskType": "imageInference"}))

    with caplog.at_level(logging.DEBUG):
        async with run.client(dropping([]), asked) as client:
            await client.run(image())
    ours = [r.getMessage() for r in caplog.records if "websockets" not in r.name]
    assert any("imageInference" in text for text in ours)
    assert not any(KEY in text for text in ours)
