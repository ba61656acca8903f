"""Compares the spelling of names."""

from __future__ import annotations

from collections.abc import Iterable


def plain(name: str) -> str:
    """Return a name in lower case, without underscores."""
    return name.replace("_", "").casefold()


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.8) -> str | None:
    """Return the most similar known name; None if none is similar.

    The cutoff is the minimum similarity from 0 to 1; see `difflib.get_close_matches`.
    """
    from difflib import get_close_matches  # slow to import

    return next(iter(get_close_matches(name, known, n=1, cutoff=cutoff)), None)


def nearest_texts(text: str, known: Iterable[str]) -> list[str]:
    """Return the three most similar known texts, in any case; the best one first."""
    from difflib import get_close_matches  # slow to import

    texts = {each.casefold(): each for each in known}
    return [texts[n] for n in get_close_matches(text.casefold(), texts, n=3)]
