"""The emitted code accepts exactly what a document allows, and sends it as it was given.

Over `specs/` and the golden documents, and over the folder that RUNWARE_CORPUS names.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from conformance import (
    CORPUS,
    GOLDEN,
    SPECS,
    Packages,
    compared,
    documents_of_the_test,
)
from making import TASK_UUID, a_task

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated by its document")

TASKS = 1000


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return Packages(tmp_path_factory.mktemp("conformance"))


@pytest.mark.parametrize("path", documents_of_the_test(), ids=lambda path: path.stem)
def test_requests_accept_exactly_what_the_document_allows(
    packages: Packages, path: Path
) -> None:
    counted = compared(packages.of(path.parent).parse_request, path, TASKS)
    assert not counted.wrong, "\n\n".join(counted.wrong[:3])
    assert counted.valid > TASKS / 50
    assert counted.invalid > TASKS / 50


def test_a_parser_that_checks_too_little_is_noticed(packages: Packages) -> None:
    package = packages.of(SPECS)

    class Lenient:
        def __init__(self, task: dict[str, Any]) -> None:
            package.parse_request(
                deepcopy({k: v for k, v in task.items() if k != "steps"})
            )
            self._task = task

        def to_wire(self) -> dict[str, Any]:
            return self._task

    counted = compared(Lenient, SPECS / "image-inference.json", 4 * TASKS)
    assert any(said.endswith("accepted") for said in counted.wrong)


RESULTS: list[tuple[Path, dict[str, Any], dict[str, Any]]] = [
    (SPECS, {"taskType": "ping", "ping": True}, {"taskType": "ping", "pong": True}),
    (SPECS, {"taskType": "ping", "ping": True}, {"pong": "not a boolean", "new": {}}),
    (
        SPECS,
        a_task("runware:101@1", positivePrompt="dusk"),
        {
            "taskType": "imageUpscale",
            "taskUUID": TASK_UUID,
            "imageURL": "not a URL",
            "cost": "free",
            "seed": 1.0,
            "new": {"deep": [1, 1.0, None, True]},
        },
    ),
    (GOLDEN, a_task("example:odd@1"), {"status": "an unknown one", "from": None}),
]
"""Results that documents do not expect, each after the task that it answers."""


@pytest.mark.parametrize(("documents", "task", "item"), RESULTS)
def test_results_are_given_back_whole(
    packages: Packages, documents: Path, task: dict[str, Any], item: dict[str, Any]
) -> None:
    package = packages.of(documents)
    result = package.parse_result(package.parse_request(task), deepcopy(item))
    assert json.dumps(result.to_wire()) == json.dumps(item)


def test_recorded_results_are_given_back_whole(packages: Packages) -> None:
    for path in sorted(Path(CORPUS or "nowhere").glob("examples/*.json")):
        package = packages.of(path.parent.parent)
        for example in json.loads(path.read_text(encoding="utf-8"))["examples"]:
            task = {**example["request"], "taskUUID": TASK_UUID}
            response = example["response"]
            for item in response if isinstance(response, list) else [response]:
                result = package.parse_result(package.parse_request(task), item)
                assert json.dumps(result.to_wire()) == json.dumps(item), example["id"]
