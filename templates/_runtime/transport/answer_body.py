"""Reads the body of an HTTP response: decoded, complete, and limited in size."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..body import BodyError, Decoder
from ..exceptions import ResponseError
from .envelope import Answer

if TYPE_CHECKING:
    from collections.abc import Generator

    import httpx2

MAX_ANSWER = 256 * 1024 * 1024
"""Maximum number of decompressed bytes of a response."""

ADVICE = "Request outputs as URLs, or fewer results of one task."

EVENTS = "text/event-stream"


class AnswerBody:
    """The body of one response, collected from chunks."""

    def __init__(self, response: httpx2.Response, elements: int) -> None:
        """Start with an unread response to a request with this number of tasks.

        Raises:
            ResponseError: Its Content-Encoding is not supported.
        """
        self._response = response
        self._elements = elements
        self._decoded = bytearray()
        with self._readable():
            self._decoder = Decoder(response.headers.get("content-encoding", ""))

    def take(self, chunk: bytes) -> None:
        """Decode and add a chunk.

        Raises:
            ResponseError: The body is too large, or cannot be decoded.
        """
        with self._readable():
            for piece in self._decoder.decoded(chunk):
                self.take_decoded(piece)

    def take_decoded(self, chunk: bytes) -> None:
        """Add a decoded chunk.

        Raises:
            ResponseError: The body is too large.
        """
        self._decoded += chunk
        if len(self._decoded) > MAX_ANSWER:
            error = self._unreadable(f"more than {MAX_ANSWER:,} bytes")
            error.advice = ADVICE
            error.oversized = self._elements
            raise error

    def whole(self) -> bytes:
        """Return the body.

        Raises:
            ResponseError: Its end is missing.
        """
        if self._decoded:
            with self._readable():
                self._decoder.end()
        return bytes(self._decoded)

    @contextmanager
    def _readable(self) -> Generator[None]:
        try:
            yield
        except BodyError as error:
            raise self._unreadable(f"a body that cannot be read: {error}") from None

    def _unreadable(self, what: str) -> ResponseError:
        answer = Answer(self._response.status_code, self._response.headers)
        return unreadable(answer, what)


def unreadable(answer: Answer, what: str) -> ResponseError:
    """Return the exception for a response that cannot be parsed.

    Args:
        answer: The response.
        what: The fault of its body.
    """
    return ResponseError(
        f"HTTP {answer.http_status} with {what}",
        http_status=answer.http_status,
        request_id=answer.request_id,
    )


def read_body(response: httpx2.Response, elements: int = 1) -> bytes:
    """Read the body of a response.

    Args:
        response: The response.
        elements: The number of tasks in the request.

    Raises:
        ResponseError: It is too large, incomplete, or cannot be decoded.
    """
    body = AnswerBody(response, elements)
    if response.is_stream_consumed:  # by a hook of the caller's HTTP client
        body.take_decoded(response.content)
        return response.content
    for chunk in response.iter_raw():
        body.take(chunk)
    return body.whole()


async def aread_body(response: httpx2.Response, elements: int = 1) -> bytes:
    """Read the body of a response; see `read_body`."""
    body = AnswerBody(response, elements)
    if response.is_stream_consumed:
        body.take_decoded(response.content)
        return response.content
    async for chunk in response.aiter_raw():
        body.take(chunk)
    return body.whole()


def is_event_stream(answer: Answer) -> bool:
    """Return whether the body of a response is a stream of events."""
    content_type = answer.headers.get("content-type", "").partition(";")[0]
    return answer.http_status < 300 and content_type.strip().lower() == EVENTS
