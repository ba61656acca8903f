"""Results of calls that return more than plain results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from ..schema.generics import RequestT_co, ResultT

if TYPE_CHECKING:
    from ..exceptions import RunwareError
    from ..schema.requests import TaskRequest
    from ..transport.envelope import Answer


@dataclass(frozen=True, slots=True)
class Outcome(Generic[RequestT_co]):
    """The outcome of one task: its results, or an error.

    Attributes:
        request: The request.
        error: Why results are missing; None if the task succeeded. It has a `handle` if
            the results can be collected later.
    """

    request: RequestT_co
    _results: list[Any]
    error: RunwareError | None

    @property
    def results(self: Outcome[TaskRequest[ResultT]]) -> list[ResultT]:
        """The results; with an error, those that arrived before it."""
        return self._results

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
class RawResponse(Generic[ResultT]):
    """The results of a task, with the HTTP answers that contained them.

    Attributes:
        results: The results.
        answers: The answers in the order of their arrival: to uploads of its files, to
            the task, and to polls.
    """

    results: list[ResultT]
    answers: list[Answer]
