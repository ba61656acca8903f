"""A folder of cached texts, with checksums."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from runware_codegen.cache.fingerprint import Fingerprint, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BYTES = 128 * 2**20
_BYTES_AFTER_CLEANING = _MOST_BYTES * 3 // 4


def open_store() -> Store | None:
    """Open the store in the user's folder for caches; None where there can be none."""
    generator = fingerprint()
    if generator is None:
        return None
    try:
        folder = platformdirs.user_cache_path("runware-codegen", appauthor=False)
    except RuntimeError:  # nobody's home
        return None
    return Store(folder, generator)


class Store:
    """A folder of entries, which any number of runs may share.

    An entry is a checksum over its key and its text, then the text. What fails that
    check, or cannot be read, is not there; what cannot be written is not kept. So an
    entry is right or missing, whoever wrote, cut or removed it.
    """

    def __init__(self, folder: Path, generator: Fingerprint) -> None:
        """Use a folder.

        Args:
            folder: Where the entries are; it need not exist.
            generator: What the entries are made by; another finds none of them.
        """
        self._folder = folder
        self._generator = generator
        self._new: dict[str, str] = {}

    def key(self, *parts: str) -> str:
        """Give the key of what this generator makes of these texts."""
        sizes = ",".join(str(len(part)) for part in parts)
        whole = "\0".join((self._generator, sizes, *parts))
        return hashlib.sha256(whole.encode(errors="surrogatepass")).hexdigest()

    def get(self, key: str) -> str | None:
        """Return the text under a key, or None."""
        path = self._folder / key
        try:
            if not path.is_file():  # a pipe would keep us waiting
                return None
            checksum, _, content = path.read_bytes().partition(b"\n")
            if checksum != _checksum(key, content):
                return None
            os.utime(path)  # what is in use is the last to be removed
            return content.decode()
        except (OSError, UnicodeDecodeError):
            return None

    def put(self, key: str, text: str) -> None:
        """Remember a text, to be kept under a key by `save`."""
        self._new[key] = text

    def save(self) -> None:
        """Keep what was put, as far as there is room and leave to write.

        Nothing is kept when the generator has changed meanwhile: part of it may have
        worked before the change, and part after.
        """
        with contextlib.suppress(OSError):
            if self._new and fingerprint() == self._generator:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                for key, text in self._new.items():
                    content = text.encode()
                    self._write(key, _checksum(key, content) + b"\n" + content)
                self._clean()
        self._new.clear()

    def _write(self, key: str, data: bytes) -> None:
        """Write an entry beside its place and move it there, so that none is cut."""
        descriptor, name = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(name).replace(self._folder / key)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise

    def _clean(self) -> None:
        """Remove the entries that were not used for longest, once there are too many."""
        files = sorted(self._files())
        size = sum(each for _, each, _ in files)
        goal = _BYTES_AFTER_CLEANING if size > _MOST_BYTES else size
        for _, each, path in files:
            if size <= goal:
                break
            Path(path).unlink(missing_ok=True)
            size -= each

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """Give the time, the size and the path of each file, as far as it is there."""
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        yield status.st_mtime, status.st_size, entry.path


def _checksum(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + content).hexdigest().encode()
