"""Documents for tests of the first stage, and functions that load them."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from runware_codegen.documents import Loaded, load
from runware_codegen.problems import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

    from runware_codegen.problems import Problem

RESPONSES = {
    "200": {
        "description": "It worked",
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/ResponseBody"}
            }
        },
    }
}


def a_document(**schemas: object) -> dict[str, Any]:
    """Return a complete document, with optional additional schemas."""
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
    """Return a complete document in which one value is replaced."""
    document: dict[str, Any] = json.loads(json.dumps(a_document()))
    inner: Any = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return document


def lacking(*path: str) -> dict[str, Any]:
    """Return a complete document in which one member is missing."""
    document: dict[str, Any] = json.loads(json.dumps(a_document()))
    inner: Any = document
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
    """Load inputs, with the given standard input."""
    with patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "ascii")):
        return load(inputs)


def tree_of(text: str | bytes) -> dict[str, Any]:
    """Load a document from standard input, and return its JSON value."""
    content = text.encode() if isinstance(text, str) else text
    (document,) = loaded("-", stdin=content).documents
    return document.tree


def refusal(*inputs: str, stdin: bytes = b"") -> tuple[Problem, ...]:
    """Return the problems of inputs. Each can be printed, and has a remedy."""
    with pytest.raises(InvalidInputError) as caught:
        loaded(*inputs, stdin=stdin)
    for problem in caught.value.problems:
        assert problem.message
        assert problem.remedy
        f"{problem.source}{problem.pointer}{problem.message}{problem.remedy}".encode()
    return caught.value.problems


def only_problem(text: str | bytes) -> Problem:
    """Return the only problem of a text from standard input."""
    content = text.encode() if isinstance(text, str) else text
    (problem,) = refusal("-", stdin=content)
    return problem


_YAML = """
openapi: "3.1.0"
info: {title: Echo, version: "1"}
components:
  schemas:
    RequestBody: {type: array}
    Odd:
      const: HERE
"""


def with_constant(text: str) -> str:
    """Return the JSON text of a document with a constant, which may be invalid JSON."""
    return json.dumps(a_document(Odd={"const": "HERE"})).replace('"HERE"', text)


def yaml_with_constant(text: str) -> str:
    """Return the YAML text of a document with a constant."""
    return _YAML.replace("HERE", text)


def constant_in(tree: dict[str, Any]) -> Any:
    """Return the constant of such a document."""
    return tree["components"]["schemas"]["Odd"]["const"]
