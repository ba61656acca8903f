"""Emitted classes agree with jsonschema-rs about random schemas and instances.

FUZZ=100 makes the run 100 times as long.
"""

from __future__ import annotations

import json
import os
from itertools import count
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from making import disagreement, generated, simple_document, simple_task, task_judge
from runware_codegen.documents import load
from runware_codegen.parse import parse
from runware_codegen.problems import InvalidInputError
from schema_strategies import DEFINITIONS, members, schemas, tasks, values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TIMES = int(os.environ.get("FUZZ", "1"))
PACKAGES = count()

thorough = settings(
    max_examples=50 * TIMES,
    deadline=None,
    derandomize=TIMES == 1,
    database=None,
    phases=[Phase.generate],  # no shrinking: all examples are compared together
    suppress_health_check=list(HealthCheck),
)


def _three(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Draw three schemas for the same instances, because drawing takes longest."""
    return st.lists(strategy, min_size=3, max_size=3)


def _documents(
    folder: Path, drawn: Iterable[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Make a document for each task schema, except those that are refused."""
    documents: dict[str, dict[str, Any]] = {}
    path = folder / "one.json"
    for number, task in enumerate(drawn):
        name = f"drawn-{number}"
        document = simple_document(name, task)
        document["components"]["schemas"].update(DEFINITIONS)
        path.write_text(json.dumps(document))
        try:
            parse(load([str(path)]).documents, package="drawn")
        except InvalidInputError:
            continue
        documents[f"{name}.json"] = document
    return documents


def _disagreements(
    folder: Path, drawn: list[tuple[dict[str, Any], list[dict[str, Any]]]]
) -> tuple[list[str], int]:
    """Compare the emitted classes with jsonschema-rs.

    Returns:
        The disagreements, and the number of compared tasks.
    """
    documents = _documents(folder, (task for task, _ in drawn))
    name = f"drawn_{next(PACKAGES)}"
    package = generated(folder, documents, package=name)
    found: list[str] = []
    compared = 0
    for number, (_, instances) in enumerate(drawn):
        document = documents.get(f"drawn-{number}.json")
        if document is None:
            continue
        body = document["components"]["schemas"]["RequestBody"]["items"]
        judge = task_judge(document)
        for instance in instances:
            task = simple_task(f"drawn-{number}", **instance)
            allowed = judge.is_valid(task)
            compared += 1
            said = disagreement(package.parse_request, task, allowed=allowed)
            if said:
                found.append(f"{json.dumps(instance)}\n{json.dumps(body)}\n{said}")
    return found, compared


def test_any_schema_of_a_member(tmp_path: Path) -> None:
    drawn: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []

    @thorough
    @given(_three(schemas), st.lists(values, min_size=10, max_size=10))
    def draw(three: list[Any], instances: list[Any]) -> None:
        for schema in three:
            task = {"properties": {"value": schema}}
            drawn.append((task, [{"value": each} for each in instances]))

    draw()
    found, compared = _disagreements(tmp_path, drawn)
    assert not found, "\n\n".join(found[:3])
    assert compared > 1000


def test_any_schema_of_a_task(tmp_path: Path) -> None:
    drawn: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []

    @thorough
    @given(_three(tasks()), st.lists(members(values), min_size=10, max_size=10))
    def draw(three: list[dict[str, Any]], instances: list[dict[str, Any]]) -> None:
        drawn.extend((task, instances) for task in three)

    draw()
    found, compared = _disagreements(tmp_path, drawn)
    assert not found, "\n\n".join(found[:3])
    assert compared > 600
