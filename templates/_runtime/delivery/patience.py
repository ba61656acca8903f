"""How often, and how long, it is tried to open a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..transport.envelope import Answer
from .classify import is_rejection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx2


class Patience:
    """Decides whether it is tried again, and when.

    Attributes:
        pause: The seconds to wait before it is tried again.
    """

    def __init__(
        self,
        pauses: Iterator[float],
        tries: int,
        timeout: float,
        clock: Callable[[], float],
    ) -> None:
        """Begin to try.

        Args:
            pauses: How long to wait where the server does not say.
            tries: How often it may be tried again.
            timeout: The seconds that all of it may take.
            clock: Gives the time in seconds; it never goes back.
        """
        self._pauses = pauses
        self._left = tries
        self._now = clock
        self._deadline = clock() + timeout
        self.pause = 0.0

    def seconds_left(self) -> float:
        """The seconds that are left."""
        return max(0.001, self._deadline - self._now())

    def lets_try_again(self, response: httpx2.Response | None = None) -> bool:
        """Say whether to try again after a response, or after none could be had."""
        asked = None
        if response is not None:
            answer = Answer(response.status_code, response.headers)
            if not is_rejection(answer):
                return False
            asked = answer.retry_after
        self._left -= 1
        self.pause = next(self._pauses) if asked is None else asked
        return self._left >= 0 and self.pause < self.seconds_left()
