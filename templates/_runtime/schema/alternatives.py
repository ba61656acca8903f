"""Alternatives in the annotations of fields: the first valid one is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema
from pydantic_core import core_schema as core

from ..media.files import UnusableFile, content_of, is_open_file
from ..media.local_files import NOT_UPLOADED, LocalFile
from .explanations import nearest_alternative, refusal
from .fast_path import FAST
from .media_text import NO_FILE_IN_JSON
from .rules import once


class Either:
    """Alternatives: the first valid one is used. An error describes the closest one."""

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        names = [part.__name__ for part in get_args(source) if isinstance(part, type)]
        union = _left_to_right(handler(source), names)
        takes_text = any(
            str in (part, getattr(part, "__origin__", None))
            for part in get_args(source)
        )

        def check(value: Any, read: Callable[[Any], Any]) -> Any:
            if is_open_file(value):  # read once for all alternatives
                try:
                    value = content_of(value, None)
                except UnusableFile as error:
                    raise refusal(str(error)) from None
            outcome = once(check, value, lambda: _outcome(read, value))
            if isinstance(outcome, ValidationError):
                raise outcome
            if takes_text and isinstance(outcome, LocalFile):
                # The field accepts any text, so it would accept the placeholder UUID.
                raise refusal(f"must be a string, {NOT_UPLOADED}")
            return outcome

        def fast_check(value: Any, read: Callable[[Any], Any]) -> Any:
            if is_open_file(value):
                raise ValueError
            return check(value, read)

        fast = core.no_info_wrap_validator_function(fast_check, union)
        return core.no_info_wrap_validator_function(
            check, union, metadata={FAST: fast}, serialization=NO_FILE_IN_JSON
        )


def _outcome(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        return nearest_alternative(error)


def _left_to_right(schema: CoreSchema, names: list[str]) -> CoreSchema:
    """Return a union that tries its alternatives in order, each with a name for errors."""
    if schema["type"] == "nullable":
        return core.nullable_schema(_left_to_right(schema["schema"], names))
    if schema["type"] != "union":
        return schema
    labelled: list[CoreSchema | tuple[CoreSchema, str]] = []
    for index, choice in enumerate(schema["choices"]):
        bare = choice[0] if isinstance(choice, tuple) else choice
        labelled.append((bare, _label(bare, names, index)))
    return core.union_schema(labelled, mode="left_to_right")


def _label(choice: Any, names: list[str], index: int) -> str:
    """Return the name of the alternative's class; its index if it is not a class."""
    reference = str(choice.get("ref") or choice.get("schema_ref") or "")
    qualified = reference.partition(":")[0].rpartition(".")[2]
    return qualified if qualified in names else str(index)
