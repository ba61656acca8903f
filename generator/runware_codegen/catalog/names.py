"""Identifiers and AIRs of documents, and patterns of them."""

from __future__ import annotations

import difflib
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

from runware_codegen.output.names import is_device

if TYPE_CHECKING:
    from collections.abc import Iterable

_IDENTIFIER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?")
_AIR = re.compile(r"[\x21-\x7e]{1,200}")


class Named(Protocol):
    """What has an identifier and an AIR."""

    @property
    def id(self) -> str:
        """The identifier."""
        ...

    @property
    def air(self) -> str:
        """The AIR; empty if there is none."""
        ...


def is_identifier(text: object) -> bool:
    """Tell whether a text may become the name of a file, on every system."""
    if not isinstance(text, str) or not _IDENTIFIER.fullmatch(text):
        return False
    return not is_device(text)


def is_air(text: object) -> bool:
    """Tell whether a text has the characters of an AIR, such as `runware:101@1`."""
    return isinstance(text, str) and _AIR.fullmatch(text) is not None


def is_pattern(name: str) -> bool:
    """Tell whether a name stands for more than one thing."""
    return not set("*?[").isdisjoint(name)


def matches(named: Named, pattern: str) -> bool:
    """Tell whether an identifier or an AIR is meant by a pattern."""
    return fnmatchcase(named.id, pattern) or fnmatchcase(named.air, pattern)


def similar(name: str, known: Iterable[Named]) -> str:
    """Give the name that a wrong one was probably meant to be, or nothing."""
    names = [text for named in known for text in (named.id, named.air) if text]
    return next(iter(difflib.get_close_matches(name, names, n=1)), "")
