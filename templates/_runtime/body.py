"""Bodies of HTTP answers: decoded in small pieces, and known to be whole.

Source: RFC 9110, section 8.4 (content codings); RFC 9112, section 6.3 (the length of a
body); RFC 1952 (gzip); RFC 1950 and RFC 1951 (the two readings of "deflate").
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

PIECE: Final = 2**18
"""Bytes that are decoded at a time."""

_GZIP: Final = 16 + zlib.MAX_WBITS
_NO_HEADER: Final = -zlib.MAX_WBITS
_DEFLATE_METHOD: Final = 8
"""What the low half of the first byte says in zlib, and in bare deflate never."""


class BodyError(Exception):
    """A body is not whole, or cannot be decoded."""


class Decoder:
    """Decodes gzip, or deflate with or without zlib's header; else changes nothing.

    Streams may follow each other, as the members of gzip do.

    Attributes:
        is_identity: Whether the body is sent as it is.
    """

    def __init__(self, codings: str) -> None:
        """Take the codings of a body.

        Args:
            codings: The header Content-Encoding; empty without one.

        Raises:
            BodyError: The body is coded in a way that cannot be decoded here.
        """
        names = [name.strip().lower() for name in codings.split(",")]
        applied = [name for name in names if name not in ("", "identity")]
        if applied not in ([], ["gzip"], ["x-gzip"], ["deflate"]):
            coding = ", ".join(applied)[:100]
            raise BodyError(
                f"it is sent with Content-Encoding {coding!r}, where gzip, deflate and "
                "identity can be decoded"
            )
        self.is_identity = not applied
        self._is_gzip = applied != ["deflate"]
        self._is_whole = self.is_identity
        self._stream: Any = None

    def decoded(self, data: bytes) -> Iterator[bytes]:
        """Yield what more of the body, as it was sent, is when it is decoded.

        Raises:
            BodyError: It cannot be decoded.
        """
        try:
            yield from [data] if self.is_identity else self._inflated(data)
        except zlib.error as error:
            raise BodyError(f"what came is damaged: {error}") from None

    def end(self) -> None:
        """Note that no more comes.

        Raises:
            BodyError: The last stream is not at its end, where its checksum is.
        """
        if not self._is_whole:
            raise BodyError("what came is cut off: its compressed data do not end")

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        while data:
            stream = self._stream or zlib.decompressobj(self._window(data[0]))
            piece = stream.decompress(data, PIECE)
            yield piece
            while len(piece) == PIECE and not stream.eof:  # there may be more of it
                piece = stream.decompress(stream.unconsumed_tail, PIECE)
                yield piece
            self._is_whole = stream.eof
            self._stream = None if stream.eof else stream
            data = stream.unused_data

    def _window(self, first: int) -> int:
        """Return what zlib calls `wbits`, which tells it the format."""
        if self._is_gzip:
            return _GZIP
        return zlib.MAX_WBITS if first % 16 == _DEFLATE_METHOD else _NO_HEADER


class Body:
    """Decodes the body of an answer, and tells whether all of it came."""

    def __init__(self, answer: httpx2.Response) -> None:
        """Take the head of the answer.

        Raises:
            BodyError: The body is coded in a way that cannot be decoded here.
        """
        headers = answer.headers
        is_chunked = "transfer-encoding" in headers
        length = "" if is_chunked else headers.get("content-length", "")
        self._length = int(length) if length.isdecimal() else None
        self._received = 0
        self._decoder = Decoder(headers.get("content-encoding", ""))
        has_frames = answer.extensions.get("http_version") == b"HTTP/2"
        self._has_end = is_chunked or has_frames or self._length is not None

    @property
    def size(self) -> int:
        """The bytes of the decoded body as far as the head tells them; else 0."""
        return self._length or 0 if self._decoder.is_identity else 0

    def decoded(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what more of the body, as it was sent, is when it is decoded.

        Raises:
            BodyError: It cannot be decoded.
        """
        self._received += len(chunk)
        yield from self._decoder.decoded(chunk)

    def end(self) -> None:
        """Note that no more comes.

        Raises:
            BodyError: Not all of it came, or nothing tells whether all did.
        """
        if self._length not in (None, self._received):
            raise BodyError(
                f"{self._received:,} of {self._length:,} bytes came, then no more"
            )
        self._decoder.end()
        if self._decoder.is_identity and not self._has_end:
            raise BodyError(
                "the answer has neither Content-Length nor chunks, so that nothing "
                "tells whether all of it came"
            )
