"""Tests of handles, which resume a task in this process or in another."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY, Caller, Drop, Reply, acknowledge, each, echo, news, value
from making import generated, simple_document, simple_task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from loopback import Server, Tasks

TASK, POLL = "imageInference", "getResponse"
PROCESSING = {"status": "processing", "progress": 40}


def finished(*names: str) -> Any:
    """Return the items of finished results."""
    return [{"status": "success", "imageUUID": name} for name in names]


async def test_submit_does_not_wait_for_the_end(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    server.script(acknowledge, news(PROCESSING), news(*finished("a")))
    request = image()
    handle = await value(client.submit(request))
    assert server.calls == [[{**request.to_wire(), "deliveryMethod": "async"}]]
    assert (handle.is_over, handle.progress) == (False, None)
    assert handle.task_uuid == request.task_uuid
    assert copy.copy(handle) is copy.deepcopy([handle])[0] is handle
    assert not await value(handle.poll())
    assert handle.progress == 40
    assert await value(handle.poll())
    assert (handle.is_over, handle.progress) == (True, 100)
    for _ in range(2):  # a finished task is not polled again
        [result] = await value(handle.wait())
        assert result.image_uuid == "a"
    assert server.sent == [TASK, POLL, POLL]


async def test_submit_does_as_the_request_says(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    server.script(echo(seed=7))
    request = image(delivery_method="sync")
    handle = await value(client.image_inference.submit(request))
    assert handle.is_over
    [result] = await value(handle.wait())
    assert result.seed == 7
    assert client.unfinished() == []
    assert server.calls == [[request.to_wire()]]


async def test_results_come_as_they_are_there(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    server.script(
        acknowledge,
        news(*finished("a"), PROCESSING),
        news(PROCESSING, *finished("a", "b")),
        news(*finished("c", "b", "a")),
    )
    handle = await value(client.submit(image(number_results=3)))
    seen = [
        (result.image_uuid, len(server.calls))
        async for result in each(handle.results())
    ]
    assert seen == [("a", 2), ("b", 3), ("c", 4)]


async def test_a_result_that_is_repeated_without_its_index_is_the_same(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    first, second = (
        {**item, "resultIndex": n} for n, item in enumerate(finished("a", "b"))
    )
    server.script(
        acknowledge,
        news(first, PROCESSING),
        news({**first, "resultIndex": None}, PROCESSING),
        news({**second, "resultIndex": None}, first),
    )
    handle = await value(client.submit(image(number_results=2)))
    results = await value(handle.wait())
    assert [result.image_uuid for result in results] == ["a", "b"]


def test_an_error_beside_all_results_ends_nothing(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """The server may refuse a second sending after the first one succeeded."""

    def answer(tasks: Tasks) -> object:
        uuid = tasks[0]["taskUUID"]
        busy = {"taskUUID": uuid, "code": "concurrentRateLimitExceeded"}
        return {"data": [{"taskUUID": uuid, **finished("a")[0]}], "errors": [busy]}

    server.script(acknowledge, answer)
    [result] = caller("run", image())
    assert result.image_uuid == "a"


async def noted(seen: list[str], results: Any) -> None:
    """Append the UUID of each image to `seen`."""
    async for result in each(results):
        seen.append(result.image_uuid)  # noqa: PERF401 - keep those before an exception


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


@pytest.mark.parametrize("fails", [False, True])
def test_calls_that_wait_for_another_get_its_outcome(
    shipped: ModuleType, server: Server, image: Callable[..., Any], *, fails: bool
) -> None:
    """One call polls the task. The others begin before its poll is answered."""
    names = ["a"] if fails else ["a", "b"]
    asked: list[asyncio.Task[Any]] = []
    seen: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = shipped.Waits(first=0.001)
            handle = await client.submit(image(number_results=2))
            failure = {"taskUUID": handle.task_uuid, "code": "inferenceError"}

            async def begin() -> None:
                calls = noted(seen, handle.results()), handle.poll()
                asked.extend(map(asyncio.create_task, calls))
                for _ in range(20):
                    await asyncio.sleep(0)

            def answer(tasks: Tasks) -> object:
                asyncio.run_coroutine_threadsafe(begin(), loop).result()
                told: Any = news(*finished(*names))(tasks)
                return told | {"errors": [failure] * fails}

            server.answer = answer
            waiting = asyncio.create_task(handle.wait())
            await asyncio.wait([waiting])
            collecting, polling = asked
            await asyncio.wait([collecting])
            assert await polling is True
            for call in (waiting, collecting):
                assert type(call.exception()) is (
                    shipped.TaskError if fails else type(None)
                )

    server.answer = acknowledge
    asyncio.run(main())
    assert seen == names
    assert server.sent == [TASK, POLL]


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
    seconds: list[float] = []
    server.clock.ahead += 10.0**9  # since it was sent, or the machine was started

    async def collect(client: Any) -> None:
        handle = client.resume(text)
        assert handle.request is None
        assert handle.task_uuid == request.task_uuid
        first, second = await value(handle.wait())
        assert type(first) is type(request).result
        assert (first.image_uuid, second.image_uuid) == ("a", "b")

    caller.using(collect, on_event=lambda event: seconds.append(event.seconds))
    assert max(seconds) < 10**9
    assert server.sent == [TASK, POLL, POLL]


async def test_the_number_of_results_may_be_written_as_a_float(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    """In JSON, 2.0 is an integer."""
    server.script(news(*finished("a")), news(*finished("a", "b")))
    text = client.handle(image(number_results=2.0)).to_json()
    results = await value(client.resume(text).wait())
    assert [each.image_uuid for each in results] == ["a", "b"]


def unknown(tasks: Tasks) -> object:
    """Answer that the task does not exist."""
    uuid = tasks[0]["taskUUID"]
    return {"errors": [{"code": "taskNotFound", "message": "no", "taskUUID": uuid}]}


async def test_a_resumed_task_that_is_not_found_is_left(
    shipped: ModuleType, client: Any, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = unknown
    request = image()
    text = client.handle(request).to_json()
    with pytest.raises(shipped.TaskError, match="taskNotFound") as caught:
        await value(client.resume(text).wait())
    assert caught.value.handle.to_json() == text
    assert set(server.sent) == {POLL}


async def test_a_resumed_task_that_is_not_found_is_sent_with_its_request(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    server.script(unknown, unknown, echo(seed=7))
    request = image(delivery_method="async")
    text = client.handle(request).to_json()
    [result] = await value(client.resume(text, request).wait())
    assert result.seed == 7
    assert server.sent == [POLL, POLL, TASK]
    assert server.calls[2] == [request.to_wire()]


@pytest.mark.parametrize("policy", ["safe", "eager"])
def test_a_task_of_another_key_is_not_sent(
    caller: Caller, server: Server, image: Callable[..., Any], policy: str
) -> None:
    """Another account does not know these tasks and would pay for them."""
    request = image(delivery_method="async")

    async def saved(client: Any) -> str:
        text: str = client.handle(request).to_json()
        return text

    async def work(client: Any) -> None:
        [result] = await value(client.resume(text, request).wait())
        assert result.image_uuid == "a"

    text = caller.using(saved)
    server.script(*[{"data": []}] * 10, Drop(), news(*finished("a")))
    caller.using(work, api_key="another-key", resend=policy)
    assert set(server.sent) == {POLL}


UUID = "22222222-2222-4222-8222-222222222222"


def saved(**members: Any) -> str:
    """Return a handle as JSON text with these members; None removes a member."""
    good = {"handle": 1, "taskType": TASK, "taskUUID": UUID}
    given = {n: v for n, v in (good | members).items() if v is not None}
    return json.dumps(given)


MEMBERS = {
    *("handle", "key", "taskType", "taskUUID"),
    *("model", "deliveryMethod", "numberResults", "promptVersions"),
}
WRONG = [
    *("", "[]", "{}", "null", "7", '"text"', '{"handle": 2}', "\ud800", "{", "NaN"),
    '{"handle": 1, "taskType": "ping"}',
    saved(handle=None),
    saved(handle="1"),
    saved(taskUUID=None),
    saved(taskUUID=7),
    saved(taskUUID="a"),
    saved(taskUUID=[UUID]),
    saved(taskType=None),
    saved(taskType=""),
    saved(taskType={}),
    saved(taskType="x" * 1001),
    saved(model=7),
    saved(model=[]),
    saved(deliveryMethod=True),
    saved(numberResults=0),
    saved(numberResults=-1),
    saved(numberResults=True),
    saved(numberResults=1.5),
    saved(numberResults="3"),
    saved(numberResults=[]),
    saved(promptVersions={}),
    saved(key=7),
    *(saved(taskType=name) for name in ("ping", "getResponse", "modelSearch")),
    *(saved(taskType=name) for name in ("authentication", "accountManagement")),
    f'{{"handle": 1, "taskType": "{TASK}", "taskUUID": "{UUID}", "model": '
    + "[" * 100_000,
    f'{{"handle": 1, "taskType": "{TASK}", "taskUUID": "{UUID}", "numberResults": '
    + "9" * 5000
    + "}",
]


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
async def test_what_is_no_handle_is_refused(client: Any, text: str) -> None:
    with pytest.raises(ValueError, match="JSON text") as caught:
        client.resume(text)
    assert type(caught.value) is ValueError
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("given", [None, 7, b"\xff", [], {"handle": 1}])
async def test_what_is_no_text_is_no_handle(client: Any, given: Any) -> None:
    with pytest.raises(ValueError, match="JSON text"):
        client.resume(given)


@pytest.mark.parametrize(
    "members",
    [
        {"numberResults": 10**400},
        {"promptVersions": 10**18},
        {"deliveryMethod": "pigeon"},
        {"model": "no:such@model"},
        {"taskType": "noSuchInference"},
        {"webhookURL": "https://example.com", "positivePrompt": ["x"], "apiKey": 1},
    ],
    ids=lambda members: next(iter(members)),
)
async def test_an_odd_handle_is_polled_and_nothing_else(
    client: Any, server: Server, members: dict[str, Any]
) -> None:
    working = news({"imageUUID": "a", "progress": 40}, *finished("b"))
    server.script(working, *[news(*finished("a", "b"))] * 3)
    handle = client.resume(saved(**members))
    for _ in range(4):
        await value(handle.poll())
    assert handle.progress in (None, 0, 100) or 0 < handle.progress < 100
    assert json.loads(handle.to_json()).keys() <= MEMBERS
    poll = {"taskType": POLL, "taskUUID": UUID}
    assert server.calls
    assert all(call == [poll] for call in server.calls)


async def test_a_handle_of_another_request_is_refused(
    client: Any, image: Callable[..., Any]
) -> None:
    text = client.handle(image()).to_json()
    with pytest.raises(ValueError, match="Create the request with task_uuid="):
        client.resume(text, image())


@pytest.mark.parametrize("task_type", ["ping", "modelSearch"])
async def test_a_task_that_cannot_be_polled_has_no_json(
    shipped: ModuleType, client: Any, task_type: str
) -> None:
    request = shipped.request_class(task_type, None)()
    with pytest.raises(ValueError, match=f"{task_type} tasks cannot be polled later"):
        client.handle(request).to_json()


async def test_a_time_out_leaves_a_handle(
    shipped: ModuleType, client: Any, server: Server, image: Callable[..., Any]
) -> None:
    server.script(acknowledge, *[news(PROCESSING)] * 1000)
    server.takes = 25
    with pytest.raises(shipped.TimeoutError) as caught:
        await value(client.run(image()))
    server.takes = 0
    server.answer = news(*finished("a"))
    [left] = client.unfinished()
    assert left.task_uuid == caught.value.handle.task_uuid
    [result] = await value(caught.value.handle.wait())
    assert result.image_uuid == "a"
    assert client.unfinished() == []


async def test_an_outcome_has_what_another_caller_has_polled_meanwhile(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    """Two tasks time out. Both are polled before the second outcome is read."""
    requests = [image(delivery_method="async") for _ in range(2)]
    server.answer = lambda tasks: {
        "data": [task | PROCESSING for task in tasks if task["taskType"] != TASK]
    }
    outcomes: list[Any] = []
    async for outcome in each(client.iter_many(requests, timeout=0.3)):
        if not outcomes:
            server.answer = echo(status="success", seed=7)
            for handle in client.unfinished():
                assert await value(handle.poll())
        outcomes.append(outcome)
    assert outcomes[0].error.handle.task_uuid == outcomes[0].request.task_uuid
    assert [result.seed for result in outcomes[1].unwrap()] == [7]
    assert [each.task_uuid for each in client.unfinished()] == [
        outcomes[0].request.task_uuid
    ]


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
    assert server.sent == [TASK, POLL, POLL]


def test_a_poll_beside_a_wait_that_fails_returns(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """The poll begins before the failure arrives, and sends nothing."""
    polls: list[Future[bool]] = []
    server.answer = acknowledge
    with (
        shipped.Runware(KEY, base_url=server.url) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        handle = client.submit(image())
        failure = {"taskUUID": handle.task_uuid, "code": "inferenceError"}

        def answer(_: Tasks) -> object:
            polls.append(pool.submit(handle.poll))
            wait(polls, 0.05)
            return {"errors": [failure]}

        server.answer = answer
        with pytest.raises(shipped.TaskError):
            handle.wait()
        assert [poll.result() for poll in polls] == [True]
    assert server.sent == [TASK, POLL]


async def test_a_handle_shows_what_it_is_of(
    client: Any, image: Callable[..., Any]
) -> None:
    request = image()
    handle = client.handle(request)
    assert repr(handle).endswith(f"of {TASK} {request.task_uuid}: unsent>")
    assert json.loads(handle.to_json())["taskUUID"] == request.task_uuid


# -- two calls for one task --------------------------------------------------------


class Gate:
    """A server that rejects the first sending of each task when the test allows it."""

    def __init__(self, server: Server) -> None:
        self.is_asked = threading.Event()
        self.goes_on = threading.Event()
        self.rejected: set[str] = set()
        server.answer = self.answer

    def answer(self, tasks: Tasks) -> object:
        """Reject a task once, then run it. Polls return no data."""
        if tasks[0]["taskType"] == POLL:
            return {"data": []}
        new = {task["taskUUID"] for task in tasks} - self.rejected
        if not new:
            return echo()(tasks)
        self.rejected |= new
        self.is_asked.set()
        assert self.goes_on.wait(60)
        return Reply({}, 429, headers={"Retry-After": "0"})


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_a_handle_without_its_request_waits_for_the_call_that_sends(
    shipped: ModuleType, server: Server, image: Callable[..., Any], is_cancelled: bool
) -> None:
    """If the wait is cancelled, that changes nothing of the call."""
    gate = Gate(server)

    async def work() -> Any:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            batch = asyncio.create_task(client.run_many([image()]))
            await asyncio.to_thread(gate.is_asked.wait, 60)
            [handle] = client.unfinished()
            waits = asyncio.create_task(handle.wait())
            for _ in range(10):
                await asyncio.sleep(0)
            if is_cancelled:
                waits.cancel()
                await asyncio.gather(waits, return_exceptions=True)
            gate.goes_on.set()
            return await asyncio.gather(batch, waits, return_exceptions=True)

    [outcome], results = asyncio.run(work())
    assert outcome.error is None
    assert is_cancelled or results == outcome.results
    assert server.sent == [TASK, TASK]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_task_that_must_not_be_async_is_submitted_as_it_is(
    server: Server, tmp_path: Path, kind: str
) -> None:
    """Its document offers async delivery, but not together with another member."""
    is_async = {"deliveryMethod": {"const": "async"}}
    document = simple_document(
        "quick",
        {
            "properties": {
                "deliveryMethod": {"type": "string", "enum": ["sync", "async"]},
                "quick": {"type": "boolean"},
            },
            "if": {"properties": is_async, "required": ["deliveryMethod"]},
            "then": {"properties": {"quick": False}},
        },
    )
    name = f"quick_{kind}"
    package = generated(tmp_path, {"quick.json": document}, package=name)
    request = package.parse_request(simple_task("quick", quick=True))
    server.answer = echo()

    async def work(client: Any) -> None:
        handle = await value(client.submit(request))
        assert len(await value(handle.wait())) == 1

    Caller(kind, package, server.url).using(work)
    assert server.calls == [[request.to_wire()]]
