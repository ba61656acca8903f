"""Recognizes strings that represent an image, a video, audio or another file.

In a document, such a string is a choice of formats and patterns: a UUID, a URI, a data
URI or base64. The pattern of the data URI names the kind, else the name of the property.
"""

from __future__ import annotations

import re

from runware_codegen.model import Media, String
from runware_codegen.model.predicates import AnyOf, HasFormat, Matches, Predicate

_DATA_URI = re.compile(r"\^data:(image|video|audio)\b")
_NAME = re.compile(r"image|video|audio|mask", re.IGNORECASE)
_ADDRESSES = {HasFormat("uuid"), HasFormat("uri")}


def recognize_media(text: String, rest: Predicate, name: str) -> Media | None:
    """Recognize a media file in a string and the predicate beside it.

    Args:
        text: The type of the string.
        rest: The predicate that the type does not express.
        name: The name of the property.

    Returns:
        The type of the file; None for other strings, and for strings with limits.
    """
    if text != String() or not isinstance(rest, AnyOf):
        return None
    forms = tuple(p for p in rest.parts if isinstance(p, (HasFormat, Matches)))
    if len(forms) < len(rest.parts):
        return None
    sources = [form.source for form in forms if isinstance(form, Matches)]
    if kind := next(filter(None, map(_DATA_URI.match, sources)), None):
        return Media(kind[1], forms)
    if not _ADDRESSES.issubset(forms):
        return None
    named = _NAME.search(name)
    by_name = named[0].lower().replace("mask", "image") if named else "file"
    return Media(by_name, forms)
