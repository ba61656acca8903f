"""Locks that a forked process can acquire, even if a thread held them at the fork."""

from __future__ import annotations

import os
from threading import RLock
from weakref import WeakSet


class ForkSafeLock:
    """A lock that is replaced in each forked process.

    A fork copies locks, but not the threads that hold them: a held lock would never be
    released in the child process.

    Attributes:
        native: The lock of this process. Use it directly: a signal, such as Ctrl-C, may
            be handled at the start of any Python function, so a wrapper would not be
            safe. It is reentrant: a signal handler may use the client whose call it
            interrupts, and only the thread that holds the lock can release it.
    """

    __slots__ = ("__weakref__", "native")

    def __init__(self) -> None:
        self.renew()
        _locks.add(self)

    def renew(self) -> None:
        """Replace the lock by a free one."""
        self.native: RLock = RLock()


_locks: WeakSet[ForkSafeLock] = WeakSet()


def _renew() -> None:
    for lock in _locks:
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
