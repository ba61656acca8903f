"""Take any one assertion from a model, and conformance notices.

Over `specs/`, and over the folder that RUNWARE_CORPUS names.
"""

from __future__ import annotations

import random
import sys
from copy import deepcopy
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from mutants import mutants
from near import Judge, Tasks
from runware_codegen.documents import load
from runware_codegen.parse import parse
from runware_codegen.render import module_text
from test_conformance import Packages, documents_of_the_test, packages

if TYPE_CHECKING:
    from pathlib import Path

    from runware_codegen.model import Document

__all__ = ["packages"]

DRAWN = 2000

IMPLIED = {
    # "FBX when settings.quad is true" and "GLB when it is not" allow no other value.
    "tripo-v3-1": [
        "TripoV31Request.outputFormat: type",
        "TripoV31Request.outputFormat: literals",
    ],
}
"""Assertions that others imply, by document."""


@cache
def _model(path: Path) -> Document:
    with path.open("rb") as nothing:
        loaded = load([str(path)], nothing)
    [document] = parse(loaded.documents, package="mutated").documents
    return document


@cache
def _forbidden(path: Path) -> list[dict[str, Any]]:
    """Draw tasks that the document forbids; those that break least come first."""
    judge = Judge(path)
    drawn = Tasks(judge, random.Random(f"mutants of {path.name}"))
    tasks = [*drawn.directed(), *drawn.near(DRAWN)]
    return sorted((task for task in tasks if not judge.allows(task)), key=judge.broken)


def _request_class(package: ModuleType, document: Document) -> type[Any]:
    """Make the request class of a mutant, as a module of a package."""
    task_type = package.documents()[0].module.rpartition(".")[0]
    module = ModuleType(f"{package.__name__}.{task_type}.mutant")
    module.__package__ = f"{package.__name__}.{task_type}"
    sys.modules[module.__name__] = module
    try:
        exec(module_text(document), module.__dict__)  # noqa: S102 - our own output
    finally:
        del sys.modules[module.__name__]
    made: type[Any] = getattr(module, document.request.name)
    return made


def _is_noticed(request: type[Any], forbidden: list[dict[str, Any]]) -> bool:
    for task in forbidden:
        try:
            request.model_validate(deepcopy(task))
        except (ValidationError, TypeError):
            # A rule may trip over a value whose type is not checked any more.
            continue
        return True
    return False


@pytest.mark.parametrize("path", documents_of_the_test(), ids=lambda path: path.stem)
def test_every_missing_assertion_is_noticed(packages: Packages, path: Path) -> None:
    package = packages.of(path.parent)
    forbidden = _forbidden(path)
    assert not _is_noticed(_request_class(package, _model(path)), forbidden)
    survivors = [
        label
        for label, mutant in mutants(_model(path))
        if not _is_noticed(_request_class(package, mutant), forbidden)
    ]
    assert survivors == IMPLIED.get(path.stem, []), "\n".join(survivors)
