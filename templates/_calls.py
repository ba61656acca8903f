"""What a delivery has to do next: which tasks to send or to ask for, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Generic, NamedTuple

from ._generics import ResultT
from ._task import Phase
from ._waits import Waits

if TYPE_CHECKING:
    from ._envelope import Item
    from ._error_enum import ErrorEnum
    from ._events import Event
    from ._exceptions import RunwareError
    from ._task import Task

AUTHENTICATION = "authentication"
"""The type of the task with which a payload brings its key; its answer is no result."""


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

    def by_task(
        self, items: list[Item], known: Container[str]
    ) -> defaultdict[str | None, list[Item]]:
        """Sort the items of an answer by their task.

        Args:
            items: The items.
            known: The keys of tasks that they may be about.

        Returns:
            The items by the key of their task; under None those that name no task.
        """
        found: defaultdict[str | None, list[Item]] = defaultdict(list)
        for item in items:
            key = self._key_of(item, known)
            is_of_another = key is None and "taskUUID" in item and self.kind is Kind.ASK
            if not is_of_another:
                found[key].append(item)
        return found

    def _key_of(self, item: Item, known: Container[str]) -> str | None:
        names = [str(item.get(name)).casefold() for name in ("taskUUID", "taskType")]
        found = next((name for name in names if name in known), None)
        is_nameless = "taskUUID" not in item and item.get("taskType") != AUTHENTICATION
        if found is None and is_nameless and len(self.slots) == 1:
            return self.slots[0].task.key
        return found
