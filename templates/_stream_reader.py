"""Reads what the server sends in answer to a streamed task, without any I/O."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._classify import api_error, joined
from ._deltas import Transcript
from ._envelope import Answer, read_envelope
from ._exceptions import ResponseError
from ._json import is_object

NEWS = frozenset({"taskType", "taskUUID", "status", "progress"})

if TYPE_CHECKING:
    from collections.abc import Generator

    import httpx2

    from ._api_key import ApiKey
    from ._deltas import Delta
    from ._envelope import Envelope, Item
    from ._error_enum import ErrorEnum

EVENTS = "text/event-stream"
DONE = "[DONE]"
"""The data of the event after the last one."""

ENVELOPE = ("data", "errors", "error")
"""The members of an answer that is no stream."""

COLLECT = "getResponse and getTaskDetails tell what became of the task"


class StreamReader:
    """Makes deltas of events, or of the answer that came in their place.

    Attributes:
        scope: The members that say which task it is about.
        transcript: What has come so far.
        is_done: Whether the server has said that nothing more will come.
    """

    def __init__(self, task: Item, key: ApiKey, errors: type[ErrorEnum] | None) -> None:
        """Begin to read.

        Args:
            task: The task as it is sent.
            key: The key to keep out of errors.
            errors: The error enum of the task's type.
        """
        self.scope = {name: task[name] for name in ("taskType", "taskUUID")}
        self.transcript = Transcript(self.scope)
        self.is_done = False
        self._key = key
        self._errors = errors

    def take_event(
        self, event: httpx2.ServerSentEvent, response: httpx2.Response
    ) -> Generator[Delta]:
        """Take one event of a stream.

        Raises:
            TaskError: It tells that the task failed.
            ResponseError: It cannot be read.
        """
        if event.data == DONE:
            self.is_done = True
        elif event.data:  # those without keep the connection alive
            item = _parsed(event.data)
            if is_object(item) and not _is_failure(event, item):
                yield self.transcript.take(item)
            else:
                body = _enveloped(event, item)
                yield from self._take_envelope(self._envelope(response, body))

    def take_answer(self, response: httpx2.Response) -> Generator[Delta]:
        """Take a whole answer that came in place of a stream.

        Raises:
            APIError: It tells of an error.
            ResponseError: It cannot be read, or has no text.
        """
        envelope = self._envelope(response, response.content)
        yield from self._take_envelope(envelope)
        if not any(map(self._is_text, envelope.data)):
            raise unreadable(response, f"neither a stream nor a text; {COLLECT}")
        self.is_done = True

    def _take_envelope(self, envelope: Envelope) -> Generator[Delta]:
        for item in filter(self._is_text, envelope.data):
            yield self.transcript.take(item)
        errors = envelope.errors
        failures = [api_error(item, envelope, self._errors) for item in errors]
        if (error := joined(failures)) is not None:
            raise error

    def _envelope(self, response: httpx2.Response, body: bytes) -> Envelope:
        return read_envelope(_answer(response, body), self._key)

    def _is_text(self, item: Item) -> bool:
        """Whether an item is of this task, and more than news of it."""
        is_ours = all(
            str(item.get(name, own)).casefold() == own.casefold()
            for name, own in self.scope.items()
        )
        return is_ours and not item.keys() <= NEWS


def is_stream(response: httpx2.Response) -> bool:
    """Whether the body of an answer is a stream of events."""
    content_type = response.headers.get("content-type", "").partition(";")[0]
    return response.status_code < 300 and content_type.strip().lower() == EVENTS


def unreadable(response: httpx2.Response, what: str) -> ResponseError:
    """The exception for an answer with something that cannot be read."""
    return ResponseError(
        f"HTTP {response.status_code} with {what}",
        http_status=response.status_code,
        request_id=_answer(response, b"").request_id,
        body="",
    )


def _answer(response: httpx2.Response, body: bytes) -> Answer:
    return Answer(response.status_code, dict(response.headers.items()), body)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_failure(event: httpx2.ServerSentEvent, item: Item) -> bool:
    """Whether an event is more, or other, than the next piece of the text."""
    return (
        event.event == "error" or item.get("status") == "error" or _has_envelope(item)
    )


def _has_envelope(item: Item) -> bool:
    return any(item.get(name) for name in ENVELOPE)


def _enveloped(event: httpx2.ServerSentEvent, item: Any) -> bytes:
    """An event in the form of a whole answer."""
    if is_object(item) and not _has_envelope(item):
        return json.dumps({"errors": [item]}).encode()
    return event.data.encode()
