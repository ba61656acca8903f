"""The checks of values of options, for click."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any
from urllib.parse import urlsplit

import click


class FiniteRange(click.FloatRange):
    """A range of numbers without NaN and infinity."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Convert a value to a number of the range."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def day(text: str) -> dt.date:
    """Convert a value to a day.

    Raises:
        click.BadParameter: It is not one.
    """
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        message = f"{text!r} is not a date in the form YYYY-MM-DD."
        raise click.BadParameter(message) from None


def url_fault(url: str) -> tuple[str, str] | None:
    """Return what is wrong with the URL of an index, and a remedy; None if it is valid."""
    if not url:  # the index of Runware
        return None
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.path
    except ValueError:
        fits = False
    example = "https://example.com/index.json"
    if "@" in re.split("[/?#]", url.partition("://")[2])[0]:
        remedy = f"Write them into ~/.netrc, and a URL such as {example}."
        return "runware.lock would contain the user and the password.", remedy
    if not fits:
        return f"{url!r} is not a URL such as {example}.", "Write the whole URL."
    return None
