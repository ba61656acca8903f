"""Loads documents: finds, reads and validates them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from runware_codegen.documents.json_text import is_cut_off, read_json
from runware_codegen.documents.sources import (
    JSON_SUFFIXES,
    YAML_SUFFIXES,
    Source,
    find_sources,
    read_text,
)
from runware_codegen.documents.values import (
    JsonObject,
    MalformedError,
    RawValue,
    find_faults,
)
from runware_codegen.problems import (
    InvalidInputError,
    Problem,
    json_pointer,
    without_conflict,
)

# A whole text without one of these is not a document.
_VERSION_KEY = re.compile("openapi|swagger")


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One OpenAPI 3.1 document.

    Attributes:
        source: The file as the user named it, or `<stdin>`.
        name: The file's base name, or `stdin`.
        tree: The document exactly as written: with the order of keys, the difference of
            integers and floats, nulls, and every keyword.
    """

    source: str
    name: str
    tree: JsonObject


@dataclass(frozen=True, slots=True)
class Loaded:
    """The documents of some inputs.

    Attributes:
        documents: The documents, in an order that does not depend on that of the inputs.
        passed_over: A line for each skipped file, such as
            `docs/index.json: not an OpenAPI document`.
    """

    documents: tuple[SourceDocument, ...]
    passed_over: tuple[str, ...]


def load(inputs: Sequence[str]) -> Loaded:
    """Load the OpenAPI 3.1 documents of some inputs.

    Args:
        inputs: Files, folders, which are searched for `*.json`, `*.yaml` and `*.yml`,
            `builtin:PATTERN` for documents of the generator, and `-` for standard input. A
            file that is named twice is loaded once.

    Returns:
        The documents, and the files that are not documents.

    Raises:
        InvalidInputError: With the problems of all inputs. A file without a version of
            OpenAPI is skipped if another input is a document, or if it is in a folder.
    """
    found = find_sources(inputs)
    documents = found.made((source, _outcome(source)) for source in found.sources)
    if found.problems:
        raise InvalidInputError(found.problems)
    return Loaded(tuple(documents.values()), tuple(sorted(set(found.passed_over))))


def _outcome(source: Source) -> SourceDocument | tuple[Problem, ...] | None:
    """Return the document in a source, or its problems; None for another file."""
    try:
        return load_text(source, read_text(source))
    except InvalidInputError as invalid:
        return invalid.problems


def load_text(source: Source, text: str) -> SourceDocument | None:
    """Read a document; None if it has no version of OpenAPI.

    Args:
        source: The source of the text.
        text: The text, without a byte order mark.

    Raises:
        InvalidInputError: With all problems of the document.
    """
    if source.discovered and not (_VERSION_KEY.search(text) or is_cut_off(text)):
        return None
    raw = _read_value(text, source)
    if not (isinstance(raw, dict) and ("openapi" in raw or "swagger" in raw)):
        return None
    tree = _as_tree(raw, source.name)
    from runware_codegen.documents import outline  # noqa: PLC0415  # slow to import

    outline.check_version(tree, source.name)
    outline.check_outline(tree, source.name)
    return SourceDocument(source.name, source.base_name, tree)


def _read_value(text: str, source: Source) -> RawValue:
    try:
        if _is_json(text, source):
            return read_json(text)
        from runware_codegen.documents import yaml_text  # noqa: PLC0415  # as below

        return yaml_text.read_yaml(text)
    except MalformedError as malformed:
        fault = malformed.fault
        remedy = without_conflict(text, fault.remedy)
        raise InvalidInputError.of(source.name, fault.message, remedy) from None


def _is_json(text: str, source: Source) -> bool:
    if source.suffix in JSON_SUFFIXES | YAML_SUFFIXES:
        return source.suffix in JSON_SUFFIXES
    return text.lstrip().startswith(("{", "["))


def _as_tree(raw: RawValue, source: str) -> JsonObject:
    problems = [
        Problem(source, json_pointer(path), fault.message, fault.remedy)
        for path, fault in find_faults(raw)
    ]
    if problems:
        raise InvalidInputError(problems)
    return cast("JsonObject", raw)
