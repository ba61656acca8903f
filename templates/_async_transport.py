"""Carries tasks to the server and its answer back, over HTTP, asynchronously."""

from __future__ import annotations

import asyncio
import builtins
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

import httpx2

from ._envelope import read_envelope
from ._transport import (
    JSON_HEADERS,
    STREAM_HEADERS,
    Headers,
    Timeouts,
    answered,
    crowded,
    limits,
    silent,
)

if TYPE_CHECKING:
    from ._envelope import Answer, Envelope
    from ._transport import Endpoint


class AsyncTransport(Protocol):
    """What carries calls for the async client.

    Attributes:
        takes_headers: Whether a call can have headers of its own.
    """

    takes_headers: bool

    async def post(
        self, parts: list[bytes], timeout: float, extra: Headers
    ) -> Envelope:
        """Send tasks, each as JSON text, and give the answer that comes in time."""
        ...

    def open(
        self, part: bytes, timeout: float, extra: Headers
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        """Send one task whose answer is a stream of events."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class AsyncHTTPTransport:
    """Sends calls through an async HTTP client."""

    takes_headers = True

    def __init__(
        self,
        endpoint: Endpoint,
        http_client: httpx2.AsyncClient | None,
        concurrency: int,
    ) -> None:
        self._endpoint = endpoint
        self._is_own = http_client is None
        self._http = http_client or httpx2.AsyncClient(limits=limits(concurrency))
        self._concurrency = concurrency
        self._places = asyncio.Semaphore(concurrency)

    async def post(
        self, parts: list[bytes], timeout: float, extra: Headers
    ) -> Envelope:
        """Send tasks and read the answer.

        Args:
            parts: The tasks, each as JSON text.
            timeout: The seconds that it may take.
            extra: Headers that win over ours.

        Raises:
            ConnectionError: No answer came.
            TimeoutError: None came in time.
            ResponseError: What came cannot be read.
        """
        timeouts = Timeouts(timeout)
        try:
            async with asyncio.timeout(timeout):
                await self._places.acquire()
        except builtins.TimeoutError:
            raise crowded(self._concurrency) from None
        try:
            async with asyncio.timeout(timeouts.left()):
                answer = await self._answer(parts, timeouts, extra)
        except httpx2.RequestError as error:
            raise self._endpoint.error(error) from error
        except builtins.TimeoutError:
            raise silent("it sends its answer too slowly") from None
        finally:
            self._places.release()
        return read_envelope(answer, self._endpoint.key)

    async def _answer(
        self, parts: list[bytes], timeouts: Timeouts, extra: Headers
    ) -> Answer:
        response = await self._http.post(
            self._endpoint.url,
            content=self._endpoint.body(parts),
            headers=self._endpoint.headers(JSON_HEADERS, extra),
            extensions={"timeout": timeouts.steps},
        )
        return answered(response, response.content)

    def open(
        self, part: bytes, timeout: float, extra: Headers
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        """Send one task whose answer is a stream of events."""
        return self._http.stream(
            "POST",
            self._endpoint.url,
            content=self._endpoint.body([part]),
            headers=self._endpoint.headers(STREAM_HEADERS, extra),
            extensions={"timeout": Timeouts(timeout).steps},
        )

    async def aclose(self) -> None:
        """Close the connections, unless the HTTP client was brought by the caller."""
        if self._is_own:
            await self._http.aclose()
