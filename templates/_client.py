"""What `Runware` and `AsyncRunware` do for every task type."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, ClassVar, NoReturn
from urllib.parse import urlsplit

from ._api_key import ApiKey
from ._batch import Batch, Outcome, Polling
from ._exceptions import RunwareError
from ._transport import AsyncHTTPTransport, Auth, Endpoint, HTTPTransport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Self

    import httpx2

    from ._base import ResultT, TaskRequest
    from ._error_enum import ErrorEnum

RUNWARE_URL = "https://api.runware.ai/v1"
DEFAULT_TIMEOUT = 1200.0


class _Client:
    """The configuration of a client, the same for both twins.

    Attributes:
        base_url: The address that tasks are posted to.
        auth: Whether the API key travels as a header or as the first task.
        timeout: The seconds after which a call is given up, where it names no other.
        polling: How long to wait before unfinished tasks are asked for; may be set.
    """

    _attributes: ClassVar[Mapping[str, str]] = {}
    """The name of the attribute for each task type, by the type's wire name."""

    def __init__(
        self, api_key: str | None, base_url: str, auth: Auth, timeout: float
    ) -> None:
        if urlsplit(base_url).scheme not in ("http", "https"):
            message = (
                f"base_url must begin with https:// or http://, not be {base_url!r}"
            )
            raise ValueError(message)
        if auth not in ("header", "payload"):
            message = f"auth must be 'header' or 'payload', not {auth!r}"
            raise ValueError(message)
        self.base_url = base_url
        self.auth: Auth = auth
        self.timeout = _seconds(timeout)
        self.polling = Polling()
        self._endpoint = Endpoint(base_url, ApiKey(api_key), auth)

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}(base_url={self.base_url!r}, auth={self.auth!r})"

    def __reduce__(self) -> NoReturn:
        message = "a client is not pickled or copied: make one in each process"
        raise TypeError(message)

    def _batch(
        self, requests: Iterable[TaskRequest[ResultT]], timeout: float | None
    ) -> Batch[ResultT]:
        return Batch(
            requests,
            timeout=self.timeout if timeout is None else _seconds(timeout),
            polling=self.polling,
            error_enums=self._error_enum,
        )

    def _error_enum(self, task_type: str) -> type[ErrorEnum] | None:
        attribute = self._attributes.get(task_type)
        return getattr(self, attribute).errors if attribute else None


def _seconds(timeout: float) -> float:
    if not 0 < timeout < math.inf:
        message = f"timeout must be a number of seconds above 0, not {timeout!r}"
        raise ValueError(message)
    return float(timeout)


class SyncClient(_Client):
    """Runs tasks and waits for their results. May be shared between threads."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str = RUNWARE_URL,
        auth: Auth = "header",
        timeout: float = DEFAULT_TIMEOUT,
        http_client: httpx2.Client | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            api_key: The API key; else the environment variable RUNWARE_API_KEY.
            base_url: The address that tasks are posted to.
            auth: `header` sends the key as `Authorization`, `payload` as first task.
            timeout: The seconds after which a call is given up, waiting for unfinished
                tasks included. Giving up does not stop a task: it is billed even so.
            http_client: Your own HTTP client; it is not closed with this one.

        Raises:
            RunwareError: There is no API key.
            ValueError: Another argument cannot be used.
        """
        super().__init__(api_key, base_url, auth, timeout)
        self._transport = HTTPTransport(self._endpoint, http_client)

    def run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[ResultT]:
        """Run one task.

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
        [outcome] = self.run_many(
            [request], timeout=timeout, extra_headers=extra_headers
        )
        return outcome.unwrap()

    def run_many(
        self,
        requests: Iterable[TaskRequest[ResultT]],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[Outcome[ResultT]]:
        """Run many tasks with one POST.

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
        batch = self._batch(requests, timeout)
        while (call := batch.next_call()) is not None:
            time.sleep(call.wait)
            try:
                answer = self._transport.post(call, extra_headers)
            except RunwareError as error:
                batch.fail(error)
            else:
                batch.receive(answer)
        return batch.outcomes()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient(_Client):
    """Runs tasks and awaits their results. May be shared between tasks of one loop."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str = RUNWARE_URL,
        auth: Auth = "header",
        timeout: float = DEFAULT_TIMEOUT,
        http_client: httpx2.AsyncClient | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            api_key: The API key; else the environment variable RUNWARE_API_KEY.
            base_url: The address that tasks are posted to.
            auth: `header` sends the key as `Authorization`, `payload` as first task.
            timeout: The seconds after which a call is given up, waiting for unfinished
                tasks included. Giving up does not stop a task: it is billed even so.
            http_client: Your own HTTP client; it is not closed with this one.

        Raises:
            RunwareError: There is no API key.
            ValueError: Another argument cannot be used.
        """
        super().__init__(api_key, base_url, auth, timeout)
        self._transport = AsyncHTTPTransport(self._endpoint, http_client)

    async def run(
        self,
        request: TaskRequest[ResultT],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[ResultT]:
        """Run one task; see `Runware.run`, which does the same."""
        [outcome] = await self.run_many(
            [request], timeout=timeout, extra_headers=extra_headers
        )
        return outcome.unwrap()

    async def run_many(
        self,
        requests: Iterable[TaskRequest[ResultT]],
        *,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[Outcome[ResultT]]:
        """Run many tasks with one POST; see `Runware.run_many`, which does the same."""
        batch = self._batch(requests, timeout)
        while (call := batch.next_call()) is not None:
            await asyncio.sleep(call.wait)
            try:
                answer = await self._transport.post(call, extra_headers)
            except RunwareError as error:
                batch.fail(error)
            else:
                batch.receive(answer)
        return batch.outcomes()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
