"""Runs the mock as a process, and reads its ledger."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast
from uuid import uuid4

import httpx2

from command import COMMAND, environment
from forks import Forked

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "rw/SECRET+0123456789"
BEARER = {"Authorization": f"Bearer {KEY}"}

_GREETING = re.compile(r"Runware mock on (http://\S+/v1)")


@dataclass(frozen=True)
class Mock:
    """A running mock.

    Attributes:
        url: The URL for tasks.
        process: The process of the mock.
        errors: The standard error of the process.
        client: An HTTP client for requests to the mock. Its connections stay open.
    """

    url: str
    process: Forked
    errors: IO[str]
    client: httpx2.Client

    @property
    def root(self) -> str:
        """Its URL without a path."""
        return self.url.removesuffix("/v1")

    @property
    def socket_url(self) -> str:
        """The URL for tasks over a WebSocket."""
        return self.url.replace("http", "ws", 1)

    def ledger(self) -> dict[str, Any]:
        """Return what the mock has accepted, run, billed and delivered."""
        answer = self.client.get(f"{self.root}/_ledger")
        assert answer.status_code == 200
        return cast("dict[str, Any]", answer.json())

    def clear(self) -> None:
        """Empty its ledger."""
        assert self.client.delete(f"{self.root}/_ledger").status_code == 204


@contextlib.contextmanager
def mocking(*arguments: str | Path) -> Iterator[Mock]:
    """Run the mock while the context lasts, on a free port.

    Args:
        arguments: Documents and options of `mock`.
    """
    command = [*COMMAND[1:], "mock", "--port", "0", *map(str, arguments)]
    with contextlib.ExitStack() as stack:
        results, result_end = _pipe(stack)
        errors, error_end = _pipe(stack)
        with result_end, error_end, Path(os.devnull).open() as nothing:
            streams = [file.fileno() for file in (nothing, result_end, error_end)]
            process = Forked(command, streams, cwd=Path.cwd(), env=environment())
        client = stack.enter_context(httpx2.Client(timeout=60))
        try:
            greeting = results.readline()  # it listens before it prints this
            found = _GREETING.match(greeting)
            assert found, greeting + errors.read()
            yield Mock(found[1], process, errors, client)
        finally:
            process.terminate()
            told = errors.read()
            process.wait()
    assert "Traceback" not in told, told


def _pipe(stack: contextlib.ExitStack) -> tuple[IO[str], IO[str]]:
    """Open a pipe. Return its read end, which the stack closes, and its write end."""
    reader, writer = os.pipe()
    return stack.enter_context(os.fdopen(reader)), os.fdopen(writer, "w")


def image(**members: Any) -> dict[str, Any]:
    """Return a task that makes an image."""
    task = {"taskType": "imageInference", "taskUUID": str(uuid4()), "model": "a:b@1"}
    return {**task, "positivePrompt": "a boat", **members}


def question(task: dict[str, Any], kind: str = "getResponse") -> dict[str, Any]:
    """Return a task that polls another task, or asks about it with another type."""
    return {"taskType": kind, "taskUUID": task["taskUUID"]}


def post(mock: Mock, *tasks: object, **more: Any) -> httpx2.Response:
    """Send tasks with an API key."""
    return mock.client.post(mock.url, json=tasks, headers=BEARER, **more)


def answer(mock: Mock, *tasks: object) -> dict[str, Any]:
    """Send tasks that the mock accepts, and return the body of the response."""
    response = post(mock, *tasks)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def the_error(response: httpx2.Response, status: int = 400) -> dict[str, Any]:
    """Return the only error of a response that contains nothing else."""
    assert response.status_code == status, response.text
    body = response.json()
    assert list(body) == ["errors"]
    [error] = body["errors"]
    assert error["message"].endswith(".")
    assert error["documentation"].startswith("https://")
    return dict(error)


def text(**members: Any) -> dict[str, Any]:
    """Return a task that writes a text."""
    return {
        "taskType": "textInference",
        "taskUUID": str(uuid4()),
        "model": "a:b@1",
        "deliveryMethod": "stream",
        "messages": [{"role": "user", "content": "Say something."}],
        **members,
    }


def authentication(key: str) -> dict[str, Any]:
    """Return the task that sends an API key."""
    return {"taskType": "authentication", "apiKey": key}


def entry(mock: Mock, task: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of a task in the ledger."""
    told: dict[str, Any] = mock.ledger()["tasks"][task["taskUUID"]]
    return told
