"""How long to wait before the server is asked again, or sent to again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

FIRST_WAITS = {
    "3dInference": 2.0,
    "audioInference": 1.5,
    "training": 30.0,
    "videoInference": 2.0,
}
"""Seconds that tasks of a type take at the least; others may be done after one."""

SHORTEST_FIRST_WAIT = 0.5
"""The shortest first wait in seconds, if a document reports a latency."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits that grow, in seconds, each a little shorter at random than it could be.

    Attributes:
        first: The first wait; None for what suits the model or the task type.
        factor: Each wait is this many times the one before,
        longest: but never longer than this.
    """

    first: float | None = None
    factor: float = 1.5
    longest: float = 10.0

    def of(self, task_type: str, latency: float | None = None) -> Iterator[float]:
        """The waits for a task, without end.

        Args:
            task_type: Its type.
            latency: The seconds that such a task takes at the least, where its document
                reports that; the first wait is as long.
        """
        first = self.first
        if first is None and latency is not None:
            first = max(latency, SHORTEST_FIRST_WAIT)
        elif first is None:
            first = FIRST_WAITS.get(task_type, 1.0)
        wait = min(first, self.longest)
        while True:
            # Clients that began together shall not ask together for ever.
            yield wait * random.uniform(0.8, 1.0)
            wait = min(wait * self.factor, self.longest)


POLLING = Waits()
RETRYING = Waits(first=0.5, factor=2.0, longest=8.0)
