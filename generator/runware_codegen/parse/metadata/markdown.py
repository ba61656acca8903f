"""Cleans up the Markdown of a document."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

_ESCAPED: Final = re.compile(r"\\([`*_\[\]#>~|{}()!<-])")
_CALLOUT: Final = re.compile(r"^> \[!(\w+)\][ \t]*\n((?:>.*(?:\n|$))*)", re.MULTILINE)
_MORE: Final = re.compile(r"\[Read full documentation\]\([^)\s]*\)\s*$")
_ITEM: Final = re.compile(r"^[-*] `([^`\n]+)`:.*\n*(?:^[ \t]+\S.*\n*)*", re.MULTILINE)
_LIST: Final = re.compile(rf"(?:{_ITEM.pattern})+", re.MULTILINE)
_MAX_LENGTH: Final = 20_000
_MAX_TEXTS: Final = 2**12
"""The size of the cache: documents repeat each other's texts."""


@lru_cache(_MAX_TEXTS)
def clean_markdown(text: str) -> str:
    """Remove needless escapes, and turn call-outs into paragraphs.

    A longer text than 20,000 characters is cut and ends with "[…]".
    """
    if len(text) > _MAX_LENGTH:
        text = f"{text[:_MAX_LENGTH].rstrip()} […]"
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _MORE.sub("", text)
    text = _ESCAPED.sub(r"\1", text)
    text = _CALLOUT.sub(_paragraph, text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _paragraph(callout: re.Match[str]) -> str:
    body = re.sub(r"^> ?", "", callout[2], flags=re.MULTILINE).strip()
    return f"{callout[1].capitalize()}: {body}\n"


def without_other_values(text: str, allowed: Collection[str]) -> str:
    """Remove list items about values that a member does not allow.

    Documents of several models share descriptions such as "- `GLB`: A format for 3D
    models." Only a list that has an item about an allowed value is changed.
    """

    def allowed_items(found: re.Match[str]) -> str:
        whole = found[0]
        kept = [each[0] for each in _ITEM.finditer(whole) if each[1] in allowed]
        end = whole[len(whole.rstrip("\n")) :]
        return "".join(kept).rstrip("\n") + end if kept else whole

    return _LIST.sub(allowed_items, text) if allowed else text
