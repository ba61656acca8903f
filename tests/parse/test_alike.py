"""Parsing one document does not affect the result for another document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from command import run, write
from making import a_document

if TYPE_CHECKING:
    from pathlib import Path

SIZE = {"type": "integer", "minimum": 1, "maximum": 9}
NESTED = {
    "type": "array",
    "items": {"anyOf": [{"type": "string", "format": "uri"}, {"enum": [1, 1.5, None]}]},
}

DOCUMENTS: dict[str, dict[str, Any]] = {
    "plain": {"properties": {"size": SIZE, "nested": NESTED}},
    # Similar documents. Some values are equal in Python but not in JSON, as 1 and True.
    "float": {"properties": {"size": {**SIZE, "minimum": 1.0}, "nested": NESTED}},
    "truth": {"properties": {"size": {"enum": [True]}, "one": {"enum": [1]}}},
    "named": {"properties": {"dimension": SIZE, "size": NESTED}},
    "closed": {
        "properties": {"size": SIZE, "nested": NESTED},
        "additionalProperties": False,
    },
    "deeper": {
        "properties": {"outer": {"properties": {"size": SIZE}, "type": "object"}}
    },
    "referred": {
        "properties": {
            "size": {"$ref": "#/components/schemas/RequestBody/items/properties/other"},
            "other": SIZE,
        }
    },
}


def _module(folder: Path, *names: str) -> bytes:
    """Generate documents together, and return the module of the last one."""
    docs = folder / "-".join(names)
    for name in names:
        write(docs, name, DOCUMENTS[name])
    made = run(
        *("generate", docs, "--output", docs, "--package", "client", "--no-cache"),
        *("--jobs", "1"),
        cwd=folder,
    )
    assert made.returncode == 0, made.stderr
    return (docs / f"client/tasks/image_inference/{names[-1]}.py").read_bytes()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_module_does_not_depend_on_the_documents_beside_it(
    tmp_path: Path, name: str
) -> None:
    others = [each for each in DOCUMENTS if each != name]
    alone = _module(tmp_path, name)
    assert _module(tmp_path, *others, name) == alone


def test_a_document_is_refused_in_the_same_words_after_others(tmp_path: Path) -> None:
    wrong = a_document({"properties": {"size": {**SIZE, "maximum": 0}, "x": NESTED}})
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    for name, task in DOCUMENTS.items():
        write(tmp_path, name, task)
    said = [
        run("generate", *documents, "--output", ".", "--package", "c", cwd=tmp_path)
        for documents in (
            ["wrong.json"],
            [*(f"{name}.json" for name in DOCUMENTS), "wrong.json", "--jobs", "1"],
        )
    ]
    assert [each.returncode for each in said] == [2, 2]
    assert said[0].stderr == said[1].stderr
    assert "wrong.json#/components/schemas/RequestBody" in said[0].stderr
