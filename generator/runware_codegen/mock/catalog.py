"""What the mock knows: documents, each with the validators of its tasks and results."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from jsonschema_rs import Draft202012Validator

from runware_codegen.documents import load
from runware_codegen.mock.items import (
    UTILITIES,
    RefusalError,
    array_of,
    error_item,
    is_array,
    is_object,
    member,
    object_of,
    text_of,
)
from runware_codegen.problems import InvalidInputError
from runware_codegen.resources import folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runware_codegen.documents import SourceDocument
    from runware_codegen.mock.items import Item

Schema = dict[str, Any]

DEFAULT_PRICE = 0.0013
"""US dollars for an item where the document names no price of one output."""

_MASK = "the value"


@dataclass(frozen=True, slots=True)
class ModelSchema:
    """One document: a model, or all models of a task type that have none.

    Attributes:
        source: The file, as the user named it.
        task_type: The wire name of the task type.
        models: The models that it is about; empty where any model will do.
        task: The schema of a task.
        result: The schema of a result, which may be empty.
        task_validator: Says whether a task is allowed.
        result_validator: Says whether a result is as documented.
        price: US dollars for one item.
    """

    source: str
    task_type: str
    models: tuple[str, ...]
    task: Schema
    result: Schema
    task_validator: Draft202012Validator
    result_validator: Draft202012Validator
    price: float

    @property
    def default_delivery(self) -> str:
        """How a task is delivered that does not say so."""
        method = member(self.task.get("properties"), "deliveryMethod")
        only = choices(method)
        fallback = only[0] if len(only) == 1 else "sync"
        return text_of(method, "default") or fallback


class Catalog:
    """All schemas, found by task type and model."""

    def __init__(self, schemas: Iterable[ModelSchema]) -> None:
        self.schemas = tuple(schemas)
        self._by_task_type: dict[str, list[ModelSchema]] = {}
        for schema in self.schemas:
            self._by_task_type.setdefault(schema.task_type, []).append(schema)

    def find(self, task: Item) -> ModelSchema:
        """Find the document that a task is about.

        Raises:
            RefusalError: There is none.
        """
        task_type, model = text_of(task, "taskType"), text_of(task, "model")
        schemas = self._by_task_type.get(task_type, [])
        exact = [schema for schema in schemas if model in schema.models]
        generic = [schema for schema in schemas if not schema.models]
        if found := [*exact, *generic]:
            return found[0]
        raise RefusalError(400, self._no_schema(task, task_type))

    def _no_schema(self, task: Item, task_type: str) -> Item:
        if "taskType" not in task:
            message = f"A task needs a taskType: {_listed(self._by_task_type)}."
            return error_item("missingParameter", message, task, "taskType")
        if task_type not in self._by_task_type:
            message = f"taskType has to be {_listed(self._by_task_type)}."
            return error_item("invalidTaskType", message, task, "taskType")
        schemas = self._by_task_type[task_type]
        known = _listed(model for schema in schemas for model in schema.models)
        if "model" not in task:
            message = f"A task of this type needs a model: {known}."
            return error_item("missingParameter", message, task, "model")
        message = f"There is no document for this model of {task_type}; known: {known}."
        return error_item("invalidModel", message, task, "model")


def open_catalog(inputs: Sequence[str]) -> Catalog:
    """Read documents, and those of the shipped utilities that are not among them.

    Args:
        inputs: As `generate` takes them; none means the shipped documents.

    Raises:
        InvalidInputError: A document cannot be read, or says nothing of its task.
    """
    shipped = str(folder("specs"))
    stdin = sys.stdin.buffer if sys.stdin else io.BytesIO()
    documents = load(inputs or [shipped], stdin).documents
    schemas = list(map(_schema, documents))
    there = {schema.task_type for schema in schemas}
    own = map(_schema, load([shipped], io.BytesIO()).documents) if inputs else ()
    schemas += [s for s in own if s.task_type in UTILITIES - there]
    return Catalog(schemas)


def resolved(schema: object, root: Schema) -> Schema:
    """Follow a schema's references; what stands beside one is laid over its target."""
    seen: set[str] = set()
    whole = schema if is_object(schema) else {}
    while (target := text_of(whole, "$ref")) and target not in seen:
        seen.add(target)
        beside = {name: value for name, value in whole.items() if name != "$ref"}
        whole = {**_at(target, root), **beside}
    return whole


def choices(schema: object) -> list[Any]:
    """The values that a schema lists, as `const`, as `enum`, or one by one."""
    if is_object(schema) and "const" in schema:
        return [schema["const"]]
    if listed := array_of(schema, "enum"):
        return listed
    branches = array_of(schema, "oneOf") or array_of(schema, "anyOf")
    if all(is_object(branch) and "const" in branch for branch in branches):
        return [value for branch in branches for value in choices(branch)]
    return []


def task_schema(document: SourceDocument) -> Schema:
    """Return the schema of a task, with all that it refers to beside it."""
    root = cast("Schema", _without_ids(document.tree))
    return _rooted(_task(root), root)


def _task(root: Schema) -> Schema:
    body = resolved(root["components"]["schemas"]["RequestBody"], root)
    return resolved(body.get("items", body), root)


def _schema(document: SourceDocument) -> ModelSchema:
    root = cast("Schema", _without_ids(document.tree))
    schemas = root["components"]["schemas"]
    task = _task(root)
    properties = task.get("properties")
    task_types = choices(resolved(member(properties, "taskType"), root))
    if not task_types:
        raise InvalidInputError.of(
            document.source,
            "The task does not say its task type.",
            'It needs a property taskType with a constant: {"const": "imageInference"}.',
            pointer="/components/schemas/RequestBody",
        )
    answer = resolved(schemas.get("ResponseBody"), root)
    data = resolved(member(answer.get("properties"), "data"), root)
    result = resolved(data.get("items"), root)
    return ModelSchema(
        source=document.source,
        task_type=str(task_types[0]),
        models=tuple(choices(resolved(member(properties, "model"), root))),
        task=_rooted(task, root),
        result=_rooted(result, root),
        task_validator=_validator(_rooted(task, root)),
        result_validator=_validator(_rooted(result, root)),
        price=_price(root),
    )


def _without_ids(node: object) -> object:
    """Drop `$id`, which would change what references beside it mean."""
    if is_array(node):
        return [_without_ids(item) for item in node]
    if is_object(node):
        kept = (m for m in node.items() if m[0] != "$id" or not isinstance(m[1], str))
        return {name: _without_ids(value) for name, value in kept}
    return node


def _rooted(schema: Schema, root: Schema) -> Schema:
    """Put what references lead to beside a schema."""
    return {**schema, "components": root["components"]}


def _validator(schema: Schema) -> Draft202012Validator:
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
