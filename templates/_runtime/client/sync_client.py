"""What `Runware` does for every task type."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, overload

from ..delivery.batches import Resend
from ..delivery.outcome import Outcome, RawResponse
from ..delivery.task import submission_of
from ..schema.generics import RequestT, ResultT
from ..timeouts import given_timeout, valid_timeout
from ..transport.http import RUNWARE_URL, Auth, HTTPTransport
from .configuration import (
    DEFAULT_CONCURRENCY,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT,
    Configured,
    submissions_of,
    with_async_delivery,
    with_stream_delivery,
)
from .engine import Engine
from .handle import Handle, saved_task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    import httpx2

    from ..delivery.events import Event
    from ..delivery.task import Submission, Task
    from ..schema.base import TaskRequest, TaskResult
    from ..transport.envelope import Answer
    from .stream import Stream


class SyncClient(Configured[Engine]):
    """Runs tasks and waits for their results.

    Threads may share it. In a forked process it opens connections of its own.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str = RUNWARE_URL,
        auth: Auth = "header",
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        resend: Resend = "safe",
        concurrency: int = DEFAULT_CONCURRENCY,
        http_client: httpx2.Client | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            api_key: The API key; else the environment variable RUNWARE_API_KEY.
            base_url: The address that tasks are posted to.
            auth: `header` sends the key as `Authorization`, `payload` as first task.
            timeout: The seconds that a call may take, with all its POSTs, pauses and
                polls. A task that is given up goes on at the server, and is billed.
            max_retries: How often a task is sent again. Polls are bounded by the
                timeout alone.
            resend: Whether a task that the server may have is sent again, with the same
                taskUUID. `safe` does so for async tasks: the platform refuses those that
                it knows. `eager` does so for every task; use it only where the platform
                refuses every taskUUID that it knows. `never` does so for none.
            concurrency: How many POSTs may be under way at once. Where one call has
                several, each has a thread of its own, which ends with it.
            http_client: Your own HTTP client; it is not closed with this one, and works
                in one process only. It sends each request in a thread of its own, which
                is left when the time is up.
            on_event: Is called with each event, in the thread that it happens in. What
                it raises is logged and changes nothing.

        Raises:
            RunwareError: There is no API key, or a variable of the environment keeps
                an HTTP client from being made.
            ValueError: Another argument cannot be used.
        """
        super().__init__(api_key, base_url, auth, concurrency)
        settings = self._settings(max_retries, resend, on_event)
        limit = valid_timeout(timeout)
        transport = HTTPTransport(self._endpoint, http_client, concurrency)
        self._engine = Engine(transport, self._endpoint, settings, limit, concurrency)
        self._engine.make_handle = partial(Handle, self._engine)

    def run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[ResultT]:
        """Run one task, by whatever way of delivery its request asks for.

        What it raises has a `handle` where the task may be billed.

        Args:
            request: The task.
            timeout: The seconds after which the task is given up; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Returns:
            Its results, `numberResults` of them.

        Raises:
            TaskError: The task failed.
            APIStatusError: The server refused it; there is a class for each status.
            ConnectionError: The server could not be reached, or the connection broke
                and polls did not tell what became of the task.
            TimeoutError: The server has the task, and there was no result in time.
            ResponseError: The answer cannot be read, or lacks some of the results.
            ClosedError: The client is closed.
        """
        handle = self.handle(request)
        return handle.wait(timeout=given_timeout(timeout), extra_headers=extra_headers)

    def run_many(
        self,
        requests: Iterable[RequestT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[Outcome[RequestT]]:
        """Run many tasks, with as few POSTs as the server's limits let through.

        What interrupts it, such as KeyboardInterrupt, has the handles of the tasks that
        were sent in its attribute `handles`.

        Args:
            requests: The tasks.
            timeout: The seconds after which those without a result are given up.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Returns:
            What became of each task, in the order of the requests. An error stands in
            the outcome of its task and is not raised, so that no other result is lost.

        Raises:
            ValueError: Two tasks have the same `taskUUID`.
        """
        submissions = submissions_of(requests)
        outcomes: dict[int, Outcome[RequestT]] = {}
        try:
            for task, outcome in self._deliver(submissions, timeout, extra_headers):
                outcomes[id(task)] = outcome
            in_order = [outcomes[id(each.task)] for each in submissions]
            self._hand_over(each.task for each in submissions)
        except BaseException as stop:
            self._engine.give_handles(stop, submissions)
            raise
        return in_order

    def iter_many(
        self,
        requests: Iterable[RequestT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Iterator[Outcome[RequestT]]:
        """Run many tasks and give what became of each as soon as it is over.

        See `run_many`. The time that the caller takes between two outcomes does not
        count. Tasks that are left with the loop go on at the server; `unfinished` has
        their handles.
        """
        submissions = submissions_of(requests)
        ended = self._deliver(submissions, timeout, extra_headers)
        owed = {each.task.key: each for each in submissions}
        del requests, submissions  # the caller may want to let them go one by one
        try:
            for task, outcome in ended:
                self._hand_over([task])
                del owed[task.key]  # not a call, in which a signal may be handled
                yield outcome
        except BaseException as stop:
            self._engine.give_handles(stop, owed.values())
            raise

    def _deliver(
        self,
        submissions: list[Submission[Any]],
        timeout: float | None,
        extra: Mapping[str, str] | None,
    ) -> Iterator[tuple[Task[Any], Outcome[Any]]]:
        """Give each task and its outcome as it ends."""
        delivery = self._engine.delivery(submissions, given_timeout(timeout))
        submissions = []
        clock = self._engine.settings.clock
        for _ in self._engine.run(delivery, extra):
            began = clock()
            yield from self._ended(delivery)
            delivery.extend(clock() - began)
        yield from self._ended(delivery)

    def handle(self, request: TaskRequest[ResultT]) -> Handle[ResultT]:
        """Return a handle of a task that is not sent yet.

        Its `to_json`, saved before it is submitted, is enough to collect the task
        whatever happens to this process.
        """
        return Handle(self._engine, submission_of(request))

    def submit(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Handle[ResultT]:
        """Send one task and do not wait for its end.

        A task whose document offers async delivery is delivered so, unless its request
        says otherwise; another is over when this returns.

        Args:
            request: The task.
            timeout: The seconds within which the server has to take it.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Returns:
            Its handle.

        Raises:
            RunwareError: The server did not take it, or did not say so in time; see
                `run`.
        """
        handle = Handle(self._engine, with_async_delivery(request))
        return handle.submit(
            timeout=given_timeout(timeout), extra_headers=extra_headers
        )

    def stream(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Stream[ResultT]:
        """Run one task whose result comes as a stream, piece by piece.

        Args:
            request: The task; its document has to offer delivery by stream.
            timeout: The seconds after which it is given up; else the client's. The time
                that the caller takes between two pieces does not count.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Returns:
            The stream. The task is sent when it is read.

        Raises:
            ValueError: The document does not offer streams, or the request asks for
                another delivery.
        """
        submission = with_stream_delivery(request)
        limit = given_timeout(timeout) or self.timeout
        on_end = partial(self._engine.note_stream, submission)
        return self._engine.stream(submission, limit, extra_headers, on_end)

    @overload
    def resume(self, text: str) -> Handle[TaskResult]: ...

    @overload
    def resume(self, text: str, request: TaskRequest[ResultT]) -> Handle[ResultT]: ...

    def resume(self, text: str, request: TaskRequest[Any] | None = None) -> Handle[Any]:
        """Take up a task that this or another process has sent.

        Args:
            text: What `to_json` of its handle gave.
            request: Its request, where it is at hand. With it, the task can be sent
                again where `resend` allows that; without it, it is only polled.

        Raises:
            ValueError: The text is not that of a handle, or not of this request.
        """
        return Handle(self._engine, saved_task(text, request, self._endpoint.key))

    def unfinished(self) -> list[Handle[Any]]:
        """Return handles of tasks that were sent and whose results you do not have yet.

        A task is here from its first byte until a call returns its results or raises its
        failure: while a call is under way, and after an interruption, a time-out or a
        broken connection. The oldest comes first. Of the tasks that no call waits for,
        the last 10,000 are remembered.
        """
        return [Handle(self._engine, task) for task in self._engine.open_tasks.tasks()]

    @property
    def with_raw_response(self) -> RawRuns:
        """The same client, giving the HTTP answers besides the results."""
        return RawRuns(self._engine)

    def close(self) -> None:
        """Close the connections and end the calls that are under way.

        Calls after that raise `ClosedError`.
        """
        self._engine.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class RawRuns:
    """Runs tasks and gives the HTTP answers besides the results."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> RawResponse[ResultT]:
        """Run one task; see `Runware.run`."""
        answers: list[Answer] = []
        handle = Handle(self._engine, submission_of(request), answers)
        try:
            results = handle.wait(
                timeout=given_timeout(timeout), extra_headers=extra_headers
            )
            return RawResponse(results, answers)
        except BaseException as stop:
            handle.leave(stop)
            raise
