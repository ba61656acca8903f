"""A scripted WebSocket server on a loopback socket, and clients that use it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from loopback import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from types import ModuleType

    import pytest

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
        """Receive the next message, and return its tasks."""
        self.frames.append(json.loads(await self.connection.recv()))
        return self.frames[-1]

    async def say(self, *data: Item, errors: list[Item] | None = None) -> None:
        """Send a message."""
        envelope = {"data": [*data]} | ({"errors": errors} if errors else {})
        await self.connection.send(json.dumps(envelope))

    async def let_in(self) -> None:
        """Receive the authentication, which comes first, and accept it."""
        [task] = await self.heard()
        assert task["taskType"] == "authentication"
        session = {"connectionSessionUUID": SESSION}
        await self.say({"taskType": "authentication", **session})

    async def ponged(self) -> list[Item]:
        """Return the tasks of the next message that is not a ping. Answer pings."""
        while (tasks := await self.heard()) == [{"taskType": "ping", "ping": True}]:
            await self.say({"taskType": "ping", "pong": True})
        return tasks

    def drop(self) -> None:
        """Abort the connection without a closing handshake."""
        self.connection.transport.abort()


@dataclass(frozen=True)
class Admitting:
    """Marks a script that receives the authentication itself."""

    script: Script

    async def __call__(self, peer: Peer) -> None:
        """Run the script."""
        await self.script(peer)


@dataclass
class Sockets:
    """The connections in order, each with the messages that it received."""

    url: str = ""
    scripts: list[Script] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    async def talk(self, connection: ServerConnection) -> None:
        """Let the client in, run the next script, and answer pings.

        The last script serves all further connections.
        """
        peer = Peer(connection)
        script = self.scripts[min(len(self.peers), len(self.scripts) - 1)]
        self.peers.append(peer)
        try:
            if not isinstance(script, Admitting):
                await peer.let_in()
            await script(peer)
            while True:
                await peer.ponged()
        except ConnectionClosed:
            pass
        except Exception as error:  # noqa: BLE001 - raised when the test ends
            self.failures.append(error)
        await connection.wait_closed()
        peer.close_code = connection.close_code


@asynccontextmanager
async def listening(*scripts: Script) -> AsyncIterator[Sockets]:
    """Run a server that runs a script for each connection, in order."""
    sockets = Sockets(scripts=[*scripts])
    server: Server
    async with serve(sockets.talk, "127.0.0.1", 0, max_size=None) as server:
        [listener] = server.sockets
        sockets.url = f"ws://127.0.0.1:{listener.getsockname()[1]}/v1"
        yield sockets
    for failure in sockets.failures:
        raise failure


@dataclass
class Run:
    """Runs work with a WebSocket client, and checks that no asyncio task is left.

    Attributes:
        sockets: The connections of the last client or transport.
    """

    package: ModuleType
    monkeypatch: pytest.MonkeyPatch
    sockets: Sockets = field(init=False)

    def __post_init__(self) -> None:
        again = self.package.Waits(first=0.01, longest=0.02)
        self.wait(GRACE=0.15, RECONNECTING=again)
        self.wait("_runtime.transport.pending", QUIET=0.05)

    def wait(self, module: str = "_runtime.transport.connection", **waits: Any) -> None:
        """Set durations for which a module of the client waits."""
        for name, seconds in waits.items():
            place = import_module(f"{self.package.__name__}.{module}")
            self.monkeypatch.setattr(place, name, seconds)

    def using(self, work: Callable[[Run], Coroutine[Any, Any, None]]) -> None:
        """Run an async test."""
        asyncio.run(work(self))

    @asynccontextmanager
    async def client(self, *scripts: Script, **options: Any) -> AsyncIterator[Any]:
        """Make a client of a server that runs a script for each connection."""
        async with _served(*scripts) as self.sockets:
            given = {"base_url": self.sockets.url, "timeout": 60} | options
            client = self.package.AsyncRunware(KEY, transport="websocket", **given)
            async with client:
                waits = self.package.Waits(first=0.01, longest=0.02)
                client.polling = client.retrying = waits
                yield client

    @asynccontextmanager
    async def carrier(self, *scripts: Script, **options: Any) -> AsyncIterator[Carrier]:
        """Make a transport, as `client` makes a client."""
        async with _served(*scripts) as self.sockets:
            made = carrier(self.package, self.sockets.url, **options)
            try:
                yield made
            finally:
                await made.transport.aclose()


@asynccontextmanager
async def _served(*scripts: Script) -> AsyncIterator[Sockets]:
    """Run a server, and check that the client leaves no asyncio task."""
    async with listening(*scripts) as sockets:
        own = asyncio.all_tasks()
        async with asyncio.timeout(60):
            yield sockets
        assert not {t for t in asyncio.all_tasks() - own if is_ours(t)}


@dataclass
class Carrier:
    """A WebSocket transport that posts tasks given as objects.

    Attributes:
        sent: The keys of the tasks that were sent, and not only polled.
    """

    transport: Any
    sent: set[str]

    async def post(self, *tasks: Item, seconds: float = 10) -> Any:
        """Send tasks, and return the envelope of the response."""
        orders = (each for each in tasks if each["taskType"] != "getResponse")
        self.sent |= {str(each.get("taskUUID")).lower() for each in orders}
        parts = [json.dumps(task).encode() for task in tasks]
        return await self.transport.post(parts, seconds, None)

    async def pong(self) -> None:
        """Wait until all earlier messages of the server have arrived."""
        await self.post({"taskType": "ping", "ping": True})


def carrier(package: ModuleType, url: str, **options: Any) -> Carrier:
    """Make a transport of a package, without a client."""

    def load(module: str, name: str) -> Any:
        return getattr(import_module(f"{package.__name__}.{module}"), name)

    key = load("_runtime.transport.api_key", "ApiKey")(KEY)
    endpoint = load("_runtime.transport.endpoint", "Endpoint")(url, key, "header")
    sent = set[str]()
    given = {"http_client": None, "concurrency": 1000, "is_known": sent.__contains__}
    make = load("_runtime.transport.websocket", "WebSocketTransport")
    return Carrier(make(endpoint, **(given | options)), sent)


def order(number_results: int = 1) -> Item:
    """Make a task object with a new UUID."""
    wanted = {"numberResults": number_results} if number_results > 1 else {}
    return {"taskType": "imageInference", "taskUUID": str(uuid4()), **wanted}


def question(task: Item) -> Item:
    """Make the getResponse task that polls another task."""
    return {"taskType": "getResponse", "taskUUID": task["taskUUID"]}


def news(task: Item, **members: Any) -> Item:
    """Make an item of a task. Without more members, it is an acknowledgement."""
    return {name: task[name] for name in ("taskType", "taskUUID")} | members


def is_ours(task: asyncio.Task[Any]) -> bool:
    """Return whether an asyncio task was created by a client over a WebSocket."""
    name = getattr(task.get_coro(), "__qualname__", "")
    owners = ("WebSocketTransport.", "SharedConnection.", "AsyncWebSocketSession.")
    return name.startswith(owners)


def result(task: Item, number: int = 0, **members: Any) -> Item:
    """Make a result of a task."""
    made = {"imageUUID": str(uuid4()), "imageURL": f"https://example.com/{number}.png"}
    return news(task, **made, seed=number) | members


async def answering(peer: Peer) -> None:
    """Answer each task with a result."""
    while True:
        for task in await peer.ponged():
            await peer.say(result(task))


async def acknowledged(peer: Peer) -> Item:
    """Acknowledge the task that the client sends."""
    [task] = await peer.ponged()
    await peer.say(news(task))
    return task


def dropping(sent: list[Item]) -> Script:
    """Return a script that drops the client after one message.

    Args:
        sent: The list that receives the tasks of the message.
    """

    async def script(peer: Peer) -> None:
        sent.extend(await peer.ponged())
        peer.drop()

    return script


async def silent(_: Peer) -> None:
    """Answer no task."""


def saying(*data: Item, errors: list[Item] | None = None, after: int = 1) -> Script:
    """Return a script that sends a message after a number of messages."""

    async def script(peer: Peer) -> None:
        for _ in range(after):
            await peer.ponged()
        await peer.say(*data, errors=errors)

    return script


@Admitting
async def refusing(peer: Peer) -> None:
    """Refuse the authentication, and close the connection."""
    [task] = await peer.heard()
    message = f"The key {task['apiKey']} is not valid."
    scope = {"taskType": "authentication", "taskUUID": str(uuid4())}
    await peer.say(errors=[{"code": "invalidApiKey", "message": message, **scope}])
    await peer.connection.close(1008, f"Bad key {task['apiKey']}")


def unknown(task: Item) -> Item:
    """Make the error that answers a poll of an unknown task."""
    return {"code": "taskNotFound", "message": "What task?", **question(task)}
