"""What requests, results and their parts have in common."""

from __future__ import annotations

import marshal
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Self,
    TypeAlias,
    TypeVar,
    cast,
)

from pydantic import (
    VERSION,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from ..caller import levels_to_caller
from ..json_values import is_object
from .depth import MOST_LEVELS, is_too_deep
from .explanations import (
    again,
    combined,
    field_error,
    is_other_text,
    narrower,
    rule_error,
)
from .fields import (
    fills,
    hidden_names,
    new_uuid,
    nullable_fields,
    python_names,
    required_names,
    wire_names,
)
from .generics import ResultT_co
from .media_text import holds_file, with_texts
from .objects import (
    JsonObject,
    order_of,
    plain,
    remember_order,
    remember_wire,
    wire_so_far,
)
from .quick import explaining, quick, ruleless
from .rules import MediaLimit, Size, Wire

if TYPE_CHECKING:
    import os
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
    """Declare a field that the constructor fills in where it is given no other value."""
    extra = {"default": cast("Any", value)}
    return cast("T", Field(json_schema_extra=extra))


def fresh_uuid() -> str:
    """Declare a field that the constructor fills with a new UUID."""
    return cast("str", Field(json_schema_extra={"format": "uuid"}))


class Part(JsonObject):
    """An object inside a request."""

    model_config = ConfigDict(extra="forbid")

    _warning: ClassVar[str] = ""
    """What is said whenever an object is made."""

    @staticmethod
    @ruleless
    def rules(_: Wire, /) -> Iterator[str]:
        """Yield a sentence for each rule that an object breaks."""
        yield from ()

    def model_copy(
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> Self:
        """Copy without any check; see pydantic. `replace` of a request checks."""
        copied = super().model_copy(update=update, deep=deep)
        remember_order(copied, dict.fromkeys(order_of(self)))
        return copied

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        # What is frozen is for this version of Python alone.
        return {**state, "__pydantic_private__": {"order": order_of(self)}}

    def __init__(self, /, **members: Any) -> None:
        cls = type(self)
        _refuse_depth(cls, members)
        wire = _wire_of(cls, members)
        if cls._right(wire, self) is None:
            with _checking():
                self.__pydantic_validator__.validate_python(wire, self_instance=self)

    # pydantic calls a constructor of one's own for every nested object, unless told
    # that it validates like its own.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @model_validator(mode="wrap")
    @classmethod
    @explaining
    def _check(cls, data: Any, read: Callable[[Any], Self]) -> Self:
        known = _CHECKED.get()
        if known is None:
            _refuse_depth(cls, data)
            with _checking():
                return cls._checked(data, read)
        # Alternatives ask of the same object again and again, at each of its levels.
        key = (cls, id(data))
        if key not in known:
            try:
                known[key] = data, cls._checked(data, read)
            except ValidationError as error:
                known[key] = data, error
        outcome = known[key][1]
        if isinstance(outcome, ValidationError):
            raise outcome
        return cast("Self", outcome)

    @classmethod
    def _right(cls, data: Any, made: Self | None = None) -> Self | None:
        """Make an object of what is right; None for what is wrong, or seems to be.

        Args:
            data: The object as it is sent.
            made: What to make it of, where there is something.
        """
        check = quick(cls)
        if check is None or (check.takes_any_depth and is_too_deep(data)):
            return None
        try:
            right: Self = check.validate(data, self_instance=made)
            frozen = marshal.dumps(data)
        except ValueError:  # ValidationError too
            return None
        if check.has_rules:
            for _ in cls.rules(data):
                return None
        remember_wire(right, data, frozen)
        if cls._warning:
            cls._warn()
        return right

    @classmethod
    def _checked(cls, data: Any, read: Callable[[Any], Self]) -> Self:
        if isinstance(data, Part):
            data = wire_so_far(data)
        try:
            part = read(data)
        except ValidationError as error:
            raise cls._explained(data, error) from None
        # Rules rely on the fields, and None is a field's way to be left out.
        nulls = _unwanted_nulls(cls, data)
        if nulls:
            raise combined(cls.__name__, nulls)
        broken = [*cls.rules(data)]
        if broken:
            raise combined(cls.__name__, map(rule_error, broken))
        remember_order(part, data)
        if cls._warning:
            cls._warn()
        return part

    @classmethod
    def _warn(cls) -> None:
        level = levels_to_caller()
        warnings.warn(cls._warning, DeprecationWarning, stacklevel=level)

    @classmethod
    def _explained(cls, data: Any, error: ValidationError) -> ValidationError:
        """Say all that is wrong at once: rules too, once every field can be read.

        Where a rule says of a member which of its constants it may be, that is said in
        place of all its constants.
        """
        details = error.errors(include_url=False)
        nulls = _unwanted_nulls(cls, data) if is_object(data) else []
        readable = not nulls and all(
            d["type"] == "rule" or is_other_text(d) for d in details
        )
        broken = [*cls.rules(data)] if readable else []
        hidden = hidden_names(cls)
        errors: list[InitErrorDetails] = []
        for detail in details:
            rules = narrower(detail, broken) if is_other_text(detail) else []
            errors += map(rule_error, rules)
            errors += [] if rules else [again(detail, hidden, cls._hint)]
        if not any(map(is_other_text, details)):
            errors += map(rule_error, broken)
        return combined(cls.__name__, errors + nulls)

    @classmethod
    def _hint(cls, detail: ErrorDetails) -> str:
        """Say which member was meant by a name that is none; empty where unknown."""
        from .near_names import hint

        return hint(cls, str(detail["loc"][0])) if len(detail["loc"]) == 1 else ""


class TaskResult(JsonObject):
    """One result of a task: open to what the document does not know.

    A field that the document promises but that did not come raises AttributeError when
    it is read, and only then. A value that is not what the document says is kept as it
    came. `to_wire()` gives everything back.
    """

    model_config = ConfigDict(extra="allow")

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
        missing = [w for w in required_names(cls) if w not in data]
        # pydantic refuses an object that has a name with half a surrogate pair.
        odd = {n: m for n, m in data.items() if not n.isascii() and not _is_unicode(n)}
        known = {n: m for n, m in data.items() if n not in odd} if odd else data
        result = read({**known, **dict.fromkeys(missing)})
        names = python_names(cls)
        for wire in missing:
            vars(result).pop(names[wire], None)
            result.__pydantic_fields_set__.discard(names[wire])
        if odd and result.__pydantic_extra__ is not None:
            result.__pydantic_extra__.update(odd)
            result.__pydantic_fields_set__.update(odd)
        remember_order(result, data)
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
    """The seconds that a task takes at the least, where the document reports latencies."""

    sizes: ClassVar[tuple[Size, ...]] = ()
    """The widths and heights to choose from, where the document lists them."""

    status: ClassVar[str] = ""
    """What the document says of the model: live, deprecated …"""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
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
        right = cls._right(task)
        if right is not None:
            return right
        _refuse_depth(cls, task)
        with _checking():
            return cls.model_validate(task)

    def read(self, item: Mapping[str, Any]) -> ResultT_co:
        """Read one item of an answer's `data`.

        Args:
            item: The item as it came.

        Returns:
            The result. Nothing that came is lost, and nothing odd in it is an error.
        """
        return cast("ResultT_co", self.result.model_validate(dict(item)))

    def replace(self, **members: Any) -> Self:
        """Return a checked copy with other values, and a task UUID of its own."""
        cls = type(self)
        _refuse_depth(cls, members)
        wire = {**wire_so_far(self), **_wire_of(cls, members, fill=False)}
        for name, fill in fills(cls).items():
            if fill is new_uuid or name not in wire:
                wire[name] = fill()
        return cls.from_wire(wire)


_Checked: TypeAlias = dict[tuple[type[Part], int], tuple[Any, Part | ValidationError]]
_CHECKED: ContextVar[_Checked | None] = ContextVar("_CHECKED", default=None)
"""What came of the objects inside the one that is being checked, by class and identity.

Each is kept beside what came of it, so that no other object can have its identity.
"""


def _refuse_depth(cls: type[Part], value: Any) -> None:
    """Refuse what is nested too deeply; its parts need not be measured again."""
    if is_too_deep(value):
        sentence = f"must not be nested more than {MOST_LEVELS} levels deep"
        raise combined(cls.__name__, [rule_error(sentence)])


@contextmanager
def _checking() -> Generator[None]:
    """Remember what comes of each part of an object while it is checked."""
    token = _CHECKED.set({})
    try:
        yield
    finally:
        _CHECKED.reset(token)


def _wire_of(cls: type[Part], members: Wire, *, fill: bool = True) -> Wire:
    names = wire_names(cls)
    nullable = nullable_fields(cls)
    wire = {name: make() for name, make in fills(cls).items()} if fill else {}
    for name, value in members.items():
        if value is not None or name not in names or name in nullable:
            wire[names.get(name, name)] = plain(_without_files(cls, name, value))
    return wire


def _without_files(cls: type[Part], name: str, value: Any) -> Any:
    """Turn the files in a member's value into texts."""
    if name not in cls.model_fields or not holds_file(value):
        return value
    return with_texts(value, cls.model_fields[name].rebuild_annotation())


def _unwanted_nulls(cls: type[Part], data: Wire) -> list[InitErrorDetails]:
    """Make an error of each field that is null and must not be."""
    if None not in data.values():
        return []
    nullable = nullable_fields(cls)
    return [
        field_error(wire, "must not be null: leave it out")
        for name, wire in wire_names(cls).items()
        if name not in nullable and wire in data and data[wire] is None
    ]
