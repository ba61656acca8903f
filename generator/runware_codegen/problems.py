"""Problems of an input, each with its place and its remedy.

A problem is a value. A stage collects its problems and raises them together, so that one
run shows all of them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

Path = tuple[str | int, ...]

_CONFLICT = re.compile("^(?:<{7}|>{7}) ", re.MULTILINE)


def json_pointer(path: Path) -> str:
    """Write a path of keys and indexes as a JSON pointer (RFC 6901)."""
    return "".join(
        f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path
    )


def without_conflict(text: str, remedy: str) -> str:
    """Return the remedy of a malformed text; of git's conflicts, if the text has any."""
    if _CONFLICT.search(text):
        return "Resolve the conflict that git has marked with <<<<<<< and >>>>>>>."
    return remedy


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Ask whether the most similar known name is meant; empty if none is similar."""
    names = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(name.casefold(), names, n=1)
    return f"Did you mean {names[near[0]]}?" if near else ""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A problem of an input.

    Attributes:
        source: The file as the user named it, or `<stdin>`.
        pointer: The JSON pointer of its place; empty for the whole document.
        message: What is wrong.
        remedy: How to fix it.
    """

    source: str
    pointer: str
    message: str
    remedy: str


class InvalidInputError(Exception):
    """The input has one or more problems.

    Attributes:
        problems: All problems without duplicates, ordered by file and place.
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
