"""What a field may hold, said beside its type: limits, lengths, patterns, media.

These are exact about JSON: 1.0 is a whole number, true is no number, 0.07 is a multiple
of 0.01, and a value comes out as it went in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, Any, Final, TypeAlias, cast, get_args, get_origin

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError
from pydantic_core import core_schema as core

from ._errors import nearest_alternative
from ._formats import FORMATS, is_uri, is_uuid

Json: TypeAlias = Any
"""Any JSON value."""

Test: TypeAlias = Callable[[str], bool]
"""Says whether a text is as it must be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a number, and the step it is a multiple of.

    On `int` it takes whole numbers, on `float` any; neither takes true, false, NaN or
    infinity.
    """

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    multiple_of: float | tuple[float, ...] = ()
    _bounds: tuple[tuple[str, str, float], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        bounds = (
            ("greater_than_equal", "ge", self.ge),
            ("greater_than", "gt", self.gt),
            ("less_than_equal", "le", self.le),
            ("less_than", "lt", self.lt),
        )
        given = tuple((kind, key, b) for kind, key, b in bounds if b is not None)
        object.__setattr__(self, "_bounds", given)

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        check = self._whole if source is int else self._number
        return core.no_info_plain_validator_function(
            check,
            json_schema_input_schema=handler(source),
            serialization=core.to_string_ser_schema() if source is str else None,
        )

    def _whole(self, value: object) -> object:
        if type(value) is float and value.is_integer():
            return self._within(value)
        if type(value) is not int:
            raise PydanticKnownError("int_type")
        return self._within(value)

    def _number(self, value: object) -> object:
        if type(value) is float:
            if not math.isfinite(value):
                raise PydanticKnownError("finite_number")
            return self._within(value)
        if type(value) is not int:
            raise PydanticKnownError("float_type")
        return self._within(value)

    def _within(self, value: float) -> float:
        if (
            (self.ge is not None and value < self.ge)
            or (self.gt is not None and value <= self.gt)
            or (self.le is not None and value > self.le)
            or (self.lt is not None and value >= self.lt)
        ):
            raise self._out_of_bounds(value)
        if self.multiple_of:
            steps = self.multiple_of
            for step in steps if isinstance(steps, tuple) else (steps,):
                if not is_multiple(value, step):
                    raise PydanticKnownError("multiple_of", {"multiple_of": step})
        return value

    def _out_of_bounds(self, value: float) -> PydanticKnownError:
        broken = {
            "ge": lambda bound: value < bound,
            "gt": lambda bound: value <= bound,
            "le": lambda bound: value > bound,
            "lt": lambda bound: value >= bound,
        }
        kind, key, bound = next(
            (kind, key, bound)
            for kind, key, bound in self._bounds
            if broken[key](bound)
        )
        return PydanticKnownError(kind, {key: bound})  # type: ignore[arg-type]


def is_multiple(value: float, step: float) -> bool:
    """Say whether a number is a whole multiple of a step, both read as decimals."""
    if type(value) is int and type(step) is int:
        return value % step == 0
    numerator, denominator = _decimal(step)
    times = round(value * denominator / numerator) if abs(value) < 1e9 else 0
    if times:
        # The quotient of two integers is rounded right; so few digits are told apart.
        return times * numerator / denominator == value
    return value == 0 or Fraction(repr(value)) % Fraction(numerator, denominator) == 0


def _decimal(step: float) -> tuple[int, int]:
    return Fraction(repr(step)).as_integer_ratio()


@dataclass(frozen=True, slots=True)
class Text:
    """Length in code points, a pattern, and a format of JSON Schema such as "uuid"."""

    min_length: int = 0
    max_length: int | None = None
    matches: Test | tuple[Test, ...] = ()
    format: str | None = None

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        text = core.str_schema(
            strict=True,
            min_length=self.min_length or None,
            max_length=self.max_length,
        )
        if not self.matches and self.format is None:
            return text
        return core.no_info_after_validator_function(self._check, text)

    def _check(self, text: str) -> str:
        if self.format is not None and not FORMATS[self.format](text):
            what = _FORMAT_WORDS.get(self.format, f"a valid {self.format}")
            raise _refusal(f"must be {what}")
        matches = self.matches
        for test in matches if isinstance(matches, tuple) else (matches,):
            if not test(text):
                raise _refusal(f"must match {test}")
        return text


_FORMAT_WORDS: Final = {
    "date": "a date such as 2026-01-31",
    "date-time": "a date and time such as 2026-01-31T12:00:00Z",
    "uri": "a URL with its scheme, such as https://…",
    "uuid": "a UUID",
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many items a list has, and whether no two may be equal."""

    at_least: int = 0
    at_most: int | None = None
    different: bool = False

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        items = handler(source)
        items = cast("core.ListSchema", items)
        if self.at_least:
            items["min_length"] = self.at_least
        if self.at_most is not None:
            items["max_length"] = self.at_most
        if not self.different:
            return items
        return core.chain_schema([_raw(all_different, "must not repeat an item"), items])


def _raw(test: Callable[[Any], bool], sentence: str) -> CoreSchema:
    """Test a list before its items are read."""

    def check(value: Any) -> Any:
        if isinstance(value, list) and not test(value):
            raise _refusal(sentence)
        return value

    return core.no_info_plain_validator_function(check)


@dataclass(frozen=True, slots=True)
class Exactly:
    """Constants that are not all text, under JSON's equality: 1 is 1.0 but not true.

    They are those of the `Literal` beside it, or those given here.
    """

    values: tuple[Any, ...]

    def __init__(self, *values: Any) -> None:
        object.__setattr__(self, "values", values)

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        expected = self.values or tuple(_constants(source))

        def check(value: Any) -> Any:
            if any(same(value, constant) for constant in expected):
                return value
            words = " or ".join(map(_plain, expected))
            raise PydanticKnownError("literal_error", {"expected": words})

        return core.no_info_plain_validator_function(
            check, json_schema_input_schema=handler(source)
        )


def _constants(source: Any) -> list[Any]:
    if get_origin(source) is None and source is type(None):
        return [None]
    found: list[Any] = []
    for part in get_args(source):
        found += _constants(part) if get_args(part) or part is type(None) else [part]
    return found


def _plain(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are equal: 1 is 1.0, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def all_different(items: list[Any]) -> bool:
    """Say whether no two items of a list are equal."""
    keys = [_key(item) for item in items]
    return len(set(keys)) == len(keys)


def _key(value: Any) -> object:
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", tuple(map(_key, value)))
    if isinstance(value, dict):
        return ("object", frozenset((name, _key(v)) for name, v in value.items()))
    return value


@dataclass(frozen=True, slots=True)
class OfType:
    """Any JSON value of some types: "null", "boolean", "number", "string" …"""

    types: tuple[str, ...]

    def __init__(self, *types: str) -> None:
        object.__setattr__(self, "types", types)

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: Any) -> Any:
        if not is_type(value, *self.types):
            raise _refusal(f"must be of type {' or '.join(self.types)}")
        return value


def is_type(value: Any, *types: str) -> bool:
    """Say whether a value is of one of some JSON types; 1.0 is an integer."""
    return any(name in types for name in _types_of(value))


def _types_of(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return ("integer", "number")
    return (_JSON_TYPES.get(type(value), ""),)


_JSON_TYPES: Final[dict[type, str]] = {
    type(None): "null",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


@dataclass(frozen=True, slots=True)
class Must:
    """An assertion beside a type, with the sentence for the one who breaks it."""

    hold: Callable[[Any], bool]
    sentence: str

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core.no_info_wrap_validator_function(self._check, handler(source))

    def _check(self, value: Any, read: Callable[[Any], Any]) -> Any:
        # The assertion is about the value on the wire, before it becomes an object.
        made = read(value)
        if not self.hold(value):
            raise _refusal(self.sentence)
        return made


@dataclass(frozen=True, slots=True)
class Media:
    """Text that stands for a medium, in one of the ways that the document accepts."""

    kind: str
    accepts: tuple[Test, ...]

    def __init__(self, kind: str, *accepts: Test) -> None:
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "accepts", accepts)

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core.no_info_after_validator_function(
            self._check, core.str_schema(strict=True)
        )

    def _check(self, text: str) -> str:
        for accepts in self.accepts:
            if accepts(text):
                return text
        raise _refusal(f"must be {self._ways()}")

    def _ways(self) -> str:
        ways = [
            "a UUID"
            if way is is_uuid
            else "a URL (https://…)"
            if way is is_uri
            else f"a data URI (data:{self.kind}/…;base64,…)"
            if "^data:" in repr(way)
            else "base64"
            if "+/=" in repr(way)
            else f"text like {way!r}"
            for way in self.accepts
        ]
        return f"{', '.join(ways[:-1])} or {ways[-1]}" if len(ways) > 1 else ways[0]


@dataclass(frozen=True, slots=True)
class Nullable:
    """Null may be sent, and is something else than leaving the field out."""

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return handler(source)


@dataclass(frozen=True, slots=True)
class Either:
    """Alternatives: the first that fits is taken; an error speaks of the nearest."""

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        union = _left_to_right(handler(source))
        return core.no_info_wrap_validator_function(self._check, union)

    def _check(self, value: Any, read: Callable[[Any], Any]) -> Any:
        try:
            return read(value)
        except ValidationError as error:
            raise nearest_alternative(error) from None


def _left_to_right(schema: CoreSchema) -> CoreSchema:
    if schema["type"] == "nullable":
        return core.nullable_schema(_left_to_right(schema["schema"]))
    if schema["type"] == "union":
        return core.union_schema(schema["choices"], mode="left_to_right")
    return schema


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown."""


def _refusal(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


Integer = Annotated[int, Limits()]
"""A whole number, without limits."""

Number = Annotated[float, Limits()]
"""A number, without limits."""

Uuid = Annotated[str, Text(format="uuid")]
"""A UUID."""

Uri = Annotated[str, Text(format="uri")]
"""A URI with its scheme."""
