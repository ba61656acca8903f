"""The files of a side, and pairs of files that are versions of one document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from runware_codegen.catalog.versions import without_line_ends
from runware_codegen.documents.sources import Source


class Text(NamedTuple):
    """A file of a side.

    Attributes:
        name: The file in the notation of the command: `HEAD:schemas/clarity.json`.
        content: Its bytes.
        discovered: Whether it was found in a folder, and not named by the user.
    """

    name: str
    content: bytes
    discovered: bool

    @property
    def stem(self) -> str:
        """The base name without its suffix."""
        return Path(self.name.rpartition(":")[2]).stem

    @property
    def source(self) -> Source:
        """The source of the text, for error messages."""
        return Source(self.name, Path(self.name), self.discovered)


class Pairs(NamedTuple):
    """The files of two sides that differ.

    Attributes:
        changed: Files with the same name on both sides, if it is unique on each side.
        removed: Files of the old side without such a counterpart.
        added: Files of the new side without such a counterpart.
        unchanged: Files that do not differ, except for their line ends.
    """

    changed: list[tuple[Text, Text]]
    removed: list[Text]
    added: list[Text]
    unchanged: list[Text]


def pair(old: Sequence[Text], new: Sequence[Text]) -> Pairs:
    """Drop files that do not differ, and pair the others by names that are unique."""
    before = {without_line_ends(text.content) for text in old}
    after = {without_line_ends(text.content): text for text in new}
    common = {content: text for content, text in after.items() if content in before}
    unchanged = [*common.values()]
    left = [text for text in old if without_line_ends(text.content) not in common]
    right = [text for text in new if without_line_ends(text.content) not in common]
    if len(left) == len(right) == 1:
        return Pairs([(left[0], right[0])], [], [], unchanged)
    one, other = _by_stem(left), _by_stem(right)
    changed = [(one[stem], other[stem]) for stem in sorted(one.keys() & other.keys())]
    paired = {id(text) for texts in changed for text in texts}
    removed = [text for text in left if id(text) not in paired]
    added = [text for text in right if id(text) not in paired]
    return Pairs(changed, removed, added, unchanged)


def _by_stem(texts: Sequence[Text]) -> dict[str, Text]:
    """Return the texts by stem, without those that share a stem."""
    count = Counter(text.stem for text in texts)
    return {text.stem: text for text in texts if count[text.stem] == 1}
