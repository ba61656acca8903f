"""The running event loop of asyncio; this package supports no other, such as trio."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

from .exceptions import RunwareError

Loop: TypeAlias = asyncio.AbstractEventLoop


def running_loop() -> Loop:
    """Return the running event loop of asyncio.

    Raises:
        RunwareError: No event loop of asyncio is running.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise RunwareError(
            "async methods need a running event loop of asyncio. Others, such as trio, "
            "are not supported"
        ) from None
