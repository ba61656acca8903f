"""Pieces of English for messages: lists, counts, bounds, names of formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runware_codegen.model.predicates import EvaluatedProperties, InRange

_MOST_LISTED: Final = 12
_MOST_DIGITS: Final = 12

_FORMATS: Final[Mapping[str, str]] = {
    "date": "a date such as 2026-01-31",
    "date-time": "a date and time such as 2026-01-31T12:00:00Z",
    "duration": "a duration such as P1DT12H",
    "email": "an e-mail address",
    "hostname": "a host name",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "json-pointer": "a JSON pointer",
    "regex": "a regular expression",
    "time": "a time such as 12:00:00Z",
    "uri": "a URI with its scheme, such as https://…",
    "uri-reference": "a URI or a relative reference",
    "uuid": "a UUID",
}


def joined(parts: Sequence[str], last: str) -> str:
    """Join parts with commas, and the last with a word: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def one_of(values: Sequence[str]) -> str:
    """List values to choose from, the first dozen of many."""
    if len(values) == 1:
        return values[0]
    if len(values) > _MOST_LISTED:
        rest = len(values) - _MOST_LISTED
        return f"one of {', '.join(values[:_MOST_LISTED])} and {rest} more"
    return joined(values, "or")


def number_words(value: float) -> str:
    """Write a number as a person would: no exponent for common sizes."""
    if isinstance(value, float) and len(repr(value)) > _MOST_DIGITS:
        return f"{value:.4g}"
    return repr(value).removesuffix(".0")


def bounds_of(bounds: InRange) -> str:
    """Say between what a number lies."""
    low, high = _low(bounds), _high(bounds)
    if bounds.ge is not None and bounds.le is not None and not (bounds.gt or bounds.lt):
        if bounds.ge == bounds.le:
            return number_words(bounds.ge)
        return f"between {number_words(bounds.ge)} and {number_words(bounds.le)}"
    return joined([*low, *high], "and")


def _low(bounds: InRange) -> list[str]:
    said: list[str] = []
    if bounds.ge is not None:
        said.append(f"at least {number_words(bounds.ge)}")
    if bounds.gt is not None:
        said.append(f"more than {number_words(bounds.gt)}")
    return said


def _high(bounds: InRange) -> list[str]:
    said: list[str] = []
    if bounds.le is not None:
        said.append(f"at most {number_words(bounds.le)}")
    if bounds.lt is not None:
        said.append(f"less than {number_words(bounds.lt)}")
    return said


def count_of(least: int, most: int | None, noun: str) -> str:
    """Say how many: "at least 2 items", "1 to 4 items", "no items"."""
    if most == 0:
        return f"no {noun}s"
    if most is None:
        return f"at least {least} {noun}{'s' if least != 1 else ''}"
    if least == most:
        return f"exactly {least} {noun}{'s' if least != 1 else ''}"
    if least == 0:
        return f"at most {most} {noun}{'s' if most != 1 else ''}"
    return f"{least} to {most} {noun}s"


def format_words(name: str) -> str:
    """Say what a text of a format is."""
    return _FORMATS.get(name, f"a valid {name}")


def allowed_names(exempt: tuple[EvaluatedProperties, ...]) -> str:
    """Say which members are meant: " besides a and b"."""
    names = [name for each in exempt for name in each.names]
    names += [f"those like {p.source}" for each in exempt for p in each.patterns]
    if not names:
        return ""
    listed = names[:_MOST_LISTED]
    if len(names) > _MOST_LISTED:
        listed.append("others")
    return f" besides {joined(listed, 'and')}"
