"""Validates timeouts of callers, in seconds."""

from __future__ import annotations

from math import inf

from .json_values import is_number

MAX_TIMEOUT = 31_536_000.0
"""One year in seconds. Longer timeouts are shortened to it."""

MAX_POLL = 30.0
"""Maximum timeout of one poll in seconds, unless its caller sets a timeout."""


def valid_timeout(timeout: object) -> float:
    """Validate a timeout.

    Raises:
        ValueError: It is not a finite number above 0.
    """
    if is_number(timeout) and 0 < timeout < inf:
        return float(min(timeout, MAX_TIMEOUT))
    raise ValueError(f"timeout must be a number of seconds above 0, not {timeout!r}")
