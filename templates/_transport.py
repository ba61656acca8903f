"""Carries tasks to the server and its answer back, over HTTP, sync and async."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

import httpx2

from ._envelope import read_envelope
from ._exceptions import ConnectionError, RunwareError, TimeoutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._api_key import ApiKey
    from ._batch import Call
    from ._envelope import Envelope

Auth: TypeAlias = Literal["header", "payload"]

JSON_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}

LONGEST_CONNECT = 10.0
"""Seconds after which a server that does not take a connection is taken for dead."""

NEVER_SENT = (httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""Time-outs before anything was written."""


class _Message(TypedDict):
    content: bytes
    headers: httpx2.Headers
    timeout: httpx2.Timeout


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where tasks go, and the key that lets them in.

    Attributes:
        url: The address that tasks are posted to.
        key: The API key.
        auth: Whether the key travels as a header or as the first task of the payload.
    """

    url: str
    key: ApiKey
    auth: Auth

    def message(self, call: Call, extra_headers: Mapping[str, str] | None) -> _Message:
        """A call as an HTTP message; the extra headers win over ours."""
        in_payload = self.auth == "payload"
        tasks = [self.key.task(), *call.tasks] if in_payload else call.tasks
        headers = httpx2.Headers({} if in_payload else self.key.header())
        headers.update(JSON_HEADERS)
        headers.update(extra_headers)
        connect = min(call.timeout, LONGEST_CONNECT)
        text = json.dumps(tasks, separators=(",", ":"), allow_nan=False)
        return {
            "content": text.encode(),
            "headers": headers,
            "timeout": httpx2.Timeout(call.timeout, connect=connect),
        }

    def answer(self, response: httpx2.Response) -> Envelope:
        """Read an HTTP response.

        Raises:
            ResponseError: It is not what Runware answers.
        """
        return read_envelope(response.status_code, response.content, self.key)

    def error(self, cause: httpx2.RequestError) -> RunwareError:
        """The exception of ours for a failed exchange."""
        # The request that failed has the key: the cause gets one without.
        cause.request = httpx2.Request("POST", self.url)
        reason = self.key.scrub(str(cause)) or type(cause).__name__
        is_late = isinstance(cause, httpx2.TimeoutException)
        if is_late and not isinstance(cause, NEVER_SENT):
            return TimeoutError(f"the server did not answer in time: {reason}")
        return ConnectionError(f"no answer from {self.url}: {reason}")


class HTTPTransport:
    """Sends calls through a sync HTTP client."""

    def __init__(self, endpoint: Endpoint, http_client: httpx2.Client | None) -> None:
        self._endpoint = endpoint
        self._is_own = http_client is None
        self._http = http_client or httpx2.Client()

    def post(self, call: Call, extra_headers: Mapping[str, str] | None) -> Envelope:
        """Send a call and read the answer.

        Raises:
            ConnectionError: No answer came.
            TimeoutError: None came in time.
            ResponseError: What came cannot be read.
        """
        message = self._endpoint.message(call, extra_headers)
        try:
            response = self._http.post(self._endpoint.url, **message)
        except httpx2.RequestError as error:
            raise self._endpoint.error(error) from error
        return self._endpoint.answer(response)

    def close(self) -> None:
        """Close the connections, unless the HTTP client was brought by the caller."""
        if self._is_own:
            self._http.close()


class AsyncHTTPTransport:
    """Sends calls through an async HTTP client."""

    def __init__(
        self, endpoint: Endpoint, http_client: httpx2.AsyncClient | None
    ) -> None:
        self._endpoint = endpoint
        self._is_own = http_client is None
        self._http = http_client or httpx2.AsyncClient()

    async def post(
        self, call: Call, extra_headers: Mapping[str, str] | None
    ) -> Envelope:
        """Send a call and read the answer.

        Raises:
            ConnectionError: No answer came.
            TimeoutError: None came in time.
            ResponseError: What came cannot be read.
        """
        message = self._endpoint.message(call, extra_headers)
        try:
            response = await self._http.post(self._endpoint.url, **message)
        except httpx2.RequestError as error:
            raise self._endpoint.error(error) from error
        return self._endpoint.answer(response)

    async def aclose(self) -> None:
        """Close the connections, unless the HTTP client was brought by the caller."""
        if self._is_own:
            await self._http.aclose()
