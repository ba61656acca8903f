"""Finds the schemas of a task and of a result in the bodies of a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from runware_codegen.documents import JsonObject
from runware_codegen.documents.members import object_of
from runware_codegen.parse.schema.schemas import Schema, Schemas
from runware_codegen.parse.schema.standalone import standalone
from runware_codegen.parse.schema.validation import Findings, validate_schemas
from runware_codegen.parse.schema.vocabulary import DEFINITIONS
from runware_codegen.problems import InvalidInputError, Path, Problem, json_pointer

_REQUEST: Final[Path] = ("components", "schemas", "RequestBody")
_RESPONSE: Final[Path] = ("components", "schemas", "ResponseBody")

_REQUEST_BODIES: Final = (
    ("paths", "*", "*", "requestBody"),
    ("components", "pathItems", "*", "*", "requestBody"),
    ("components", "requestBodies", "*"),
)
"""The places of request bodies in a document; "*" is any member."""


def request_schema(schemas: Schemas) -> Schema:
    """Return the schema of the request body: of an array of tasks, or of one task."""
    return schemas.at(_REQUEST)


def task_schema(schemas: Schemas) -> Schema:
    """Find the task in RequestBody: the items of an array, or the object itself.

    Raises:
        InvalidInputError: If a reference on the way has no target.
    """
    return _task_in(schemas, request_schema(schemas))


def _task_in(schemas: Schemas, body: Schema) -> Schema:
    found = _followed(schemas, body)
    has_items = isinstance(found.keywords.get("items"), (dict, bool))
    return found.child("items") if has_items else body


def result_schema(schemas: Schemas) -> Schema | None:
    """Find the result in ResponseBody; None if there is none.

    Raises:
        InvalidInputError: If a reference on the way has no target.
    """
    try:
        body = _followed(schemas, schemas.at(_RESPONSE))
        data = _followed(schemas, body.child("properties", "data"))
        return data.child("items")
    except KeyError:
        return None


def _followed(schemas: Schemas, schema: Schema) -> Schema:
    """Follow the references of a schema that does not say by itself what it contains."""
    seen: set[Path] = set()
    while schema.path not in seen:
        seen.add(schema.path)
        match schema.keywords:
            case {"properties": _} | {"items": _} | {"$ref": _, "allOf": _}:
                break
            case {"$ref": _}:
                schema = schemas.target(schema)
            case {"allOf": [dict()]}:
                schema = schema.child("allOf", 0)
            case _:
                break
    return schema


def response_findings(schemas: Schemas) -> Findings:
    """Validate ResponseBody, if there is one."""
    try:
        body = schemas.at(_RESPONSE)
    except KeyError:
        return Findings(schemas.source)
    return validate_schemas(schemas, body)


def unread_bodies(schemas: Schemas, tree: JsonObject) -> Iterator[Problem]:
    """Yield a problem for each body of which the client would know nothing.

    Args:
        schemas: The schemas of the document, which are not malformed.
        tree: The document.
    """
    task = _followed(schemas, task_schema(schemas))
    for path in _request_bodies(tree):
        other = _followed(schemas, _task_in(schemas, schemas.at(path)))
        if other.node != task.node:
            message = "This is not RequestBody: the client would not have its tasks."
            remedy = "Describe these tasks in a document of their own."
            yield _unread(schemas, path, message, remedy)
    unread = _unread_response(schemas)
    if unread is not None:
        message = "This is not a list of results: the client would not have them."
        remedy = (
            'Write ResponseBody as {"type": "object", "properties": {"data": '
            '{"type": "array", "items": ...}}}, with the schema of a result.'
        )
        yield _unread(schemas, unread.path, message, remedy)


def _unread(schemas: Schemas, path: Path, message: str, remedy: str) -> Problem:
    remedy = f"{remedy} Or allow it with --allow-unenforced."
    return Problem(schemas.source, json_pointer(path), message, remedy)


def _request_bodies(tree: JsonObject) -> Iterator[Path]:
    """Yield the paths of the schemas of all request bodies."""
    for holder in _REQUEST_BODIES:
        yield from _matching(tree, (*holder, "content", "*", "schema"))


def _matching(
    node: JsonObject, steps: tuple[str, ...], path: Path = ()
) -> Iterator[Path]:
    """Yield the paths that match some steps; "*" is any member."""
    if not steps:
        yield path
        return
    for name in node if steps[0] == "*" else node.keys() & {steps[0]}:
        yield from _matching(object_of(node, name), steps[1:], (*path, name))


def _unread_response(schemas: Schemas) -> Schema | None:
    """Return what describes results in a form that `result_schema` does not read."""
    if result_schema(schemas) is not None:
        return None
    try:
        described = _followed(schemas, schemas.at(_RESPONSE))
    except KeyError:
        return None
    if "data" in object_of(described.keywords, "properties"):
        described = _followed(schemas, described.child("properties", "data"))
    keywords = {each.path[len(described.path)] for each in described.children()}
    says_nothing = DEFINITIONS | {"additionalProperties"}
    return described if keywords - says_nothing else None


def standalone_result(schemas: Schemas) -> JsonObject:
    """Return the schema of a result with all that it refers to; empty if there is none."""
    result = result_schema(schemas)
    return {} if result is None else standalone(schemas, result)


def no_task_type(source: str, task: Schema) -> InvalidInputError:
    """Create the error that the schema of a task has no task type."""
    return InvalidInputError.of(
        source,
        "The schema of the request has no task type.",
        'Add a property taskType with a constant: {"const": "imageInference"}.',
        pointer=json_pointer(task.path),
    )
