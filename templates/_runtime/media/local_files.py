"""Files that a request holds until the client uploads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, ClassVar, Final, Self

from ..json_values import is_array, is_object, parts_of, parts_within

NOT_UPLOADED: Final = (
    "not a file. Upload the file with a mediaStorage task, and use the UUID in its result"
)
"""The end of the error message for a file that cannot be uploaded here."""


class LocalFile(str):
    """A file in a request, as a placeholder for the UUID of its upload.

    As a str, it is a UUID derived from its content. So it is valid where a UUID is
    required, and equal files are equal. The platform does not know this UUID, and it is
    never sent.

    Attributes:
        content: The content of the file.
        kind: image, video, audio or file.
        media_type: Its media type, such as "video/mp4".
    """

    __slots__ = ("content", "kind", "media_type")

    is_in_use: ClassVar[bool] = False
    """Whether this process has made one; while it has not, none is searched for."""

    content: bytes
    kind: str
    media_type: str

    def __new__(cls, uuid: str) -> Self:
        """Make the text alone; `of` makes a file, and unpickling restores one."""
        LocalFile.is_in_use = True
        return super().__new__(cls, uuid)

    @classmethod
    def of(cls, content: bytes, kind: str, media_type: str) -> Self:
        """Create a placeholder for a file."""
        from uuid import UUID  # slow to import

        name = sha256(content, usedforsecurity=False)
        name.update(f"{kind} {media_type}".encode())
        made = cls(str(UUID(name.hexdigest()[:32], version=4)))
        made.content = content
        made.kind = kind
        made.media_type = media_type
        return made

    @property
    def description(self) -> str:
        """A text for messages, with the type and size of the file."""
        return f"<{self.media_type} file of {len(self.content):,} bytes>"


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts in a JSON value, including files and duplicates."""
    left = [value]
    for part in left:
        if isinstance(part, str):
            yield part
        left += (each for _, each in parts_of(part))


def files_in(value: Any) -> Iterable[LocalFile]:
    """Return the files in a JSON value, including duplicates."""
    if not LocalFile.is_in_use:
        return ()
    return (text for text in texts_in(value) if isinstance(text, LocalFile))


def is_file_as_text(given: Any, wire: Any) -> bool:
    """Return whether a file in a caller's value became the text of its UUID in a task."""
    files = {*files_in(given)}
    return bool(files) and any(
        text in files and not isinstance(text, LocalFile) for text in texts_in(wire)
    )


def place_of(file: LocalFile, wire: Any) -> str | None:
    """Return the path of a file in a task object, such as "inputs.frames.0.image"."""
    parts = parts_within(wire)
    return next((p for p, v in parts if isinstance(v, LocalFile) and v == file), None)


def with_uuids(wire: Any, uuids: Mapping[LocalFile, object]) -> Any:
    """Return a copy of a task object with UUIDs, or other values, in place of files."""
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
        from pydantic_core import PydanticSerializationError  # slow to import

        raise PydanticSerializationError(
            f"the {value.description.strip('<>')} cannot be written as JSON: a client "
            "uploads it when it sends the request. Upload it with a mediaStorage task, "
            "and use the UUID in its result"
        )
    return value


def refuse_files(wire: Any, owner: str) -> None:
    """Check that a task object contains no files.

    Raises:
        ValueError: It contains a file, which must be uploaded first.
    """
    for file in files_in(wire):
        raise ValueError(
            f"this {owner} cannot be written as JSON yet: {place_of(file, wire)} is a "
            "file, and a client uploads it when it sends the request. To write it now, "
            "upload the file with a mediaStorage task and use its UUID"
        )
