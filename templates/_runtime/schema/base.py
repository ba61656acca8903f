"""What requests, results and their parts have in common.

The fields are the truth. pydantic validates what is given into them, once, and what is
sent is what pydantic writes of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from operator import is_
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Generic,
    Self,
    TypeVar,
    cast,
    dataclass_transform,
)

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
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema, ErrorDetails, SchemaValidator
from pydantic_core import core_schema as core

from ..caller import levels_to_caller
from ..json_values import is_array, is_object, key_of
from ..media.local_files import LocalFile, refuse_files, with_contents
from .constraints import Json
from .deprecated import deprecated_members, has_deprecated
from .depth import MOST_LEVELS, is_too_deep
from .docs import member_docs, without_parameters
from .explanations import (
    again,
    combined,
    is_link,
    is_other_text,
    narrower,
    rule_error,
    shown,
)
from .fast_path import fast_validator
from .fields import (
    default_names,
    fills,
    hidden_names,
    nests_freely,
    new_uuid,
    nullable_fields,
    optional_names,
    python_names,
    required_names,
    wire_name,
    wire_names,
)
from .generics import ResultT_co
from .given_names import Given, with_given_names
from .keywords import Keywords, misspelt, take_extra, without_nulls
from .rule_places import placed_rule_error
from .rules import MediaLimit, Rate, Size, Wire
from .subclasses import refuse_unsent
from .written import written

if TYPE_CHECKING:
    import os
    from decimal import Decimal
    from pathlib import Path

    import httpx2
    from pydantic_core import ErrorDetails, InitErrorDetails

if tuple(map(int, VERSION.split(".")[:2])) < (2, 12):
    raise ImportError(
        f"This client needs pydantic 2.12 or later, and {VERSION} is installed:"
        " pip install 'pydantic>=2.12'"
    )

T = TypeVar("T")

LARGEST_OUTPUT = 2**30
"""Bytes of an output that is saved, unless more are allowed."""


def constant(value: T, *, alias: str | None = None) -> T:
    """Declare a field that has one value, which the constructor fills in."""
    extra = {"const": cast("Any", value)}
    return cast("T", Field(validation_alias=alias, json_schema_extra=extra))


def filled(value: T) -> T:
    """Declare a field that the constructor fills in if it gets no other value."""
    extra = {"default": cast("Any", value)}
    return cast("T", Field(json_schema_extra=extra))


def fresh_uuid() -> str:
    """Declare a field that the constructor fills with a new UUID."""
    return cast("str", Field(json_schema_extra={"format": "uuid"}))


def _title(name: str, _: object) -> str:
    return name.replace("_", " ").capitalize()


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass

    @dataclass_transform(
        kw_only_default=True, frozen_default=True, field_specifiers=(Field, PrivateAttr)
    )
    class _Frozen(ModelMetaclass):
        """Tells type checkers that members cannot be assigned."""

        def __hash__(self) -> int: ...

else:
    from .signatures import Documented as _Frozen


class JsonObject(BaseModel, metaclass=_Frozen):
    """An object as it stands in JSON, with Python's names for its members."""

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
                del member["default"]  # None says only that it may be left out
        return reference

    @classmethod
    def _complete(
        cls, model: dict[str, Any], fields: dict[str, dict[str, Any]]
    ) -> None:
        """Say in a class's schema what pydantic's declarations cannot."""

    def to_wire(self) -> Wire:
        """Return the object as it is sent: what was set, and nothing else.

        Raises:
            ValueError: There is a file in it that is uploaded when it is sent.
        """
        wire: Wire = self.__pydantic_serializer__.to_python(self, by_alias=True)
        refuse_files(wire, type(self).__name__)
        return wire

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            if name in self.__private_attributes__:
                super().__setattr__(name, value)
                return
            owner = type(self).__name__
            message = f"{owner} cannot be changed; replace() of a request makes another"
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


class Part(JsonObject):
    """An object inside a request."""

    model_config = ConfigDict(extra="forbid")

    if not TYPE_CHECKING:
        __pydantic_extra__: dict[str, Json]

    _warning: ClassVar[str] = ""
    """What is said whenever an object is made."""

    _is_task: ClassVar[bool] = False
    """Whether it is a whole task, and no part of one."""

    @staticmethod
    def rules(_: Wire, /) -> Iterator[str]:
        """Yield a sentence for each rule that an object breaks."""
        yield from ()

    def __init__(self, /, **members: Any) -> None:
        """Validate the parameters that the class documents."""
        keywords = Keywords.of(type(self), members)
        _refuse_depth(type(self), keywords)
        self._validated(keywords, self_instance=self)
        if not self._is_task:
            self._warn(self)

    # pydantic calls a constructor of one's own for every nested object, unless told
    # that it validates like its own.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def _complete(
        cls, model: dict[str, Any], fields: dict[str, dict[str, Any]]
    ) -> None:
        nullable = nullable_fields(cls)
        for name, field in fields.items():
            if name not in nullable and field["schema"]["type"] == "default":
                _without_null(field["schema"])
                field.setdefault("serialization_exclude_if", _is_none)
        if any(
            name in nullable and field["schema"]["type"] == "default"
            for name, field in fields.items()
        ):
            model["serialization"] = core.wrap_serializer_function_ser_schema(
                _written_if_set, info_arg=True
            )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        refuse_unsent(cls)

    @classmethod
    def _validated(cls, data: Any, **options: Any) -> Self:
        """Validate on the fast path; where that fails, again with explanations."""
        made: Self
        try:
            made = cls._fast_validator().validate_python(data, **options)
        except ValidationError:
            pass
        else:
            return made
        made = cls.__pydantic_validator__.validate_python(data, **options)
        return made

    @classmethod
    @cache
    def _fast_validator(cls) -> SchemaValidator:
        cls.model_rebuild()
        return fast_validator(cls.__pydantic_core_schema__, Part._only_explains)

    @staticmethod
    def _only_explains(validator: Any) -> bool:
        """Return whether a validator is `_check` of a class that has no more checks."""
        is_check = getattr(validator, "__func__", None) is Part._check.__func__
        return is_check and not validator.__self__._has_more_checks()

    @classmethod
    @cache
    def _has_more_checks(cls) -> bool:
        """Return whether there are checks beyond those of the members."""
        return bool(
            cls.model_config.get("extra") == "allow"
            or default_names(cls)
            or cls.rules is not Part.rules
            or (cls._is_task and (cls._warning or has_deprecated(cls)))
        )

    @model_validator(mode="wrap")
    @classmethod
    def _check(cls, data: Any, read: Callable[[Any], Self]) -> Self:
        if isinstance(data, JsonObject) and not isinstance(data, cls):
            data = written(data)
        try:
            made = read(data)
        except ValidationError as error:
            raise cls._explained(data, error) from None
        if made is not data and cls._has_more_checks():
            cls._check_whole(made, data)
        return made

    @classmethod
    def _check_whole(cls, made: Self, data: Any) -> None:
        """Check what concerns an object as a whole.

        Raises:
            ValidationError: A member is misspelt, or a rule is broken.
        """
        unknown = made.__pydantic_extra__
        if unknown and (errors := [*misspelt(cls, unknown, data)]):
            raise combined(cls.__name__, errors)
        made.__pydantic_fields_set__.update(default_names(cls))
        if cls.rules is not Part.rules:
            broken = [*cls.rules(written(made))]
            if broken:
                placed = partial(placed_rule_error, cls, data)
                raise combined(cls.__name__, map(placed, broken))
        if cls._is_task:
            cls._warn(made)

    @classmethod
    def _warn(cls, made: Self) -> None:
        """Warn of a deprecated model, and of deprecated members that were given."""
        messages = [cls._warning] if cls._warning else []
        if has_deprecated(cls):
            messages += deprecated_members(made)
        for message in messages:
            level = levels_to_caller()
            warnings.warn(message, DeprecationWarning, stacklevel=level)

    @classmethod
    def _explained(cls, data: Any, error: ValidationError) -> ValidationError:
        """Say all that is wrong at once: rules too, once every field can be read.

        Where a rule says of a member which of its constants it may be, that is said in
        place of all its constants.
        """
        details = error.errors(include_url=False)
        hidden, optional = hidden_names(cls), optional_names(cls)
        given = Given.to(cls, data) if isinstance(data, Keywords) else None
        if given is not None:
            details = [with_given_names(given, detail) for detail in details]

        def hint(detail: ErrorDetails) -> str:
            said = cls._hint(detail)
            return said if given is None else given.in_sentence(said)

        readable = is_object(data) and all(
            d["type"] == "rule" or is_other_text(d) for d in details
        )
        broken = [*cls.rules(_wire_of(cls, data))] if readable else []
        placed = partial(placed_rule_error, cls, data)
        errors: list[InitErrorDetails] = []
        for detail in details:
            member = ".".join(wire_name(str(part)) for part in detail["loc"])
            rules = narrower(member, broken) if is_other_text(detail) else []
            errors += map(placed, rules)
            errors += [] if rules else [again(detail, hidden, hint, optional)]
        if not any(map(is_other_text, details)):
            errors += map(placed, broken)
        return combined(cls.__name__, errors)

    @classmethod
    def _hint(cls, detail: ErrorDetails) -> str:
        """Say which member was meant by a name that is none; empty where unknown."""
        from .near_names import hint

        return hint(cls, str(detail["loc"][0])) if len(detail["loc"]) == 1 else ""

    if not TYPE_CHECKING:

        def model_dump(self, **options: Any) -> Wire:
            """Return the members as pydantic does, and a file to upload as its bytes."""
            return with_contents(super().model_dump(**options))

    def model_copy(
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> Self:
        """Return a copy, which is validated when there is something to update."""
        copied = super().model_copy(deep=deep)
        return copied._replaced(update) if update else copied

    def __replace__(self, **members: Any) -> Self:
        return self._replaced(members)

    def _replaced(self, members: Mapping[str, Any]) -> Self:
        """Return a validated copy with other members."""
        cls = type(self)
        names = python_names(cls)
        current = {
            name: value
            for name, value in vars(self).items()
            if value is not None or name in self.__pydantic_fields_set__
        }
        given = {names.get(name, name): value for name, value in members.items()}
        extra = {**(self.__pydantic_extra__ or {}), **take_extra(cls, given)}
        keywords = Keywords(without_nulls(cls, {**current, **extra, **given}), extra)
        _refuse_depth(cls, keywords)
        return cls._validated(keywords)


if TYPE_CHECKING:

    class OpenPart(Part):
        """An object that may have members beyond those of its document."""

        extra: Wire = Field(default={})
        """The members that the document does not name, by their names in JSON."""

else:

    class OpenPart(Part, extra="allow"):
        """An object that may have members beyond those of its document."""

        @property
        def extra(self) -> Wire:
            """The members that the document does not name, by their names in JSON."""
            return dict(self.__pydantic_extra__)


def _without_null(default: dict[str, Any]) -> None:
    """Take from a field that it may be null; only its absence is None."""
    default["validate_default"] = default.get("default") is not None
    owner = default
    while owner["schema"]["type"] in _AROUND:
        owner = owner["schema"]
    if owner["schema"]["type"] == "nullable":
        owner["schema"] = owner["schema"]["schema"]


_AROUND: Final = ("function-after", "function-before", "function-wrap")

_is_none: Final = partial(is_, None)


def _written_if_set(
    made: Part, write: Callable[[Part], Wire], info: SerializationInfo
) -> Wire:
    """Leave out what may be null and was not set."""
    names = wire_names(type(made)) if info.by_alias else {}
    unset = {
        names.get(name, name)
        for name, value in vars(made).items()
        if value is None and name not in made.__pydantic_fields_set__
    }
    wire = write(made)
    return {name: value for name, value in wire.items() if name not in unset}


def _wire_of(cls: type[Part], members: Mapping[str, Any]) -> Wire:
    """Return what is given, as it would be sent."""
    names = wire_names(cls)
    return {names.get(name, name): written(value) for name, value in members.items()}


def _refuse_depth(cls: type[Part], value: Any) -> None:
    """Refuse what is nested too deeply; its parts need not be measured again."""
    if is_too_deep(value):
        sentence = f"must not be nested more than {MOST_LEVELS} levels deep"
        raise combined(cls.__name__, [rule_error(sentence)])


class TaskResult(JsonObject):
    """One result of a task: open to what the document does not know.

    A field that the document promises but that did not come raises AttributeError when
    it is read, and only then. A value that is not what the document says is kept as it
    came. `to_wire()` gives everything back.
    """

    model_config = ConfigDict(extra="allow")

    if not TYPE_CHECKING:
        # Sphinx adds an annotation to BaseModel that pydantic refuses to inherit.
        __pydantic_extra__: dict[str, Any]

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


class TaskRequest(Part, Generic[ResultT_co]):
    """A task, checked against its document when it is made.

    A keyword is a field's Python name. A field that is None is left out, where the
    document does not allow null. `taskType`, `model` and a fresh `taskUUID` are filled
    in.

    Raises:
        pydantic.ValidationError: With all that is wrong, under the names of JSON.
    """

    if not TYPE_CHECKING:

        def __class_getitem__(cls, _: Any) -> type[Self]:
            """Return the class itself: pydantic would make another for each result."""
            return cls

    air: ClassVar[str] = ""
    """The model's AIR; empty where the document is about any model."""

    result: ClassVar[type[TaskResult]] = TaskResult
    """The class of its results."""

    deliveries: ClassVar[tuple[str, ...]] = ()
    """The ways of delivery that the document offers."""

    default_delivery: ClassVar[str | None] = None
    """The way that is taken when the request does not say."""

    media_limits: ClassVar[tuple[MediaLimit, ...]] = ()
    """Limits on the media themselves, which the server checks."""

    shortest_latency: ClassVar[float | None] = None
    """The shortest latency in seconds that the document reports, if it reports any."""

    sizes: ClassVar[tuple[Size, ...]] = ()
    """The widths and heights to choose from, where the document lists them."""

    rates: ClassVar[tuple[Rate, ...]] = ()
    """What the document says that units cost, where the price of a task is their sum."""

    status: ClassVar[str] = ""
    """What the document says of the model: live, deprecated …"""

    _is_task = True

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        super().__pydantic_init_subclass__()
        if cls.status == "deprecated":
            cls._warning = f"{cls.air or cls.__name__} is deprecated by its document"

    @classmethod
    def _hint(cls, detail: ErrorDetails) -> str:
        """Look at the whole task too for a name that is none inside one of its parts."""
        from .near_names import hint_beside

        return super()._hint(detail) or hint_beside(cls, str(detail["loc"][-1]))

    @classmethod
    def from_wire(cls, task: Wire) -> Self:
        """Read a task as it is sent; see `parse_request`.

        Raises:
            pydantic.ValidationError: With all that is wrong.
        """
        if nests_freely(cls):
            _refuse_depth(cls, task)
        return cls._validated(task, by_alias=True, by_name=False)

    @property
    def price(self) -> Decimal | None:
        """What the task costs in US dollars, by the rates of its document.

        None where the task cannot be counted in their units without guessing; `dry_run`
        of a client asks the server.
        """
        if not self.rates:
            return None
        from .price import counted_price

        return counted_price(self.rates, written(self))

    def read(self, item: Mapping[str, Any]) -> ResultT_co:
        """Read one item of an answer's `data`.

        Args:
            item: The item as it came.

        Returns:
            The result. Nothing that came is lost, and nothing odd in it is an error.
        """
        return cast(
            "ResultT_co",
            self.result.model_validate(dict(item), by_alias=True, by_name=False),
        )

    def replace(self, **members: Any) -> Self:
        """Return a checked copy with other values, and a task UUID of its own."""
        cls = type(self)
        fresh = {n: fill() for n, fill in fills(cls).items() if fill is new_uuid}
        return self._replaced({**members, **fresh})


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
