"""How many calls there may be in a second."""

from __future__ import annotations

from time import monotonic


class RateLimit:
    """Lets a number of calls through each second, in bursts of as many at most."""

    def __init__(self, per_second: float) -> None:
        """Take the number; 0 lets everything through."""
        self._per_second = per_second
        self._left = max(1.0, per_second)
        self._last = monotonic()

    def lets_through(self) -> bool:
        """Whether one more call may pass now; it then counts."""
        if not self._per_second:
            return True
        now = monotonic()
        gained = (now - self._last) * self._per_second
        self._left = min(max(1.0, self._per_second), self._left + gained)
        self._last = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
