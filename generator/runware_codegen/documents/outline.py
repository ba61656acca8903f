"""Validates a document without its schemas, with openapi-pydantic.

Schemas are excluded: the library refuses some schemas that JSON Schema 2020-12 allows, such
as `items: true`, and turns integers into floats in others. The parse stage validates them.
"""

from __future__ import annotations

import re
from itertools import islice

from openapi_pydantic.v3.v3_1 import OpenAPI
from pydantic import ValidationError

from runware_codegen.documents.members import object_of
from runware_codegen.documents.outline_errors import describe, explain
from runware_codegen.documents.values import MAX_FAULTS, JsonObject, JsonValue, shown
from runware_codegen.problems import InvalidInputError, Path, Problem, json_pointer

# OpenAPI 3.1.1, section 4.1: tools should not distinguish patch versions.
_SUPPORTED_VERSION = re.compile(r"3\.1\.[0-9]+(-.+)?")
_ANY_PATCH = "3.1.0"

# The places of schemas in OpenAPI 3.1.1, section 4.8: the fields of the objects that contain
# schemas. "*" is every field; a kind that begins with "*" is an array or a map of that kind.
_FIELDS = {
    "OpenAPI": {"paths": "Paths", "webhooks": "*Path Item", "components": "Components"},
    "Components": {
        "schemas": "*Schema",
        "responses": "*Response",
        "parameters": "*Parameter",
        "requestBodies": "*Request Body",
        "headers": "*Parameter",
        "callbacks": "*Callback",
        "pathItems": "*Path Item",
    },
    "Paths": {"*": "Path Item"},
    "Path Item": {
        "parameters": "*Parameter",
        **dict.fromkeys(
            ("get", "put", "post", "delete", "options", "head", "patch", "trace"),
            "Operation",
        ),
    },
    "Operation": {
        "parameters": "*Parameter",
        "requestBody": "Request Body",
        "responses": "Responses",
        "callbacks": "*Callback",
    },
    "Request Body": {"content": "*Media Type"},
    "Responses": {"*": "Response"},
    "Response": {"headers": "*Parameter", "content": "*Media Type"},
    "Parameter": {"schema": "Schema", "content": "*Media Type"},
    "Media Type": {"schema": "Schema", "encoding": "*Encoding"},
    "Encoding": {"headers": "*Parameter"},
    "Callback": {"*": "Path Item"},
}
# In these objects, the library reads an extension as a member.
_EXTENSIBLE_MAPS = {"Paths", "Responses", "Callback"}


def check_version(tree: JsonObject, source: str) -> None:
    """Refuse a document of another version than OpenAPI 3.1.

    Args:
        tree: The document.
        source: The file as the user named it.

    Raises:
        InvalidInputError: If it has another version, or none.
    """
    key, name = ("openapi", "OpenAPI") if "openapi" in tree else ("swagger", "Swagger")
    version = tree.get(key)
    if not isinstance(version, str):
        message = f"the version is {describe(version)}"
    elif key == "openapi" and _SUPPORTED_VERSION.fullmatch(version):
        return
    else:
        message = f"the document is {name} {shown(version)}, not OpenAPI 3.1"
    remedy = f'convert the document to OpenAPI 3.1, with "openapi": "{_ANY_PATCH}"'
    raise InvalidInputError.of(source, message, remedy, pointer=json_pointer((key,)))


def check_outline(tree: JsonObject, source: str) -> None:
    """Validate a document without its schemas.

    Args:
        tree: The document, of version 3.1.
        source: The file as the user named it.

    Raises:
        InvalidInputError: If the document is not valid OpenAPI 3.1, or has no schema
            `RequestBody`.
    """
    invalid: dict[Path, JsonValue] = {}
    outline = _reduced({**tree, "openapi": _ANY_PATCH}, "OpenAPI", (), invalid)
    remedy = "write a schema: an object, true or false"
    problems = [
        Problem(
            source, json_pointer(path), f"{describe(value)} is not a schema", remedy
        )
        for path, value in invalid.items()
    ]
    problems += _request_body_problems(tree, source)
    try:
        OpenAPI.model_validate(outline)
    except ValidationError as error:
        problems += islice(explain(error, outline, source), MAX_FAULTS)
    if problems:
        raise InvalidInputError(problems[:MAX_FAULTS])


def _request_body_problems(tree: JsonObject, source: str) -> list[Problem]:
    if "RequestBody" in object_of(object_of(tree, "components"), "schemas"):
        return []
    message = "the document has no RequestBody"
    remedy = "describe the tasks of a request in components.schemas.RequestBody"
    return [Problem(source, json_pointer(("components", "schemas")), message, remedy)]


def _reduced(
    value: JsonValue, kind: str, path: Path, invalid: dict[Path, JsonValue]
) -> JsonValue:
    """Copy an object without its schemas; add what is no schema to `invalid`."""
    if kind == "Schema":
        if not isinstance(value, (dict, bool)):
            invalid[path] = value
        reference = value.get("$ref") if isinstance(value, dict) else None
        return {"$ref": reference} if isinstance(reference, str) else {}
    if isinstance(value, list) and kind.startswith("*"):
        items = enumerate(value)
        return [_reduced(item, kind[1:], (*path, i), invalid) for i, item in items]
    if not isinstance(value, dict):
        return value
    reduced: JsonObject = {}
    for key, member in value.items():
        of = _member_kind(kind, key)
        if kind not in _EXTENSIBLE_MAPS or not key.startswith("x-"):
            reduced[key] = _reduced(member, of, (*path, key), invalid) if of else member
    return reduced


def _member_kind(kind: str, key: str) -> str | None:
    if kind.startswith("*"):
        return kind[1:]
    fields = _FIELDS[kind]
    return fields.get(key, fields.get("*"))
