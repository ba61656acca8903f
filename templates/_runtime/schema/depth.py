"""How deep a value is nested."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel

from ..json_values import is_array, is_object

MOST_LEVELS: Final = 128
"""How deep a request may be nested: to check and send it takes a call for each level."""


def is_too_deep(value: Any) -> bool:
    """Say whether a value is nested deeper than a request may be.

    Args:
        value: JSON, in which objects may be instances of their classes already.
    """
    return _is_deeper(value, MOST_LEVELS - 1)


SCALARS: Final = frozenset({str, int, float, bool, type(None)})
"""Types of values that have no parts."""


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
