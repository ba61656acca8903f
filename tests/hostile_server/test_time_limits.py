"""Tests of time limits of a worker: an exception of a signal handler ends a call."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from .platform_server import acknowledged, hosting

if TYPE_CHECKING:
    from .clients import Clients
    from .platform_server import Exchange, Platform


class TimeLimitError(Exception):
    """Raised by a signal handler of a worker."""


LIMITS = [
    TimeLimitError,
    TimeoutError,
    *(type("Limit", (kind,), {}) for kind in (OSError, ValueError, RuntimeError)),
]
"""Exceptions of signal handlers. The HTTP library raises some of their base classes."""


@pytest.mark.parametrize("limit", LIMITS, ids=lambda kind: kind.__base__.__name__)
@pytest.mark.parametrize("waits_for", ["sending", "poll"])
def test_a_time_limit_of_the_worker_ends_the_call(
    clients: Clients, limit: type[Exception], waits_for: str
) -> None:
    main = threading.main_thread().ident
    assert main is not None

    async def silent(platform: Platform, exchange: Exchange) -> None:
        if not exchange.is_poll:
            platform.accept(exchange.tasks[0])
        if waits_for == "sending" or exchange.is_poll:
            signal.pthread_kill(main, signal.SIGUSR1)
            await asyncio.sleep(60)
        await exchange.reply({"data": acknowledged(exchange.tasks[0])})

    def handle(*_: object) -> None:
        raise limit("the time of the worker is up")

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        with hosting(silent) as platform:
            ended, unfinished = clients.run("sync", platform, clients.image())
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert type(ended.error) is limit
    [handle_of_task] = unfinished
    assert getattr(ended.error, "handle", None) is not None
    assert [handle_of_task.task_uuid] == [*platform.bills]
