"""Refuses subclasses whose objects would show other values than they send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fields import wire_name

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo


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
    if not sent:
        return
    for name, info in cls.model_fields.items():
        if name in sent and _is_excluded(info):
            raise TypeError(
                f"{cls.__name__}.{name} must not be excluded: it would be shown, and not"
                " sent. Give None to leave it out."
            )
    wire = {
        (
            info.validation_alias
            if isinstance(info.validation_alias, str)
            else wire_name(n)
        )
        for n, info in cls.model_fields.items()
    }
    for name, computed in cls.model_computed_fields.items():
        if (computed.alias or wire_name(name)) in wire:
            raise TypeError(
                f"{cls.__name__}.{name} must not be computed under the name of another"
                f" member in JSON, {computed.alias or wire_name(name)!r}: its value would"
                " be sent in place of the one that is shown. Change the member itself with"
                " a field_validator."
            )


def _is_excluded(info: FieldInfo) -> bool:
    return bool(info.exclude or info.exclude_if)
