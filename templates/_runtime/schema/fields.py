"""The fields of classes: their wire names, default values, and nested classes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeGuard, get_args

from pydantic import BaseModel, Field

from .constraints import AnyJson, Nullable, Secret
from .media_text import Media

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_CAPITALS = frozenset({"uri", "url", "uuid"})


def constant(value: Any, *, alias: str | None = None) -> Any:
    """Declare a field with a single valid value, which the constructor sets."""
    return Field(validation_alias=alias, json_schema_extra={"const": value})


def filled(value: Any) -> Any:
    """Declare a field with a value that the constructor sets if none is given."""
    return Field(json_schema_extra={"default": value})


def fresh_uuid(*, alias: str | None = None) -> Any:
    """Declare a field for which the constructor creates a UUID if none is given."""
    return Field(validation_alias=alias, json_schema_extra=_unchanged)


def _unchanged(_: dict[str, Any]) -> None:
    """Leave the JSON Schema of a field as it is, and mark the field."""


def wire_name(name: str) -> str:
    """Return the wire name of a field without an alias: `task_uuid` becomes `taskUUID`."""
    first, *rest = name.split("_")
    return first + "".join(
        word.upper() if word in _CAPITALS else word.capitalize() for word in rest
    )


@cache
def wire_names(cls: type[BaseModel]) -> dict[str, str]:
    """Return the wire names of all fields, by their Python names.

    They are the names in an input; a subclass may give a new field several of them, or
    another name for sending.
    """
    names: dict[str, str] = {}
    for name, info in cls.model_fields.items():
        alias = info.validation_alias
        several = wire_name(name) if alias else name
        names[name] = alias if isinstance(alias, str) else several
    return names


@cache
def python_names(cls: type[BaseModel]) -> dict[str, str]:
    """Return the Python names of all fields, by their wire names."""
    return {wire: name for name, wire in wire_names(cls).items()}


@cache
def required_names(cls: type[BaseModel]) -> frozenset[str]:
    """Return the Python names of required fields."""
    fields = cls.model_fields.items()
    return frozenset(name for name, info in fields if info.is_required())


@cache
def nullable_fields(cls: type[BaseModel]) -> frozenset[str]:
    """Return the Python names of fields that accept null."""
    return frozenset(
        name
        for name, info in cls.model_fields.items()
        if any(isinstance(extra, Nullable) for extra in info.metadata)
        or info.annotation in (Any, None, type(None))
    )


def new_uuid() -> str:
    """Return a new UUID for a task."""
    return str(uuid.uuid4())


@cache
def optional_names(cls: type[BaseModel]) -> frozenset[str]:
    """Return the Python and wire names of fields that are optional and not nullable."""
    nullable = nullable_fields(cls)
    return frozenset(
        spelling
        for name, wire in wire_names(cls).items()
        for spelling in (name, wire)
        if name not in nullable and not cls.model_fields[name].is_required()
    )


@cache
def default_names(cls: type[BaseModel]) -> frozenset[str]:
    """Return the Python names of fields with a default value of a subclass."""
    return frozenset(
        name
        for name, info in cls.model_fields.items()
        if not info.is_required() and (info.default is not None or info.default_factory)
    )


@cache
def fills(cls: type[BaseModel]) -> dict[str, Callable[[], Any]]:
    """Return functions that create the values that a constructor sets, by Python name."""
    made: dict[str, Callable[[], Any]] = {}
    for name, info in cls.model_fields.items():
        extra = info.json_schema_extra
        if extra is _unchanged:
            made[name] = new_uuid
        for key in ("const", "default"):
            if isinstance(extra, dict) and key in extra:
                made[name] = _returning(extra[key])
    return made


def _returning(value: Any) -> Callable[[], Any]:
    return lambda: value


@cache
def hidden_names(cls: type[BaseModel]) -> frozenset[str]:
    """Return the names of members, at any depth, whose values are not shown in full."""
    return frozenset(
        shown
        for owner in classes_within(cls)
        for name, info in owner.model_fields.items()
        if any(isinstance(mark, (Media, Secret)) for mark in _marks_of(info))
        for shown in (name, wire_names(owner)[name])
    )


@cache
def part_class(cls: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return the class of the objects in a field; None if it has none."""
    info = cls.model_fields.get(name)
    return next(filter(_is_object_class, _marks_of(info)), None) if info else None


def classes_within(cls: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a class and the classes of its members at any depth, without duplicates."""
    left, seen = [cls], {cls}
    while left:
        owner = left.pop()
        yield owner
        parts = _parts_of(owner) - seen
        seen |= parts
        left += parts


@cache
def build_parts(cls: type[BaseModel]) -> None:
    """Build the classes within a class: pydantic 2.12 and 2.13 serialize no others."""
    for part in classes_within(cls):
        part.model_rebuild()


@cache
def nests_freely(cls: type[BaseModel]) -> bool:
    """Return whether the nesting depth of a class is unlimited."""
    cls.model_rebuild()
    may_be_recursive = cls.__pydantic_core_schema__["type"] == "definitions"
    return may_be_recursive or any(map(_takes_any_json, classes_within(cls)))


def _takes_any_json(cls: type[BaseModel]) -> bool:
    return cls.model_config.get("extra") == "allow" or any(
        mark is Any or isinstance(mark, AnyJson) for mark in _marks_within(cls)
    )


@cache
def _parts_of(cls: type[BaseModel]) -> set[type[BaseModel]]:
    """Return the classes of the objects in the fields of a class."""
    return set(filter(_is_object_class, _marks_within(cls)))


@cache
def _marks_within(cls: type[BaseModel]) -> list[Any]:
    return [*chain.from_iterable(map(_marks_of, cls.model_fields.values()))]


def _marks_of(info: FieldInfo) -> list[Any]:
    return [*info.metadata, *_marks(info.annotation)]


def _is_object_class(mark: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(mark, type) and issubclass(mark, BaseModel)


def _marks(annotation: Any) -> Iterator[Any]:
    """Yield the classes and the metadata in an annotation, at any depth."""
    if isinstance(annotation, type):
        yield annotation
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _marks(part)
