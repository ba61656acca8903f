"""Replaces the folder of a package as a whole.

The new package is made in a work folder beside the target and then changes places with
the old one in one system call. Whoever opens the target finds the whole old package or
the whole new one, also after a kill at any moment. Swapping file by file would leave a
mix. On systems that cannot exchange folders two renames do it, with a moment between
them in which there is no package; the next run puts back what a kill left away.

Files that stay as they are, ours or not, are linked into the new folder: they keep
their times, owners and modes, and only what differs is written. Nothing is flushed to
the disk: this protects from a kill, not from a power cut, after which the same command
makes the same package again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import sys
import threading
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from runware_codegen.output.exchange import exchange
from runware_codegen.output.tree import Signature, read_state
from runware_codegen.problems import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

_NOTE = "made-by-runware-codegen.txt"


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a package's folder is to become.

    Attributes:
        written: The content of each file to write.
        kept: The files to take over as they are.
        supposed: The state of the folder that this was decided upon.
    """

    written: Mapping[str, bytes]
    kept: Sequence[str]
    supposed: Mapping[str, Signature]


class WorkFolder:
    """A folder beside the target where a new package is made.

    It has a fixed name, for the next run to find what a killed one has left, and a note
    that tells it from a folder of somebody else. The note is there before and after
    everything else is.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f".{target.name}.runware-codegen")
        self._note = self._path / _NOTE
        self._new = self._path / "new"
        self._old = self._path / "old"

    def clear(self) -> None:
        """Remove the folder if it is there, after putting back an old package in it.

        Raises:
            InvalidInputError: Somebody else's file or folder has that name.
            OSError: The old package cannot be put back.
        """
        if not os.path.lexists(self._path):
            return
        if not self._is_mine():
            raise InvalidInputError.of(
                self._path,
                "The name is needed by runware-codegen for its work, and taken by another.",
                "Move what has it away.",
            )
        if self._old.exists() and not self._target.exists():
            self._old.rename(self._target)
        self._remove()

    def _is_mine(self) -> bool:
        if self._path.is_symlink() or not self._path.is_dir():
            return False
        return self._note.exists() or not any(self._path.iterdir())

    def replace_target(self, replacement: Replacement) -> None:
        """Make the new package and put it where the old one is.

        Raises:
            InvalidInputError: The target is not any more in the state that was supposed.
            OSError: Something cannot be written. The target is as it was.
        """
        try:
            self._path.mkdir()
            self._note.write_text(
                "An unfinished package. The next run of runware-codegen removes it.\n",
                encoding="utf-8",
            )
            self._fill(replacement)
            with _signals_ignored():
                self._swap(replacement.supposed)
                self._remove()
        except BaseException:
            self.clear()
            raise

    def _fill(self, replacement: Replacement) -> None:
        self._make_folder(PurePosixPath())
        for path in replacement.kept:
            self._make_folder(PurePosixPath(path).parent)
            _link(self._target / path, self._new / path)
        for path, data in replacement.written.items():
            self._make_folder(PurePosixPath(path).parent)
            self._write(path, data)

    def _make_folder(self, path: PurePosixPath) -> None:
        new = self._new / path
        if new.exists():
            return
        if path.parts:
            self._make_folder(path.parent)
        new.mkdir()
        _copy_mode(self._target / path, new)

    def _write(self, path: str, data: bytes) -> None:
        new = self._new / path
        with new.open("xb") as file:
            file.write(data)
        _copy_mode(self._target / path, new)

    def _swap(self, supposed: Mapping[str, Signature]) -> None:
        if read_state(self._target) != supposed:
            raise InvalidInputError.of(
                self._target,
                "Files in the folder changed while the new package was being made.",
                "Run again; nothing has been written.",
            )
        if not self._target.exists():
            self._new.rename(self._target)
        elif not exchange(self._new, self._target):
            self._target.rename(self._old)
            self._new.rename(self._target)

    def _remove(self) -> None:
        """Remove the folder, the note last; what resists is left to the next run."""
        shutil.rmtree(self._new, ignore_errors=True)
        shutil.rmtree(self._old, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._note.unlink(missing_ok=True)
            self._path.rmdir()


@contextlib.contextmanager
def exclusive_lock(folder: Path) -> Generator[None]:
    """Wait until no other run publishes into a folder, and keep others waiting.

    Where the system or the file system has no locks on folders, nobody waits.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415  # Windows has no such module

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _signals_ignored() -> Generator[None]:
    """Let no interrupt come between what belongs together; it takes milliseconds."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, signal.SIG_IGN) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, handlers, strict=True):
            signal.signal(number, handler)


def _link(source: Path, link: Path) -> None:
    """Put a file at a second place, by a hard link or, where there are none, a copy."""
    try:
        os.link(source, link, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(source, link, follow_symlinks=False)


def _copy_mode(source: Path, copy: Path) -> None:
    """Give a new file or folder the mode of the one that it replaces."""
    mode = source.lstat().st_mode if os.path.lexists(source) else 0
    if stat.S_IFMT(mode) == stat.S_IFMT(copy.lstat().st_mode):
        needed = stat.S_IRWXU if stat.S_ISDIR(mode) else 0  # to fill and to remove it
        copy.chmod(stat.S_IMODE(mode) | needed)
