"""The exceptions of this package.

Their hierarchy::

    RunwareError
    ├── APIError                  the server returned an error
    │   ├── APIStatusError        with an HTTP status of 400 or more
    │   │   ├── BadRequestError         400
    │   │   ├── AuthenticationError     401
    │   │   ├── PaymentRequiredError    402
    │   │   ├── PermissionDeniedError   403
    │   │   ├── NotFoundError           404
    │   │   ├── RateLimitError          429
    │   │   └── ServerError             500 and above
    │   └── TaskError             with an HTTP status below 400: the task failed
    ├── ConnectionError           no response; also a builtin ConnectionError
    ├── TimeoutError              no result in time; also a builtin TimeoutError
    ├── ResponseError             the response cannot be parsed
    ├── ClosedError               the client or the stream is closed
    ├── BudgetError               the cost of the task would exceed the client's budget
    └── DownloadError             an output cannot be saved to a file

`api_errors` has the classes below APIError. A request that its document does not allow is
never sent: its constructor raises `pydantic.ValidationError`.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar

from .error_codes import ErrorCategory, category_of

if TYPE_CHECKING:
    from .saved_handle import TaskHandle

MAX_TEXT = 1000
"""Maximum number of characters of a server's text in a message."""

COLLECT = (
    "The task may have run. Collect its results with handle.wait() of this error "
    "instead of sending it again."
)
_OF_DRY_RUN = (
    "A dry run is not billed, unless something on the way removed the header "
    "X-Runware-Dry-Run and the server ran the task."
)
_UNCERTAIN = "It is not known whether the task ran."
_HAS_RUN = "The task ran. The results of this error may be billed."
_NOT_ACCEPTED = "The server did not accept the task, and nothing was billed."

ErrorT = TypeVar("ErrorT", bound="RunwareError")


class Result(Protocol):
    """The methods that all results have; see `TaskResult`."""

    def to_wire(self) -> dict[str, Any]:
        """Return the result as received."""
        ...

    def save(self, path: str, /) -> Path:
        """Save the output to a file."""
        ...


class RunwareError(Exception):
    """The base class of this package's exceptions.

    Attributes:
        message: What is wrong, on one line. `str()` adds the task and the advice.
        advice: What to do about it.
        task_type: The wire name of the task's type; None if no single task is concerned.
        task_uuid: The task's `taskUUID`.
        code: The server's error code; None if there is none.
        request_id: The identifier of the HTTP exchange, for Runware's support; None if
            there is none.
        retry_after: The seconds to wait that the server asks for; None if it does not.
        may_have_run: Whether the server may have run the task, or may run it, in whole
            or in part, and bill it. It is true if there are `results`.
        handle: The handle that collects the results of the task later, if it may have
            run. None means that nothing was billed except what is in `results`, and
            perhaps a dry run that failed. A pickled error has a `SavedHandle` instead.
        results: The results that arrived before the task failed or was given up.
        oversized: The number of tasks in the request if its response is too large to be
            read; 0 for other causes.
        is_of_dry_run: Whether a dry run of the task failed, which the server may have run
            as the task itself.
    """

    advice: str = ""
    code: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    may_have_run: bool = False
    handle: TaskHandle | None = None
    oversized: int = 0
    is_of_dry_run: bool = False

    _category: ErrorCategory = ErrorCategory.UNKNOWN
    """The category if neither a code nor an HTTP status determines it."""

    _advice_to_retry: ClassVar[str] = ""
    """The advice if a retry may succeed."""

    def __init__(
        self,
        message: str,
        *,
        task_type: str | None = None,
        task_uuid: str | None = None,
    ) -> None:
        self.message: str = readable(message)
        super().__init__(self.message)
        self.task_type = task_type
        self.task_uuid = task_uuid
        self.results: Sequence[Result] = []

    @property
    def category(self) -> ErrorCategory:
        """The category of the failure. Unlike `code`, it is from a fixed set."""
        category = category_of(self.code, getattr(self, "http_status", None))
        return self._category if category is ErrorCategory.UNKNOWN else category

    @property
    def retryable(self) -> bool:
        """Whether a retry with the same input may succeed.

        A retry is a new task, and is billed as one. If the error has a `handle`, collect
        the task with it instead.
        """
        return self.category.retryable

    def __str__(self) -> str:
        what = self.message.rstrip(".")
        where = " ".join(filter(None, (self.task_type, self.task_uuid)))
        place = f" ({readable(where)})" if where else ""
        return f"{what}{place}. {self._what_to_do()}".rstrip()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r})"

    def _what_to_do(self) -> str:
        """Return the advice, and whether the task may have run."""
        own = vars(self).get("advice")
        advice = own or (self.retryable and self._advice_to_retry) or self.advice
        task = ""
        if self.handle is not None:
            task = COLLECT
        elif self.results:
            task = _HAS_RUN
        elif self.is_of_dry_run:
            task = _OF_DRY_RUN
        elif self.may_have_run:
            task = _UNCERTAIN
        elif self._proves_not_accepted():
            task = _NOT_ACCEPTED
        return f"{advice} {task}".strip()

    def _proves_not_accepted(self) -> bool:
        """Return whether the error proves that the server did not accept the task.

        Used only if the task has not run.
        """
        return False

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, vars(self))

    def __copy__(self) -> Self:
        return self._with(vars(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._with(deepcopy(vars(self), memo))

    def _with(self, state: dict[str, Any]) -> Self:
        """Return a copy with these attributes and the same cause."""
        lists = {n: [*v] for n, v in state.items() if n in ("results", "__notes__")}
        copy = _rebuilt(type(self), self.args, state | lists)
        copy.__cause__ = self.__cause__
        copy.__context__ = self.__context__
        copy.__suppress_context__ = self.__suppress_context__
        return copy

    def about(self, task_type: str | None, task_uuid: str | None) -> Self:
        """Return a copy about one task, with the same cause and handle."""
        return self._with(vars(self) | {"task_type": task_type, "task_uuid": task_uuid})


def _rebuilt(
    kind: type[ErrorT], args: tuple[Any, ...], state: dict[str, Any]
) -> ErrorT:
    """Return an exception with these attributes, without its constructor."""
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(state)
    return error


def joined(errors: Sequence[ErrorT]) -> ErrorT | None:
    """Return the first exception with the others as notes; None if there are none."""
    for other in errors[1:]:
        errors[0].add_note(f"Also: {other}")
    return errors[0] if errors else None


def readable(text: str, longest: int = MAX_TEXT) -> str:
    """Return a server's text for use in a message: printable, on one line, shortened."""
    line = text[:longest]
    if not line.isprintable():
        line = "".join(char if char.isprintable() else " " for char in line)
    return f"{line}…" if len(text) > longest else line


class ConnectionError(RunwareError, builtins.ConnectionError):
    """The server could not be reached, or the connection broke before the response.

    It is also a builtin `ConnectionError`, so `except ConnectionError` catches it.
    """

    advice = "Check the network and base_url."
    _category = ErrorCategory.CONNECTION

    def _proves_not_accepted(self) -> bool:
        return True


class TimeoutError(RunwareError, builtins.TimeoutError):
    """No result arrived within the timeout. The task continues on the server.

    It is also a builtin `TimeoutError`, so `except TimeoutError` catches it.
    """

    advice = "Set a longer timeout."
    may_have_run = True
    _category = ErrorCategory.TIMEOUT

    def _proves_not_accepted(self) -> bool:
        return True


class ResponseError(RunwareError):
    """The server's response cannot be parsed, or has no information about the task.

    Attributes:
        http_status: The HTTP status of the response.
        request_id: The identifier of the exchange, for Runware's support; None if the
            server sent none.
        body: The start of the response body.
    """

    advice = (
        "Check that base_url is the URL of Runware's API, and that no proxy responds "
        "in its place."
    )
    may_have_run = True
    _category = ErrorCategory.SERVER

    def __init__(
        self,
        message: str,
        *,
        http_status: int,
        request_id: str | None = None,
        body: str = "",
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.request_id = request_id
        self.body = body


class ClosedError(RunwareError):
    """The client, the caller's own HTTP client, or a stream is closed.

    If the task was sent before, the error has its `handle`. Another client can resume it.
    """

    advice = "Create another client, or close this one after its last call."
    _category = ErrorCategory.ABORTED


class BudgetError(RunwareError):
    """The cost of a task would exceed the client's budget: this call did not send it.

    Attributes:
        cost: The cost of the task in US dollars; None if it is not known.
        committed: The US dollars that are spent, or reserved for tasks that may be billed.
        budget: The budget of the client in US dollars.
    """

    advice = "This call did not send the task."

    _category = ErrorCategory.QUOTA

    def __init__(
        self, cost: Decimal | None, committed: Decimal, budget: Decimal
    ) -> None:
        if cost is None:
            message = (
                f"the budget of ${budget:f} is used up (${committed:f} is spent or "
                "reserved), and the cost of this task is not known"
            )
        else:
            message = (
                f"this task costs ${cost:f}, and ${committed:f} is spent or reserved. "
                f"Together they exceed the budget of ${budget:f}"
            )
        super().__init__(message)
        self.cost = cost
        self.committed = committed
        self.budget = budget


class DownloadError(RunwareError):
    """An output of a result could not be saved to a file.

    Attributes:
        http_status: The HTTP status of the host of the file; None for other causes.
    """

    advice = "No file was written, and the result is unchanged."

    def __init__(
        self,
        message: str,
        *,
        http_status: int | None = None,
        category: ErrorCategory = ErrorCategory.UNKNOWN,
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self._category = category
