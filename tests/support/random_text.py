"""The characters of random texts.

They are those of `st.text()`. It finds them by encoding each character, which takes two
seconds in each process that runs tests in a new checkout.
"""

from __future__ import annotations

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=["Cs"])
