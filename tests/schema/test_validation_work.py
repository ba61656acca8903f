"""Counts of work: a valid task is validated and written with few calls of Python.

The calls of functions are counted: they do not depend on the machine.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from making import a_document, a_task, generated

if TYPE_CHECKING:
    from types import FrameType, ModuleType

Json = Any

EITHER_SIDE: Json = {"width": ["height"], "height": ["width"]}
SIDES: Json = {"width": {"type": "integer"}, "height": {"type": "integer"}}
OBJECT: Json = {"type": "object", "additionalProperties": False}
PROPERTIES: Json = {
    **SIDES,
    "positivePrompt": {"type": "string"},
    "crop": {**OBJECT, "properties": SIDES, "dependentRequired": EITHER_SIDE},
    "settings": {**OBJECT, "properties": {"steps": {"type": "integer"}}},
    "duration": {"enum": [5, 10, "auto"]},
    "sound": {"anyOf": [{"const": True}, {**OBJECT, "properties": SIDES}]},
}
TASK = a_task(positivePrompt="a chair")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    folder = tmp_path_factory.mktemp("work")
    task: Json = {"properties": PROPERTIES, "dependentRequired": EITHER_SIDE}
    document = a_document({**task, "additionalProperties": False})
    return generated(folder, {"sample.json": document}, package="little_work")


def calls(client: ModuleType, task: Json) -> list[str]:
    """Return the names of the functions that are called to read and write a task."""
    client.parse_request(task)  # the class is built with its first object
    called: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        wire = client.parse_request(task).to_wire()
    finally:
        sys.setprofile(None)
    assert wire == task
    return called


def test_an_object_with_rules_costs_three_calls(client: ModuleType) -> None:
    alone = calls(client, TASK)
    assert len(alone) <= 10, alone
    size = {"width": 8, "height": 8}
    crop = calls(client, {**TASK, "crop": size})
    assert len(crop) <= len(alone) + 3, crop


@pytest.mark.parametrize(
    "members",
    [
        {"settings": {"steps": 3}},
        {"duration": 10},
        {"duration": "auto"},
        {"sound": True},
        {"sound": {"width": 8}},
    ],
)
def test_a_member_without_rules_costs_no_call(
    members: Json, client: ModuleType
) -> None:
    assert calls(client, {**TASK, **members}) == calls(client, TASK)


@pytest.mark.parametrize("duration", [True, 7, "7", 5.5, None, [5]])
def test_other_constants_are_refused(duration: Json, client: ModuleType) -> None:
    with pytest.raises(ValidationError, match="duration"):
        client.parse_request({**TASK, "duration": duration})


def test_a_constant_is_sent_as_it_was_given(client: ModuleType) -> None:
    wire = client.parse_request({**TASK, "duration": 10.0}).to_wire()
    assert repr(wire["duration"]) == "10.0"


@pytest.mark.parametrize("place", ["crop", "task"])
def test_a_violated_rule_is_explained_once(place: str, client: ModuleType) -> None:
    members = {"crop": {"width": 8}} if place == "crop" else {"width": 8}
    with pytest.raises(ValidationError) as caught:
        client.parse_request({**TASK, **members})
    [error] = caught.value.errors()
    assert error["msg"] == "width and height go together: give both or neither"
