"""Differences of requests, judged in the direction of the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.diff.canonical import equal
from runware_codegen.diff.entries import Direction, Finding, Place, Side
from runware_codegen.diff.meaning import of_class
from runware_codegen.diff.members import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runware_codegen.model import Document


def compare_requests(old: Document, new: Document) -> Iterator[Finding]:
    """Find the differences of the requests of two versions of a document."""
    comparison = Comparison(
        Side.REQUEST,
        (old.request, *old.nested_request_classes),
        (new.request, *new.nested_request_classes),
    )
    yield from comparison.findings(old.request, new.request)
    yield from _definitions(old, new)


def _definitions(old: Document, new: Document) -> Iterator[Finding]:
    """Compare recursive schemas; rules and types refer to them by name."""
    before, after = dict(old.definitions), dict(new.definitions)
    for name in sorted(before.keys() & after.keys()):
        if not equal(before[name], after[name]):
            place = Place(Side.REQUEST, (), new.request.name)
            yield Finding(
                "constraint-changed", place,
                f"the recursive schema {name}", "another recursive schema",
                Direction.CHANGED, of_class(old.request), of_class(new.request),
            )  # fmt: skip
