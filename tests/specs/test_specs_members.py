"""The documents in `specs/` and the shipped client have the members of models."""

from __future__ import annotations

import json
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from loopback import SPECS
from near import Judge
from spec_members import (
    CONSTANTS,
    INSIDE_REQUESTS,
    INSIDE_RESULTS,
    OLD_PLACES,
    REQUESTS,
    RESULT_CONSTANTS,
    RESULTS,
    SEEN_IN_RESULTS,
)
from spec_samples import constants_of, least_task, sample, whole

if TYPE_CHECKING:
    from types import ModuleType

Schema = dict[str, Any]

GENERAL = sorted(REQUESTS, key=str.casefold)
TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}


@cache
def documents() -> dict[str, Schema]:
    """Return the documents by task type."""
    found: dict[str, Schema] = {}
    for path in SPECS.glob("*.json"):
        document: Schema = json.loads(path.read_text("utf-8"))
        body = document["components"]["schemas"]["RequestBody"]
        task = body.get("items", body)
        found[task["properties"]["taskType"]["const"]] = whole(document)
    return found


def request_of(task_type: str) -> Schema:
    body = documents()[task_type]["components"]["schemas"]["RequestBody"]
    task: Schema = body.get("items", body)
    return task


def result_of(task_type: str) -> Schema:
    response = documents()[task_type]["components"]["schemas"]["ResponseBody"]
    result: Schema = response["properties"]["data"]["items"]
    return result


def types_of(schema: Schema) -> set[str]:
    """Return the JSON types of a schema. If it has numbers, it also has integers."""
    named = schema.get("type", [])
    types = {named} if isinstance(named, str) else set(named)
    for keyword in ("oneOf", "anyOf"):
        for alternative in schema.get(keyword, []):
            types |= types_of(alternative)
    constants = [schema["const"]] if "const" in schema else schema.get("enum", [])
    types |= {"string" for constant in constants if isinstance(constant, str)}
    return types | ({"integer"} if "number" in types else set())


def inside(schema: Schema, path: str) -> set[str]:
    """Return the members of a schema at a path, including those of alternatives."""
    reached = [schema]
    for step in path.split():
        reached = [
            part["items"] if step == "[]" else part["properties"][step]
            for each in reached
            for part in alternatives(each)
            if "items" in part or step in part.get("properties", {})
        ]
    return {
        name
        for each in reached
        for part in alternatives(each)
        for name in part.get("properties", {})
    }


def alternatives(schema: Schema) -> list[Schema]:
    parts = [*schema.get("oneOf", []), *schema.get("anyOf", [])]
    return [schema, *(found for part in parts for found in alternatives(part))]


def wires(cls: type[Any]) -> set[str]:
    """Return the JSON names of the fields of a class."""
    return {
        info.validation_alias or wire_name(name)
        for name, info in cls.model_fields.items()
    }


def wire_name(name: str) -> str:
    first, *rest = name.split("_")
    capitals = {"uri", "url", "uuid"}
    return first + "".join(w.upper() if w in capitals else w.title() for w in rest)


@pytest.mark.parametrize("task_type", GENERAL)
class TestMembers:
    def test_a_task_has_what_models_read(
        self, shipped: ModuleType, task_type: str
    ) -> None:
        task = request_of(task_type)
        fields = wires(shipped.request_class(task_type, None))
        for json_type, names in REQUESTS[task_type].items():
            for name in names.split():
                assert json_type in types_of(task["properties"][name]), name
                assert name in fields

    def test_a_result_has_what_models_return(
        self, shipped: ModuleType, task_type: str
    ) -> None:
        result = result_of(task_type)
        fields = wires(shipped.request_class(task_type, None).result)
        for json_type, names in RESULTS.get(task_type, {}).items():
            for name in names.split():
                assert json_type in types_of(result["properties"][name]), name
                assert name in fields

    def test_constants_of_models_are_allowed(self, task_type: str) -> None:
        for schema, constants in (
            (request_of(task_type), CONSTANTS.get(task_type, {})),
            (result_of(task_type), RESULT_CONSTANTS.get(task_type, {})),
        ):
            for name, listed in constants.items():
                values = listed.split(", ") if isinstance(listed, str) else listed
                judge = jsonschema_rs.Draft202012Validator(schema["properties"][name])
                assert [v for v in values if not judge.is_valid(v)] == [], name

    def test_what_clients_still_send_and_were_sent_has_a_type(
        self, shipped: ModuleType, task_type: str
    ) -> None:
        request = shipped.request_class(task_type, None)
        assert set(OLD_PLACES.get(task_type, "").split()) <= wires(request)
        assert set(SEEN_IN_RESULTS.get(task_type, "").split()) <= wires(request.result)


@pytest.mark.parametrize("place", INSIDE_REQUESTS)
def test_objects_of_tasks_have_what_models_read(place: str) -> None:
    task_type, _, path = place.partition(" ")
    members = set(INSIDE_REQUESTS[place].split())
    assert members - inside(request_of(task_type), path) == set()


@pytest.mark.parametrize("place", INSIDE_RESULTS)
def test_objects_of_results_have_what_models_return(place: str) -> None:
    task_type, _, path = place.partition(" ")
    members = set(INSIDE_RESULTS[place].split())
    assert members - inside(result_of(task_type), path) == set()


DOCUMENTS = sorted(SPECS.glob("*.json"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
class TestDrawnTasks:
    def test_the_least_task_is_allowed(self, shipped: ModuleType, path: Any) -> None:
        judge = Judge(path)
        task = least_task(judge)
        assert judge.allows(task)
        assert shipped.parse_request(task).to_wire() == task

    def test_every_constant_is_taken_as_the_document_says(
        self, shipped: ModuleType, path: Any
    ) -> None:
        judge = Judge(path)
        least = least_task(judge)
        drawn = [
            {**least, name: constant}
            for name, schema in judge.schema["properties"].items()
            for constant in constants_of(schema)
        ]
        assert disagreements(shipped, judge, drawn) == []

    def test_every_two_members_are_taken_as_the_document_says(
        self, shipped: ModuleType, path: Any
    ) -> None:
        judge = Judge(path)
        least = least_task(judge)
        members = {n: sample(s) for n, s in judge.schema["properties"].items()}
        drawn = [
            {**least, first: members[first], second: members[second]}
            for first, second in combinations(members, 2)
        ]
        assert any(judge.allows(task) for task in drawn)
        assert disagreements(shipped, judge, drawn) == []


def disagreements(
    shipped: ModuleType, judge: Judge, tasks: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the tasks that only one of the client and the document accepts."""
    found: list[dict[str, Any]] = []
    for task in tasks:
        try:
            right = shipped.parse_request(task).to_wire() == task
        except ValidationError:
            right = False
        if right != judge.allows(task):
            found.append(task)
    return found
