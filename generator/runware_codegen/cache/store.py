"""A folder of cached texts, with checksums."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from runware_codegen.cache.fingerprint import fingerprint
from runware_codegen.output.files import replace

_MAX_BYTES = 128 * 2**20
_BYTES_AFTER_CLEANING = _MAX_BYTES * 3 // 4


def open_store() -> Store | None:
    """Open the store in the user's cache folder; None if there is no such folder.

    A folder that another user can write is not used.
    """
    generator = fingerprint()
    if generator is None:
        return None
    try:
        folder = platformdirs.user_cache_path("runware-codegen", appauthor=False)
    except RuntimeError:  # the user has no home folder
        return None
    return Store(folder, generator) if _is_own(folder) else None


def _is_own(folder: Path) -> bool:
    """Return whether no other user can write a folder: its entries become code.

    A folder that does not exist will be created as such a folder.
    """
    try:
        status = folder.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    if sys.platform == "win32":
        return True
    others = stat.S_IWGRP | stat.S_IWOTH
    return status.st_uid == os.geteuid() and not status.st_mode & others


class Store:
    """A folder of cached entries, which several runs may share.

    An entry is a checksum of its key and its text, then the text. An entry with a wrong
    checksum, or that cannot be read, counts as missing. An entry that cannot be written is
    not cached. So an entry is correct or missing, even if a file was truncated or removed.
    """

    def __init__(self, folder: Path, generator: str) -> None:
        """Open a folder.

        Args:
            folder: The folder of the entries; it need not exist.
            generator: The hash of the generator; another generator finds no entries.
        """
        self._folder = folder
        self._generator = generator
        self._new: dict[str, str] = {}

    def key(self, *parts: str) -> str:
        """Return the cache key for these inputs."""
        sizes = ",".join(str(len(part)) for part in parts)
        whole = "\0".join((self._generator, sizes, *parts))
        return hashlib.sha256(whole.encode(errors="surrogatepass")).hexdigest()

    def get(self, key: str) -> str | None:
        """Return the text under a key, or None."""
        path = self._folder / key
        try:
            if not path.is_file():  # reading a pipe would block
                return None
            checksum, _, content = path.read_bytes().partition(b"\n")
            if checksum != _checksum(key, content):
                return None
            os.utime(path)  # entries in use are removed last
            return content.decode()
        except OSError:
            return None

    def put(self, key: str, text: str) -> None:
        """Add a text under a key, to be written by `save`."""
        self._new[key] = text

    def save(self) -> None:
        """Write the added texts, as far as space and permissions allow.

        Nothing is written if the generator has changed during the run: the texts may be
        made by a mix of old and new code.
        """
        with contextlib.suppress(OSError):
            if self._new and fingerprint() == self._generator:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                for key, text in self._new.items():
                    content = text.encode()
                    entry = _checksum(key, content) + b"\n" + content
                    replace(self._folder / key, entry)
                self._clean()

    def _clean(self) -> None:
        """Remove the least recently used entries if the cache is too large."""
        files = sorted(self._files(), reverse=True)
        size = sum(each for _, each, _ in files)
        goal = _BYTES_AFTER_CLEANING if size > _MAX_BYTES else size
        while size > goal:
            _, each, path = files.pop()
            Path(path).unlink(missing_ok=True)
            size -= each

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """Yield the time, the size and the path of each file that exists."""
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        yield status.st_mtime, status.st_size, entry.path


def _checksum(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + content).hexdigest().encode()
