"""The client of one task type, sync and async.

It has an attribute for each model with a document: `client.image_inference.NAME(...)`, see
`call.py`. If the task type has a general document, `run` accepts the parameters of any
model: `client.image_inference.run(model=..., ...)`.
"""

from __future__ import annotations

from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    ParamSpec,
    Protocol,
    TypeVar,
    Unpack,
    cast,
    overload,
)

from ..delivery.submission import wire_of
from ..json_values import is_array
from ..schema.spelling import nearest
from .call import (
    AsyncCall,
    AsyncStreamingCall,
    Call,
    CallOptions,
    RunOptions,
    StreamingCall,
    refuse_options,
    refuse_request,
)
from .documents import document_for, documents, with_air
from .signatures import documented

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Callable,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )

    from ..error_enum import ErrorEnum
    from ..schema.generics import ResultT
    from ..schema.requests import TaskRequest
    from .async_client import AsyncRunware
    from .async_handle import AsyncHandle
    from .async_stream import AsyncStream
    from .document import Document
    from .handle import Handle
    from .stream import Stream
    from .sync_client import Runware

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
ItemT = TypeVar("ItemT")
ItemT_co = TypeVar("ItemT_co", covariant=True)


class General(Protocol[P, T_co]):
    """A client of a task type with a general document, for type checkers.

    Its methods have the parameters of the request class of that document.
    """

    @property
    def _general(self) -> Callable[P, T_co]: ...


class Page(Protocol[ItemT_co]):
    """A result that is one page of many."""

    @property
    def results(self) -> Sequence[ItemT_co]:
        """The items of the page."""
        ...


class Paged(Protocol[ItemT_co]):
    """A request whose result is one page of many."""

    def read(self, item: Mapping[str, Any], /) -> Page[ItemT_co]:
        """Parse an item of a response as a page."""
        ...


class TaskType:
    """A task type and its documents."""

    task_type: ClassVar[str]
    """The wire name of the task type."""

    errors: ClassVar[type[ErrorEnum]]
    """The enum of the HTTP statuses and error codes of its tasks."""

    @documented("""Create a request without sending it.

        If the model has a document of its own, the request is of the class of that
        document.

        Raises:
            LookupError: The package has no document for this model.
            pydantic.ValidationError: The document does not allow these parameters.
        """)
    def request(self: General[P, T], *args: P.args, **parameters: P.kwargs) -> T:
        return cast("T", _new_request(self, *args, **parameters))

    def _task(self, *given: Any, **keywords: Any) -> tuple[TaskRequest[Any], Any]:
        """Return the request and the options of a call.

        Without a request, it is created from the parameters, and there are no options.
        """
        if len(given) > 1:
            raise TypeError("one request at a time: run_many of Runware runs several")
        [request] = given or [None]
        if request is None:
            return _new_request(self, **keywords), {}
        options = RunOptions.__annotations__
        if fields := sorted(keywords.keys() - options.keys()):
            near = nearest(fields[0], options)
            change = "Use request.replace(...) to change the request"
            message = f"{', '.join(fields)} cannot be combined with a request. "
            raise TypeError(message + (f"Did you mean {near}?" if near else change))
        if wire_of(request)["taskType"] != self.task_type:
            raise TypeError(
                f"this client runs {self.task_type} tasks, not "
                f"{wire_of(request)['taskType']}. The method run of Runware runs requests "
                "of all task types"
            )
        return request, keywords

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *_by_name(self.task_type)]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            document = _by_name(self.task_type).get(name)
            if document is None:
                message = f"{type(self).__name__!r} object has no attribute {name!r}"
                raise AttributeError(message, name=name, obj=self)
            request = document.request
            plain, streaming = self._calls
            call = streaming if "stream" in request.deliveries else plain
            return call(self._client, request)


def _new_request(of: Any, /, *given: Any, **parameters: Any) -> Any:
    """Create a request of the class for the model."""
    if given:
        raise TypeError("parameters are given by name. Use run for a request")
    refuse_request(parameters)
    document = document_for(of.task_type, parameters.get("model"))
    refuse_options(document.request, parameters)
    return document.request(**with_air(parameters, document))


@cache
def _by_name(task_type: str) -> dict[str, Document]:
    """Return the documents of a task type that have models, by the names of their calls."""
    return {
        document.module.rpartition(".")[2]: document
        for document in documents()
        if document.task_type == task_type and document.models
    }


class TaskClient(TaskType):
    """Runs tasks of one type."""

    _calls = Call, StreamingCall

    def __init__(self, client: Runware) -> None:
        self._client = client

    @overload
    def run(
        self, request: TaskRequest[ResultT], /, **options: Unpack[RunOptions[ResultT]]
    ) -> list[ResultT]: ...

    @overload
    def run(
        self: General[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> list[ResultT]: ...

    @documented("""Run one task from a request or from parameters.

        The parameters are the fields of the request class of the general document. If
        the model has a document of its own, that document validates them, and the results
        are of its class.

        Returns:
            The results; their number is `numberResults`.

        Raises:
            LookupError: The package has no document for this model.
            pydantic.ValidationError: The document does not allow these parameters.
            RunwareError: The task failed; see `Runware.run`.
            TypeError: The request has another task type, or is combined with parameters.
        """)
    def run(self, *request: Any, **given: Any) -> Any:
        task, options = self._task(*request, **given)
        return self._client.run(task, **options)

    @overload
    def submit(
        self, request: TaskRequest[ResultT], /, **options: Unpack[CallOptions]
    ) -> Handle[ResultT]: ...

    @overload
    def submit(
        self: General[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> Handle[ResultT]: ...

    @documented(
        """Send one task from a request or from parameters, without waiting for results.

        See `run` for the parameters, and `Runware.submit`.

        Returns:
            The handle of the task.
        """
    )
    def submit(self, *request: Any, **given: Any) -> Any:
        task, options = self._task(*request, **given)
        return self._client.submit(task, **options)


class StreamingTaskClient(TaskClient):
    """Runs tasks of one type; some can be streamed."""

    @overload
    def stream(
        self, request: TaskRequest[ResultT], /, **options: Unpack[CallOptions]
    ) -> Stream[ResultT]: ...

    @overload
    def stream(
        self: General[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> Stream[ResultT]: ...

    @documented("""Run one task from a request or from parameters, and stream its text.

        See `run` for the parameters, and `Runware.stream`.

        Returns:
            The stream.
        """)
    def stream(self, *request: Any, **given: Any) -> Any:
        task, options = self._task(*request, **given)
        return self._client.stream(task, **options)


class PagedTaskClient(TaskClient):
    """Runs tasks of one type with results in pages."""

    @documented("""Yield the items of all pages, starting at `offset`.

        Each page is requested when it is needed. `limit` is the size of a page. A page
        that repeats the one before it ends the iteration.

        Raises:
            pydantic.ValidationError: The document does not allow these parameters.
            RunwareError: The request of a page failed; see `Runware.run`.
        """)
    def iterate(
        self: General[P, Paged[ItemT]], *args: P.args, **parameters: P.kwargs
    ) -> Iterator[ItemT]:
        client = cast("PagedTaskClient", self)._client
        return _pages(client, _new_request(self, *args, **parameters))


class AsyncTaskClient(TaskType):
    """Runs tasks of one type, asynchronously; see `TaskClient`."""

    _calls = AsyncCall, AsyncStreamingCall

    def __init__(self, client: AsyncRunware) -> None:
        self._client = client

    @overload
    async def run(
        self, request: TaskRequest[ResultT], /, **options: Unpack[RunOptions[ResultT]]
    ) -> list[ResultT]: ...

    @overload
    async def run(
        self: General[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> list[ResultT]: ...

    @documented("Run one task; see `TaskClient.run`.")
    async def run(self, *request: Any, **given: Any) -> Any:
        task, options = self._task(*request, **given)
        return await self._client.run(task, **options)

    @overload
    async def submit(
        self, request: TaskRequest[ResultT], /, **options: Unpack[CallOptions]
    ) -> AsyncHandle[ResultT]: ...

    @overload
    async def submit(
        self: General[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> AsyncHandle[ResultT]: ...

    @documented("Send one task; see `TaskClient.submit`.")
    async def submit(self, *request: Any, **given: Any) -> Any:
        task, options = self._task(*request, **given)
        return await self._client.submit(task, **options)


class AsyncStreamingTaskClient(AsyncTaskClient):
    """Runs tasks of one type; some can be streamed."""

    @overload
    def stream(
        self, request: TaskRequest[ResultT], /, **options: Unpack[CallOptions]
    ) -> AsyncStream[ResultT]: ...

    @overload
    def stream(
        self: General[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> AsyncStream[ResultT]: ...

    @documented("Run one task as a stream; see `StreamingTaskClient.stream`.")
    def stream(self, *request: Any, **given: Any) -> Any:
        task, options = self._task(*request, **given)
        return self._client.stream(task, **options)


class AsyncPagedTaskClient(AsyncTaskClient):
    """Runs tasks of one type with results in pages."""

    @documented("Yield the items of all pages; see `PagedTaskClient.iterate`.")
    def iterate(
        self: General[P, Paged[ItemT]], *args: P.args, **parameters: P.kwargs
    ) -> AsyncIterator[ItemT]:
        client = cast("AsyncPagedTaskClient", self)._client
        return _async_pages(client, _new_request(self, *args, **parameters))


def _pages(client: Runware, request: Any) -> Iterator[Any]:
    items: list[Any] = []
    while request is not None:
        answers = client.run(request)
        items = _items(answers, items)
        yield from items
        request = _of_next_page(request, answers, len(items))


async def _async_pages(client: AsyncRunware, request: Any) -> AsyncIterator[Any]:
    items: list[Any] = []
    while request is not None:
        answers = await client.run(request)
        items = _items(answers, items)
        for item in items:
            yield item
        request = _of_next_page(request, answers, len(items))


def _items(answers: list[Any], earlier: list[Any]) -> list[Any]:
    """Return the items of a page; none if it repeats the one before.

    `results` may be missing if there are none.
    """
    parts = [getattr(answer, "results", None) for answer in answers]
    items = [item for part in parts if is_array(part) for item in part]
    return [] if items == earlier else items


def _of_next_page(request: Any, answers: list[Any], size: int) -> Any:
    """Return the request of the next page; None after the last page."""
    offset = (request.offset or 0) + size
    totals = [getattr(answer, "total_results", None) for answer in answers]
    is_last = any(isinstance(each, int) and offset >= each for each in totals)
    return None if is_last or not size else request.replace(offset=offset)
