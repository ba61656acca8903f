"""Recognizes strings that stand for an image, a video, audio or another file.

In a document, such a string is a choice of formats and patterns: a UUID, a URI, a data
URI or base64. The pattern of the data URI names the kind, else the name of the property.
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
    """Recognize a media file in a string and the predicate beside it.

    Args:
        text: The type of the string.
        left: What the type does not express.
        name: The name of the property.

    Returns:
        The type of the file; None for other strings, and for strings with limits.
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
