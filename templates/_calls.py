"""What a delivery has to do next: which tasks to send or to ask for, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Generic, NamedTuple

from ._generics import ResultT
from ._task import Phase
from ._waits import Waits

if TYPE_CHECKING:
    from ._error_enum import ErrorEnum
    from ._events import Event
    from ._exceptions import RunwareError
    from ._task import Task


class Settings(NamedTuple):
    """How tasks are delivered.

    Attributes:
        polling: How long to wait before an unfinished task is asked for.
        retrying: How long to wait before something that failed is tried again.
        max_retries: How often one task is tried again, and asked for again, in a row.
        error_enums: Gives the error enum of a task type.
        observe: Is told what happens.
    """

    polling: Waits
    retrying: Waits
    max_retries: int
    error_enums: Callable[[str], type[ErrorEnum] | None]
    observe: Callable[[Event], object]


class Kind(Enum):
    """What a call is for."""

    SEND = "sent"
    ASK = "polled"


@dataclass(slots=True, eq=False)
class Slot(Generic[ResultT]):
    """A task with the time at which something has to be done about it.

    Attributes:
        task: The task.
        due: The time, on the monotonic clock.
        retries: How often in a row it was tried again.
        silences: How often in a row the server did not know it.
        error: Why it was tried again last.
    """

    task: Task[ResultT]
    polls: Iterator[float]
    backoff: Iterator[float]
    due: float = field(default_factory=monotonic)
    retries: int = 0
    silences: int = 0
    error: RunwareError | None = None

    @property
    def kind(self) -> Kind:
        return Kind.SEND if self.task.phase is Phase.UNSENT else Kind.ASK


@dataclass(frozen=True, slots=True)
class Call(Generic[ResultT]):
    """What to send next.

    Attributes:
        kind: Whether tasks are sent or asked for.
        slots: The tasks that it is about.
        parts: The elements of the array that is sent, each as JSON text.
        begins: When it is to be sent, on the monotonic clock.
        timeout: The seconds that are left for the answer after that.
    """

    kind: Kind
    slots: list[Slot[ResultT]]
    parts: list[bytes]
    begins: float
    timeout: float

    @property
    def tasks(self) -> list[Task[ResultT]]:
        """The tasks that it is about."""
        return [slot.task for slot in self.slots]

    @property
    def wait(self) -> float:
        """The seconds to let pass before it is sent."""
        return max(0.0, self.begins - monotonic())

    @property
    def is_stream(self) -> bool:
        """Whether its answer is a stream of events."""
        return self.kind is Kind.SEND and self.slots[0].task.is_stream
