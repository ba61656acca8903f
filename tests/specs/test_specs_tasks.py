"""The shipped client accepts and refuses the same tasks as its documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from loopback import SPECS
from making import as_text
from spec_tasks import ALLOWED, REFUSED

if TYPE_CHECKING:
    from types import ModuleType

TASK_UUID = "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10"


def cases(tasks: dict[str, list[dict[str, Any]]]) -> list[Any]:
    return [
        pytest.param(
            {"taskType": task_type, "taskUUID": TASK_UUID} | members,
            id=f"{task_type}-{number}",
        )
        for task_type, given in tasks.items()
        for number, members in enumerate(given)
    ]


@pytest.fixture(scope="module")
def judges() -> dict[str, jsonschema_rs.Draft202012Validator]:
    """A validator for each task type, from the document of that type."""
    found: dict[str, jsonschema_rs.Draft202012Validator] = {}
    for path in SPECS.glob("*.json"):
        document = json.loads(path.read_text("utf-8"))
        body = document["components"]["schemas"]["RequestBody"]
        task = body.get("items", body)
        judge = jsonschema_rs.Draft202012Validator(
            {**document, "$ref": "#/components/schemas/RequestBody"},
            validate_formats=True,
        )
        found[task["properties"]["taskType"]["const"]] = judge
    return found


@pytest.mark.parametrize("task", cases(ALLOWED))
def test_an_allowed_task_is_taken_as_it_is(
    shipped: ModuleType, judges: dict[str, Any], task: dict[str, Any]
) -> None:
    assert judges[task["taskType"]].is_valid([task])
    assert as_text(shipped.parse_request(task).to_wire()) == as_text(task)


@pytest.mark.parametrize("task", cases(REFUSED))
def test_a_refused_task_is_refused(
    shipped: ModuleType, judges: dict[str, Any], task: dict[str, Any]
) -> None:
    assert not judges[task["taskType"]].is_valid([task])
    with pytest.raises(ValueError, match="validation error"):
        shipped.parse_request(task)


def test_a_null_is_reported_beside_a_broken_rule_of_a_member(
    shipped: ModuleType,
) -> None:
    task = {"taskType": "imageInference", "taskUUID": TASK_UUID, "model": "a:b@1"}
    wrong = {"outpaint": {}, "strength": 0.6, "inputs": None}
    with pytest.raises(ValidationError) as caught:
        shipped.parse_request(task | wrong)
    said = [(error["loc"], error["msg"]) for error in caught.value.errors()]
    assert said == [
        (("inputs",), "must not be null: leave it out"),
        (("outpaint", "top"), "give at least one of top, bottom, left and right"),
    ]
