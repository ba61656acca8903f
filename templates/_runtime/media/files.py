"""Reads files that callers pass as media of a request."""

from __future__ import annotations

import os
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeGuard, runtime_checkable

from pydantic import BaseModel

if TYPE_CHECKING:
    from .file_types import FileType


@runtime_checkable
class BinaryFile(Protocol):
    """A file that is open in binary mode."""

    def read(self) -> bytes:
        """Read from the current position to the end."""
        ...


MediaFile: TypeAlias = bytes | os.PathLike[str] | BinaryFile
"""A media file: its content, its path, or an open file."""

MediaSource: TypeAlias = str | MediaFile
"""The argument of a constructor for a medium.

A text, such as a URL, is sent unchanged. An open file is read from its current position
to its end.
"""


class UnusableFile(Exception):
    """A file cannot be sent. The message says why."""


def is_file(value: object) -> TypeGuard[MediaFile]:
    """Return whether a value is a media file, not a text such as a URL."""
    return isinstance(value, (bytes, os.PathLike)) or is_open_file(value)


def is_open_file(value: object) -> TypeGuard[BinaryFile]:
    """Return whether a value is an open file."""
    return hasattr(value, "read") and not isinstance(value, (BaseModel, os.PathLike))


def name_of(file: MediaFile) -> str:
    """Return the words for a file in messages, with its name if it is a path."""
    path = Path(os.fsdecode(file)) if isinstance(file, os.PathLike) else None
    return f"the file {_quoted(path)}" if path else "the file"


def type_of(content: bytes, kind: str, name: str) -> FileType:
    """Return the type of a file of a kind: image, video, audio, or file for any.

    The name is that of `name_of`.

    Raises:
        UnusableFile: The file is of another kind, or its type is unknown.
    """
    from .file_types import BYTES, HEAD, file_type  # slow to import

    found = file_type(content[:HEAD])
    if found is None and kind == "file":
        return BYTES
    of_kind = found and found.of_kind(kind)
    if of_kind:
        return of_kind
    what = (
        f"{name} is {found.media_type}" if found else f"the kind of {name} is unknown"
    )
    raise UnusableFile(f"must be {_with_article(kind)}, but {what}")


def content_of(file: MediaFile, maximum: float | None) -> bytes:
    """Read a file to its end; `maximum` is the maximum number of bytes.

    Raises:
        UnusableFile: It is empty, too large, or cannot be read.
    """
    if isinstance(file, bytes):
        content, name = file, "the file"
    elif isinstance(file, os.PathLike):
        path = Path(os.fsdecode(file))
        content, name = _content_of_path(path, maximum), _quoted(path)
    else:
        content, name = _read_rest(file), "the rest of the file"
    if not content:
        raise UnusableFile(f"{name} is empty")
    return content


def _content_of_path(path: Path, maximum: float | None) -> bytes:
    name = _quoted(path)
    try:
        if not path.is_file():
            path.stat()
            what = "a folder" if path.is_dir() else "not a regular file"
            raise UnusableFile(f"must be a file, but {name} is {what}")
        check_size(path.stat().st_size, None, maximum)
        return path.read_bytes()
    except FileNotFoundError:
        raise UnusableFile(f"the file {name} does not exist") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnusableFile(f"the file {name} cannot be read: {reason}") from None


def _read_rest(file: BinaryFile) -> bytes:
    content: object = None
    try:
        content = file.read()
    except UnicodeError:
        pass  # it was opened in text mode, and is not text
    except Exception as error:  # noqa: BLE001 - of a file of any class
        reason = str(error) or type(error).__name__
        raise UnusableFile(f"the file cannot be read: {reason}") from None
    if isinstance(content, Coroutine):
        content.close()
        raise UnusableFile(
            "is a file of async code. Pass its content: await file.read()"
        )
    if not isinstance(content, bytes):
        raise UnusableFile("must be a file in binary mode, such as open(..., 'rb')")
    return content


def check_size(size: int, minimum: float | None, maximum: float | None) -> None:
    """Check a number of bytes; None means no limit.

    Raises:
        UnusableFile: It exceeds a limit.
    """
    if maximum is not None and size > maximum:
        raise UnusableFile(f"has {size:,} bytes; the maximum is {maximum:,}")
    if minimum is not None and size < minimum:
        raise UnusableFile(f"has {size:,} bytes; the minimum is {minimum:,}")


def _quoted(path: Path) -> str:
    """Return the name of a file, quoted: it may be that of a member."""
    return repr((path.name or str(path))[:100])


def _with_article(kind: str) -> str:
    return {"audio": "audio", "image": "an image"}.get(kind, f"a {kind}")
