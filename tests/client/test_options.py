"""Tests of options that are not task parameters, raw tasks, and callbacks."""

from __future__ import annotations

import asyncio
import logging
import math
from functools import partial, reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from loopback import KEY, Drop, Reply, acknowledge, each, echo, news, serving, value

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Caller, Server, Tasks


METHODS = (
    *("run", "run_many", "iter_many", "submit", "handle", "resume", "send"),
    *("dry_run", "dry_run_many", "with_options", "unfinished"),
)


@pytest.mark.parametrize("method", METHODS)
def test_the_error_about_an_unknown_option_names_no_internal_class(
    caller: Caller, method: str
) -> None:
    said = rf"^(Runware|AsyncRunware|Client)\.{method}\(\) got an unexpected keyword"
    with pytest.raises(TypeError, match=said):
        caller(method, model="test:chair@1")


# -- with_options -------------------------------------------------------------


async def test_a_derived_client_has_its_own_options(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo()
    other = client.with_options(
        timeout=7, max_retries=0, extra_headers={"X-Team": "chairs"}
    )
    assert type(other) is type(client)
    assert (other.timeout, client.timeout) == (7, 60)
    await value(other.image_inference.run(image()))
    await value(client.image_inference.run(image()))
    server.answer = lambda _: Reply({}, status=503, headers={"Retry-After": "0"})
    with pytest.raises(caller.package.RunwareError):
        await value(other.run(image()))
    assert [h.get("x-team") for h in server.headers] == ["chairs", None, "chairs"]


async def test_both_clients_share_costs_and_close_together(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo(cost=0.1)
    other = client.with_options(timeout=9)
    await value(client.run(image()))
    await value(other.run(image()))
    assert client.cost == other.cost == 0.2
    await value(other.close())
    with pytest.raises(caller.package.ClosedError):
        await value(client.run(image()))


def test_an_unfinished_task_is_polled_where_it_was_sent(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    with serving() as elsewhere:
        elsewhere.script(Drop(), news({"status": "processing"}))

        async def work(client: Any) -> list[Any]:
            other = client.with_options(base_url=elsewhere.url)
            request = image(delivery_method="async")
            elsewhere.script(acknowledge, news({"imageURL": "https://im.runware.ai/1"}))
            await value(other.submit(request))
            [handle] = client.unfinished()
            assert other.base_url == elsewhere.url != client.base_url
            results: list[Any] = await value(handle.wait())
            assert client.unfinished() == other.unfinished() == []
            return results

        [result] = caller.using(work)
        assert result.image_url == "https://im.runware.ai/1"
        assert elsewhere.sent == ["imageInference", "getResponse"]
        assert server.calls == []


async def test_unfinished_tasks_are_shared(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    server.script(acknowledge, news({"imageURL": "https://im.runware.ai/1"}))
    other = client.with_options(extra_headers={"X-Team": "chairs"})
    handle = await value(other.submit(image(delivery_method="async")))
    [known] = client.unfinished()
    assert known.task_uuid == handle.task_uuid
    await value(known.wait())
    assert other.unfinished() == []
    assert [h.get("x-team") for h in server.headers] == ["chairs", None]


def test_polls_have_the_headers_of_their_client(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(acknowledge, news({"imageURL": "https://im.runware.ai/1"}))

    async def work(client: Any) -> None:
        other = client.with_options(extra_headers={"x-team": "chairs"})
        await value(other.run(image(delivery_method="async")))

    caller.using(work, default_headers={"X-Team": "tables", "X-Trace": "7"})
    assert [h["x-team"] for h in server.headers] == ["chairs", "chairs"]
    assert [h["x-trace"] for h in server.headers] == ["7", "7"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 0}, "timeout must be"),
        ({"max_retries": -1}, "max_retries must be an integer of 0 or more"),
        ({"max_retries": 2.5}, "max_retries must be an integer of 0 or more, not 2.5"),
        ({"base_url": "ftp://a"}, "base_url must start with https:// or http://"),
        ({"resend": "maybe"}, "resend must be one of"),
        ({"extra_headers": {"x-runware-dry-run": "1"}}, "Use dry_run of the client"),
    ],
)
async def test_options_are_checked(
    client: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        client.with_options(**options)


@pytest.mark.parametrize("name", ["polling", "retrying"])
@pytest.mark.parametrize(
    ("waits", "message"),
    [
        ({"first": -1}, "first of Waits must be a number of 0 or more, not -1"),
        ({"first": math.nan}, "first of Waits"),
        ({"first": "1"}, "first of Waits"),
        ({"factor": 0.5}, "factor of Waits must be a number of 1 or more, not 0.5"),
        ({"longest": math.inf}, "longest of Waits must be a number of 0 or more"),
        (None, "must be Waits, such as"),
    ],
)
async def test_waits_are_checked(
    client: Any, caller: Caller, name: str, waits: dict[str, Any] | None, message: str
) -> None:
    given = None if waits is None else caller.package.Waits(**waits)
    before = getattr(client, name)
    with pytest.raises((TypeError, ValueError), match=message):
        setattr(client, name, given)
    assert getattr(client, name) == before


def test_a_websocket_keeps_its_address_and_headers(
    shipped: ModuleType, server: Server
) -> None:
    async def work() -> None:
        url = server.url.replace("http", "ws", 1)
        given = f" {url.replace('ws', 'WS', 1)} "  # a scheme has any case: RFC 3986
        client = shipped.AsyncRunware(KEY, base_url=given, transport="websocket")
        async with client:
            assert client.base_url == url
            assert client.with_options(timeout=3, max_retries=1).timeout == 3
            for options in ({"base_url": "wss://a"}, {"extra_headers": {"a": "b"}}):
                with pytest.raises(ValueError, match="for an open WebSocket"):
                    client.with_options(**options)

    asyncio.run(work())


# -- options of the constructor -----------------------------------------------


def test_the_user_agent_names_the_package_and_its_version(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo()
    caller("run", image())
    caller("run", image(), options={"default_headers": {"user-agent": "mine/1"}})
    version = import_module(f"{caller.package.__name__}._runtime.version").VERSION
    agents = [headers["user-agent"] for headers in server.headers]
    assert agents == [f"shipped_client/{version}", "mine/1"]


def test_headers_of_a_call_win_over_those_of_the_client(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo()
    options = {"default_headers": {"X-A": "1", "X-B": "1"}}
    caller("run", image(), extra_headers={"x-b": "2"}, options=options)
    assert (server.headers[0]["x-a"], server.headers[0]["x-b"]) == ("1", "2")


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"X-A": 1}, "must be str"),
        ({1: "a"}, "must be str"),
        ([("X-A", "1")], "must be a dict, not list"),
        ("X-A: 1", "must be a dict, not str"),
    ],
)
def test_headers_are_texts(
    caller: Caller, image: Callable[..., Any], headers: Any, what: str
) -> None:
    with pytest.raises(TypeError, match=what):
        caller("unfinished", options={"default_headers": headers})
    with pytest.raises(TypeError, match=what):
        caller("run", image(), extra_headers=headers)


@pytest.mark.parametrize(
    ("name", "text"), [("content-length", "5"), ("Transfer-Encoding", "chunked")]
)
def test_headers_about_the_length_of_the_body_are_not_sent(
    caller: Caller, server: Server, image: Callable[..., Any], name: str, text: str
) -> None:
    with pytest.raises(ValueError, match=f"the header '{name}' is not allowed"):
        caller("run", image(), extra_headers={name: text})
    with pytest.raises(ValueError, match=f"the header '{name}' is not allowed"):
        caller("unfinished", options={"default_headers": {name: text}})
    assert server.calls == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("X-A", "1\r\nX-B: 2"), ("X-A", "1\n"), ("X A", "1"), ("X-A", "ä")],
)
def test_headers_that_http_does_not_allow_are_not_sent(
    caller: Caller, server: Server, image: Callable[..., Any], name: str, text: str
) -> None:
    with pytest.raises(ValueError, match="HTTP does not allow the header") as caught:
        caller("run", image(), extra_headers={name: text})
    assert text not in str(caught.value).replace(name, "")
    with pytest.raises(ValueError, match="HTTP does not allow the header"):
        caller("unfinished", options={"default_headers": {name: text}})
    assert server.calls == []


def test_the_environment_names_the_address(
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNWARE_BASE_URL", server.url)
    server.answer = echo()
    caller("run", image(), options={"base_url": None})
    assert server.sent == ["imageInference"]
    monkeypatch.setenv("RUNWARE_BASE_URL", "api.example")
    with pytest.raises(ValueError, match="variable RUNWARE_BASE_URL must start"):
        caller("run", image(), options={"base_url": None})
    monkeypatch.setenv("RUNWARE_BASE_URL", " ")

    async def work(client: Any) -> None:
        assert client.base_url == "https://api.runware.ai/v1"

    caller.using(work, base_url=None)


@pytest.mark.parametrize("method", ["run", "run_many", "submit"])
def test_a_call_has_its_own_number_of_retries(
    caller: Caller, server: Server, image: Callable[..., Any], method: str
) -> None:
    server.answer = lambda _: Reply({}, status=503, headers={"Retry-After": "0"})
    given = [image()] if method == "run_many" else image()
    try:
        [outcome] = caller(method, given, max_retries=1)
        assert outcome.error is not None
    except caller.package.ServerError:
        assert method != "run_many"
    assert len(server.calls) == 2


# -- raw tasks ----------------------------------------------------------------


def test_a_raw_task_is_sent_as_it_is(caller: Caller, server: Server) -> None:
    server.answer = echo(cost=0.5)
    task = {"taskType": "dreamInference", "depth": [1, {"of": None}]}
    [result] = caller("send", task)
    [[sent]] = server.calls
    assert {**task, "taskUUID": sent["taskUUID"]} == sent
    assert "taskUUID" not in task
    assert isinstance(result, caller.package.TaskResult)
    assert (result.cost, result.to_wire()["n"]) == (0.5, 0)


def test_a_raw_ping_has_no_uuid(caller: Caller, server: Server) -> None:
    server.answer = lambda _: {"data": [{"taskType": "ping", "pong": True}]}
    task = {"taskType": "ping", "ping": True}
    [result] = caller("send", task)
    assert result.to_wire()["pong"] is True
    assert server.calls == [[task]]


def test_a_raw_task_is_delivered_with_all_guarantees(
    caller: Caller, server: Server
) -> None:
    uuid = str(uuid4())
    server.script(
        Drop(),
        news({"status": "processing"}),
        news({"status": "success", "dreamURL": "https://im.runware.ai/1"}),
    )
    task = {"taskType": "dreamInference", "taskUUID": uuid, "deliveryMethod": "sync"}
    [result] = caller("send", task)
    assert result.to_wire()["dreamURL"] == "https://im.runware.ai/1"
    assert server.sent == ["dreamInference", "getResponse", "getResponse"]


async def test_a_raw_task_that_is_given_up_is_unfinished(
    client: Any, caller: Caller, server: Server
) -> None:
    def answer(tasks: Tasks) -> object:
        return acknowledge(tasks) if "deliveryMethod" in tasks[0] else {"data": []}

    server.answer, server.takes = answer, 25
    task = {"taskType": "dreamInference", "deliveryMethod": "async"}
    with pytest.raises(caller.package.TimeoutError) as caught:
        await value(client.send(task, timeout=40))
    [left] = client.unfinished()
    assert caught.value.handle.task_uuid == left.task_uuid


def test_nothing_of_a_raw_task_is_checked(caller: Caller, server: Server) -> None:
    server.answer = echo()
    task = {"taskType": "imageInference", "model": 3, "steps": "many"}
    [result] = caller("send", task)
    assert result.image_url
    assert server.calls[0][0]["steps"] == "many"


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        ({}, ValueError),
        ({"taskType": 3}, ValueError),
        ({"taskType": "authentication"}, ValueError),
        ({"taskType": "a", "taskUUID": 7}, ValueError),
        ({"taskType": "a", "taskUUID": ""}, ValueError),
        ({"taskType": "a", "n": float("nan")}, ValueError),
        (
            {"taskType": "a", "n": reduce(lambda inner, _: [inner], range(9999))},
            ValueError,
        ),
        ({"taskType": "a", "n": object()}, TypeError),
        (3, TypeError),
        ([("taskType", "a")], TypeError),
    ],
)
def test_what_is_no_task_is_not_sent(
    caller: Caller, server: Server, task: Any, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        caller("send", task)
    assert server.calls == []


# -- callbacks ----------------------------------------------------------------


def test_results_and_progress_are_told_as_they_come(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    first, second = ({"imageUUID": str(uuid4()), "imageURL": "https://a"} for _ in "ab")
    server.script(
        acknowledge,
        news({"status": "processing", "progress": 40}),
        news({**first, "status": "success"}, {"status": "processing"}),
        news({**first, "status": "success"}, {**second, "status": "success"}),
    )
    told: list[Any] = []
    progress: list[float] = []
    request = image(delivery_method="async", number_results=2)
    results = caller("run", request, on_result=told.append, on_progress=progress.append)
    assert told == results
    assert progress == [20, 50, 100]


def test_run_many_tells_of_all_tasks_together(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo()
    told: list[Any] = []
    progress: list[float] = []
    requests = [image() for _ in range(3)]
    outcomes = caller(
        "run_many", requests, on_result=told.append, on_progress=progress.append
    )
    assert {r.task_uuid for r in told} == {r.task_uuid for r in requests}
    assert all(outcome.error is None for outcome in outcomes)
    assert progress[-1] == 100
    assert progress == sorted(progress)


def test_iter_many_tells_of_each_result_before_its_outcome(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo()
    told: list[Any] = []
    progress: list[float] = []
    requests = [image() for _ in range(3)]

    async def work(client: Any) -> list[Any]:
        outcomes = client.iter_many(
            requests, on_result=told.append, on_progress=progress.append
        )
        seen: list[Any] = []
        async for outcome in each(outcomes):
            assert set(outcome.results) <= {*told}
            seen += outcome.results
        return seen

    assert {*caller.using(work)} == {*told}
    assert len(told) == len(requests)
    assert progress[-1] == 100
    assert progress == sorted(progress)


def test_an_async_callback_is_refused_before_anything_is_sent(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    async def never_awaited(_: object) -> None: ...

    for name in ("on_result", "on_progress"):
        for method, given in (("run", image()), ("run_many", [image()])):
            with pytest.raises(TypeError, match=f"{name} must be a plain function"):
                caller(method, given, **{name: never_awaited})
        with pytest.raises(TypeError, match=f"{name} must be a plain function"):
            caller.using(partial(_iterated, image(), **{name: never_awaited}))
    with pytest.raises(TypeError, match="on_event must be a plain function"):
        caller("unfinished", options={"on_event": never_awaited})
    with pytest.raises(TypeError, match="on_result must be a function, not int"):
        caller("run", image(), on_result=3)
    assert server.calls == []


async def _iterated(request: Any, client: Any, **options: Any) -> None:
    async for _ in each(client.iter_many([request], **options)):
        pass


@pytest.mark.parametrize("method", ["run", "run_many", "send"])
def test_a_callback_that_raises_loses_no_result(
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    method: str,
) -> None:
    def fail(_: object) -> None:
        raise LookupError("mine")

    server.answer = echo()
    request = image()
    given = {"run": request, "run_many": [request], "send": request.to_wire()}
    with caplog.at_level(logging.ERROR):
        assert caller(method, given[method], on_result=fail, on_progress=fail)
    assert [r.exc_info and r.exc_info[0] for r in caplog.records] == [LookupError] * 2
