"""Batches: few POSTs and no lost outcome; also events, logs and raw responses."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY, Drop, Reply, acknowledge, each, echo, news, refusal, value

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Caller, Server, Tasks

TASK, POLL = "imageInference", "getResponse"


def finished(tasks: Tasks) -> object:
    """Answer each polled task as finished."""
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
    server.split(acknowledge, finished)
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
    monkeypatch.setattr(f"{shipped.__name__}._runtime.delivery.batches.MAX_BYTES", 5000)
    server.answer = echo()
    outcomes = caller("run_many", [image(positive_prompt="x" * 2000) for _ in range(5)])
    assert [outcome.error for outcome in outcomes] == [None] * 5
    assert sorted(map(len, server.calls)) == [1, 2, 2]


def test_a_server_that_takes_fewer_at_once(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    def answer(tasks: Tasks) -> object:
        if len(tasks) > 3:
            return refusal(413, "tooLarge")
        return echo(seed=7)(tasks)

    server.answer = answer
    outcomes = caller("run_many", [image() for _ in range(10)])
    assert [outcome.unwrap()[0].seed for outcome in outcomes] == [7] * 10
    taken = [
        task["taskUUID"] for tasks in server.calls if len(tasks) <= 3 for task in tasks
    ]
    assert len(taken) == len(set(taken)) == 10


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (413, "Use smaller files, or URLs of files"),
        (407, "The proxy requires a user name and a password"),
    ],
)
def test_a_page_that_refuses_a_lone_task(
    shipped: ModuleType,
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    status: int,
    advice: str,
) -> None:
    server.answer = lambda _: Reply("<h1>No</h1>", status)
    [outcome] = caller("run_many", [image()])
    assert isinstance(outcome.error, shipped.APIStatusError)
    assert outcome.error.http_status == status
    assert advice in str(outcome.error)
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("code", "status"), [("tooManyTasks", 400), ("tooManyTasks", 413), (None, 413)]
)
def test_a_server_that_takes_fewer_polls_at_once(
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    code: str | None,
    status: int,
) -> None:
    """Only the poll is too large, so its tasks are not sent again."""
    body = {"errors": [{"code": code, "message": "no"}]} if code else {}

    too_large = Reply(body, status)
    server.split(
        acknowledge, lambda tasks: too_large if len(tasks) > 3 else finished(tasks)
    )
    outcomes = caller("run_many", [image(delivery_method="async") for _ in range(20)])
    for outcome in outcomes:
        assert outcome.unwrap()[0].image_uuid == outcome.request.task_uuid
    sent = [t for tasks in server.calls for t in tasks if t["taskType"] == TASK]
    assert len(sent) == 20


async def test_sendings_and_polls_learn_from_each_other_how_many_are_taken(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    def answer(tasks: Tasks) -> object:
        if len(tasks) > 3:
            return Reply({}, 413)
        return acknowledge(tasks) if tasks[0]["taskType"] == TASK else finished(tasks)

    server.answer = answer
    for _ in range(2):
        requests = [image(delivery_method="async") for _ in range(12)]
        for outcome in await value(client.run_many(requests)):
            outcome.unwrap()
        refused = [tasks for tasks in server.calls if len(tasks) > 3]
        assert {len(tasks) for tasks in refused} == {12, 6}
        assert {tasks[0]["taskType"] for tasks in refused} == {TASK}


def test_a_lone_poll_that_is_too_large_leaves_the_task(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    request = image(delivery_method="async")
    server.split(acknowledge, Reply({}, 413))
    error = caller.error("run", request)
    assert error.http_status == 413
    assert error.handle.task_uuid == request.task_uuid
    assert server.sent[0] == TASK
    assert set(server.sent[1:]) == {POLL}


def test_a_second_sending_is_too_large_for_a_task_that_a_poll_has_finished(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    requests = [image(), image()]
    polled: list[Future[bool]] = []
    asked, sent_again = threading.Event(), threading.Event()

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == POLL:
            asked.set()
            sent_again.wait(30)
            return finished(tasks)
        if len(server.sent) == 1:
            return Drop()
        if len(tasks) == 1:
            return finished(tasks)
        sent_again.set()
        assert polled[0].result(30)
        return Reply({}, 413)

    def poll_first(event: Any) -> None:
        """Poll the first task, and let both be due when that poll is under way."""
        if event.kind == "retried" and event.task_uuid == requests[1].task_uuid:
            [handle, _] = client.unfinished()
            polled.append(pool.submit(handle.poll))
            asked.wait(30)
            server.clock.ahead += 6  # more than the timeout of the poll

    server.answer = answer
    with (
        ThreadPoolExecutor() as pool,
        shipped.Runware(
            KEY, base_url=server.url, resend="eager", on_event=poll_first
        ) as client,
    ):
        server.clock.give(client)
        for outcome in client.run_many(requests):
            assert outcome.unwrap()[0].image_uuid == outcome.request.task_uuid
    assert server.sent == [f"{TASK}+{TASK}", POLL, f"{TASK}+{TASK}", TASK]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("status", [200, 400])
async def test_a_poll_that_the_server_refuses_harms_no_other(
    shipped: ModuleType,
    client: Any,
    server: Server,
    image: Callable[..., Any],
    status: int,
    *,
    named: bool,
) -> None:
    """One poll asks for all tasks, and the server refuses one of the UUIDs."""
    poisoned, *others = (image(delivery_method="async") for _ in range(5))
    together: set[str] = set()
    code = {"code": "invalidTaskUUID", "message": "no", "parameter": "taskUUID"}

    def answer(tasks: Tasks) -> object:
        names = [task["taskUUID"] for task in tasks]
        if tasks[0]["taskType"] == TASK:
            return acknowledge(tasks)
        if poisoned.task_uuid not in names:
            return finished(tasks)
        together.update(names)
        about = {"taskUUID": poisoned.task_uuid} if named else {}
        return Reply({"errors": [code | about]}, status)

    server.answer = answer
    first, *rest = await value(client.run_many([poisoned, *others]))
    assert [each.task_uuid for each in client.unfinished()] == [poisoned.task_uuid]
    assert isinstance(first.error, shipped.APIError)
    assert first.error.handle.task_uuid == poisoned.task_uuid
    for outcome in rest:
        assert outcome.unwrap()[0].image_uuid == outcome.request.task_uuid
    assert len(together) == 5


def test_a_poll_that_the_server_refuses_harms_no_other_caller(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    first, poisoned, *others = (image(delivery_method="async") for _ in range(6))

    def answer(tasks: Tasks) -> object:
        names = [task["taskUUID"] for task in tasks]
        if tasks[0]["taskType"] == TASK:
            return acknowledge(tasks)
        if first.task_uuid in names:
            time.sleep(0.05)  # meanwhile, the other polls are merged into one
        if poisoned.task_uuid not in names:
            return finished(tasks)
        error = {"code": "invalidTaskUUID", "message": "no"}
        return Reply({"errors": [error]}, 400)

    server.answer = answer

    async def work() -> list[Any]:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = client.retrying = shipped.Waits(first=0.005)
            handles = [await client.submit(r) for r in (first, poisoned, *others)]
            waits = [handle.wait() for handle in handles]
            return await asyncio.gather(*waits, return_exceptions=True)

    [result], refused, *rest = asyncio.run(work())
    assert result.image_uuid == first.task_uuid
    assert isinstance(refused, shipped.BadRequestError)
    assert refused.handle.task_uuid == poisoned.task_uuid
    assert [result.image_uuid for [result] in rest] == [r.task_uuid for r in others]


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_error_about_another_task_says_nothing_of_those_of_the_batch(
    caller: Caller, server: Server, image: Callable[..., Any], status: int
) -> None:
    other = "44444444-4444-4444-8444-444444444444"
    error = {"code": "inferenceError", "message": "no", "taskUUID": other}
    foreign = Reply({"errors": [error]}, status)
    server.script(acknowledge, foreign, *[finished] * 2)
    requests = [image(delivery_method="async") for _ in range(2)]
    for outcome in caller("run_many", requests):
        assert outcome.unwrap()[0].image_uuid == outcome.request.task_uuid


def test_outcomes_come_as_tasks_end(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    first, second, third = (image(delivery_method="async") for _ in range(3))
    failure = {"code": "x", "message": "It failed.", "status": "error"}

    def some(*names: str) -> Any:
        return lambda tasks: finished([t for t in tasks if t["taskUUID"] in names])

    server.script(
        acknowledge,
        some(second.task_uuid),
        some(third.task_uuid),
        lambda tasks: {"errors": [failure | {"taskUUID": tasks[0]["taskUUID"]}]},
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


def test_threads_poll_together(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    number = 40
    together, polled = threading.Barrier(number), threading.Event()

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == TASK:
            return acknowledge(tasks)
        if not polled.is_set():  # meanwhile, the other polls are merged
            polled.set()
            time.sleep(3)
        return finished(tasks)

    server.answer = answer
    with shipped.Runware(KEY, base_url=server.url, timeout=60) as client:
        client.polling = shipped.Waits(first=0.001)

        def work() -> None:
            handle = client.submit(image())
            together.wait(60)
            handle.wait()

        threads = [threading.Thread(target=work) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    polls = [tasks for tasks in server.calls if tasks[0]["taskType"] == POLL]
    assert sum(map(len, polls)) == number
    assert len(polls) <= number / 4


def test_tasks_of_a_loop_poll_together(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    server.split(acknowledge, finished)

    async def work() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = shipped.Waits(first=0.001)
            handles = [await client.submit(image()) for _ in range(40)]
            await asyncio.gather(*(handle.wait() for handle in handles))

    asyncio.run(work())
    polls = [tasks for tasks in server.calls if tasks[0]["taskType"] == POLL]
    assert sum(map(len, polls)) == 40
    assert len(polls) <= 5


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_no_more_posts_at_once_than_allowed(
    shipped: ModuleType, server: Server, image: Callable[..., Any], kind: str
) -> None:
    """Streams that `run` reads count too."""
    text = shipped.tasks.text_inference.TextInferenceRequest(
        model="a:b@1",
        messages=[{"role": "user", "content": "Say something."}],
        delivery_method="stream",
    )
    requests = [make() for make in (image, text.replace) for _ in range(10)]
    events = 'data: {"delta": {"text": "a"}, "finishReason": "stop"}\n\n'
    under_way: set[int] = set()
    most: list[int] = []

    def answer(tasks: Tasks) -> object:
        under_way.add(threading.get_ident())
        most.append(len(under_way))
        time.sleep(0.01)
        under_way.discard(threading.get_ident())
        is_text = tasks[0]["taskType"] == "textInference"
        return Reply(events, 200, "text/event-stream") if is_text else echo()(tasks)

    server.answer = answer
    options = {"base_url": server.url, "concurrency": 3}

    async def work() -> None:
        async with shipped.AsyncRunware(KEY, **options) as client:
            assert len([each async for each in client.stream(text.replace())]) == 1
            await asyncio.gather(*map(client.run, requests))

    if kind == "async":
        asyncio.run(work())
    else:
        with shipped.Runware(KEY, **options) as client, ThreadPoolExecutor() as threads:
            assert len([*client.stream(text.replace())]) == 1
            assert len([*threads.map(client.run, requests)]) == len(requests)
    assert max(most) == 3


@pytest.mark.options(concurrency=1)
async def test_a_call_that_finds_no_place_was_not_sent(
    shipped: ModuleType,
    client: Any,
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
) -> None:
    """The other call is answered after this one has ended."""
    late: list[Any] = []
    loop = asyncio.get_running_loop() if caller.kind == "async" else None

    def answer(tasks: Tasks) -> object:
        try:
            second = client.with_options(timeout=0.2).run(image())
            if loop is not None:
                asyncio.run_coroutine_threadsafe(second, loop).result()
        except shipped.RunwareError as error:
            late.append(error)
        return echo()(tasks)

    server.answer = answer
    assert await value(client.run(image()))
    [error] = late
    assert isinstance(error, shipped.ConnectionError)
    assert "the limit of 1 parallel calls" in str(error)
    assert (error.may_have_run, error.handle) == (False, None)
    assert len(server.calls) == 1


# -- events, logs and raw responses -------------------------------------------


def test_events_and_costs(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    events: list[Any] = []
    busy = refusal(429, "rateLimitExceeded")
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
