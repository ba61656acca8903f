"""Reads the body of an HTTP response: decoded, complete, and limited in size."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus

import httpx2

from ..body import BodyError, Decoder
from ..exceptions import ResponseError
from .envelope import Answer

MAX_ANSWER = 256 * 1024 * 1024
"""Maximum number of decompressed bytes of a response."""

ADVICE = "Request outputs as URLs, or fewer results of one task."

EVENTS = "text/event-stream"


class _AnswerBody:
    """The body of one response, collected from chunks.

    Its methods raise `BodyError` if the body is incomplete or cannot be decoded.
    """

    def __init__(self, response: httpx2.Response, elements: int) -> None:
        """Start with an unread response to a request with this number of tasks."""
        self._response = response
        self._elements = elements
        self._decoded = bytearray()
        self._decoder = Decoder(response.headers.get("content-encoding", ""))

    def feed(self, chunk: bytes) -> None:
        """Decode and add a chunk.

        Raises:
            ResponseError: The body is too large.
        """
        for piece in self._decoder.decoded(chunk):
            self._decoded += piece
            if len(self._decoded) > MAX_ANSWER:
                answer = answer_of(self._response)
                error = unreadable(answer, f"more than {MAX_ANSWER:,} bytes")
                error.advice = ADVICE
                error.oversized = self._elements
                raise error

    def whole(self) -> bytes:
        """Return the whole body."""
        if self._decoded:
            self._decoder.end()
        return bytes(self._decoded)


@contextmanager
def _converted_errors(response: httpx2.Response) -> Generator[None]:
    """Convert `BodyError` to `ResponseError`."""
    try:
        yield
    except BodyError as error:
        what = f"a body that cannot be read: {error}"
        raise unreadable(answer_of(response), what) from None


def unreadable(answer: Answer, what: str) -> ResponseError:
    """Return the exception for a response whose body has a fault."""
    return ResponseError(
        f"HTTP {answer.http_status} with {what}",
        http_status=answer.http_status,
        request_id=answer.request_id,
    )


def read_body(response: httpx2.Response, elements: int = 1) -> bytes:
    """Read the body of the response to a request with this number of tasks.

    Raises:
        ResponseError: It is too large, incomplete, or cannot be decoded.
    """
    if response.is_stream_consumed:  # by a hook of the caller's HTTP client
        return response.content
    with _converted_errors(response):
        body = _AnswerBody(response, elements)
        for chunk in response.iter_raw():
            body.feed(chunk)
        return body.whole()


async def aread_body(response: httpx2.Response, elements: int = 1) -> bytes:
    """Read the body of a response; see `read_body`."""
    if response.is_stream_consumed:
        return response.content
    with _converted_errors(response):
        body = _AnswerBody(response, elements)
        async for chunk in response.aiter_raw():
            body.feed(chunk)
        return body.whole()


def answer_of(response: httpx2.Response, body: bytes = b"") -> Answer:
    """Return a response as an `Answer`, with its body if that is read."""
    return Answer(response.status_code, response.headers, body)


def with_body(response: httpx2.Response, body: bytes) -> httpx2.Response:
    """Return a copy of a response with its body, without its connection."""
    headers = response.headers.copy()
    for name in ("content-encoding", "content-length", "transfer-encoding"):
        headers.pop(name, None)
    return httpx2.Response(response.status_code, headers=headers, content=body)


def refused_by_hook(
    error: httpx2.HTTPStatusError, request: httpx2.Request, elements: int
) -> httpx2.Response:
    """Return the response of which a hook raised an error, as `raise_for_status` does.

    It is without connection. Its body is empty, unless the hook has read it. `elements`
    is the number of tasks in the request.

    Raises:
        httpx2.HTTPStatusError: The response is not that of the request, or only its unread
            body says which of several tasks are refused.
    """
    response = error.response
    if not _is_of(response, request):
        raise error
    try:
        body = response.content
    except httpx2.ResponseNotRead:
        if elements > 1 and response.status_code != HTTPStatus.UNAUTHORIZED:
            raise error from None
        body = b""
    return with_body(response, body)


def _is_of(response: httpx2.Response, request: httpx2.Request) -> bool:
    try:
        return response.request is request
    except RuntimeError:  # the hook has created the response
        return False


def is_event_stream(answer: Answer) -> bool:
    """Return whether the body of a response is a stream of events."""
    content_type = answer.headers.get("content-type", "").partition(";")[0]
    return answer.http_status < 300 and content_type.strip().lower() == EVENTS
