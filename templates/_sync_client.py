"""What `Runware` does for every task type."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, overload

from ._configuration import (
    DEFAULT_CONCURRENCY,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT,
    RUNWARE_URL,
    Configured,
    given,
    later,
    seconds,
    streamed,
    tasks_of,
)
from ._engine import Engine, is_under_way
from ._exceptions import RunwareError
from ._generics import ResultT
from ._handle import Handle, saved_task
from ._outcome import Outcome, RawResponse, outcome_of
from ._task import Task, task_of
from ._transport import Auth, HTTPTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    import httpx2

    from ._base import TaskRequest, TaskResult
    from ._delivery import Delivery
    from ._envelope import Answer, Item
    from ._events import Event
    from ._stream import Stream


class SyncClient(Configured[Engine]):
    """Runs tasks and waits for their results. May be shared between threads."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str = RUNWARE_URL,
        auth: Auth = "header",
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        concurrency: int = DEFAULT_CONCURRENCY,
        http_client: httpx2.Client | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            api_key: The API key; else the environment variable RUNWARE_API_KEY.
            base_url: The address that tasks are posted to.
            auth: `header` sends the key as `Authorization`, `payload` as first task.
            timeout: The seconds after which a call is given up, waiting for unfinished
                tasks included. Giving up does not stop a task: it is billed even so.
            max_retries: How often in a row a task is tried again. A task is sent again
                only when the server surely does not have it.
            concurrency: How many POSTs may be under way at once.
            http_client: Your own HTTP client; it is not closed with this one.
            on_event: Is called with each event; from the thread that it happens in.

        Raises:
            RunwareError: There is no API key.
            ValueError: Another argument cannot be used.
        """
        super().__init__(api_key, base_url, auth, concurrency)
        settings = self._settings(max_retries, on_event)
        transport = HTTPTransport(self._endpoint, http_client, concurrency)
        self._engine = Engine(transport, self._endpoint, settings, seconds(timeout))

    def run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[ResultT]:
        """Run one task, by whatever way of delivery its request asks for.

        Args:
            request: The task.
            timeout: The seconds after which the task is given up; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Returns:
            Its results, `numberResults` of them.

        Raises:
            TaskError: The task failed.
            APIStatusError: The server refused it; there is a class for each status.
            ConnectionError: The server could not be reached.
            TimeoutError: There was no result in time.
            ResponseError: The answer cannot be read.
        """
        handle = self.handle(request)
        return handle.wait(timeout=given(timeout), extra_headers=extra_headers)

    def run_many(
        self,
        requests: Iterable[TaskRequest[ResultT]],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[Outcome[ResultT]]:
        """Run many tasks, with as few POSTs as the server's limits let through.

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
        requests = [*requests]
        outcomes = {
            id(outcome.request): outcome
            for outcome in self.iter_many(
                requests, timeout=timeout, extra_headers=extra_headers
            )
        }
        return [outcomes[id(request)] for request in requests]

    def iter_many(
        self,
        requests: Iterable[TaskRequest[ResultT]],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Iterator[Outcome[ResultT]]:
        """Run many tasks and give what became of each as soon as it is over.

        See `run_many`. Tasks that are left with the loop go on; `unfinished` has their
        handles.
        """
        delivery = self._engine.delivery(tasks_of(requests), given(timeout))
        for _ in self._engine.carry(delivery, extra_headers):
            for task in delivery.ended():
                yield self._outcome(delivery, task)
        for task in delivery.ended():
            yield self._outcome(delivery, task)

    def handle(self, request: TaskRequest[ResultT]) -> Handle[ResultT]:
        """Return a handle of a task that is not sent yet.

        Its `to_json`, saved before it is submitted, is enough to collect the task
        whatever happens to this process.
        """
        return Handle(self._engine, task_of(request))

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
            RunwareError: The server did not take it; see `run`.
        """
        handle = Handle(self._engine, later(request))
        return handle.submit(timeout=given(timeout), extra_headers=extra_headers)

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
            timeout: The seconds after which it is given up; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.

        Returns:
            The stream. The task is sent when it is read.

        Raises:
            ValueError: The document does not offer streams, or the request asks for
                another delivery.
        """
        task = streamed(request)
        limit = given(timeout) or self.timeout
        on_end = partial(self._note_stream, task)
        return self._engine.stream(task, limit, extra_headers, on_end)

    @overload
    def resume(self, text: str) -> Handle[TaskResult]: ...

    @overload
    def resume(self, text: str, request: TaskRequest[ResultT]) -> Handle[ResultT]: ...

    def resume(self, text: str, request: TaskRequest[Any] | None = None) -> Handle[Any]:
        """Take up a task that this or another process has sent.

        Args:
            text: What `to_json` of its handle gave.
            request: Its request, where it is at hand. With it, a task that the server
                does not know is sent; without it, that is an error.

        Raises:
            ValueError: The text is not that of a handle, or not of this request.
        """
        return Handle(self._engine, saved_task(text, request))

    def unfinished(self) -> list[Handle[Any]]:
        """Return handles of tasks that were left before their end, oldest first.

        By an interruption, a time-out or a broken connection; the server may be at work
        on them.
        """
        return [Handle(self._engine, task) for task in self._engine.unfinished.tasks()]

    @property
    def with_raw_response(self) -> RawRuns:
        """The same client, giving the HTTP answers besides the results."""
        return RawRuns(self._engine)

    def close(self) -> None:
        """Close the connections."""
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

    def _note_stream(
        self, task: Task[Any], item: Item, error: BaseException | None
    ) -> None:
        self._engine.note_stream(task, item, error)
        if isinstance(error, RunwareError) and is_under_way(task):
            error.handle = Handle(self._engine, task)

    def _outcome(
        self, delivery: Delivery[ResultT], task: Task[ResultT]
    ) -> Outcome[ResultT]:
        outcome = outcome_of(task, delivery.error(task))
        if outcome.error is not None and is_under_way(task):
            outcome.error.handle = Handle(self._engine, task)
        return outcome


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
        handle = Handle(self._engine, task_of(request), answers)
        results = handle.wait(timeout=given(timeout), extra_headers=extra_headers)
        return RawResponse(results, answers)
