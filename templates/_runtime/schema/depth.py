"""The maximum nesting depth of requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel

from ..json_values import is_array, is_object

MAX_LEVELS: Final = 128
"""Maximum nesting depth of a request: validation and writing recurse for each level."""


def is_too_deep(value: Any) -> bool:
    """Return whether a value is nested deeper than a request may be."""
    return _is_deeper(value, MAX_LEVELS - 1)


SCALARS: Final = frozenset({str, int, float, bool, type(None)})
"""Types of values without parts."""


def _is_deeper(value: Any, levels: int) -> bool:
    for part in _parts(value):
        if type(part) not in SCALARS and (not levels or _is_deeper(part, levels - 1)):
            return True
    return False


def _parts(value: Any) -> Iterable[Any]:
    if is_object(value):
        return value.values()
    if is_array(value):
        return value
    if isinstance(value, BaseModel):
        return (*vars(value).values(), *(value.model_extra or {}).values())
    return ()
