"""Parses the response to a streamed task, without I/O."""

from __future__ import annotations

from collections.abc import Generator

from ..api_errors import APIError, api_error
from ..error_enum import ErrorEnum
from ..exceptions import ResponseError, joined
from ..json_values import is_object
from ..transport.answer_body import MAX_ANSWER, is_event_stream, unreadable
from ..transport.api_key import ApiKey
from ..transport.envelope import (
    ENVELOPE,
    Answer,
    Item,
    has_failed,
    parsed,
    read_envelope,
)
from ..transport.items import is_result
from ..transport.sse import DONE, EventReader, EventTooLargeError, ServerSentEvent
from .deltas import Delta, Transcript

_STARTS_OF_EVENTS = (b"data:", b"event:", b"id:", b"retry:", b":")
"""How the text of a stream of events begins, and JSON does not."""

_STARTS_OF_JSON = (b"{", b"[")


class StreamReader:
    """Parses the body of a response, events or plain JSON, into deltas.

    Attributes:
        scope: The `taskType` and `taskUUID` of the task.
        transcript: The result so far.
        has_ended: Whether the server has ended the stream.
    """

    def __init__(self, task: Item, key: ApiKey, errors: type[ErrorEnum] | None) -> None:
        """Create a reader of the response to a task; the key is removed from errors."""
        self.scope = {name: task[name] for name in ("taskType", "taskUUID")}
        self.transcript = Transcript(self.scope)
        self.has_ended = False
        self._key = key
        self._errors = errors
        self._answer = Answer(0)
        self._events: EventReader | None = None
        self._body: list[bytes] = []
        self._size = 0

    @property
    def is_complete(self) -> bool:
        """Whether the text is complete. The end of a stream without events does not count."""
        is_ended = self.has_ended and self.transcript.is_begun
        return is_ended or self.transcript.has_finish_reason

    @property
    def _ignores_errors(self) -> bool:
        """Whether errors are ignored, because the server has given the whole text."""
        reason = self.transcript.item.get("finishReason")
        return self.transcript.has_finish_reason and reason != "error"

    def begin(self, answer: Answer) -> None:
        """Start with the status and headers of the response."""
        self._answer = answer
        self._events = EventReader() if is_event_stream(answer) else None

    def feed(self, chunk: bytes) -> Generator[Delta]:
        """Parse the next chunk of the body.

        Raises:
            APIError: It contains an error of the task.
            ResponseError: It cannot be parsed, or the body is too large.
        """
        if not self._size and chunk.lstrip().startswith(_STARTS_OF_JSON):
            self._events = None  # an error, under the Content-Type of a stream
        self._size += len(chunk)
        if self._size > MAX_ANSWER:
            raise unreadable(self._answer, f"more than {MAX_ANSWER:,} bytes")
        if self._events is None:
            self._body.append(chunk)
            return
        try:
            yield from self._take_events(self._events.feed(chunk))
        except EventTooLargeError as error:
            raise unreadable(self._answer, str(error)) from None

    def finish(self, *, is_whole: bool) -> Generator[Delta]:
        """Parse the end of the body.

        If the stream ended early, half a character at the end of the text is dropped.

        Raises:
            APIError: It contains an error of the task.
            ResponseError: It cannot be parsed, or has no text.
        """
        if self._events is not None:
            yield from self._take_events(self._events.finish())
        elif is_whole:
            yield from self._take_answer()
        if self.is_complete and (rest := self.transcript.finish()) is not None:
            yield rest

    def _take_events(self, events: Generator[ServerSentEvent]) -> Generator[Delta]:
        for event in events:
            if self.has_ended:
                return
            if event.data.strip() == DONE:
                self.has_ended = True
            else:
                try:
                    yield from self._take_event(event)
                except (APIError, ResponseError):
                    if not self._ignores_errors:
                        raise

    def _take_event(self, event: ServerSentEvent) -> Generator[Delta]:
        content = parsed(event.data)
        if not is_object(content):
            yield from self._take_envelope(event.data)
            return
        is_failure = event.name == "error" or _is_failure(content)
        is_envelope = any(map(content.get, ENVELOPE))
        is_piece = "delta" in content or not (is_failure or is_envelope)
        if is_piece and self._is_ours(content):
            yield self.transcript.add(content)
        if is_envelope:
            yield from self._take_envelope(event.data)
        elif is_failure:
            yield from self._take_envelope(f'{{"errors": [{event.data}]}}')

    def _take_answer(self) -> Generator[Delta]:
        """Parse a whole response, JSON or events, that came in place of a stream."""
        body = b"".join(self._body)
        if self._answer.http_status < 300 and body.startswith(_STARTS_OF_EVENTS):
            reader = EventReader()
            yield from self._take_events(reader.feed(body))
            yield from self._take_events(reader.finish())
            return
        has_text = yield from self._take_envelope(body)
        if not has_text:
            raise unreadable(self._answer, "neither an event stream nor text")
        self.has_ended = True

    def _take_envelope(self, body: str | bytes) -> Generator[Delta, None, bool]:
        """Parse an envelope in JSON; return whether it has a text."""
        content = body.encode() if isinstance(body, str) else body
        envelope = read_envelope(self._answer._replace(body=content), self._key)
        texts = [item for item in envelope.data if self._is_text(item)]
        for item in texts:
            yield self.transcript.add(item)
        failures = [
            api_error(item, envelope, self._errors)
            for item in envelope.errors
            if self._is_ours(item) or envelope.http_status >= 400
        ]
        error = joined(failures)
        if error is not None and not (texts and self._ignores_errors):
            raise error
        return bool(texts)

    def _is_ours(self, item: Item) -> bool:
        """Return whether an item is not about another task."""
        named, own = item.get("taskUUID"), self.scope["taskUUID"]
        return named is None or str(named).casefold() == own.casefold()

    def _is_text(self, item: Item) -> bool:
        """Return whether an item is a result of this task."""
        task_type = str(item.get("taskType", self.scope["taskType"]))
        is_of_type = task_type.casefold() == self.scope["taskType"].casefold()
        is_text = is_result(item) or "delta" in item
        return is_of_type and self._is_ours(item) and is_text


def _is_failure(event: Item) -> bool:
    """Return whether an event without an envelope reports that the task failed."""
    is_error = "delta" not in event and {"code", "message"} <= event.keys()
    return is_error or has_failed(event)
