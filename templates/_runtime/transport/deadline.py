"""When a stream is given up."""

from __future__ import annotations

from contextlib import contextmanager
from math import inf
from threading import TIMEOUT_MAX, Condition
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

SHORTEST_WAIT = 0.01
"""Seconds between two looks at a deadline that stands still shortly before its time."""


class Deadline:
    """A time that moves on while it is paused.

    A stream pauses it while its caller works on a piece. It is paused to begin with.
    """

    def __init__(self, at: float, clock: Callable[[], float] = monotonic) -> None:
        """Take the time that it has when nothing is paused any longer than now.

        Args:
            at: The time.
            clock: Gives the time in seconds; it never goes back.
        """
        self._now = clock
        self._at = at
        self._at_latest = inf
        self._paused_at: float | None = clock()
        self._is_cancelled = False
        self._changed = Condition()

    def now(self) -> float:
        """Return the time on its clock."""
        return self._now()

    def left(self) -> float:
        """Return the seconds that are left; 0 or less when the time has come."""
        paused_at = self._paused_at
        now = self._now() if paused_at is None else paused_at
        return min(self._at, self._at_latest) - now

    def resume(self) -> None:
        """Let the time pass again."""
        with self._changed:
            if self._paused_at is not None:
                pause = self._now() - self._paused_at
                self._at += pause
                self._at_latest += pause
                self._paused_at = None

    @contextmanager
    def paused(self) -> Generator[None]:
        """Pause as long as the context lasts."""
        self._paused_at = self._now()
        try:
            yield
        finally:
            self.resume()

    def limit(self, seconds: float) -> None:
        """Come after so many seconds at the latest; takes the place of an earlier limit."""
        with self._changed:
            self._at_latest = self._now() + seconds
            self._changed.notify_all()

    def cancel(self) -> None:
        """End the waiting of other threads."""
        with self._changed:
            self._is_cancelled = True
            self._changed.notify_all()

    def wait(self) -> bool:
        """Wait for the time, in another thread; return False when it is cancelled."""
        with self._changed:
            while not self._is_cancelled and (left := self.left()) > 0:
                self._changed.wait(min(max(left, SHORTEST_WAIT), TIMEOUT_MAX))
            return not self._is_cancelled
