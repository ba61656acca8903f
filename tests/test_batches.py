"""Many tasks at once: few POSTs, no outcome lost, and what a client tells of its work."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY, Reply, acknowledge, each, echo, news, value

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Caller, Server, Tasks

CHAIR = {"model": "runware:101@1", "positive_prompt": "a chair"}
TASK, QUESTION = "imageInference", "getResponse"


@pytest.fixture
def image(image_inference: ModuleType) -> Callable[..., Any]:
    """Makes requests for an image."""
    return lambda **members: image_inference.ImageInferenceRequest(**(CHAIR | members))


def finished(tasks: Tasks) -> object:
    """Say of each task that is asked for that it is done."""
    return {
        "data": [
            {"taskUUID": t["taskUUID"], "status": "success", "imageUUID": t["taskUUID"]}
            for t in tasks
        ]
    }


# -- few POSTs ----------------------------------------------------------------


def test_many_tasks_are_few_posts(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = lambda tasks: (
        acknowledge(tasks) if tasks[0]["taskType"] == TASK else finished(tasks)
    )
    requests = [image(delivery_method="async") for _ in range(250)]
    outcomes = caller("run_many", requests)
    assert [outcome.request for outcome in outcomes] == requests
    for outcome in outcomes:
        [result] = outcome.unwrap()
        assert result.image_uuid == outcome.request.task_uuid
    sizes = [len(tasks) for tasks in server.calls if tasks[0]["taskType"] == TASK]
    assert sorted(sizes) == [50, 100, 100]
    assert len(server.calls) <= 10


def test_a_post_is_not_too_large(
    shipped: ModuleType,
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"{shipped.__name__}._delivery.MAX_BYTES", 5000)
    server.answer = echo()
    outcomes = caller("run_many", [image(positive_prompt="x" * 2000) for _ in range(5)])
    assert [outcome.error for outcome in outcomes] == [None] * 5
    assert sorted(map(len, server.calls)) == [1, 2, 2]


def test_a_server_that_takes_fewer_at_once(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    def answer(tasks: Tasks) -> object:
        if len(tasks) > 3:
            return Reply({"errors": [{"code": "tooLarge", "message": "no"}]}, 413)
        return echo(seed=7)(tasks)

    server.answer = answer
    outcomes = caller("run_many", [image() for _ in range(10)])
    assert [outcome.unwrap()[0].seed for outcome in outcomes] == [7] * 10
    taken = [
        task["taskUUID"] for tasks in server.calls if len(tasks) <= 3 for task in tasks
    ]
    assert len(taken) == len(set(taken)) == 10


def test_a_lone_task_that_is_too_large(
    shipped: ModuleType, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = lambda _: Reply("<h1>Request Entity Too Large</h1>", 413)
    [outcome] = caller("run_many", [image()])
    assert isinstance(outcome.error, shipped.APIStatusError)
    assert outcome.error.http_status == 413
    assert len(server.calls) == 1


def test_outcomes_come_as_tasks_end(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    first, second, third = (image(delivery_method="async") for _ in range(3))

    def some(*names: str) -> Any:
        return lambda tasks: finished([t for t in tasks if t["taskUUID"] in names])

    server.script(
        acknowledge,
        some(second.task_uuid),
        some(third.task_uuid),
        lambda tasks: {"errors": [{"taskUUID": tasks[0]["taskUUID"], "code": "x"}]},
    )

    async def work(client: Any) -> list[Any]:
        outcomes = each(client.iter_many([first, second, third]))
        return [
            (outcome.request, outcome.error is None, len(server.calls))
            async for outcome in outcomes
        ]

    assert caller.using(work) == [
        (second, True, 2),
        (third, True, 3),
        (first, False, 4),
    ]
    assert [len(tasks) for tasks in server.calls] == [3, 3, 2, 1]


def test_threads_ask_together(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    number = 40
    together = threading.Barrier(number)

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == TASK:
            return acknowledge(tasks)
        time.sleep(0.02)
        return finished(tasks)

    server.answer = answer
    with shipped.Runware(KEY, base_url=server.url, timeout=20) as client:
        client.polling = shipped.Waits(first=0.001)

        def work() -> None:
            handle = client.submit(image())
            together.wait(10)
            handle.wait()

        threads = [threading.Thread(target=work) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    questions = [tasks for tasks in server.calls if tasks[0]["taskType"] == QUESTION]
    assert sum(map(len, questions)) == number
    assert len(questions) <= number / 4


def test_tasks_of_a_loop_ask_together(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    def answer(tasks: Tasks) -> object:
        return acknowledge(tasks) if tasks[0]["taskType"] == TASK else finished(tasks)

    server.answer = answer

    async def work() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = shipped.Waits(first=0.001)
            handles = [await client.submit(image()) for _ in range(40)]
            await asyncio.gather(*(handle.wait() for handle in handles))

    asyncio.run(work())
    questions = [tasks for tasks in server.calls if tasks[0]["taskType"] == QUESTION]
    assert sum(map(len, questions)) == 40
    assert len(questions) <= 5


def test_no_more_posts_at_once_than_allowed(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    under_way: set[int] = set()
    most: list[int] = []

    def answer(tasks: Tasks) -> object:
        under_way.add(threading.get_ident())
        most.append(len(under_way))
        time.sleep(0.01)
        under_way.discard(threading.get_ident())
        return echo()(tasks)

    server.answer = answer

    async def work() -> None:
        options = {"base_url": server.url, "concurrency": 3}
        async with shipped.AsyncRunware(KEY, **options) as client:
            await asyncio.gather(*(client.run(image()) for _ in range(20)))

    asyncio.run(work())
    assert max(most) == 3


# -- what a client tells ------------------------------------------------------


def test_events_and_costs(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    events: list[Any] = []
    busy = Reply({"errors": [{"code": "rateLimitExceeded", "message": "no"}]}, 429)
    done = [{"status": "success", "imageUUID": name, "cost": 0.25} for name in "ab"]
    server.script(busy, acknowledge, news({"status": "processing"}), news(*done))

    async def work(client: Any) -> float:
        request = image(number_results=2, delivery_method="async")
        await value(client.run(request))
        assert {event.task_uuid for event in events} == {request.task_uuid}
        cost: float = client.cost
        return cost

    assert caller.using(work, on_event=events.append) == 0.5
    kinds = ["sent", "retried", "sent", "polled", "polled", "finished"]
    assert [event.kind for event in events] == kinds
    assert [event.cost for event in events] == [None] * 5 + [0.5]
    assert type(events[1].error).__name__ == "RateLimitError"
    assert all(event.seconds >= 0 for event in events)


def test_the_log_has_no_body_and_no_key(
    shipped: ModuleType,
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger=shipped.__name__)
    server.script(
        lambda _: Reply({"errors": [{"code": KEY, "message": KEY}]}, 429),
        acknowledge,
        news({"status": "success", "cost": 0.5}),
    )
    request = image(delivery_method="async")
    caller("run", request)
    own = [record for record in caplog.records if record.name == shipped.__name__]
    assert [record.levelname for record in own] == ["INFO"] * 3 + ["DEBUG", "INFO"]
    text = "\n".join(record.getMessage() for record in own)
    assert f"{TASK} {request.task_uuid} finished after 0." in text
    assert text.endswith("cost $0.5")
    assert "SECRET" not in text
    assert "a chair" not in text


def test_raw_responses(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(
        lambda tasks: Reply(acknowledge(tasks), headers={"X-Request-Id": "one"}),
        news({"status": "success", "seed": 7}),
    )
    raw = caller("with_raw_response.run", image(delivery_method="async"))
    assert [result.seed for result in raw.results] == [7]
    assert [answer.http_status for answer in raw.answers] == [200, 200]
    assert [answer.request_id for answer in raw.answers] == ["one", None]
    assert raw.answers[0].headers["content-type"] == "application/json"
    assert b'"seed": 7' in raw.answers[1].body


def test_an_error_names_its_exchange(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    body = {"errors": [{"code": "x", "message": f"no {KEY}"}]}
    server.answer = lambda _: Reply(body, 400, headers={"X-Request-Id": "r-1"})
    error = caller.error("run", image())
    assert error.request_id == "r-1"
    assert error.body == '{"errors": [{"code": "x", "message": "no [API key]"}]}'
    assert str(error).endswith("Request: r-1.")
