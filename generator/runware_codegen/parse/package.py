"""Turns documents into the model of a package."""

from __future__ import annotations

from collections.abc import Iterable

from runware_codegen.documents import SourceDocument as Source
from runware_codegen.model import Document, Package
from runware_codegen.parse.assembly import DocumentFilter, assemble, conflicts
from runware_codegen.parse.document import parse_document
from runware_codegen.parse.own_models import with_own_models, without_documents
from runware_codegen.problems import InvalidInputError, Problem
from runware_codegen.settings import OwnModels

_USUAL_FILTER = DocumentFilter()
_NO_MODELS = OwnModels()


def parse(
    documents: Iterable[Source],
    *,
    package: str,
    allow_unenforced: bool = False,
    document_filter: DocumentFilter = _USUAL_FILTER,
    own_models: OwnModels = _NO_MODELS,
) -> Package[Document]:
    """Turn documents into the model of a package.

    Args:
        documents: In any order.
        package: The name of the package.
        allow_unenforced: Whether keywords that are not supported are allowed.
        document_filter: Selects the documents of the package.
        own_models: The user's own models, which classes accept too.

    Raises:
        InvalidInputError: With all problems of all documents.
    """
    chosen: dict[str, Document] = {}
    problems: list[Problem] = []
    known: list[Document] = []
    for source in documents:
        try:
            document = parse_document(source, allow_unenforced=allow_unenforced)
            document = with_own_models(document, own_models)
        except InvalidInputError as error:
            problems += error.problems
            continue
        known.append(document)
        if document_filter.matches(document):
            chosen[source.source] = document
    problems += without_documents(own_models, known)
    if problems := [*problems, *conflicts(chosen)]:
        raise InvalidInputError(problems)
    return assemble(package, chosen.values())
