"""The first stage: from text to documents."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openapi_pydantic.v3.v3_1 import OpenAPI, Reference, Schema
from pydantic import ValidationError

from runware_codegen.documents import Loaded, load
from runware_codegen.problems import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    from runware_codegen.problems import Problem

RESPONSES = {
    "200": {
        "description": "It worked",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/ResponseBody"}}
        },
    }
}


def a_document(**schemas: object) -> dict[str, Any]:
    """A whole document, with more schemas if wanted."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Echo", "version": "1.0.0", "x-air-id": "echo:1@1"},
        "servers": [{"url": "https://example.com/v1"}],
        "components": {
            "schemas": {
                "RequestBody": {"type": "array", "items": {"type": "object"}},
                "ResponseBody": {"type": "object"},
                **schemas,
            }
        },
        "paths": {"/": {"post": {"responses": RESPONSES}}},
    }


def changed(*path: str | int, to: object) -> dict[str, Any]:
    """A whole document in which one thing is different."""
    document: Any = json.loads(json.dumps(a_document()))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return document


def lacking(*path: str) -> dict[str, Any]:
    document: Any = json.loads(json.dumps(a_document()))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return document


def put(file: Path, content: object) -> str:
    """Write a file: bytes and text as they are, anything else as JSON."""
    if not isinstance(content, bytes):
        text = content if isinstance(content, str) else json.dumps(content)
        content = text.encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return str(file)


def loaded(*inputs: str, stdin: bytes = b"") -> Loaded:
    return load(inputs, io.BytesIO(stdin))


def tree_of(text: str | bytes) -> dict[str, Any]:
    """What a text from standard input holds."""
    content = text.encode() if isinstance(text, str) else text
    (document,) = loaded("-", stdin=content).documents
    return document.tree


def refusal(*inputs: str, stdin: bytes = b"") -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as caught:
        loaded(*inputs, stdin=stdin)
    for problem in caught.value.problems:
        assert problem.message
        assert problem.remedy
        f"{problem.source}{problem.pointer}{problem.message}{problem.remedy}".encode()
    return caught.value.problems


def only_problem(text: str | bytes) -> Problem:
    """The one thing that is wrong with a text from standard input."""
    content = text.encode() if isinstance(text, str) else text
    (problem,) = refusal("-", stdin=content)
    return problem


def with_schema(text: str) -> str:
    """The JSON text of a document with a schema that need not be valid JSON."""
    return json.dumps(a_document(Odd="HERE")).replace('"HERE"', text)


YAML = """
openapi: "3.1.0"
info: {title: Echo, version: "1"}
components:
  schemas:
    RequestBody: {type: array}
    Odd: HERE
"""


def yaml_with(text: str) -> str:
    return YAML.replace("HERE", text)


def yaml_value(text: str) -> Any:
    return tree_of(yaml_with(text))["components"]["schemas"]["Odd"]["const"]


class TestInputs:
    def test_a_file_keeps_the_name_that_the_user_gave_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        put(tmp_path / "specs" / "echo.json", a_document())
        (document,) = loaded("specs/echo.json").documents
        assert document.source == "specs/echo.json"
        assert document.name == "echo.json"
        assert document.tree == a_document()
        assert document.openapi.info.title == "Echo"

    def test_standard_input_may_be_json_or_yaml(self) -> None:
        (document,) = loaded("-", stdin=json.dumps(a_document()).encode()).documents
        assert (document.source, document.name) == ("<stdin>", "stdin")
        assert tree_of(yaml_with("{const: 1}"))["info"]["title"] == "Echo"

    def test_standard_input_may_be_a_stream_of_text(self) -> None:
        text = json.dumps(changed("info", "title", to="Écho"), ensure_ascii=False)
        in_memory = load(["-"], io.StringIO(text))
        of_process = load(["-"], io.TextIOWrapper(io.BytesIO(text.encode()), "ascii"))
        assert in_memory == of_process
        assert in_memory.documents[0].openapi.info.title == "Écho"

    def test_standard_input_is_read_once(self) -> None:
        content = json.dumps(a_document()).encode()
        assert len(loaded("-", "-", stdin=content).documents) == 1

    def test_a_folder_is_searched_at_any_depth(self, tmp_path: Path) -> None:
        put(tmp_path / "b.json", a_document())
        put(tmp_path / "deep" / "er" / "a.YAML", yaml_with("{}"))
        put(tmp_path / "deep" / "c.yml", yaml_with("{}"))
        put(tmp_path / "deep" / "notes.txt", "openapi")
        found = loaded(str(tmp_path))
        assert [each.name for each in found.documents] == ["a.YAML", "b.json", "c.yml"]
        assert found.passed_over == ()

    def test_hidden_files_and_folders_are_left_alone(self, tmp_path: Path) -> None:
        put(tmp_path / "a.json", a_document())
        put(tmp_path / ".hidden.json", "{")
        put(tmp_path / ".git" / "broken.json", "{")
        assert len(loaded(str(tmp_path)).documents) == 1

    def test_links_lead_nowhere_they_should_not(self, tmp_path: Path) -> None:
        folder = tmp_path / "specs"
        put(folder / "a.json", a_document())
        put(tmp_path / "elsewhere" / "b.json", a_document())
        (folder / "loop").symlink_to(folder)
        (folder / "circle.json").symlink_to(folder / "circle.json")
        (folder / "nothing.json").symlink_to(tmp_path / "nothing")
        (folder / "again.json").symlink_to(folder / "a.json")
        (folder / "b.json").symlink_to(tmp_path / "elsewhere" / "b.json")
        found = loaded(str(folder))
        assert [each.name for each in found.documents] == ["a.json", "b.json"]
        assert found.passed_over == (
            f"{folder}/circle.json: not a file",
            f"{folder}/loop: a link to a folder, not followed",
            f"{folder}/nothing.json: not a file",
        )
