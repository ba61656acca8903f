"""Adds limits on media files to fields.

`x-constraints` may limit properties of an image or a video, such as its width. A request
with the URL of a file cannot be validated against such a limit, so the limit is documented
at its field and emitted as data. Only the size of a file that is sent is validated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from runware_codegen.model import Class, Field, MediaLimit
from runware_codegen.model import types as t
from runware_codegen.model.predicates import InRange
from runware_codegen.wording import joined_paragraphs, media_limits_words

_NOUNS: Final = {"audio": "audio file"}


def apply_media_limits(
    classes: dict[str, Class], request: str, limits: Sequence[MediaLimit]
) -> None:
    """Add limits to the fields of media files.

    A limit is added to the documentation of its field, and a file size to the type too.

    Args:
        classes: The classes of the document, which are replaced in place.
        request: The name of the request's class.
        limits: The limits.
    """
    by_parameter: dict[str, list[MediaLimit]] = {}
    for limit in limits:
        by_parameter.setdefault(limit.parameter, []).append(limit)
    for parameter, of_parameter in by_parameter.items():
        *path, name = parameter.split(".")
        owner = _owner(classes, request, path)
        if owner is not None:
            fields = tuple(
                _limited(field, of_parameter) if field.json_name == name else field
                for field in owner.fields
            )
            classes[owner.name] = replace(owner, fields=fields)


def _owner(classes: dict[str, Class], request: str, path: list[str]) -> Class | None:
    """Follow a path of members to the class that has the last of them."""
    owner: Class | None = classes[request]
    for json_name in path:
        found = None if owner is None else owner.field(json_name)
        owner = None if found is None else classes.get(t.object_class(found.type))
    return owner


def _limited(field: Field, limits: Sequence[MediaLimit]) -> Field:
    a_type = field.type
    for limit in limits:
        if limit.operation == "fileSize":
            a_type = _sized(a_type, limit)
    words = media_limits_words(limits)
    if not words:
        return field
    sentence = f"{_subject(field.type)}: {', '.join(words)}."
    return replace(field, type=a_type, doc=joined_paragraphs(field.doc, sentence))


def _subject(a_type: t.Type) -> str:
    """Name the files of a type: "The image", "Each audio file"."""
    types = [*t.types_in(a_type)]
    kinds = {each.kind for each in types if isinstance(each, t.Media)}
    kind = kinds.pop() if len(kinds) == 1 else "file"
    if any(isinstance(each, t.Array) for each in types):
        return f"Each {_NOUNS.get(kind, kind)}"
    return f"The {kind}"


def _sized(a_type: t.Type, limit: MediaLimit) -> t.Type:
    """Limit the size of the files in a type."""
    match a_type:
        case t.Media():
            least = [a_type.size.ge, limit.minimum]
            most = [a_type.size.le, limit.maximum]
            size = InRange(
                ge=max((n for n in least if n is not None), default=None),
                le=min((n for n in most if n is not None), default=None),
            )
            return replace(a_type, size=size)
        case t.Array(item):
            return replace(a_type, item=_sized(item, limit))
        case t.Constrained(inner):
            return replace(a_type, type=_sized(inner, limit))
        case t.Union(alternatives):
            return t.Union(tuple(_sized(each, limit) for each in alternatives))
        case _:
            return a_type
