"""Retries of opening a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..transport.answer_body import answer_of
from .classify import is_rejection

if TYPE_CHECKING:
    import httpx2

    from .batches import Settings


class StreamRetries:
    """Decides whether to open a stream again, and when.

    Attributes:
        pause: The seconds to wait before the next attempt.
    """

    def __init__(self, settings: Settings, task_type: str, timeout: float) -> None:
        """Start the first attempt; `timeout` limits all attempts together."""
        self._pauses = settings.retrying.of(task_type)
        self._left = settings.max_retries
        self._now = settings.clock
        self._deadline = self._now() + timeout
        self.pause: float = 0.0

    def seconds_left(self) -> float:
        """Return the seconds until the deadline, at least 0.001."""
        return max(0.001, self._deadline - self._now())

    def plan_retry(self, response: httpx2.Response | None = None) -> bool:
        """Plan a retry after a response or a failed connection; return whether there is one."""
        retry_after = 0.0
        if response is not None:
            answer = answer_of(response)
            if not is_rejection(answer):
                return False
            retry_after = answer.retry_after or 0.0
        self._left -= 1
        self.pause = max(next(self._pauses), retry_after)
        return self._left >= 0 and self.pause < self.seconds_left()
