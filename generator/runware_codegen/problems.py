"""Problems of an input, each with its place and its remedy.

A problem is a value. Stages collect all of theirs and raise them together, so that one
run shows everything there is to mend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]


def json_pointer(path: Path) -> str:
    """Write the keys and indexes that lead to a value as a JSON pointer (RFC 6901)."""
    return "".join(
        f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path
    )


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        source: The file as the user named it, or `<stdin>`.
        pointer: The JSON pointer of the place; empty for the whole document.
        message: What is wrong there.
        remedy: What would be right.
    """

    source: str
    pointer: str
    message: str
    remedy: str


class InvalidInputError(Exception):
    """One or more problems that make the input unusable.

    Attributes:
        problems: All of them, without repeats, ordered by file and place.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(
            "\n".join(f"{p.source}#{p.pointer}: {p.message}" for p in self.problems)
        )

    @classmethod
    def of(
        cls, source: object, message: str, remedy: str, *, pointer: str = ""
    ) -> Self:
        """Return an error with one problem; see `Problem` for the arguments."""
        return cls([Problem(str(source), pointer, message, remedy)])
