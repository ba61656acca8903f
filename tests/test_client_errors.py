"""What the client raises, against a real socket: classes, contents, advice, no key."""

from __future__ import annotations

import builtins
import copy
import io
import json
import logging
import pickle
import re
import socket
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx2
import pytest

from loopback import KEY, Reply, acknowledge, echo, news, pickled

if TYPE_CHECKING:
    from types import ModuleType

    from loopback import Caller, Server, Tasks

RUN = "image_inference.run"
CHAIR = {"model": "runware:101@1", "positive_prompt": "a chair"}
LATER = {**CHAIR, "delivery_method": "async"}
HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


def failing(**item: Any) -> Any:
    """Answer every task with an error."""

    def answer(tasks: Tasks) -> object:
        return {"errors": [{"taskUUID": t["taskUUID"]} | item for t in tasks]}

    return answer


def refused(status: int, **item: Any) -> Any:
    """Answer every task with an error and an HTTP status."""
    return lambda tasks: Reply(failing(**item)(tasks), status)


# -- errors of the server -----------------------------------------------------

CLASSES = [
    (400, "BadRequestError", "BAD_REQUEST", "Correct what the message names"),
    (401, "AuthenticationError", "UNAUTHORIZED", "Check the key in api_key or RUNWARE"),
    (402, "PaymentRequiredError", "PAYMENT_REQUIRED", "Add credit to the account"),
    (403, "PermissionDeniedError", "FORBIDDEN", "Use a key of a team that may"),
    (404, "NotFoundError", "NOT_FOUND", "Check the task's identifiers"),
    (429, "RateLimitError", "TOO_MANY_REQUESTS", "Wait, and send fewer tasks at once"),
    (500, "ServerError", "INTERNAL_SERVER_ERROR", "Something failed at Runware or on"),
    (503, "ServerError", "SERVICE_UNAVAILABLE", "Something failed at Runware or on"),
    (504, "ServerError", "GATEWAY_TIMEOUT", "Something failed at Runware or on the way"),
]
NOT_TAKEN = "The server did not take the task, and nothing was billed."
COLLECT = (
    "The task may have run: collect it with this error's handle instead of sending it "
    "again."
)


@pytest.mark.parametrize(("status", "kind", "member", "advice"), CLASSES)
def test_each_status_has_a_class(
    caller: Caller,
    server: Server,
    status: int,
    kind: str,
    member: str,
    advice: str,
) -> None:
    server.answer = refused(status, code="invalidApiKey", message="It is not so.")
    error = caller.error(RUN, **CHAIR)
    assert type(error) is getattr(caller.package, kind)
    assert isinstance(error, caller.package.APIStatusError)
    errors = type(error.status)
    assert errors.__name__ == "ImageInferenceErrors"
    assert error.status is errors[member]
    assert error.code is errors.INVALID_API_KEY
    assert error.http_status == status
    said = f"HTTP {status}, invalidApiKey: It is not so (imageInference "
    assert str(error).startswith(f"{said}{error.task_uuid}). {advice}")
    assert error.may_have_run == (error.handle is not None) == (status >= 500)
    assert (NOT_TAKEN in str(error)) == (status < 500)
    assert (COLLECT in str(error)) == (status >= 500)


def test_a_status_without_a_class_is_still_an_error(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.answer = refused(418, message="I am a teapot")
    error = caller.error(RUN, **CHAIR)
    assert type(error) is shipped.APIStatusError
    assert (error.status, error.status.known, error.code) == ("418", False, None)


def test_a_task_fails_inside_an_answer_that_is_fine(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.answer = failing(
        code="brandNew",
        message="too long",
        parameter=["positivePrompt", "seed"],
        documentation="https://runware.ai/docs",
        allowedValues=[1, 2],
    )
    error = caller.error(RUN, **CHAIR)
    assert type(error) is shipped.TaskError
    assert (error.code, error.code.known, error.status) == ("brandNew", False, None)
    assert error.parameters == ("positivePrompt", "seed")
    assert error.parameter == "positivePrompt, seed"
    assert error.documentation == "https://runware.ai/docs"
    assert error.allowed_values == (1, 2)
    assert UUID(error.task_uuid)
    assert str(error) == (
        f"brandNew: too long (imageInference {error.task_uuid}). The task is over; "
        "change what the message names and send it as a new task. "
        "Parameter: positivePrompt, seed. Allowed values: 1, 2. "
        "See https://runware.ai/docs"
    )


@pytest.mark.parametrize("status", [200, 402])
@pytest.mark.parametrize(
    "spelling",
    [
        lambda error: {"errors": [error]},
        lambda error: {"errors": error},
        lambda error: {"error": error, "taskType": "imageInference"},
        lambda error: {"data": [{"status": "error", "error": error}]},
        lambda error: {"data": [{"status": "error", **error}]},
        lambda error: {"data": [{"status": "FAILED", **error}]},
        lambda error: {"data": [{"status": "Failure", "error": error}]},
        lambda error: {"data": {"error": error}},
        lambda error: {"data": [{"taskType": "imageInference", **error}]},
        lambda error: {"errors": [{"taskType": "imageInference", "error": error}]},
        lambda error: {"error": error["message"]} | error,
        lambda error: {"errors": error["message"]} | error,
        lambda error: error,
        lambda error: [error],
        lambda error: [{"error": error, **error}],
        lambda error: {"data": None, "errors": [error], "error": None},
    ],
)
def test_every_spelling_of_an_error_is_read(
    shipped: ModuleType, caller: Caller, server: Server, status: int, spelling: Any
) -> None:
    facts = {"code": "insufficientCredits", "message": "none", "parameter": "model"}
    server.answer = lambda _: Reply(spelling(facts), status)
    error = caller.error(RUN, **CHAIR)
    expected = shipped.TaskError if status == 200 else shipped.PaymentRequiredError
    assert type(error) is expected
    assert (error.code, error.message, error.parameter) == (*facts.values(),)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"error": "no credit"}),
        (200, {"error": {"message": "no credit"}}),
        (200, {"errors": ["no credit"]}),
        (200, {"errors": "no credit"}),
        (400, {"message": "no credit"}),
        (400, {"detail": "no credit"}),
        (400, {"error": "Bad Request", "message": "no credit", "statusCode": 400}),
        (400, "no credit"),
        (400, ["no credit"]),
        (400, {"errors": [{"message": ["no credit"]}]}),
        (400, {"data": [], "message": "no credit"}),
    ],
)
def test_an_error_may_be_no_more_than_a_text(
    caller: Caller, server: Server, status: int, body: object
) -> None:
    server.answer = lambda _: Reply(json.dumps(body), status)
    error = caller.error(RUN, **CHAIR)
    assert (error.code, error.message, error.parameter) == (None, "no credit", None)


@pytest.mark.parametrize("odd", [None, 7, [], {}, True, [None, {}]])
def test_an_odd_error_is_still_one(
    shipped: ModuleType, caller: Caller, server: Server, odd: object
) -> None:
    server.answer = refused(
        400, code=odd, message=odd, parameter=odd, documentation=odd
    )
    error = caller.error(RUN, **CHAIR)
    assert type(error) is shipped.BadRequestError
    assert str(error)


def test_more_errors_of_a_task_are_notes(caller: Caller, server: Server) -> None:
    def answer(tasks: Tasks) -> object:
        uuid = tasks[0]["taskUUID"]
        return {"errors": [{"taskUUID": uuid, "message": m} for m in ("one", "two")]}

    server.answer = answer
    error = caller.error(RUN, **CHAIR)
    assert error.message == "one"
    [note] = error.__notes__
    assert note.startswith("Also: two")


def test_an_error_without_task_is_everyones(
    image_inference: ModuleType, caller: Caller, server: Server
) -> None:
    server.answer = lambda _: Reply({"errors": [{"code": "invalidApiKey"}]}, 401)
    requests = [image_inference.ImageInferenceRequest(**CHAIR) for _ in range(2)]
    errors = [outcome.error for outcome in caller("run_many", requests)]
    assert [type(e).__name__ for e in errors] == ["AuthenticationError"] * 2
    assert [e.task_uuid for e in errors] == [r.task_uuid for r in requests]


# -- answers that cannot be read ----------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        *("", "nonsense", "[]", "7", "null", '{"data": [', '{"other": 1}'),
        *(b"\xff\xfe\x00", "[" * 100_000, "9" * 10_000),
    ],
    ids=lambda body: repr(body)[:20],
)
def test_an_answer_that_is_not_runwares(
    shipped: ModuleType, caller: Caller, server: Server, body: str | bytes
) -> None:
    server.answer = lambda _: Reply(body)
    error = caller.error(RUN, **CHAIR)
    assert type(error) is shipped.ResponseError
    assert error.http_status == 200
    assert "HTTP 200 with an answer that is not JSON with data or errors" in str(error)
    assert "Check that base_url is Runware's" in str(error)
    assert len(error.body) <= 301
    assert error.body


def test_a_page_of_a_proxy(shipped: ModuleType, caller: Caller, server: Server) -> None:
    server.answer = lambda _: Reply(HTML, 502, "text/html")
    error = caller.error(RUN, **CHAIR)
    assert type(error) is shipped.ServerError
    assert error.http_status == 502
    assert str(error).startswith("HTTP 502: there is no error object in the answer")
    assert "<h1>502 Bad Gateway</h1>" in str(error)


def test_a_redirection_is_not_followed(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.answer = lambda _: Reply("", 302)
    assert type(caller.error(RUN, **CHAIR)) is shipped.ResponseError


@pytest.mark.parametrize("data", [[], [None, 7, "text"], [{"taskUUID": "another"}]])
def test_an_answer_that_says_nothing_of_the_task(
    shipped: ModuleType, caller: Caller, server: Server, data: object
) -> None:
    server.answer = lambda _: {"data": data}
    error = caller.error(RUN, **CHAIR)
    assert type(error) is shipped.ResponseError
    assert "says nothing of this task" in str(error)
    assert error.task_uuid == server.calls[0][0]["taskUUID"]


# -- no answer ----------------------------------------------------------------


def test_nobody_answers(shipped: ModuleType, caller: Caller) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        error = caller.error(RUN, **CHAIR, options={"base_url": url})
    assert type(error) is shipped.ConnectionError
    assert issubclass(type(error), builtins.ConnectionError)
    assert isinstance(error.__cause__, httpx2.ConnectError)
    assert str(error).startswith(f"no answer from {url}: ")
    assert "Check the network and base_url" in str(error)
    assert UUID(error.task_uuid)


def test_a_server_that_keeps_silent(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    def answer(tasks: Tasks) -> object:
        time.sleep(0.3)
        return echo()(tasks)

    server.answer = answer
    error = caller.error(RUN, **CHAIR, timeout=0.1)
    assert type(error) is shipped.TimeoutError
    assert isinstance(error, builtins.TimeoutError)
    assert "instead of sending it again" in str(error)


def test_a_task_that_never_ends(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    half = news({"status": "success", "imageUUID": "a"}, {"status": "processing"})
    server.answer = lambda tasks: (
        half(tasks) if tasks[0]["taskType"] == "getResponse" else acknowledge(tasks)
    )
    began = time.monotonic()
    error = caller.error(RUN, **LATER, number_results=2, timeout=0.2)
    assert time.monotonic() - began < 2
    assert type(error) is shipped.TimeoutError
    assert re.match("there was no result within|the server did not", error.message)
    assert error.task_uuid == server.calls[0][0]["taskUUID"]
    assert [result.image_uuid for result in error.results] == ["a"]


@pytest.mark.parametrize("place", ["errors", "data"])
def test_a_task_fails_later(
    shipped: ModuleType, caller: Caller, server: Server, place: str
) -> None:
    def failed(tasks: Tasks) -> object:
        facts = {"status": "error", "code": "timeoutProvider", "message": "late"}
        done = {"status": "success", "imageUUID": "a"}
        uuid = {"taskUUID": tasks[0]["taskUUID"]}
        answer: dict[str, list[object]] = {"data": [uuid | done], "errors": []}
        answer[place].append(uuid | facts)
        return answer

    server.script(acknowledge, news({"status": "processing"}), failed)
    error = caller.error(RUN, **LATER, number_results=2)
    assert type(error) is shipped.TaskError
    assert error.code == "timeoutProvider"
    assert [result.image_uuid for result in error.results] == ["a"]
    assert len(server.calls) == 3


def test_what_is_unfinished_when_a_task_fails_is_waited_for(
    caller: Caller, server: Server
) -> None:
    def half_failed(tasks: Tasks) -> object:
        uuid = {"taskUUID": tasks[0]["taskUUID"]}
        failure = {**uuid, "status": "error", "code": "taskFailed"}
        return {"data": [{**uuid, "status": "processing"}], "errors": [failure]}

    done = news({"status": "success", "imageUUID": "b"})
    server.script(acknowledge, half_failed, done)
    error = caller.error(RUN, **LATER, number_results=2)
    assert error.code == "taskFailed"
    assert [result.image_uuid for result in error.results] == ["b"]


# -- the key ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("api_key", "said"),
    [
        (None, "there is no API key: give api_key=… or set RUNWARE_API_KEY"),
        ("  ", "there is no API key: give api_key=… or set RUNWARE_API_KEY"),
        ("two words", "holds a space, a quote or another sign that no key has"),
        ("line\nbreak", "holds a space, a quote or another sign that no key has"),
        ("schlüssel", "holds a space, a quote or another sign that no key has"),
    ],
)
def test_a_key_that_cannot_be_used(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, api_key: str | None, said: str
) -> None:
    monkeypatch.delenv("RUNWARE_API_KEY", raising=False)
    error = caller.error("run", None, options={"api_key": api_key})
    assert said in str(error)
    assert api_key is None or not api_key.strip() or api_key not in str(error)


def shown(error: BaseException) -> str:
    """All that is shown of an exception and of those behind it."""
    texts: list[str] = []
    behind: BaseException | None = error
    while behind is not None:
        request = getattr(behind, "_request", None)
        sent = [request.headers.raw, request.content] if request else []
        texts += [str(behind), repr(behind), repr(vars(behind)), repr(sent)]
        behind = behind.__cause__ or behind.__context__
    return "\n".join(texts).replace("\\\\", "")


@pytest.mark.parametrize("auth", ["header", "payload"])
@pytest.mark.parametrize(
    "answer",
    [
        refused(401, code=KEY, message=f"'{KEY}' is unknown", parameter=[KEY]),
        failing(code="x", **{KEY: KEY}, documentation=f"https://example.com/?{KEY}"),
        lambda _: {"data": [{"status": "error", "error": {"message": KEY}}]},
        lambda _: Reply(f"<p>{KEY}</p>", 502),
        lambda _: Reply(f"{'.' * 290}{KEY}"),
        lambda _: Reply({"key": KEY}),
        lambda _: Reply(b'{"key": "%s"}' % KEY.replace("/", "\\/").encode()),
        lambda _: time.sleep(0.7),
    ],
)
def test_the_key_is_in_nothing_that_is_shown(
    caller: Caller, server: Server, answer: Any, auth: str
) -> None:
    server.answer = answer
    options = {"auth": auth, "max_retries": 0}
    error = caller.error(RUN, **CHAIR, options=options, timeout=0.5)
    assert KEY in str(server.headers) + str(server.calls)
    assert not re.search("SECRET.0123", shown(error))
    again = pickled(error)
    assert b"SECRET" not in pickle.dumps(error)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again).keys() == vars(error).keys()
    assert again.category is error.category


def test_the_results_of_a_failure_survive_a_pickle(
    caller: Caller, server: Server
) -> None:
    half = news({"status": "success", "imageUUID": "a"}, {"status": "error"})
    server.answer = half
    error = caller.error(RUN, **CHAIR, number_results=2)
    again = pickled(error)
    assert [result.image_uuid for result in again.results] == ["a"]
    assert again.results == error.results


def test_a_message_stays_on_one_printable_line(caller: Caller, server: Server) -> None:
    hostile = "\x1b[31m\n\u202e" + "x" * 100_000
    server.answer = failing(code=hostile, message=hostile, parameter=hostile)
    error = caller.error(RUN, **CHAIR)
    assert str(error).isprintable()
    assert len(str(error)) < 4000
    assert error.code == hostile
