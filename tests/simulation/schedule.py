"""One schedule: callers, a client and a world, and the promises that are checked.

Checked after every event:
    1. No task is billed twice, if the policy and the platform promise that.
    2. If the client considers a task unsent, the server does not have the task.
    3. If the server has a task, it is an open task of the client until a caller gets
       its outcome.
    4. No client spends more than its budget, if dry runs or documents state the costs.
    5. A dry run is never billed.

Checked before a task is sent:
    6. The task was priced. Its cost and the costs that already count are within the
       budget.
    7. A dry run does not have the UUID of a task. A call makes at most one dry run of a
       task.

Checked when all callers have ended, and at the end:
    8. The cost in each result counts once. Reserved costs count only for tasks that may
       be billed.

Checked at the end, after all remaining results were collected with handles:
    9. Callers got each result of a billed task once.
    10. If an error has no handle, only its results were billed.
    11. The client has no open task whose outcome a caller got or can still collect, and
        no open dry run.

Checked when each call ends:
    12. It ended within its timeout.
    13. It raised TimeoutError only after its timeout, and only if it polled the task.
    14. It gave up a task early only for a reason that the server gave for this task.
    15. It did not give up a task that was done long before, if there was no trouble.

Checked while a stream is read, and when it ends:
    16. The pieces that were read are the beginning of the text. If an error ends the
        stream early, the error has them.
"""

from __future__ import annotations

import json
import random as chance
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runware_client._runtime.api_errors import APIError
from runware_client._runtime.delivery.lifecycle import Phase
from runware_client._runtime.delivery.schedule import MAX_REFUSED_POLLS
from runware_client._runtime.exceptions import (
    ResponseError,
    RunwareError,
    TimeoutError,
)

from simulation.client import Client, Ended, relayed, submission_of, task_of
from simulation.profiles import draw_tasks
from simulation.server import price_of, text_of
from simulation.world import Cancelled, Sleep, World

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from random import Random

    from runware_client._runtime.client.deltas import Delta
    from runware_client._runtime.delivery.events import Event
    from runware_client._runtime.delivery.submission import Submission
    from runware_client._runtime.delivery.task import Task

    from simulation.profiles import Profile
    from simulation.world import Process

    Object = dict[str, Any]
    Steps = Generator[Any, Any, Any]
    Given = Submission[Any] | Task[Any]

POLICIES = ("safe", "eager", "never")
PROMISED = {
    "safe": ("always", "async"),
    "eager": ("always",),
    "never": ("always", "async", "never"),
}
"""For each policy, the platforms on which it promises that no task is billed twice."""

SLACK = 0.01
"""Virtual seconds by which a call may exceed its timeout."""

PATIENCE = 70.0
"""Virtual seconds without trouble within which a call notices that a task is done."""

REASONS = frozenset({"auth", "quota", "not_found"})
"""Categories of errors for which a call may give up a task before its timeout."""


class Broken(AssertionError):
    """A promise was broken."""


class Left(Exception):
    """The reader of a stream stops reading early."""


@dataclass(eq=False)
class Books:
    """The record of one task: its price, its calls, and what callers got.

    Attributes:
        wire: The task, as a JSON object.
        price: Its cost, if none of its results fails.
        documented: The price in its document, if there is one.
        senders: The numbers of the clients that have sent it.
        dry_runs: The UUIDs of its dry runs.
        calls: How many calls may make a dry run of it.
        is_resumed: Whether a second process resumes it, or a second caller runs it.
        results: The identifiers of the results that callers got as its outcome.
        seen: The identifiers of results in errors with which calls gave up the task.
        has_ended: Whether callers got all results, or an error without a handle.
        refusals: The times at which its polls were refused or redirected.
        unanswered_at: When its last sending without a response ended.
    """

    wire: Object
    price: Decimal
    documented: Decimal | None
    senders: set[int] = field(default_factory=set)
    dry_runs: set[str] = field(default_factory=set)
    calls: int = 0
    is_resumed: bool = False
    results: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    has_ended: bool = False
    refusals: list[float] = field(default_factory=list)
    unanswered_at: float = 0.0


@dataclass(slots=True, eq=False)
class Watched:
    """A task whose promises are checked after every event.

    Attributes:
        given: The submission, or the client's state of the task.
        uuid: Its `taskUUID`.
        books: The record of the task.
        client: The client that has the task.
        is_own: Whether this client sends the task and runs until the end.
    """

    given: Given
    uuid: str
    books: Books
    client: Client
    is_own: bool

    @property
    def task(self) -> Task[Any]:
        """The client's state of the task, which calls with the same UUID share."""
        return task_in(self.given)


class Schedule:
    """Runs one schedule.

    Attributes:
        world: The simulated world.
    """

    def __init__(
        self, seed: int, profile: Profile, policy: str, *, tracing: bool = False
    ) -> None:
        chance.seed(seed)  # the client draws its waits from `random`
        watch = self._check_step
        self.world = World(seed, profile, tracing=tracing, watch=watch)
        self._random: Random = self.world.random
        self._repeats: Random = chance.Random(seed + 1)
        self._profile = profile
        self._promises = profile.known in PROMISED[policy]
        draw = self._random.random
        batches_polls = draw() < 0.5
        self._tasks: list[Watched] = []
        self._books: dict[str, Books] = {}
        for wire in draw_tasks(profile, self._random):
            price = price_of(wire)
            is_documented = profile.documented > 0 and draw() < profile.documented
            documented = price if is_documented else None
            self._books[wire["taskUUID"]] = Books(wire, price, documented)
        self._budget: Decimal | None = None
        if profile.budget >= 0:
            all_cost = sum((each.price for each in self._books.values()), Decimal(0))
            self._budget = all_cost * Decimal(str(profile.budget))
        self._clients: list[Client] = []
        self._client = self._make_client(policy, batches_polls=batches_polls)
        self._runs = self._steps = 0
        self._saved: list[str] = []
        self._shared: set[Task[Any]] = set()

    def run(self) -> None:
        """Run the schedule.

        Raises:
            Broken: A promise was broken.
        """
        self._begin([book.wire for book in self._books.values()])
        self.world.run()
        self._check_processes()
        self._check_account()
        self.world.now = max(self.world.now, self.world.calm_at) + 1.0
        self._spawn(self._collect, "collector")
        self.world.run()
        self._check_processes()
        self._check_account()
        self._check_end()

    def _make_client(self, policy: str, *, batches_polls: bool) -> Client:
        client = Client(
            self.world,
            policy,
            batches_polls=batches_polls,
            observe=self._check_event,
            check_sending=self._check_sending,
            budget=self._budget,
            number=len(self._clients),
        )
        self._clients.append(client)
        return client

    # -- callers --------------------------------------------------------------

    def _begin(self, wires: list[Object]) -> None:
        """Start callers, each with some of the tasks."""
        while wires:
            kind = self._one(
                self._run_each,
                self._run_many,
                self._iterate,
                self._submit,
                self._die,
            )
            is_batch = kind in (self._run_many, self._iterate)
            number = 1 + int(self._random.random() * len(wires)) if is_batch else 1
            mine, wires = wires[:number], wires[number:]
            is_stream = mine[0].get("deliveryMethod") == "stream"
            if is_stream and not is_batch and self._random.random() < 0.7:
                kind = self._stream
            pid = self._spawn(kind, kind.__name__.strip("_"), mine)
            if kind != self._die:
                self._perhaps_cancel(pid)
                if self._budget is None and self._repeats.random() < 0.05:
                    self._books[mine[0]["taskUUID"]].is_resumed = True
                    self._spawn(self._run_again, "another caller", mine[0])
                for _ in range(self._profile.sharers):
                    self._books[mine[0]["taskUUID"]].is_resumed = True
                    self._perhaps_cancel(self._spawn(self._share, "sharer", mine[0]))
            elif self._random.random() < 0.3:
                self._books[mine[0]["taskUUID"]].is_resumed = True
                self._perhaps_cancel(self._spawn(self._resume, "resume", mine))
        for _ in range(self._profile.onlookers):
            self._perhaps_cancel(self._spawn(self._look_on, "onlooker"))

    def _perhaps_cancel(self, pid: int) -> None:
        if self._random.random() < self._profile.cancels:
            self.world.cancel(pid)

    def _spawn(self, kind: Any, name: str, *arguments: Any) -> int:
        place: list[Process] = []
        pid = self.world.spawn(kind(place, *arguments), name)
        place.append(self.world.processes[pid])
        return pid

    def _one(self, *choices: Any) -> Any:
        return choices[int(self._random.random() * len(choices))]

    def _submission(
        self, wire: Object, client: Client, *, is_own: bool = True
    ) -> Submission[Any]:
        book = self._books[wire["taskUUID"]]
        submission = submission_of(wire, book.documented)
        book.calls += 1
        self._watch(client, submission, is_own=is_own)
        return submission

    def _watch(self, client: Client, given: Given, *, is_own: bool) -> None:
        uuid = _uuid_of(given)
        books = self._books[uuid]
        self._tasks.append(Watched(given, uuid, books, client, is_own=is_own))

    def _timeout(self) -> float:
        return float(self._one(0.3, 2.0, 10.0, 30.0, 60.0, 180.0))

    def _run_each(self, place: list[Process], wires: list[Object]) -> Steps:
        """Run a task; after an error with a handle, wait again or give up."""
        yield Sleep(self._random.random())
        given = self._submission(wires[0], self._client)
        yield from self._perhaps_price(place, given)
        for _ in range(3):
            error = yield from self._wait(self._client, given, place[0])
            if error is None or error.handle is None or self._random.random() < 0.5:
                return
            yield Sleep(self._random.random() * 10)

    def _perhaps_price(self, place: list[Process], given: Submission[Any]) -> Steps:
        """Perhaps make a dry run of a task before a client with a budget makes one."""
        if self._budget is None or self._profile.sharers:  # these may end it meanwhile
            return
        if self._random.random() < 0.3:
            self._books[given.wire["taskUUID"]].calls += 1
            yield from self._client.dry_run(given, self._timeout(), place[0])

    def _submit(self, place: list[Process], wires: list[Object]) -> Steps:
        """Submit a task, then poll it and wait for it, perhaps from two processes."""
        submission = self._submission(wires[0], self._client)
        error = yield from self._wait(
            self._client, submission, place[0], until_accepted=True
        )
        if error is not None and error.handle is None:
            return
        if self._random.random() < 0.3:
            self._shared.add(submission.task)
            self._spawn(self._wait_often, "another waiter", submission)
        yield from self._wait_often(place, submission)

    def _wait_often(self, place: list[Process], given: Given) -> Steps:
        for number in range(6):
            was_over = self._books[_uuid_of(given)].has_ended
            error = yield from self._wait(
                self._client, given, place[0], polls_once=number % 2 == 0
            )
            if was_over or (error is not None and error.handle is None):
                return

    def _run_many(self, place: list[Process], wires: list[Object]) -> Steps:
        """Run a batch that returns all outcomes together."""
        client, timeout = self._client, self._timeout()
        submissions = [self._submission(wire, client) for wire in wires]
        yield from self._perhaps_price(place, submissions[0])
        began = self.world.now
        all_ended: list[Ended] = []
        for effect in (steps := client.iterate(submissions, timeout, place[0])):
            yield from self._relayed(steps, effect, all_ended.append)
        all_ended = [client.hand_over(ended) for ended in all_ended]
        for ended in all_ended:
            self._take(ended)
        self._check_time(began, timeout)
        if len(all_ended) != len(submissions):
            raise Broken(f"{len(submissions)} tasks have {len(all_ended)} outcomes")
        for ended in all_ended:
            task, error = ended.submission.task, ended.error
            self._check_error(task, error, began, timeout, at=ended.at)

    def _iterate(self, place: list[Process], wires: list[Object]) -> Steps:
        """Get the outcomes of a batch as they arrive, perhaps slowly or not all."""
        client, timeout, began = self._client, self._timeout(), self.world.now
        is_slow, leaves = self._random.random() < 0.3, self._random.random() < 0.3
        submissions = [self._submission(wire, client) for wire in wires]
        own = 0.0

        def take(ended: Ended) -> None:
            ended = client.hand_over(ended)
            self._take(ended)
            number.append(1)
            self._check_error(ended.submission.task, ended.error, began, timeout, own)

        number: list[int] = []
        with closing(client.iterate(submissions, timeout, place[0])) as steps:
            for effect in steps:
                yield from self._relayed(steps, effect, take)
                if isinstance(effect, Ended):
                    if leaves:
                        return
                    if is_slow:
                        yield Sleep(5.0)
                        own += 5.0
        if len(number) != len(submissions):
            raise Broken(f"{len(submissions)} tasks have {len(number)} outcomes")
        self._check_time(began, timeout + own)

    def _relayed(self, steps: Steps, effect: Any, take: Any) -> Steps:
        """Relay the effects of a batch up to its next outcome, and take the outcome."""
        while not isinstance(effect, Ended):
            try:
                value = yield effect
            except BaseException as error:  # noqa: BLE001 - it is thrown into the batch
                effect = steps.throw(error)
            else:
                effect = steps.send(value)
        take(effect)

    def _stream(self, place: list[Process], wires: list[Object]) -> Steps:
        """Read a stream, perhaps slowly or in part; on an error, wait for the task."""
        client, timeout, began = self._client, self._timeout(), self.world.now
        submission = self._submission(wires[0], client)
        is_slow, leaves = self._random.random() < 0.3, self._random.random() < 0.1
        stream, own, given = client.stream(submission, timeout, place[0]), 0.0, ""

        def take(delta: Delta) -> Steps:
            nonlocal own, given
            given += delta.text
            if not text_of(wires[0]).startswith(given):
                raise Broken(f"{given!r} is not how the text of {wires[0]} begins")
            if leaves:
                raise Left
            if is_slow:
                yield Sleep(5.0)
                own += 5.0

        error: RunwareError | None = None
        try:
            yield from relayed(stream.read(), take)
        except Left:
            return
        except RunwareError as raised:
            error = raised
        if submission.task.is_done and (error is None or error.handle is None):
            self._give(submission.task, [] if error else [stream.result])
        if error is not None:
            self._books[wires[0]["taskUUID"]].unanswered_at = self.world.now
        self._check_time(began, timeout + own)
        self._check_stream(submission, error, given, began + timeout + own)
        if error is not None and error.handle is not None:
            yield from self._wait_often(place, submission)

    def _check_stream(
        self,
        submission: Submission[Any],
        error: RunwareError | None,
        given: str,
        deadline: float,
    ) -> None:
        """Check the error of a stream, and that it has all the text that was read."""
        is_early = self.world.now < deadline - SLACK
        has_handle = error is not None and error.handle is not None
        # The dry run of a stream may take less, so that there is time left to send it.
        is_alone = submission.task not in self._shared or self._budget is None
        if isinstance(error, TimeoutError) and is_early and has_handle and is_alone:
            raise Broken("a stream gave up early")
        if error is None or not given:
            return
        results: list[Any] = [*error.results]
        if [result["text"] for result in results] != [given]:
            raise Broken(f"an error lacks the text that was given: {given!r}")
        if error.handle is None and not submission.task.is_done:
            raise Broken(f"{submission.task.task_uuid} was written and has no handle")

    def _run_again(self, place: list[Process], wire: Object) -> Steps:
        """Run a request while another caller runs it."""
        yield Sleep(self._repeats.random() * 10)
        if self._running(wire):
            submission = self._submission(wire, self._client, is_own=False)
            yield from self._wait(self._client, submission, place[0])

    def _share(self, place: list[Process], wire: Object) -> Steps:
        """Run a request, in one of several ways, while other callers run it."""
        yield Sleep(self._repeats.random() * 10)
        if running := self._running(wire):
            self._shared.update(running)
            is_stream = wire.get("deliveryMethod") == "stream"
            kinds = [self._run_many, self._iterate, self._submit]
            kind = self._one(*kinds, *[self._stream] * is_stream)
            yield from kind(place, [wire])

    def _running(self, wire: Object) -> list[Task[Any]]:
        """Return the tasks of a request; none after its end: it would be another run."""
        tasks = [each.task for each in self._tasks if each.uuid == wire["taskUUID"]]
        return [] if any(task.is_done for task in tasks) else tasks

    def _die(self, place: list[Process], wires: list[Object]) -> Steps:
        """Save a handle, submit the task, and be killed; another process resumes it."""
        client = self._make_client(self._client.resend, batches_polls=False)
        submission = self._submission(wires[0], client, is_own=False)
        self._saved.append(json.dumps(submission.task.wire))
        self.world.cancel(place[0].pid, kill=True)
        yield from self._wait(client, submission, place[0])

    def _resume(self, place: list[Process], wires: list[Object]) -> Steps:
        """Resume a task with its request, which another process may have sent."""
        yield Sleep(self._random.random() * 20)
        submission = self._submission(wires[0], self._client, is_own=False)
        submission.task.resume()
        for _ in range(2):
            error = yield from self._wait(self._client, submission, place[0])
            if error is None:
                return

    def _look_on(self, place: list[Process]) -> Steps:
        """Wait for open tasks of other callers, with their handles."""
        for _ in range(3):
            yield Sleep(self._random.random() * 10)
            tasks = self._client.open_tasks.tasks()
            if tasks:
                task = self._one(*tasks)
                self._shared.add(task)
                polls_once = self._random.random() < 0.5
                yield from self._wait(
                    self._client, task, place[0], polls_once=polls_once
                )

    def _collect(self, place: list[Process]) -> Steps:
        """Collect the remaining results with handles, after troubles have stopped."""
        for text in self._saved:
            wire = json.loads(text)
            book = self._books[wire["taskUUID"]]
            if not book.has_ended and self.world.ledger.produced(wire["taskUUID"]):
                saved = task_of(wire)
                saved.resume()
                task = self._client.open_tasks.shared(saved)
                self._watch(self._client, task, is_own=False)
                yield from self._wait(self._client, task, place[0], timeout=200.0)
        for task in self._client.open_tasks.tasks():
            for _ in range(10):
                if not self._is_owed(task):  # it never arrived, or a caller got it
                    break
                yield from self._wait(self._client, task, place[0], timeout=500.0)
                yield Sleep(60.0)

    def _is_owed(self, task: Task[Any]) -> bool:
        """Whether the server has results of a task that no caller got."""
        book = self._books[str(task.task_uuid)]
        produced = self.world.ledger.produced(book.wire["taskUUID"])
        return not book.has_ended and bool(set(produced) - book.seen)

    def _wait(
        self,
        client: Client,
        given: Given,
        process: Process,
        *,
        timeout: float | None = None,
        **options: bool,
    ) -> Steps:
        """Wait for one task, record its results, and return its error."""
        seconds, began = timeout or self._timeout(), self.world.now
        error: RunwareError | None = None
        try:
            results = yield from client.wait(given, seconds, process, **options)
        except RunwareError as raised:
            is_done = task_in(given).is_done
            error, results = raised, raised.results if is_done else None
        task = task_in(given)
        if results is not None:
            self._give(task, results)
        elif error is not None:
            self._see(task, error.results)
        self._check_time(began, seconds)
        self._check_error(task, error, began, seconds)
        return error

    # -- what callers get -----------------------------------------------------

    def _take(self, ended: Ended) -> None:
        if ended.error is None or ended.error.handle is None:
            self._give(ended.submission.task, ended.results)
        else:
            self._see(ended.submission.task, ended.results)

    def _see(self, task: Task[Any], results: Sequence[Any]) -> None:
        """Record the results in an error with which a call gave up a task."""
        self._books[str(task.task_uuid)].seen.update(map(_identifier, results))

    def _give(self, task: Task[Any], results: list[Object]) -> None:
        """Record that a caller got the final outcome of a task."""
        book = self._books[str(task.task_uuid)]
        if book.has_ended:
            book.seen.update(map(_identifier, results))
        else:
            book.results += map(_identifier, results)
        if results or not book.is_resumed:  # else the other may send it
            book.has_ended = True

    # -- promises -------------------------------------------------------------

    def _check_step(self) -> None:
        ledger = self.world.server.ledger
        if ledger.runs > self._runs:
            self._check_bills()
        elif not ledger.runs or self.world.steps == self._steps:
            return  # neither the server nor a caller has changed
        self._runs, self._steps = ledger.runs, self.world.steps
        for each in self._tasks:
            if not each.is_own or each.uuid not in ledger.tasks:
                continue
            if each.books.has_ended or each.books.is_resumed:
                continue
            if each.task.phase is Phase.UNSENT and ledger.billed(each.uuid):
                raise Broken(f"{each.uuid} is taken for unsent; the server has it")
            if each.uuid not in self._client.open_tasks:
                raise Broken(f"{each.uuid} is with the server and not in the books")

    def _check_bills(self) -> None:
        ledger = self.world.ledger
        for uuid, task in ledger.tasks.items():
            if uuid not in self._books:
                raise Broken(f"{uuid} is a dry run, and billed")
            is_twice = len(task.runs) > 1 and ledger.billed(uuid) > 1
            if is_twice and self._promises:
                raise Broken(f"{uuid} is billed twice")
        if self._budget is not None and self._tells_costs:
            for client in self._clients:
                if ledger.spent(client.number) > self._budget:
                    raise Broken(f"a budget of {self._budget} is passed")

    @property
    def _tells_costs(self) -> bool:
        """Whether a client knows the cost of each task before it is sent."""
        return self._profile.pricing != "unsaid"

    def _check_event(self, event: Event) -> None:
        if event.task_uuid not in self._books:
            raise Broken(f"an event is about a dry run: {event}")
        error = event.error
        if event.kind == "sent" and error is not None:
            self._books[event.task_uuid].unanswered_at = self.world.now
        status = error.http_status if isinstance(error, ResponseError) else 0
        is_redirected = 300 <= status < 400
        if event.kind != "polled" and (isinstance(error, APIError) or is_redirected):
            self._books[event.task_uuid].refusals.append(self.world.now)

    def _check_sending(self, client: Client, parts: list[bytes], is_dry: bool) -> None:
        tasks = [*self._books.values()]
        for wire in map(self.world.server.read, parts):
            uuid, book = wire["taskUUID"], tasks[wire["seed"]]
            if not is_dry:
                book.senders.add(client.number)
                continue
            book.dry_runs.add(uuid)
            if uuid in self._books:
                raise Broken(f"{uuid} is dry run under its own UUID")
            # A call makes another one if a call that shares the task has released it.
            if len(book.dry_runs) > book.calls and not self._profile.sharers:
                raise Broken(f"{book.wire['taskUUID']} is dry run twice")
        if is_dry or self._budget is None:
            return
        if len(self.world.ledger.priced) < len(self._sent_by(client)):
            raise Broken("a task is sent that was not priced")
        counted = sum(self._counted(client, book) for book in self._sent_by(client))
        is_over = counted > self._budget and self._tells_costs
        if is_over or self._budget == 0:
            raise Broken(f"{counted} are committed, beyond the budget {self._budget}")
        if client.account.committed < counted:
            raise Broken(f"{client.account.committed} count in place of {counted}")

    def _sent_by(self, client: Client) -> list[Books]:
        return [book for book in self._books.values() if client.number in book.senders]

    def _counted(self, client: Client, book: Books) -> Decimal:
        """Return the amount of a task that must count against a client's budget."""
        tasks = [
            each.task
            for each in self._tasks
            if each.client is client and each.books is book
        ]
        is_reserved = self._budget is not None and client.number in book.senders
        is_known = self._tells_costs or book.documented is not None
        price = book.price if is_reserved and is_known else Decimal(0)
        done = [task for task in tasks if task.is_done]
        if not done:
            is_open = any(task.phase is not Phase.UNSENT for task in tasks)
            return price if is_open else Decimal(0)
        said = self._said(done)
        has_run = any(
            task.items or task.error is None or task.is_repeated for task in done
        )
        is_said = any(
            task.items and all("cost" in item for item in task.items) for task in done
        )
        return said if is_said or not has_run else max(said, price)

    @staticmethod
    def _said(done: list[Task[Any]]) -> Decimal:
        """Add up the costs in the results of finished tasks, each result once."""
        costs = {
            _identifier(item): Decimal(str(item["cost"]))
            for task in done
            for item in task.items
            if "cost" in item
        }
        return sum(costs.values(), Decimal(0))

    def _check_account(self) -> None:
        """Check the amount that counts against the budget, while no caller sends."""
        client, books = self._client, self._books.values()
        counted = sum((self._counted(client, book) for book in books), Decimal(0))
        if client.account.committed != counted:
            raise Broken(f"{client.account.committed} count in place of {counted}")
        said = Decimal(0)
        for book in books:
            own = [each for each in self._tasks if each.client is client]
            said += self._said(
                [each.task for each in own if each.books is book and each.task.is_done]
            )
        if client.account.cost != said:
            raise Broken(f"the costs are {said}, and not {client.account.cost}")

    def _check_time(self, began: float, timeout: float) -> None:
        took = self.world.now - began
        if took > timeout + SLACK:
            raise Broken(f"a call with timeout={timeout:g} took {took:g} s")

    def _check_error(
        self,
        task: Task[Any],
        error: RunwareError | None,
        began: float,
        timeout: float,
        own: float = 0.0,
        at: float | None = None,
    ) -> None:
        """Check that a call had a reason to give up a task with an error.

        The call gave up at the time `at`, or now if it is None.
        """
        if error is None or error.handle is None:
            return
        now = self.world.now if at is None else at
        time_is_up = now - began >= timeout + own - SLACK
        if isinstance(error, TimeoutError):
            if not time_is_up:
                raise Broken(f"a call with timeout={timeout:g} gave up early")
            is_asked = task.last_posted is not None and task.last_posted >= began
            if not is_asked and task not in self._shared:
                raise Broken(f"a call left {task.task_uuid} without asking for it")
        elif not self._is_reason(task, error, began) and not time_is_up:
            raise Broken(f"a call left {task.task_uuid} for no reason: {error}")
        uuid, ledger = str(task.task_uuid), self.world.ledger
        done_at = ledger.finished_at(uuid) if ledger.produced(uuid) else None
        calm = max(self.world.calm_at, began)
        # Finding the size of polls takes several polls, and others wait for a sending.
        if self._profile.poll_limit or task in self._shared:
            calm = max(calm, self._books[uuid].unanswered_at)
        is_cut_off = 0 < self._profile.gateway_patience <= 4 * self._profile.latency
        is_being_sent = task in self._shared and task.phase is Phase.SENDING
        # The gateway gives up on every poll, or nobody polls while another call sends it.
        if done_at is None or is_cut_off or is_being_sent:
            return
        if now - max(calm, done_at) > PATIENCE:
            raise Broken(f"a call gave up {task.task_uuid}, which was done long ago")

    def _is_reason(self, task: Task[Any], error: RunwareError, began: float) -> bool:
        is_refusal = task.refusal is not None
        if task.is_partial:
            return True
        refusals = self._books[str(task.task_uuid)].refusals
        is_refused = sum(at >= began for at in refusals) >= MAX_REFUSED_POLLS
        return is_refused or is_refusal or error.category in REASONS

    def _check_processes(self) -> None:
        for process in self.world.processes:
            if process.ended_at is None:
                raise Broken(f"{process.name} never ended")
            if isinstance(process.error, (Cancelled, GeneratorExit, type(None))):
                continue
            raise process.error

    def _check_end(self) -> None:
        ledger = self.world.ledger
        for uuid, book in self._books.items():
            produced = ledger.produced(uuid)
            if len(set(book.results)) != len(book.results):
                raise Broken(f"{uuid}: a result was given twice")
            if len(ledger.accepted(uuid)) > 1:
                continue  # a second run, which the policy or a gateway allowed
            if book.has_ended or produced:
                lost = set(produced) - set(book.results) - book.seen
                if lost:
                    raise Broken(f"{uuid}: {len(lost)} of {len(produced)} are lost")
        for task in self._client.open_tasks.tasks():
            if task.task_uuid not in self._books:
                raise Broken(f"{task.task_uuid} is a dry run, and in the books")
            book = self._books[str(task.task_uuid)]
            has_ended = book.has_ended and not book.is_resumed
            if has_ended or self._is_owed(task):
                raise Broken(f"{task.task_uuid} is left in the books")


def task_in(given: Given) -> Task[Any]:
    """Return the client's state of a task."""
    return given.task if hasattr(given, "task") else given


def _uuid_of(given: Given) -> str:
    """Return the UUID of a submission or a task."""
    return str(task_in(given).task_uuid)


def _identifier(item: Object) -> str:
    """Return the identifier of a result in the ledger."""
    if "text" in item:
        return str(item["text"])
    for name in ("imageUUID", "videoUUID"):
        if name in item:
            return str(item[name])
    return str(item["outputs"]["files"][0]["uuid"])


def outcome(seed: int, profile: Profile, policy: str) -> str | None:
    """Run a schedule; return what is wrong, or None."""
    try:
        Schedule(seed, profile, policy).run()
    except Exception as error:  # noqa: BLE001 - every exception is a failure
        return f"{type(error).__name__}: {error}"
    return None


def trace(seed: int, profile: Profile, policy: str) -> str:
    """Run a schedule and return its trace as text."""
    schedule = Schedule(seed, profile, policy, tracing=True)
    try:
        schedule.run()
    except Exception as error:  # noqa: BLE001 - it ends the trace
        schedule.world.note("checker", f"{type(error).__name__}: {error}")
    return schedule.world.told()
