"""Results of tasks: open to what their documents do not name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self, cast

from pydantic import (
    ConfigDict,
    SerializationInfo,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import core_schema as core

from ..json_values import is_array, is_object
from .fields import required_names, wire_names
from .json_object import JsonObject
from .rules import Wire

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import httpx2

LARGEST_OUTPUT: Final = 2**30
"""The default limit of the bytes of a saved output."""


class TaskResult(JsonObject):
    """One result of a task: open to what the document does not know.

    A field that the document promises but that did not come raises AttributeError when
    it is read, and only then. A value that is not what the document says is kept as it
    came. `to_wire()` gives everything back.
    """

    model_config = ConfigDict(extra="allow")

    if not TYPE_CHECKING:
        # Sphinx adds an annotation to BaseModel that pydantic refuses to inherit. Old
        # versions of pydantic know builtins alone here.
        __pydantic_extra__: dict[str, object]

    @classmethod
    def _complete(
        cls, model: dict[str, Any], fields: dict[str, dict[str, Any]]
    ) -> None:
        for field in fields.values():
            if field["schema"]["type"] != "default":  # it may be missing all the same
                field["schema"] = core.with_default_schema(
                    field["schema"], default=None
                )
        # A value is kept as it came, so that its type is known only when it is written.
        model["serialization"] = core.plain_serializer_function_ser_schema(
            _members, info_arg=True
        )

    def to_wire(self) -> Wire:
        """Return the item as it came."""
        whole = [self]
        copied: list[Any] = [whole]
        while copied:  # it may be nested deeper than Python can call
            container: Any = copied.pop()
            parts: Any = (
                container.items() if is_object(container) else enumerate(container)
            )
            for place, part in parts:
                copy = _shallow(part)
                if copy is not None:
                    container[place] = copy
                    copied.append(copy)
        return cast("Wire", whole[0])

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            try:
                return super().__getattr__(name)
            except AttributeError:
                wire = wire_names(type(self)).get(name)
                if wire is None:
                    raise
                message = f"this {type(self).__name__} came without {wire!r}"
                raise AttributeError(message, name=name, obj=self) from None

    def _repr_html_(self) -> str:
        """Return the result for a notebook: images by their URLs, and the rest as text."""
        from .notebook import html_of

        return html_of(self)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        output: str | None = None,
        limit: int = LARGEST_OUTPUT,
        timeout: float = 600.0,
        http_client: httpx2.Client | None = None,
    ) -> Path:
        """Save the output that this result gives, such as its image, to a file.

        It is fetched from its URL, unless it came with the result. The file appears
        when it is known to be whole, in place of one that was there. It is asked for as
        it is; what a host compresses all the same is decompressed, and its checksum
        compared.

        Args:
            path: The file. Without a suffix it gets the one of its type; in a folder
                it gets its UUID for a name.
            output: Which output, where there are several: `image` is what imageURL,
                imageDataURI or imageBase64Data gives.
            limit: The bytes that it may have.
            timeout: The seconds after which fetching it is given up: all of it, with
                redirects, names and connections. A host may be silent for a minute.
            http_client: Your own HTTP client; no key goes to the file's host even so.

        Returns:
            The path of the file.

        Raises:
            DownloadError: There is no such output, or no way to get it whole and in
                time.
            ValueError: The timeout is no number of seconds above 0.
            OSError: The file cannot be written.
        """
        from ..media.download import Saving, save

        saving = Saving(self.to_wire(), path, output, limit, timeout)
        return save(saving, http_client)

    async def asave(
        self,
        path: str | os.PathLike[str],
        *,
        output: str | None = None,
        limit: int = LARGEST_OUTPUT,
        timeout: float = 600.0,
        http_client: httpx2.AsyncClient | None = None,
    ) -> Path:
        """Save the output that this result gives; see `save`, which does the same."""
        from ..media.download import Saving, asave

        saving = Saving(self.to_wire(), path, output, limit, timeout)
        return await asave(saving, http_client)

    @field_validator("*", mode="wrap")
    @classmethod
    def _keep(cls, value: Any, read: Callable[[Any], Any]) -> Any:
        try:
            return read(value)
        except (ValidationError, RecursionError):  # the latter: it is nested too deeply
            return value

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, read: Callable[[Any], Self]) -> Self:
        if not is_object(data):
            return read(data)
        # pydantic refuses an object that has a name with half a surrogate pair.
        odd = {n: m for n, m in data.items() if not n.isascii() and not _is_unicode(n)}
        known = {n: m for n, m in data.items() if n not in odd} if odd else data
        result = read(known)
        for name in required_names(cls):
            if name not in result.__pydantic_fields_set__:
                vars(result).pop(name, None)
        if odd and result.__pydantic_extra__ is not None:
            result.__pydantic_extra__.update(odd)
            result.__pydantic_fields_set__.update(odd)
        return result


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class ResultPart(TaskResult):
    """An object inside a result, as open as the result."""


def _members(made: TaskResult, info: SerializationInfo) -> Wire:
    return _set_members(made, by_alias=bool(info.by_alias))


def _set_members(made: TaskResult, *, by_alias: bool) -> Wire:
    """Return the members that were set, as they are."""
    names = wire_names(type(made)) if by_alias else {}
    given = made.__pydantic_fields_set__
    members = {names.get(n, n): value for n, value in vars(made).items() if n in given}
    return {**members, **(made.__pydantic_extra__ or {})}


def _shallow(value: Any) -> list[Any] | Wire | None:
    """Copy an array or an object, but not what is in it; None for any other value."""
    if is_array(value) or is_object(value):
        return value.copy()
    if isinstance(value, TaskResult):
        return _set_members(value, by_alias=True)
    return None
