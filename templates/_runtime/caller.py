"""Finds the caller: the first frame outside of this package and of pydantic."""

from __future__ import annotations

import inspect
from types import FrameType

from . import PACKAGE


def levels_to_caller() -> int:
    """Return the `stacklevel` of a warning that is attributed to the caller."""
    frame = inspect.currentframe()
    level = 0
    while frame is not None and _is_inside(frame):
        frame = frame.f_back
        level += 1
    return level


def _is_inside(frame: FrameType) -> bool:
    name = f"{frame.f_globals.get('__name__', '')}."
    return name.startswith((f"{PACKAGE}.", "pydantic."))
