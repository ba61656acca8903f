"""The rate limit of requests."""

from __future__ import annotations

from time import monotonic


class RateLimit:
    """A token bucket: it allows a number of requests per second, and bursts of that size."""

    def __init__(self, per_second: float) -> None:
        """Create a rate limit; 0 allows any number of requests."""
        self._per_second = per_second
        self._most = max(1.0, per_second)
        self._left = self._most
        self._last = monotonic()

    def allows_request(self) -> bool:
        """Return whether one more request is allowed now, and count it."""
        if not self._per_second:
            return True
        now = monotonic()
        gained = (now - self._last) * self._per_second
        self._left = min(self._most, self._left + gained)
        self._last = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
