"""Results of tasks, with all members that the server returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from pydantic import ConfigDict, ValidationError, field_validator, model_validator
from pydantic_core import core_schema as core

from ..json_values import is_array, is_object, key_of, parts_of
from .fields import required_names, wire_names
from .json_object import JsonObject, odd_members, write_if_set
from .rules import Wire

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import httpx2


class TaskResult(JsonObject):
    """A result of a task.

    Members and values that the document does not describe are kept as received. Reading
    a required field that the server did not return raises AttributeError. `to_wire()`
    returns everything that was received.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    if not TYPE_CHECKING:
        # Sphinx adds an annotation to BaseModel that pydantic refuses to inherit. Old
        # versions of pydantic can only resolve builtins here.
        __pydantic_extra__: dict[str, object]

    @classmethod
    def _adapt_schema(
        cls, model: dict[str, Any], fields: dict[str, dict[str, Any]]
    ) -> None:
        for field in fields.values():
            # A value may be of any type, so its serializer cannot be chosen in advance.
            schema = field["schema"]
            of_subclass = schema.pop("serialization", None)
            if schema["type"] != "default":  # it may be missing
                schema = field["schema"] = core.with_default_schema(
                    schema, default=None
                )
            schema["serialization"] = of_subclass or core.simple_ser_schema("any")
        write_if_set(model, fields)

    def to_wire(self) -> Wire:
        """Return the item as received."""
        whole = [self]
        copied: list[Any] = [whole]
        while copied:  # not recursive: it may be nested deeper than Python allows
            container: Any = copied.pop()
            for place, part in parts_of(container):
                copy = _shallow(part)
                if copy is not None:
                    container[place] = copy
                    copied.append(copy)
        return cast("Wire", whole[0])

    def _key(self) -> object:
        return key_of(self.to_wire())

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            try:
                return super().__getattr__(name)
            except AttributeError:
                wire = wire_names(type(self)).get(name)
                if wire is not None:
                    message = f"this {type(self).__name__} came without {wire!r}"
                elif type(self) is TaskResult:
                    message = (
                        f"a TaskResult has JSON names, such as imageURL, and no {name!r}."
                        " The `read` of its request returns it with Python names"
                    )
                else:
                    raise
                raise AttributeError(message, name=name, obj=self) from None

    def _repr_html_(self) -> str:
        """Return the result as HTML for notebooks, with its images."""
        from .notebook import html_of

        return html_of(self)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        output: str | None = None,
        limit: int = 2**30,
        timeout: float = 600.0,
        http_client: httpx2.Client | None = None,
    ) -> Path:
        """Save the output of this result, such as its image, to a file.

        The output is downloaded from its URL, unless the result contains it. The file is
        written completely before it replaces an existing one. Compressed responses are
        decompressed, and checksums are verified.

        Args:
            path: The path of the file. Without a suffix, the suffix of its type is added.
                In a folder, the file is named after the UUID of the output. A missing
                parent folder is created.
            output: The name of the output if there are several.
                It is `image` for imageURL, imageDataURI or imageBase64Data.
            limit: The maximum number of bytes.
            timeout: The timeout of the whole download in seconds.
                It includes redirects and connections. A host may be silent for at most
                one minute.
            http_client: Your own HTTP client. The API key is never sent to the host.

        Returns:
            The path of the file.

        Raises:
            DownloadError: There is no such output, or it could not be downloaded
                completely in time.
            ValueError: The timeout is not a number of seconds above 0, or the path
                contains a null character.
            TypeError: `http_client` is not an `httpx2.Client`.
            OSError: The file cannot be written.
        """
        from ..media.download import DownloadOptions, save

        return save(
            DownloadOptions(self.to_wire(), path, output, limit, timeout), http_client
        )

    async def asave(
        self,
        path: str | os.PathLike[str],
        *,
        output: str | None = None,
        limit: int = 2**30,
        timeout: float = 600.0,
        http_client: httpx2.AsyncClient | None = None,
    ) -> Path:
        """Save the output of this result to a file; see `save`."""
        from ..media.download import DownloadOptions, asave

        options = DownloadOptions(self.to_wire(), path, output, limit, timeout)
        return await asave(options, http_client)

    @field_validator("*", mode="wrap")
    @classmethod
    def _keep(cls, value: Any, read: Callable[[Any], Any]) -> Any:
        try:
            return read(value)
        except (ValidationError, RecursionError):  # RecursionError: nested too deeply
            return value

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, read: Callable[[Any], Self]) -> Self:
        if not is_object(data):
            return read(data)
        odd = odd_members(data)
        known = {n: m for n, m in data.items() if n not in odd} if odd else data
        result = read(known)
        for name in required_names(cls) - result.__pydantic_fields_set__:
            vars(result).pop(name, None)
        for name in result.__pydantic_extra__ or ():
            if wire_names(cls).get(name, name) not in data:  # it is named like a field
                vars(result).pop(name, None)
                result.__pydantic_fields_set__.discard(name)
        if odd and result.__pydantic_extra__ is not None:
            result.__pydantic_extra__.update(odd)
            result.__pydantic_fields_set__.update(odd)
        return result


class ResultPart(TaskResult):
    """An object inside a result; it keeps all members as received."""


def _set_members(instance: TaskResult) -> Wire:
    """Return the members that are set, by their wire names, without copies."""
    names = wire_names(type(instance))
    given = instance.__pydantic_fields_set__
    members = {
        names.get(n, n): value for n, value in vars(instance).items() if n in given
    }
    return {**members, **(instance.__pydantic_extra__ or {})}


def _shallow(value: Any) -> list[Any] | Wire | None:
    """Return a shallow copy of an array or object; None for other values."""
    if is_array(value) or is_object(value):
        return value.copy()
    if isinstance(value, TaskResult):
        return _set_members(value)
    return None
