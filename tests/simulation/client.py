"""The core of the client in a simulated world, without sockets, threads or clocks.

The code that decides is that of the shipped client: `Delivery`, `Task`, `OpenTasks`,
`PollRounds`, `BaseEngine`, `BaseStream` with its reader, and the JSON text of handles.
This module replaces the code that waits and does I/O: `Engine` and `AsyncEngine`,
`Stream` and `AsyncStream`.
"""

from __future__ import annotations

from collections import deque
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
from runware_client._runtime.client.base_engine import (
    BaseEngine,
    reply_of_stream,
    unwatched,
)
from runware_client._runtime.client.deltas import Delta
from runware_client._runtime.client.handle import Handle
from runware_client._runtime.client.poll_batcher import (
    PollRound,
    PollRounds,
    turn_timeout,
)
from runware_client._runtime.client.stream import BaseStream
from runware_client._runtime.delivery import submission as _submission
from runware_client._runtime.delivery.account import Account, cost_of
from runware_client._runtime.delivery.batches import (
    Batch,
    Kind,
    Reply,
    Settings,
)
from runware_client._runtime.delivery.dry_run import dry_run_of
from runware_client._runtime.delivery.lifecycle import Phase
from runware_client._runtime.delivery.server_facts import ServerFacts
from runware_client._runtime.delivery.stream_retries import StreamRetries
from runware_client._runtime.delivery.submission import Submission
from runware_client._runtime.delivery.task import Task
from runware_client._runtime.exceptions import (
    ConnectionError,
    RunwareError,
    TimeoutError,
)
from runware_client._runtime.transport.api_key import ApiKey
from runware_client._runtime.transport.deadline import Deadline
from runware_client._runtime.transport.endpoint import Endpoint
from runware_client._runtime.transport.envelope import Answer, Envelope, read_envelope
from runware_client._runtime.transport.exchange import NEVER_SENT
from runware_client._runtime.transport.waits import POLLING, RETRYING

from simulation.network import Broken, NotSent, Post, TimedOut
from simulation.outputs import outputs_of
from simulation.world import Cancelled, Sleep

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from decimal import Decimal

    from runware_client._runtime.client.base_engine import Deliverable, OnEnd
    from runware_client._runtime.delivery.delivery import Delivery
    from runware_client._runtime.delivery.events import Event

    from simulation.network import Answer as HTTPAnswer
    from simulation.network import Piece
    from simulation.world import Process, World

    Steps = Generator[Any, Any, Any]
    Object = dict[str, Any]

KEY = ApiKey("0123456789abcdef")
ENDPOINT = Endpoint("https://api.invalid/v1", KEY, "header")
LONG = 1200.0
MAX_TURNS = 100
"""Turns of a delivery without effect, after which it would never end."""
"""The default timeout of calls, in seconds. No call uses it: each has its own."""

ASYNC_BY_DEFAULT = {
    "imageInference": False,
    "videoInference": True,
    "3dInference": True,
    "textInference": False,
}


def submission_of(wire: Object, price: Decimal | None = None) -> Submission[Any]:
    """Return a task that is not sent yet; its results are plain JSON objects.

    Args:
        wire: The task, as a JSON object.
        price: The price in its document, if there is one.
    """
    return Submission(task_of(wire), wire, Request(price))  # type: ignore[arg-type]


def task_of(wire: Object) -> Task[Any]:
    """Return the client's state of a task."""
    task_type = wire["taskType"]
    delivery = wire.get("deliveryMethod")
    is_async = ASYNC_BY_DEFAULT[task_type] if delivery is None else delivery == "async"
    saved = {name: wire[name] for name in _submission.SAVED if name in wire}
    return Task(saved, dict, outputs_of(task_type), is_async=is_async)


class Bell:
    """Wakes the processes that wait for it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: list[tuple[Process, int]] = []
        self.is_set = False

    def wait(self, process: Process, seconds: float) -> Steps:
        """Wait until it is set, or until a timeout."""
        if not self.is_set:
            self._waiting.append((process, process.epoch))
            yield Sleep(seconds)

    def set(self) -> None:
        """Wake all waiting processes."""
        self.is_set = True
        for process, epoch in self._waiting:
            self._world.wake_at(self._world.now, process, epoch, None)
        self._waiting.clear()


class Lock:
    """A lock for the processes of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: list[Bell] = []
        self._is_held = False

    def acquire(self, process: Process, seconds: float) -> Steps:
        """Acquire the lock; return whether that was in time."""
        deadline = self._world.now + seconds
        while self._is_held:
            if (left := deadline - self._world.now) <= 0:
                return False
            bell = Bell(self._world)
            self._waiting.append(bell)
            yield from bell.wait(process, left)
        self._is_held = True
        return True

    def release(self) -> None:
        """Release the lock, so that a waiting process can acquire it."""
        self._is_held = False
        for bell in self._waiting:
            bell.set()
        self._waiting.clear()


class _Transport(NamedTuple):
    endpoint: Endpoint


class _Engine(BaseEngine[Any]):
    def make_handle(self, given: Deliverable[Any]) -> Handle[Any]:
        return Handle(self, given)  # type: ignore[arg-type]


@dataclass(eq=False)
class Client:
    """A client in one process of the operating system.

    Attributes:
        world: The simulated world.
        resend: The policy for tasks in doubt.
        batches_polls: Whether polls of several callers are joined in one POST.
        observe: Called with each event.
        check_sending: Called before tasks are sent, with the client, the JSON texts of
            the tasks, and whether it is a dry run.
        budget: The maximum that it may spend.
        number: Identifies it among the clients.
        engine: The code that both engines of the shipped client share.
    """

    world: World
    resend: str
    batches_polls: bool
    observe: Callable[[Event], object]
    check_sending: Callable[[Client, list[bytes], bool], None]
    budget: Decimal | None = None
    number: int = 0
    max_retries: int = 3

    def __post_init__(self) -> None:
        self.server = ServerFacts()
        settings = Settings(
            POLLING,
            RETRYING,
            self.max_retries,
            self.resend,  # type: ignore[arg-type]
            lambda _: None,
            self.observe,
            self.server,
            Account(self.budget),
            lambda: self.world.now,
        )
        self.engine = _Engine(_Transport(ENDPOINT), settings, LONG)
        self.open_tasks = self.engine.open_tasks
        self.account = settings.account
        self.rounds: PollRounds[Bell] = PollRounds(self.server)
        self.turn = Lock(self.world)
        self._envelopes: dict[tuple[object, ...], Envelope] = {}

    # -- engines --------------------------------------------------------------

    def run(self, delivery: Delivery[Any], process: Process) -> Steps:
        """Run a delivery; yields effects, and None after each response.

        It replaces both engines. All batches that are due are sent in parallel.
        """
        running: dict[int, Process] = {}
        is_left = False
        bell = Bell(self.world)
        turns = 0  # in a row, without anything to send, to receive or to wait for

        def perform(batch: Batch[Any], place: list[Process]) -> Steps:
            try:
                answer = yield from self._answer(batch, place[0])
                if not is_left:  # otherwise the response is dropped
                    _take(delivery, batch, answer)
            finally:
                running.pop(place[0].pid, None)
                bell.set()

        try:
            while delivery.is_waiting:
                batches = [*iter(delivery.next_batch, None)]
                pause = delivery.pause()
                if len(batches) == 1 and not running and pause is None:
                    answer = yield from self._answer(batches[0], process)
                    _take(delivery, batches[0], answer)
                    yield None
                    continue
                for batch in batches:
                    place: list[Process] = []
                    steps = perform(batch, place)
                    pid = self.world.spawn(steps, f"{process.name}, {batch.kind.value}")
                    place.append(self.world.processes[pid])
                    running[pid] = place[0]
                    process.children.append(place[0])
                turns = 0 if batches or running or pause else turns + 1
                if delivery.is_waiting and turns > MAX_TURNS:
                    raise AssertionError("a delivery neither sends, receives nor waits")
                if not bell.is_set and (running or pause):
                    yield from bell.wait(process, inf if pause is None else pause)
                bell = Bell(self.world)
                yield None
        finally:
            is_left = True
            for pid in [*running]:
                self.world.cancel(pid, self.world.now)
            self.engine.stop(delivery)

    def _answer(self, batch: Batch[Any], process: Process) -> Steps:
        """Send a batch; return the reply, or the exception of the client."""
        try:
            if batch.stream is not None:
                return (yield from self._streamed(batch.stream, batch.timeout, process))
            if batch.kind is Kind.POLL and self.batches_polls and not batch.is_alone:
                return (yield from self._poll(batch.parts, batch.timeout, process))
            if batch.kind is Kind.SUBMIT:
                self.check_sending(self, batch.parts, batch.is_dry)
            timeout, is_dry = batch.timeout, batch.is_dry
            envelope = yield from self._post(batch.parts, timeout, is_dry=is_dry)
            return Reply(envelope, len(batch.parts))
        except RunwareError as error:
            return error

    def _post(
        self, parts: list[bytes], timeout: float, *, is_dry: bool = False
    ) -> Steps:
        """Post elements; replaces the transports."""
        try:
            answer: HTTPAnswer = yield Post(parts, timeout, is_dry, self.number)
        except TimedOut:
            raise TimeoutError("no answer in time") from None
        except (NotSent, Broken) as error:
            failure = ConnectionError("no answer")
            failure.may_have_run = isinstance(error, Broken)
            raise failure from None
        return self._read(answer)

    def _read(self, answer: HTTPAnswer) -> Envelope:
        """Parse a response, with a cache, because many polls have equal responses."""
        key = answer.status, answer.body, *answer.headers.values()
        envelope = self._envelopes.get(key)
        if envelope is None:
            ours = Answer(answer.status, answer.headers, answer.body)
            envelope = self._envelopes[key] = read_envelope(ours, KEY)
        return envelope

    def _streamed(
        self, submission: Submission[Any], timeout: float, process: Process
    ) -> Steps:
        """Read a stream to its end; return its result as a reply."""
        stream = self._stream(submission, timeout, process, unwatched)
        yield from relayed(stream.read(), lambda _: ())
        return reply_of_stream(stream.result)

    def _stream(
        self,
        submission: Submission[Any],
        timeout: float,
        process: Process,
        on_end: OnEnd,
    ) -> Stream:
        return Stream(
            Request(),  # type: ignore[arg-type]
            submission.wire,
            partial(self._open, submission, timeout, process),
            endpoint=ENDPOINT,
            errors=None,
            deadline=Deadline(self.world.now + timeout, lambda: self.world.now),
            on_end=on_end,
        )

    def _open(
        self, submission: Submission[Any], timeout: float, process: Process
    ) -> Steps:
        """Open a stream; see `Engine._opened`."""
        task, part = submission.task, submission.encoded()
        if task.phase is not Phase.UNSENT:  # its delivery retries
            return (yield from self._opened(part, timeout))
        retries = StreamRetries(self.engine.settings, task.task_type, timeout)
        with closing(self.engine.before_stream(submission, retries)) as deliveries:
            for delivery in deliveries:
                yield from self._drained(delivery, process)
        while True:
            try:
                answer = yield from self._opened(part, retries.seconds_left())
            except NEVER_SENT:
                if not retries.plan_retry():
                    raise
            else:
                response = head_of(answer)
                if not retries.plan_retry(response):
                    return answer
            self.engine.note_rejection(submission, retries.pause)
            yield Sleep(retries.pause)
            self.engine.begin_stream(submission)

    def _opened(self, part: bytes, timeout: float) -> Steps:
        """Post one task; raise the exceptions of the HTTP library, as streams do."""
        self.check_sending(self, [part], False)
        try:
            return (yield Post([part], timeout, sender=self.number))
        except NotSent:
            raise httpx2.ConnectError("") from None
        except Broken:
            raise httpx2.ReadError("") from None
        except TimedOut:
            raise httpx2.ReadTimeout("") from None

    def _drained(self, delivery: Delivery[Any], process: Process) -> Steps:
        """Run a delivery to its end."""
        steps = self.run(delivery, process)
        try:
            while not (yield from _until_answer(steps)):
                pass
        finally:
            steps.close()

    def _poll(self, parts: list[bytes], timeout: float, process: Process) -> Steps:
        """Poll together with the other callers; see `PollBatcher`."""
        deadline = self.world.now + timeout
        while (left := deadline - self.world.now) > 0:
            own = PollRound([*parts], Bell(self.world))
            try:
                joined = self.rounds.join(own)
                if joined is own:
                    yield from self._send(own, deadline, process)
                else:
                    yield from joined.ended.wait(process, left)
            finally:
                self.rounds.close(own)
                own.ended.set()
            if (reply := joined.reply()) is not None:
                return reply
        raise TimeoutError("no answer in time")

    def _send(self, sent: PollRound[Bell], deadline: float, process: Process) -> Steps:
        has_turn = False
        try:
            wait = min(turn_timeout(inf), deadline - self.world.now)
            has_turn = yield from self.turn.acquire(process, wait)
            self.rounds.close(sent)
            left = max(0.001, deadline - self.world.now)
            sent.outcome = yield from self._post(sent.parts, left)
        except TimeoutError:
            raise
        except RunwareError as error:
            sent.outcome = error
        finally:
            if has_turn:
                self.turn.release()

    # -- what a user calls ----------------------------------------------------

    def stream(
        self, submission: Submission[Any], timeout: float, process: Process
    ) -> Stream:
        """Return the stream of a task; the task is sent when the stream is read."""
        on_end = partial(self.engine.note_stream, submission)
        return self._stream(submission, timeout, process, on_end)

    def dry_run(
        self, submission: Submission[Any], timeout: float, process: Process
    ) -> Steps:
        """Make a dry run of a task, and store its cost; see `Client._priced`."""
        dry_run = dry_run_of(submission, self.server)
        delivery = self.engine.delivery([dry_run], timeout)
        yield from self._drained(delivery, process)
        cost = cost_of(dry_run.task)
        if cost is not None:
            self.account.note_price(submission.price_key, cost)

    def wait(
        self,
        given: Submission[Any] | Task[Any],
        timeout: float,
        process: Process,
        *,
        until_accepted: bool = False,
        polls_once: bool = False,
    ) -> Steps:
        """Wait for one task; replaces `wait`, `submit` and `poll` of a handle.

        Returns:
            Its results; None if it is not done and the call does not wait for that.

        Raises:
            RunwareError: The task failed, or the call gave it up.
        """
        if isinstance(given, Submission):
            self.engine.joined(given)
        task = given.task if isinstance(given, Submission) else given
        delivery = self.engine.delivery(
            [] if task.is_done else [given], timeout, polls_now=polls_once
        )
        steps = self.run(delivery, process)
        try:
            while not (yield from _until_answer(steps)):
                if until_accepted and task.phase is Phase.ACCEPTED:
                    return None
                has_posted = polls_once and delivery.has_posted(task)
                if has_posted and delivery.error(task) is None:
                    return None
        finally:
            steps.close()
        error = task.error if task.is_done else delivery.error(task)
        if polls_once and error is None and not task.is_done:
            return None
        if task.is_done or not task.may_be_billed:
            self.open_tasks.close([task])
        if error is None:
            return task.results()
        error.results = [*task.results()]
        error.handle = given if task.may_be_billed else None  # type: ignore[assignment]
        raise error

    def iterate(
        self, submissions: list[Submission[Any]], timeout: float, process: Process
    ) -> Steps:
        """Run many tasks; yields effects, and an `Ended` when each task ends."""
        submissions = [*map(self.engine.joined, submissions)]
        delivery = self.engine.delivery([*submissions], timeout)
        steps = self.run(delivery, process)
        try:
            is_last = False
            while not is_last:
                is_last = yield from _until_answer(steps)
                for submission, error in delivery.ended():
                    with delivery.schedule.paused():
                        yield self._ended(submission, error)
        finally:
            steps.close()

    def _ended(self, submission: Submission[Any], error: RunwareError | None) -> Ended:
        task = submission.task
        if error is not None:
            error.handle = submission if task.may_be_billed else None  # type: ignore[assignment]
        return Ended(submission, task.results(), error, self.world.now)

    def hand_over(self, ended: Ended) -> Ended:
        """Return the outcome that the caller gets; see `Client._hand_over`."""
        task = ended.submission.task
        if task.is_done and ended.error is not task.error:
            return self.hand_over(self._ended(ended.submission, task.error))
        if ended.error is None or ended.error.handle is None:
            self.open_tasks.close([task])
        return ended


@dataclass(slots=True)
class Ended:
    """The outcome of one task of a batch, and its time."""

    submission: Submission[Any]
    results: list[Object]
    error: RunwareError | None
    at: float


def _take(
    delivery: Delivery[Any], batch: Batch[Any], answer: Reply | RunwareError
) -> None:
    if isinstance(answer, RunwareError):
        delivery.fail(batch, answer)
    else:
        delivery.receive(batch, answer)


@dataclass(frozen=True, slots=True)
class Request:
    """Replaces a request; its results are plain JSON objects.

    Attributes:
        price: The price in its document, if there is one.
        default_delivery: The delivery method of a task that does not specify one.
    """

    price: Decimal | None = None
    default_delivery: str | None = None

    def read(self, item: Object) -> Object:
        """Return a result unchanged."""
        return item


class Stream(BaseStream[Any, "Callable[[], Steps]"]):
    """Replaces the sync and the async stream of the shipped client."""

    def read(self) -> Steps:
        """Send the task; yields effects, and each piece of text as it arrives."""
        self._begin()
        with self._reading():
            answer: HTTPAnswer = yield from self._send()
            self._take_head(head_of(answer))
            pieces = answer.pieces
            body = deque(
                [(0.0, answer.body), (0.0, None)] if pieces is None else pieces
            )
            chunk: bytes | None = b""
            while chunk is not None:
                chunk = yield from self._next(body)
                yield from self._deltas(chunk)

    def _next(self, body: deque[Piece]) -> Steps:
        """Return the next chunk of the body; None at its end."""
        if self._is_stopped:
            return None
        now, left = self._deadline._now(), self._deadline.remaining()
        moment = body[0][0] if body else inf
        if moment > now:
            yield Sleep(min(moment - now, left))
        if moment > now + left:
            self._note_break(httpx2.ReadTimeout(""))
            return None
        piece = body.popleft()[1]
        if isinstance(piece, Exception):
            self._note_break(piece)
            return None
        return piece


def relayed(steps: Steps, take: Callable[[Delta], Iterable[Any]]) -> Steps:
    """Relay the effects of a stream, and of `take`, which gets each piece of text."""
    value: Any = None
    throw: BaseException | None = None
    while True:
        try:
            step = steps.send(value) if throw is None else steps.throw(throw)
        except StopIteration:
            return
        value = throw = None
        try:
            if isinstance(step, Delta):
                yield from take(step)
            else:
                value = yield step
        except BaseException as error:  # noqa: BLE001 - it is thrown into the stream
            throw = error


def head_of(answer: HTTPAnswer) -> httpx2.Response:
    """Return the status and the headers of a response; cached, as most are equal."""
    return _head(answer.status, *answer.headers.items())


@cache
def _head(status: int, *headers: tuple[str, str]) -> httpx2.Response:
    return httpx2.Response(status, headers=headers)


def _until_answer(steps: Steps) -> Steps:
    """Relay effects of an engine up to its next response; return whether it ended."""
    value: Any = None
    throw: BaseException | None = None
    while True:
        try:
            effect = steps.send(value) if throw is None else steps.throw(throw)
        except StopIteration:
            return True
        if effect is None:
            return False
        value, throw = None, None
        try:
            value = yield effect
        except (Cancelled, NotSent, Broken, TimedOut) as error:
            throw = error
