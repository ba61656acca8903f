"""Wraps Markdown as docstrings; lists and code stay as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from textwrap import dedent, wrap
from typing import Final

from runware_codegen.render.inert import inert
from runware_codegen.render.literals import LINE, docstring_body

# Also inside quotations and list items: extensions of Markdown obey the words after a
# fence, so that no line may be joined to it.
_FENCE: Final = re.compile(r"^(?:\s|>|[-*+]\s|\d+[.)]\s)*(```|~~~)")
_VERBATIM: Final = re.compile(r"^(\||    )")
_ITEM: Final = re.compile(r"^(\s*)([-*+]|\d+[.)])\s+")

_MAX_TEXTS: Final = 2**13
"""The size of the cache: documents repeat each other's texts."""


@lru_cache(_MAX_TEXTS)
def _wrap_words(text: str, width: int, hanging: str) -> tuple[str, ...]:
    """Wrap text between words that spaces separate, with a hanging indentation."""
    lines = wrap(
        text,
        width,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return tuple(lines)


@lru_cache(_MAX_TEXTS)
def docstring(text: str, indent: int) -> str:
    """Write a docstring, with its quotes, as black formats it.

    Args:
        text: Markdown, from a document or from the generator.
        indent: The indentation of its place, in columns.
    """
    body = docstring_body(inert(text).strip(" \n"))
    room = LINE - indent
    first, *rest = _wrapped(body, room)
    if not rest:  # its closing quotes are in the same line
        end = 4 if body.endswith('"') else 3
        first, *rest = _wrapped(body, room - end)
    start = f'""" {first}' if first.startswith('"') else f'"""{first}'
    if not rest:
        return f'{start} """' if first.endswith('"') else f'{start}"""'
    margin = " " * indent
    dedented = dedent("\n".join(rest)).split("\n")
    lines = [margin + line if line else "" for line in dedented]
    return "\n".join([start, *lines, f'{margin}"""'])


def _wrapped(text: str, room: int) -> list[str]:
    """Wrap Markdown to a width; code, tables and long words are not broken."""
    lines: list[str] = []
    for paragraph, is_fixed in _paragraphs(text):
        if is_fixed:
            lines.append(paragraph)
        else:
            lines += _wrapped_line(paragraph, room, is_first=not lines)
    return lines or [""]


def _wrapped_line(paragraph: str, room: int, *, is_first: bool) -> Sequence[str]:
    item = _ITEM.match(paragraph)
    hanging = " " * item.end() if item else ""
    if is_first:  # after the opening quotes
        start = 4 if paragraph.startswith('"') else 3
        made = _wrap_words(" " * start + paragraph, room, hanging)
        return [made[0].lstrip(), *made[1:]]
    return _wrap_words(paragraph, max(room, 20), hanging)


def _paragraphs(text: str) -> list[tuple[str, bool]]:
    """Join the lines of each paragraph; items and headings stay separate.

    Returns:
        Each paragraph, with whether it is not wrapped: code, a table or a blank line.
    """
    paragraphs: list[tuple[list[str], bool]] = []
    fenced = is_open = False
    for line in text.split("\n"):
        fence = bool(_FENCE.match(line))
        is_fixed = fenced or fence or bool(_VERBATIM.match(line)) or not line.strip()
        if is_open and not is_fixed and not _begins(line):
            paragraphs[-1][0].append(line.strip())
        else:
            paragraphs.append(([line.rstrip()], is_fixed))
            is_open = not is_fixed and not line.startswith("#")
        fenced ^= fence
    return [(" ".join(lines), is_fixed) for lines, is_fixed in paragraphs]


def _begins(line: str) -> bool:
    """Return whether a line begins a paragraph, even without a blank line before it."""
    return bool(_ITEM.match(line)) or line.startswith(("#", ">"))
