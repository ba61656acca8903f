"""Reads JSON (RFC 8259) strictly: no duplicate keys, no NaN, no number out of range."""

from __future__ import annotations

import json
import re
from collections import Counter
from json import JSONDecodeError

from runware_codegen.documents.values import (
    MAX_VALUES,
    TOO_DEEP,
    TOO_LARGE,
    Fault,
    FaultyObject,
    MalformedError,
    RawValue,
    duplicate_key,
    no_json_value,
    place_in,
    read_float,
    read_integer,
)

# The start of a message of the standard library, and the fault that replaces it.
_EXPLANATIONS = {
    "Expecting property name": Fault(
        "a key is missing", "write every key in double quotes"
    ),
    "Expecting ':'": Fault("a colon is missing", "put a colon between key and value"),
    "Expecting ','": Fault(
        "a comma or a closing bracket is missing",
        "put a comma between two values and close every bracket",
    ),
    "Expecting value": Fault(
        "a value is missing",
        "write a string in double quotes, a number, true, false, null, [...] or {...}",
    ),
    "Extra data": Fault("more text follows the value", "write one value in each file"),
    "Unterminated string": Fault(
        "a string is not closed", "end it with a double quote"
    ),
    "Invalid control character": Fault(
        "a string has a control character in it",
        "write a line break as \\n, a tab as \\t",
    ),
    "Invalid \\": Fault(
        "a backslash is not followed by an escape of JSON", "write a backslash as \\\\"
    ),
}
_TRAILING_COMMA = Fault("a value is missing after the comma", "remove the comma")
_OTHER_FORMAT = Fault(
    "the text is not a JSON value", "write JSON, or name the file .yaml if it is YAML"
)
_TOO_SHORT = Fault("the file ends too early", "complete the file")
# The text at the error is more helpful than what the decoder expected.
_FOUND = {
    "'": Fault("a single quote is not valid here", "write strings in double quotes"),
    "/": Fault("JSON has no comments", "remove the comment"),
    "#": Fault("JSON has no comments", "remove the comment"),
}

# What may be left of a value that is cut off, such as `tru` or `1.`
_PART = re.compile(r"[\w.+-]*\s*")


def is_cut_off(text: str) -> bool:
    """Return whether a text is the start of a JSON object that has no end."""
    if text.count("{") <= text.count("}") or not text.lstrip().startswith("{"):
        return False
    try:
        json.JSONDecoder(parse_int=str).raw_decode(text.lstrip())
    except JSONDecodeError as error:
        is_string = error.msg.startswith("Unterminated string")
        return is_string or bool(_PART.fullmatch(error.doc, error.pos))
    except RecursionError:
        return True
    return False  # other objects follow


def read_json(text: str) -> RawValue:
    """Read a JSON text.

    Args:
        text: The whole text, without a byte order mark.

    Returns:
        Its value, with a `Fault` or a `FaultyObject` in place of an invalid value.

    Raises:
        MalformedError: If the text is not JSON, or has too many objects or levels.
    """
    decoder = json.JSONDecoder(
        object_pairs_hook=_ObjectReader().read,
        parse_int=read_integer,
        parse_float=read_float,
        parse_constant=no_json_value,
    )
    try:
        value: RawValue = decoder.decode(text)
    except JSONDecodeError as error:
        raise _malformed(text, error) from None
    except RecursionError:
        raise MalformedError(TOO_DEEP.message, TOO_DEEP.remedy) from None
    return value


class _ObjectReader:
    """Makes objects of their members, and raises if there are too many objects."""

    def __init__(self) -> None:
        self._objects = 0

    def read(self, members: list[tuple[str, RawValue]]) -> dict[str, RawValue]:
        self._objects += 1
        if self._objects > MAX_VALUES:
            raise MalformedError(TOO_LARGE.message, TOO_LARGE.remedy)
        value = dict(members)
        if len(value) == len(members):
            return value
        counts = Counter(key for key, _ in members)
        faults = [duplicate_key(key) for key, count in counts.items() if count > 1]
        return FaultyObject(value, faults)


def _malformed(text: str, error: JSONDecodeError) -> MalformedError:
    position, fault = _locate(text, error)
    return MalformedError(
        f"not JSON: {fault.message} {place_in(text, position)}", fault.remedy
    )


def _locate(text: str, error: JSONDecodeError) -> tuple[int, Fault]:
    position = error.pos
    found = text[position : position + 1]
    if error.msg.startswith("Illegal trailing comma"):
        return position, _TRAILING_COMMA
    before = text[:position].rstrip()
    if found in {"]", "}"} and before.endswith(","):
        # Up to Python 3.12, the position is that of the bracket, not of the comma.
        return len(before) - 1, _TRAILING_COMMA
    if error.msg.startswith("Expecting"):
        if not text[position:].strip():
            return position, _TOO_SHORT
        if found in _FOUND:
            return position, _FOUND[found]
        if not before:
            return position, _OTHER_FORMAT
    return position, _explanation(error.msg)


def _explanation(message: str) -> Fault:
    found = (each for start, each in _EXPLANATIONS.items() if message.startswith(start))
    return next(found, Fault(message, "correct the JSON there"))
