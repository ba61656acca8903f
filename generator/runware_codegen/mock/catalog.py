"""The documents of the mock, with validators of their tasks and results."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from jsonschema_rs import Draft202012Validator

from runware_codegen.documents import load
from runware_codegen.documents.members import (
    array_of,
    is_array,
    is_object,
    member,
    object_of,
    text_of,
)
from runware_codegen.mock.items import UTILITIES, RefusalError, error_item
from runware_codegen.problems import InvalidInputError
from runware_codegen.resources import folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runware_codegen.documents import SourceDocument
    from runware_codegen.mock.items import Item
    from runware_codegen.settings import OwnModels

Schema = dict[str, Any]

DEFAULT_PRICE = 0.0013
"""The price of an item in US dollars if the document has none."""

_MASK = "the value"


@dataclass(frozen=True, slots=True)
class ModelSchema:
    """One document: of a model, or of all models without a document of their own.

    Attributes:
        source: The file, as the user named it.
        task_type: The JSON name of the task type.
        models: The models that it describes; empty for any model.
        patterns: Patterns of other models that it describes, with `*` for any text.
        task: The schema of a task.
        result: The schema of a result, which may be empty.
        task_validator: Validates tasks.
        result_validator: Validates results.
        price: The price of one item in US dollars.
    """

    source: str
    task_type: str
    models: tuple[str, ...]
    patterns: tuple[str, ...]
    task: Schema
    result: Schema
    task_validator: Draft202012Validator
    result_validator: Draft202012Validator
    price: float

    @property
    def default_delivery(self) -> str:
        """The delivery method of a task that does not select one."""
        method = member(self.task.get("properties"), "deliveryMethod")
        only = choices(method)
        fallback = only[0] if len(only) == 1 else "sync"
        return text_of(method, "default") or fallback


class Catalog:
    """All schemas, by task type and model."""

    def __init__(self, schemas: Iterable[ModelSchema]) -> None:
        self.schemas = tuple(schemas)
        self._by_task_type: dict[str, list[ModelSchema]] = {}
        for schema in self.schemas:
            self._by_task_type.setdefault(schema.task_type, []).append(schema)

    def find(self, task: Item) -> ModelSchema:
        """Find the document for a task.

        Raises:
            RefusalError: If there is none.
        """
        task_type, model = text_of(task, "taskType"), text_of(task, "model")
        schemas = self._by_task_type.get(task_type, [])
        exact = [schema for schema in schemas if model in schema.models]
        generic = [schema for schema in schemas if not schema.models]
        if found := [*exact, *_by_pattern(schemas, model), *generic]:
            return found[0]
        raise RefusalError(400, self._no_schema(task, task_type))

    def _no_schema(self, task: Item, task_type: str) -> Item:
        if "taskType" not in task:
            message = f"taskType is missing. It must be one of: {_listed(self._by_task_type)}."
            return error_item("missingParameter", message, task, "taskType")
        if task_type not in self._by_task_type:
            message = f"taskType must be one of: {_listed(self._by_task_type)}."
            return error_item("invalidTaskType", message, task, "taskType")
        schemas = self._by_task_type[task_type]
        known = _listed(model for schema in schemas for model in schema.models)
        if "model" not in task:
            message = f"model is missing. It must be one of: {known}."
            return error_item("missingParameter", message, task, "model")
        message = (
            f"There is no document for this model of {task_type}. Available: {known}."
        )
        return error_item("invalidModel", message, task, "model")


def _by_pattern(schemas: Iterable[ModelSchema], model: str) -> list[ModelSchema]:
    """Return the documents with a pattern for a model, the most exact pattern first."""
    found = [
        (-len(pattern.replace("*", "")), pattern, schema)
        for schema in schemas
        for pattern in schema.patterns
        if fnmatchcase(model, pattern)
    ]
    return [schema for *_, schema in sorted(found, key=itemgetter(0, 1))]


def open_catalog(inputs: Sequence[str], own_models: OwnModels) -> Catalog:
    """Read documents, and add the shipped utilities that they do not include.

    Args:
        inputs: The inputs, as for `generate`; if empty, the shipped documents.
        own_models: The user's own models, which documents accept too.

    Raises:
        InvalidInputError: If a document cannot be read or has no task type.
    """
    shipped = str(folder("specs"))
    documents = load(inputs or [shipped]).documents
    schemas = [_schema(document, own_models) for document in documents]
    missing = UTILITIES - {schema.task_type for schema in schemas}
    general = load([shipped]).documents if inputs else ()
    utilities = (_schema(document, own_models) for document in general)
    schemas += [each for each in utilities if each.task_type in missing]
    return Catalog(schemas)


def resolved(schema: object, root: Schema) -> Schema:
    """Follow the references of a schema; keywords beside `$ref` take precedence."""
    seen: set[str] = set()
    whole = schema if is_object(schema) else {}
    while (target := text_of(whole, "$ref")) and target not in seen:
        seen.add(target)
        beside = {name: value for name, value in whole.items() if name != "$ref"}
        whole = {**_at(target, root), **beside}
    return whole


def choices(schema: object) -> list[Any]:
    """Return the constants of a schema: its `const`, its `enum`, or its alternatives."""
    if is_object(schema) and "const" in schema:
        return [schema["const"]]
    if listed := array_of(schema, "enum"):
        return listed
    branches = array_of(schema, "oneOf") or array_of(schema, "anyOf")
    if all(is_object(branch) and "const" in branch for branch in branches):
        return [value for branch in branches for value in choices(branch)]
    return []


def task_schema(document: SourceDocument) -> Schema:
    """Return the schema of a task, with the schemas that it refers to."""
    root = cast("Schema", _without_ids(document.tree))
    return _rooted(_task(root), root)


def result_schema(document: SourceDocument) -> Schema:
    """Return the schema of a result, with the schemas that it refers to."""
    root = cast("Schema", _without_ids(document.tree))
    return _rooted(_result(root), root)


def _result(root: Schema) -> Schema:
    answer = resolved(root["components"]["schemas"].get("ResponseBody"), root)
    data = resolved(member(answer.get("properties"), "data"), root)
    return resolved(data.get("items"), root)


def _task(root: Schema) -> Schema:
    body = resolved(root["components"]["schemas"]["RequestBody"], root)
    return resolved(body.get("items", body), root)


def _schema(document: SourceDocument, own_models: OwnModels) -> ModelSchema:
    root = cast("Schema", _without_ids(document.tree))
    task = _task(root)
    properties = task.get("properties")
    task_types = choices(resolved(member(properties, "taskType"), root))
    if not task_types:
        raise InvalidInputError.of(
            document.source,
            "The schema of the request has no task type.",
            'Add a property taskType with a constant: {"const": "imageInference"}.',
            pointer="/components/schemas/RequestBody",
        )
    result = _result(root)
    models = choices(resolved(member(properties, "model"), root))
    info = root["info"]
    own = own_models.of(text_of(info, "x-model-id"), text_of(info, "x-air-id"))
    if own and is_object(properties):  # `Catalog.find` compares the models
        task = {**task, "properties": {**properties, "model": {"type": "string"}}}
    return ModelSchema(
        source=document.source,
        task_type=str(task_types[0]),
        models=(*models, *(name for name in own if "*" not in name)),
        patterns=tuple(name for name in own if "*" in name),
        task=_rooted(task, root),
        result=_rooted(result, root),
        task_validator=validator_of(_rooted(task, root)),
        result_validator=validator_of(_rooted(result, root)),
        price=_price(root),
    )


def _without_ids(node: object) -> object:
    """Remove `$id`, which would change the targets of references."""
    if is_array(node):
        return [_without_ids(item) for item in node]
    if is_object(node):
        kept = (m for m in node.items() if m[0] != "$id" or not isinstance(m[1], str))
        return {name: _without_ids(value) for name, value in kept}
    return node


def _rooted(schema: Schema, root: Schema) -> Schema:
    """Add the targets of references to a schema."""
    return {**schema, "components": root["components"]}


def validator_of(schema: Schema) -> Draft202012Validator:
    """Return a validator of a schema; its errors do not contain values."""
    return Draft202012Validator(schema, validate_formats=True, mask=_MASK)


def _at(reference: str, root: Schema) -> Schema:
    node: Any = root
    for step in reference.removeprefix("#/").split("/"):
        node = member(node, step.replace("~1", "/").replace("~0", "~"))
    return node if is_object(node) else {}


def _price(root: Schema) -> float:
    rates = array_of(object_of(root["info"], "x-pricing"), "rates")
    amounts = [member(r, "amount") for r in rates if member(r, "unit") == "output"]
    found = [amount for amount in amounts if isinstance(amount, int | float)]
    return float(found[0]) if found else DEFAULT_PRICE


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "none"
