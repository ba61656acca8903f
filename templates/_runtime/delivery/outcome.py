"""Results of calls that return more than plain results."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic

from ..exceptions import RunwareError
from ..schema.generics import RequestT_co, ResultT, ResultT_co
from ..schema.requests import TaskRequest
from ..schema.results import TaskResult
from ..transport.envelope import Answer
from ..transport.items import has_output


@dataclass(frozen=True, slots=True)
class _Fields(Generic[RequestT_co]):
    request: RequestT_co
    results: list[Any]
    error: RunwareError | None


class Outcome(_Fields[RequestT_co]):
    """The outcome of one task: its results, or an error.

    Attributes:
        request: The request.
        results: The results; with an error, those that arrived before it.
        error: Why results are missing; None if the task succeeded. It has a `handle` if
            the results can be collected later.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # the type depends on the request

        @property
        def results(  # pyright: ignore[reportIncompatibleVariableOverride]
            self: Outcome[TaskRequest[ResultT]],
        ) -> list[ResultT]:
            """The results; with an error, those that arrived before it."""
            ...

    def unwrap(self: Outcome[TaskRequest[ResultT]]) -> list[ResultT]:
        """Return the results.

        Raises:
            RunwareError: The task failed or was given up. The error has the results that
                arrived before.
        """
        if self.error is not None:
            raise self.error
        return self.results


@dataclass(frozen=True, slots=True)
class RawResponse(Generic[ResultT_co]):
    """The results of a task, with the HTTP responses that contained them.

    Attributes:
        results: The results.
        answers: The responses in the order of their arrival: to uploads of its files, to
            the task, and to polls.
    """

    results: list[ResultT_co]
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class DryRun(Generic[ResultT_co]):
    """The result of a dry run.

    Attributes:
        request: The request.
        cost: The cost in US dollars; None if the server returned none.
        items: The items of the response.
        error: Why the server would refuse the task, or why there is no response; None if
            the dry run succeeded.
    """

    request: TaskRequest[ResultT_co]
    cost: Decimal | None
    items: list[TaskResult]
    error: RunwareError | None = None

    @property
    def was_run(self) -> bool:
        """Whether the server ran and billed the task: the response contains an output.

        In that case, the header was ignored, or removed on the way.
        """
        return any(has_output(item.to_wire()) for item in self.items)
