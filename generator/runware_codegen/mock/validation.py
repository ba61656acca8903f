"""Says what is wrong with a task, by its document's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runware_codegen.mock.items import RefusalError, error_item, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema_rs import ValidationError

    from runware_codegen.mock.catalog import Catalog, ModelSchema
    from runware_codegen.mock.items import Item

_MOST_ERRORS = 20
"""Error objects that one task gets."""

_LONGEST_MESSAGE = 500
"""Characters of the validator's own words that a message repeats."""

_WORDS = {
    "minimum": "has to be {limit} or more",
    "maximum": "has to be {limit} or less",
    "exclusiveMinimum": "has to be more than {limit}",
    "exclusiveMaximum": "has to be less than {limit}",
    "minLength": "has to have {limit} characters or more",
    "maxLength": "has to have {limit} characters or fewer",
    "minItems": "has to have {limit} items or more",
    "maxItems": "has to have {limit} items or fewer",
    "multipleOf": "has to be a multiple of {multiple_of}",
    "pattern": "has to match {pattern}",
    "format": "has to be a {format}",
}


def validate(task: object, catalog: Catalog) -> ModelSchema:
    """Find the document of a task that it allows.

    Args:
        task: What stands in the array that was sent.
        catalog: The documents.

    Raises:
        RefusalError: It is no task, no document is about it, or its document forbids it.
    """
    if not is_object(task):
        message = "Each element of the array has to be a task: an object."
        raise RefusalError(400, error_item("invalidTask", message))
    schema = catalog.find(task)
    errors: list[Item] = []
    try:
        for error in schema.task_validator.iter_errors(task):
            errors += _told(error, task, schema)
            if len(errors) >= _MOST_ERRORS:
                break
    except ValueError as error:  # it is nested more deeply than the validator goes
        message = f"The task cannot be validated: {error}."
        raise RefusalError(400, error_item("invalidTask", message, task)) from None
    if errors:
        raise RefusalError(400, *errors[:_MOST_ERRORS])
    return schema


def _told(error: ValidationError, task: Item, schema: ModelSchema) -> Iterator[Item]:
    kind, path = error.kind, list(error.instance_path)
    match kind.name:
        case "required":
            name = wire_path([*path, kind.as_dict()["property"]])
            yield error_item("missingParameter", f"{name} is missing.", task, name)
        case "additionalProperties" | "unevaluatedProperties":
            for unexpected in kind.as_dict()["unexpected"]:
                name = wire_path([*path, unexpected])
                message = f"{name} is not a parameter of {schema.task_type} here."
                yield error_item("unsupportedParameter", message, task, name)
        case _:
            name = wire_path(path)
            sentence = f"{name or 'The task'} {_fault(error)}."
            yield error_item("invalidParameter", sentence, task, name)


def _fault(error: ValidationError) -> str:
    """Say what a value should be."""
    facts = error.kind.as_dict()
    match error.kind.name:
        case "type":
            return f"has to be of type {_joined(facts['types'])}"
        case "enum":
            return f"has to be one of {_joined(facts['options'])}"
        case "const":
            return f"has to be {facts['expected_value']}"
        case "oneOf" | "anyOf" if values := _constants(facts["context"]):
            return f"has to be one of {_joined(values)}"
        case name if name in _WORDS:
            return _WORDS[name].format(**facts)
        case _:
            return f"is not as its schema wants it: {error.message[:_LONGEST_MESSAGE]}"


def _constants(branches: list[list[ValidationError]]) -> list[Any]:
    """The values of branches that are nothing but one value each, else none."""
    errors = [error for branch in branches for error in branch]
    if len(errors) > len(branches) or any(e.kind.name != "const" for e in errors):
        return []
    return [error.kind.as_dict()["expected_value"] for error in errors]


def _joined(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))


def wire_path(steps: Iterable[str | int]) -> str:
    """Write a path as it is written in prose: `inputs.referenceImages[0]`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(parts).removeprefix(".")
