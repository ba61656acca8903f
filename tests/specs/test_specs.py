"""The documents in `specs/` are valid, complete, and have the same structure.

Independent tools validate them: openapi-spec-validator validates a document as a whole,
and jsonschema-rs its schemas. `test_specs_verdicts.py` tests what the schemas allow.
"""

from __future__ import annotations

import json
import re
import socket
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any

SPECS = Path(__file__).parents[2] / "specs"
SIMPLE = "ping"
"""The document that the others are compared with."""
TASK_TYPES = {
    "3d-inference": "3dInference",
    "account-management": "accountManagement",
    "audio-inference": "audioInference",
    "authentication": "authentication",
    "caption": "caption",
    "control-net-preprocess": "controlNetPreprocess",
    "get-response": "getResponse",
    "get-task-details": "getTaskDetails",
    "image-inference": "imageInference",
    "image-masking": "imageMasking",
    "image-upload": "imageUpload",
    "media-storage": "mediaStorage",
    "model-search": "modelSearch",
    "model-upload": "modelUpload",
    "ping": "ping",
    "prompt-enhance": "promptEnhance",
    "remove-background": "removeBackground",
    "text-inference": "textInference",
    "tools": "tools",
    "training": "training",
    "upscale": "upscale",
    "vectorize": "vectorize",
    "video-inference": "videoInference",
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
STATUSES = ["200", "400", "401", "402", "403", "429", "500", "503"]

# The keywords in the documents that have subschemas in JSON Schema 2020-12.
ONE_SCHEMA = ("additionalProperties", "else", "if", "items", "not", "then")
LIST_OF_SCHEMAS = ("allOf", "anyOf", "oneOf")
MAP_OF_SCHEMAS = ("dependentSchemas", "properties")
OTHER_KEYWORDS = {
    "$ref",
    "const",
    "default",
    "dependentRequired",
    "description",
    "enum",
    "examples",
    "exclusiveMinimum",
    "format",
    "maximum",
    "maxItems",
    "maxLength",
    "minimum",
    "minItems",
    "minLength",
    "minProperties",
    "multipleOf",
    "pattern",
    "required",
    "title",
    "type",
}

# Names of other documents that descriptions mention.
NAMED_ELSEWHERE = {
    "controlNetPreprocess",
    "deliveryMethod",
    "getResponse",
    "imageURL",
    "invalidApiKey",
    "numberResults",
    "timeoutProvider",
}


class Place(NamedTuple):
    """A schema of a document, and its JSON pointer."""

    pointer: str
    schema: dict[str, Json]


@cache
def read(name: str) -> dict[str, Json]:
    document: dict[str, Json] = json.loads((SPECS / f"{name}.json").read_text("utf-8"))
    return document


def subschemas(place: Place) -> Iterator[Place]:
    """Yield the schema at `place` and every schema in it, without boolean schemas."""
    yield place
    for keyword, value in place.schema.items():
        pointer = f"{place.pointer}/{keyword}"
        children: list[tuple[str, Json]] = []
        if keyword in ONE_SCHEMA:
            children = [(pointer, value)]
        elif keyword in LIST_OF_SCHEMAS:
            children = [(f"{pointer}/{i}", child) for i, child in enumerate(value)]
        elif keyword in MAP_OF_SCHEMAS:
            children = [(f"{pointer}/{key}", child) for key, child in value.items()]
        for child_pointer, child in children:
            if isinstance(child, dict):
                yield from subschemas(Place(child_pointer, child))


def all_schemas(document: dict[str, Json]) -> Iterator[Place]:
    for name, schema in document["components"]["schemas"].items():
        yield from subschemas(Place(f"/components/schemas/{name}", schema))


def all_properties(document: dict[str, Json]) -> Iterator[Place]:
    """Yield every described property.

    Properties that only occur in a rule are left out: their parent has no type.
    """
    for pointer, schema in all_schemas(document):
        if "type" not in schema:
            continue
        for name, child in schema.get("properties", {}).items():
            yield Place(f"{pointer}/properties/{name}", child)


def all_descriptions(node: Json, pointer: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "description" and isinstance(value, str):
                yield f"{pointer}/{key}", value
            else:
                yield from all_descriptions(value, f"{pointer}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from all_descriptions(value, f"{pointer}/{index}")


@pytest.fixture(params=TASK_TYPES)
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> NoReturn:
        pytest.fail("validating a document must not open a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


class TestValidity:
    def test_no_document_escapes_the_tests(self) -> None:
        found = {path.relative_to(SPECS).as_posix() for path in SPECS.rglob("*.*")}
        assert found == {f"{name}.json" for name in TASK_TYPES}

    @pytest.mark.usefixtures("offline")
    def test_is_openapi_3_1(self, name: str) -> None:
        document = read(name)
        assert document["openapi"] == "3.1.0"
        assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []

    @pytest.mark.usefixtures("offline")
    def test_the_openapi_validator_notices_a_fault(self, name: str) -> None:
        document = deepcopy(read(name))
        del document["info"]["title"]
        assert next(OpenAPIV31SpecValidator(document).iter_errors(), None)

    def test_schemas_are_json_schema_2020_12(self, name: str) -> None:
        schemas = read(name)["components"]["schemas"]
        assert {"RequestBody", "ResponseBody", "ErrorResponse"} <= set(schemas)
        for schema in schemas.values():
            jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})

    def test_keywords_are_known_ones(self, name: str) -> None:
        known = {*ONE_SCHEMA, *LIST_OF_SCHEMAS, *MAP_OF_SCHEMAS, *OTHER_KEYWORDS}
        unknown = {
            f"{pointer}/{keyword}"
            for pointer, schema in all_schemas(read(name))
            for keyword in schema
            if keyword not in known
        }
        assert unknown == set()

    def test_required_names_are_described(self, name: str) -> None:
        for pointer, schema in all_schemas(read(name)):
            if "type" in schema:
                described = schema.get("properties", {})
                assert set(schema.get("required", [])) <= set(described), pointer

    def test_every_component_is_used(self, name: str) -> None:
        document = read(name)
        text = json.dumps(document)
        for component in document["components"]["schemas"]:
            assert f'"#/components/schemas/{component}"' in text

    def test_defaults_and_examples_are_allowed_values(self, name: str) -> None:
        document = read(name)
        for pointer, schema in all_schemas(document):
            given = [schema["default"]] if "default" in schema else []
            whole = {"allOf": [schema], "components": document["components"]}
            for value in [*given, *schema.get("examples", [])]:
                assert jsonschema_rs.is_valid(whole, value), pointer


class TestOutline:
    def test_sections_and_their_order(self, name: str) -> None:
        document = read(name)
        sections = [key for key in document if key != "externalDocs"]
        assert sections == list(read(SIMPLE))
        assert list(document["components"]["schemas"])[:3] == [
            "RequestBody",
            "ResponseBody",
            "ErrorResponse",
        ]

    def test_info(self, name: str) -> None:
        info = read(name)["info"]
        keys = ["title", "summary", "description", "version", "x-status"]
        assert list(info) == keys
        assert info["x-status"] == "live"
        assert info["summary"].endswith(".")
        assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])

    def test_titles_agree(self, name: str) -> None:
        document = read(name)
        title = name.replace("-", " ").title()
        schemas = document["components"]["schemas"]
        assert document["info"]["title"] == f"Runware API - {title}"
        assert schemas["RequestBody"]["items"]["title"] == title
        result = schemas["ResponseBody"]["properties"]["data"]["items"]
        assert result["title"] == f"{title} Response"

    def test_task_type(self, name: str) -> None:
        task = read(name)["components"]["schemas"]["RequestBody"]["items"]
        assert task["properties"]["taskType"]["const"] == TASK_TYPES[name]
        assert task["required"][0] == "taskType"

    def test_file_name_is_the_task_type_in_kebab_case(self, name: str) -> None:
        words = re.findall(r"\d*[A-Z]?[a-z]+", TASK_TYPES[name])
        assert name == "-".join(words).lower()

    def test_server_and_security(self, name: str) -> None:
        ours, given = read(name), read(SIMPLE)
        assert [s["url"] for s in ours["servers"]] == ["https://api.runware.ai/v1"]
        assert ours["security"] == given["security"] == [{"apiKeyAuth": []}]
        scheme = ours["components"]["securitySchemes"]["apiKeyAuth"]
        assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")

    def test_operation(self, name: str) -> None:
        document = read(name)
        assert list(document["paths"]) == ["/"]
        assert list(document["paths"]["/"]) == ["post"]
        operation = document["paths"]["/"]["post"]
        given = read(SIMPLE)["paths"]["/"]["post"]
        assert list(operation) == list(given)
        assert operation["operationId"] == f"run_{name.replace('-', '_')}"
        assert operation["requestBody"] == given["requestBody"]

    def test_statuses(self, name: str) -> None:
        responses = read(name)["paths"]["/"]["post"]["responses"]
        given = read(SIMPLE)["paths"]["/"]["post"]["responses"]
        assert list(responses) == list(given) == STATUSES
        for status in STATUSES:
            assert responses[status]["content"] == given[status]["content"]

    def test_failures_are_described_alike_everywhere(self, name: str) -> None:
        ours, given = (read(each)["components"]["schemas"] for each in (name, SIMPLE))
        assert ours["ErrorResponse"] == given["ErrorResponse"]


class TestDescriptions:
    def test_every_property_says_what_it_is_for(self, name: str) -> None:
        silent = [
            pointer
            for pointer, schema in all_properties(read(name))
            if len(schema.get("description", "").split()) < 5
        ]
        assert silent == []

    def test_every_field_of_task_and_result_has_a_title(self, name: str) -> None:
        schemas = read(name)["components"]["schemas"]
        task = schemas["RequestBody"]["items"]
        result = schemas["ResponseBody"]["properties"]["data"]["items"]
        for schema in (task, result):
            for field, described in schema["properties"].items():
                assert described.get("title"), field

    def test_every_literal_says_what_it_means(self, name: str) -> None:
        for pointer, schema in all_schemas(read(name)):
            for literal in schema.get("oneOf", []):
                if "const" in literal:
                    assert {"const", "title", "description"} <= set(literal), pointer

    def test_descriptions_are_sentences(self, name: str) -> None:
        descriptions = list(all_descriptions(read(name)))
        assert len(descriptions) > 20
        for pointer, text in descriptions:
            assert text == text.strip(), pointer
            assert text.endswith("."), pointer
            assert "  " not in text, pointer
            assert text.count("`") % 2 == 0, pointer

    def test_no_two_fields_of_a_task_share_a_description(self, name: str) -> None:
        task = read(name)["components"]["schemas"]["RequestBody"]["items"]
        texts = [schema["description"] for schema in task["properties"].values()]
        assert len(set(texts)) == len(texts)

    def test_fields_in_backticks_exist(self, name: str) -> None:
        document = read(name)
        known = {*re.findall(r'"(\w+)"', json.dumps(document)), *NAMED_ELSEWHERE}
        for pointer, text in all_descriptions(document):
            for word in re.findall(r"`([a-z]+[A-Z]\w*)`", text):
                assert word in known, pointer
