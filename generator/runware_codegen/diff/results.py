"""Differences of results, judged from the view of the reader.

A result that allows less than before breaks no reader. One that allows more breaks code
that reads a member which may now be absent or null; other code may get values or types
that it does not expect.
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
