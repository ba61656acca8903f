"""The header Retry-After of HTTP responses."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = 1e9
"""Maximum Retry-After in seconds: larger values would overflow timers."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in the header Retry-After; None without a valid one.

    Source: RFC 9110, section 10.2.3: a number of seconds or a date. A date counts from
    the server's own time, if the response has it: this machine's may be wrong. The names
    of headers must ignore case.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER)
    until = _seconds(text)
    now = _seconds(headers.get("date", ""))
    return None if until is None else max(0.0, until - (now or time.time()))


def _seconds(date: str) -> float | None:
    """Return an HTTP date as seconds since 1970; None if it is not valid.

    Source: RFC 9110, section 5.6.7: without a time zone, it is in UTC.
    """
    try:
        moment = parsedate_to_datetime(date)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None
