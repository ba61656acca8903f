"""Pairs the files of two sides that are versions of one document."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from runware_codegen.catalog.lock import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runware_codegen.diff.sides.texts import Text


class Pairs(NamedTuple):
    """The files of two sides with different bytes.

    Attributes:
        changed: Files with the same name on both sides.
        gone: Files of the old side without such a counterpart.
        fresh: Files of the new side without such a counterpart.
        unchanged: The number of files with equal bytes.
    """

    changed: list[tuple[Text, Text]]
    gone: list[Text]
    fresh: list[Text]
    unchanged: int


def pair(old: Sequence[Text], new: Sequence[Text]) -> Pairs:
    """Drop files with equal bytes, and pair the others by name."""
    before = {sha256(text.content) for text in old}
    after = {sha256(text.content) for text in new}
    common = before & after
    left = [text for text in old if sha256(text.content) not in common]
    right = [text for text in new if sha256(text.content) not in common]
    if len(left) == len(right) == 1:
        return Pairs([(left[0], right[0])], [], [], len(common))
    by_stem = {text.stem: text for text in right}
    changed: list[tuple[Text, Text]] = []
    gone: list[Text] = []
    for text in left:
        counterpart = by_stem.pop(text.stem, None)
        if counterpart is None:
            gone.append(text)
        else:
            changed.append((text, counterpart))
    paired = {id(counterpart) for _, counterpart in changed}
    fresh = [text for text in right if id(text) not in paired]
    return Pairs(changed, gone, fresh, len(common))
