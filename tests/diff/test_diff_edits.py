"""Each single edit of a document gets the level that its callers would give it."""

from __future__ import annotations

import pytest
from edits import EDITS, Edit
from versions import entries_of

from runware_codegen.diff.entries import Proof
from runware_codegen.diff.levels import Level


def test_there_are_many_edits() -> None:
    assert len({edit.name for edit in EDITS}) == len(EDITS) > 400


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name.replace(" ", "-"))
def test_the_level_of_an_edit(edit: Edit) -> None:
    entries = entries_of(edit.old, edit.new)
    gravest = min((entry.level for entry in entries), key=lambda level: level.rank)
    assert gravest == edit.level, entries
    assert not edit.kind or edit.kind in {entry.kind for entry in entries}
    breaking = [entry for entry in entries if entry.level is Level.BREAKING]
    assert all(entry.proof is not Proof.NOT_PROVEN for entry in breaking), breaking
    if edit.proven:
        assert any(entry.witness for entry in breaking), breaking
