"""A package for tests of calls, generated from model documents and general documents.

It has 140 models of `imageInference`, as many as the catalogue.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from command import run
from environments import TOP
from making import a_document
from once import once

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import pytest

PACKAGE = "called_client"
SKETCHES = [f"sketch_{number}" for number in range(138)]
GENERAL = ("image-inference", "model-search", "text-inference", "ping")


def called_package(factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the package."""
    return once(factory, "called", _generate)


def _generate(folder: Path) -> None:
    documents = folder / "documents"
    documents.mkdir()
    for source in (TOP / "tests/golden/documents").glob("*.json"):
        (documents / source.name).write_bytes(source.read_bytes())
    for name in GENERAL:
        source = TOP / "specs" / f"{name}.json"
        (documents / source.name).write_bytes(source.read_bytes())
    for name in SKETCHES:
        write_document(documents, sketch(name))
    write_document(documents, narrator())
    made = run(
        *("generate", documents, "--output", folder, "--package", PACKAGE), cwd=folder
    )
    assert made.returncode == 0, made.stderr


def write_document(folder: Path, document: dict[str, Any]) -> None:
    """Write a document into a folder. The file is named after its identifier."""
    name = document["info"]["x-model-id"]
    (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")


def sketch(name: str) -> dict[str, Any]:
    """Make a document of `imageInference`."""
    text = {"type": "string", "description": "What to draw."}
    task = {"properties": {"positivePrompt": text}, "required": ["positivePrompt"]}
    return a_document(task, identifier=name, model=f"test:{name}@1")


def narrator() -> dict[str, Any]:
    """Make a document of `textInference` that supports streaming."""
    delivery = {"type": "string", "enum": ["sync", "stream"]}
    properties = {
        "taskType": {"type": "string", "const": "textInference"},
        "story": {"type": "string", "description": "What happens."},
        "deliveryMethod": delivery,
    }
    return a_document(
        {"properties": properties, "required": ["story"]},
        identifier="narrator",
        model="test:narrator@1",
        result={"type": "object", "properties": {"text": {"type": "string"}}},
    )
