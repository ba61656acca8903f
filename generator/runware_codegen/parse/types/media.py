"""Recognizes strings that stand for an image, a video, audio or another file.

A document says it as a choice of formats and patterns: a UUID, a URI, a data URI, or
base64. The kind is read from the data URI's pattern, else from the name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runware_codegen.model import Media
from runware_codegen.model.predicates import AnyOf, HasFormat, Matches

if TYPE_CHECKING:
    from runware_codegen.model import String
    from runware_codegen.model.predicates import Predicate

_DATA_URI = re.compile(r"\^data:(image|video|audio)\b")
_NAME = re.compile(r"image|video|audio|mask", re.IGNORECASE)
_ADDRESSES = {HasFormat("uuid"), HasFormat("uri")}


def recognize_media(text: String, left: Predicate, name: str) -> Media | None:
    """Recognise a medium in a text and in what is left to check of it.

    Args:
        text: The text.
        left: What is left to check.
        name: What the value is called.

    Returns:
        The medium, or None when it is another text, or one with limits of its own.
    """
    plain = not (text.min_length or text.max_length or text.pattern or text.format)
    if not plain or not isinstance(left, AnyOf):
        return None
    if not all(isinstance(part, (HasFormat, Matches)) for part in left.parts):
        return None
    for part in left.parts:
        kind = _DATA_URI.match(part.source) if isinstance(part, Matches) else None
        if kind:
            return Media(kind[1], left.parts)
    if not set(left.parts) >= _ADDRESSES:
        return None
    named = _NAME.search(name)
    kind_named = named[0].lower().replace("mask", "image") if named else "file"
    return Media(kind_named, left.parts)
