"""What `AsyncRunware` does for every task type; `Runware` has the same with words."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, overload

from ._async_engine import AsyncEngine
from ._async_handle import AsyncHandle
from ._async_transport import AsyncHTTPTransport
from ._configuration import (
    DEFAULT_CONCURRENCY,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT,
    RUNWARE_URL,
    Channel,
    Configured,
    given,
    later,
    seconds,
    streamed,
    tasks_of,
    websocket_transport,
)
from ._engine import is_under_way
from ._exceptions import RunwareError
from ._generics import ResultT
from ._handle import saved_task
from ._outcome import Outcome, RawResponse, outcome_of
from ._task import Task, task_of
from ._transport import Auth

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Self

    import httpx2

    from ._async_stream import AsyncStream
    from ._base import TaskRequest, TaskResult
    from ._delivery import Delivery
    from ._envelope import Answer, Item
    from ._events import Event


class AsyncClient(Configured[AsyncEngine]):
    """Runs tasks and awaits their results. May be shared between tasks of one loop."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str = RUNWARE_URL,
        auth: Auth = "header",
        transport: Channel = "http",
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        concurrency: int = DEFAULT_CONCURRENCY,
        http_client: httpx2.AsyncClient | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            api_key: The API key; else the environment variable RUNWARE_API_KEY.
            base_url: The address that tasks are posted to; else Runware's.
            auth: `header` sends the key as `Authorization`, `payload` as first task.
            transport: `http`, or `websocket` for all tasks over one connection that is
                made anew when it breaks; it needs `httpx2[ws]`, takes no
                `extra_headers`, and its first message brings the key.
            timeout: The seconds after which a call is given up, waiting for unfinished
                tasks included. Giving up does not stop a task: it is billed even so.
            max_retries: How often in a row a task is tried again. A task is sent again
                only when the server surely does not have it.
            concurrency: How many POSTs may be under way at once.
            http_client: Your own HTTP client; it is not closed with this one.
            on_event: Is called with each event, in the event loop.

        Raises:
            ImportError: `websocket` is asked for and `httpx2[ws]` is not installed.
            RunwareError: There is no API key.
            ValueError: Another argument cannot be used.
        """
        super().__init__(api_key, base_url, auth, concurrency, transport)
        settings = self._settings(max_retries, on_event)
        kind = AsyncHTTPTransport if transport == "http" else websocket_transport()
        carrier = kind(self._endpoint, http_client, concurrency)
        self._engine = AsyncEngine(carrier, self._endpoint, settings, seconds(timeout))

    async def run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[ResultT]:
        """Run one task; see `Runware.run`, which does the same."""
        handle = self.handle(request)
        return await handle.wait(timeout=given(timeout), extra_headers=extra_headers)

    async def run_many(
        self,
        requests: Iterable[TaskRequest[ResultT]],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[Outcome[ResultT]]:
        """Run many tasks; see `Runware.run_many`, which does the same."""
        requests = [*requests]
        outcomes = {
            id(outcome.request): outcome
            async for outcome in self.iter_many(
                requests, timeout=timeout, extra_headers=extra_headers
            )
        }
        return [outcomes[id(request)] for request in requests]

    async def iter_many(
        self,
        requests: Iterable[TaskRequest[ResultT]],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Outcome[ResultT]]:
        """Run many tasks, giving outcomes as they end; see `Runware.iter_many`."""
        delivery = self._engine.delivery(tasks_of(requests), given(timeout))
        async with aclosing(self._engine.carry(delivery, extra_headers)) as steps:
            async for _ in steps:
                for task in delivery.ended():
                    yield self._outcome(delivery, task)
        for task in delivery.ended():
            yield self._outcome(delivery, task)

    def handle(self, request: TaskRequest[ResultT]) -> AsyncHandle[ResultT]:
        """Return a handle of a task that is not sent yet; see `Runware.handle`."""
        return AsyncHandle(self._engine, task_of(request))

    async def submit(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncHandle[ResultT]:
        """Send one task and do not wait for its end; see `Runware.submit`."""
        handle = AsyncHandle(self._engine, later(request))
        return await handle.submit(timeout=given(timeout), extra_headers=extra_headers)

    def stream(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncStream[ResultT]:
        """Run one task whose result comes as a stream; see `Runware.stream`."""
        task = streamed(request)
        limit = given(timeout) or self.timeout
        on_end = partial(self._note_stream, task)
        return self._engine.stream(task, limit, extra_headers, on_end)

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
        return AsyncHandle(self._engine, saved_task(text, request))

    def unfinished(self) -> list[AsyncHandle[Any]]:
        """Return handles of tasks left before their end; see `Runware.unfinished`."""
        engine = self._engine
        return [AsyncHandle(engine, task) for task in engine.unfinished.tasks()]

    @property
    def with_raw_response(self) -> AsyncRawRuns:
        """The same client, giving the HTTP answers besides the results."""
        return AsyncRawRuns(self._engine)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._engine.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _note_stream(
        self, task: Task[Any], item: Item, error: BaseException | None
    ) -> None:
        self._engine.note_stream(task, item, error)
        if isinstance(error, RunwareError) and is_under_way(task):
            error.handle = AsyncHandle(self._engine, task)

    def _outcome(
        self, delivery: Delivery[ResultT], task: Task[ResultT]
    ) -> Outcome[ResultT]:
        outcome = outcome_of(task, delivery.error(task))
        if outcome.error is not None and is_under_way(task):
            outcome.error.handle = AsyncHandle(self._engine, task)
        return outcome


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
        handle = AsyncHandle(self._engine, task_of(request), answers)
        results = await handle.wait(timeout=given(timeout), extra_headers=extra_headers)
        return RawResponse(results, answers)
