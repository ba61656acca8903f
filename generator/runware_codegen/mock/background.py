"""Coroutines that continue after the exchange that started them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

_running: set[asyncio.Task[None]] = set()
"""Holds tasks until they end: the event loop has only weak references to them."""


def start(coroutine: Coroutine[None, None, None]) -> None:
    """Start a coroutine."""
    task = asyncio.create_task(coroutine)
    _running.add(task)
    task.add_done_callback(_running.discard)
