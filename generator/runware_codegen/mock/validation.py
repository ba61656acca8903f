"""Validates tasks by the schemas of their documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema_rs import ValidationError

from runware_codegen.documents.members import is_object
from runware_codegen.mock.catalog import Catalog, ModelSchema, find
from runware_codegen.mock.items import Item, RefusalError, error_item
from runware_codegen.parse.assertions.evaluate import holds
from runware_codegen.parse.rules.sentences import demand

_MAX_ERRORS = 20
"""The most error objects of one task."""

_MAX_MESSAGE_LENGTH = 500
"""The most characters of the validator's message that an error repeats."""

_WORDS = {
    "minimum": "must be {limit} or more",
    "maximum": "must be {limit} or less",
    "exclusiveMinimum": "must be more than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
    "minLength": "must have {limit} characters or more",
    "maxLength": "must have {limit} characters or fewer",
    "minItems": "must have {limit} items or more",
    "maxItems": "must have {limit} items or fewer",
    "multipleOf": "must be a multiple of {multiple_of}",
    "pattern": "must match {pattern}",
    "format": "must be a {format}",
}


def validate(task: object, catalog: Catalog) -> ModelSchema:
    """Find the document of a task, and validate the task.

    Args:
        task: An element of the array of tasks.
        catalog: The documents.

    Raises:
        RefusalError: If it is not a task, has no document, or is not valid.
    """
    if not is_object(task):
        message = "Each element of the array must be a task: an object."
        raise RefusalError(400, error_item("invalidTask", message))
    schema = find(catalog, task)
    errors: list[Item] = []
    try:
        for error in schema.errors(task):
            errors += _errors_of(error, task, schema)
            if len(errors) >= _MAX_ERRORS:
                break
    except ValueError as error:  # it is nested too deeply for the validator
        message = f"The task cannot be validated: {error}."
        raise RefusalError(400, error_item("invalidTask", message, task)) from None
    errors += [
        error_item("invalidParameter", f"{demand(figure)}.", task, figure.first)
        for figure in schema.figures
        if not holds(figure, task, {})
    ]
    if errors:
        raise RefusalError(400, *errors[:_MAX_ERRORS])
    return schema


def _errors_of(
    error: ValidationError, task: Item, schema: ModelSchema
) -> Iterator[Item]:
    kind, path = error.kind, list(error.instance_path)
    match kind.name:
        case "required":
            name = wire_path([*path, kind.as_dict()["property"]])
            yield error_item("missingParameter", f"{name} is missing.", task, name)
        case "additionalProperties" | "unevaluatedProperties":
            for unexpected in kind.as_dict()["unexpected"]:
                name = wire_path([*path, unexpected])
                message = f"{name} is not a parameter of {schema.task_type}."
                yield error_item("unsupportedParameter", message, task, name)
        case _:
            name = wire_path(path)
            sentence = f"{name or 'The task'} {_requirement(error)}."
            yield error_item("invalidParameter", sentence, task, name)


def _requirement(error: ValidationError) -> str:
    """Describe what a value must be."""
    facts = error.kind.as_dict()
    match error.kind.name:
        case "type":
            return f"must be of type {_joined(facts['types'])}"
        case "enum":
            return f"must be one of {_joined(facts['options'])}"
        case "const":
            return f"must be {facts['expected_value']}"
        case "oneOf" | "anyOf" if values := _constants(facts["context"]):
            return f"must be one of {_joined(values)}"
        case name if name in _WORDS:
            return _WORDS[name].format(**facts)
        case _:
            return f"does not satisfy its schema: {error.message[:_MAX_MESSAGE_LENGTH]}"


def _constants(branches: list[list[ValidationError]]) -> list[Any]:
    """Return the constants of alternatives that are all constants, else none."""
    errors = [error for branch in branches for error in branch]
    if len(errors) > len(branches) or any(e.kind.name != "const" for e in errors):
        return []
    return [error.kind.as_dict()["expected_value"] for error in errors]


def _joined(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))


def wire_path(steps: Iterable[str | int]) -> str:
    """Write a path with dots and brackets: `inputs.referenceImages[0]`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(parts).removeprefix(".")
