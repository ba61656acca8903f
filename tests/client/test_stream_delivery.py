"""Tests of streams through the client: deltas, results and broken connections."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from loopback import (
    KEY,
    Caller,
    Drop,
    Reply,
    acknowledge,
    each,
    news,
    refusal,
    value,
)
from mocking import mocking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from loopback import Server
    from mocking import Mock

SAY = {
    "model": "a:b@1",
    "messages": [{"role": "user", "content": "Say something."}],
    "include_cost": True,
}
BROKEN = {"x-mock-fault": "drop-during"}
EVENTS = "text/event-stream"


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    """A mock server that refuses a taskUUID that it knows."""
    with mocking("--repeated-task", "refuse", "--retry-after", "0") as mock:
        yield mock


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of client: sync or async."""
    return str(request.param)


@pytest.fixture
def caller(kind: str, shipped: ModuleType, mock: Mock) -> Caller:
    """A `Caller` for a client of the mock server: sync, then async."""
    return Caller(kind, shipped, mock.url)


class Interruption(BaseException):
    """What Ctrl-C or a cancelled task raises, without their effects on event loops."""


def asking(shipped: ModuleType, **members: Any) -> Any:
    tasks = import_module(f"{shipped.__name__}.tasks.text_inference")
    return tasks.TextInferenceRequest(**(SAY | members))


async def test_a_stream_ends_with_the_whole_result(
    shipped: ModuleType, client: Any
) -> None:
    request = asking(shipped)
    stream = client.text_inference.stream(request)
    assert stream.request.task_uuid == request.task_uuid
    deltas = [delta async for delta in each(stream)]
    assert len(deltas) > 2
    assert "".join(delta.text for delta in deltas) == stream.result.text
    assert stream.result.cost == client.cost > 0
    assert stream.result.usage


async def test_a_stream_and_a_handle_that_was_resumed_cost_once(
    shipped: ModuleType, client: Any
) -> None:
    """The handle may finish while the stream is read or after it."""
    request = asking(shipped)
    stream = client.text_inference.stream(request)
    deltas = each(stream)
    await anext(deltas)
    saved = client.handle(request).to_json()
    [whole] = await value(client.resume(saved).wait())
    assert [delta async for delta in deltas]
    assert whole.text == stream.result.text
    assert client.cost == whole.cost > 0
    await value(client.resume(saved).wait())
    assert client.cost == whole.cost


def test_run_reads_a_stream(shipped: ModuleType, caller: Caller, mock: Mock) -> None:
    request = asking(shipped, delivery_method="stream")
    [result] = caller("run", request)
    assert type(result) is type(request).result
    assert result.text
    assert mock.ledger()["tasks"][request.task_uuid]["run"] == 1


async def test_a_broken_stream_leaves_a_handle(
    shipped: ModuleType, client: Any, mock: Mock
) -> None:
    request = asking(shipped)
    stream = client.stream(request, extra_headers=BROKEN)
    with pytest.raises(shipped.ConnectionError) as caught:
        await value(stream.get_result())
    error = caught.value
    assert "Collect its results with handle.wait()" in str(error)
    [partial] = error.results
    [left] = client.unfinished()
    assert left.task_uuid == error.handle.task_uuid == request.task_uuid
    [whole] = await value(error.handle.wait())
    assert whole.text.startswith(partial.text)
    assert len(whole.text) > len(partial.text)
    assert mock.ledger()["tasks"][request.task_uuid]["run"] == 1


def test_a_stream_that_was_not_accepted_is_sent_again(
    shipped: ModuleType, server: Server, kind: str
) -> None:
    busy = refusal(429, "rateLimitExceeded")
    event = {"delta": {"text": "Hello."}, "finishReason": "stop"}
    events = f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n"
    server.script(busy, busy, Reply(events, content_type=EVENTS))

    async def work(client: Any) -> None:
        result = await value(client.stream(asking(shipped)).get_result())
        assert result.text == "Hello."

    Caller(kind, shipped, server.url).using(work)
    assert server.calls[0] == server.calls[1] == server.calls[2]


def test_a_task_is_polled_while_a_text_is_streamed(
    shipped: ModuleType, server: Server, kind: str, image: Any
) -> None:
    polled = threading.Event()
    told: list[bool] = []
    reply = server.reply
    event = {"delta": {"text": "Hello."}, "finishReason": "stop"}

    def in_turn(headers: dict[str, str], body: bytes) -> Reply | Drop:
        [task] = json.loads(body)
        if task["taskType"] == "textInference":
            told.append(polled.wait(20))
            return Reply(f"data: {json.dumps(event)}\n\n", content_type=EVENTS)
        if task["taskType"] == "getResponse":
            polled.set()
        return reply(headers, body)

    server.reply = in_turn  # type: ignore[method-assign]
    server.script(acknowledge, news({"status": "success", "seed": 7}))
    requests = [asking(shipped, delivery_method="stream"), image()]
    for outcome in Caller(kind, shipped, server.url)("run_many", requests):
        assert outcome.unwrap()
    assert told == [True]


@pytest.mark.parametrize("failures", [1, 9])
@pytest.mark.options(max_retries=2)
async def test_a_stream_without_a_connection_is_opened_again(
    shipped: ModuleType,
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
    failures: int,
) -> None:
    tries: list[httpx2.Request] = []
    for transport, name in (
        (httpx2.HTTPTransport, "handle_request"),
        (httpx2.AsyncHTTPTransport, "handle_async_request"),
    ):
        send = getattr(transport, name)

        def connect(on: Any, request: httpx2.Request, send: Any = send) -> Any:
            tries.append(request)
            if len(tries) <= failures:
                raise httpx2.ConnectError("no route")
            return send(on, request)

        monkeypatch.setattr(transport, name, connect)
    stream = client.stream(asking(shipped))
    if failures == 1:
        assert (await value(stream.get_result())).text
        return
    with pytest.raises(shipped.ConnectionError, match="no route") as caught:
        await value(stream.get_result())
    assert caught.value.may_have_run is False
    assert len(tries) == min(failures + 1, 3)


def test_a_stream_that_is_left_before_it_is_accepted_has_no_handle(
    shipped: ModuleType, server: Server, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is interrupted in the pause after a response that rejects the task."""
    busy = refusal(429, "rateLimitExceeded")
    server.answer = lambda _: busy

    here, sleep, async_sleep = threading.get_ident(), time.sleep, asyncio.sleep

    def interrupt(seconds: float) -> None:
        if threading.get_ident() == here:  # other threads may sleep at this moment
            raise Interruption
        sleep(seconds)

    async def interrupt_async(seconds: float) -> None:
        if threading.get_ident() == here:
            raise Interruption
        await async_sleep(seconds)

    async def work(client: Any) -> None:
        stream = client.stream(asking(shipped))
        with monkeypatch.context() as patch:
            patch.setattr("time.sleep", interrupt)
            patch.setattr("asyncio.sleep", interrupt_async)
            with pytest.raises(Interruption) as caught:
                await value(stream.get_result())
        assert client.unfinished() == []
        assert not vars(caught.value)  # no handle, and no note of the client

    Caller(kind, shipped, server.url).using(work)
    assert len(server.calls) == 1


@pytest.mark.parametrize("code", ["noAvailableServer", "somethingNew"])
def test_the_refusal_of_a_second_stream_is_no_failure(
    shipped: ModuleType, server: Server, kind: str, code: str
) -> None:
    """The first stream's task still runs, and the client polls its text."""
    request = asking(shipped, delivery_method="stream")
    scope = {"taskType": "textInference", "taskUUID": request.task_uuid}
    refusal = {"code": code, "message": "It was not taken.", **scope}
    event = f"data: {json.dumps({'errors': [refusal]})}\n\n"
    whole = {"data": [{**scope, "text": "Hello.", "status": "success"}]}
    server.script(Drop(), Reply(event, content_type=EVENTS), Reply(whole))

    async def work(client: Any) -> None:
        [result] = await value(client.run(request))
        assert result.text == "Hello."

    Caller(kind, shipped, server.url).using(work, resend="eager")
    kinds = [task["taskType"] for [task] in server.calls]
    assert kinds == ["textInference", "textInference", "getResponse"]


async def test_tries_to_open_a_stream_come_to_an_end(
    shipped: ModuleType, client: Any
) -> None:
    limited = {"x-mock-fault": "rate-limit"}
    stream = client.stream(asking(shipped), extra_headers=limited)
    with pytest.raises(shipped.RateLimitError) as caught:
        await value(stream.get_result())
    assert caught.value.retry_after == 0
    assert caught.value.handle is None
    assert client.unfinished() == []


def test_a_stream_is_not_opened_again_after_its_timeout(
    shipped: ModuleType, server: Server, kind: str
) -> None:
    server.answer = lambda _: Reply({}, 429, headers={"Retry-After": "90"})

    async def work(client: Any) -> None:
        with pytest.raises(shipped.RateLimitError) as caught:
            await value(client.stream(asking(shipped)).get_result())
        assert caught.value.retry_after == 90

    Caller(kind, shipped, server.url).using(work)
    assert len(server.calls) == 1


def test_what_is_not_offered_as_a_stream(shipped: ModuleType, mock: Mock) -> None:
    image = shipped.request_class("imageInference", None)
    with shipped.Runware(KEY, base_url=mock.url) as client:
        request = image(model="a:b@1", positive_prompt="a chair")
        with pytest.raises(ValueError, match="Its document offers sync, async"):
            client.stream(request)
        with pytest.raises(ValueError, match="offers no delivery methods"):
            client.stream(shipped.request_class("ping", None)(ping=True))
        with pytest.raises(ValueError, match="requests the delivery method sync"):
            client.stream(asking(shipped, delivery_method="sync"))
        assert not hasattr(client.image_inference, "stream")


TEXT = "At the harbour."


def told(tasks: Any) -> object:
    """Answer a poll with the text of each task."""
    scopes = [{"taskType": "textInference", "taskUUID": t["taskUUID"]} for t in tasks]
    return {"data": [{**each, "text": TEXT, "status": "success"} for each in scopes]}


def streamed(*events: object) -> Reply:
    """Return a response that is a stream of events."""
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    return Reply(body, content_type=EVENTS)


@pytest.mark.parametrize(
    "news", [{"status": "queued", "position": 3}, {"cost": 0.1}, {"estimatedTime": 9}]
)
def test_an_acknowledgement_in_place_of_a_stream_is_no_text(
    shipped: ModuleType, server: Server, kind: str, news: dict[str, Any]
) -> None:
    request = asking(shipped, delivery_method="stream")
    scope = {"taskType": "textInference", "taskUUID": request.task_uuid}
    server.split({"data": [scope | news]}, told)
    [result] = Caller(kind, shipped, server.url)("run", request)
    assert result.text == TEXT


@pytest.mark.parametrize("begun", [(), ({"delta": {"text": "At "}},), None])
@pytest.mark.parametrize("code", ["timeout", "serviceUnavailable", 502])
def test_an_error_of_a_stream_that_may_be_of_a_gateway_leaves_a_handle(
    shipped: ModuleType, server: Server, kind: str, code: Any, begun: Any
) -> None:
    """It comes in the stream, or with HTTP 503 in place of it."""
    lost = {"errors": [{"code": code, "message": "The upstream is gone."}]}
    answer = Reply(lost, 503) if begun is None else streamed(*begun, lost)
    server.split(answer, told)

    async def work(client: Any) -> None:
        with pytest.raises(shipped.RunwareError) as caught:
            await value(client.stream(asking(shipped)).get_result())
        assert caught.value.may_have_run
        assert len(client.unfinished()) == 1
        [whole] = await value(caught.value.handle.wait())
        assert whole.text == TEXT

    Caller(kind, shipped, server.url).using(work)


def test_a_text_that_has_begun_is_not_sent_again(
    shipped: ModuleType, server: Server, kind: str
) -> None:
    server.script(streamed({"delta": {"text": "At "}}), told)
    request = asking(shipped, delivery_method="stream")
    options = {"resend": "eager"}
    [result] = Caller(kind, shipped, server.url)("run", request, options=options)
    assert result.text == TEXT
    assert server.sent == ["textInference", "getResponse"]


def test_a_stream_that_is_refused_for_the_rate_by_name_is_sent_again(
    shipped: ModuleType, server: Server, kind: str
) -> None:
    request = asking(shipped, delivery_method="stream")
    busy = {"code": "concurrentRateLimitExceeded", "taskUUID": request.task_uuid}
    end = {"delta": {"text": TEXT}, "finishReason": "stop"}
    refused = Reply({"errors": [busy]}, 400), Reply({"errors": [busy]})
    server.script(*refused, streamed(end))
    [result] = Caller(kind, shipped, server.url)("run", request)
    assert result.text == TEXT
    assert len(server.calls) == 3
