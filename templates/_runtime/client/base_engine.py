"""The code that the sync and the async engine share, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar

from ..delivery.batches import Reply, Settings
from ..delivery.classify import failure_verdict
from ..delivery.delivery import Delivery
from ..delivery.dry_run import Pricing, may_have_run
from ..delivery.events import Event
from ..delivery.lifecycle import Phase, TaskEvent
from ..delivery.open_tasks import OpenTasks
from ..delivery.server_facts import ServerFacts
from ..delivery.submission import Submission
from ..delivery.uploads import PendingUploads, Uploads
from ..exceptions import RunwareError
from ..media.local_files import place_of, with_uuids
from ..timeouts import valid_timeout
from ..transport.deadline import Deadline
from ..transport.envelope import Answer, Envelope, Item
from ..transport.exchange import pop_unwritten

if TYPE_CHECKING:
    from ..delivery.stream_retries import StreamRetries
    from ..delivery.task import Task
    from ..saved_handle import TaskHandle
    from ..schema.generics import ResultT
    from ..transport.async_http import AsyncTransport
    from ..transport.endpoint import Endpoint
    from ..transport.exchange import OnExchange
    from ..transport.http import HTTPTransport
    from .stream import BaseStream

    OnEnd: TypeAlias = Callable[[Item, BaseException | None], object]
    Deliverable: TypeAlias = Submission[ResultT] | Task[ResultT]

EngineT = TypeVar("EngineT", bound="BaseEngine[Any]")
StreamT = TypeVar("StreamT", bound="BaseStream[Any, Any]")
TransportT = TypeVar("TransportT", bound="HTTPTransport | AsyncTransport")


class BaseEngine(Generic[TransportT]):
    """The base of both engines: it makes deliveries, handles and reservations.

    Attributes:
        transport: Sends calls to the server.
        settings: How tasks are delivered.
        timeout: The default timeout of a call in seconds.
        open_tasks: The tasks whose results the caller does not have yet.
    """

    def __init__(
        self, transport: TransportT, settings: Settings, timeout: float
    ) -> None:
        self.transport: TransportT = transport
        self.settings = settings
        self.timeout = timeout
        self.open_tasks: OpenTasks = OpenTasks()
        self._uploads = Uploads()
        self._by_url: dict[str, Any] = {self.endpoint.url: self}

    @property
    def endpoint(self) -> Endpoint:
        """The address of the API, and the API key."""
        return self.transport.endpoint

    def derived(self, endpoint: Endpoint, settings: Settings, timeout: float) -> Self:
        """Return an engine that shares connections, costs and unfinished tasks.

        Engines with the same address share what belongs to the server, such as its
        unfinished tasks and uploaded files.
        """
        is_here = endpoint.url == self.endpoint.url
        first: Self | None = self if is_here else self._by_url.get(endpoint.url)
        engine = copy(self if first is None else first)
        server = ServerFacts() if first is None else first.settings.server
        settings = settings._replace(server=server)
        vars(engine).update(settings=settings, timeout=timeout)
        if first is None:
            vars(engine).update(open_tasks=OpenTasks(), _uploads=Uploads())
        if engine.endpoint != endpoint:
            engine.connect(endpoint)
        self._by_url.setdefault(endpoint.url, engine)
        return engine

    def connect(self, endpoint: Endpoint) -> None:
        """Use another endpoint from now on, over the same connections."""
        raise NotImplementedError

    def make_handle(self, given: Deliverable[Any]) -> TaskHandle:
        """Return the handle of a task."""
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

    def joined(self, submission: Submission[ResultT]) -> Submission[ResultT]:
        """Return a submission that shares its task with calls of the same `taskUUID`."""
        own, shared = submission.task, self.open_tasks.shared(submission.task)
        if own.task_type == shared.task_type:
            shared.read, shared.outputs = own.read, own.outputs
        submission.task = shared
        return submission

    def delivery(
        self,
        tasks: Iterable[Deliverable[ResultT]],
        timeout: float | None,
        *,
        polls_now: bool = False,
    ) -> Delivery[ResultT]:
        """Return a delivery of tasks; the default timeout is that of the client.

        Raises:
            ValueError: The timeout is not a finite number above 0.
        """
        self.open_tasks.take_over()
        return Delivery(
            tasks,
            self.settings,
            self.limit(timeout),
            self._uploads,
            self.open_tasks,
            polls_now=polls_now,
        )

    def limit(self, timeout: float | None) -> float:
        """Return the timeout of a call; None stands for that of the client."""
        return self.timeout if timeout is None else valid_timeout(timeout)

    def stop(self, delivery: Delivery[Any]) -> None:
        """Stop a delivery; its tasks stay in `unfinished()`."""
        delivery.abandon()
        delivery.pending_uploads.remember()

    def give_handle(self, error: BaseException, given: Deliverable[Any]) -> None:
        """Attach the handle of a task to an exception of its call, if it may be billed."""
        task = task_of(given)
        if isinstance(error, RunwareError):
            error.may_have_run = task.is_collectable or may_have_run(task, error)
            error.handle = self.make_handle(given) if task.is_collectable else None
        else:
            self.give_handles(error, [given])

    def give_handles(
        self, stop: BaseException, given: Iterable[Deliverable[Any]]
    ) -> None:
        """Attach the handles of sent tasks to an exception that interrupts a call."""
        sent = [each for each in given if task_of(each).phase is not Phase.UNSENT]
        owed = [each for each in sent if task_of(each).is_pollable]
        for each in owed:
            if not _is_returned_elsewhere(each):
                # The call was perhaps about to return it.
                self.open_tasks.add(task_of(each))
        self.open_tasks.abandon(map(task_of, owed))
        set_handles(stop, [self.make_handle(each) for each in owed])

    def before_stream(
        self, submission: Submission[Any], retries: StreamRetries
    ) -> Generator[Delivery[Any]]:
        """Yield the deliveries that a streamed task waits for: of uploads, of a dry run.

        After the last one, the task counts as sent.

        Raises:
            RunwareError: A file was not uploaded, the cost is not within the budget, or
                the task was sent before. A stream cannot be continued.
        """
        self.open_tasks.take_over()
        account = self.settings.account
        task = self.joined(submission).task
        if task.phase is not Phase.UNSENT:
            raise _second_stream()
        if submission.needs_uploads:
            pending = PendingUploads(self._uploads)
            try:
                uploads = pending.hold(submission)
                delivery = self.delivery(uploads, retries.seconds_left())
                yield delivery
            finally:
                pending.remember()
            _raise_first(pending.settle(delivery.error))
        if account.owes_reservation(task):
            pricing = Pricing(account, self.settings.server)
            if (dry_run := pricing.reserve(submission)) is not None:
                delivery = self.delivery([dry_run], retries.seconds_left())
                yield delivery
                _raise_first(pricing.settle(delivery.error))
        self.begin_stream(submission)

    def begin_stream(self, submission: Submission[Any]) -> None:
        """Record that a streamed task is being sent, for the first time or again.

        Raises:
            RunwareError: Another call has sent it, or the budget is used up.
        """
        task, account = submission.task, self.settings.account
        with self.open_tasks.lock.native:
            if task.phase is not Phase.UNSENT:
                raise _second_stream()
            if account.owes_reservation(task):  # another call has released it
                account.reserve(task, task.price)
            if error := account.excess(task):
                raise error
            submission.is_streaming = True  # first: a signal may be handled in between
            self.open_tasks.begin(submission, self.settings.clock())

    def note_rejection(self, submission: Submission[Any], pause: float) -> None:
        """Record that a streamed task was not accepted. After a pause, any call sends it."""
        with self.open_tasks.lock.native:
            submission.task.due = self.settings.clock() + pause
            if not submission.task.is_done:  # a poll of another call may end it
                submission.task.apply(TaskEvent.REJECTED)
            submission.is_streaming = False

    def note_stream(
        self, submission: Submission[Any], item: Item, error: BaseException | None
    ) -> None:
        """Record the end of the stream of a task, and the result as far as it came.

        The exception that ended it early, if any, gets the handle of a task that may be
        billed.
        """
        task = submission.task
        with self.open_tasks.lock.native:
            # A poll of another call may have found that the server has it.
            is_open = task.phase in (Phase.SENDING, Phase.ACCEPTED)
            is_sending = submission.is_streaming and is_open
            is_noted = not is_sending and task.phase is not Phase.UNSENT
            if is_sending:
                failure = error if isinstance(error, RunwareError) else None
                task.apply(_end_of_stream(task, item, error), failure)
            submission.is_streaming = False
            self.settings.account.settle(task)
        if task.error is not None:
            self._uploads.forget(submission.uploads)  # they may have been deleted
        if task.is_done and (is_sending or error is None):
            self.open_tasks.close([task])
        else:
            self.open_tasks.abandon([task])
        if isinstance(error, RunwareError) or (error and not task.is_done):
            self.give_handle(error, submission)
        if is_noted:
            return
        uuid, seconds = task.task_uuid, self.settings.clock() - task.first_sent
        cause = error if isinstance(error, Exception) else None
        self.settings.observe(
            Event("finished", task.task_type, uuid, seconds, task.cost, cause)
        )

    def make_stream(
        self,
        kind: Callable[..., StreamT],
        submission: Submission[Any],
        send: Callable[[OnExchange], object],
        timeout: float,
        on_end: OnEnd,
    ) -> StreamT:
        """Return a stream that `send` opens, and whose end `on_end` records."""
        settings = self.settings
        return kind(
            requested(submission),
            submission.wire,
            send,
            endpoint=self.endpoint,
            errors=settings.error_enums(submission.task.task_type),
            deadline=Deadline(settings.clock() + timeout, settings.clock),
            on_end=on_end,
        )


def _raise_first(settled: Iterable[tuple[object, RunwareError | None]]) -> None:
    for _, error in settled:
        if error is not None:
            raise error


def _second_stream() -> RunwareError:
    return RunwareError(
        "this client has already sent a task with this taskUUID, and its results "
        "are not collected. For another run, use request.replace()"
    )


def _end_of_stream(
    task: Task[Any], item: Item, error: BaseException | None
) -> TaskEvent:
    """Return the event of a task whose stream has ended."""
    if error is None:
        return task.receive([item], [], is_complete=True)
    if not isinstance(error, RunwareError):
        is_unwritten = pop_unwritten(error)
        return TaskEvent.NOT_SENT if is_unwritten else TaskEvent.UNCLEAR
    return failure_verdict(error, is_poll=False, task=task).event


def set_handles(error: BaseException, handles: Iterable[TaskHandle]) -> None:
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
    return submission.request


def unwatched(_item: Item, _error: BaseException | None) -> None:
    """Ignore the end of a stream: its delivery records it."""


def reply_of_stream(item: Item) -> Reply:
    """Return the result of a stream as a response without streaming would hold it."""
    return Reply(Envelope(Answer(200), [item], []), 1)


def _is_returned_elsewhere(given: Deliverable[Any]) -> bool:
    """Return whether a task is done, and not returned by the call that gave it."""
    return task_of(given).is_done and not given.is_returned


def task_of(given: Deliverable[ResultT]) -> Task[ResultT]:
    """Return the task of a submission, or the task itself."""
    return given.task if isinstance(given, Submission) else given
