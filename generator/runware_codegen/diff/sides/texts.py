"""The content of one file of a side."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from runware_codegen.documents.sources import Source, decoded


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

    def decoded(self) -> str:
        """Decode the content.

        Raises:
            InvalidInputError: If it is too large, not UTF-8, or empty.
        """
        return decoded(self.source, self.content)
