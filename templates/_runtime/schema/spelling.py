"""Names that are spelt in another way, or nearly right."""

from __future__ import annotations

from collections.abc import Iterable


def plain(name: str) -> str:
    """Return a name without case and underscores."""
    return name.replace("_", "").casefold()


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.8) -> str | None:
    """Return the known name that a name is closest to; None if none is close.

    Args:
        name: The name.
        known: The known names.
        cutoff: The least similarity, from 0 to 1; see `difflib.get_close_matches`.
    """
    from difflib import get_close_matches  # takes its time

    return next(iter(get_close_matches(name, known, n=1, cutoff=cutoff)), None)
