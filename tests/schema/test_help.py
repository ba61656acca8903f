"""What Python's own tools show of a class: its signature, its documentation, its help."""

from __future__ import annotations

import inspect
import pydoc
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from making import a_document, generated

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.fixture(scope="module")
def module(image_inference: ModuleType) -> ModuleType:
    return import_module(f"{image_inference.__name__}.image_inference")


def _names(cls: type) -> list[str]:
    return [*inspect.signature(cls).parameters]


def test_a_signature_has_the_parameters_in_the_order_of_the_document(
    module: ModuleType,
) -> None:
    names = _names(module.ImageInferenceRequest)
    assert names[:4] == ["model", "positive_prompt", "negative_prompt", "width"]
    assert names[-3:] == ["task_type", "task_uuid", "extra"]
    shown = str(inspect.signature(module.ImageInferenceRequest))
    shown = shown.replace("Optional[str]", "str | None")  # before Python 3.14
    assert "(*, model: str, positive_prompt: str | None = None," in shown
    assert "task_type: Literal['imageInference'] = 'imageInference'" in shown
    assert "task_uuid: str = <new UUID>" in shown
    assert "Annotated" not in shown


def test_the_signature_of_a_part_and_of_a_result(module: ModuleType) -> None:
    assert _names(module.Inputs)[0] == "seed_image"
    names = _names(module.ImageInferenceResult)
    assert "image_url" in names
    assert "extra" not in names


def test_the_signature_of_a_subclass(module: ModuleType) -> None:
    class Fixed(module.ImageInferenceRequest):  # type: ignore[misc, name-defined]
        model: str = "runware:101@1"

    class Own(Fixed):
        def __init__(self, prompt: str) -> None:
            super().__init__(positive_prompt=prompt)

    assert inspect.signature(Fixed).parameters["model"].default == "runware:101@1"
    assert _names(Own) == ["prompt"]
    assert Own("dusk").to_wire()["positivePrompt"] == "dusk"


def test_the_documentation_has_the_parameters(module: ModuleType) -> None:
    doc = str(inspect.getdoc(module.ImageInferenceRequest))
    _, _, parameters = doc.partition("\n\nAttributes:\n")
    listed = [
        line.partition(":")[0].strip()
        for line in parameters.splitlines()
        if line.startswith("    ") and line[4] != " "
    ]
    assert listed == _names(module.ImageInferenceRequest)[:-1]  # all but extra
    assert "    width: The width of the image in pixels. At least 1.\n" in parameters
    assert "seed_image: " in str(inspect.getdoc(module.Inputs))


def test_an_object_without_a_description_is_described_by_its_members(
    tmp_path: Path,
) -> None:
    def part(count: int) -> dict[str, Any]:
        names = [f"option{chr(ord('A') + each)}" for each in range(count)]
        return {"type": "object", "properties": {name: {} for name in names}}

    task = {"properties": {"few": part(2), "many": part(11)}}
    package = generated(tmp_path, {"one.json": a_document(task)}, package="few_client")
    [document] = package.documents()
    doc = " ".join(str(inspect.getdoc(document.request)).split())
    assert "few: Contains `option_a` and `option_b`. many: Contains `option_a`," in doc
    assert "`option_g`, `option_h` and 3 more." in doc


@pytest.mark.parametrize(
    "name", ["ImageInferenceRequest", "Inputs", "ImageInferenceResult"]
)
def test_help_has_nothing_of_pydantic(module: ModuleType, name: str) -> None:
    text = pydoc.plain(pydoc.render_doc(getattr(module, name)))
    assert "to_wire" in text
    assert "model_" not in text
    assert "__" not in text
    assert "inherited from pydantic" not in text
    assert set(dir(getattr(module, name))).isdisjoint({"model_dump", "parse_obj"})


def test_objects_list_all_that_they_have(module: ModuleType) -> None:
    request = module.ImageInferenceRequest(model="a:b@1")
    assert {"positive_prompt", "to_wire", "model_dump"} <= {*dir(request)}


def test_a_json_schema_does_not_repeat_the_parameters(module: ModuleType) -> None:
    schema: dict[str, Any] = module.ImageInferenceRequest.model_json_schema()
    described = [schema, *schema["$defs"].values()]
    assert schema["description"].startswith("Generates images with any model")
    assert not any("Attributes:" in each.get("description", "") for each in described)


def test_a_json_schema_has_the_whole_description(tmp_path: Path) -> None:
    text = "One.\n\nAttributes:\n    many\n\nTwo."
    task = {"description": text, "properties": {"a": {"description": "It."}}}
    package = generated(tmp_path, {"one.json": a_document(task)}, package="described")
    [document] = package.documents()
    description = document.request.model_json_schema()["description"]
    assert description.startswith(text)
    assert "a: It." not in description
