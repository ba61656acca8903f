"""Tests of dry runs, which price tasks, and of budgets, which limit costs."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import decimal
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from loopback import CHAIR, KEY, Caller, Drop, Reply, acknowledge, echo, value
from mocking import mocking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from loopback import Server, Tasks
    from mocking import Mock

DRY = "x-runware-dry-run"


@pytest.fixture
def text(shipped: ModuleType) -> Any:
    """A request for streamed text."""
    return shipped.parse_request(
        {
            "taskType": "textInference",
            "taskUUID": "2d3b5c61-4e2f-4f0a-9c55-0a1d3f0b7c11",
            "model": "a:b@1",
            "deliveryMethod": "stream",
            "messages": [{"role": "user", "content": "Say something."}],
        }
    )


class Bank:
    """A server that prices dry runs, runs other tasks and counts what it billed."""

    def __init__(
        self, server: Server, price: float | None = 0.004, **members: Any
    ) -> None:
        self.billed = 0
        self.dry = 0
        self.price = price
        self.members = {"cost": price} | members
        self._lock = threading.Lock()
        self._server = server
        reply = server.reply

        def answer(headers: dict[str, str], body: bytes) -> Reply | Drop:
            with self._lock:
                is_dry = any(name.lower() == DRY for name in headers)
                server.answer = self._priced if is_dry else self._run
                return reply(headers, body)

        server.reply = answer  # type: ignore[method-assign]

    def _priced(self, tasks: Tasks) -> object:
        self.dry += len(tasks)
        items = acknowledge(tasks)
        for item in items["data"]:  # type: ignore[index]
            item["cost"] = self.price
        return items

    def _run(self, tasks: Tasks) -> object:
        self.billed += sum(task["taskType"] != "getResponse" for task in tasks)
        return echo(**self.members)(tasks)


def is_dry(server: Server) -> list[bool]:
    """Return for each call whether it was a dry run."""
    return [headers.get(DRY) == "1" for headers in server.headers]


# -- dry runs -----------------------------------------------------------------


def test_a_dry_run_gives_the_cost_and_whatever_else_came(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = lambda tasks: {
        "data": [
            {"taskUUID": tasks[0]["taskUUID"], "cost": 0.0013, "queue": {"depth": 3}}
        ]
    }
    request = image(webhook_url="https://example.com/hook")
    events: list[object] = []

    async def work(client: Any) -> Any:
        priced = await value(client.dry_run(request))
        assert client.unfinished() == []
        assert client.cost == 0
        return priced

    priced = caller.using(work, on_event=events.append)
    assert priced.request is request
    assert priced.cost == Decimal("0.0013")
    assert priced.items[0].to_wire()["queue"] == {"depth": 3}
    assert is_dry(server) == [True]
    assert events == []
    sent = server.calls[0][0]
    assert "webhookURL" not in sent
    assert sent["taskUUID"] != request.task_uuid
    kept = {n: v for n, v in request.to_wire().items() if n != "webhookURL"}
    assert kept | {"taskUUID": sent["taskUUID"]} == sent


def test_the_costs_of_all_results_are_added_up(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo(copies=3, cost=0.1)
    assert caller("dry_run", image(number_results=3)).cost == Decimal("0.3")
    server.answer = echo()
    assert caller("dry_run", image()).cost is None


@pytest.mark.parametrize(
    "trouble",
    [
        Drop(),
        Reply("<html>", 502, "text/html"),
        Reply({}, 429, headers={"Retry-After": "0"}),
        Reply({"data": []}),
        Reply({}, 307, headers={"Location": "http://127.0.0.1:1/v1"}),
    ],
)
def test_a_dry_run_is_repeated_as_a_dry_run(
    caller: Caller, server: Server, image: Callable[..., Any], trouble: object
) -> None:
    server.script(echo(cost=0.1, imageURL=None), trouble, trouble, echo(cost=0.2))

    async def work(client: Any) -> list[Any]:
        return [(await value(client.dry_run(image()))).cost for _ in range(2)]

    assert caller.using(work) == [Decimal("0.1"), Decimal("0.2")]
    assert is_dry(server) == [True] * 4


@pytest.mark.parametrize(
    "trouble",
    [
        Drop(),
        Reply("<html>", 502, "text/html"),
        Reply({"data": []}),
        Reply("<html>", 200, "text/html"),
        Reply({}, 307, headers={"Location": "http://127.0.0.1:1/v1"}),
    ],
)
@pytest.mark.parametrize("call", ["dry_run", "run"])
@pytest.mark.options(budget=Decimal(5))
async def test_a_first_dry_run_that_may_have_been_a_run_is_not_repeated(
    client: Any,
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    call: str,
    trouble: object,
) -> None:
    """A proxy may remove the header, so that each repetition would be billed."""
    server.script(trouble, echo(cost=0.2))
    with pytest.raises(
        caller.package.RunwareError, match="is not billed, unless"
    ) as caught:
        await value(getattr(client, call)(image()))
    assert "nothing was billed" not in str(caught.value)
    error = caught.value
    assert (error.handle, error.may_have_run, error.retryable) == (None, True, True)
    assert ("the dry run of this task failed" in str(error)) is (call == "run")
    assert is_dry(server) == [True]


async def test_an_acknowledgement_does_not_show_that_dry_runs_work(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """The server may have begun to run the task."""
    server.script(acknowledge, Drop(), echo(cost=0.2))
    assert (await value(client.dry_run(image()))).cost is None
    with pytest.raises(caller.package.RunwareError, match="is not billed, unless"):
        await value(client.dry_run(image()))
    assert is_dry(server) == [True] * 2


async def test_what_one_address_has_shown_is_not_believed_of_another(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """A proxy before the other address may remove the header."""
    server.script(echo(cost=0.1, imageURL=None), Drop(), echo(cost=0.2))
    await value(client.dry_run(image()))
    for _ in range(2):  # the second client finds what the first one has made
        other = client.with_options(base_url=f"{server.url}/other")
    with pytest.raises(caller.package.RunwareError, match="is not billed, unless"):
        await value(other.dry_run(image()))
    assert is_dry(server) == [True] * 2


def test_a_dry_run_that_is_never_accepted_tells_why(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = lambda _: Reply({}, 429, headers={"Retry-After": "0"})
    error = caller.error("dry_run", image())
    assert isinstance(error, caller.package.RateLimitError)
    assert (error.handle, error.may_have_run) == (None, False)
    assert is_dry(server) == [True] * 4


def test_a_task_that_would_be_refused_is_refused(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    def refuse(tasks: Tasks) -> object:
        scope = {"taskUUID": tasks[0]["taskUUID"]}
        error = {"code": "invalidModel", "message": "No such model.", **scope}
        return Reply({"errors": [error]}, 400)

    server.answer = refuse
    request = image()
    error = caller.error("dry_run", request)
    assert (error.code, error.task_uuid) == ("invalidModel", request.task_uuid)
    [priced] = caller("dry_run_many", [request])
    assert (priced.error.code, priced.cost) == ("invalidModel", None)
    assert len(server.calls) == 2


def test_many_dry_runs_travel_together_and_keep_their_order(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    def answer(tasks: Tasks) -> object:
        data = [
            {"taskUUID": task["taskUUID"], "cost": task["steps"] / 1000}
            for task in reversed(tasks)
        ]
        return {"data": data}

    server.answer = answer
    requests = [image(steps=n) for n in (5, 7, 9)]
    priced = caller("dry_run_many", [*requests, requests[0]])
    assert [each.cost for each in priced] == [
        Decimal(cost) for cost in ("0.005", "0.007", "0.009", "0.005")
    ]
    assert [each.request for each in priced] == [*requests, requests[0]]
    assert len(server.calls) == 1


@pytest.mark.parametrize("name", ["X-Runware-Dry-Run", "x-runware-DRY-run"])
def test_no_header_makes_a_run_of_a_dry_run_nor_a_dry_run_of_a_run(
    caller: Caller, server: Server, image: Callable[..., Any], name: str
) -> None:
    server.answer = echo(cost=0.1)
    for method in ("dry_run", "run", "submit"):
        with pytest.raises(ValueError, match="Use dry_run"):
            caller(method, image(), extra_headers={name: "0"})
    with pytest.raises(ValueError, match="Use dry_run"):
        caller("dry_run", image(), options={"default_headers": {name: "1"}})
    assert server.calls == []


def test_a_streamed_text_is_priced_without_a_stream(
    caller: Caller, server: Server, text: Any
) -> None:
    server.answer = echo(cost=0.1)
    assert caller("dry_run", text).cost == Decimal("0.1")
    assert server.headers[0]["accept"] == "application/json"


def test_over_a_websocket_a_dry_run_goes_over_http(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo(cost=0.1)

    async def work() -> Any:
        url = server.url.replace("http", "ws", 1)
        client = shipped.AsyncRunware(KEY, base_url=url, transport="websocket")
        async with client:
            return await client.dry_run(image())

    assert asyncio.run(work()).cost == Decimal("0.1")
    assert is_dry(server) == [True]


# -- budgets ------------------------------------------------------------------


@pytest.mark.options(budget=Decimal("0.01"))
async def test_a_task_that_would_pass_the_budget_is_not_sent(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    bank = Bank(server)
    await value(client.run(image()))
    await value(client.image_inference.run(image()))
    with pytest.raises(caller.package.BudgetError) as caught:
        await value(client.run(image()))
    error = caught.value
    assert "costs $0.004, and $0.008 is spent or reserved" in str(error)
    assert (error.cost, error.committed) == (Decimal("0.004"), Decimal("0.008"))
    assert error.handle is None
    assert client.budget == Decimal("0.01")
    assert client.cost == 0.008
    assert client.unfinished() == []
    assert (bank.billed, bank.dry) == (2, 3)


@pytest.mark.parametrize("call", ["dry_run", "run"])
@pytest.mark.options(budget=Decimal("0.01"), max_retries=0)
async def test_the_price_of_a_request_is_not_that_of_a_changed_copy(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any], call: str
) -> None:
    """The copy has the same UUID, also if the server did not accept the request."""
    bank = Bank(server)
    bank._run = lambda _: Reply({}, 429)  # type: ignore[method-assign, assignment]
    request = image()
    with contextlib.suppress(caller.package.RateLimitError):
        await value(getattr(client, call)(request))
    bank.price = 0.08
    with pytest.raises(caller.package.BudgetError) as caught:
        await value(client.run(request.model_copy(update={"number_results": 20})))
    assert caught.value.cost == Decimal("0.08")


@pytest.mark.options(budget=Decimal("0.03"))
async def test_the_price_of_the_document_counts_without_one_of_the_server(
    client: Any, caller: Caller, server: Server, image_inference: ModuleType
) -> None:
    bank = Bank(server, price=None)
    rules = import_module(f"{caller.package.__name__}._runtime.schema.rules")

    class Priced(image_inference.ImageInferenceRequest):  # type: ignore[name-defined, misc]
        rates = (rules.Rate("0.02", "image"),)

    await value(client.run(Priced(**CHAIR)))
    with pytest.raises(caller.package.BudgetError) as caught:
        await value(client.run(Priced(**CHAIR)))
    error = caught.value
    assert (error.cost, error.committed) == (Decimal("0.02"), Decimal("0.02"))
    assert is_dry(server) == [True, False]
    assert bank.billed == 1


@pytest.mark.options(budget=Decimal("0.02"))
async def test_what_is_free_needs_no_dry_run_beside_what_is_not(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    uuid = "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10"
    upload = {"taskType": "mediaStorage", "operation": "upload", "media": "AAAA"}
    search = {"taskType": "modelSearch", "taskUUID": uuid.replace("4", "5")}
    tasks = [{**upload, "taskUUID": uuid}, search]
    free = map(caller.package.parse_request, tasks)
    bank = Bank(server, mediaUUID=uuid)
    outcomes = await value(client.run_many([image(), *free], timeout=5))
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert bank.dry == 1


@pytest.mark.options(budget=Decimal("0.01"))
async def test_a_server_that_runs_dry_runs_is_not_paid_twice(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """A proxy may remove the header."""
    server.answer = echo(cost=0.004)
    with pytest.raises(
        caller.package.RunwareError, match="ran this task instead"
    ) as caught:
        await value(client.run(image()))
    [result] = caught.value.results
    assert result.to_wire()["cost"] == 0.004
    assert (caught.value.handle, caught.value.may_have_run) == (None, True)
    assert client.cost == 0.004
    assert (await value(client.dry_run(image()))).was_run
    assert is_dry(server) == [True, True]


@pytest.mark.parametrize("call", ["dry_run", "run"])
@pytest.mark.options(budget=Decimal("0.01"))
async def test_a_server_that_streams_a_dry_run_is_not_paid_twice(
    client: Any, caller: Caller, server: Server, text: Any, call: str
) -> None:
    events = 'data: {"delta": {"text": "a"}, "finishReason": "stop"}\n\n'
    server.answer = lambda _: Reply(events, 200, "text/event-stream")
    with pytest.raises(
        caller.package.RunwareError, match="is not billed, unless"
    ) as caught:
        await value(getattr(client, call)(text))
    assert (caught.value.handle, caught.value.may_have_run) == (None, True)
    assert is_dry(server) == [True]


@pytest.mark.parametrize("traps", [[], [decimal.Inexact]])
def test_amounts_are_exact_whatever_the_program_does_with_decimals(
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    traps: list[type[decimal.DecimalException]],
) -> None:
    bank = Bank(server)

    async def work(client: Any) -> None:
        for _ in range(2):
            [result] = await value(client.run(image()))
            assert result.cost == 0.004
        with pytest.raises(caller.package.BudgetError):
            await value(client.run(image()))
        assert client.cost == 0.008

    with decimal.localcontext(decimal.Context(prec=1, traps=traps)):
        caller.using(work, budget=Decimal("0.01"))
    assert bank.billed == 2


@pytest.mark.parametrize("way", ["iter_many", "stream"])
def test_a_forgotten_call_sets_no_context_variable(
    shipped: ModuleType, server: Server, image: Callable[..., Any], text: Any, way: str
) -> None:
    """A finalizer ends it. One that sets a variable can crash CPython before 3.12."""
    delta = 'data: {"delta": {"text": "a"}}\n\n'
    first = {"stream": lambda _: Reply(delta, 200, "text/event-stream")}
    first["iter_many"] = lambda tasks: echo()(tasks[:1])
    server.script(first[way], acknowledge)
    context = contextvars.Context()
    with shipped.Runware(KEY, base_url=server.url) as client:
        requests = [image(), image(delivery_method="sync")]
        call = client.stream(text) if way == "stream" else client.iter_many(requests)
        pieces = iter(call)
        next(pieces)
        context.run(call.close)
        assert len(client.unfinished()) == 1
    assert not [*context]


@pytest.mark.parametrize("cost", [-5, -1e-9, float("nan"), 10**399])
@pytest.mark.options(budget=Decimal("0.01"))
async def test_no_cost_makes_a_budget_larger(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any], cost: float
) -> None:
    bank = Bank(server)
    bank.members["cost"] = cost
    for _ in range(2):
        await value(client.run(image()))
    with pytest.raises(caller.package.BudgetError):
        await value(client.run(image()))
    assert client.cost == 0
    assert bank.billed == 2


@pytest.mark.parametrize("is_known", [True, False])
async def test_what_is_billed_once_costs_once(
    client: Any, server: Server, image: Callable[..., Any], *, is_known: bool
) -> None:
    """The second run collects results, or is billed if the server forgot the task."""
    request = image()
    conflict = {"code": "conflictTaskUUID", "taskUUID": request.task_uuid}

    def answer(tasks: Tasks) -> object:
        is_second = server.calls[1:] and tasks[0]["taskType"] != "getResponse"
        if is_known and is_second:
            return Reply({"errors": [conflict | {"message": "It is known."}]}, 400)
        item = {"taskType": "imageInference", "taskUUID": request.task_uuid}
        number = 1 if is_known else min(2, len(server.calls))
        url = f"https://x.example/{number}.png"
        return {"data": [item | {"imageURL": url, "cost": 0.5}]}

    server.answer = answer
    for _ in range(2):
        await value(client.run(request))
    assert client.cost == (0.5 if is_known else 1)
    await value(client.resume(client.handle(request).to_json()).wait())
    assert client.cost == (0.5 if is_known else 1)


async def test_costs_may_come_as_text(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo(cost="0.0013")
    assert (await value(client.dry_run(image()))).cost == Decimal("0.0013")
    await value(client.run(image()))
    assert client.cost == 0.0013


def test_without_a_budget_nothing_is_priced(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    bank = Bank(server)
    caller("run", image())
    assert (bank.billed, bank.dry) == (1, 0)


@pytest.mark.options(budget=Decimal(1))
async def test_a_dry_run_of_the_caller_is_not_repeated(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    bank = Bank(server)
    request = image()
    await value(client.dry_run(request))
    await value(client.run(request))
    assert (bank.billed, bank.dry) == (1, 1)


def test_run_many_sends_what_the_budget_lets_through(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    bank = Bank(server)
    outcomes = caller(
        "run_many",
        [image() for _ in range(5)],
        options={"budget": Decimal("0.013")},
    )
    refused = [outcome.error is not None for outcome in outcomes]
    assert refused == [False, False, False, True, True]
    assert (bank.billed, bank.dry) == (3, 5)
    assert is_dry(server) == [True, False]


WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "submit": lambda client, request: client.submit(request),
    "send": lambda client, request: client.send(request.to_wire()),
    "handle": lambda client, request: client.handle(request).wait(),
    "raw": lambda client, request: client.with_raw_response.run(request),
}
"""Ways to send a task other than `run` and `run_many`."""


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.options(budget=Decimal("0.003"))
async def test_every_way_of_sending_keeps_to_the_budget(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any], how: str
) -> None:
    bank = Bank(server)
    with pytest.raises(caller.package.BudgetError):
        await value(WAYS[how](client, image()))
    assert bank.billed == 0
    assert is_dry(server) == [True]


@pytest.mark.parametrize("is_run", [True, False])
@pytest.mark.options(budget=Decimal("0.003"))
async def test_a_stream_keeps_to_the_budget(
    client: Any, caller: Caller, server: Server, text: Any, *, is_run: bool
) -> None:
    bank = Bank(server)
    with pytest.raises(caller.package.BudgetError):
        await value(client.run(text) if is_run else client.stream(text).get_result())
    assert client.unfinished() == []
    assert (bank.billed, bank.dry) == (0, 1)


@pytest.mark.options(budget=Decimal(1))
async def test_a_stream_that_is_closed_during_its_dry_run_is_not_sent(
    client: Any, caller: Caller, server: Server, text: Any
) -> None:
    bank = Bank(server)
    reply = server.reply
    loop = None if caller.kind == "sync" else asyncio.get_running_loop()
    stream = client.stream(text)

    def closing(headers: dict[str, str], body: bytes) -> Reply | Drop:
        if loop is None:
            stream.close()
        else:
            asyncio.run_coroutine_threadsafe(stream.aclose(), loop).result(30)
        return reply(headers, body)

    server.reply = closing  # type: ignore[method-assign]
    with pytest.raises(caller.package.ClosedError, match="before its task was sent"):
        await value(stream.get_result())
    assert client.unfinished() == []
    assert (bank.billed, bank.dry) == (0, 1)


@pytest.mark.options(budget=Decimal("0.004"))
async def test_what_fails_gives_its_reservation_back(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    def fail(tasks: Tasks) -> object:
        scope = {"taskUUID": tasks[0]["taskUUID"]}
        return {"errors": [{"code": "inferenceError", "status": "error", **scope}]}

    bank = Bank(server)
    bank._run = fail  # type: ignore[method-assign]
    for _ in range(3):
        with pytest.raises(caller.package.TaskError):
            await value(client.run(image()))
    bank._run = echo(cost=0.004)  # type: ignore[method-assign, assignment]
    await value(client.run(image()))


@pytest.mark.options(budget=Decimal("0.004"))
async def test_a_failure_beside_a_result_keeps_the_reservation(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    def fail(tasks: Tasks) -> object:
        scope = {"taskUUID": tasks[0]["taskUUID"], "status": "error"}
        failure = {"code": "inferenceError", **scope}
        return {**echo(cost=None)(tasks), "errors": [failure]}

    bank = Bank(server)
    bank._run = fail  # type: ignore[method-assign]
    with pytest.raises(caller.package.TaskError) as caught:
        await value(client.run(image(number_results=2)))
    assert len(caught.value.results) == 1
    with pytest.raises(caller.package.BudgetError):
        await value(client.run(image()))


def test_a_text_that_is_streamed_twice_at_once_is_sent_once(
    shipped: ModuleType, server: Server, text: Any
) -> None:
    """The first stream is open until the second one has been refused."""
    bank = Bank(server, text="Hello.")
    refused = threading.Event()
    reply = server.reply

    def reply_late(headers: dict[str, str], body: bytes) -> Reply | Drop:
        response = reply(headers, body)
        if not any(name.lower() == DRY for name in headers):
            refused.wait(60)
        return response

    server.reply = reply_late  # type: ignore[method-assign]

    async def both() -> None:
        budget = Decimal(1)
        async with shipped.AsyncRunware(
            KEY, base_url=server.url, budget=budget
        ) as client:
            streams = [
                asyncio.create_task(client.stream(text).get_result()) for _ in range(2)
            ]
            [first], _ = await asyncio.wait(streams, return_when="FIRST_COMPLETED")
            refused.set()
            await asyncio.wait(streams)
        error = first.exception()
        assert isinstance(error, shipped.RunwareError)
        assert "has already sent a task" in str(error)
        assert error.handle.task_uuid == text.task_uuid

    asyncio.run(both())
    assert (bank.dry, bank.billed) == (2, 1)


@pytest.mark.parametrize("is_run", [True, False])
def test_a_refused_dry_run_leaves_the_task_of_another_call(
    shipped: ModuleType, server: Server, text: Any, *, is_run: bool
) -> None:
    """The dry run of the second call is refused while the server runs the task."""
    bank = Bank(server, text="Hello.")
    is_sent, is_refused, has_two = (threading.Event() for _ in range(3))
    reply = server.reply

    def reply_late(headers: dict[str, str], body: bytes) -> Reply | Drop:
        response = reply(headers, body)
        if not any(name.lower() == DRY for name in headers):
            is_sent.set()
            is_refused.wait(60)
        elif bank.dry == 1:
            has_two.wait(60)
        elif bank.dry == 2:
            has_two.set()
            is_sent.wait(60)
            return Reply({"errors": [{"code": "invalidParameter"}]}, 400)
        return response

    server.reply = reply_late  # type: ignore[method-assign]

    async def both() -> None:
        budget = Decimal("0.006")
        async with shipped.AsyncRunware(
            KEY, base_url=server.url, budget=budget
        ) as client:

            async def call() -> None:
                await (client.run(text) if is_run else client.stream(text).get_result())

            calls = [asyncio.create_task(call()) for _ in range(2)]
            if is_run:  # it waits for the other call
                await asyncio.to_thread(is_sent.wait, 60)
            else:
                [first], _ = await asyncio.wait(calls, return_when="FIRST_COMPLETED")
                assert isinstance(first.exception(), shipped.BadRequestError)
            assert [each.task_uuid for each in client.unfinished()] == [text.task_uuid]
            with pytest.raises(shipped.BudgetError):
                await client.run(text.replace(seed=7))
            is_refused.set()
            await asyncio.wait(calls)
            assert sum(each.exception() is None for each in calls) == 1 + is_run
            assert client.unfinished() == []

    asyncio.run(both())
    assert bank.billed == 1


@pytest.mark.options(budget=Decimal("0.005"))
async def test_results_without_a_cost_count_as_the_dry_run_said(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """They count once, even if they are collected again."""
    bank = Bank(server, cost=None)
    request = image()
    await value(client.run(request))
    await value(client.resume(client.handle(request).to_json()).wait())
    with pytest.raises(caller.package.BudgetError) as caught:
        await value(client.run(image()))
    assert caught.value.committed == Decimal("0.004")
    assert client.cost == 0
    assert bank.billed == 1


@pytest.mark.options(budget=Decimal("0.005"))
async def test_a_task_that_may_be_billed_keeps_its_reservation(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    bank = Bank(server)
    bank._run = lambda _: {"data": []}  # type: ignore[method-assign]
    with pytest.raises(caller.package.RunwareError) as caught:
        await value(client.run(image(), timeout=0.2))
    with pytest.raises(caller.package.BudgetError):
        await value(client.run(image()))
    bank._run = echo(cost=0.001)  # type: ignore[method-assign, assignment]
    await value(caught.value.handle.wait())
    await value(client.run(image()))


@pytest.mark.options(budget=Decimal("0.01"))
async def test_a_task_is_not_sent_again_when_others_have_used_up_the_budget(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """Both tasks fit the budget until one costs more than its dry run reported."""
    first, second = image(), image()
    bank = Bank(server)

    def run(tasks: Tasks) -> object:
        done = [task for task in tasks if task["taskUUID"] == first.task_uuid]
        busy = {"code": "rateLimitExceeded", "taskUUID": second.task_uuid}
        sent.extend(task["taskUUID"] for task in tasks)
        return echo(cost=1)(done) | {"errors": [busy]}  # type: ignore[operator]

    sent = list[str]()
    bank._run = run  # type: ignore[method-assign]
    one, other = await value(client.run_many([first, second]))
    assert one.error is None
    assert isinstance(other.error, caller.package.BudgetError)
    assert other.error.handle is None
    assert (other.error.cost, other.error.committed) == (Decimal("0.004"), 1)
    bank._run = echo()  # type: ignore[method-assign]
    await value(client.send({"taskType": "modelSearch"}))  # it is free
    assert sent == [first.task_uuid, second.task_uuid]


def test_a_stream_is_not_opened_again_when_others_have_used_up_the_budget(
    shipped: ModuleType, server: Server, text: Any, image: Callable[..., Any]
) -> None:
    """The server is busy until another task has cost more than its dry run reported."""
    bank = Bank(server)
    bank._run = echo(cost=1)  # type: ignore[method-assign, assignment]
    is_open, is_paid = threading.Event(), threading.Event()
    reply = server.reply

    def in_turn(headers: dict[str, str], body: bytes) -> Reply | Drop:
        response = reply(headers, body)
        if any(name.lower() == DRY for name in headers):
            return response
        if text.task_uuid in body.decode():
            is_open.set()
            is_paid.wait(60)
            return Reply({}, 429)
        is_open.wait(60)
        return response

    async def both() -> None:
        options = {"base_url": server.url, "budget": Decimal("0.01")}
        async with shipped.AsyncRunware(KEY, **options) as client:
            stream = asyncio.create_task(client.stream(text).get_result())
            await client.run(image())
            is_paid.set()
            with pytest.raises(shipped.BudgetError):
                await stream

    server.reply = in_turn  # type: ignore[method-assign]
    asyncio.run(both())


def test_a_stream_that_is_opened_again_reserves_its_cost_again(
    shipped: ModuleType, server: Server, text: Any, image: Callable[..., Any]
) -> None:
    """While it waits, another call of its task gives the task up."""
    bank = Bank(server, text="Hello.")
    is_refused, is_open, is_over = (threading.Event() for _ in range(3))
    reply = server.reply

    def in_turn(headers: dict[str, str], body: bytes) -> Reply | Drop:
        is_dry = any(name.lower() == DRY for name in headers)
        if is_dry or text.task_uuid not in body.decode():
            return reply(headers, body)
        if not is_refused.is_set():
            is_refused.set()
            return Reply({}, 429, headers={"Retry-After": "3"})
        is_open.set()
        is_over.wait(60)
        return reply(headers, body)

    async def both() -> None:
        options = {"base_url": server.url, "budget": Decimal("0.005")}
        async with shipped.AsyncRunware(KEY, **options) as client:
            stream = asyncio.create_task(client.stream(text).get_result())
            await asyncio.to_thread(is_refused.wait, 60)
            with pytest.raises(shipped.RunwareError):
                await client.run(text, timeout=0.5)
            await asyncio.to_thread(is_open.wait, 60)
            with pytest.raises(shipped.BudgetError):
                await client.run(image())
            is_over.set()
            await stream

    server.reply = in_turn  # type: ignore[method-assign]
    asyncio.run(both())
    assert bank.billed == 1


async def test_a_result_that_comes_again_costs_nothing_more(
    client: Any, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo(cost=0.004, imageUUID="a")
    request = image()
    handle = client.handle(request)
    saved = handle.to_json()
    await value(handle.wait())
    await value(client.resume(saved).wait())  # in another part of the program
    await value(client.run(request))  # run again by mistake
    assert client.cost == 0.004
    server.answer = echo(cost=0.004, imageUUID="b")
    await value(client.run(request))
    assert client.cost == 0.008


@pytest.mark.options(budget=Decimal("0.5"))
async def test_results_that_say_no_cost_beside_others_count_as_the_dry_run_said(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    def run(tasks: Tasks) -> object:
        results = echo(copies=3)(tasks)
        results["data"][0]["cost"] = 0.1  # type: ignore[index]
        return results

    bank = Bank(server, price=0.3)
    bank._run = run  # type: ignore[method-assign]
    await value(client.run(image(number_results=3)))
    assert client.cost == 0.1
    with pytest.raises(caller.package.BudgetError) as caught:
        await value(client.run(image(number_results=3)))
    assert caught.value.committed == Decimal("0.3")


@pytest.mark.parametrize("budget", [Decimal("0.003"), Decimal("0.004")])
def test_a_resumed_task_is_sent_again_within_the_budget(
    caller: Caller, server: Server, image: Callable[..., Any], budget: Decimal
) -> None:
    bank = Bank(server)
    bank._run = lambda tasks: (  # type: ignore[method-assign]
        {"data": []}
        if tasks[0]["taskType"] == "getResponse" and not bank.billed
        else Bank._run(bank, tasks)
    )
    request = image(delivery_method="async")

    async def work(client: Any) -> None:
        saved = client.handle(request).to_json()  # the task was not sent
        handle = client.resume(saved, request)
        if budget < Decimal("0.004"):
            with pytest.raises(caller.package.BudgetError) as caught:
                await value(handle.wait(timeout=0.5))
            assert caught.value.handle is not None
        else:
            await value(handle.wait())

    caller.using(work, budget=budget)
    assert bank.dry == 1
    assert bank.billed == (1 if budget == Decimal("0.004") else 0)


def test_only_a_task_that_may_be_billed_has_a_reservation(shipped: ModuleType) -> None:
    delivery = f"{shipped.__name__}._runtime.delivery"
    wire = {"taskType": "imageInference", "taskUUID": "a"}
    task = import_module(f"{delivery}.task").Task(wire, dict)
    account = import_module(f"{delivery}.account").Account(Decimal(1))
    task.resume()
    account.reserve(task, Decimal("0.5"))
    assert account.committed == Decimal("0.5")
    account.settle(task)  # its call ends between the dry run and the sending
    assert account.committed == 0
    task.apply(task.receive([wire | {"text": "", "cost": 0.1}], [], is_complete=True))
    account.reserve(task, Decimal("0.5"))  # another call has finished it meanwhile
    assert account.committed == 0


@pytest.mark.options(budget=Decimal(5))
async def test_a_dry_run_that_fails_keeps_the_task_from_being_sent(
    client: Any, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    bank = Bank(server)
    bank._priced = lambda _: Reply({}, 403)  # type: ignore[method-assign, assignment]
    request = image()
    with pytest.raises(caller.package.PermissionDeniedError) as caught:
        await value(client.run(request))
    assert caught.value.task_uuid == request.task_uuid
    assert bank.billed == 0


@pytest.mark.parametrize(
    ("budget", "kind"),
    [
        (0.5, TypeError),
        ("1", TypeError),
        (True, TypeError),
        (Decimal(-1), ValueError),
        (Decimal("NaN"), ValueError),
    ],
)
def test_a_budget_is_a_decimal(
    caller: Caller, budget: object, kind: type[Exception]
) -> None:
    with pytest.raises(kind, match="budget must be"):
        caller("unfinished", options={"budget": budget})


def test_a_budget_is_exact_among_threads(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    bank = Bank(server, price=0.1)
    with shipped.Runware(KEY, base_url=server.url, budget=Decimal("0.7")) as client:
        clients = [client, client.with_options(timeout=50)]

        def run(number: int) -> bool:
            try:
                clients[number % 2].run(image())
            except shipped.BudgetError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            ran = [*pool.map(run, range(20))]
        assert client.cost == 0.7
    assert (sum(ran), bank.billed) == (7, 7)


def test_a_budget_is_exact_among_tasks(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    bank = Bank(server, price=0.1)

    async def work() -> list[object]:
        options = {"base_url": server.url, "budget": Decimal("0.7")}
        async with shipped.AsyncRunware(KEY, **options) as client:
            runs = (client.run(image()) for _ in range(20))
            return await asyncio.gather(*runs, return_exceptions=True)

    refused = [isinstance(r, shipped.BudgetError) for r in asyncio.run(work())]
    assert (refused.count(False), bank.billed) == (7, 7)


# -- the mock -----------------------------------------------------------------


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    """A mock server for the shipped documents."""
    with mocking("--latency", "0") as mock:
        yield mock


@pytest.fixture(params=["sync", "async"])
def mocked(request: pytest.FixtureRequest, shipped: ModuleType, mock: Mock) -> Caller:
    """A `Caller` for a client of the mock server: sync, then async."""
    mock.clear()
    return Caller(request.param, shipped, mock.url)


def test_the_mock_prices_and_bills_nothing(
    mocked: Caller, mock: Mock, image: Callable[..., Any]
) -> None:
    priced = mocked("dry_run", image(number_results=2))
    assert priced.cost == Decimal("0.0026")
    ledger = mock.ledger()
    assert (ledger["tasks"], ledger["dryRuns"]) == ({}, 1)
    with contextlib.suppress(mocked.package.BudgetError):
        mocked("run", image(), options={"budget": Decimal("0.001")})
    assert mock.ledger()["totals"]["tasks"] == 0
    mocked("run", image(include_cost=True), options={"budget": Decimal("0.0013")})
    assert mock.ledger()["totals"]["billed"] == 1


def test_the_mock_refuses_in_a_dry_run_what_it_refuses_in_a_run(mock: Mock) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "X-Runware-Dry-Run": "1"}
    task = {"taskType": "imageInference", "model": "a:b@1"}
    answer = mock.client.post(mock.url, json=[task], headers=headers)
    assert answer.status_code == 400
    assert [e["code"] for e in answer.json()["errors"]]


@pytest.mark.options(budget=Decimal(1))
async def test_a_stream_with_a_known_price_needs_no_other_dry_run(
    client: Any, server: Server, text: Any
) -> None:
    bank = Bank(server, text="Hello.")
    await value(client.dry_run(text))
    await value(client.stream(text).get_result())
    assert is_dry(server) == [True, False]
    assert bank.billed == 1


@pytest.mark.options(budget=Decimal(1))
async def test_the_oldest_price_is_forgotten(
    shipped: ModuleType,
    client: Any,
    server: Server,
    image: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = import_module(f"{shipped.__name__}._runtime.delivery.account")
    monkeypatch.setattr(account, "MAX_PRICES", 1)
    Bank(server)
    first, second = image(), image()
    for request in (first, second):
        await value(client.dry_run(request))
    for request in (second, first):
        await value(client.run(request))
    assert is_dry(server) == [True, True, False, True, False]


def test_a_dry_run_leaves_time_to_send_or_poll_its_task(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    submissions = import_module(f"{shipped.__name__}._runtime.delivery.submission")
    with shipped.Runware(KEY, budget=Decimal(1)) as client:
        submission = submissions.submission_of(image())
        batch = client._engine.delivery([submission], 1.0).next_batch()
    assert batch.is_dry
    assert batch.timeout < 0.95
