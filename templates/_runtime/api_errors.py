"""The exceptions for error objects that the server returns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, cast

from .error_codes import ErrorCategory, is_task_conflict
from .error_enum import ErrorEnum
from .exceptions import COLLECT, RunwareError, readable

MAX_DETAIL = 300
"""Maximum number of characters of a provider's text, or of allowed values."""

_REFUSALS = (
    ErrorCategory.AUTH,
    ErrorCategory.QUOTA,
    ErrorCategory.RATE_LIMIT,
    ErrorCategory.VALIDATION,
)
"""Categories of errors with which the server refuses a task before it runs."""


class ErrorSource(Protocol):
    """The attributes of a response that an exception copies."""

    @property
    def http_status(self) -> int:
        """The HTTP status of the response."""
        ...

    @property
    def request_id(self) -> str | None:
        """The identifier of the exchange, for Runware's support."""
        ...

    @property
    def retry_after(self) -> float | None:
        """The seconds in the server's Retry-After."""
        ...

    @property
    def excerpt(self) -> str:
        """The start of the body, without the API key."""
        ...


class APIError(RunwareError):
    """The server returned an error object.

    Attributes:
        http_status: The HTTP status of the response.
        request_id: The identifier of the exchange, for Runware's support; None if the
            server sent none.
        body: The start of the response body, without the API key.
        retry_after: The seconds in the server's Retry-After; None if it sent none.
        status: The HTTP status as a member of the task type's error enum, or as text
            without an enum; None below 400.
        code: The server's error code: a member of that enum, or plain text if the enum
            does not have it; None if the server sent none.
        parameters: The wire names of the parameters that the error is about.
        allowed_values: The allowed values of the parameter, if the server lists them.
        response_content: The error message of the model's provider, as text.
        documentation: A link to documentation; None if the server sent none.
        item: The error object as received, without the API key.
    """

    def __init__(
        self,
        item: Mapping[str, object],
        source: ErrorSource,
        errors: type[ErrorEnum] | None = None,
    ) -> None:
        """Parse an error object of a response, whose members may be of any type.

        Without the error enum of the task type, codes are plain text.
        """
        name = errors or str
        super().__init__(
            ", ".join(_texts(item.get("message"))) or "the server gave no reason",
            task_type=_text(item.get("taskType")),
            task_uuid=_text(item.get("taskUUID")),
        )
        code = _text(item.get("code"))
        http_status = source.http_status
        self.retry_after: float | None = source.retry_after
        self.http_status = http_status
        self.request_id: str | None = source.request_id or _text(item.get("requestId"))
        self.body: str = source.excerpt
        status = errors.from_status(http_status) if errors else str(http_status)
        self.status: str | None = status if http_status >= 400 else None
        self.code: str | None = None if code is None else name(code)
        self.parameters: tuple[str, ...] = _texts(item.get("parameter"))
        self.allowed_values: tuple[Any, ...] = _values(item.get("allowedValues"))
        content = item.get("responseContent")
        self.response_content: str | None = None if content is None else _shown(content)
        self.documentation: str | None = _text(item.get("documentation"))
        self.item: dict[str, Any] = dict(item)

    @property
    def parameter(self) -> str | None:
        """The parameters that the error is about, joined by commas; None if unknown."""
        return ", ".join(self.parameters) or None

    def __str__(self) -> str:
        heading = f"HTTP {self.http_status}" if self.status else ""
        heading = ", ".join(filter(None, (heading, readable(self.code or ""))))
        text = " ".join([f"{heading}: {super().__str__()}", *self._details()])
        return text.removeprefix(": ")

    def _details(self) -> Iterator[str]:
        if self.parameter:
            yield f"Parameter: {readable(self.parameter)}."
        if self.allowed_values:
            few = self.allowed_values[:MAX_DETAIL]
            values = readable(", ".join(map(_shown, few)), MAX_DETAIL)
            yield f"Allowed values: {values}."
        if self.response_content:
            content = readable(self.response_content, MAX_DETAIL)
            yield f"The provider returned: {content}"
        if self.documentation:
            yield f"See {readable(self.documentation)}"
        if self.request_id:
            yield f"Request: {readable(self.request_id)}."


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if type(value) in (int, float) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in map(_text, _values(value)) if text is not None)


def _values(value: object) -> tuple[object, ...]:
    """Return the items of an array, or a single value as a tuple."""
    if isinstance(value, list):
        return tuple(cast("list[object]", value))
    return () if value is None else (value,)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


class APIStatusError(APIError):
    """The response had an HTTP status of 400 or more."""

    advice = "Runware does not document this HTTP status; see `item`."

    def _proves_not_accepted(self) -> bool:
        is_conflict = self.http_status == 409 or is_task_conflict(self.code)
        return self.category in _REFUSALS and not is_conflict


class BadRequestError(APIStatusError):
    """HTTP 400: a parameter of the task is missing or not valid."""

    advice = "Correct the parameter that the message names."
    _advice_to_retry = "A new request with the same input may succeed."


class AuthenticationError(APIStatusError):
    """HTTP 401: the API key is unknown to the server."""

    advice = "Check the key in api_key or RUNWARE_API_KEY; it may have been revoked."


class PaymentRequiredError(APIStatusError):
    """HTTP 402: the balance does not cover the task."""

    advice = "Add credit to the account."


class PermissionDeniedError(APIStatusError):
    """HTTP 403: the API key does not have the permission for this task."""

    advice = "Use a key with this permission, or ask the owner of the team for it."


class NotFoundError(APIStatusError):
    """HTTP 404: the address or an identifier in the task does not exist."""

    advice = "Check the task's identifiers and the client's base_url."


class RateLimitError(APIStatusError):
    """HTTP 429: too many tasks in a short time."""

    advice = "Wait, then send fewer tasks at a time."


class ServerError(APIStatusError):
    """HTTP 500 and above: Runware or its gateway failed.

    The task may have run, except after a 503 with a Retry-After header.
    """

    advice = "Runware or its gateway failed."
    may_have_run = True

    def _proves_not_accepted(self) -> bool:
        return True


class TaskError(APIError):
    """The task failed: an error object in a response with an HTTP status below 400."""

    advice = "The task has ended. Correct the cause in the message and send a new task."

    _advice_to_retry = (
        "The task has ended. A new request with the same input may succeed."
    )

    def _what_to_do(self) -> str:
        if self.handle is None or "advice" in vars(self):
            return super()._what_to_do()
        return COLLECT  # the task has not ended


_CLASSES: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
}

_ADVICE = {
    407: (
        "The proxy requires a user name and a password. Add them to its URL, as in "
        "HTTP_PROXY=http://user:password@proxy:3128."
    ),
    413: "The task is too large. Use smaller files, or URLs of files.",
    501: "Check that base_url is the URL of Runware's API.",
    505: "Check that base_url is the URL of Runware's API.",
}


def api_error(
    item: Mapping[str, object], source: ErrorSource, errors: type[ErrorEnum] | None
) -> APIError:
    """Return the exception for an error object in a response."""
    status = source.http_status
    if status < 400:
        return TaskError(item, source, errors)
    kind = _CLASSES.get(status, ServerError if status >= 500 else APIStatusError)
    error = kind(item, source, errors)
    if is_task_conflict(error.code):
        error.advice = "The server has a task with this taskUUID."
    elif status in _ADVICE:
        error.advice = _ADVICE[status]
    return error
