"""Small files of many types; the name of a file determines its bytes."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import wave
import zlib
from collections.abc import Callable
from functools import partial

_SIDE = 64
"""The width and height of an image in pixels."""


def file_of(name: str) -> tuple[bytes, str]:
    """Return the file with a name, and its media type.

    Raises:
        KeyError: If the suffix is unknown.
    """
    stem, _, suffix = name.rpartition(".")
    media_type, content = FILE_TYPES[suffix]
    if not isinstance(content, bytes):
        content = content(hashlib.blake2b(stem.encode(), digest_size=16).digest())
    return content, media_type


# -- images -------------------------------------------------------------------


def _png(seed: bytes) -> bytes:
    """Write an image with a gradient between two colours (PNG, third edition)."""
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + _gradient(seed, y) for y in range(_SIDE))
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


def _gradient(seed: bytes, y: int) -> bytes:
    """Return a row of pixels, each with red, green and blue."""
    start, end = seed[:3], seed[3:6]
    steps = ((x + y) / (2 * _SIDE) for x in range(_SIDE))
    return bytes(
        round(a + (b - a) * step)
        for step in steps
        for a, b in zip(start, end, strict=True)
    )


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def _jpeg(seed: bytes) -> bytes:
    """Write an image of one color (ITU-T T.81, annex B).

    The coded data is always the same: each of the three components is 4 in the first block,
    and does not change afterwards. The color is in their quantization tables.
    """
    tables = (bytes([i, max(seed[i], 1)]) + bytes([1]) * 63 for i in range(3))
    frame = struct.pack(">BHHB", 8, _SIDE, _SIDE, 3)
    frame += b"".join(bytes([i + 1, 0x11, i]) for i in range(3))
    scan = bytes([3]) + b"".join(bytes([i, 0]) for i in (1, 2, 3)) + b"\x00\x3f\x00"
    segments = (
        (0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        (0xDB, b"".join(tables)),
        (0xC0, frame),
        (0xC4, b"\x00\x01\x01" + bytes(14) + b"\x00\x03"),  # 0: no bits, 10: three bits
        (0xC4, b"\x10\x01" + bytes(16)),  # 0: the end of a block
        (0xDA, scan),
    )
    head = (
        struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
        for marker, data in segments
    )
    bits = "101000" * 3 + "000000" * ((_SIDE // 8) ** 2 - 1) + "1111"
    data = int(bits, 2).to_bytes(len(bits) // 8)
    return b"\xff\xd8" + b"".join(head) + data + b"\xff\xd9"


def _webp(seed: bytes) -> bytes:
    """Write a lossless image of one color (RFC 9649, section 3).

    Each of the five prefix codes (green, red, blue, alpha and the unused distance) has
    one symbol, which takes no bits, so no data follows.
    """
    bits = f"{_SIDE - 1:014b}"[::-1] * 2 + "0" + "000" + "000"
    for symbol in (seed[1], seed[0], seed[2], 255, 0):
        bits += "1" + "0" + "1" + f"{symbol:08b}"[::-1]
    bits += "0" * (-len(bits) % 8)
    pixels = bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))
    stream = b"\x2f" + pixels
    chunk = (
        b"VP8L" + struct.pack("<I", len(stream)) + stream + b"\0" * (len(stream) % 2)
    )
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def _tiff(seed: bytes) -> bytes:
    """Write an image of one shade of gray (TIFF 6.0, section 4)."""
    pixels = seed[:1] * _SIDE**2
    offset = 8 + 2 + 12 * 8 + 4
    tags = {256: _SIDE, 257: _SIDE, 258: 8, 259: 1, 262: 1, 273: offset, 278: _SIDE}
    entries = {**tags, 279: len(pixels)}.items()
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, n) for tag, n in entries)
    count = struct.pack("<H", len(entries))
    return b"II*\0" + struct.pack("<I", 8) + count + directory + bytes(4) + pixels


def _svg(seed: bytes) -> bytes:
    size = f'width="{_SIDE}" height="{_SIDE}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        f'<rect {size} fill="#{seed[:3].hex()}"/></svg>\n'
    ).encode()


# -- sound and moving pictures ------------------------------------------------


def _wav(seed: bytes) -> bytes:
    """Write a square wave of 50 milliseconds."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        half = 4 + seed[0] % 16
        sound.writeframes(
            b"".join(
                struct.pack("<h", 3000 if t // half % 2 else -3000) for t in range(400)
            )
        )
    return file.getvalue()


_MP3 = (b"\xff\xfb\x90\xc4" + bytes(413)) * 2
"""Two frames of silence: MPEG 1, layer 3, 128 kbit/s, 44.1 kHz, 417 bytes."""

_AAC = b"\xff\xf1\x50\x40\x01\xbf\xfc" + bytes(6)
"""The header of a frame: ADTS, mono, 44.1 kHz, 13 bytes."""


def _flac(seed: bytes) -> bytes:
    """Write a stream with metadata and without samples (RFC 9639, section 8.2)."""
    info = struct.pack(">HH", 4096, 4096) + bytes(6)
    info += (44100 << 44 | 15 << 36).to_bytes(8, "big") + seed
    return b"fLaC\x80" + len(info).to_bytes(3, "big") + info


def _ogg(seed: bytes) -> bytes:
    """Write one page that begins and ends a stream (RFC 3533, section 6)."""
    return b"OggS\0\x06" + bytes(8) + seed[:4] + bytes(8) + b"\x01\x00"


def _box(kind: bytes, data: bytes) -> bytes:
    """Write a box of the ISO base media file format."""
    return struct.pack(">I", len(data) + 8) + kind + data


def _iso_media(brands: bytes, seed: bytes) -> bytes:
    return _box(b"ftyp", brands) + _box(b"mdat", seed)


def _ebml(doc_type: bytes) -> bytes:
    """Write an EBML header with a DocType (RFC 8794, section 11.2)."""
    header = b"\x42\x82" + bytes([0x80 | len(doc_type)]) + doc_type
    return b"\x1a\x45\xdf\xa3" + bytes([0x80 | len(header)]) + header


# -- 3D models and other files ------------------------------------------------


def _glb(seed: bytes) -> bytes:
    """Write an empty scene (glTF 2.0, section 4.4)."""
    scene = json.dumps({"asset": {"version": "2.0", "generator": seed.hex()}}).encode()
    scene += b" " * (-len(scene) % 4)
    size = 12 + 8 + len(scene)
    return struct.pack("<4sIII4s", b"glTF", 2, size, len(scene), b"JSON") + scene


_FBX = b"Kaydara FBX Binary  \0\x1a\0" + struct.pack("<I", 7400)
"""The header of a binary file, version 7.4."""


def _obj(seed: bytes) -> bytes:
    return f"# {seed.hex()}\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n".encode()


def _stl(seed: bytes) -> bytes:
    """Write a solid without faces, in the binary form."""
    return seed.hex().encode().ljust(80) + struct.pack("<I", 0)


_ZIP = b"PK\x05\x06" + bytes(18)
"""An empty archive."""


def _text(seed: bytes) -> bytes:
    return f"{seed.hex()}\n".encode()


FILE_TYPES: dict[str, tuple[str, bytes | Callable[[bytes], bytes]]] = {
    "png": ("image/png", _png),
    "jpg": ("image/jpeg", _jpeg),
    "webp": ("image/webp", _webp),
    "tiff": ("image/tiff", _tiff),
    "svg": ("image/svg+xml", _svg),
    "wav": ("audio/wav", _wav),
    "mp3": ("audio/mpeg", _MP3),
    "aac": ("audio/aac", _AAC),
    "flac": ("audio/flac", _flac),
    "ogg": ("audio/ogg", _ogg),
    "mp4": ("video/mp4", partial(_iso_media, b"isom\0\0\x02\0isomiso2mp41")),
    "mov": ("video/quicktime", partial(_iso_media, b"qt  \0\0\x02\0qt  ")),
    "webm": ("video/webm", _ebml(b"webm")),
    "mkv": ("video/x-matroska", _ebml(b"matroska")),
    "glb": ("model/gltf-binary", _glb),
    "fbx": ("application/octet-stream", _FBX),
    "obj": ("model/obj", _obj),
    "stl": ("model/stl", _stl),
    "zip": ("application/zip", _ZIP),
    "txt": ("text/plain", _text),
}
"""By suffix: the media type, and the file, or a function that makes it from 16 bytes."""
