"""Tasks that are sent or polled with one POST, and when each is due."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeAlias

from ..schema.generics import ResultT
from ..transport.items import AUTHENTICATION
from ..transport.waits import Waits
from .dry_run import DryTask
from .lifecycle import Phase

if TYPE_CHECKING:
    from ..error_enum import ErrorEnum
    from ..exceptions import RunwareError
    from ..transport.envelope import Envelope, Item
    from .account import Account
    from .events import Event
    from .task import Submission, Task

Resend: TypeAlias = Literal["safe", "eager", "never"]
"""Whether a task that the server may have is sent again, with the same taskUUID.

`safe` sends async tasks again, after 2, 4 and 8 polls without news: the platform refuses
those that it knows, with a conflict. Sync and streamed tasks are only polled.
`eager` sends any task again, before it is polled: it is right only where the platform
refuses every taskUUID that it knows.
`never` sends nothing again that may have arrived.
"""

MAX_ELEMENTS = 100
"""Tasks, or polls of tasks, that one POST carries."""

POLL_TIMEOUT = 5.0
"""Seconds that the first poll of a task may take; each that times out doubles them."""


@dataclass(slots=True)
class Limits:
    """What the server has shown that it takes; a client shares it among its calls.

    Attributes:
        elements: The elements that one POST may have.
    """

    elements: int = MAX_ELEMENTS

    def note_too_large(self, elements: int) -> None:
        """Send half as many from now on, where the server did not take so many."""
        self.elements = min(self.elements, max(1, elements // 2))


class Settings(NamedTuple):
    """How tasks are delivered.

    Attributes:
        polling: How long to wait before an unfinished task is polled.
        retrying: How long to wait before what failed is tried again.
        max_retries: How often one task is sent again.
        resend: Whether a task is sent again that the server may have.
        error_enums: Gives the error enum of a task type.
        observe: Is told what happens.
        limits: What the server has shown that it takes.
        account: What tasks have cost, and the budget that bounds it.
        clock: Gives the time in seconds; it never goes back.
    """

    polling: Waits
    retrying: Waits
    max_retries: int
    resend: Resend
    error_enums: Callable[[str], type[ErrorEnum] | None]
    observe: Callable[[Event], object]
    limits: Limits
    account: Account
    clock: Callable[[], float] = monotonic


class Kind(Enum):
    """What a POST is for."""

    SUBMIT = "sent"
    POLL = "polled"


@dataclass(slots=True, eq=False)
class ScheduledTask(Generic[ResultT]):
    """A task of a delivery, with the time at which something has to be done about it.

    Attributes:
        task: The task.
        submission: What sending it takes; None where that is not at hand.
        polls: How long to wait before each poll.
        backoff: How long to wait before it is tried again after a failure.
        due: The time, on the client's clock.
        retries: How often in a row it was tried again.
        error: Why it is sent again, or is in doubt.
        is_alone: Whether it travels alone, to tell which task an answer is about.
        is_resend: Whether it is sent again next, although the server may have it.
        is_last_poll: Whether it was polled in the last moments of the delivery.
        trouble: Why the last exchange about it told nothing; None where it did.
        poll_timeout: The seconds that its next poll may take.
    """

    task: Task[ResultT]
    submission: Submission[ResultT] | None
    polls: Iterator[float]
    backoff: Iterator[float]
    due: float
    retries: int = 0
    error: RunwareError | None = None
    is_alone: bool = False
    is_resend: bool = False
    is_last_poll: bool = False
    trouble: RunwareError | None = None
    poll_timeout: float = POLL_TIMEOUT

    @property
    def kind(self) -> Kind:
        """Whether it is sent or polled next."""
        phase = self.task.phase
        is_resent = self.is_resend and phase is Phase.IN_DOUBT
        return Kind.SUBMIT if is_resent or phase is Phase.UNSENT else Kind.POLL

    @property
    def can_go_on(self) -> bool:
        """Whether it can be sent or polled; only another call may be able to send it."""
        return self.submission is not None or self.kind is Kind.POLL


@dataclass(slots=True, eq=False)
class Batch(Generic[ResultT]):
    """What one POST is about.

    Attributes:
        kind: Whether tasks are sent or polled.
        scheduled: The tasks.
        parts: The elements of the array that is sent, each as JSON text.
        begun: When it is sent, on the client's clock.
        timeout: The seconds that its answer may take.
    """

    kind: Kind
    scheduled: list[ScheduledTask[ResultT]]
    parts: list[bytes]
    begun: float
    timeout: float

    @property
    def is_alone(self) -> bool:
        """Whether its polls must not travel with those of others."""
        return any(each.is_alone for each in self.scheduled)

    @property
    def is_dry(self) -> bool:
        """Whether it is about dry runs."""
        return isinstance(self.scheduled[0].task, DryTask)

    @property
    def stream(self) -> Submission[ResultT] | None:
        """The task whose answer is a stream of events, if it is about such a one."""
        first = self.scheduled[0].submission
        is_stream = self.kind is Kind.SUBMIT and first is not None and first.is_stream
        return first if is_stream else None


@dataclass(slots=True)
class Reply:
    """The answer to a POST.

    Attributes:
        envelope: What stands in it.
        elements: How many elements the POST had, those of other callers included.
    """

    envelope: Envelope
    elements: int


@dataclass(slots=True)
class Sorted:
    """What an answer says, sorted by the key of the task that it speaks of.

    Attributes:
        data: Items of `data`.
        errors: Error objects.
        nameless: Error objects that name no task.
    """

    data: dict[str, list[Item]] = field(default_factory=dict[str, "list[Item]"])
    errors: dict[str, list[Item]] = field(default_factory=dict[str, "list[Item]"])
    nameless: list[Item] = field(default_factory=list["Item"])


def sort_answer(reply: Reply, batch: Batch[ResultT], known: Container[str]) -> Sorted:
    """Sort what an answer says by task.

    What names a task that is not known is left out. What names none is about the only
    element of the POST, if there is but one.

    Args:
        reply: The answer.
        batch: What it answers.
        known: The keys of the tasks that it may speak of.
    """
    sorted_ = Sorted()
    only = batch.scheduled[0].task.key if reply.elements == 1 else None
    for item in reply.envelope.data:
        key = _key_of(item, known, only)
        if key is not None:
            sorted_.data.setdefault(key, []).append(item)
    for error in reply.envelope.errors:
        key = _key_of(error, known, None)
        if key is not None:
            sorted_.errors.setdefault(key, []).append(error)
        elif not error.get("taskUUID"):
            sorted_.nameless.append(error)
    return sorted_


def _key_of(item: Item, known: Container[str], only: str | None) -> str | None:
    names = [item.get(name) for name in ("taskUUID", "taskType")]
    keys = [name.casefold() for name in names if isinstance(name, str)]
    found = next((key for key in keys if key in known), None)
    is_nameless = not item.get("taskUUID") and item.get("taskType") != AUTHENTICATION
    return only if found is None and is_nameless else found
