"""Subclasses of users: they keep the wire names, and send what their objects show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from .. import PACKAGE
from ..json_values import is_object
from .explanations import field_error
from .fields import wire_name

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo
    from pydantic_core import InitErrorDetails

_EMITTED: Final = f"{PACKAGE}.tasks."


@cache
def is_of_user(cls: type[BaseModel]) -> bool:
    """Return whether a class is not one of the emitted classes of documents."""
    return not cls.__module__.startswith(_EMITTED)


def no_json(wire: object, names: Mapping[str, str]) -> Iterator[InitErrorDetails]:
    """Yield an error for each member that JSON cannot contain.

    The serializer of a subclass may return any value. Errors have wire names, unless
    `names` has others.
    """
    for name, value in wire.items() if is_object(wire) else ():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            sentence = (
                f"cannot be sent: {error}. Add a field_serializer that returns JSON"
            )
            yield field_error(names.get(name, name), sentence)


def keep_wire_names(cls: type[BaseModel], names: dict[str, str]) -> None:
    """Give the fields of a document their wire names, also if a class declares them again.

    A new class may have another alias generator than its emitted base class.

    Raises:
        TypeError: It has another alias for one of the fields.
    """
    for name, wire in names.items():
        info = cls.model_fields.get(name)
        if info is None:
            continue
        if info.alias_priority == 2 and info.validation_alias != wire:
            raise TypeError(
                f"{cls.__name__}.{name} must not have an alias: the server knows the member"
                f" as {wire!r}"
            )
        info.validation_alias = info.serialization_alias = wire
        info.alias_priority = 2


def refuse_unsent(cls: type[BaseModel]) -> None:
    """Raise an error for a class whose objects would show other values than they send.

    Raises:
        TypeError: It excludes a member that its base class sends, or a computed field has
            the wire name of a member.
    """
    sent = {
        name
        for base in cls.__mro__[1:]
        for name, info in getattr(base, "model_fields", {}).items()
        if not _is_excluded(info)
    }
    if sent:
        _refuse_excluded(cls, sent)
        _refuse_hidden(cls)


def _refuse_excluded(cls: type[BaseModel], sent: set[str]) -> None:
    """Raise an error if a member that the base class sends is excluded."""
    for name, info in cls.model_fields.items():
        if name in sent and _is_excluded(info):
            raise TypeError(
                f"{cls.__name__}.{name} must not be excluded: it would be shown, but not"
                " sent. Use None to omit it."
            )


def _refuse_hidden(cls: type[BaseModel]) -> None:
    """Raise an error if a computed field hides a member of the same wire name."""
    aliases = {n: info.validation_alias for n, info in cls.model_fields.items()}
    members = {a if isinstance(a, str) else wire_name(n) for n, a in aliases.items()}
    for name, computed in cls.model_computed_fields.items():
        wire = computed.alias or wire_name(name)
        if wire in members:
            raise TypeError(
                f"{cls.__name__}.{name} must not have the wire name of another member,"
                f" {wire!r}: its value would be sent instead of the one that is shown."
                " Change the member with a field_validator."
            )


def _is_excluded(info: FieldInfo) -> bool:
    return bool(info.exclude or info.exclude_if)
