"""The quick check and the one that explains take the same tasks, and make the same.

The quick one is taken away, and what comes without it is compared.
"""

from __future__ import annotations

import json
import random
import warnings
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from loopback import pickled
from making import TASK_UUID, a_document, a_task, generated
from near import Judge, Tasks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

SPECS = Path(__file__).parent.parent / "specs"

BOUNDS = (-3, 0, 0.5, 10, 2**53 - 1, 2**53, 2**60, -(2**63), 10**30)
STEPS = (None, 1, 3, 16, 2**40, 0.01, 0.5, 1.5, 7.0)
UUID = {"type": "string", "format": "uuid"}
URI = {"type": "string", "format": "uri"}
DATA_URI = {"type": "string", "pattern": "^data:image/[a-z]+;base64,[A-Za-z0-9+/=]+$"}


def _numbers() -> dict[str, Any]:
    """Return members with each bound, of each kind, with each step."""
    found: dict[str, Any] = {}
    for kind in ("integer", "number"):
        found[kind] = {"type": kind}
        for number, bound in enumerate(BOUNDS):
            for keyword in ("minimum", "maximum"):
                exclusive = f"exclusive{keyword.capitalize()}"
                found[f"{kind}{keyword}{number}"] = {"type": kind, keyword: bound}
                found[f"{kind}{exclusive}{number}"] = {"type": kind, exclusive: bound}
        for number, step in enumerate(filter(None, STEPS)):
            found[f"{kind}Step{number}"] = {"type": kind, "multipleOf": step}
    return found


NUMBERS = _numbers()
TEXTS: dict[str, Any] = {
    "uuid": UUID,
    "uri": URI,
    "shortURI": {**URI, "minLength": 12, "maxLength": 30},
    "image": {"type": "string", "oneOf": [UUID, URI, DATA_URI]},
    "video": {"type": "string", "anyOf": [UUID, URI]},
    "images": {"type": "array", "items": {"anyOf": [UUID, URI]}},
    "bool": {"type": "boolean"},
    "text": {"type": "string", "minLength": 2},
}

numbers = (
    st.sampled_from([b + d for b in BOUNDS for d in (-1, -0.5, 0, 0.5, 1)])
    | st.sampled_from([True, False, None, "1", 10**400, 0.07, 1.0, -0.0, 1e300])
    | st.integers()
    | st.floats()
)
URL_PARTS = (
    *(
        "https://",
        "http:",
        "ftp://",
        "//",
        "/",
        "?",
        "#",
        ":80",
        ":",
        "@",
        "[::1]",
        "[",
    ),
    *("a", "a.b", "-", "é", "%20", "%2", "%", " ", "\n", "\0", "\ud800", "|"),
)
_near_urls = st.lists(st.sampled_from(URL_PARTS), max_size=7).map("".join)
_near_uuids = st.builds(
    lambda before, cut, after: before + TASK_UUID[cut:] + after,
    st.sampled_from(["", "a", "\n", "urn:uuid:"]),
    st.integers(0, 2),
    st.sampled_from(["", "\n", "0", "\ud800"]),
)
texts = (
    _near_urls
    | _near_urls.map("https://h".__add__)
    | _near_uuids
    | st.sampled_from(["data:image/png;base64,AA==", "", 1, True, None, ["a"], {}])
    | st.lists(_near_urls.map("https://h".__add__) | _near_uuids, max_size=3)
)


class Told(NamedTuple):
    """What comes of a task: what is sent, read and pickled, or what is wrong."""

    wire: str
    read: str
    again: str
    error: str


def _told(package: ModuleType, task: dict[str, Any]) -> Told:
    try:
        request = package.parse_request(deepcopy(task))
    except ValidationError as error:
        return Told("", "", "", str(error))
    again = pickled(request).to_wire()
    return Told(
        json.dumps(request.to_wire()),
        repr(request),
        json.dumps(again, sort_keys=True),
        error="",
    )


def _both(package: ModuleType, task: dict[str, Any]) -> tuple[Told, Told]:
    """Tell what comes of a task with the quick check, and without."""
    with patch(f"{package.__name__}._runtime.schema.base.quick", lambda _: None):
        explained = _told(package, task)
    return _told(package, task), explained


@pytest.fixture(scope="module")
def limits(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    properties = {**NUMBERS, **TEXTS}
    document = a_document({"properties": properties, "additionalProperties": False})
    folder = tmp_path_factory.mktemp("limits")
    name = "limits_client"
    return generated(folder, {"one.json": document}, package=name, formatted=False)


@settings(max_examples=1500)
@given(member=st.sampled_from([*NUMBERS]), value=numbers)
def test_numbers_are_taken_alike(limits: ModuleType, member: str, value: Any) -> None:
    quick, explained = _both(limits, a_task(**{member: value}))
    assert quick == explained


@settings(max_examples=1500)
@given(member=st.sampled_from([*TEXTS]), value=texts)
def test_texts_are_taken_alike(limits: ModuleType, member: str, value: Any) -> None:
    quick, explained = _both(limits, a_task(**{member: value}))
    assert quick == explained


def _allowed_by(path: Path) -> Iterator[dict[str, Any]]:
    judge = Judge(path)
    tasks = Tasks(judge, random.Random(path.name)).near(150)
    return (task for task in tasks if judge.allows(task))


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.json")), ids=lambda p: p.stem)
def test_tasks_that_are_right_are_made_alike(shipped: ModuleType, path: Path) -> None:
    tasks = [*_allowed_by(path)]
    for task in tasks:
        quick, explained = _both(shipped, task)
        assert quick == explained
    assert len(tasks) > 5


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.json")), ids=lambda p: p.stem)
def test_nothing_explains_a_task_that_is_right(shipped: ModuleType, path: Path) -> None:
    unneeded = AssertionError("what is right is explained")
    with patch(
        f"{shipped.__name__}._runtime.schema.base._checking", side_effect=unneeded
    ):
        for task in _allowed_by(path):
            assert shipped.parse_request(task).to_wire() == task


ANY_DEPTH: dict[str, Any] = {
    "any value": {"properties": {"value": {}}},
    "a list of any values": {"properties": {"value": {"type": "array"}}},
    "an object": {"properties": {"value": {"type": "object"}}},
    "unknown members": {"additionalProperties": True},
    "a member with members": {
        "properties": {"value": {"type": "object", "properties": {"x": {}}}}
    },
}
"""Tasks with a member `value` that may be nested however deep."""


@pytest.mark.parametrize("case", ANY_DEPTH)
@pytest.mark.parametrize("levels", [128, 1_000, 50_000])
def test_depth_is_measured_where_a_schema_does_not_bound_it(
    case: str, levels: int, tmp_path: Path
) -> None:
    name = f"depth_client_{[*ANY_DEPTH].index(case)}_{levels}"
    document = a_document({"additionalProperties": False, **ANY_DEPTH[case]})
    package = generated(tmp_path, {"one.json": document}, package=name, formatted=False)
    value: Any = {}
    for _ in range(levels - 1):
        value = {"x": value}
    value = [value] if "list" in case else value
    with pytest.raises(ValidationError, match="not be nested more than 128 levels"):
        package.parse_request(a_task(value=value))
    assert package.parse_request(a_task()).to_wire() == a_task()


def test_depth_is_not_measured_where_a_schema_bounds_it(limits: ModuleType) -> None:
    base = import_module("._runtime.schema.base", limits.__name__)
    unneeded = AssertionError("a task that cannot be deep is measured")
    with patch.object(base, "is_too_deep", side_effect=unneeded):
        limits.parse_request(a_task(images=[TASK_UUID]))


@pytest.mark.parametrize("length", [3, 5000], ids=["short", "long"])
def test_nobody_changes_what_is_sent(image_inference: ModuleType, length: int) -> None:
    task = {
        **a_task("runware:101@1"),
        "positivePrompt": "é" * length,
        "inputs": {"referenceImages": ["https://example.com/a.png"]},
    }
    given = deepcopy(task)
    request = image_inference.ImageInferenceRequest.from_wire(given)
    for wire in (given, request.to_wire()):
        wire["inputs"]["referenceImages"].append("https://example.com/b.png")
        wire["other"] = 1
    assert request.to_wire() == task
    assert [*request.to_wire()] == [*task]


def test_members_may_have_the_names_of_what_pydantic_says(tmp_path: Path) -> None:
    members = ("hasRules", "type", "metadata", "ref", "schema", "fields", "function")
    properties = {member: {"type": "array", "items": UUID} for member in members}
    document = a_document({"properties": properties, "additionalProperties": False})
    package = generated(tmp_path, {"one.json": document}, package="named_client")
    task = a_task(**{member: [TASK_UUID] for member in members})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quick, explained = _both(package, task)
    assert quick == explained
    assert not quick.error


@pytest.mark.parametrize("quickly", [True, False])
def test_a_deprecated_model_is_told_of_each_time(tmp_path: Path, quickly: bool) -> None:
    document = a_document({}, info={"x-status": "deprecated"})
    name = f"deprecated_client_{quickly}"
    package = generated(tmp_path, {"one.json": document}, package=name)
    base = import_module("._runtime.schema.base", name)
    with patch.object(base, "quick", base.quick if quickly else lambda _: None):
        for _ in range(2):
            with pytest.warns(DeprecationWarning, match="test:sample@1 is deprecated"):
                package.parse_request(a_task())


@pytest.mark.parametrize("quickly", [True, False])
@pytest.mark.parametrize("way", ["constructor", "from_wire", "parse_request"])
def test_a_deprecated_model_is_told_of_where_it_is_used(
    tmp_path: Path, quickly: bool, way: str
) -> None:
    document = a_document({}, info={"x-status": "deprecated"})
    name = f"deprecated_{way}_{quickly}"
    package = generated(tmp_path, {"one.json": document}, package=name)
    request = package.request_class("imageInference", "test:sample@1")
    base = import_module("._runtime.schema.base", name)
    ways = {
        "constructor": lambda: request(task_uuid=a_task()["taskUUID"]),
        "from_wire": lambda: request.from_wire(a_task()),
        "parse_request": lambda: package.parse_request(a_task()),
    }
    with (
        patch.object(base, "quick", base.quick if quickly else lambda _: None),
        pytest.warns(DeprecationWarning, match="is deprecated") as caught,
    ):
        ways[way]()
    assert {each.filename for each in caught} == {__file__}
