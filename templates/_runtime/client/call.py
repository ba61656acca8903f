"""The call of one document: `client.image_inference.NAME(...)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    ParamSpec,
    TypedDict,
    TypeVar,
    cast,
    overload,
)

from ..schema.generics import RequestT_co, ResultT
from ..schema.signatures import signature_of
from .signatures import takes_parameters

if TYPE_CHECKING:
    from ..schema.requests import TaskRequest
    from .async_client import AsyncRunware
    from .async_handle import AsyncHandle
    from .async_stream import AsyncStream
    from .handle import Handle
    from .stream import Stream
    from .sync_client import Runware
    from .task_client import AsyncTaskClient, TaskClient
    from .watch import OnProgress, OnResult

P = ParamSpec("P")
ClientT = TypeVar("ClientT", bound="Runware | AsyncRunware")


class CallOptions(TypedDict, total=False):
    """Options of a call with a request.

    Attributes:
        timeout: The seconds until the task is given up. Default: that of the client.
        max_retries: The maximum number of times that the task is sent again.
            Default: that of the client.
        extra_headers: HTTP headers, beside or instead of those of the client.
    """

    timeout: float | None
    max_retries: int | None
    extra_headers: Mapping[str, str] | None


class RunOptions(CallOptions, Generic[ResultT], total=False):
    """Options of a call that waits for the results of a request.

    Attributes:
        on_result: Called with each result as soon as it arrives.
        on_progress: Called with the percentage that is done.
    """

    on_result: OnResult[ResultT]
    on_progress: OnProgress


def refuse_request(parameters: Mapping[str, object]) -> None:
    """Check that no request is among the parameters of a task.

    Raises:
        TypeError: The parameter `request` is a request.
    """
    from ..schema.requests import TaskRequest

    if isinstance(parameters.get("request"), TaskRequest):
        raise TypeError("a request is given without a keyword: run(request)")


def refuse_options(
    request: type[TaskRequest[Any]], parameters: Mapping[str, object]
) -> None:
    """Check that no option of a call is among the parameters of a task.

    A document that allows unknown members would send the option to the server.

    Raises:
        TypeError: An option is among the parameters.
    """
    for name in RunOptions.__annotations__:
        if name in parameters and name not in request.model_fields:
            raise TypeError(
                f"{name} is not a parameter of the task. Pass it to run, with a request"
            )


class _Call(Generic[ClientT, P, RequestT_co]):
    """The parts that sync and async calls share."""

    def __init__(self, client: ClientT, request: Callable[P, RequestT_co]) -> None:
        self._client = client
        self._make = request
        self.__doc__ = request.__doc__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.request.__name__})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name == "__signature__":
                return signature_of(self.request)
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            if name == "stream":
                message = (
                    f"the document of {self.request.__name__} does not offer streams"
                )
            raise AttributeError(message, name=name, obj=self)

    @property
    def request(self) -> type[RequestT_co]:
        """The request class, to create a request without sending it."""
        return cast("type[RequestT_co]", self._make)

    def _task(self, *args: P.args, **parameters: P.kwargs) -> RequestT_co:
        if args:
            name = self.request.__name__
            message = f"{name} takes its parameters by name. Use run for a request"
            raise TypeError(message)
        refuse_request(parameters)
        refuse_options(self.request, parameters)
        return self._make(*args, **parameters)


class Call(_Call["Runware", P, RequestT_co]):
    """Runs tasks of one document, with the parameters of its request class.

    It raises the exceptions of `Runware.run`, and `pydantic.ValidationError` if the
    document does not allow the parameters. The methods have no docstrings, so that
    editors show the docstring of the request class, with its parameters.
    """

    def __call__(
        self: Call[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> list[ResultT]:
        return self._client.run(self._task(*args, **parameters))

    @takes_parameters(
        "Send one task without waiting for its results; see `Runware.submit`."
    )
    def submit(
        self: Call[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> Handle[ResultT]:
        return self._client.submit(self._task(*args, **parameters))


class StreamingCall(Call[P, RequestT_co]):
    """Runs tasks of one document that offers streams."""

    @takes_parameters("Run one task and stream its text; see `Runware.stream`.")
    def stream(
        self: StreamingCall[P, TaskRequest[ResultT]],
        *args: P.args,
        **parameters: P.kwargs,
    ) -> Stream[ResultT]:
        return self._client.stream(self._task(*args, **parameters))


class AsyncCall(_Call["AsyncRunware", P, RequestT_co]):
    """Runs tasks of one document; see `Call`."""

    async def __call__(
        self: AsyncCall[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> list[ResultT]:
        return await self._client.run(self._task(*args, **parameters))

    @takes_parameters(
        "Send one task without waiting for its results; see `Runware.submit`."
    )
    async def submit(
        self: AsyncCall[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> AsyncHandle[ResultT]:
        return await self._client.submit(self._task(*args, **parameters))


class AsyncStreamingCall(AsyncCall[P, RequestT_co]):
    """Runs tasks of one document that offers streams."""

    @takes_parameters("Run one task and stream its text; see `Runware.stream`.")
    def stream(
        self: AsyncStreamingCall[P, TaskRequest[ResultT]],
        *args: P.args,
        **parameters: P.kwargs,
    ) -> AsyncStream[ResultT]:
        return self._client.stream(self._task(*args, **parameters))


if TYPE_CHECKING:

    class Runs(Generic[P, RequestT_co]):
        """Declares the call of a document for type checkers.

        At run time, `__getattr__` of the task type's client creates the call, so that the
        module of a document is imported on first use.
        """

        def __init__(self, request: Callable[P, RequestT_co]) -> None: ...

        @overload
        def __get__(
            self, client: TaskClient, owner: object = ...
        ) -> Call[P, RequestT_co]: ...

        @overload
        def __get__(
            self, client: AsyncTaskClient, owner: object = ...
        ) -> AsyncCall[P, RequestT_co]: ...

        def __get__(self, client: Any, owner: object = ...) -> Any: ...

    class Streams(Generic[P, RequestT_co]):
        """Declares the call of a document that offers streams for type checkers."""

        def __init__(self, request: Callable[P, RequestT_co]) -> None: ...

        @overload
        def __get__(
            self, client: TaskClient, owner: object = ...
        ) -> StreamingCall[P, RequestT_co]: ...

        @overload
        def __get__(
            self, client: AsyncTaskClient, owner: object = ...
        ) -> AsyncStreamingCall[P, RequestT_co]: ...

        def __get__(self, client: Any, owner: object = ...) -> Any: ...
