"""WebSocket transport: which messages are the response to a call."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from sockets import (
    SESSION,
    Admitting,
    Peer,
    Run,
    dropping,
    news,
    order,
    question,
    result,
    saying,
)

if TYPE_CHECKING:
    from types import ModuleType

    from sockets import Item

NAMELESS = {"code": "invalidParameter", "message": "No."}


def failure(task: Item, code: str = "nsfwContentDetected", **members: Any) -> Item:
    """Make an error about a task."""
    return news(task, code=code, message="No.", **members)


def kinds(peer: Peer) -> list[str]:
    """Return the types of received tasks, without authentications and pings."""
    sent = [task["taskType"] for tasks in peer.frames for task in tasks]
    return [kind for kind in sent if kind not in ("authentication", "ping")]


# -- polls ----------------------------------------------------------------------


async def test_a_question_without_an_answer_is_given_up(run: Run) -> None:
    """A pong does not answer a poll. A late response answers the next poll."""
    task = order()
    asked = asyncio.Event()

    async def late(peer: Peer) -> None:
        await peer.ponged()
        asked.set()
        await peer.ponged()
        await peer.say(result(task))

    run.wait("_runtime.transport.pending", SILENCE=0.1)
    async with run.carrier(late) as carrier:
        first = asyncio.create_task(carrier.post(question(task)))
        await asked.wait()
        await carrier.pong()
        envelope = await first
        assert (envelope.http_status, envelope.data, envelope.errors) == (200, [], [])
        assert envelope.is_partial
        run.wait("_runtime.transport.pending", SILENCE=10)
        assert len((await carrier.post(question(task))).data) == 1


async def test_a_text_that_another_call_polls_counts_once(run: Run) -> None:
    """Until then, the response to the sending has the first of two texts."""
    task = {"taskType": "textInference", "model": "a:b@1", "numberResults": 2}
    text = {"taskUUID": str(uuid4()), "cost": 0.5}
    is_sent = asyncio.Event()

    async def say(peer: Peer) -> None:
        await peer.ponged()
        await peer.say({**text, "text": "first"})
        is_sent.set()
        await peer.ponged()
        texts = [{**text, "text": each} for each in ("first", "second")]
        await peer.say(*({**each, "status": "success"} for each in texts))

    async with run.client(say) as client:
        sending = asyncio.create_task(
            client.send(task | {"taskUUID": text["taskUUID"]})
        )
        await is_sent.wait()
        [handle] = client.unfinished()
        await handle.poll()
        assert [each.text for each in await sending] == ["first", "second"]


async def test_a_late_answer_is_kept_for_the_next_question(run: Run) -> None:
    run.wait("_runtime.transport.pending", SILENCE=0.1)
    task = order()
    given_up = asyncio.Event()

    async def late(peer: Peer) -> None:
        await peer.ponged()
        await given_up.wait()
        await peer.say(result(task))

    async with run.carrier(late) as carrier:
        assert not (await carrier.post(question(task))).data
        given_up.set()
        await carrier.pong()
        assert len((await carrier.post(question(task))).data) == 1
    [peer] = run.sockets.peers
    assert kinds(peer) == ["getResponse"]


async def test_an_envelope_has_what_was_said_about_its_tasks(run: Run) -> None:
    told, other, foreign = order(), order(), order()
    vague = saying(result(told), news(foreign), errors=[failure(foreign)])
    async with run.carrier(vague) as carrier:
        envelope = await carrier.post(question(told), question(other))
        assert [item["taskUUID"] for item in envelope.data] == [told["taskUUID"]]
        assert (envelope.errors, envelope.is_partial) == ([], True)


async def test_one_failed_task_is_not_the_status_of_others(run: Run) -> None:
    told, other = order(), order()
    vague = saying(errors=[failure(told, "rateLimitExceeded")])
    async with run.carrier(vague) as carrier:
        envelope = await carrier.post(question(told), question(other))
        assert (envelope.http_status, envelope.is_partial) == (200, True)


async def test_a_message_may_have_thousands_of_results(run: Run) -> None:
    """The time to read it is linear in their number, not quadratic."""
    task = order()
    many = saying(*(result(task, number) for number in range(10_000)))
    async with run.carrier(many) as carrier:
        assert len((await carrier.post(task)).data) == 10_000


async def test_results_without_an_envelope_are_an_answer(run: Run) -> None:
    tasks = [order(), order()]

    async def bare(peer: Peer) -> None:
        await peer.ponged()
        await peer.connection.send(json.dumps([*map(result, tasks)]))

    async with run.carrier(bare) as carrier:
        named = [item["taskUUID"] for item in (await carrier.post(*tasks)).data]
        assert named == [task["taskUUID"] for task in tasks]


async def test_an_empty_answer_ends_the_question_at_once(run: Run) -> None:
    run.wait("_runtime.transport.pending", SILENCE=100, QUIET=100)

    async def empty(peer: Peer) -> None:
        while True:
            for task in await peer.ponged():
                if task["taskType"] == "getResponse":
                    await peer.say()

    async with run.carrier(empty) as carrier:
        sending = asyncio.create_task(carrier.post(order()))
        envelope = await carrier.post(question(order()))
        assert (envelope.data, envelope.errors) == ([], [])
        await carrier.pong()
        assert not sending.done()
        sending.cancel()


@pytest.mark.parametrize("members", [{"status": "error"}, {}], ids=["status", "code"])
async def test_the_failure_of_a_task_is_kept(run: Run, members: Item) -> None:
    task = order()

    async def pushing(peer: Peer) -> None:
        await peer.ponged()
        await peer.say(news(task))
        await peer.say(errors=[failure(task, **members)])

    async with run.carrier(pushing) as carrier:
        await carrier.post(task)
        await carrier.pong()
        [error] = (await carrier.post(question(task))).errors
        assert error["code"] == "nsfwContentDetected"
    [peer] = run.sockets.peers
    assert kinds(peer) == ["imageInference"]


async def test_what_a_drop_left_out_of_an_answer_is_no_answer(run: Run) -> None:
    run.wait("_runtime.transport.pending", QUIET=10)
    told, untold = order(), order()

    async def dropping(peer: Peer) -> None:
        await peer.ponged()
        await peer.say(result(told))
        await peer.connection.close()

    async with run.carrier(dropping) as carrier:
        envelope = await carrier.post(question(told), question(untold))
        assert [item["taskUUID"] for item in envelope.data] == [told["taskUUID"]]
        assert envelope.is_cut


# -- errors that name no task ---------------------------------------------------


@pytest.mark.parametrize(
    "code", ["invalidParameter", "tooManyTasks", "rateLimitExceeded"]
)
async def test_a_nameless_error_may_be_about_a_call_that_was_given_up(
    run: Run, shipped: ModuleType, code: str
) -> None:
    first, second = order(), order()
    heard = asyncio.Event()

    async def vague(peer: Peer) -> None:
        await peer.ponged()
        heard.set()
        await peer.ponged()
        await peer.say(errors=[{"code": code, "message": "No."}])

    async with run.carrier(vague) as carrier:
        given_up = asyncio.create_task(carrier.post(first))
        await heard.wait()
        given_up.cancel()
        with pytest.raises(shipped.ConnectionError, match="names no task") as raised:
            await carrier.post(second)
        assert raised.value.may_have_run


@pytest.mark.parametrize("is_answered", [True, False], ids=["pong", "no pong"])
async def test_a_nameless_error_may_be_about_a_ping(
    run: Run, shipped: ModuleType, is_answered: bool
) -> None:
    run.wait(PING_EVERY=0.05)
    ping = [{"taskType": "ping", "ping": True}]

    async def vague(peer: Peer) -> None:
        assert await peer.heard() != ping
        assert await peer.heard() == ping
        if is_answered:
            await peer.say({"taskType": "ping", "pong": True})
        await peer.say(errors=[NAMELESS])

    async with run.carrier(vague) as carrier:
        if is_answered:
            assert (await carrier.post(order())).errors == [NAMELESS]
            return
        with pytest.raises(shipped.ConnectionError, match="names no task") as raised:
            await carrier.post(order())
        assert raised.value.may_have_run


async def test_a_nameless_error_is_of_the_only_call_that_is_unanswered(
    run: Run,
) -> None:
    first, second = order(), order()
    heard = asyncio.Event()

    async def late(peer: Peer) -> None:
        await peer.ponged()
        heard.set()
        await peer.ponged()
        await peer.say(result(first))  # no call waits for it any more
        await peer.say(errors=[NAMELESS])

    async with run.carrier(late) as carrier:
        given_up = asyncio.create_task(carrier.post(first))
        await heard.wait()
        given_up.cancel()
        envelope = await carrier.post(second)
        assert (envelope.http_status, envelope.errors) == (400, [NAMELESS])
        assert len((await carrier.post(question(first))).data) == 1


@pytest.mark.parametrize("session", [SESSION, "another"])
async def test_a_nameless_error_is_not_about_a_call_of_another_session(
    run: Run, session: str
) -> None:
    heard, given_up = asyncio.Event(), asyncio.Event()

    async def first(peer: Peer) -> None:
        await peer.ponged()
        heard.set()
        await given_up.wait()
        peer.drop()

    @Admitting
    async def second(peer: Peer) -> None:
        await peer.heard()
        named = {"connectionSessionUUID": session}
        await peer.say({"taskType": "authentication", **named})
        await peer.ponged()
        await peer.say(errors=[NAMELESS])

    async with run.carrier(first, second) as carrier:
        search = asyncio.create_task(carrier.post({"taskType": "modelSearch"}))
        await heard.wait()
        search.cancel()
        given_up.set()
        await asyncio.wait([carrier.transport._connection._runner])
        [answer] = await asyncio.gather(carrier.post(order()), return_exceptions=True)
        assert (getattr(answer, "errors", []) == [NAMELESS]) is (session != SESSION)


async def test_a_nameless_error_may_be_about_a_question(
    run: Run, shipped: ModuleType
) -> None:
    vague = saying(errors=[NAMELESS], after=2)
    async with run.carrier(vague) as carrier:
        calls = [carrier.post(order()), carrier.post(question(order()))]
        error: Any
        for error in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(error, shipped.ConnectionError)
            assert error.may_have_run


async def test_a_nameless_error_about_the_key_refuses_all_questions(
    run: Run, shipped: ModuleType
) -> None:
    """A task may have been accepted before. Its next poll is refused too."""
    expired = saying(errors=[{"code": "tokenExpired", "message": "No."}], after=3)
    async with run.carrier(expired) as carrier:
        tasks = (order(), question(order()), question(order()))
        sent, *asked = await asyncio.gather(
            *map(carrier.post, tasks), return_exceptions=True
        )
        assert isinstance(sent, shipped.ConnectionError)
        assert [answer.http_status for answer in asked] == [401, 401]


async def test_a_nameless_error_about_a_permission_refuses_no_question(
    run: Run, shipped: ModuleType
) -> None:
    """It may be about the sending, and the task of the question may be running."""
    denied = saying(errors=[{"code": "permissionDenied", "message": "No."}], after=2)
    async with run.carrier(denied) as carrier:
        calls = [carrier.post(order()), carrier.post(question(order()))]
        for error in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(error, shipped.ConnectionError)


@pytest.mark.parametrize("code", ["invalidParameter", "rateLimitExceeded"])
async def test_a_nameless_error_may_answer_the_first_of_two_questions(
    run: Run, shipped: ModuleType, code: str
) -> None:
    """A result ends the second poll. The error may be the response to the first one."""
    run.wait("_runtime.transport.pending", SILENCE=0.05)
    task, asked = order(), question(order())

    async def late(peer: Peer) -> None:
        for _ in range(3):  # the task and two polls
            await peer.ponged()
        await peer.say(result({**asked, "taskType": "imageInference"}))
        await peer.say(errors=[{"code": code, "message": "No."}])

    async with run.carrier(late) as carrier:
        sending = asyncio.create_task(carrier.post(task))
        assert not (await carrier.post(asked)).data
        run.wait("_runtime.transport.pending", SILENCE=10)
        assert len((await carrier.post(asked)).data) == 1
        with pytest.raises(shipped.ConnectionError, match="names no task") as raised:
            await sending
        assert raised.value.may_have_run


async def test_an_error_that_names_a_type_is_about_calls_of_that_type(run: Run) -> None:
    task = order()

    async def vague(peer: Peer) -> None:
        await peer.ponged()
        await peer.ponged()
        await peer.say(errors=[{**NAMELESS, "taskType": "getResponse"}])
        await peer.say(result(task))

    async with run.carrier(vague) as carrier:
        sent, asked = await asyncio.gather(
            carrier.post(task), carrier.post(question(order()))
        )
        assert (len(sent.data), len(asked.errors)) == (1, 1)


async def test_an_error_that_may_be_about_an_earlier_question_refuses_no_task(
    run: Run, shipped: ModuleType
) -> None:
    run.wait("_runtime.transport.pending", SILENCE=0.1)
    task = order()

    async def late(peer: Peer) -> None:
        await peer.ponged()
        await peer.ponged()
        error = {**NAMELESS, "taskUUID": task["taskUUID"]}
        await peer.say(errors=[error])

    async with run.carrier(late) as carrier:
        assert not (await carrier.post(question(task))).data
        with pytest.raises(shipped.ConnectionError) as raised:
            await carrier.post(task)
        assert raised.value.may_have_run


async def test_more_calls_than_are_remembered_make_every_nameless_error_unclear(
    run: Run, shipped: ModuleType
) -> None:
    run.wait("_runtime.transport.session", MAX_ABANDONED=1)
    run.wait("_runtime.transport.pending", SILENCE=0.05)
    last = order()

    async def vague(peer: Peer) -> None:
        asked = [(await peer.ponged())[0] for _ in range(2)]
        while (await peer.ponged()) != [last]:
            pass
        for task in asked:
            await peer.say(news({**task, "taskType": "imageInference"}))
        await peer.say(errors=[NAMELESS])

    async with run.carrier(vague) as carrier:
        for _ in range(2):
            await carrier.post(question(order()))
        with pytest.raises(shipped.ConnectionError):
            await carrier.post(last)


# -- tasks with many results ----------------------------------------------------


async def test_an_error_of_one_result_does_not_end_the_call(run: Run) -> None:
    run.wait("_runtime.transport.pending", QUIET=100)
    task = order(4)

    async def some(peer: Peer) -> None:
        await peer.ponged()
        await peer.say(errors=[failure(task)])
        for number in range(3):
            await peer.say(result(task, number))

    async with run.carrier(some) as carrier:
        envelope = await carrier.post(task)
        assert (len(envelope.data), len(envelope.errors)) == (3, 1)
        assert not envelope.is_partial


async def test_a_poll_has_the_errors_of_all_results(run: Run) -> None:
    run.wait("_runtime.transport.pending", QUIET=100)
    task = order(2)

    async def failed(peer: Peer) -> None:
        await peer.ponged()
        await peer.say(news(task))
        await peer.ponged()
        await peer.say(errors=[failure(task)])
        await peer.say(errors=[failure(task, "timeoutProvider")])

    async with run.carrier(failed) as carrier:
        await carrier.post(task)
        assert len((await carrier.post(question(task))).errors) == 2


@pytest.mark.parametrize("has_name", [True, False])
async def test_after_an_error_and_a_silence_a_part_is_the_answer(
    run: Run, has_name: bool
) -> None:
    task = order(4)
    concluded = asyncio.Event()

    async def some(peer: Peer) -> None:
        await peer.ponged()
        await peer.say(
            result(task, 1), errors=[failure(task) if has_name else NAMELESS]
        )
        await concluded.wait()
        await peer.say(result(task, 2))

    async with run.carrier(some) as carrier:
        envelope = await carrier.post(task)
        assert (len(envelope.data), len(envelope.errors)) == (1, 1)
        assert envelope.is_partial
        concluded.set()
        await carrier.pong()
        [more] = (await carrier.post(question(task))).data
        assert more["seed"] == 2


async def test_a_failed_task_of_a_batch_does_not_cut_the_others_short(run: Run) -> None:
    run.wait("_runtime.transport.pending", SILENCE=0.1)
    first, second = order(), order()
    silent = asyncio.Event()

    async def slow(peer: Peer) -> None:
        await peer.ponged()
        await peer.say(errors=[failure(first)])
        await silent.wait()
        await peer.say(result(second))

    async with run.carrier(slow) as carrier:
        batch = asyncio.create_task(carrier.post(first, second))
        await carrier.post(question(order()))  # takes longer than QUIET
        silent.set()
        envelope = await batch
        assert (len(envelope.data), len(envelope.errors)) == (1, 1)


# -- results that no call waits for ---------------------------------------------


async def test_results_of_tasks_that_were_sent_are_all_kept(run: Run) -> None:
    tasks = [order() for _ in range(600)]

    async def pushing(peer: Peer) -> None:
        await peer.ponged()
        await peer.say(*map(news, tasks))
        for task in tasks:
            await peer.say(result(task))

    async with run.carrier(pushing) as carrier:
        assert len((await carrier.post(*tasks)).data) == 600
        await carrier.pong()
        for task in tasks:
            assert len((await carrier.post(question(task))).data) == 1
    [peer] = run.sockets.peers
    assert "getResponse" not in kinds(peer)


@pytest.mark.parametrize("limit", [{"MAX_STRAYS": 5}, {"MAX_STRAY_BYTES": 1000}])
@pytest.mark.parametrize("is_known", [True, False])
async def test_of_other_tasks_only_so_many_results_are_kept(
    run: Run, limit: dict[str, int], *, is_known: bool
) -> None:
    run.wait("_runtime.transport.strays", **limit)
    tasks = [order() for _ in range(8)]

    async def pushing(peer: Peer) -> None:
        for task in tasks:
            item = result(task)
            large = 185 - len(json.dumps(item))
            await peer.say(item | {"text": "x" * large})
        while True:
            for _ in await peer.ponged():
                await peer.say()

    async with run.carrier(pushing, is_known=lambda _: is_known) as carrier:
        await carrier.pong()
        found = [(await carrier.post(question(task))).data for task in tasks]
        assert [len(items) for items in found] == [int(is_known)] * 3 + [1] * 5


def test_many_results_of_another_task_are_compared_quickly(
    shipped: ModuleType,
) -> None:
    strays = import_module(f"{shipped.__name__}._runtime.transport.strays").Strays()
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        for number in range(200):
            strays.add("key", {"imageUUID": str(number)})
    finally:
        sys.setprofile(None)
    assert calls < 200 * 100


async def test_news_and_answers_to_other_questions_are_not_kept(run: Run) -> None:
    task = order()

    async def pushing(peer: Peer) -> None:
        await peer.ponged()
        await peer.say(news(task))
        for members in (
            {"taskType": "getTaskDetails", "response": {}},
            {"status": "queued", "cost": 1},
            {"status": {}, "imageUUID": "1"},
            {"imageUUID": "1", "progress": 30},
        ):
            await peer.say(news(task) | members)
        while True:
            for each in await peer.ponged():
                if each["taskType"] == "getResponse":
                    await peer.say(result(task))

    async with run.carrier(pushing) as carrier:
        await carrier.post(task)
        await carrier.pong()
        assert len((await carrier.post(question(task))).data) == 1
    [peer] = run.sockets.peers
    assert kinds(peer) == ["imageInference", "getResponse"]


async def test_an_answer_that_comes_while_its_caller_leaves_is_kept(run: Run) -> None:
    async def quick(peer: Peer) -> None:
        while True:
            for task in await peer.ponged():
                if task["taskType"] != "getResponse":
                    await peer.say(result(task))

    def is_heard(task: Item) -> bool:
        return any([task] == frame for peer in peers for frame in peer.frames)

    peers: list[Peer] = []

    async def noting(peer: Peer) -> None:
        peers.append(peer)
        await quick(peer)

    async with run.carrier(noting) as carrier:
        for steps in range(60):  # of the event loop, before the call is cancelled
            task = order()
            sending = asyncio.create_task(carrier.post(task))
            for _ in range(steps):
                await asyncio.sleep(0)
            sending.cancel()
            [answer] = await asyncio.gather(sending, return_exceptions=True)
            await carrier.pong()
            if isinstance(answer, asyncio.CancelledError) and is_heard(task):
                assert len((await carrier.post(question(task))).data) == 1


# -- conflicts ------------------------------------------------------------------


@pytest.mark.parametrize("code", ["conflictTaskUUID", "duplicateTaskUUID"])
async def test_a_conflict_is_told_under_the_name_of_its_task(
    run: Run, code: str
) -> None:
    task = order()
    repeated = saying(errors=[failure(task, code)])
    async with run.carrier(repeated) as carrier:
        envelope = await carrier.post(task)
        assert (envelope.http_status, envelope.errors[0]["code"]) == (400, code)


# -- odd messages ---------------------------------------------------------------

DEEP = '{"data":' * 5000 + "1" + "}" * 5000
NESTED = "[" * 400 + "]" * 400
ODD: dict[str, str | bytes] = {
    "unreadable": "<html>",
    "nothing": "",
    "no members": "{}",
    "other members": '{"result": 1}',
    "an array": "[1, 2]",
    "a text": '"data"',
    "null": "null",
    "no objects": '{"data": [1, "two", null, []], "errors": 1}',
    "deep": DEEP,
    "a huge number": '{"data": [{"cost": ' + "9" * 5000 + "}]}",
    "no number": '{"data": [{"cost": NaN, "taskUUID": Infinity}]}',
    "binary": b'{"data": []}',
    "binary and unreadable": b"\xff\xfe\x00",
    "odd members": """{"data": [{"status": {}, "taskUUID": "UUID", "taskType": []},
        {"taskUUID": {"a": 1}}, {"taskUUID": [1], "status": []}, {"taskType": {}}],
        "errors": [{"code": {}, "taskUUID": "UUID", "taskType": 7, "message": []}]}""",
    "nested": f'{{"data": [{{"taskUUID": "OTHER", "x": {NESTED}}},'
    f'{{"taskUUID": "OTHER", "x": {NESTED}}}]}}',
}


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_message_breaks_nothing(run: Run, name: str) -> None:
    task, asked = order(3), order()
    message = ODD[name]
    if isinstance(message, str):
        for word, task_uuid in (("OTHER", asked["taskUUID"]), ("UUID", "1")):
            message = message.replace(f'"{word}"', f'"{task_uuid}"')

    async def odd(peer: Peer) -> None:
        await peer.ponged()
        await peer.ponged()
        await peer.connection.send(message)
        await peer.say(*(result(task, number) for number in range(3)))
        await peer.say(result(asked))

    async with run.carrier(odd) as carrier:
        sending = asyncio.create_task(carrier.post(task))
        asking = asyncio.create_task(carrier.post(question(asked)))
        answers: Any
        answers = await asyncio.gather(sending, asking, return_exceptions=True)
        assert len(answers[0].data) == 3
        await carrier.pong()
        told = answers[1].data or (await carrier.post(question(asked))).data
        assert told[-1]["taskUUID"] == asked["taskUUID"]
    assert len(run.sockets.peers) == 1


async def test_after_a_message_that_cannot_be_read_a_call_ends_unclear(
    run: Run, shipped: ModuleType
) -> None:
    run.wait("_runtime.transport.pending", SILENCE=0.1)

    async def odd(peer: Peer) -> None:
        await peer.ponged()
        await peer.connection.send("<html>")

    async with run.carrier(odd) as carrier:
        with pytest.raises(
            shipped.ResponseError, match="starts with: <html>"
        ) as raised:
            await carrier.post(order())
        assert raised.value.may_have_run


@pytest.mark.parametrize("uuid", [{}, [1], 7, None, ""])
async def test_a_session_without_a_name_is_not_gone_on_with(
    run: Run, uuid: object
) -> None:
    task = order()

    @Admitting
    async def once(peer: Peer) -> None:
        await peer.heard()
        session = {"connectionSessionUUID": uuid}
        await peer.say({"taskType": "authentication", **session})
        await peer.say(result((await peer.ponged())[0]))
        await peer.connection.close()

    async with run.carrier(once) as carrier:
        for _ in range(2):
            assert len((await carrier.post(task)).data) == 1
    for peer in run.sockets.peers:
        assert not peer.frames[0][0].get("connectionSessionUUID")


async def test_what_a_server_delivers_before_it_lets_in_is_taken(run: Run) -> None:
    """An error about a task or an unreadable message does not refuse the session."""
    first, second = order(), order()

    @Admitting
    async def buffered(peer: Peer) -> None:
        [authentication] = await peer.heard()
        assert authentication["connectionSessionUUID"]
        await peer.connection.send("<html>")
        await peer.say(errors=[failure(first)])
        await peer.say(result(second))
        await peer.say({"taskType": "authentication"})

    async with run.carrier(dropping([]), buffered) as carrier:
        run.wait(GRACE=10)
        envelope = await carrier.post(first, second)
        assert (len(envelope.data), len(envelope.errors)) == (1, 1)
    assert len(run.sockets.peers) == 2
