"""Objects as they stand in JSON, with Python's names for their members."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import AliasGenerator, BaseModel, ConfigDict

from ..json_values import is_array, is_object
from ..media.local_files import LocalFile, files_in, refuse_files
from .depth import SCALARS
from .explanations import shown
from .fields import hidden_names, python_names, wire_name, wire_names
from .rules import Wire

_LONG = 2**12
"""Bytes from which marshal takes longer than to copy all but the texts, which cannot
change."""


class JsonObject(BaseModel):
    """An object as it stands in JSON, with Python's names for its members."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=wire_name),
        defer_build=True,
        frozen=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
        strict=True,
    )

    def to_wire(self) -> Wire:
        """Return the object as it is sent: what was set, in its order, nothing else.

        Raises:
            ValueError: There is a file in it that is uploaded when it is sent.
        """
        private = self.__pydantic_private__
        if private is None or "wire" not in private:
            wire: Wire = plain(self)
            refuse_files(wire, type(self).__name__)
        else:
            wire = _copy_of(private["wire"])
        return wire

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            owner = type(self).__name__
            message = f"{owner} cannot be changed; replace() of a request makes another"
            raise AttributeError(message, name=name, obj=self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JsonObject):
            return NotImplemented
        return type(self) is type(other) and wire_so_far(self) == wire_so_far(other)

    def __hash__(self) -> int:
        return hash((type(self), repr(wire_so_far(self))))

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        hidden = hidden_names(type(self))
        for name, wire in wire_names(type(self)).items():
            if name in self.__pydantic_fields_set__:
                yield name, _repr(self.__dict__[name], hide=wire in hidden)
        for name, value in (self.__pydantic_extra__ or {}).items():
            yield name, _repr(value, hide=False)


# The slot itself: a class that cannot be changed would have to be circumvented.
_set_private: Callable[[JsonObject, dict[str, Any]], None] = vars(BaseModel)[
    "__pydantic_private__"
].__set__


def remember_order(made: JsonObject, data: Wire) -> None:
    """Remember the order of what was given."""
    _set_private(made, {"order": tuple(data)})


def remember_wire(made: JsonObject, data: Wire, frozen: bytes) -> None:
    """Remember all of what was given.

    Args:
        made: The object that was made of it.
        data: What was given.
        frozen: The same, as marshal writes it.
    """
    _set_private(made, {"wire": frozen if len(frozen) < _LONG else plain(data)})


def _copy_of(wire: bytes | Wire) -> Wire:
    copy: Wire = marshal.loads(wire) if isinstance(wire, bytes) else plain(wire)
    return copy


def wire_so_far(made: JsonObject) -> Wire:
    """Return an object as it is sent, with a `LocalFile` for each that is uploaded."""
    private = made.__pydantic_private__ or {}
    wire: Wire = made.to_wire() if "wire" in private else plain(made)
    return wire


def files_of(made: JsonObject) -> Iterator[LocalFile]:
    """Yield the files in an object that are uploaded when it is sent."""
    if "wire" not in (made.__pydantic_private__ or {}):  # what is frozen has none
        yield from files_in(plain(made))


def plain(value: Any) -> Any:
    """Copy a value as JSON; a result may be nested deeper than Python can call."""
    whole = [value]
    copied: list[list[Any] | Wire] = [whole]
    while copied:
        container = copied.pop()
        parts = container.items() if is_object(container) else enumerate(container)
        for place, part in parts:
            if type(part) in SCALARS:
                continue
            copy = _shallow(part)
            if copy is not None:
                container[place] = copy  # type: ignore[index]
                copied.append(copy)
    return whole[0]


def _members(made: JsonObject) -> Wire:
    """Return the members that were set, as they are, by their wire names."""
    names = python_names(type(made))
    members = vars(made)
    extra = made.model_extra or {}
    return {
        wire: members[names[wire]] if wire in names else extra[wire]
        for wire in order_of(made)
    }


def order_of(made: JsonObject) -> tuple[str, ...]:
    """Return the wire names of what was set, in the order in which it came."""
    order = _given_order(made)
    given = made.model_fields_set  # members beyond the fields among them
    if len(order) == len(given):
        return order
    # pydantic made it without validation, as model_construct and model_copy do.
    names = wire_names(type(made))
    fields = (wire for name, wire in names.items() if name in given)
    return (*fields, *(made.model_extra or {}))


def _given_order(made: JsonObject) -> tuple[str, ...]:
    private = made.__pydantic_private__ or {}
    if "wire" in private:
        return tuple(_copy_of(private["wire"]))
    order: tuple[str, ...] = private.get("order", ())
    return order


def _shallow(value: Any) -> list[Any] | Wire | None:
    """Copy an array or an object, but not what is in it; None for any other value."""
    if is_array(value) or is_object(value):
        return value.copy()
    return _members(value) if isinstance(value, JsonObject) else None


def _repr(value: Any, *, hide: bool) -> Any:
    if isinstance(value, JsonObject):
        return value
    if isinstance(value, LocalFile):
        return value.description
    if is_array(value):
        return [_repr(item, hide=hide) for item in value]
    if is_object(value):
        return {name: _repr(member, hide=hide) for name, member in value.items()}
    return shown(value, hide=hide and not _is_link(value))


def _is_link(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))
