"""HTTP responses: complete ones, streams of text, and those of faults."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from math import inf
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from runware_codegen.mock import connections
from runware_codegen.mock.items import Envelope, Item, RefusalError, as_text
from runware_codegen.mock.ledger import Ledger
from runware_codegen.mock.tasks import Task

_HTML = """<html>
<head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1></body>
</html>
"""

DONE = "[DONE]"

_LAST = ("finishReason", "usage", "cost")
"""Members of the last event."""

_DELTAS = ("reasoningContent", "text")
"""Members that are sent in pieces, in this order."""


class Reply(Response):
    """A response with items, which count as collected when it is completely written."""

    media_type = "application/json"

    def __init__(
        self,
        envelope: Envelope,
        ledger: Ledger,
        status: int,
        alter: Callable[[Item], Item],
    ) -> None:
        super().__init__(envelope.to_text(alter), status)
        self._envelope = envelope
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write the response."""
        is_open = connections.is_open(scope)  # the server may close it afterwards
        await super().__call__(scope, receive, send)
        if is_open:
            self._ledger.collect(self._envelope.data)


class Dropped(Response):
    """No response: the connection is closed or reset."""

    def __init__(self, *, resets: bool = False) -> None:
        super().__init__()
        self._end = connections.reset if resets else connections.close

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Close the connection."""
        self._end(scope)
        await connections.ended(receive)


class Silent(Response):
    """No response: the client has to time out."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Wait until the client disconnects."""
        await connections.ended(receive)


class Half(Response):
    """The first half of a response, after which the connection is closed."""

    media_type = "application/json"

    def __init__(self, envelope: Envelope) -> None:
        super().__init__(envelope.to_text())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write half of the response and close the connection."""
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        connections.close(scope)
        await connections.ended(receive)


def truncated(envelope: Envelope) -> Response:
    """Return a complete HTTP response with truncated JSON."""
    text = envelope.to_text()
    return Response(text[: len(text) * 2 // 3], media_type="application/json")


def bad_gateway() -> Response:
    """Return the error page of a proxy."""
    return Response(_HTML, 502, media_type="text/html")


def redirect(status: int, url: str) -> Response:
    """Return a redirect."""
    return Response(status_code=status, headers={"Location": url})


def refused(refusal: RefusalError) -> Response:
    """Return a response with errors only, in the shape that the refusal selects.

    `envelope` is `{"errors": [...]}`, `array` is only the array, `flat` is the first error,
    `wrapped` is `{"error": {...}}`, and `problem` is the format of RFC 9457.
    """
    wait = refusal.retry_after
    headers = {} if wait is None else {"Retry-After": str(wait)}
    first = refusal.errors[0]
    bodies: dict[str, Any] = {
        "envelope": {"errors": refusal.errors},
        "array": refusal.errors,
        "flat": first,
        "wrapped": {"error": first},
        "problem": {"title": first["code"], "detail": first["message"]}
        | {"status": refusal.status, "type": "about:blank"},
    }
    kind = "problem+json" if refusal.shape == "problem" else "json"
    body = as_text(bodies[refusal.shape])
    return Response(body, refusal.status, headers, f"application/{kind}")


class EventStream(Response):
    """The first result of a task in pieces, over the duration of the task.

    Args:
        task: The task.
        ledger: Records the result as collected when its last event is written.
        breaks: Whether the connection is closed during the stream.
    """

    media_type = "text/event-stream"

    def __init__(self, task: Task, ledger: Ledger, *, breaks: bool) -> None:
        super().__init__(headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._task = task
        self._ledger = ledger
        self._breaks = breaks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write the events."""
        head = {"status": 200, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        events = list(_events(self._task))
        if self._task.run.plan.seconds == inf:
            await _write(send, events[0])
            await connections.ended(receive)
            return
        kept = events[: len(events) // 2] if self._breaks else events
        pause = self._task.run.plan.seconds / len(events)
        for event in kept:
            await asyncio.sleep(pause)
            await _write(send, event)
        if self._breaks:
            connections.close(scope)
            await connections.ended(receive)
            return
        is_open = connections.is_open(scope)  # the server may close it afterwards
        await send({"type": "http.response.body", "body": b""})
        if is_open and not self._task.run.plan.fails:
            self._ledger.collect([self._task.run.results[0].item])


async def _write(send: Send, event: str) -> None:
    body = f"data: {event}\n\n".encode()
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _events(task: Task) -> Iterator[str]:
    """Yield the data of each event."""
    if task.run.plan.fails:
        yield json.dumps({"errors": [task.failure()]})
    else:
        item = task.run.results[0].item
        for name in _DELTAS:  # in words, each with the space after it
            for piece in re.findall(r"\S+\s*|\s+", str(item.get(name, ""))):
                yield json.dumps({"delta": {name: piece}, **task.scope})
        last = {name: item[name] for name in _LAST if name in item}
        yield json.dumps({"delta": {}, **task.scope, **last})
    yield DONE
