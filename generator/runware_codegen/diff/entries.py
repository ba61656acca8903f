"""What a comparison finds: findings of the model, and the entries of the report."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from runware_codegen.diff.levels import KINDS, Level
from runware_codegen.problems import json_pointer

if TYPE_CHECKING:
    from runware_codegen.model.predicates import Predicate


class Side(StrEnum):
    """What of a document a finding is about."""

    REQUEST = "request"
    RESULT = "result"


class Direction(StrEnum):
    """Whether fewer or more values are allowed than before, if that is known."""

    NARROWED = "narrowed"
    WIDENED = "widened"
    CHANGED = "changed"


ANY_ITEM = "*"
"""The step to the items of a list, or to the values of a map."""


class Place(NamedTuple):
    """A place in a request or a result.

    Attributes:
        side: Which of the two.
        steps: The JSON names that lead to it, with `ANY_ITEM` for items.
        python: The same in Python: `TripoV31Request.settings.face_limit`.
    """

    side: Side
    steps: tuple[str, ...]
    python: str

    @property
    def pointer(self) -> str:
        """The JSON pointer of it in a task or a result, with `*` for items."""
        return json_pointer(self.steps)

    def member(self, json_name: str, name: str) -> Place:
        """Return the place of a member."""
        return Place(self.side, (*self.steps, json_name), f"{self.python}.{name}")

    def items(self) -> Place:
        """Return the place of the items of a list, or of the values of a map."""
        return Place(self.side, (*self.steps, ANY_ITEM), f"{self.python}[{ANY_ITEM}]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference of a request or a result, before it is proven.

    Attributes:
        aspect: The identifier of its kind, without the side: `limit-narrowed`.
        place: The place that it is about.
        before: What was there, in words; or empty.
        after: What is there now, in words; or empty.
        direction: The direction, if it is about the values that are allowed.
        was: What held at `at` before.
        now: What holds at `at` now.
        at: The place that `was` and `now` speak of: the object, for a rule.
        typed: Whether type checkers see it, whatever is accepted.
    """

    aspect: str
    place: Place
    before: str
    after: str
    direction: Direction | None = None
    was: Predicate | None = None
    now: Predicate | None = None
    at: tuple[str, ...] = ()
    typed: bool = False

    @property
    def kind(self) -> str:
        """The identifier of its kind."""
        return f"{self.place.side}-{self.aspect}"


class Proof(StrEnum):
    """How an entry about accepted tasks is proven."""

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
        file: The file of the new version, or of the old one if that is all.
        python: The Python name, or empty.
        pointer: The JSON pointer in the task or the result, or empty.
        before: What was there, in words; or empty.
        after: What is there now, in words; or empty.
        proof: How it is proven; None if there is nothing to prove.
        witness: A task that only one version accepts, if one was found.
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
    def change(self) -> str:
        """What has changed, in words: "at most 10 → at most 5"."""
        if self.before and self.after:
            return f"{self.before} → {self.after}"
        return f"removed: {self.before}" if self.before else f"added: {self.after}"

    @property
    def fingerprint(self) -> str:
        """A hash of what changed where: 16 hexadecimal digits."""
        parts = (self.kind, self.document, self.pointer, self.before, self.after)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def order(self) -> tuple[str, int, str, str, str, str]:
        """The position in a report: by document, gravest first."""
        rank = self.level.rank
        return self.document, rank, self.pointer, self.kind, self.before, self.after
