"""The formats of JSON Schema that are asserted, and the names of their predicates.

The predicates are part of the emitted package (`_runtime/schema/formats.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FORMATS: Final[Mapping[str, str]] = {
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
"""Their names in JSON Schema, each with a description of a string of the format."""

EXAMPLES: Final[Mapping[str, str]] = {
    "uri": "https://example.com/lighthouse",
    "uuid": "3d3b0bd1-21a5-4f1c-9ff0-8ff3d1a1d0fb",
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "email": "keeper@example.com",
    "duration": "P1D",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "json-pointer": "/a",
    "regex": "a",
    "relative-json-pointer": "0",
    "time": "12:00:00Z",
    "uri-reference": "a/b",
}
"""A string of each format, those first that documents often have."""

NOT_ASSERTED: Final = frozenset(
    {"idn-email", "idn-hostname", "iri", "iri-reference", "uri-template"}
)
"""Formats of JSON Schema that are not asserted; a document with one is refused."""


def predicate_name(name: str) -> str:
    """Return the name of the predicate of a format."""
    return f"is_{name.replace('-', '_')}"
