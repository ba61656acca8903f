"""Parts of requests, and their validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from ..json_values import is_object
from ..media.local_files import (
    NOT_UPLOADED,
    LocalFile,
    files_in,
    is_file_as_text,
    with_contents,
)
from .constraints import Json
from .deprecated import deprecated_members, has_deprecated, warn_caller
from .depth import MAX_LEVELS, is_too_deep
from .explanations import combined, field_error, rule_error
from .fast_path import FastCheck, fast_validator
from .fields import default_names, nullable_fields, python_names, wire_names
from .json_object import JsonObject, refuse_null, write_if_set
from .json_types import serialized
from .keywords import (
    Keywords,
    is_none,
    misspelt,
    pop_extra,
    second_spelling,
    without_nulls,
)
from .rules import Wire
from .subclasses import is_of_user, no_json, refuse_unsent

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails, SchemaValidator


class Part(JsonObject):
    """An object inside a request."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    if not TYPE_CHECKING:
        # Not as a text, which pydantic 2.12 evaluates in the module of a subclass.
        __annotations__["__pydantic_extra__"] = dict[str, Json]

    _warning: ClassVar[str] = ""
    """The message of a DeprecationWarning for each new object; empty for none."""

    _is_task: ClassVar[bool] = False
    """Whether it is a whole task."""

    @staticmethod
    def rules(_: Wire, /) -> Iterator[str]:
        """Yield an error message for each violated rule."""
        yield from ()

    def __init__(self, /, *unnamed: object, **members: Any) -> None:
        """Create an object from parameters; the docstring of its class describes them.

        Raises:
            pydantic.ValidationError: The document does not allow the parameters.
            TypeError: A parameter is given without its name.
        """
        __tracebackhide__ = True  # pytest ends the traceback at the caller
        if unnamed:
            raise TypeError(f"{type(self).__name__} takes its parameters by name")
        keywords = Keywords.of(type(self), members)
        refuse_depth(type(self), keywords)
        self._validated(keywords, self)
        if not self._is_task:
            self._warn(self)

    # Without this mark, pydantic would call the constructor for each nested object.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def _adapt_schema(
        cls, model: dict[str, Any], fields: dict[str, dict[str, Any]]
    ) -> None:
        nullable = nullable_fields(cls)
        optional = {n: f for n, f in fields.items() if f["schema"]["type"] == "default"}
        for name, field in optional.items():
            if name not in nullable:
                refuse_null(field["schema"])
                field.setdefault("serialization_exclude_if", is_none)
        if not nullable.isdisjoint(optional):
            write_if_set(model, fields)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        super().__pydantic_init_subclass__()
        refuse_unsent(cls)

    @classmethod
    def _validated(
        cls, data: Any, instance: Self | None = None, *, is_wire: bool = False
    ) -> Self:
        """Validate with the fast validator; if that fails, with the complete one.

        `instance` is the instance to fill. With `is_wire`, all members have their wire names.
        """
        __tracebackhide__ = True
        by_alias, by_name = (True, False) if is_wire else (None, None)
        # The fast validator does not see that a file is not a text.
        if not (LocalFile.is_in_use and any(files_in(data))):
            try:
                valid: Self = cls._fast_validator().validate_python(
                    data, self_instance=instance, by_alias=by_alias, by_name=by_name
                )
            except ValidationError:
                pass
            else:
                return valid
        complete: Self = cls.__pydantic_validator__.validate_python(
            data, self_instance=instance, by_alias=by_alias, by_name=by_name
        )
        return complete

    @classmethod
    @cache
    def _fast_validator(cls) -> SchemaValidator:
        cls.model_rebuild()
        return fast_validator(cls.__pydantic_core_schema__, Part._fast_checks)

    @staticmethod
    def _fast_checks(validator: Any) -> list[FastCheck] | None:
        """Return the checks of valid objects that a wrap validator makes.

        None if it does more than that, except for error messages.
        """
        if getattr(validator, "__func__", None) is not Part._check.__func__:
            return None
        cls: type[Part] = validator.__self__
        if cls.model_config.get("extra") == "allow" or is_of_user(cls):
            return None
        checks: list[FastCheck] = []
        if cls.rules is not Part.rules:
            checks.append(cls._pass_rules)
        if cls._is_task and (cls._warning or has_deprecated(cls)):
            checks.append(cls._warn)
        return checks

    @classmethod
    def _pass_rules(cls, instance: Self) -> Self:
        """Return an object unless it violates a rule; the error explains nothing."""
        if any(cls.rules(serialized(instance))):
            raise ValueError
        return instance

    @model_validator(mode="wrap")
    @classmethod
    def _check(cls, data: Any, read: Callable[[Any], Self]) -> Self:
        hint: Callable[[ErrorDetails], str] = cls._hint
        if isinstance(data, JsonObject) and not isinstance(data, cls):
            hint = _hint_of_class(type(data))
            data = serialized(data)
        try:
            instance = read(data)
        except ValidationError as error:
            from .part_errors import explained  # only errors need it

            raise explained(cls, data, error, cls.rules, hint) from None
        if instance is data:
            return instance
        if LocalFile.is_in_use and is_object(data):
            cls._refuse_files_as_texts(instance, data)
        if instance.__pydantic_extra__:
            cls._check_unknown(instance, data)
        if is_of_user(cls):
            cls._check_subclass(instance, data)
        if cls.rules is not Part.rules:
            cls._check_rules(instance, data)
        return cls._warn(instance) if cls._is_task else instance

    @classmethod
    def _refuse_files_as_texts(cls, instance: Self, data: dict[str, Any]) -> None:
        """Raise an error if a file would be sent as the text of its placeholder."""
        names = python_names(cls)
        members = {**vars(instance), **(instance.__pydantic_extra__ or {})}
        errors = [
            field_error(name, f"must be a string, {NOT_UPLOADED}")
            for name, value in data.items()
            if is_file_as_text(value, serialized(members.get(names.get(name, name))))
        ]
        if errors:
            raise combined(cls.__name__, errors)

    @classmethod
    def _check_unknown(cls, instance: Self, data: Any) -> None:
        """Raise an error for each unknown member that is misspelt."""
        unknown = instance.__pydantic_extra__ or {}
        if errors := [*misspelt(cls, unknown, data)]:
            raise combined(cls.__name__, errors)
        wire = wire_names(cls)
        absent = {n for n in unknown if wire.get(n, n) not in data}
        instance.__pydantic_fields_set__.difference_update(absent)

    @classmethod
    def _check_subclass(cls, instance: Self, data: Any) -> None:
        """Set the default values of a subclass; raise an error for what cannot be sent."""
        instance.__pydantic_fields_set__.update(default_names(cls))
        names = python_names(cls) if isinstance(data, Keywords) else {}
        if errors := [*no_json(serialized(instance), names)]:
            raise combined(cls.__name__, errors)

    @classmethod
    def _check_rules(cls, instance: Self, data: Any) -> None:
        """Raise an error for each violated rule."""
        if violated := [*cls.rules(serialized(instance))]:
            from .part_errors import placed  # only errors need it

            raise combined(cls.__name__, placed(cls, data, violated))

    @classmethod
    def _warn(cls, instance: Self) -> Self:
        """Warn of a deprecated model, and of deprecated members that are set."""
        messages = [cls._warning] if cls._warning else []
        if has_deprecated(cls):
            messages += deprecated_members(instance)
        for message in messages:
            warn_caller(message)
        return instance

    @classmethod
    def _hint(cls, detail: ErrorDetails) -> str:
        """Return a suggestion for an unknown name; empty without one."""
        from .near_names import hint

        return hint(cls, str(detail["loc"][0])) if len(detail["loc"]) == 1 else ""

    if not TYPE_CHECKING:

        def model_dump(self, **options: Any) -> Wire:
            """Return the members as pydantic does; a file is returned as bytes."""
            return with_contents(super().model_dump(**options))

    def model_copy(
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> Self:
        """Return a copy; it is validated if `update` is not empty."""
        copied = super().model_copy(deep=deep)
        return copied._replaced(update) if update else copied

    def __replace__(self, **members: Any) -> Self:
        return self._replaced(members)

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Validate a pickle, which another version of the package may have written."""
        super().__setstate__(state)
        cls = type(self)
        others = {
            name: value
            for name, value in vars(self).items()
            if value is not None
            and name not in cls.__pydantic_fields__
            and not isinstance(getattr(cls, name, None), cached_property)
        }
        valid = self._replaced(others)
        for name in ("__dict__", "__pydantic_extra__", "__pydantic_fields_set__"):
            object.__setattr__(self, name, getattr(valid, name))

    def _replaced(
        self, members: Mapping[str, Any], fresh: Mapping[str, Any] | None = None
    ) -> Self:
        """Return a validated copy with other members, by their Python or wire names.

        `fresh` has new values of members that `members` does not have.
        """
        cls = type(self)
        names = python_names(cls)
        current = {
            name: value
            for name, value in vars(self).items()
            if name in cls.__pydantic_fields__
            and (value is not None or name in self.__pydantic_fields_set__)
        }
        given = dict(members)
        extra = pop_extra(cls, given)
        given = {**extra, **given}
        twice = [second_spelling(cls, name, given) for name in given]
        if errors := [*filter(None, twice)]:
            raise combined(cls.__name__, errors)
        renamed = {names.get(name, name): value for name, value in given.items()}
        known = without_nulls(cls, {**current, **(fresh or {}), **renamed})
        unknown, wire = self.__pydantic_extra__ or {}, wire_names(cls)
        is_wire = not wire.keys().isdisjoint(unknown)
        if is_wire:
            known = {wire.get(name, name): value for name, value in known.items()}
        kept = {name: each for name, each in unknown.items() if name not in known}
        keywords = Keywords({**known, **kept}, extra, kept)
        refuse_depth(cls, keywords)
        return cls._validated(keywords, cls.__new__(cls), is_wire=is_wire)


if TYPE_CHECKING:

    class OpenPart(Part):
        """An object that may have members that its document does not name."""

        extra: Wire = Field(default={})
        """The members that the document does not name, by their wire names."""

else:

    class OpenPart(Part, extra="allow"):
        """An object that may have members that its document does not name."""

        @property
        def extra(self) -> Wire:
            """The members that the document does not name, by their wire names."""
            return dict(self.__pydantic_extra__ or {})


def _hint_of_class(given: type) -> Callable[[ErrorDetails], str]:
    """Return a hint for the unknown members of an object of another class."""
    module = given.__module__.rpartition(".")[2]
    told = f": this is an object of class {given.__name__} of {module}"
    return lambda detail: told if len(detail["loc"]) == 1 else ""


def refuse_depth(cls: type[Part], value: Any) -> None:
    """Raise an error for a value that is nested too deeply. Its parts need no check."""
    if is_too_deep(value):
        sentence = f"must not be nested more than {MAX_LEVELS} levels deep"
        raise combined(cls.__name__, [rule_error(sentence)])
