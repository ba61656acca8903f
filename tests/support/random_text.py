"""The characters of random texts.

They are those of `st.text()`, which finds them by encoding each one: two seconds in each
process that runs tests in a new checkout.
"""

from __future__ import annotations

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=["Cs"])
