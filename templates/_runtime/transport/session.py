"""Assigns messages on WebSockets to calls, across connections.

A message names the tasks that it is about, and not the call that it answers. So a call is
answered only by items that name its tasks. Nothing follows from a missing item: a call
without a response ends without one, and its caller polls the server.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from itertools import islice

from ..error_codes import OF_THE_TASK, category_of
from .envelope import Envelope, Item, code_of, has_failed, task_keys, text_of
from .items import AUTHENTICATION, READ_ONLY, number_of_results
from .pending import Expected, Pending, add, is_result_item, status_of
from .strays import Strays

MAX_ABANDONED = 500
"""Maximum number of remembered calls that were given up and may still be answered."""

NEVER_KEPT = READ_ONLY | {AUTHENTICATION}
"""Types of tasks whose results are never collected later."""


class Session:
    """The state that outlives a connection: waiting calls, and results without a call.

    Attributes:
        uuid: The identifier with which the server continues the session over a new
            connection; None before the first one.
    """

    def __init__(self, is_known: Callable[[str], bool]) -> None:
        """Create a session without calls.

        `is_known` returns whether the results of a task will be collected, for its
        taskUUID in lower case.
        """
        self.uuid: str | None = None
        self._is_known = is_known
        self._waiting: dict[Pending, None] = {}
        self._abandoned: dict[Pending, None] = {}
        self._has_forgotten = False
        self._by_key: dict[str, list[Pending]] = {}
        self._sent: OrderedDict[str, int] = OrderedDict()
        """The number of results that were not returned yet, by task."""
        self._kept: dict[str, list[Item]] = {}
        self._strays = Strays()

    def begin(self, uuid: str | None) -> None:
        """Start a connection, with the previous session of the server or a new one."""
        if uuid is None or uuid != self.uuid:
            for pending in [*self._abandoned]:
                self._drop(pending, pending.tasks)
            self._has_forgotten = False
        self.uuid = uuid

    # -- calls ----------------------------------------------------------------

    def expect(self, parts: Iterable[bytes]) -> Pending:
        """Return a new call for tasks, each as JSON text.

        A poll whose response is already known is not sent.
        """
        tasks: dict[str, Expected] = {}
        asked: list[str] = []
        for part in parts:
            key, task = self._expected(part)
            tasks[key] = task
            if task.missing:
                asked.append(part.decode())
        pending = Pending(f"[{','.join(asked)}]" if asked else "", tasks)
        self._waiting[pending] = None
        for key in tasks:
            self._by_key.setdefault(key, []).append(pending)
        if not asked:
            pending.finish()
        return pending

    def _expected(self, part: bytes) -> tuple[str, Expected]:
        """Return the key of a task in JSON text, and its expected response."""
        wire = json.loads(part)
        task = Expected(str(wire["taskType"]), max(1, number_of_results(wire)))
        key = str(wire.get("taskUUID") or task.task_type).casefold()
        if task.is_poll:
            task.wanted = self._sent.get(key, 1)
            for item in self._kept.pop(key, []) + self._strays.pop(key):
                task.add(item, is_error=_is_failure(item))
        return key, task

    def expect_pong(self, ping: bytes) -> None:
        """Record that a ping is sent: an error that names no task may be about it."""
        pending = self.expect([ping])
        self.note_written(pending)
        self.forget(pending)

    def note_written(self, pending: Pending) -> None:
        """Record that a call is being sent."""
        pending.note_written()
        for key, task in pending.tasks.items():
            if task.task_type not in NEVER_KEPT:
                self._sent.setdefault(key, task.wanted)
                self._forget_unknown()

    def _forget_unknown(self) -> None:
        """Forget tasks whose results will not be collected.

        It checks two tasks for each new one, so all are checked again and again.
        """
        for key in [*islice(self._sent, 2)]:
            if self._is_known(key):
                self._sent.move_to_end(key)
            else:
                del self._sent[key]
                self._kept.pop(key, None)

    def forget(self, pending: Pending) -> None:
        """Stop waiting for a call, and keep results that its caller did not get."""
        pending.settle(pending.unanswered("no call waits for the response"))
        del self._waiting[pending]
        for key, task in pending.tasks.items():
            if pending.is_given:
                self._note_given(key, task)
            elif task.is_about_a_task:
                self._keep(task.results + task.errors)
        if pending.is_unanswered:
            self._abandon(pending)
        else:
            self._drop(pending, pending.tasks)

    def _note_given(self, key: str, task: Expected) -> None:
        """Record that a caller has results of a task, or the error that ended it."""
        left = self._sent.pop(key, 0) - len(task.results)
        if left > 0 and not task.errors:
            self._sent[key] = left

    def _abandon(self, pending: Pending) -> None:
        """Remember a call without a caller whose response may still come."""
        answered = {key for key, task in pending.tasks.items() if not task.missing}
        answered = set[str]() if pending.is_owed else answered
        self._drop(pending, answered)
        pending.text, pending.body = "", b""
        pending.tasks = {k: t for k, t in pending.tasks.items() if k not in answered}
        self._abandoned[pending] = None
        if len(self._abandoned) > MAX_ABANDONED:
            oldest = next(iter(self._abandoned))
            self._drop(oldest, oldest.tasks)
            self._has_forgotten = True

    def _drop(self, pending: Pending, keys: Iterable[str]) -> None:
        """Stop assigning items of some tasks to a call."""
        self._abandoned.pop(pending, None)
        for key in keys:
            self._by_key[key].remove(pending)
            if not self._by_key[key]:
                del self._by_key[key]

    @property
    def is_awaited(self) -> bool:
        """Whether a call waits for its outcome. Other threads may ask this too."""
        return any(pending.outcome is None for pending in [*self._waiting])

    def unwritten(self) -> list[Pending]:
        """Return the calls that are still to be sent, in order."""
        return [p for p in self._waiting if p.outcome is None and not p.is_written]

    def written(self) -> list[Pending]:
        """Return the calls that were sent and have no outcome."""
        return [p for p in self._waiting if p.outcome is None and p.is_written]

    def _unanswered(self) -> list[Pending]:
        """Return the calls whose responses may still come, with or without a caller."""
        return [p for p in (*self._abandoned, *self._waiting) if p.is_unanswered]

    # -- messages -------------------------------------------------------------

    def receive(self, frame: Envelope) -> None:
        """Assign the items and errors of a message to calls."""
        touched: dict[Pending, None] = {}
        for item in frame.data:
            touched |= self._assign(item, is_error=False)
        for error in frame.errors:
            owners = self._assign(error, is_error=True)
            for owner in owners:
                owner.excerpt = frame.excerpt
            touched |= owners
        _note_owed(touched)
        for pending in touched:
            pending.body = frame.answer.body
            pending.note_item()
            if pending in self._abandoned and not pending.is_unanswered:
                self._drop(pending, pending.tasks)
        if not frame.data and not frame.errors:
            self._receive_empty()

    def _assign(self, item: Item, *, is_error: bool) -> dict[Pending, None]:
        """Add an item to the calls that it is about; return those for which it is new."""
        meant = self._meant(item, is_error=is_error)
        if is_error and not meant and not text_of(item, "taskUUID"):
            return self._assign_nameless(item)
        if is_error and _is_ambiguous(item, meant):
            sendings = [pending for pending, task in meant if not task.is_poll]
            _end_unclear(sendings, item)
            return {}
        touched: dict[Pending, None] = {}
        for pending, task in meant:
            missing = task.missing
            task.add(item, is_error=is_error)
            if task.missing < missing or pending.is_owed:
                touched[pending] = None
        if all(pending.outcome for pending, _ in meant):
            self._keep([item])
        return touched

    def _meant(self, item: Item, *, is_error: bool) -> list[tuple[Pending, Expected]]:
        """Return the calls that an item is about, each with the task that it names."""
        for key in task_keys(item):
            calls = [(p, p.tasks[key]) for p in self._by_key.get(key, [])]
            if meant := [c for c in calls if c[1].is_meant(item, is_error=is_error)]:
                return meant
        return []

    def _assign_nameless(self, error: Item) -> dict[Pending, None]:
        """Add an error that names no task to the only call that it can be about.

        An error without a code may be about the connection: it answers no call. An error
        about the API key answers all polls: no later one is answered.
        """
        named = text_of(error, "taskType")
        concerned = [
            pending
            for pending in self._unanswered()
            if named in (None, *(t.task_type for t in pending.tasks.values()))
        ]
        is_unclear = len(concerned) > 1 or self._has_forgotten
        is_unclear |= any(pending.is_cut for pending in concerned)
        if named is None or named not in NEVER_KEPT:
            is_unclear |= any(map(self._may_be_of_another, concerned))
        if is_unclear or not code_of(error):
            is_of_key = status_of([error]) == 401  # 403 may be about one task
            refused = [call for call in concerned if is_of_key and call.is_poll]
            _end_unclear([c for c in concerned if c not in refused], error)
            concerned = refused
        for pending in concerned:
            pending.errors.append(error)
        return dict.fromkeys(concerned)

    def _may_be_of_another(self, pending: Pending) -> bool:
        """Return whether an error may be of a task that no call waits for now."""
        return any(
            left > len(self._kept.get(key, ())) and self._is_known(key)
            for key, left in self._sent.items()
            if key not in pending.tasks
        )

    def _receive_empty(self) -> None:
        """Use a message without items as the response to the first open poll."""
        asked = [pending for pending in self._unanswered() if pending.is_poll]
        open_ones = (pending for pending in asked if pending.outcome is None)
        if pending := next(open_ones, None):
            pending.is_over = len(asked) == 1
            pending.finish()

    def _keep(self, items: Iterable[Item]) -> None:
        """Keep results and failures for which no call waits now."""
        for item in items:
            key = (text_of(item, "taskUUID") or "").casefold()
            is_end = is_result_item(item) or _is_failure(item)
            if not key or not is_end or item.get("taskType") in NEVER_KEPT:
                continue
            if self._is_known(key):
                add(item, self._kept.setdefault(key, []))
            else:
                self._strays.add(key, item)


def _note_owed(calls: Iterable[Pending]) -> None:
    """Set `is_owed` of calls whose own response may still come.

    A message answers one of several calls about the same task: the sending, else the
    first poll. It ends the others too, but they may still get a response of their own,
    which can be an error that names no task.
    """
    answered = [call for call in calls if call.is_written and call.is_answered]
    keys = set[str]()
    for call in sorted(answered, key=lambda call: call.is_poll):
        call.is_owed = not keys.isdisjoint(call.tasks)
        keys.update(call.tasks)


def _end_unclear(calls: Iterable[Pending], error: Item) -> None:
    """End calls if an error may be about any of them."""
    text = text_of(error, "message") or text_of(error, "code") or "it has no message"
    reason = f"an error that names no task may be about this one: {text}"
    for pending in calls:
        pending.settle(pending.unanswered(reason))


def _is_ambiguous(error: Item, meant: list[tuple[Pending, Expected]]) -> bool:
    """Return whether an error may be about the sending of a task or about its poll."""
    if text_of(error, "taskType") or has_failed(error):
        return False
    return len({task.is_poll for p, task in meant if p.is_unanswered}) > 1


def _is_failure(item: Item) -> bool:
    """Return whether an item is the failure of a task, not of a poll."""
    is_of_task = category_of(code_of(item), None) in OF_THE_TASK
    return has_failed(item) or (is_of_task and not is_result_item(item))
