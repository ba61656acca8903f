"""The formats of JSON Schema that are asserted, and the names of their predicates.

The predicates are part of the emitted package (`_runtime/schema/formats.py`).
"""

from __future__ import annotations

from typing import Final

FORMATS: Final = frozenset(
    {
        "date",
        "date-time",
        "duration",
        "email",
        "hostname",
        "ipv4",
        "ipv6",
        "json-pointer",
        "regex",
        "relative-json-pointer",
        "time",
        "uri",
        "uri-reference",
        "uuid",
    }
)
"""Their names in JSON Schema."""

NOT_ASSERTED: Final = frozenset(
    {"idn-email", "idn-hostname", "iri", "iri-reference", "uri-template"}
)
"""Formats of JSON Schema that are not asserted; a document with one is refused."""


def predicate_name(name: str) -> str:
    """Return the name of the predicate of a format."""
    return f"is_{name.replace('-', '_')}"
