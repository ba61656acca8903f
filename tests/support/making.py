"""Small documents for tests, and packages that are generated from them in process."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import py_compile
import sys
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import jsonschema_rs
from pydantic import ValidationError

from runware_codegen.documents import load
from runware_codegen.parse import parse
from runware_codegen.render import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType

TASK_UUID = "11111111-1111-4111-8111-111111111111"

SIMPLE = "sampleTask"
"""A task type without a general document, so it needs no large result classes."""


def a_document(
    task: Mapping[str, Any],
    *,
    identifier: str = "sample",
    model: str = "test:sample@1",
    task_type: str = "imageInference",
    result: Mapping[str, Any] | None = None,
    info: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Make a document from a task schema. taskType, taskUUID and model are added to it.

    Args:
        task: Keywords of the task's schema. Its properties and required names come
            after those that every task has.
        identifier: The model's identifier.
        model: The model's AIR.
        task_type: The model's task type.
        result: The schema of a result.
        info: Additional members of `info`.
    """
    common = {
        "taskType": {"type": "string", "const": task_type},
        "taskUUID": {"type": "string", "format": "uuid"},
        "model": {"type": "string", "const": model},
    }
    schema = {
        "type": "object",
        **task,
        "properties": {**common, **task.get("properties", {})},
        "required": [*common, *task.get("required", [])],
    }
    responses = {"200": {"description": "The results."}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Runware API - {identifier}",
            "version": "1.0.0",
            "x-model-id": identifier,
            "x-air-id": model,
            **(info or {}),
        },
        "paths": {
            "/": {"post": {"operationId": f"run_{identifier}", "responses": responses}}
        },
        "components": {
            "schemas": {
                "RequestBody": {"type": "array", "items": schema},
                "ResponseBody": {
                    "type": "object",
                    "properties": {
                        "data": {"type": "array", "items": result or {"type": "object"}}
                    },
                },
            }
        },
    }


def a_task(model: str = "test:sample@1", **members: Any) -> dict[str, Any]:
    """Make a task for a document that `a_document` makes."""
    common = {"taskType": "imageInference", "taskUUID": TASK_UUID, "model": model}
    return {**common, **members}


def simple_document(name: str, task: Mapping[str, Any]) -> dict[str, Any]:
    """Make a document as `a_document` does, whose class is generated quickly."""
    model = f"test:{name}@1"
    return a_document(task, identifier=name, model=model, task_type=SIMPLE)


def simple_task(name: str, **members: Any) -> dict[str, Any]:
    """Make a task for a document that `simple_document` makes."""
    return a_task(f"test:{name}@1", **{"taskType": SIMPLE, **members})


def generated(
    folder: Path,
    documents: Mapping[str, Mapping[str, Any]],
    *,
    package: str,
    allow_unenforced: bool = False,
    formatted: bool = False,
) -> ModuleType:
    """Generate a package from documents, and import it.

    Args:
        folder: The folder where the documents and the package are written.
        documents: The documents, by file name.
        package: The package's name, which no other test may use.
        allow_unenforced: The option of the command.
        formatted: Whether black formats the code, which takes long.
    """
    specs = folder / "documents"
    specs.mkdir(exist_ok=True)
    for name, document in documents.items():
        (specs / name).write_text(json.dumps(document), encoding="utf-8")
    write_package(
        folder,
        [specs],
        package=package,
        allow_unenforced=allow_unenforced,
        formatted=formatted,
    )
    return imported(folder, package)


def write_package(
    folder: Path,
    documents: Iterable[Path],
    *,
    package: str,
    allow_unenforced: bool = False,
    formatted: bool = False,
) -> None:
    """Generate a package from files and folders of documents, as `generated` does."""
    loaded = load([*map(str, documents)])
    model = parse(loaded.documents, package=package, allow_unenforced=allow_unenforced)
    with ExitStack() as patches:
        if not formatted:
            unchanged = patch(
                "runware_codegen.render.package.formatted", lambda text: text
            )
            patches.enter_context(unchanged)
        files = render(model)
    targets = {folder / package / path: text for path, text in files.items()}
    for parent in {target.parent for target in targets}:
        (parent / "__pycache__").mkdir(parents=True)
    for target, text in targets.items():
        if "_runtime" in target.parts and target.suffix == ".py":
            _link_compiled(target, text)
        else:
            target.write_text(text, encoding="utf-8")


def imported(folder: Path, package: str) -> ModuleType:
    """Import a package from a folder. It replaces one of that name from elsewhere."""
    known = sys.modules.get(package)
    if known and not (folder / package).samefile(*known.__path__):
        for name in [n for n in sys.modules if n.partition(".")[0] == package]:
            del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        return importlib.import_module(package)
    finally:
        sys.path.remove(str(folder))


def _link_compiled(module: Path, text: str) -> None:
    """Make a module and its bytecode as hard links to compiled files.

    So modules that are the same in each package are compiled once in a process.
    """
    source = _compiled(text)
    os.link(source, module)
    os.link(f"{source}c", importlib.util.cache_from_source(str(module)))


@cache
def _compiled(text: str) -> Path:
    folder = Path(_bytecode().name)
    source = folder / f"{len([*folder.iterdir()])}.py"
    source.write_text(text, encoding="utf-8")
    py_compile.compile(
        str(source),
        cfile=f"{source}c",
        doraise=True,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    return source


@cache
def _bytecode() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


def as_text(value: Any) -> str:
    """Return the JSON text of a value, with sorted members. 1 and 1.0 are different."""
    return json.dumps(value, sort_keys=True)


def task_judge(document: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Return a validator for the tasks of a document."""
    components = document["components"]
    task = components["schemas"]["RequestBody"]["items"]
    return jsonschema_rs.Draft202012Validator(
        {**task, "components": components}, validate_formats=True
    )


def disagreement(
    parse_request: Callable[[Any], Any], task: Any, *, allowed: bool
) -> str:
    """Describe how an emitted package is wrong about a task; "" if it is right."""
    text = as_text(task)
    try:
        wire = parse_request(task).to_wire()
    except ValidationError as error:
        return f"refused: {error}" if allowed else ""
    if not allowed:
        return "accepted"
    return "" if as_text(wire) == text else f"altered: {wire}"
