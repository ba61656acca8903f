"""Files that a request holds until the client uploads them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Self, cast

from pydantic_core import PydanticSerializationError

from ..json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


NOT_UPLOADED: Final = (
    "not the file itself: upload it first, with a mediaStorage task, and give the UUID "
    "that its result has"
)
"""The end of a sentence that refuses a file."""


class LocalFile(str):
    """A file in a request, where the UUID is wanted that the platform will give it.

    As a text it is a UUID made of its content. So it passes wherever a UUID does, and
    equal files are equal; but the platform does not know it, and it is never sent.

    Attributes:
        content: The file.
        kind: image, video, audio or file.
        media_type: Its type, such as "video/mp4".
    """

    __slots__ = ("content", "kind", "media_type")

    content: bytes
    kind: str
    media_type: str

    @classmethod
    def of(cls, content: bytes, kind: str, media_type: str) -> Self:
        """Make one of the content of a file."""
        name = sha256(content, usedforsecurity=False)
        name.update(f"{kind} {media_type}".encode())
        made = cls(_as_uuid(name.hexdigest()))
        made.content = content
        made.kind = kind
        made.media_type = media_type
        return made

    @property
    def description(self) -> str:
        """What may be shown of it."""
        return f"<{self.media_type} file of {len(self.content):,} bytes>"


def _as_uuid(digits: str) -> str:
    """Lay digits out as a UUID of version 4 (RFC 9562, section 5.4)."""
    parts = digits[:8], digits[8:12], f"4{digits[13:16]}", f"8{digits[17:20]}"
    return "-".join((*parts, digits[20:32]))


def files_in(wire: Any) -> Iterator[LocalFile]:
    """Yield the files in a wire, one that is there twice as often."""
    left = [wire]
    for value in left:
        kind = cast("object", type(value))
        if kind is dict:
            left += value.values()
        elif kind is list:
            left += value
        elif kind is LocalFile:
            yield value


def place_of(file: LocalFile, wire: Any) -> str | None:
    """Say where a file stands in a wire, such as "inputs.frames.0.image"."""
    if isinstance(wire, LocalFile):
        return "" if wire == file else None
    for name, part in _parts(wire):
        place = place_of(file, part)
        if place is not None:
            return f"{name}.{place}".rstrip(".")
    return None


def _parts(value: Any) -> Iterable[tuple[object, Any]]:
    if is_object(value):
        return value.items()
    return enumerate(value) if is_array(value) else ()


def with_uuids(wire: Any, uuids: Mapping[LocalFile, object]) -> Any:
    """Copy a wire with a UUID, or what else is given, in place of each file."""
    if isinstance(wire, LocalFile):
        return uuids[wire]
    if is_object(wire):
        return {name: with_uuids(part, uuids) for name, part in wire.items()}
    return [with_uuids(part, uuids) for part in wire] if is_array(wire) else wire


def with_contents(dumped: Any) -> Any:
    """Return a dump with the bytes of each file, from which it can be made again."""
    contents = {file: file.content for file in files_in(dumped)}
    return with_uuids(dumped, contents) if contents else dumped


def refuse_in_json(value: Any) -> Any:
    """Return a value that is written as JSON, unless it is a file.

    Raises:
        PydanticSerializationError: It is a file.
    """
    if isinstance(value, LocalFile):
        message = (
            f"the {value.description.strip('<>')} cannot be written as JSON: a client "
            "uploads it when it sends the request. Upload it with a mediaStorage task, "
            "and give the UUID that its result has"
        )
        raise PydanticSerializationError(message)
    return value


def refuse_files(wire: Any, owner: str) -> None:
    """Refuse to show a wire that is not whole yet.

    Raises:
        ValueError: There is a file in it.
    """
    for file in files_in(wire):
        message = (
            f"this {owner} has no wire yet: {place_of(file, wire)} is a file, and a "
            "client uploads it when it sends the request. To have the wire before that, "
            "upload the file with a task of its own and give the UUID instead"
        )
        raise ValueError(message)
