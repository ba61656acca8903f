"""Validates a fetched document before it replaces another."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from runware_codegen.catalog.index import is_web_page
from runware_codegen.documents import load
from runware_codegen.problems import InvalidInputError

if TYPE_CHECKING:
    from runware_codegen.documents import JsonObject, JsonValue

_START_SHOWN = 40
_MAX_REFERENCES = 16
_REMEDY = (
    "Fetch it again; if it is broken still, report it to Runware, and take the general"
    " document of its task type."
)


def task_type_of(content: bytes, url: str) -> str:
    """Check that bytes are a document, and tell its task type.

    Args:
        content: The bytes.
        url: Where they came from, for problems.

    Returns:
        The task type; empty if the document does not say it in a plain way.

    Raises:
        InvalidInputError: They are no OpenAPI document.
    """
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:_START_SHOWN]
    if not start.startswith(b"{"):
        shown = ascii(start.decode(errors="replace")) if start else "nothing"
        what = "a web page" if is_web_page(content) else "no document"
        raise InvalidInputError.of(
            url,
            f"What is there is {what}: it begins with {shown}",
            "Look at this address with a browser, and at --index-url; a proxy may have"
            " sent it.",
        )
    try:
        document = load(["-"], io.BytesIO(content)).documents[0]
    except InvalidInputError as invalid:
        told = [
            replace(problem, source=url, remedy=_REMEDY) for problem in invalid.problems
        ]
        raise InvalidInputError(told) from None
    task = _task(document.tree)
    said = _object(_object(task.get("properties")).get("taskType"))
    constant = said.get("const")
    return constant if isinstance(constant, str) and constant.isidentifier() else ""


def _task(tree: JsonObject) -> JsonObject:
    """Find the task in RequestBody: the items of an array, or the object itself."""
    schemas = _object(_object(tree.get("components")).get("schemas"))
    body = _target(schemas.get("RequestBody"), schemas)
    return _target(body.get("items", body), schemas)


def _target(value: JsonValue, schemas: JsonObject) -> JsonObject:
    """Follow references to named schemas."""
    schema = _object(value)
    for _ in range(_MAX_REFERENCES):
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            break
        schema = _object(schemas.get(reference.rpartition("/")[2]))
    return schema


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}
