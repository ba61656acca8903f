"""Requests that contain a file to upload: copies, pickles, dumps and JSON."""

from __future__ import annotations

import copy
import io
import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError, create_model
from pydantic_core import PydanticSerializationError

from loopback import pickled
from making import a_document, generated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

VIDEO = b"\0\0\0\x18ftypmp42" + bytes(60)
UUID_OR_URL = {"type": "string", "anyOf": [{"format": "uuid"}, {"format": "uri"}]}
MEDIUM = {"title": "Video", "description": "A video.", **UUID_OR_URL}
FRAME = {
    "type": "object",
    "properties": {"video": MEDIUM, "at": {"type": "number"}},
    "required": ["at"],
    "additionalProperties": False,
}
INPUTS = {
    "type": "object",
    "properties": {
        "video": MEDIUM,
        "referenceVideos": {"type": "array", "items": MEDIUM},
        "frames": {"type": "array", "items": {"anyOf": [FRAME, MEDIUM]}},
        "image": {"title": "Image", "description": "An image.", **UUID_OR_URL},
        "tags": {"type": "array", "items": {"type": "string"}},
        "notes": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
REFUSED = (
    "the video/mp4 file of 72 bytes cannot be written as JSON: a client uploads it"
)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    folder = tmp_path_factory.mktemp("files_to_upload")
    text = {"type": "string"}
    document = a_document({"properties": {"positivePrompt": text, "inputs": INPUTS}})
    made = generated(folder, {"sample.json": document}, package="files_to_upload")
    return import_module(f"{made.__name__}.tasks.image_inference.sample")


@pytest.fixture(params=["bytes", "path", "open file", "in a list", "in a union"])
def request_(request: pytest.FixtureRequest, module: ModuleType, tmp_path: Path) -> Any:
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO)
    inputs = {
        "bytes": {"video": VIDEO},
        "path": {"video": path},
        "open file": {"video": io.BytesIO(VIDEO)},
        "in a list": {"reference_videos": [VIDEO]},
        "in a union": {"frames": [{"video": VIDEO, "at": 3}]},
    }
    return module.SampleRequest(inputs=inputs[request.param])


def _file(request: Any) -> Any:
    """Return the file in a request."""
    inputs = request.inputs
    if inputs.frames:
        return inputs.frames[0].video
    return inputs.video or inputs.reference_videos[0]


@pytest.mark.parametrize(
    "make",
    [
        copy.copy,
        copy.deepcopy,
        pickled,
        lambda request: request.model_copy(deep=True),
        lambda request: type(request).model_validate(request.model_dump(by_alias=True)),
        lambda request: type(request)(**request.model_dump(exclude_unset=True)),
    ],
    ids=["copy", "deepcopy", "pickle", "model_copy", "by JSON's names", "by Python's"],
)
def test_a_copy_has_the_file(request_: Any, make: Callable[[Any], Any]) -> None:
    made = make(request_)
    assert made == request_
    assert hash(made) == hash(request_)
    assert _file(made).content == VIDEO


def test_a_dump_has_the_bytes(request_: Any) -> None:
    assert repr(VIDEO) in repr(request_.model_dump())
    with pytest.raises(TypeError, match="bytes is not JSON serializable"):
        json.dumps(request_.model_dump())


def test_it_is_not_written_as_json(request_: Any) -> None:
    around: type[BaseModel] = create_model("Around", request=(type(request_), ...))
    for write in (
        request_.model_dump_json,
        lambda: request_.model_dump(mode="json"),
        lambda: TypeAdapter(type(request_)).dump_json(request_),
        lambda: around(request=request_).model_dump_json(),
    ):
        with pytest.raises(PydanticSerializationError, match=REFUSED):
            write()


def test_it_is_shown_without_its_content(request_: Any) -> None:
    assert "<video/mp4 file of 72 bytes>" in repr(request_)
    assert "ftyp" not in repr(request_)


def test_another_medium_is_written(module: ModuleType) -> None:
    link = "https://example.com/a.mp4"
    request = module.SampleRequest(inputs={"video": link, "frames": [link]})
    assert json.loads(request.model_dump_json(by_alias=True)) == request.to_wire()
    assert request.model_dump(mode="json", by_alias=True) == request.to_wire()


AS_TEXT = "must be a string, not a file. Upload the file with a mediaStorage task"


def test_a_file_of_another_request_is_no_text(module: ModuleType) -> None:
    file = module.SampleRequest(inputs={"video": VIDEO}).inputs.video
    made = module.SampleRequest(width=512)
    tries: list[Callable[[], Any]] = [
        lambda: module.SampleRequest(positive_prompt=file),
        lambda: module.SampleRequest(task_uuid=file),
        lambda: made.replace(positive_prompt=file),
        lambda: made.model_copy(update={"positive_prompt": file}),
        lambda: module.SampleRequest.model_validate(
            {**made.to_wire(), "positivePrompt": file}
        ),
        lambda: module.SampleRequest(inputs={"tags": ["x", file]}),
        lambda: module.SampleRequest(inputs={"notes": {"x": file}}),
        lambda: TypeAdapter(list[module.SampleRequest]).validate_python(
            [{**made.to_wire(), "positivePrompt": file}]
        ),
    ]
    for attempt in tries:
        with pytest.raises(ValidationError, match=AS_TEXT):
            attempt()


def test_a_file_of_another_request_is_the_same_medium(module: ModuleType) -> None:
    made = module.SampleRequest(inputs={"video": VIDEO})
    again = module.SampleRequest(inputs={"referenceVideos": [made.inputs.video]})
    assert again.inputs.reference_videos[0].content == VIDEO
    with pytest.raises(
        ValidationError, match="must be an image, but the file is video"
    ):
        module.SampleRequest(inputs={"image": made.inputs.video})


def test_a_text_file_is_refused_in_a_union(module: ModuleType) -> None:
    with pytest.raises(ValidationError, match="must be a file in binary mode"):
        module.SampleRequest(inputs={"frames": [io.StringIO("x")]})


def test_a_task_without_validation_has_no_file(module: ModuleType) -> None:
    package = import_module(module.__name__.partition(".")[0])
    file = module.SampleRequest(inputs={"video": VIDEO}).inputs.video
    task = {"taskType": "imageInference", "inputs": {"video": file}}
    client = package.Runware("a-key", base_url="http://127.0.0.1:9/v1")
    with client, pytest.raises(ValueError, match=r"inputs\.video is a file"):
        client.send(task)
