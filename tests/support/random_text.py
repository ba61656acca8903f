"""The characters of random texts, and random objects that have odd members.

The characters are those of `st.text()`. It finds them by encoding each character, which
takes two seconds in each process that runs tests in a new checkout.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=["Cs"])


def odd_objects(
    names: list[str], texts: list[str]
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw objects with any members, often with these names and texts."""
    name = st.text(CHARACTERS, max_size=3) | st.sampled_from([*names, "\ud800"])
    leaf = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.just(10**400)
        | st.floats()
        | st.text(st.characters(exclude_categories=()), max_size=5)
        | st.sampled_from(texts)
    )
    value = st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(name, inner, max_size=4),
        max_leaves=12,
    )
    return st.dictionaries(name, value, max_size=6)
