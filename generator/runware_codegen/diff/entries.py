"""Findings of the comparison of models, and the entries of the report."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from runware_codegen.diff.levels import KINDS, Level
from runware_codegen.model.predicates import TRUE, Predicate
from runware_codegen.problems import json_pointer


class Side(StrEnum):
    """The part of a document that a finding is about."""

    REQUEST = "request"
    RESULT = "result"


class Direction(StrEnum):
    """Whether fewer or more values are allowed than before, if known."""

    NARROWED = "narrowed"
    WIDENED = "widened"
    CHANGED = "changed"


ANY_ITEM = "*"
"""The step to the items of a list, or to the values of a map."""


class Place(NamedTuple):
    """A place in a request or a result.

    Attributes:
        side: Request or result.
        steps: The JSON names from the root, with `ANY_ITEM` for items.
        python: The place in Python: `TripoV31Request.settings.face_limit`.
    """

    side: Side
    steps: tuple[str, ...]
    python: str

    @property
    def pointer(self) -> str:
        """Its JSON pointer in a task or a result, with `*` for items."""
        return json_pointer(self.steps)

    def member(self, json_name: str, name: str) -> Place:
        """Return the place of a member."""
        return Place(self.side, (*self.steps, json_name), f"{self.python}.{name}")

    def items(self) -> Place:
        """Return the place of the items of a list, or of the values of a map."""
        return Place(self.side, (*self.steps, ANY_ITEM), f"{self.python}[{ANY_ITEM}]")


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference of a request or a result that is not proven yet.

    Attributes:
        aspect: The identifier of its kind, without the side: `limit-narrowed`.
        place: Its place.
        before: The old state in words, or empty.
        after: The new state in words, or empty.
        direction: The direction, if it is about the values that are allowed.
        was: The old predicate at `at`.
        now: The new predicate at `at`.
        at: The place of the value of `was` and `now`: the object, for a rule.
        typed: Whether type checkers report it, even if the same tasks are accepted.
    """

    aspect: str
    place: Place
    before: str
    after: str
    direction: Direction | None = None
    was: Predicate = TRUE
    now: Predicate = TRUE
    at: tuple[str, ...] = ()
    typed: bool = False

    @property
    def kind(self) -> str:
        """The identifier of its kind."""
        return f"{self.place.side}-{self.aspect}"


class Proof(StrEnum):
    """How an entry about accepted tasks or described results is proven."""

    WITNESS = "witness"
    CONTAINMENT = "containment"
    NOT_PROVEN = "not proven"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the report.

    Attributes:
        kind: The identifier of its kind, a key of `levels.KINDS`.
        document: The identifier of the document.
        air: The AIR of its model, or empty.
        file: The file of the new version; of the old one for a removed document.
        python: The Python name, or empty.
        pointer: The JSON pointer in the task or the result, or empty.
        before: The old state in words, or empty.
        after: The new state in words, or empty.
        proof: How it is proven; None if it needs no proof.
        witness: A task or a result that only one version accepts, if one was found.
    """

    kind: str
    document: str
    air: str
    file: str
    python: str = ""
    pointer: str = ""
    before: str = ""
    after: str = ""
    proof: Proof | None = None
    witness: dict[str, Any] | None = None

    @property
    def level(self) -> Level:
        """The level of its kind."""
        return KINDS[self.kind].level

    @property
    def side(self) -> Side:
        """The part of the document that it is about."""
        return Side.RESULT if self.kind.startswith(f"{Side.RESULT}-") else Side.REQUEST

    @property
    def was_accepted(self) -> bool:
        """Whether it is the old version that accepts the witness."""
        alone_before = {Side.REQUEST: Level.BREAKING, Side.RESULT: Level.COMPATIBLE}
        return self.level is alone_before[self.side]

    @property
    def change(self) -> str:
        """The change in words: "at most 10 → at most 5"."""
        if self.before and self.after:
            return f"{self.before} → {self.after}"
        return f"removed: {self.before}" if self.before else f"added: {self.after}"

    @property
    def fingerprint(self) -> str:
        """A hash of the change and its place: 16 hexadecimal digits."""
        parts = (self.kind, self.document, self.pointer, self.before, self.after)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def order(self) -> tuple[str, int, str, str, str, str]:
        """The sort key in a report: by document, the most severe first."""
        rank = self.level.rank
        return self.document, rank, self.pointer, self.kind, self.before, self.after
