"""The text of one file of a side."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from runware_codegen.documents.sources import Source, decoded


class Text(NamedTuple):
    """A file of a side.

    Attributes:
        name: The file as the user would name it: `HEAD:schemas/clarity.json`.
        content: Its bytes.
        discovered: Whether it was found in a folder, instead of being named itself.
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
        """Its place, for messages about what is wrong in it."""
        return Source(self.name, Path(self.name), self.discovered)

    def decoded(self) -> str:
        """Return its text.

        Raises:
            InvalidInputError: It is too large, is not UTF-8, or is empty.
        """
        return decoded(self.source, self.content)
