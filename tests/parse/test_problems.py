"""Problems of schemas: the command names each of them, at its place in the document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from command import run, write
from making import a_document, a_task, generated

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

TASK = "one.json#/components/schemas/RequestBody/items"


def _refused(folder: Path, task: dict[str, Any]) -> list[tuple[str, str]]:
    """Generate from a document that is refused.

    Returns:
        The pointer of each problem below the task, and its message with its remedy.
    """
    write(folder, "one", task)
    target = ("--output", folder, "--package", "client")
    done = run("generate", "one.json", *target, cwd=folder)
    assert done.returncode == 2
    blocks = done.stderr.strip().split("\n\n")[:-1]
    lines = [[line.strip() for line in block.splitlines()] for block in blocks]
    return [(at.removeprefix(TASK), " ".join(said)) for at, *said in lines]


def test_a_member_that_two_schemas_contradict_is_named_in_both(tmp_path: Path) -> None:
    task = {
        "properties": {"mode": {"enum": ["fast", "slow"]}},
        "allOf": [{"properties": {"mode": {"const": "slwo"}}}],
        "required": ["mode"],
    }
    [(pointer, said)] = _refused(tmp_path, task)
    assert pointer == "/properties/mode"
    assert f"here and at {TASK.partition('#')[2]}/allOf/0/properties/mode" in said


CONTRADICTIONS: dict[str, dict[str, Any]] = {
    "no type is allowed by all of it": {
        "type": "integer",
        "allOf": [{"type": "string"}],
    },
    "its other keywords allow none of its constants": {"enum": ["a"], "minLength": 2},
    "its minimum is greater than its maximum": {
        "type": "number",
        "minimum": 2,
        "exclusiveMaximum": 1,
    },
    "its minLength is greater than its maxLength": {
        "type": "string",
        "minLength": 2,
        "maxLength": 1,
    },
    "its minItems is greater than the number of items that it allows": {
        "type": "array",
        "minItems": 2,
        "prefixItems": [True],
        "items": False,
    },
}


def test_the_reason_of_a_contradiction_is_named(tmp_path: Path) -> None:
    members = {
        f"a{number}": each for number, each in enumerate(CONTRADICTIONS.values())
    }
    objects = {"type": "object", "properties": members}
    allowed = {"anyOf": [objects, *CONTRADICTIONS.values()]}
    found = _refused(tmp_path, {"properties": {"any": allowed, **members}})
    assert [said.partition(" → ")[0] for _, said in found] == [
        f"No value satisfies this schema: {reason}." for reason in CONTRADICTIONS
    ]


def test_a_reference_to_what_is_no_schema_is_named(tmp_path: Path) -> None:
    references = ["#", "#/info/title", "#/info/title/0", "#unknown"]
    members = {f"a{number}": {"$ref": each} for number, each in enumerate(references)}
    assert [
        (pointer, said.partition(" → ")[0])
        for pointer, said in sorted(_refused(tmp_path, {"properties": members}))
    ] == [
        (f"/properties/a{number}/$ref", f"The reference {each!r} points to nothing.")
        for number, each in enumerate(references)
    ]


def test_an_unknown_keyword_beside_the_items_is_named(tmp_path: Path) -> None:
    document = a_document({})
    document["components"]["schemas"]["RequestBody"]["minimun"] = 1
    done = _generate(tmp_path, document)
    assert done.returncode == 2
    assert f"{TASK.removesuffix('/items')}/minimun" in done.stderr


MALFORMED: dict[str, Any] = {
    "title": 3,
    "description": [],
    "deprecated": "yes",
    "readOnly": 1,
    "writeOnly": None,
    "examples": {},
    "$id": 3,
    "$anchor": None,
    "minItems": True,
    "maxItems": 1.5,
    "multipleOf": True,
    "x-constraints": [{"operation": "area", "parameters": ["a"], "minimum": "1"}],
}


def test_a_malformed_value_is_named(tmp_path: Path) -> None:
    members = {f"of {name}": {name: value} for name, value in MALFORMED.items()}
    found = dict(_refused(tmp_path, {"properties": members}))
    places = [f"/properties/of {name}/{name}" for name in MALFORMED]
    assert sorted(found) == sorted(places)
    assert found[places[2]].endswith("→ It must be true or false.")


def test_only_what_can_be_allowed_has_the_remedy_to_allow_it(tmp_path: Path) -> None:
    pattern = "(a)\\1"
    member = {"type": "string", "pattern": pattern}
    names = {"type": "object", "patternProperties": {pattern: {}}}
    found = dict(
        _refused(tmp_path, {"properties": {"patternProperties": member, "a": names}})
    )
    place = "/properties/patternProperties/pattern"
    assert found.pop(place).endswith("or allow it with --allow-unenforced.")
    [said] = found.values()
    assert said.endswith("→ Write it without that.")


UNREAD = {
    "a second path": (
        ("paths", "/tasks", "post", "requestBody", "content", "text/json", "schema"),
        {"type": "array", "items": {"type": "object", "required": ["taskType"]}},
    ),
    "a shared path": (
        (
            "components",
            "pathItems",
            "Tasks",
            "put",
            "requestBody",
            "content",
            "a",
            "schema",
        ),
        {"type": "object", "required": ["taskType"]},
    ),
    "a shared body": (
        ("components", "requestBodies", "Task", "content", "text/json", "schema"),
        {"type": "object", "required": ["taskType"]},
    ),
    "one result": (
        ("components", "schemas", "ResponseBody", "properties", "data"),
        {"type": "object", "properties": {"cost": {"type": "number"}}},
    ),
    "an array": (
        ("components", "schemas", "ResponseBody"),
        {"type": "array", "items": {"type": "object"}},
    ),
    "alternatives": (
        ("components", "schemas", "ResponseBody"),
        {"oneOf": [{"properties": {"data": {"items": {"type": "object"}}}}]},
    ),
}


@pytest.mark.parametrize("case", UNREAD)
def test_a_body_that_is_not_read_is_named(tmp_path: Path, case: str) -> None:
    path, body = UNREAD[case]
    document = a_document({})
    _put(document, path, body)
    done = _generate(tmp_path, document)
    assert done.returncode == 2
    pointer = "".join(f"/{step.replace('/', '~1')}" for step in path)
    assert f"one.json#{pointer}\n" in done.stderr
    assert "the client would not have" in done.stderr
    assert _generate(tmp_path, document, "--allow-unenforced").returncode == 0


SAME = {
    "a reference": {"$ref": "#/components/schemas/RequestBody"},
    "an array": {"items": {"$ref": "#/components/schemas/RequestBody/items"}},
    "one part": {"allOf": [{"$ref": "#/components/schemas/RequestBody"}]},
}


@pytest.mark.parametrize("case", SAME)
def test_a_second_path_may_have_the_same_body(tmp_path: Path, case: str) -> None:
    document = a_document({})
    path, _ = UNREAD["a second path"]
    _put(document, path, SAME[case])
    assert _generate(tmp_path, document).returncode == 0


READ = {
    "one part": {"allOf": [{"$ref": "#/components/schemas/Results"}]},
    "definitions": {"type": "object", "$defs": {"Unused": {"type": "string"}}},
}


@pytest.mark.parametrize("case", READ)
def test_a_response_that_is_read_or_describes_nothing(
    tmp_path: Path, case: str
) -> None:
    document = a_document({})
    schemas = document["components"]["schemas"]
    schemas["Results"], schemas["ResponseBody"] = schemas["ResponseBody"], READ[case]
    done = _generate(tmp_path, document)
    assert (done.returncode, done.stderr) == (0, "")


def test_keywords_beside_the_reference_of_a_body_are_enforced(tmp_path: Path) -> None:
    document = a_document({"properties": {"prompt": {"type": "string"}}})
    schemas = document["components"]["schemas"]
    schemas["Task"] = schemas["RequestBody"]["items"]
    schemas["RequestBody"] = {
        "$ref": "#/components/schemas/Task",
        "required": ["prompt"],
    }
    parse = generated(tmp_path, {"a.json": document}, package="beside").parse_request
    assert parse(a_task(prompt="a")).to_wire() == a_task(prompt="a")
    with pytest.raises(ValidationError, match="prompt"):
        parse(a_task())


MALFORMED_RESULTS: dict[str, Any] = {
    "type": {"type": "thing"},
    "properties": {"properties": {"cost": 3}},
    "$ref": {"$ref": "#/components/schemas/Nothing"},
}


@pytest.mark.parametrize("keyword", MALFORMED_RESULTS)
def test_a_malformed_result_is_named(tmp_path: Path, keyword: str) -> None:
    document = a_document({}, result=MALFORMED_RESULTS[keyword])
    done = _generate(tmp_path, document)
    assert done.returncode == 2
    place = f"/components/schemas/ResponseBody/properties/data/items/{keyword}"
    assert f"one.json#{place}" in done.stderr


def _put(document: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    """Put a value into a document, with the objects that contain it."""
    *above, last = path
    for step in above:
        document = document.setdefault(step, {})
    document[last] = value


def _generate(
    folder: Path, document: dict[str, Any], *options: str
) -> CompletedProcess[str]:
    (folder / "one.json").write_text(json.dumps(document))
    target = ("--output", folder, "--package", "client")
    return run("generate", "one.json", *target, *options, cwd=folder)


def test_a_required_member_without_a_valid_value_is_named(tmp_path: Path) -> None:
    size = {"type": "object", "properties": {"width": False}, "required": ["width"]}
    task = {"properties": {"size": size}, "required": ["size"]}
    [(pointer, said)] = _refused(tmp_path, task)
    assert pointer == ""
    assert "it requires 'size', which has no valid value" in said


def test_a_task_that_allows_no_object_is_a_problem(tmp_path: Path) -> None:
    [(_, said)] = _refused(tmp_path, {"allOf": [{"type": "array"}]})
    assert "it allows no object" in said


def test_each_wrong_part_is_named_with_all_that_is_wrong_inside(tmp_path: Path) -> None:
    task = {
        "properties": {
            "nothing": None,
            "size": {"minLength": -1, "properties": {"width": {"minimun": 3}}},
        },
        "allOf": [{}, 3, {"required": "size"}],
    }
    found = dict(_refused(tmp_path, task))
    assert sorted(found) == [
        "/allOf/1",
        "/allOf/2/required",
        "/properties/nothing",
        "/properties/size/minLength",
        "/properties/size/properties/width/minimun",
    ]
    assert found["/properties/nothing"].endswith("→ It must be an object or a boolean.")


def test_a_member_of_two_schemas_has_a_keyword_that_is_not_enforced(
    tmp_path: Path,
) -> None:
    task = {
        "properties": {"code": {"pattern": r"(a)\1", "maxLength": 9}},
        "allOf": [{"properties": {"code": {"minLength": 2}}}],
    }
    package = generated(
        tmp_path,
        {"one.json": a_document(task)},
        package="problems_package",
        allow_unenforced=True,
    )
    assert package.parse_request(a_task(code="bb")).code == "bb"
    for code in ("b", "b" * 10):
        with pytest.raises(ValidationError):
            package.parse_request(a_task(code=code))
