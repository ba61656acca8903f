"""Schemas that say the same, in one document or another, are understood once.

Documents of a catalogue repeat each other's schemas. One that refers to nothing means
the same wherever it stands, so what was found out about it is remembered.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

    from runware_codegen.documents import JsonValue

Found = TypeVar("Found")

_MOST = 2**14

_LONGEST = 2**15
"""What is larger is rarely repeated as a whole, and would be looked through at every
level of it."""

_BY_VALUE = 2
"""The version of marshal's format that does not depend on which objects are one."""


class Memory(Generic[Found]):
    """What was found out, each under all that it depends on; the latest of it."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Found] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._found

    def __getitem__(self, key: Hashable) -> Found:
        return self._found[key]

    def __setitem__(self, key: Hashable, found: Found) -> None:
        if len(self._found) >= _MOST:
            self._found.clear()
        self._found[key] = found


def code_alone(value: JsonValue) -> bytes:
    """Write a schema as bytes if they tell all that it means, else none.

    Returns:
        Bytes that differ for different schemas: 1 is not 1.0 nor true. None where
        there may be a reference, and for what is very large.
    """
    code = _encoded(value)
    return b"" if len(code) > _LONGEST or mentions(code, "$ref") else code


def may_mention(value: JsonValue, *keywords: str) -> bool:
    """Whether one of some keywords may be in a schema; when it is not, none is."""
    return mentions(_encoded(value), *keywords)


def mentions(code: bytes, *keywords: str) -> bool:
    """Whether one of some keywords may be in the schema of a code."""
    return any(_encoded(keyword) in code for keyword in keywords)


def _encoded(value: JsonValue) -> bytes:
    return marshal.dumps(value, _BY_VALUE)
