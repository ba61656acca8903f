"""Annotations of a property in docstrings, JSON schemas, warnings and errors."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from making import a_document, a_task, generated
from runware_codegen.model import MediaLimit
from runware_codegen.naming.names import singular
from runware_codegen.wording import media_limits_words

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

BEYOND_FLOATS = 2**53 + 1


def _module(
    folder: Path, package: str, task: dict[str, Any], **more: Any
) -> ModuleType:
    return generated(folder, {"sample.json": a_document(task, **more)}, package=package)


def _source(folder: Path, package: str) -> str:
    (file,) = (folder / package).rglob("sample.py")
    return file.read_text(encoding="utf-8")


def _doc(source: str, member: str) -> str:
    """Return the docstring of a member in one line."""
    found = re.search(rf'\n    {member}: [^"].*?\n    """(.*?)"""', source, re.DOTALL)
    assert found
    return " ".join(found[1].split())


def test_a_deprecated_member_says_so_and_warns(tmp_path: Path) -> None:
    old = {"type": "string", "deprecated": True}
    old_result = {"type": "object", "properties": {"old": old, "older": old}}
    task = {"properties": {"old": old, "inner": {"properties": {"oldURL": old}}}}
    result = {**old_result, "required": ["older"]}
    module = _module(tmp_path, "deprecating_client", task, result=result)
    source = _source(tmp_path, "deprecating_client")
    assert _doc(source, "old") == _doc(source, "old_url") == "Deprecated."
    with pytest.warns(
        DeprecationWarning, match="is deprecated by its document"
    ) as said:
        request = module.parse_request(a_task(old="x", inner={"oldURL": "y"}))
    assert {each.filename for each in said} == {__file__}
    told = {str(each.message).partition(" is ")[0] for each in said}
    assert told == {"`old` of SampleRequest", "`old_url` of Inner"}
    assert request.to_wire() == a_task(old="x", inner={"oldURL": "y"})
    for cls, name in [(type(request), "old"), (request.result, "older")]:
        schema = cls.model_json_schema()
        assert schema["properties"][name]["deprecated"] is True
    with pytest.warns(DeprecationWarning, match="`old` is deprecated"):
        assert request.old == "x"
    answer = module.parse_result(request, {})
    with pytest.warns(DeprecationWarning, match="`old` is deprecated"):
        assert answer.old is None
    with pytest.raises(AttributeError, match="came without 'older'"):
        _ = answer.older


@pytest.mark.parametrize("way", ["constructor", "from_wire", "model_validate"])
@pytest.mark.parametrize("rule", [False, True])
def test_a_deprecated_member_warns_when_it_is_given(
    tmp_path: Path, way: str, rule: bool
) -> None:
    old = {"type": "string", "deprecated": True}
    closed: dict[str, Any] = {"type": "object", "additionalProperties": False}
    parts = {"type": "array", "items": {**closed, "properties": {"old": old}}}
    members = {"frames": parts, "new": {"type": "string"}}
    task: dict[str, Any] = {**closed, "properties": members}
    if rule:  # pydantic alone does not validate a class with a rule
        task |= {"not": {"required": ["new", "frames"]}}
    module = _module(tmp_path, f"old_{way}_{rule}", task)
    request = module.request_class("imageInference", "test:sample@1")

    def make(**members: Any) -> object:
        if way == "constructor":
            return request(**members)
        return getattr(request, way)(a_task(**members))

    assert make(new="x")
    assert make(frames=[{}])
    with pytest.warns(DeprecationWarning, match="`old` of Frame is deprecated") as said:
        make(frames=[{}, {"old": "x"}])
    assert [each.filename for each in said] == [__file__]
    with pytest.warns(DeprecationWarning, match="`old` of Frame is deprecated"):
        sys.modules[request.__module__].Frame(old="x")
    with pytest.raises(ValidationError):
        make(frames=[{"old": "x"}, {"old": 3}])


@pytest.mark.parametrize("is_open", [True, False])
def test_a_deprecated_model_warns(tmp_path: Path, is_open: bool) -> None:
    task, info = {"additionalProperties": is_open}, {"x-status": "deprecated"}
    module = _module(tmp_path, f"old_model_{is_open}", task, info=info)
    with pytest.warns(DeprecationWarning, match="^test:sample@1 is deprecated by"):
        module.parse_request(a_task())


def test_what_a_reference_says_of_a_property_holds(tmp_path: Path) -> None:
    document = a_document({"properties": {"a": {"$ref": "#/components/schemas/A"}}})
    document["components"]["schemas"]["A"] = {"allOf": [{"writeOnly": True}, _READ]}
    generated(tmp_path, {"sample.json": document}, package="reference_client")
    source = _source(tmp_path, "reference_client")
    assert "Secret" in source
    assert _doc(source, "a") == "Deprecated. Read-only: the server sets it."


_READ = {"type": "string", "readOnly": True, "deprecated": True}


def test_docstrings_show_examples_access_and_defaults(tmp_path: Path) -> None:
    task = {
        "properties": {
            "mood": {"type": "string", "examples": ["calm", "a `b`", "calm"]},
            "count": {"type": "integer", "example": 3},
            "made": {"type": "string", "readOnly": True},
            "token": {"type": "string", "writeOnly": True},
            "empty": {"type": "string", "default": ""},
            "space": {"type": "string", "default": " "},
            "quoted": {"type": "string", "default": "'a'"},
        }
    }
    _module(tmp_path, "facts_client", task)
    source = _source(tmp_path, "facts_client")
    assert _doc(source, "mood") == "Examples: `calm`, `` a `b` ``."
    assert _doc(source, "count") == "Example: `3`."
    assert _doc(source, "made") == "Read-only: the server sets it."
    assert _doc(source, "token") == "Write-only: no result contains it."
    assert _doc(source, "empty") == 'Default: `""`.'
    assert _doc(source, "space") == 'Default: `" "`.'
    assert _doc(source, "quoted") == "Default: `'a'`."


def test_only_values_that_are_allowed_are_described(tmp_path: Path) -> None:
    """Documents of several models share a description of all values."""
    text = """The format.

- \\`JPG\\`: For photos.
  It is lossy.
- \\`GLB\\`: For 3D models.
- \\`OGG\\`: For audio.

See also:

- \\`quality\\`: For photos.

Note: \\`JPG\\` has no alpha channel."""
    member = {"type": "string", "description": text}
    members = {"free": member, "few": {**member, "enum": ["GLB", "FBX"]}}
    members["others"] = {**member, "enum": ["WAV"]}
    items = {"enum": ["GLB", "FBX"]}
    members["several"] = {"type": "array", "items": items, "description": text}
    lengths = [{"const": "5'", "title": "Feet."}, {"const": "5", "title": "Metres."}]
    members["length"] = {"oneOf": lengths}
    _module(tmp_path, "describing_client", {"properties": members})
    source = _source(tmp_path, "describing_client")
    note = "See also: - `quality`: For photos. Note: `JPG` has no alpha channel."
    assert _doc(source, "few") == f"The format. - `GLB`: For 3D models. {note}"
    assert _doc(source, "several") == _doc(source, "few")
    assert _doc(source, "length") == "- `5'`: Feet. - `5`: Metres."
    assert "- `JPG`: For photos. It is lossy. - `GLB`" in _doc(source, "free")
    assert _doc(source, "free") == _doc(source, "others")


@pytest.mark.parametrize("number_type", ["integer", "number"])
def test_a_limit_past_the_floats_is_exact(number_type: str, tmp_path: Path) -> None:
    limited = {
        "low": {"type": number_type, "minimum": BEYOND_FLOATS},
        "high": {"type": number_type, "maximum": BEYOND_FLOATS},
        "step": {"type": number_type, "multipleOf": BEYOND_FLOATS},
    }
    package = f"exact_{number_type}_client"
    module = _module(tmp_path, package, {"properties": limited})
    source = _source(tmp_path, package)
    for name, wrong in (("low", -1), ("high", 1), ("step", -1)):
        assert str(BEYOND_FLOATS) in _doc(source, name)
        right = a_task(**{name: BEYOND_FLOATS})
        assert module.parse_request(right).to_wire() == right
        with pytest.raises(ValidationError, match=str(BEYOND_FLOATS)):
            module.parse_request(a_task(**{name: BEYOND_FLOATS + wrong}))


@pytest.mark.parametrize(
    ("plural", "expected"),
    [
        ("boundingBoxes", "boundingBox"),
        ("keyframe_indices", "keyframe_index"),
        ("entries", "entry"),
        ("loras", "lora"),
        ("imageURLs", "imageURL"),
        ("lenses", "lens"),
        ("axes", "axis"),
        ("children", "child"),
        ("movies", "movie"),
        ("caches", "cache"),
        ("canvas", "canvas"),
        ("status", "status"),
        ("analyses", "analysis"),
        ("metadata", "metadata"),
        ("inputMedia", "inputMedia"),
        ("Boxes", "Box"),
        ("items2", "items2"),
        ("", ""),
    ],
)
def test_an_item_is_named_in_the_singular(plural: str, expected: str) -> None:
    assert singular(plural) == expected


def test_classes_of_items_are_in_the_singular_or_as_titled(tmp_path: Path) -> None:
    item = {"type": "object", "properties": {"x": {}}}
    other = {"type": "object", "properties": {"y": {}}, "title": "Region"}
    lists = {
        "boundingBoxes": {"type": "array", "items": item},
        "areas": {"type": "array", "items": other},
    }
    _module(tmp_path, "items_client", {"properties": lists})
    source = _source(tmp_path, "items_client")
    assert {"BoundingBox", "Region"} <= {
        *re.findall(r"^class (\w+)", source, re.MULTILINE)
    }


def _limit(operation: str, low: float | None, high: float | None) -> MediaLimit:
    return MediaLimit("image", operation, low, high)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (
            [
                ("width", 128, None),
                ("height", 128, None),
                ("fileSize", None, 20 * 10**6),
            ],
            "at least 128×128 pixels, at most 20 MB",
        ),
        ([("width", 1, 9), ("height", 2, 8)], "1×2 to 9×8 pixels"),
        ([("width", 8, 8), ("height", 8, 8)], "8×8 pixels"),
        ([("width", None, 9), ("height", None, 8)], "at most 9×8 pixels"),
        (
            [("width", None, 9), ("height", 2, None)],
            "at most 9 pixels wide, at least 2 pixels high",
        ),
        ([("fileSize", 1000, 1536 * 1024)], "between 1 kB and 1.5 MiB"),
        ([("fileSize", None, 1234567)], "at most 1234567 bytes"),
        ([("duration", 1, 30)], "between 1 and 30 seconds"),
        ([("ratio", 0.4, 2.5)], "width divided by height between 0.4 and 2.5"),
        ([("frames", None, 3)], "frames at most 3"),
        ([("width", None, None)], ""),
    ],
)
def test_limits_on_media_are_one_line(
    limits: list[tuple[str, float | None, float | None]], words: str
) -> None:
    said = media_limits_words([_limit(*limit) for limit in limits])
    assert ", ".join(said) == words


def test_a_field_says_what_each_file_may_be(tmp_path: Path) -> None:
    image = {"type": "string", "format": "uri", "description": "A picture. URL."}
    inputs = {
        "type": ["object", "null"],
        "properties": {"images": {"type": "array", "items": image}},
    }
    parameters = ["inputs.images"]
    constraints = [
        {"operation": "width", "parameters": parameters, "minimum": 128},
        {"operation": "height", "parameters": parameters, "minimum": 128},
        {"operation": "fileSize", "parameters": parameters, "maximum": 20_000_000},
    ]
    task = {"properties": {"inputs": inputs}, "x-constraints": constraints}
    _module(tmp_path, "media_limits_client", task)
    said = _doc(_source(tmp_path, "media_limits_client"), "images")
    assert said == "Each file: at least 128×128 pixels, at most 20 MB."


def test_limits_on_media_stand_in_any_object_and_may_be_of_several_members(
    tmp_path: Path,
) -> None:
    image = {"type": "string", "format": "uri"}
    size = {"operation": "area", "maximum": 9}
    task = {
        "properties": {
            "seedImage": image,
            "maskImage": image,
            "inputs": {
                "properties": {"image": image},
                "x-constraints": [{**size, "parameters": ["image"]}],
                "type": "object",
            },
            "frames": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"frame": image},
                    "x-constraints": [{**size, "parameters": ["frame"]}],
                },
            },
        },
        "x-constraints": [
            {**size, "parameters": ["seedImage", "maskImage"], "scope": "each"}
        ],
    }
    module = _module(tmp_path, "nested_limits_client", task)
    source = _source(tmp_path, "nested_limits_client")
    for name in ("seed_image", "mask_image", "image", "frame"):
        assert _doc(source, name) == "The file: at most 9 pixels in all."
    (request,) = module.documents()
    limits = {limit.parameter for limit in request.request.media_limits}
    assert limits == {"seedImage", "maskImage", "inputs.image", "frames.frame"}
    assert not [*request.request.rules({"seedImage": 100, "maskImage": 100})]
