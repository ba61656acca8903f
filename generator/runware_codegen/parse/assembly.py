"""Filters documents, finds conflicts between them, and makes a package of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from runware_codegen.model import DocumentInfo, DocumentT, Package, TaskType
from runware_codegen.naming.names import module_name, natural, pascal_case
from runware_codegen.parse.metadata.error_codes import (
    common_error_members,
    error_members,
)
from runware_codegen.problems import Problem

_REMOVE = "`runware-codegen fetch --remove MODEL` removes a document that was fetched."


class DocumentFilter(NamedTuple):
    """Selects documents.

    Attributes:
        only: Patterns of identifiers, AIRs or task types; empty for all documents.
        statuses: The statuses to include. A document without one is included.
    """

    only: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ("live", "deprecated")

    def matches(self, document: DocumentInfo) -> bool:
        """Return whether a document is selected."""
        if document.status and document.status not in self.statuses:
            return False
        names = (document.id, document.air, document.task_type)
        return not self.only or any(
            fnmatchcase(name, pattern) for pattern in self.only for name in names
        )


def assemble(name: str, documents: Iterable[DocumentT]) -> Package[DocumentT]:
    """Make a package of documents.

    Args:
        name: The name of the package.
        documents: Its documents.
    """
    chosen = sorted(documents, key=lambda document: document.id)
    found = {document.task_type for document in chosen}
    names = sorted(found, key=lambda name: natural(module_name(name)))
    task_types = tuple(_task_type(each, chosen) for each in names)
    return Package(name, task_types, common_error_members())


def _task_type(name: str, chosen: Sequence[DocumentT]) -> TaskType[DocumentT]:
    documents = tuple(document for document in chosen if document.task_type == name)
    statuses = {s: text for document in documents for s, text in document.status_texts}
    codes = [code for document in documents for code in document.error_codes]
    common = common_error_members()
    errors = tuple(e for e in error_members(statuses, codes) if e not in common)
    return TaskType(name, module_name(name), pascal_case(name), documents, errors)


def conflicts(documents: Mapping[str, DocumentInfo]) -> list[Problem]:
    """Find documents that describe the same tasks, or that would have the same name.

    Args:
        documents: The documents, by their files as the user named them.

    Returns:
        A problem for each document that conflicts with an earlier one.
    """
    problems: list[Problem] = []
    tasks: dict[tuple[str, str], str] = {}
    names: dict[str, tuple[str, str]] = {}
    packages: dict[str, tuple[str, str]] = {}
    for source, document in sorted(documents.items()):
        package = module_name(document.task_type)
        found = [
            _repeated(source, document.task_type, model, first)
            for model in document.models or ("",)
            if (first := tasks.setdefault((document.task_type, model), source))
            != source
        ]
        for name in (document.module, document.request_name):
            full = f"tasks.{package}.{name}"
            known, identifier = names.setdefault(full, (source, document.id))
            if known != source:
                found.append(
                    _name_conflict(source, document.id, identifier, known, full)
                )
        problems += found[:1]
        known, name = packages.setdefault(package, (source, document.task_type))
        if name != document.task_type:
            problems.append(
                _name_conflict(source, document.task_type, name, known, package)
            )
    return problems


def _repeated(source: str, task_type: str, model: str, first: str) -> Problem:
    what = f"the model {model!r}" if model else "any model"
    return Problem(
        source,
        "/components/schemas/RequestBody",
        f"The task type {task_type!r} for {what} is already described by {first}.",
        f"Use one of the two documents. {_REMOVE}",
    )


def _name_conflict(
    source: str, name: str, other: str, known: str, module: str
) -> Problem:
    return Problem(
        source,
        "/info",
        f"{name!r} and {other!r} ({known}) would both be named {module}.",
        f"Remove one of them, or generate it into a separate package. {_REMOVE}",
    )
