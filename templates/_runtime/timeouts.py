"""Validates timeouts of callers, in seconds."""

from __future__ import annotations

from math import inf
from typing import cast

MAX_TIMEOUT = 31_536_000.0
"""One year in seconds. Longer timeouts are shortened to it."""

MAX_POLL = 30.0
"""Maximum timeout of one poll in seconds, unless its caller sets a timeout."""


def valid_timeout(timeout: object) -> float:
    """Validate a timeout.

    Raises:
        ValueError: It is not a finite number above 0.
    """
    is_number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    seconds = cast("float", timeout) if is_number else 0.0
    if 0 < seconds < inf:
        return float(min(seconds, MAX_TIMEOUT))
    message = f"timeout must be a number of seconds above 0, not {timeout!r}"
    raise ValueError(message)
