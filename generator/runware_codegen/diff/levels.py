"""The kinds of entries and their levels. Only this module assigns levels."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple


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
    " is removed.",
    Level.TYPING: "Only type checkers notice it.",
    Level.RISK: "The same code may have another outcome.",
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
    for aspect, meaning in {**_NARROWING, **_WIDENING, **_UNPROVEN}.items():
        if aspect not in _REQUEST_ONLY:
            yield f"result-{aspect}", _RESULT_LEVELS.get(aspect, _R), meaning
    yield from _RESULTS
    for aspect, level, meaning in _BOTH:
        yield f"request-{aspect}", level, meaning
        yield f"result-{aspect}", level, meaning
    yield from _METADATA


_DOCUMENTS: Final = (
    ("document-removed", _B, "The document and its module are removed."),
    ("document-left-out", _B, "generate uses no document with the status that the model has now,"
     " so its module is removed."),
    ("document-taken", _C, "generate uses documents with the status that the model has now."),
    ("document-renamed", _B, "The identifier of the document has changed, and with it the"
     " names of its module and classes."),
    ("document-added", _C, "The document is new."),
    ("task-type-changed", _B, "The task type of the document has changed."),
    ("model-removed", _B, "The document no longer describes this model."),
    ("model-added", _C, "The document describes one more model."),
)  # fmt: skip

_NARROWING: Final = {
    "type-narrowed": "A JSON type is no longer allowed.",
    "null-removed": "Null is no longer allowed.",
    "value-removed": "A value is no longer in the list of allowed values.",
    "values-closed": "Only a list of values is allowed; before, any value was.",
    "limit-narrowed": "A limit is tighter, or new.",
    "step-narrowed": "It must be a multiple of a number, or of a larger one.",
    "pattern-narrowed": "It must match a pattern, or a stricter one.",
    "format-narrowed": "It must have a format, or another one.",
    "uniqueness-added": "Its items must be unique.",
    "media-form-removed": "A form of media is no longer accepted.",
    "constraint-narrowed": "A constraint on one value is stricter, or new.",
    "member-required": "A member that was optional is required.",
    "member-added-required": "A new member is required.",
    "rule-narrowed": "A rule is stricter, or new.",
    "size-removed": "A pair of width and height is no longer allowed.",
    "extra-members-refused": "Members that the document does not name are refused.",
}
"""Kinds that allow fewer values than before."""

_WIDENING: Final = {
    "type-widened": "One more JSON type is allowed.",
    "null-added": "Null is allowed.",
    "value-added": "One more value is in the list of allowed values.",
    "values-opened": "Any value is allowed; before, only a list of values was.",
    "limit-widened": "A limit is looser, or removed.",
    "step-widened": "It must be a multiple of a smaller number, or of none.",
    "pattern-widened": "Its pattern is looser, or removed.",
    "format-widened": "Its format is removed.",
    "uniqueness-removed": "Its items need not be unique.",
    "media-form-added": "One more form of media is accepted.",
    "constraint-widened": "A constraint on one value is looser, or removed.",
    "member-optional": "A member that was required is optional.",
    "rule-widened": "A rule is looser, or removed.",
    "size-added": "One more pair of width and height is allowed.",
    "extra-members-allowed": "Members that the document does not name are allowed.",
}
"""Kinds that allow more values than before."""

_UNPROVEN: Final = {
    "type-changed": "Its type has changed.",
    "step-changed": "It must be a multiple of another number.",
    "pattern-changed": "Its pattern has changed.",
    "format-changed": "Its format has changed.",
    "constraint-changed": "A constraint on one value has changed.",
    "rule-changed": "A rule has changed.",
}
"""Kinds that may allow fewer values than before, more, or the same."""

_REQUEST_ONLY: Final = {
    "member-added-required", "rule-narrowed", "rule-widened", "rule-changed",
    "size-removed", "size-added",
}  # fmt: skip

_TYPED: Final = {"type-widened", "null-added", "values-opened"}
"""Kinds that allow more values in requests, and change a type."""

_RESULT_LEVELS: Final = {
    **dict.fromkeys(_NARROWING, _C),
    **dict.fromkeys(("type-widened", "value-added", "values-opened"), _T),
    **dict.fromkeys(("null-added", "member-optional", "type-changed"), _B),
}
"""The levels of kinds in results, unless they are risks."""

_REQUESTS: Final = (
    ("request-member-added", _C, "An optional member is new."),
    ("request-annotation-changed", _T, "The type of a parameter has changed; the same"
     " tasks are accepted."),
    ("request-default-changed", _R, "The default of the server has changed."),
    ("request-secrecy-changed", _T, "Whether its value is hidden has changed."),
    ("request-media-size-changed", _R, "The limits on the size of a file differ."),
)  # fmt: skip

_RESULTS: Final = (
    ("result-member-added", _C, "A member is new."),
    ("result-member-undescribed", _R, "The document no longer describes a member. Its"
     " attribute stays, since results of the task type have it in general."),
    ("result-default-changed", _R, "Its default has changed."),
)  # fmt: skip

_BOTH: Final = (
    ("member-removed", _B, "A member and its attribute are removed."),
    ("member-renamed", _B, "The Python name of a member has changed."),
    ("class-removed", _B, "A class is removed."),
    ("class-renamed", _B, "The name of a class has changed."),
    ("media-kind-changed", _R, "The kind of media has changed."),
    ("deprecation-added", _T, "It is deprecated: type checkers report reads of it, and a"
     " DeprecationWarning reports its use."),
    ("deprecation-removed", _C, "It is not deprecated any more."),
    ("words-changed", _W, "Its description differs, or its examples."),
)  # fmt: skip
"""Kinds of requests and of results, without their side."""

_METADATA: Final = (
    ("air-changed", _B, "The AIR of the model has changed."),
    ("status-changed", _R, "The status of the model has changed."),
    ("price-changed", _R, "The price has changed."),
    ("latency-changed", _R, "The measured latency has changed."),
    ("default-delivery-changed", _R, "The default delivery method has changed."),
    ("media-limit-changed", _R, "A limit on a media file has changed."),
    ("error-code-added", _R, "The document lists one more error code."),
    ("error-code-removed", _R, "The document no longer lists an error code."),
    ("http-status-added", _R, "The document lists one more HTTP status of an error."),
    ("http-status-removed", _R, "The document no longer lists an HTTP status."),
    ("unenforced-changed", _R, "Keywords that the client does not enforce differ."),
    ("capabilities-changed", _W, "The capabilities that the document lists differ."),
    ("modes-changed", _W, "The combinations of inputs that the document lists differ."),
    ("title-changed", _W, "The title differs."),
    ("words-changed", _W, "The description differs."),
    ("documentation-url-changed", _W, "The URL of the documentation has changed."),
    ("http-status-words-changed", _W, "The description of an HTTP status differs."),
)  # fmt: skip


KINDS: Final = {row[0]: Kind(*row) for row in _rows()}
"""All kinds of entries, by identifier."""
