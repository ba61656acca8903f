"""Calls a function for many values, in several threads."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Job = TypeVar("Job")
Made = TypeVar("Made")


def map_as_completed(
    jobs: Sequence[Job], work: Callable[[Job], Made], *, limit: int
) -> Iterator[tuple[Job, Made | Exception]]:
    """Call a function for many values in threads.

    The threads are daemons, so that an interrupted program ends without waiting for a
    server.

    Args:
        jobs: The values.
        work: The function.
        limit: The maximum number of threads.

    Yields:
        Each value with its result or exception, in the order of completion.
    """
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Job, Made | Exception]] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)

    def keep_working() -> None:
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((job, work(job)))
            except Exception as error:  # noqa: BLE001  # the caller handles it
                done.put((job, error))

    for _ in range(min(limit, len(jobs))):
        threading.Thread(target=keep_working, daemon=True).start()
    for _ in jobs:
        yield done.get()
