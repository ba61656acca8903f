"""The Jinja environment, with filters for text of documents."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from runware_codegen.render.docstrings import docstring
from runware_codegen.render.imports import import_of
from runware_codegen.render.literals import (
    string,
    strings,
    wrapped_string,
    wrapped_strings,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jinja2 import Environment


@cache
def environment(templates: Path) -> Environment:
    """Return the environment for a folder of templates."""
    import jinja2  # noqa: PLC0415  # slow to import

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Python, not HTML: the filters escape
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "docstring": docstring,
        "import_of": import_of,
        "literal": string,
        "literals": strings,
        "wrapped_literal": wrapped_string,
        "wrapped_literals": wrapped_strings,
    }
    env.filters.update(filters)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return env
