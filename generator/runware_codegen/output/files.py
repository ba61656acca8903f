"""Replaces a file atomically."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

from runware_codegen.output.os_errors import os_errors_as_problems


def write(path: Path, content: bytes) -> None:
    """Replace the content of a file that is written alone.

    Raises:
        InvalidInputError: If it cannot be written. The old file is unchanged.
    """
    with os_errors_as_problems(path, "The file is unchanged.", other=""):
        replace(path, content)


def check(path: Path) -> None:
    """Check a file as `check_writable`, before something else is written.

    Raises:
        InvalidInputError: If it or its folder is read-only.
    """
    with os_errors_as_problems(path, "Nothing was changed.", other=""):
        check_writable(path)


def check_writable(path: Path) -> None:
    """Check that a file and its folder are not read-only. The file need not exist.

    Raises:
        OSError: If one of them is.
    """
    if path.is_file():
        path.open("ab").close()
    folder = Path(os.path.realpath(path)).parent
    if folder.is_dir() and not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def replace(path: Path, content: bytes) -> None:
    """Replace the content of a file; if it is a symbolic link, that of its target.

    Args:
        path: The file; its folder must exist.
        content: The new content.

    Raises:
        OSError: If it is read-only, or cannot be written. The old file is unchanged.
    """
    check_writable(path)
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "Not a file", str(target))  # such as /dev/null
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(_mode(target))
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _mode(target: Path) -> int:
    """Return the mode of a file, or the mode that a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
