"""WebSockets that break or fall silent, and calls that are cancelled or closed."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY
from mocking import mocking
from sockets import (
    SESSION,
    Admitting,
    Peer,
    Run,
    acknowledged,
    answering,
    dropping,
    is_ours,
    listening,
    news,
    order,
    question,
    result,
    silent,
    unknown,
)

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable
    from types import ModuleType

    from sockets import Item


LONG_SILENCE = 9
"""A number of polls without news that ends the wait for a refused task."""


def _refusal(task: Item, code: str, **more: str) -> Item:
    """Make an error that refuses a task and names it."""
    return news(task, code=code, message="It was not taken.", **more)


# -- connections that break -----------------------------------------------------


async def test_a_session_goes_on_after_a_drop(
    run: Run, image: Callable[..., Any]
) -> None:
    sent: list[Item] = []

    async def dropping(peer: Peer) -> None:
        sent.extend(await peer.heard())
        await peer.say(result(sent[0], 0, imageUUID="0"))
        await peer.connection.ping()
        peer.drop()

    async def buffered(peer: Peer) -> None:
        assert peer.frames[0][0]["connectionSessionUUID"] == SESSION
        for number in range(3):
            await peer.say(result(sent[0], number, imageUUID=str(number)))

    async with run.client(dropping, buffered) as client:
        made = await client.run(image(number_results=3))
        assert sorted(one.seed for one in made) == [0, 1, 2]
    assert [len(peer.frames) for peer in run.sockets.peers] == [
        2,
        1,
    ]  # nothing sent again


async def test_what_a_drop_left_unanswered_is_asked_for(
    run: Run, image: Callable[..., Any]
) -> None:
    sent: list[Item] = []

    async def asked(peer: Peer) -> None:
        assert await peer.ponged() == [question(sent[0])]
        await peer.say(result(sent[0], 4))

    async with run.client(dropping(sent), asked) as client:
        [made] = await client.run(image())
        assert made.seed == 4
    assert len(run.sockets.peers) == 2


async def test_a_call_is_given_up_however_often_the_connection_breaks(
    run: Run, image: Callable[..., Any]
) -> None:
    """Each connection lasts shorter than a call waits after the first one broke."""
    run.wait(GRACE=0.5)
    sent: list[Item] = []

    async def short(peer: Peer) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await peer.ponged()
                await peer.say(result(sent[0], 6))
        peer.drop()

    async with run.client(dropping(sent), short, timeout=10) as client:
        [made] = await client.run(image())
        assert made.seed == 6
    assert len(run.sockets.peers) < 20


async def test_the_client_pauses_before_it_connects_again(
    run: Run, shipped: ModuleType
) -> None:
    run.wait(RECONNECTING=shipped.Waits(first=1000, longest=1000))
    async with run.carrier(dropping([])) as carrier:
        with pytest.raises(shipped.ConnectionError, match="the connection broke"):
            await carrier.post(order())
    assert len(run.sockets.peers) == 1


async def test_a_call_outlives_a_failure_to_connect_again(run: Run) -> None:
    """It begins while the client connects after a drop, which fails once."""
    run.wait(GRACE=30)
    later: list[asyncio.Task[Any]] = []

    @Admitting
    async def closed(peer: Peer) -> None:
        later.append(asyncio.create_task(carrier.post(order())))
        await asyncio.sleep(0)
        peer.drop()

    async with run.carrier(dropping([]), closed, answering) as carrier:
        first = asyncio.create_task(carrier.post(order()))
        while not later:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
        assert len((await later[0]).data) == 1
        first.cancel()


@pytest.mark.parametrize("says", ["an error", "nothing", "an empty answer"])
@pytest.mark.parametrize(
    ("delivery", "resend", "polls"),
    [("async", "safe", 2), ("sync", "eager", 0), ("sync", "safe", 3)],
)
async def test_what_the_server_never_got_is_sent_again_as_the_policy_allows(
    run: Run,
    image: Callable[..., Any],
    says: str,
    delivery: str,
    resend: str,
    polls: int,
) -> None:
    """A sync task that may have run is only polled. The third poll gets its result."""
    run.wait(
        "_runtime.transport.pending", QUIET=10, SILENCE=0.1 if says == "nothing" else 10
    )
    sent: list[Item] = []

    async def ignorant(peer: Peer) -> None:
        asked = 0
        while True:
            [task] = await peer.ponged()
            asked += task["taskType"] == "getResponse"
            if task["taskType"] != "getResponse" or asked == 3:
                await peer.say(result(sent[0], 8))
            elif says == "an error":
                await peer.say(errors=[unknown(task)])
            elif says == "an empty answer":
                await peer.say()

    async with run.client(dropping(sent), ignorant, resend=resend) as client:
        [made] = await client.run(image(delivery_method=delivery))
        assert made.seed == 8
    _, second = run.sockets.peers
    heard = [task["taskType"] for tasks in second.frames for task in tasks]
    sending = [] if polls == 3 else ["imageInference"]
    expected = ["authentication", *["getResponse"] * polls, *sending]
    assert [kind for kind in heard if kind != "ping"] == expected


async def test_a_question_that_a_drop_cut_off_is_asked_again_at_once(
    run: Run, image: Callable[..., Any]
) -> None:
    run.wait("_runtime.transport.pending", QUIET=10, SILENCE=10)

    async def dropping(peer: Peer) -> None:
        await acknowledged(peer)
        await peer.heard()
        peer.drop()

    @Admitting
    async def unreachable(peer: Peer) -> None:
        peer.drop()

    async def asked(peer: Peer) -> None:
        [question] = await peer.ponged()
        await peer.say(result({**question, "taskType": "imageInference"}, 2))

    async with run.client(dropping, unreachable, asked, max_retries=0) as client:
        [made] = await client.run(image(delivery_method="async"))
        assert made.seed == 2


async def test_a_poll_that_a_drop_cut_off_is_told_as_one_that_failed(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async def dropping(peer: Peer) -> None:
        await acknowledged(peer)
        await peer.ponged()
        peer.drop()

    async def polled(peer: Peer) -> None:
        [question] = await peer.ponged()
        await peer.say(result({**question, "taskType": "imageInference"}))

    async with run.client(dropping, polled) as client:
        handle = await client.submit(image(delivery_method="async"))
        with pytest.raises(shipped.ConnectionError, match="connection broke") as raised:
            await handle.poll()
        assert raised.value.handle is not None
        assert len(await handle.wait()) == 1


async def test_an_error_of_the_sending_does_not_answer_a_question(
    run: Run, image: Callable[..., Any]
) -> None:
    async def confused(peer: Peer) -> None:
        task = await acknowledged(peer)
        await peer.ponged()
        await peer.say(errors=[news(task, code="duplicateTaskUUID")])
        await peer.say(result(task, 7))

    async with run.client(confused) as client:
        [made] = await client.run(image(delivery_method="async"))
        assert made.seed == 7


async def test_an_answer_that_comes_twice_is_not_taken_for_that_of_the_task(
    run: Run, image: Callable[..., Any]
) -> None:
    async def repeating(peer: Peer) -> None:
        for _ in range(2):
            [question] = await peer.ponged()
            await peer.say(errors=[unknown(question)])
        [task] = await peer.ponged()
        assert task["taskType"] == "imageInference"
        await peer.say(errors=[unknown(task)])
        await peer.say(result(task, 6))

    async with run.client(dropping([]), repeating) as client:
        [made] = await client.run(image(delivery_method="async"))
        assert made.seed == 6


async def test_an_answer_that_is_out_of_date_sends_nothing_again(
    run: Run, image: Callable[..., Any]
) -> None:
    sent: list[Item] = []

    async def forgetful(peer: Peer) -> None:
        for _ in range(2):
            sent.extend(await peer.ponged())
            await peer.say(errors=[unknown(sent[0])])
        sent.extend(await peer.ponged())  # the task again
        peer.drop()

    async def late(peer: Peer) -> None:
        await peer.say(errors=[unknown(sent[0])])  # responds to an earlier poll
        sent.extend(await peer.ponged())
        await peer.say(result(sent[0], 3))

    async with run.client(dropping(sent), forgetful, late) as client:
        [made] = await client.run(image(delivery_method="async"))
        assert made.seed == 3
    assert [task["taskType"] for task in sent] == [
        *("imageInference", "getResponse", "getResponse"),
        *("imageInference", "getResponse"),
    ]


@pytest.mark.parametrize(
    ("resend", "repeated", "deliveries"),
    [("eager", "refuse", ["sync", "async"]), ("safe", "refuse-async", ["async"])],
)
def test_all_tasks_run_once_whatever_breaks(
    run: Run,
    image: Callable[..., Any],
    resend: str,
    repeated: str,
    deliveries: list[str],
) -> None:
    """The server refuses known taskUUIDs in the cases that the policy relies on."""
    shipped = run.package
    faults = ("drop-before", "drop-after", "ws-drop", "refuse", "duplicate-items")
    options = [f"--fault={fault}=0.05" for fault in faults]
    requests = [
        image(number_results=1 + n % 3, delivery_method=deliveries[n % len(deliveries)])
        for n in range(60)
    ]

    async def work(url: str) -> list[Any]:
        given = {"base_url": url, "timeout": 30, "max_retries": 10, "resend": resend}
        client = shipped.AsyncRunware(KEY, transport="websocket", **given)
        client.polling = client.retrying = shipped.Waits(first=0.05, longest=0.2)
        async with client:
            return await asyncio.gather(*map(client.run, requests))

    options += ["--seed=11", "--latency=0.1", f"--repeated-task={repeated}"]
    with mocking(*options) as mock:
        made = asyncio.run(work(mock.socket_url))
        ledger = mock.ledger()
    assert set(ledger["faults"]) & {"drop-before", "drop-after", "ws-drop"}
    assert len(ledger["tasks"]) == len(requests)
    for request, results in zip(requests, made, strict=True):
        task = ledger["tasks"][request.task_uuid]
        assert (task["run"], task["billed"]) == (1, 1)
        assert sorted(task["results"]) == sorted(one.image_uuid for one in results)


REFUSALS = (
    *("rateLimitExceeded", "insufficientCredits", "noAvailableServer", "somethingNew"),
    "conflictTaskUUID",
)


@pytest.mark.parametrize("more", [{}, {"status": "error"}], ids=["", "status"])
@pytest.mark.parametrize("code", REFUSALS)
async def test_the_refusal_of_a_second_sending_beside_results_of_the_first_one(
    run: Run, image: Callable[..., Any], code: str, more: dict[str, str]
) -> None:
    """The refusal is not a failure: the client keeps polling for the other results."""
    sent: list[Item] = []

    async def refusing(peer: Peer) -> None:
        [again] = await peer.ponged()
        assert again == sent[0]
        await peer.say(
            result(again, 0, imageUUID="0"), errors=[_refusal(again, code, **more)]
        )
        for asked in count():
            await peer.ponged()
            ready = 2 if asked > LONG_SILENCE else 1
            await peer.say(*(result(again, n, imageUUID=str(n)) for n in range(ready)))

    run.wait("_runtime.transport.pending", QUIET=10, SILENCE=10)
    async with run.client(dropping(sent), refusing, resend="eager") as client:
        client.polling = run.package.Waits(first=0.01, longest=0.01)
        made = await client.run(image(number_results=2))
        assert sorted(one.seed for one in made) == [0, 1]


@pytest.mark.parametrize("code", REFUSALS)
async def test_the_refusal_of_a_second_sending_alone(
    run: Run, image: Callable[..., Any], code: str
) -> None:
    """The first request still runs, but many polls bring no news of it."""
    sent: list[Item] = []

    async def refusing(peer: Peer) -> None:
        [again] = await peer.ponged()
        await peer.say(errors=[_refusal(again, code)])
        for _ in range(LONG_SILENCE):
            [task] = await peer.ponged()
            is_poll = task["taskType"] == "getResponse"
            await peer.say(errors=None if is_poll else [_refusal(again, code)])
        await peer.ponged()
        await peer.say(result(again, 3))

    run.wait("_runtime.transport.pending", QUIET=10, SILENCE=10)
    async with run.client(dropping(sent), refusing, resend="eager") as client:
        client.polling = run.package.Waits(first=0.01, longest=0.01)
        [made] = await client.run(image())
        assert made.seed == 3


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("code", ["rateLimitExceeded", "invalidParameter"])
async def test_a_refusal_that_comes_after_a_drop_may_be_a_copy(
    run: Run, image: Callable[..., Any], code: str, *, is_named: bool
) -> None:
    """The server resends an undelivered refusal. Meanwhile, it accepted the task."""
    sent: list[Item] = []

    async def repeating(peer: Peer) -> None:
        refusal = _refusal(sent[0], code)
        names = {} if is_named else {"taskType": None, "taskUUID": None}
        await peer.say(errors=[refusal | names])
        while tasks := await peer.ponged():
            assert [task["taskType"] for task in tasks] == ["getResponse"]
            await peer.say(result(sent[0], 6))

    run.wait("_runtime.transport.pending", QUIET=10, SILENCE=10)
    async with run.client(dropping(sent), repeating, resend="never") as client:
        [made] = await client.run(image())
        assert made.seed == 6


@pytest.mark.parametrize("code", ["rateLimitExceeded", "inferenceError"])
async def test_a_nameless_error_may_be_the_failure_of_a_task_without_a_call(
    run: Run, image: Callable[..., Any], code: str
) -> None:
    """The error may be about an accepted task of another call."""
    sent: list[Item] = []

    async def vague(peer: Peer) -> None:
        await acknowledged(peer)
        sent.extend(await peer.ponged())
        await peer.say(errors=[{"code": code, "message": "It failed."}])
        while await peer.ponged():
            await peer.say(result(sent[0], 5))

    run.wait("_runtime.transport.pending", QUIET=10, SILENCE=10)
    async with run.client(vague, resend="never") as client:
        await client.submit(image(delivery_method="async"))
        [made] = await client.run(image())
        assert made.seed == 5
    assert len(sent) == 1


async def test_a_server_that_is_not_there(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    nowhere = "ws://127.0.0.1:9/v1"
    async with run.client(answering, base_url=nowhere) as client:
        with pytest.raises(
            shipped.ConnectionError, match=r"no connection to ws://\S+: \[Errno"
        ) as e:
            await client.run(image())
        assert not e.value.may_have_run
        assert not client.unfinished()
    assert run.sockets.peers == []


async def test_a_proxy_that_is_not_there_is_named(
    run: Run,
    image: Callable[..., Any],
    shipped: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    async with run.client(answering, base_url="wss://runware.invalid/v1") as client:
        with pytest.raises(shipped.ConnectionError) as caught:
            await client.run(image())
        assert "(through the proxy 127.0.0.1:9 from HTTPS_PROXY)" in str(caught.value)


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ([b"\x05\xff"], "NO ACCEPTABLE METHODS"),
        ([b"\x05\0", b"\x05\x04\0\x01\0\0\0\0\0\0"], "Host unreachable"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "Malformed reply"),
        ([], "Malformed reply"),
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.usefixtures("_collected")
async def test_a_socks_proxy_that_fails_is_named(
    run: Run,
    image: Callable[..., Any],
    shipped: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    replies: list[bytes],
    told: str,
) -> None:
    async def refuse(reader: StreamReader, writer: StreamWriter) -> None:
        for reply in replies:
            await reader.read(1024)
            writer.write(reply)
        writer.close()

    for variable in ("NO_PROXY", "no_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(variable, raising=False)
    async with await asyncio.start_server(refuse, "127.0.0.1") as proxy:
        place = "{}:{}".format(*proxy.sockets[0].getsockname())
        monkeypatch.setenv("ALL_PROXY", f"socks5://{place}")
        async with run.client(answering, base_url="wss://runware.invalid/v1") as client:
            with pytest.raises(shipped.ConnectionError) as caught:
                await client.run(image())
    assert told in str(caught.value)
    assert f"(through the proxy {place} from ALL_PROXY)" in str(caught.value)
    assert not caught.value.may_have_run


async def test_the_case_of_a_scheme_is_ignored(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async with run.client(answering, base_url="WS://127.0.0.1:9/v1") as client:
        with pytest.raises(shipped.ConnectionError, match=r"v1: \[Errno"):
            await client.dry_run(image())  # over HTTP


async def test_a_connection_that_breaks_before_a_task_is_written(
    run: Run, image: Callable[..., Any]
) -> None:
    @Admitting
    async def dropping(peer: Peer) -> None:
        await peer.heard()
        peer.drop()

    async with run.client(dropping, answering) as client:
        assert len(await client.run(image())) == 1
    kinds = [tasks[0]["taskType"] for tasks in run.sockets.peers[1].frames]
    assert kinds == ["authentication", "imageInference"]


async def test_an_idle_client_connects_again_when_it_is_used(
    run: Run, image: Callable[..., Any]
) -> None:
    async def once(peer: Peer) -> None:
        [task] = await peer.heard()
        await peer.say(result(task))
        await peer.connection.close()

    async with run.client(once, answering) as client:
        await client.run(image())
        await run.sockets.peers[0].connection.wait_closed()
        await asyncio.sleep(0.1)
        assert len(run.sockets.peers) == 1
        await client.run(image())
    assert len(run.sockets.peers) == 2


# -- keepalive ------------------------------------------------------------------


async def test_a_connection_that_ended_while_the_event_loop_was_blocked(
    run: Run, image: Callable[..., Any]
) -> None:
    async with run.client(answering) as client:
        await client.run(image())
        wire = run.sockets.peers[0].connection.transport.get_extra_info("socket")
        wire.shutdown(socket.SHUT_RDWR)  # the client does not know of it yet
        await client.run(image())
    _, again = run.sockets.peers
    kinds = [tasks[0]["taskType"] for tasks in again.frames]
    assert kinds == ["authentication", "imageInference"]  # no poll: nothing is in doubt


async def test_a_connection_is_kept_alive(run: Run, image: Callable[..., Any]) -> None:
    run.wait(PING_EVERY=0.05)
    run.wait(MAX_SILENCE=0.2)

    async def slow(peer: Peer) -> None:
        [task] = await peer.heard()
        for _ in range(4):
            assert await peer.heard() == [{"taskType": "ping", "ping": True}]
            await peer.say({"taskType": "ping", "pong": True})
        await peer.say(result(task))

    async with run.client(slow) as client:
        assert len(await client.run(image())) == 1
    assert len(run.sockets.peers) == 1


async def test_a_server_that_falls_silent_is_left(
    run: Run, image: Callable[..., Any]
) -> None:
    run.wait(PING_EVERY=0.05)
    run.wait(MAX_SILENCE=0.3)
    sent: list[Item] = []

    async def stalling(peer: Peer) -> None:
        sent.extend(await peer.heard())
        await peer.connection.wait_closed()

    async def buffered(peer: Peer) -> None:
        await peer.say(result(sent[0]))

    async with run.client(stalling, buffered) as client:
        assert len(await client.run(image())) == 1
    assert len(run.sockets.peers) == 2


# -- cancelling and closing -----------------------------------------------------


async def test_cancelling_a_call_leaves_the_others(
    run: Run, image: Callable[..., Any]
) -> None:
    reached = asyncio.Event()

    async def two(peer: Peer) -> None:
        tasks = [(await peer.heard())[0] for _ in range(2)]
        reached.set()
        await peer.ponged()
        for number, task in enumerate(tasks):
            await peer.say(result(task, number))

    async with run.client(two) as client:
        left = image()
        first = asyncio.create_task(client.run(left))
        await asyncio.sleep(0)
        second = asyncio.create_task(client.run(image()))
        await reached.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        [handle] = [h for h in client.unfinished() if h.task_uuid == left.task_uuid]
        other = asyncio.create_task(handle.wait())  # it polls, and the server answers
        assert [one.seed for one in await second] == [1]
        assert [one.seed for one in await other] == [0]


async def test_what_came_before_a_call_was_cancelled_is_kept(
    run: Run, image: Callable[..., Any]
) -> None:
    async def halves(peer: Peer) -> None:
        [task] = await peer.heard()
        await peer.say(result(task, 0))
        await peer.ponged()
        await peer.say(result(task, 1))

    async with run.client(halves) as client:
        running = asyncio.create_task(client.run(image(number_results=2)))
        await asyncio.sleep(0)
        await client.ping.run(ping=True)  # earlier messages have arrived
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        [handle] = client.unfinished()
        assert sorted(one.seed for one in await handle.wait()) == [0, 1]


async def test_a_server_that_reads_nothing_holds_up_nobody(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    run.wait("_runtime.transport.socket", CLOSE_TIMEOUT=0.05)
    closed = asyncio.Event()

    async def deaf(peer: Peer) -> None:
        await peer.heard()
        await peer.say({"taskType": "ping", "pong": True})
        peer.connection.transport.pause_reading()
        await closed.wait()
        peer.drop()

    async with run.client(deaf) as client:
        large = "data:image/png;base64," + "A" * 20_000_000
        request = image(inputs={"seedImage": large}, strength=0.5)
        await client.ping.run(ping=True)  # the connection is open
        try:
            with pytest.raises(shipped.TimeoutError):
                await client.run(request, timeout=1)
            async with asyncio.timeout(20):  # the server closes it after 40 seconds
                await client.aclose()
        finally:
            closed.set()


async def test_closing_ends_what_is_under_way(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    reached = asyncio.Event()

    async def still(peer: Peer) -> None:
        await peer.heard()
        reached.set()

    async with run.client(still) as client:
        running = asyncio.create_task(client.run(image()))
        await reached.wait()
        await client.aclose()
        with pytest.raises(shipped.RunwareError, match="the client is closed") as e:
            await running
        assert e.value.handle
        assert len(client.unfinished()) == 1
    [peer] = run.sockets.peers
    assert peer.close_code == 1000


def test_a_client_that_is_not_closed_leaves_nothing(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    async def main() -> None:
        async with listening(answering) as sockets:
            client = shipped.AsyncRunware(
                KEY, transport="websocket", base_url=sockets.url
            )
            await client.run(image())
            for task in asyncio.all_tasks():
                if is_ours(task):
                    task.cancel()
            await asyncio.sleep(0.05)

    asyncio.run(main())


async def test_a_timeout_is_kept(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async with run.client(silent) as client:
        await client.ping.run(ping=True)  # the connection is open
        with pytest.raises(shipped.TimeoutError) as raised:
            await client.run(image(), timeout=2)
        assert raised.value.handle
