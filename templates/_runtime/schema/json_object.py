"""JSON objects: the base class of requests, results and their parts.

The fields are the only state: pydantic validates the input once, and serializes the
fields when the object is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, dataclass_transform

from pydantic import (
    VERSION,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PrivateAttr,
)

from ..json_values import is_array, is_object, key_of
from ..media.local_files import LocalFile, refuse_files
from .docs import member_docs, without_parameters
from .explanations import is_link, shown
from .fields import hidden_names, wire_name, wire_names
from .rules import Wire
from .written import written

if tuple(map(int, VERSION.split(".")[:2])) < (2, 12):
    raise ImportError(
        f"This client needs pydantic 2.12 or later, and {VERSION} is installed:"
        " pip install 'pydantic>=2.12'"
    )


def _title(name: str, _: object) -> str:
    return name.replace("_", " ").capitalize()


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


class JsonObject(BaseModel, metaclass=_Frozen):
    """A JSON object whose members have Python names."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(
            validation_alias=wire_name, serialization_alias=wire_name
        ),
        defer_build=True,
        frozen=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
        field_title_generator=_title,
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
        for field in fields["fields"].values():
            field["serialization_alias"] = field["validation_alias"]
        cls._complete(model, fields["fields"])
        return schema

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> dict[str, Any]:
        reference: dict[str, Any] = handler(schema)
        described = handler.resolve_ref_schema(reference)
        if "description" in described:
            described["description"] = without_parameters(described["description"])
        docs = {wire_names(cls).get(n, n): doc for n, doc in member_docs(cls).items()}
        for name, member in described.get("properties", {}).items():
            if name in docs:
                member.setdefault("description", docs[name])
            if "default" in member and member["default"] is None:
                del member["default"]  # None means only that it is optional
        return reference

    @classmethod
    def _complete(
        cls, model: dict[str, Any], fields: dict[str, dict[str, Any]]
    ) -> None:
        """Change the core schema of a class where declarations are not sufficient."""

    def to_wire(self) -> Wire:
        """Return the object as it is sent, with only the members that are set.

        Raises:
            ValueError: It contains a file, which a client uploads when it sends it.
        """
        wire: Wire = written(self)
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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JsonObject):
            return NotImplemented
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def _key(self) -> object:
        return key_of(written(self))

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        hidden = hidden_names(type(self))
        for name, wire in wire_names(type(self)).items():
            is_set = name in self.__pydantic_fields_set__
            if is_set or self.__dict__.get(name) is not None:
                yield name, _repr(self.__dict__[name], hide=wire in hidden)
        for name, value in (self.__pydantic_extra__ or {}).items():
            yield name, _repr(value, hide=False)


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
