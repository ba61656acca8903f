"""Differences of results, judged in the direction of their reader.

A result that allows less than before keeps every promise. One that allows more breaks
the reader of a member that may be absent or null now; others see values or types that
they do not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.diff.entries import Side
from runware_codegen.diff.members import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runware_codegen.diff.entries import Finding
    from runware_codegen.model import Document


def compare_results(old: Document, new: Document) -> Iterator[Finding]:
    """Find the differences of the results of two versions of a document."""
    comparison = Comparison(
        Side.RESULT,
        (old.result, *old.nested_result_classes),
        (new.result, *new.nested_result_classes),
    )
    yield from comparison.findings(old.result, new.result)
