"""Tests of exceptions over a real socket: classes, contents, advice, no API key."""

from __future__ import annotations

import builtins
import copy
import inspect
import io
import json
import logging
import pickle
import re
import socket
from importlib import import_module
from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopback import (
    CHAIR,
    KEY,
    LATER,
    Reply,
    acknowledge,
    echo,
    failing,
    news,
    pickled,
    value,
)
from random_text import CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Caller, Server, Tasks

RUN = "image_inference.run"
HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


# -- server errors ------------------------------------------------------------

CLASSES = [
    (
        400,
        "BadRequestError",
        "BAD_REQUEST",
        "Correct the parameter that the message names",
    ),
    (401, "AuthenticationError", "UNAUTHORIZED", "Check the key in api_key or RUNWARE"),
    (402, "PaymentRequiredError", "PAYMENT_REQUIRED", "Add credit to the account"),
    (403, "PermissionDeniedError", "FORBIDDEN", "Use a key with this permission"),
    (404, "NotFoundError", "NOT_FOUND", "Check the task's identifiers"),
    (
        429,
        "RateLimitError",
        "TOO_MANY_REQUESTS",
        "Wait, then send fewer tasks at a time",
    ),
    (500, "ServerError", "INTERNAL_SERVER_ERROR", "Runware or its gateway failed"),
    (503, "ServerError", "SERVICE_UNAVAILABLE", "Runware or its gateway failed"),
    (504, "ServerError", "GATEWAY_TIMEOUT", "Runware or its gateway failed"),
]
NOT_ACCEPTED = "The server did not accept the task, and nothing was billed."
COLLECT = (
    "The task may have run. Collect its results with handle.wait() of this error "
    "instead of sending it again."
)


@pytest.mark.parametrize(("status", "kind", "member", "advice"), CLASSES)
def test_each_status_has_a_class(
    caller: Caller, server: Server, status: int, kind: str, member: str, advice: str
) -> None:
    server.answer = failing(status, code="invalidApiKey", message="It is not so.")
    server.takes = 25
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
    assert (NOT_ACCEPTED in str(error)) == (status < 500)
    assert (COLLECT in str(error)) == (status >= 500)


def test_a_status_without_a_class_is_still_an_error(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.answer = failing(418, message="I am a teapot")
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
        f"brandNew: too long (imageInference {error.task_uuid}). The task has ended. "
        "Correct the cause in the message and send a new task. "
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
        (200, {"errors": [{"error": "no credit"}]}),
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
    server.answer = failing(
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
    image: Callable[..., Any], caller: Caller, server: Server
) -> None:
    server.answer = lambda _: Reply({"errors": [{"code": "invalidApiKey"}]}, 401)
    requests = [image() for _ in range(2)]
    errors = [outcome.error for outcome in caller("run_many", requests)]
    assert [type(e).__name__ for e in errors] == ["AuthenticationError"] * 2
    assert [e.task_uuid for e in errors] == [r.task_uuid for r in requests]


PROBLEM = {
    "type": "https://example.com/errors#environment-paused",
    "title": "Environment paused",
    "status": 429,
    "detail": "The workspace has no credit.",
    "requestId": "req_1",
}


@pytest.mark.parametrize("status", [200, 429])
@pytest.mark.parametrize("spelling", [lambda p: p, lambda p: [p]])
def test_a_problem_of_rfc_9457_is_an_error(
    caller: Caller, server: Server, status: int, spelling: Any
) -> None:
    body = json.dumps(spelling(PROBLEM))
    server.answer = lambda _: Reply(body, status, "application/problem+json")
    server.takes = 25
    error = caller.error(RUN, **CHAIR, options={"max_retries": 0})
    assert error.message == "Environment paused: The workspace has no credit."
    assert error.code == "environmentPaused"
    assert error.code.known
    assert error.category == "quota"
    assert error.documentation == PROBLEM["type"]
    assert error.request_id == "req_1"
    assert error.item.items() >= PROBLEM.items()


def test_a_problem_with_a_code_and_without_a_page(
    caller: Caller, server: Server
) -> None:
    problem = {"type": "urn:problem:no-credit", "title": "No", "code": "empty"}
    server.answer = lambda _: Reply(problem, 402)
    error = caller.error(RUN, **CHAIR)
    assert (error.code, error.message, error.documentation) == ("empty", "No", None)


@pytest.mark.parametrize(
    ("kind", "page"),
    [("about:blank", None), ("http://a.test/405", "http://a.test/405")],
)
def test_a_problem_without_a_name_of_its_own(
    caller: Caller, server: Server, kind: str, page: str | None
) -> None:
    problem = {"type": kind, "title": "Not Allowed", "detail": "Not Allowed"}
    server.answer = lambda _: Reply(problem, 405)
    error = caller.error(RUN, **CHAIR)
    assert (error.code, error.message) == (None, "Not Allowed")
    assert (error.documentation, error.category) == (page, "validation")


def test_what_the_provider_said_is_shown_in_short(
    caller: Caller, server: Server
) -> None:
    said = '{"detail": "voice not found"}' + "." * 10_000
    server.answer = failing(
        400, code="providerError", message="No", responseContent=said
    )
    error = caller.error(RUN, **CHAIR)
    assert error.response_content == said
    assert 'The provider returned: {"detail": "voice not found"}...' in str(error)
    assert len(str(error)) < 1000


def test_results_beside_an_error_word_stay_results(
    caller: Caller, server: Server
) -> None:
    server.answer = echo(imageURL="https://example.com/a.png", error={"message": "?"})
    [result] = caller(RUN, **CHAIR)
    assert result.to_wire()["error"] == {"message": "?"}


@pytest.mark.parametrize("retry_after", ["", "0"])
def test_503_says_whether_the_task_may_have_run(
    caller: Caller, server: Server, retry_after: str
) -> None:
    server.answer = failing(503, retry_after, message="Busy")
    server.takes = 25
    error = caller.error(RUN, **CHAIR, options={"max_retries": 0})
    assert error.may_have_run == (not retry_after) == (error.handle is not None)
    assert (COLLECT in str(error)) == (not retry_after)
    assert (NOT_ACCEPTED in str(error)) == bool(retry_after)


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
def test_the_date_of_a_retry_counts_from_the_date_of_the_answer(
    shipped: ModuleType, date: str
) -> None:
    envelopes = import_module(f"{shipped.__name__}._runtime.transport.envelope")
    headers = {"date": date, "retry-after": "Sun, 06 Nov 1994 08:51:37 GMT"}
    assert envelopes.Answer(429, headers).retry_after == 120


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("providerError", "A new request with the same input may succeed."),
        ("taskFailedOrNotFound", "Correct the parameter that the message names."),
        ("nsfwContentDetected", "Correct the parameter that the message names."),
    ],
)
def test_a_task_that_failed_with_http_400_is_not_said_to_be_free(
    caller: Caller, server: Server, code: str, advice: str
) -> None:
    server.answer = failing(400, code=code, message="No")
    error = caller.error(RUN, **CHAIR)
    assert advice in str(error)
    assert NOT_ACCEPTED not in str(error)


def test_a_failure_that_may_pass_is_said_to(caller: Caller, server: Server) -> None:
    server.answer = failing(code="timeoutProvider", message="late")
    error = caller.error(RUN, **CHAIR)
    assert error.retryable
    assert "A new request with the same input may succeed" in str(error)


CATEGORIES = {
    "auth": "invalidApiKey unauthorized authTimeout tokenExpired workspaceDisabled",
    "not_found": "taskCancelled taskFailedOrNotFound modelNotFound linkExpired",
    "provider": "inferenceError modelNotReady providerError providerQuotaExceeded",
    "quota": "insufficientCredits quotaExceeded lowBalance environmentPaused",
    "rate_limit": "rateLimitExceeded providerRateLimitExceeded tooManyRequests",
    "safety": "nsfwContentDetected NSFW_CONTENT_DETECTED invalidProviderContent",
    "server": "internalServerError serviceUnavailable standardError",
    "timeout": "timeoutProvider requestTimeout inferenceTimedOut",
    "unknown": "brandNew 7 \ud800",
    "validation": "invalidTimeout missingX conflictTaskUUID maxItems tooManyTasks",
}
RETRYABLE = {"connection", "provider", "rate_limit", "server", "timeout"}


def codes_module(shipped: ModuleType) -> ModuleType:
    return import_module(f"{shipped.__name__}._runtime.error_codes")


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_code_has_a_category(shipped: ModuleType, category: str) -> None:
    category_of = codes_module(shipped).category_of
    for code in CATEGORIES[category].split():
        assert category_of(code, None) is shipped.ErrorCategory(category), code
    assert shipped.ErrorCategory(category).retryable == (category in RETRYABLE)


def test_each_known_code_has_a_category(shipped: ModuleType, errors: Any) -> None:
    category_of = codes_module(shipped).category_of
    for member in errors:
        assert category_of(member, None) is not shipped.ErrorCategory.UNKNOWN, member


@pytest.fixture
def errors(image_inference: ModuleType) -> Any:
    """The error enum of a task type."""
    return image_inference.ImageInferenceErrors


@pytest.mark.parametrize(
    ("status", "category"),
    [
        *((400, "validation"), (401, "auth"), (402, "quota"), (403, "auth")),
        *((404, "not_found"), (408, "timeout"), (413, "validation"), (418, "unknown")),
        *((422, "validation"), (429, "rate_limit"), (500, "server")),
        *((503, "server"), (504, "timeout"), (None, "unknown"), (200, "unknown")),
    ],
)
def test_the_status_decides_where_the_code_does_not(
    shipped: ModuleType, status: int | None, category: str
) -> None:
    category_of = codes_module(shipped).category_of
    assert category_of("brandNew", status) == category_of(None, status) == category


def test_codes_that_decide_what_becomes_of_a_task(shipped: ModuleType) -> None:
    codes = codes_module(shipped)
    said = {
        codes.is_task_conflict: (
            "conflictTaskUUID duplicateTaskUUID taskUUIDAlreadyExists duplicate_task",
            "conflict modelAlreadyExists duplicateTaskName conflictTaskUUIDs2",
        ),
        codes.is_task_not_found: (
            "taskNotFound notFound resultNotFound taskUUIDNotFound unknownTask "
            "taskFailedOrNotFound TASK_NOT_FOUND",
            "modelNotFound unknownTaskType taskTypeNotFound taskFailed",
        ),
        codes.is_too_large: (
            "tooManyTasks payloadTooLarge requestTooLarge requestEntityTooLarge",
            "imageTooLarge promptTooLong tooManyImages tooManyRequests",
        ),
    }
    for says, (those, others) in said.items():
        assert all(map(says, those.split()))
        assert not any(map(says, [*others.split(), "", None, 404, {}, []]))


def test_each_class_has_a_category(shipped: ModuleType) -> None:
    unreadable = shipped.ResponseError("", http_status=200, request_id=None, body="")
    made = {
        shipped.ConnectionError("no"): "connection",
        shipped.TimeoutError("late"): "timeout",
        unreadable: "server",
        shipped.RunwareError("no key"): "unknown",
        shipped.DownloadError("gone", http_status=404): "not_found",
        shipped.DownloadError("no output"): "unknown",
    }
    assert {error: str(error.category) for error in made} == made
    assert {str(c) for c in shipped.ErrorCategory if c.retryable} == RETRYABLE


DEEP = "[" * 400 + "]" * 400
ODD = ["{}", "[]", "9" * 400, "NaN", "-Infinity", '"\\ud800"', DEEP, "null", "[[7]]"]


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:9])
def test_nothing_odd_in_an_error_breaks_it(
    shipped: ModuleType, caller: Caller, server: Server, odd: str, status: int
) -> None:
    names = ("code", "message", "parameter", "allowedValues", "responseContent")
    more = ("documentation", "type", "title", "detail", "taskType", "requestId", "x")
    members = ", ".join(f'"{name}": {odd}' for name in names + more)
    body = f'\ufeff{{"data": {odd}, "errors": [{{{members}}}, {odd}], "x": 1, "x": 2}}'
    server.answer = lambda _: Reply(body, status)
    server.takes = 25
    error = caller.error(RUN, **CHAIR, options={"max_retries": 0})
    again = pickled(error)
    for each in (error, again, copy.deepcopy(error)):
        assert isinstance(each, shipped.RunwareError)
        assert (str(each) + repr(each)).isprintable()
        assert len(str(each)) < 4000


@pytest.mark.parametrize("status", [200, 400])
def test_a_number_that_python_does_not_read(
    shipped: ModuleType, caller: Caller, server: Server, status: int
) -> None:
    server.answer = lambda _: Reply("9" * 5000, status)
    server.takes = 25
    error = caller.error(RUN, **CHAIR)
    expected = shipped.ResponseError if status == 200 else shipped.BadRequestError
    assert type(error) is expected


def test_such_a_number_takes_no_result_with_it(caller: Caller, server: Server) -> None:
    items = f'{{"imageURL": "https://example.com/a.png", "cost": {"9" * 5000}}}'
    server.answer = lambda _: Reply(f'{{"data": [{items}]}}')
    [result] = caller(RUN, **CHAIR)
    assert result.image_url == "https://example.com/a.png"


NAMES = [
    *("data", "errors", "error", "code", "message", "status", "title", "detail"),
    *("type", "taskUUID", "documentation", "parameter", "allowedValues"),
]
odd_json = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(CHARACTERS, max_size=3)
    | st.sampled_from(["error", "FAILED", "https://a/b#c-d", "\ud800", 10**400]),
    lambda parts: st.lists(parts, max_size=3)
    | st.dictionaries(st.sampled_from(NAMES), parts, max_size=4),
    max_leaves=12,
)


@given(
    body=odd_json.map(json.dumps).map(str.encode) | st.binary(),
    http_status=st.sampled_from([200, 204, 302, 400, 429, 503, 600]),
    retry_after=st.text(CHARACTERS, max_size=5)
    | st.sampled_from(["9" * 999, "Mon, 99", "5, 5"]),
)
def test_any_answer_is_read_or_said_to_be_unreadable(
    shipped: ModuleType, body: bytes, http_status: int, retry_after: str
) -> None:
    envelopes = import_module(f"{shipped.__name__}._runtime.transport.envelope")
    api_errors = import_module(f"{shipped.__name__}._runtime.api_errors")
    key = import_module(f"{shipped.__name__}._runtime.transport.api_key").ApiKey(KEY)
    answer = envelopes.Answer(http_status, {"retry-after": retry_after}, body)
    try:
        envelope = envelopes.read_envelope(answer, key)
    except shipped.ResponseError:
        assert http_status < 400
        return
    assert not 300 <= http_status < 400
    assert bool(envelope.errors) or http_status < 400
    assert all(type(item) is dict for item in envelope.data + envelope.errors)
    for item in envelope.errors:
        error = api_errors.api_error(item, envelope, None)
        again = pickled(error)
        assert str(again) == str(error)
        assert str(error).isprintable()
        assert again.category in shipped.ErrorCategory


def test_a_result_with_an_odd_status_is_a_result(shipped: ModuleType) -> None:
    envelopes = import_module(f"{shipped.__name__}._runtime.transport.envelope")
    key = import_module(f"{shipped.__name__}._runtime.transport.api_key").ApiKey(KEY)
    items = [{"imageURL": "a", "status": odd} for odd in ({}, [], 7, None, "queued")]
    body = json.dumps({"data": items}).encode()
    envelope = envelopes.read_envelope(envelopes.Answer(200, {}, body), key)
    assert (envelope.data, envelope.errors) == (items, [])


def test_a_long_message_is_cut_in_repr_too(shipped: ModuleType) -> None:
    error = shipped.RunwareError("\x1b[31m" + "x" * 100_000)
    assert repr(error).startswith("RunwareError(' [31mxxx")
    assert repr(error).isprintable()
    assert len(repr(error)) < 1100


# -- unreadable responses -----------------------------------------------------


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
    server.answer, server.takes = lambda _: Reply(body), 25
    error = caller.error(RUN, **CHAIR)
    assert type(error) is shipped.ResponseError
    assert error.http_status == 200
    assert "HTTP 200 with a response that is not JSON with data or errors" in str(error)
    assert "Check that base_url is the URL of Runware's API" in str(error)
    assert len(error.body) <= 301
    assert error.body


def test_a_page_of_a_proxy(shipped: ModuleType, caller: Caller, server: Server) -> None:
    server.answer, server.takes = lambda _: Reply(HTML, 502, "text/html"), 25
    error = caller.error(RUN, **CHAIR)
    assert type(error) is shipped.ServerError
    assert error.http_status == 502
    assert str(error).startswith("HTTP 502: the response has no error object")
    assert "<h1>502 Bad Gateway</h1>" in str(error)


@pytest.mark.parametrize("status", [501, 505])
def test_a_server_that_is_not_the_api(
    caller: Caller, server: Server, status: int
) -> None:
    """The task is left after five polls, and not at the timeout."""
    server.answer, server.takes = lambda _: Reply(HTML, status, "text/html"), 5
    error = caller.error(RUN, **CHAIR)
    assert error.http_status == status
    assert "Check that base_url is the URL of Runware's API" in str(error)
    assert len(server.calls) == 6


@pytest.mark.parametrize("body", ["", {"errors": [{"code": "moved"}]}])
def test_a_redirection_is_not_followed(
    shipped: ModuleType, caller: Caller, server: Server, body: object
) -> None:
    server.answer, server.takes = lambda _: Reply(body, 302), 5
    assert type(caller.error(RUN, **CHAIR)) is shipped.ResponseError
    assert len(server.calls) == 6


@pytest.mark.parametrize("data", [[], [None, 7, "text"], [{"taskUUID": "another"}]])
def test_an_answer_that_says_nothing_of_the_task(
    shipped: ModuleType, caller: Caller, server: Server, data: object
) -> None:
    named = {"X-Request-Id": "r-1"}
    server.answer, server.takes = lambda _: Reply({"data": data}, headers=named), 25
    error = caller.error(RUN, **CHAIR)
    assert (type(error), error.request_id) == (shipped.ResponseError, "r-1")
    assert "does not mention this task" in str(error)
    assert error.task_uuid == server.calls[0][0]["taskUUID"]


@pytest.mark.parametrize("method", ["get_task_details", "get_response"])
def test_a_lookup_of_an_unknown_task(
    caller: Caller, server: Server, method: str
) -> None:
    server.answer = lambda _: {"data": []}
    error = caller.error(f"{method}.run", task_uuid=str(uuid4()))
    assert "The server has no results of a task with this taskUUID." in str(error)
    assert "base_url" not in str(error)


# -- no response --------------------------------------------------------------


def test_nobody_answers(shipped: ModuleType, caller: Caller) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        error = caller.error(RUN, **CHAIR, options={"base_url": url})
    assert type(error) is shipped.ConnectionError
    assert issubclass(type(error), builtins.ConnectionError)
    assert isinstance(error.__cause__, httpx2.ConnectError)
    assert str(error).startswith(f"no response from {url}: ")
    assert "Check the network and base_url" in str(error)
    assert UUID(error.task_uuid)
    assert (error.code, error.request_id, error.retry_after) == (None, None, None)


def test_a_server_that_keeps_silent(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    over = Event()
    server.answer = lambda _: over.wait(60)
    error = caller.error(RUN, **CHAIR, options={"timeout": 3})
    over.set()
    assert type(error) is shipped.TimeoutError
    assert isinstance(error, builtins.TimeoutError)
    assert "timed out" not in str(error)  # "in time" says it
    assert "instead of sending it again" in str(error)
    assert error.handle.task_uuid == server.calls[0][0]["taskUUID"]
    assert error.may_have_run


def test_a_task_that_never_ends(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    half = news({"status": "success", "imageUUID": "a"}, {"status": "processing"})
    server.split(acknowledge, half)
    server.takes = 25
    error = caller.error(RUN, **LATER, number_results=2)
    assert server.sent == ["imageInference", "getResponse", "getResponse"]
    assert type(error) is shipped.TimeoutError
    assert re.match("no result within|the server did not", error.message)
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


# -- the API key --------------------------------------------------------------


@pytest.mark.parametrize(
    ("api_key", "said"),
    [
        (None, "there is no API key. Pass api_key=..., or set RUNWARE_API_KEY"),
        ("  ", "there is no API key. Pass api_key=..., or set RUNWARE_API_KEY"),
        ("two words", "contains characters that keys do not have"),
        ("line\nbreak", "contains characters that keys do not have"),
        ("schlüssel", "contains characters that keys do not have"),
    ],
)
def test_a_key_that_cannot_be_used(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, api_key: str | None, said: str
) -> None:
    monkeypatch.delenv("RUNWARE_API_KEY", raising=False)
    error = caller.error("run", None, options={"api_key": api_key})
    assert said in str(error)
    assert api_key is None or not api_key.strip() or api_key not in str(error)


ESCAPED_PLUS = r"\u002B"


def shown(error: BaseException) -> str:
    """Return the text and attributes of an exception and of its chained exceptions."""
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
        failing(401, code=KEY, message=f"'{KEY}' is unknown", parameter=[KEY]),
        failing(code="x", **{KEY: KEY}, documentation=f"https://example.com/?{KEY}"),
        lambda _: {"data": [{"status": "error", "error": {"message": KEY}}]},
        lambda _: Reply(f"<p>{KEY}</p>", 502),
        lambda _: Reply({"error": "no"}, 400, headers={"X-Request-Id": KEY}),
        lambda _: Reply("no", headers={"X-Request-Id": f"for {KEY}"}),
        lambda _: Reply(f"{'.' * 290}{KEY}"),
        lambda _: Reply({"key": KEY}),
        lambda _: Reply(b'{"key": "%s"}' % KEY.replace("/", "\\/").encode()),
        lambda _: Reply(f'{{"key": "{KEY.replace("+", ESCAPED_PLUS)}"}}'),
    ],
)
def test_the_key_is_in_nothing_that_is_shown(
    caller: Caller, server: Server, answer: Any, auth: str
) -> None:
    server.answer = answer
    server.takes = 25
    error = caller.error(RUN, **CHAIR, options={"auth": auth, "max_retries": 0})
    assert KEY in str(server.headers) + str(server.calls)
    hides_the_key(error)


@pytest.mark.parametrize("auth", ["header", "payload"])
def test_the_key_is_not_shown_when_no_answer_comes(
    caller: Caller, server: Server, auth: str
) -> None:
    over = Event()
    server.answer = lambda _: over.wait(60)
    options = {"auth": auth, "max_retries": 0}
    error = caller.error(RUN, **CHAIR, options=options | {"timeout": 3})
    over.set()
    assert KEY in str(server.headers) + str(server.calls)
    assert type(error) is caller.package.TimeoutError
    hides_the_key(error)


def hides_the_key(error: Any) -> None:
    """Assert that the API key is not in the text, attributes or pickle of an error."""
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
    assert error.message.isprintable()
    assert len(str(error)) < 4000
    assert error.code == hostile


# -- copies -------------------------------------------------------------------


@pytest.fixture
def left(caller: Caller, server: Server) -> Any:
    """An error of a task that may have run."""
    server.answer = lambda _: Reply("", 502)
    server.takes = 25
    return caller.error(RUN, **CHAIR, options={"max_retries": 0})


def test_a_pickled_error_tells_another_process_how_to_collect(
    shipped: ModuleType, caller: Caller, server: Server, left: Any
) -> None:
    saved = pickled(pickled(left)).handle
    assert isinstance(saved, shipped.SavedHandle)
    assert saved.to_json() == left.handle.to_json()
    assert (saved.task_type, saved.task_uuid) == ("imageInference", left.task_uuid)
    assert repr(saved) == (
        f"SavedHandle(task_type='imageInference', task_uuid='{left.task_uuid}')"
    )
    with pytest.raises(TypeError, match=r"client\.resume\(error\.handle"):
        saved.wait(timeout=1)
    server.answer = news({"status": "success", "imageUUID": "a"})

    async def work(client: Any) -> Any:
        return await value(client.resume(saved.to_json()).wait())

    [result] = caller.using(work)
    assert result.image_uuid == "a"


@pytest.mark.parametrize("name", ["APIError", "TaskError", "RateLimitError"])
def test_mypy_knows_all_types_of_a_class(shipped: ModuleType, name: str) -> None:
    """With `disallow_any_expr`, mypy refuses `except` with a class that has `Any`."""
    assert "Any" not in str(inspect.signature(getattr(shipped, name)))


def test_a_copy_loses_nothing(shipped: ModuleType, left: Any) -> None:
    left.add_note("a note")
    left.__cause__ = KeyError("why")
    left.results = [shipped.TaskResult.model_validate({"taskUUID": "x"})]
    copies = [
        copy.copy(left),
        copy.deepcopy(left),
        left.about(left.task_type, left.task_uuid),
    ]
    for again in copies:
        assert type(again) is type(left)
        assert vars(again) == vars(left)
        assert again.handle is left.handle
        assert again.__cause__ is left.__cause__
        assert (str(again), again.args) == (str(left), left.args)
        again.add_note("another")
        again.results.append(again.results[0])
    assert left.__notes__ == ["a note"]
    assert len(left.results) == 1


def test_a_copy_without_a_cause_still_shows_its_context(shipped: ModuleType) -> None:
    error = shipped.RunwareError("no")
    error.__context__ = KeyError("before")
    again = error.about("imageInference", "x")
    assert again.__context__ is error.__context__
    assert not again.__suppress_context__


def test_subclasses_with_other_constructors_are_copied(
    shipped: ModuleType, left: Any
) -> None:
    class OddError(shipped.ConnectionError):  # type: ignore[misc, name-defined]
        def __init__(self, place: str, *, size: int) -> None:
            super().__init__(f"no room in {place}")
            self.size = size

    OddError.__module__, OddError.__qualname__ = __name__, "OddError"
    globals()["OddError"] = OddError
    error = OddError("the attic", size=7)
    error.handle = left.handle
    for again in (pickled(error), copy.copy(error), error.about("x", "y")):
        assert type(again) is OddError
        assert (again.size, again.message) == (7, "no room in the attic")
        assert again.handle.to_json() == left.handle.to_json()


def test_errors_in_a_group_are_pickled(shipped: ModuleType, left: Any) -> None:
    group = ExceptionGroup("two", [left, shipped.TimeoutError("late")])
    first, second = pickled(group).exceptions
    assert str(first) == str(left)
    assert first.handle.to_json() == left.handle.to_json()
    assert (str(second), second.handle) == (str(shipped.TimeoutError("late")), None)


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 418, 429, 500, 302])
def test_a_logged_error_is_short_and_has_no_key(
    caller: Caller, server: Server, status: int
) -> None:
    server.answer = lambda _: Reply({"error": {"message": f"{KEY}\n\x07"}}, status)
    server.takes = 25
    error = caller.error(RUN, **CHAIR, options={"max_retries": 0})
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger(__name__)
    logger.addHandler(handler)
    logger.error("It failed.", exc_info=error)
    logger.removeHandler(handler)
    text = stream.getvalue()
    assert "SECRET" not in text
    assert "\x07" not in text
    assert text.rstrip().endswith(f".{type(error).__name__}: {error}")
    assert text.count("Traceback") == 1
