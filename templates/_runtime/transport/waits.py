"""The waits before polls and retries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

FIRST_WAITS = {
    "3dInference": 2.0,
    "audioInference": 1.5,
    "training": 30.0,
    "videoInference": 2.0,
}
"""The first wait before a poll in seconds, by task type. Others wait one second."""

MIN_FIRST_WAIT = 0.5
"""The shortest first wait in seconds, if a document reports a latency."""


class Waits(NamedTuple):
    """Increasing waits in seconds, with random jitter of up to 20 %.

    Attributes:
        first: The first wait; None to derive it from the model or the task type.
        factor: The factor between one wait and the next.
        longest: The longest wait.
    """

    first: float | None = None
    factor: float = 1.5
    longest: float = 10.0

    def of(self, task_type: str = "", latency: float | None = None) -> Iterator[float]:
        """Yield the waits for a task, endlessly.

        The shortest latency that its document states, in seconds, becomes the first wait.
        """
        first = self.first
        if first is None and latency is not None:
            first = max(latency, MIN_FIRST_WAIT)
        elif first is None:
            first = FIRST_WAITS.get(task_type, 1.0)
        wait = min(first, self.longest)
        while True:
            # Jitter, so that clients that started together do not poll together.
            yield wait * random.uniform(0.8, 1.0)
            wait = min(wait * self.factor, self.longest)


POLLING = Waits()
RETRYING = Waits(first=0.5, factor=2.0, longest=8.0)
