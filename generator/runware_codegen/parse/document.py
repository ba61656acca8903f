"""Turns one document into its part of the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from runware_codegen.documents import SourceDocument as Source
from runware_codegen.model import ABOUT_ANOTHER_TASK, Class, Document, Field, MediaLimit
from runware_codegen.model import types as t
from runware_codegen.model.predicates import Predicate
from runware_codegen.model.type_predicates import of_type
from runware_codegen.naming.names import module_name, pascal_case
from runware_codegen.parse.assertions.evaluate import holds
from runware_codegen.parse.assertions.lowering import Lowering
from runware_codegen.parse.general_results import completed, general_document
from runware_codegen.parse.metadata.info import read_id, read_metadata
from runware_codegen.parse.metadata.media_limits import apply_media_limits
from runware_codegen.parse.schema.body_schemas import (
    no_task_type,
    request_schema,
    response_findings,
    result_schema,
    task_schema,
    unread_bodies,
)
from runware_codegen.parse.schema.constraints import read_media_limits
from runware_codegen.parse.schema.merged import MergedSchema, merge, properties_of
from runware_codegen.parse.schema.schemas import Schema, Schemas
from runware_codegen.parse.schema.validation import (
    Findings,
    dialect_problems,
    validate_schemas,
)
from runware_codegen.parse.types.objects import ImpossibleError
from runware_codegen.parse.types.types import TypeBuilder
from runware_codegen.problems import InvalidInputError, Problem, json_pointer

_UUIDS: Final = (
    "00000000-0000-4000-8000-000000000000",
    "9f1b4c7e-5a3d-4e2f-b680-d7c2a9e8f153",
)
"""Examples of what constructors create: a version 4 in lower case."""


def parse_document(source: Source, *, allow_unenforced: bool) -> Document:
    """Turn one document into its part of the model.

    Args:
        source: The document.
        allow_unenforced: Whether keywords that are not supported are allowed.

    Raises:
        InvalidInputError: With all problems of the document.
    """
    schemas = Schemas(source.source, source.tree)
    task = task_schema(schemas)
    findings = validate_schemas(schemas, request_schema(schemas))
    of_response = response_findings(schemas)
    findings.malformed += of_response.malformed
    findings.unenforced += dialect_problems(source.source, source.tree)
    if not findings.malformed:
        findings.unenforced += unread_bodies(schemas, source.tree)
    if findings.malformed or (findings.unenforced and not allow_unenforced):
        raise InvalidInputError([*findings.malformed, *findings.unenforced])
    identifier = read_id(source)
    stem = pascal_case(identifier or str(task.keywords.get("title") or "task"))
    lowering = Lowering(schemas, frozenset(findings.skipped))
    limits = read_media_limits(schemas, task)
    request = _request(lowering, task, f"{stem}Request", limits)
    task_type = _task_type(schemas.source, task, request.whole)
    taken = [part.name for part in request.parts]
    result = _result(schemas, of_response, f"{stem}Result", taken)
    result = _completed(result, task_type, taken)
    identifier = identifier or task_type
    return Document(
        id=identifier,
        file_name=source.name,
        task_type=task_type,
        models=_constants(request.whole, "model"),
        module=module_name(identifier),
        request_name=request.whole.name,
        result_name=result.whole.name,
        part_names=tuple(each.name for each in (*request.parts, *result.parts)),
        field_count=len(request.whole.fields),
        rule_count=sum(len(c.rules) for c in (request.whole, *request.parts)),
        request=request.whole,
        result=result.whole,
        nested_request_classes=request.parts,
        nested_result_classes=result.parts,
        definitions=request.definitions,
        result_definitions=result.definitions,
        deliveries=_constants(request.whole, "deliveryMethod"),
        pages=_is_paged(request.whole, result.whole),
        default_delivery=_default(request.whole.field("deliveryMethod")),
        media_limits=limits,
        creates_uuid=task_type not in ABOUT_ANOTHER_TASK
        and _is_any_uuid(request.whole.field("taskUUID"), request.definitions),
        unenforced=tuple(findings.unenforced),
        **read_metadata(source),
    )


class _Classes(NamedTuple):
    """The classes of a request or of a result.

    Attributes:
        whole: The class of the object itself.
        parts: The classes of nested objects, each after the classes of its fields.
        definitions: Named predicates that the classes use.
    """

    whole: Class
    parts: tuple[Class, ...] = ()
    definitions: tuple[tuple[str, Predicate], ...] = ()


def _request(
    lowering: Lowering, task: Schema, name: str, limits: tuple[MediaLimit, ...]
) -> _Classes:
    """Make the classes of a task; raise if no task satisfies the schema."""
    types = TypeBuilder(lowering)
    merged = merge(lowering.schemas, task)
    try:
        types.classes.build(merged, name)
    except ImpossibleError as reason:
        impossible = Problem(
            lowering.schemas.source,
            json_pointer(task.path),
            f"No task satisfies this schema{f': {reason}' if str(reason) else ''}.",
            f"Each required member must have a valid value.{_undeclared(merged)}",
        )
        raise InvalidInputError(types.problems or [impossible]) from None
    if types.problems:
        raise InvalidInputError(types.problems)
    classes = types.classes.by_name
    apply_media_limits(classes, name, limits)
    whole = classes[name]
    return _Classes(whole, _dependencies_first(whole, classes), _definitions(types))


def _dependencies_first(
    whole: Class, classes: Mapping[str, Class]
) -> tuple[Class, ...]:
    """Return the classes that a class needs, each after those that it needs itself."""
    ordered: dict[str, Class] = {}
    entered: set[str] = set()

    def visit(each: Class) -> None:
        entered.add(each.name)
        for field in each.fields:
            for name in t.class_names(field.type):
                if name not in entered:
                    visit(classes[name])
        ordered[each.name] = each

    visit(whole)
    del ordered[whole.name]
    return tuple(ordered.values())


def _undeclared(merged: MergedSchema) -> str:
    """Name the required members that have no schema; empty if there are none."""
    declared = {name for name, _ in properties_of(merged.schemas)}
    listed = ", ".join(map(repr, sorted(merged.required() - declared)))
    return f" It requires {listed}, without a property for it." if listed else ""


def _definitions(types: TypeBuilder) -> tuple[tuple[str, Predicate], ...]:
    return tuple(
        (name, types.classes.simplify(predicate, t.Anything()))
        for name, predicate in sorted(types.lowering.definitions.items())
    )


def _result(
    schemas: Schemas, findings: Findings, name: str, taken: list[str]
) -> _Classes:
    """Make the classes of a result; an open class if the document has no schema."""
    nothing = _Classes(Class(name, "", (), allows_extra=True))
    schema = result_schema(schemas)
    if schema is None:
        return nothing
    lowering = Lowering(schemas, frozenset(findings.skipped))
    types = TypeBuilder(lowering, [*taken, name], is_result=True)
    merged = merge(schemas, schema)
    try:
        whole = replace(types.classes.build(merged, name), rules=())
    except ImpossibleError:
        return nothing
    parts = _dependencies_first(whole, types.classes.by_name)
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
    parts = _dependencies_first(whole, {**classes, name: whole})
    return _Classes(whole, parts, tuple(definitions.items()))


@lru_cache
def _general_result(task_type: str, taken: frozenset[str]) -> _Classes | None:
    """Make the classes of a general result; None if the task type has no document."""
    tree = general_document(task_type)
    if tree is None:
        return None
    schemas = Schemas(task_type, tree)
    return _result(schemas, response_findings(schemas), "Result", [*taken])


def _task_type(source: str, task: Schema, request: Class) -> str:
    """Return the only task type of a request; raise for none and for several."""
    names = _constants(request, "taskType")
    if not names:
        raise no_task_type(source, task)
    task_type, *others = names
    if others:
        raise InvalidInputError.of(
            source,
            f"The schema of the request has several task types: {', '.join(names)}.",
            "Describe each task type in a document of its own.",
            pointer=json_pointer(task.path),
        )
    return task_type


def _constants(request: Class, json_name: str) -> tuple[str, ...]:
    """Return the strings that a member may be; empty if it may be other values."""
    field = request.field(json_name)
    if field is None or not isinstance(field.type, t.Literals):
        return ()
    values = (choice.constant.value for choice in field.type.values)
    return tuple(value for value in values if isinstance(value, str))


def _is_any_uuid(
    field: Field | None, definitions: Iterable[tuple[str, Predicate]]
) -> bool:
    """Return whether a required member accepts new UUIDs, and no objects."""
    if field is None or not field.required or t.object_class(field.type):
        return False
    accepted = of_type(field.type)
    return all(holds(accepted, uuid, dict(definitions)) for uuid in _UUIDS)


def _is_paged(request: Class, result: Class) -> bool:
    """Whether a result is one page of many, which `offset` of the request selects."""
    offset, items = request.field("offset"), result.field("results")
    return (
        offset is not None
        and isinstance(offset.type, t.Number)
        and items is not None
        and isinstance(items.type, t.Array)
        and items.required
    )


def _default(field: Field | None) -> str:
    value = None if field is None or field.default is None else field.default.value
    return value if isinstance(value, str) else ""
