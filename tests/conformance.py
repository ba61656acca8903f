"""Compares what emitted code accepts with what a document allows."""

from __future__ import annotations

import json
import os
import random
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jsonschema_rs
from pydantic import ValidationError

from making import generated
from near import Tasks, resolved

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

TESTS = Path(__file__).parent
SPECS = TESTS.parent / "specs"
GOLDEN = TESTS / "golden" / "documents"
CORPUS = os.environ.get("RUNWARE_CORPUS")

_NUMBERS = count()


def documents_of_the_test() -> list[Path]:
    """Return the paths of our own documents and, where one is named, of the corpus."""
    folders = [SPECS, GOLDEN, *([Path(CORPUS)] if CORPUS else [])]
    return [
        path
        for folder in folders
        for path in sorted(folder.glob("*.json"))
        if _is_document(json.loads(path.read_text(encoding="utf-8")))
    ]


def _is_document(content: object) -> bool:
    return isinstance(content, dict) and "openapi" in content


class Judge:
    """What a document says of tasks: its schema, and `x-constraints` over numbers.

    Attributes:
        schema: The schema of a task, with what it refers to in place.
    """

    def __init__(self, path: Path) -> None:
        document = _without_ids(json.loads(path.read_text(encoding="utf-8")))
        body = document["components"]["schemas"]["RequestBody"]
        place = "#/components/schemas/RequestBody"
        self.schema = resolved(body.get("items", body), document)
        self._constraints = self.schema.get("x-constraints", [])
        self._validator = jsonschema_rs.Draft202012Validator(
            {
                "$ref": f"{place}/items" if "items" in body else place,
                "components": document["components"],
            },
            validate_formats=True,
        )

    def broken(self, task: dict[str, Any]) -> tuple[str, ...]:
        """Name the assertions that a task breaks, by their place in the schema."""
        figures = [str(each) for each in self._constraints if not _holds(each, task)]
        errors = self._validator.iter_errors(task)
        return (*figures, *sorted("/".join(map(str, e.schema_path)) for e in errors))

    def allows(self, task: dict[str, Any]) -> bool:
        """Say whether the document allows a task."""
        return self._validator.is_valid(task) and all(
            _holds(constraint, task) for constraint in self._constraints
        )


def _without_ids(node: Any) -> Any:
    """Drop each `$id`: it would change what the references of a document mean."""
    if isinstance(node, list):
        return [_without_ids(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _without_ids(value)
        for name, value in node.items()
        if not (name == "$id" and isinstance(value, str))
    }


def _holds(constraint: dict[str, Any], task: dict[str, Any]) -> bool:
    numbers = [task.get(name) for name in constraint["parameters"]]
    if len(numbers) != 2 or not all(type(n) in (int, float) for n in numbers):
        return True
    first, second = numbers
    if constraint["operation"] == "area":
        figure = first * second
    elif constraint["operation"] == "ratio" and second:
        figure = first / second
    else:
        return True
    return bool(
        constraint.get("minimum", figure) <= figure <= constraint.get("maximum", figure)
    )


class Counted(NamedTuple):
    """What a comparison found."""

    valid: int
    invalid: int
    wrong: list[str]


def compared(parse: Callable[[Any], Any], path: Path, number: int) -> Counted:
    """Compare a parser with what a document allows, over tasks near its boundary."""
    judge = Judge(path)
    valid = invalid = 0
    wrong: list[str] = []
    for task in Tasks(judge, random.Random(path.name)).near(number):
        allowed = judge.allows(task)
        valid, invalid = valid + allowed, invalid + (not allowed)
        if said := _disagreement(parse, task, allowed=allowed):
            wrong.append(f"{path.name}: {json.dumps(task)}\n{said}")
    return Counted(valid, invalid, wrong)


def _disagreement(
    parse: Callable[[Any], Any], task: dict[str, Any], *, allowed: bool
) -> str:
    """Say what a parser does wrong with a task; nothing where all is well."""
    try:
        wire = parse(deepcopy(task)).to_wire()
    except ValidationError as error:
        return f"refused: {error}" if allowed else ""
    if not allowed:
        return "accepted"
    return "" if json.dumps(wire) == json.dumps(task) else f"altered: {wire}"


class Packages:
    """A package for each folder: a model's document comes before a general one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[Path, ModuleType] = {}
        self._name = f"conforming_{next(_NUMBERS)}"

    def of(self, documents: Path) -> ModuleType:
        """Return the package of a folder of documents."""
        if documents not in self._made:
            name = f"{self._name}_{len(self._made)}"
            (self._folder / name).mkdir()
            self._made[documents] = generated(
                self._folder / name,
                {
                    path.name: json.loads(path.read_text("utf-8"))
                    for path in documents_of_the_test()
                    if path.parent == documents
                },
                package=name,
                formatted=False,
            )
        return self._made[documents]
