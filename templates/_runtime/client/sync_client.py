"""What `Runware` does for every task type."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, overload

from ..delivery.batches import Resend
from ..delivery.outcome import Outcome, RawResponse
from ..delivery.task import submission_of
from ..schema.generics import RequestT, ResultT
from ..timeouts import given_timeout, valid_timeout
from ..transport.http import Auth, HTTPTransport
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
from .raw_task import unchecked_request
from .watch import OnProgress, OnResult, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from decimal import Decimal
    from types import TracebackType
    from typing import Self

    import httpx2

    from ..delivery.dry_run import DryRun
    from ..delivery.events import Event
    from ..delivery.task import Submission, Task
    from ..schema.base import TaskRequest, TaskResult
    from ..transport.envelope import Answer
    from ..transport.http import Headers
    from .stream import Stream


class SyncClient(Configured[Engine]):
    """Runs tasks and waits for their results.

    Threads may share it. In a forked process it opens connections of its own.
    """

    _handle_class = Handle

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        auth: Auth = "header",
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        resend: Resend = "safe",
        budget: Decimal | None = None,
        default_headers: Headers = None,
        concurrency: int = DEFAULT_CONCURRENCY,
        http_client: httpx2.Client | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            api_key: The API key; else the environment variable RUNWARE_API_KEY.
            base_url: The address that tasks are posted to; else the environment
                variable RUNWARE_BASE_URL, else Runware's.
            auth: `header` sends the key as `Authorization`, `payload` as first task.
            timeout: The seconds that a call may take, with all its POSTs, pauses and
                polls. A task that is given up goes on at the server, and is billed.
            max_retries: How often a task is sent again. Polls are bounded by the
                timeout alone.
            resend: Whether a task that the server may have is sent again, with the same
                taskUUID. `safe` does so for async tasks: the platform refuses those that
                it knows. `eager` does so for every task; use it only where the platform
                refuses every taskUUID that it knows. `never` does so for none.
            budget: The US dollars that the tasks of this client may cost together. The
                cost of a task is reserved before the task is sent: a dry run says what
                it is, or else the rates of its document. One that would pass the budget
                raises `BudgetError`, and is not sent.
            default_headers: HTTP headers of every call, besides or in place of ours.
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
        super().__init__(api_key, base_url, auth, concurrency, default_headers)
        settings = self._settings(max_retries, resend, budget, on_event)
        limit = valid_timeout(timeout)
        transport = HTTPTransport(self._endpoint, http_client, concurrency)
        self._engine = Engine(transport, self._endpoint, settings, limit, concurrency)
        self._engine.make_handle = partial(Handle, self._engine)

    def run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        on_result: OnResult[ResultT] = None,
        on_progress: OnProgress = None,
    ) -> list[ResultT]:
        """Run one task, by whatever way of delivery its request asks for.

        What it raises has a `handle` where the task may be billed.

        Args:
            request: The task.
            timeout: The seconds after which the task is given up; else the client's.
            max_retries: How often the task is sent again; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.
            on_result: Is called with each result as soon as it is there. What it raises
                is logged and changes nothing.
            on_progress: Is called with the percentage that is done, from 0 to 100, each
                time that it has risen.

        Returns:
            Its results, `numberResults` of them.

        Raises:
            TaskError: The task failed.
            APIStatusError: The server refused it; there is a class for each status.
            ConnectionError: The server could not be reached, or the connection broke
                and polls did not tell what became of the task.
            TimeoutError: The server has the task, and there was no result in time.
            ResponseError: The answer cannot be read, or lacks some of the results.
            BudgetError: Its cost would pass the client's budget; it was not sent.
            ClosedError: The client is closed.
        """
        engine = self._engine_for(max_retries)
        handle = Handle(engine, submission_of(request))
        return handle.wait(
            timeout=given_timeout(timeout),
            extra_headers=extra_headers,
            on_result=on_result,
            on_progress=on_progress,
        )

    def send(
        self,
        task: Mapping[str, Any],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        on_result: OnResult[TaskResult] = None,
        on_progress: OnProgress = None,
    ) -> list[TaskResult]:
        """Run one task that no document describes, or that is not to be checked.

        Example::

            client.send({"taskType": "imageInference", "model": "acme:1@1", "new": 1})

        It is delivered as `run` delivers a request: retried, polled, and never billed
        twice. Nothing of it is checked.

        Args:
            task: The task as it is sent. A `taskUUID` is added where it has none.
            timeout: See `run`, also for the other options.
            max_retries: How often the task is sent again; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.
            on_result: Is called with each result as soon as it is there.
            on_progress: Is called with the percentage that is done.

        Returns:
            Its results, open to every member.

        Raises:
            TypeError: It holds what JSON does not have.
            ValueError: It has no `taskType`.
            RunwareError: It failed; see `run`.
        """
        return self.run(
            unchecked_request(task),
            timeout=timeout,
            max_retries=max_retries,
            extra_headers=extra_headers,
            on_result=on_result,
            on_progress=on_progress,
        )

    def dry_run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> DryRun[ResultT]:
        """Ask the server what a task costs, without running it.

        The server validates the task and charges nothing. It is safe to repeat, and is
        retried. The task is not among `unfinished`, and `on_event` is not called.

        Args:
            request: The task. Its files have to be uploaded already.
            timeout: The seconds that it may take; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Returns:
            The cost, and whatever else the server says.

        Raises:
            RunwareError: The server would refuse the task, or did not answer in time.
            ValueError: A file of the task is not uploaded yet.
        """
        [priced] = self.dry_run_many(
            [request], timeout=timeout, extra_headers=extra_headers
        )
        if priced.error is not None:
            raise priced.error
        return priced

    def dry_run_many(
        self,
        requests: Iterable[TaskRequest[ResultT]],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[DryRun[ResultT]]:
        """Ask the server what many tasks cost, without running them; see `dry_run`.

        Returns:
            What it says of each task, in the order of the requests. An error stands
            beside its task and is not raised.
        """
        requests = [*requests]
        dry_runs = [*map(self._dry_run_of, requests)]
        delivery = self._engine.delivery(dry_runs, given_timeout(timeout))
        for _ in self._engine.run(delivery, extra_headers):
            pass
        return self._priced(requests, dry_runs, delivery)

    def run_many(
        self,
        requests: Iterable[RequestT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        on_result: OnResult[Any] = None,
        on_progress: OnProgress = None,
    ) -> list[Outcome[RequestT]]:
        """Run many tasks, with as few POSTs as the server's limits let through.

        What interrupts it, such as KeyboardInterrupt, has the handles of the tasks that
        were sent in its attribute `handles`.

        Args:
            requests: The tasks.
            timeout: The seconds after which those without a result are given up.
            max_retries: How often each task is sent again; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.
            on_result: Is called with each result as soon as it is there; its
                `task_uuid` says which task it is of. What it raises is logged.
            on_progress: Is called with the percentage that is done of all tasks
                together, from 0 to 100, each time that it has risen.

        Returns:
            What became of each task, in the order of the requests. An error stands in
            the outcome of its task and is not raised, so that no other result is lost.

        Raises:
            ValueError: Two tasks have the same `taskUUID`.
        """
        engine = self._engine_for(max_retries)
        submissions = submissions_of(requests)
        watch = Watch([each.task for each in submissions], on_result, on_progress)
        outcomes: dict[int, Outcome[RequestT]] = {}
        try:
            ended = self._deliver(engine, submissions, timeout, extra_headers, watch)
            for task, outcome in ended:
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
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Iterator[Outcome[RequestT]]:
        """Run many tasks and give what became of each as soon as it is over.

        See `run_many`. The time that the caller takes between two outcomes does not
        count. Tasks that are left with the loop go on at the server; `unfinished` has
        their handles.
        """
        submissions = submissions_of(requests)
        engine = self._engine_for(max_retries)
        ended = self._deliver(engine, submissions, timeout, extra_headers)
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
        engine: Engine,
        submissions: list[Submission[Any]],
        timeout: float | None,
        extra: Mapping[str, str] | None,
        watch: Watch[Any] | None = None,
    ) -> Iterator[tuple[Task[Any], Outcome[Any]]]:
        """Give each task and its outcome as it ends."""
        delivery = engine.delivery(submissions, given_timeout(timeout))
        submissions = []
        clock = engine.settings.clock
        for _ in engine.run(delivery, extra):
            began = clock()
            if watch is not None:
                watch.note()
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
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Handle[ResultT]:
        """Send one task and do not wait for its end.

        A task whose document offers async delivery is delivered so, unless its request
        says otherwise; another is over when this returns.

        Args:
            request: The task.
            timeout: The seconds within which the server has to take it.
            max_retries: How often it is sent again; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Returns:
            Its handle.

        Raises:
            RunwareError: The server did not take it, or did not say so in time; see
                `run`.
        """
        engine = self._engine_for(max_retries)
        handle = Handle(engine, with_async_delivery(request))
        return handle.submit(
            timeout=given_timeout(timeout), extra_headers=extra_headers
        )

    def stream(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Stream[ResultT]:
        """Run one task whose result comes as a stream, piece by piece.

        Args:
            request: The task; its document has to offer delivery by stream.
            timeout: The seconds after which it is given up; else the client's. The time
                that the caller takes between two pieces does not count.
            max_retries: How often it is sent again; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Returns:
            The stream. The task is sent when it is read.

        Raises:
            ValueError: The document does not offer streams, or the request asks for
                another delivery.
        """
        submission = with_stream_delivery(request)
        limit = given_timeout(timeout) or self.timeout
        engine = self._engine_for(max_retries)
        on_end = partial(engine.note_stream, submission)
        return engine.stream(submission, limit, extra_headers, on_end)

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
        return [Handle(engine, task) for engine, task in self._engine.unfinished()]

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
