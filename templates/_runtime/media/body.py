"""The body of an HTTP answer: decoded in small pieces, and known to be whole.

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
        self._decoder = _decoder(headers.get("content-encoding", ""))
        has_frames = answer.extensions.get("http_version") == b"HTTP/2"
        self._has_end = is_chunked or has_frames or self._length is not None

    @property
    def size(self) -> int:
        """The bytes of the decoded body as far as the head tells them; else 0."""
        return 0 if self._decoder else self._length or 0

    def decoded(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what more of the body, as it was sent, is when it is decoded.

        Raises:
            BodyError: It cannot be decoded.
        """
        self._received += len(chunk)
        if self._decoder is None:
            yield chunk
            return
        try:
            yield from self._decoder.decoded(chunk)
        except zlib.error as error:
            raise BodyError(f"what came is damaged: {error}") from None

    def end(self) -> None:
        """Note that no more comes.

        Raises:
            BodyError: Not all of it came, or nothing tells whether all did.
        """
        if self._length not in (None, self._received):
            raise BodyError(
                f"{self._received:,} of {self._length:,} bytes came, then no more"
            )
        if self._decoder is not None and not self._decoder.is_whole:
            raise BodyError("what came is cut off: its compressed data do not end")
        if self._decoder is None and not self._has_end:
            raise BodyError(
                "the answer has neither Content-Length nor chunks, so that nothing "
                "tells whether all of it came"
            )


class _Inflater:
    """Decodes gzip, or deflate with or without zlib's header.

    Streams may follow each other, as the members of gzip do.

    Attributes:
        is_whole: Whether the last stream is at its end, and its checksum is right.
    """

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._stream: Any = None
        self.is_whole = False

    def decoded(self, data: bytes) -> Iterator[bytes]:
        """Yield what more data of the streams are; see `Body.decoded`."""
        while data:
            stream = self._stream or zlib.decompressobj(self._window(data[0]))
            piece = stream.decompress(data, PIECE)
            yield piece
            while len(piece) == PIECE and not stream.eof:  # there may be more of it
                piece = stream.decompress(stream.unconsumed_tail, PIECE)
                yield piece
            self.is_whole = stream.eof
            self._stream = None if stream.eof else stream
            data = stream.unused_data

    def _window(self, first: int) -> int:
        """Return what zlib calls `wbits`, which tells it the format."""
        if self._is_gzip:
            return _GZIP
        return zlib.MAX_WBITS if first % 16 == _DEFLATE_METHOD else _NO_HEADER


def _decoder(codings: str) -> _Inflater | None:
    """Return what decodes a body; None where it is as it is."""
    names = [name.strip().lower() for name in codings.split(",")]
    applied = [name for name in names if name not in ("", "identity")]
    if not applied:
        return None
    if applied in (["gzip"], ["x-gzip"], ["deflate"]):
        return _Inflater(is_gzip=applied != ["deflate"])
    coding = ", ".join(applied)[:100]
    raise BodyError(
        f"it is sent with Content-Encoding {coding!r}, where gzip, deflate and identity "
        "can be decoded"
    )
