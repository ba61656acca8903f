"""Collects the body of an HTTP answer: decoded, whole, and bounded in size."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from ..exceptions import ResponseError
from .envelope import Answer

if TYPE_CHECKING:
    import httpx2

LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes of an answer, decompressed, above which it is not read."""

EVENTS = "text/event-stream"

ZLIB, GZIP, DEFLATE = zlib.MAX_WBITS, zlib.MAX_WBITS | 16, -zlib.MAX_WBITS
"""Formats that zlib reads; `deflate` means the first, and some servers send the last.

Source: RFC 9110, section 8.4.1.
"""


class AnswerBody:
    """The body of one answer as it comes, in chunks."""

    def __init__(self, response: httpx2.Response) -> None:
        """Begin with an answer of which nothing was read.

        Raises:
            ResponseError: Its body is encoded in a way that was not asked for and is
                not known.
        """
        self._response = response
        self._decoded = bytearray()
        self._decompressor = zlib.decompressobj(GZIP)
        self._is_begun = False
        self._encoding = response.headers.get("content-encoding", "").strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise self._unreadable(f"a body in the encoding {self._encoding!r}")

    def take(self, chunk: bytes) -> None:
        """Take the next bytes as they came.

        Raises:
            ResponseError: The body becomes too large, or is not encoded as it says.
        """
        if self._encoding in ("", "identity"):
            self.take_decoded(chunk)
            return
        try:
            while chunk:
                chunk = self._decompress(chunk)
        except zlib.error as error:
            what = f"a body that is not {self._encoding}: {error}"
            raise self._unreadable(what) from None

    def take_decoded(self, chunk: bytes) -> None:
        """Take the next bytes, which need no decoding.

        Raises:
            ResponseError: The body becomes too large.
        """
        self._decoded += chunk
        if len(self._decoded) > LARGEST_ANSWER:
            raise self._unreadable(f"more than {LARGEST_ANSWER:,} bytes")

    def whole(self) -> bytes:
        """Return all that came.

        Raises:
            ResponseError: Something is missing at its end.
        """
        if self._is_begun and not self._decompressor.eof:
            raise self._unreadable(f"a body of {self._encoding} that was cut off")
        return bytes(self._decoded)

    def _decompress(self, chunk: bytes) -> bytes:
        """Decompress some bytes; return those that are left for the next step."""
        if not self._is_begun or self._decompressor.eof:  # another member may follow
            self._decompressor = zlib.decompressobj(self._format(chunk))
            self._is_begun = True
        decompressor = self._decompressor
        room = LARGEST_ANSWER - len(self._decoded) + 1
        self.take_decoded(decompressor.decompress(chunk, room))
        return decompressor.unconsumed_tail or decompressor.unused_data

    def _format(self, chunk: bytes) -> int:
        if self._encoding != "deflate":
            return GZIP
        is_zlib = chunk[0] & 15 == 8  # RFC 1950, section 2.2
        return ZLIB if is_zlib else DEFLATE

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
