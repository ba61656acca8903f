"""Constraints in the annotations of fields: bounds, lengths, patterns, constants.

They follow JSON Schema exactly: 1.0 is an integer, true is not a number, 0.07 is a
multiple of 0.01. A valid value is not converted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import NoneType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    LiteralString,
    NamedTuple,
    TypeAlias,
    cast,
    get_args,
)

from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError
from pydantic_core import core_schema as core

from ..json_values import all_different, is_multiple, is_type, same
from .explanations import refusal
from .fast_path import FAST
from .format_schemas import format_schema
from .json_types import MAX_NUMBER, as_json, as_number, serialized
from .patterns import Pattern

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler


class Limits(NamedTuple):
    """The bounds of a number, and the number that it must be a multiple of.

    An `int` accepts whole numbers only, a `float` all numbers. Both refuse true, false,
    NaN and infinity.
    """

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    multiple_of: float | None = None

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        kind = "integer" if source is int else "number"
        check = self._check(is_whole=source is int)
        schema = core.no_info_plain_validator_function(check)
        given = {n: bound for n, bound in self._asdict().items() if bound is not None}
        keywords = {_KEYWORDS[name]: bound for name, bound in given.items()}
        metadata = json_schema({"type": kind, **keywords})
        if source is int and all(type(bound) is int for bound in given.values()):
            bounds: dict[str, Any] = {"ge": -(2**63), "le": 2**63 - 1, **given}
            usual = core.int_schema(strict=True, **bounds)
            metadata[FAST] = core.union_schema([usual, schema], mode="left_to_right")
        return {**schema, "metadata": metadata}

    def _check(self, *, is_whole: bool) -> Callable[[Any], Any]:
        """Return the validator, which first tests whether a number is within the bounds."""
        check = self._whole if is_whole else self._number
        low = max((b for b in (self.ge, self.gt) if b is not None), default=-MAX_NUMBER)
        high = min((b for b in (self.le, self.lt) if b is not None), default=MAX_NUMBER)
        step = self.multiple_of
        kinds = (int,) if is_whole else (int, float)

        def quick(value: Any) -> Any:
            is_inside = type(value) in kinds and low < value < high
            if is_inside and (step is None or is_multiple(value, step)):
                return value
            return check(value)

        return quick

    def _whole(self, value: object) -> object:
        number = as_number(value)
        if number is None or (type(number) is float and not number.is_integer()):
            raise self._no_number("int_type", "integer", "an integer")
        return self._within(number)

    def _number(self, value: object) -> object:
        number = as_number(value)
        if number is None:
            raise self._no_number("float_type", "number", "a number")
        if type(number) is float and not math.isfinite(number):
            raise PydanticKnownError("finite_number")
        return self._within(number)

    def _no_number(
        self, kind: Literal["int_type", "float_type"], name: LiteralString, noun: str
    ) -> PydanticCustomError:
        """Return the error of a value that is not a number.

        Its context has a description of the accepted numbers, for errors of alternatives.
        """
        bounds = {
            "of at least": self.ge,
            "above": self.gt,
            "of at most": self.le,
            "below": self.lt,
        }
        limits = [f"{word} {b:g}" for word, b in bounds.items() if b is not None]
        accepted = " ".join(filter(None, [noun, " and ".join(limits)]))
        message = f"Input should be a valid {name}"
        return PydanticCustomError(kind, message, {"accepted": accepted})

    def _within(self, value: float) -> float:
        if self.ge is not None and value < self.ge:
            raise PydanticKnownError("greater_than_equal", {"ge": self.ge})
        if self.gt is not None and value <= self.gt:
            raise PydanticKnownError("greater_than", {"gt": self.gt})
        if self.le is not None and value > self.le:
            raise PydanticKnownError("less_than_equal", {"le": self.le})
        if self.lt is not None and value >= self.lt:
            raise PydanticKnownError("less_than", {"lt": self.lt})
        if abs(value) > MAX_NUMBER:
            message = "Input should have at most 4300 digits"
            raise PydanticCustomError("int_parsing_size", message)
        step = self.multiple_of
        if step is not None and not is_multiple(value, step):
            raise PydanticKnownError("multiple_of", {"multiple_of": step})
        return value


_KEYWORDS: Final = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}


class Text(NamedTuple):
    """The length of a text in code points, its pattern, and its format, such as "uuid"."""

    min_length: int = 0
    max_length: int | None = None
    matches: Pattern | None = None
    format: str | None = None

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        text = core.str_schema(
            strict=True, min_length=self.min_length or None, max_length=self.max_length
        )
        checks: list[CoreSchema] = []
        if self.format is not None:
            what = f"must be {_FORMAT_WORDS[self.format]}"
            checks.append(refusing(format_schema(self.format), what))
        if self.matches is not None:
            checks.append(refusing(self.matches.schema(), str(self.matches)))
        if not checks:
            return text
        return core.chain_schema(
            [text, *checks],
            metadata=json_schema(self._schema()),
            serialization=core.simple_ser_schema("str"),
        )

    def _schema(self) -> dict[str, Any]:
        keywords = {
            "minLength": self.min_length or None,
            "maxLength": self.max_length,
            "format": self.format,
        }
        given = {n: value for n, value in keywords.items() if value is not None}
        pattern = self.matches.json_schema() if self.matches is not None else {}
        return {"type": "string", **given, **pattern}


_FORMAT_WORDS: Final = {
    "date": "a date such as 2026-01-31",
    "date-time": "a date and time such as 2026-01-31T12:00:00Z",
    "duration": "a duration such as P1DT12H",
    "email": "an e-mail address",
    "hostname": "a host name",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "json-pointer": "a JSON pointer",
    "regex": "a regular expression",
    "relative-json-pointer": "a relative JSON pointer",
    "time": "a time such as 12:00:00Z",
    "uri": "a URL with its scheme, such as https://…",
    "uri-reference": "a URI or a relative reference",
    "uuid": "a UUID",
}


class Count(NamedTuple):
    """The number of items of a list, and whether all of them must be different."""

    at_least: int = 0
    at_most: int | None = None
    different: bool = False

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        items = cast("core.ListSchema", handler(source))
        if self.at_least:
            items["min_length"] = self.at_least
        if self.at_most is not None:
            items["max_length"] = self.at_most
        if not self.different:
            return items
        unique = {"type": "array", "uniqueItems": True}
        return core.no_info_after_validator_function(
            self._check, items, metadata=json_schema(unique, items)
        )

    def _check(self, items: list[Any]) -> list[Any]:
        if not all_different(serialized(items)):
            raise refusal("must not repeat an item")
        return items


class Exactly:
    """Constants of any JSON type, compared as in JSON: 1 equals 1.0, but not true.

    Without arguments, the constants are those of the annotated `Literal`.
    """

    def __init__(self, *values: Any) -> None:
        self.values = values

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        expected = self.values or (*_constants(source),)

        def check(given: Any) -> Any:
            value = as_json(given)
            if any(same(value, constant) for constant in expected):
                return value
            words = " or ".join(map(_plain, expected))
            raise PydanticKnownError("literal_error", {"expected": words})

        schema = core.no_info_plain_validator_function(check)
        metadata = json_schema({"enum": [*expected]})
        if _SCALARS.issuperset(map(type, expected)):
            metadata[FAST] = _usual_constants(expected, schema)
        return {**schema, "metadata": metadata}


_SCALARS: Final = frozenset({int, str, bool, NoneType})


def _usual_constants(constants: tuple[Any, ...], schema: CoreSchema) -> CoreSchema:
    """Return a schema that leaves only floats to the schema of the constants."""
    literals: dict[Any, CoreSchema] = {
        kind: core.literal_schema([each for each in constants if type(each) is kind])
        for kind in {*map(type, constants)}
    }
    return core.tagged_union_schema({**literals, float: schema}, discriminator=type)


def _constants(source: Any) -> list[Any]:
    """Return the constants of a `Literal`, or of a union of it and None."""
    if source is NoneType:
        return [None]
    parts = get_args(source)
    return [each for part in parts for each in _constants(part)] if parts else [source]


def _plain(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


class OfType:
    """A JSON value of one of several types: "null", "boolean", "number", "string" …"""

    def __init__(self, *types: str) -> None:
        self.types = types

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core.no_info_after_validator_function(
            self._check, handler(source), metadata=json_schema({"type": [*self.types]})
        )

    def _check(self, value: Any) -> Any:
        if not is_type(value, *self.types):
            words = {"types": " or ".join(self.types)}
            raise PydanticCustomError("json_type", "must be of type {types}", words)
        return value


class Must(NamedTuple):
    """An assertion in addition to a type, with its error message."""

    hold: Callable[[Any], bool]
    sentence: str

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: Any) -> Any:
        if not self.hold(serialized(value)):
            raise refusal(self.sentence)
        return value


class Nullable:
    """Marks a field that accepts null. Null differs from an omitted field."""


class Secret:
    """Marks a value that is never shown in a message or a `repr`."""


def refusing(schema: CoreSchema, sentence: str) -> CoreSchema:
    """Return a schema whose errors all have the same message."""
    return core.custom_error_schema(
        schema,
        custom_error_type="refused",
        custom_error_message="{sentence}",
        custom_error_context={"sentence": sentence},
    )


def json_schema(
    keywords: dict[str, Any], inner: CoreSchema | None = None
) -> dict[str, Any]:
    """Return the metadata of a validator with these keywords of JSON Schema.

    The keywords of an inner schema are added.
    """

    def describe(_: CoreSchema, handler: Any) -> dict[str, Any]:
        return {**(handler(inner) if inner else {}), **keywords}

    return {"pydantic_js_functions": [describe]}


class AnyJson:
    """Any JSON value."""

    def __get_pydantic_core_schema__(
        self, _: type[Any], __: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core.no_info_plain_validator_function(as_json, metadata=json_schema({}))


Json: TypeAlias = Annotated[Any, AnyJson()]
"""Any JSON value."""

Integer = Annotated[int, Limits()]
"""A whole number, without limits."""

Number = Annotated[float, Limits()]
"""A number, without limits."""

Uuid = Annotated[str, Text(format="uuid")]
"""A UUID."""

Uri = Annotated[str, Text(format="uri")]
"""A URI with its scheme."""
