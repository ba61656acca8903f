"""Take any one assertion from a model, and conformance notices.

Over `specs/`, and over the folder that RUNWARE_CORPUS names.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from functools import cache
from itertools import chain
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

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
    # Other rules forbid both, or demand both.
    "klingai-video-2-6-pro": [
        "KlingaiVideo26ProRequest: width and height go together: give both or neither",
    ],
    # Width × height has a least value, and the other one is above 0.
    "openai-gpt-image-2-5-flare": [
        "OpenaiGptImage25FlareRequest.width: ge",
        "OpenaiGptImage25FlareRequest.height: ge",
    ],
    # An image or a video is required, and each has its own formats.
    "remove-background": [
        "RemoveBackgroundRequest.outputFormat: type",
        "RemoveBackgroundRequest.outputFormat: literals",
    ],
    # "FBX when settings.quad is true" and "GLB when it is not" allow no other value.
    "tripo-v3-1": [
        "TripoV31Request.outputFormat: type",
        "TripoV31Request.outputFormat: literals",
    ],
    # As in remove-background.
    "upscale": [
        "UpscaleRequest.outputFormat: type",
        "UpscaleRequest.outputFormat: literals",
    ],
    # Without frameImages, width and height are required, which exclude resolution; and
    # a frame can only be the first.
    "xai-grok-imagine-video-1-5": [
        "XaiGrokImagineVideo15Request: resolution requires inputs.frameImages",
        "Inputs.frameImages: check",
    ],
}
"""Assertions that others imply, by document."""


@cache
def _model(path: Path) -> Document:
    with path.open("rb") as nothing:
        loaded = load([str(path)], nothing)
    [document] = parse(loaded.documents, package="mutated").documents
    return document


def _forbidden(path: Path, attempt: int) -> list[dict[str, Any]]:
    """Draw tasks that the document forbids."""
    judge = Judge(path)
    drawn = Tasks(judge, random.Random(f"{path.name}, {attempt}"))
    tasks = [*drawn.directed(), *drawn.near(DRAWN)]
    return [task for task in tasks if not judge.allows(task)]


class Refused(NamedTuple):
    """A task that the document forbids, and what is said of it: places and sentences."""

    said: frozenset[object]
    task: dict[str, Any]


def _telling_first(
    request: type[Any], forbidden: list[dict[str, Any]]
) -> list[Refused]:
    """Order tasks by what a class refuses them for: those with the fewest reasons first,
    and of these, one for each set of reasons before another.
    """
    turns: Counter[frozenset[object]] = Counter()
    ordered: list[tuple[int, int, int, Refused]] = []
    for index, task in enumerate(forbidden):
        with pytest.raises(ValidationError) as caught:
            request.model_validate(task)
        errors = caught.value.errors()
        reasons = frozenset(
            (
                error["loc"],
                error["type"],
                error["msg"] if error["type"] == "rule" else "",
            )
            for error in errors
        )
        said = frozenset(
            each for error in errors for each in (*error["loc"], error["msg"])
        )
        rank = (len(reasons), turns[reasons], index)
        ordered.append((*rank, Refused(said, task)))
        turns[reasons] += 1
    return [refused for *_, refused in sorted(ordered, key=lambda each: each[:3])]


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


def _is_noticed(request: type[Any], label: str, forbidden: list[Refused]) -> bool:
    """Say whether a mutant accepts a task; those refused for what it lacks come first."""
    place, _, assertion = label.partition(": ")
    lacking = {place.rpartition(".")[2], assertion}
    telling = (each for each in forbidden if not lacking.isdisjoint(each.said))
    others = (each for each in forbidden if lacking.isdisjoint(each.said))
    for each in chain(telling, others):
        try:
            request.model_validate(each.task)
        except (ValidationError, TypeError):
            # A rule may trip over a value whose type is not checked any more.
            continue
        return True
    return False


@pytest.mark.parametrize("path", documents_of_the_test(), ids=lambda path: path.stem)
def test_every_missing_assertion_is_noticed(packages: Packages, path: Path) -> None:
    package = packages.of(path.parent)
    whole = _request_class(package, _model(path))
    left = dict(mutants(_model(path)))
    for attempt in range(3):
        forbidden = _telling_first(whole, _forbidden(path, attempt))
        left = {
            label: mutant
            for label, mutant in left.items()
            if not _is_noticed(_request_class(package, mutant), label, forbidden)
        }
        if not left:
            break
    assert list(left) == IMPLIED.get(path.stem, []), "\n".join(left)
