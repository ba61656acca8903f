"""Random pairs of schemas: the diff's entries are true for every drawn task.

FUZZ=100 makes the run 100 times as long.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pairs import Pair, pairs, result_pairs
from versions import version_of

from making import a_document, a_task
from runware_codegen.diff.compare import compare
from runware_codegen.diff.entries import Proof
from runware_codegen.diff.levels import Level
from runware_codegen.problems import InvalidInputError
from schema_strategies import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from runware_codegen.diff.proof.validators import SchemaValidator
    from runware_codegen.diff.proof.witness import Version

TIMES = int(os.environ.get("FUZZ", "1"))


def _version(document: dict[str, Any]) -> Version:
    document["components"]["schemas"].update(DEFINITIONS)
    return version_of(document)


def _request_contradictions(pair: Pair) -> list[str] | None:
    """Return the wrong entries of a diff of requests; None if a schema is refused."""
    try:
        old, new = (_version(a_document(task)) for task in (pair.old, pair.new))
    except InvalidInputError:
        return None
    entries = compare(old, new, "sample.json")
    found = [
        f"{entry.kind}: {json.dumps(entry.witness)}"
        for entry in entries
        if entry.witness is not None
        and _accepted(entry.witness, old.tasks, new.tasks)
        != (entry.level is Level.BREAKING, entry.level is not Level.BREAKING)
    ]
    if not any(
        e.level is Level.BREAKING or e.proof is Proof.NOT_PROVEN for e in entries
    ):
        tasks = [a_task(**each) for each in pair.objects]
        found += [
            f"called compatible, and refused: {json.dumps(task)}"
            for task in tasks
            if _accepted(task, old.tasks, new.tasks) == (True, False)
        ]
    return found


def _result_contradictions(pair: Pair) -> list[str] | None:
    """Return the wrong entries of a diff of results; None if a schema is refused."""
    try:
        old, new = (_version(a_document({}, result=each)) for each in pair[:2])
    except InvalidInputError:
        return None
    entries = compare(old, new, "sample.json")
    found = [
        f"{entry.kind}: {json.dumps(entry.witness)}"
        for entry in entries
        if entry.witness is not None
        and _accepted(entry.witness, old.results, new.results)
        != (entry.level is Level.COMPATIBLE, entry.level is not Level.COMPATIBLE)
    ]
    harmless = {Level.COMPATIBLE, Level.WORDS}
    if all(e.level in harmless and e.proof is not Proof.NOT_PROVEN for e in entries):
        found += [
            f"called compatible, and new to a reader: {json.dumps(each)}"
            for each in pair.objects
            if _accepted(each, old.results, new.results) == (False, True)
        ]
    return found


def _accepted(
    value: dict[str, Any], old: SchemaValidator, new: SchemaValidator
) -> tuple[bool, bool]:
    """Return whether jsonschema-rs accepts a value for the old and the new schema."""
    return old.accepts(value), new.accepts(value)


@pytest.mark.parametrize(
    ("drawn", "contradictions"),
    [
        pytest.param(pairs(), _request_contradictions, id="requests"),
        pytest.param(result_pairs(), _result_contradictions, id="results"),
    ],
)
def test_nothing_that_it_says_is_contradicted(
    drawn: SearchStrategy[Pair], contradictions: Callable[[Pair], list[str] | None]
) -> None:
    checked = 0

    @settings(
        max_examples=75 * TIMES,
        deadline=None,
        derandomize=TIMES == 1,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn)
    def check(pair: Pair) -> None:
        nonlocal checked
        found = contradictions(pair)
        checked += found is not None
        assert not found, f"{json.dumps(pair.old)}\n{json.dumps(pair.new)}\n{found}"

    check()
    assert checked > 25


def test_a_recursive_schema_in_a_result_can_be_compared() -> None:
    def version(minimum: int) -> Version:
        member = {"minimum": minimum, "not": {"$ref": "#/components/schemas/Node"}}
        return _version(a_document({}, result={"properties": {"a": member}}))

    [entry] = compare(version(1), version(2), "sample.json")
    assert entry.level is Level.COMPATIBLE
