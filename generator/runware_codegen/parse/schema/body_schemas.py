"""Finds the schemas of a task and of a result in the bodies of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from runware_codegen.parse.schema.standalone import standalone
from runware_codegen.parse.schema.validation import validate_schemas
from runware_codegen.problems import InvalidInputError, Path, json_pointer

if TYPE_CHECKING:
    from runware_codegen.documents import JsonObject
    from runware_codegen.parse.schema.schemas import Schema, Schemas

_REQUEST: Final[Path] = ("components", "schemas", "RequestBody")
_RESPONSE: Final[Path] = ("components", "schemas", "ResponseBody")


def request_schema(schemas: Schemas) -> Schema:
    """Return the schema of the request body: of an array of tasks, or of one task."""
    return schemas.at(_REQUEST)


def task_schema(schemas: Schemas) -> Schema:
    """Find the task in RequestBody: the items of an array, or the object itself.

    Raises:
        InvalidInputError: If a reference on the way has no target.
    """
    body = _followed(schemas, request_schema(schemas))
    has_items = isinstance(body.keywords.get("items"), (dict, bool))
    return body.child("items") if has_items else body


def result_schema(schemas: Schemas) -> Schema | None:
    """Find the result in ResponseBody; None if there is none that is valid."""
    try:
        body = _followed(schemas, schemas.at(_RESPONSE))
        data = _followed(schemas, body.child("properties", "data"))
        result = data.child("items")
    except (KeyError, InvalidInputError):
        return None
    return None if validate_schemas(schemas, result).malformed else result


def _followed(schemas: Schemas, schema: Schema) -> Schema:
    """Follow the references of a schema that does not say by itself what it contains."""
    seen: set[Path] = set()
    while (
        schema.keywords.keys() & {"$ref", "properties", "items"} == {"$ref"}
        and schema.path not in seen
    ):
        seen.add(schema.path)
        schema = schemas.target(schema)
    return schema


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


def several_task_types(
    source: str, task: Schema, names: tuple[str, ...]
) -> InvalidInputError:
    """Create the error that the schema of a task describes several task types."""
    return InvalidInputError.of(
        source,
        f"The schema of the request has several task types: {', '.join(names)}.",
        "Describe each task type in a document of its own.",
        pointer=json_pointer(task.path),
    )
