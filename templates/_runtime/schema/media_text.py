"""Media in a request: the texts that stand for them, and files that become such texts.

A document takes a medium as text: a UUID, a URL, a data URI or base64. People have a
`Path`, `bytes` or an open file; a constructor turns it into what the document takes,
or keeps it to be uploaded, where that is no text that holds the medium itself.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError
from pydantic_core import core_schema as core

from ..json_values import is_array, is_object
from ..media.files import (
    MediaFile,
    MediaSource,
    UnusableFile,
    check_size,
    content_of,
    is_file,
    type_of,
)
from ..media.local_files import LocalFile
from .formats import is_uri, is_uuid

__all__ = ["Media", "MediaSource", "holds_file", "with_texts"]

Test: TypeAlias = Callable[[str], bool]
"""Says whether a text is as it must be."""


@dataclass(frozen=True, slots=True)
class Media:
    """Text that stands for a medium, in one of the ways that the document accepts.

    Attributes:
        kind: image, video, audio or file.
        accepts: The ways.
        least_bytes: The size of the smallest file that the document allows.
        most_bytes: The size of the largest.
    """

    kind: str
    accepts: tuple[Test, ...]
    least_bytes: float | None
    most_bytes: float | None

    def __init__(
        self,
        kind: str,
        *accepts: Test,
        least_bytes: float | None = None,
        most_bytes: float | None = None,
    ) -> None:
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "accepts", accepts)
        object.__setattr__(self, "least_bytes", least_bytes)
        object.__setattr__(self, "most_bytes", most_bytes)

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core.no_info_plain_validator_function(
            self._check, json_schema_input_schema=core.str_schema()
        )

    def _check(self, value: object) -> str:
        if isinstance(value, UnusableFile):
            raise _refusal(str(value))
        if not isinstance(value, str):
            raise PydanticKnownError("string_type")
        for accepts in self.accepts:
            if accepts(value):
                return value
        raise _refusal(f"must be {self._ways()}, or a file as pathlib.Path(…)")

    @property
    def _inline(self) -> list[Test]:
        """The ways that hold the medium itself, and not where it is."""
        return [way for way in self.accepts if way not in (is_uuid, is_uri)]

    def text_of(self, content: bytes, *, uploads: bool) -> str:
        """Turn the content of a file into a text that the document accepts.

        Args:
            content: The content.
            uploads: Whether it may be uploaded, where the document accepts no file.

        Returns:
            The text; a `LocalFile` where it has to be uploaded.

        Raises:
            UnusableFile: The document does not accept such a file.
        """
        check_size(len(content), self.least_bytes, self.most_bytes)
        found = type_of(content, self.kind)
        if uploads and not self._inline:
            return LocalFile.of(content, self.kind, found.media_type)
        base64 = b64encode(content).decode("ascii")
        for text in (f"data:{found.media_type};base64,{base64}", base64):
            if any(accepts(text) for accepts in self._inline):
                return text
        raise UnusableFile(
            f"is {found.media_type}, but must be {self._ways()}"
            if self._inline
            else f"must be {self._ways()}, not the file itself: upload it first, with "
            "a mediaStorage task, and give the UUID that its result has"
        )

    def _ways(self) -> str:
        *ways, last = map(self._way, self.accepts)
        return f"{', '.join(ways)} or {last}" if ways else last

    def _way(self, way: Test) -> str:
        if way is is_uuid:
            return "a UUID"
        if way is is_uri:
            return "a URL (https://…)"
        pattern = repr(way)
        if "^data:" in pattern:
            media_type = "…" if self.kind == "file" else f"{self.kind}/…"
            return f"a data URI (data:{media_type};base64,…)"
        return "base64" if "+/=" in pattern else f"text like {pattern}"


def _refusal(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def holds_file(value: Any) -> bool:
    """Say whether a value is, or has in it, a file that is not text yet."""
    if isinstance(value, (str, int, float, BaseModel)) or value is None:
        return False
    if is_object(value):
        return any(map(holds_file, value.values()))
    return any(map(holds_file, value)) if is_array(value) else is_file(value)


def with_texts(value: Any, annotation: Any) -> Any:
    """Copy a value with texts in place of files.

    A file where no medium is wanted stays; an `UnusableFile` comes in place of one that
    the document does not take.

    Args:
        value: What was given for a field.
        annotation: The field's annotation.
    """
    return _with_texts(value, [*_alternatives(annotation)])


def _with_texts(value: Any, expected: list[Any]) -> Any:
    if is_array(value):
        items = [*_flat(map(_item_of, expected))]
        return [_with_texts(item, items) for item in value]
    if is_object(value):
        return {
            name: _with_texts(
                part, [*_flat(_member_of(each, name) for each in expected)]
            )
            for name, part in value.items()
        }
    media = [each for each in expected if isinstance(each, Media)]
    if not media or not is_file(value):
        return value
    # Where any text is taken, a UUID could be taken for one.
    return _text_of(value, media, uploads=str not in expected)


def _flat(annotations: Iterable[Any]) -> Iterator[Any]:
    for annotation in annotations:
        yield from _alternatives(annotation)


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Yield what may stand in a place: types, and marks of media."""
    if get_origin(annotation) is Annotated:
        base, *marks = get_args(annotation)
        media = [mark for mark in marks if isinstance(mark, Media)]
        yield from media or _alternatives(base)
    elif get_origin(annotation) in (Union, UnionType):
        yield from _flat(get_args(annotation))
    else:
        yield annotation


def _item_of(expected: Any) -> Any:
    return get_args(expected)[0] if get_origin(expected) is list else None


def _member_of(expected: Any, wire: str) -> Any:
    if get_origin(expected) is dict:
        return get_args(expected)[1]
    if isinstance(expected, type) and issubclass(expected, BaseModel):
        for name, info in expected.model_fields.items():
            if wire == (info.validation_alias or name):
                return info.rebuild_annotation()
    return None


def _text_of(
    file: MediaFile, media: list[Media], *, uploads: bool
) -> str | UnusableFile:
    """Turn a file into a text that one of some media accepts."""
    sizes = [each.most_bytes for each in media]
    most = None if None in sizes else max(filter(None, sizes))
    refusal = UnusableFile()
    try:
        content = content_of(file, most)
    except UnusableFile as error:
        return error
    for each in media:
        try:
            return each.text_of(content, uploads=uploads)
        except UnusableFile as error:
            refusal = error
    return refusal
