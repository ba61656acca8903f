"""Validates schemas: the shapes of keywords, and whether each keyword is supported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from runware_codegen.documents import JsonObject, JsonValue
from runware_codegen.formats import NOT_ASSERTED
from runware_codegen.parse.patterns import UnsupportedPatternError, translate
from runware_codegen.parse.schema.constraints import subject_of
from runware_codegen.parse.schema.schemas import Schema, Schemas
from runware_codegen.parse.schema.vocabulary import (
    DEFINITIONS,
    SHAPES,
    is_supported,
    not_schemas,
    remedy_for,
)
from runware_codegen.problems import InvalidInputError, Path, Problem, json_pointer

_JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_OPENAPI = "https://spec.openapis.org/oas/3.1/dialect/"
_UNSUPPORTED = "is not supported: the client would not enforce it."


@dataclass(slots=True)
class Findings:
    """The problems of the schemas of a document.

    Attributes:
        source: The file of the document.
        malformed: Keywords whose value is invalid.
        unenforced: Keywords that are valid but not supported.
        skipped: The paths of the unenforced keywords.
    """

    source: str
    malformed: list[Problem] = field(default_factory=list)
    unenforced: list[Problem] = field(default_factory=list)
    skipped: set[Path] = field(default_factory=set)

    def refuse(self, path: Path, message: str, remedy: str) -> None:
        """Record that the value of a keyword is invalid."""
        place = json_pointer(path)
        self.malformed.append(Problem(self.source, place, message, remedy))

    def not_enforced(self, path: Path, message: str, remedy: str) -> None:
        """Record that a keyword, or a part of its value, is not supported."""
        place = json_pointer(path)
        self.unenforced.append(Problem(self.source, place, message, remedy))


def validate_schemas(schemas: Schemas, root: Schema) -> Findings:
    """Validate a schema, its subschemas, and the targets of their references."""
    findings = Findings(schemas.source)
    seen: set[Path] = set()
    stack = [root]
    while stack:
        schema = stack.pop()
        if schema.path in seen:
            continue
        seen.add(schema.path)
        for keyword, value in schema.keywords.items():
            _check_keyword((*schema.path, keyword), keyword, value, findings)
        stack.extend(_parts(schemas, schema, findings))
    return findings


def _parts(schemas: Schemas, schema: Schema, findings: Findings) -> Iterator[Schema]:
    for child in schema.children():
        if child.path[len(schema.path)] not in DEFINITIONS:
            yield child
    if isinstance(schema.keywords.get("$ref"), str):
        try:
            yield schemas.target(schema)
        except InvalidInputError as error:
            findings.malformed += error.problems


def _check_keyword(
    path: Path, keyword: str, value: JsonValue, findings: Findings
) -> None:
    if keyword == "$schema" and _is_known_dialect(value):
        return
    if not is_supported(keyword):
        message = f"The keyword {keyword!r} {_UNSUPPORTED}"
        findings.not_enforced(path, message, remedy_for(keyword))
        findings.skipped.add(path)
        return
    accepts, shape = SHAPES.get(keyword, (lambda _: True, ""))
    if not accepts(value):
        _refuse_value(keyword, value, path, shape, findings)
    elif keyword == "format" and value in NOT_ASSERTED:
        message = f"The format {value!r} {_UNSUPPORTED}"
        remedy = "Remove it, or allow it with --allow-unenforced."
        findings.not_enforced(path, message, remedy)
    elif keyword == "x-constraints":
        _check_constraints(cast("list[JsonObject]", value), path, findings)
    elif keyword == "pattern":
        _check_pattern(str(value), path, findings)
    elif keyword == "patternProperties":
        for name in cast("JsonObject", value):
            _check_pattern(name, (*path, name), findings, of_names=True)


def _refuse_value(
    keyword: str, value: JsonValue, path: Path, shape: str, findings: Findings
) -> None:
    """Record each part that is not a schema, else the whole value."""
    wrong = not_schemas(keyword, value)
    for step in wrong:
        message = f"{keyword!r} has a value that is not a schema."
        findings.refuse((*path, step), message, "It must be an object or a boolean.")
    if not wrong:
        message = f"The value of {keyword!r} is invalid."
        findings.refuse(path, message, f"It must be {shape}.")


def _check_constraints(
    constraints: list[JsonObject], path: Path, findings: Findings
) -> None:
    remedy = (
        "Give a minimum or a maximum: of the area or the ratio of two members of one"
        " object, or of media files, with one parameter or the scope"
        ' "each". Or allow it with --allow-unenforced.'
    )
    for index, constraint in enumerate(constraints):
        if not subject_of(constraint):
            message = f"The constraint {constraint['operation']!r} {_UNSUPPORTED}"
            findings.not_enforced((*path, index), message, remedy)


def dialect_problems(source: str, tree: JsonObject) -> list[Problem]:
    """Return what is wrong with the dialect that a document declares for its schemas."""
    dialect = tree.get("jsonSchemaDialect", _JSON_SCHEMA)
    if _is_known_dialect(dialect):
        return []
    message = f"The dialect {dialect!r} is not supported: keywords would have another meaning."
    remedy = f"Write the schemas in the dialect {_JSON_SCHEMA}."
    return [Problem(source, "/jsonSchemaDialect", message, remedy)]


def _is_known_dialect(value: JsonValue) -> bool:
    return value == _JSON_SCHEMA or str(value).startswith(_OPENAPI)


def _check_pattern(
    pattern: str, path: Path, findings: Findings, *, of_names: bool = False
) -> None:
    try:
        translate(pattern)
    except UnsupportedPatternError as error:
        message = f"The pattern is not supported: {error}."
        if of_names:
            findings.refuse(path, message, "Write it without that.")
            return
        remedy = "Write it without that, or allow it with --allow-unenforced."
        findings.not_enforced(path, message, remedy)
        findings.skipped.add(path)
