"""Pieces of English for messages: lists, counts, bounds, types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from runware_codegen.formats import FORMATS
from runware_codegen.model import MediaLimit, Type, json_types
from runware_codegen.model import types as t
from runware_codegen.model.constants import quoted
from runware_codegen.model.predicates import (
    ANY_COUNT,
    ANY_LENGTH,
    ANY_NUMBER,
    EvaluatedProperties,
    HasFormat,
    InRange,
)

_MAX_LISTED: Final = 12
_MAX_DIGITS: Final = 12
_MAX_SHOWN: Final = 24
_LARGE: Final = 1000

_BYTE_UNITS: Final = (
    (10**9, "GB"),
    (2**30, "GiB"),
    (10**6, "MB"),
    (2**20, "MiB"),
    (10**3, "kB"),
    (2**10, "KiB"),
)
_MEDIA_UNITS: Final[Mapping[str, str]] = {
    "area": "pixels in all",
    "duration": "seconds",
    "height": "pixels high",
    "width": "pixels wide",
}
_MEDIA_LABELS: Final[Mapping[str, str]] = {"ratio": "width divided by height"}

TYPES: Final[Mapping[str, str]] = {
    "null": "null",
    "boolean": "true or false",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "a list",
    "object": "an object",
}
"""A value of each JSON type in words."""

_MEDIA: Final[Mapping[str, str]] = {
    "audio": "audio",
    "file": "a file",
    "image": "an image",
    "video": "a video",
}


def joined(parts: Sequence[str], last: str) -> str:
    """Join parts with commas, and the last with a word: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def none_selected(options: Sequence[str], total: str) -> str:
    """Return the message that options of a command select nothing."""
    verb = "selects" if len(options) == 1 else "select"
    return f"{joined(options, 'and')} {verb} none of {total}."


def joined_paragraphs(*texts: str) -> str:
    """Join texts to paragraphs, without those that are empty."""
    return "\n\n".join(filter(None, texts))


def one_of(values: Sequence[str]) -> str:
    """List values: "1, 2 or 3"; of many values only the first dozen."""
    if len(values) == 1:
        return values[0]
    if len(values) > _MAX_LISTED:
        rest = len(values) - _MAX_LISTED
        return f"one of {', '.join(values[:_MAX_LISTED])} and {rest} more"
    return joined(values, "or")


def number_words(value: float | Decimal) -> str:
    """Write a number: whole numbers exactly, long fractions rounded."""
    if isinstance(value, float):
        if not value.is_integer() and len(repr(value)) > _MAX_DIGITS:
            return f"{value:.4g}" if abs(value) < _LARGE else repr(value)
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        # An exponent only for very long numbers.
        whole = value == value.to_integral_value()
        digits = f"{value.to_integral_value() if whole else value:f}"
        return digits if len(digits) <= _MAX_SHOWN else f"{value:g}"
    return str(value)


def bounds_of(bounds: InRange) -> str:
    """Describe the bounds of a number: "between 1 and 9", "at least 1"."""
    if bounds.ge is not None and bounds.le is not None and not (bounds.gt or bounds.lt):
        if bounds.ge == bounds.le:
            return number_words(bounds.ge)
        return f"between {number_words(bounds.ge)} and {number_words(bounds.le)}"
    limits = {
        "at least": bounds.ge,
        "more than": bounds.gt,
        "at most": bounds.le,
        "less than": bounds.lt,
    }
    parts = [
        f"{words} {number_words(n)}" for words, n in limits.items() if n is not None
    ]
    return joined(parts, "and")


def limits_of(a_type: Type) -> str:
    """Describe the limits of a number, or the length of a string or array; or ""."""
    match a_type:
        case t.Number(_, bounds, step):
            parts = [bounds_of(bounds)] if bounds != ANY_NUMBER else []
            if step and step.step != 1:
                parts.append(f"in steps of {number_words(step.step)}")
            return ", ".join(parts)
        case t.String(length) if length != ANY_LENGTH:
            return count_of(length.minimum, length.maximum, "character")
        case t.Array(_, count) if count != ANY_COUNT:
            return count_of(count.minimum, count.maximum, "item")
        case _:
            return ""


def count_of(least: int, most: int | None, noun: str) -> str:
    """Describe a range of counts: "at least 2 items", "1 to 4 items", "no items"."""
    if most == 0:
        return f"no {noun}s"
    if most is None:
        return f"at least {least} {noun}{'s' if least != 1 else ''}"
    if least == most:
        return f"exactly {least} {noun}{'s' if least != 1 else ''}"
    if least == 0:
        return f"at most {most} {noun}{'s' if most != 1 else ''}"
    return f"{least} to {most} {noun}s"


def media_limits_words(limits: Sequence[MediaLimit]) -> list[str]:
    """Describe the limits of a media file: "at least 128×128 pixels", "at most 20 MB"."""
    ranges = {each.operation: (each.minimum, each.maximum) for each in limits}
    parts: list[str] = []
    if "width" in ranges and "height" in ranges:
        size = _size_words(ranges["width"], ranges["height"])
        if size:
            parts.append(size)
            del ranges["width"], ranges["height"]
    for operation, (low, high) in ranges.items():
        if operation == "fileSize":
            parts.append(_file_size_words(low, high))
            continue
        bounds = bounds_of(InRange(ge=low, le=high))
        unit = _MEDIA_UNITS.get(operation)
        label = _MEDIA_LABELS.get(operation, operation)
        if bounds:
            parts.append(f"{bounds} {unit}" if unit else f"{label} {bounds}")
    return [each for each in parts if each]


_Range: TypeAlias = "tuple[int | float | None, int | float | None]"


def _size_words(width: _Range, height: _Range) -> str:
    """Describe limits of width and height together; "" if only one has a limit."""
    pairs = [*zip(width, height, strict=True)]
    if any((one is None) != (other is None) for one, other in pairs):
        return ""
    sizes = [
        f"{number_words(one)}×{number_words(other)}"
        for one, other in pairs
        if one is not None and other is not None
    ]
    if len(sizes) == 2:
        low, high = sizes
        return f"{low} pixels" if low == high else f"{low} to {high} pixels"
    which = "at most" if width[0] is None else "at least"
    return f"{which} {sizes[0]} pixels" if sizes else ""


def _file_size_words(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"between {_bytes_words(low)} and {_bytes_words(high)}"
    least = "" if low is None else f"at least {_bytes_words(low)}"
    return least if high is None else f"at most {_bytes_words(high)}"


def _bytes_words(size: float) -> str:
    """Write a size in the largest unit that needs at most one decimal place."""
    for divisor, unit in _BYTE_UNITS:
        if size >= divisor and size * 10 % divisor == 0:
            return f"{number_words(size / divisor)} {unit}"
    return f"{number_words(size)} bytes"


def noun_of(a_type: Type) -> str:
    """Describe a value of a type that has one JSON type: "a UUID", "an integer"."""
    match a_type:
        case t.String(format=HasFormat(name)):
            return FORMATS[name]
        case t.Media(kind):
            return _MEDIA[kind]
        case _:
            (json_type,) = json_types(a_type)
            return TYPES[json_type]


def words_of(a_type: Type) -> str:
    """Describe a type with its parts in a few words, without its limits."""
    match a_type:
        case t.Literals(values):
            return one_of([quoted(value.constant.value) for value in values])
        case t.Array(item):
            return f"a list of: {words_of(item)}"
        case t.Map(value):
            return f"an object with any names, and values: {words_of(value)}"
        case t.ClassRef(name):
            return f"an object ({name})"
        case t.Union(alternatives):
            return joined(list(dict.fromkeys(map(words_of, alternatives))), "or")
        case t.Anything(types):
            return joined(sorted(types), "or") if types else "any value"
        case t.Constrained(inner):
            return words_of(inner)
        case _:
            return noun_of(a_type)


def allowed_names(exempt: tuple[EvaluatedProperties, ...]) -> str:
    """List evaluated members: " besides a and b"."""
    names = [name for each in exempt for name in each.names]
    names += [f"those matching {p.source}" for each in exempt for p in each.patterns]
    if not names:
        return ""
    listed = names[:_MAX_LISTED]
    if len(names) > _MAX_LISTED:
        listed.append("others")
    return f" besides {joined(listed, 'and')}"
