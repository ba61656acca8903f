"""The comparison of two versions of one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.diff.entries import Entry
from runware_codegen.diff.metadata import compare_metadata
from runware_codegen.diff.proof.decide import decide, decide_results
from runware_codegen.diff.requests import compare_requests
from runware_codegen.diff.results import compare_results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runware_codegen.diff.proof.witness import Version
    from runware_codegen.model import Document


def compare(old: Version, new: Version, file: str) -> list[Entry]:
    """Compare two versions of a document.

    Args:
        old: The version before.
        new: The version now.
        file: The file of the new version.

    Returns:
        An entry for each difference, the most severe first.
    """
    entries = {entry.fingerprint: entry for entry in _entries(old, new, file)}
    return sorted(entries.values(), key=lambda entry: entry.order)


def added(document: Document, file: str) -> Entry:
    """Return the entry of a new document."""
    return Entry(
        "document-added", document.id, document.air, file, after=document.title
    )


def removed(document: Document, file: str) -> Entry:
    """Return the entry of a removed document."""
    return Entry(
        "document-removed", document.id, document.air, file, before=document.title
    )


def _entries(old: Version, new: Version, file: str) -> Iterator[Entry]:
    before, after = old.document, new.document
    for difference in compare_metadata(before, after):
        kind, was, now = difference
        yield Entry(kind, after.id, after.air, file, before=was, after=now)
    decided = [
        *decide(compare_requests(before, after), old, new),
        *decide_results(compare_results(before, after), old, new),
    ]
    for finding, proof, witness in decided:
        yield Entry(
            kind=finding.kind,
            document=after.id,
            air=after.air,
            file=file,
            python=finding.place.python,
            pointer=finding.place.pointer,
            before=finding.before,
            after=finding.after,
            proof=proof,
            witness=witness,
        )
