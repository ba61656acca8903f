"""The kinds of entries and their levels. Only this module assigns levels."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Level(StrEnum):
    """The effect of a difference on a caller, the most severe first."""

    BREAKING = "breaking"
    TYPING = "typing"
    RISK = "risk"
    COMPATIBLE = "compatible"
    WORDS = "words"

    @property
    def rank(self) -> int:
        """The position among the levels; 0 is the most severe."""
        return list(Level).index(self)


LEVELS: Final = {
    Level.BREAKING: "A task that was accepted is refused, or a name or a promised value"
    " is gone.",
    Level.TYPING: "Only type checkers notice it.",
    Level.RISK: "The same code may get another outcome.",
    Level.COMPATIBLE: "Code that works keeps working.",
    Level.WORDS: "Only documentation differs.",
}


class Kind(NamedTuple):
    """A kind of entry.

    Attributes:
        id: Its stable identifier.
        level: Its level.
        meaning: What has changed.
    """

    id: str
    level: Level
    meaning: str


_B, _T, _R, _C, _W = Level


def _rows() -> Iterator[tuple[str, Level, str]]:
    yield from _DOCUMENTS
    for aspect, meaning in _NARROWING.items():
        yield f"request-{aspect}", _B, meaning
    for aspect, meaning in _WIDENING.items():
        yield f"request-{aspect}", _T if aspect in _TYPED else _C, meaning
    for aspect, meaning in _UNPROVEN.items():
        yield f"request-{aspect}", _R, meaning
    yield from _REQUESTS
    for aspect, meaning in _NARROWING.items():
        if aspect not in _REQUEST_ONLY:
            yield f"result-{aspect}", _C, meaning
    for aspect, meaning in _WIDENING.items():
        if aspect not in _REQUEST_ONLY:
            level = _B if aspect in _PROMISED else _T if aspect in _TYPES else _R
            yield f"result-{aspect}", level, meaning
    for aspect, meaning in _UNPROVEN.items():
        if aspect not in _REQUEST_ONLY:
            yield f"result-{aspect}", _B if aspect == "type-changed" else _R, meaning
    yield from _RESULTS
    yield from _METADATA


_DOCUMENTS: Final = (
    ("document-removed", _B, "The document is gone, and its module with it."),
    ("document-renamed", _B, "The document has another identifier: its module and its"
     " classes have other names."),
    ("document-added", _C, "The document is new."),
    ("task-type-changed", _B, "The document is about another task type."),
    ("model-removed", _B, "The document is no longer about this model."),
    ("model-added", _C, "The document is about one more model."),
)  # fmt: skip

_NARROWING: Final = {
    "type-narrowed": "Values of a JSON type are no longer in it.",
    "null-removed": "It cannot be null any more.",
    "value-removed": "A value is no longer in its list.",
    "values-closed": "It is one of a list of values, where any value was possible.",
    "limit-narrowed": "A limit is tighter, or new.",
    "step-narrowed": "It has to be a multiple of a number, or of a larger one.",
    "pattern-narrowed": "It has to match a pattern, or a stricter one.",
    "format-narrowed": "It has to have a format, or another one.",
    "uniqueness-added": "Its items have to differ from each other.",
    "media-form-removed": "Media cannot be given in this form any more.",
    "constraint-narrowed": "A constraint on one value is stricter, or new.",
    "member-required": "A member that was optional is required.",
    "member-added-required": "A new member is required.",
    "rule-narrowed": "A rule is stricter, or new.",
    "size-removed": "A pair of width and height is no longer in the list.",
    "extra-members-refused": "Members that the document does not name are refused.",
}
"""Kinds that allow fewer values than before."""

_WIDENING: Final = {
    "type-widened": "Values of one more JSON type are possible.",
    "null-added": "It can be null.",
    "value-added": "A value is new in its list.",
    "values-opened": "Any value is possible, where it was one of a list.",
    "limit-widened": "A limit is looser, or gone.",
    "step-widened": "It need not be a multiple of a number any more, or of a smaller one.",
    "pattern-widened": "Its pattern is looser, or gone.",
    "format-widened": "Its format is gone.",
    "uniqueness-removed": "Its items need not differ from each other.",
    "media-form-added": "Media can be given in one more form.",
    "constraint-widened": "A constraint on one value is looser, or gone.",
    "member-optional": "A member that was required is optional.",
    "rule-widened": "A rule is looser, or gone.",
    "size-added": "A pair of width and height is new in the list.",
    "extra-members-allowed": "Members that the document does not name are allowed.",
}
"""Kinds that allow more values than before."""

_UNPROVEN: Final = {
    "type-changed": "Its type is another one.",
    "step-changed": "It has to be a multiple of another number.",
    "pattern-changed": "Its pattern is another one.",
    "format-changed": "Its format is another one.",
    "constraint-changed": "A constraint on one value is another one.",
    "rule-changed": "A rule is another one.",
}
"""Kinds that may allow fewer values than before, more, or the same."""

_REQUEST_ONLY: Final = {
    "member-added-required", "rule-narrowed", "rule-widened", "rule-changed",
    "size-removed", "size-added",
}  # fmt: skip

_TYPED: Final = {"type-widened", "null-added", "values-opened"}
_TYPES: Final = {"type-widened", "value-added", "values-opened"}
_PROMISED: Final = {"null-added", "member-optional"}

_REQUESTS: Final = (
    ("request-member-removed", _B, "A member is gone, and its attribute with it."),
    ("request-member-renamed", _B, "The Python name of a member is another one."),
    ("request-member-added", _C, "An optional member is new."),
    ("request-class-removed", _B, "A class has no counterpart at its place."),
    ("request-class-renamed", _B, "A class has another name."),
    ("request-annotation-changed", _T, "The type of a parameter is another one; the"
     " same tasks are accepted."),
    ("request-default-changed", _R, "The server takes another value if it is absent."),
    ("request-media-size-changed", _R, "The limits on the size of a file differ."),
    ("request-media-kind-changed", _R, "It is another kind of media."),
    ("request-secrecy-changed", _T, "Whether its value is hidden has changed."),
    ("request-deprecation-added", _T, "It is deprecated: type checkers report its use."),
    ("request-deprecation-removed", _C, "It is not deprecated any more."),
    ("request-words-changed", _W, "Its description differs."),
)  # fmt: skip

_RESULTS: Final = (
    ("result-member-removed", _B, "A member is gone, and its attribute with it."),
    ("result-member-renamed", _B, "The Python name of a member is another one."),
    ("result-member-added", _C, "A member is new."),
    ("result-class-removed", _B, "A class has no counterpart at its place."),
    ("result-class-renamed", _B, "A class has another name."),
    ("result-default-changed", _R, "Its default is another one."),
    ("result-media-size-changed", _R, "The limits on the size of a file differ."),
    ("result-media-kind-changed", _R, "It is another kind of media."),
    ("result-deprecation-added", _T, "It is deprecated: type checkers report its use."),
    ("result-deprecation-removed", _C, "It is not deprecated any more."),
    ("result-words-changed", _W, "Its description differs."),
)  # fmt: skip

_METADATA: Final = (
    ("air-changed", _B, "The AIR of the model is another one."),
    ("status-changed", _R, "The status of the model is another one."),
    ("price-changed", _R, "The price is another one."),
    ("latency-changed", _R, "The measured latency is another one."),
    ("default-delivery-changed", _R, "A task that selects no delivery method is"
     " delivered in another way."),
    ("media-limit-changed", _R, "A limit on a media file is another one."),
    ("error-code-added", _R, "The document names one more error code."),
    ("error-code-removed", _R, "The document does not name an error code any more."),
    ("http-status-added", _R, "The document names one more HTTP status of an error."),
    ("http-status-removed", _R, "The document does not name an HTTP status any more."),
    ("unenforced-changed", _R, "Keywords that the client does not enforce differ."),
    ("capabilities-changed", _W, "The capabilities that the document lists differ."),
    ("modes-changed", _W, "The combinations of inputs that the document lists differ."),
    ("title-changed", _W, "The title differs."),
    ("words-changed", _W, "The description differs."),
    ("documentation-url-changed", _W, "The page of the documentation is another one."),
    ("http-status-words-changed", _W, "The description of an HTTP status differs."),
)  # fmt: skip


KINDS: Final = {row[0]: Kind(*row) for row in _rows()}
"""All kinds of entries, by identifier."""


def markdown_table(kinds: Iterable[Kind] = ()) -> str:
    """Write the table of kinds as Markdown, the most severe level first."""
    rows = sorted(kinds or KINDS.values(), key=lambda kind: (kind.level.rank, kind.id))
    lines = [f"| `{kind.id}` | {kind.level} | {kind.meaning} |" for kind in rows]
    return "\n".join(["| Entry | Level | Meaning |", "|---|---|---|", *lines]) + "\n"
