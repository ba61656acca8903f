"""One task from its first sending to its last result: what is known of it so far."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic

from ._exceptions import is_final
from ._generics import ResultT

if TYPE_CHECKING:
    from ._base import TaskRequest
    from ._envelope import Item
    from ._exceptions import RunwareError
    from ._local_files import LocalFile
    from ._uploads import Upload

UNFINISHED = frozenset(
    {"pending", "processing", "validated", "downloaded", "optimized", "stored"}
)
"""What the status of a task says while it goes on; the last four of a model's upload."""

NUMBERS = ("numberResults", "promptVersions")
"""The members of a task that say how many results it orders."""

NEWS = frozenset({"taskType", "taskUUID", "status", "progress"})
"""The members of an item that says no more than that a task was taken, or how far."""

_SHARED = frozenset({"taskUUID", "inputUUID", "inputImageUUID", "inputVideoUUID"})
"""Members that name what all results of a task have in common."""

QUESTIONS = frozenset(
    {"accountManagement", "getResponse", "getTaskDetails", "modelSearch", "ping"}
)
"""Task types that cost nothing and change nothing: sending them twice does no harm."""


class Phase(Enum):
    """Where a task stands, as far as the client can tell."""

    UNSENT = "unsent"
    """The server surely has not taken it: it may be sent."""

    UNSURE = "unsure"
    """The server may have taken it: it has to be asked before anything is sent."""

    ACCEPTED = "accepted"
    """The server has taken it: it is asked for, and never sent again."""

    OVER = "over"
    """All its results are there, or the error that ended it."""


@dataclass(slots=True, eq=False)
class Task(Generic[ResultT]):
    """One task and what is known of it so far.

    Attributes:
        wire: The task object; of a task that was resumed without its request, just what
            asking for it takes.
        read: Makes a result of an item.
        request: The request; None for a task that was resumed without it.
        phase: Where it stands.
        items: The results that are there, as they came.
        error: What ended it; None where nothing did.
        progress: How much of it is done, from 0 to 100; None where nobody has said.
        sends: How often it was sent.
        first_sent: When it was sent first, on the monotonic clock.
        uploads: The files in its request that have to be uploaded, each with the task
            that does it, once there is one.
        waits: Whether it waits for them; else they are in its wire.
    """

    wire: Item
    read: Callable[[Item], ResultT]
    request: TaskRequest[ResultT] | None
    phase: Phase = Phase.UNSENT
    items: list[Item] = field(default_factory=list["Item"])
    error: RunwareError | None = None
    progress: float | None = None
    sends: int = 0
    first_sent: float = field(default_factory=monotonic)
    uploads: dict[LocalFile, Upload | None] = field(
        default_factory=dict["LocalFile", "Upload | None"]
    )
    waits: bool = False
    _is_short: bool = False
    """Whether a sync answer had fewer results than were ordered."""

    @property
    def task_type(self) -> str:
        """The wire name of its type."""
        return str(self.wire["taskType"])

    @property
    def task_uuid(self) -> str | None:
        """Its `taskUUID`; None where its type has none."""
        return self.wire.get("taskUUID")

    @property
    def key(self) -> str:
        """What its items are known by: the taskUUID or, without one, the type."""
        return (self.task_uuid or self.task_type).casefold()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.phase is Phase.OVER

    @property
    def can_be_asked_for(self) -> bool:
        """Whether getResponse can say what became of it."""
        return self.task_uuid is not None and self.task_type not in QUESTIONS

    @property
    def can_be_sent(self) -> bool:
        """Whether all of it is at hand, and not just what asking for it takes."""
        return self.request is not None

    @property
    def is_harmless(self) -> bool:
        """Whether it may be sent twice."""
        return self.task_type in QUESTIONS

    @property
    def is_stream(self) -> bool:
        """Whether its answer is a stream of events."""
        default = self.request.default_delivery if self.request else None
        return self.wire.get("deliveryMethod", default) == "stream"

    @property
    def cost(self) -> float | None:
        """What its results say that they cost, in US dollars; None if they do not."""
        costs = _numbers(self.items, "cost")
        return sum(costs) if costs else None

    def encoded(self) -> bytes:
        """The task as JSON text."""
        if self.waits:
            raise AssertionError("a task is sent when its files are uploaded")
        return _encoded(self.wire)

    def question(self) -> bytes:
        """The task that asks what became of this one, as JSON text."""
        return _encoded({"taskType": "getResponse", "taskUUID": self.task_uuid})

    def results(self) -> list[ResultT]:
        """The results that are there."""
        return [self.read(item) for item in self.items]

    def note_sending(self) -> None:
        """Note that it is sent now, and from now on may have been accepted."""
        if not self.sends:
            self.first_sent = monotonic()
        self.sends += 1
        self.phase = Phase.UNSURE

    def take(
        self, items: list[Item], error: RunwareError | None, *, is_first: bool
    ) -> None:
        """Add what an answer says of this task.

        Args:
            items: The items of `data` that are about it.
            error: Why it failed; None where the answer does not say so.
            is_first: Whether it is the answer to sending the task.
        """
        finished = [item for item in items if self._is_result(item)]
        waiting = [item for item in items if not self._is_result(item)]
        fresh = self._fresh(finished)
        self.items += fresh
        self.error = error or self.error
        self._note_progress(waiting)
        has_all = self.error is not None or self._has_all(
            is_first=is_first, is_more=bool(fresh)
        )
        self.phase = Phase.OVER if has_all and not waiting else Phase.ACCEPTED

    def note_failure(self, error: RunwareError) -> None:
        """Note an exchange that failed, as far as it says where the task stands now."""
        if error.results:  # the server was at work on it
            self.phase = Phase.ACCEPTED
        elif is_final(error):
            self.end(error)
        elif not error.may_have_run:
            self.phase = Phase.UNSENT

    def end(self, error: RunwareError) -> None:
        """Note what ended this task."""
        self.error = error.about(self.task_type, self.task_uuid)
        self.phase = Phase.OVER

    def _has_all(self, *, is_first: bool, is_more: bool) -> bool:
        if len(self.items) >= number_of_results(self.wire):
            return True
        if not self.items:
            return False
        if is_first:
            # A sync answer has all that there will be, unless a part of it was lost.
            is_async = self.wire.get("deliveryMethod") == "async"
            self._is_short = self.can_be_asked_for and not is_async
            return not self.can_be_asked_for
        return self._is_short and not is_more

    def _is_result(self, item: Item) -> bool:
        """Whether an item is more than news of a task that can be asked for again."""
        return not (self.can_be_asked_for and is_news(item))

    def _fresh(self, items: list[Item]) -> list[Item]:
        """The results that are not known yet: an answer may repeat some."""
        known = [_identity(item) for item in self.items]
        unmatched = known.copy()
        fresh: list[Item] = []
        for item in items:
            identity = _identity(item)
            if identity in unmatched:
                unmatched.remove(identity)
                continue
            is_named = isinstance(identity, tuple)
            has_room = len(known) < number_of_results(self.wire)
            if identity not in known or (has_room and not is_named):
                known.append(identity)
                fresh.append(item)
        return fresh

    def _note_progress(self, waiting: list[Item]) -> None:
        told = _numbers(waiting, "progress")
        if told or self.items:
            number = max(number_of_results(self.wire), len(self.items) + len(told))
            done = 100.0 * len(self.items) + sum(told)
            self.progress = max(self.progress or 0.0, min(100.0, done / number))


def task_of(request: TaskRequest[ResultT]) -> Task[ResultT]:
    """Return the task of a request, not sent yet."""
    from ._objects import files_of  # takes its time

    wire = wire_of(request)
    uploads = dict.fromkeys(files_of(request))
    return Task(wire, request.read, request, uploads=uploads, waits=bool(uploads))


def wire_of(request: TaskRequest[Any]) -> Item:
    """Return a request as it is sent, but for the files that have to be uploaded."""
    from ._objects import wire_so_far  # takes its time

    return wire_so_far(request)


def is_news(item: Item) -> bool:
    """Say whether an item tells only that its task was taken, or how far it is."""
    status = item.get("status")
    return status in UNFINISHED or (status != "success" and item.keys() <= NEWS)


def number_of_results(task: Item) -> int:
    """Return how many results a task orders."""
    numbers = [task.get(name) for name in NUMBERS]
    return next((number for number in numbers if type(number) is int), 1)


def requested(task: Task[ResultT]) -> TaskRequest[ResultT]:
    """Return the request of a task that was not resumed without it."""
    if task.request is None:
        raise AssertionError("only a task with its request is sent")
    return task.request


def _numbers(items: list[Item], name: str) -> list[float]:
    values = [item.get(name) for item in items]
    return [float(v) for v in values if isinstance(v, (int, float)) and v is not True]


def _encoded(task: Item) -> bytes:
    return json.dumps(task, separators=(",", ":"), allow_nan=False).encode()


def _identity(item: Item) -> Any:
    """What tells a result from the others of its task: its own UUID, or all of it."""
    own = {n: v for n, v in item.items() if n.endswith("UUID") and n not in _SHARED}
    if own:
        return (*sorted(own.items()), item.get("seed"))
    return {name: item[name] for name in item if name not in ("status", "progress")}
