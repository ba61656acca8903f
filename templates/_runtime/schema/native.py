"""What pydantic-core can tell by itself of values that a check in Python lets through.

A check in Python costs more than all else that is asked of a short text or a number.
What is here takes a part of what a check takes, and nothing else: so the check need
only be asked about what is refused here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic_core import core_schema as core

from ..json_values import is_multiple
from .constraints import Limits, Test, Text
from .formats import is_uri, is_uuid
from .media_text import Media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import CoreSchema

_HEX: Final = "[0-9A-Fa-f]"
_UUID: Final = f"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"
_IN_SEGMENT: Final = r"A-Za-z0-9\-._~!$&'()*+,;=:@"
_PATH: Final = f"(?:[{_IN_SEGMENT}/]|%{_HEX}{{2}})*"
_QUERY: Final = rf"(?:\?(?:[{_IN_SEGMENT}/?]|%{_HEX}{{2}})*)?"
_URL: Final = rf"https?://[A-Za-z0-9.\-]+(?::[0-9]+)?(?:/{_PATH})?{_QUERY}"
_URN: Final = rf"[A-Za-z][A-Za-z0-9+.\-]*:[{_IN_SEGMENT}]{_PATH}{_QUERY}"
_URI: Final = f"{_URL}|{_URN}"
_PATTERNS: Final = {"uuid": _UUID, "uri": _URI}
_WAYS: Final[dict[Test, str]] = {is_uuid: _UUID, is_uri: _URI}


def native(check: Any) -> Iterator[CoreSchema]:
    """Yield what takes values that a check would take, and leaves them as they are.

    Args:
        check: The schema of a check in Python.
    """
    owner = getattr(check["function"]["function"], "__self__", None)
    if isinstance(owner, Limits):
        yield from _numbers(owner, check["json_schema_input_schema"]["type"])
    elif isinstance(owner, Text):
        yield from _texts(owner)
    elif isinstance(owner, Media):
        ways = [_WAYS[way] for way in owner.accepts if way in _WAYS]
        if ways:
            yield core.str_schema(pattern=_any_of(*ways), strict=True)


def _texts(text: Text) -> Iterator[CoreSchema]:
    if text.matches is None and text.format in _PATTERNS:
        yield core.str_schema(
            pattern=_any_of(_PATTERNS[text.format]),
            min_length=text.min_length or None,
            max_length=text.max_length,
            strict=True,
        )


def _any_of(*patterns: str) -> str:
    return f"^(?:{'|'.join(patterns)})$"


def _numbers(limits: Limits, kind: str) -> Iterator[CoreSchema]:
    bounds: dict[str, Any] = {
        "ge": limits.ge,
        "gt": limits.gt,
        "le": limits.le,
        "lt": limits.lt,
    }
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if any(type(bound) is not int for bound in given.values()):
        return
    step = limits.multiple_of
    if type(step) is int:
        yield core.int_schema(strict=True, multiple_of=step, **given)
    elif step is None or is_multiple(1, step):
        yield core.int_schema(strict=True, **given)
    if kind == "float" and step is None and all(map(_is_exact, given.values())):
        yield core.float_schema(strict=True, allow_inf_nan=False, **given)


def _is_exact(bound: int) -> bool:
    """Say whether no whole number but the bound becomes the same float."""
    return abs(bound) < 2**53
