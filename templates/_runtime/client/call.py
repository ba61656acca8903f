"""The call of one document: `client.image_inference.NAME(...)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast, overload

from ..schema.generics import RequestT_co

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..schema.base import TaskRequest
    from ..schema.generics import ResultT
    from .async_client import AsyncClient
    from .async_handle import AsyncHandle
    from .async_stream import AsyncStream
    from .handle import Handle
    from .stream import Stream
    from .sync_client import SyncClient
    from .task_client import AsyncTaskClient, TaskClient

P = ParamSpec("P")
ClientT = TypeVar("ClientT", bound="SyncClient | AsyncClient")


class _Call(Generic[ClientT, P, RequestT_co]):
    """What the calls of both twins have."""

    def __init__(self, client: ClientT, request: Callable[P, RequestT_co]) -> None:
        self._client = client
        self._make = request
        self.__doc__ = request.__doc__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.request.__name__})"

    @property
    def request(self) -> type[RequestT_co]:
        """The request class: it makes a request of the parameters and sends nothing."""
        return cast("type[RequestT_co]", self._make)


class Call(_Call["SyncClient", P, RequestT_co]):
    """Runs tasks of one document; its parameters are those of the request class."""

    def __call__(
        self: Call[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> list[ResultT]:
        """Run one task; see `Runware.run`.

        Returns:
            Its results.

        Raises:
            pydantic.ValidationError: The document does not allow these parameters.
            RunwareError: The task failed.
        """
        return self._client.run(self._make(*args, **parameters))

    def submit(
        self: Call[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> Handle[ResultT]:
        """Send one task and do not wait for its end; see `Runware.submit`."""
        return self._client.submit(self._make(*args, **parameters))


class StreamingCall(Call[P, RequestT_co]):
    """Runs tasks of one document that offers streams."""

    def stream(
        self: StreamingCall[P, TaskRequest[ResultT]],
        *args: P.args,
        **parameters: P.kwargs,
    ) -> Stream[ResultT]:
        """Run one task whose result comes piece by piece; see `Runware.stream`."""
        return self._client.stream(self._make(*args, **parameters))


class AsyncCall(_Call["AsyncClient", P, RequestT_co]):
    """Runs tasks of one document; its parameters are those of the request class."""

    async def __call__(
        self: AsyncCall[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> list[ResultT]:
        """Run one task; see `Call`."""
        return await self._client.run(self._make(*args, **parameters))

    async def submit(
        self: AsyncCall[P, TaskRequest[ResultT]], *args: P.args, **parameters: P.kwargs
    ) -> AsyncHandle[ResultT]:
        """Send one task and do not wait for its end; see `Runware.submit`."""
        return await self._client.submit(self._make(*args, **parameters))


class AsyncStreamingCall(AsyncCall[P, RequestT_co]):
    """Runs tasks of one document that offers streams."""

    def stream(
        self: AsyncStreamingCall[P, TaskRequest[ResultT]],
        *args: P.args,
        **parameters: P.kwargs,
    ) -> AsyncStream[ResultT]:
        """Run one task whose result comes piece by piece; see `Runware.stream`."""
        return self._client.stream(self._make(*args, **parameters))


if TYPE_CHECKING:

    class Runs(Generic[P, RequestT_co]):
        """Tells type checkers the call of a document.

        At run time `__getattr__` of the task type's client makes the call, so that a
        document's module is imported when it is first used.
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
        """Tells type checkers the call of a document that offers streams."""

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
