"""The Jinja environment of the pages, with filters for text of documents."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from runware_codegen.pages.text import code, inline, link, paragraphs
from runware_codegen.render.docs import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment


@cache
def pages_environment() -> Environment:
    """Return the environment of the templates beside this module."""
    import jinja2  # noqa: PLC0415  # it takes its time

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Markdown, not HTML: the filters escape
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[[str], str]] = {
        "code": code,
        "inline": inline,
        "link": link,
        "paragraphs": paragraphs,
        "sentence": sentence,
    }
    env.filters.update(filters)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return env
