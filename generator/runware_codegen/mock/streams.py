"""Streams text as server-sent events."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from math import inf

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from runware_codegen.mock import connections
from runware_codegen.mock.ledger import Ledger
from runware_codegen.mock.tasks import Task

DONE = "[DONE]"

_LAST = ("finishReason", "usage", "cost")
"""Members of the last event."""

_DELTAS = ("reasoningContent", "text")
"""Members that are sent in pieces, in this order."""


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
