"""The client over a WebSocket, against a scripted server on a real socket."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from loopback import KEY, Caller, Reply, echo
from mocking import mocking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from types import ModuleType

    from loopback import Server as HTTPServer

    Item = dict[str, Any]
    Script = Callable[["Peer"], Awaitable[None]]

SESSION = "7d2f6a52-8a0f-4c6e-9f3c-5f0f2d9a1b11"


@dataclass
class Peer:
    """The server's end of one connection."""

    connection: ServerConnection
    frames: list[list[Item]] = field(default_factory=list)
    close_code: int | None = None

    async def heard(self) -> list[Item]:
        """The tasks of the next message."""
        self.frames.append(json.loads(await self.connection.recv()))
        return self.frames[-1]

    async def say(self, *data: Item, errors: list[Item] | None = None) -> None:
        """Send a message."""
        envelope = {"data": [*data]} | ({"errors": errors} if errors else {})
        await self.connection.send(json.dumps(envelope))

    async def let_in(self) -> Item:
        """Take the authentication, which comes first."""
        [task] = await self.heard()
        assert task["taskType"] == "authentication"
        session = {"connectionSessionUUID": SESSION}
        await self.say({"taskType": "authentication", **session})
        return task

    async def ponged(self) -> list[Item]:
        """The tasks of the next message that is no ping; pings are answered."""
        while (tasks := await self.heard()) == [{"taskType": "ping", "ping": True}]:
            await self.say({"taskType": "ping", "pong": True})
        return tasks

    def drop(self) -> None:
        """Break the connection without a word."""
        self.connection.transport.abort()

    async def rest(self) -> None:
        """Answer pings until the client is gone."""
        while True:
            await self.ponged()


@dataclass
class Sockets:
    """Connections as they came, each with what it heard."""

    url: str = ""
    scripts: list[Script] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    async def talk(self, connection: ServerConnection) -> None:
        """Follow the next script; the last is for every further connection."""
        peer = Peer(connection)
        script = self.scripts[min(len(self.peers), len(self.scripts) - 1)]
        self.peers.append(peer)
        try:
            await script(peer)
        except ConnectionClosed:
            pass
        except Exception as error:  # noqa: BLE001 - told when the test ends
            self.failures.append(error)
        await connection.wait_closed()
        peer.close_code = connection.close_code


@asynccontextmanager
async def listening(*scripts: Script) -> AsyncIterator[Sockets]:
    """Follow a script with each connection, one after the other."""
    sockets = Sockets(scripts=[*scripts])
    server: Server
    async with serve(sockets.talk, "127.0.0.1", 0, max_size=None) as server:
        [listener] = server.sockets
        sockets.url = f"ws://127.0.0.1:{listener.getsockname()[1]}/v1"
        yield sockets
    for failure in sockets.failures:
        raise failure


@pytest.fixture
def hurried(shipped: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the transport, with short waits."""
    module = import_module(f"{shipped.__name__}._websocket")
    monkeypatch.setattr(module, "GRACE", 0.15)
    monkeypatch.setattr(module, "QUIET", 0.05)
    monkeypatch.setattr(module, "RECONNECTING", shipped.Waits(first=0.01, longest=0.02))
    return module


@dataclass
class Run:
    """Runs work with a client over a WebSocket, and sees that nothing is left of it."""

    package: ModuleType

    def __call__(
        self,
        work: Callable[[Any, Sockets], Coroutine[Any, Any, None]],
        *scripts: Script,
        **options: Any,
    ) -> Sockets:
        async def main() -> Sockets:
            async with listening(*scripts) as sockets:
                own = asyncio.all_tasks()
                given = {"base_url": sockets.url, "timeout": 10} | options
                client = self.package.AsyncRunware(KEY, transport="websocket", **given)
                async with client:
                    waits = self.package.Waits(first=0.01, longest=0.02)
                    client.polling = client.retrying = waits
                    async with asyncio.timeout(10):
                        await work(client, sockets)
                clients = {task for task in asyncio.all_tasks() - own if _is_ours(task)}
                assert not clients
            return sockets

        return asyncio.run(main())


def _is_ours(task: asyncio.Task[Any]) -> bool:
    name = getattr(task.get_coro(), "__qualname__", "")
    return "WebSocketTransport" in name or "AsyncWebSocketSession" in name


@pytest.fixture
def run(shipped: ModuleType, hurried: ModuleType) -> Run:
    """Runs work with a client over a WebSocket."""
    assert hurried
    return Run(shipped)


@pytest.fixture
def image(image_inference: ModuleType) -> Callable[..., Any]:
    """Makes requests for an image."""

    def make(**members: Any) -> Any:
        members = {"model": "runware:101@1", "positive_prompt": "a chair"} | members
        return image_inference.ImageInferenceRequest(**members)

    return make


def result(task: Item, number: int = 0, **members: Any) -> Item:
    """Make a result of a task."""
    named = {name: task[name] for name in ("taskType", "taskUUID")}
    return {**named, "imageUUID": str(uuid4()), "seed": number} | members


async def answering(peer: Peer) -> None:
    """Let the client in, and answer each task with a result of its own."""
    await peer.let_in()
    while True:
        for task in await peer.ponged():
            await peer.say(result(task))


# -- one connection -----------------------------------------------------------


def test_the_first_message_authenticates(run: Run, image: Callable[..., Any]) -> None:
    request = image()

    async def work(client: Any, sockets: Sockets) -> None:
        assert not sockets.peers  # a connection is made when it is needed
        [made] = await client.run(request)
        assert type(made) is request.result

    sockets = run(work, answering)
    [peer] = sockets.peers
    authentication = {"taskType": "authentication", "apiKey": KEY}
    assert peer.frames == [[authentication], [request.to_wire()]]
    assert peer.close_code == 1000


def test_many_tasks_share_a_connection_in_any_order(
    run: Run, image: Callable[..., Any]
) -> None:
    async def backwards(peer: Peer) -> None:
        await peer.let_in()
        tasks = [(await peer.heard())[0] for _ in range(60)]
        items = [result(t, n) for t in tasks for n in range(t["numberResults"])]
        for item in reversed(items):
            await peer.say(item, item)  # each is said twice in a message,
            await peer.say(item)  # and once again
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        requests = [image(number_results=1 + n % 3) for n in range(60)]
        made = await asyncio.gather(*map(client.run, requests))
        for request, results in zip(requests, made, strict=True):
            assert {one.task_uuid for one in results} == {request.task_uuid}
            seeds = sorted(one.seed for one in results)
            assert seeds == [*range(request.number_results)]

    events: list[Any] = []
    assert len(run(work, backwards, on_event=events.append).peers) == 1
    assert {event.kind for event in events} == {"sent", "finished"}  # none was polled


def test_a_batch_is_one_message(run: Run, image: Callable[..., Any]) -> None:
    async def some(peer: Peer) -> None:
        await peer.let_in()
        first, second, third = await peer.heard()
        scope = {name: second[name] for name in ("taskType", "taskUUID")}
        await peer.say(result(third, 3))
        await peer.say(result(first, 1), errors=[{"code": "nsfw", **scope}])
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        first, second, third = await client.run_many([image() for _ in range(3)])
        assert [o.unwrap()[0].seed for o in (first, third)] == [1, 3]
        assert second.error.code == "nsfw"

    run(work, some)


def test_a_task_without_uuid_is_matched_by_its_type(run: Run) -> None:
    async def work(client: Any, _: Sockets) -> None:
        [pong] = await client.ping.run(ping=True)
        assert pong.pong is True

    async def ponging(peer: Peer) -> None:
        await peer.let_in()
        await peer.rest()

    run(work, ponging)


def test_a_large_result_comes_whole(run: Run, image: Callable[..., Any]) -> None:
    text = "A" * 20_000_000

    async def large(peer: Peer) -> None:
        await peer.let_in()
        [task] = await peer.heard()
        await peer.say(result(task, imageBase64Data=text))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        [made] = await client.run(image())
        assert made.image_base64_data == text

    run(work, large)


# -- tasks that are delivered later -------------------------------------------


async def acknowledged(peer: Peer) -> Item:
    """Let the client in, and acknowledge the task that it sends."""
    await peer.let_in()
    [task] = await peer.ponged()
    await peer.say({name: task[name] for name in ("taskType", "taskUUID")})
    return task


def test_an_async_task_is_asked_for(run: Run, image: Callable[..., Any]) -> None:
    async def later(peer: Peer) -> None:
        task = await acknowledged(peer)
        for progress in (20, 60):
            await peer.ponged()
            named = {name: task[name] for name in ("taskType", "taskUUID")}
            await peer.say({**named, "status": "processing", "progress": progress})
        await peer.ponged()
        await peer.say(result(task, 9, status="success"))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        [made] = await client.run(image(delivery_method="async"))
        assert made.seed == 9

    [peer] = run(work, later).peers
    sent = [task["taskType"] for tasks in peer.frames for task in tasks]
    assert sent == ["authentication", "imageInference", *["getResponse"] * 3]


def test_what_comes_before_it_is_asked_for_is_kept(
    run: Run, image: Callable[..., Any]
) -> None:
    pushed = asyncio.Event()

    async def pushing(peer: Peer) -> None:
        task = await acknowledged(peer)
        await peer.say(result(task, 5))
        pushed.set()
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        handle = await client.submit(image())
        await pushed.wait()
        await client.ping.run(ping=True)  # whatever was sent before it has come
        [made] = await handle.wait()
        assert made.seed == 5

    [peer] = run(work, pushing).peers
    assert [tasks[0]["taskType"] for tasks in peer.frames].count("getResponse") == 0


def test_a_question_is_answered_without_those_of_whom_nothing_is_said(
    run: Run, image: Callable[..., Any]
) -> None:
    """A server may say nothing of a task that it does not know."""

    async def forgetful(peer: Peer) -> None:
        await peer.let_in()
        tasks = await peer.ponged()
        for task in tasks:
            await peer.say({name: task[name] for name in ("taskType", "taskUUID")})
        while True:
            for question in await peer.ponged():
                if question["taskUUID"] == tasks[1]["taskUUID"]:
                    await peer.say(result(tasks[1], 2))

    async def work(client: Any, _: Sockets) -> None:
        requests = [image(delivery_method="async") for _ in range(2)]
        lost, found = await client.run_many(requests)
        assert found.unwrap()[0].seed == 2
        assert lost.error.handle  # it was accepted, so it is not sent again

    run(work, forgetful, timeout=1)


# -- connections that break ---------------------------------------------------


def test_a_session_goes_on_after_a_drop(run: Run, image: Callable[..., Any]) -> None:
    sent: list[Item] = []

    async def dropping(peer: Peer) -> None:
        await peer.let_in()
        sent.extend(await peer.heard())
        await peer.say(result(sent[0], 0, imageUUID="0"))
        await peer.connection.ping()
        peer.drop()

    async def buffered(peer: Peer) -> None:
        assert (await peer.let_in())["connectionSessionUUID"] == SESSION
        for number in range(3):
            await peer.say(result(sent[0], number, imageUUID=str(number)))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        made = await client.run(image(number_results=3))
        assert sorted(one.seed for one in made) == [0, 1, 2]

    sockets = run(work, dropping, buffered)
    assert [len(peer.frames) for peer in sockets.peers] == [2, 1]  # nothing sent again


def test_what_a_drop_left_unanswered_is_asked_for(
    run: Run, image: Callable[..., Any]
) -> None:
    sent: list[Item] = []

    async def dropping(peer: Peer) -> None:
        await peer.let_in()
        sent.extend(await peer.heard())
        peer.drop()

    async def asked(peer: Peer) -> None:
        await peer.let_in()
        [question] = await peer.ponged()
        assert question == {
            "taskType": "getResponse",
            "taskUUID": sent[0]["taskUUID"],
        }
        await peer.say(result(sent[0], 4))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        [made] = await client.run(image())
        assert made.seed == 4

    assert len(run(work, dropping, asked).peers) == 2


@pytest.mark.parametrize("says", ["an error", "nothing", "an empty answer"])
def test_what_the_server_never_got_is_sent_again(
    run: Run,
    image: Callable[..., Any],
    hurried: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    says: str,
) -> None:
    if says != "nothing":
        monkeypatch.setattr(hurried, "QUIET", 10)

    async def dropping(peer: Peer) -> None:
        await peer.let_in()
        await peer.heard()
        peer.drop()

    async def ignorant(peer: Peer) -> None:
        await peer.let_in()
        while True:
            [task] = await peer.ponged()
            if task["taskType"] != "getResponse":
                await peer.say(result(task, 8))
            elif says == "an error":
                error = {"code": "taskNotFound", "taskUUID": task["taskUUID"]}
                await peer.say(errors=[error])
            elif says == "an empty answer":
                await peer.say()

    async def work(client: Any, _: Sockets) -> None:
        [made] = await client.run(image())
        assert made.seed == 8

    _, second = run(work, dropping, ignorant).peers
    sent = [task["taskType"] for tasks in second.frames for task in tasks]
    asked = [kind for kind in sent if kind != "ping"]
    questions = 1 if says == "an error" else 2
    expected = ["authentication", *["getResponse"] * questions, "imageInference"]
    assert asked == expected


def test_a_question_that_a_drop_cut_off_is_asked_again_at_once(
    run: Run,
    image: Callable[..., Any],
    hurried: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hurried, "QUIET", 10)

    async def dropping(peer: Peer) -> None:
        await acknowledged(peer)
        await peer.heard()
        peer.drop()

    async def unreachable(peer: Peer) -> None:
        peer.drop()

    async def asked(peer: Peer) -> None:
        await peer.let_in()
        [question] = await peer.ponged()
        await peer.say(result({**question, "taskType": "imageInference"}, 2))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        [made] = await client.run(image(delivery_method="async"))
        assert made.seed == 2

    run(work, dropping, unreachable, asked, max_retries=0)


def test_an_error_of_the_sending_does_not_answer_a_question(
    run: Run, image: Callable[..., Any]
) -> None:
    async def confused(peer: Peer) -> None:
        task = await acknowledged(peer)
        await peer.ponged()
        scope = {name: task[name] for name in ("taskType", "taskUUID")}
        await peer.say(errors=[{"code": "duplicateTaskUUID", **scope}])
        await peer.say(result(task, 7))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        [made] = await client.run(image(delivery_method="async"))
        assert made.seed == 7

    run(work, confused)


def unknown(task: Item) -> Item:
    """Make the error that answers a question about a task that is not known."""
    scope = {"taskType": "getResponse", "taskUUID": task["taskUUID"]}
    return {"code": "taskNotFound", "message": "What task?", **scope}


def test_an_answer_that_comes_twice_is_not_taken_for_that_of_the_task(
    run: Run, image: Callable[..., Any]
) -> None:
    async def dropping(peer: Peer) -> None:
        await peer.let_in()
        await peer.heard()
        peer.drop()

    async def repeating(peer: Peer) -> None:
        await peer.let_in()
        [question] = await peer.ponged()
        await peer.say(errors=[unknown(question)])
        [task] = await peer.ponged()
        await peer.say(errors=[unknown(question)])
        await peer.say(result(task, 6))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        [made] = await client.run(image())
        assert made.seed == 6

    run(work, dropping, repeating)


def test_an_answer_that_is_out_of_date_sends_nothing_again(
    run: Run, image: Callable[..., Any]
) -> None:
    sent: list[Item] = []

    async def dropping(peer: Peer) -> None:
        await peer.let_in()
        sent.extend(await peer.ponged())  # the task, then the question about it
        peer.drop()

    async def forgetful(peer: Peer) -> None:
        await peer.let_in()
        [question] = await peer.ponged()
        await peer.say(errors=[unknown(question)])
        sent.extend(await peer.ponged())  # the task again
        peer.drop()

    async def late(peer: Peer) -> None:
        await peer.let_in()
        await peer.say(errors=[unknown(sent[0])])  # to the first question
        sent.extend(await peer.ponged())
        await peer.say(result(sent[0], 3))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        [made] = await client.run(image())
        assert made.seed == 3

    run(work, dropping, dropping, forgetful, late)
    kinds = [task["taskType"] for task in sent]
    assert kinds == ["imageInference", "getResponse", "imageInference", "getResponse"]


def test_all_tasks_run_once_whatever_breaks(
    shipped: ModuleType, hurried: ModuleType
) -> None:
    assert hurried
    package = import_module(f"{shipped.__name__}.tasks.image_inference")
    faults = ("drop-before", "drop-after", "ws-drop", "refuse", "duplicate-items")
    options = [f"--fault={fault}=0.05" for fault in faults]
    requests = [
        package.ImageInferenceRequest(
            model="runware:101@1",
            positive_prompt="dusk",
            number_results=1 + n % 3,
            delivery_method=("sync", "async")[n % 2],
        )
        for n in range(60)
    ]

    async def work(url: str) -> list[Any]:
        options = {"base_url": url, "timeout": 30, "max_retries": 10}
        client = shipped.AsyncRunware(KEY, transport="websocket", **options)
        client.polling = client.retrying = shipped.Waits(first=0.05, longest=0.2)
        async with client:
            return await asyncio.gather(*map(client.run, requests))

    with mocking(*options, "--seed=11", "--latency=0.1", "--repeated-task=run") as mock:
        made = asyncio.run(work(mock.socket_url))
        ledger = mock.ledger()
    assert set(ledger["faults"]) & {"drop-before", "drop-after", "ws-drop"}
    assert len(ledger["tasks"]) == len(requests)
    for request, results in zip(requests, made, strict=True):
        task = ledger["tasks"][request.task_uuid]
        assert (task["run"], task["billed"]) == (1, 1)
        assert sorted(task["results"]) == sorted(one.image_uuid for one in results)


def test_a_server_that_is_not_there(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async def work(client: Any, _: Sockets) -> None:
        with pytest.raises(
            shipped.ConnectionError, match="no connection to ws://"
        ) as e:
            await client.run(image())
        assert not e.value.may_have_run
        assert not client.unfinished()

    nowhere = "ws://127.0.0.1:9/v1"
    assert run(work, answering, base_url=nowhere).peers == []


def test_a_connection_that_breaks_before_a_task_is_written(
    run: Run, image: Callable[..., Any]
) -> None:
    async def dropping(peer: Peer) -> None:
        await peer.heard()
        peer.drop()

    async def work(client: Any, _: Sockets) -> None:
        assert len(await client.run(image())) == 1

    sockets = run(work, dropping, answering)
    kinds = [tasks[0]["taskType"] for tasks in sockets.peers[1].frames]
    assert kinds == ["authentication", "imageInference"]


def test_an_idle_client_connects_again_when_it_is_used(
    run: Run, image: Callable[..., Any]
) -> None:
    async def once(peer: Peer) -> None:
        await peer.let_in()
        [task] = await peer.heard()
        await peer.say(result(task))
        await peer.connection.close()

    async def work(client: Any, sockets: Sockets) -> None:
        await client.run(image())
        await sockets.peers[0].connection.wait_closed()
        await asyncio.sleep(0.1)
        assert len(sockets.peers) == 1
        await client.run(image())

    assert len(run(work, once, answering).peers) == 2


# -- signs of life ------------------------------------------------------------


def test_a_connection_is_kept_alive(
    run: Run,
    image: Callable[..., Any],
    hurried: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hurried, "PING_EVERY", 0.05)
    monkeypatch.setattr(hurried, "LONGEST_SILENCE", 0.2)

    async def slow(peer: Peer) -> None:
        await peer.let_in()
        [task] = await peer.heard()
        for _ in range(4):
            assert await peer.heard() == [{"taskType": "ping", "ping": True}]
            await peer.say({"taskType": "ping", "pong": True})
        await peer.say(result(task))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        assert len(await client.run(image())) == 1

    assert len(run(work, slow).peers) == 1


def test_a_server_that_falls_silent_is_left(
    run: Run,
    image: Callable[..., Any],
    hurried: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hurried, "PING_EVERY", 0.05)
    monkeypatch.setattr(hurried, "LONGEST_SILENCE", 0.05)
    sent: list[Item] = []

    async def silent(peer: Peer) -> None:
        await peer.let_in()
        sent.extend(await peer.heard())
        await peer.connection.wait_closed()

    async def work(client: Any, _: Sockets) -> None:
        assert len(await client.run(image())) == 1

    async def buffered(peer: Peer) -> None:
        await peer.let_in()
        await peer.say(result(sent[0]))
        await peer.rest()

    assert len(run(work, silent, buffered).peers) == 2


# -- what goes wrong ----------------------------------------------------------


async def refusing(peer: Peer) -> None:
    """Let nobody in."""
    [task] = await peer.heard()
    message = f"The key {task['apiKey']} is not valid."
    scope = {"taskType": "authentication", "taskUUID": str(uuid4())}
    await peer.say(errors=[{"code": "invalidApiKey", "message": message, **scope}])
    await peer.connection.close(1008, f"Bad key {task['apiKey']}")


def test_a_key_that_is_not_let_in(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async def work(client: Any, _: Sockets) -> None:
        requests = [image() for _ in range(3)]
        errors = await asyncio.gather(
            *map(client.run, requests), return_exceptions=True
        )
        for error in errors:
            assert type(error) is shipped.AuthenticationError
            assert error.http_status == 401
            assert error.code == "invalidApiKey"
            assert KEY not in f"{error} {error!r} {vars(error)}"

    assert len(run(work, refusing).peers) == 1


def test_a_key_that_is_let_in_no_more(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async def dropping(peer: Peer) -> None:
        await peer.let_in()
        await peer.heard()
        peer.drop()

    async def work(client: Any, _: Sockets) -> None:
        with pytest.raises(shipped.AuthenticationError) as raised:
            await client.run(image())
        assert raised.value.handle  # the task was sent before

    run(work, dropping, refusing)


def test_the_reason_for_a_goodbye_is_told_without_the_key(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async def curt(peer: Peer) -> None:
        [task] = await peer.heard()
        await peer.connection.close(1008, f"Not {task['apiKey']}!")

    async def work(client: Any, _: Sockets) -> None:
        with pytest.raises(shipped.ConnectionError) as raised:
            await client.run(image())
        assert "closed the connection (1008: Not [API key]!)" in str(raised.value)

    run(work, curt)


def test_a_session_that_is_refused_is_left(run: Run, image: Callable[..., Any]) -> None:
    async def once(peer: Peer) -> None:
        await peer.let_in()
        await peer.heard()
        peer.drop()

    async def fussy(peer: Peer) -> None:
        [task] = await peer.heard()
        assert task["connectionSessionUUID"] == SESSION
        await peer.say(errors=[{"code": "invalidSession", "message": "Who?"}])

    async def work(client: Any, _: Sockets) -> None:
        assert len(await client.run(image())) == 1

    sockets = run(work, once, fussy, answering)
    assert "connectionSessionUUID" not in sockets.peers[2].frames[0][0]


ERRORS = [
    ({"code": "invalidParameter", "parameter": "width"}, 400),
    ({"code": "insufficientCredits"}, 402),
    ({"code": "forbidden"}, 403),
    ({"code": "inferenceError", "status": "error"}, 200),
    ({"code": "contentPolicyViolation"}, 200),
]


@pytest.mark.parametrize(("item", "status"), ERRORS)
def test_errors_are_those_of_http(
    run: Run,
    image: Callable[..., Any],
    shipped: ModuleType,
    server: HTTPServer,
    item: Item,
    status: int,
) -> None:
    request = image()

    def named(task: Item) -> Item:
        scope = {name: task[name] for name in ("taskType", "taskUUID")}
        return {**item, "message": "No.", **scope}

    server.answer = lambda tasks: Reply({"errors": [named(tasks[0])]}, status)
    expected = Caller("async", shipped, server.url).error("run", request)

    async def failing(peer: Peer) -> None:
        await peer.let_in()
        [task] = await peer.heard()
        await peer.say(errors=[named(task)])
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        with pytest.raises(shipped.RunwareError) as raised:
            await client.run(request)
        assert type(raised.value) is type(expected)
        assert str(raised.value) == str(expected)
        assert raised.value.parameters == expected.parameters
        assert raised.value.status == expected.status

    run(work, failing)


def test_results_are_those_of_http(
    run: Run, image: Callable[..., Any], shipped: ModuleType, server: HTTPServer
) -> None:
    request = image(number_results=2)
    server.answer = echo(copies=2, imageURL="https://example.com/1.png")
    expected = Caller("async", shipped, server.url)("run", request)

    async def echoing(peer: Peer) -> None:
        await peer.let_in()
        envelope = server.answer(await peer.heard())
        await peer.say(*envelope["data"])  # type: ignore[index]
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        assert await client.run(request) == expected

    run(work, echoing)


def test_a_stream_comes_over_http(run: Run, server: HTTPServer) -> None:
    events = [{"delta": {"text": "dusk"}}, {"delta": {}, "finishReason": "stop"}]
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    body = "".join([*lines, "data: [DONE]\n\n"])
    server.answer = lambda _: Reply(body, content_type="text/event-stream")

    async def work(client: Any, _: Sockets) -> None:
        messages = [{"role": "user", "content": "When?"}]
        stream = client.text_inference.stream(model="a:b@1", messages=messages)
        assert [delta.text async for delta in stream] == ["dusk", ""]

    assert not run(work, answering, base_url=server.url.replace("http", "ws")).peers
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_too_many_tasks_are_sent_again(run: Run, image: Callable[..., Any]) -> None:
    async def busy(peer: Peer) -> None:
        await peer.let_in()
        [task] = await peer.heard()
        scope = {name: task[name] for name in ("taskType", "taskUUID")}
        await peer.say(errors=[{"code": "rateLimitExceeded", **scope}])
        assert await peer.heard() == [task]
        await peer.say(result(task))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        assert len(await client.run(image())) == 1

    run(work, busy)


def test_an_error_without_a_name_is_of_the_only_call(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async def vague(peer: Peer) -> None:
        await peer.let_in()
        await peer.heard()
        await peer.say(errors=[{"code": "invalidParameter", "message": "No."}])
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        with pytest.raises(shipped.BadRequestError, match="No"):
            await client.run(image())

    run(work, vague)


def test_an_error_without_a_name_ends_no_task_of_others(
    run: Run, image: Callable[..., Any]
) -> None:
    async def vague(peer: Peer) -> None:
        await peer.let_in()
        tasks = {t["taskUUID"]: t for _ in range(2) for t in await peer.heard()}
        await peer.say(errors=[{"code": "invalidParameter", "message": "No."}])
        while True:
            for task in await peer.ponged():
                assert task["taskType"] == "getResponse"
                await peer.say(result(tasks[task["taskUUID"]]))

    async def work(client: Any, _: Sockets) -> None:
        made = await asyncio.gather(*(client.run(image()) for _ in range(2)))
        assert [len(results) for results in made] == [1, 1]

    run(work, vague)


def test_a_message_that_cannot_be_read(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async def babbling(peer: Peer) -> None:
        await peer.let_in()
        while True:
            await peer.ponged()
            await peer.connection.send(f"<html>{KEY}")

    async def work(client: Any, _: Sockets) -> None:
        with pytest.raises(shipped.ResponseError, match="begins: <html>") as raised:
            await client.run(image())
        assert raised.value.handle
        assert KEY not in str(raised.value)

    run(work, babbling)


def test_a_server_that_opens_no_websocket(
    run: Run, image: Callable[..., Any], shipped: ModuleType, server: HTTPServer
) -> None:
    """The HTTP server has no GET: it answers 501."""

    async def work(client: Any, _: Sockets) -> None:
        with pytest.raises(shipped.ConnectionError, match="HTTP 501 in place of"):
            await client.run(image())

    run(work, answering, base_url=server.url.replace("http", "ws"))


# -- leaving ------------------------------------------------------------------


def test_cancelling_a_call_leaves_the_others(
    run: Run, image: Callable[..., Any]
) -> None:
    reached = asyncio.Event()

    async def two(peer: Peer) -> None:
        await peer.let_in()
        tasks = [(await peer.heard())[0] for _ in range(2)]
        reached.set()
        await peer.ponged()
        for number, task in enumerate(tasks):
            await peer.say(result(task, number))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        first = asyncio.create_task(client.run(image()))
        await asyncio.sleep(0)
        second = asyncio.create_task(client.run(image()))
        await reached.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        [handle] = client.unfinished()
        other = asyncio.create_task(handle.wait())  # it asks, and the server answers
        assert [one.seed for one in await second] == [1]
        assert [one.seed for one in await other] == [0]

    run(work, two)


def test_what_came_before_a_call_was_cancelled_is_kept(
    run: Run, image: Callable[..., Any]
) -> None:
    async def halves(peer: Peer) -> None:
        await peer.let_in()
        [task] = await peer.heard()
        await peer.say(result(task, 0))
        await peer.ponged()
        await peer.say(result(task, 1))
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        running = asyncio.create_task(client.run(image(number_results=2)))
        await asyncio.sleep(0)
        await client.ping.run(ping=True)  # what was sent before it has come
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        [handle] = client.unfinished()
        assert sorted(one.seed for one in await handle.wait()) == [0, 1]

    run(work, halves)


def test_a_server_that_reads_nothing_holds_up_nobody(
    run: Run,
    image: Callable[..., Any],
    shipped: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    socket = import_module(f"{shipped.__name__}._socket")
    monkeypatch.setattr(socket, "LONGEST_GOODBYE", 0.05)
    closed = asyncio.Event()

    async def deaf(peer: Peer) -> None:
        await peer.let_in()
        peer.connection.transport.pause_reading()
        await closed.wait()
        peer.drop()

    async def work(client: Any, _: Sockets) -> None:
        large = "data:image/png;base64," + "A" * 20_000_000
        request = image(inputs={"seedImage": large}, strength=0.5)
        with pytest.raises(shipped.TimeoutError):
            await client.run(request, timeout=0.3)
        await client.aclose()
        closed.set()

    run(work, deaf)


def test_closing_ends_what_is_under_way(run: Run, image: Callable[..., Any]) -> None:
    reached = asyncio.Event()

    async def still(peer: Peer) -> None:
        await peer.let_in()
        await peer.heard()
        reached.set()
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        running = asyncio.create_task(client.run(image()))
        await reached.wait()
        await client.aclose()
        with pytest.raises(RuntimeError, match="this client is closed"):
            await running
        assert len(client.unfinished()) == 1

    [peer] = run(work, still).peers
    assert peer.close_code == 1000


def test_a_client_that_is_not_closed_leaves_nothing(
    shipped: ModuleType, hurried: ModuleType, image: Callable[..., Any]
) -> None:
    assert hurried

    async def main() -> None:
        async with listening(answering) as sockets:
            client = shipped.AsyncRunware(
                KEY, transport="websocket", base_url=sockets.url
            )
            await client.run(image())
            for task in asyncio.all_tasks():
                if _is_ours(task):
                    task.cancel()
            await asyncio.sleep(0.05)

    asyncio.run(main())


def test_a_timeout_is_kept(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async def still(peer: Peer) -> None:
        await peer.let_in()
        await peer.rest()

    async def work(client: Any, _: Sockets) -> None:
        with pytest.raises(shipped.TimeoutError) as raised:
            await client.run(image(), timeout=0.3)
        assert raised.value.handle

    run(work, still)


# -- options ------------------------------------------------------------------


def test_headers_of_a_call_are_refused(run: Run, image: Callable[..., Any]) -> None:
    async def work(client: Any, _: Sockets) -> None:
        with pytest.raises(ValueError, match="extra_headers cannot be sent over"):
            await client.run(image(), extra_headers={"X-Trace": "1"})

    assert run(work, answering).peers == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"transport": "carrier pigeon"},
            "'http' or 'websocket', not 'carrier pigeon'",
        ),
        ({"base_url": "https://example.com"}, "begin with wss:// or ws://, not be"),
        (
            {"transport": "http", "base_url": "wss://example.com"},
            "begin with https:// or http://, not be",
        ),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    shipped: ModuleType, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        shipped.AsyncRunware(KEY, **{"transport": "websocket"} | options)


def test_runwares_own_address_is_known(shipped: ModuleType) -> None:
    async def main() -> None:
        async with shipped.AsyncRunware(KEY, transport="websocket") as client:
            assert client.base_url == "wss://ws-api.runware.ai/v1"

    asyncio.run(main())


PROGRAM = """
import sys
sys.modules["wsproto"] = None
import runware_client
runware_client.AsyncRunware("key")
try:
    runware_client.AsyncRunware("key", transport="websocket")
except ImportError as error:
    print(error)
"""


def test_the_extra_is_asked_for_when_it_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd="generated",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pip install 'httpx2[ws]'" in done.stdout


def test_no_log_has_the_key(
    run: Run, image: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def dropping(peer: Peer) -> None:
        await peer.let_in()
        await peer.heard()
        peer.drop()

    async def work(client: Any, _: Sockets) -> None:
        await client.run(image())

    async def asked(peer: Peer) -> None:
        await peer.let_in()
        while True:
            for task in await peer.ponged():
                await peer.say(result({**task, "taskType": "imageInference"}))

    with caplog.at_level(logging.DEBUG):
        run(work, dropping, asked)
    ours = [r.getMessage() for r in caplog.records if "websockets" not in r.name]
    assert any("imageInference" in text for text in ours)
    assert not any(KEY in text for text in ours)
