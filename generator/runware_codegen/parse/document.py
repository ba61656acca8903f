"""Turns one document into its part of the model."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from runware_codegen.model import (
    Anything,
    Array,
    Class,
    Document,
    Field,
    Literals,
    Number,
)
from runware_codegen.naming import reserved
from runware_codegen.naming.names import module_name, pascal_case
from runware_codegen.parse.assertions.lowering import Lowering
from runware_codegen.parse.general_results import completed, general_document
from runware_codegen.parse.metadata.info import read_metadata
from runware_codegen.parse.metadata.markdown import clean_markdown
from runware_codegen.parse.metadata.media_limits import (
    apply_media_limits,
    read_media_limits,
)
from runware_codegen.parse.schema import keyword_values
from runware_codegen.parse.schema.merged import MergedSchema, merge
from runware_codegen.parse.schema.schemas import Schema, Schemas
from runware_codegen.parse.schema.validation import validate_schemas
from runware_codegen.parse.types.class_order import dependencies_first
from runware_codegen.parse.types.types import TypeBuilder
from runware_codegen.problems import InvalidInputError, Problem, json_pointer

if TYPE_CHECKING:
    from runware_codegen.documents import SourceDocument as Source
    from runware_codegen.model.predicates import Predicate
    from runware_codegen.problems import Path

_REQUEST: Path = ("components", "schemas", "RequestBody")
_RESULT: Path = ("components", "schemas", "ResponseBody", "properties", "data", "items")


def parse_document(source: Source, *, allow_unenforced: bool) -> Document:
    """Turn one document into its part of the model.

    Args:
        source: The document.
        allow_unenforced: Whether keywords that are not supported are allowed.

    Raises:
        InvalidInputError: With all problems of the document.
    """
    about = read_metadata(source)
    schemas = Schemas(source.source, source.tree)
    task = _task_schema(schemas)
    findings = validate_schemas(schemas, task)
    if findings.malformed or (findings.unenforced and not allow_unenforced):
        raise InvalidInputError([*findings.malformed, *findings.unenforced])
    stem = pascal_case(about.id or _task_type_hint(task))
    lowering = Lowering(schemas, frozenset(findings.skipped))
    request = _request(lowering, task, f"{stem}Request")
    task_types = _constants(request.whole, "taskType")
    if not task_types:
        raise InvalidInputError.of(
            schemas.source,
            "The schema of the request has no task type.",
            'Add a property taskType with a constant: {"const": "imageInference"}.',
            pointer=json_pointer(task.path),
        )
    taken = [part.name for part in request.parts]
    result = _result(schemas, f"{stem}Result", taken)
    result = _completed(result, task_types[0], taken)
    identifier = about.id or task_types[0]
    return Document(
        id=identifier,
        file_name=source.name,
        request_name=request.whole.name,
        result_name=result.whole.name,
        part_names=tuple(each.name for each in (*request.parts, *result.parts)),
        field_count=len(request.whole.fields),
        rule_count=sum(len(c.rules) for c in (request.whole, *request.parts)),
        title=about.title,
        summary=about.summary,
        description=about.description,
        creator=about.creator,
        creator_id=about.creator_id,
        released=about.released,
        air=about.air,
        status=about.status,
        modes=about.modes,
        price=about.price,
        pricing=about.pricing,
        measurements=(*about.pricing.measured, *about.pricing.examples),
        capabilities=about.capabilities,
        documentation_url=about.link,
        task_type=task_types[0],
        models=_constants(request.whole, "model"),
        module=module_name(identifier),
        request=request.whole,
        result=result.whole,
        nested_request_classes=request.parts,
        nested_result_classes=result.parts,
        definitions=request.definitions,
        result_definitions=result.definitions,
        deliveries=_constants(request.whole, "deliveryMethod"),
        pages=_is_paged(request.whole, result.whole),
        default_delivery=_default(_field(request.whole, "deliveryMethod")),
        status_texts=about.statuses,
        error_codes=about.codes,
        media_limits=read_media_limits(task.keywords),
        unenforced=tuple(findings.unenforced),
    )


class _Classes(NamedTuple):
    """The classes of a request or of a result.

    Attributes:
        whole: The class of the object itself.
        parts: The classes of objects inside it, each after those that it needs.
        definitions: Named predicates that the classes use.
    """

    whole: Class
    parts: tuple[Class, ...] = ()
    definitions: tuple[tuple[str, Predicate], ...] = ()


def _request(lowering: Lowering, task: Schema, name: str) -> _Classes:
    """Make the classes of a task.

    Raises:
        InvalidInputError: If no task satisfies the schema.
    """
    types = TypeBuilder(lowering)
    merged = merge(lowering.schemas, task)
    doc = clean_markdown(merged.text("description"))
    possible = not merged.is_false and _may_be_object(merged)
    made = types.classes.build(merged, name, doc) if possible else None
    if types.problems or made is None:
        raise InvalidInputError(types.problems or [_impossible(lowering.schemas, task)])
    classes = types.classes.by_name
    apply_media_limits(classes, name, read_media_limits(task.keywords))
    whole = classes[name]
    return _Classes(whole, dependencies_first(whole, classes), _definitions(types))


def _definitions(types: TypeBuilder) -> tuple[tuple[str, Predicate], ...]:
    return tuple(
        (name, types.classes.simplify(predicate, Anything()))
        for name, predicate in sorted(types.lowering.definitions.items())
    )


def _result(schemas: Schemas, name: str, taken: list[str]) -> _Classes:
    """Make the classes of a result; an open class if the document has no schema."""
    nothing = _Classes(Class(name, "", (), allows_extra=True))
    try:
        schema = schemas.at(_RESULT)
    except KeyError:
        return nothing
    findings = validate_schemas(schemas, schema)
    if findings.malformed:
        return nothing
    lowering = Lowering(schemas, frozenset(findings.skipped))
    types = TypeBuilder(lowering, [*taken, name], reserved.RESULT_MEMBERS)
    merged = merge(schemas, schema)
    doc = clean_markdown(merged.text("description"))
    if merged.is_false or types.classes.build(merged, name, doc) is None:
        return nothing
    classes = types.classes.by_name
    whole = replace(classes[name], rules=())
    parts = dependencies_first(classes[name], classes)
    return _Classes(whole, parts, _definitions(types))


def _completed(own: _Classes, task_type: str, taken: list[str]) -> _Classes:
    """Add the members that results of the task type have in general."""
    name = own.whole.name
    taken = [*taken, name, *(part.name for part in own.parts)]
    general = _general_result(task_type, frozenset[str]())
    if general and any(part.name in taken for part in general.parts):
        general = _general_result(task_type, frozenset(taken))
    if general is None:
        return own
    whole = completed(own.whole, replace(general.whole, name=name), task_type)
    classes = {part.name: part for part in (*own.parts, *general.parts)}
    definitions = dict(general.definitions) | dict(own.definitions)
    parts = dependencies_first(whole, {**classes, name: whole})
    return _Classes(whole, parts, tuple(definitions.items()))


@lru_cache
def _general_result(task_type: str, taken: frozenset[str]) -> _Classes | None:
    """Make the classes of a general result; None if the task type has no document.

    Args:
        task_type: The task type.
        taken: Names that no class of its parts may have.
    """
    tree = general_document(task_type)
    if tree is None:
        return None
    return _result(Schemas(task_type, tree), "Result", [*taken])


def _task_schema(schemas: Schemas) -> Schema:
    """Find the task in RequestBody: the items of an array, or the object itself."""
    body = schemas.at(_REQUEST)
    seen: set[Path] = set()
    while "$ref" in body.keywords and body.path not in seen:
        seen.add(body.path)
        if "properties" in body.keywords or "items" in body.keywords:
            break
        body = schemas.target(body)
    if keyword_values.members(body.keywords, "items") or "items" in body.keywords:
        return body.child("items")
    return body


def _may_be_object(merged: MergedSchema) -> bool:
    types = merged.types()
    return types is None or "object" in types


def _task_type_hint(task: Schema) -> str:
    return str(task.keywords.get("title") or "task")


def _field(owner: Class, wire: str) -> Field | None:
    return next((field for field in owner.fields if field.json_name == wire), None)


def _constants(request: Class, wire: str) -> tuple[str, ...]:
    field = _field(request, wire)
    if field is None or not isinstance(field.type, Literals):
        return ()
    values = (choice.constant.value for choice in field.type.values)
    return tuple(value for value in values if isinstance(value, str))


def _is_paged(request: Class, result: Class) -> bool:
    """Whether a result is one page of many, which `offset` of the request selects."""
    offset, items = _field(request, "offset"), _field(result, "results")
    return (
        offset is not None
        and isinstance(offset.type, Number)
        and items is not None
        and isinstance(items.type, Array)
        and items.required
    )


def _default(field: Field | None) -> str:
    value = None if field is None or field.default is None else field.default.value
    return value if isinstance(value, str) else ""


def _impossible(schemas: Schemas, task: Schema) -> Problem:
    return Problem(
        schemas.source,
        json_pointer(task.path),
        "No task satisfies this schema.",
        "Each required member must have a valid value.",
    )
