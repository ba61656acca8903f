"""Identifiers and AIRs of documents, and patterns of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Protocol

from runware_codegen.output.names import is_device
from runware_codegen.problems import did_you_mean

_IDENTIFIER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?")
_AIR = re.compile(r"[\x21-\x7e]{1,200}")


class Named(Protocol):
    """An object with an identifier and an AIR."""

    @property
    def id(self) -> str:
        """The identifier."""
        ...

    @property
    def air(self) -> str:
        """The AIR; empty without one."""
        ...


def is_identifier(text: str) -> bool:
    """Return whether a text is valid as the name of a file, on every system."""
    return _IDENTIFIER.fullmatch(text) is not None and not is_device(text)


def is_air(text: str) -> bool:
    """Return whether a text has only characters of an AIR, such as `runware:101@1`."""
    return _AIR.fullmatch(text) is not None


def is_pattern(name: str) -> bool:
    """Return whether a name is a pattern."""
    return not set("*?[").isdisjoint(name)


def matches(named: Named, pattern: str) -> bool:
    """Return whether a pattern matches the identifier or the AIR of an object."""
    return fnmatchcase(named.id, pattern) or fnmatchcase(named.air, pattern)


def similar(name: str, known: Iterable[Named]) -> str:
    """Ask whether the most similar identifier or AIR is meant; see `did_you_mean`."""
    return did_you_mean(name, (t for one in known for t in (one.id, one.air) if t))
