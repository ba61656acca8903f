"""Who waits for what over WebSockets, whatever becomes of the connections.

A message names the tasks that it is about, and nothing else says which call it answers.
So only what is said about a named task is taken for its answer. Nothing is concluded
from what is not said: a call that gets no answer ends without one, and whoever made it
asks the server.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..error_codes import (
    OF_THE_TASK,
    ErrorCategory,
    category_of,
    is_task_conflict,
    is_task_not_found,
    is_too_large,
)
from ..exceptions import ConnectionError, RunwareError
from .envelope import Answer, Envelope, has_failed
from .items import AUTHENTICATION, READ_ONLY, is_result, number_of_results, outputs_of

if TYPE_CHECKING:
    from .envelope import Item

QUIET = 2.0
"""Seconds without a further item, after which a part of an answer is taken for it."""

SILENCE = 10.0
"""Seconds after which a question without any answer is given up."""

MAX_STRAYS = 500
"""Tasks that this client does not know, of which results are kept."""

MAX_ABANDONED = 500
"""Calls that were given up and may still be answered, which are remembered."""

NEVER_KEPT = READ_ONLY | {AUTHENTICATION}
"""Types of tasks whose results nobody asks for later."""

GET_RESPONSE = "getResponse"
"""The type of the task that asks what became of another."""

STATUSES = {
    ErrorCategory.AUTH: 401,
    ErrorCategory.QUOTA: 402,
    ErrorCategory.RATE_LIMIT: 429,
    ErrorCategory.SERVER: 503,
    ErrorCategory.VALIDATION: 400,
}
"""HTTP statuses of errors, by their categories: messages come without one."""

FORBIDDEN = re.compile("forbidden|permission")
"""What codes hold that go with HTTP 403, and not with 401."""


@dataclass(slots=True, eq=False)
class _Expected:
    """One task of a call, and what has come of it so far.

    Attributes:
        task_type: The wire name of its type.
        wanted: How many results it orders.
    """

    task_type: str
    wanted: int
    results: list[Item] = field(default_factory=list["Item"])
    news: list[Item] = field(default_factory=list["Item"])
    errors: list[Item] = field(default_factory=list["Item"])

    @property
    def is_question(self) -> bool:
        """Whether it asks what became of a task."""
        return self.task_type == GET_RESPONSE

    @property
    def is_about_a_task(self) -> bool:
        """Whether its answer says what became of a task, and not something else."""
        return self.is_question or self.task_type not in READ_ONLY

    @property
    def is_mentioned(self) -> bool:
        """Whether anything was said of it."""
        return bool(self.results or self.news or self.errors)

    @property
    def missing(self) -> int:
        """How many items have to come until its answer is whole."""
        if self.news or (self.is_question and self.results):
            return 0
        return max(0, self.wanted - len(self.results) - len(self.errors))

    @property
    def is_open(self) -> bool:
        """Whether its answer may take long: nothing was asked, and nothing failed."""
        return bool(self.missing) and not self.errors and not self.is_question

    def is_meant(self, item: Item, *, is_error: bool) -> bool:
        """Whether an item with its key is about it, and not about another like it."""
        named = _name(item, "taskType") or self.task_type
        code = _code(item) if is_error else ""
        if self.is_question:
            return named != "getTaskDetails" and not is_task_conflict(code)
        if self.task_type in READ_ONLY:
            return named == self.task_type
        is_of_question = not _name(item, "taskType") and is_task_not_found(code)
        return named not in READ_ONLY and not is_of_question

    def add(self, item: Item, *, is_error: bool) -> None:
        """Add an item; a message may repeat some."""
        is_result = _is_result(item) or not self.is_about_a_task
        place = self.results if is_result else self.news
        place = self.errors if is_error else place
        _add(item, place)


@dataclass(slots=True, eq=False)
class Pending:
    """A call that waits for its answer.

    Attributes:
        text: The message that asks for it; empty where nothing has to be asked.
        tasks: The tasks that it is about, by their keys.
        is_written: Whether the message may have been sent.
        is_given: Whether the answer was given to whoever made the call.
        is_over: Whether the server certainly says no more of it.
        is_owed: Whether what answered it may have been the answer to another call about
            the same task, so that its own may come yet.
        is_cut: Whether the connection ended before the whole answer came.
        done: Is set when the outcome is there.
        outcome: The answer, or what came in its place.
        errors: Errors that are about the call as a whole.
        excerpt: The first part of a message with errors.
        body: The last message with a part of the answer.
    """

    text: str
    tasks: dict[str, _Expected]
    is_written: bool = False
    is_given: bool = False
    is_over: bool = False
    is_owed: bool = False
    is_cut: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Envelope | RunwareError | None = None
    errors: list[Item] = field(default_factory=list["Item"])
    excerpt: str = ""
    body: bytes = b""
    _timer: asyncio.TimerHandle | None = None

    @property
    def is_question(self) -> bool:
        """Whether it asks what became of tasks."""
        return all(task.is_question for task in self.tasks.values())

    @property
    def is_mentioned(self) -> bool:
        """Whether anything was said that is about it."""
        tasks = self.tasks.values()
        return bool(self.errors) or any(task.is_mentioned for task in tasks)

    @property
    def is_answered(self) -> bool:
        """Whether the answer is whole."""
        missing = sum(task.missing for task in self.tasks.values())
        return self.is_over or missing <= len(self.errors)

    @property
    def is_unanswered(self) -> bool:
        """Whether it may have been sent, and more of its answer may come."""
        return self.is_written and (self.is_owed or not self.is_answered)

    def note_item(self) -> None:
        """Note that an item came: the last one ends the call, an error soon does."""
        if self.outcome is not None:
            return
        if self.is_answered:
            self.finish()
        elif self.errors or not any(t.is_open for t in self.tasks.values()):
            self.conclude_after(QUIET)

    def conclude_after(
        self, seconds: float, reason: RunwareError | None = None
    ) -> None:
        """Take what has come by then for the answer.

        Args:
            seconds: When.
            reason: The outcome where nothing has come; else an empty answer is.
        """
        self._stop_timer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._conclude, reason)

    def cut(self, seconds: float, reason: RunwareError) -> None:
        """Note that the connection ended; a question is asked again at once.

        Args:
            seconds: For how long the answer to anything else may still come.
            reason: The outcome where nothing has come.
        """
        self.is_cut = True
        if self.is_question:
            self._conclude(reason)
        else:
            self.conclude_after(seconds, reason)

    def conclude_unless_answered(self, reason: RunwareError) -> None:
        """Wait for an answer no longer than for that to a question."""
        if self._timer is None:
            self.conclude_after(SILENCE, reason)

    def _conclude(self, reason: RunwareError | None) -> None:
        if reason is None or self.is_mentioned:
            self.finish()
        else:
            self.settle(reason)

    def finish(self, answer: Answer | None = None) -> None:
        """Make the answer of what has come.

        Args:
            answer: What an HTTP server answered; else the errors say the HTTP status.
        """
        tasks = self.tasks.values()
        data = [item for task in tasks for item in (*task.results, *task.news)]
        errors = [item for task in tasks for item in task.errors] + self.errors
        is_refused = all(map(self._is_refused, tasks))
        status = status_of(errors) if is_refused else 200
        is_partial = answer is None and not self.is_answered
        is_cut = is_partial and self.is_cut
        answer = answer or Answer(status, {}, self.body)
        self.settle(
            Envelope(
                answer,
                data,
                errors,
                self.excerpt,
                is_partial=is_partial,
                is_cut=is_cut,
            )
        )

    def _is_refused(self, task: _Expected) -> bool:
        """Whether errors are all that was said of a task, but for its names."""
        is_about_call = bool(self.errors) and not task.news
        return not task.results and (bool(task.errors) or is_about_call)

    def settle(self, outcome: Envelope | RunwareError) -> None:
        """Take the outcome, unless there is one."""
        if self.outcome is None:
            self._stop_timer()
            self.outcome = outcome
            self.done.set()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def answer(self) -> Envelope:
        """Give the answer.

        Raises:
            RunwareError: There is none.
        """
        if self.outcome is None or isinstance(self.outcome, RunwareError):
            raise self.outcome or self.unanswered("there is no answer")
        self.is_given = True
        return self.outcome

    def unanswered(self, reason: str) -> ConnectionError:
        """The error of a call whose answer will not come."""
        error = ConnectionError(reason)
        error.may_have_run = self.is_written
        return error


class Session:
    """What outlives a connection: who waits for what, and what came meanwhile.

    Attributes:
        uuid: What the server knows it by, to go on with it over a new connection.
    """

    def __init__(self, is_known: Callable[[str], bool] | None = None) -> None:
        """Begin without any call.

        Args:
            is_known: Says whether somebody will ask for the results of a task, given
                its taskUUID in lower case; else those are known that were sent here
                and whose results were not all given out.
        """
        self.uuid: str | None = None
        self._is_known = is_known or self._is_sent
        self._waiting: dict[Pending, None] = {}
        self._abandoned: dict[Pending, None] = {}
        self._has_forgotten = False
        self._by_key: dict[str, list[Pending]] = {}
        self._sent: dict[str, int] = {}
        """How many results of tasks that were sent have not been given out."""
        self._kept: dict[str, list[Item]] = {}
        self._strays: OrderedDict[str, list[Item]] = OrderedDict()

    def begin(self, uuid: str | None) -> None:
        """Note that a connection begins, with the session before or with a new one."""
        if uuid is None or uuid != self.uuid:
            for pending in [*self._abandoned]:
                self._drop(pending, pending.tasks)
            self._has_forgotten = False
        self.uuid = uuid

    def _is_sent(self, key: str) -> bool:
        return key in self._sent or key in self._by_key

    # -- who waits ------------------------------------------------------------

    def expect(self, parts: Iterable[bytes]) -> Pending:
        """Wait for the answer to tasks, each given as JSON text.

        A question whose answer came before it was asked need not be sent.
        """
        tasks: dict[str, _Expected] = {}
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

    def _expected(self, part: bytes) -> tuple[str, _Expected]:
        """What a task, given as JSON text, is waited for by, and how much of it."""
        wire = json.loads(part)
        task = _Expected(str(wire["taskType"]), max(1, number_of_results(wire)))
        key = str(wire.get("taskUUID") or task.task_type).casefold()
        if task.is_question:
            task.wanted = self._sent.get(key, 1)
            for item in self._kept.pop(key, []) + self._strays.pop(key, []):
                task.add(item, is_error=_is_failure(item))
        return key, task

    def expect_pong(self, ping: bytes) -> None:
        """Note that a ping is sent: an error without a name may be about it."""
        pending = self.expect([ping])
        self.note_written(pending)
        self.forget(pending)

    def note_written(self, pending: Pending) -> None:
        """Note that a call is sent now."""
        pending.is_written = True
        for key, task in pending.tasks.items():
            if task.task_type not in NEVER_KEPT:
                self._sent.setdefault(key, task.wanted)
        if pending.is_question:
            pending.conclude_after(SILENCE)

    def forget(self, pending: Pending) -> None:
        """Wait no longer; what was not given to the caller is kept."""
        pending.settle(pending.unanswered("nobody waits for the answer"))
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

    def _note_given(self, key: str, task: _Expected) -> None:
        """Note that a caller has results of a task, or the error that ends it."""
        left = self._sent.pop(key, 0) - len(task.results)
        if left > 0 and not task.errors:
            self._sent[key] = left

    def _abandon(self, pending: Pending) -> None:
        """Remember what a call that nobody waits for may still be answered."""
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
        """Take no more for a call of what is said about some tasks."""
        self._abandoned.pop(pending, None)
        for key in keys:
            self._by_key[key].remove(pending)
            if not self._by_key[key]:
                del self._by_key[key]

    @property
    def is_awaited(self) -> bool:
        """Whether anybody waits."""
        return any(pending.outcome is None for pending in self._waiting)

    def unwritten(self) -> list[Pending]:
        """The calls that have to be sent, in their order."""
        return [p for p in self._waiting if p.outcome is None and not p.is_written]

    def written(self) -> list[Pending]:
        """The calls that were sent and have no outcome."""
        return [p for p in self._waiting if p.outcome is None and p.is_written]

    def _unanswered(self) -> list[Pending]:
        """The calls of which more may be said, whether anybody waits or not."""
        return [p for p in (*self._abandoned, *self._waiting) if p.is_unanswered]

    # -- what comes -----------------------------------------------------------

    def take(self, frame: Envelope) -> None:
        """Give what stands in a message to those who wait for it."""
        touched: dict[Pending, None] = {}
        for item in frame.data:
            touched |= self._give(item, is_error=False)
        for error in frame.errors:
            owners = self._give(error, is_error=True)
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
            self._take_nothing()

    def _give(self, item: Item, *, is_error: bool) -> dict[Pending, None]:
        """Give an item to the calls that it is about.

        Returns:
            The calls to which it brings something.
        """
        meant = self._meant(item, is_error=is_error)
        if is_error and not meant and not _name(item, "taskUUID"):
            return self._give_nameless(item)
        if is_error and _is_ambiguous(item, meant):
            sendings = [pending for pending, task in meant if not task.is_question]
            _leave_unclear(sendings, item)
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

    def _meant(self, item: Item, *, is_error: bool) -> list[tuple[Pending, _Expected]]:
        """The calls that an item is about, each with the task that it names."""
        for key in _keys(item):
            calls = [(p, p.tasks[key]) for p in self._by_key.get(key, [])]
            if meant := [c for c in calls if c[1].is_meant(item, is_error=is_error)]:
                return meant
        return []

    def _give_nameless(self, error: Item) -> dict[Pending, None]:
        """Give an error that names no task to the only call that it can be about."""
        named = _name(error, "taskType")
        concerned = [
            pending
            for pending in self._unanswered()
            if named in (None, *(t.task_type for t in pending.tasks.values()))
        ]
        if len(concerned) > 1 or self._has_forgotten:
            _leave_unclear(concerned, error)
            return {}
        for pending in concerned:
            pending.errors.append(error)
        return dict.fromkeys(concerned)

    def _take_nothing(self) -> None:
        """Take an answer without items, as questions have, for that to the first."""
        asked = [pending for pending in self._unanswered() if pending.is_question]
        open_ones = (pending for pending in asked if pending.outcome is None)
        if pending := next(open_ones, None):
            pending.is_over = len(asked) == 1
            pending.finish()

    def _keep(self, items: Iterable[Item]) -> None:
        """Keep results, and failures, that nobody waits for just now."""
        for item in items:
            key = (_name(item, "taskUUID") or "").casefold()
            is_end = _is_result(item) or _is_failure(item)
            if not key or not is_end or item.get("taskType") in NEVER_KEPT:
                continue
            if self._is_known(key):
                _add(item, self._kept.setdefault(key, []))
            else:
                _add(item, self._strays.setdefault(key, []))
                self._strays.move_to_end(key)
        while len(self._strays) > MAX_STRAYS:
            self._strays.popitem(last=False)


def _note_owed(calls: Iterable[Pending]) -> None:
    """Note which calls a message does not answer for good.

    It answers one of several calls about the same task, the sending or else the first
    question. It tells the others what they ask; they may still get an answer of their
    own, which can be an error without a name.
    """
    answered = [call for call in calls if call.is_written and call.is_answered]
    keys = set[str]()
    for call in sorted(answered, key=lambda call: call.is_question):
        call.is_owed = not keys.isdisjoint(call.tasks)
        keys.update(call.tasks)


def _leave_unclear(calls: Iterable[Pending], error: Item) -> None:
    """End calls, one of which an error is about."""
    said = _name(error, "message") or _name(error, "code") or "an error without a text"
    for pending in calls:
        reason = f"the server named no task in an error that may be about this: {said}"
        pending.settle(pending.unanswered(reason))


def _is_ambiguous(error: Item, meant: list[tuple[Pending, _Expected]]) -> bool:
    """Whether an error may be about the sending of a task or about a question."""
    if _name(error, "taskType") or has_failed(error):
        return False
    return len({task.is_question for p, task in meant if p.is_unanswered}) > 1


def _is_result(item: Item) -> bool:
    """Whether an item is a result, and not news of a task."""
    return is_result(item, outputs_of(_name(item, "taskType") or "", None))


def _is_failure(item: Item) -> bool:
    """Whether an item is the failure of a task, and not that of a question."""
    is_of_task = category_of(_code(item), None) in OF_THE_TASK
    return has_failed(item) or (is_of_task and not _is_result(item))


def _add(item: Item, place: list[Item]) -> None:
    """Add an item, unless it is there; one too deep to be compared is a new one."""
    with suppress(RecursionError):
        if item in place:
            return
    place.append(item)


def _name(item: Item, member: str) -> str | None:
    """A text of an item; None where there is none, or something else."""
    value = item.get(member)
    return value if isinstance(value, str) and value else None


def _keys(item: Item) -> list[str]:
    names = (_name(item, "taskUUID"), _name(item, "taskType"))
    return [name.casefold() for name in names if name]


def status_of(errors: list[Item]) -> int:
    """The HTTP status that an answer with nothing but these errors would have."""
    statuses = {_own_status(error) for error in errors}
    return statuses.pop() if len(statuses) == 1 else 200


def _own_status(error: Item) -> int:
    if has_failed(error):
        return 200  # the task was taken, and failed
    code = _code(error)
    if is_too_large(code):
        return 413
    category = category_of(code, None)
    if category is ErrorCategory.AUTH and FORBIDDEN.search(code):
        return 403
    return STATUSES.get(category, 200)


def _code(error: Item) -> str:
    return (_name(error, "code") or "").casefold()
