"""The Jinja environment of the pages, with filters for text of documents."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from runware_codegen.pages.text import code, heading, inline, label, link, paragraphs
from runware_codegen.render.docs import sentence
from runware_codegen.render.environment import new_environment

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def pages_environment() -> Environment:
    """Return the environment of the templates beside this module."""
    filters = (code, heading, inline, label, link, paragraphs, sentence)
    templates = Path(__file__).parent / "templates"
    env = new_environment(templates, {each.__name__: each for each in filters})
    env.keep_trailing_newline = True
    return env
