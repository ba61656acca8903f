"""Calls that share a task: those that run, resume or wait for one `taskUUID` at once."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from loopback import (
    KEY,
    Drop,
    Reply,
    acknowledge,
    echo,
    failing,
    news,
    refusal,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import ModuleType

    from loopback import Answer, Server, Tasks

TASK, POLL = "imageInference", "getResponse"
BUSY = refusal(429, "rateLimitExceeded", "0")
FAST = {"first": 0.005, "longest": 0.01}
EMPTY: dict[str, Any] = {"data": []}


def finished(tasks: Tasks) -> object:
    """Answer each task as finished, with the URL of its image."""
    return news({"status": "success", "imageURL": "https://im.runware.ai/a.png"})(tasks)


def names(tasks: Tasks) -> list[str]:
    """Return the types of tasks."""
    return [task["taskType"] for task in tasks]


def refused_once(server: Server, refused: Reply) -> Answer:
    """Refuse the first sending, finish the others, and answer polls without news."""

    def answer(tasks: Tasks) -> object:
        if names(tasks) == [POLL]:
            return EMPTY
        return refused if server.sent.count(TASK) == 1 else finished(tasks)

    return answer


def talk(package: ModuleType) -> Any:
    """Return a request whose result can be streamed."""
    texts = import_module(f"{package.__name__}.tasks.text_inference")
    message = {"role": "user", "content": "Say hello."}
    return texts.TextInferenceRequest(model="a:b@1", messages=[message])


def names_of(tasks: Tasks) -> list[str]:
    """Return the UUIDs of tasks."""
    return [task["taskUUID"] for task in tasks]


@pytest.fixture
def image(image: Callable[..., Any]) -> Callable[..., Any]:
    """Makes image requests with async delivery."""
    return partial(image, delivery_method="async")


@pytest.fixture
def together(shipped: ModuleType, server: Server) -> Callable[..., list[Any]]:
    """Runs coroutines of one async client at once; returns their results and errors."""

    async def gathered(*calls: Callable[[Any], Coroutine[Any, Any, Any]]) -> list[Any]:
        async with shipped.AsyncRunware(KEY, base_url=server.url, timeout=60) as client:
            client.polling = client.retrying = shipped.Waits(**FAST)
            made = [call(client) for call in calls]
            return await asyncio.gather(*made, return_exceptions=True)

    return lambda *calls: asyncio.run(gathered(*calls))


def run(request: Any, **options: Any) -> Callable[[Any], Coroutine[Any, Any, Any]]:
    """Return a function that runs a request with a client."""
    return lambda client: client.run(request, **options)


# -- how they end -------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 402])
def test_a_refusal_ends_all_calls(
    shipped: ModuleType,
    server: Server,
    image: Callable[..., Any],
    together: Callable[..., list[Any]],
    status: int,
) -> None:
    """Without polls until their timeout."""
    request = image(delivery_method="sync")
    server.answer = lambda t: EMPTY if names(t) == [POLL] else refusal(status, "x")
    errors = together(*[run(request)] * 3)
    assert [type(error) for error in errors] == [type(errors[0])] * 3
    assert len({id(error) for error in errors}) == 3  # each has a traceback of its own
    assert isinstance(errors[0], shipped.APIError)
    assert server.sent.count(TASK) == 1
    many = together(*[lambda client: client.run_many([request])] * 2)
    assert len({id(outcome.error) for [outcome] in many}) == 2


def test_another_call_sends_a_task_that_one_gives_up(
    shipped: ModuleType,
    server: Server,
    image: Callable[..., Any],
    together: Callable[..., list[Any]],
) -> None:
    request = image(delivery_method="sync")
    server.answer = refused_once(server, BUSY)
    refused, results = together(run(request, max_retries=0), run(request))
    assert isinstance(refused, shipped.RateLimitError)
    assert len(results) == 1
    assert server.sent.count(TASK) == 2


async def test_a_handle_ends_with_the_call_that_gives_up(
    shipped: ModuleType, client: Any, server: Server, image: Callable[..., Any]
) -> None:
    """A handle without the request cannot send the task."""
    handles: list[Any] = []

    def refuse(_: Tasks) -> Reply:
        handles.extend(client.unfinished())
        return BUSY

    server.answer = refuse
    with pytest.raises(shipped.RateLimitError):
        await value(client.run(image(), max_retries=0))
    [handle] = handles
    with pytest.raises(shipped.RunwareError, match="has given it up"):
        await value(handle.wait(timeout=60))
    assert server.sent == [TASK]


def test_a_poll_does_not_send_a_task_that_another_call_gives_up(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """The poll is answered after the server has refused the sending."""
    is_sent, is_polled, is_over = (threading.Event() for _ in range(3))

    def answer(tasks: Tasks) -> object:
        if names(tasks) == [POLL]:
            is_polled.set()
            is_over.wait(60)
            return EMPTY
        is_sent.set()
        is_polled.wait(60)
        return BUSY

    server.answer = answer
    request = image(delivery_method="sync")
    with (
        shipped.Runware(KEY, base_url=server.url) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        handle = client.handle(request)
        sending = pool.submit(client.run, request, max_retries=0)
        sending.add_done_callback(lambda _: is_over.set())
        assert is_sent.wait(60)
        assert handle.poll() is False
        assert isinstance(sending.exception(), shipped.RateLimitError)
    assert server.sent == [TASK, POLL]


@pytest.mark.parametrize(("status", "ends"), [(429, False), (400, True)])
def test_a_poll_sends_nothing_if_the_sending_is_refused_as_it_begins(
    shipped: ModuleType, image: Callable[..., Any], status: int, *, ends: bool
) -> None:
    """The call that sends the task gets the refusal before the first step of the poll."""
    sent: list[bytes] = []

    async def poll() -> bool:
        is_sent, is_over = asyncio.Event(), asyncio.Event()

        async def refuse(request: httpx2.Request) -> httpx2.Response:
            sent.append(request.content)
            is_sent.set()
            await is_over.wait()
            return httpx2.Response(status, json=refusal(status, "x").body)

        http = httpx2.AsyncClient(transport=httpx2.MockTransport(refuse))
        async with shipped.AsyncRunware(KEY, http_client=http) as client:
            request = image(delivery_method="sync")
            handle = client.handle(request)
            sending = asyncio.create_task(client.run(request, max_retries=0))
            await is_sent.wait()
            is_over.set()
            has_ended = await handle.poll()
            with pytest.raises(shipped.APIStatusError):
                await sending
            return bool(has_ended)

    assert asyncio.run(poll()) is ends
    assert len(sent) == 1


# -- as often as one call -----------------------------------------------------


def test_calls_wait_together_before_a_retry(
    server: Server, image: Callable[..., Any], together: Callable[..., list[Any]]
) -> None:
    answered = refused_once(server, refusal(429, "rateLimitExceeded", "1"))
    sent: list[float] = []

    def answer(tasks: Tasks) -> object:
        if names(tasks) == [TASK]:
            sent.append(time.monotonic())
        return answered(tasks)

    server.answer = answer
    request = image(delivery_method="sync")
    assert [len(results) for results in together(*[run(request)] * 5)] == [1] * 5
    first, second = sent
    assert second - first >= 1


def test_a_response_to_a_poll_does_not_shorten_the_wait_before_a_retry(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """The response comes after the server has refused the sending of another call."""
    is_polled, is_refused = threading.Event(), threading.Event()
    sent: list[float] = []

    def answer(tasks: Tasks) -> object:
        if names(tasks) == [POLL]:
            is_polled.set()
            is_refused.wait(60)
            return EMPTY
        sent.append(time.monotonic())
        is_polled.wait(60)
        first = refusal(429, "rateLimitExceeded", "1")
        return finished(tasks) if len(sent) == 2 else first

    def note(event: Any) -> None:
        if event.kind == "retried":
            is_refused.set()

    server.answer = answer
    request = image(delivery_method="sync")
    options = {"base_url": server.url, "on_event": note}
    with shipped.Runware(KEY, **options) as client, ThreadPoolExecutor(2) as pool:
        client.polling = client.retrying = shipped.Waits(**FAST)
        runs = [pool.submit(client.run, request) for _ in range(2)]
        assert [len(run.result()) for run in runs] == [1] * 2
    first, second = sent
    assert second - first >= 1


def test_calls_poll_as_often_as_one_would(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """Eight polls that find no task would end the wait; these are fewer."""
    missing = failing(code="taskNotFound")
    server.script(acknowledge, *[missing] * 3, finished)

    async def wait_often() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = shipped.Waits(first=0.2)
            handle = await client.submit(image())
            waits = [handle.wait() for _ in range(8)]
            for results in await asyncio.gather(*waits):
                assert len(results) == 1

    asyncio.run(wait_often())
    assert server.sent == [TASK, *[POLL] * 4]


def test_a_post_polls_a_task_once(
    shipped: ModuleType, server: Server, together: Callable[..., list[Any]]
) -> None:
    """Near their timeouts, two calls poll their task while another poll has no response."""
    is_polled, is_over = threading.Event(), threading.Event()
    request = talk(shipped).replace(number_results=2, delivery_method="async")
    ready = ["first"]

    def answer(tasks: Tasks) -> object:
        if names(tasks) == [POLL] and names_of(tasks) != [request.task_uuid]:
            is_polled.set()
            is_over.wait(60)
        if names(tasks)[0] != POLL:
            return acknowledge(tasks)
        items = [news(*[{"text": text} for text in ready])([task]) for task in tasks]
        return {"data": [item for each in items for item in each["data"]]}

    async def poll(client: Any) -> list[str]:
        server.clock.give(client)
        handles = [await client.submit(each) for each in (talk(shipped), request)]
        polls = [asyncio.create_task(handles[n].poll()) for n in (0, 1, 1)]
        await asyncio.to_thread(is_polled.wait, 60)
        server.clock.ahead += 28
        await asyncio.sleep(0.5)  # the third poll is in the POST of the second
        is_over.set()
        await asyncio.gather(*polls)
        ready.append("second")
        return [result.text for result in await handles[1].wait()]

    server.answer = answer
    assert together(poll) == [["first", "second"]]


@pytest.mark.parametrize("way", ["run", "stream"])
def test_a_call_that_ends_soon_does_not_shorten_the_wait_before_a_retry(
    shipped: ModuleType, server: Server, together: Callable[..., list[Any]], way: str
) -> None:
    request = talk(shipped)
    is_sent = threading.Event()

    def answer(_: Tasks) -> object:
        is_sent.set()
        return refusal(429, "rateLimitExceeded", "30")

    async def both(client: Any) -> None:
        stream = client.stream(request)
        call = client.run(request) if way == "run" else stream.get_result()
        first = asyncio.create_task(call)
        await asyncio.to_thread(is_sent.wait, 60)
        for _ in range(2):
            with pytest.raises(shipped.TimeoutError):
                await client.run(request, timeout=0.5)
        first.cancel()

    server.answer = answer
    assert together(both) == [None]
    assert server.sent == ["textInference"]


# -- what the sending call decides --------------------------------------------


def test_a_task_is_async_if_its_sending_is(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """A task in doubt that was sent as a sync one is not sent again."""
    request = image(delivery_method=None)
    answers = iter([BUSY, Drop(), *[EMPTY] * 6])
    server.answer = lambda tasks: next(answers, None) or finished(tasks)
    with shipped.Runware(KEY, base_url=server.url) as client:
        client.polling = client.retrying = shipped.Waits(**FAST)
        with pytest.raises(shipped.RateLimitError) as refused:
            client.submit(request, max_retries=0)
        assert len(client.run(request)) == 1
        assert refused.value.handle is None
    assert server.sent == [TASK, TASK, *[POLL] * 7]


@pytest.mark.parametrize("is_made_first", [True, False])
def test_an_async_task_in_doubt_is_not_sent_again_as_a_sync_one(
    shipped: ModuleType, server: Server, image: Callable[..., Any], is_made_first: bool
) -> None:
    """Runware may know only the `taskUUID` of async tasks."""
    request = image(delivery_method=None)
    server.takes = 10
    server.split(Drop(), EMPTY)
    with shipped.Runware(KEY, base_url=server.url) as client:
        client.polling = client.retrying = shipped.Waits(**FAST)
        server.clock.give(client)
        handle = client.handle(request) if is_made_first else None
        with pytest.raises(shipped.ConnectionError):
            client.submit(request, max_retries=0, timeout=60)
        server.script(*[EMPTY] * 6, finished)
        assert len((handle or client.handle(request)).wait(timeout=600)) == 1
    assert server.sent.count(TASK) == 1


def test_each_call_gets_results_of_its_own_class(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """A handle without the request does not know the class of its results."""
    request = image(model="acme:1@1")
    server.script(acknowledge, finished)
    with shipped.Runware(KEY, base_url=server.url) as client:
        client.polling = shipped.Waits(**FAST)
        handle = client.resume(client.submit(request).to_json())
        [result] = client.run(request)
        assert type(result) is request.result
        assert [*map(str, handle.wait())] == [str(result)]


def test_a_request_of_another_type_does_not_change_the_class_of_results(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    request = image(delivery_method="sync")
    other = talk(shipped).replace(task_uuid=request.task_uuid)

    def run_another(tasks: Tasks) -> object:
        client.handle(other)
        return finished(tasks)

    server.answer = run_another
    with shipped.Runware(KEY, base_url=server.url) as client:
        [result] = client.run(request)
        assert type(result) is request.result


# -- what another process has sent --------------------------------------------


async def test_a_task_that_is_resumed_is_not_sent(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    request = image()
    handle = client.handle(request)
    resumed = client.resume(handle.to_json())
    server.answer = finished
    assert len(await value(handle.wait())) == 1
    assert len(await value(resumed.wait())) == 1
    assert server.sent == [POLL]


async def test_a_task_that_this_process_is_sending_is_not_in_doubt_if_it_is_resumed(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    request = image(delivery_method="sync")
    resumed: list[Any] = []

    def refuse(_: Tasks) -> Reply:
        [handle] = client.unfinished()
        resumed.append(client.resume(handle.to_json()))
        return BUSY

    server.script(refuse, finished)
    assert len(await value(client.run(request))) == 1
    assert server.sent == [TASK, TASK]


def test_a_stream_does_not_end_the_sending_of_another_call(
    shipped: ModuleType, server: Server, together: Callable[..., list[Any]]
) -> None:
    request = talk(shipped)
    is_sent, is_refused = threading.Event(), threading.Event()

    def answer(tasks: Tasks) -> object:
        if names(tasks) == [POLL]:
            return EMPTY
        if is_sent.is_set():
            return news({"text": "Hello."})(tasks)
        is_sent.set()
        is_refused.wait(60)
        return BUSY

    async def stream(client: Any) -> None:
        await asyncio.to_thread(is_sent.wait, 60)
        try:
            await client.stream(request).get_result()
        finally:
            is_refused.set()

    server.answer = answer
    [result], refused = together(run(request), stream)
    assert result.text == "Hello."
    assert isinstance(refused, shipped.RunwareError)
    assert "has already sent a task" in str(refused)


def polled_by_another(client: Any, sending: Answer, poll: Answer) -> Answer:
    """Answer a sending after another call has polled its task."""

    def answer(tasks: Tasks) -> object:
        if names(tasks) == [POLL]:
            return poll(tasks)
        for handle in client.unfinished():
            handle.poll()
        return sending(tasks)

    return answer


def test_a_stream_ends_a_task_that_another_call_polls(
    shipped: ModuleType, server: Server
) -> None:
    """A poll says that the task is running before the stream has its text."""
    ended: list[str] = []
    with shipped.Runware(
        KEY, base_url=server.url, on_event=lambda event: ended.append(event.kind)
    ) as client:
        text = {"text": "Hello.", "finishReason": "stop", "cost": 0.5}
        poll = news({"status": "processing"})
        server.answer = polled_by_another(client, news(text), poll)
        assert client.stream(talk(shipped)).get_result().text == "Hello."
        assert client.unfinished() == []
        assert client.cost == Decimal("0.5")
    assert ended == ["polled", "finished"]


def test_a_refused_stream_leaves_the_results_that_another_call_has(
    shipped: ModuleType, server: Server
) -> None:
    with shipped.Runware(KEY, base_url=server.url) as client:
        client.retrying = shipped.Waits(**FAST)
        poll = news({"text": "Hello."})
        server.answer = polled_by_another(client, lambda _: BUSY, poll)
        with pytest.raises(shipped.RunwareError, match="already sent") as refused:
            client.stream(talk(shipped)).get_result()
        [result] = refused.value.handle.wait()
        assert result.text == "Hello."


def test_an_interrupted_call_does_not_break_one_that_sends_its_task_meanwhile(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """The interruption comes before the call has noted the whole response."""
    requests = [image(delivery_method="sync") for _ in range(2)]
    is_sent, is_interrupted = threading.Event(), threading.Event()
    runs: list[Any] = []

    def answer(tasks: Tasks) -> object:
        if names(tasks) == [POLL]:
            return finished(tasks)
        if len(tasks) == 1:
            is_sent.set()
            is_interrupted.wait(60)
        return BUSY

    def interrupt(event: Any) -> None:
        if event.kind == "retried" and not runs:
            runs.append(pool.submit(client.run, requests[0]))
            is_sent.wait(60)
            raise KeyboardInterrupt

    server.answer = answer
    options = {"base_url": server.url, "on_event": interrupt}
    with shipped.Runware(KEY, **options) as client, ThreadPoolExecutor(1) as pool:
        client.polling = client.retrying = shipped.Waits(**FAST)
        with pytest.raises(KeyboardInterrupt):
            client.run_many(requests)
        is_interrupted.set()
        assert len(runs[0].result()) == 1


def test_a_loop_that_ends_early_keeps_no_results_that_another_call_has_returned(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """So the next run of that request is a new one, and is the one that is unfinished."""
    requests = [image(delivery_method="sync") for _ in range(2)]
    unfinished: list[Any] = []

    def end_the_loop(tasks: Tasks) -> object:
        outcomes.close()
        unfinished.extend(client.unfinished())
        return echo()(tasks)

    server.script(echo(), end_the_loop, echo())
    with shipped.Runware(KEY, base_url=server.url) as client:
        outcomes = client.iter_many(requests)
        next(outcomes)
        client.run(requests[1])
        assert server.sent == [f"{TASK}+{TASK}"]
        client.run(requests[1])
        [handle] = unfinished
        assert handle.task_uuid == requests[1].task_uuid
        assert client.unfinished() == []
        client.run(requests[1])
    assert server.sent == [f"{TASK}+{TASK}", TASK, TASK]


def test_a_cancelled_handle_keeps_no_results_that_another_call_has_returned(
    server: Server, image: Callable[..., Any], together: Callable[..., list[Any]]
) -> None:
    request = image(delivery_method="sync")
    is_sent, is_shared = threading.Event(), threading.Event()

    def answer(tasks: Tasks) -> object:
        is_sent.set()
        is_shared.wait(60)
        return finished(tasks)

    async def both(client: Any) -> list[Any]:
        running = asyncio.create_task(client.run(request))
        await asyncio.to_thread(is_sent.wait, 60)
        [handle] = client.unfinished()
        waiting = asyncio.create_task(handle.wait())
        await asyncio.sleep(0.01)
        is_shared.set()
        await running
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return [each.task_uuid for each in client.unfinished()]

    server.answer = answer
    assert together(both) == [[]]


# -- one sending --------------------------------------------------------------


def test_a_request_that_threads_run_at_once_is_sent_once(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """Threads take turns so often that each may run between two steps of another."""
    start = threading.Barrier(4)

    def together(client: Any, request: Any) -> Any:
        handle = client.handle(request)
        start.wait(30)
        return handle.wait()

    server.answer = finished
    requests = [image(delivery_method="sync") for _ in range(10)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with (
            shipped.Runware(KEY, base_url=server.url) as client,
            ThreadPoolExecutor(4) as pool,
        ):
            client.polling = client.retrying = shipped.Waits(**FAST)
            for request in requests:
                runs = [pool.submit(together, client, request) for _ in range(4)]
                assert [len(run.result()) for run in runs] == [1] * 4
    finally:
        sys.setswitchinterval(interval)
    sent = [task for call in server.calls for task in call if task["taskType"] == TASK]
    assert names_of(sent) == names_of([r.to_wire() for r in requests])


def test_a_refused_run_is_sent_again_while_another_run_polls_for_it(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """A second run of a request starts before the server refuses the first one."""
    sent: list[str] = []
    is_polled = threading.Event()

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == POLL:
            is_polled.set()
            return finished(tasks) if len(sent) == 2 else {"data": []}
        sent.extend(names_of(tasks))
        if len(sent) == 2:
            return finished(tasks)
        is_polled.wait(30)
        return refusal(429, "rateLimitExceeded", "0")

    async def both() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = client.retrying = shipped.Waits(**FAST)
            request = image(delivery_method="sync")
            runs = [client.run(request, timeout=20) for _ in range(2)]
            for results in await asyncio.gather(*runs):
                assert [result.task_uuid for result in results] == [request.task_uuid]

    server.answer = answer
    asyncio.run(both())
    assert len(sent) == 2


def test_a_sending_of_another_call_is_followed_by_polls(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """Two calls wait for a task in doubt, and both are about to send it again."""
    empty: dict[str, Any] = {"data": []}
    server.split(
        Drop(), lambda tasks: finished(tasks) if len(server.calls) > 40 else empty
    )
    request = image()

    async def both() -> None:
        async with shipped.AsyncRunware(KEY, base_url=server.url) as client:
            client.polling = client.retrying = shipped.Waits(first=0.005, longest=0.01)
            handle = client.resume(client.handle(request).to_json(), request)
            for results in await asyncio.gather(handle.wait(), handle.wait()):
                assert len(results) == 1

    asyncio.run(both())
    assert server.sent.count(TASK) == 3
    assert (TASK, TASK) not in [*zip(server.sent, server.sent[1:], strict=False)]


def test_a_refused_run_is_not_sent_again_after_another_run_has_sent_it(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """The second run starts and ends while the first one waits to send the task again."""
    request = image(delivery_method="sync")
    server.script(refusal(429, "rateLimitExceeded", "0"), finished, finished)
    second: list[Any] = []

    def run_again(event: Any) -> None:
        if event.kind == "retried":
            second.extend(client.run(request))

    with shipped.Runware(KEY, base_url=server.url, on_event=run_again) as client:
        client.polling = client.retrying = shipped.Waits(**FAST)
        assert [*map(str, client.run(request))] == [*map(str, second)]
        assert client.unfinished() == []
    assert server.sent == [TASK, TASK]


def test_a_run_is_not_sent_if_another_one_returns_while_it_waits_for_its_dry_run(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    request = image(delivery_method="sync")
    is_waiting, may_go_on = threading.Event(), threading.Event()

    def answer(tasks: Tasks) -> object:
        [uuid] = names_of(tasks)
        if uuid == request.task_uuid or tasks[0]["taskType"] == "getResponse":
            return finished(tasks)
        if not is_waiting.is_set():
            is_waiting.set()
            may_go_on.wait(30)
        return {"data": [{"taskUUID": uuid, "cost": 0.01}]}

    server.answer = answer
    options = {"base_url": server.url, "budget": Decimal(1)}
    with shipped.Runware(KEY, **options) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.run, request)
        assert is_waiting.wait(30)
        [result] = client.run(request)
        may_go_on.set()
        assert first.result() == [result]
        assert client.unfinished() == []
        assert len(client.run(request)) == 1  # a new run
    sent = [task for call in server.calls for task in call]
    assert [t["taskUUID"] for t in sent].count(request.task_uuid) == 2


def test_a_call_that_is_too_large_does_not_send_what_another_call_has_sent(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    """The other call sends a task before this one sends it in a smaller POST."""
    requests = [image(delivery_method="sync") for _ in range(2)]
    first: list[Any] = []
    server.answer = lambda tasks: Reply({}, 413) if len(tasks) > 1 else finished(tasks)

    def run_first(event: Any) -> None:
        is_second = event.task_uuid == requests[1].task_uuid
        if event.kind == "sent" and is_second and not first:
            first.extend(client.run(requests[0]))

    with shipped.Runware(KEY, base_url=server.url, on_event=run_first) as client:
        client.polling = shipped.Waits(first=0.005)
        for outcome in client.run_many(requests):
            assert len(outcome.unwrap()) == 1
    sent = [task for call in server.calls for task in call if len(call) == 1]
    assert [t["taskType"] for t in sent].count(TASK) == 2


def test_a_refused_handle_continues_the_task_of_another_call(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    request = image(delivery_method="async")
    server.script(refusal(429, "rateLimitExceeded"), acknowledge, finished)
    with shipped.Runware(KEY, base_url=server.url, max_retries=0) as client:
        client.polling = shipped.Waits(first=0.005)
        handle = client.handle(request)
        with pytest.raises(shipped.RateLimitError):
            handle.wait()
        client.submit(request)
        assert len(handle.wait()) == 1
    assert server.sent == [TASK, TASK, POLL]
