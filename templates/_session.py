"""Who waits for what over WebSockets, whatever becomes of the connections."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ._batches import AUTHENTICATION
from ._envelope import Answer, Envelope
from ._exceptions import ConnectionError, RunwareError
from ._results import READ_ONLY as QUESTIONS
from ._results import is_result, number_of_results

if TYPE_CHECKING:
    from ._envelope import Item

MOST_KEPT = 500
"""Tasks whose results are kept although nobody waits for them just now."""

NEVER_KEPT = QUESTIONS | {AUTHENTICATION}
"""Types of tasks whose results nobody asks for later."""

STATUSES = {
    "forbidden": 403,
    "insufficientcredits": 402,
    "internalservererror": 500,
    "invalidapikey": 401,
    "paymentrequired": 402,
    "payloadtoolarge": 413,
    "quotaexceeded": 429,
    "ratelimitexceeded": 429,
    "serviceunavailable": 503,
    "tokenexpired": 401,
    "toomanytasks": 413,
    "unauthorized": 401,
}
"""HTTP statuses of errors, by their codes in lower case: messages come without one."""

REFUSALS = ("duplicate", "invalid", "missing", "unsupported")
"""How codes begin, in lower case, with which a task is refused: HTTP 400."""


@dataclass(slots=True, eq=False)
class _Expected:
    """One task of a call, and what has come of it so far."""

    task_type: str
    wanted: int
    results: list[Item] = field(default_factory=list["Item"])
    news: list[Item] = field(default_factory=list["Item"])
    errors: list[Item] = field(default_factory=list["Item"])

    @property
    def is_answered(self) -> bool:
        """Whether this is all that its call waits for."""
        has_all = len(self.results) >= self.wanted
        return has_all or bool(self.news) or bool(self.errors)

    def is_meant(self, item: Item, *, is_error: bool) -> bool:
        """Whether an item with its key is about it, and not about another like it."""
        named = str(item.get("taskType", self.task_type))
        code = _code(item) if is_error else ""
        if self.task_type == "getResponse":
            return named != "getTaskDetails" and True
        if self.task_type in QUESTIONS:
            return named == self.task_type
        is_of_question = "taskType" not in item and False
        return named not in QUESTIONS and not is_of_question

    def add(self, item: Item, *, is_error: bool) -> None:
        """Add an item; a message may repeat some."""
        is_plain = self.task_type not in QUESTIONS - {"getResponse"}
        place = self.news if is_plain and not is_result(item) else self.results
        place = self.errors if is_error else place
        if item not in place:
            place.append(item)


@dataclass(slots=True, eq=False)
class Pending:
    """A call that waits for its answer.

    Attributes:
        text: The message that asks for it; empty where nothing has to be asked.
        tasks: The tasks that it is about, by their keys.
        is_written: Whether the message may have been sent.
        done: Is set when the outcome is there.
        outcome: The answer, or what came in its place.
        errors: Errors that are about the call as a whole.
        excerpt: The first part of a message with errors.
    """

    text: str
    tasks: dict[str, _Expected]
    is_written: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Envelope | RunwareError | None = None
    errors: list[Item] = field(default_factory=list["Item"])
    excerpt: str = ""

    @property
    def is_harmless(self) -> bool:
        """Whether it may be sent twice."""
        return all(task.task_type in QUESTIONS for task in self.tasks.values())

    @property
    def is_question(self) -> bool:
        """Whether it asks what became of tasks."""
        return all(task.task_type == "getResponse" for task in self.tasks.values())

    @property
    def is_untouched(self) -> bool:
        """Whether it was sent, and nothing of its answer has come."""
        tasks = self.tasks.values()
        return self.is_written and not any(
            t.results or t.news or t.errors for t in tasks
        )

    @property
    def is_answered(self) -> bool:
        """Whether the answer is whole."""
        return all(task.is_answered for task in self.tasks.values())

    def finish(self, body: bytes = b"", http_status: int | None = None) -> None:
        """Make the answer of what has come.

        Args:
            body: The message that completed it.
            http_status: The status that it would have over HTTP; else the errors' own.
        """
        tasks = self.tasks.values()
        data = [item for task in tasks for item in (*task.results, *task.news)]
        errors = [item for task in tasks for item in task.errors] + self.errors
        status = http_status or (200 if data else status_of(errors))
        self.settle(Envelope(Answer(status, {}, body), data, errors, self.excerpt))

    def settle(self, outcome: Envelope | RunwareError) -> None:
        """Take the outcome, unless there is one."""
        if self.outcome is None:
            self.outcome = outcome
            self.done.set()

    def answer(self) -> Envelope:
        """Give the answer.

        Raises:
            RunwareError: There is none.
        """
        if self.outcome is None or isinstance(self.outcome, RunwareError):
            raise self.outcome or self.unanswered("there is no answer")
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

    def __init__(self) -> None:
        self.uuid: str | None = None
        self._pending: dict[Pending, None] = {}
        self._by_key: dict[str, list[Pending]] = {}
        self._kept: OrderedDict[str, list[Item]] = OrderedDict()

    # -- who waits ------------------------------------------------------------

    def expect(self, parts: Iterable[bytes]) -> Pending:
        """Wait for the answer to tasks, each given as JSON text.

        A question whose answer came before it was asked need not be sent.
        """
        tasks: dict[str, _Expected] = {}
        asked: list[str] = []
        for part in parts:
            key, expected = _expected(part)
            tasks[key] = expected
            if expected.task_type == "getResponse":
                expected.results = self._kept.pop(key, [])
            if not expected.is_answered:
                asked.append(part.decode())
        pending = Pending(f"[{','.join(asked)}]" if asked else "", tasks)
        self._pending[pending] = None
        for key in tasks:
            self._by_key.setdefault(key, []).append(pending)
        if not asked:
            pending.finish()
        return pending

    def forget(self, pending: Pending) -> None:
        """Wait no longer; results of a call that was not answered are kept."""
        del self._pending[pending]
        is_lost = not isinstance(pending.outcome, Envelope)
        for key, task in pending.tasks.items():
            self._by_key[key].remove(pending)
            if not self._by_key[key]:
                del self._by_key[key]
            if is_lost:
                for item in task.results:
                    self._keep(item)

    @property
    def is_awaited(self) -> bool:
        """Whether anybody waits."""
        return any(pending.outcome is None for pending in self._pending)

    def unwritten(self) -> Iterator[Pending]:
        """The calls that have to be sent, in their order."""
        for pending in [*self._pending]:
            if pending.outcome is None and not pending.is_written:
                yield pending

    def written(self) -> list[Pending]:
        """The calls that were sent and have no answer."""
        return [p for p in self._pending if p.outcome is None and p.is_written]

    def note_drop(self) -> list[Pending]:
        """Send again over the next connection what may be sent twice.

        Returns:
            The other calls that were sent and have no answer.
        """
        written = self.written()
        for pending in written:
            pending.is_written = not pending.is_harmless
        return [pending for pending in written if pending.is_written]

    # -- what comes -----------------------------------------------------------

    def take(self, frame: Envelope) -> None:
        """Give what stands in a message to those who wait for it."""
        body = frame.answer.body
        touched: dict[Pending, None] = {}
        for item in frame.data:
            owners = self._give(item, is_error=False)
            touched |= dict.fromkeys(owners)
            if not owners:
                self._keep(item)
        for error in frame.errors:
            owners = self._give(error, is_error=True)
            for owner in owners:
                owner.excerpt = frame.excerpt
            touched |= dict.fromkeys(owners)
            if not owners and not error.get("taskUUID"):
                self._take_nameless(error, frame)
        for pending in touched:
            if pending.is_answered:
                pending.finish(body)
        if not frame.data and not frame.errors:
            asked = (p for p in self.written() if p.is_question)
            if question := next(asked, None):
                question.finish(body)  # the server knows none of these tasks

    def _give(self, item: Item, *, is_error: bool) -> list[Pending]:
        """Give an item to the calls that are about its task."""
        for key in _keys(item):
            waiting = self._by_key.get(key, [])
            meant = [
                p for p in waiting if p.tasks[key].is_meant(item, is_error=is_error)
            ]
            for pending in meant:
                pending.tasks[key].add(item, is_error=is_error)
            if meant:
                return meant
        return []

    def _take_nameless(self, error: Item, frame: Envelope) -> None:
        """Take an error that names no task: of the one call that it may be about."""
        named = error.get("taskType")
        concerned = [
            pending
            for pending in self.written()
            if pending.is_untouched
            and named in (None, *(t.task_type for t in pending.tasks.values()))
        ]
        if len(concerned) == 1:
            concerned[0].errors.append(error)
            concerned[0].excerpt = frame.excerpt
            concerned[0].finish(frame.answer.body)
            return
        for pending in concerned:
            reason = f"the server named no task when it said: {error.get('message')}"
            pending.settle(pending.unanswered(reason))

    def _keep(self, item: Item) -> None:
        """Keep a result that nobody waits for just now."""
        key = str(item.get("taskUUID") or "").casefold()
        if not key or not is_result(item) or item.get("taskType") in NEVER_KEPT:
            return
        kept = self._kept.setdefault(key, [])
        if item not in kept:
            kept.append(item)
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


def _expected(part: bytes) -> tuple[str, _Expected]:
    """What a task, given as JSON text, is waited for by, and how much of it."""
    task = json.loads(part)
    task_type = str(task["taskType"])
    wanted = max(1, number_of_results(task))
    key = str(task.get("taskUUID") or task_type).casefold()
    return key, _Expected(task_type, wanted)


def _keys(item: Item) -> list[str]:
    names = (item.get("taskUUID"), item.get("taskType"))
    return [str(name).casefold() for name in names if name]


def status_of(errors: list[Item]) -> int:
    """The HTTP status that an answer with nothing but these errors would have."""
    statuses = {_own_status(error) for error in errors}
    return statuses.pop() if len(statuses) == 1 else 200


def _own_status(error: Item) -> int:
    if error.get("status") == "error":
        return 200  # the task was taken, and failed
    code = _code(error)
    return STATUSES.get(code, 400 if code.startswith(REFUSALS) else 200)


def _code(error: Item) -> str:
    return str(error.get("code")).casefold()
