"""Open tasks: a task that may be billed has a handle until its results are returned."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from contextlib import aclosing
from functools import partial
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY, Drop, Reply, acknowledge, each, failing, news, refusal, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

    from loopback import Answer, Caller, Server, Tasks

TASK, POLL = "imageInference", "getResponse"
IMAGE = "https://im.runware.ai/a.png"
WORKING = {"status": "processing"}


class Stop(BaseException):
    """An exception that interrupts a program, as Ctrl-C does."""


@pytest.fixture
def image(image: Callable[..., Any]) -> Callable[..., Any]:
    """Makes image requests with async delivery."""
    return partial(image, delivery_method="async")


def finished(tasks: Tasks) -> object:
    """Answer each task as finished, with the URL of its image."""
    return {
        "data": [
            {
                "taskUUID": t["taskUUID"],
                "status": "success",
                "imageURL": f"https://im.runware.ai/{t['taskUUID']}.png",
            }
            for t in tasks
        ]
    }


def names(handles: list[Any]) -> list[str]:
    """Return the task UUIDs of handles."""
    return [handle.task_uuid for handle in handles]


async def collected(client: Any) -> list[str]:
    """Wait for all unfinished tasks, and return their UUIDs."""
    handles = client.unfinished()
    for handle in handles:
        [result] = await value(handle.wait())
        assert handle.task_uuid in result.image_url
    assert client.unfinished() == []
    return names(handles)


# -- from the first byte until the results are returned -----------------------


def test_a_task_may_be_freed_while_a_child_takes_over(
    shipped: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = f"{shipped.__name__}._runtime.delivery"
    task_class = import_module(f"{delivery}.task").Task
    monkeypatch.setattr("os.getpid", count().__next__)
    threshold = gc.get_threshold()
    gc.freeze()  # so that only the objects of this test are collected
    try:
        for wait in range(1, 200):
            gc.set_threshold(0)
            open_tasks = import_module(f"{delivery}.open_tasks").OpenTasks()
            for number in range(100):
                task = task_class({"taskType": "a", "taskUUID": f"{number}"}, dict)
                open_tasks.shared(task)
                task.wire["itself"] = task  # only the garbage collector frees it
            del task
            gc.set_threshold(gc.get_count()[0] + wait)
            open_tasks.take_over()
            gc.collect()
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()


async def run(client: Any, request: Any) -> None:
    """Run a task."""
    await value(client.run(request))


async def run_many(client: Any, request: Any) -> None:
    """Run a task as a batch."""
    await value(client.run_many([request]))


async def iter_many(client: Any, request: Any) -> None:
    """Run a task as a batch, outcome by outcome."""
    async for _ in each(client.iter_many([request])):
        assert client.unfinished() == []


async def submit(client: Any, request: Any) -> None:
    """Send a task and wait for it."""
    handle = await value(client.submit(request))
    assert names(client.unfinished()) == [request.task_uuid]
    await value(handle.wait())


async def results(client: Any, request: Any) -> None:
    """Send a task and take its results one by one."""
    handle = await value(client.submit(request))
    async for _ in each(handle.results()):
        assert names(client.unfinished()) == [request.task_uuid]


async def poll(client: Any, request: Any) -> None:
    """Send a task and poll it; only `wait` returns its results."""
    handle = await value(client.submit(request))
    while not await value(handle.poll()):
        assert names(client.unfinished()) == [request.task_uuid]
    assert names(client.unfinished()) == [request.task_uuid]
    await value(handle.wait())


@pytest.mark.parametrize("way", [run, run_many, iter_many, submit, results, poll])
async def test_a_task_is_unfinished_until_it_is_handed_over(
    client: Any, server: Server, image: Callable[..., Any], way: Any
) -> None:
    def answer(tasks: Tasks) -> object:
        seen.append(names(client.unfinished()))
        if tasks[0]["taskType"] == TASK:
            return acknowledge(tasks)
        return news(WORKING)(tasks) if len(seen) == 2 else finished(tasks)

    server.answer = answer
    request = image()
    seen: list[list[str]] = []
    assert client.unfinished() == []
    await way(client, request)
    assert seen == [[request.task_uuid]] * 3
    assert client.unfinished() == []


def test_outcomes_are_handed_over_one_by_one(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(acknowledge, finished)

    async def work(client: Any) -> list[int]:
        outcomes = each(client.iter_many([image() for _ in range(3)]))
        return [len(client.unfinished()) async for _ in outcomes]

    assert caller.using(work) == [2, 1, 0]


async def test_a_failure_is_unfinished_until_it_is_raised(
    shipped: ModuleType, client: Any, server: Server, image: Callable[..., Any]
) -> None:
    def failed(tasks: Tasks) -> object:
        error = {"taskUUID": tasks[0]["taskUUID"], "code": "inferenceError"}
        return {"errors": [error]}

    server.script(acknowledge, failed)
    handle = await value(client.submit(image()))
    assert await value(handle.poll())
    [left] = client.unfinished()
    with pytest.raises(shipped.TaskError):
        await value(left.wait())
    assert client.unfinished() == []


# -- interrupted calls --------------------------------------------------------


def mixed(first: Any, second: Any) -> Callable[[Tasks], object]:
    """Answer with the results of two tasks; acknowledge the others."""

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == POLL:
            return finished(tasks)
        done = [t for t in tasks if t["taskUUID"] in (first, second)]
        rest = [t for t in tasks if t not in done]
        together: Any = finished(done)
        other: Any = acknowledge(rest)
        return {"data": together["data"] + other["data"]}

    return answer


def note(given: list[str], outcomes: Iterable[Any]) -> None:
    """Record the image URLs of outcomes."""
    for outcome in outcomes:
        given.append(outcome.unwrap()[0].image_url)  # noqa: PERF401 - keep earlier ones


@pytest.mark.parametrize("way", ["run_many", "iter_many"])
def test_an_interrupted_batch_leaves_handles(
    shipped: ModuleType, server: Server, image: Callable[..., Any], way: str
) -> None:
    """Tasks whose results have arrived have handles too."""
    requests = [image() for _ in range(4)]
    uuids = [request.task_uuid for request in requests]
    server.answer = mixed(uuids[1], uuids[2])
    interrupted: list[Any] = []

    def interrupt(event: Any) -> None:
        if event.kind == "polled" and not interrupted:
            interrupted.append(event)
            raise Stop

    with shipped.Runware(KEY, base_url=server.url, on_event=interrupt) as client:
        client.polling = shipped.Waits(first=0.005)
        given: list[str] = []
        with pytest.raises(Stop) as caught:
            note(given, getattr(client, way)(requests))
        assert len(given) == (2 if way == "iter_many" else 0)
        left = [uuid for uuid in uuids if not any(uuid in url for url in given)]
        assert sorted(names(vars(caught.value)["handles"])) == sorted(left)
        assert sorted(asyncio.run(collected(client))) == sorted(left)
        assert [h.is_over for h in vars(caught.value)["handles"]] == [True] * len(left)


@pytest.mark.parametrize("way", ["cancel", "timeout"])
def test_a_cancelled_batch_leaves_handles(
    shipped: ModuleType, server: Server, image: Callable[..., Any], way: str
) -> None:
    requests = [image() for _ in range(4)]
    uuids = [request.task_uuid for request in requests]
    honest = mixed(uuids[0], uuids[3])
    polled, released = threading.Event(), threading.Event()

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == POLL:
            polled.set()
            released.wait(30)
        return honest(tasks)

    server.answer = answer

    async def work() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = shipped.Waits(first=0.005)

            async def limited() -> None:
                async with asyncio.timeout(None) as limit:
                    running = asyncio.create_task(client.run_many(requests))
                    await asyncio.to_thread(polled.wait, 30)
                    if way == "cancel":
                        running.cancel()
                    else:
                        limit.reschedule(0)
                    await running

            with pytest.raises((TimeoutError, asyncio.CancelledError)) as caught:
                await limited()
            assert sum(handle.is_over for handle in client.unfinished()) == 2
            released.set()
            error = caught.value
            if way == "timeout":
                assert isinstance(error, TimeoutError)
            else:
                assert sorted(names(vars(error)["handles"])) == sorted(uuids)
            assert sorted(await collected(client)) == sorted(uuids)

    asyncio.run(work())


async def test_a_loop_that_is_left_loses_nothing(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    requests = [image() for _ in range(4)]
    uuids = [request.task_uuid for request in requests]
    server.answer = mixed(uuids[1], uuids[2])
    async for outcome in each(client.iter_many(requests)):
        uuids.remove(outcome.request.task_uuid)
        break
    assert len(uuids) == 3
    assert sorted(names(client.unfinished())) == sorted(uuids)
    assert sorted(await collected(client)) == sorted(uuids)
    assert [t["taskType"] for call in server.calls for t in call].count(TASK) == 4


async def test_results_that_are_left_are_not_lost(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    done = [{"status": "success", "imageUUID": n, "imageURL": IMAGE} for n in "ab"]
    server.script(acknowledge, news(*done))
    handle = await value(client.submit(image(number_results=2)))
    async for result in each(handle.results()):
        assert result.image_uuid == "a"
        break
    [left] = client.unfinished()
    assert [r.image_uuid for r in await value(left.wait())] == ["a", "b"]


@pytest.mark.parametrize(("way", "delivery"), [("submit", "async"), ("run", "sync")])
def test_a_sending_that_is_cancelled_leaves_a_handle(
    shipped: ModuleType,
    server: Server,
    image: Callable[..., Any],
    way: str,
    delivery: str,
) -> None:
    received, released = threading.Event(), threading.Event()

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == TASK:
            received.set()
            released.wait(30)
            return acknowledge(tasks)
        return finished(tasks)

    server.answer = answer

    async def work() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = shipped.Waits(first=0.005)
            request = image(delivery_method=delivery)
            running = asyncio.create_task(getattr(client, way)(request))
            await asyncio.to_thread(received.wait, 30)
            running.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await running
            released.set()
            assert vars(caught.value)["handle"].task_uuid == request.task_uuid
            assert names(vars(caught.value)["handles"]) == [request.task_uuid]
            assert await collected(client) == [request.task_uuid]

    asyncio.run(work())
    assert server.sent == [TASK, POLL]


@pytest.mark.parametrize("way", ["run", "run_many"])
def test_what_was_rejected_has_no_handle(
    shipped: ModuleType, server: Server, image: Callable[..., Any], way: str
) -> None:
    """The server has certainly not accepted it."""
    busy = refusal(429, "rateLimitExceeded")
    server.answer = lambda _: busy
    given = image() if way == "run" else [image(), image()]
    retried: list[Any] = []

    def interrupt(event: Any) -> None:
        retried.extend([event] * (event.kind == "retried"))
        if len(retried) == (1 if way == "run" else len(given)):
            raise Stop

    with shipped.Runware(KEY, base_url=server.url, on_event=interrupt) as client:
        client.retrying = shipped.Waits(first=0.005)
        with pytest.raises(Stop) as caught:
            getattr(client, way)(given)
        assert client.unfinished() == []
    assert not vars(caught.value).get("handles")


def test_tasks_that_are_under_way_are_never_forgotten(
    shipped: ModuleType,
    server: Server,
    image: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`MAX_ABANDONED` limits only the tasks that no call waits for any more."""
    monkeypatch.setattr(
        f"{shipped.__name__}._runtime.delivery.open_tasks.MAX_ABANDONED", 5
    )
    server.split(acknowledge, {"data": []})

    def interrupt(event: Any) -> None:
        if event.kind == "polled":
            raise Stop

    with shipped.Runware(KEY, base_url=server.url, on_event=interrupt) as client:
        client.polling = shipped.Waits(first=0.005)
        requests = [image() for _ in range(10)]
        with pytest.raises(Stop) as caught:
            client.run_many(requests)
    uuids = [request.task_uuid for request in requests]
    assert sorted(names(vars(caught.value)["handles"])) == sorted(uuids)


def test_streams_that_broke_are_forgotten_like_other_tasks(
    shipped: ModuleType, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        f"{shipped.__name__}._runtime.delivery.open_tasks.MAX_ABANDONED", 2
    )
    server.answer = lambda _: Drop()
    message = {"role": "user", "content": "dusk"}
    with shipped.Runware(KEY, base_url=server.url) as client:
        for _ in range(4):
            stream = client.text_inference.stream(model="a:1@1", messages=[message])
            with pytest.raises(shipped.ConnectionError) as caught:
                stream.get_result()
            assert caught.value.handle is not None
        assert len(client.unfinished()) == 2


@pytest.mark.parametrize("is_polled", [True, False])
async def test_results_that_no_call_has_returned_are_remembered_up_to_a_limit(
    shipped: ModuleType,
    client: Any,
    server: Server,
    image: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_polled: bool,
) -> None:
    monkeypatch.setattr(
        f"{shipped.__name__}._runtime.delivery.open_tasks.MAX_ABANDONED", 2
    )
    requests = [image() for _ in range(4)]
    for request in requests:
        server.script(*[acknowledge] * is_polled, finished)
        handle = await value(client.submit(request))
        assert await value(handle.poll())
    left = client.unfinished()
    assert names(left) == [request.task_uuid for request in requests[2:]]
    for handle in left:
        await value(handle.wait())
    assert client.unfinished() == []


# -- errors -------------------------------------------------------------------


BILLS_NOTHING: dict[str, list[Any]] = {
    **{f"{status}": [refusal(status, "x")] for status in (400, 401, 402, 403, 404)},
    "400 of its own": [failing(400, code="invalidParameter")],
    "413": [Reply("<h1>Too large</h1>", 413, "text/html")],
    "422": [refusal(422, "x")],
    "429": [refusal(429, "rateLimitExceeded")] * 2,
    "429 of its own": [failing(429, code="rateLimitExceeded")] * 2,
    "429 with too long a wait": [refusal(429, "rate", "3600")],
    "503 with seconds": [refusal(503, "busy", "0")] * 2,
    "rate limit in 200": [refusal(200, "rateLimitExceeded")] * 2,
    "failed": [failing(code="inferenceError")],
    "failed with a status": [
        news({"status": "error", "code": "contentPolicyViolation"})
    ],
    "failed later": [acknowledge, failing(code="inferenceError")],
    "failed later in 400": [acknowledge, failing(400, code="providerError")],
    "in doubt, then failed": [Drop(), failing(code="inferenceError")],
}


@pytest.mark.parametrize("way", ["run", "run_many", "results"])
@pytest.mark.parametrize("name", BILLS_NOTHING)
def test_an_error_of_what_is_not_billed_has_no_handle(
    caller: Caller, server: Server, image: Callable[..., Any], name: str, way: str
) -> None:
    server.script(*BILLS_NOTHING[name])
    error = caller.using(
        _error(caller, way, image(delivery_method="sync")), max_retries=1
    )
    assert (error.handle, error.may_have_run) == (None, False), error
    assert len(server.calls) == len(BILLS_NOTHING[name])


@pytest.mark.parametrize("way", ["run", "run_many"])
@pytest.mark.parametrize("status", [200, 400])
def test_a_task_that_failed_in_part_has_run(
    caller: Caller, server: Server, image: Callable[..., Any], way: str, status: int
) -> None:
    """Its first result is billed, so a new task would be paid for twice."""

    def failed_in_part(tasks: Tasks) -> Reply:
        [uuid] = [task["taskUUID"] for task in tasks]
        error = {"taskUUID": uuid, "code": "invalidParameter", "message": "no"}
        body = {"data": [{"taskUUID": uuid, "imageURL": IMAGE}], "errors": [error]}
        return Reply(body, status)

    server.script(failed_in_part)
    request = image(delivery_method="sync", number_results=2)
    error = caller.using(_error(caller, way, request))
    assert [result.image_url for result in error.results] == [IMAGE]
    assert (error.handle, error.may_have_run) == (None, True)
    assert "The task ran" in str(error)
    assert "nothing was billed" not in str(error)


async def _taken(client: Any, request: Any) -> None:
    async for _ in each(client.handle(request).results()):
        pass


def _error(caller: Caller, way: str, request: Any, *, unfinished: int = 0) -> Any:
    """Return a coroutine function that runs a failing task and returns its error."""

    async def work(client: Any) -> Any:
        if way == "run_many":
            [outcome] = await value(client.run_many([request]))
            error = outcome.error
        else:
            with pytest.raises(caller.package.RunwareError) as caught:
                await (run if way == "run" else _taken)(client, request)
            error = caught.value
        assert len(client.unfinished()) == unfinished
        return error

    return work


@pytest.mark.parametrize("way", ["run", "run_many"])
def test_an_error_before_anything_was_sent_has_no_handle(
    shipped: ModuleType, caller: Caller, image: Callable[..., Any], way: str
) -> None:
    options = {"base_url": "http://127.0.0.1:1/v1", "max_retries": 1}
    error = caller.using(_error(caller, way, image()), **options)
    assert isinstance(error, shipped.ConnectionError)
    assert (error.handle, error.may_have_run) == (None, False)


MAY_BILL: dict[str, list[Any]] = {
    "dropped": [Drop()],
    "truncated": [Reply('{"data": [{"taskUUID": "')],
    "empty": [Reply("")],
    "a page": [Reply("<p>Welcome</p>", content_type="text/html")],
    "not a word": [{"data": []}],
    "redirected": [Reply("", 307, headers={"Location": "/v2"})],
    **{
        f"{status}": [refusal(status, "x")] for status in (408, 409, 425, 499, 500, 503)
    },
    "400 as a page": [Reply("<h1>Bad Request</h1>", 400, "text/html")],
    "502 as a page": [Reply("<h1>Bad Gateway</h1>", 502, "text/html")],
    "504": [Reply("", 504)],
    "500 of its own": [failing(500, code="internalServerError")],
    "acknowledged": [acknowledge],
    "a strange status": [news({"status": "queued", "cost": 0.1, "seed": 7})],
    "conflict": [failing(400, code="conflictTaskUUID")],
    "conflict without a name": [refusal(400, "conflictTaskUUID")],
    "poll refused with 401": [acknowledge, refusal(401, "unauthorized")],
    "poll refused with 403": [Drop(), refusal(403, "forbidden")],
    "poll refused with 400": [acknowledge, refusal(400, "invalidTaskUUID")],
    "poll refused with 413": [acknowledge, refusal(413, "x")],
    "not found": [acknowledge, *[failing(code="taskNotFound")] * 8],
    "404": [Drop(), *[refusal(404, "x")] * 8],
}


@pytest.mark.parametrize("way", ["run", "run_many", "results"])
@pytest.mark.parametrize("name", MAY_BILL)
def test_an_error_of_what_may_be_billed_has_a_handle(
    caller: Caller, server: Server, image: Callable[..., Any], name: str, way: str
) -> None:
    request = image(delivery_method="sync")
    left: Iterator[Any] = iter(MAY_BILL[name])

    def answer(tasks: Tasks) -> object:
        made: Any = next(left, {"data": []})
        return made(tasks) if callable(made) else made

    server.answer = answer
    server.takes = 5
    error = caller.using(_error(caller, way, request, unfinished=1))
    assert error.may_have_run, error
    assert error.handle.task_uuid == request.task_uuid
    assert error.handle.request is request
    assert "conflict" not in name or "Correct the parameter" not in str(error)
    assert server.sent.count(TASK) == 1
    server.takes = 0
    server.answer = finished

    async def collect(client: Any) -> None:
        [result] = await value(client.resume(error.handle.to_json()).wait())
        assert request.task_uuid in result.image_url

    caller.using(collect)


async def test_a_closed_client_leaves_a_handle(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(acknowledge)
    handle = await value(client.submit(image()))
    await value(client.close() if caller.kind == "sync" else client.aclose())
    with pytest.raises(Exception, match="closed") as caught:
        await value(handle.wait(timeout=60))
    assert vars(caught.value)["handle"].task_uuid == handle.task_uuid


def test_read_only_tasks_have_no_handle(caller: Caller, server: Server) -> None:
    server.answer = lambda _: Drop()
    error = caller.error("ping.run", options={"max_retries": 1})
    assert (error.handle, error.may_have_run) == (None, False)
    assert server.sent == ["ping"] * 2


# -- a callback that raises ---------------------------------------------------


def test_a_callback_that_raises_is_logged_and_changes_nothing(
    shipped: ModuleType,
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR, logger=shipped.__name__)
    kinds: list[str] = []

    def fail(event: Any) -> None:
        kinds.append(event.kind)
        raise ValueError("a fault of the caller's")

    first = {"sending": refusal(429, "rateLimitExceeded"), "poll": Drop()}

    def answer(tasks: list[dict[str, Any]]) -> object:
        is_sending = tasks[0]["taskType"] == TASK
        kind, then = ("sending", acknowledge) if is_sending else ("poll", finished)
        return first.pop(kind, None) or then(tasks)

    server.answer = answer
    requests = [image(), image()]

    async def work(client: Any) -> None:
        outcomes = await value(client.run_many(requests))
        for outcome in outcomes:
            assert outcome.request.task_uuid in outcome.unwrap()[0].image_url
        assert client.unfinished() == []

    class Broken(logging.Handler):
        """A handler of logging that raises."""

        def emit(self, record: logging.LogRecord) -> None:
            raise OSError(record.msg)

    broken = Broken()
    logging.getLogger().addHandler(broken)  # it is called after that of caplog
    try:
        caller.using(work, on_event=fail)
    finally:
        logging.getLogger().removeHandler(broken)
    assert set(kinds) == {"sent", "retried", "polled", "finished"}
    own = [record for record in caplog.records if record.name == shipped.__name__]
    assert len(own) == len(kinds)
    assert {record.levelname for record in own} == {"ERROR"}
    assert all("on_event raised an exception" in record.getMessage() for record in own)
    assert all("a fault of the caller's" in str(record.exc_info) for record in own)


def test_an_async_loop_that_is_closed_loses_nothing(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    server.split(acknowledge, lambda tasks: finished(tasks[:1]))

    async def work() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = shipped.Waits(first=0.005)
            requests = [image() for _ in range(3)]
            uuids = [request.task_uuid for request in requests]
            async with aclosing(client.iter_many(requests)) as outcomes:
                async for outcome in outcomes:
                    uuids.remove(outcome.request.task_uuid)
                    break
            assert len(uuids) == 2
            assert sorted(await collected(client)) == sorted(uuids)

    asyncio.run(work())


def test_a_batch_in_doubt_leaves_a_handle_of_each_task(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """A refusal that names one task leaves the others in doubt."""
    requests = [image(delivery_method="sync") for _ in range(3)]
    bad = requests[1].task_uuid
    error = {"code": "invalidParameter", "message": "no", "taskUUID": bad}
    server.split(Reply({"errors": [error]}, 400), {"data": []})
    server.takes = 25
    first, second, third = caller("run_many", requests)
    assert (second.error.handle, second.error.may_have_run) == (None, False)
    for outcome in (first, third):
        assert outcome.error.handle.task_uuid == outcome.request.task_uuid
        assert outcome.error.may_have_run
    assert sum(t["taskType"] == TASK for call in server.calls for t in call) == 3


# -- a request that is run again ----------------------------------------------


def partly_failed(tasks: Tasks) -> object:
    """Answer that one result of each task has failed."""
    failure = {"code": "taskFailed", "message": "No.", "status": "error"}
    return {"errors": [failure | {"taskUUID": t["taskUUID"]} for t in tasks]}


@pytest.mark.parametrize("way", [run, run_many])
@pytest.mark.parametrize("first", [lambda _: Drop(), partly_failed])
async def test_a_request_that_is_run_again_is_polled(
    shipped: ModuleType,
    client: Any,
    server: Server,
    image: Callable[..., Any],
    first: Answer,
    way: Any,
) -> None:
    """The first run has ended, and the server may still make results of the task."""
    sent: list[str] = []
    is_ready = threading.Event()

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == POLL:
            items = [{"imageUUID": n, "imageURL": IMAGE} for n in "ab"]
            return news(*items)(tasks) if is_ready.is_set() else {"data": []}
        sent.extend(names_of(tasks))
        return first(tasks)

    server.answer = answer
    request = image(delivery_method="sync", number_results=2)
    with pytest.raises(shipped.RunwareError) as raised:
        await value(client.run(request, timeout=1))
    assert raised.value.may_have_run
    is_ready.set()
    await way(client, request)
    assert client.unfinished() == []
    assert sent == [request.task_uuid]


def test_a_request_whose_failure_was_not_raised_is_sent_again(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """The server may return nothing more about a task that has failed."""

    def interrupt(event: Any) -> None:
        if event.kind == "finished" and event.error:
            raise Stop

    server.script(failing(code="inferenceError"), finished)
    with shipped.Runware(KEY, base_url=server.url, on_event=interrupt) as client:
        request = image()
        with pytest.raises(Stop):
            client.run(request)
        assert names(client.unfinished()) == [request.task_uuid]
        assert len(client.run(request)) == 1
    assert server.sent == [TASK, TASK]


def names_of(tasks: Tasks) -> list[str]:
    """Return the UUIDs of tasks."""
    return [task["taskUUID"] for task in tasks]


def test_a_batch_that_was_left_can_be_run_again(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """Some of its results had arrived, but were not returned."""
    requests = [image() for _ in range(4)]
    sent: list[str] = []
    honest = mixed(requests[0].task_uuid, requests[1].task_uuid)

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == TASK:
            sent.extend(names_of(tasks))
        return honest(tasks)

    def interrupt(event: Any) -> None:
        if event.kind == "polled" and not interrupted:
            interrupted.append(event)
            raise Stop

    server.answer = answer
    interrupted: list[Any] = []
    with shipped.Runware(KEY, base_url=server.url, on_event=interrupt) as client:
        client.polling = shipped.Waits(first=0.005)
        with pytest.raises(Stop):
            client.run_many(requests)
        outcomes = client.run_many(requests)
        assert [len(outcome.unwrap()) for outcome in outcomes] == [1] * 4
        assert sent == [request.task_uuid for request in requests]
        assert client.unfinished() == []


async def test_a_stream_of_a_task_that_was_sent_is_refused(
    shipped: ModuleType, client: Any, server: Server
) -> None:
    tasks = import_module(f"{shipped.__name__}.tasks.text_inference")
    sent: list[Tasks] = []

    def answer(tasks: Tasks) -> object:
        sent.append(tasks)
        return Drop()

    server.answer = answer
    message = {"role": "user", "content": "Say hello."}
    request = tasks.TextInferenceRequest(model="a:b@1", messages=[message])

    async def read(client: Any) -> None:
        async for _ in each(client.stream(request)):
            pass

    with pytest.raises(shipped.ConnectionError):
        await read(client)
    with pytest.raises(shipped.RunwareError, match=r"request\.replace") as raised:
        await read(client)
    assert raised.value.handle.task_uuid == request.task_uuid
    assert names(client.unfinished()) == [request.task_uuid]
    assert len(sent) == 1
