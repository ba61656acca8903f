"""The JSON Schema Test Suite for 2020-12, judged by emitted classes.

Each schema of the suite stands where a property's schema stands in a document of its
own; all documents become one package.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from pydantic import ValidationError

from json_schema_suite import Group, groups
from making import a_document, a_task, generated
from runware_codegen.documents import load
from runware_codegen.formats import FORMATS, NOT_ASSERTED
from runware_codegen.parse import parse
from runware_codegen.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

FILES = (
    "*.json",
    *(f"optional/format/{name}.json" for name in sorted(FORMATS)),
    "optional/bignum.json",
    "optional/ecmascript-regex.json",
    "optional/float-overflow.json",
    "optional/non-bmp-regex.json",
)

REFUSED: dict[str, Callable[[Group], bool]] = {
    "a dynamic reference depends on who refers to it": lambda group: (
        "$dynamicRef" in json.dumps(group.schema)
    ),
    "a vocabulary of one's own": lambda group: (group.file == "vocabulary.json"),
    "a format that is not asserted": lambda group: (
        isinstance(group.schema, dict) and group.schema.get("format") in NOT_ASSERTED
    ),
    "a reference leads to another document": lambda group: (
        group.file == "refRemote.json"
        or group.description
        in (
            "$ref to $dynamicRef finds detached $dynamicAnchor",
            "remote ref, containing refs itself",
            "validate definition against metaschema",
            "strict-tree schema, guards against misspelled properties",
            "tests for implementation dynamic anchor and reference link",
            "$ref and $dynamicAnchor are independent of order - $defs first",
            "$ref and $dynamicAnchor are independent of order - $ref first",
        )
    ),
}
"""Why the generator refuses a group, and which groups that are."""

ANNOTATIONS_ELSEWHERE = {"format.json"}
"""Files in which formats assert nothing, while this generator asserts them."""


class Judged(NamedTuple):
    """What became of the suite.

    Attributes:
        refused: The groups that the generator refuses, each with its problems.
        package: The package of all others.
        models: The model of each group that is in the package.
    """

    refused: list[tuple[Group, InvalidInput]]
    package: ModuleType
    models: list[tuple[Group, str]]


def _carried(
    folder: Path, number: int, group: Group, *, unknown: bool
) -> dict[str, Any]:
    """Make a document of a group; with its unknown keywords let through if they exist.

    Raises:
        InvalidInput: When the generator refuses it.
    """
    schema = group.schema
    if isinstance(schema, dict) and "$id" not in schema:
        # References from the root of the schema lead to it, wherever it stands.
        schema = {**schema, "$id": f"https://suite.example/{number}"}
    name = f"group-{number}"
    document = a_document(
        {"properties": {"value": schema}}, identifier=name, model=f"test:{name}@1"
    )
    path = folder / "one.json"
    path.write_text(json.dumps(document))
    with path.open("rb") as nothing:
        parse(
            load([str(path)], nothing).documents,
            package="suite",
            allow_unenforced=unknown,
        )
    return document


def _has_only_unknown_keywords(error: InvalidInput) -> bool:
    carried = ("$dynamicRef", "$schema", "$vocabulary", "format")
    return all(
        "is not carried" in problem.message
        and not any(f"'{name}'" in problem.message for name in carried)
        and "format" not in problem.message
        for problem in error.problems
    )


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    folder = tmp_path_factory.mktemp("suite")
    documents: dict[str, dict[str, Any]] = {}
    refused: list[tuple[Group, InvalidInput]] = []
    models: list[tuple[Group, str]] = []
    for number, group in enumerate(groups(*FILES)):
        try:
            document = _carried(folder, number, group, unknown=False)
        except InvalidInput as error:
            if not _has_only_unknown_keywords(error):
                refused.append((group, error))
                continue
            document = _carried(folder, number, group, unknown=True)
        documents[f"group-{number}.json"] = document
        models.append((group, f"test:group-{number}@1"))
    package = generated(
        folder,
        documents,
        package="suite_package",
        allow_unenforced=True,
        formatted=False,
    )
    return Judged(refused, package, models)


def test_the_suite_is_there_whole(judged: Judged) -> None:
    instances = sum(len(group.tests) for group, _ in judged.models)
    assert len(judged.models) > 350
    assert instances > 1500


def test_what_is_refused_is_listed_with_its_reason(judged: Judged) -> None:
    unlisted = [
        f"{group.file}: {group.description}: {error.problems[0].message}"
        for group, error in judged.refused
        if not any(applies(group) for applies in REFUSED.values())
    ]
    assert not unlisted, "\n".join(unlisted)
    assert all(
        problem.pointer and problem.remedy
        for _, error in judged.refused
        for problem in error.problems
    )


def test_what_is_listed_is_refused(judged: Judged) -> None:
    accepted = [
        f"{group.file}: {group.description}"
        for group, _ in judged.models
        if any(applies(group) for applies in REFUSED.values())
    ]
    assert not accepted, "\n".join(accepted)


def test_every_instance_is_judged_right(judged: Judged) -> None:
    wrong = [
        f"{group.file}: {group.description}: {test['description']}: {said}"
        for group, model in judged.models
        if group.file not in ANNOTATIONS_ELSEWHERE
        for test in group.tests
        if (said := _mistake(judged.package, model, test))
    ]
    assert not wrong, "\n".join(wrong)


def test_formats_are_asserted_where_the_suite_takes_them_as_annotations(
    judged: Judged,
) -> None:
    """In `format.json` an invalid text is valid; nothing but that is different."""
    surprising = [
        f"{group.description}: {test['description']}"
        for group, model in judged.models
        if group.file in ANNOTATIONS_ELSEWHERE
        for test in group.tests
        if ("only an annotation" in test["description"])
        != bool(_mistake(judged.package, model, test))
    ]
    assert not surprising, "\n".join(surprising)


def _mistake(package: ModuleType, model: str, test: dict[str, Any]) -> str:
    """Say how the emitted class is wrong about an instance; "" where it is right."""
    task = a_task(model, value=test["data"])
    try:
        wire = package.parse_request(task).to_wire()
    except ValidationError as error:
        return str(error) if test["valid"] else ""
    if not test["valid"]:
        return "accepted"
    return "" if json.dumps(wire) == json.dumps(task) else f"altered to {wire}"
