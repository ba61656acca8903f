"""What a call gives back besides plain results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from ..schema.generics import RequestT_co, ResultT

if TYPE_CHECKING:
    from ..exceptions import RunwareError
    from ..schema.base import TaskRequest
    from ..transport.envelope import Answer


@dataclass(frozen=True, slots=True)
class Outcome(Generic[RequestT_co]):
    """What became of one task.

    Attributes:
        request: The task.
        error: Why there are not all results; None where there are. It has a `handle`
            where the task may still be collected.
    """

    request: RequestT_co
    _results: list[Any]
    error: RunwareError | None

    @property
    def results(self: Outcome[TaskRequest[ResultT]]) -> list[ResultT]:
        """Its results; with an error, those that were there before it."""
        return self._results

    def unwrap(self: Outcome[TaskRequest[ResultT]]) -> list[ResultT]:
        """The results.

        Raises:
            RunwareError: The task failed or was given up; the error has the results that
                there were.
        """
        if self.error is not None:
            raise self.error
        return self.results


@dataclass(frozen=True, slots=True)
class RawResponse(Generic[ResultT]):
    """The results of a task, with the HTTP answers that they came in.

    Attributes:
        results: The results.
        answers: The answers, in the order in which they came: those to uploads of its
            files, to the task, and to polls.
    """

    results: list[ResultT]
    answers: list[Answer]
