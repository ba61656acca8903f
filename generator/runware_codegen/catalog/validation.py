"""Validates a fetched document before it replaces another."""

from __future__ import annotations

from dataclasses import replace

from runware_codegen.catalog.index import is_web_page
from runware_codegen.catalog.names import is_air, is_identifier
from runware_codegen.documents import JsonObject, SourceDocument
from runware_codegen.documents.load import load_text
from runware_codegen.documents.members import object_of, text_of
from runware_codegen.documents.sources import Source, decoded, not_openapi
from runware_codegen.problems import InvalidInputError

_START_SHOWN = 40
_MAX_REFERENCES = 16
_REMEDY = (
    "Fetch it again. If it is still invalid, report it to Runware, and use the general"
    " document of its task type."
)


def facts_of(content: bytes, url: str) -> tuple[str, str]:
    """Validate a document, and return its task type and its AIR.

    Args:
        content: The bytes of the document.
        url: Its URL, for problems.

    Returns:
        The task type; empty if the document does not state it as a constant. The AIR;
        empty without a valid one.

    Raises:
        InvalidInputError: If it is not an OpenAPI document.
    """
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:_START_SHOWN]
    if not start.startswith(b"{"):
        shown = ascii(start.decode(errors="replace")) if start else "nothing"
        what = "a web page" if is_web_page(content) else "not a document"
        raise InvalidInputError.of(
            url,
            f"The response is {what}. It starts with {shown}",
            "Open this URL in a browser, and check --index-url. A proxy may have sent the response.",
        )
    try:
        document = _document(Source(url, None), content)
    except InvalidInputError as invalid:
        raise InvalidInputError(
            replace(problem, remedy=_REMEDY) for problem in invalid.problems
        ) from None
    properties = object_of(_task(document.tree), "properties")
    constant = text_of(object_of(properties, "taskType"), "const")
    air = text_of(object_of(document.tree, "info"), "x-air-id")
    return constant if is_identifier(constant) else "", air if is_air(air) else ""


def _document(source: Source, content: bytes) -> SourceDocument:
    if document := load_text(source, decoded(source, content)):
        return document
    raise InvalidInputError([not_openapi(source)])


def _task(tree: JsonObject) -> JsonObject:
    """Find the task in RequestBody: the items of an array, or the object itself."""
    schemas = object_of(object_of(tree, "components"), "schemas")
    body = _target(object_of(schemas, "RequestBody"), schemas)
    return _target(object_of(body, "items") if "items" in body else body, schemas)


def _target(schema: JsonObject, schemas: JsonObject) -> JsonObject:
    """Follow references to named schemas."""
    for _ in range(_MAX_REFERENCES):
        if not (reference := text_of(schema, "$ref")):
            break
        schema = object_of(schemas, reference.rpartition("/")[2])
    return schema
