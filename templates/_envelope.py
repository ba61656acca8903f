"""What the server answers: results and errors, each a plain JSON object.

Runware answers `{"data": […], "errors": […]}`, where either may be missing, or
`{"error": {…}, "taskUUID": …}`; an item of `data` may say `"status": "error"`. Errors are
scoped to their task: the other tasks of the same call may have succeeded, and an error
may come with HTTP 200.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ._exceptions import ResponseError, readable
from ._json import is_array, is_object

if TYPE_CHECKING:
    from ._api_key import ApiKey

Item: TypeAlias = dict[str, Any]

LONGEST_EXCERPT = 300
"""Characters of a body that cannot be read which its error repeats."""

SCOPE = ("taskType", "taskUUID")
"""The members that say which task an error is about."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One answer.

    Attributes:
        http_status: Its HTTP status.
        data: Results, and news of tasks that are still under way.
        errors: Error objects, without the key even where the server repeats it.
    """

    http_status: int
    data: list[Item]
    errors: list[Item]


def read_envelope(http_status: int, body: bytes, key: ApiKey) -> Envelope:
    """Read the body of an answer.

    An answer with a status of 400 or more that is not an envelope, such as the page of
    a proxy, becomes an error object that quotes it: the status says what it means.

    Args:
        http_status: The answer's HTTP status.
        body: Its body, decompressed.
        key: The key to keep out of errors.

    Raises:
        ResponseError: The status is below 400 and the body is not an envelope.
    """
    errors: list[Item] = []
    try:
        content = json.loads(body)
        errors = key.scrub(_errors(content))
    except (ValueError, RecursionError):
        content = None
    data = _results(content)
    if errors or (http_status < 300 and _is_envelope(content)):
        return Envelope(http_status, data, errors)
    excerpt = _excerpt(body, key)
    if http_status >= 400:
        message = f"there is no error object in the answer, which begins: {excerpt}"
        return Envelope(http_status, data, [{"message": message}])
    raise ResponseError(
        f"HTTP {http_status} with an answer that is not JSON with data or errors; "
        f"it begins: {excerpt}",
        http_status=http_status,
        body=excerpt,
    )


def _is_envelope(content: Any) -> bool:
    names = ("data", "errors", "error")
    return is_object(content) and not content.keys().isdisjoint(names)


def _results(content: Any) -> list[Item]:
    if not is_object(content):
        return []
    return [item for item in _objects(content.get("data")) if not _is_failure(item)]


def _errors(content: Any) -> list[Item]:
    """The error objects of all spellings of the envelope."""
    if not is_object(content):
        return []
    scope = {name: content[name] for name in SCOPE if name in content}
    lone = [{**scope, **error} for error in _error_objects(content.get("error"))]
    failures = filter(_is_failure, _objects(content.get("data")))
    failed = [
        {**item, **error}
        for item in failures
        for error in _error_objects(item.get("error")) or [{}]
    ]
    return _error_objects(content.get("errors")) + lone + failed


def _is_failure(item: Item) -> bool:
    return item.get("status") == "error"


def _error_objects(value: Any) -> list[Item]:
    """Error objects; bare text in their place becomes the message of one."""
    values = value if is_array(value) else [value]
    return _objects([{"message": v} if isinstance(v, str) else v for v in values])


def _objects(value: Any) -> list[Item]:
    """The objects in a list, or one that stands in its place."""
    return [item for item in (value if is_array(value) else [value]) if is_object(item)]


def _excerpt(body: bytes, key: ApiKey) -> str:
    text = key.scrub(body.decode(errors="replace").replace("\\/", "/"))
    return readable(text.strip(), LONGEST_EXCERPT) or "(nothing)"
