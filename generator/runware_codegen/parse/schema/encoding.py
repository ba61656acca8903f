"""Schemas as bytes: keys for caches, and a fast search for keywords.

The documents of a catalogue repeat each other's schemas. The meaning of a schema without
references does not depend on its place, so results for it can be cached.
"""

from __future__ import annotations

import marshal

from runware_codegen.documents import JsonValue

_MAX_LENGTH = 2**15
"""Larger schemas are not encoded: they are rarely repeated."""

_VERSION = 2
"""The version of marshal's format that does not depend on the identity of objects."""


def cache_key(schema: JsonValue) -> bytes:
    """Encode a schema whose meaning does not depend on its place.

    Returns:
        Bytes that differ for different schemas: 1 differs from 1.0 and from true. Empty
        for a schema that may contain a reference, and for a very large one.
    """
    key = encode(schema)
    return b"" if len(key) > _MAX_LENGTH or encode("$ref") in key else key


def may_contain(schema: JsonValue, *keywords: str) -> bool:
    """Return whether a schema may contain one of some keywords; never a false no."""
    encoded = encode(schema)
    return any(encode(keyword) in encoded for keyword in keywords)


def encode(value: JsonValue) -> bytes:
    """Return bytes that differ for different values: 1 differs from 1.0 and from true."""
    return marshal.dumps(value, _VERSION)
