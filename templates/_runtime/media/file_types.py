"""Types of files, by their first bytes or by a media type."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Final, NamedTuple

HEAD: Final = 512
"""The number of first bytes that determine the type of a file."""


class FileType(NamedTuple):
    """A type of file: its media type (image, video, audio …), and its suffix with a dot."""

    kind: str
    subtype: str
    suffix: str

    @property
    def media_type(self) -> str:
        """The media type, such as "image/png"."""
        return f"{self.kind}/{self.subtype}"

    def of_kind(self, kind: str) -> FileType | None:
        """Return this type as one of a kind, or None. Every type is of the kind "file".

        A container for video may contain only audio, and one for audio also video.
        """
        if kind in ("file", self.kind):
            return self
        is_container = self.subtype in ("mp4", "ogg", "webm")
        if is_container and {kind, self.kind} == {"audio", "video"}:
            return self._replace(kind=kind)
        return None


AAC: Final = FileType("audio", "aac", ".aac")
AVIF: Final = FileType("image", "avif", ".avif")
BYTES: Final = FileType("application", "octet-stream", ".bin")
HEIC: Final = FileType("image", "heic", ".heic")
M4A: Final = FileType("audio", "mp4", ".m4a")
MOV: Final = FileType("video", "quicktime", ".mov")
MP3: Final = FileType("audio", "mpeg", ".mp3")
MP4: Final = FileType("video", "mp4", ".mp4")
OGG: Final = FileType("audio", "ogg", ".ogg")
OGV: Final = FileType("video", "ogg", ".ogv")
SVG: Final = FileType("image", "svg+xml", ".svg")
WEBM: Final = FileType("video", "webm", ".webm")

_BY_START: Final = {
    b"\x89PNG\r\n\x1a\n": FileType("image", "png", ".png"),
    b"\xff\xd8\xff": FileType("image", "jpeg", ".jpg"),
    b"GIF87a": (_GIF := FileType("image", "gif", ".gif")),
    b"GIF89a": _GIF,
    b"II*\x00": (_TIFF := FileType("image", "tiff", ".tiff")),
    b"MM\x00*": _TIFF,
    b"ID3": MP3,
    b"fLaC": FileType("audio", "flac", ".flac"),
    b"%PDF-": FileType("application", "pdf", ".pdf"),
    b"PK\x03\x04": FileType("application", "zip", ".zip"),
    b"glTF": FileType("model", "gltf-binary", ".glb"),
}
"""Types by the first bytes of the file."""

_RIFF: Final = {
    b"WEBP": FileType("image", "webp", ".webp"),
    b"WAVE": FileType("audio", "wav", ".wav"),
    b"AVI ": FileType("video", "x-msvideo", ".avi"),
}
"""Types by the form of a RIFF file."""

_BRANDS: Final = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1"), HEIC),
    **dict.fromkeys((b"M4A ", b"M4B "), M4A),
    b"qt  ": MOV,
}
"""Types by the major brand of an ISO base media file (ISO/IEC 14496-12)."""

_OTHER_NAMES: Final = {
    "application/gltf-buffer": BYTES,
    "application/json": FileType("application", "json", ".json"),
    "audio/mp3": MP3,
    "audio/ogg": OGG,
    "audio/wave": _RIFF[b"WAVE"],
    "audio/x-flac": _BY_START[b"fLaC"],
    "audio/x-m4a": M4A,
    "audio/x-wav": _RIFF[b"WAVE"],
    "image/jpg": _BY_START[b"\xff\xd8\xff"],
    "model/gltf+json": FileType("model", "gltf+json", ".gltf"),
    "model/obj": FileType("model", "obj", ".obj"),
    "text/plain": FileType("text", "plain", ".txt"),
}
"""Types without characteristic first bytes, and aliases of other types."""


def file_type(head: bytes) -> FileType | None:
    """Return the type of a file by its first `HEAD` bytes; None if it is unknown."""
    by_start = (kind for start, kind in _BY_START.items() if head.startswith(start))
    detected = (detect(head) for detect in _DETECTORS)
    return next(filter(None, chain(by_start, detected)), None)


def named_type(media_type: str) -> FileType | None:
    """Return the type with a media type, ignoring its parameters; None if unknown."""
    return _BY_NAME.get(media_type.partition(";")[0].strip().lower())


def is_text_instead_of_media(head: bytes, suffix: str) -> bool:
    """Return whether HTML, XML or JSON has the suffix of a binary format of media.

    A host sends an error so, for example after the URL has expired.
    """
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start in (b"<", b"{") and suffix in _MEDIA_SUFFIXES


def _riff(head: bytes) -> FileType | None:
    return _RIFF.get(head[8:12]) if head.startswith(b"RIFF") else None


def _iso_media(head: bytes) -> FileType | None:
    if head[4:8] in (b"mdat", b"moov", b"wide"):  # QuickTime before it had brands
        return MOV
    return _BRANDS.get(head[8:12], MP4) if head[4:8] == b"ftyp" else None


def _bitmap(head: bytes) -> FileType | None:
    # A text may start with "BM"; the four reserved zero bytes exclude that.
    is_bitmap = head.startswith(b"BM") and head[6:10] == bytes(4)
    return FileType("image", "bmp", ".bmp") if is_bitmap else None


def _matroska(head: bytes) -> FileType | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    return WEBM if b"webm" in head[:64] else FileType("video", "x-matroska", ".mkv")


def _ogg(head: bytes) -> FileType | None:
    if not head.startswith(b"OggS"):
        return None
    return OGV if b"theora" in head[:64] else OGG


def _mpeg_audio(head: bytes) -> FileType | None:
    # A frame starts with 11 or 12 one bits; the layer distinguishes MP3 from AAC.
    if len(head) < 2 or head[0] != 0xFF:
        return None
    if head[1] & 0b1111_0110 == 0b1111_0000:
        return AAC
    return MP3 if head[1] & 0b1110_0110 == 0b1110_0010 else None


def _svg(head: bytes) -> FileType | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_xml = start.startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg"))
    has_svg = b"<svg" in head or b"<!DOCTYPE svg" in head
    return SVG if start.startswith(b"<svg") or (is_xml and has_svg) else None


_DETECTORS: Final[tuple[Callable[[bytes], FileType | None], ...]] = (
    _riff,
    _iso_media,
    _bitmap,
    _matroska,
    _ogg,
    _mpeg_audio,
    _svg,
)
"""Detectors of types that are not determined by a fixed prefix."""

_DETECTED: Final = (AAC, AVIF, HEIC, M4A, MOV, MP4, OGV, SVG, WEBM)
_FOUND: Final = (*_BY_START.values(), *_RIFF.values(), *_DETECTED)
_BY_NAME: Final = {each.media_type: each for each in _FOUND} | _OTHER_NAMES

_MEDIA: Final = {t for t in _BY_NAME.values() if t.kind in ("audio", "image", "video")}
_MEDIA_SUFFIXES: Final = {".jpeg", *(each.suffix for each in _MEDIA - {SVG})}
"""The suffixes of binary formats of media."""
