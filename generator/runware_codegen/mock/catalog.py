"""The documents of the mock, with validators of their tasks and results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain
from operator import itemgetter
from typing import Any, TypeAlias, cast

from jsonschema_rs import Draft202012Validator, ValidationError

from runware_codegen.documents import JsonObject, SourceDocument, load
from runware_codegen.documents.members import (
    array_of,
    is_object,
    member,
    object_of,
    text_of,
)
from runware_codegen.mock.items import SENT_BY_CLIENTS, Item, RefusalError, error_item
from runware_codegen.model.predicates import FigureIn
from runware_codegen.parse.assertions.keywords import lower_constraint
from runware_codegen.parse.metadata.info import read_pricing
from runware_codegen.parse.schema.body_schemas import (
    no_task_type,
    standalone_result,
    task_schema,
)
from runware_codegen.parse.schema.merged import merge, properties_of
from runware_codegen.parse.schema.schemas import Schema as SchemaPlace
from runware_codegen.parse.schema.schemas import Schemas
from runware_codegen.parse.schema.standalone import standalone, validator_of
from runware_codegen.parse.schema.validation import validate_schemas
from runware_codegen.problems import InvalidInputError
from runware_codegen.resources import BUILTIN
from runware_codegen.settings import OwnModels

Schema = dict[str, Any]

DEFAULT_PRICE = 0.0013
"""The price of an item in US dollars if the document has none."""


@dataclass(frozen=True, slots=True)
class ModelSchema:
    """One document: of a model, or of all models without a document of their own.

    Attributes:
        task_type: The JSON name of the task type.
        models: The models that it describes; empty for any model.
        patterns: The user's own models that it describes, with `*` for any text.
        task: The schema of a task.
        result: The schema of a result, which may be empty.
        figures: The limits on areas and ratios of `x-constraints`.
        task_validator: Validates tasks.
        result_validator: Validates results.
        price: The price of one item in US dollars.
    """

    task_type: str
    models: tuple[str, ...]
    patterns: tuple[str, ...]
    task: Schema
    result: Schema
    figures: tuple[FigureIn, ...]
    task_validator: Draft202012Validator
    result_validator: Draft202012Validator
    price: float

    def errors(self, task: Item) -> Iterator[ValidationError]:
        """Validate a task; a model of the user's own counts as the document's model."""
        is_own = self.models and text_of(task, "model") not in self.models
        known = {**task, "model": self.models[0]} if is_own else task
        return self.task_validator.iter_errors(known)

    @property
    def default_delivery(self) -> str:
        """The delivery method of a task that does not select one."""
        method = member(self.task.get("properties"), "deliveryMethod")
        only = choices(method)
        fallback = only[0] if len(only) == 1 else "sync"
        return text_of(method, "default") or fallback


Catalog: TypeAlias = tuple[ModelSchema, ...]


def find(catalog: Catalog, task: Item) -> ModelSchema:
    """Find the document for a task.

    Raises:
        RefusalError: If there is none.
    """
    task_type, model = text_of(task, "taskType"), text_of(task, "model")
    schemas = [schema for schema in catalog if schema.task_type == task_type]
    exact = [schema for schema in schemas if model in schema.models]
    generic = [schema for schema in schemas if not schema.models]
    if found := [*exact, *_by_pattern(schemas, model), *generic]:
        return found[0]
    if schemas:
        name, code = "model", "invalidModel"
        known = _listed(m for each in schemas for m in (*each.models, *each.patterns))
        message = (
            f"There is no document for this model of {task_type}. Available: {known}."
        )
    else:
        name, code = "taskType", "invalidTaskType"
        known = _listed(schema.task_type for schema in catalog)
        message = f"taskType must be one of: {known}."
    if name not in task:
        code, message = (
            "missingParameter",
            f"{name} is missing. It must be one of: {known}.",
        )
    raise RefusalError(400, error_item(code, message, task, name))


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
    """Read documents, and add the shipped ones of tasks that each client sends.

    Args:
        inputs: The inputs, as for `generate`; if empty, the shipped documents.
        own_models: The user's own models, which documents accept too.

    Raises:
        InvalidInputError: If a document cannot be read or has no task type.
    """
    documents = load(inputs or [f"{BUILTIN}*"]).documents
    schemas = [_schema(document, own_models) for document in documents]
    missing = SENT_BY_CLIENTS - {schema.task_type for schema in schemas}
    shipped = load([f"{BUILTIN}{name}" for name in sorted(missing)]).documents
    return (*schemas, *(_schema(document, own_models) for document in shipped))


def merged(schema: object, root: Schema, above: tuple[Schema, ...] = ()) -> Schema:
    """Merge a schema with the targets of its references and the parts of its `allOf`.

    Keywords beside `$ref` and `allOf` take precedence.

    Args:
        schema: The schema.
        root: The schema whose `$defs` the references name.
        above: The schemas that this one is merged into.
    """
    whole: Schema = schema if is_object(schema) else {}
    parts = array_of(whole, "allOf")
    if target := text_of(whole, "$ref"):
        parts = [root["$defs"][target.rpartition("/")[2]], *parts]
    around = (*above, whole)
    for part in parts:
        if any(part is each for each in around):
            continue
        more = merged(part, root, around)
        properties = object_of(more, "properties") | object_of(whole, "properties")
        required = array_of(whole, "required") + array_of(more, "required")
        both = {"properties": properties, "required": required}
        whole = {**more, **whole, **{n: value for n, value in both.items() if value}}
    return {n: value for n, value in whole.items() if n not in {"allOf", "$ref"}}


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


def _schema(document: SourceDocument, own_models: OwnModels) -> ModelSchema:
    schemas = Schemas(document.source, document.tree)
    found = task_schema(schemas)
    if problems := validate_schemas(schemas, found).malformed:
        raise InvalidInputError(problems)
    task_types = _constants(schemas, found, "taskType")
    if not task_types:
        raise no_task_type(document.source, found)
    whole = standalone(schemas, found)
    task, result = merged(whole, whole), standalone_result(schemas)
    models = _constants(schemas, found, "model")
    info = document.tree["info"]
    own = own_models.of(text_of(info, "x-model-id"), text_of(info, "x-air-id"))
    return ModelSchema(
        task_type=str(task_types[0]),
        models=tuple(models),
        patterns=tuple(own),
        task=task,
        result=result,
        figures=tuple(_figures(schemas, found)),
        task_validator=_validator(document, whole),
        result_validator=_validator(document, result),
        price=_price(info),
    )


def _constants(schemas: Schemas, task: SchemaPlace, name: str) -> list[Any]:
    """Return the constants that a member of a task may be."""
    for each, schema in properties_of(merge(schemas, task).schemas):
        parts = merge(schemas, schema).schemas if each == name else ()
        for part in parts:
            if found := choices(part.keywords):
                return found
    return []


def _figures(schemas: Schemas, task: SchemaPlace) -> Iterator[FigureIn]:
    lists = merge(schemas, task).values("x-constraints")
    for constraint in chain.from_iterable(cast("Iterable[list[JsonObject]]", lists)):
        if isinstance(figure := lower_constraint(constraint), FigureIn):
            yield figure


def _validator(document: SourceDocument, schema: Schema) -> Draft202012Validator:
    try:
        return validator_of(schema)
    except ValidationError as error:
        place = "/".join(map(str, error.instance_path))
        raise InvalidInputError.of(
            document.source,
            f"The mock cannot validate {place}: {error.message}.",
            "Write it in a form that jsonschema-rs supports too.",
        ) from None


def _price(info: object) -> float:
    """Return the price of an output, else the first price of a run."""
    pricing = read_pricing(object_of(info, "x-pricing"))
    rates = [rate.amount for rate in pricing.rates if rate.unit == "output"]
    runs = [run.price for run in (*pricing.measured, *pricing.examples)]
    return float(next(filter(None, (*rates, *runs)), DEFAULT_PRICE))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "none"
