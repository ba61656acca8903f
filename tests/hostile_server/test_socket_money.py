"""Tests over a WebSocket: no task is billed twice, and no result is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from .clients import ending
from .platform_server import FOR_EVER, acknowledged, honest_talk, hosting, talking

if TYPE_CHECKING:
    from .clients import Clients, Work
    from .platform_server import Item, Peer, Platform, Talk


def talk_with(
    clients: Clients, talk: Talk, work: Work, seconds: float = 0.0
) -> tuple[Any, Platform]:
    """Run `work` with a client of a platform that answers with `talk`."""
    with hosting(talking(talk), seconds) as platform:
        url = platform.socket_url
        return clients.using("async", url, work, transport="websocket"), platform


def scope(task: Item) -> Item:
    """Return the members that identify a task."""
    return acknowledged(task)[0]


def test_an_error_without_a_name_ends_no_other_result(clients: Clients) -> None:
    async def one_of_two(platform: Platform, peer: Peer, tasks: list[Item]) -> None:
        [task] = tasks
        if task["taskType"] == "getResponse":
            return await honest_talk(platform, peer, tasks)
        platform.accept(task)
        error = {"code": "internalServerError", "message": "A gateway failed."}
        await peer.say(errors=[error], data=platform.results_of(task)[:1])
        return None

    async def work(client: Any) -> Any:
        return await ending(lambda: client.run(clients.image(number_results=2)))

    ended, platform = talk_with(clients, one_of_two, work)
    assert len(ended.results) == 2
    assert [*platform.bills.values()] == [1]


@pytest.mark.parametrize("seconds", [0.2, 1.0], ids=["done", "running"])
def test_a_task_whose_connection_breaks_is_billed_once(
    clients: Clients, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Responses to polls are late, and empty until the task is done."""
    monkeypatch.setattr(clients.module("_runtime.transport.connection"), "GRACE", 0.2)

    async def breaking(platform: Platform, peer: Peer, tasks: list[Item]) -> None:
        [task] = tasks
        if task["taskType"] == "getResponse":
            await asyncio.sleep(0.3)
            there = platform.told(task["taskUUID"])
            is_done = there and there[0]["status"] == "success"
            return await peer.say(data=there if is_done else [])
        platform.accept(task, seconds)
        if platform.first("sending"):
            peer.exchange.reset()
        return None

    async def work(client: Any) -> Any:
        return await ending(lambda: client.run(clients.image())), client.unfinished()

    (ended, unfinished), platform = talk_with(clients, breaking, work)
    assert ended.results[0].image_url
    assert [*platform.bills.values()] == [1]
    assert unfinished == []


@pytest.mark.parametrize(
    "code", ["rateLimitExceeded", "invalidParameter", "internalServerError"]
)
def test_a_late_error_about_a_poll_ends_no_other_task(
    clients: Clients, code: str
) -> None:
    """A poll times out and is repeated. Its error arrives while an image task runs."""

    async def busy(platform: Platform, peer: Peer, tasks: list[Item]) -> None:
        [task] = tasks
        if task["taskType"] == "imageInference":
            platform.accept(task)
            platform.notes["image"] = task
        elif task["taskType"] == "getResponse" and platform.first("poll"):
            return
        else:
            await honest_talk(platform, peer, tasks)
        is_second_poll = len(platform.polls) >= 2
        if is_second_poll and "image" in platform.notes and platform.first("error"):
            await peer.say(errors=[{"code": code, "message": "Not now."}])
            await asyncio.sleep(0.2)
            await peer.say(data=platform.results_of(platform.notes["image"]))

    async def work(client: Any) -> Any:
        video = asyncio.create_task(ending(lambda: client.run(clients.video())))
        image = asyncio.create_task(ending(lambda: client.run(clients.image())))
        return await asyncio.gather(video, image)

    (video, image), platform = talk_with(clients, busy, work)
    assert video.results[0].video_url
    assert image.results[0].image_url
    assert [*platform.bills.values()] == [1, 1]


def test_results_that_are_pushed_once_are_kept(clients: Clients) -> None:
    number = 600

    async def pushing(platform: Platform, peer: Peer, tasks: list[Item]) -> None:
        for task in tasks:
            if task["taskType"] == "getResponse":
                error = {"code": "taskNotFound", "message": "It was given out."}
                await peer.say(errors=[error | {"taskUUID": task["taskUUID"]}])
                continue
            platform.accept(task)
            await peer.say(data=acknowledged(task))
            await peer.say(data=platform.results_of(task))

    async def work(client: Any) -> Any:
        handles = [await client.submit(clients.video()) for _ in range(number)]
        waits = [ending(handle.wait) for handle in handles]
        return await asyncio.gather(*waits)

    ended, platform = talk_with(clients, pushing, work)
    assert sum(len(each.results or ()) for each in ended) == number
    assert set(platform.bills.values()) == {1}


def test_a_connection_that_stands_still_is_left(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server accepts the task, then stops reading and writing."""
    waits = clients.module("_runtime.transport.connection")
    assert waits.PING_EVERY + waits.MAX_SILENCE + waits.GRACE <= 30
    for name in ("PING_EVERY", "MAX_SILENCE", "GRACE"):
        monkeypatch.setattr(waits, name, getattr(waits, name) / 10)

    async def still(platform: Platform, peer: Peer, tasks: list[Item]) -> None:
        if platform.first("sending"):
            platform.accept(tasks[0])
            await asyncio.sleep(FOR_EVER)
        await honest_talk(platform, peer, tasks)

    async def work(client: Any) -> Any:
        return await client.run(clients.image()), client.unfinished()

    (results, unfinished), platform = talk_with(clients, still, work)
    assert results[0].image_url
    assert [*platform.bills.values()] == [1]
    assert unfinished == []


def test_a_refusal_that_repeats_the_task_is_no_progress(clients: Clients) -> None:
    async def repeating(_: Platform, peer: Peer, tasks: list[Item]) -> None:
        [task] = tasks
        error = {"code": "invalidParameter", "message": "No."} | scope(task)
        await peer.say(data=acknowledged(task), errors=[error])

    async def work(client: Any) -> Any:
        return await ending(lambda: client.run(clients.video())), client.unfinished()

    (ended, unfinished), platform = talk_with(clients, repeating, work)
    assert ended.error.code == "invalidParameter"
    assert ended.error.handle is None
    assert unfinished == []
    assert len(platform.calls) == 1


def test_a_task_that_is_repeated_with_a_rate_limit_may_have_been_taken(
    clients: Clients,
) -> None:
    async def repeating(platform: Platform, peer: Peer, tasks: list[Item]) -> None:
        [task] = tasks
        if not platform.first("sending"):
            return await honest_talk(platform, peer, tasks)
        platform.accept(task)
        error = {"code": "rateLimitExceeded", "message": "Slow down."} | scope(task)
        await peer.say(data=acknowledged(task), errors=[error])
        return None

    async def work(client: Any) -> Any:
        return await client.run(clients.video())

    results, platform = talk_with(clients, repeating, work)
    assert results[0].video_url
    assert [*platform.bills.values()] == [1]


@pytest.mark.parametrize("task_type", ["ImageInference", "VideoInference"])
def test_messages_that_are_too_large_come_in_parts(
    clients: Clients, task_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Base64 results of many tasks can exceed the size limit of a message."""
    limit = 10_000
    monkeypatch.setattr(
        clients.module("_runtime.transport.socket"), "MAX_MESSAGE", limit
    )
    monkeypatch.setattr(clients.module("_runtime.transport.connection"), "GRACE", 0.2)

    async def large(platform: Platform, peer: Peer, tasks: list[Item]) -> None:
        answer = platform.answer(tasks)
        for item in answer["data"]:
            if item.get("imageURL") or item.get("videoURL"):
                item["seed"] = "9" * (limit // 5)
        await peer.say(**answer)

    async def work(client: Any) -> Any:
        return await client.run_many([clients.request(task_type) for _ in range(12)])

    outcomes, platform = talk_with(clients, large, work, 0.1)
    assert [len(outcome.results) for outcome in outcomes] == [1] * 12
    assert {*platform.bills.values()} == {1}
