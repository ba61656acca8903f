"""Random pairs of schemas: what the diff says of them is true of every drawn task.

FUZZ=100 makes a run that many times as long.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings
from pairs import Pair, pairs
from versions import version_of

from making import a_document, a_task
from runware_codegen.diff.compare import compare
from runware_codegen.diff.entries import Proof
from runware_codegen.diff.levels import Level
from runware_codegen.problems import InvalidInputError
from schema_strategies import DEFINITIONS

if TYPE_CHECKING:
    from pairs import Schema

    from runware_codegen.diff.proof.witness import Version

TIMES = int(os.environ.get("FUZZ", "1"))


def _version(task: Schema) -> Version:
    document = a_document(task)
    document["components"]["schemas"].update(DEFINITIONS)
    return version_of(document)


def _contradictions(pair: Pair) -> list[str] | None:
    """Find what the diff says and is not so; None if a schema allows no task."""
    try:
        old, new = _version(pair.old), _version(pair.new)
    except InvalidInputError:
        return None
    entries = compare(old, new, "sample.json")
    found: list[str] = []
    for entry in entries:
        if entry.witness is None:
            continue
        verdicts = old.tasks.accepts(entry.witness), new.tasks.accepts(entry.witness)
        if verdicts != (
            (True, False) if entry.level is Level.BREAKING else (False, True)
        ):
            found.append(f"{entry.kind}: {json.dumps(entry.witness)}")
    if not any(
        e.level is Level.BREAKING or e.proof is Proof.NOT_PROVEN for e in entries
    ):
        tasks = [a_task(**each) for each in pair.objects]
        found += [
            f"called compatible, and refused: {json.dumps(task)}"
            for task in tasks
            if old.tasks.accepts(task) and not new.tasks.accepts(task)
        ]
    return found


def test_nothing_that_it_says_is_contradicted() -> None:
    checked = 0

    @settings(
        max_examples=60 * TIMES,
        deadline=None,
        derandomize=TIMES == 1,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs())
    def check(pair: Pair) -> None:
        nonlocal checked
        found = _contradictions(pair)
        checked += found is not None
        assert not found, f"{json.dumps(pair.old)}\n{json.dumps(pair.new)}\n{found}"

    check()
    assert checked > 25
