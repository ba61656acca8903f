"""Keywords of JSON Schema 2020-12, at every position of a schema.

The tables have what the JSON Schema Test Suite lacks. They are written by hand, and
jsonschema-rs agrees with them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import keyword_cases as single
import keyword_cases_combined as combined
import keyword_cases_containers as containers
import pytest
from positions import POSITIONS, task_with
from pydantic import ValidationError

from json_schema_suite import groups
from making import (
    a_document,
    a_task,
    disagreement,
    generated,
    simple_document,
    simple_task,
    task_judge,
)
from runware_codegen.documents import load
from runware_codegen.parse import parse
from runware_codegen.parse.schema.vocabulary import SHAPES
from runware_codegen.problems import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

TABLES = {
    "types": single.TYPES,
    "constants": single.CONSTANTS,
    "numbers": single.NUMBERS,
    "strings": single.STRINGS,
    "arrays": containers.ARRAYS,
    "objects": containers.OBJECTS,
    "unevaluated": containers.UNEVALUATED,
    "logic": combined.LOGIC,
    "references": combined.REFERENCES,
    "annotations": combined.ANNOTATIONS,
}
CASES = {
    f"{table}: {case.name}": case for table, cases in TABLES.items() for case in cases
}


ELSEWHERE = {"definitions", "x-constraints"}
"""An old name of $defs, and Runware's own keyword. Other validators ignore both."""


SIZES = [
    (10, 10, True),
    (20.0, 20, True),
    (20, 10, True),
    (8, 16.0, True),
    (10, 9.9, False),
    (20, 21, False),
    (21, 10, False),
    (7, 15, False),
    (0, 0, False),
]
"""Widths, heights, and whether the constraints of the test below allow them."""


@dataclass(frozen=True)
class Place:
    """A case at one or more positions in one document."""

    case: str
    positions: tuple[str, ...]

    @property
    def identifier(self) -> str:
        return f"case-{list(CASES).index(self.case)}-{self.positions[0]}"

    @property
    def document(self) -> dict[str, Any]:
        schema = CASES[self.case].schema
        task = task_with(dict.fromkeys(self.positions, schema))
        document = simple_document(self.identifier, task)
        document["components"]["schemas"] |= combined.COMPONENTS
        return document

    def tasks(self) -> Iterator[tuple[dict[str, Any], bool]]:
        """Yield tasks with one member, and whether each task is allowed."""
        case = CASES[self.case]
        for name in self.positions:
            for values, allowed in ((case.valid, True), (case.invalid, False)):
                for value in values:
                    member = {name: POSITIONS[name].value(value)}
                    yield simple_task(self.identifier, **member), allowed


def places_of(case: str) -> list[Place]:
    """Return the places of a case. A schema with an $id can occur only once in each."""
    if '"$id"' in json.dumps(CASES[case].schema):
        return [Place(case, (position,)) for position in POSITIONS]
    return [Place(case, tuple(POSITIONS))]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A package with each case at each position."""
    places = [place for case in CASES for place in places_of(case)]
    return generated(
        tmp_path_factory.mktemp("keywords"),
        {f"{place.identifier}.json": place.document for place in places},
        package="keywords_package",
    )


@pytest.mark.filterwarnings("ignore:.* is deprecated by its document")
@pytest.mark.parametrize("case", CASES)
def test_what_a_keyword_allows_is_accepted_and_the_rest_refused(
    package: ModuleType, case: str
) -> None:
    wrong = [
        f"{json.dumps(task)}: {mistake}"
        for place in places_of(case)
        for task, allowed in place.tasks()
        if (mistake := disagreement(package.parse_request, task, allowed=allowed))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("case", CASES)
def test_another_judge_agrees(case: str) -> None:
    wrong = [
        f"{json.dumps(task)} is {'not ' if allowed else ''}allowed"
        for place in places_of(case)
        for judge in [task_judge(place.document)]
        for task, allowed in place.tasks()
        if judge.is_valid(task) != allowed
    ]
    assert not wrong, "\n".join(wrong)


def test_constraints_over_two_numbers(tmp_path: Path) -> None:
    """They are enforced in a task, and in an object whose members they name by path."""
    bounds: list[dict[str, Any]] = [
        {"operation": "area", "minimum": 100, "maximum": 400},
        {"operation": "ratio", "minimum": 0.5, "maximum": 2},
    ]
    two = {"width": {"type": "integer"}, "height": {"type": "number"}}
    sizes: dict[str, Any] = {
        "properties": {**two, "box": {"type": "object", "properties": two}},
        "x-constraints": [
            {**each, "parameters": [f"{prefix}width", f"{prefix}height"]}
            for each, prefix in product(bounds, ("", "box."))
        ],
    }
    documents = {"sizes.json": a_document(sizes)}
    package = generated(tmp_path, documents, package="constraints_package")
    tasks: list[tuple[dict[str, Any], bool]]
    tasks = [({"width": w, "height": h}, allowed) for w, h, allowed in SIZES]
    tasks += [({"box": size}, allowed) for size, allowed in tasks]
    tasks += [({"width": 1}, True), ({"box": {"width": 1}}, True)]
    wrong = [
        size
        for size, allowed in tasks
        if disagreement(package.parse_request, a_task(**size), allowed=allowed)
    ]
    assert not wrong
    with pytest.raises(ValidationError) as caught:
        package.parse_request(a_task(box={"width": 30, "height": 20}))
    (broken,) = caught.value.errors()
    assert broken["msg"] == "box.width × box.height must be between 100 and 400"


@pytest.mark.parametrize(
    "constraint",
    [
        {"operation": "sum", "parameters": ["width", "height"], "maximum": 9},
        {"operation": "area", "parameters": ["width", "height", "a"], "maximum": 9},
        {"operation": "area", "parameters": ["a.width", "height"], "maximum": 9},
        {"operation": "area", "parameters": ["width", "height"]},
        {"operation": "area", "parameters": ["a"]},
        {"operation": "fileSize", "parameters": ["a", "b"], "scope": "each"},
        {
            "operation": "ratio",
            "parameters": ["width", "height"],
            "exclusiveMaximum": 9,
        },
        {"operation": "area", "parameters": ["a"], "maximum": 9, "multipleOf": 2},
        {"operation": "area", "parameters": [], "maximum": 9},
        {"operation": "steps", "parameters": ["a"], "maximum": 9},
        {"operation": "sum", "parameters": ["a", "b"], "maximum": 9, "scope": "each"},
    ],
)
def test_a_constraint_that_cannot_be_enforced_is_refused(
    constraint: dict[str, Any], tmp_path: Path
) -> None:
    document = a_document({"allOf": [{"x-constraints": [constraint]}]})
    (tmp_path / "one.json").write_text(json.dumps(document), encoding="utf-8")
    documents = load([str(tmp_path)]).documents
    with pytest.raises(InvalidInputError) as caught:
        parse(documents, package="one")
    (problem,) = caught.value.problems
    assert problem.pointer.endswith("/allOf/0/x-constraints/0")
    assert "the client would not enforce it" in problem.message
    allowed = parse(documents, package="one", allow_unenforced=True)
    (made,) = allowed.task_types[0].documents
    assert made.unenforced
    assert not made.media_limits
    assert not made.rule_count


@pytest.mark.parametrize("keyword", ["enum", "oneOf"])
def test_a_document_describes_one_task_type(keyword: str, tmp_path: Path) -> None:
    document = a_document({})
    tasks = document["components"]["schemas"]["RequestBody"]
    task = tasks["items"]
    names = ["imageInference", "upscale"]
    if keyword == "enum":
        task["properties"]["taskType"] = {"enum": names}
    else:
        each = {name: {"properties": {"taskType": {"const": name}}} for name in names}
        tasks["items"] = {"oneOf": [{**task, **each[name]} for name in names]}
    (tmp_path / "one.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        parse(load([str(tmp_path)]).documents, package="one")
    (problem,) = caught.value.problems
    assert problem.message.endswith("several task types: imageInference, upscale.")


def test_a_condition_on_a_required_member_is_no_question_whether_it_is_given(
    tmp_path: Path,
) -> None:
    deletion = {"properties": {"operation": {"const": "delete"}}}
    task: dict[str, Any] = {
        "properties": {
            "operation": {"enum": ["store", "delete"]},
            "media": {"type": "string"},
        },
        "required": ["operation"],
        "if": deletion | {"required": ["operation"]},
        "then": {"properties": {"media": {"format": "uuid"}}},
    }
    documents = {"files.json": a_document(task)}
    package = generated(tmp_path, documents, package="deletion_package")
    with pytest.raises(ValidationError) as caught:
        package.parse_request(a_task(operation="delete", media="cat.png"))
    [error] = caught.value.errors()
    assert error["msg"] == "media must be a UUID when operation is 'delete'"


def test_every_keyword_has_a_case_here_or_in_the_suite() -> None:
    schemas = json.dumps([each.schema for each in (*CASES.values(), *groups())])
    assert not {name for name in SHAPES if f'"{name}": ' not in schemas} - ELSEWHERE
