"""Take any one assertion from a model, and conformance notices.

Over `specs/`, and over the folder that RUNWARE_CORPUS names. A general document has dozens
of members with the same kind of assertion: without RUNWARE_CORPUS, some of them are tried.
"""

from __future__ import annotations

import os
import random
import re
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache
from importlib import import_module
from itertools import chain, islice
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from pydantic import ValidationError
from test_conformance import Packages, documents_of_the_test, packages

from mutants import mutants
from near import Judge, Tasks
from runware_codegen.documents import load
from runware_codegen.parse import parse
from runware_codegen.render import module
from runware_codegen.render.environment import template
from runware_codegen.render.module import ModuleMaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from runware_codegen.model import Document
    from runware_codegen.render.module import (
        Alias,
        ClassView,
        ModuleView,
        SizeTable,
        TestFunction,
    )

__all__ = ["packages"]

ATTEMPTS = 12
FOR_IMPLIED = 6
"""Attempts after which it is certain enough that a mutant is never noticed."""

DRAWN = 1000

OF_EACH_KIND = None if "RUNWARE_CORPUS" in os.environ else 8
"""Mutants that lack the same kind of assertion in different members; None for all."""

AT_ONCE = 500
"""Tasks that are drawn at a time for the few mutants that the first attempt leaves."""

OF_EACH_REASON = 10
"""Tasks that are tried of those that are refused for the same reason alone."""

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
    loaded = load([str(path)])
    [document] = parse(loaded.documents, package="mutated").documents
    return document.without_results


def _forbidden(
    judge: Judge, drawn: Tasks, labels: Iterable[str], *, attempt: int
) -> Iterator[dict[str, Any]]:
    """Draw tasks that the document forbids, around the members that mutants are about.

    The first attempt notices nearly all mutants without the many tasks of the others.
    """
    names = {label.partition(": ")[0].partition(".")[2] for label in labels}
    of_all = "" in names  # a rule is about any of them
    directed = drawn.directed(None if of_all else names, thorough=attempt > 1)
    tasks = chain(directed, drawn.near(DRAWN))
    return (task for task in tasks if not judge.allows(task))


class Refused(NamedTuple):
    """A task that the document forbids.

    Attributes:
        said: What is said of it: places and sentences.
        is_simple: Whether it is refused for one reason, and is one of the first for that.
        task: The task.
    """

    said: frozenset[object]
    is_simple: bool
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
        is_simple = len(reasons) == 1 and turns[reasons] < OF_EACH_REASON
        rank = (len(reasons), turns[reasons], index)
        ordered.append((*rank, Refused(said, is_simple, task)))
        turns[reasons] += 1
    return [refused for *_, refused in sorted(ordered, key=lambda each: each[:3])]


class Module:
    """The module of a document or a mutant, inside a package.

    A mutant takes over the classes of the whole document that are the same in both: most
    are, and pydantic takes long to make one.
    """

    def __init__(
        self, package: ModuleType, document: Document, whole: Module | None = None
    ) -> None:
        task_type = package.documents()[0].module.rpartition(".")[0]
        made = ModuleType(f"{package.__name__}.{task_type}.mutant")
        made.__package__ = f"{package.__name__}.{task_type}"
        self.names = made.__dict__
        self.view = ModuleMaker(document).make()
        written = self.view
        if whole is not None:
            self.names.update(whole.names | self.names)
            written = replace(written, classes=_changed(written, whole.view))
        sys.modules[made.__name__] = made
        try:
            exec(_text(written), self.names)  # noqa: S102 - our own output
        finally:
            del sys.modules[made.__name__]
        self.request: type[Any] = self.names[document.request.name]
        for each in written.classes:
            self.names[each.name].model_rebuild()  # mutants share what is built


def _changed(mutant: ModuleView, whole: ModuleView) -> list[ClassView]:
    """Choose the classes that differ, and those that refer to one of them."""
    before = {each.name: each for each in _definitions(whole)}
    differing = [each for each in _definitions(mutant) if before.get(each.name) != each]
    if any(each.name in before and each not in mutant.classes for each in differing):
        return mutant.classes  # a helper has another meaning under the same name
    names: set[str] = set()
    more = {each.name for each in differing}
    while more:
        names |= more
        pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
        more = {
            each.name
            for each in mutant.classes
            if any(pattern.search(field.annotation) for field in each.fields)
        } - names
    return [each for each in mutant.classes if each.name in names]


def _definitions(
    view: ModuleView,
) -> list[Alias | SizeTable | TestFunction | ClassView]:
    return [*view.media, *view.sizes, *view.tests, *view.classes]


def _text(view: ModuleView) -> str:
    return template("tasks/{task_type}/{document}.py.jinja").render(module=view)


class Forbidden:
    """Tasks that the document forbids, those with the fewest reasons first."""

    def __init__(self, ordered: list[Refused]) -> None:
        self._simple = [each for each in ordered if each.is_simple]
        self._said: defaultdict[object, list[Refused]] = defaultdict(list)
        for refused in ordered:
            for each in refused.said:
                self._said[each].append(refused)

    def is_taken_by(self, request: type[Any], label: str) -> bool:
        """Say whether a mutant accepts one.

        Tried are those that are refused for what it lacks, then those about its member,
        then some for each reason for which alone tasks are refused.
        """
        place, _, assertion = label.partition(": ")
        member = place.rpartition(".")[2]
        candidates = chain(
            self._said.get(assertion, ()), self._said.get(member, ()), self._simple
        )
        for each in {id(each): each for each in candidates}.values():
            try:
                request.model_validate(each.task)
            except (ValidationError, TypeError):
                # A rule may trip over a value whose type is not checked any more.
                continue
            return True
        return False


def _chosen(path: Path) -> Iterator[tuple[str, Document]]:
    """Yield the mutants to try: all of a class as a whole, and some of members."""
    kinds = Counter[str]()
    for label, mutant in mutants(_model(path)):
        place, _, kind = label.partition(": ")
        kinds[kind] += 1
        is_enough = OF_EACH_KIND is not None and kinds[kind] > OF_EACH_KIND
        is_of_class = "." not in place
        if is_of_class or not is_enough or label in IMPLIED.get(path.stem, ()):
            yield label, mutant


@pytest.fixture(autouse=True)
def _documentation_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make docstrings short, which check nothing and take long to wrap."""
    for name in ("class_doc", "field_doc", "part_doc", "request_doc"):
        monkeypatch.setattr(module, name, lambda *_, **__: "None.")


def _leave_errors(package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave errors as pydantic raises them: to explain them takes longer than to check."""
    part = import_module(f"{package.__name__}._runtime.schema.parts").Part
    monkeypatch.setattr(part, "_explained", lambda _, error: error)


@pytest.mark.parametrize("path", documents_of_the_test(), ids=lambda path: path.stem)
def test_every_missing_assertion_is_noticed(
    packages: Packages, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = packages.of(path.parent)
    _leave_errors(package, monkeypatch)
    whole = Module(package, _model(path))
    left = {
        label: Module(package, mutant, whole).request for label, mutant in _chosen(path)
    }
    implied = IMPLIED.get(path.stem, [])
    judge = Judge(path)
    tasks = Tasks(judge, random.Random(path.name))
    for attempt in range(1, ATTEMPTS + 1):
        drawn = _forbidden(judge, tasks, left, attempt=attempt)
        most = AT_ONCE if attempt > 1 else None
        while left and (some := [*islice(drawn, most)]):
            forbidden = Forbidden(_telling_first(whole.request, some))
            left = {
                label: request
                for label, request in left.items()
                if not forbidden.is_taken_by(request, label)
            }
        if not left or (attempt >= FOR_IMPLIED and left.keys() <= {*implied}):
            break
    assert list(left) == implied, "\n".join(left)
