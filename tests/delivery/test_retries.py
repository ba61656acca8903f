"""Retries: what is sent again and what is polled. No task is ever billed twice."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from loopback import (
    CHAIR,
    LATER,
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
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Caller, Server, Tasks

RUN = "image_inference.run"
TASK, POLL = "imageInference", "getResponse"
HTML = "<html><body>Bad Gateway</body></html>"


unknown = failing(code="taskNotFound")
silent: dict[str, list[object]] = {"data": []}
done = news({"status": "success", "seed": 7})
AMBIGUOUS = {
    "dropped": Drop(),
    "truncated": Reply('{"data": [{"taskUUID": "'),
    "empty": Reply(""),
    "a page": Reply(HTML, content_type="text/html"),
    "500": failing(500, code="internalServerError"),
    "502": Reply(HTML, 502, "text/html"),
    "503": failing(503, code="serviceUnavailable"),
    "504": Reply("", 504),
    "not a word": {"data": []},
}
"""Responses that leave it open whether the task was accepted."""

REFUSALS = {
    "429": failing(429, code="rateLimitExceeded"),
    "429 with seconds": failing(429, "0", code="rateLimitExceeded"),
    "429 with a date": failing(
        429, "Fri, 31 Dec 1999 23:59:59 GMT", code="rateLimitExceeded"
    ),
    "503 with seconds": failing(503, "0", code="serviceUnavailable"),
}
"""Responses that say that no task was accepted."""


@pytest.mark.parametrize("name", REFUSALS)
def test_what_was_not_accepted_is_sent_again(
    caller: Caller, server: Server, name: str
) -> None:
    server.script(REFUSALS[name], REFUSALS[name], echo(seed=7))
    [result] = caller(RUN, **CHAIR)
    assert result.seed == 7
    assert server.sent == [TASK, TASK, TASK]
    assert server.calls[0] == server.calls[1] == server.calls[2]


@pytest.mark.parametrize("failure", AMBIGUOUS)
def test_what_may_have_been_accepted_is_polled(
    caller: Caller, server: Server, failure: str
) -> None:
    server.script(AMBIGUOUS[failure], news({"status": "success", "seed": 7}))
    [result] = caller(RUN, **CHAIR)
    assert result.seed == 7
    assert server.sent == [TASK, POLL]
    assert server.calls[1][0]["taskUUID"] == server.calls[0][0]["taskUUID"]


@pytest.mark.parametrize(
    "quiet",
    [unknown, failing(404, code="notFound"), failing(404, code="anything"), silent],
    ids=["not found", "404", "any 404", "silent"],
)
@pytest.mark.parametrize("failure", ["dropped", "500"])
def test_an_async_task_in_doubt_is_sent_again_after_silence(
    caller: Caller, server: Server, failure: str, quiet: Any
) -> None:
    """The server refuses an async task that it already has."""
    lost = AMBIGUOUS[failure]
    polls = [quiet, quiet]
    server.script(lost, *polls, lost, *polls, acknowledge, done)
    [result] = caller(RUN, **LATER)
    assert result.seed == 7
    assert server.sent == [TASK, POLL, POLL, TASK, POLL, POLL, TASK, POLL]
    assert server.calls[0] == server.calls[3] == server.calls[6]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_sendings_of_a_task_in_doubt_are_bounded(
    caller: Caller, server: Server, retries: int
) -> None:
    server.split(
        Drop(), lambda tasks: done(tasks) if len(server.calls) > 40 else silent
    )
    [result] = caller(RUN, **LATER, options={"max_retries": retries})
    assert result.seed == 7
    sendings = [n for n, sent in enumerate(server.sent) if sent == TASK]
    assert sendings == [0, 3, 6, 11][: retries + 1]  # after 2, 4 and 8 empty polls


@pytest.mark.parametrize("failure", ["dropped", "500"])
@pytest.mark.parametrize("quiet", [unknown, silent], ids=["not found", "silent"])
def test_a_sync_task_in_doubt_is_not_sent_again(
    caller: Caller, server: Server, failure: str, quiet: Any
) -> None:
    server.script(AMBIGUOUS[failure], *[quiet] * 7, done)
    [result] = caller(RUN, **CHAIR)
    assert result.seed == 7
    assert server.sent == [TASK, *[POLL] * 8]


def test_nothing_in_doubt_is_sent_again_by_the_policy_never(
    caller: Caller, server: Server
) -> None:
    server.script(Drop(), *[silent] * 20, done)
    [result] = caller(RUN, **LATER, options={"resend": "never"})
    assert result.seed == 7
    assert server.sent == [TASK, *[POLL] * 21]


def test_what_was_rejected_is_sent_again_whatever_the_policy(
    caller: Caller, server: Server
) -> None:
    server.script(REFUSALS["429"], echo(seed=7))
    [result] = caller(RUN, **CHAIR, options={"resend": "never"})
    assert result.seed == 7
    assert server.sent == [TASK, TASK]


def test_what_is_in_doubt_is_sent_again_at_once_by_the_policy_eager(
    caller: Caller, server: Server
) -> None:
    conflict = failing(400, code="conflictTaskUUID")
    server.script(Drop(), Reply("", 504), conflict, done)
    [result] = caller(RUN, **CHAIR, options={"resend": "eager"})
    assert result.seed == 7
    assert server.sent == [TASK, TASK, TASK, POLL]


@pytest.mark.parametrize("policy", ["Safe", "", None, 1])
def test_a_policy_that_there_is_not_is_refused(caller: Caller, policy: Any) -> None:
    with pytest.raises(ValueError, match="resend must be one of 'safe', 'eager'"):
        caller("run", None, options={"resend": policy})


@pytest.mark.parametrize("failure", AMBIGUOUS)
def test_a_poll_is_repeated(caller: Caller, server: Server, failure: str) -> None:
    server.script(acknowledge, AMBIGUOUS[failure], REFUSALS["429"], done)
    [result] = caller(RUN, **LATER)
    assert result.seed == 7
    assert server.sent == [TASK, POLL, POLL, POLL]


CONFLICTS = [
    ("conflictTaskUUID", 400),
    ("duplicateTaskUUID", 400),
    ("taskUUIDAlreadyExists", 409),
    ("conflictTaskUUID", 200),
]


@pytest.mark.parametrize(("code", "status"), CONFLICTS)
def test_a_conflict_of_a_second_sending_means_that_the_first_arrived(
    caller: Caller, server: Server, code: str, status: int
) -> None:
    server.script(
        Drop(), silent, silent, failing(status, code=code), *[silent] * 9, done
    )
    [result] = caller(RUN, **LATER)
    assert result.seed == 7
    assert server.sent == [TASK, POLL, POLL, TASK, *[POLL] * 10]


@pytest.mark.parametrize(("code", "status"), CONFLICTS)
@pytest.mark.parametrize("more", [{}, {"status": "error"}], ids=["", "status"])
def test_a_conflict_of_a_first_sending_means_poll(
    caller: Caller, server: Server, code: str, status: int, more: dict[str, str]
) -> None:
    """A gateway in front of the server may have repeated the POST."""
    server.script(failing(status, code=code, **more), silent, done)
    [result] = caller(RUN, **CHAIR)
    assert result.seed == 7
    assert server.sent == [TASK, POLL, POLL]


def test_a_conflict_and_no_result_leaves_a_handle(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    conflict = failing(400, code="conflictTaskUUID")
    server.split(conflict, silent)
    server.takes = 25
    failure = caller.error(RUN, **CHAIR)
    assert isinstance(failure, shipped.TimeoutError)
    assert failure.may_have_run
    assert failure.handle.task_uuid == server.calls[0][0]["taskUUID"]
    assert set(server.sent[1:]) == {POLL}


@pytest.mark.parametrize("named", [True, False])
def test_a_poll_that_is_refused_as_a_whole_is_repeated_for_each_task(
    caller: Caller, server: Server, image: Callable[..., Any], *, named: bool
) -> None:
    """Tasks that the error does not name may have been accepted."""
    requests = [image() for _ in range(2)]
    unknown = {"code": "taskNotFound", "message": "no"}
    if named:
        unknown["taskUUID"] = "11111111-1111-4111-8111-111111111111"
    refused = Reply({"errors": [unknown]}, 400)
    server.script(Drop(), refused, done, done)
    outcomes = caller("run_many", requests)
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert server.sent == [f"{TASK}+{TASK}", f"{POLL}+{POLL}", POLL, POLL]


def test_async_tasks_of_a_refused_batch_are_sent_alone(
    shipped: ModuleType, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    good, bad = (image(delivery_method="async") for _ in range(2))

    def answer(tasks: Tasks) -> object:
        names = [task["taskUUID"] for task in tasks]
        if tasks[0]["taskType"] == POLL:
            return done(tasks) if accepted.issuperset(names) else silent
        if bad.task_uuid in names:
            return refusal(400, "invalidParameter")
        accepted.update(names)
        return acknowledge(tasks)

    accepted: set[str] = set()
    server.answer = answer
    first, second = caller("run_many", [good, bad])
    assert [result.seed for result in first.unwrap()] == [7]
    assert isinstance(second.error, shipped.BadRequestError)
    assert second.error.code == "invalidParameter"
    assert second.error.handle.task_uuid == bad.task_uuid
    sendings = [tasks for tasks in server.calls if tasks[0]["taskType"] == TASK]
    assert sorted(map(len, sendings)) == [1, 1, 2]


def test_sync_tasks_beside_a_refused_one_are_left(
    shipped: ModuleType, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """The server may have run the tasks that the error does not name."""
    bad, other = image(), image()
    error = {"code": "invalidParameter", "message": "no", "taskUUID": bad.task_uuid}
    refused = Reply({"errors": [error]}, 400)
    server.split(refused, silent)
    first, second = caller("run_many", [bad, other])
    assert isinstance(first.error, shipped.BadRequestError)
    assert first.error.handle is None
    assert isinstance(second.error, shipped.ResponseError)
    assert second.error.http_status == 400
    assert second.error.may_have_run
    assert second.error.handle.task_uuid == other.task_uuid
    assert server.sent == [f"{TASK}+{TASK}", *[POLL] * 4]


def test_sync_tasks_of_a_refused_batch_are_left(
    shipped: ModuleType, caller: Caller, server: Server, image: Callable[..., Any]
) -> None:
    """The server may have run the tasks that the error is not about."""
    requests = [image() for _ in range(2)]
    server.split(refusal(400, "invalidParameter"), silent)
    for outcome in caller("run_many", requests):
        assert isinstance(outcome.error, shipped.BadRequestError)
        assert outcome.error.may_have_run
        assert outcome.error.handle.task_uuid == outcome.request.task_uuid
        polls = [t for call in server.calls[1:] for t in call]
        names = [task["taskUUID"] for task in polls]
        assert names.count(outcome.request.task_uuid) == 4
    assert server.sent.count(f"{TASK}+{TASK}") == 1
    assert TASK not in server.sent


@pytest.mark.parametrize(
    ("code", "status"),
    [("invalidApiKey", 401), ("insufficientCredits", 402), ("forbidden", 403)],
)
def test_what_is_refused_of_the_account_is_refused_of_every_task(
    caller: Caller, server: Server, image: Callable[..., Any], code: str, status: int
) -> None:
    requests = [image() for _ in range(2)]
    server.answer = lambda _: refusal(status, code)
    for outcome in caller("run_many", requests):
        assert outcome.error.http_status == status
        assert (outcome.error.may_have_run, outcome.error.handle) == (False, None)
    assert server.sent == [f"{TASK}+{TASK}"]


@pytest.mark.parametrize("members", [CHAIR, LATER], ids=["sync", "async"])
def test_a_task_that_is_not_found_eight_times_is_left(
    shipped: ModuleType, caller: Caller, server: Server, members: dict[str, Any]
) -> None:
    """It may have failed, or the server may never have accepted it."""
    server.script(acknowledge, *[unknown] * 8)
    failure = caller.error(RUN, **members)
    assert isinstance(failure, shipped.TaskError)
    assert failure.code == "taskNotFound"
    assert failure.may_have_run
    assert failure.handle.task_uuid == server.calls[0][0]["taskUUID"]
    assert server.sent == [TASK, *[POLL] * 8]


def test_a_failure_with_http_404_ends_the_task(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    server.script(acknowledge, failing(404, code="imageNotFound", status="error"))
    failure = caller.error(RUN, **LATER)
    assert isinstance(failure, shipped.NotFoundError)
    assert failure.handle is None
    assert server.sent == [TASK, POLL]


def test_news_of_a_task_begins_the_count_of_not_found_anew(
    caller: Caller, server: Server
) -> None:
    some = [unknown] * 7
    working = news({"status": "processing"})
    server.script(acknowledge, *some, working, *some, silent, *some, done)
    [result] = caller(RUN, **LATER)
    assert result.seed == 7
    assert server.sent.count(TASK) == 1


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize(
    ("name", "kind"),
    [("429", "RateLimitError"), ("503 with seconds", "ServerError")],
)
def test_tries_come_to_an_end(
    caller: Caller, server: Server, name: str, kind: str, retries: int
) -> None:
    server.answer = REFUSALS[name]
    failure = caller.error(RUN, **CHAIR, options={"max_retries": retries})
    assert type(failure) is getattr(caller.package, kind)
    assert server.sent == [TASK] * (retries + 1)


@pytest.mark.parametrize("retries", [0, 3])
@pytest.mark.parametrize("members", [CHAIR, LATER], ids=["sync", "async"])
def test_polls_that_fail_are_repeated_until_the_time_is_up(
    shipped: ModuleType,
    caller: Caller,
    server: Server,
    members: dict[str, Any],
    retries: int,
) -> None:
    server.answer = lambda _: Drop()
    server.takes = 8
    failure = caller.error(RUN, **members, options={"max_retries": retries})
    assert isinstance(failure, shipped.ConnectionError)
    assert failure.may_have_run
    assert failure.handle.task_uuid == server.calls[0][0]["taskUUID"]
    assert server.sent[0] == TASK
    assert set(server.sent[1:]) == {POLL}
    assert len(server.sent) > 5


def test_a_poll_is_repeated_more_often_than_a_sending(
    caller: Caller, server: Server
) -> None:
    busy = failing(503, code="serviceUnavailable")
    server.script(acknowledge, *[busy] * 20, done)
    [result] = caller(RUN, **LATER, options={"max_retries": 0})
    assert result.seed == 7


@pytest.mark.parametrize("status", [200, 400, 408, 409, 425, 429, 499, 500, 502, 503])
@pytest.mark.parametrize("code", ["rateLimitExceeded", "serviceUnavailable"])
def test_what_is_about_a_poll_does_not_end_its_task(
    caller: Caller, server: Server, code: str, status: int
) -> None:
    """The error may name the task too."""
    poll = {"code": code, "message": "no", "taskType": "getResponse"}

    def named(tasks: Tasks) -> object:
        return Reply({"errors": [poll | {"taskUUID": tasks[0]["taskUUID"]}]}, status)

    server.script(acknowledge, Reply({"errors": [poll]}, status), named, done)
    [result] = caller(RUN, **LATER)
    assert result.seed == 7
    assert server.sent == [TASK, POLL, POLL, POLL]


@pytest.mark.parametrize("is_date", [False, True], ids=["seconds", "date"])
def test_a_server_that_asks_for_too_much_patience(
    shipped: ModuleType, caller: Caller, server: Server, *, is_date: bool
) -> None:
    later = formatdate(time.time() + 3600, usegmt=True) if is_date else "3600"
    server.answer = failing(429, later, code="rateLimitExceeded")
    began = time.monotonic()
    failure = caller.error(RUN, **CHAIR)
    assert isinstance(failure, shipped.RateLimitError)
    assert time.monotonic() - began < 30  # not an hour
    assert server.sent == [TASK]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404])
def test_a_refusal_for_a_reason_is_final(
    caller: Caller, server: Server, status: int
) -> None:
    server.answer = failing(status, code="someCode")
    assert caller.error(RUN, **CHAIR).http_status == status
    assert server.sent == [TASK]


def test_a_refusal_of_several_results_is_final(caller: Caller, server: Server) -> None:
    server.answer = failing(400, code="invalidParameter", status="error")
    failure = caller.error(RUN, **CHAIR, number_results=2)
    assert not failure.may_have_run
    assert server.sent == [TASK]


def test_a_rejection_that_says_error_is_sent_again(
    caller: Caller, server: Server
) -> None:
    busy = failing(429, "0", code="rateLimitExceeded", status="error")
    server.script(busy, done)
    [result] = caller(RUN, **CHAIR)
    assert result.seed == 7
    assert server.sent == [TASK, TASK]


async def test_a_poll_that_is_refused_leaves_the_task(
    shipped: ModuleType, client: Any, server: Server
) -> None:
    refused = refusal(401, "unauthorized")
    server.script(acknowledge, refused, done)
    with pytest.raises(shipped.AuthenticationError) as caught:
        await value(client.image_inference.run(**LATER))
    [result] = await value(caught.value.handle.wait())
    assert result.seed == 7


@pytest.mark.parametrize("refusals", [4, 5])
async def test_a_poll_that_is_refused_for_a_reason_is_repeated_a_few_times(
    shipped: ModuleType, client: Any, server: Server, refusals: int
) -> None:
    """The task that the server accepted is still running."""
    refused = refusal(400, "invalidTaskUUID")
    server.script(acknowledge, *[refused] * refusals, done)
    try:
        [result] = await value(client.image_inference.run(**LATER))
    except shipped.BadRequestError as error:
        assert refusals == 5
        [result] = await value(error.handle.wait())
    assert result.seed == 7
    assert server.sent == [TASK, *[POLL] * (refusals + 1)]


def test_polls_that_tls_refuses_are_repeated_a_few_times(
    shipped: ModuleType, caller: Caller, server: Server
) -> None:
    polls: list[Any] = []
    caller.url = server.url.replace("http", "https", 1)

    async def work(client: Any) -> None:
        handle = client.handle(client.image_inference.request(**LATER))
        with pytest.raises(shipped.ConnectionError, match="does not use TLS") as caught:
            await value(client.resume(handle.to_json()).wait())
        assert caught.value.handle

    caller.using(work, on_event=polls.append)
    assert [each.kind for each in polls].count("polled") == 5


def test_polls_that_tls_refuses_for_a_while_end_no_call(
    caller: Caller, server: Server
) -> None:
    """The API has responded before, so base_url is right."""
    refused: list[httpx2.Request] = []

    def refuse(request: httpx2.Request) -> None:
        if POLL.encode() in request.content and len(refused) < 8:
            refused.append(request)
            raise httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] expired")

    async def arefuse(request: httpx2.Request) -> None:
        refuse(request)

    is_sync = caller.kind == "sync"
    kind: Any = httpx2.Client if is_sync else httpx2.AsyncClient
    http_client = kind(event_hooks={"request": [refuse if is_sync else arefuse]})
    server.script(acknowledge, done)

    async def work(client: Any) -> None:
        [result] = await value(client.image_inference.run(**LATER))
        assert result.seed == 7
        await value(http_client.close() if is_sync else http_client.aclose())

    caller.using(work, http_client=http_client)
    assert server.sent == [TASK, POLL]
    assert len(refused) == 8


def test_a_task_without_uuid_is_harmless(caller: Caller, server: Server) -> None:
    server.script(Drop(), Reply(HTML, 502), echo_of_ping)
    [result] = caller("ping.run")
    assert result.pong is True
    assert server.sent == ["ping"] * 3


def echo_of_ping(_: Tasks) -> object:
    """Answer a ping."""
    return {"data": [{"taskType": "ping", "pong": True}]}
