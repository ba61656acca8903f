"""What the server answers: results and errors, each a plain JSON object.

Runware answers `{"data": […], "errors": […]}`, where either may be missing, or
`{"error": {…}, "taskUUID": …}`; an item of `data` may say `"status": "error"`. Errors are
scoped to their task: the other tasks of the same call may have succeeded, and an error
may come with HTTP 200.

An error may also stand alone: as `{"code": …, "message": …}`, in an array of such, or as
a problem of RFC 9457. Text may stand in the place of an error object.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from ..exceptions import ResponseError, readable
from ..json_values import is_array, is_object

if TYPE_CHECKING:
    from .api_key import ApiKey

Item: TypeAlias = dict[str, Any]

MAX_DIGITS = 4000
"""Digits of an integer; one with more is read as a float, which may be infinite."""

LONGEST_EXCERPT = 300
"""Characters of a body which an error repeats."""

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "cf-ray")
"""Headers in which servers and what stands before them name an exchange."""

FAILURES = frozenset({"error", "failed", "failure"})
"""What the status of an item says, in lower case, when its task has failed."""

SCOPE = ("taskType", "taskUUID")
"""The members that say which task an error is about."""

LONGEST_RETRY_AFTER = 1e9
"""Seconds: no server asks for more in earnest, and clocks can still be set by it."""

_MOST_LEVELS = 100
"""How deep an error object may be nested for its arrays and objects to be kept."""

_ENVELOPE = frozenset({"data", "errors", "error"})
_ERROR_MEMBERS = frozenset(
    {
        *(*SCOPE, "error", "code", "message", "parameter", "type", "documentation"),
        *("allowedValues", "responseContent", "requestId"),
    }
)
"""The members of error objects; an item with any other may be a result."""

_CONSTANTS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_DECODER = json.JSONDecoder(parse_constant=_CONSTANTS.__getitem__)
_PROBLEM_NAME = re.compile("(?:.*[/#:])?([A-Za-z]+(?:[-_][A-Za-z]+)*)/?", re.DOTALL)


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
            return min(float(text), LONGEST_RETRY_AFTER)
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
        except (ValueError, OverflowError):
            return None


@dataclass(slots=True)
class Envelope:
    """What stands in one answer.

    Attributes:
        answer: The answer.
        data: Results, and news of tasks that are still under way.
        errors: Error objects, without the key even where the server repeats it.
        excerpt: The first part of the body, without the key; only beside errors.
        request_id: What Runware's support can find the exchange by, without the key.
        is_partial: Whether more may come about the tasks that it speaks of.
        is_cut: Whether it lacks something since its connection ended.
    """

    answer: Answer
    data: list[Item]
    errors: list[Item]
    excerpt: str = ""
    request_id: str | None = None
    is_partial: bool = False
    is_cut: bool = False

    @property
    def http_status(self) -> int:
        """The HTTP status of the answer."""
        return self.answer.http_status

    @property
    def retry_after(self) -> float | None:
        """The seconds that the server asks to be left alone; None where it does not."""
        return self.answer.retry_after


def read_envelope(answer: Answer, key: ApiKey) -> Envelope:
    """Read the body of an answer.

    An answer with a status of 400 or more that has no error object, such as the page of
    a proxy, becomes an error object that quotes it: the status says what it means.

    Args:
        answer: The answer.
        key: The key to keep out of errors.

    Raises:
        ResponseError: The status is below 400 and the body is not an envelope, or the
            answer is a redirection.
    """
    http_status = answer.http_status
    request_id = key.scrub(answer.request_id)
    content = _parsed(answer.body)
    data = _results(content)
    is_redirection = 300 <= http_status < 400
    errors = [] if is_redirection else _errors(content, http_status)
    if http_status < 300 and _is_envelope(content) and not errors:
        return Envelope(answer, data, errors, request_id=request_id)
    excerpt = _excerpt(answer.body, key)
    if http_status >= 400 and not errors:
        message = f"there is no error object in the answer, which begins: {excerpt}"
        errors = [{"message": message}]
    if errors:
        errors = key.scrub([_bounded(error) for error in errors])
        return Envelope(answer, data, errors, excerpt, request_id)
    raise ResponseError(
        f"HTTP {http_status} with an answer that is not JSON with data or errors; "
        f"it begins: {excerpt}",
        http_status=http_status,
        request_id=request_id,
        body=excerpt,
    )


def has_failed(item: Item) -> bool:
    """Return whether the status of an item says that its task has failed."""
    status = item.get("status")
    return isinstance(status, str) and status.casefold() in FAILURES


def _parsed(body: bytes) -> Any:
    """The JSON value of a body; None where it has none that Python can hold.

    Numbers that JSON does not have are read as the constants of `math`, so that the
    same answer is equal to itself when it comes again.
    """
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        return _DECODER.decode(text)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    except (ValueError, RecursionError):  # ValueError: int() takes so many digits only
        return _parsed_with_large_numbers(body)


def _parsed_with_large_numbers(body: bytes) -> Any:
    try:
        constant = _CONSTANTS.__getitem__
        return json.loads(body, parse_constant=constant, parse_int=_integer)
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> float:
    return int(digits) if len(digits) < MAX_DIGITS else float(digits)


def _is_envelope(content: Any) -> bool:
    return is_object(content) and not content.keys().isdisjoint(_ENVELOPE)


def _results(content: Any) -> list[Item]:
    items = _objects(content.get("data")) if is_object(content) else []
    return [item for item in items if not _is_failure(item)]


def _errors(content: Any, http_status: int) -> list[Item]:
    """The error objects of all spellings."""
    if not is_object(content):
        given = _error_objects(content)
        return [error for error in given if _is_error(error, http_status)]
    errors: list[Item] = []
    if "errors" in content or "error" in content:
        names = content.keys() - _ENVELOPE - {"status"}
        about = {name: content[name] for name in content if name in names}
        errors += _error_objects(content.get("errors"), about)
        errors += _error_objects(content.get("error"), about)
    failures = filter(_is_failure, _objects(content.get("data")))
    errors += map(_completed, failures)
    if not errors and ("data" not in content or http_status >= 400):
        lone = _completed(content)
        errors = [lone] if _is_error(lone, http_status) else []
    return errors


def _error_objects(value: Any, about: Item | None = None) -> list[Item]:
    """Error objects, of which text may stand in the place of each.

    Args:
        value: One of them, or an array.
        about: Members that each has where it says nothing else.
    """
    about = about or {}
    errors: list[Item] = []
    for error in value if is_array(value) else [value]:
        if is_object(error) and error:
            errors.append(_completed(about | error))
        elif isinstance(error, str) and error:
            errors.append({"message": error} | about)
    return errors


def _is_failure(item: Item) -> bool:
    """Whether an item of `data` is an error: it says so, or can be nothing else."""
    if has_failed(item):
        return True
    has_error = bool(item.get("error")) or item.keys() >= {"code", "message"}
    return has_error and item.keys() <= _ERROR_MEMBERS


def _is_error(item: Item, http_status: int) -> bool:
    """Whether an object that may be anything is an error object."""
    has_message, has_code = _is_text(item.get("message")), _is_text(item.get("code"))
    if http_status >= 400:
        return has_message or has_code
    status = item.get("status")
    is_problem = has_message and type(status) is int and status >= 400
    return is_problem or has_failed(item) or (has_message and has_code)


def _completed(error: Item) -> Item:
    """An error object with the members by which others call its code and message.

    Source: RFC 9457, section 3.1: `title` and `detail` are for people, and `type` is a
    URI that names the kind of the problem.
    """
    nested = error.get("error")
    if is_object(nested):
        error = error | nested
    elif _is_text(nested):
        error = {"message": nested} | error
    texts = [error[name] for name in ("title", "detail") if _is_text(error.get(name))]
    if not texts or _is_text(error.get("message")):
        return error
    completed = error | {"message": ": ".join(dict.fromkeys(texts))}
    kind = error.get("type")
    if _is_text(kind) and kind != "about:blank":
        name = _PROBLEM_NAME.fullmatch(kind)
        if name and not _is_text(error.get("code")):
            completed["code"] = _camel_case(name[1])
        if kind.startswith(("https://", "http://")):
            completed.setdefault("documentation", kind)
    return completed


def _camel_case(name: str) -> str:
    first, *others = re.split("[-_]", name)
    return first[:1].lower() + first[1:] + "".join(map(str.capitalize, others))


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and value != ""


def _bounded(error: Item) -> Item:
    """An error object that can be copied and shown, however deep it came."""
    level: list[Any] = [error]
    for _ in range(_MOST_LEVELS):
        level = [part for container in level for part in _parts(container)]
        if not level:
            return error
    return {name: value for name, value in error.items() if not _has_parts(value)}


def _parts(value: Any) -> Iterable[Any]:
    parts = value.values() if is_object(value) else value
    return filter(_has_parts, parts)


def _has_parts(value: Any) -> bool:
    return isinstance(value, (dict, list))


def _objects(value: Any) -> list[Item]:
    """The objects in an array, or one that stands in its place."""
    return [item for item in (value if is_array(value) else [value]) if is_object(item)]


def _excerpt(body: bytes, key: ApiKey) -> str:
    start = body.lstrip()[: LONGEST_EXCERPT * 100]  # enough for the key to be found
    text = _unescaped(start.decode(errors="replace"))
    return readable(key.scrub(text).strip(), LONGEST_EXCERPT) or "(nothing)"


def _unescaped(text: str) -> str:
    """JSON text without the escapes that would hide a key in it."""
    text = text.replace("\\/", "/")
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), text)
