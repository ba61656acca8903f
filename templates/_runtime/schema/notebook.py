"""A result as HTML, for notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any, Final

from ..json_values import parts_of
from .explanations import is_link

if TYPE_CHECKING:
    from .results import TaskResult

_IMAGE_FILE: Final = re.compile(
    r"[^?#]*\.(avif|gif|jpe?g|png|webp)([?#]|\Z)", re.IGNORECASE
)


def html_of(result: TaskResult) -> str:
    """Return images by their URLs, other files as links, and the rest as text."""
    shown = [_html(place, url) for place, url in _links_in(result.to_wire())]
    return "\n".join([*shown, f"<pre>{escape(repr(result))}</pre>"])


def _links_in(wire: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the URLs of outputs at any depth, each with its place, in their order."""
    left: list[tuple[str, Any]] = [("", wire)]
    while left:
        place, value = left.pop()
        if place.lower().endswith("url") and is_link(value):
            yield place, value
        parts = [(f"{place}.{n}".lstrip("."), part) for n, part in parts_of(value)]
        left += reversed(parts)


def _html(place: str, url: str) -> str:
    if place.lower().endswith("imageurl") or _IMAGE_FILE.match(url):
        return (
            f'<img src="{escape(url)}" alt="{escape(place)}" style="max-width: 100%">'
        )
    return f'<p><a href="{escape(url)}">{escape(place)}</a></p>'
