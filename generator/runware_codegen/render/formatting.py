"""Formatting with black, as black does it without any configuration."""

from __future__ import annotations

import black
from black.mode import TargetVersion

_MODE = black.Mode(target_versions={TargetVersion.PY311})


def formatted(source: str) -> str:
    """Return source text as black formats it.

    Raises:
        black.InvalidInput: When it is no Python; then a template is wrong.
    """
    return black.format_str(source, mode=_MODE)
