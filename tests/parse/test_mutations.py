"""If an assertion is removed from a model, the conformance tests detect it.

The tests cover `specs/` and the folder in RUNWARE_CORPUS. A general document has dozens
of members with the same kind of assertion. Without RUNWARE_CORPUS, the tests try only
some of them.
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
from mutants import mutants
from pydantic import ValidationError
from test_conformance import Packages, documents_of_the_test, packages

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
    from runware_codegen.render.views import (
        Alias,
        ClassView,
        ModuleView,
        TestFunction,
    )

__all__ = ["packages"]

ATTEMPTS = 12
FOR_IMPLIED = 6
"""Attempts after which a mutant is considered undetectable."""

DRAWN = 1000

OF_EACH_KIND = None if "RUNWARE_CORPUS" in os.environ else 8
"""The limit of mutants for each kind of assertion in members. None means no limit."""

AT_ONCE = 500
"""Tasks to draw at a time for the mutants that survive the first attempt."""

OF_EACH_REASON = 10
"""Tasks to try of those that are refused only for the same reason."""

IMPLIED = {
    # Other rules either forbid both or require both.
    "klingai-video-2-6-pro": [
        "KlingaiVideo26ProRequest: width and height go together: give both or neither",
    ],
    # Width × height has a minimum, and the other one is above 0.
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
    # The same as in remove-background.
    "upscale": [
        "UpscaleRequest.outputFormat: type",
        "UpscaleRequest.outputFormat: literals",
    ],
    # Without frameImages, width and height are required, and they exclude resolution.
    # A frame can only be the first one.
    "xai-grok-imagine-video-1-5": [
        "XaiGrokImagineVideo15Request: resolution requires inputs.frameImages",
        "Inputs.frameImages: check",
    ],
}
"""Assertions that other assertions imply, by document."""


@cache
def _model(path: Path) -> Document:
    loaded = load([str(path)])
    [document] = parse(loaded.documents, package="mutated").documents
    return document.without_results


def _forbidden(
    judge: Judge, drawn: Tasks, labels: Iterable[str], *, attempt: int
) -> Iterator[dict[str, Any]]:
    """Draw tasks that the document forbids, with changes to the members of mutants.

    The first attempt draws fewer tasks, and still detects nearly all mutants.
    """
    names = {label.partition(": ")[0].partition(".")[2] for label in labels}
    of_all = "" in names  # a rule may involve any member
    directed = drawn.directed(None if of_all else names, thorough=attempt > 1)
    tasks = chain(directed, drawn.near(DRAWN))
    return (task for task in tasks if not judge.allows(task))


class Refused(NamedTuple):
    """A task that the document forbids.

    Attributes:
        said: The locations and messages of its errors.
        is_simple: Whether it is refused for a single reason, and is among the first
            tasks refused for that reason.
        task: The task.
    """

    said: frozenset[object]
    is_simple: bool
    task: dict[str, Any]


def _telling_first(
    request: type[Any], forbidden: list[dict[str, Any]]
) -> list[Refused]:
    """Sort tasks by the reasons for which a class refuses them.

    Tasks with the fewest reasons come first. Among these, the first task of each set of
    reasons comes before the second of any set.
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

    A mutant reuses the classes that are the same as in the whole document. Most classes
    are the same, and pydantic is slow to create one.
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
            self.names[each.name].model_rebuild()  # mutants reuse the built classes


def _changed(mutant: ModuleView, whole: ModuleView) -> list[ClassView]:
    """Return the classes that differ, and those that refer to one of them."""
    before = {each.name: each for each in _definitions(whole)}
    differing = [each for each in _definitions(mutant) if before.get(each.name) != each]
    if any(each.name in before and each not in mutant.classes for each in differing):
        return mutant.classes  # a helper of the same name differs
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


def _definitions(view: ModuleView) -> list[Alias | TestFunction | ClassView]:
    tables = [module.Alias(name, repr(sizes), "") for sizes, name in view.sizes.items()]
    return [*view.media, *tables, *view.tests, *view.classes]


def _text(view: ModuleView) -> str:
    return template("tasks/{task_type}/{document}.py.jinja").render(module=view)


class Forbidden:
    """Tasks that the document forbids. Those with the fewest reasons come first."""

    def __init__(self, ordered: list[Refused]) -> None:
        self._simple = [each for each in ordered if each.is_simple]
        self._said: defaultdict[object, list[Refused]] = defaultdict(list)
        for refused in ordered:
            for each in refused.said:
                self._said[each].append(refused)

    def is_taken_by(self, request: type[Any], label: str) -> bool:
        """Return whether a mutant accepts a forbidden task.

        The order is: tasks refused for the missing assertion, tasks with errors at its
        member, and some tasks for each reason that alone refuses tasks.
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
                # A rule may fail for a value whose type is no longer checked.
                continue
            return True
        return False


def _chosen(path: Path) -> Iterator[tuple[str, Document]]:
    """Yield the mutants to try: all about a class itself, some about its members."""
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
    """Shorten docstrings, because they check nothing and are slow to wrap."""
    for name in ("class_doc", "field_doc", "part_doc", "request_doc"):
        monkeypatch.setattr(module, name, lambda *_, **__: "None.")


def _leave_errors(package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave pydantic's errors unchanged, because explaining them is slow."""
    errors = import_module(f"{package.__name__}._runtime.schema.part_errors")
    monkeypatch.setattr(errors, "explained", lambda _cls, _data, error, *_: error)


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
