"""Coroutines that continue after the exchange that started them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class Background:
    """Holds asyncio tasks until they end: the event loop holds only weak references."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def run(self, coroutine: Coroutine[None, None, None]) -> None:
        """Start a coroutine."""
        task = asyncio.create_task(coroutine)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
