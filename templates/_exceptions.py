"""Everything that this package raises on its own account.

    RunwareError
    ├── APIError                  the server answered with an error
    │   ├── APIStatusError        and an HTTP status of 400 or more
    │   │   ├── BadRequestError         400
    │   │   ├── AuthenticationError     401
    │   │   ├── PaymentRequiredError    402
    │   │   ├── PermissionDeniedError   403
    │   │   ├── NotFoundError           404
    │   │   ├── RateLimitError          429
    │   │   └── ServerError             500 and above
    │   └── TaskError             inside an answer that was otherwise fine
    ├── ConnectionError           no answer; also the builtin of that name
    ├── TimeoutError              no result in time; also the builtin of that name
    ├── ResponseError             an answer that cannot be read
    ├── ClosedError               a call of a client that is closed
    └── DownloadError             an output that cannot be saved, from `_download`

A task that its document does not allow never reaches the server: making the request
raises `pydantic.ValidationError`.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._async_handle import AsyncHandle
    from ._base import TaskResult
    from ._envelope import Envelope
    from ._error_enum import ErrorEnum
    from ._handle import Handle

LONGEST_TEXT = 1000
"""Characters of a server's text that a message repeats."""

ErrorT = TypeVar("ErrorT", bound="RunwareError")


class RunwareError(Exception):
    """Base of this package's exceptions.

    Attributes:
        message: What went wrong, without the advice and the place that `str()` adds.
        advice: What to do next.
        task_type: The wire name of the task's type, where the error is about one task.
        task_uuid: The task's `taskUUID`.
        may_have_run: Whether the server may have taken the task, and will bill it.
        handle: Collects what the task gives after all, where it may have run; it stays
            in the process that the error was raised in.
        results: What the task gave before it failed.
    """

    advice: ClassVar[str] = ""
    may_have_run: bool = False
    handle: Handle[Any] | AsyncHandle[Any] | None = None

    def __init__(
        self,
        message: str,
        *,
        task_type: str | None = None,
        task_uuid: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.task_type = task_type
        self.task_uuid = task_uuid
        self.results: list[TaskResult] = []

    def __str__(self) -> str:
        what = readable(self.message).rstrip(".")
        where = " ".join(filter(None, (self.task_type, self.task_uuid)))
        place = f" ({where})" if where else ""
        return f"{what}{place}. {self.advice}".rstrip()

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: vars(self)[name] for name in vars(self) if name != "handle"}
        return _rebuilt, (type(self), self.args, state)

    def about(self, task_type: str | None, task_uuid: str | None) -> Self:
        """A copy that speaks of one task, with the same cause."""
        copy = _rebuilt(type(self), self.args, vars(self).copy())
        copy.task_type = task_type
        copy.task_uuid = task_uuid
        copy.__cause__ = self.__cause__
        return copy


def _rebuilt(
    kind: type[ErrorT], args: tuple[Any, ...], state: dict[str, Any]
) -> ErrorT:
    """An exception from its parts, whatever its constructor asks for."""
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(state)
    return error


def readable(text: str, longest: int = LONGEST_TEXT) -> str:
    """A server's text made fit for a message: printable, on one line, not endless."""
    line = "".join(sign if sign.isprintable() else " " for sign in text[:longest])
    return f"{line}…" if len(text) > longest else line


class APIError(RunwareError):
    """The server answered with an error object.

    Attributes:
        http_status: The HTTP status of the answer.
        request_id: The name of the exchange, for Runware's support; None without one.
        body: The first part of the answer's body, without the key.
        retry_after: The seconds that the server asks to be left alone; None without.
        status: The same as a member of the task type's error enum; None below 400.
        code: What the server calls the error: a member of that enum, or the text itself
            where the enum does not know it; None where the server gave none.
        parameters: The wire names of the parameters that the error is about.
        documentation: A link that the server gave.
        item: The error object as it came.
    """

    def __init__(
        self,
        item: Mapping[str, Any],
        envelope: Envelope,
        errors: type[ErrorEnum] | None = None,
    ) -> None:
        """Read one error object.

        Args:
            item: The object: `code`, `message`, … each may be missing or odd.
            envelope: The answer that it stood in.
            errors: The task type's error enum; without one, codes are plain text.
        """
        name = errors or str
        super().__init__(
            _text(item.get("message")) or "the server gave no reason",
            task_type=_text(item.get("taskType")),
            task_uuid=_text(item.get("taskUUID")),
        )
        code = _text(item.get("code"))
        http_status = envelope.http_status
        self.retry_after = envelope.answer.retry_after
        self.http_status = http_status
        self.request_id = envelope.answer.request_id
        self.body = envelope.excerpt
        self.status: str | None = None
        if http_status >= 400:
            self.status = (
                errors.from_status(http_status) if errors else str(http_status)
            )
        self.code: str | None = None if code is None else name(code)
        self.parameters = _texts(item.get("parameter"))
        self.documentation = _text(item.get("documentation"))
        self.item = dict(item)

    @property
    def parameter(self) -> str | None:
        """The parameters that the error is about, with commas between, or None."""
        return ", ".join(self.parameters) or None

    def __str__(self) -> str:
        heading = f"HTTP {self.http_status}" if self.status else ""
        heading = ", ".join(filter(None, (heading, readable(self.code or ""))))
        about = f" Parameter: {readable(self.parameter)}." if self.parameter else ""
        link = f" See {readable(self.documentation)}" if self.documentation else ""
        name = f" Request: {readable(self.request_id)}." if self.request_id else ""
        text = f"{heading}: {super().__str__()}{about}{link}{name}"
        return text.removeprefix(": ")


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if type(value) in (int, float) else None


def _texts(value: object) -> tuple[str, ...]:
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return tuple(text for text in map(_text, values) if text is not None)


class APIStatusError(APIError):
    """The answer had an HTTP status of 400 or more: the call was not taken."""

    advice = "The HTTP status is not one that Runware documents; look at `item`."


class BadRequestError(APIStatusError):
    """HTTP 400: the server found something missing or wrong in the task."""

    advice = "Correct what the message names, then send the task again."


class AuthenticationError(APIStatusError):
    """HTTP 401: the server does not know the API key."""

    advice = "Check the key in api_key or RUNWARE_API_KEY; it may have been revoked."


class PaymentRequiredError(APIStatusError):
    """HTTP 402: the balance does not cover the task."""

    advice = "Add credit to the account, then send the task again."


class PermissionDeniedError(APIStatusError):
    """HTTP 403: the API key is valid and may not do this."""

    advice = "Use a key of a team that may do this, or ask its owner to allow it."


class NotFoundError(APIStatusError):
    """HTTP 404: there is nothing under that address or identifier."""

    advice = "Check the task's identifiers and the client's base_url."


class RateLimitError(APIStatusError):
    """HTTP 429: too many tasks in too short a time."""

    advice = "Wait before the task is sent again, and send fewer at once."


class ServerError(APIStatusError):
    """HTTP 500 and above: something failed at Runware or on the way to it."""

    advice = (
        "The task may have run: collect it with this error's handle instead of sending "
        "it again."
    )
    may_have_run = True


class TaskError(APIError):
    """A task's own failure, told inside an answer that was otherwise fine."""

    advice = (
        "The task is over; change what the message names and send it as a new task."
    )


class ConnectionError(RunwareError, builtins.ConnectionError):
    """The server could not be reached, or the connection broke before its answer.

    `except` catches it under this name and under the builtin one.
    """

    advice = (
        "Check the network and base_url. If may_have_run is true, collect the task with "
        "this error's handle instead of sending it again."
    )


class TimeoutError(RunwareError, builtins.TimeoutError):
    """The time ran out before the result was there; the task goes on and is billed.

    `except` catches it under this name and under the builtin one.
    """

    advice = (
        "The task may still run: collect it with this error's handle instead of sending "
        "it again, and give a longer timeout next time."
    )
    may_have_run = True


class ResponseError(RunwareError):
    """The server's answer cannot be read: no JSON, or not what Runware answers.

    Attributes:
        http_status: The HTTP status of the answer.
        request_id: The name of the exchange, for Runware's support; None without one.
        body: The first part of the answer's body.
    """

    advice = (
        "Check that base_url is Runware's and that no proxy answers in its place. The "
        "task may have run: collect it with this error's handle."
    )
    may_have_run = True

    def __init__(
        self, message: str, *, http_status: int, request_id: str | None, body: str
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.request_id = request_id
        self.body = body


_CLASSES: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
}


def error_class(http_status: int) -> type[APIError]:
    """The exception for an error object in an answer of this HTTP status."""
    if http_status < 400:
        return TaskError
    return _CLASSES.get(
        http_status, ServerError if http_status >= 500 else APIStatusError
    )


def is_final(error: RunwareError) -> bool:
    """Whether an exception is the server's last word on a task."""
    is_passing = isinstance(error, (RateLimitError, ServerError))
    return isinstance(error, APIError) and not is_passing


class ClosedError(RunwareError):
    """The client, or the HTTP client that was brought for it, is closed."""

    advice = "Make another client, or close this one after its last call."
