"""The exceptions of this package.

Their hierarchy::

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
    ├── BudgetError               a task whose cost would pass the client's budget
    └── DownloadError             an output that cannot be saved, of `media.download`

A task that its document does not allow never reaches the server: making the request
raises `pydantic.ValidationError`.
"""

from __future__ import annotations

import builtins
import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar, cast

from .error_codes import ErrorCategory, category_of, is_task_conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from .error_enum import ErrorEnum

LONGEST_TEXT = 1000
"""Characters of a server's text that a message repeats."""

LONGEST_DETAIL = 300
"""Characters that a message repeats of what a provider said, or of allowed values."""

_COLLECT = (
    "The task may have run: collect it with handle.wait() of this error instead of "
    "sending it again."
)
_REFUSALS = frozenset(
    {
        ErrorCategory.AUTH,
        ErrorCategory.QUOTA,
        ErrorCategory.RATE_LIMIT,
        ErrorCategory.VALIDATION,
    }
)
"""Categories of errors with which the server refuses a task before it does anything."""

_UNCERTAIN = "It is not known whether the task ran."
_NOT_TAKEN = "The server did not take the task, and nothing was billed."

ErrorT = TypeVar("ErrorT", bound="RunwareError")


class Result(Protocol):
    """What every result of a task can do; see `TaskResult`."""

    def to_wire(self) -> dict[str, Any]:
        """Return the result as it came."""
        ...

    def save(self, path: str, /) -> Path:
        """Save its output to a file."""
        ...


class TaskHandle(Protocol):
    """What every handle of a task can do: a `Handle`, `AsyncHandle` or `SavedHandle`."""

    @property
    def task_type(self) -> str:
        """The wire name of the task's type."""
        ...

    @property
    def task_uuid(self) -> str | None:
        """The task's `taskUUID`."""
        ...

    def to_json(self) -> str:
        """Return the JSON text of the handle, which `resume` of a client takes."""
        ...


class ErrorSource(Protocol):
    """What an error object takes from the answer that it stood in."""

    @property
    def http_status(self) -> int:
        """The HTTP status of the answer."""
        ...

    @property
    def request_id(self) -> str | None:
        """What Runware's support can find the exchange by."""
        ...

    @property
    def retry_after(self) -> float | None:
        """The seconds that the server asks to be left alone."""
        ...

    @property
    def excerpt(self) -> str:
        """The first part of the body, without the key."""
        ...


@dataclass(frozen=True, slots=True)
class SavedHandle:
    """The handle of a task that came with an error from another process.

    Example::

        [result] = client.resume(error.handle.to_json()).wait()

    Attributes:
        task_type: The wire name of the task's type.
        task_uuid: The task's `taskUUID`.
    """

    task_type: str
    task_uuid: str
    _text: str = field(repr=False)

    def to_json(self) -> str:
        """Return the JSON text of the handle, which `resume` of a client takes."""
        return self._text


class RunwareError(Exception):
    """Base of this package's exceptions.

    Attributes:
        message: What went wrong, without the advice and the place that `str()` adds.
        advice: What to do about the cause.
        task_type: The wire name of the task's type, where the error is about one task.
        task_uuid: The task's `taskUUID`.
        may_have_run: Whether the server may have the task, and bill it.
        handle: Collects the results of the task later, where it may have run. None
            means that nothing was billed, but for what is in `results`. A pickled error
            has a `SavedHandle` in its place.
        results: The results that were there before the task failed or was given up.
    """

    advice: ClassVar[str] = ""
    may_have_run: bool = False
    handle: TaskHandle | None = None

    _category: ClassVar[ErrorCategory] = ErrorCategory.UNKNOWN
    """The category where neither a code nor an HTTP status decides."""

    _advice_to_retry: ClassVar[str] = ""
    """What stands in place of the advice where a new attempt may succeed."""

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
        self.results: Sequence[Result] = []

    @property
    def category(self) -> ErrorCategory:
        """What kind of failure it is: what programs can rely on, unlike `code`."""
        code, http_status = getattr(self, "code", None), getattr(
            self, "http_status", None
        )
        category = category_of(code, http_status)
        return self._category if category is ErrorCategory.UNKNOWN else category

    @property
    def retryable(self) -> bool:
        """Whether a new attempt with the same input may succeed.

        A new attempt is billed anew; a task that has a `handle` is collected instead.
        """
        return self.category.retryable

    def __str__(self) -> str:
        what = readable(self.message).rstrip(".")
        where = " ".join(filter(None, (self.task_type, self.task_uuid)))
        place = f" ({readable(where)})" if where else ""
        return f"{what}{place}. {self._what_to_do()}".rstrip()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({readable(self.message)!r})"

    def _what_to_do(self) -> str:
        """The advice, and what is known of the task."""
        own = vars(self).get("advice")
        advice = own or (self.retryable and self._advice_to_retry) or self.advice
        task = ""
        if self.handle is not None:
            task = _COLLECT
        elif self.may_have_run:
            task = _UNCERTAIN
        elif self._says_not_taken():
            task = _NOT_TAKEN
        return f"{advice} {task}".strip()

    def _says_not_taken(self) -> bool:
        """Whether the error, if the task has not run, is proof that it was not taken."""
        return False

    def __reduce__(self) -> tuple[Any, ...]:
        state = vars(self).copy()
        if self.handle is not None:
            state["handle"] = _saved(self.handle)
        return _rebuilt, (type(self), self.args, state)

    def __copy__(self) -> Self:
        return self._with(vars(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        memo[id(self.handle)] = self.handle  # it is shared, as the task is
        return self._with(deepcopy(vars(self), memo))

    def _with(self, state: dict[str, Any]) -> Self:
        """A copy with other attributes, but the same cause."""
        lists = {n: [*v] for n, v in state.items() if n in ("results", "__notes__")}
        copy = _rebuilt(type(self), self.args, state | lists)
        copy.__cause__ = self.__cause__
        copy.__context__ = self.__context__
        copy.__suppress_context__ = self.__suppress_context__
        return copy

    def about(self, task_type: str | None, task_uuid: str | None) -> Self:
        """A copy that speaks of one task, with the same cause and handle."""
        return self._with(vars(self) | {"task_type": task_type, "task_uuid": task_uuid})


def _saved(handle: TaskHandle) -> SavedHandle:
    """What other processes can use of a handle."""
    if isinstance(handle, SavedHandle):
        return handle
    return SavedHandle(handle.task_type, str(handle.task_uuid), handle.to_json())


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
    line = text[:longest]
    if not line.isprintable():
        line = "".join(sign if sign.isprintable() else " " for sign in line)
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
        allowed_values: The values that the parameter may have, as far as the server
            lists them.
        response_content: What the provider of the model said, as text.
        documentation: A link that the server gave.
        item: The error object as it came, without the key.
    """

    def __init__(
        self,
        item: Mapping[str, Any],
        source: ErrorSource,
        errors: type[ErrorEnum] | None = None,
    ) -> None:
        """Read one error object.

        Args:
            item: The object: `code`, `message`, … each may be missing or odd.
            source: The answer that it stood in.
            errors: The task type's error enum; without one, codes are plain text.
        """
        name = errors or str
        super().__init__(
            ", ".join(_texts(item.get("message"))) or "the server gave no reason",
            task_type=_text(item.get("taskType")),
            task_uuid=_text(item.get("taskUUID")),
        )
        code = _text(item.get("code"))
        http_status = source.http_status
        self.retry_after = source.retry_after
        self.http_status = http_status
        self.request_id = source.request_id or _text(item.get("requestId"))
        self.body = source.excerpt
        self.status: str | None = None
        if http_status >= 400:
            self.status = (
                errors.from_status(http_status) if errors else str(http_status)
            )
        self.code: str | None = None if code is None else name(code)
        self.parameters = _texts(item.get("parameter"))
        self.allowed_values: tuple[Any, ...] = _values(item.get("allowedValues"))
        content = item.get("responseContent")
        self.response_content = None if content is None else _shown(content)
        self.documentation = _text(item.get("documentation"))
        self.item = dict(item)

    @property
    def parameter(self) -> str | None:
        """The parameters that the error is about, with commas between, or None."""
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
            few = self.allowed_values[:LONGEST_DETAIL]
            values = readable(", ".join(map(_shown, few)), LONGEST_DETAIL)
            yield f"Allowed values: {values}."
        if self.response_content:
            said = readable(self.response_content, LONGEST_DETAIL)
            yield f"The provider said: {said}"
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
    """The items of an array, or the one value that stands in its place."""
    if isinstance(value, list):
        return tuple(cast("list[object]", value))
    return () if value is None else (value,)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


class APIStatusError(APIError):
    """The answer had an HTTP status of 400 or more."""

    advice = "The HTTP status is not one that Runware documents; look at `item`."

    def _says_not_taken(self) -> bool:
        is_conflict = self.http_status == 409 or is_task_conflict(self.code)
        return self.category in _REFUSALS and not is_conflict


class BadRequestError(APIStatusError):
    """HTTP 400: the server found something missing or wrong in the task."""

    advice = "Correct what the message names."
    _advice_to_retry = "A new request with the same input may succeed."


class AuthenticationError(APIStatusError):
    """HTTP 401: the server does not know the API key."""

    advice = "Check the key in api_key or RUNWARE_API_KEY; it may have been revoked."


class PaymentRequiredError(APIStatusError):
    """HTTP 402: the balance does not cover the task."""

    advice = "Add credit to the account."


class PermissionDeniedError(APIStatusError):
    """HTTP 403: the API key is valid and may not do this."""

    advice = "Use a key of a team that may do this, or ask its owner to allow it."


class NotFoundError(APIStatusError):
    """HTTP 404: there is nothing under that address or identifier."""

    advice = "Check the task's identifiers and the client's base_url."


class RateLimitError(APIStatusError):
    """HTTP 429: too many tasks in too short a time."""

    advice = "Wait, and send fewer tasks at once."


class ServerError(APIStatusError):
    """HTTP 500 and above: something failed at Runware or on the way to it.

    The task may have run, unless it is a 503 with a Retry-After header.
    """

    advice = "Something failed at Runware or on the way to it."
    may_have_run = True

    def _says_not_taken(self) -> bool:
        return True


class TaskError(APIError):
    """A task's own failure, told inside an answer that was otherwise fine."""

    advice = (
        "The task is over; change what the message names and send it as a new task."
    )

    _advice_to_retry = (
        "The task is over; a new request with the same input may succeed."
    )

    def _what_to_do(self) -> str:
        if self.handle is None or "advice" in vars(self):
            return super()._what_to_do()
        return _COLLECT  # the task is not over


class ConnectionError(RunwareError, builtins.ConnectionError):
    """The server could not be reached, or the connection broke before its answer.

    `except` catches it under this name and under the builtin one.
    """

    advice = "Check the network and base_url."
    _category = ErrorCategory.CONNECTION

    def _says_not_taken(self) -> bool:
        return True


class TimeoutError(RunwareError, builtins.TimeoutError):
    """The time ran out before the result was there; the task goes on at the server.

    `except` catches it under this name and under the builtin one.
    """

    advice = "Give a longer timeout."
    may_have_run = True
    _category = ErrorCategory.TIMEOUT

    def _says_not_taken(self) -> bool:
        return True


class ResponseError(RunwareError):
    """The server's answer cannot be read, or does not tell what became of the task.

    Attributes:
        http_status: The HTTP status of the answer.
        request_id: The name of the exchange, for Runware's support; None without one.
        body: The first part of the answer's body.
    """

    advice = "Check that base_url is Runware's and that no proxy answers in its place."
    may_have_run = True
    _category = ErrorCategory.SERVER

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


class ClosedError(RunwareError):
    """The client is closed, or the HTTP client that the caller gave it is.

    A task that was sent before has its `handle`, for another client to resume.
    """

    advice = "Make another client, or close this one after its last call."
    _category = ErrorCategory.ABORTED


class BudgetError(RunwareError):
    """The cost of a task would pass the budget of the client; it was not sent.

    Attributes:
        cost: What the task costs, in US dollars; None where that is not known.
        committed: What is spent, or reserved for tasks that may be billed.
        budget: The budget of the client.
    """

    advice = "The task was not sent."

    _category = ErrorCategory.QUOTA

    def __init__(
        self, cost: Decimal | None, committed: Decimal, budget: Decimal
    ) -> None:
        if cost is None:
            message = (
                f"the cost of this task is not known, and the budget of ${budget:f} is "
                f"used up: ${committed:f} is spent or reserved"
            )
        else:
            message = (
                f"this task costs ${cost:f}, which with ${committed:f} that is spent or "
                f"reserved makes ${cost + committed:f}: more than the budget of ${budget:f}"
            )
        super().__init__(message)
        self.cost = cost
        self.committed = committed
        self.budget = budget
