"""Writes a JPEG of one color, with the smallest part of the format.

Source: ITU-T T.81, which has the names of the segments.
"""

from __future__ import annotations

import struct

_CODES_OF_LENGTH_4 = bytes(3) + bytes([12]) + bytes(12)
"""The number of Huffman codes of each length from 1 to 16 bits: twelve of 4 bits."""

_DC_TABLE = b"\x00" + _CODES_OF_LENGTH_4 + bytes(range(12))
"""The code of each size of a difference, from 0 to 11, is the size in 4 bits."""

_AC_TABLE = b"\x10" + bytes([1]) + bytes(15) + b"\x00"
"""The only code, `0`, ends a block."""


def jpeg(colour: tuple[int, int, int], side: int) -> bytes:
    """Make a square image.

    Args:
        colour: Red, green and blue, from 0 to 255.
        side: Its edge in pixels, a multiple of 8.
    """
    frame = struct.pack(">BHHB", 8, side, side, 3)
    frame += b"".join(bytes([i, 0x11, 0]) for i in (1, 2, 3))
    scan = bytes([3]) + b"".join(bytes([i, 0]) for i in (1, 2, 3)) + b"\x00\x3f\x00"
    jfif = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    segments = [
        (0xE0, jfif),
        (0xDB, b"\0" + bytes([8]) + bytes([1]) * 63),
        (0xC0, frame),
        (0xC4, _DC_TABLE),
        (0xC4, _AC_TABLE),
        (0xDA, scan),
    ]
    head = b"".join(
        struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
        for marker, data in segments
    )
    return b"\xff\xd8" + head + _scan_data(colour, side) + b"\xff\xd9"


def _scan_data(colour: tuple[int, int, int], side: int) -> bytes:
    """Write the blocks: the first sets the colour, the others do not change it."""
    first = "".join(_difference(value) + "0" for value in _levels(colour))
    unchanged = ("0000" + "0") * 3
    bits = first + unchanged * ((side // 8) ** 2 - 1)
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return data.replace(b"\xff", b"\xff\x00")


def _levels(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Convert a colour to luminance and chrominance around zero (JFIF 1.02, page 3).

    The first coefficient of a block of one value is eight times the value; the
    quantization by 8 divides it again.
    """
    red, green, blue = colour
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    levels = (luminance - 128, (blue - luminance) / 1.772, (red - luminance) / 1.402)
    low, middle, high = (max(-128, min(127, round(level))) for level in levels)
    return low, middle, high


def _difference(value: int) -> str:
    """Write a first coefficient as bits: its size, its value (T.81, section F.1.2.1)."""
    size = abs(value).bit_length()
    amount = value if value > 0 else value + (1 << size) - 1
    return f"{size:04b}" + (f"{amount:0{size}b}" if size else "")
