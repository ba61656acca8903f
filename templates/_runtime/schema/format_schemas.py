"""Schemas of formats: pydantic-core accepts common texts without calling Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pydantic_core import CoreSchema
from pydantic_core import core_schema as core

from .formats import FORMATS

_HEX: Final = "[0-9A-Fa-f]"
_PERCENT: Final = f"%{_HEX}{{2}}"
_PLAIN: Final = r"A-Za-z0-9\-._~!$&'()*+,;="  # unreserved / sub-delims
_SEGMENTS: Final = f"(?:[{_PLAIN}:@/]|{_PERCENT})*"
_QUERY: Final = f"(?:[{_PLAIN}:@/?]|{_PERCENT})*"
_AUTHORITY: Final = (
    f"(?:(?:[{_PLAIN}:]|{_PERCENT})*@)?(?:[{_PLAIN}]|{_PERCENT})*(?::[0-9]*)?"
)

USUAL: Final = {
    # RFC 4122, section 3
    "uuid": f"^{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}$",
    # RFC 3986, section 3, without IP addresses in brackets
    "uri": (
        f"^[A-Za-z][A-Za-z0-9+.-]*:"
        f"(?://{_AUTHORITY}(?:/{_SEGMENTS})?"
        f"|/?(?:(?:[{_PLAIN}:@]|{_PERCENT}){_SEGMENTS})?)"
        rf"(?:\?{_QUERY})?(?:#{_QUERY})?$"
    ),
}
"""Patterns in the syntax of Rust's `regex`, by format.

A text that matches has the format. For other texts, the predicate of the format decides.
"""


def format_schema(name: str) -> CoreSchema:
    """Return the schema of texts with a format."""
    all_texts = core.no_info_plain_validator_function(_check(FORMATS[name]))
    if name not in USUAL:
        return all_texts
    return core.union_schema([usual_schema(name), all_texts], mode="left_to_right")


def usual_schema(name: str) -> CoreSchema:
    """Return the schema of common texts with a format in `USUAL`."""
    return core.str_schema(strict=True, pattern=USUAL[name], regex_engine="rust-regex")


def _check(has_format: Callable[[str], bool]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not has_format(text):
            raise ValueError
        return text

    return check
