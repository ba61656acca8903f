"""The mock and `diff` apply the meaning of a document, however it is written."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from command import run
from making import simple_document, simple_task
from mocking import Mock, answer, entry, mocking, post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT_MOST_3: dict[str, Any] = {"type": "integer", "maximum": 3}
URL = "http://runware.invalid/size"

SCHEMAS: dict[str, Any] = {
    "Anchored": {"$anchor": "size", **AT_MOST_3},
    "Identified": {"$id": URL, **AT_MOST_3},
    "Size": AT_MOST_3,
    "Grö ße/%~": AT_MOST_3,
    "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}, AT_MOST_3]},
    "Task": {"properties": {"size": AT_MOST_3}, "required": ["size"]},
}


def _size(schema: dict[str, Any], **task: Any) -> dict[str, Any]:
    return {"properties": {"size": schema}, **task}


TASKS: dict[str, dict[str, Any]] = {
    "anchor": _size({"$ref": "#size"}),
    "own-anchor": _size({"$ref": "#own", "$defs": {"x": {"$anchor": "own", **AT_MOST_3}}}),
    "identifier": _size({"$ref": URL}),
    "resource": _size(
        {"$id": "urn:x", "$ref": "#/$defs/size", "$defs": {"size": AT_MOST_3}}
    ),
    "encoded": _size({"$ref": "#/components/schemas/Gr%C3%B6%20%C3%9Fe~1%25~0"}),
    "not-encoded": _size({"$ref": "#/components/schemas/Grö ße~1%~0"}),
    "parameter": _size({"$ref": "#/components/parameters/Size/schema"}),
    "loop": _size({"$ref": "#/components/schemas/Loop"}),
    "beside": {"$ref": "#/components/schemas/Task", "required": ["model"]},
    "repeated": _size(AT_MOST_3, required=["size", "size"]),
    "annotations": _size({**AT_MOST_3, "$comment": {}, "externalDocs": 3}),
    "figure": {
        "properties": {"size": {"type": "integer"}},
        "x-constraints": [
            {"operation": "area", "parameters": ["size", "size"], "maximum": 9}
        ],
    },
    "type-twice": _size({**AT_MOST_3, "type": ["integer", "integer"]}),
}  # fmt: skip


def a_document(name: str, task: dict[str, Any]) -> dict[str, Any]:
    """Make a document with the schemas and the parameter that tasks refer to."""
    document = simple_document(name, task)
    components = document["components"]
    components["schemas"] |= SCHEMAS
    parameter = {"name": "size", "in": "query", "schema": AT_MOST_3}
    components["parameters"] = {"Size": parameter}
    return document


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    for name, task in TASKS.items():
        text = json.dumps(a_document(name, task))
        (folder / f"{name}.json").write_text(text)
    whole = a_document("parts", _size(AT_MOST_3))
    whole["info"]["x-pricing"] = {"examples": [{"price": "$1.17"}]}
    body, answer = (
        whole["components"]["schemas"][n] for n in ("RequestBody", "ResponseBody")
    )
    whole["components"]["schemas"] |= {
        "Tasks": {**body, "items": {"allOf": [body["items"]]}},
        "RequestBody": {"$ref": "#/components/schemas/Tasks"},
        "Answer": answer,
        "Note": {"minLength": 600.0},
        "ResponseBody": {"$ref": "#/components/schemas/Answer"},
    }  # fmt: skip
    answer["properties"]["data"]["items"] = {
        "properties": {
            "note": {"$ref": "#/components/schemas/Note"},
            "quality": {"type": "string", "default": "fine"},
            "model": {"type": "string"},
            "size": {"$ref": "#/components/schemas/Loop"},
        },
        "required": ["note"],
    }
    (folder / "parts.json").write_text(json.dumps(whole))
    return folder


@pytest.fixture(scope="module")
def mock(documents: Path) -> Iterator[Mock]:
    with mocking(documents, "--latency", "0") as running:
        yield running


def test_a_task_is_judged_by_what_its_document_means(mock: Mock) -> None:
    for name in (*TASKS, "parts"):
        task = simple_task(name, taskUUID=str(uuid4()))
        assert post(mock, task | {"size": 4}).status_code == 400, name
        assert post(mock, task | {"size": 3}).status_code == 200, name


def test_a_result_is_what_its_document_refers_to(mock: Mock) -> None:
    task = simple_task("parts", size=1, taskUUID=str(uuid4()))
    [result] = answer(mock, task)["data"]
    assert len(result["note"]) >= 600
    assert (result["quality"], result["model"]) == ("fine", task["model"])
    assert result["size"] <= 3
    assert entry(mock, task)["cost"] == 1.17


def test_a_file_can_be_uploaded_whatever_the_documents_are(mock: Mock) -> None:
    upload = {"operation": "upload", "media": "data:image/png;base64,iVBORw0KGgo="}
    task = {"taskType": "mediaStorage", "taskUUID": str(uuid4()), **upload}
    [stored] = answer(mock, task)["data"]
    assert stored["mediaUUID"]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"enum": ["S", "L"]}, "size must be one of S, L."),
        ({"const": "S"}, "size must be S."),
        ({"not": {"const": 4}}, "size does not satisfy its schema: "),
        ({"oneOf": [{"const": 1}, {"type": "string"}]}, "size does not satisfy "),
    ],
)
def test_an_error_says_what_a_value_must_be(
    schema: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(simple_document("a", _size(schema))))
    with mocking(tmp_path) as running:
        response = post(running, simple_task("a", size=4))
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"].startswith(message)


def test_a_ratio_to_zero_is_not_limited(tmp_path: Path) -> None:
    """The generated client accepts it too."""
    limit = {"operation": "ratio", "parameters": ["width", "height"], "maximum": 2}
    document = simple_document("a", {"x-constraints": [limit]})
    (tmp_path / "a.json").write_text(json.dumps(document))
    with mocking(tmp_path, "--latency", "0") as running:
        for height, status in ((1, 400), (2, 200), (0, 200)):
            task = simple_task("a", width=3, height=height, taskUUID=str(uuid4()))
            assert post(running, task).status_code == status


def test_a_task_without_a_model(mock: Mock) -> None:
    task = simple_task("parts")
    del task["model"]
    [error] = post(mock, task).json()["errors"]
    assert (error["code"], error["parameter"]) == ("missingParameter", "model")


def test_a_document_without_a_task_type(tmp_path: Path) -> None:
    document = simple_document("a", {})
    task = document["components"]["schemas"]["RequestBody"]["items"]
    task["properties"]["taskType"] = {"type": "string"}
    (tmp_path / "a.json").write_text(json.dumps(document))
    finished = run("mock", "a.json", "--port", "0", cwd=tmp_path)
    assert finished.returncode == 2
    assert "taskType" in finished.stderr


LINK: dict[str, Any] = {
    "properties": {
        "next": {"oneOf": [{"$ref": "#/components/schemas/Link"}, {"type": "null"}]}
    },
    "required": ["next"],
}
TREE: dict[str, Any] = {
    "properties": {
        "parts": {
            "anyOf": [
                {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/Tree"},
                    "minItems": 2,
                },
                {"type": "string"},
            ]
        }
    },
    "required": ["parts"],
}
ENDLESS: dict[str, Any] = {
    "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
    "required": ["next"],
}  # fmt: skip
"""A schema that no finite value satisfies."""


def test_a_result_that_contains_itself_ends(tmp_path: Path) -> None:
    schemas = {"Link": LINK, "Tree": TREE, "Endless": ENDLESS}
    for name in schemas:
        members = {"it": {"$ref": f"#/components/schemas/{name}"}}
        document = simple_document(name, {})
        document["components"]["schemas"] |= schemas
        answer = document["components"]["schemas"]["ResponseBody"]
        answer["properties"]["data"]["items"] = {
            "properties": members,
            "required": ["it"],
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    with mocking(tmp_path, "--latency", "0") as mock:
        links, tree, endless = (_item(mock, name)["it"] for name in schemas)
    assert _depth(links, "next") < 20
    assert _depth(tree["parts"][1], "parts") < 20
    assert endless


def _item(mock: Mock, name: str) -> dict[str, Any]:
    answer = post(mock, simple_task(name, taskUUID=str(uuid4()))).json()
    item: dict[str, Any] = answer["data"][0]
    return item


def _depth(value: Any, name: str) -> int:
    """Count the levels of objects that are nested in a member or in its last item."""
    depth = 0
    while isinstance(value, dict):
        value = value[name]
        value = value[-1] if isinstance(value, list) else value
        depth += 1
    return depth


def test_nothing_outside_of_a_document_is_read(tmp_path: Path) -> None:
    """No reference is fetched, whether the schema with it is used or unused."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        for name, maximum in (("old", 3), ("new", 2)):
            task = _size(
                {"$ref": f"{url}/inside"},
                **{"$schema": f"{url}/dialect", "$defs": {"x": {"$ref": f"{url}/x"}}},
            )
            document = a_document("sample", task)
            document["components"]["schemas"] |= {
                "Inside": {"$id": f"{url}/inside", "type": "integer", "maximum": maximum},
                "Unused": {"$ref": "file:///dev/stdin"},
            }  # fmt: skip
            (tmp_path / f"{name}.json").write_text(json.dumps(document))
        compared = run("diff", "old.json", "new.json", cwd=tmp_path)
        assert "was accepted, is refused now" in compared.stdout, compared.stderr
        with mocking(tmp_path / "old.json") as running:
            assert post(running, simple_task("sample", size=4)).status_code == 400
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"$ref": "http://127.0.0.1/x"}, "points outside of the document"),
        ({"$ref": "#/nothing"}, "points to nothing"),
        ({"maximum": "3"}, "The value of 'maximum' is invalid"),
        ({"pattern": "\\0"}, "The mock cannot validate properties/size/pattern"),
    ],
)
def test_a_schema_that_cannot_be_judged_is_a_sentence(
    schema: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(simple_document("a", _size(schema))))
    finished = run("mock", "a.json", "--port", "0", cwd=tmp_path)
    assert finished.returncode == 2
    assert finished.stderr.startswith("a.json")
    assert message in finished.stderr
