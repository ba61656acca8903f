"""What the server answers: results and errors, each a plain JSON object.

Runware answers `{"data": […], "errors": […]}`, where either may be missing, or
`{"error": {…}, "taskUUID": …}`; an item of `data` may say `"status": "error"`. Errors are
scoped to their task: the other tasks of the same call may have succeeded, and an error
may come with HTTP 200.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from ._exceptions import ResponseError, readable
from ._json import is_array, is_object

if TYPE_CHECKING:
    from ._api_key import ApiKey

Item: TypeAlias = dict[str, Any]

LONGEST_EXCERPT = 300
"""Characters of a body which an error repeats."""

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "cf-ray")
"""Headers in which servers and what stands before them name an exchange."""

FAILURES = ("error", "failed")
"""What the status of an item of `data` says when its task has failed."""

SCOPE = ("taskType", "taskUUID")
"""The members that say which task an error is about."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer.

    Attributes:
        http_status: Its HTTP status.
        headers: Its headers; the case of their names means nothing.
        body: Its body, decompressed.
    """

    http_status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @property
    def request_id(self) -> str | None:
        """What Runware's support can find the exchange by; None where it has no name."""
        names = (name for name in REQUEST_ID_HEADERS if name in self.headers)
        return self.headers[name] if (name := next(names, None)) else None

    @property
    def retry_after(self) -> float | None:
        """The seconds that the server asks to be left alone; None where it does not.

        Source: RFC 9110, section 10.2.3: a number of seconds or a date.
        """
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands in one answer.

    Attributes:
        answer: The answer.
        data: Results, and news of tasks that are still under way.
        errors: Error objects, without the key even where the server repeats it.
        excerpt: The first part of the body, without the key; only beside errors.
        is_partial: Whether more may come about the tasks of this envelope.
    """

    answer: Answer
    data: list[Item]
    errors: list[Item]
    excerpt: str = ""
    is_partial: bool = False

    @property
    def http_status(self) -> int:
        """The HTTP status of the answer."""
        return self.answer.http_status


def read_envelope(answer: Answer, key: ApiKey) -> Envelope:
    """Read the body of an answer.

    An answer with a status of 400 or more that is not an envelope, such as the page of
    a proxy, becomes an error object that quotes it: the status says what it means.

    Args:
        answer: The answer.
        key: The key to keep out of errors.

    Raises:
        ResponseError: The status is below 400 and the body is not an envelope.
    """
    http_status = answer.http_status
    errors: list[Item] = []
    try:
        content = json.loads(answer.body)
        errors = key.scrub(_errors(content))
    except (ValueError, RecursionError):
        content = None
    data = _results(content)
    if http_status < 300 and _is_envelope(content) and not errors:
        return Envelope(answer, data, errors)
    excerpt = _excerpt(answer.body, key)
    if errors:
        return Envelope(answer, data, errors, excerpt)
    if http_status >= 400:
        message = f"there is no error object in the answer, which begins: {excerpt}"
        return Envelope(answer, data, [{"message": message}], excerpt)
    raise ResponseError(
        f"HTTP {http_status} with an answer that is not JSON with data or errors; "
        f"it begins: {excerpt}",
        http_status=http_status,
        request_id=answer.request_id,
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
    return item.get("status") in FAILURES


def _error_objects(value: Any) -> list[Item]:
    """Error objects; bare text in their place becomes the message of one."""
    values = value if is_array(value) else [value]
    return _objects([{"message": v} if isinstance(v, str) else v for v in values])


def _objects(value: Any) -> list[Item]:
    """The objects in a list, or one that stands in its place."""
    return [item for item in (value if is_array(value) else [value]) if is_object(item)]


def _excerpt(body: bytes, key: ApiKey) -> str:
    start = body[: LONGEST_EXCERPT * 100]  # enough for the key to be found
    text = key.scrub(start.decode(errors="replace").replace("\\/", "/"))
    return readable(text.strip(), LONGEST_EXCERPT) or "(nothing)"
