"""Decodes bodies of HTTP responses in small pieces, and checks that they are complete.

Source: RFC 9110, section 8.4 (content codings); RFC 9112, section 6.3 (the length of a
body); RFC 1952 (gzip); RFC 1950 and RFC 1951 (the two meanings of "deflate").
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

PIECE: Final = 2**18
"""Maximum number of bytes that are decoded at a time."""

_GZIP: Final = 16 + zlib.MAX_WBITS
_NO_HEADER: Final = -zlib.MAX_WBITS
_DEFLATE_METHOD: Final = 8
"""The low 4 bits of the first byte of zlib data; raw deflate data never has them."""


class BodyError(Exception):
    """A body is incomplete, or cannot be decoded."""


class Decoder:
    """Decodes gzip, and deflate with or without a zlib header; `is_identity` is neither.

    A body may have several compressed streams, such as members of gzip.
    """

    def __init__(self, codings: str) -> None:
        """Create a decoder for the header Content-Encoding; it is empty without one.

        Raises:
            BodyError: The encoding is not supported.
        """
        names = [name.strip().lower() for name in codings.split(",")]
        applied = [name for name in names if name not in ("", "identity")]
        if applied not in ([], ["gzip"], ["x-gzip"], ["deflate"]):
            coding = ", ".join(applied)[:100]
            raise BodyError(
                f"its Content-Encoding is {coding!r}. Supported are gzip, deflate and "
                "identity"
            )
        self.is_identity = not applied
        self._is_gzip = applied != ["deflate"]
        self._is_whole = self.is_identity
        self._stream: Any = None

    def decoded(self, data: bytes) -> Iterator[bytes]:
        """Decode a chunk of the body, and yield the result in pieces.

        Raises:
            BodyError: It cannot be decoded.
        """
        try:
            yield from [data] if self.is_identity else self._inflated(data)
        except zlib.error as error:
            raise BodyError(f"its compressed data is corrupt: {error}") from None

    def end(self) -> None:
        """Check that the compressed data is complete.

        Raises:
            BodyError: The end of the last stream, with its checksum, is missing.
        """
        if not self._is_whole:
            raise BodyError(
                "it is truncated: the end of its compressed data is missing"
            )

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        while data:
            stream = self._stream or zlib.decompressobj(self._window(data[0]))
            piece = stream.decompress(data, PIECE)
            yield piece
            while len(piece) == PIECE and not stream.eof:  # more output may be left
                piece = stream.decompress(stream.unconsumed_tail, PIECE)
                yield piece
            self._is_whole = stream.eof
            self._stream = None if stream.eof else stream
            data = stream.unused_data

    def _window(self, first: int) -> int:
        """Return the argument `wbits` of zlib, which selects the format."""
        if self._is_gzip:
            return _GZIP
        return zlib.MAX_WBITS if first % 16 == _DEFLATE_METHOD else _NO_HEADER


class Body:
    """Decodes the body of a response, and checks that it is complete."""

    def __init__(self, answer: httpx2.Response) -> None:
        """Read the headers of the response.

        Raises:
            BodyError: The encoding is not supported.
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
        """The number of bytes of the decoded body; 0 if the headers do not tell it."""
        return self._length or 0 if self._decoder.is_identity else 0

    def decoded(self, chunk: bytes) -> Iterator[bytes]:
        """Decode a chunk of the body, and yield the result in pieces.

        Raises:
            BodyError: It cannot be decoded.
        """
        self._received += len(chunk)
        yield from self._decoder.decoded(chunk)

    def end(self) -> None:
        """Check that the body is complete.

        Raises:
            BodyError: It is incomplete, or nothing proves that it is complete.
        """
        if self._length not in (None, self._received):
            raise BodyError(
                f"it is truncated: {self._received:,} of {self._length:,} bytes arrived"
            )
        self._decoder.end()
        if self._decoder.is_identity and not self._has_end:
            raise BodyError(
                "it may be truncated: the response has neither Content-Length nor chunked "
                "encoding"
            )
