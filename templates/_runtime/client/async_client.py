"""What `AsyncRunware` does for every task type; `Runware` has the same with words."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, overload

from ..delivery.batches import Resend
from ..delivery.outcome import Outcome, RawResponse
from ..delivery.task import submission_of
from ..schema.generics import RequestT, ResultT
from ..timeouts import given_timeout, valid_timeout
from ..transport.async_http import AsyncHTTPTransport
from ..transport.http import Auth
from .async_engine import AsyncEngine
from .async_handle import AsyncHandle
from .configuration import (
    DEFAULT_CONCURRENCY,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT,
    Channel,
    Configured,
    submissions_of,
    websocket_transport,
    with_async_delivery,
    with_stream_delivery,
)
from .handle import saved_task
from .raw_task import unchecked_request
from .watch import OnProgress, OnResult, Watch

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Callable,
        Iterable,
        Mapping,
    )
    from decimal import Decimal
    from types import TracebackType
    from typing import Self

    import httpx2

    from ..delivery.dry_run import DryRun
    from ..delivery.events import Event
    from ..delivery.task import Submission, Task
    from ..schema.base import TaskRequest, TaskResult
    from ..transport.async_http import AsyncTransport
    from ..transport.envelope import Answer
    from ..transport.http import Headers
    from .async_stream import AsyncStream


class AsyncClient(Configured[AsyncEngine]):
    """Runs tasks and awaits their results.

    Tasks of an event loop may share it. On another event loop, and in a forked process,
    it opens connections of its own. Over a WebSocket it serves one event loop at a time.
    """

    _handle_class = AsyncHandle

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        auth: Auth = "header",
        transport: Channel = "http",
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        resend: Resend = "safe",
        budget: Decimal | None = None,
        default_headers: Headers = None,
        concurrency: int = DEFAULT_CONCURRENCY,
        http_client: httpx2.AsyncClient | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            api_key: The API key; else the environment variable RUNWARE_API_KEY.
            base_url: The address that tasks are posted to; else the environment
                variable RUNWARE_BASE_URL, else Runware's.
            auth: `header` sends the key as `Authorization`, `payload` as first task.
            transport: `http`, or `websocket` for tasks over one connection that is made
                anew when it breaks. It needs `httpx2[ws]`, takes no `extra_headers`,
                and its first message has the key. Streams go over HTTP all the same.
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
            concurrency: How many POSTs may be under way at once.
            http_client: Your own HTTP client; it is not closed with this one, and works
                on one event loop only.
            on_event: Is called with each event, in the event loop. What it raises is
                logged and changes nothing.

        Raises:
            ImportError: `websocket` is asked for and `httpx2[ws]` is not installed.
            RunwareError: There is no API key, or a variable of the environment keeps
                an HTTP client from being made.
            ValueError: Another argument cannot be used.
        """
        super().__init__(
            api_key, base_url, auth, concurrency, default_headers, transport
        )
        settings = self._settings(max_retries, resend, budget, on_event)
        carrier: AsyncTransport
        if transport == "http":
            carrier = AsyncHTTPTransport(self._endpoint, http_client, concurrency)
        else:
            kind = websocket_transport()
            carrier = kind(self._endpoint, http_client, concurrency, self._is_open)
        limit = valid_timeout(timeout)
        self._engine = AsyncEngine(carrier, self._endpoint, settings, limit)
        self._engine.make_handle = partial(AsyncHandle, self._engine)

    def _is_open(self, task_uuid: str) -> bool:
        """Whether somebody will ask for the results of a task."""
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
        """Run one task; see `Runware.run`, which does the same."""
        engine = self._engine_for(max_retries)
        handle = AsyncHandle(engine, submission_of(request))
        return await handle.wait(
            timeout=given_timeout(timeout),
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
        """Run one task that is not checked; see `Runware.send`."""
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
        """Ask the server what a task costs, without running it; see `Runware.dry_run`.

        It goes over HTTP, also where tasks go over a WebSocket.
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
        """Ask what many tasks cost, without running them; see `Runware.dry_run_many`."""
        requests = [*requests]
        dry_runs = [*map(self._dry_run_of, requests)]
        delivery = self._engine.delivery(dry_runs, given_timeout(timeout))
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
        """Run many tasks; see `Runware.run_many`, which does the same."""
        engine = self._engine_for(max_retries)
        submissions = submissions_of(requests)
        watch = Watch([each.task for each in submissions], on_result, on_progress)
        outcomes: dict[int, Outcome[RequestT]] = {}
        try:
            ended = self._deliver(engine, submissions, timeout, extra_headers, watch)
            async with aclosing(ended) as steps:
                async for task, outcome in steps:
                    outcomes[id(task)] = outcome
            in_order = [outcomes[id(each.task)] for each in submissions]
            self._hand_over(each.task for each in submissions)
        except BaseException as stop:
            self._engine.give_handles(stop, submissions)
            raise
        return in_order

    async def iter_many(
        self,
        requests: Iterable[RequestT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Outcome[RequestT]]:
        """Run many tasks, giving outcomes as they end; see `Runware.iter_many`."""
        submissions = submissions_of(requests)
        engine = self._engine_for(max_retries)
        ended = self._deliver(engine, submissions, timeout, extra_headers)
        owed = {each.task.key: each for each in submissions}
        del requests, submissions  # the caller may want to let them go one by one
        try:
            async with aclosing(ended) as steps:
                async for task, outcome in steps:
                    self._hand_over([task])
                    del owed[task.key]
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
        watch: Watch[Any] | None = None,
    ) -> AsyncGenerator[tuple[Task[Any], Outcome[Any]]]:
        """Give each task and its outcome as it ends."""
        delivery = engine.delivery(submissions, given_timeout(timeout))
        submissions = []
        clock = engine.settings.clock
        async with aclosing(engine.run(delivery, extra)) as steps:
            async for _ in steps:
                began = clock()
                if watch is not None:
                    watch.note()
                for ended in self._ended(delivery):
                    yield ended
                delivery.extend(clock() - began)
        for ended in self._ended(delivery):
            yield ended

    def handle(self, request: TaskRequest[ResultT]) -> AsyncHandle[ResultT]:
        """Return a handle of a task that is not sent yet; see `Runware.handle`."""
        return AsyncHandle(self._engine, submission_of(request))

    async def submit(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncHandle[ResultT]:
        """Send one task and do not wait for its end; see `Runware.submit`."""
        engine = self._engine_for(max_retries)
        handle = AsyncHandle(engine, with_async_delivery(request))
        return await handle.submit(
            timeout=given_timeout(timeout), extra_headers=extra_headers
        )

    def stream(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncStream[ResultT]:
        """Run one task whose result comes as a stream; see `Runware.stream`."""
        submission = with_stream_delivery(request)
        limit = given_timeout(timeout) or self.timeout
        engine = self._engine_for(max_retries)
        on_end = partial(engine.note_stream, submission)
        return engine.stream(submission, limit, extra_headers, on_end)

    @overload
    def resume(self, text: str) -> AsyncHandle[TaskResult]: ...

    @overload
    def resume(
        self, text: str, request: TaskRequest[ResultT]
    ) -> AsyncHandle[ResultT]: ...

    def resume(
        self, text: str, request: TaskRequest[Any] | None = None
    ) -> AsyncHandle[Any]:
        """Take up a task that was sent before; see `Runware.resume`."""
        return AsyncHandle(self._engine, saved_task(text, request, self._endpoint.key))

    def unfinished(self) -> list[AsyncHandle[Any]]:
        """Return handles of tasks whose results you do not have yet; see `Runware`."""
        return [AsyncHandle(engine, task) for engine, task in self._engine.unfinished()]

    @property
    def with_raw_response(self) -> AsyncRawRuns:
        """The same client, giving the HTTP answers besides the results."""
        return AsyncRawRuns(self._engine)

    async def aclose(self) -> None:
        """Close the connections and end the calls that are under way.

        Calls after that raise `ClosedError`. Close it on the event loop that it was used
        on: connections of other loops are dropped.
        """
        await self._engine.transport.aclose()

    async def close(self) -> None:
        """Close the connections; another name of `aclose`."""
        await self.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


class AsyncRawRuns:
    """Runs tasks and gives the HTTP answers besides the results."""

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
        answers: list[Answer] = []
        handle = AsyncHandle(self._engine, submission_of(request), answers)
        try:
            results = await handle.wait(
                timeout=given_timeout(timeout), extra_headers=extra_headers
            )
            return RawResponse(results, answers)
        except BaseException as stop:
            handle.leave(stop)
            raise
