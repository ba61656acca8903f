"""A temporary file that becomes the file of an output."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Self
from uuid import uuid4

from ..exceptions import DownloadError
from .file_types import BYTES, HEAD, FileType, file_type, is_text_instead_of_media
from .outputs import Output


class PartFile:
    """A temporary file in the target folder, until the output is complete."""

    def __init__(self, path: str | os.PathLike[str], limit: int) -> None:
        self._path = Path(path)
        is_folder = os.fspath(path).endswith(("/", os.sep)) or self._path.is_dir()
        self._folder = self._path if is_folder else self._path.parent
        self._limit = limit
        self._size = 0
        self._head = b""

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # another error: no file can have this name
            self._named(BYTES.suffix).lstat()
        self._unique = uuid4().hex
        self._partial = self._folder / f".{self._unique}.part"
        self._file = self._partial.open("xb")
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()  # raises again if the disk is full
        finally:
            self._partial.unlink(missing_ok=True)

    def check_size(self, size: int) -> None:
        """Check the size of the output.

        Raises:
            DownloadError: It is larger than the limit.
        """
        if size > self._limit:
            raise DownloadError(
                f"the output has {size:,} bytes or more, and the limit is "
                f"{self._limit:,}. Set a higher limit=... to save it"
            )

    def write(self, chunk: bytes) -> None:
        """Write a chunk."""
        self._size += len(chunk)
        self.check_size(self._size)
        if len(self._head) < HEAD:
            self._head += chunk[: HEAD - len(self._head)]
        self._file.write(chunk)

    def publish(self, output: Output, declared: FileType | None) -> Path:
        """Move the complete file to its target, replacing a file; its permissions stay.

        Raises:
            DownloadError: The file is empty, or it is an error text.
        """
        if not self._size:
            raise DownloadError("the output is an empty file")
        self._file.close()
        suffix = (declared or file_type(self._head) or BYTES).suffix
        if is_text_instead_of_media(self._head, suffix):
            start = self._head[:80].decode(errors="replace")
            message = f"the output is not a {suffix} file. It starts with: {start!r}"
            raise DownloadError(message)
        if self._path == self._folder:
            name = output.uuid or f"output-{self._unique}"
            target = self._folder / f"{name}{suffix}"
        else:
            target = self._named(suffix)
        with suppress(OSError):  # the target is new, or its disk has no modes
            self._partial.chmod(target.stat().st_mode & 0o777)
        return self._partial.replace(target)

    def _named(self, suffix: str) -> Path:
        """Return the path, with a suffix if it is that of a file without one."""
        if self._path == self._folder or self._path.suffix:
            return self._path
        return self._path.with_name(self._path.name + suffix)
