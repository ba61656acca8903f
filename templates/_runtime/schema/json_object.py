"""JSON objects: the base class of requests, results and their parts.

The fields are the only state: pydantic validates the input once, and serializes the
fields when the object is sent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import copy
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast, dataclass_transform

import pydantic.main
from pydantic import (
    VERSION,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PrivateAttr,
    SerializationInfo,
    ValidationError,
)
from pydantic_core import core_schema as core

from ..json_values import is_array, is_object, is_unicode, key_of
from ..media.local_files import LocalFile, refuse_files
from .docs import member_docs, without_parameters
from .explanations import is_link, shown
from .fields import build_parts, hidden_names, wire_name, wire_names
from .json_types import serialized
from .rules import Wire
from .subclasses import is_of_user, keep_wire_names

# In 2.12.0, unions do not serialize objects without optional members; 2.12.1 is yanked.
if tuple(map(int, VERSION.split(".")[:2])) < (2, 12) or VERSION.startswith("2.12.0"):
    raise ImportError(
        f"This client needs pydantic 2.12.2 or later, and {VERSION} is installed:"
        " pip install 'pydantic>=2.12.2'"
    )


# pydantic holds this lock while it builds a class. A fork waits for it: in the child process,
# no thread would release it.
_BUILDING: Any = getattr(pydantic.main, "_rebuild_lock", None)
if _BUILDING is not None and hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_BUILDING.acquire,
        after_in_parent=_BUILDING.release,
        after_in_child=_BUILDING.release,
    )


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
    from pydantic_core import CoreSchema

    @dataclass_transform(
        kw_only_default=True, frozen_default=True, field_specifiers=(Field, PrivateAttr)
    )
    class _Frozen(ModelMetaclass):
        """Tells type checkers that members cannot be assigned."""

        def __hash__(self) -> int: ...

else:
    from .signatures import Documented as _Frozen


# pydantic defers adapters only if this is True itself. FastAPI ignores a warning about its
# own use of pydantic only while it creates an adapter.
_CLASSES_BUT_NOT_ADAPTERS: Final = cast("bool", 1)


class JsonObject(BaseModel, metaclass=_Frozen):
    """A JSON object whose members have Python names."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=AliasGenerator(
            validation_alias=wire_name, serialization_alias=wire_name
        ),
        defer_build=_CLASSES_BUT_NOT_ADAPTERS,
        frozen=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
        field_title_generator=lambda name, _: name.replace("_", " ").capitalize(),
        strict=True,
        validate_by_alias=True,
        validate_by_name=True,
    )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        schema = handler(source)
        model: Any = handler.resolve_ref_schema(schema)
        while model["type"] != "model":
            model = model["schema"]
        fields = model["schema"]
        while fields["type"] != "model-fields":
            fields = fields["schema"]
        for name, field in fields["fields"].items():
            if field.get("serialization_alias") in {None, wire_name(name)}:
                field["serialization_alias"] = wire_names(cls)[name]
        # An object of a subclass is serialized whole: by pydantic from 2.13 on.
        model["config"]["polymorphic_serialization"] = True
        cls._adapt_schema(model, fields["fields"])
        return schema

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> dict[str, Any]:
        reference: dict[str, Any] = handler(schema)
        described = handler.resolve_ref_schema(reference)
        docs = member_docs(cls)  # of a schema with Python names, or with wire names
        docs = docs | {wire_names(cls).get(n, n): doc for n, doc in docs.items()}
        members = described.get("properties", {})
        if docs.keys() & members.keys() and "description" in described:
            described["description"] = without_parameters(described["description"])
        for name, member in members.items():
            if name in docs:
                member.setdefault("description", docs[name])
            if "default" in member and member["default"] is None:
                del member["default"]  # None means only that it is optional
        return reference

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        for base in cls.__mro__[1:]:
            if issubclass(base, JsonObject) and not is_of_user(base):
                keep_wire_names(cls, wire_names(base))

    @classmethod
    def _adapt_schema(
        cls, model: dict[str, Any], fields: dict[str, dict[str, Any]]
    ) -> None:
        """Change the core schema of a class where declarations are not sufficient."""

    def to_wire(self) -> Wire:
        """Return the object as it is sent, with only the members that are set.

        Raises:
            ValueError: It contains a file, which a client uploads when it sends it.
        """
        wire: Wire = serialized(self)
        refuse_files(wire, type(self).__name__)
        return wire

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            if name in self.__private_attributes__:
                super().__setattr__(name, value)
                return
            owner = type(self)
            by = "replace" if hasattr(owner, "replace") else "model_copy"
            message = (
                f"{owner.__name__} is immutable. Use {by}() to copy it with changes"
            )
            raise AttributeError(message, name=name, obj=self)

        def __delattr__(self, name: str) -> None:
            with suppress(ValidationError):
                super().__delattr__(name)
                return
            setattr(self, name, None)  # raises the error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JsonObject):
            return NotImplemented
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def _key(self) -> object:
        return key_of(serialized(self))

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        hidden = hidden_names(type(self))
        for name, wire in wire_names(type(self)).items():
            is_set = name in self.__pydantic_fields_set__
            if is_set or self.__dict__.get(name) is not None:
                yield name, _repr(self.__dict__[name], hide=wire in hidden)
        for name, value in (self.__pydantic_extra__ or {}).items():
            yield name, _repr(value, hide=False)


_AROUND: Final = ("function-after", "function-before", "function-wrap")


def refuse_null(default: dict[str, Any]) -> None:
    """Let an optional field refuse null: its default None means that it is omitted."""
    default["validate_default"] = default.get("default") is not None
    owner = default
    while owner["schema"]["type"] in _AROUND:
        owner = owner["schema"]
    if owner["schema"]["type"] == "nullable":
        owner["schema"] = owner["schema"]["schema"]


def write_if_set(model: dict[str, Any], fields: dict[str, dict[str, Any]]) -> None:
    """Serialize the objects of a class without the members that are None and not set.

    The core schema of the class may have a serializer of a subclass.
    """
    aliases = {name: field["serialization_alias"] for name, field in fields.items()}
    write = partial(_written_if_set, model["cls"], aliases)
    whole = core.wrap_serializer_function_ser_schema(
        update_wrapper(write, _written_if_set), info_arg=True  # its name is in errors
    )
    own = model.setdefault("serialization", whole)
    if own is not whole and own["type"] == "function-wrap":
        inside = {key: part for key, part in model.items() if key != "ref"}
        own["schema"] = {**inside, "serialization": whole}


def _written_if_set(
    cls: type[JsonObject],
    aliases: dict[str, str],
    instance: JsonObject,
    write: Callable[[JsonObject], Wire],
    info: SerializationInfo,
) -> Wire:
    build_parts(type(instance))
    if type(instance) is not cls and isinstance(instance, cls):
        return _written_whole(instance, info)
    extra = instance.__pydantic_extra__ or {}
    odd = odd_members(extra)
    whole = _serializable(instance, odd)
    # A class may write aliases even if `info` does not say so: both names are left out.
    unset = {
        spelling
        for name, value in vars(whole).items()
        if value is None and name not in instance.__pydantic_fields_set__
        for spelling in (name, aliases.get(name, name))
        if spelling not in extra
    }
    wire = {n: member for n, member in write(whole).items() if n not in unset}
    return {**wire, **odd}


def _written_whole(instance: JsonObject, info: SerializationInfo) -> Wire:
    """Serialize an object of a subclass, which pydantic 2.12 would not write whole."""
    options = {name: getattr(info, name) for name in _OPTIONS}
    wire: Wire = instance.__pydantic_serializer__.to_python(instance, **options)
    return wire


_OPTIONS: Final = (
    *("by_alias", "context", "exclude", "exclude_computed_fields", "exclude_defaults"),
    *("exclude_none", "exclude_unset", "include", "mode", "round_trip"),
)


def _serializable(instance: JsonObject, odd: Wire) -> JsonObject:
    """Return an object that has all fields, which unions of pydantic require.

    A result may lack fields. Odd members are left out.
    """
    missing = type(instance).model_fields.keys() - vars(instance)
    if not missing and not odd:
        return instance
    whole = copy(instance)
    vars(whole).update(dict.fromkeys(missing))
    for name in odd:
        del (whole.__pydantic_extra__ or {})[name]
    return whole


def odd_members(members: Wire) -> Wire:
    """Return the members with lone surrogates in their names, which pydantic refuses."""
    return {n: m for n, m in members.items() if not n.isascii() and not is_unicode(n)}


def _repr(value: Any, *, hide: bool, levels: int = 20) -> Any:
    if isinstance(value, JsonObject):
        return value
    if isinstance(value, LocalFile):
        return value.description
    show = partial(_repr, hide=hide, levels=levels - 1)
    if is_array(value):
        return [*map(show, value)] if levels else ...
    if is_object(value):
        return {n: show(member) for n, member in value.items()} if levels else ...
    return shown(value, hide=hide and not is_link(value))
