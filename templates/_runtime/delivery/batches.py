"""Batches: tasks that are sent or polled with one POST, and when each task is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeAlias

from ..schema.generics import ResultT
from ..transport.waits import Waits
from .dry_run import DryTask
from .lifecycle import Phase

if TYPE_CHECKING:
    from ..error_enum import ErrorEnum
    from ..exceptions import RunwareError
    from ..transport.envelope import Envelope
    from .account import Account
    from .events import Event
    from .server_facts import ServerFacts
    from .submission import Submission
    from .task import Task

Resend: TypeAlias = Literal["safe", "eager", "never"]
"""Whether a task that the server may have is sent again, with the same taskUUID.

`safe` sends async tasks again after 2, 4 and 8 polls without news. The platform refuses
an async task that it already has with a conflict. Sync and streamed tasks are polled
only.
`eager` sends every task again before it is polled. Use it only if the platform refuses
every taskUUID that it already has.
`never` never sends a task again that may have arrived.
"""

MAX_BYTES = 8_000_000
"""Maximum number of bytes in one POST that has more than one task."""

TOGETHER = 0.25
"""Seconds by which a poll may be early, so that it shares a POST with other polls."""

POLL_TIMEOUT = 5.0
"""Timeout of the first poll of a task in seconds; each timeout doubles it."""


class Settings(NamedTuple):
    """How tasks are delivered.

    Attributes:
        polling: The waits before polls of an unfinished task.
        retrying: The waits before retries.
        max_retries: The maximum number of times that a task is sent again.
        resend: Whether a task that the server may have is sent again.
        error_enums: Returns the error enum of a task type.
        observe: Called with each event.
        server: What is known about the server.
        account: The costs of tasks, and the budget.
        clock: A monotonic clock in seconds.
    """

    polling: Waits
    retrying: Waits
    max_retries: int
    resend: Resend
    error_enums: Callable[[str], type[ErrorEnum] | None]
    observe: Callable[[Event], object]
    server: ServerFacts
    account: Account
    clock: Callable[[], float] = monotonic


class Kind(Enum):
    """The purpose of a POST."""

    SUBMIT = "sent"
    POLL = "polled"


@dataclass(eq=False)
class ScheduledTask(Generic[ResultT]):
    """A task of a delivery, with the time of its next sending or poll.

    Attributes:
        task: The task.
        submission: The submission that sends it; None if it can be polled only.
        polls: The waits before its polls, in seconds.
        backoff: The waits before its retries, in seconds.
        due: The time of the next sending or poll, on the client's clock.
        retries: The number of consecutive retries.
        error: Why it is retried, or in doubt.
        is_alone: Whether it is sent and polled alone, so that an error can only be
            about it.
        resent_after: The number of sendings after which it is sent again next, although
            the server may have it. Another call may send it first.
        trouble: The error of the last exchange about it; None if it had a response.
        poll_timeout: The timeout of its next poll in seconds.
        refused_polls: Its consecutive polls that the server refused with a reason.
        posted: When this delivery has last sent or polled it; None if it has not.
    """

    task: Task[ResultT]
    submission: Submission[ResultT] | None
    polls: Iterator[float]
    backoff: Iterator[float]
    due: float
    retries: int = 0
    error: RunwareError | None = None
    is_alone: bool = False
    resent_after: int | None = None
    trouble: RunwareError | None = None
    poll_timeout: float = POLL_TIMEOUT
    refused_polls: int = 0
    posted: float | None = None

    @property
    def kind(self) -> Kind:
        """`SUBMIT` if it is sent next, `POLL` if it is polled next."""
        phase = self.task.phase
        is_resent = self.resent_after == self.task.sends and phase is Phase.IN_DOUBT
        return Kind.SUBMIT if is_resent or phase is Phase.UNSENT else Kind.POLL

    @property
    def is_actionable(self) -> bool:
        """Whether it can be sent or polled; without a request, it can only be polled."""
        return self.submission is not None or self.kind is Kind.POLL

    @property
    def submission_to_send(self) -> Submission[ResultT]:
        """The submission that sends it."""
        if self.submission is None:
            raise AssertionError("only a task with its request is sent")
        return self.submission

    @property
    def may_share(self) -> bool:
        """Whether it is sent next, and may be sent with others."""
        may_be_sent = self.kind is Kind.SUBMIT and not self.is_alone
        return may_be_sent and not self.submission_to_send.is_stream


@dataclass(eq=False)
class Batch(Generic[ResultT]):
    """The tasks of one POST.

    Attributes:
        kind: Whether tasks are sent or polled.
        scheduled: The tasks.
        parts: The elements of the array in the request body, each as JSON text.
        begun: When it is sent, on the client's clock.
        timeout: The timeout of the POST in seconds.
    """

    kind: Kind
    scheduled: list[ScheduledTask[ResultT]]
    parts: list[bytes]
    begun: float
    timeout: float

    @property
    def is_alone(self) -> bool:
        """Whether its polls must not share a POST with other polls."""
        return any(each.is_alone for each in self.scheduled)

    @property
    def is_dry(self) -> bool:
        """Whether its tasks are dry runs."""
        return isinstance(self.scheduled[0].task, DryTask)

    @property
    def stream(self) -> Submission[ResultT] | None:
        """The task whose response is a stream; None if the batch has no such task."""
        first = self.scheduled[0].submission
        is_stream = self.kind is Kind.SUBMIT and first is not None and first.is_stream
        return first if is_stream else None


def polled_with(
    first: ScheduledTask[ResultT],
    idle: Iterable[ScheduledTask[ResultT]],
    now: float,
    limit: int,
) -> tuple[list[ScheduledTask[ResultT]], list[bytes]]:
    """Return the tasks that are polled with one POST, each with the JSON text of its poll."""
    chosen = [first]
    if not first.is_alone:
        polls = (e for e in idle if e.kind is Kind.POLL and e.due < now + TOGETHER)
        chosen = [each for each in polls if not each.is_alone][:limit]
    return chosen, [each.task.poll() for each in chosen]


def sent_with(
    first: ScheduledTask[ResultT], due: Iterable[ScheduledTask[ResultT]], limit: int
) -> tuple[list[ScheduledTask[ResultT]], list[bytes]]:
    """Return the tasks that are sent with one POST, each with its JSON text."""
    chosen, parts = [first], [first.submission_to_send.encoded()]
    if not first.may_share:
        return chosen, parts
    size = len(parts[0])
    is_dry = isinstance(first.task, DryTask)
    for each in due:
        is_alike = isinstance(each.task, DryTask) is is_dry
        if each is first or not is_alike or not each.may_share:
            continue
        part = each.submission_to_send.encoded()
        size += len(part)
        if size > MAX_BYTES or len(parts) >= limit:
            break
        chosen.append(each)
        parts.append(part)
    return chosen, parts


class Reply(NamedTuple):
    """The response to a POST.

    Attributes:
        envelope: The body of the response, with its HTTP status and headers.
        elements: The number of elements of the POST, including those of other callers.
    """

    envelope: Envelope
    elements: int
