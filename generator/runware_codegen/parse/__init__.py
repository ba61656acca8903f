"""The second stage: documents to the intermediate model."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runware_codegen.model import Package, TaskType
from runware_codegen.parse.document import parse_document
from runware_codegen.parse.error_codes import error_members
from runware_codegen.parse.names import module_name, pascal_case
from runware_codegen.problems import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runware_codegen.documents import Document as Source
    from runware_codegen.model import Document

__all__ = ["parse"]


def parse(
    documents: Iterable[Source],
    *,
    package: str,
    allow_unenforced: bool = False,
    only: Sequence[str] = (),
    include_status: Sequence[str] = ("live", "deprecated"),
) -> Package:
    """Turn documents into the model of a package.

    Args:
        documents: In any order.
        package: The name of the package.
        allow_unenforced: Whether keywords that are not carried are let through.
        only: Patterns of identifiers, AIRs or task types; none for all.
        include_status: The statuses wanted; a document without one is always in.

    Raises:
        InvalidInput: With all that is wrong in all documents.
    """
    made: list[tuple[Source, Document]] = []
    problems: list[Problem] = []
    for source in documents:
        try:
            document = parse_document(source, allow_unenforced=allow_unenforced)
        except InvalidInput as error:
            problems += error.problems
            continue
        wanted = not document.status or document.status in include_status
        if wanted and _is_chosen(document, only):
            made.append((source, document))
    problems += _clashes(made)
    if problems:
        raise InvalidInput(problems)
    chosen = sorted((document for _, document in made), key=lambda d: d.id)
    names = sorted({document.task_type for document in chosen}, key=module_name)
    return Package(package, tuple(_task_type(name, chosen) for name in names))


def _task_type(name: str, chosen: Sequence[Document]) -> TaskType:
    documents = tuple(document for document in chosen if document.task_type == name)
    statuses = {s: text for document in documents for s, text in document.statuses}
    codes = [code for document in documents for code in document.codes]
    errors = error_members(statuses, codes)
    stem = pascal_case(name)
    return TaskType(name, module_name(name), stem, documents, errors)


def _is_chosen(document: Document, only: Sequence[str]) -> bool:
    names = (document.id, document.air, document.task_type)
    return not only or any(fnmatchcase(n, pattern) for pattern in only for n in names)


def _clashes(made: list[tuple[Source, Document]]) -> list[Problem]:
    """Find documents that say the same thing, or would have the same name."""
    problems: list[Problem] = []
    tasks: dict[tuple[str, str], Source] = {}
    names: dict[str, tuple[Source, str]] = {}
    packages: dict[str, tuple[Source, str]] = {}
    for source, document in sorted(made, key=lambda pair: pair[0].source):
        repeated = False
        for model in document.models or ("",):
            first = tasks.setdefault((document.task_type, model), source)
            if first is not source and not repeated:
                repeated = True
                what = f"the model {model!r}" if model else "any model"
                problems.append(
                    Problem(
                        source.source,
                        "/components/schemas/RequestBody",
                        f"The task type {document.task_type!r} for {what} is already "
                        f"described by {first.source}.",
                        "Give one document for each task type and model.",
                    )
                )
        package = module_name(document.task_type)
        for name in (document.module, document.request.name):
            full = f"tasks.{package}.{name}"
            known, identifier = names.setdefault(full, (source, document.id))
            if known is not source and not repeated:
                repeated = True
                problems.append(_clash(source, document.id, identifier, known, full))
        known, name = packages.setdefault(package, (source, document.task_type))
        if name != document.task_type:
            problems.append(_clash(source, document.task_type, name, known, package))
    return problems


def _clash(
    source: Source, name: str, other: str, known: Source, module: str
) -> Problem:
    return Problem(
        source.source,
        "/info",
        f"{name!r} and {other!r} ({known.source}) would both be named {module}.",
        "Leave one of them out, or generate it into a package of its own.",
    )
