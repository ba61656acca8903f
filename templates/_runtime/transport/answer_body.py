"""Collects the body of an HTTP answer: decoded, whole, and bounded in size."""

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
"""Bytes of an answer, decompressed, above which it is not read."""

EVENTS = "text/event-stream"


class AnswerBody:
    """The body of one answer as it comes, in chunks."""

    def __init__(self, response: httpx2.Response) -> None:
        """Begin with an answer of which nothing was read.

        Raises:
            ResponseError: Its body is coded in a way that was not asked for and cannot
                be decoded.
        """
        self._response = response
        self._decoded = bytearray()
        with self._readable():
            self._decoder = Decoder(response.headers.get("content-encoding", ""))

    def take(self, chunk: bytes) -> None:
        """Take the next bytes as they came.

        Raises:
            ResponseError: The body becomes too large, or cannot be decoded.
        """
        with self._readable():
            for piece in self._decoder.decoded(chunk):
                self.take_decoded(piece)

    def take_decoded(self, chunk: bytes) -> None:
        """Take the next bytes, which need no decoding.

        Raises:
            ResponseError: The body becomes too large.
        """
        self._decoded += chunk
        if len(self._decoded) > MAX_ANSWER:
            raise self._unreadable(f"more than {MAX_ANSWER:,} bytes")

    def whole(self) -> bytes:
        """Return all that came.

        Raises:
            ResponseError: Something is missing at its end.
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
        return ResponseError(
            f"HTTP {answer.http_status} with {what}",
            http_status=answer.http_status,
            request_id=answer.request_id,
            body="",
        )


def read_body(response: httpx2.Response) -> bytes:
    """Read the body of an answer.

    Raises:
        ResponseError: It is too large, or encoded in a way that cannot be read.
    """
    body = AnswerBody(response)
    if response.is_stream_consumed:  # by a hook of the caller's HTTP client
        body.take_decoded(response.content)
        return response.content
    for chunk in response.iter_raw():
        body.take(chunk)
    return body.whole()


async def aread_body(response: httpx2.Response) -> bytes:
    """Read the body of an answer; see `read_body`."""
    body = AnswerBody(response)
    if response.is_stream_consumed:
        body.take_decoded(response.content)
        return response.content
    async for chunk in response.aiter_raw():
        body.take(chunk)
    return body.whole()


def is_event_stream(response: httpx2.Response) -> bool:
    """Whether the body of an answer is a stream of events."""
    content_type = response.headers.get("content-type", "").partition(";")[0]
    return response.status_code < 300 and content_type.strip().lower() == EVENTS
