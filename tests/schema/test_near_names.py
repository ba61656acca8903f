"""Errors for unknown names: old names, other spellings, and names of other places."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from making import a_document, a_task, generated

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

Json = Any

IMAGE = "https://example.com/pier.png"
PROPERTIES: Json = {
    "prompt": {"type": "string"},
    "strength": {"type": "number"},
    "defaultCFG": {"type": "number"},
    "pulid": {
        "type": "object",
        "properties": {"images": {"type": "array", "items": {"type": "string"}}},
        "additionalProperties": False,
    },
    "inputs": {
        "type": "object",
        "properties": {"seedImage": {"type": "string"}, "image": {"type": "string"}},
        "additionalProperties": False,
    },
    "layers": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"opacity": {"type": "number"}},
            "additionalProperties": False,
        },
    },
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    folder = tmp_path_factory.mktemp("near_names")
    document = a_document({"properties": PROPERTIES, "additionalProperties": False})
    return generated(folder, {"sample.json": document}, package="nearby")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"propmt": "a"}, "did you mean prompt?"),
        ({"PROMPT": "a"}, "did you mean prompt?"),
        ({"puLID": {}}, "did you mean pulid?"),
        ({"defaultGuidanceScale": 7}, "did you mean defaultCFG?"),
        ({"seedImage": IMAGE}, "did you mean inputs.seedImage?"),
        ({"seed_image": IMAGE}, "did you mean inputs.seedImage?"),
        ({"sedImage": IMAGE}, "did you mean inputs.seedImage?"),
        ({"inputImage": IMAGE}, "did you mean inputs.image?"),
        ({"opacity": 1}, "did you mean layers[].opacity?"),
        ({"default_cfg": 1}, "its JSON name is defaultCFG"),
        ({"pulid": {"inputImages": [IMAGE]}}, "did you mean images?"),
        ({"inputs": {"strength": 1}}, "did you mean strength of the task itself?"),
        ({"inputs": {"opacity": 1}}, "did you mean layers[].opacity?"),
    ],
)
def test_what_was_meant_is_said(
    client: ModuleType, members: dict[str, Json], said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        client.parse_request(a_task(**members))
    assert [error["msg"] for error in caught.value.errors()] == [
        f"unknown field: {said}"
    ]


@pytest.mark.parametrize("members", [{"zzz": 1}, {"inputs": {"zzz": 1}}])
def test_nothing_is_said_where_nothing_is_near(
    client: ModuleType, members: dict[str, Json]
) -> None:
    with pytest.raises(ValidationError) as caught:
        client.parse_request(a_task(**members))
    assert [error["msg"] for error in caught.value.errors()] == ["unknown field"]


OLD_TYPES = {
    "accountBalance": "accountManagement",
    "imageBackgroundRemoval": "removeBackground",
    "imageCaption": "caption",
    "imageControlNetPreProcess": "controlNetPreprocess",
    "imageUpscale": "upscale",
    "photoMaker": "imageInference with photoMaker",
}


@pytest.mark.parametrize("old", OLD_TYPES)
def test_an_old_task_type_names_the_present_one(shipped: ModuleType, old: str) -> None:
    with pytest.raises(ValidationError) as caught:
        shipped.parse_request({"taskType": old})
    said = caught.value.errors()[0]["msg"]
    assert said.startswith(f"taskType '{old}' is the old name of '{OLD_TYPES[old]}'")
    assert ". Use the new name and the members of" in said


@pytest.mark.parametrize("old", OLD_TYPES)
def test_an_old_task_type_names_one_that_the_client_has_not(
    client: ModuleType, old: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        client.parse_request({"taskType": old, "model": "a:b@1"})
    said = caught.value.errors()[0]["msg"]
    assert said.startswith(f"taskType '{old}' is the old name of '{OLD_TYPES[old]}'")


def test_a_task_without_a_model_lacks_a_member(client: ModuleType) -> None:
    task = {name: member for name, member in a_task().items() if name != "model"}
    with pytest.raises(ValidationError) as caught:
        client.parse_request(task)
    assert [(e["loc"], e["type"]) for e in caught.value.errors()] == [
        (("model",), "missing")
    ]


@pytest.mark.parametrize(
    ("task_type", "medium", "output_format", "said"),
    [
        ("removeBackground", "video", "MP4", "'WEBM' or 'MOV' when inputs.video"),
        ("removeBackground", "image", "MP4", "'JPG', 'PNG' or 'WEBP' when inputs"),
        ("upscale", "video", "mp4", "'MP4', 'WEBM' or 'MOV' when inputs.video"),
        ("upscale", "image", "TIFF", "'JPG', 'PNG' or 'WEBP' when inputs.image"),
    ],
)
def test_a_format_that_is_none_is_told_those_of_the_medium(
    shipped: ModuleType, task_type: str, medium: str, output_format: str, said: str
) -> None:
    task = {
        "taskType": task_type,
        "taskUUID": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10",
        "model": "acme:sample@1",
        "inputs": {medium: f"https://example.com/a.{medium}"},
        "outputFormat": output_format,
    }
    with pytest.raises(ValidationError) as caught:
        shipped.parse_request(task)
    [error] = caught.value.errors()
    assert error["msg"].startswith(f"outputFormat must be {said}")


def test_a_list_of_unknown_names_costs_little(shipped: ModuleType) -> None:
    """The calls of functions are counted: they do not depend on the machine."""
    costs: list[int] = []
    for number in (10, 110):
        calls = 0

        def count(_: object, event: str, __: object) -> None:
            nonlocal calls
            calls += event == "call"

        task = {"taskType": "imageInference", "model": "runware:101@1"}
        lora = [{"modl": "runware:101@2"}] * number
        sys.setprofile(count)
        try:
            with pytest.raises(ValidationError):
                shipped.parse_request({**task, "lora": lora})
        finally:
            sys.setprofile(None)
        costs.append(calls)
    assert costs[1] - costs[0] < 100 * 2_000


def test_an_object_of_another_document_is_named(tmp_path: Path) -> None:
    members = ("seedImage", "frameImages")
    texts = {
        f"{name}.json": a_document(
            {
                "properties": {
                    "inputs": _inputs(member),
                    "more": _inputs(member, "list"),
                }
            },
            identifier=name,
            model=f"test:{name}@1",
        )
        for name, member in zip(("easel", "lathe"), members, strict=True)
    }
    client = generated(tmp_path, texts, package="of_others").Runware("any-key")
    easel = client.image_inference.easel.request
    of_easel = easel(inputs={"seedImage": IMAGE, "inner": {"s": "x"}}).inputs
    told = "unknown field: this is an object of class Inputs of easel"
    for given in ({"inputs": of_easel}, {"more": [of_easel]}):
        with pytest.raises(ValidationError) as caught:
            client.image_inference.lathe.request(**given)
        said = {error["loc"][-2:]: error["msg"] for error in caught.value.errors()}
        assert said.pop(("inner", "s")) == "unknown field"
        assert [*said.values()] == [told]


def _inputs(member: str, kind: str = "object") -> Json:
    closed: Json = {"type": "object", "additionalProperties": False}
    text: Json = {"type": "string"}
    inner = {**closed, "properties": {member[0]: text}}
    part = {**closed, "properties": {member: text, "inner": inner}}
    return {"type": "array", "items": part} if kind == "list" else part
