"""JSON values, and faults: values of a text that are not valid.

A reader of JSON or YAML does not stop at an invalid value. It replaces the value by a
`Fault`, so that `find_faults` can report all of them with their paths.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from runware_codegen.problems import Path

JsonValue: TypeAlias = (
    "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
)
JsonObject: TypeAlias = dict[str, JsonValue]

MAX_DEPTH = 128
MAX_VALUES = 200_000
MAX_KEY = 10_000
MAX_FAULTS = 20

_MAX_INTEGER_DIGITS = sys.float_info.max_10_exp + 1
_MAX_SHOWN = 40
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_ZERO = re.compile("[-+.0]*[1-9]")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value, and a remedy."""

    message: str
    remedy: str


class FaultyObject(dict[str, "RawValue"]):
    """An object with invalid keys."""

    def __init__(self, members: dict[str, RawValue], faults: list[Fault]) -> None:
        super().__init__(members)
        self.faults = faults


RawValue: TypeAlias = (
    "bool | int | float | str | Fault | list[RawValue] | dict[str, RawValue] | None"
)


class MalformedError(Exception):
    """A text that cannot be parsed, because of one fault."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.fault = Fault(message, remedy)


TOO_DEEP = Fault(
    f"nested too deeply: more than {MAX_DEPTH} levels",
    "move inner schemas to components and refer to them",
)
TOO_LARGE = Fault(
    f"too large: more than {MAX_VALUES:,} values",
    "split the document into smaller ones",
)
_OUT_OF_RANGE = Fault(
    "a number is out of range",
    "use numbers that a 64-bit float can hold, or strings",
)
_LONE_SURROGATE = Fault(
    "a string has a lone surrogate, which is half a character",
    "write both surrogates, or the character itself",
)


def shown(value: object) -> str:
    """Write a value for a message: as JSON, in ASCII; a long string is cut."""
    if isinstance(value, str) and len(value) > _MAX_SHOWN:
        return f"{json.dumps(value[:_MAX_SHOWN])}..."
    return json.dumps(value)


def place_in(text: str, position: int) -> str:
    """Write the line and the column of a position in a text, counted from 1."""
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"(line {line}, column {column})"


def duplicate_key(key: str, where: str = "") -> Fault:
    """Create the fault that an object has a key more than once."""
    message = f"the key {shown(key)} is given more than once{where}"
    return Fault(message, "give each key once")


def no_json_value(text: str) -> Fault:
    """Create the fault that a text such as `NaN` is not a JSON value."""
    return Fault(f"{text} is not a JSON value", "write a number, or null")


def _unfit_key(key: str) -> Fault:
    if len(key) > MAX_KEY:
        message = f"the key {shown(key)} is longer than {MAX_KEY:,} characters"
        return Fault(message, "give it a shorter name")
    return Fault(f"the key {shown(key)} has a lone surrogate", _LONE_SURROGATE.remedy)


def read_integer(digits: str, base: int = 10) -> int | Fault:
    """Read an integer of any length; a fault if it is out of range."""
    if len(digits.lstrip("+-0")) > _MAX_INTEGER_DIGITS:
        return _OUT_OF_RANGE
    integer = int(digits, base)
    return integer if abs(integer) <= sys.float_info.max else _OUT_OF_RANGE


def read_float(text: str) -> float | Fault:
    """Read a number with a fraction or an exponent; a fault if it is out of range.

    A number that would be rounded to zero is out of range too.
    """
    number = float(text)
    if math.isinf(number) or (number == 0 and _NOT_ZERO.match(text)):
        return _OUT_OF_RANGE
    return number


def find_faults(value: RawValue) -> list[tuple[Path, Fault]]:
    """Find the faults in a value.

    Args:
        value: The result of a reader.

    Returns:
        At most `MAX_FAULTS` faults, in the order of the text, each with its path. Without
        faults, the value is a `JsonValue`.
    """
    search = _Search()
    search.visit(value)
    if search.values > MAX_VALUES:
        return [((), TOO_LARGE)]
    return search.found[:MAX_FAULTS]


class _Search:
    """A traversal of a value, with the current path."""

    def __init__(self) -> None:
        self.found: list[tuple[Path, Fault]] = []
        self.values = 0
        self._path: list[str | int] = []

    def visit(self, value: RawValue) -> None:
        if isinstance(value, str):
            if _has_surrogate(value):
                self._report(_LONE_SURROGATE)
        elif isinstance(value, dict):
            if self._check_keys(value):
                self._visit_members(value.items(), len(value))
        elif isinstance(value, list):
            self._visit_members(enumerate(value), len(value))
        elif isinstance(value, Fault):
            self._report(value)

    def _check_keys(self, value: dict[str, RawValue]) -> bool:
        """Report invalid keys; return whether all keys can be part of a JSON pointer."""
        if isinstance(value, FaultyObject):
            for fault in value.faults:
                self._report(fault)
        keys = "".join(value)
        if keys.isascii() and len(keys) <= MAX_KEY:
            return True
        unfit = [key for key in value if len(key) > MAX_KEY or _has_surrogate(key)]
        for key in unfit[:MAX_FAULTS]:
            self._report(_unfit_key(key))
        return not unfit

    def _visit_members(
        self, members: Iterable[tuple[str | int, RawValue]], count: int
    ) -> None:
        if len(self._path) >= MAX_DEPTH:
            self._report(TOO_DEEP)
            return
        self.values += count
        for step, member in members:
            if self.values > MAX_VALUES or len(self.found) >= MAX_FAULTS:
                return
            if isinstance(member, (int, float)) or (
                isinstance(member, str) and member.isascii()
            ):
                continue  # the most frequent values cannot have faults
            self._path.append(step)
            self.visit(member)
            self._path.pop()

    def _report(self, fault: Fault) -> None:
        self.found.append((tuple(self._path), fault))


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and _SURROGATE.search(text) is not None
