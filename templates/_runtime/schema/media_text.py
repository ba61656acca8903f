"""Media in requests: strings, and files that are converted to strings.

In a document, a medium is a string: a UUID, a URL, a data URI or base64. Callers may
also pass a `Path`, `bytes` or an open file. A constructor converts it to a data URI or base64.
If the document accepts neither, the file is kept, and a client uploads it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic_core import (
    CoreSchema,
    PydanticCustomError,
    PydanticKnownError,
    SchemaValidator,
)
from pydantic_core import core_schema as core

from ..media.files import (
    MediaFile,
    MediaSource,
    UnusableFile,
    check_size,
    content_of,
    is_file,
    name_of,
    type_of,
)
from ..media.local_files import LocalFile, refuse_in_json
from .explanations import refusal
from .fast_path import FAST
from .format_schemas import usual_schema
from .formats import is_uri, is_uuid
from .patterns import Pattern

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

__all__ = ["Media", "MediaSource"]

Test: TypeAlias = Callable[[str], bool]
"""Returns whether a text is valid."""

NO_FILE_IN_JSON: Final = core.plain_serializer_function_ser_schema(
    refuse_in_json, when_used="json"
)
"""The serializer of a value that may be a file, which JSON cannot contain."""


class Media:
    """A text that stands for a medium, in one of the forms that the document accepts.

    Attributes:
        kind: The kind of medium: image, video, audio or file.
        accepts: The accepted forms.
        min_bytes: The minimum size of a file in bytes; None without a limit.
        max_bytes: The maximum size of a file in bytes; None without a limit.
    """

    def __init__(
        self,
        kind: str,
        *accepts: Test,
        min_bytes: float | None = None,
        max_bytes: float | None = None,
    ) -> None:
        self.kind = kind
        self.accepts = accepts
        self.min_bytes = min_bytes
        self.max_bytes = max_bytes

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core.no_info_plain_validator_function(
            self._check,
            metadata={
                "pydantic_js_functions": [self._describe],
                FAST: core.no_info_plain_validator_function(self._text_check()),
            },
            serialization=NO_FILE_IN_JSON,
        )

    def _text_check(self) -> Callable[[Any], str]:
        """Return a validator that accepts texts only, since a file can be read only once."""
        forms = map(_text_schema, self.accepts)
        texts = SchemaValidator(core.union_schema([*forms], mode="left_to_right"))
        is_accepted = texts.isinstance_python

        def check(value: Any) -> str:
            if type(value) is str and is_accepted(value):
                return value
            raise PydanticKnownError("string_type")

        return check

    def _describe(self, _: CoreSchema, __: Any) -> dict[str, Any]:
        return {"type": "string", "anyOf": [*map(_schema_of, self.accepts)]}

    def _check(self, value: object) -> str:
        if isinstance(value, LocalFile):  # the file of another request
            value = value.content
        if is_file(value):
            try:
                return self.text_of(value)
            except UnusableFile as error:
                raise refusal(str(error)) from None
        forms = f"must be {self._forms()}, or a file as pathlib.Path(…)"
        if not isinstance(value, str):
            sentence = {"sentence": f"{forms}, bytes or an open file"}
            raise PydanticCustomError("string_type", "{sentence}", sentence)
        for accepts in self.accepts:
            if accepts(value):
                return value
        raise refusal(forms)

    @property
    def _inline(self) -> list[Test]:
        """The accepted forms that contain the medium itself."""
        return [form for form in self.accepts if form not in (is_uuid, is_uri)]

    def text_of(self, file: MediaFile) -> str:
        """Convert the content of a file to a text that the document accepts.

        It is a `LocalFile` if the document accepts neither a data URI nor base64.

        Raises:
            UnusableFile: The document does not accept such a file, or it cannot be read.
        """
        content, name = content_of(file, self.max_bytes), name_of(file)
        check_size(len(content), self.min_bytes, self.max_bytes)
        found = type_of(content, self.kind, name)
        if not self._inline:
            return LocalFile.of(content, self.kind, found.media_type)
        base64 = b64encode(content).decode("ascii")
        for text in (f"data:{found.media_type};base64,{base64}", base64):
            if any(accepts(text) for accepts in self._inline):
                return text
        raise UnusableFile(f"must be {self._forms()}, but {name} is {found.media_type}")

    def _forms(self) -> str:
        *forms, last = map(self._form, self.accepts)
        return f"{', '.join(forms)} or {last}" if forms else last

    def _form(self, form: Test) -> str:
        if form is is_uuid:
            return "a UUID"
        if form is is_uri:
            return "a URL (https://…)"
        pattern = repr(form)
        if "^data:" in pattern:
            media_type = "…" if self.kind == "file" else f"{self.kind}/…"
            return f"a data URI (data:{media_type};base64,…)"
        return "base64" if "+/=" in pattern else f"a string that {form}"


def _text_schema(form: Test) -> CoreSchema:
    if isinstance(form, Pattern):
        return form.schema()
    return usual_schema("uuid" if form is is_uuid else "uri")


def _schema_of(form: Test) -> dict[str, Any]:
    if isinstance(form, Pattern):
        return form.json_schema()
    return {"format": "uuid" if form is is_uuid else "uri"}
