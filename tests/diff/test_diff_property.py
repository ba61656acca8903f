"""Random pairs of schemas: the diff's entries are true for every drawn task.

FUZZ=100 makes the run 100 times as long.
"""

from __future__ import annotations

import json
import os
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pairs import Pair, pairs, result_pairs
from versions import version_of

from making import a_document, a_task
from runware_codegen.diff.documents import compare
from runware_codegen.diff.entries import Proof
from runware_codegen.diff.levels import Level
from runware_codegen.diff.proof.values import Values
from runware_codegen.model import predicates as p
from runware_codegen.problems import InvalidInputError
from schema_strategies import DEFINITIONS

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from runware_codegen.diff.proof.validators import SchemaValidator, Version

TIMES = int(os.environ.get("FUZZ", "1"))

_HARMLESS = (Level.COMPATIBLE, Level.WORDS)


def _version(document: dict[str, Any]) -> Version:
    document["components"]["schemas"].update(DEFINITIONS)
    return version_of(document)


def _contradictions(pair: Pair, *, of_results: bool) -> list[str] | None:
    """Return the wrong entries of a diff; None if a schema is refused."""
    try:
        old, new = (
            _version(a_document({}, result=each) if of_results else a_document(each))
            for each in (pair.old, pair.new)
        )
    except InvalidInputError:
        return None
    if of_results:
        judges, new_names = (old.results, new.results), _without_values(pair.old, old)
        objects = [each for each in pair.objects if new_names.isdisjoint(each)]
        alone_before, alarms = Level.COMPATIBLE, {*Level} - {*_HARMLESS}
    else:
        judges, objects = (old.tasks, new.tasks), [a_task(**o) for o in pair.objects]
        alone_before, alarms = Level.BREAKING, {Level.BREAKING}
    entries = compare(old, new, "sample.json")
    found = [
        f"{entry.kind}: {json.dumps(entry.witness)}"
        for entry in entries
        if entry.witness is not None
        and _accepted(entry.witness, *judges)
        != (entry.level is alone_before, entry.level is not alone_before)
    ]
    if not any(e.level in alarms or e.proof is Proof.NOT_PROVEN for e in entries):
        found += [
            f"called compatible, and refused before or now: {json.dumps(each)}"
            for each in objects
            if _accepted(each, *judges) == (not of_results, of_results)
        ]
    return found


def _without_values(schema: dict[str, Any], version: Version) -> set[str]:
    """Return the members of a result that have no valid value.

    No result has had them: it is compatible if a new version allows them.
    """
    return schema["properties"].keys() - {
        each.json_name for each in version.document.result.fields
    }


def _accepted(
    value: dict[str, Any], old: SchemaValidator, new: SchemaValidator
) -> tuple[bool, bool]:
    """Return whether jsonschema-rs accepts a value for the old and the new schema."""
    return old.accepts(value), new.accepts(value)


@pytest.mark.parametrize(
    ("drawn", "of_results"),
    [
        pytest.param(pairs(), False, id="requests"),
        pytest.param(result_pairs(), True, id="results"),
    ],
)
def test_nothing_that_it_says_is_contradicted(
    drawn: SearchStrategy[Pair], of_results: bool
) -> None:
    contradictions = partial(_contradictions, of_results=of_results)
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


def test_a_value_gets_only_so_many_items_or_members() -> None:
    values = Values({}, Random(1))
    many = 10**5
    for start, least, most in (
        ([], p.ItemCount(many), p.ItemCount(0, many)),
        ([], p.Contains(p.TRUE, many), p.Contains(p.TRUE, 0, many)),
        ({}, p.PropertyCount(many), p.PropertyCount(0, many)),
    ):
        assert len(values.changed(least, start)) < many
        assert len(values.violating(most, start)) < many
