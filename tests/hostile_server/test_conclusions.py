"""Tests of how the client handles responses: no task billed twice, no result lost."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from loopback import value

from .clients import ending, together
from .platform_server import (
    FOR_EVER,
    Hangup,
    acknowledged,
    honest,
    hosting,
    is_late,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from .clients import Clients
    from .platform_server import Exchange, Item, Platform


# -- polls ------------------------------------------------------------------------


@pytest.mark.parametrize("task_type", ["ImageInference", "VideoInference"])
@pytest.mark.parametrize("is_joined", [False, True], ids=["batch", "joined"])
def test_answers_that_are_too_large_come_in_parts(
    clients: Clients,
    kind: str,
    task_type: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_joined: bool,
) -> None:
    """Base64 results of many tasks can exceed the size limit of a response."""
    limit = 10_000
    bodies = clients.module("_runtime.transport.answer_body")
    monkeypatch.setattr(bodies, "MAX_ANSWER", limit)

    async def large(platform: Platform, exchange: Exchange) -> None:
        answer = platform.answer(exchange.tasks)
        for item in answer["data"]:
            if item.get("imageURL") or item.get("videoURL"):
                item["seed"] = "9" * (limit // 5)
        await exchange.reply(answer)

    async def work(client: Any) -> Any:
        requests = [clients.request(task_type) for _ in range(12)]
        if not is_joined:
            outcomes = await value(client.run_many(requests))
            return [outcome.results for outcome in outcomes]
        if kind == "sync":
            return together([partial(client.run, each) for each in requests])
        return await asyncio.gather(*map(client.run, requests))

    with hosting(large, seconds=0.1) as platform:
        results = clients.using(kind, platform.url, work)
    assert [len(each) for each in results] == [1] * 12
    assert set(platform.bills.values()) == {1}


def test_joined_polls_keep_to_the_size_that_the_server_takes(clients: Clients) -> None:
    most = 4

    async def small(platform: Platform, exchange: Exchange) -> None:
        if len(exchange.tasks) > most:
            error = {"code": "tooManyTasks", "message": f"At most {most}."}
            await exchange.reply({"errors": [error]}, 413)
        else:
            await honest(platform, exchange)

    async def work(client: Any) -> Any:
        calls = (client.run_many([clients.video()] * 1) for _ in range(12))
        return await asyncio.gather(*calls)

    with hosting(small, seconds=0.2) as platform:
        ended = clients.using("async", platform.url, work)
    assert all(len(outcome.results) == 1 for [outcome] in ended)
    assert set(platform.bills.values()) == {1}


def test_a_short_retry_after_makes_no_poll_earlier(clients: Clients, kind: str) -> None:
    wait = {"sync": "0", "async": "Fri, 31 Dec 1999 23:59:59 GMT"}[kind]

    async def busy(platform: Platform, exchange: Exchange) -> None:
        if exchange.is_poll:
            await exchange.reply({}, 429, Retry_After=wait)
        else:
            await honest(platform, exchange)

    async def work(client: Any) -> Any:
        client.polling = client.retrying = clients.package.Waits(first=0.2, longest=0.2)
        return await ending(lambda: value(client.run(clients.video(), timeout=1)))

    with hosting(busy, seconds=9) as platform:
        ended = clients.using(kind, platform.url, work)
    assert isinstance(ended.error, clients.package.TimeoutError)
    assert len(platform.polls) <= 8


# -- results ----------------------------------------------------------------------


@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "not listed"])
@pytest.mark.parametrize("change", ["none", "signature", "cost"])
def test_a_repeated_result_without_a_uuid_is_one(
    clients: Clients, change: str, *, is_listed: bool
) -> None:
    async def growing(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        scope = {"taskType": "3dInference", "taskUUID": task["taskUUID"]}
        if not exchange.is_poll:
            platform.accept(task)
            return await exchange.reply({"data": acknowledged(task)})
        number = len(platform.polls)
        there = [1] if number < 4 else [1, 2]
        data = [scope | model(each, number) for each in there]
        if is_listed and number < 4:
            data.append(scope | {"status": "processing"})
        await exchange.reply({"data": data})
        return None

    def model(each: int, poll: int) -> Item:
        signature = f"?signature={poll}" if change == "signature" else ""
        uuid = f"00000000-0000-4000-8000-00000000000{each}"
        file = {"uuid": uuid, "url": f"https://assets.example/{each}.glb{signature}"}
        cost = {"cost": 0.1} if change == "cost" and poll > 1 else {}
        return {"status": "success", "outputs": {"files": [file]}} | cost

    with hosting(growing) as platform:
        request = clients.request("ThreeDInference", number_results=2)
        ended, unfinished = clients.run("sync", platform, request)
    files = [result.to_wire()["outputs"]["files"] for result in ended.results]
    assert [file["uuid"][-1] for [file] in files] == ["1", "2"]
    assert unfinished == []


def test_a_repeated_text_with_more_members_is_one(clients: Clients) -> None:
    async def growing(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        if not exchange.is_poll:
            return await honest(platform, exchange)
        scope = {"taskType": "textInference", "taskUUID": task["taskUUID"]}
        text = scope | {"text": "blue", "status": "success"}
        is_first = len(platform.polls) == 1
        other = {"status": "processing"} if is_first else {}
        data = [text, scope | other] if is_first else [text | {"seed": 5}]
        await exchange.reply({"data": data})
        return None

    with hosting(growing, seconds=0.1) as platform:
        request = clients.request("TextInference", delivery_method="async")
        ended, _ = clients.run("sync", platform, request)
    assert [result.text for result in ended.results] == ["blue"]


NAMELESS: list[Item] = [
    {"code": "internalServerError", "message": "A gateway lost the connection."},
    {"code": "rateLimitExceeded", "message": "Slow down."},
    {"code": "queryTimeout", "message": "A query took too long."},
    {"code": "gatewaySaysNo", "message": "No."},
    {"reason": 1},
]


@pytest.mark.parametrize("arrived", [0, 1])
def test_an_error_that_may_be_of_a_gateway_is_not_of_the_task(
    clients: Clients, kind: str, arrived: int
) -> None:
    """Without results, a rate limit is a refusal: the server does not have the task."""
    errors = iter(NAMELESS)

    async def breaking(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        if exchange.is_poll:
            return await honest(platform, exchange)
        error = next(errors)
        if error.get("code") == "rateLimitExceeded" and not arrived:
            error = {}
        platform.accept(task)
        data = platform.results_of(task)[:arrived]
        await exchange.reply({"data": data, "errors": [error or "No."]})
        return None

    async def work(client: Any) -> list[Any]:
        requests = [clients.image(number_results=2) for _ in NAMELESS]
        return [await value(client.run(request)) for request in requests]

    with hosting(breaking) as platform:
        results = clients.using(kind, platform.url, work)
    assert [len(each) for each in results] == [2] * len(NAMELESS)
    assert set(platform.bills.values()) == {1}


# -- redirects and conflicts ------------------------------------------------------


def test_a_base_url_that_redirects_is_told_soon(clients: Clients, kind: str) -> None:
    async def elsewhere(_: Platform, exchange: Exchange) -> None:
        await exchange.reply({}, 308, Location="https://example.com/v2?token=secret")

    with hosting(elsewhere) as platform:
        ended, [handle] = clients.run(kind, platform, clients.image(), timeout=60)
    assert "a redirection to 'https://example.com/v2' (image" in str(ended.error)
    assert handle.task_uuid == ended.error.handle.task_uuid
    assert type(ended.error) is clients.package.ResponseError  # not after the timeout


def test_a_gateway_that_redirects_for_a_while_ends_no_call(
    clients: Clients, kind: str
) -> None:
    """The API has responded before, so base_url is right."""
    polls: list[Exchange] = []

    async def portal(platform: Platform, exchange: Exchange) -> None:
        if exchange.is_poll:
            polls.append(exchange)
            if len(polls) == 1:
                return await exchange.reply({"data": []})
            if len(polls) > 8:
                return await honest(platform, exchange)
        else:
            platform.accept(exchange.tasks[0])
        return await exchange.reply({}, 302, Location="https://login.invalid/")

    with hosting(portal) as platform:
        ended, unfinished = clients.run(kind, platform, clients.image(), timeout=60)
    assert ended.error is None
    assert ended.results[0].image_url
    assert ([*platform.bills.values()], unfinished) == ([1], [])


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalidParameter"),
        (401, "invalidApiKey"),
        (413, "requestTooLarge"),
        (429, "rateLimitExceeded"),
        (503, "serviceUnavailable"),
    ],
)
def test_a_refusal_of_a_repeated_request_is_not_about_the_first(
    clients: Clients, kind: str, status: int, code: str
) -> None:
    """The custom HTTP client sends the task twice within one call."""

    async def failing(platform: Platform, exchange: Exchange) -> None:
        if exchange.is_poll:
            return await honest(platform, exchange)
        sendings.append(exchange.tasks[0])
        if len(sendings) == 2:
            error = {"code": code, "message": "No."}
            return await exchange.reply({"errors": [error]}, status, Retry_After="0")
        platform.accept(exchange.tasks[0])
        await exchange.reply({}, 502)
        return None

    async def work(client: Any) -> Any:
        ended = await ending(lambda: value(client.run(clients.image())))
        return ended, client.unfinished()

    sendings: list[Any] = []
    with hosting(failing) as platform:
        ended, unfinished = clients.with_own(kind, platform.url, work)
    assert ended.results[0].image_url
    assert [*platform.bills.values()] == [1]
    assert unfinished == []


def test_a_refusal_after_an_authentication_counts(clients: Clients, kind: str) -> None:
    """HTTP 401 refuses the first request and asks for authentication."""

    async def asking(_: Platform, exchange: Exchange) -> None:
        sendings.append(exchange.tasks[0])
        if len(sendings) == 1:
            return await exchange.reply({}, 401)
        await exchange.reply({"errors": [{"code": "invalidParameter"}]}, 400)
        return None

    class Twice(httpx2.Auth):
        def auth_flow(
            self, request: httpx2.Request
        ) -> Generator[httpx2.Request, httpx2.Response]:
            response = yield request
            if response.status_code == 401:
                yield request

    async def work(client: Any) -> Any:
        ended = await ending(lambda: value(client.run(clients.image())))
        await value(own.close() if kind == "sync" else own.aclose())
        return ended

    sendings: list[Any] = []
    own: Any = (httpx2.Client if kind == "sync" else httpx2.AsyncClient)(auth=Twice())
    with hosting(asking) as platform:
        ended = clients.using(kind, platform.url, work, http_client=own)
    assert isinstance(ended.error, clients.package.BadRequestError)
    assert ended.error.handle is None
    assert len(sendings) == 2


@pytest.mark.parametrize("number", [1, 2], ids=["object", "array"])
def test_results_without_an_envelope_are_results(
    clients: Clients, kind: str, number: int
) -> None:
    async def bare(platform: Platform, exchange: Exchange) -> None:
        for task in exchange.tasks:
            platform.accept(task)
        results = [r for t in exchange.tasks for r in platform.results_of(t)]
        await exchange.reply(results if number > 1 else results[0])

    async def work(client: Any) -> Any:
        requests = [clients.image() for _ in range(number)]
        return await value(client.run_many(requests))

    with hosting(bare) as platform:
        outcomes = clients.using(kind, platform.url, work)
    assert [len(each.results) for each in outcomes] == [1] * number
    assert platform.polls == []


# -- waits ------------------------------------------------------------------------


async def first_poll_hangs(platform: Platform, exchange: Exchange) -> None:
    """Never answer the first poll."""
    if exchange.is_poll and platform.first("poll"):
        await asyncio.sleep(FOR_EVER)
    await honest(platform, exchange)


def test_a_silent_poll_holds_up_no_other_task(clients: Clients, kind: str) -> None:
    async def work(client: Any) -> list[Any]:
        def run() -> Any:
            return client.run(clients.video(), timeout=15)

        if kind == "sync":
            return together([run] * 5)
        return await asyncio.gather(*(run() for _ in range(5)))

    with hosting(first_poll_hangs, seconds=0.1) as platform:
        ended = clients.using(kind, platform.url, work)
    assert [len(results) for results in ended] == [1] * 5
    assert set(platform.bills.values()) == {1}


async def polls_hang(platform: Platform, exchange: Exchange) -> None:
    """Never answer a poll."""
    if exchange.is_poll:
        await asyncio.sleep(FOR_EVER)
    await honest(platform, exchange)


def test_each_wait_has_a_time_of_its_own(clients: Clients, kind: str) -> None:
    """The short wait times out. The long wait continues until the client closes."""

    async def work(client: Any) -> BaseException | None:
        short, long = (
            asyncio.create_task(client.run(clients.video(), timeout=seconds))
            for seconds in (1, FOR_EVER)
        )
        with pytest.raises(clients.package.TimeoutError) as caught:
            await short
        assert caught.value.handle is not None
        assert not long.done()
        await client.aclose()
        await asyncio.wait({long})
        return long.exception()

    async def in_threads(client: Any) -> BaseException | None:
        with ThreadPoolExecutor() as pool:
            long = pool.submit(client.run, clients.video(), timeout=FOR_EVER)
            clients.timed(lambda: client.run(clients.video(), timeout=1))
            assert not long.done()
            client.close()
            return long.exception(60)

    with hosting(polls_hang) as platform:
        does = work if kind == "async" else in_threads
        error = clients.using(kind, platform.url, does)
    assert not isinstance(error, clients.package.TimeoutError)
    assert error.handle is not None


def test_a_late_answer_of_a_broken_connection_is_collected(
    clients: Clients, kind: str
) -> None:
    async def breaking(platform: Platform, exchange: Exchange) -> None:
        if exchange.is_poll:
            return await honest(platform, exchange)
        for task in exchange.tasks:
            platform.accept(task)
            assert not is_late(task)
        exchange.reset()
        raise Hangup

    async def work(client: Any) -> Any:
        requests = [clients.image(number_results=2) for _ in range(3)]
        return await value(client.run_many(requests)), client.unfinished()

    with hosting(breaking, seconds=0.2) as platform:
        outcomes, unfinished = clients.using(kind, platform.url, work)
    assert [len(each.results) for each in outcomes] == [2, 2, 2]
    assert set(platform.bills.values()) == {1}
    assert unfinished == []


# -- refusals ---------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 402, 422])
def test_a_refusal_that_repeats_the_task_is_no_progress(
    clients: Clients, kind: str, status: int
) -> None:
    async def repeating(_: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        error = {"code": "invalidParameter", "message": "No.", **acknowledged(task)[0]}
        await exchange.reply({"data": acknowledged(task), "errors": [error]}, status)

    with hosting(repeating) as platform:
        ended, unfinished = clients.run(kind, platform, clients.video())
    assert ended.error.code == "invalidParameter"
    assert ended.error.handle is None
    assert unfinished == []
    assert len(platform.calls) == 1


@pytest.mark.parametrize("is_poll", [False, True], ids=["sending", "poll"])
def test_a_refusal_without_a_reason_is_no_progress(
    clients: Clients, kind: str, is_poll: bool
) -> None:
    """The task continues. It is polled, and sent again only if the policy allows."""

    async def repeating(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        if exchange.is_poll is is_poll and platform.first("refusal"):
            if not is_poll:
                platform.accept(task)
            return await exchange.reply({"data": acknowledged(task)}, 400)
        return await honest(platform, exchange)

    async def work(client: Any) -> Any:
        return await value(client.run(clients.video()))

    events: list[Any] = []
    with hosting(repeating, seconds=0.1) as platform:
        results = clients.using(kind, platform.url, work, on_event=events.append)
    assert results[0].video_url
    assert [*platform.bills.values()] == [1]
    [retried] = [event for event in events if event.kind == "retried"]
    assert "no error object" in str(retried.error)


def test_an_error_that_stands_for_all_results_says_that_no_more_is_told(
    clients: Clients, kind: str
) -> None:
    error = {"code": "nsfwContentDetected", "message": "All of them."}

    async def failing(platform: Platform, exchange: Exchange) -> None:
        [task] = exchange.tasks
        if not exchange.is_poll:
            return await honest(platform, exchange)
        await exchange.reply({"errors": [error | {"taskUUID": task["taskUUID"]}]})
        return None

    async def work(client: Any) -> list[Any]:
        handle = await value(client.submit(clients.video(number_results=3)))
        return [await ending(lambda: value(handle.wait())) for _ in range(2)]

    with hosting(failing) as platform:
        for each in clients.using(kind, platform.url, work):
            assert each.error.code == "nsfwContentDetected"
            assert each.error.handle is not None
            assert "Runware returns nothing more about this task" in str(each.error)
            assert "handle.wait() of this error" in str(each.error)
