"""Versions of files, by the SHA-256 hashes and entity tags that a lock has."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

SHA256 = re.compile("[0-9a-f]{64}")

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,512}"')


def sha256(content: bytes) -> str:
    """Return the SHA-256 hash of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def has_version(path: Path, locked: str) -> bool:
    """Return whether a file exists and is the version with a SHA-256 hash."""
    return path.is_file() and is_version(path.read_bytes(), locked)


def is_version(content: bytes, locked: str) -> bool:
    """Return whether bytes are the version with a SHA-256 hash.

    Their line ends may differ; see `without_line_ends`.
    """
    if sha256(content) == locked:
        return True
    text = without_line_ends(content)
    texts = (text, text + b"\n")
    ends = (b"\n", b"\r\n")
    return any(sha256(t.replace(b"\n", e)) == locked for t in texts for e in ends)


def without_line_ends(content: bytes) -> bytes:
    """Return a text with LF, and without the end of its last line.

    git converts line ends, for example with `core.autocrlf`, and many hooks add or remove
    the last one.
    """
    return content.replace(b"\r\n", b"\n").removesuffix(b"\n")


def usable_etag(text: str) -> str:
    """Return an entity tag (RFC 9110, section 8.8.3) unchanged; empty if it is not valid."""
    return text if _ETAG.fullmatch(text) else ""
