"""The state of a task."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final, Generic

from ..api_errors import APIError
from ..exceptions import RunwareError, joined
from ..schema.generics import ResultT
from ..transport.items import (
    READ_ONLY,
    UPLOADS,
    costs,
    is_result,
    number_of_results,
    numbers,
)
from .identity import Identity, Members, identity_of, is_copy
from .lifecycle import TRANSITIONS, Action, Phase, TaskEvent

if TYPE_CHECKING:
    from decimal import Decimal

    from ..transport.envelope import Item
    from .submission import Submission

UPLOAD_OUTPUT: Final = "mediaUUID"
"""The member of an upload's result that has the UUID of the file."""

CONFIRMING_POLLS = 3
"""Consecutive polls without news after which equal errors count as separate failures.

Before that, a response may contain one failure twice.
"""

MAX_RESULTS = 10**6
"""Upper limit of the number of results in the calculation of the progress."""


MAY_BE_SECOND = frozenset(
    {TaskEvent.UNCLEAR, TaskEvent.PROGRESS, TaskEvent.FINISHED, TaskEvent.FAILED}
)
"""Events after a second sending that the server may have accepted as another task."""


class Task(Generic[ResultT]):
    """The state of one task. It is small: it does not hold the request.

    Attributes:
        wire: The members of `submission.SAVED` that the task has.
        task_type: The wire name of its task type.
        task_uuid: Its `taskUUID`; None if its type has none.
        read: Parses an item of a response as a result.
        outputs: The members of a result that are its output.
        is_async: Whether the server acknowledges it first and creates results later.
        latency: The shortest latency in seconds that its document states; None if it
            states none.
        phase: Its phase; only `apply` changes it.
        items: The results so far, as received.
        error: The failure of the task; None if there is none.
        refusal: An error that may be about this task, while that is not certain.
        progress: The percentage that is done, from 0 to 100; None if not known.
        sends: The number of times that it was sent.
        first_sent: When it was first sent, or resumed, on the client's clock.
        last_posted: When it was last sent or polled.
        due: When the call that did so sends or polls it again; others wait until then.
        answer_by: When a poll times out that has no response yet; others wait until then.
        silences: Consecutive polls whose responses did not mention it.
        not_found: Consecutive polls that were answered with "not found".
        quiet: Consecutive polls whose responses mentioned it without anything new.
        is_short: Whether a sync response had fewer results than were ordered.
        allows_resend: Whether it may be sent again while it is in doubt.
        is_sent: Whether this process has sent it.
        is_known: Whether it is only collected: it is resumed, the server refused a sending
            because it has the task, or its costs were counted.
        is_resent: Whether it was sent again while the server may have had it. A refusal
            may then be about that sending.
        is_repeated: Whether the server may have run it twice: it was sent again, and the
            server did not say that it has it.
        is_returned: Whether a handle without the request returns its results now.
        price: The cost that was last reserved for it; None if it is not known.
        key: The key that matches items to it: its taskUUID or, without one, its type.
        ordered: The number of results that it orders.
    """

    def __init__(
        self,
        wire: Item,
        read: Callable[[Item], ResultT],
        outputs: AbstractSet[str] = frozenset(),
        *,
        is_async: bool = False,
    ) -> None:
        self.wire: Item = wire
        self.task_type: str = str(wire["taskType"])
        self.task_uuid: str | None = wire.get("taskUUID")
        self.read: Callable[[Item], ResultT] = read
        self.outputs: AbstractSet[str] = outputs
        self.is_async: bool = is_async
        self.latency: float | None = None
        self.phase: Phase = Phase.UNSENT
        self.items: list[Item] = []
        self.error: RunwareError | None = None
        self.refusal: RunwareError | None = None
        self.progress: float | None = None
        self.sends: int = 0
        self.first_sent: float = 0.0
        self.last_posted: float | None = None
        self.due: float = 0.0
        self.answer_by: float = 0.0
        self.silences: int = 0
        self.not_found: int = 0
        self.quiet: int = 0
        self.is_short: bool = False
        self.allows_resend: bool = True
        self.is_sent: bool = False
        self.is_known: bool = False
        self.is_resent: bool = False
        self.is_repeated: bool = False
        self.is_returned: bool = False
        self.price: Decimal | None = None
        self.key: str = (self.task_uuid or self.task_type).casefold()
        self.ordered: int = number_of_results(wire)
        self._identities: list[Identity] = []
        self._poll: bytes | None = None
        self._failed_items = 0
        self._reported_failures = 0

    @property
    def is_done(self) -> bool:
        """Whether it has finished or failed."""
        return self.phase is Phase.DONE

    @property
    def is_pollable(self) -> bool:
        """Whether getResponse can return its results."""
        return self.task_uuid is not None and self.task_type not in READ_ONLY

    @property
    def is_idempotent(self) -> bool:
        """Whether sending it twice changes and costs nothing."""
        return self.task_type in READ_ONLY

    @property
    def lets_repeat(self) -> bool:
        """Whether it is sent again if the server may have it, as if it had not."""
        return self.is_idempotent

    @property
    def is_partial(self) -> bool:
        """Whether some results or a failure arrived, and the others may still come."""
        return not self.is_done and (self.is_short or self.error is not None)

    @property
    def resend_is_safe(self) -> bool:
        """Whether sending it again with the same taskUUID cannot be billed.

        The platform answers a repeated async task with a conflict. Uploads are free.
        """
        return self.is_async or self.task_type in UPLOADS

    @property
    def may_be_billed(self) -> bool:
        """Whether the server may have it, and its results are not collected yet."""
        return self.is_pollable and self.phase not in (Phase.UNSENT, Phase.DONE)

    @property
    def is_collectable(self) -> bool:
        """Whether it may be billed, or has results that a call may still return."""
        has_failed = self.is_done and self.error is not None
        return self.is_pollable and self.phase is not Phase.UNSENT and not has_failed

    @property
    def cost(self) -> float | None:
        """The sum of the costs in its results, in US dollars; None if they have none."""
        found = costs(self.items)
        return sum(found) if found else None

    def identities(self) -> list[Identity]:
        """Return the identities of the results, each computed when it is first used."""
        for item in self.items[len(self._identities) :]:
            self._identities += [identity_of(item)]
        return self._identities

    def poll(self) -> bytes:
        """Return the getResponse task that polls this one, as JSON text."""
        if self._poll is None:
            poll = {"taskType": "getResponse", "taskUUID": self.task_uuid}
            self._poll = encoded(poll)
        return self._poll

    def results(self) -> list[ResultT]:
        """Return the results so far."""
        return [self.read(item) for item in self.items]

    def resume(self) -> None:
        """Record that another process may have sent it, unless this one has begun to."""
        if self.phase is Phase.UNSENT and not self.sends:
            self.phase, self.sends, self.is_known = Phase.IN_DOUBT, 1, True

    def apply(self, event: TaskEvent, error: RunwareError | None = None) -> Action:
        """Move to the next phase; return the next action.

        If this ends the task, `error` is its failure.
        """
        is_resending = self.phase is Phase.RESENDING
        self.is_repeated |= is_resending and event in MAY_BE_SECOND
        self.allows_resend &= not (is_resending and event is TaskEvent.REFUSED)
        phase, action = TRANSITIONS[self.phase, event]
        if action is Action.END and error is not None:
            self.error = error  # before the phase, which other threads read
        self.phase = phase
        self.is_known |= event is TaskEvent.CONFLICT
        self.is_resent |= self.phase is Phase.RESENDING
        return action

    def note_sending(self, now: float, sent: Submission[Any]) -> None:
        """Record that a submission sends it: from now on, the server may accept it.

        Another submission may have made this task.
        """
        is_first = self.phase is Phase.UNSENT
        self.is_async = sent.is_async and (is_first or self.is_async)
        if is_first:
            self.wire, self.ordered = sent.saved, number_of_results(sent.wire)
        if not self.sends:
            self.first_sent = now
        self.sends += 1
        self.is_sent = True
        self.last_posted = now
        self.apply(TaskEvent.SENT)

    # -- responses -------------------------------------------------------------

    def receive(
        self, items: list[Item], errors: Sequence[APIError], *, is_complete: bool
    ) -> TaskEvent:
        """Add the results, updates and failures of this task in a response.

        After a complete response, as that of a sync task, no more results come. Returns
        `PROGRESS` if the task continues, else `FINISHED` or `FAILED`.
        """
        results: list[Item] = []
        updates: list[Item] = []
        for item in items:
            (results if self.is_result(item) else updates).append(item)
        failed = {identity_of(error.item) for error in errors}  # may contain duplicates
        is_news = self._add(results) or len(failed) > self._failed_items
        reported = len(errors)
        if not is_news:
            reported = min(reported, self._reported_failures)
        self._reported_failures = reported
        self._failed_items = max(self._failed_items, len(failed))
        self.error = joined(errors) or self.error
        if len(self.items) >= self.ordered:
            self.error = None  # such as the refusal of a second sending
        self._note_progress(updates)
        self.silences = self.not_found = 0
        self.quiet = 0 if is_news or updates else self.quiet + 1
        event = TaskEvent.PROGRESS
        if not updates:
            event = self._event(is_complete=is_complete)
        if event is TaskEvent.PROGRESS:
            self.identities()  # before the caller may change the results
        return event

    def _event(self, *, is_complete: bool) -> TaskEvent:
        end = TaskEvent.FINISHED if self.error is None else TaskEvent.FAILED
        failed = self._reported_failures if self.quiet >= CONFIRMING_POLLS else 0
        if len(self.items) + max(failed, self._failed_items) >= self.ordered:
            return end
        if not self.is_pollable:
            return end
        if is_complete and not self.items:  # the whole task has failed
            return end
        self.is_short |= is_complete
        return TaskEvent.PROGRESS

    def is_result(self, item: Item) -> bool:
        """Return whether an item is a result of this task, not a status update."""
        return not self.is_pollable or is_result(item, self.outputs)

    def _add(self, results: list[Item]) -> bool:
        """Add the new results among these; return whether there are any.

        A response may repeat known results. Two equal results without a UUID count as two
        if one response contains both.
        """
        if not self.items and len(results) == 1:
            self.items += results  # nothing to compare it with
            return True
        identities = self.identities()
        places: dict[Members, list[int]] = {}
        for place, known in enumerate(identities):
            places.setdefault(known.own, []).append(place)
        before = len(self.items)
        unmatched = set(range(before))
        for item in results:
            identity = identity_of(item)
            alike = places.setdefault(identity.own, [])
            copies = [p for p in alike if identities[p].is_same(identity)]
            # A copy with the same members is preferred to one that lacks some.
            copies.sort(key=lambda p: identities[p] != identity)
            copy = next((p for p in copies if p in unmatched), None)
            if copy is not None:
                unmatched.remove(copy)
                if item.keys() > self.items[copy].keys():  # such as the cost
                    self.items[copy], identities[copy] = item, identity
            elif self._is_new(item, identity, has_copies=bool(copies)):
                # Not `append`: a signal may be handled after a call.
                self.items += [item]
                identities[len(self.items) - 1 :] = [identity]
                alike.append(len(self.items) - 1)
        return len(self.items) > before

    def _is_new(self, item: Item, identity: Identity, *, has_copies: bool) -> bool:
        """Return whether a result is new; its known copies are in the response too."""
        has_room = len(self.items) < self.ordered
        if has_copies:
            return has_room and not identity.has_uuid
        return has_room or not self._has_copy(item, identity)

    def _has_copy(self, item: Item, identity: Identity) -> bool:
        """Return whether a text is an ordered result with more or fewer members."""
        ordered = self.items[: self.ordered]
        return identity.is_digest and any(is_copy(item, known) for known in ordered)

    def _note_progress(self, updates: list[Item]) -> None:
        given = [min(100.0, max(0.0, each)) for each in numbers(updates, "progress")]
        if given or self.items:
            ordered = min(self.ordered, MAX_RESULTS)
            number = max(ordered, len(self.items) + len(given))
            done = 100.0 * len(self.items) + sum(given)
            self.progress = max(self.progress or 0.0, min(100.0, done / number))


class Upload(Task[Any]):
    """A task that uploads a file."""

    @property
    def uuid(self) -> str | None:
        """The UUID that the platform gave the file; None before it has responded."""
        names = [item.get(UPLOAD_OUTPUT) for item in self.items]
        return next((name for name in names if name and isinstance(name, str)), None)

    @property
    def has_failed(self) -> bool:
        """Whether it is done and the response has no UUID of the file."""
        return self.is_done and self.uuid is None


def encoded(task: Item) -> bytes:
    """Return a task as JSON text."""
    return _ENCODER.encode(task).encode()


_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
