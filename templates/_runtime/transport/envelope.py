"""Parses responses of the server into results and errors, as plain JSON objects.

Runware returns `{"data": […], "errors": […]}`, where either may be missing, or
`{"error": {…}, "taskUUID": …}`. An item of `data` may have `"status": "error"`. An error
is about one task: other tasks of the same call may have succeeded. An error may have the
HTTP status 200.

Also accepted are a single error `{"code": …, "message": …}`, an array of such errors, a
problem of RFC 9457, a text in place of an error object, and results without an envelope.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, TypeGuard

from ..exceptions import ResponseError, readable
from ..json_values import is_array, is_object, parts_of
from ..retry_after import retry_after
from .api_key import ApiKey
from .endpoint import shown_url

Item: TypeAlias = dict[str, Any]

MAX_DIGITS = 4000
"""Digits from which an integer is parsed as a float, which may be infinite."""

MAX_EXCERPT = 300
"""Maximum number of characters of a body in an error."""

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "cf-ray")
"""Headers with the identifier of an exchange, of servers and gateways."""

FAILURES = frozenset({"error", "failed", "failure"})
"""The values of `status`, in lower case, of an item whose task has failed."""

SCOPE = ("taskType", "taskUUID")
"""The members that name the task of an error."""

_MAX_LEVELS = 100
"""Maximum depth of an error object; the arrays and objects of a deeper one are dropped."""

ENVELOPE = frozenset({"data", "errors", "error"})
"""The members of an envelope."""

_ERROR_MEMBERS = frozenset(
    {
        *(*SCOPE, "error", "code", "message", "parameter", "type", "documentation"),
        *("allowedValues", "responseContent", "requestId"),
    }
)
"""The members of error objects; an item with other members may be a result."""

_CONSTANTS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_PROBLEM_NAME = re.compile("(?:.*[/#:])?([A-Za-z]+(?:[-_][A-Za-z]+)*)/?", re.DOTALL)


class Answer(NamedTuple):
    """One HTTP response. The names of its headers ignore case; its body is decompressed."""

    http_status: int
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""

    @property
    def request_id(self) -> str | None:
        """The identifier of the exchange, for Runware's support; None without one."""
        headers = self.headers
        return next((headers[n] for n in REQUEST_ID_HEADERS if n in headers), None)

    @property
    def retry_after(self) -> float | None:
        """The seconds in the header Retry-After; None without a valid one."""
        return retry_after(self.headers)


class Envelope(NamedTuple):
    """The content of a response.

    Attributes:
        answer: The response.
        data: Results, and status updates of unfinished tasks.
        errors: Error objects, without the API key.
        excerpt: The start of the body, without the API key; empty without errors.
        request_id: The identifier of the exchange, without the API key.
        is_partial: Whether another message may have more about its tasks.
        is_cut: Whether the connection of the call ended, and the response is incomplete or
            has only errors. These may be copies of what an earlier call received.
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
        """The HTTP status of the response."""
        return self.answer.http_status

    @property
    def retry_after(self) -> float | None:
        """The seconds in the header Retry-After; None without a valid one."""
        return self.answer.retry_after


def read_envelope(answer: Answer, key: ApiKey) -> Envelope:
    """Parse the body of a response. The API key is removed from errors.

    If the status is 400 or more and there is no error object, as in the page of a proxy,
    the envelope has an error object that quotes the body.

    Raises:
        ResponseError: The status is below 400 and the body is not an envelope, or the
            response is a redirection.
    """
    http_status = answer.http_status
    request_id = key.scrub(answer.request_id)
    content = parsed(answer.body)
    data = _results(content, http_status)
    is_redirection = 300 <= http_status < 400
    errors = [] if is_redirection else _errors(content, http_status)
    if http_status < 300 and (data or _is_envelope(content)) and not errors:
        return Envelope(answer, data, errors, request_id=request_id)
    excerpt = _excerpt(answer.body, key)
    if http_status >= 400 and not errors:
        message = f"the response has no error object. It starts with: {excerpt}"
        errors = [{"message": message}]
    if errors:
        errors = key.scrub([_bounded(error) for error in errors])
        return Envelope(answer, data, errors, excerpt, request_id)
    what = f"a response that is not JSON with data or errors. It starts with: {excerpt}"
    if is_redirection:
        what = f"a redirection to {shown_url(answer.headers.get('location', ''))!r}"
    raise ResponseError(
        f"HTTP {http_status} with {what}",
        http_status=http_status,
        request_id=request_id,
        body=excerpt,
    )


def has_failed(item: Item) -> bool:
    """Return whether the status of an item is that of a failed task."""
    status = item.get("status")
    return isinstance(status, str) and status.casefold() in FAILURES


def code_of(error: Item) -> str:
    """Return the code of an error object; empty if it has none."""
    return text_of(error, "code") or ""


def task_keys(item: Item) -> list[str]:
    """Return the keys of the task that an item names: its UUID, then its type."""
    names = (text_of(item, "taskUUID"), text_of(item, "taskType"))
    return [name.casefold() for name in names if name]


def text_of(item: Item, member: str) -> str | None:
    """Return a text in an item; None if it is missing, empty or not a text."""
    value = item.get(member)
    return value if isinstance(value, str) and value else None


def parsed(body: bytes | str) -> Any:
    """Parse a body as JSON; None if it is not JSON.

    NaN and infinities become the constants of `math`, so that equal responses compare
    equal. Bytes that are not valid become U+FFFD, and control characters are kept, so that
    one bad text does not hide all results.
    """
    text = _decoded(body) if isinstance(body, bytes) else body
    for decoder in _DECODERS:
        with suppress(ValueError, RecursionError):
            return decoder.decode(text)
    return None


def _decoded(body: bytes) -> str:
    encoding = json.detect_encoding(body)
    try:
        return body.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        return body.decode(encoding, "replace")


def _integer(digits: str) -> float:
    return int(digits) if len(digits) < MAX_DIGITS else float(digits)


_DECODERS = tuple(
    json.JSONDecoder(
        parse_constant=_CONSTANTS.__getitem__, parse_int=each, strict=False
    )
    for each in (None, _integer)
)
"""JSON decoders; the slower second one parses integers with thousands of digits."""


def _is_envelope(content: Any) -> TypeGuard[Item]:
    return is_object(content) and not content.keys().isdisjoint(ENVELOPE)


def _results(content: Any, http_status: int) -> list[Item]:
    if _is_envelope(content):
        items = _objects(content.get("data"))
    else:
        named = [item for item in _objects(content) if "taskUUID" in item]
        items = [e for e in named if not _is_error(_completed(e), http_status)]
    return [item for item in items if not _is_failure(item)]


def _errors(content: Any, http_status: int) -> list[Item]:
    """Return the error objects of a response, in all accepted forms."""
    if not is_object(content):
        given = _error_objects(content)
        return [error for error in given if _is_error(error, http_status)]
    errors: list[Item] = []
    if "errors" in content or "error" in content:
        names = content.keys() - ENVELOPE - {"status"}
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
    """Return the error objects in a value or an array; texts become error objects.

    The members in `about` are added to objects that lack them.
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
    """Return whether an item of `data` is an error, by its status or by its members."""
    if has_failed(item):
        return True
    has_error = bool(item.get("error")) or item.keys() >= {"code", "message"}
    return has_error and item.keys() <= _ERROR_MEMBERS


def _is_error(item: Item, http_status: int) -> bool:
    """Return whether an object without an envelope is an error object."""
    has_message, has_code = (bool(text_of(item, n)) for n in ("message", "code"))
    if http_status >= 400:
        return has_message or has_code
    status = item.get("status")
    is_problem = has_message and type(status) is int and status >= 400
    return is_problem or has_failed(item) or (has_message and has_code)


def _completed(error: Item) -> Item:
    """Return an error object with `code` and `message`, also from other members.

    Source: RFC 9457, section 3.1: `title` and `detail` are texts for people, and `type`
    is a URI of the kind of problem.
    """
    nested = error.get("error")
    if is_object(nested):
        error = error | nested
    elif nested and isinstance(nested, str):
        error = {"message": nested} | error
    texts = [*filter(None, (text_of(error, name) for name in ("title", "detail")))]
    if not texts or text_of(error, "message"):
        return error
    completed = error | {"message": ": ".join(dict.fromkeys(texts))}
    kind = text_of(error, "type")
    if kind and kind != "about:blank":
        name = _PROBLEM_NAME.fullmatch(kind)
        if name and not text_of(error, "code"):
            completed["code"] = _camel_case(name[1])
        if kind.startswith(("https://", "http://")):
            completed.setdefault("documentation", kind)
    return completed


def _camel_case(name: str) -> str:
    first, *others = re.split("[-_]", name)
    return first[:1].lower() + first[1:] + "".join(map(str.capitalize, others))


def _bounded(error: Item) -> Item:
    """Return an error object that is not too deep to be copied and shown."""
    level: list[Any] = [error]
    for _ in range(_MAX_LEVELS):
        level = [part for container in level for part in _containers(container)]
        if not level:
            return error
    return {name: value for name, value in error.items() if not _has_parts(value)}


def _containers(value: Any) -> Iterable[Any]:
    return filter(_has_parts, (part for _, part in parts_of(value)))


def _has_parts(value: Any) -> bool:
    return isinstance(value, (dict, list))


def _objects(value: Any) -> list[Item]:
    """Return the objects in an array, or a single object as a list."""
    return [item for item in (value if is_array(value) else [value]) if is_object(item)]


def _excerpt(body: bytes, key: ApiKey) -> str:
    start = body.lstrip()[: MAX_EXCERPT * 100]  # long enough to find the API key
    text = _unescaped(start.decode(errors="replace"))
    return readable(key.scrub(text).strip(), MAX_EXCERPT) or "(nothing)"


def _unescaped(text: str) -> str:
    """Return JSON text without escapes, which could hide the API key."""
    text = text.replace("\\/", "/")
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), text)
