"""Replaces the folder of a package as a whole.

The new package is written to a work folder beside the target. One system call then
exchanges the two folders, so the target is always the complete old or the complete new
package, even if the process is killed. A system that cannot exchange folders needs two
renames, and between them there is no package. If the process is killed there, the next run
restores the old package.

Files that do not change are linked into the new folder, so they keep their times, owners
and modes. Nothing is flushed to the disk: this protects from a killed process, not from a
power cut. After a power cut, the same command generates the same package.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import stat
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from runware_codegen.output.tree import Signature, read_state
from runware_codegen.problems import InvalidInputError

_NOTE = "made-by-runware-codegen.txt"

# Linux: renameat2(2), <linux/fs.h>. macOS: renamex_np(2), <sys/stdio.h>.
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2


@dataclass(frozen=True, slots=True)
class Replacement:
    """The planned content of a package's folder.

    Attributes:
        written: The text of each file to write.
        kept: The files that do not change.
        expected: The state of the folder on which the plan is based.
    """

    written: Mapping[str, str]
    kept: Sequence[str]
    expected: Mapping[str, Signature]


class WorkFolder:
    """A folder beside the target in which a new package is written.

    It has a fixed name, so that the next run finds what a killed run has left. A note in
    it marks it as a folder of the generator. The note is written first and removed last.
    """

    def __init__(self, target: Path) -> None:
        if target.name in {"", ".."}:
            raise InvalidInputError.of(
                target,
                "This folder cannot be replaced: it contains the current folder.",
                "Choose another folder as --output.",
            )
        self._target = target
        self._path = target.with_name(f".{target.name}.runware-codegen")
        self._note = self._path / _NOTE
        self._new = self._path / "new"
        self._old = self._path / "old"

    def clear(self) -> None:
        """Remove the folder if it exists; first restore the old package from it.

        Raises:
            InvalidInputError: If another file or folder has its name.
            OSError: If the old package cannot be restored.
        """
        if not os.path.lexists(self._path):
            return
        if not self._is_ours():
            raise InvalidInputError.of(
                self._path,
                "runware-codegen needs this path for a temporary folder.",
                "Rename or remove the file or folder at this path.",
            )
        if self._old.exists() and not self._target.exists():
            self._old.rename(self._target)
        self._remove()

    def _is_ours(self) -> bool:
        if self._path.is_symlink() or not self._path.is_dir():
            return False
        return self._note.exists() or not any(self._path.iterdir())

    def replace_target(self, replacement: Replacement) -> None:
        """Write the new package, and replace the old one by it.

        Raises:
            InvalidInputError: If the target has changed since the plan was made.
            OSError: If something cannot be written. The target is unchanged.
        """
        try:
            self._path.mkdir()
            self._note.write_text(
                "An unfinished package. The next run of runware-codegen removes it.\n",
                encoding="utf-8",
            )
            self._fill(replacement)
            with _signals_ignored():
                self._swap(replacement.expected)
                self._remove()
        except BaseException:
            self.clear()
            raise

    def _fill(self, replacement: Replacement) -> None:
        for path in replacement.kept:
            if path.endswith("/"):
                self._make_folder(PurePosixPath(path))
                continue
            self._make_folder(PurePosixPath(path).parent)
            _link(self._target / path, self._new / path)
        for path, text in replacement.written.items():
            self._make_folder(PurePosixPath(path).parent)
            self._write(path, text)

    def _make_folder(self, path: PurePosixPath) -> None:
        new = self._new / path
        if new.exists():
            return
        if path.parts:
            self._make_folder(path.parent)
        new.mkdir()
        _copy_mode(self._target / path, new)

    def _write(self, path: str, text: str) -> None:
        new = self._new / path
        with new.open("xb") as file:
            file.write(text.encode())
        _copy_mode(self._target / path, new)

    def _swap(self, expected: Mapping[str, Signature]) -> None:
        if read_state(self._target) != expected:
            raise InvalidInputError.of(
                self._target,
                "Files in the folder changed while the new package was written.",
                "Run this again. The folder is unchanged.",
            )
        if not self._target.exists():
            self._new.rename(self._target)
        elif not exchange(self._new, self._target):
            self._target.rename(self._old)
            self._new.rename(self._target)

    def _remove(self) -> None:
        """Remove the folder, the note last; ignore what cannot be removed."""
        shutil.rmtree(self._new, ignore_errors=True)
        shutil.rmtree(self._old, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._note.unlink(missing_ok=True)
            self._path.rmdir()


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders of one file system atomically.

    Returns:
        Whether they were exchanged. If not, nothing has changed: the system, its C library
        or the file system does not support it, or does not permit it.
    """
    first, second = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "linux":
            renameat2 = ctypes.CDLL(None).renameat2
            flags = _RENAME_EXCHANGE
            return bool(renameat2(_AT_FDCWD, first, _AT_FDCWD, second, flags) == 0)
        if sys.platform == "darwin":
            renamex_np = ctypes.CDLL(None).renamex_np
            return bool(renamex_np(first, second, _RENAME_SWAP) == 0)
    except AttributeError:  # a C library without the call
        return False
    return False


@contextlib.contextmanager
def exclusive_lock(folder: Path) -> Generator[None]:
    """Hold an exclusive lock on a folder while something is written into it.

    The folder is created, with those above it. If it is empty at the end, what was created
    is removed. The lock is without effect if the system or the file system cannot lock
    folders.
    """
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    descriptor = _locked(folder)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            for each in new:
                each.rmdir()
        if descriptor is not None:
            os.close(descriptor)


def _locked(folder: Path) -> int | None:
    """Create a folder, and return a descriptor that holds its lock; None on Windows."""
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415  # Windows has no such module

    descriptor = os.open(folder, os.O_RDONLY)
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(descriptor), folder.stat()):
            return descriptor
    os.close(descriptor)  # the process that had the lock has removed the folder
    return _locked(folder)


@contextlib.contextmanager
def _signals_ignored() -> Generator[None]:
    """Ignore SIGINT and SIGTERM during a change that must not be interrupted."""
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
    """Create a hard link, or a copy if the file system has no hard links."""
    try:
        os.link(source, link, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(source, link, follow_symlinks=False)


def _copy_mode(source: Path, copy: Path) -> None:
    """Set the mode of a new file or folder to that of the one it replaces."""
    mode = source.lstat().st_mode if os.path.lexists(source) else 0
    if stat.S_IFMT(mode) == stat.S_IFMT(copy.lstat().st_mode):
        needed = stat.S_IRWXU if stat.S_ISDIR(mode) else 0  # to fill and to remove it
        copy.chmod(stat.S_IMODE(mode) | needed)
