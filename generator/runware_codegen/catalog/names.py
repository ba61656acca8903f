"""The forms of identifiers and AIRs of documents, and of patterns of them."""

from __future__ import annotations

import re

from runware_codegen.output.names import is_device

_IDENTIFIER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?")
_AIR = re.compile(r"[\x21-\x7e]{1,200}")


def is_identifier(text: str) -> bool:
    """Return whether a text is valid as the name of a file, on every system."""
    return _IDENTIFIER.fullmatch(text) is not None and not is_device(text)


def is_air(text: str) -> bool:
    """Return whether a text has only characters of an AIR, such as `runware:101@1`."""
    return _AIR.fullmatch(text) is not None


def is_pattern(name: str) -> bool:
    """Return whether a name is a pattern."""
    return not set("*?[").isdisjoint(name)
