"""Emitted code accepts exactly what a document allows, and sends tasks unchanged.

The tests cover `specs/` and the folder in RUNWARE_CORPUS.
"""

from __future__ import annotations

import json
import os
import random
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from making import as_text, disagreement, imported, write_package
from near import Judge, Tasks
from once import once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

SPECS = Path(__file__).parents[2] / "specs"
CORPUS = os.environ.get("RUNWARE_CORPUS")
TASKS = 1000


def documents_of_the_test() -> list[Path]:
    """Return the paths of the specs, and of the corpus if it is set."""
    folders = [SPECS, *([Path(CORPUS)] if CORPUS else [])]
    return [
        path
        for folder in folders
        for path in sorted(folder.glob("*.json"))
        if "openapi" in json.loads(path.read_text(encoding="utf-8"))
    ]


class Counted(NamedTuple):
    """The result of a comparison."""

    valid: int
    invalid: int
    wrong: list[str]


def judged(
    parse: Callable[[Any], Any], path: Path, number: int
) -> Iterator[tuple[bool, str]]:
    """Check a parser with tasks near the boundary of what a document allows.

    Yields:
        Whether the document allows a task, and the parser's mistake or "".
    """
    judge = Judge(path)
    for task in Tasks(judge, random.Random(path.name)).near(number):
        allowed = judge.allows(task)
        said = disagreement(parse, task, allowed=allowed)
        yield allowed, said and f"{path.name}: {json.dumps(task)}\n{said}"


def compared(parse: Callable[[Any], Any], path: Path) -> Counted:
    """Compare a parser with a document."""
    pairs = [*judged(parse, path, TASKS)]
    valid = sum(allowed for allowed, _ in pairs)
    return Counted(valid, len(pairs) - valid, [said for _, said in pairs if said])


class Packages:
    """A package for each folder. Documents of models take precedence over general ones.

    Each package is generated once for all processes that run tests.
    """

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory

    def of(self, documents: Path) -> ModuleType:
        """Return the package of a folder of documents."""
        name = "conforming_specs" if documents == SPECS else "conforming_corpus"
        paths = [path for path in documents_of_the_test() if path.parent == documents]
        make = partial(write_package, documents=paths, package=name)
        return imported(once(self._factory, name, make), name)


@pytest.fixture
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return Packages(tmp_path_factory)


@pytest.mark.parametrize("path", documents_of_the_test(), ids=lambda path: path.stem)
def test_requests_accept_exactly_what_the_document_allows(
    packages: Packages, path: Path
) -> None:
    counted = compared(packages.of(path.parent).parse_request, path)
    assert not counted.wrong, "\n\n".join(counted.wrong[:3])
    assert counted.valid > TASKS / 50
    assert counted.invalid > TASKS / 50


def test_a_parser_that_checks_too_little_is_noticed(packages: Packages) -> None:
    package = packages.of(SPECS)

    class Lenient:
        def __init__(self, task: dict[str, Any]) -> None:
            package.parse_request({k: v for k, v in task.items() if k != "steps"})
            self._task = task

        def to_wire(self) -> dict[str, Any]:
            return self._task

    pairs = judged(Lenient, SPECS / "image-inference.json", 4 * TASKS)
    assert any(said.endswith("accepted") for _, said in pairs)


def _recorded() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return the recorded requests and results of the corpus, if it has any."""
    found: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
    for path in sorted(Path(CORPUS or "nowhere").glob("examples/*.json")):
        for example in json.loads(path.read_text("utf-8"))["examples"]:
            response = example["response"]
            items = response if isinstance(response, list) else [response]
            found += [(example["id"], example["request"], item) for item in items]
    return found


def test_recorded_results_are_given_back_whole(packages: Packages) -> None:
    for name, request, item in _recorded():
        task = {**request, "taskUUID": "3d3b0bd1-21a5-4f1c-9ff0-8ff3d1a1d0fb"}
        package = packages.of(Path(CORPUS or "nowhere"))
        result = package.parse_result(package.parse_request(task), item)
        assert as_text(result.to_wire()) == as_text(item), name
