"""The deadline of a stream, which can be paused."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from math import inf
from threading import TIMEOUT_MAX, Condition

MIN_WAIT = 0.01
"""Minimum seconds between two checks of a deadline that is paused."""


class Deadline:
    """A deadline that moves while it is paused.

    A stream pauses it while its caller processes a piece. It is paused at the start.
    """

    def __init__(self, at: float, clock: Callable[[], float]) -> None:
        """Create a paused deadline, which is at this time if it is resumed now."""
        self._now = clock
        self._at = at
        self._at_latest = inf
        self._paused_at: float | None = clock()
        self._is_cancelled = False
        self._changed = Condition()

    def remaining(self) -> float:
        """Return the seconds until the deadline; 0 or less after it."""
        paused_at = self._paused_at
        now = self._now() if paused_at is None else paused_at
        return min(self._at, self._at_latest) - now

    def resume(self) -> None:
        """End the pause."""
        with self._changed:
            if self._paused_at is not None:
                pause = self._now() - self._paused_at
                self._at += pause
                self._at_latest += pause
                self._paused_at = None

    @contextmanager
    def paused(self) -> Generator[None]:
        """Pause inside the context."""
        self._paused_at = self._now()
        try:
            yield
        finally:
            self.resume()

    def limit(self, seconds: float) -> None:
        """Move the deadline to at most so many seconds from now; replaces earlier limits."""
        with self._changed:
            self._at_latest = self._now() + seconds
            self._changed.notify_all()

    def cancel(self) -> None:
        """Make `wait` return in other threads."""
        with self._changed:
            self._is_cancelled = True
            self._changed.notify_all()

    def wait(self) -> bool:
        """Wait for the deadline, in another thread; return False if it is cancelled."""
        with self._changed:
            while not self._is_cancelled and (left := self.remaining()) > 0:
                self._changed.wait(min(max(left, MIN_WAIT), TIMEOUT_MAX))
            return not self._is_cancelled
