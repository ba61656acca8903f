"""Runs deliveries to their end, for the threads of a process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, contextmanager
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from weakref import WeakKeyDictionary

from ..delivery.batches import Batch, Kind, Limits, Reply, Settings
from ..delivery.classify import of_failure
from ..delivery.delivery import Delivery
from ..delivery.dry_run import Pricing
from ..delivery.events import Event
from ..delivery.lifecycle import Phase, TaskEvent
from ..delivery.open_tasks import OpenTasks
from ..delivery.patience import Patience
from ..delivery.task import Submission
from ..delivery.uploads import Uploads, Waiting
from ..exceptions import RunwareError
from ..locks import ForkSafeLock
from ..media.local_files import place_of, with_uuids
from ..transport.deadline import Deadline
from ..transport.endpoint import checked_headers
from ..transport.envelope import Answer, Envelope
from ..transport.exchange import NEVER_SENT
from .poll_batcher import PollBatcher
from .post_threads import PostThreads
from .stream import Stream

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager
    from threading import RLock

    import httpx2

    from ..delivery.task import Task
    from ..error_enum import ErrorEnum
    from ..saved_handle import TaskHandle
    from ..schema.generics import ResultT
    from ..transport.endpoint import Endpoint, Headers
    from ..transport.envelope import Item
    from ..transport.http import Transport

    OnEnd: TypeAlias = Callable[[Item, BaseException | None], object]
    Deliverable: TypeAlias = Submission[ResultT] | Task[ResultT]


class BaseEngine:
    """The parts that both engines share.

    Attributes:
        settings: How tasks are delivered.
        timeout: The default timeout of a call in seconds.
        endpoint: The address of the API, and the API key.
        open_tasks: The tasks whose results the caller does not have yet.
        make_handle: Makes the handle of a task.
    """

    make_handle: Callable[[Any], TaskHandle]

    def __init__(self, endpoint: Endpoint, settings: Settings, timeout: float) -> None:
        self.settings = settings
        self.timeout = timeout
        self.endpoint = endpoint
        self.open_tasks = OpenTasks()
        self._uploads = Uploads()
        self._by_url: dict[str, Any] = {endpoint.url: self}

    def derived(self, endpoint: Endpoint, settings: Settings, timeout: float) -> Self:
        """Return an engine that shares connections, costs and unfinished tasks.

        Engines with the same address share what belongs to the server, such as its
        unfinished tasks and uploaded files.
        """
        is_here = endpoint.url == self.endpoint.url
        first: Self | None = self if is_here else self._by_url.get(endpoint.url)
        engine = copy(self if first is None else first)
        vars(engine).update(settings=settings, timeout=timeout)
        if first is None:
            vars(engine).update(
                open_tasks=OpenTasks(),
                _uploads=Uploads(),
                settings=settings._replace(limits=Limits()),
            )
        if engine.endpoint != endpoint:
            engine.connect(endpoint)
        self._by_url.setdefault(endpoint.url, engine)
        return engine

    def connect(self, endpoint: Endpoint) -> None:
        """Use another endpoint from now on, over the same connections."""
        raise NotImplementedError

    def unfinished(self) -> list[tuple[Self, Task[Any]]]:
        """Return the tasks whose results the caller does not have, with their engines."""
        engines = {**self._by_url, self.endpoint.url: self}.values()
        tasks = [(each, task) for each in engines for task in each.open_tasks.tasks()]
        return sorted(tasks, key=lambda pair: pair[1].first_sent)

    def with_known_uploads(self, submission: Submission[Any]) -> Submission[Any]:
        """Return a task with the UUIDs of its uploaded files.

        Raises:
            ValueError: One of its files is not uploaded yet.
        """
        uuids = {file: self._uploads.uuid(file) for file in submission.uploads}
        known = {file: uuid for file, uuid in uuids.items() if uuid is not None}
        missing = [each for each in uuids if each not in known]
        if missing:
            place = place_of(missing[0], submission.wire)
            message = (
                f"a dry run does not upload files, and the file in {place} is not "
                "uploaded. Upload it with mediaStorage and use its UUID"
            )
            raise ValueError(message)
        uploaded = copy(submission)
        uploaded.wire = with_uuids(submission.wire, known)
        return uploaded

    def delivery(
        self,
        tasks: Iterable[Deliverable[ResultT]],
        timeout: float | None,
        *,
        polls_now: bool = False,
    ) -> Delivery[ResultT]:
        """Return a delivery of tasks; the default timeout is that of the client."""
        self.open_tasks.take_over()
        return Delivery(
            tasks,
            self.settings,
            self.timeout if timeout is None else timeout,
            self._uploads,
            self.open_tasks,
            polls_now=polls_now,
        )

    @contextmanager
    def uploading(
        self, submission: Submission[Any], timeout: float
    ) -> Generator[Delivery[Any]]:
        """Yield a delivery of the files that a task waits for, without the task.

        Raises:
            RunwareError: A file was not uploaded.
        """
        waiting = Waiting(self._uploads)
        try:
            delivery = self.delivery(waiting.hold(submission), timeout)
            yield delivery
        finally:
            waiting.note()
        for _, error in waiting.settle(delivery.error):
            if error is not None:
                raise error

    @contextmanager
    def reserving(
        self, submission: Submission[Any], timeout: float
    ) -> Generator[Delivery[Any]]:
        """Yield a delivery of the dry run that tells the cost of a task.

        Raises:
            RunwareError: The dry run failed, or the cost is not within the budget.
        """
        pricing = Pricing(self.settings.account)
        dry_run = pricing.reserve(submission)
        delivery = self.delivery([dry_run] if dry_run else [], timeout)
        yield delivery
        for _, error in pricing.settle(delivery.error):
            if error is not None:
                raise error

    def leave(self, delivery: Delivery[Any]) -> None:
        """Stop a delivery; its tasks stay in `unfinished()`."""
        delivery.abandon()
        delivery.waiting.note()

    def give_handle(self, error: BaseException, given: Deliverable[Any]) -> None:
        """Attach the handle of a task to an exception, if the task may be billed.

        Args:
            error: The exception that a call raises, of this package or another.
            given: The task.
        """
        task = _task(given)
        if isinstance(error, RunwareError):
            error.may_have_run = task.may_be_billed
            error.handle = self.make_handle(given) if task.may_be_billed else None
        else:
            self.give_handles(error, [given])

    def give_handles(
        self, stop: BaseException, given: Iterable[Deliverable[Any]]
    ) -> None:
        """Attach the handles of tasks to an exception that interrupts their call.

        Args:
            stop: The exception.
            given: The tasks of the call. Unsent tasks are skipped.
        """
        sent = [each for each in given if _task(each).phase is not Phase.UNSENT]
        owed = [each for each in sent if _task(each).is_pollable]
        for task in map(_task, owed):
            self.open_tasks.add(task)  # the call was perhaps about to return it
        self.open_tasks.leave(map(_task, owed))
        give_handles(stop, [self.make_handle(each) for each in owed])

    def patience(self, task: Task[Any], timeout: float) -> Patience:
        """Return the retry policy for opening the stream of a task."""
        pauses = self.settings.retrying.of(task.task_type)
        tries, clock = self.settings.max_retries, self.settings.clock
        return Patience(pauses, tries, timeout, clock)

    def refuse_second_stream(self, task: Task[Any]) -> None:
        """Check that no earlier call sent a task that is to be streamed.

        Raises:
            RunwareError: The server may have it. A stream cannot be continued.
        """
        if self.open_tasks.continue_earlier(task):
            raise RunwareError(
                "this client has already sent a task with this taskUUID, and its results "
                "are not collected. For another run, use request.replace()"
            )

    def note_stream(
        self, submission: Submission[Any], item: Item, error: BaseException | None
    ) -> None:
        """Record the end of the stream of a task.

        Args:
            submission: The task.
            item: The result as far as it was streamed.
            error: The exception that ended the stream early; None if it is complete. It
                gets the handle of the task, if the task may be billed.
        """
        task = submission.task
        is_noted = task.phase not in (Phase.UNSENT, Phase.SENDING)
        if task.phase is Phase.SENDING:
            task.apply(_end_of_stream(task, item, error))
        if not task.may_be_billed:
            self.open_tasks.close([task])
        self.settings.account.settle(task)
        if error is not None:
            self.give_handle(error, submission)
        if is_noted:
            return
        uuid, seconds = task.task_uuid, self.settings.clock() - task.first_sent
        cause = error if isinstance(error, Exception) else None
        self.settings.observe(
            Event("finished", task.task_type, uuid, seconds, task.cost, cause)
        )

    def _deadline(self, timeout: float) -> Deadline:
        return Deadline(self.settings.clock() + timeout, self.settings.clock)

    def _errors(self, task: Task[Any]) -> type[ErrorEnum] | None:
        return self.settings.error_enums(task.task_type)


class Engine(BaseEngine):
    """Runs deliveries for the threads that call it."""

    def __init__(
        self,
        transport: Transport,
        endpoint: Endpoint,
        settings: Settings,
        timeout: float,
        concurrency: int,
    ) -> None:
        super().__init__(endpoint, settings, timeout)
        self.transport = transport
        self._concurrency = concurrency
        self._batcher = PollBatcher(transport, settings.limits)
        self._locks: WeakKeyDictionary[Task[Any], ForkSafeLock] = WeakKeyDictionary()
        self._lock = ForkSafeLock()

    def connect(self, endpoint: Endpoint) -> None:
        """Use another endpoint from now on, over the same connections."""
        self.endpoint = endpoint
        self.transport = self.transport.at(endpoint)
        self._batcher = PollBatcher(self.transport, self.settings.limits)

    def lock_of(self, task: Task[Any]) -> RLock:
        """Return the lock that a thread holds while it polls a task."""
        with self._lock.native:
            return self._locks.setdefault(task, ForkSafeLock()).native

    def run(
        self,
        delivery: Delivery[ResultT],
        extra: Headers = None,
        answers: list[Answer] | None = None,
    ) -> Generator[None]:
        """Run a delivery; batches that are due together are sent in parallel.

        Args:
            delivery: The delivery.
            extra: Headers that override those of the client.
            answers: A list to which the HTTP answers are appended; None to drop them.

        Yields:
            None, after each answer.
        """
        exchange = partial(self._exchange, extra=checked_headers(extra))
        threads = PostThreads(exchange, self._concurrency)
        try:
            while delivery.is_waiting:
                batch = None if threads.is_full else delivery.next_batch()
                pause = None if threads.is_full else delivery.pause()
                if batch is None:
                    ended = threads.wait(pause)
                elif threads.is_idle and pause is None:  # nothing else can become due
                    ended = batch, _outcome(exchange, batch)
                else:
                    threads.start(batch)
                    continue
                if ended is not None:
                    _take(delivery, *ended, answers)
                    yield
        finally:
            threads.cancel()
            self.leave(delivery)

    def stream(
        self,
        submission: Submission[ResultT],
        timeout: float,
        extra: Headers,
        on_end: OnEnd,
    ) -> Stream[ResultT]:
        """Return the stream of a task. The task is sent when the stream is first read."""
        return Stream(
            requested(submission),
            submission.wire,
            partial(self._open, submission, timeout, checked_headers(extra)),
            endpoint=self.endpoint,
            errors=self._errors(submission.task),
            deadline=self._deadline(timeout),
            on_end=on_end,
        )

    def _open(
        self, submission: Submission[Any], timeout: float, extra: Headers
    ) -> AbstractContextManager[httpx2.Response]:
        if submission.task.phase is not Phase.UNSENT:  # its delivery retries
            return self.transport.open(submission.encoded(), timeout, extra)
        return self._opened(submission, timeout, extra)

    @contextmanager
    def _opened(
        self, submission: Submission[Any], timeout: float, extra: Headers
    ) -> Generator[httpx2.Response]:
        """Open a stream; retry while the server certainly does not have the task."""
        self.refuse_second_stream(submission.task)
        patience = self.patience(submission.task, timeout)
        if submission.is_waiting:
            with self.uploading(submission, patience.seconds_left()) as delivery:
                for _ in self.run(delivery, extra):
                    pass
        if self.settings.account.owes_reservation(submission.task):
            with self.reserving(submission, patience.seconds_left()) as delivery:
                for _ in self.run(delivery, extra):
                    pass
        submission.task.note_sending(self.settings.clock())
        self.open_tasks.add(submission.task)
        while True:
            with ExitStack() as stack:
                try:
                    opening = self.transport.open(
                        submission.encoded(), patience.seconds_left(), extra
                    )
                    response = stack.enter_context(opening)
                except NEVER_SENT:
                    if not patience.lets_try_again():
                        raise
                else:
                    if not patience.lets_try_again(response):
                        yield response
                        return
            time.sleep(patience.pause)

    def _exchange(self, batch: Batch[Any], extra: Headers) -> Reply:
        if batch.stream is not None:
            stream = self.stream(batch.stream, batch.timeout, extra, unwatched)
            return whole(stream.get_result().to_wire())
        if batch.kind is Kind.POLL and extra is None and not batch.is_alone:
            return self._batcher.poll(batch.parts, batch.timeout)
        transport = self.transport
        if batch.is_dry:
            transport = transport.at(self.endpoint._replace(is_dry=True))
        envelope = transport.post(batch.parts, batch.timeout, extra)
        return Reply(envelope, len(batch.parts))


def _outcome(
    exchange: Callable[[Batch[Any]], Reply], batch: Batch[Any]
) -> Reply | RunwareError:
    try:
        return exchange(batch)
    except RunwareError as error:
        return error


def _take(
    delivery: Delivery[Any],
    batch: Batch[Any],
    outcome: Reply | RunwareError,
    answers: list[Answer] | None,
) -> None:
    if isinstance(outcome, RunwareError):
        delivery.fail(batch, outcome)
        return
    if answers is not None:
        answers.append(outcome.envelope.answer)
    delivery.receive(batch, outcome)


def _end_of_stream(
    task: Task[Any], item: Item, error: BaseException | None
) -> TaskEvent:
    """Return the event of a task whose stream has ended."""
    if error is None:
        return task.take([item], [], is_complete=True)
    if not isinstance(error, RunwareError):
        return TaskEvent.UNCLEAR
    verdict = of_failure(error, is_poll=False, task=task)
    if verdict.event in (TaskEvent.FAILED, TaskEvent.REFUSED):
        task.error = error
    return verdict.event


def give_handles(error: BaseException, handles: Iterable[TaskHandle]) -> None:
    """Set `handle` and `handles` on an exception of another package."""
    given = [*handles]
    is_noted = "handles" in vars(error)
    if not given or isinstance(error, GeneratorExit):  # the caller left a loop
        return
    vars(error)["handles"] = given
    if len(given) == 1:
        vars(error)["handle"] = given[0]
    if is_noted:
        return
    names = ", ".join(f"{h.task_type} {h.task_uuid}" for h in given[:3])
    more = f" and {len(given) - 3} more" if len(given) > 3 else ""
    error.add_note(
        f"Runware may have {names}{more}. Collect the results with the handles in "
        "`handles` of this exception or in `unfinished()` of the client"
    )


def requested(submission: Submission[ResultT]) -> Any:
    """Return the request of a submission that is not an upload."""
    if submission.request is None:
        raise AssertionError("only an upload has no request")
    return submission.request


def unwatched(_item: Item, _error: BaseException | None) -> None:
    """Ignore the end of a stream: its delivery records it."""


def whole(item: Item) -> Reply:
    """Return the result of a stream as an answer without streaming would hold it."""
    return Reply(Envelope(Answer(200), [item], []), 1)


def _task(given: Deliverable[Any]) -> Task[Any]:
    return given.task if isinstance(given, Submission) else given
