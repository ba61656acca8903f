"""Locks that a forked process can take, whatever threads held them at the fork."""

from __future__ import annotations

import os
from threading import Lock
from weakref import WeakSet


class ForkSafeLock:
    """A lock that is made anew in each forked process.

    A fork copies the locks of all threads and none of the other threads: a lock that one
    of these held would never be released in the new process.
    """

    __slots__ = ("__weakref__", "_lock")

    def __init__(self) -> None:
        self.renew()
        _locks.add(self)

    def renew(self) -> None:
        """Begin with a lock that nobody holds."""
        self._lock = Lock()

    def acquire(self, timeout: float) -> bool:
        """Wait for the lock for some seconds; return whether it was got."""
        return self._lock.acquire(timeout=timeout)

    def release(self) -> None:
        """Let another thread have the lock."""
        if self._lock.locked():  # it is not where this block was entered before a fork
            self._lock.release()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


_locks: WeakSet[ForkSafeLock] = WeakSet()


def _renew() -> None:
    for lock in _locks:
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
