"""The async client: the methods of `AsyncRunware` for all task types.

`Runware` has the same methods with full docstrings.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from decimal import Decimal
from typing import TYPE_CHECKING, Any, overload

import httpx2

from ..delivery.batches import Resend
from ..delivery.events import Event
from ..delivery.submission import (
    Submission,
    async_submission_of,
    stream_submission_of,
    submission_of,
    submissions_of,
)
from ..exceptions import RunwareError
from ..http_clients import checked_client
from ..schema.generics import RequestT, ResultT
from ..timeouts import valid_timeout
from ..transport.async_http import AsyncHTTPTransport
from ..transport.endpoint import Auth, Headers
from .async_engine import AsyncEngine
from .async_handle import AsyncHandle
from .configuration import (
    Channel,
    Client,
    ClientT,
    valid_endpoint,
    valid_integer,
    websocket_transport,
)
from .raw_task import unchecked_request
from .watch import OnProgress, OnResult, Watch

if TYPE_CHECKING:
    from ..delivery.outcome import DryRun, Outcome, RawResponse
    from ..schema.requests import TaskRequest
    from ..schema.results import TaskResult
    from ..transport.async_http import AsyncTransport
    from ..transport.envelope import Answer
    from .async_stream import AsyncStream


class AsyncRunware(Client[AsyncEngine]):
    """Runs tasks and awaits their results.

    Tasks of an event loop can share it. On another event loop, and in a forked process,
    it opens new connections. Over a WebSocket, it serves one event loop at a time.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        auth: Auth = "header",
        transport: Channel = "http",
        timeout: float = 1200,
        max_retries: int = 3,
        resend: Resend = "safe",
        budget: Decimal | None = None,
        default_headers: Headers = None,
        concurrency: int = 100,
        http_client: httpx2.AsyncClient | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        """Create a client without connecting to the server; see also `Runware`.

        Args:
            api_key: The API key. Default: the environment variable RUNWARE_API_KEY.
            base_url: The URL of the API.
                Default: RUNWARE_BASE_URL, else that of Runware.
            auth: How to send the key: in a `header`, or as a task in the `payload`.
            transport: `http`, or `websocket` to send tasks over one connection.
                It is reopened when it breaks. `websocket` needs `httpx2[ws]`, does not
                allow `extra_headers`, and sends the key in its first message. Streams
                and dry runs always use HTTP.
            timeout: The maximum duration of a call in seconds, with all its polls.
            max_retries: The maximum number of times that a task is sent again.
            resend: Which tasks that the server may have are sent again.
                `safe`: async tasks only. `eager`: every task; use it only if the
                platform refuses every taskUUID that it already has. `never`: no task.
            budget: The US dollars that all tasks of this client may cost together.
                A task that would exceed it raises `BudgetError`, and is not sent.
            default_headers: HTTP headers of every call.
            concurrency: The maximum number of parallel POSTs.
            http_client: Your own HTTP client.
                This client does not close it, and uses it on one event loop only.
            on_event: Called with each event, in the event loop.
                Exceptions that it raises are logged and otherwise ignored.

        Raises:
            ImportError: `transport` is `websocket`, and `httpx2[ws]` is not installed.
            RunwareError: There is no API key, or an environment variable prevents the
                creation of an HTTP client.
            TypeError: `http_client` is not an `httpx2.AsyncClient`.
            ValueError: Another argument is not valid.
        """
        http_client = checked_client(http_client, httpx2.AsyncClient)
        endpoint = valid_endpoint(api_key, base_url, auth, default_headers, transport)
        valid_integer("concurrency", concurrency, 1)
        settings = self._settings(max_retries, resend, budget, on_event)
        carrier: AsyncTransport
        if transport == "http":
            carrier = AsyncHTTPTransport(endpoint, http_client, concurrency)
        else:
            kind = websocket_transport()
            carrier = kind(endpoint, http_client, concurrency, self._is_open)
        limit = valid_timeout(timeout)
        self._engine = AsyncEngine(carrier, settings, limit)

    def _is_open(self, task_uuid: str) -> bool:
        """Return whether the results of a task are still to be collected."""
        return task_uuid in self._engine.open_tasks

    async def run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        on_result: OnResult[ResultT] = None,
        on_progress: OnProgress = None,
    ) -> list[ResultT]:
        """Run one task and return its results; see `Runware.run`."""
        handle = AsyncHandle(self._engine_for(max_retries), submission_of(request))
        return await handle.wait(
            timeout=timeout,
            extra_headers=extra_headers,
            on_result=on_result,
            on_progress=on_progress,
        )

    async def send(
        self,
        task: Mapping[str, Any],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        on_result: OnResult[TaskResult] = None,
        on_progress: OnProgress = None,
    ) -> list[TaskResult]:
        """Run one task without validation; see `Runware.send`."""
        return await self.run(
            unchecked_request(task),
            timeout=timeout,
            max_retries=max_retries,
            extra_headers=extra_headers,
            on_result=on_result,
            on_progress=on_progress,
        )

    async def dry_run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> DryRun[ResultT]:
        """Get the cost of a task without running it; see `Runware.dry_run`.

        It uses HTTP, even if the client uses a WebSocket.
        """
        [priced] = await self.dry_run_many(
            [request], timeout=timeout, extra_headers=extra_headers
        )
        if priced.error is not None:
            raise priced.error
        return priced

    async def dry_run_many(
        self,
        requests: Iterable[TaskRequest[ResultT]],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[DryRun[ResultT]]:
        """Get the costs of many tasks; see `Runware.dry_run_many`."""
        requests = [*requests]
        dry_runs = [*map(self._dry_run_of, requests)]
        delivery = self._engine.delivery(dry_runs, timeout)
        async for _ in self._engine.run(delivery, extra_headers):
            pass
        return self._priced(requests, dry_runs, delivery)

    async def run_many(
        self,
        requests: Iterable[RequestT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        on_result: OnResult[Any] = None,
        on_progress: OnProgress = None,
    ) -> list[Outcome[RequestT]]:
        """Run many tasks; see `Runware.run_many`."""
        engine = self._engine_for(max_retries)
        submissions = [*map(engine.joined, submissions_of(requests))]
        watch = Watch([each.task for each in submissions], on_result, on_progress)
        try:
            ended = self._deliver(engine, submissions, timeout, extra_headers, watch)
            async with aclosing(ended) as steps:
                errors = {id(submission): error async for submission, error in steps}
            return [self._hand_over(each, errors[id(each)]) for each in submissions]
        except BaseException as stop:
            self._engine.give_handles(stop, submissions)
            raise

    async def iter_many(
        self,
        requests: Iterable[RequestT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        on_result: OnResult[Any] = None,
        on_progress: OnProgress = None,
    ) -> AsyncIterator[Outcome[RequestT]]:
        """Run many tasks, and yield the outcome of each; see `Runware.iter_many`."""
        engine = self._engine_for(max_retries)
        submissions = [*map(engine.joined, submissions_of(requests))]
        watch = Watch([each.task for each in submissions], on_result, on_progress)
        ended = self._deliver(engine, submissions, timeout, extra_headers, watch)
        owed = {each.task.key: each for each in submissions}
        del requests, submissions  # so that the caller can free them one by one
        try:
            async with aclosing(ended) as steps:
                async for submission, error in steps:
                    outcome = self._hand_over(submission, error)
                    del owed[submission.task.key]
                    yield outcome
        except BaseException as stop:
            self._engine.give_handles(stop, owed.values())
            raise

    async def _deliver(
        self,
        engine: AsyncEngine,
        submissions: list[Submission[Any]],
        timeout: float | None,
        extra: Mapping[str, str] | None,
        watch: Watch[Any],
    ) -> AsyncGenerator[tuple[Submission[Any], RunwareError | None]]:
        """Yield each task, with its error or None, when it is done or given up."""
        delivery = engine.delivery(submissions, timeout)
        submissions = []
        async with aclosing(engine.run(delivery, extra)) as steps:
            async for _ in steps:
                with delivery.schedule.paused():
                    watch.update()
                    for ended in delivery.ended():
                        yield ended
        for ended in delivery.ended():
            yield ended

    def handle(self, request: TaskRequest[ResultT]) -> AsyncHandle[ResultT]:
        """Return the handle of an unsent task; see `Runware.handle`."""
        return AsyncHandle(self._engine, submission_of(request))

    async def submit(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncHandle[ResultT]:
        """Send one task without waiting for its results; see `Runware.submit`."""
        engine = self._engine_for(max_retries)
        handle = AsyncHandle(engine, async_submission_of(request))
        return await handle.submit(timeout=timeout, extra_headers=extra_headers)

    def stream(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncStream[ResultT]:
        """Run one task and stream its text; see `Runware.stream`."""
        submission = stream_submission_of(request)
        return self._engine_for(max_retries).stream(submission, timeout, extra_headers)

    @overload
    def resume(self, text: str) -> AsyncHandle[TaskResult]: ...

    @overload
    def resume(
        self, text: str, request: TaskRequest[ResultT]
    ) -> AsyncHandle[ResultT]: ...

    def resume(
        self, text: str, request: TaskRequest[Any] | None = None
    ) -> AsyncHandle[Any]:
        """Return the handle of a task that was sent before; see `Runware.resume`."""
        from .saved_tasks import saved_task  # only this call needs it

        key = self._engine.endpoint.key
        return AsyncHandle(self._engine, saved_task(text, request, key))

    def unfinished(self) -> list[AsyncHandle[Any]]:
        """Return handles of unfinished tasks; see `Runware.unfinished`."""
        return [AsyncHandle(engine, task) for engine, task in self._engine.unfinished()]

    @property
    def with_raw_response(self) -> AsyncRawRuns:
        """A client whose `run` returns the HTTP responses in addition to the results."""
        return AsyncRawRuns(self._engine)

    async def aclose(self) -> None:
        """Close the connections and end running calls. Later calls raise `ClosedError`.

        Call it on the event loop that used the client. Connections of other event loops
        are dropped without a closing handshake.
        """
        await self._engine.transport.aclose()

    async def close(self) -> None:
        """Close the connections; an alias of `aclose`."""
        await self.aclose()

    async def __aenter__(self: ClientT) -> ClientT:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class AsyncRawRuns:
    """Runs tasks, and returns the HTTP responses in addition to the results."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> RawResponse[ResultT]:
        """Run one task; see `Runware.run`."""
        from ..delivery.outcome import RawResponse  # only these calls need it

        answers: list[Answer] = []
        handle = AsyncHandle(self._engine, submission_of(request), answers)
        try:
            results = await handle.wait(timeout=timeout, extra_headers=extra_headers)
            return RawResponse(results, answers)
        except BaseException as stop:
            handle.attach_to(stop)
            raise
