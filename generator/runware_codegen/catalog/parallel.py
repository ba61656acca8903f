"""Calls a function for many values, in several threads."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Value = TypeVar("Value")
Result = TypeVar("Result")


def map_as_completed(
    values: Sequence[Value], function: Callable[[Value], Result], *, limit: int
) -> Iterator[tuple[Value, Result | Exception]]:
    """Call a function for many values in threads.

    The threads are daemons, so that an interrupted program ends without waiting for a
    server.

    Args:
        values: The values.
        function: The function.
        limit: The maximum number of threads.

    Yields:
        Each value with its result or exception, in the order of completion.
    """
    waiting: queue.SimpleQueue[Value] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Value, Result | Exception]] = queue.SimpleQueue()
    for value in values:
        waiting.put(value)

    def keep_working() -> None:
        while True:
            try:
                value = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((value, function(value)))
            except Exception as error:  # noqa: BLE001  # the caller handles it
                done.put((value, error))

    for _ in range(min(limit, len(values))):
        threading.Thread(target=keep_working, daemon=True).start()
    for _ in values:
        yield done.get()
