"""Members that only alternatives and conditions declare are fields too."""

from __future__ import annotations

import json
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

import pytest
from pydantic import ValidationError

from making import TASK_UUID, a_document, generated

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

COMMON = {
    "taskType": {"const": "imageInference"},
    "taskUUID": {"type": "string", "format": "uuid"},
    "model": {"const": "test:sample@1"},
}


def _alternative(title: str, **members: Any) -> dict[str, Any]:
    first, *_ = members
    return {
        "type": "object",
        "title": title,
        "properties": {**COMMON, **members},
        "required": [*COMMON, first],
        "additionalProperties": False,
    }


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A package of a task that is one of two objects, without common members."""
    document = a_document({})
    schemas = document["components"]["schemas"]
    schemas["Text"] = _alternative(
        "From text", prompt={"type": "string", "minLength": 2}
    )
    schemas["Image"] = _alternative(
        "From image",
        image={"type": "string", "format": "uri"},
        strength={"type": "number"},
    )
    references = [
        {"$ref": f"#/components/schemas/{name}"} for name in ("Text", "Image")
    ]
    schemas["RequestBody"]["items"] = {"oneOf": references}
    folder = tmp_path_factory.mktemp("apart")
    return generated(folder, {"one.json": document}, package="apart_client")


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A package of a task that has its own members and members in branches."""
    settings = {
        "type": "object",
        "properties": {"quality": {"type": "string"}},
        "oneOf": [
            {"properties": {"steps": {"type": "integer"}}, "required": ["steps"]},
            {"properties": {"fast": {"const": True}}, "required": ["fast"]},
        ],
        "unevaluatedProperties": False,
    }
    task = {
        "properties": {"mode": {"enum": ["text", "image"]}, "settings": settings},
        "if": {"properties": {"mode": {"const": "image"}}, "required": ["mode"]},
        "then": {
            "properties": {"image": {"type": "string", "description": "A picture."}},
            "required": ["image"],
        },
    }
    folder = tmp_path_factory.mktemp("beside")
    document = a_document(task)
    return generated(folder, {"one.json": document}, package="beside_client")


def _request(package: ModuleType) -> Any:
    return package.request_class("imageInference", "test:sample@1")


def test_each_alternative_can_be_made_by_name(apart: ModuleType) -> None:
    request = _request(apart)
    made = request(prompt="a lighthouse", task_uuid=TASK_UUID)
    common = {
        "taskType": "imageInference",
        "taskUUID": TASK_UUID,
        "model": "test:sample@1",
    }
    assert made.to_wire() == {**common, "prompt": "a lighthouse"}
    assert request(image="https://a.b/c.png", strength=0.5).strength == 0.5


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"prompt": "a"}, "at least 2 characters"),
        ({"image": "no URL"}, "URL"),
        ({"strength": 0.5}, "From image (image is given and prompt is not given)"),
        ({"prompt": "ab", "strength": 1}, "From text (prompt is given and none of"),
        ({"prompt": "ab", "image": "https://a.b/c"}, "exactly one of these must hold"),
        ({"prompt": "ab", "other": 1}, "other"),
    ],
)
def test_what_fits_no_alternative_is_refused(
    apart: ModuleType, members: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        _request(apart)(**members)
    assert said in str(caught.value)


def test_members_of_branches_stand_beside_the_others(beside: ModuleType) -> None:
    request = _request(beside)
    made = request(mode="image", image="x", settings={"steps": 3})
    assert made.image == "x"
    assert made.settings.steps == 3
    assert json.loads(made.model_dump_json(by_alias=True))["image"] == "x"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"mode": "image"}, "image is required and must be a string when mode"),
        ({"mode": "image", "image": 7}, "must be a string when mode is 'image'"),
        ({"settings": {"steps": "x"}}, "steps is an integer; fast is true"),
        ({"settings": {"steps": 1, "fast": True}}, "exactly one of these must hold"),
        ({"settings": {"steps": 1, "other": True}}, "other"),
    ],
)
def test_branches_are_checked(
    beside: ModuleType, members: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        _request(beside)(**members)
    assert said in str(caught.value)


def test_what_no_branch_speaks_of_is_open(beside: ModuleType) -> None:
    request = _request(beside)
    assert request(image=7).image == 7


def test_a_result_has_the_types_that_its_branches_declare(tmp_path: Path) -> None:
    box = {"type": "object", "properties": {"left": {"type": "number"}}}
    kinds: list[dict[str, Any]] = [
        {"image": {"type": "string"}, "size": {"type": "boolean"}},
        {"boxes": {"type": "array", "items": box}, "size": {"type": "string"}},
    ]
    result = {"type": "object", "oneOf": [{"properties": each} for each in kinds]}
    document = a_document({}, task_type="sampleTask", result=result)
    package = generated(tmp_path, {"one.json": document}, package="branches_of_result")
    request = package.request_class("sampleTask", "test:sample@1")()
    fields = type(request).result.model_fields
    assert get_args(fields["image"].annotation) == (str, NoneType)
    assert {*get_args(fields["size"].annotation)} == {bool, str, NoneType}
    made = package.parse_result(request, {"boxes": [{"left": 3}], "size": 4})
    assert made.boxes[0].left == 3
    assert made.to_wire() == {"boxes": [{"left": 3}], "size": 4}
