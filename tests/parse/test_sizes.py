"""Alternatives of widths and heights are tables of sizes, and are enforced exactly."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from making import disagreement, generated, simple_document, simple_task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOTH = ["width", "height"]
INTEGER = {"type": "integer"}
NULLABLE = {"type": ["integer", "null"]}
TYPES: list[dict[str, Any]] = [
    dict.fromkeys(BOTH, INTEGER),
    dict.fromkeys(BOTH, NULLABLE),
    {"width": {}, "height": {"type": ["number", "string"]}},
]
PAIRED = {"dependentRequired": {"width": ["height"], "height": ["width"]}}
VALUES = (..., None, True, 1, "x", 512, 512.0, 1024, 1000)
SIZES = [
    {"width": width, "height": height}
    for width, height in [*product(VALUES, VALUES), (1280, 720), (720, 1280)]
]


def _alternatives(*, required: bool, repeats: bool) -> list[dict[str, Any]]:
    pairs = [(512, 512), (1024, 1024), (1280, 720), (1, 1)]
    return [
        {
            "title": f"{width} wide",
            "properties": {"width": {"const": width}, "height": {"const": height}},
            **({"required": BOTH} if required else {}),
        }
        for width, height in [*pairs, *(pairs[:1] if repeats else [])]
    ]


def _others(required: bool) -> list[dict[str, Any]]:
    """Make alternatives that require both members if others do not."""
    return _alternatives(required=not required, repeats=False)[1:]


def _documents() -> Iterator[tuple[str, dict[str, Any]]]:
    choices = product(
        range(len(TYPES)), ("oneOf", "anyOf"), (True, False), (True, False)
    )
    for kind, keyword, required, repeats in choices:
        listed = {keyword: _alternatives(required=required, repeats=repeats)}
        given = {"anyOf": [{"required": [name]} for name in BOTH]}
        contexts: dict[str, dict[str, Any]] = {
            "alone": listed,
            "paired": PAIRED | listed,
            "needed": listed | {"required": BOTH},
            "given": {"if": given, "then": listed},
            "paired-given": PAIRED | {"if": given, "then": listed},
            "first": {keyword: _alternatives(required=required, repeats=False)[:1]},
            "mixed": PAIRED | {keyword: [*listed[keyword][:1], *_others(required)]},
        }
        for context, task in contexts.items():
            if kind and context not in ("alone", "paired"):
                continue
            name = f"{context}-{kind}-{keyword.lower()}-{required:d}-{repeats:d}"
            yield name, simple_document(name, task | {"properties": TYPES[kind]})


def test_sizes_are_exact(tmp_path: Path) -> None:
    documents = dict(_documents())
    files = {f"{name}.json": document for name, document in documents.items()}
    package = generated(tmp_path, files, package="sizes_client")
    wrong: list[str] = []
    for name, document in documents.items():
        schema = document["components"]["schemas"]["RequestBody"]["items"]
        judge = jsonschema_rs.validator_for(schema)
        for size in SIZES:
            given = {key: value for key, value in size.items() if value is not ...}
            task = simple_task(name, **given)
            allowed = judge.is_valid(task)
            if said := disagreement(package.parse_request, task, allowed=allowed):
                wrong.append(f"{name} {given} {said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_sizes_that_require_both_are_a_table(keyword: str, tmp_path: Path) -> None:
    listed = {keyword: _alternatives(required=True, repeats=False)}
    document = simple_document("sizes", listed | {"properties": TYPES[0]})
    name = f"table_{keyword.lower()}_client"
    package = generated(tmp_path, {"sizes.json": document}, package=name)
    (entry,) = package.documents()
    assert len(entry.request.sizes) == 4
    for size, message in (
        (
            {"width": 1000, "height": 1000},
            "1000×1000 is not a supported size; nearest: ",
        ),
        ({"width": 512}, "width and height are required"),
    ):
        with pytest.raises(ValidationError, match=message):
            package.parse_request(simple_task("sizes", **size))
