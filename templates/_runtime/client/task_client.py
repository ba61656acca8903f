"""The client of one task type, sync and async."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, overload

from ..delivery.task import wire_of
from .documents import request_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..error_enum import ErrorEnum
    from ..schema.base import TaskRequest, TaskResult
    from ..schema.generics import ResultT
    from .async_client import AsyncClient
    from .async_handle import AsyncHandle
    from .async_stream import AsyncStream
    from .handle import Handle
    from .stream import Stream
    from .sync_client import SyncClient


class _TaskType:
    """What both twins know of their task type."""

    task_type: ClassVar[str]
    """Its name on the wire."""

    errors: ClassVar[type[ErrorEnum]]
    """The statuses and codes that its tasks can fail with."""

    def _request(
        self, request: TaskRequest[Any] | None, fields: dict[str, Any]
    ) -> TaskRequest[Any]:
        """The request as given, or one made from keywords."""
        if request is None:
            return request_of(self.task_type, fields)
        if fields:
            message = (
                f"give either a request or keywords, not both: {', '.join(fields)} can "
                "be changed by making the request anew"
            )
            raise TypeError(message)
        given = wire_of(request)["taskType"]
        if given != self.task_type:
            message = (
                f"this is the client of {self.task_type} tasks, and the request is for "
                f"{given}: the run method of Runware takes any request"
            )
            raise TypeError(message)
        return request


class TaskClient(_TaskType):
    """Runs tasks of one type."""

    def __init__(self, client: SyncClient) -> None:
        self._client = client

    @overload
    def run(
        self,
        request: TaskRequest[ResultT],
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[ResultT]: ...

    @overload
    def run(
        self,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> list[TaskResult]: ...

    def run(
        self,
        request: TaskRequest[Any] | None = None,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> list[Any]:
        """Run one task, given as a request or as the keywords of one.

        A request's class decides the type of the results. Among keywords, `model` picks
        the class; the others are its fields under their Python names.

        Args:
            request: The task.
            timeout: The seconds after which the task is given up; else the client's.
            extra_headers: HTTP headers to send besides, or in place of, the client's.
            fields: The task's fields, without a request.

        Returns:
            Its results, `numberResults` of them.

        Raises:
            LookupError: No document of the package is about this model.
            pydantic.ValidationError: The document does not allow these fields.
            RunwareError: The task failed, see `Runware.run`.
            TypeError: The request is of another task type.
        """
        task = self._request(request, fields)
        return self._client.run(task, timeout=timeout, extra_headers=extra_headers)

    @overload
    def submit(
        self,
        request: TaskRequest[ResultT],
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Handle[ResultT]: ...

    @overload
    def submit(
        self,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Handle[TaskResult]: ...

    def submit(
        self,
        request: TaskRequest[Any] | None = None,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Handle[Any]:
        """Send one task, given as a request or as the keywords of one.

        The same as `submit` of `Runware`, which says more; see `run` for the keywords.

        Returns:
            Its handle.
        """
        task = self._request(request, fields)
        return self._client.submit(task, timeout=timeout, extra_headers=extra_headers)


class StreamingTaskClient(TaskClient):
    """Runs tasks of one type, some of which come as streams."""

    @overload
    def stream(
        self,
        request: TaskRequest[ResultT],
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Stream[ResultT]: ...

    @overload
    def stream(
        self,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Stream[TaskResult]: ...

    def stream(
        self,
        request: TaskRequest[Any] | None = None,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Stream[Any]:
        """Run one task whose result comes piece by piece, as the task or its keywords.

        The same as `stream` of `Runware`, which says more; see `run` for the keywords.

        Returns:
            The stream.
        """
        task = self._request(request, fields)
        return self._client.stream(task, timeout=timeout, extra_headers=extra_headers)


class AsyncTaskClient(_TaskType):
    """Runs tasks of one type, asynchronously."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    @overload
    async def run(
        self,
        request: TaskRequest[ResultT],
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[ResultT]: ...

    @overload
    async def run(
        self,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> list[TaskResult]: ...

    async def run(
        self,
        request: TaskRequest[Any] | None = None,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> list[Any]:
        """Run one task, given as a request or as the keywords of one.

        The same as `TaskClient.run`, with `await`.
        """
        task = self._request(request, fields)
        return await self._client.run(
            task, timeout=timeout, extra_headers=extra_headers
        )

    @overload
    async def submit(
        self,
        request: TaskRequest[ResultT],
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncHandle[ResultT]: ...

    @overload
    async def submit(
        self,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> AsyncHandle[TaskResult]: ...

    async def submit(
        self,
        request: TaskRequest[Any] | None = None,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> AsyncHandle[Any]:
        """Send one task; the same as `TaskClient.submit`, with `await`."""
        task = self._request(request, fields)
        return await self._client.submit(
            task, timeout=timeout, extra_headers=extra_headers
        )


class AsyncStreamingTaskClient(AsyncTaskClient):
    """Runs tasks of one type, some of which come as streams."""

    @overload
    def stream(
        self,
        request: TaskRequest[ResultT],
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncStream[ResultT]: ...

    @overload
    def stream(
        self,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> AsyncStream[TaskResult]: ...

    def stream(
        self,
        request: TaskRequest[Any] | None = None,
        /,
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> AsyncStream[Any]:
        """Run one task as a stream; the same as `StreamingTaskClient.stream`."""
        task = self._request(request, fields)
        return self._client.stream(task, timeout=timeout, extra_headers=extra_headers)
