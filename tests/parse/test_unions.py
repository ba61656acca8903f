"""Alternatives: their text in a module, and errors for values that match none."""

from __future__ import annotations

import sys
from inspect import getsource
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from making import a_document, a_task, generated

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

UUID = "22222222-2222-4222-8222-222222222222"

CIRCLE = {
    "title": "Circle",
    "type": "object",
    "properties": {
        "kind": {"const": "circle"},
        "radius": {"type": "number", "minimum": 0},
    },
    "required": ["kind", "radius"],
    "additionalProperties": False,
}
SQUARE = {
    "title": "Square",
    "type": "object",
    "properties": {
        "kind": {"const": "square"},
        "side": {"type": "number", "minimum": 0},
        "angle": {"type": "number"},
    },
    "required": ["kind", "side", "angle"],
}
FRAME = {
    "title": "Placed Image",
    "type": "object",
    "properties": {
        "image": {"type": "string", "format": "uuid"},
        "frame": {
            "oneOf": [{"const": "first"}, {"const": "last"}, {"type": "integer"}]
        },
        "second": {"type": "number"},
    },
    "required": ["image"],
    "not": {"required": ["frame", "second"]},
}
FILE = {"type": "object", "properties": {"name": {"type": "string"}}}

PROPERTIES: dict[str, Any] = {
    "duration": {
        "description": "How long it is.",
        "oneOf": [
            {"type": "number", "exclusiveMinimum": 0, "title": "Seconds"},
            {"type": "string", "const": "auto", "description": "As long as needed."},
        ],
    },
    "frames": {
        "type": "array",
        "items": {"oneOf": [{"type": "string", "format": "uuid"}, FRAME]},
    },
    "mode": {
        "anyOf": [
            {"type": "integer", "minimum": 2},
            {"const": "a"},
            {"enum": ["b", "a"]},
            {"type": "string", "format": "uri"},
        ]
    },
    "odd": {"oneOf": [{"enum": ["a", "b"]}, {"const": "b"}, {"type": "integer"}]},
    "other": {"type": ["number", "string"], "minimum": 5, "maximum": 1},
    "shape": {"oneOf": [CIRCLE, SQUARE]},
    "either": {
        "anyOf": [
            {**FILE, "title": "Named", "required": ["name"]},
            {"title": "Sized", **FILE, "required": ["size"]},
        ]
    },
    "pair": {
        "anyOf": [
            {"title": "Bright", **FILE, "required": ["seedImage"]},
            {**FRAME, "title": "Dark", "required": ["seedImage"]},
        ]
    },
    "loose": {
        "anyOf": [
            {"title": "Bright", **FILE, "required": ["seedImage"]},
            {"type": "object", "required": ["seedImage"]},
        ]
    },
    "level": {"type": ["integer", "null"], "minimum": 3},
    "files": {"type": "array", "items": {**FILE, "title": "Output File"}},
    "entries": {
        "type": "array",
        "items": {
            "title": "LoRA Entry",
            "type": "object",
            "properties": {"weight": {"type": "number"}},
        },
    },
    "others": {"type": "array", "items": {**FILE, "title": "Output File"}},
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A package of one document with many kinds of alternatives."""
    return generated(
        tmp_path_factory.mktemp("unions"),
        {"sample.json": a_document({"properties": PROPERTIES})},
        package="unions_package",
    )


@pytest.fixture(scope="module")
def source(package: ModuleType) -> str:
    """The source of the document's module."""
    request = package.parse_request(a_task())
    return getsource(sys.modules[type(request).__module__])


def test_alternatives_are_listed_with_their_limits_and_descriptions(
    source: str,
) -> None:
    doc = '''    """How long it is.

    - a number more than 0: Seconds
    - `auto`: As long as needed.
    """
'''
    assert doc in source


def test_a_limit_beside_null_is_said(source: str) -> None:
    assert '"""At least 3."""' in source


def test_constants_beside_an_alternative_are_one_set(source: str) -> None:
    assert 'frame: Annotated[Literal["first", "last"] | Integer, Either()]' in source


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("a", True), ("b", False), (3, True), ("c", False), (1.0, True)],
)
def test_one_set_is_as_exact_as_its_constants(
    package: ModuleType, value: object, *, allowed: bool
) -> None:
    if allowed:
        task = a_task(odd=value)
        assert package.parse_request(task).to_wire() == task
    else:
        assert _refusals(package, odd=value)


def test_limits_that_no_number_satisfies_leave_the_other_types(
    package: ModuleType,
) -> None:
    task = a_task(other="a")
    assert package.parse_request(task).to_wire() == task
    assert _refusals(package, other=3) == {"other": "Input should be a valid string"}


def test_items_are_named_by_a_title_that_names_a_class(source: str) -> None:
    assert "files: list[OutputFile]" in source
    assert "entries: list[Entry]" in source
    assert "others: list[OutputFile]" in source
    assert source.count("class OutputFile") == 1


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param(
            {"duration": "long"},
            {"duration": "must be a number above 0 or 'auto'"},
            id="another constant and another type",
        ),
        pytest.param(
            {"duration": 0},
            {"duration": "Input should be greater than 0"},
            id="of the right type",
        ),
        pytest.param(
            {"frames": [5]},
            {"frames.0": "must be a string or an object (PlacedImage)"},
            id="of no type",
        ),
        pytest.param(
            {"frames": [{"image": UUID, "frame": "middle"}]},
            {"frames.0.frame": "must be 'first' or 'last', or an integer"},
            id="inside the one object",
        ),
        pytest.param(
            {"frames": ["cat.png"]}, {"frames.0": "must be a UUID"}, id="the one text"
        ),
        pytest.param(
            {"frames": [{"image": UUID, "frame": 1, "second": 2}]},
            {"frames.0.frame": "frame cannot be combined with second"},
            id="a rule of the one object",
        ),
        pytest.param(
            {"frames": [{"image": UUID, "frame": "middle", "second": "x"}]},
            {
                "frames.0.frame": "must be 'first' or 'last', or an integer",
                "frames.0.second": "Input should be a valid number",
            },
            id="several errors of the one object",
        ),
        pytest.param(
            {"mode": "c"},
            {
                "mode": "must be 'a' or 'b', or a URL with its scheme, such as https://…",
            },
            id="a text and constants",
        ),
        pytest.param(
            {"mode": 1},
            {"mode": "Input should be greater than or equal to 2"},
            id="a number below its bound",
        ),
        pytest.param(
            {"shape": {"kind": "circle", "radius": -1}},
            {"shape.radius": "Input should be greater than or equal to 0 (as Circle)"},
            id="told apart by a constant",
        ),
        pytest.param(
            {"shape": {"kind": "circle", "radius": 1, "side": 2}},
            {"shape.side": "unknown field (as Circle)"},
            id="a member of another alternative",
        ),
        pytest.param(
            {"shape": 5},
            {"shape": "must be an object (Circle or Square)"},
            id="no object",
        ),
        pytest.param(
            {"shape": {"kind": "star"}},
            {"shape.kind": "must be 'circle' or 'square'"},
            id="neither constant",
        ),
        pytest.param(
            {"either": {}},
            {
                "either": "name: Field required (as Named); or "
                "size: Field required (as Sized)"
            },
            id="equally near",
        ),
        pytest.param(
            {"loose": {}},
            {
                "loose": "seedImage: Field required (as Bright); or "
                "seedImage is required"
            },
            id="equally near, one without a class",
        ),
    ],
)
def test_a_refusal_speaks_of_the_nearest_or_of_all(
    package: ModuleType, members: dict[str, Any], expected: dict[str, str]
) -> None:
    assert _refusals(package, **members) == expected


def test_what_every_alternative_lacks_has_the_name_of_its_caller(
    package: ModuleType,
) -> None:
    request = package.request_class("imageInference", "test:sample@1")
    with pytest.raises(ValidationError) as caught:
        request(pair={})
    [error] = caught.value.errors()
    assert (error["loc"], error["msg"]) == (("pair", "seed_image"), "Field required")


def _refusals(package: ModuleType, **members: Any) -> dict[str, str]:
    """Return the messages for a refused task, by location."""
    with pytest.raises(ValidationError) as caught:
        package.parse_request(a_task(**members))
    return {
        ".".join(map(str, detail["loc"])): detail["msg"]
        for detail in caught.value.errors(include_url=False)
    }


def test_the_first_alternative_that_allows_a_whole_float_is_used(
    tmp_path: Path,
) -> None:
    sizes: dict[str, Any] = {
        "whole": {"type": "integer"},
        "constant": {"const": 1},
        "listed": {"enum": [1, 2]},
        "decimal": {"enum": [1.0, 2.5]},
    }
    members = {
        name: {
            "anyOf": [
                {**first, "properties": {"size": size, "sideCount": {}}},
                {"type": "object", "properties": {"size": {"type": "number"}}},
            ]
        }
        for name, size in sizes.items()
        for first in [{"type": "object", "additionalProperties": False}]
    }
    document = a_document({"properties": members})
    client = generated(tmp_path, {"sample.json": document}, package="first_ones")
    request = client.request_class("imageInference", "test:sample@1")
    for size in (1, 1.0):
        given = {name: {"size": size, "side_count": 2} for name in members}
        wire = request(**given).to_wire()
        for name in members:
            assert wire[name] == {"size": 1, "sideCount": 2}, name
