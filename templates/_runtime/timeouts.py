"""What callers may give as timeouts, in seconds."""

from __future__ import annotations

from math import inf
from typing import cast

MAX_TIMEOUT = 31_536_000.0
"""Seconds of a year: what is longer is shortened to it."""

MAX_POLL = 30.0
"""Seconds that one poll may take, where its caller names no timeout."""


def valid_timeout(timeout: object) -> float:
    """Return a timeout that can be used.

    Raises:
        ValueError: It is no number of seconds above 0.
    """
    is_number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    seconds = cast("float", timeout) if is_number else 0.0
    if 0 < seconds < inf:
        return float(min(seconds, MAX_TIMEOUT))
    message = f"timeout must be a number of seconds above 0, not {timeout!r}"
    raise ValueError(message)


def given_timeout(timeout: float | None) -> float | None:
    """Return a call's own timeout, if it has one.

    Raises:
        ValueError: It is no number of seconds above 0.
    """
    return None if timeout is None else valid_timeout(timeout)
