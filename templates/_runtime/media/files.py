"""Files that callers give where a request wants a medium: how they are read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeGuard

from pydantic import BaseModel

if TYPE_CHECKING:
    from .file_types import FileType


class BinaryFile(Protocol):
    """A file that is open for reading bytes."""

    def read(self) -> bytes:
        """Read from where the file stands to its end."""
        ...


MediaFile: TypeAlias = bytes | os.PathLike[str] | BinaryFile
"""A medium itself: its content, the path of its file, or its file when it is open."""

MediaSource: TypeAlias = str | MediaFile
"""What a constructor takes where a medium is wanted.

A text is sent as it is; an open file is read from where it stands to its end.
"""


class UnusableFile(Exception):
    """Stands in a request in place of a file that cannot be sent, and says why."""


def is_file(value: object) -> TypeGuard[MediaFile]:
    """Say whether a value is a medium itself, and not a text that stands for one."""
    return isinstance(value, (bytes, os.PathLike)) or (
        hasattr(value, "read") and not isinstance(value, BaseModel)
    )


def is_open_file(value: object) -> TypeGuard[BinaryFile]:
    """Say whether a value is a file that is open."""
    return hasattr(value, "read") and not isinstance(value, (BaseModel, os.PathLike))


def type_of(content: bytes, kind: str) -> FileType:
    """Tell the type of a file that must be of a kind.

    Args:
        content: The file.
        kind: image, video, audio or file, which is any.

    Raises:
        UnusableFile: It is of another kind, or of none that is known.
    """
    from .file_types import BYTES, HEAD, file_type  # takes its time

    found = file_type(content[:HEAD])
    if found is None and kind == "file":
        return BYTES
    of_kind = found and found.of_kind(kind)
    if of_kind:
        return of_kind
    is_what = f"is {found.media_type}" if found else "begins like no known type"
    raise UnusableFile(f"must be {_a(kind)}, but the file {is_what}")


def content_of(file: MediaFile, most: float | None) -> bytes:
    """Read a file to its end.

    Args:
        file: The file.
        most: The bytes that it may have; None for any number.

    Raises:
        UnusableFile: It is empty, too large, or cannot be read.
    """
    if isinstance(file, bytes):
        content, name = file, "the file"
    elif isinstance(file, os.PathLike):
        path = Path(os.fsdecode(file))
        content, name = _content_of_path(path, most), _printable(path)
    else:
        content, name = _rest(file), "the rest of the file"
    if not content:
        raise UnusableFile(f"{name} is empty")
    return content


def _content_of_path(path: Path, most: float | None) -> bytes:
    name = _printable(path)
    try:
        if not path.is_file():
            path.stat()
            what = "a folder" if path.is_dir() else "no regular file"
            raise UnusableFile(f"must be a file, but {name} is {what}")
        check_size(path.stat().st_size, None, most)
        return path.read_bytes()
    except FileNotFoundError:
        raise UnusableFile(f"the file {name} does not exist") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnusableFile(f"the file {name} cannot be read: {reason}") from None


def _rest(file: BinaryFile) -> bytes:
    content: object = None
    try:
        content = file.read()
    except UnicodeError:
        pass  # it was opened for text, and is none
    except (OSError, ValueError) as error:
        raise UnusableFile(f"the file cannot be read: {error}") from None
    if not isinstance(content, bytes):
        raise UnusableFile("must be a file opened for bytes, as open(…, 'rb') does")
    return content


def check_size(size: int, least: float | None, most: float | None) -> None:
    """Check a number of bytes against limits; None is no limit.

    Raises:
        UnusableFile: It is beyond one of them.
    """
    if most is not None and size > most:
        raise UnusableFile(f"has {size:,} bytes, more than the {most:,} allowed")
    if least is not None and size < least:
        raise UnusableFile(f"has {size:,} bytes, fewer than the {least:,} needed")


def _printable(path: Path) -> str:
    name = path.name or str(path)
    return "".join(sign if sign.isprintable() else "?" for sign in name[:100])


def _a(kind: str) -> str:
    return {"audio": "audio", "image": "an image"}.get(kind, f"a {kind}")
