"""The Jinja environment, with filters for text of documents."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from runware_codegen.render.docstrings import docstring
from runware_codegen.render.imports import import_of
from runware_codegen.render.literals import (
    string,
    wrapped_string,
    wrapped_strings,
)
from runware_codegen.resources import folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jinja2 import Environment, Template


def template(path: str) -> Template:
    """Return the template of a file of the package."""
    return _environment().get_template(path)


@cache
def _environment() -> Environment:
    return new_environment(
        folder("templates"),
        {
            "docstring": docstring,
            "import_of": import_of,
            "literal": string,
            "wrapped_literal": wrapped_string,
            "wrapped_literals": wrapped_strings,
        },
    )


def new_environment(
    templates: Path, filters: Mapping[str, Callable[..., str]]
) -> Environment:
    """Return an environment for a folder of templates.

    The filters escape text: the templates are not HTML.
    """
    import jinja2  # noqa: PLC0415  # slow to import

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
    )
    more: Any = filters
    env.filters.update(more)
    return env
