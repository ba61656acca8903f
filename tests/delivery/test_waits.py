"""Each wait is limited by its own timeout, and not by those of other callers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY, Drop, acknowledge, each, echo, news, value

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Caller, Server, Tasks

TASK, POLL = "imageInference", "getResponse"
UUID = "33333333-3333-4333-8333-333333333333"
DONE = {"status": "success", "seed": 7}
WORKING = {"status": "processing"}
LONG = 100.0


@pytest.fixture
def image(image: Callable[..., Any]) -> Callable[..., Any]:
    """Makes image requests with async delivery."""
    return partial(image, delivery_method="async")


def saved(task_type: str = TASK) -> str:
    """Return the handle of a task as JSON text."""
    return json.dumps({"handle": 1, "taskType": task_type, "taskUUID": UUID})


# -- timeouts shorter than the wait before the first poll ---------------------


@pytest.mark.parametrize("first", [7.0, LONG])
async def test_a_short_wait_polls(
    shipped: ModuleType,
    client: Any,
    server: Server,
    image: Callable[..., Any],
    first: float,
) -> None:
    server.script(acknowledge, news(DONE))
    client.polling = shipped.Waits(first=first, longest=LONG)
    handle = await value(client.submit(image()))
    [result] = await value(handle.wait(timeout=6))
    assert result.seed == 7
    assert server.sent == [TASK, POLL]


@pytest.mark.parametrize("task_type", ["training", "videoInference", TASK])
async def test_what_another_process_has_sent_is_polled_at_once(
    shipped: ModuleType, client: Any, server: Server, task_type: str
) -> None:
    server.answer = news(DONE)
    client.polling = shipped.Waits(first=LONG, longest=LONG)
    [result] = await value(client.resume(saved(task_type)).wait(timeout=4))
    assert result.to_wire()["seed"] == 7
    assert server.sent == [POLL]


async def test_a_short_wait_does_not_spin(
    shipped: ModuleType, client: Any, server: Server
) -> None:
    server.answer = news(WORKING)
    client.polling = shipped.Waits(first=LONG, longest=LONG)
    handle = client.resume(saved())
    for number in (1, 2, 3):
        with pytest.raises(shipped.TimeoutError):
            await value(handle.wait(timeout=2))
        assert number <= len(server.calls) <= 2 * number


async def test_waits_that_are_repeated_come_to_the_result(
    shipped: ModuleType, client: Any, server: Server
) -> None:
    """This is so even if the response takes much of each timeout."""

    def answer(tasks: Tasks) -> object:
        time.sleep(0.15)
        return news(DONE if len(server.calls) > 2 else WORKING)(tasks)

    server.answer = answer
    client.polling = shipped.Waits(first=LONG, longest=LONG)
    handle = client.resume(saved())
    for _ in range(200):  # usually one; more if the machine is busy
        with contextlib.suppress(shipped.TimeoutError):
            await value(handle.wait(timeout=0.5))
            break
    assert handle.is_over


def test_waits_of_no_time_let_others_run(shipped: ModuleType, server: Server) -> None:
    server.answer = news(WORKING)
    turns: list[int] = []

    async def other() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def work() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            handle = client.resume(saved())
            running = asyncio.create_task(other())
            for _ in range(100):
                with pytest.raises(shipped.TimeoutError):
                    await handle.wait(timeout=1e-9)
            running.cancel()

    asyncio.run(work())
    assert len(turns) >= 50


# -- timeouts -----------------------------------------------------------------


WAYS = ["run", "run_many", "iter_many", "submit", "wait", "poll", "results"]


async def call(client: Any, way: str, request: Any, limit: Any) -> None:
    """Call a method with a timeout."""
    if way in ("run", "submit"):
        await value(getattr(client, way)(request, timeout=limit))
    elif way == "run_many":
        await value(client.run_many([request], timeout=limit))
    elif way == "iter_many":
        async for _ in each(client.iter_many([request], timeout=limit)):
            pass
    elif way == "results":
        async for _ in each(client.resume(saved()).results(timeout=limit)):
            pass
    else:
        await value(getattr(client.resume(saved()), way)(timeout=limit))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "limit", [float("nan"), -1, 0, float("inf"), True, "x", [], 1j], ids=repr
)
async def test_a_timeout_that_is_no_time_is_refused(
    client: Any, server: Server, image: Callable[..., Any], way: str, limit: Any
) -> None:
    server.answer = echo()
    with pytest.raises(ValueError, match="timeout must be a number of seconds"):
        await call(client, way, image(), limit)
    assert server.calls == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("limit", [1e12, 10**400, 1e308], ids=["12", "400", "308"])
async def test_a_timeout_may_be_very_long(
    client: Any, server: Server, image: Callable[..., Any], way: str, limit: Any
) -> None:
    server.answer = echo(seed=7)
    await call(client, way, image(), limit)
    assert len(server.calls) == 1


# -- polls --------------------------------------------------------------------


@pytest.fixture
def released(shipped: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An event that responses wait for; it is set when the test ends.

    Meanwhile a poll has no timeout of its own.
    """
    module = f"{shipped.__name__}._runtime.delivery.batches"
    monkeypatch.setattr(f"{module}.POLL_TIMEOUT", 1000)
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("given", ["own", "client", "default"])
def test_one_poll_is_bounded(
    shipped: ModuleType,
    caller: Caller,
    server: Server,
    released: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    given: str,
) -> None:
    def answer(tasks: Tasks) -> object:
        released.wait(60)
        return news(WORKING)(tasks)

    server.answer = answer
    for module in ("_runtime.client.handle", "_runtime.client.async_handle"):
        limit = 0.3 if given == "default" else 1000
        monkeypatch.setattr(f"{shipped.__name__}.{module}.MAX_POLL", limit)

    async def work(client: Any) -> None:
        timeout = {"timeout": 0.3} if given == "own" else {}
        handle = client.resume(saved())
        with pytest.raises(shipped.RunwareError):  # the response would not raise it
            await value(handle.poll(**timeout))
        assert not handle.is_over

    options = {"timeout": 0.3} if given == "client" else {"timeout": 1000}
    caller.using(work, **options)


async def test_a_poll_without_an_answer_says_so(
    shipped: ModuleType, client: Any, server: Server
) -> None:
    """The error has the results that arrived before."""
    server.script(news(DONE, {"status": "processing"}), Drop())
    handle = client.resume(saved())
    assert not await value(handle.poll())
    with pytest.raises(shipped.ConnectionError) as caught:
        await value(handle.poll())
    assert caught.value.handle.task_uuid == UUID
    assert len(caught.value.results) == 1
    assert server.sent == [POLL, POLL]


def test_a_caller_with_little_time_does_not_wait_for_another(
    shipped: ModuleType, server: Server, released: threading.Event
) -> None:
    """Both use the same handle, and the other caller's poll gets no response."""
    polled = threading.Event()

    def answer(tasks: Tasks) -> object:
        polled.set()
        released.wait(60)
        return news(DONE)(tasks)

    server.answer = answer
    with shipped.Runware(KEY, base_url=server.url, timeout=60) as client:
        client.polling = shipped.Waits(first=0.005)
        handle = client.resume(saved())
        given: list[Any] = []
        patient = threading.Thread(target=lambda: given.append(handle.wait()))
        patient.start()
        assert polled.wait(30)
        with pytest.raises(shipped.TimeoutError) as caught:
            handle.wait(timeout=0.2)
        assert caught.value.handle.task_uuid == UUID
        released.set()
        patient.join()
    assert [result.to_wire()["seed"] for result in given[0]] == [7]


def test_a_poll_without_an_answer_holds_up_nobody_else(
    shipped: ModuleType,
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    released: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        f"{shipped.__name__}._runtime.client.poll_batcher.MAX_TURN", 0.05
    )
    first, *others = (image() for _ in range(6))
    hung = threading.Event()

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == TASK:
            return acknowledge(tasks)
        if first.task_uuid in [t["taskUUID"] for t in tasks] and not hung.is_set():
            hung.set()
            released.wait(60)
        return {"data": [{"taskUUID": t["taskUUID"], **DONE} for t in tasks]}

    server.answer = answer

    def in_threads(client: Any) -> None:
        given: list[Any] = []

        def work(request: Any) -> None:
            given.extend(client.run(request))

        waiting = threading.Thread(target=work, args=(first,))
        waiting.start()
        assert hung.wait(30)
        threads = [threading.Thread(target=work, args=(each,)) for each in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(given) == 5
        released.set()
        waiting.join(30)
        assert [result.seed for result in given] == [7] * 6

    async def in_tasks(client: Any) -> None:
        waiting = asyncio.create_task(client.run(first))
        await asyncio.to_thread(hung.wait, 30)
        async with asyncio.timeout(30):
            given = await asyncio.gather(*map(client.run, others))
        assert [result.seed for [result] in given] == [7] * 5
        released.set()
        [result] = await waiting
        assert result.seed == 7

    async def work(client: Any) -> None:
        if caller.kind == "sync":
            in_threads(client)
        else:
            await in_tasks(client)

    caller.using(work, timeout=60)


def test_callers_with_little_time_do_not_end_the_polls_of_others(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    patient = image()
    polls: list[int] = []

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == TASK:
            return acknowledge(tasks)
        polls.append(1)
        time.sleep(0.02)
        named = [{"taskUUID": t["taskUUID"]} for t in tasks]
        done = DONE if len(polls) > 20 else WORKING
        return {"data": [each | done for each in named]}

    server.answer = answer

    async def hurried(client: Any) -> None:
        # On a busy machine, the time is up before there is a connection.
        with contextlib.suppress(shipped.TimeoutError, shipped.ConnectionError):
            await client.run(image(), timeout=0.05)

    async def work() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = client.retrying = shipped.Waits(first=0.005, longest=0.01)
            waiting = asyncio.create_task(client.run(patient, timeout=60))
            while not waiting.done():
                await hurried(client)
            [result] = await waiting
            assert result.seed == 7

    asyncio.run(work())


# -- time between outcomes or results -----------------------------------------


def test_the_time_that_a_consumer_takes_does_not_count(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.split(acknowledge, news(DONE))  # one task at each poll

    async def work(client: Any) -> int:
        given = 0
        requests = [image() for _ in range(4)]
        async for outcome in each(client.iter_many(requests, timeout=20)):
            [result] = outcome.unwrap()
            assert result.seed == 7
            server.clock.ahead += 1000
            given += 1
        return given

    assert caller.using(work) == 4


@pytest.mark.parametrize("way", ["results", "on_result"])
def test_the_time_between_two_results_does_not_count(
    caller: Caller, server: Server, image: Callable[..., Any], way: str
) -> None:
    first, second, third = ({"status": "success", "imageUUID": n} for n in "abc")
    server.script(acknowledge, news(first, WORKING), news(second, WORKING), news(third))

    seen: list[str] = []

    def see(result: Any) -> None:
        server.clock.ahead += 1000
        seen.append(result.image_uuid)

    async def work(client: Any) -> None:
        handle = await value(client.submit(image(number_results=3)))
        if way == "on_result":
            await value(handle.wait(timeout=20, on_result=see))
        else:
            async for result in each(handle.results(timeout=20)):
                see(result)

    caller.using(work)
    assert seen == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("event", "asked"), [("PROGRESS", None), ("SILENCE", None), ("POLL_FAILED", 0.5)]
)
def test_polls_go_on_until_the_deadline(
    shipped: ModuleType, event: str, asked: float | None
) -> None:
    """Each comes after a wait, or after the time that the server asks for."""
    runtime = f"{shipped.__name__}._runtime"
    batches = import_module(f"{runtime}.delivery.batches")
    task_of = import_module(f"{runtime}.delivery.submission").task_of
    lifecycle = import_module(f"{runtime}.delivery.lifecycle")
    verdict = import_module(f"{runtime}.delivery.verdict").Verdict
    schedule = import_module(f"{runtime}.delivery.schedule").Schedule
    account = import_module(f"{runtime}.delivery.account").Account
    facts = import_module(f"{runtime}.delivery.server_facts")
    waits = shipped.Waits(first=0.25, factor=1.0, longest=0.25)
    now = [0.0]
    settings = batches.Settings(
        waits,
        waits,
        0,
        "safe",
        None,
        None,
        facts.ServerFacts(),
        account(),
        lambda: now[0],
    )
    wire = {"taskType": "imageInference", "taskUUID": "1"}
    each = schedule(settings, 4)
    scheduled = each.scheduled_task(task_of(wire, shipped.TaskResult, "async"))
    scheduled.task.phase = lifecycle.Phase.ACCEPTED
    polled = list[float]()
    while scheduled.due < each.deadline:
        now[0] = scheduled.due
        polled.append(now[0])
        each.note_poll(scheduled)
        heard = verdict(lifecycle.TaskEvent[event], None, asked)
        assert each.reschedule(scheduled, lifecycle.Action.POLL, heard) is None
        assert scheduled.due > now[0]
        assert scheduled.due >= now[0] + (asked or 0)
    assert max(polled) >= 3.5
