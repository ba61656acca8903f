"""The comparison of two versions of one document."""

from __future__ import annotations

from collections.abc import Iterator

from runware_codegen.diff.entries import Entry
from runware_codegen.diff.members import compare_requests, compare_results
from runware_codegen.diff.metadata import compare_metadata
from runware_codegen.diff.proof.decide import decide, decide_results
from runware_codegen.diff.proof.witness import Version


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


def _entries(old: Version, new: Version, file: str) -> Iterator[Entry]:
    before, after = old.document, new.document
    for kind, was, now in compare_metadata(before, after):
        yield Entry(kind, after.id, after.air, file, before=was, after=now)
    findings = [
        *decide(compare_requests(before, after), old, new),
        *decide_results(compare_results(before, after), old, new),
    ]
    for finding, proof, witness in findings:
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
