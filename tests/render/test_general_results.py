"""Results that a document does not describe get the members of the task type."""

from __future__ import annotations

import json
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args

import pytest

from loopback import SPECS
from making import a_document, a_task, generated
from spec_members import RESULTS

if TYPE_CHECKING:
    from types import ModuleType

Json = Any

ITEMS = ("components", "schemas", "ResponseBody", "properties", "data", "items")
PLACEHOLDER = {"type": "object", "description": "Unknown response structure"}
MODELS = (
    *("3dInference", "audioInference", "caption", "imageInference", "textInference"),
    *("training", "upscale", "vectorize", "videoInference"),
)
UUID = "9d8c7b6a-5f4e-4d2c-8b0a-9e8d7c6b5a4f"
REF = {"$ref": "#/components/schemas/Answer"}
ANSWER = {
    "type": "object",
    "description": "An image.",
    "properties": {"imageURL": {"type": "string"}, "own": {"type": "integer"}},
    "required": ["imageURL"],
    "additionalProperties": False,
}


def of_type(task_type: str, result: Json) -> dict[str, Json]:
    document = a_document({}, identifier=task_type, model=f"test:{task_type}@1")
    schemas = document["components"]["schemas"]
    schemas["RequestBody"]["items"]["properties"]["taskType"]["const"] = task_type
    schemas["ResponseBody"]["properties"]["data"]["items"] = result
    schemas["Answer"] = ANSWER
    return document


def without(step: str) -> dict[str, Json]:
    """Return a document whose results are not described from this step on."""
    document = of_type("imageInference", ANSWER)
    node = document
    for name in ITEMS[: ITEMS.index(step)]:
        node = node[name]
    del node[step]
    return document


def referring() -> dict[str, Json]:
    """Return a document whose body and list of results are references."""
    document = of_type("imageInference", ANSWER)
    schemas = document["components"]["schemas"]
    schemas["Body"] = {"properties": {"data": {"$ref": "#/components/schemas/Data"}}}
    schemas["Data"] = schemas["ResponseBody"]["properties"]["data"]
    schemas["ResponseBody"] = {"$ref": "#/components/schemas/Body"}
    return document


UNDESCRIBED = {
    "placeholder": of_type("imageInference", PLACEHOLDER),
    "nothing": of_type("imageInference", {}),
    "anything": of_type("imageInference", True),
    "empty": of_type("imageInference", {"type": "object", "properties": {}}),
    "no-items": without("items"),
    "no-data": without("data"),
    "no-body": without("ResponseBody"),
}
DESCRIBED = {
    "closed": of_type("imageInference", ANSWER),
    "reference": of_type("imageInference", REF),
    "references": referring(),
    "all-of": of_type("imageInference", {"allOf": [REF, {"required": ["own"]}]}),
    "one-of": of_type("imageInference", {"oneOf": [ANSWER, {"type": "object"}]}),
}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModuleType]:
    """A client for each document, without a general document."""
    made: dict[str, ModuleType] = {}
    documents = {**UNDESCRIBED, **DESCRIBED}
    documents |= {task_type: of_type(task_type, PLACEHOLDER) for task_type in MODELS}
    for number, (name, document) in enumerate(documents.items()):
        made[name] = generated(
            tmp_path_factory.mktemp("general"),
            {f"{name}.json": document},
            package=f"generally_{number}",
        )
    return made


def result_class(client: ModuleType) -> type[Any]:
    [document] = client.documents()
    found: type[Any] = document.request.result
    return found


def general_result(task_type: str) -> dict[str, Json]:
    for path in SPECS.glob("*.json"):
        node = json.loads(path.read_text("utf-8"))
        body = node["components"]["schemas"]["RequestBody"]
        if body.get("items", body)["properties"]["taskType"]["const"] == task_type:
            for step in ITEMS:
                node = node[step]
            result: dict[str, Json] = node
            return result
    pytest.fail(f"no document describes {task_type}")


def read(client: ModuleType, item: dict[str, Json]) -> Any:
    [document] = client.documents()
    task = a_task(document.air, taskType=document.task_type)
    return client.parse_result(client.parse_request(task), item)


@pytest.mark.parametrize("task_type", MODELS)
def test_each_task_type_has_its_members(
    clients: dict[str, ModuleType], task_type: str
) -> None:
    for name in " ".join(RESULTS[task_type].values()).split():
        value: Json = "imageInference" if name == "taskType" else None
        if value is None:
            value = {"files": [{"uuid": UUID}]} if name == "outputs" else UUID
        result = read(clients[task_type], {name: value})
        assert len(result.model_fields_set) == 1, name
        assert not result.model_extra, name


@pytest.mark.parametrize("case", UNDESCRIBED)
def test_a_result_without_members_is_the_general_one(
    clients: dict[str, ModuleType], case: str
) -> None:
    cls = result_class(clients[case])
    assert {*cls.model_fields} >= {"image_url", "image_uuid", "seed", "cost"}
    assert cls.model_fields["image_uuid"].is_required()
    said = " ".join((cls.__doc__ or "").split())
    assert "The document does not describe its results." in said
    assert "results of `imageInference` have in general" in said
    assert cls.__module__.startswith(clients[case].__name__)


@pytest.mark.parametrize("case", DESCRIBED)
def test_members_that_a_document_does_not_name_are_optional(
    clients: dict[str, ModuleType], case: str
) -> None:
    cls = result_class(clients[case])
    assert {*cls.model_fields} >= {"own", "image_url", "image_uuid", "task_uuid"}
    assert cls.model_fields["own"].annotation is not None
    assert not cls.model_fields["image_uuid"].is_required()
    assert not cls.model_fields["task_uuid"].is_required()
    said = " ".join((cls.__doc__ or "").split())
    named = said.rpartition("which the document does not name: ")[2].split(", ")
    general = {f"`{name}`" for name in general_result("imageInference")["properties"]}
    assert {each.rstrip(".") for each in named} == general - {"`imageURL`"}


def test_what_the_document_says_of_a_member_stays(
    clients: dict[str, ModuleType],
) -> None:
    result = read(clients["closed"], {"imageURL": "a", "own": 1, "cost": 0.5, "x": 2})
    assert result.image_url == "a"
    assert (result.own, result.cost, result.seed) == (1, 0.5, None)
    assert result.to_wire() == {"imageURL": "a", "own": 1, "cost": 0.5, "x": 2}
    assert result_class(clients["closed"]).model_fields["image_url"].is_required()


def test_objects_inside_have_classes(clients: dict[str, ModuleType]) -> None:
    usage = {"promptTokens": 3, "costBreakdown": {"total": 0.2}}
    result = read(clients["textInference"], {"text": "Hi", "usage": usage})
    assert result.usage.prompt_tokens == 3
    assert result.usage.cost_breakdown.total == 0.2
    files = {"files": [{"uuid": UUID, "url": "https://example.com/a.glb"}]}
    result = read(clients["3dInference"], {"outputs": files})
    assert result.outputs.files[0].url == "https://example.com/a.glb"


def test_null_among_the_values_of_a_result(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    properties = {
        "state": {"enum": ["on", "off", None]},
        "nothing": {"const": None},
        "levels": {"type": "array", "items": {"enum": [1, None]}},
    }
    document = of_type("dreamInference", {"properties": properties})
    folder = tmp_path_factory.mktemp("null")
    client = generated(folder, {"new.json": document}, package="null_client")
    fields = result_class(client).model_fields
    assert {*get_args(fields["state"].annotation)} == {
        Literal["on", "off"],
        str,
        NoneType,
    }
    item = {"state": None, "nothing": None, "levels": [1, None]}
    assert read(client, item).to_wire() == item


def test_a_task_type_without_a_general_document_stays_as_it_is(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    client = generated(
        tmp_path_factory.mktemp("general"),
        {"new.json": of_type("dreamInference", PLACEHOLDER)},
        package="generally_new",
    )
    assert not result_class(client).model_fields
