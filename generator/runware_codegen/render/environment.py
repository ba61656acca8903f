"""The Jinja environment: text of documents passes through filters, or not at all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from runware_codegen.render.docstrings import docstring
from runware_codegen.render.literals import string, strings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@cache
def environment(templates: Path) -> Environment:
    """Return the environment for a folder of templates."""
    env = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - Python, not HTML: the filters escape
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "docstring": docstring,
        "literal": string,
        "literals": strings,
    }
    env.filters.update(filters)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return env
