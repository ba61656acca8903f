"""The sync client: the methods of `Runware` for all task types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, overload

import httpx2

from ..delivery.batches import Resend
from ..delivery.events import Event
from ..delivery.submission import (
    async_submission_of,
    stream_submission_of,
    submission_of,
    submissions_of,
)
from ..exceptions import RunwareError
from ..http_clients import checked_client
from ..schema.generics import RequestT, ResultT
from ..timeouts import valid_timeout
from ..transport.endpoint import Auth, Headers
from ..transport.http import HTTPTransport
from .configuration import Client, ClientT, valid_endpoint, valid_integer
from .engine import Engine
from .handle import Handle
from .raw_task import unchecked_request
from .watch import OnProgress, OnResult, Watch

if TYPE_CHECKING:
    from ..delivery.outcome import DryRun, Outcome, RawResponse
    from ..delivery.submission import Submission
    from ..schema.requests import TaskRequest
    from ..schema.results import TaskResult
    from ..transport.envelope import Answer
    from .stream import Stream


class Runware(Client[Engine]):
    """Runs tasks and waits for their results.

    It is thread-safe. In a forked process, it opens new connections.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        auth: Auth = "header",
        timeout: float = 1200,
        max_retries: int = 3,
        resend: Resend = "safe",
        budget: Decimal | None = None,
        default_headers: Headers = None,
        concurrency: int = 100,
        http_client: httpx2.Client | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        """Create a client without connecting to the server.

        Args:
            api_key: The API key. Default: the environment variable RUNWARE_API_KEY.
            base_url: The URL of the API.
                Default: RUNWARE_BASE_URL, else that of Runware.
            auth: How to send the key. `header`: in the `Authorization` header.
                `payload`: as the first task.
            timeout: The maximum duration of a call in seconds.
                It includes all POSTs, waits and polls. A task that is given up
                continues on the server, and is billed.
            max_retries: The maximum number of times that a task is sent again.
                Polls are limited by the timeout only.
            resend: Whether a task that the server may have is sent again.
                The taskUUID stays the same. `safe`: async tasks only, since the
                platform refuses those that it already has. `eager`: every task; use it
                only if the platform refuses every taskUUID that it already has.
                `never`: no task.
            budget: The US dollars that all tasks of this client may cost together.
                The cost of a task is reserved before the task is sent. It comes from a
                dry run, else from the rates of the document. A task that would exceed
                the budget raises `BudgetError`, and is not sent.
            default_headers: HTTP headers of every call.
                They are added to the headers of this package, or replace them.
            concurrency: The maximum number of parallel POSTs.
                Streams that you read do not count. If one call has several, each runs
                in a temporary thread.
            http_client: Your own HTTP client.
                This client does not close it, and uses it in one process only. It sends
                each request in a separate thread, which is abandoned on a timeout.
            on_event: Called with each event, in the thread of the event.
                Exceptions that it raises are logged and otherwise ignored.

        Raises:
            RunwareError: There is no API key, or an environment variable prevents the
                creation of an HTTP client.
            TypeError: `http_client` is not an `httpx2.Client`.
            ValueError: Another argument is not valid.
        """
        http_client = checked_client(http_client, httpx2.Client)
        endpoint = valid_endpoint(api_key, base_url, auth, default_headers)
        valid_integer("concurrency", concurrency, 1)
        settings = self._settings(max_retries, resend, budget, on_event)
        limit = valid_timeout(timeout)
        transport = HTTPTransport(endpoint, http_client, concurrency)
        self._engine = Engine(transport, settings, limit)

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
        """Run one task and return its results, for any delivery method.

        An exception has a `handle` if the task may be billed.

        Args:
            request: The request.
            timeout: The seconds until the task is given up.
                Default: that of the client.
            max_retries: The maximum number of times that the task is sent again.
                Default: that of the client.
            extra_headers: HTTP headers, beside or instead of those of the client.
            on_result: Called with each result as soon as it arrives.
                Exceptions that it raises are logged and otherwise ignored.
            on_progress: Called with the percentage that is done whenever it increases.

        Returns:
            The results; their number is `numberResults`.

        Raises:
            TaskError: The task failed.
            APIStatusError: The server refused the task; see the class of each status.
            ConnectionError: The server could not be reached, or the connection broke and
                polls returned nothing about the task.
            TimeoutError: The server has the task, and no result arrived in time.
            ResponseError: The response cannot be parsed, or results are missing.
            BudgetError: The cost would exceed the budget. The task was not sent.
            ClosedError: The client is closed.
        """
        handle = Handle(self._engine_for(max_retries), submission_of(request))
        return handle.wait(
            timeout=timeout,
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
        """Run one task without validation, for example one that no document describes.

        Example::

            client.send({"taskType": "imageInference", "model": "acme:1@1", "new": 1})

        The task is delivered like a request of `run`: retried, polled, and never billed
        twice.

        Args:
            task: The task object. A `taskUUID` is added if it has none.
            timeout: The seconds after which the task is given up; see `run`.
            max_retries: The maximum number of times that the task is sent again.
            extra_headers: HTTP headers, beside or instead of those of the client.
            on_result: Called with each result as soon as it arrives.
            on_progress: Called with the percentage that is done.

        Returns:
            The results, with all members that the server returned.

        Raises:
            TypeError: The task contains a value that JSON does not have.
            ValueError: The task has no `taskType`, or contains NaN or infinity.
            RunwareError: The task failed; see `run`.
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
        """Get the cost of a task from the server, without running it.

        The server validates the task and charges nothing. A dry run is idempotent, and
        is retried. The task is not in `unfinished()`, and `on_event` is not called.

        Args:
            request: The request. Its files must be uploaded already.
            timeout: The timeout in seconds. Default: the timeout of the client.
            extra_headers: HTTP headers, beside or instead of those of the client.

        Returns:
            The cost, and the rest of the response.

        Raises:
            RunwareError: The server would refuse the task, or did not respond in time.
            ValueError: A file of the request is not uploaded yet.
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
        """Get the costs of many tasks from the server; see `dry_run`.

        Returns:
            One dry run for each request, in their order. The error of a task is in
            its dry run, and is not raised.
        """
        requests = [*requests]
        dry_runs = [*map(self._dry_run_of, requests)]
        delivery = self._engine.delivery(dry_runs, timeout)
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
        """Run many tasks, with as few POSTs as the limits of the server allow.

        An exception that interrupts it, such as KeyboardInterrupt, has the handles of the
        sent tasks in its attribute `handles`.

        Args:
            requests: The requests.
            timeout: The seconds until tasks are given up. Default: that of the client.
            max_retries: The maximum number of times that each task is sent again.
                Default: that of the client.
            extra_headers: HTTP headers, beside or instead of those of the client.
            on_result: Called with each result as soon as it arrives.
                `task_uuid` of the result identifies its task. Exceptions that it raises
                are logged.
            on_progress: Called with the percentage of all tasks whenever it increases.

        Returns:
            One outcome for each request, in their order. The error of a task is in its
            outcome and is not raised, so that no other result is lost.

        Raises:
            TypeError: One of the requests is not a request.
            ValueError: Two requests have the same `taskUUID`.
        """
        engine = self._engine_for(max_retries)
        submissions = [*map(engine.joined, submissions_of(requests))]
        watch = Watch([each.task for each in submissions], on_result, on_progress)
        try:
            ended = self._deliver(engine, submissions, timeout, extra_headers, watch)
            errors = {id(submission): error for submission, error in ended}
            return [self._hand_over(each, errors[id(each)]) for each in submissions]
        except BaseException as stop:
            self._engine.give_handles(stop, submissions)
            raise

    def iter_many(
        self,
        requests: Iterable[RequestT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        on_result: OnResult[Any] = None,
        on_progress: OnProgress = None,
    ) -> Iterator[Outcome[RequestT]]:
        """Run many tasks, and yield the outcome of each as soon as it is done.

        See `run_many`. All requests are read before the first one is sent. The timeout
        does not include the time that the caller takes between outcomes. If the loop ends
        early, the other tasks continue on the server; `unfinished()` has their handles.
        """
        engine = self._engine_for(max_retries)
        submissions = [*map(engine.joined, submissions_of(requests))]
        watch = Watch([each.task for each in submissions], on_result, on_progress)
        ended = self._deliver(engine, submissions, timeout, extra_headers, watch)
        owed = {each.task.key: each for each in submissions}
        del requests, submissions  # so that the caller can free them one by one
        try:
            for submission, error in ended:
                outcome = self._hand_over(submission, error)
                del owed[submission.task.key]  # not `pop`: a call may handle a signal
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
        watch: Watch[Any],
    ) -> Iterator[tuple[Submission[Any], RunwareError | None]]:
        """Yield each task, with its error or None, when it is done or given up."""
        delivery = engine.delivery(submissions, timeout)
        submissions = []
        for _ in engine.run(delivery, extra):
            with delivery.schedule.paused():
                watch.update()
                yield from delivery.ended()
        yield from delivery.ended()

    def handle(self, request: TaskRequest[ResultT]) -> Handle[ResultT]:
        """Return the handle of an unsent task.

        If you save its `to_json()` before you submit it, you can collect the task even
        after a crash of this process.
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
        """Send one task without waiting for its results.

        Uses async delivery if the document offers it, unless the request selects another
        delivery method. Without async delivery, the task is done when this returns.

        Args:
            request: The request.
            timeout: The seconds within which the task must be accepted.
                Default: that of the client.
            max_retries: The maximum number of times that the task is sent again.
                Default: that of the client.
            extra_headers: HTTP headers, beside or instead of those of the client.

        Returns:
            The handle of the task.

        Raises:
            RunwareError: The server did not accept the task, or did not respond in time;
                see `run`.
        """
        handle = Handle(self._engine_for(max_retries), async_submission_of(request))
        return handle.submit(timeout=timeout, extra_headers=extra_headers)

    def stream(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Stream[ResultT]:
        """Run one task and stream its text.

        Args:
            request: The request. Its document must offer the delivery method "stream".
            timeout: The seconds until the stream is given up.
                Default: that of the client. The time that the caller takes between
                pieces is not included.
            max_retries: The maximum number of times that the task is sent again.
                Default: that of the client.
            extra_headers: HTTP headers, beside or instead of those of the client.

        Returns:
            The stream. The task is sent when the stream is first read.

        Raises:
            ValueError: The document does not offer streams, or the request selects
                another delivery method or more than one result.
        """
        submission = stream_submission_of(request)
        return self._engine_for(max_retries).stream(submission, timeout, extra_headers)

    @overload
    def resume(self, text: str) -> Handle[TaskResult]: ...

    @overload
    def resume(self, text: str, request: TaskRequest[ResultT]) -> Handle[ResultT]: ...

    def resume(self, text: str, request: TaskRequest[Any] | None = None) -> Handle[Any]:
        """Return the handle of a task that this or another process has sent.

        Args:
            text: The text that `to_json` of its handle returned.
            request: The request of the task.
                With it, the task can be sent again if `resend` allows that. Without it,
                the task is polled only.

        Raises:
            ValueError: The text is not the JSON text of a handle, or the request has
                another `taskUUID`.
        """
        from .saved_tasks import saved_task  # only this call needs it

        key = self._engine.endpoint.key
        return Handle(self._engine, saved_task(text, request, key))

    def unfinished(self) -> list[Handle[Any]]:
        """Return handles of the tasks that were sent and whose results you do not have.

        The list contains a task from its first sending until a call returns its results
        or raises its failure: during a call, and after an interruption, a timeout or a
        broken connection. Oldest tasks come first. Of the tasks that no call waits for,
        the last 10,000 are remembered.
        """
        return [Handle(engine, task) for engine, task in self._engine.unfinished()]

    @property
    def with_raw_response(self) -> RawRuns:
        """A client whose `run` returns the HTTP responses in addition to the results."""
        return RawRuns(self._engine)

    def close(self) -> None:
        """Close the connections and end running calls. Later calls raise `ClosedError`."""
        self._engine.transport.close()

    def __enter__(self: ClientT) -> ClientT:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RawRuns:
    """Runs tasks, and returns the HTTP responses in addition to the results."""

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
        from ..delivery.outcome import RawResponse  # only these calls need it

        answers: list[Answer] = []
        handle = Handle(self._engine, submission_of(request), answers)
        try:
            results = handle.wait(timeout=timeout, extra_headers=extra_headers)
            return RawResponse(results, answers)
        except BaseException as stop:
            handle.attach_to(stop)
            raise
