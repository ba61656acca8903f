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
    """Do jobs in threads, and give each with what came of it as soon as it is done.

    The caller alone decides what becomes of it: the threads end with the program,
    whatever they are at, so that nobody who interrupts it has to wait for a server.

    Args:
        jobs: What is to be done.
        work: Does one of them.
        limit: How many may be done at the same time.
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
            except Exception as error:  # noqa: BLE001  # it is the caller's to judge
                done.put((job, error))

    for _ in range(min(limit, len(jobs))):
        threading.Thread(target=keep_working, daemon=True).start()
    for _ in jobs:
        yield done.get()
