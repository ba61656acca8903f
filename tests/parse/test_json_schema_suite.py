"""Emitted classes pass the JSON Schema Test Suite for 2020-12.

Each schema of the suite is in a document of its own, at every position of a task. All
documents become one package.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from positions import POSITIONS, task_with

from json_schema_suite import Group, groups
from making import (
    SIMPLE,
    a_task,
    disagreement,
    generated,
    imported,
    simple_document,
)
from once import once
from runware_codegen.documents import load
from runware_codegen.formats import FORMATS
from runware_codegen.parse import parse
from runware_codegen.problems import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from runware_codegen.problems import Problem

PACKAGE = "suite_package"
GROUPS = "groups.pickle"

# fmt: off
FILES = (
    "additionalProperties", "allOf", "anchor", "anyOf", "boolean_schema", "const",
    "contains", "content", "default", "defs", "dependentRequired", "dependentSchemas",
    "dynamicRef", "enum", "exclusiveMaximum", "exclusiveMinimum", "format",
    "if-then-else", "infinite-loop-detection", "items", "maxContains", "maxItems",
    "maxLength", "maxProperties", "maximum", "minContains", "minItems", "minLength",
    "minProperties", "minimum", "multipleOf", "not", "oneOf", "pattern",
    "patternProperties", "prefixItems", "properties", "propertyNames", "ref",
    "refRemote", "required", "type", "unevaluatedItems", "unevaluatedProperties",
    "uniqueItems", "vocabulary",
    "optional/anchor", "optional/bignum", "optional/cross-draft",
    "optional/dependencies-compatibility", "optional/dynamicRef",
    "optional/ecmascript-regex", "optional/float-overflow",
    "optional/format-assertion", "optional/id", "optional/no-schema",
    "optional/non-bmp-regex", "optional/refOfUnknownKeyword",
    "optional/unknownKeyword",
    "optional/format/ecmascript-regex", "optional/format/unknown",
    *(f"optional/format/{name}" for name in sorted(FORMATS)),
)
# fmt: on

UNASSERTED = ("idn-email", "idn-hostname", "iri", "iri-reference", "uri-template")
"""Formats of JSON Schema that the generator refuses."""

ANNOTATIONS = "format"
"""The file that treats formats as annotations. This generator asserts formats."""

IGNORED = ("array_of_schemas", "object_of_schemas", "unknown-keyword")
"""Unknown keywords in the suite, which are allowed as with `--allow-unenforced`."""

DRAFT = "https://json-schema.org/draft/2020-12/schema"

REMOTE = {
    "$ref and $dynamicAnchor are independent of order - $defs first",
    "$ref and $dynamicAnchor are independent of order - $ref first",
    "$ref to $dynamicRef finds detached $dynamicAnchor",
    "remote ref, containing refs itself",
    "strict-tree schema, guards against misspelled properties",
    "tests for implementation dynamic anchor and reference link",
    "validate definition against metaschema",
}
"""Groups that refer to another document, in files about other keywords."""


@dataclass(frozen=True)
class Refusal:
    """A reason for which the generator refuses groups.

    Attributes:
        said: The text of the message.
        applies: Whether the reason applies to a group.
    """

    said: str
    applies: Callable[[Group], bool]


REFUSED: dict[str, Refusal] = {
    "what a dynamic reference means depends on who refers to it": Refusal(
        "keyword '$dynamicRef' is not supported",
        lambda group: "$dynamicRef" in json.dumps(group.schema),
    ),
    "a metaschema with a vocabulary of its own is another document": Refusal(
        "keyword '$schema' is not supported",
        lambda group: group.keywords.get("$schema", DRAFT) != DRAFT,
    ),
    "a reference leads to another document": Refusal(
        "points outside of the document",
        lambda group: (
            group.file in ("refRemote", "optional/cross-draft")
            or group.description in REMOTE
        ),
    ),
    "a format that the generator does not assert": Refusal(
        "is not supported",
        lambda group: group.file == "format" and group.schema["format"] in UNASSERTED,
    ),
    "dependencies is a keyword of older drafts": Refusal(
        "keyword 'dependencies' is not supported",
        lambda group: group.file == "optional/dependencies-compatibility",
    ),
}
"""The groups that the generator refuses, by reason."""


class Suite(NamedTuple):
    """The result of generating code for the suite.

    Attributes:
        refused: The groups that the generator refuses, each with its problems.
        package: The package of all other groups.
        models: The model of each group in the package.
    """

    refused: list[tuple[Group, tuple[Problem, ...]]]
    package: ModuleType
    models: list[tuple[Group, str]]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    folder = once(tmp_path_factory, PACKAGE, _generate)
    refused, models = pickle.loads((folder / GROUPS).read_bytes())  # noqa: S301
    return Suite(refused, imported(folder, PACKAGE), models)


def _generate(folder: Path) -> None:
    documents: dict[str, dict[str, Any]] = {}
    refused: list[tuple[Group, tuple[Problem, ...]]] = []
    models: list[tuple[Group, str]] = []
    for number, group in enumerate(_groups()):
        document = _document(number, group)
        try:
            _check(document, folder / "one.json")
        except InvalidInputError as error:
            refused.append((group, tuple(error.problems)))
        else:
            documents[f"{document['info']['x-model-id']}.json"] = document
            models.append((group, document["info"]["x-air-id"]))
    generated(folder, documents, package=PACKAGE, allow_unenforced=True)
    (folder / GROUPS).write_bytes(pickle.dumps((refused, models)))


def _groups() -> list[Group]:
    unasserted = {f"optional/format/{name}" for name in UNASSERTED}
    named = [each._replace(file=each.file.removesuffix(".json")) for each in groups()]
    return [each for each in named if each.file not in unasserted]


def _document(number: int, group: Group) -> dict[str, Any]:
    schemas = dict.fromkeys(_positions(group), group.schema)
    if group.keywords and "$id" not in group.keywords:
        # With an $id, references from the root of the schema resolve at any position.
        for name in schemas:
            identifier = f"https://suite.example/{number}/{name}"
            schemas[name] = {**group.keywords, "$id": identifier}
    return simple_document(f"group-{number}", task_with(schemas))


def _positions(group: Group) -> list[str]:
    """Return the positions of a schema. One with an $id can occur only once."""
    return ["member"] if '"$id"' in json.dumps(group.schema) else [*POSITIONS]


def _check(document: dict[str, Any], path: Path) -> None:
    """Parse a document as strictly as possible.

    Raises:
        InvalidInputError: The generator refuses it for more than `IGNORED` keywords.
    """
    text = json.dumps(document)
    path.write_text(text, encoding="utf-8")
    parse(
        load([str(path)]).documents,
        package="one",
        allow_unenforced=any(f'"{keyword}"' in text for keyword in IGNORED),
    )


def test_the_suite_is_there_whole(suite: Suite) -> None:
    there = {group.file for group, _ in [*suite.refused, *suite.models]}
    assert there == set(FILES)
    assert len(suite.models) > 370
    assert sum(len(group.tests) for group, _ in suite.models) > 1600


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_listed_is_refused_and_told_why(suite: Suite, reason: str) -> None:
    listed = REFUSED[reason]
    accepted = [_name(group) for group, _ in suite.models if listed.applies(group)]
    assert not accepted, "\n".join(accepted)
    problems = [
        problem
        for group, found in suite.refused
        if listed.applies(group)
        for problem in found
    ]
    assert problems
    assert all(listed.said in problem.message for problem in problems)
    assert all(problem.pointer and problem.remedy for problem in problems)


def test_nothing_else_is_refused(suite: Suite) -> None:
    unlisted = [
        f"{_name(group)}: {found}"
        for group, found in suite.refused
        if not any(refusal.applies(group) for refusal in REFUSED.values())
    ]
    assert not unlisted, "\n".join(unlisted)


@pytest.mark.parametrize("file", [file for file in FILES if file != ANNOTATIONS])
def test_every_instance_is_judged_right(suite: Suite, file: str) -> None:
    wrong = [
        f"{_name(group)}: {test['description']}: {mistake}"
        for group, model in suite.models
        if group.file == file
        for test in group.tests
        if (mistake := _mistake(suite.package, group, model, test))
    ]
    assert not wrong, "\n".join(wrong)


def test_formats_are_asserted_where_the_suite_takes_them_as_annotations(
    suite: Suite,
) -> None:
    """In that file, texts with an invalid format are valid. Nothing else differs."""
    judged = [
        (
            "annotation" in test["description"],
            _mistake(suite.package, group, model, test),
        )
        for group, model in suite.models
        if group.file == ANNOTATIONS
        for test in group.tests
    ]
    assert any(annotation for annotation, _ in judged)
    assert all(annotation == bool(mistake) for annotation, mistake in judged)


def _name(group: Group) -> str:
    return f"{group.file}: {group.description}"


def _mistake(
    package: ModuleType, group: Group, model: str, test: dict[str, Any]
) -> str:
    """Return the emitted class's mistake about an instance, or "" if it is right."""
    for name in _positions(group):
        member = {name: POSITIONS[name].value(test["data"])}
        task = a_task(model, taskType=SIMPLE, **member)
        if said := disagreement(package.parse_request, task, allowed=test["valid"]):
            return f"{name}: {said}"
    return ""
