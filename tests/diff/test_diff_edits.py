"""Each edit of a document gets the level that matches its effect on callers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from combined import COMBINED, Combined
from edits import EDITS, STRING, Edit, in_result
from versions import entries_of, version_of

from making import a_document
from runware_codegen.diff.entries import Proof
from runware_codegen.diff.levels import Level
from runware_codegen.diff.proof import values
from runware_codegen.parse.assertions import evaluate

if TYPE_CHECKING:
    from edits import Schema

    from runware_codegen.diff.entries import Entry
    from runware_codegen.model.predicates import Predicate

holds = evaluate.holds

NULLABLE = {"type": ["string", "null"]}
OPTIONAL = a_document(
    {},
    result={
        "type": "object",
        "properties": {"taskType": {"type": "string"}, "value": {"type": "string"}},
    },
)


def test_there_are_many_edits() -> None:
    assert len({edit.name for edit in EDITS}) == len(EDITS) > 400


def test_a_list_of_all_types_is_only_another_annotation() -> None:
    kinds = ["null", "boolean", "number", "string", "array", "object"]
    old, new = ({"properties": {"a": each}} for each in ({}, {"type": kinds}))
    [entry] = entries_of(a_document(old), a_document(new))
    assert entry.kind == "request-annotation-changed"


def test_a_new_member_is_described_by_its_type() -> None:
    either = {"type": ["integer", "string"]}
    new = {"properties": {"a": {"type": "array", "items": either}}}
    shown = {entry.after for entry in entries_of(a_document({}), a_document(new))}
    assert "a list of: a string or an integer" in shown


def test_a_rule_that_only_a_new_member_can_violate_is_looser() -> None:
    closed = {"additionalProperties": False}
    old = {"properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}}
    new = {
        "properties": {"a": {}, "b": {}, "c": {}},
        "if": {"required": ["a", "c"]},
        "then": {"required": ["b"]},
    }
    found = entries_of(a_document(closed | old), a_document(closed | new))
    kinds = {entry.kind for entry in found}
    assert kinds == {"request-rule-widened", "request-member-added"}


UNREACHABLE: dict[str, Schema] = {
    "minProperties": {"type": "object"},
    "maxProperties": {"type": "object"},
    "minItems": {"type": "array"},
    "maxItems": {"type": "array"},
    "minContains": {"type": "array", "contains": {"type": "integer"}},
    "maxContains": {"type": "array", "contains": {"type": "integer"}},
    "minLength": {"type": "string"},
}


@pytest.mark.parametrize("keyword", UNREACHABLE)
def test_a_limit_that_no_witness_reaches_takes_little_work(
    keyword: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested: list[object] = []

    def counted(test: Predicate, value: Any, known: Any) -> bool:
        tested.append(test)
        return holds(test, value, known)

    monkeypatch.setattr(evaluate, "holds", counted)
    monkeypatch.setattr(values, "holds", counted)
    one, other = (
        a_document({"properties": {"a": {**UNREACHABLE[keyword], keyword: limit}}})
        for limit in (10**6, 10**6 + 1)
    )
    entries_of(one, other)
    entries_of(other, one)
    assert len(tested) < 50_000


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name.replace(" ", "-"))
def test_the_level_of_an_edit(edit: Edit) -> None:
    entries = entries_of(edit.old, edit.new)
    gravest = min((entry.level for entry in entries), key=lambda level: level.rank)
    assert gravest == edit.level, entries
    assert not edit.kind or edit.kind in {entry.kind for entry in entries}
    breaking = [entry for entry in entries if entry.level is Level.BREAKING]
    assert all(entry.proof is not Proof.NOT_PROVEN for entry in breaking), breaking
    if edit.proven:
        assert any(entry.witness is not None for entry in breaking), breaking
    if "result" in edit.name:
        _proves_what_results_may_be_now(edit, entries)


@pytest.mark.parametrize("edit", COMBINED.values(), ids=COMBINED.keys())
def test_all_entries_of_an_edit(edit: Combined) -> None:
    found = [(e.kind, e.pointer, e.proof) for e in entries_of(edit.old, edit.new)]
    assert [" ".join(filter(None, each)) for each in found] == edit.entries


def _proves_what_results_may_be_now(edit: Edit, entries: list[Entry]) -> None:
    versions = version_of(edit.old), version_of(edit.new)
    for entry in entries:
        assert entry.proof is not Proof.NOT_PROVEN, entry
        if entry.witness is not None:
            verdicts = [each.results.accepts(entry.witness) for each in versions]
            assert verdicts == [entry.was_accepted, not entry.was_accepted], entry


@pytest.mark.parametrize(
    ("kind", "old", "new", "witness"),
    [
        ("result-member-optional", in_result(STRING), OPTIONAL, {}),
        ("result-null-added", in_result(STRING), in_result(NULLABLE), {"value": None}),
        (
            "result-value-added",
            in_result({"enum": ["p"]}),
            in_result({"enum": ["p", "q"]}),
            {"value": "q"},
        ),
        (
            "result-limit-widened",
            in_result({"type": "integer", "maximum": 5}),
            in_result({"type": "integer", "maximum": 6}),
            {"value": 6},
        ),
        (
            "result-type-changed",
            in_result({"type": "array", "items": {"type": "string"}}),
            in_result({"type": "array", "items": {"type": "boolean"}}),
            {"value": [True]},
        ),
        (
            "result-value-removed",
            in_result({"enum": ["p", "q"]}),
            in_result({"enum": ["p"]}),
            {"value": "q"},
        ),
    ],
)
def test_the_smallest_result(
    kind: str, old: Schema, new: Schema, witness: dict[str, Any]
) -> None:
    [entry] = entries_of(old, new)
    assert (entry.kind, entry.proof, entry.witness) == (kind, Proof.WITNESS, witness)


def test_a_rule_about_a_new_member_refuses_no_old_task() -> None:
    """Another change refuses tasks, so nothing is proven of all tasks at once."""
    members = {"a": STRING, "b": STRING, "d": STRING, "n": {"type": "integer"}}

    def task(maximum: int, *names: str, **members: Any) -> Schema:
        together = [{"not": {"required": ["a", name]}} for name in names]
        properties = {**members, "n": {"type": "integer", "maximum": maximum}}
        closed = {"properties": properties, "additionalProperties": False}
        return a_document({**closed, "allOf": [{}, *together]})

    def kinds(old: Schema, new: Schema) -> set[str]:
        return {entry.kind for entry in entries_of(old, new)}

    changed = {"request-limit-narrowed", "request-member-added"}
    new = members | {"c": STRING}
    old = task(9, **members)
    assert kinds(old, task(8, "c", **new)) == changed
    assert kinds(task(9, "b", **members), task(8, "b", "c", **new)) == changed
    assert kinds(old, task(8, "b", "c", **new)) == {*changed, "request-rule-narrowed"}
    assert "request-rule-narrowed" in kinds(old, task(8, "d", **members))
