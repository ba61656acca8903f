"""A result as HTML, for notebooks."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from ..json_values import parts_within
from .explanations import is_link

if TYPE_CHECKING:
    from .results import TaskResult

_IMAGE_FILE: Final = re.compile(
    r"[^?#]*\.(avif|gif|jpe?g|png|webp)([?#]|\Z)", re.IGNORECASE
)


def html_of(result: TaskResult) -> str:
    """Return images by their URLs, other files as links, and the rest as text."""
    shown = [
        _html(place, value)
        for place, value in parts_within(result.to_wire())
        if place.lower().endswith("url") and is_link(value)
    ]
    return "\n".join([*shown, f"<pre>{escape(repr(result))}</pre>"])


def _html(place: str, url: str) -> str:
    if place.lower().endswith("imageurl") or _IMAGE_FILE.match(url):
        return (
            f'<img src="{escape(url)}" alt="{escape(place)}" style="max-width: 100%">'
        )
    return f'<p><a href="{escape(url)}">{escape(place)}</a></p>'
