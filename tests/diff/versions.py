"""Versions of small documents, compared in this process."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from making import a_document
from runware_codegen.diff.documents import compare
from runware_codegen.diff.proof import validators
from runware_codegen.documents.load import load_text
from runware_codegen.documents.sources import Source
from runware_codegen.parse.document import parse_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runware_codegen.diff.entries import Entry
    from runware_codegen.diff.proof.validators import Version


def version_of(document: Mapping[str, Any]) -> Version:
    """Read a document. The result is cached for the next tests."""
    return _version_of(json.dumps(document))


@lru_cache(maxsize=16)
def _version_of(text: str) -> Version:
    source = Source("sample.json", Path("sample.json"))
    loaded = load_text(source, text)
    assert loaded is not None
    model = parse_document(loaded, allow_unenforced=True)
    return validators.version_of(loaded, model)


def entries_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Entry]:
    """Compare two documents."""
    return compare(version_of(old), version_of(new), "sample.json")


def entries_of_tasks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Entry]:
    """Compare two documents with these task schemas."""
    return entries_of(a_document(old), a_document(new))
