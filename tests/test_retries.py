"""What is sent again, and what is asked for first: no task is ever paid for twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from loopback import Drop, Reply, acknowledge, echo, news, value

if TYPE_CHECKING:
    from types import ModuleType

    from loopback import Caller, Server, Tasks

RUN = "image_inference.run"
CHAIR = {"model": "runware:101@1", "positive_prompt": "a chair"}
LATER = {**CHAIR, "delivery_method": "async"}
TASK, QUESTION = "imageInference", "getResponse"

HTML = "<html><body>Bad Gateway</body></html>"


def error(code: str, status: int = 200, **headers: str) -> Any:
    """Answer each task with an error of its own."""

    def answer(tasks: Tasks) -> object:
        errors = [
            {"code": code, "message": "no", "taskUUID": t["taskUUID"]} for t in tasks
        ]
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return Reply({"errors": errors}, status, headers=named)

    return answer


unknown = error("taskNotFound")
AMBIGUOUS = {
    "dropped": Drop(),
    "truncated": Reply('{"data": [{"taskUUID": "'),
    "empty": Reply(""),
    "a page": Reply(HTML, content_type="text/html"),
    "500": error("internalServerError", 500),
    "502": Reply(HTML, 502, "text/html"),
    "503": error("serviceUnavailable", 503),
    "504": Reply("", 504),
    "not a word": {"data": []},
}
"""Answers after which nobody knows whether the task was accepted."""

REFUSALS = {
    "429": error("rateLimitExceeded", 429),
    "429 with seconds": error("rateLimitExceeded", 429, Retry_After="0"),
    "429 with a date": error(
        "rateLimitExceeded", 429, Retry_After="Fri, 31 Dec 1999 23:59:59 GMT"
    ),
    "503 with seconds": error("serviceUnavailable", 503, Retry_After="0"),
}
"""Answers that say that nothing was accepted."""


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_was_not_accepted_is_sent_again(
    caller: Caller, server: Server, refusal: str
) -> None:
    server.script(REFUSALS[refusal], REFUSALS[refusal], echo(seed=7))
    [result] = caller(RUN, **CHAIR)
    assert result.seed == 7
    assert server.sent == [TASK, TASK, TASK]
    assert server.calls[0] == server.calls[1] == server.calls[2]


@pytest.mark.parametrize("failure", AMBIGUOUS)
def test_what_may_have_been_accepted_is_asked_for(
    caller: Caller, server: Server, failure: str
) -> None:
    server.script(AMBIGUOUS[failure], news({"status": "success", "seed": 7}))
    [result] = caller(RUN, **CHAIR)
    assert result.seed == 7
    assert server.sent == [TASK, QUESTION]
    assert server.calls[1][0]["taskUUID"] == server.calls[0][0]["taskUUID"]


@pytest.mark.parametrize(
    "answers",
    [
        [unknown],
        [error("notFound", 404)],
        [error("anything", 404)],
        [{"data": []}, {"data": [], "errors": []}],
    ],
)
@pytest.mark.parametrize("failure", ["dropped", "500"])
def test_what_the_server_does_not_know_is_sent_again(
    caller: Caller, server: Server, failure: str, answers: list[Any]
) -> None:
    server.script(AMBIGUOUS[failure], *answers, echo(seed=7))
    [result] = caller(RUN, **CHAIR)
    assert result.seed == 7
    assert server.sent == [TASK, *[QUESTION] * len(answers), TASK]
    assert server.calls[0] == server.calls[-1]


@pytest.mark.parametrize("failure", AMBIGUOUS)
def test_a_question_is_asked_again(
    caller: Caller, server: Server, failure: str
) -> None:
    done = news({"status": "success", "seed": 7})
    server.script(acknowledge, AMBIGUOUS[failure], REFUSALS["429"], done)
    [result] = caller(RUN, **LATER)
    assert result.seed == 7
    assert server.sent == [TASK, QUESTION, QUESTION, QUESTION]


def test_a_task_that_arrived_twice_is_asked_for(caller: Caller, server: Server) -> None:
    repeated = error("duplicateTaskUUID", 400)
    done = news({"status": "success", "seed": 7})
    server.script(Drop(), unknown, repeated, done)
    [result] = caller(RUN, **CHAIR)
    assert result.seed == 7
    assert server.sent == [TASK, QUESTION, TASK, QUESTION]


def test_a_task_uuid_that_was_used_before_is_an_error(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.answer = error("duplicateTaskUUID", 400)
    assert isinstance(caller.error(RUN, **CHAIR), shipped.BadRequestError)
    assert server.sent == [TASK]


@pytest.mark.parametrize("named", [True, False])
def test_a_refusal_that_is_not_about_a_task_says_nothing_of_it(
    caller: Caller, server: Server, image_inference: ModuleType, *, named: bool
) -> None:
    """Whoever is meant by it: what it does not name may have been accepted."""
    requests = [image_inference.ImageInferenceRequest(**CHAIR) for _ in range(2)]
    unknown = {"code": "taskNotFound", "message": "no"}
    if named:
        unknown["taskUUID"] = "11111111-1111-4111-8111-111111111111"
    refused = Reply({"errors": [unknown]}, 400)
    done = [{"taskUUID": r.task_uuid, "status": "success"} for r in requests]
    server.script(Drop(), refused, refused, refused, {"data": done})
    outcomes = caller("run_many", requests)
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert server.sent == [f"{TASK}+{TASK}", *[f"{QUESTION}+{QUESTION}"] * 4]


def test_an_accepted_task_is_never_sent_again(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.script(acknowledge, *[unknown] * 9)
    failure = caller.error(RUN, **LATER)
    assert isinstance(failure, shipped.TaskError)
    assert failure.handle.task_uuid == server.calls[0][0]["taskUUID"]
    assert set(server.sent[1:]) == {QUESTION}


def test_an_accepted_task_may_be_unknown_for_a_while(
    caller: Caller, server: Server
) -> None:
    done = news({"status": "success", "seed": 7})
    server.script(acknowledge, unknown, unknown, {"data": []}, done)
    [result] = caller(RUN, **LATER)
    assert result.seed == 7


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (REFUSALS["429"], "RateLimitError"),
        (REFUSALS["503 with seconds"], "ServerError"),
    ],
)
def test_tries_come_to_an_end(
    shipped: ModuleType, caller: Caller, server: Server, answer: Any, kind: str
) -> None:
    server.answer = answer
    failure = caller.error(RUN, **CHAIR, options={"max_retries": 2})
    assert type(failure) is getattr(shipped, kind)
    assert server.sent == [TASK] * 3


def test_tries_come_to_an_end_when_nobody_knows(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.answer = Drop()
    failure = caller.error(RUN, **CHAIR, options={"max_retries": 2})
    assert isinstance(failure, shipped.ConnectionError)
    assert failure.may_have_run
    assert failure.handle.task_uuid == server.calls[0][0]["taskUUID"]
    assert server.sent == [TASK, QUESTION, QUESTION]


def test_nothing_is_tried_again_without_retries(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.answer = REFUSALS["429"]
    failure = caller.error(RUN, **CHAIR, options={"max_retries": 0})
    assert isinstance(failure, shipped.RateLimitError)
    assert server.sent == [TASK]


def test_a_server_that_asks_for_too_much_patience(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.answer = error("rateLimitExceeded", 429, Retry_After="3600")
    began = time.monotonic()
    failure = caller.error(RUN, **CHAIR)
    assert isinstance(failure, shipped.RateLimitError)
    assert time.monotonic() - began < 5
    assert server.sent == [TASK]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404])
def test_a_refusal_for_a_reason_is_final(
    caller: Caller, server: Server, status: int
) -> None:
    server.answer = error("someCode", status)
    assert caller.error(RUN, **CHAIR).http_status == status
    assert server.sent == [TASK]


def test_a_question_that_is_refused_leaves_the_task(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    refused = Reply({"errors": [{"code": "unauthorized", "message": "no"}]}, 401)
    done = news({"status": "success", "seed": 7})
    server.script(acknowledge, refused, done)

    async def work(client: Any) -> None:
        with pytest.raises(shipped.AuthenticationError) as caught:
            await value(client.image_inference.run(**LATER))
        [result] = await value(caught.value.handle.wait())
        assert result.seed == 7

    caller.using(work)


def test_an_answer_that_drips_is_bounded(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.pause = 0.05
    server.answer = echo(text="x" * 100)
    began = time.monotonic()
    failure = caller.error(RUN, **CHAIR, timeout=0.4)
    assert isinstance(failure, shipped.TimeoutError)
    assert time.monotonic() - began < 2


def test_a_task_without_uuid_is_harmless(caller: Caller, server: Server) -> None:
    server.script(Drop(), Reply(HTML, 502), echo_of_ping)
    [result] = caller("ping.run")
    assert result.pong is True
    assert server.sent == ["ping"] * 3


def echo_of_ping(_: Tasks) -> object:
    """Answer a ping."""
    return {"data": [{"taskType": "ping", "pong": True}]}
