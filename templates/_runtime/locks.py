"""Locks that a forked process can take, whatever threads held them at the fork."""

from __future__ import annotations

import os
from threading import RLock
from weakref import WeakSet


class ForkSafeLock:
    """A lock that is made anew in each forked process.

    A fork copies the locks of all threads and none of the other threads: a lock that one
    of these held would never be released in the new process.

    Attributes:
        native: The lock of this process. It is used as it is, since a signal, such as
            that of Ctrl-C, may be handled wherever a function in Python begins. It is
            reentrant: the handler of a signal may use a client whose call it interrupts,
            and only the thread that holds the lock can release it.
    """

    __slots__ = ("__weakref__", "native")

    def __init__(self) -> None:
        self.renew()
        _locks.add(self)

    def renew(self) -> None:
        """Begin with a lock that nobody holds."""
        self.native = RLock()


_locks: WeakSet[ForkSafeLock] = WeakSet()


def _renew() -> None:
    for lock in _locks:
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
