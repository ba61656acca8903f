"""Handles: a task is left and taken up again, in this process or in another."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY, Drop, acknowledge, each, echo, news, value

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Caller, Server, Tasks

CHAIR = {"model": "runware:101@1", "positive_prompt": "a chair"}
TASK, QUESTION = "imageInference", "getResponse"
PROCESSING = {"status": "processing", "progress": 40}


@pytest.fixture
def image(image_inference: ModuleType) -> Callable[..., Any]:
    """Makes requests for an image."""
    return lambda **members: image_inference.ImageInferenceRequest(**CHAIR, **members)


def finished(*names: str) -> Any:
    """Tell of results that are there."""
    return [{"status": "success", "imageUUID": name} for name in names]


def test_submit_does_not_wait_for_the_end(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(acknowledge, news(PROCESSING), news(*finished("a")))
    request = image()

    async def work(client: Any) -> None:
        handle = await value(client.submit(request))
        assert server.calls == [[{**request.to_wire(), "deliveryMethod": "async"}]]
        assert (handle.is_over, handle.progress) == (False, None)
        assert handle.task_uuid == request.task_uuid
        assert not await value(handle.poll())
        assert handle.progress == 40
        assert await value(handle.poll())
        assert (handle.is_over, handle.progress) == (True, 100)
        for _ in range(2):  # nothing is asked twice
            [result] = await value(handle.wait())
            assert result.image_uuid == "a"

    caller.using(work)
    assert server.sent == [TASK, QUESTION, QUESTION]


def test_submit_does_as_the_request_says(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(echo(seed=7))
    request = image(delivery_method="sync")

    async def work(client: Any) -> None:
        handle = await value(client.image_inference.submit(request))
        assert handle.is_over
        [result] = await value(handle.wait())
        assert result.seed == 7

    caller.using(work)
    assert server.calls == [[request.to_wire()]]


def test_results_come_as_they_are_there(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(
        acknowledge,
        news(*finished("a"), PROCESSING),
        news(PROCESSING, *finished("a", "b")),
        news(*finished("c", "b", "a")),
    )

    async def work(client: Any) -> None:
        handle = await value(client.submit(image(number_results=3)))
        seen = [
            (result.image_uuid, len(server.calls))
            async for result in each(handle.results())
        ]
        assert seen == [("a", 2), ("b", 3), ("c", 4)]

    caller.using(work)


async def noted(seen: list[str], results: Any) -> None:
    """Note the images that come."""
    async for result in each(results):
        seen.append(result.image_uuid)  # noqa: PERF401 - those before it raises


def test_results_before_a_failure_are_given(
    shipped: ModuleType, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    def failed(tasks: Tasks) -> object:
        uuid = tasks[0]["taskUUID"]
        return {"errors": [{"taskUUID": uuid, "code": "inferenceError"}]}

    server.script(acknowledge, news(*finished("a"), PROCESSING), failed)

    async def work(client: Any) -> list[str]:
        handle = await value(client.submit(image(number_results=2)))
        seen: list[str] = []
        with pytest.raises(shipped.TaskError) as caught:
            await noted(seen, handle.results())
        assert [result.image_uuid for result in caught.value.results] == ["a"]
        assert await value(handle.poll())
        with pytest.raises(shipped.TaskError):
            await value(handle.wait())
        return seen

    assert caller.using(work) == ["a"]


def test_another_process_collects_a_task(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(acknowledge, news(*finished("a"), PROCESSING))
    request = image(number_results=2)

    async def leave(client: Any) -> str:
        handle = await value(client.submit(request))
        await value(handle.poll())
        text: str = handle.to_json()
        return text

    text = caller.using(leave)
    assert len(text) < 300
    assert KEY not in text
    assert "a chair" not in text

    server.script(news(*finished("a", "b")))

    async def collect(client: Any) -> None:
        handle = client.resume(text)
        assert handle.request is None
        assert handle.task_uuid == request.task_uuid
        first, second = await value(handle.wait())
        assert type(first) is type(request).result
        assert (first.image_uuid, second.image_uuid) == ("a", "b")

    caller.using(collect)
    assert server.sent == [TASK, QUESTION, QUESTION]


def unknown(tasks: Tasks) -> object:
    """Say that there is no such task."""
    uuid = tasks[0]["taskUUID"]
    return {"errors": [{"code": "taskNotFound", "message": "no", "taskUUID": uuid}]}


def test_a_resumed_task_that_is_unknown_is_an_error(
    shipped: ModuleType, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = unknown
    request = image()

    async def work(client: Any) -> None:
        text = client.handle(request).to_json()
        with pytest.raises(shipped.TaskError, match="taskNotFound"):
            await value(client.resume(text).wait())

    caller.using(work)
    assert server.sent == [QUESTION]


def test_a_resumed_task_that_is_unknown_is_sent_with_its_request(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(unknown, echo(seed=7))
    request = image()

    async def work(client: Any) -> None:
        text = client.handle(request).to_json()
        [result] = await value(client.resume(text, request).wait())
        assert result.seed == 7

    caller.using(work)
    assert server.calls[1] == [request.to_wire()]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"handle": 2}', '{"handle": 1, "taskType": "ping"}', "\ud800"],
)
def test_what_is_no_handle_is_refused(caller: Caller, text: str) -> None:
    async def work(client: Any) -> None:
        with pytest.raises(ValueError, match="handle's"):
            client.resume(text)

    caller.using(work)


def test_a_handle_of_another_request_is_refused(
    caller: Caller, image: Callable[..., Any]
) -> None:
    async def work(client: Any) -> None:
        text = client.handle(image()).to_json()
        with pytest.raises(ValueError, match="make the request with task_uuid="):
            client.resume(text, image())

    caller.using(work)


def test_a_task_without_uuid_has_no_json(shipped: ModuleType, caller: Caller) -> None:
    async def work(client: Any) -> None:
        ping = shipped.request_class("ping", None)()
        with pytest.raises(ValueError, match="ping tasks cannot be asked for later"):
            client.handle(ping).to_json()

    caller.using(work)


def test_a_time_out_leaves_a_handle(
    shipped: ModuleType, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(acknowledge, *[news(PROCESSING)] * 1000)

    async def work(client: Any) -> None:
        with pytest.raises(shipped.TimeoutError) as caught:
            await value(client.run(image(), timeout=0.1))
        server.answer = news(*finished("a"))
        [left] = client.unfinished()
        assert left.task_uuid == caught.value.handle.task_uuid
        [result] = await value(caught.value.handle.wait())
        assert result.image_uuid == "a"
        assert client.unfinished() == []

    caller.using(work)


def test_a_cancelled_task_leaves_a_handle(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    began = threading.Event()

    def slowly(tasks: Tasks) -> object:
        began.set()
        released.wait(10)
        return echo(seed=7)(tasks)

    released = threading.Event()
    server.answer = slowly

    async def cancelled() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            running = asyncio.create_task(client.run(image()))
            await asyncio.to_thread(began.wait)
            running.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await running
            released.set()
            server.answer = news({"status": "success", "seed": 7})
            [left] = client.unfinished()
            assert vars(caught.value)["handle"].task_uuid == left.task_uuid
            [result] = await left.wait()
            assert result.seed == 7

    asyncio.run(cancelled())
    assert server.sent == [TASK, QUESTION]


def test_an_interruption_leaves_a_handle(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    def interrupt(event: Any) -> None:
        if event.kind == "polled":
            raise KeyboardInterrupt

    server.script(acknowledge, news(PROCESSING), news({"status": "success", "seed": 7}))
    with shipped.Runware(KEY, base_url=server.url, on_event=interrupt) as client:
        client.polling = shipped.Waits(first=0.005)
        with pytest.raises(KeyboardInterrupt) as caught:
            client.run(image(delivery_method="async"))
        [left] = client.unfinished()
        text = left.to_json()
    assert vars(caught.value)["handle"].to_json() == text
    with shipped.Runware(KEY, base_url=server.url) as client:
        [result] = client.resume(text).wait()
    assert result.seed == 7


def test_a_handle_is_shared_by_threads(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    server.script(Drop(), news(PROCESSING), news(*finished("a")))
    with shipped.Runware(KEY, base_url=server.url) as client:
        client.polling = client.retrying = shipped.Waits(first=0.005)
        handle = client.handle(image())
        given: list[Any] = []
        threads = [
            threading.Thread(target=lambda: given.append(handle.wait()))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [[result.image_uuid for result in results] for results in given] == [
        ["a"]
    ] * 8
    assert server.sent == [TASK, QUESTION, QUESTION]


def test_a_handle_shows_what_it_is_of(
    caller: Caller, image: Callable[..., Any]
) -> None:
    async def work(client: Any) -> None:
        request = image()
        handle = client.handle(request)
        assert repr(handle).endswith(f"of {TASK} {request.task_uuid}: unsent>")
        assert json.loads(handle.to_json())["taskUUID"] == request.task_uuid

    caller.using(work)
