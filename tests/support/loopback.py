"""A server on a loopback socket, and a caller for the clients of a package."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import pickle
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import attrgetter
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar, cast

from command import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from types import ModuleType

    Tasks = list[dict[str, Any]]
    Answer = Callable[[Tasks], object]

SPECS = Path(__file__).parents[2] / "specs"
T = TypeVar("T")

KEY = "rw/SECRET+0123456789"

CHAIR: dict[str, Any] = {"model": "runware:101@1", "positive_prompt": "a chair"}
"""Members of an image request."""
LATER = CHAIR | {"delivery_method": "async"}


@dataclass
class Reply:
    """A response of the server other than JSON with HTTP 200."""

    body: object
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


class Drop:
    """Makes the server close the connection instead of sending a response."""


class Clock:
    """A clock of a client that a test can advance."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return time.monotonic() + self.ahead

    def give(self, client: Any) -> None:
        """Make a client use this clock."""
        engine = client._engine
        engine.settings = engine.settings._replace(clock=self)


@dataclass
class Server:
    """Answers each POST with what `answer` returns for its tasks, and records the call.

    Attributes:
        clock: The clock of the clients that a `Caller` makes.
        takes: Seconds by which a response advances that clock. So a timeout expires
            after some responses, without waiting and on a machine of any speed.
    """

    url: str = ""
    clock: Clock = field(default_factory=Clock)
    takes: float = 0
    answer: Answer = lambda _: {"data": []}
    headers: list[dict[str, str]] = field(default_factory=list)
    calls: list[Tasks] = field(default_factory=list)

    def reply(self, headers: dict[str, str], body: bytes) -> Reply | Drop:
        """Record a call, and return the response."""
        self.headers.append({name.lower(): value for name, value in headers.items()})
        self.calls.append(json.loads(body))
        self.clock.ahead += self.takes
        answer = self.answer(self.calls[-1])
        return answer if isinstance(answer, (Reply, Drop)) else Reply(answer)

    @property
    def sent(self) -> list[str]:
        """The task types of each call, joined by `+`."""
        return ["+".join(t["taskType"] for t in tasks) for tasks in self.calls]

    def script(self, *answers: object) -> None:
        """Send these responses, in order. A function makes one from the tasks."""
        left = iter(answers)
        self.answer = lambda tasks: _made(next(left), tasks)

    def split(self, sending: object, poll: object) -> None:
        """Send one response to each poll, and another to all other calls."""

        def answer(tasks: Tasks) -> object:
            is_poll = tasks[0]["taskType"] == "getResponse"
            return _made(poll if is_poll else sending, tasks)

        self.answer = answer


def _made(answer: object, tasks: Tasks) -> object:
    return answer(tasks) if callable(answer) else answer


class Handler(BaseHTTPRequestHandler):
    """Handles the requests of a connection that stays open, and logs nothing."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a response in one piece, which no delayed ACK delays

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class NotSocks(Handler):
    """A server that responds to a client of SOCKS with HTTP."""

    def handle(self) -> None:
        """Respond to the first message, whatever it is."""
        self.connection.recv(1024)
        self.connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@contextlib.contextmanager
def http_server(handler: type[Handler]) -> Iterator[str]:
    """Run a server on a free port while the context lasts, and yield its URL."""

    class Sockets(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:
            """Ignore a client that does not wait for its response."""

    with Sockets(("127.0.0.1", 0), handler) as sockets:
        thread = Thread(target=sockets.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{sockets.server_port}"
        finally:
            sockets.shutdown()
            thread.join()


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Run a server while the context lasts."""
    server = Server()

    class Posts(Handler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = server.reply(dict(self.headers.items()), body)
            if isinstance(reply, Drop):
                self.close_connection = True
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.content)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.content)

    with http_server(Posts) as url:
        server.url = f"{url}/v1"
        yield server


@dataclass
class Caller:
    """Calls methods of a new client, sync or async.

    Attributes:
        first_wait: Seconds before the first poll or retry; later ones take up to twice
            as long.
    """

    kind: str
    package: ModuleType
    url: str
    clock: Clock = field(default_factory=Clock)
    first_wait: float = 0.001

    def __call__(
        self, method: str, *args: Any, options: dict[str, Any] | None = None, **kw: Any
    ) -> Any:
        """Call a method such as `image_inference.run`, and return its result."""

        async def work(client: Any) -> Any:
            given = await value(attrgetter(method)(client)(*args, **kw))
            if method.endswith("run"):  # no task is left open once its call returns
                assert client.unfinished() == []
            return given

        return self.using(work, **(options or {}))

    def using(self, work: Callable[[Any], Coroutine[Any, Any, T]], **options: Any) -> T:
        """Run a coroutine function with a client. It awaits `value` of each call."""
        given = {"api_key": KEY, "base_url": self.url, "timeout": 60} | options
        waits = self.package.Waits(first=self.first_wait, longest=2 * self.first_wait)

        async def awaited() -> T:
            async with self.package.AsyncRunware(**given) as client:
                client.polling = client.retrying = waits
                self.clock.give(client)
                return await work(client)

        if self.kind == "async":
            return asyncio.run(awaited())
        with self.package.Runware(**given) as client:
            client.polling = client.retrying = waits
            self.clock.give(client)
            return without_a_loop(work(client))

    def error(self, method: str, *args: Any, **kw: Any) -> Any:
        """Call a method that must fail, and return its `RunwareError`."""
        try:
            given = self(method, *args, **kw)
        except self.package.RunwareError as error:
            return error
        raise AssertionError(f"no error, but {given!r}")


async def value(given: Any) -> Any:
    """Return the result of a call. Await it if the client is async."""
    return await given if inspect.isawaitable(given) else given


async def each(given: Any) -> AsyncIterator[Any]:
    """Yield the items of an iterator, async or not."""
    if hasattr(given, "__aiter__"):
        async for item in given:
            yield item
    else:
        for item in given:
            yield item


def without_a_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends."""
    try:
        work.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    finally:
        work.close()
    raise AssertionError("the sync client made something that has to be awaited")


def pickled(value: T) -> T:
    """Pickle and unpickle a value."""
    return cast("T", pickle.loads(pickle.dumps(value)))  # noqa: S301 - our own bytes


def generate_shipped(folder: Path, name: str) -> None:
    """Generate a package from `specs/` with the command."""
    made = run("generate", SPECS, "--output", folder, "--package", name, cwd=folder)
    assert made.returncode == 0, made.stderr


def acknowledge(tasks: Tasks) -> object:
    """Return acknowledgements of the tasks, as for async delivery."""
    return {
        "data": [{"taskType": t["taskType"], "taskUUID": t["taskUUID"]} for t in tasks]
    }


def news(*items: dict[str, Any]) -> Answer:
    """Return a function that answers a poll of one task with these items."""
    return lambda tasks: {
        "data": [{"taskUUID": tasks[0]["taskUUID"]} | item for item in items]
    }


def echo(*, copies: int = 1, **members: Any) -> Answer:
    """Return a function that answers each task with results under its taskUUID."""

    def answer(tasks: Tasks) -> object:
        return {
            "data": [
                {
                    "taskType": t["taskType"],
                    "taskUUID": t["taskUUID"],
                    "imageURL": f"https://im.runware.ai/{n}.png",
                    "n": n,
                }
                | members
                for t in tasks
                for n in range(copies)
            ]
        }

    return answer


def failing(status: int = 200, retry_after: str = "", /, **members: Any) -> Answer:
    """Return a function that answers each task with an error of its own."""
    headers = {"Retry-After": retry_after} if retry_after else {}

    def answer(tasks: Tasks) -> object:
        errors = [{"taskUUID": t["taskUUID"]} | members for t in tasks]
        return Reply({"errors": errors}, status, headers=headers)

    return answer


def refusal(status: int, code: str, retry_after: str = "") -> Reply:
    """Return a response that refuses a whole call, with an error that names no task."""
    headers = {"Retry-After": retry_after} if retry_after else {}
    body = {"errors": [{"code": code, "message": "no"}]}
    return Reply(body, status, headers=headers)
