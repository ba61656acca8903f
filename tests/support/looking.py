"""A document of a model with media inputs, which have to be uploaded first."""

from __future__ import annotations

from typing import Any

from making import a_document

TASK = "textInference"

_MEDIUM = {"type": "string", "anyOf": [{"format": "uuid"}, {"format": "uri"}]}
_INPUTS = {
    "type": "object",
    "properties": {
        "video": _MEDIUM,
        "image": _MEDIUM,
        "videos": {"type": "array", "items": _MEDIUM},
    },
    "additionalProperties": False,
}
_LIMIT = {"operation": "fileSize", "parameters": ["inputs.video"], "maximum": 50}
_DELIVERY = {"type": "string", "enum": ["sync", "async", "stream"], "default": "sync"}


def a_looking_document() -> dict[str, Any]:
    """Return a document of a model with media inputs. It does not mention uploads."""
    members = {"inputs": _INPUTS, "deliveryMethod": _DELIVERY}
    result = {
        "type": "object",
        "properties": {
            "taskType": {"type": "string", "const": TASK},
            "taskUUID": {"type": "string", "format": "uuid"},
            "text": {"type": "string"},
        },
        "required": ["taskType", "taskUUID", "text"],
    }
    document = a_document(
        {"properties": members, "x-constraints": [_LIMIT]}, result=result
    )
    schema = document["components"]["schemas"]["RequestBody"]["items"]
    schema["properties"]["taskType"]["const"] = TASK
    return document
