"""The members that results of a task type have in general.

The general documents in the generator's folder `specs/` describe them. If the document of a
model does not describe its results, or only some of their members, these are added.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

from runware_codegen.documents import JsonObject
from runware_codegen.model import Class
from runware_codegen.resources import builtin_documents, builtin_task_type
from runware_codegen.wording import joined_paragraphs


@cache
def _general_documents() -> dict[str, Path]:
    return {builtin_task_type(path): path for path in builtin_documents("*")}


@cache
def general_document(task_type: str) -> JsonObject | None:
    """Return the general document of a task type; None if there is none."""
    path = _general_documents().get(task_type)
    tree: JsonObject | None = json.loads(path.read_text("utf-8")) if path else None
    return tree


def completed(own: Class, general: Class, task_type: str) -> Class:
    """Add the members of the general result to the result of a document.

    Args:
        own: The result as the document describes it.
        general: The result of the general document.
        task_type: The task type, for the description.

    Returns:
        The general result if the document names no members. Otherwise the document's
        result; the members that only the general result has are added as optional fields.
    """
    if not own.fields:
        more = (
            "The document does not describe its results. These are the members that"
            f" results of `{task_type}` have in general."
        )
        fields = tuple(replace(field, general=True) for field in general.fields)
        return replace(general, fields=fields, doc=joined_paragraphs(general.doc, more))
    taken = {name for field in own.fields for name in (field.name, field.json_name)}
    missing = [
        replace(field, required=False, general=True)
        for field in general.fields
        if taken.isdisjoint((field.name, field.json_name))
    ]
    if not missing:
        return own
    names = ", ".join(f"`{field.json_name}`" for field in missing)
    more = (
        f"Results of `{task_type}` may have these members too, which the document does"
        f" not name: {names}."
    )
    fields = (*own.fields, *missing)
    return replace(own, fields=fields, doc=joined_paragraphs(own.doc, more))
