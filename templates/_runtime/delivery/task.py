"""One task: what is known of it, and what sending it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, cast

from ..schema.generics import ResultT
from ..transport.items import (
    COUNTS,
    READ_ONLY,
    UPLOADS,
    is_result,
    number_of_results,
    numbers,
    outputs_of,
)
from .identity import Identity, identity_of
from .lifecycle import TRANSITIONS, Action, Phase, TaskEvent

if TYPE_CHECKING:
    from ..exceptions import APIError, RunwareError
    from ..media.local_files import LocalFile
    from ..schema.base import TaskRequest, TaskResult
    from ..transport.envelope import Item

UPLOAD_OUTPUT: Final = "mediaUUID"
"""The member of the result of an upload that is the file's UUID."""

SAVED = ("taskType", "taskUUID", "model", "deliveryMethod", *COUNTS)
"""The members of a task that polling and reading its results take."""

SURE = 3
"""Quiet polls in a row after which errors that are alike count as failures of their own.

Before, an answer may have told one failure twice.
"""

MAX_RESULTS = 10**6
"""Results beyond which progress is not counted any more exactly."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class Task(Generic[ResultT]):
    """What is known of one task. It is small: it does not hold the request.

    Attributes:
        wire: The members of `SAVED` that the task has.
        read: Makes a result of an item.
        outputs: The members of a result that are its output.
        is_async: Whether the server acknowledges it, and makes the results later.
        latency: The seconds that it takes at the least, as its document reports; None
            where that is not known.
        phase: Where it stands; only `apply` changes it.
        items: The results so far, as they came.
        error: The task's own failure; None where there is none.
        refusal: An error that may be about it, while that is not certain.
        progress: How much of it is done, from 0 to 100; None where nobody has said.
        sends: How often it was sent.
        first_sent: When it was sent first, on the client's clock.
        last_asked: When it was last sent or polled.
        silences: Polls in a row that were answered without news of it.
        not_found: Polls in a row that were answered with "not found".
        quiet: Polls in a row that told of it, and nothing new.
        is_short: Whether a sync answer had fewer results than were ordered.
        refused_polls: Polls of it in a row that the server refused for a reason.
        allows_resend: Whether it may be sent again while it is in doubt.
        key: What its items are matched by: the taskUUID or, without one, the type.
        ordered: How many results it orders.
    """

    wire: Item
    read: Callable[[Item], ResultT]
    outputs: AbstractSet[str] = frozenset()
    is_async: bool = False
    latency: float | None = None
    phase: Phase = Phase.UNSENT
    items: list[Item] = field(default_factory=list["Item"])
    error: RunwareError | None = None
    refusal: RunwareError | None = None
    progress: float | None = None
    sends: int = 0
    first_sent: float = 0.0
    last_asked: float | None = None
    silences: int = 0
    not_found: int = 0
    refused_polls: int = 0
    quiet: int = 0
    is_short: bool = False
    allows_resend: bool = True
    key: str = field(init=False)
    ordered: int = field(init=False)
    _identities: list[Identity] = field(default_factory=list[Identity])
    _poll: bytes | None = None
    _failed_items: int = 0
    _failures_told: int = 0

    def __post_init__(self) -> None:
        self.key = (self.task_uuid or self.task_type).casefold()
        self.ordered = number_of_results(self.wire)

    @property
    def task_type(self) -> str:
        """The wire name of its type."""
        return str(self.wire["taskType"])

    @property
    def task_uuid(self) -> str | None:
        """Its `taskUUID`; None where its type has none."""
        return self.wire.get("taskUUID")

    @property
    def is_done(self) -> bool:
        """Whether nothing more will come."""
        return self.phase is Phase.DONE

    @property
    def is_pollable(self) -> bool:
        """Whether getResponse can tell what became of it."""
        return self.task_uuid is not None and self.task_type not in READ_ONLY

    @property
    def is_idempotent(self) -> bool:
        """Whether sending it twice changes and costs nothing."""
        return self.task_type in READ_ONLY

    @property
    def is_partial(self) -> bool:
        """Whether a part of it has come, and nothing says whether more will."""
        return not self.is_done and (self.is_short or self.error is not None)

    @property
    def resend_is_safe(self) -> bool:
        """Whether a second sending with the same taskUUID cannot bill.

        The platform answers one of an async task with a conflict; uploads have no price.
        """
        return self.is_async or self.task_type in UPLOADS

    @property
    def may_be_billed(self) -> bool:
        """Whether the server may have it and its results are still to be collected."""
        return self.is_pollable and self.phase not in (Phase.UNSENT, Phase.DONE)

    @property
    def cost(self) -> float | None:
        """What its results say that they cost, in US dollars; None if they do not."""
        costs = numbers(self.items, "cost")
        return sum(costs) if costs else None

    def poll(self) -> bytes:
        """The getResponse task that asks for this one, as JSON text."""
        if self._poll is None:
            poll = {"taskType": "getResponse", "taskUUID": self.task_uuid}
            self._poll = encoded(poll)
        return self._poll

    def results(self) -> list[ResultT]:
        """The results that are there."""
        return [self.read(item) for item in self.items]

    def apply(self, event: TaskEvent) -> Action:
        """Go to the next phase; return what is to be done."""
        self.phase, action = TRANSITIONS[self.phase, event]
        return action

    def note_sending(self, now: float) -> None:
        """Note that it is sent now, and from now on may be accepted."""
        if not self.sends:
            self.first_sent = now
        self.sends += 1
        self.last_asked = now
        self.apply(TaskEvent.SENT)

    # -- what answers say -----------------------------------------------------

    def take(
        self, items: list[Item], errors: Sequence[APIError], *, is_complete: bool
    ) -> TaskEvent:
        """Add what an answer says of this task.

        Args:
            items: The items of `data` that are about it.
            errors: Its own failures, one for each error object.
            is_complete: Whether the answer holds all that there will be: it is that to
                a sync sending.

        Returns:
            Whether the task goes on, is finished or has failed.
        """
        results = [item for item in items if self.is_result(item)]
        updates = [item for item in items if not self.is_result(item)]
        failed = {identity_of(error.item) for error in errors}  # one may be told twice
        is_news = self._add(results) or len(failed) > self._failed_items
        told = len(errors)
        self._failures_told = told if is_news else min(told, self._failures_told)
        self._failed_items = max(self._failed_items, len(failed))
        if errors:
            self.error = errors[0]
            for other in errors[1:]:
                errors[0].add_note(f"Also: {other}")
        if len(self.items) >= self.ordered:
            self.error = None  # such as the refusal of a second sending
        self._note_progress(updates)
        self.silences = self.not_found = 0
        self.quiet = 0 if is_news or updates else self.quiet + 1
        if updates:
            return TaskEvent.PROGRESS
        return self._verdict(is_complete=is_complete)

    def _verdict(self, *, is_complete: bool) -> TaskEvent:
        end = TaskEvent.FINISHED if self.error is None else TaskEvent.FAILED
        failed = self._failures_told if self.quiet >= SURE else 0
        if len(self.items) + max(failed, self._failed_items) >= self.ordered:
            return end
        if not self.items and self.error is None:
            return TaskEvent.PROGRESS
        if not self.is_pollable:
            return end
        if is_complete and not self.items:  # the failure is that of the whole task
            return end
        self.is_short |= is_complete
        return TaskEvent.PROGRESS

    def is_result(self, item: Item) -> bool:
        """Whether an item is one of its results, and not the status of it."""
        return not self.is_pollable or is_result(item, self.outputs)

    def _add(self, results: list[Item]) -> bool:
        """Add the results that are not known yet; return whether there are some.

        An answer may repeat results. Two without a UUID that nothing tells apart are two
        if one answer has both of them.
        """
        known = self._identities
        unmatched = set(range(len(known)))
        is_news = False
        for item in results:
            identity = identity_of(item)
            places = _places(identity, known)
            place = next((each for each in places if each in unmatched), None)
            if place is not None:
                unmatched.remove(place)
                if item.keys() > self.items[place].keys():  # such as the cost
                    self.items[place], known[place] = item, identity
            elif not places or (
                not identity.has_uuid and len(self.items) < self.ordered
            ):
                self.items.append(item)
                known.append(identity)
                is_news = True
        return is_news

    def _note_progress(self, updates: list[Item]) -> None:
        told = [min(100.0, max(0.0, each)) for each in numbers(updates, "progress")]
        if told or self.items:
            ordered = min(self.ordered, MAX_RESULTS)
            number = max(ordered, len(self.items) + len(told))
            done = 100.0 * len(self.items) + sum(told)
            self.progress = max(self.progress or 0.0, min(100.0, done / number))


def _places(identity: Identity, known: list[Identity]) -> list[int]:
    """Return where known results can be the one with an identity, equal ones first."""
    places = [place for place, each in enumerate(known) if each.is_same(identity)]
    return sorted(places, key=lambda place: known[place] != identity)


@dataclass(slots=True, eq=False)
class Upload(Task[Any]):
    """The task that uploads a file."""

    @property
    def uuid(self) -> str | None:
        """What the platform calls the file; None where it has not said."""
        names = [item.get(UPLOAD_OUTPUT) for item in self.items]
        return next((name for name in names if name and isinstance(name, str)), None)

    @property
    def has_failed(self) -> bool:
        """Whether it is over and the platform does not have the file."""
        return self.is_done and self.uuid is None


@dataclass(slots=True, eq=False)
class Submission(Generic[ResultT]):
    """A task with what sending it takes.

    Attributes:
        task: The task.
        wire: The whole task object, files that are to be uploaded included.
        request: The request; None for an upload, which has none.
        uploads: The files in the request that have to be uploaded, each with the task
            that does it, once there is one.
        is_waiting: Whether it waits for them; else they are in its wire.
    """

    task: Task[ResultT]
    wire: Item
    request: TaskRequest[ResultT] | None = None
    uploads: dict[LocalFile, Upload | None] = field(
        default_factory=dict["LocalFile", "Upload | None"]
    )
    is_waiting: bool = False

    @property
    def is_stream(self) -> bool:
        """Whether its answer is a stream of events."""
        default = self.request.default_delivery if self.request else None
        return self.wire.get("deliveryMethod", default) == "stream"

    def encoded(self) -> bytes:
        """The task as JSON text."""
        if self.is_waiting:
            raise AssertionError("a task is sent when its files are uploaded")
        return encoded(self.wire)


def submission_of(request: TaskRequest[ResultT]) -> Submission[ResultT]:
    """Return the task of a request, not sent yet."""
    from ..media.local_files import files_in  # takes its time

    wire = wire_of(request)
    delivery = wire.get("deliveryMethod", request.default_delivery)
    task = task_of(wire, cast("type[ResultT]", request.result), delivery)
    task.latency = request.shortest_latency
    uploads = dict.fromkeys(files_in(wire))
    return Submission(task, wire, request, uploads, is_waiting=bool(uploads))


def task_of(
    wire: Mapping[str, Any], result: type[ResultT], delivery: str | None
) -> Task[ResultT]:
    """Return a task, of which nothing is known yet.

    Args:
        wire: The task object, or those of its members that are in `SAVED`.
        result: The class of its results.
        delivery: How it is delivered; None where that is not known.
    """
    saved = {name: wire[name] for name in SAVED if name in wire}
    outputs = outputs_of(str(wire["taskType"]), cast("type[TaskResult]", result))
    return Task(saved, _Reader(result), outputs, is_async=delivery == "async")


@dataclass(frozen=True, slots=True)
class _Reader(Generic[ResultT]):
    """Reads items as results of a class."""

    result: type[ResultT]

    def __call__(self, item: Item) -> ResultT:
        kind = cast("type[TaskResult]", self.result)
        made = kind.model_validate(dict(item), by_alias=True, by_name=False)
        return cast("ResultT", made)


def wire_of(request: TaskRequest[Any]) -> Item:
    """Return a request as it is sent, but for the files that have to be uploaded.

    Raises:
        TypeError: It is not a request.
    """
    from ..schema.base import TaskRequest  # takes its time
    from ..schema.written import written

    if not isinstance(cast("object", request), TaskRequest):
        raise TypeError(_not_a_request(request))
    return cast("Item", written(request))


def _not_a_request(value: object) -> str:
    """Say what to do with what is not a request."""
    if isinstance(value, type):
        return f"{value.__name__} is a class: make a request of it, {value.__name__}(…)"
    kind = type(value).__name__
    if isinstance(value, dict):
        return f"a {kind} is not a request: make one with parse_request(task)"
    if isinstance(value, (list, tuple)):
        return f"a {kind} is not a request: run_many takes several"
    return f"a {kind} is not a request"


def encoded(task: Item) -> bytes:
    """Return a task as JSON text."""
    return _ENCODER.encode(task).encode()


_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
