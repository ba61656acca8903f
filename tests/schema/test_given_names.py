"""Errors use the names of the input: either Python names or JSON names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from making import a_document, a_task, generated

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

URL = "https://example.com/a.png"
TEXT = {"type": "string"}
LAYER = {
    "type": "object",
    "properties": {"maskImage": TEXT, "seedImage": TEXT, "loop": TEXT, "from": TEXT},
    "dependentRequired": {"loop": ["seedImage"], "maskImage": ["seedImage", "from"]},
    "additionalProperties": False,
}
TASK = {
    "properties": {
        "outputFormat": {"enum": ["PNG", "outputType"]},
        "outputType": TEXT,
        "firstFrame": LAYER,
        "otherLayers": {"type": "array", "items": LAYER},
        "links": {"type": "array", "items": {"type": "string", "format": "uri"}},
    },
    "dependentRequired": {"outputType": ["firstFrame"]},
    "not": {
        "properties": {
            "outputFormat": {"const": "outputType"},
            "firstFrame": {"required": ["maskImage"]},
        },
        "required": ["outputFormat", "firstFrame"],
    },
    "additionalProperties": False,
}
FRAME = "firstFrame"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    folder = tmp_path_factory.mktemp("given_names")
    documents = {"sample.json": a_document(TASK)}
    return generated(folder, documents, package="given_names_client")


def _said(error: ValidationError) -> list[tuple[str, str]]:
    """Return the places and messages of errors. A rule is at the first of its members."""
    said = [(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
    for (place, _), detail in zip(said, error.errors(), strict=True):
        if detail["type"] == "rule":
            assert place.endswith(detail["ctx"]["members"][0])
    return said


CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a rule": (
        {"output_type": "x"},
        "output_type",
        "output_type requires first_frame",
    ),
    "a rule about a member inside, whose constant is a name": (
        {
            "output_format": "outputType",
            "first_frame": {"mask_image": "x", "seed_image": "x", "from_": "x"},
        },
        "first_frame.mask_image",
        "first_frame.mask_image is not allowed when output_format is 'outputType'",
    ),
    "a rule of a part": (
        {"first_frame": {"mask_image": "x"}},
        "first_frame.mask_image",
        "mask_image requires seed_image and from_",
    ),
    "a rule of a part whose given names are the same in JSON": (
        {"first_frame": {"loop": "x"}},
        "first_frame.loop",
        "loop requires seed_image",
    ),
    "a rule of an item": (
        {"other_layers": [{"loop": "x"}]},
        "other_layers.0.loop",
        "loop requires seed_image",
    ),
    "an item that is no object": (
        {"links": ["x"]},
        "links.0",
        "must be a URL with its scheme, such as https://…",
    ),
    "a name that is none": (
        {"mask_image": "x", "output_type": "x"},
        "mask_image",
        "unknown field: did you mean first_frame.mask_image?",
    ),
    "a name that is none in a part": (
        {"first_frame": {"mask_imag": "x"}},
        "first_frame.mask_imag",
        "unknown field: did you mean mask_image?",
    ),
    "a name of the task in a part": (
        {"first_frame": {"output_type": "x"}},
        "first_frame.output_type",
        "unknown field: did you mean output_type of the task itself?",
    ),
}


def _in_json(value: Any) -> Any:
    """Convert names, or the names in a text, to JSON names."""
    if isinstance(value, dict):
        return {_in_json(name): _in_json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_in_json(item) for item in value]
    for word in ("output", "first", "other", "mask", "seed"):
        for more in ("Type", "Format", "Frame", "Layers", "Image", "Imag"):
            value = value.replace(f"{word}_{more.lower()}", f"{word}{more}")
    return value.replace("from_", "from")


@pytest.mark.parametrize("case", CASES)
def test_keywords_are_answered_with_pythons_names(
    client: ModuleType, case: str
) -> None:
    keywords, place, sentence = CASES[case]
    module = import_module(f"{client.__name__}.tasks.image_inference")
    with pytest.raises(ValidationError) as caught:
        module.SampleRequest(**keywords)
    assert _said(caught.value) == [(place, sentence)]


@pytest.mark.parametrize("case", CASES)
def test_json_is_answered_with_its_names(client: ModuleType, case: str) -> None:
    keywords, place, sentence = CASES[case]
    with pytest.raises(ValidationError) as caught:
        client.parse_request(a_task(**_in_json(keywords)))
    assert _said(caught.value) == [(_in_json(place), _in_json(sentence))]


def test_an_object_of_json_in_a_call_is_answered_with_its_names(
    client: ModuleType,
) -> None:
    module = import_module(f"{client.__name__}.tasks.image_inference")
    frame = {"maskImage": "x"}
    with pytest.raises(ValidationError) as caught:
        module.SampleRequest(first_frame=frame)
    assert _said(caught.value) == [
        ("first_frame.maskImage", "maskImage requires seedImage and from")
    ]


def test_a_member_of_a_closed_object_is_given_once(client: ModuleType) -> None:
    frame = {"seed_image": "x", "seedImage": "y"}
    with pytest.raises(ValidationError) as caught:
        client.parse_request(a_task(firstFrame=frame))
    assert _said(caught.value) == [
        (
            "firstFrame.seed_image",
            "is given twice, as 'seed_image' and as 'seedImage'",
        )
    ]


def test_a_missing_member_has_pythons_name(module: ModuleType) -> None:
    guide = "guide_image"
    with pytest.raises(ValidationError) as caught:
        module.ImageInferenceRequest(model="a:b@1", control_net=[{"model": "a:b@1"}])
    assert _said(caught.value) == [(f"control_net.0.{guide}", "Field required")]


@pytest.fixture(scope="module")
def module(image_inference: ModuleType) -> ModuleType:
    return import_module(f"{image_inference.__name__}.image_inference")


def test_words_of_a_sentence_are_no_names(tmp_path: Path) -> None:
    members = dict.fromkeys(("and", "is", "notBefore"), TEXT)
    document = a_document(
        {"properties": members, "dependentRequired": {"is": ["notBefore", "and"]}}
    )
    made = generated(tmp_path, {"a.json": document}, package="english_client")
    request = import_module(f"{made.__name__}.tasks.image_inference").SampleRequest
    with pytest.raises(ValidationError) as caught:
        request(is_="x")
    assert _said(caught.value) == [("is_", "is requires not_before and and")]
