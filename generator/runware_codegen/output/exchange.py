"""Exchanges two folders in one system call, if the system has one."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

# Linux: renameat2(2), <linux/fs.h>. macOS: renamex_np(2), <sys/stdio.h>.
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2


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
