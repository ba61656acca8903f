"""What the server answers: results and errors, each a plain JSON object.

Runware answers `{"data": […], "errors": […]}`, where either may be missing, and before a
stream starts `{"error": {…}, "taskUUID": …}`. Errors are scoped to their task: the other
tasks of the same call may have succeeded, and an error may come with HTTP 200.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from ._exceptions import ResponseError, readable

if TYPE_CHECKING:
    from ._api_key import ApiKey

Item: TypeAlias = dict[str, Any]

LONGEST_EXCERPT = 300
"""Characters of a body that cannot be read which its error repeats."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One answer.

    Attributes:
        http_status: Its HTTP status.
        data: Results, and notes on tasks that are still under way.
        errors: Error objects, without the key even where the server repeats it.
    """

    http_status: int
    data: list[Item]
    errors: list[Item]


def read_envelope(http_status: int, body: bytes, key: ApiKey) -> Envelope:
    """Read the body of an answer.

    An answer with a status of 400 or more that is not an envelope, such as the HTML page
    of a proxy, becomes an error object that quotes it: the status says what it means.

    Args:
        http_status: The answer's HTTP status.
        body: Its body, decompressed.
        key: The key to keep out of errors.

    Raises:
        ResponseError: The status is below 400 and the body is not an envelope.
    """
    try:
        content = json.loads(body)
        errors = key.scrub(_errors(content))
    except (ValueError, RecursionError):
        content, errors = None, []
    if _is_envelope(content) and (errors or http_status < 300):
        return Envelope(http_status, _objects(content.get("data")), errors)
    excerpt = _excerpt(body, key)
    if http_status >= 400:
        message = f"there is no error object in the answer, which begins: {excerpt}"
        return Envelope(http_status, [], [{"message": message}])
    raise ResponseError(
        f"HTTP {http_status} with an answer that is not JSON with data or errors; "
        f"it begins: {excerpt}",
        http_status=http_status,
        body=excerpt,
    )


def _is_envelope(content: Any) -> bool:
    return isinstance(content, dict) and not content.keys().isdisjoint(
        ("data", "errors", "error")
    )


def _errors(content: Any) -> list[Item]:
    """The error objects of both spellings of the envelope."""
    if not isinstance(content, dict):
        return []
    outer = cast("Item", content)
    scope = {name: outer[name] for name in ("taskType", "taskUUID") if name in outer}
    lone = [{**scope, **item} for item in _error_objects(outer.get("error"))]
    return _error_objects(outer.get("errors")) + lone


def _error_objects(value: Any) -> list[Item]:
    """Error objects; bare text in their place becomes the message of one."""
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    return _objects([{"message": v} if isinstance(v, str) else v for v in values])


def _objects(value: Any) -> list[Item]:
    """The objects in a list, or one that stands in its place."""
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [cast("Item", v) for v in values if isinstance(v, dict)]


def _excerpt(body: bytes, key: ApiKey) -> str:
    text = key.scrub(body.decode(errors="replace").replace("\\/", "/"))
    return readable(text.strip(), LONGEST_EXCERPT) or "(nothing)"
