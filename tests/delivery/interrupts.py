"""Interrupts calls at each place where CPython may run a signal handler.

CPython runs it where a Python function begins or resumes, and where a C function has
returned. `sys.setprofile` reports exactly these places. An exception that the profile
function raises is raised there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import FrameType

MEDIA_UUID = "aaaaaaaa-0000-4000-8000-aaaaaaaaaaaa"
_AS_ITS_CALLER = "in contextlib"
FILE = b"\x89PNG\r\n\x1a\n" + bytes(20)


class Place(NamedTuple):
    """Where a signal is handled.

    Attributes:
        module: The module whose code runs.
        line: The line in it.
        event: The event, and the name of the function.
    """

    module: str
    line: int
    event: str


class Interrupter:
    """Records the places that the code of a package reaches, and raises at one of them.

    Attributes:
        places: The places that were reached. If it raises, only the place where it did.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._modules: dict[object, str | None] = {"contextlib": _AS_ITS_CALLER}
        self._before: int | None = None
        self.places: list[Place] = []

    @contextlib.contextmanager
    def watching(self, at: int | None = None) -> Iterator[None]:
        """Watch this thread, and raise KeyboardInterrupt at a place.

        Args:
            at: The number of places before it; None to raise nowhere.
        """
        self.places = []
        self._before = at
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, argument: Any) -> None:
        if event != "call" and event != "c_return":  # noqa: PLR1714 - called very often
            return
        module = self._module(frame)
        if module is None:
            return
        if self._before:
            self._before -= 1
            return
        name = frame.f_code.co_name if event == "call" else argument.__name__
        self.places.append(Place(module, frame.f_lineno, f"{event} {name}"))
        if self._before == 0:
            sys.setprofile(None)
            raise KeyboardInterrupt

    def _module(self, frame: FrameType) -> str | None:
        """Return the module of a package frame; for contextlib, that of its caller."""
        name = frame.f_globals.get("__name__")
        if name not in self._modules:
            own, _, module = str(name).partition(".")
            self._modules[name] = module if module and own == self._package else None
        module = self._modules[name]
        if module is not _AS_ITS_CALLER:
            return module
        inner = frame.f_back and self._module(frame.f_back)
        return inner and f"{inner} in contextlib"


class Body(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """The body of a response, in pieces. It records whether it was closed."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            await asyncio.sleep(0)
            yield piece

    def close(self) -> None:
        """Record that it is closed."""
        self.is_closed = True

    async def aclose(self) -> None:
        """Record that it is closed."""
        self.is_closed = True


@dataclass
class Platform:
    """A server without sockets, which records what it bills.

    It returns the results of async tasks at the second poll. A poll of an unknown task
    gets no items, as from the platform.

    Attributes:
        billed: The number of times that each task was billed.
        uploads: The uploads that it received; they are free.
        polls: The number of times that each task was polled.
        bodies: The bodies of its responses.
    """

    billed: Counter[str] = field(default_factory=Counter[str])
    uploads: set[str] = field(default_factory=set[str])
    polls: Counter[str] = field(default_factory=Counter[str])
    bodies: list[Body] = field(default_factory=list[Body])

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        if request.method == "GET":
            return self._response(FILE, "image/png")
        tasks = json.loads(request.content)
        if tasks[0].get("deliveryMethod") == "stream":
            self.billed[tasks[0]["taskUUID"]] += 1
            return self._response(_events(), "text/event-stream")
        data, errors = self.items(tasks)
        text = json.dumps({"data": data, "errors": errors}).encode()
        return self._response(text, "application/json", 400 if errors else 200)

    def items(self, tasks: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
        """Run tasks and answer polls; return the items and the errors."""
        items = [item for task in tasks if (item := self._item(task))]
        data = [item for item in items if "code" not in item]
        return data, [item for item in items if "code" in item]

    def _item(self, task: dict[str, Any]) -> dict[str, Any] | None:
        """Return the item for a task, or for the task that it polls."""
        uuid, task_type = task["taskUUID"], task["taskType"]
        scope = {"taskType": task_type, "taskUUID": uuid}
        if task_type == "getResponse":
            return self._polled(uuid)
        if uuid in self.billed or uuid in self.uploads:
            return {"taskUUID": uuid, "code": "conflictTaskUUID"}
        if task_type == "mediaStorage":
            self.uploads.add(uuid)
            return {**scope, "operation": "upload", "mediaUUID": MEDIA_UUID}
        self.billed[uuid] += 1
        is_async = task.get("deliveryMethod") == "async"
        return scope if is_async else {**scope, "text": uuid, "cost": 0.5}

    def _polled(self, uuid: str) -> dict[str, Any] | None:
        self.polls[uuid] += 1
        if uuid in self.uploads:
            return {"taskUUID": uuid, "status": "success", "mediaUUID": MEDIA_UUID}
        if uuid not in self.billed:
            return None
        if self.polls[uuid] == 1:
            return {"taskUUID": uuid, "status": "processing"}
        return {"taskUUID": uuid, "status": "success", "text": uuid, "cost": 0.5}

    def _response(
        self, content: bytes, content_type: str, status: int = 200
    ) -> httpx2.Response:
        middle = len(content) // 2
        body = Body([content[:middle], content[middle:]])
        self.bodies.append(body)
        headers = {"Content-Type": content_type, "Content-Length": str(len(content))}
        return httpx2.Response(status, headers=headers, stream=body)


def _events() -> bytes:
    deltas = [{"delta": {"text": "I "}}, {"delta": {"text": "see."}}]
    end = {"delta": {}, "finishReason": "stop", "cost": 0.5}
    events = [*map(json.dumps, [*deltas, end]), "[DONE]"]
    return "".join(f"data: {event}\n\n" for event in events).encode()
