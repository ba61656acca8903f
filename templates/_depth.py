"""How deep a value is nested."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel

from ._json import is_array, is_object

MOST_LEVELS: Final = 128
"""How deep a request may be nested: to check and send it takes a call for each level."""


def is_too_deep(value: Any) -> bool:
    """Say whether a value is nested deeper than a request may be.

    Args:
        value: JSON, in which objects may be instances of their classes already.
    """
    level = [value]
    for _ in range(MOST_LEVELS):
        parts = (part for each in level for part in _parts(each))
        level = [part for part in parts if type(part) not in SCALARS]
        if not level:
            return False
    return True


SCALARS: Final = frozenset({str, int, float, bool, type(None)})
"""Types of values that have no parts."""


def _parts(value: Any) -> Iterable[Any]:
    if is_object(value):
        return value.values()
    if is_array(value):
        return value
    if isinstance(value, BaseModel):
        return (*vars(value).values(), *(value.model_extra or {}).values())
    return ()
