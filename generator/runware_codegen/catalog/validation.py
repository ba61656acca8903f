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
    "Fetch it again. If it is still invalid, report it to Runware, and use the general"
    " document of its task type."
)


def task_type_of(content: bytes, url: str) -> str:
    """Validate a document, and return its task type.

    Args:
        content: The bytes of the document.
        url: Its URL, for problems.

    Returns:
        The task type; empty if the document does not state it as a constant.

    Raises:
        InvalidInputError: It is not an OpenAPI document.
    """
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:_START_SHOWN]
    if not start.startswith(b"{"):
        shown = ascii(start.decode(errors="replace")) if start else "nothing"
        what = "a web page" if is_web_page(content) else "not a document"
        raise InvalidInputError.of(
            url,
            f"The response is {what}. It starts with {shown}",
            "Open this URL in a browser, and check --index-url. A proxy may have sent it.",
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
