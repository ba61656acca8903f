"""Tests of the client over a real socket: what it sends, and how it matches results.

`test_client_errors.py` tests the exceptions that it raises.
"""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from itertools import islice
from pathlib import Path
from traceback import TracebackException
from typing import TYPE_CHECKING, Any, get_type_hints
from uuid import uuid4

import httpx2
import pydantic
import pytest

from loopback import KEY, Reply, acknowledge, echo, news

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Caller, Server, Tasks

RUN = "image_inference.run"
IMAGE = "https://im.runware.ai/a.png"


# -- what is sent -------------------------------------------------------------


def test_the_key_travels_as_a_header(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo()
    request = image()
    caller("run", request)
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert server.headers[0]["content-type"] == "application/json"
    assert server.calls == [[request.to_wire()]]


@pytest.mark.parametrize(
    ("user", "sent_user"), [("", None), ("me:word@", "Basic bWU6d29yZA==")]
)
def test_the_key_travels_as_the_first_task(
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    user: str,
    sent_user: str | None,
) -> None:
    """A gateway gets the user of the URL."""

    def answer(tasks: Tasks) -> object:
        [authentication, task] = tasks
        session = {"connectionSessionUUID": str(uuid4())}
        authenticated = {"taskType": authentication["taskType"], **session}
        result = {"taskUUID": task["taskUUID"], "imageURL": IMAGE, "seed": 7}
        return {"data": [authenticated, result]}

    server.answer = answer
    request = image()
    url = server.url.replace("//", f"//{user}")
    [result] = caller("run", request, options={"auth": "payload", "base_url": url})
    assert result.seed == 7
    assert server.headers[0].get("authorization") == sent_user
    sent = [{"taskType": "authentication", "apiKey": KEY}, request.to_wire()]
    assert server.calls == [sent]


def test_the_key_comes_from_the_environment(
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNWARE_API_KEY", "from-environment\n")
    server.answer = echo()
    caller("run", image(), options={"api_key": None})
    assert server.headers[0]["authorization"] == "Bearer from-environment"


def test_headers_of_a_call_win(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo()
    extra = {"authorization": "Bearer other", "X-Trace": "1"}
    caller(RUN, image(), extra_headers=extra)
    assert server.headers[0]["authorization"] == "Bearer other"
    assert server.headers[0]["x-trace"] == "1"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"base_url": "api.runware.ai/v1"}, "base_url must start with https://"),
        ({"auth": "cookie"}, "auth must be 'header' or 'payload', not 'cookie'"),
        ({"timeout": 0}, "timeout must be a number of seconds above 0, not 0"),
        ({"timeout": float("inf")}, "timeout must be a number of seconds above 0"),
        ({"concurrency": 0}, "concurrency must be an integer of 1 or more, not 0"),
        ({"concurrency": 2.5}, "concurrency must be an integer of 1 or more"),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    caller: Caller, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        caller("run", None, options=options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"api_key": pydantic.SecretStr("a-secret-key")},
            "api_key must be a str, not SecretStr",
        ),
        (
            {"base_url": pydantic.AnyUrl("https://a")},
            "base_url must be a str, not AnyUrl",
        ),
    ],
)
def test_options_of_settings_are_texts(
    caller: Caller, options: dict[str, Any], said: str
) -> None:
    """Settings of pydantic have classes of their own for secrets and addresses."""
    with pytest.raises(TypeError, match=said):
        caller("run", None, options=options)


@pytest.mark.parametrize(
    ("kind", "other", "said"),
    [
        ("Runware", httpx2.AsyncClient, "an httpx2.Client, not httpx2.*AsyncClient"),
        ("AsyncRunware", httpx2.Client, "an httpx2.AsyncClient, not httpx2.*Client"),
        ("Runware", dict, "an httpx2.Client, not builtins.dict"),
    ],
)
def test_an_http_client_of_another_kind_is_refused(
    shipped: ModuleType, kind: str, other: Callable[[], Any], said: str
) -> None:
    with pytest.raises(TypeError, match=f"http_client must be {said}"):
        getattr(shipped, kind)(KEY, http_client=other())


def test_an_http_client_that_was_brought_is_used_and_left_open(
    shipped: ModuleType, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo()
    with httpx2.Client(headers={"X-Mine": "1"}) as mine:
        for _ in range(2):
            with shipped.Runware(KEY, base_url=server.url, http_client=mine) as client:
                client.run(image())
        assert not mine.is_closed
    assert [headers["x-mine"] for headers in server.headers] == ["1", "1"]


# -- requests and keyword arguments -------------------------------------------


def test_results_are_of_the_class_of_the_request(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.answer = echo(imageUUID="u", newField=[1])
    request = image()
    for method in ("run", RUN):
        [result] = caller(method, request)
        assert type(result) is request.result
        assert result.image_uuid == "u"
        assert result.to_wire()["newField"] == [1]


def test_keywords_make_the_request(caller: Caller, server: Server) -> None:
    server.answer = echo(seed=5)
    [result] = caller(RUN, model="runware:101@1", positive_prompt="dusk")
    assert result.seed == 5
    [[sent]] = server.calls
    sent.pop("taskUUID")
    task = {"taskType": "imageInference", "model": "runware:101@1"}
    assert sent == {**task, "positivePrompt": "dusk"}


def test_nothing_is_sent_for_a_wrong_request(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    with pytest.raises(pydantic.ValidationError, match="positive_prompt"):
        caller(RUN, model="runware:101@1", positive_prompt="")
    with pytest.raises(TypeError, match="seed cannot be combined with a request"):
        caller(RUN, image(), seed=1)
    with pytest.raises(
        TypeError, match=r"timeot cannot be .*\. Did you mean timeout\?"
    ):
        caller(RUN, image(), timeot=1)
    with pytest.raises(TypeError, match="one request at a time"):
        caller(RUN, image(), image())
    with pytest.raises(TypeError, match=r"without a keyword: run\(request\)"):
        caller(RUN, request=image())
    with pytest.raises(TypeError, match="parameters are given by name"):
        caller("model_search.iterate", image())
    with pytest.raises(TypeError, match=r"client runs ping tasks, not imageInference"):
        caller("ping.run", image())
    assert server.calls == []


def test_a_task_without_uuid_is_matched_by_its_type(
    caller: Caller, server: Server
) -> None:
    server.answer = lambda _: {"data": [{"taskType": "ping", "pong": True}]}
    [result] = caller("ping.run", ping=True)
    assert result.pong is True
    assert len(server.calls) == 1


def test_the_case_of_a_uuid_means_nothing(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    uuids = [str(uuid4()).upper() for _ in range(2)]
    server.answer = lambda _: {
        "data": [
            {"taskUUID": uuid.lower(), "imageURL": IMAGE, "seed": n}
            for n, uuid in enumerate(uuids)
        ]
    }
    outcomes = caller("run_many", [image(task_uuid=uuid) for uuid in uuids])
    assert [outcome.unwrap()[0].seed for outcome in outcomes] == [0, 1]


def test_a_lone_task_owns_a_result_without_uuid(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    item = {"taskType": "anotherName", "imageURL": IMAGE}
    server.answer = lambda _: {"data": [item]}
    [result] = caller("run", image())
    assert result.to_wire() == item


# -- many tasks ---------------------------------------------------------------


def test_results_are_matched_whatever_their_order(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    def shuffled(tasks: Tasks) -> object:
        items = [
            {
                "taskUUID": t["taskUUID"].upper(),
                "imageURL": f"https://im.runware.ai/{n}.png",
                "n": n,
                "prompt": t["positivePrompt"],
            }
            for n in range(2)
            for t in reversed(tasks)
        ]
        stranger = {"taskUUID": str(uuid4()), "prompt": "of another"}
        return {"data": [*items, stranger]}

    server.answer = shuffled
    requests = [image(positive_prompt=p, number_results=2) for p in ("a", "b", "c")]
    outcomes = caller("run_many", requests)
    assert [outcome.request for outcome in outcomes] == requests
    assert [
        [(r.to_wire()["prompt"], r.to_wire()["n"]) for r in outcome.results]
        for outcome in outcomes
    ] == [[(p, 0), (p, 1)] for p in ("a", "b", "c")]
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert [len(call) for call in server.calls] == [3]


@pytest.mark.parametrize("status", [200, 400])
def test_one_failure_does_not_lose_the_others(
    shipped: ModuleType,
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    status: int,
) -> None:
    def answer(tasks: Tasks) -> object:
        first, second, third = (task["taskUUID"] for task in tasks)
        data = [
            {"taskUUID": uuid, "imageURL": IMAGE, "seed": seed}
            for uuid, seed in ((third, 3), (first, 1))
        ]
        errors = [{"taskUUID": second, "code": "taskFailed", "message": "no"}]
        return Reply({"data": data, "errors": errors}, status)

    server.answer = answer
    first, second, third = caller("run_many", [image(), image(), image()])
    assert [first.unwrap()[0].seed, third.unwrap()[0].seed] == [1, 3]
    assert second.results == []
    assert second.error.code == "taskFailed"
    assert second.error.task_uuid == second.request.task_uuid
    with pytest.raises(shipped.RunwareError, match="taskFailed: no"):
        second.unwrap()


def test_tasks_that_cannot_be_told_apart_are_not_sent(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    request = image()
    with pytest.raises(ValueError, match="the same taskUUID"):
        caller("run_many", [request, request])
    assert server.calls == []


def test_no_tasks_are_no_call(caller: Caller, server: Server) -> None:
    assert caller("run_many", []) == []
    assert server.calls == []


# -- asynchronous delivery ----------------------------------------------------


def test_an_acknowledged_task_is_asked_for_until_it_is_done(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    server.script(
        acknowledge,
        {"data": []},
        news({"status": "processing", "progress": 40}),
        news({"status": "pending"}),
        news({"status": "success", "imageUUID": "u"}),
    )
    request = image(delivery_method="async")
    [result] = caller("run", request)
    assert result.image_uuid == "u"
    assert server.calls[0] == [request.to_wire()]
    question = {"taskType": "getResponse", "taskUUID": request.task_uuid}
    assert server.calls[1:] == [[question]] * 4


@pytest.mark.parametrize("repeats", [True, False], ids=["all so far", "news alone"])
def test_all_results_of_a_task_are_waited_for(
    caller: Caller, server: Server, image: Callable[..., Any], *, repeats: bool
) -> None:
    """The API does not document whether a response repeats earlier results."""
    one, two = ({"status": "success", "imageUUID": u} for u in "ab")
    last = news(one, two) if repeats else news(two)
    server.script(acknowledge, news(one, {"status": "processing"}), news(one), last)
    results = caller("run", image(delivery_method="async", number_results=2))
    assert [result.image_uuid for result in results] == ["a", "b"]


def test_equal_results_of_one_answer_are_two(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    same = {"status": "success", "text": "yes"}
    server.script(acknowledge, news(same), news(same, same))
    results = caller("run", image(delivery_method="async", number_results=2))
    assert len(results) == 2


def test_a_batch_asks_for_all_that_is_left_at_once(
    caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    requests = [image(positive_prompt=p) for p in ("a", "b", "c")]
    uuids = [request.task_uuid for request in requests]
    acknowledged = [{"taskUUID": uuid} for uuid in uuids[1:]]
    server.script(
        {
            "data": [
                {"taskUUID": uuids[0], "imageURL": IMAGE, "seed": 0},
                *acknowledged,
            ]
        },
        {"data": [{"taskUUID": uuids[2], "seed": 2, "status": "success"}]},
        {"data": [{"taskUUID": uuids[1], "seed": 1, "status": "success"}]},
    )
    outcomes = caller("run_many", requests)
    assert [outcome.unwrap()[0].seed for outcome in outcomes] == [0, 1, 2]
    asked = [[task["taskUUID"] for task in call] for call in server.calls]
    assert asked == [uuids, uuids[1:], uuids[1:2]]


def test_asking_for_a_task_oneself_waits_for_nothing(
    caller: Caller, server: Server
) -> None:
    server.answer = news({"taskType": "imageInference", "status": "processing"})
    [result] = caller("get_response.run", task_uuid=str(uuid4()))
    assert result.status == "processing"
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("task_type", "most"),
    [
        ("imageInference", [1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 10, 10]),
        ("videoInference", [2, 3, 4.5, 6.75, 10, 10]),
    ],
)
def test_waits_grow_to_a_limit(
    shipped: ModuleType, task_type: str, most: list[float]
) -> None:
    waits = [*islice(shipped.Waits().of(task_type), len(most))]
    for wait, longest in zip(waits, most, strict=True):
        assert 0.8 * longest <= wait <= longest


# -- the client itself --------------------------------------------------------


def test_a_client_imports_little(shipped: ModuleType) -> None:
    code = (
        f"import sys, {shipped.__name__} as c\n"
        "heavy = {'asyncio', 'concurrent.futures', 'difflib', 'httpx2', 'pydantic.main', "
        "'pydantic.types', 'queue', 'signal', 'uuid'}\n"
        "assert not heavy & {*sys.modules}\n"
        "c.Runware\n"
        "print(heavy & {*sys.modules})"
    )
    folder = Path(str(shipped.__file__)).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "{'httpx2'}\n", done.stderr


def test_it_is_imported_with_fewer_selectors_and_says_what_else_is_missing(
    shipped: ModuleType,
) -> None:
    code = (
        "import selectors, httpx2\n"
        "del selectors.PollSelector\n"  # as eventlet does
        "present = vars(httpx2).pop('ConnectTimeout')\n"
        "try:\n"
        f"    from {shipped.__name__} import Runware\n"
        "except ImportError as error:\n"
        "    print(error)\n"
        "httpx2.ConnectTimeout = present\n"
        f"from {shipped.__name__} import Runware\n"
    )
    folder = shipped.__path__[0].rpartition("/")[0]
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    )
    missing = "module 'httpx2' has no attribute 'ConnectTimeout'"
    assert done.stdout == f"Runware cannot be imported: {missing}\n"


def test_a_task_type_is_imported_when_it_is_used(shipped: ModuleType) -> None:
    code = (
        f"import sys, {shipped.__name__} as c\n"
        "def loaded(): return [m for m in sys.modules if 'image_inference' in m]\n"
        "assert 'httpx2' not in sys.modules\n"
        "client = c.Runware('key')\n"
        "assert not loaded(), loaded()\n"
        "assert client.image_inference is client.image_inference\n"
        "assert loaded()\n"
        "client.close()\n"
    )
    folder = shipped.__path__[0].rpartition("/")[0]
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)


@pytest.mark.parametrize("name", ["Runware", "AsyncRunware"])
def test_a_client_shows_no_key_and_is_not_copied(
    shipped: ModuleType, name: str
) -> None:
    client = getattr(shipped, name)(KEY)
    endpoint = client._engine.endpoint
    shown = [repr(vars(client)), repr(client), str(client), str(endpoint)]
    assert KEY not in "".join(shown)
    assert repr(client).startswith(f"{name}(base_url='https://api.runware.ai/v1'")
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="Create one in each process"):
            copied(client)
        with pytest.raises(TypeError, match="Create a new client"):
            copied(endpoint.key)


@pytest.mark.parametrize("name", ["Runware", "AsyncRunware"])
def test_variables_show_no_secret(
    shipped: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = getattr(shipped, name)
    monkeypatch.setenv("RUNWARE_API_KEY", f'"{KEY}"')
    with pytest.raises(shipped.RunwareError, match="characters") as caught:
        kind()
    report = TracebackException.from_exception(caught.value, capture_locals=True)
    assert KEY not in "".join(report.format())
    url = "https://user:gateway-secret@example.com/v1"
    headers = {"X-Gateway": "gateway-secret"}
    client = kind(KEY, base_url=url, default_headers=headers)
    assert "gateway-secret" not in repr(vars(client))


@pytest.mark.parametrize(
    ("method", "given", "said"),
    [
        (
            "run",
            "dict",
            r"a dict is not a request. Create one with parse_request\(task\)",
        ),
        (
            "run",
            "list",
            "a list is not a request. Use run_many to run several requests",
        ),
        ("run", "class", "ImageInferenceRequest is a class, not a request"),
        ("run", "number", "expected a request, not int"),
        ("run_many", "request", "not one ImageInferenceRequest. Use run"),
        ("run_many", "dicts", "a dict is not a request"),
    ],
)
def test_what_is_not_a_request_is_a_type_error(
    caller: Caller, image: Callable[..., Any], method: str, given: str, said: str
) -> None:
    request = image()
    values = {
        "dict": request.to_wire(),
        "list": [request],
        "number": 7,
        "class": type(request),
        "request": request,
        "dicts": [request.to_wire()],
    }
    with pytest.raises(TypeError, match=said):
        caller(method, values[given])


@pytest.mark.parametrize("name", ["Runware", "AsyncRunware"])
def test_a_constructor_has_annotations_that_frameworks_can_evaluate(
    shipped: ModuleType, name: str
) -> None:
    """Dependency injection frameworks evaluate them."""
    hints = get_type_hints(getattr(shipped, name).__init__)
    assert {"api_key", "http_client", "budget", "on_event"} <= hints.keys()


# -- outcomes ---------------------------------------------------------------------


def test_an_outcome_can_be_made_and_matched_by_its_public_names(
    shipped: ModuleType, image_inference: ModuleType
) -> None:
    request = image_inference.ImageInferenceRequest(model="runware:101@1")
    made = shipped.Outcome(request, results=[], error=None)
    assert repr(made) == f"Outcome(request={request!r}, results=[], error=None)"
    assert made.__match_args__ == ("request", "results", "error")
    assert made.unwrap() == []
    names = [field.name for field in dataclasses.fields(made)]
    assert names == ["request", "results", "error"]  # orjson writes these
    assert dataclasses.replace(made, results=[1]).unwrap() == [1]
    assert copy.deepcopy(made) == made


@pytest.mark.parametrize("name", ["Outcome", "DryRun", "RawResponse", "Delta"])
def test_a_record_is_a_field_of_a_model(shipped: ModuleType, name: str) -> None:
    record = getattr(shipped, name)
    job = pydantic.create_model(
        "Job",
        __config__=pydantic.ConfigDict(arbitrary_types_allowed=True),
        record=(record | None, None),
    )
    assert job().record is None
    assert get_type_hints(record)
