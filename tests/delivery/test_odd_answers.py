"""Odd responses: whatever they contain, calls raise only exceptions of the client."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

import pytest

from loopback import Drop, Reply, acknowledge, echo, news, value

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Caller, Server, Tasks

TASK = "imageInference"
IMAGE = "https://im.runware.ai/a.png"


def each_of(name: str, *odd: Any) -> list[dict[str, Any]]:
    """Return an object for each value, with the value as its only member."""
    return [{name: value} for value in odd]


def nested(depth: int) -> Any:
    """Return nested arrays."""
    made: Any = []
    for _ in range(depth):
        made = [made]
    return made


ODD: list[dict[str, Any]] = [
    *each_of("status", {}, [], ["success"], 7, True, None, "", "Queued"),
    *each_of("cost", 10**399, -(10**399), float("nan"), float("inf"), 1e308),
    *each_of("cost", "1", {}, [], True, None),
    *each_of("progress", float("nan"), "x", {}, 10**399, -5, None),
    *each_of("seed", {}, "x", 1.5, 10**399),
    *each_of("imageUUID", [], {}, 7, "\ud800"),
    *each_of("taskType", 7, {}, None, "", "x" * 10_000),
    *each_of("numberResults", 10**399, -1, "x", {}, True),
    *each_of("NSFWContent", "maybe", [], 7),
    *each_of("message", {}, 7, [[]]),
    *each_of("code", {}, 7, [[]]),
    {"": 1, "__class__": 2, "model_config": 3},
    {"self": 1, "item": 2, "cls": 3},
    {"deep": nested(400)},
    {"imageURL": {}, "status": "success"},
    {"imageURL": 7},
    {"error": None},
]


def unharmed(tasks: Tasks, odd: dict[str, dict[str, Any]]) -> Reply:
    """Answer each task with a result that includes its odd members."""
    items = [
        {"taskType": TASK, "taskUUID": t["taskUUID"], "imageURL": IMAGE}
        | odd[t["taskUUID"]]
        for t in tasks
    ]
    return Reply(json.dumps({"data": items}))


@pytest.mark.parametrize("delivery", ["sync", "async"])
def test_odd_members_lose_no_result_of_a_batch(
    caller: Caller, server: Server, image: Callable[..., Any], delivery: str
) -> None:
    requests = [image(delivery_method=delivery) for _ in ODD]
    odd = {r.task_uuid: members for r, members in zip(requests, ODD, strict=True)}

    def answer(tasks: Tasks) -> object:
        is_sent = tasks[0]["taskType"] == TASK
        is_later = is_sent and delivery == "async"
        return acknowledge(tasks) if is_later else unharmed(tasks, odd)

    server.answer = answer

    async def work(client: Any) -> None:
        outcomes = await value(client.run_many(requests))
        for outcome, members in zip(outcomes, ODD, strict=True):
            assert outcome.error is None, members
            [result] = outcome.results
            assert result.to_wire().keys() >= members.keys()
        assert isfinite(client.cost)

    caller.using(work)


@pytest.mark.parametrize("odd", range(0, len(ODD), 7))
def test_odd_members_of_tasks_under_way(
    caller: Caller, server: Server, image: Callable[..., Any], odd: int
) -> None:
    """A task without an output continues, whatever its other members are."""
    members = {n: v for n, v in ODD[odd].items() if n != "imageURL"}
    done = news({"status": "success", "imageURL": IMAGE})
    server.script(acknowledge, news({"status": "queued"} | members), done)
    [result] = caller("run", image(delivery_method="async"))
    assert result.image_url == IMAGE


@pytest.mark.parametrize(
    "item",
    [
        {"cost": 0.1},
        {"estimatedTime": 12},
        {"status": "queued", "position": 3},
        {"status": "running", "message": "warming up"},
        {"status": "in_progress", "eta": 9},
        {"seed": 7},
        {"imageUUID": "a", "progress": 30},
        {"imageURL": "", "progress": 30},
        {"imageUUID": "a", "seed": 1, "cost": 0.5, "model": "runware:101@1"},
        {"status": "queued", "seed": 7},
        {"status": "PROCESSING", "imageUUID": "a"},
        {"status": "running", "cost": 0.1, "imageURL": None},
        {"status": {}, "seed": 7},
        {"status": "running", "inputImageURL": "https://example.com/in.png"},
        {"inputs": {"images": ["a"]}, "inputImageDataURI": "data:,a"},
    ],
    ids=str,
)
@pytest.mark.parametrize("delivery", ["sync", "async"])
def test_what_has_no_output_is_no_result(
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    item: dict[str, Any],
    delivery: str,
) -> None:
    done = news({"status": "success", "imageURL": IMAGE})
    server.script(news(item), news(item), done)
    [result] = caller("run", image(delivery_method=delivery))
    assert result.image_url == IMAGE
    assert server.sent == [TASK, "getResponse", "getResponse"]


@pytest.mark.parametrize(
    "body",
    [
        *("", "null", "7", '"x"', "[]", "[7]", "{}", "{", "NaN", "[" * 100_000),
        '{"data": 7}',
        '{"data": null, "errors": null}',
        '{"data": [7, null, "x", []], "errors": []}',
        '{"data": {}}',
        b'{"data": ["\xff"]}',
        b"\xff\xfe",
        '{"data": [{"taskUUID": 7, "imageURL": {}}]}',
        '{"data": [], "data": 7}',
    ],
    ids=range(18),
)
def test_odd_bodies_leave_a_task_as_it_is(
    caller: Caller, server: Server, image: Callable[..., Any], body: Any
) -> None:
    done = news({"status": "success", "imageURL": IMAGE})
    requests = [image() for _ in range(2)]
    server.script(Reply(body), Reply(body), Reply(body, 500), *[done] * 4)
    for outcome in caller("run_many", requests):
        [result] = outcome.unwrap()
        assert result.image_url == IMAGE


@pytest.mark.parametrize(
    "error",
    [
        {"code": {}, "message": None},
        {"code": 10**399, "message": 10**399},
        {"code": "x" * 100_000, "message": "\ud800" * 10},
        {"parameter": {"a": [1]}, "documentation": 7, "status": []},
        {"taskType": {}, "type": [], "allowedValues": nested(300)},
        {"message": {"message": "no"}, "status": 10**399},
        {"status": {}, "retryAfter": float("nan")},
    ],
    ids=range(7),
)
@pytest.mark.parametrize("status", [200, 400, 418])
def test_odd_errors_are_errors_of_the_client(
    shipped: ModuleType,
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    error: dict[str, Any],
    status: int,
) -> None:
    requests = [image() for _ in range(2)]
    bad, good = requests

    def answer(tasks: Tasks) -> object:
        data = [
            {"taskUUID": t["taskUUID"], "imageURL": IMAGE}
            for t in tasks
            if t["taskUUID"] == good.task_uuid
        ]
        named = {"taskUUID": bad.task_uuid} | error
        return Reply(json.dumps({"data": data, "errors": [named]}), status)

    server.answer = answer
    server.takes = 25
    failed, finished = caller("run_many", requests)
    assert [result.image_url for result in finished.unwrap()] == [IMAGE]
    assert isinstance(failed.error, shipped.RunwareError)
    str(failed.error).encode("utf-8", "surrogatepass")


def test_a_number_of_thousands_of_digits_loses_no_result(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """By default, Python refuses to parse such a number."""

    def answer(tasks: Tasks) -> object:
        items = ", ".join(
            f'{{"taskUUID": "{t["taskUUID"]}", "imageURL": "{IMAGE}", "cost": {cost}}}'
            for t, cost in zip(tasks, ("9" * 5000, "0.5"), strict=False)
        )
        return Reply(f'{{"data": [{items}]}}')

    server.answer = answer
    for outcome in caller("run_many", [image(), image()]):
        [result] = outcome.unwrap()
        assert result.image_url == IMAGE


@pytest.mark.parametrize("bad", [b"\xff", b"caf\xe9", b"\xe2\x82", b"a\tb\n\x00"])
def test_bytes_that_are_not_valid_lose_no_result(
    caller: Caller, server: Server, image: Callable[..., Any], bad: bytes
) -> None:
    """A model may cut a text inside a character, or a server may escape no line break."""

    def answer(tasks: Tasks) -> object:
        items = [
            {"taskUUID": t["taskUUID"], "imageURL": IMAGE, "note": f"note {number}"}
            for number, t in enumerate(tasks)
        ]
        body = json.dumps({"data": items}).encode()
        return Reply(body.replace(b"note 0", bad))

    server.answer = answer
    first, second = caller("run_many", [image(), image()])
    [result] = first.unwrap()
    assert result.to_wire()["note"] == bad.decode(errors="replace")
    [result] = second.unwrap()
    assert result.to_wire()["note"] == "note 1"


def test_thousands_of_results_of_one_task(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """The time to compare them is linear in their number, not quadratic."""
    server.answer = echo(copies=10_000)
    assert len(caller("run", image())) == 10_000


@pytest.mark.parametrize("number", [1, 2, 3])
def test_more_results_than_were_ordered(
    caller: Caller, server: Server, image: Callable[..., Any], number: int
) -> None:
    """Each result is returned once, and extra results are returned too."""
    items = [{"imageUUID": n, "imageURL": f"{IMAGE}?{n}"} for n in "abcd"]
    server.script(Drop(), news(*[item | {"status": "success"} for item in items]))
    results = caller("run", image(number_results=number))
    assert len({result.image_uuid for result in results}) == len(results) >= number


def test_a_result_that_comes_twice_in_one_response_counts_once(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    one, other = ({"imageUUID": n, "imageURL": f"{IMAGE}?{n}"} for n in "ab")
    server.script(Drop(), news(one, one), news(one, other))
    results = caller("run", image(number_results=2))
    assert [result.image_uuid for result in results] == ["a", "b"]


@pytest.mark.parametrize("member", ["answer", "text"])
def test_a_result_without_equal_members_is_no_copy(
    caller: Caller, server: Server, image: Callable[..., Any], member: str
) -> None:
    request = image()
    scope = {"taskUUID": request.task_uuid, "status": "success"}
    items = [scope | {"text": "a"}, scope | {member: "b"}]
    server.answer = lambda _: {"data": items}
    results = caller("run", request, timeout=5)
    assert [result.to_wire() for result in results] == items


async def test_failures_of_several_results_may_be_told_alike(
    shipped: ModuleType, client: Any, server: Server, image: Callable[..., Any]
) -> None:
    """Two of four results fail with equal errors. The client polls only a few times."""
    request = image(number_results=4, delivery_method="async")
    scope = {"taskType": TASK, "taskUUID": request.task_uuid}
    made = [scope | {"imageUUID": str(n), "status": "success"} for n in range(2)]
    failed = {**scope, "code": "taskFailed", "message": "No.", "status": "error"}
    server.split(acknowledge, {"data": made, "errors": [failed, failed]})
    with pytest.raises(shipped.TaskError) as caught:
        await value(client.run(request))
    assert caught.value.handle is None
    assert len(caught.value.results) == 2
    assert client.unfinished() == []


@pytest.mark.parametrize("code", ["pollingTooFast", "queryTimeout", "gatewayTimeout"])
def test_an_error_of_a_poll_that_names_the_task_ends_nothing(
    caller: Caller, server: Server, image: Callable[..., Any], code: str
) -> None:
    """An error fails a task only if it has the status `error` or the task type."""

    def troubled(tasks: Tasks) -> object:
        error = {"code": code, "message": "Ask later."}
        return {"errors": [error | {"taskUUID": tasks[0]["taskUUID"]}]}

    server.script(acknowledge, troubled, troubled, echo())
    assert len(caller("run", image(delivery_method="async"))) == 1
    assert len(server.calls) == 4


def test_results_that_never_come_end_the_wait(
    shipped: ModuleType, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """A sync response has one of two results, and polls tell nothing about the other."""

    server.split(echo(), {"data": []})
    error = caller.error("run", image(number_results=2))
    assert type(error) is shipped.ResponseError
    assert "returned 1 of 2 results, and no information about the others" in str(error)
    assert len(error.results) == 1
    assert error.handle is not None
