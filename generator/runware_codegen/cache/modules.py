"""What one document comes to: its module, and what the rest of the package needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from runware_codegen.documents.load import load_text
from runware_codegen.model import Class, Document
from runware_codegen.parse.document import parse_document
from runware_codegen.problems import InvalidInput, Problem
from runware_codegen.render import rendered_module

if TYPE_CHECKING:
    from runware_codegen.documents.sources import Source
    from runware_codegen.parse.assembly import Choice


@dataclass(frozen=True, slots=True)
class Module:
    """What a document comes to.

    Attributes:
        document: The document, with classes that have a name and nothing else.
        fields: How many members its request has.
        rules: How many rules its classes hold.
        text: The module; None of a document that is not wanted.
    """

    document: Document
    fields: int
    rules: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made of documents.

    Attributes:
        choice: Which documents are wanted; of others there is no text.
        allow_unenforced: Whether keywords that are not carried are let through.
    """

    choice: Choice
    allow_unenforced: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A text to make a module of, where it is from, and what is to be made."""

    source: Source
    text: str
    order: Order


Outcome: TypeAlias = Module | tuple[Problem, ...] | None
"""A module, or what is wrong with a document, or None for what is no document."""


def prepare() -> None:
    """Import what making modules takes, once for all processes that are to come."""
    for name in ("black", "jinja2", "runware_codegen.documents.outline"):
        import_module(name)


def make_module(job: Job) -> Outcome:
    """Make the module of a document."""
    try:
        loaded = load_text(job.source, job.text)
        if loaded is None:
            return None
        parsed = parse_document(loaded, allow_unenforced=job.order.allow_unenforced)
        wanted = job.order.choice.takes(parsed)
        text = rendered_module(parsed) if wanted else None
    except InvalidInput as invalid:
        return invalid.problems
    return Module(_outlined(parsed), len(parsed.fields), parsed.rule_count, text)


def _outlined(document: Document) -> Document:
    return replace(
        document,
        title="",
        summary="",
        description="",
        modes=(),
        price="",
        capabilities=(),
        documentation_url="",
        request=_named(document.request.name),
        result=_named(document.result.name),
        nested_request_classes=(),
        nested_result_classes=(),
        definitions=(),
        default_delivery="",
        media_limits=(),
        measurements=(),
    )


def _named(name: str) -> Class:
    return Class(name, "", (), allows_extra=False)


class _Entry(BaseModel):
    """A module as it is kept."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str
    source: str
    air: str
    status: str
    task_type: str
    models: tuple[str, ...]
    module: str
    request: str
    result: str
    deliveries: tuple[str, ...]
    statuses: tuple[tuple[str, str], ...]
    codes: tuple[str, ...]
    fields_: int
    rules: int
    text: str | None


def written(module: Module) -> str:
    """Write a module of a document without unenforced keywords as JSON."""
    document = module.document
    return _Entry(
        id=document.id,
        source=document.file_name,
        air=document.air,
        status=document.status,
        task_type=document.task_type,
        models=document.models,
        module=document.module,
        request=document.request.name,
        result=document.result.name,
        deliveries=document.deliveries,
        statuses=document.status_texts,
        codes=document.error_codes,
        fields_=module.fields,
        rules=module.rules,
        text=module.text,
    ).model_dump_json()


def read(text: str) -> Module | None:
    """Read what `written` gives; None when it is something else."""
    try:
        entry = _Entry.model_validate_json(text)
    except ValidationError:
        return None
    document = Document(
        id=entry.id,
        file_name=entry.source,
        title="",
        summary="",
        description="",
        air=entry.air,
        status=entry.status,
        modes=(),
        price="",
        capabilities=(),
        documentation_url="",
        task_type=entry.task_type,
        models=entry.models,
        module=entry.module,
        request=_named(entry.request),
        result=_named(entry.result),
        nested_request_classes=(),
        nested_result_classes=(),
        deliveries=entry.deliveries,
        status_texts=entry.statuses,
        error_codes=entry.codes,
    )
    return Module(document, entry.fields_, entry.rules, entry.text)
