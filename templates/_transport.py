"""Carries tasks to the server and its answer back, over HTTP, sync and async."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import BoundedSemaphore
from time import monotonic
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import httpx2

from ._envelope import Answer, read_envelope
from ._exceptions import ConnectionError, RunwareError, TimeoutError

if TYPE_CHECKING:
    from ._api_key import ApiKey
    from ._envelope import Envelope

Auth: TypeAlias = Literal["header", "payload"]
Headers: TypeAlias = Mapping[str, str] | None

JSON_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
STREAM_HEADERS = JSON_HEADERS | {"Accept": "text/event-stream, application/json"}

LONGEST_CONNECT = 10.0
"""Seconds after which a server that does not take a connection is taken for dead."""

NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)
"""Failures before anything was written."""


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

    def body(self, parts: list[bytes]) -> bytes:
        """Tasks, each as JSON text, as the array that is sent."""
        if self.auth == "payload":
            parts = [self.key.encoded_task(), *parts]
        return b"[" + b",".join(parts) + b"]"

    def headers(self, given: dict[str, str], extra: Headers) -> dict[str, str]:
        """The headers of a request; the extra ones win over ours."""
        headers = given | (self.key.header() if self.auth == "header" else {})
        if extra:
            replaced = {name.lower() for name in extra}
            headers = {n: v for n, v in headers.items() if n.lower() not in replaced}
            headers |= extra
        return headers

    def error(self, cause: httpx2.RequestError) -> RunwareError:
        """The exception of ours for a failed exchange."""
        # The request that failed has the key: the cause gets one without.
        cause.request = httpx2.Request("POST", self.url)
        reason = self.key.scrub(str(cause)) or type(cause).__name__
        is_sent = not isinstance(cause, NEVER_SENT)
        if is_sent and isinstance(cause, httpx2.TimeoutException):
            return silent(reason)
        error = ConnectionError(f"no answer from {self.url}: {reason}")
        error.may_have_run = is_sent
        return error


def silent(reason: str) -> TimeoutError:
    return TimeoutError(f"the server did not answer in time: {reason}")


def crowded(limit: int) -> ConnectionError:
    return ConnectionError(
        f"all {limit} calls that the client may make at once were under way until the "
        "time ran out"
    )


class Timeouts:
    """How long the steps of one exchange may take; read by httpx2 as each begins."""

    def __init__(self, seconds: float) -> None:
        self._deadline = monotonic() + seconds
        self.steps: dict[str, float] = dict.fromkeys(("read", "write"), seconds)
        self.steps |= dict.fromkeys(("connect", "pool"), min(seconds, LONGEST_CONNECT))

    def left(self) -> float:
        """The seconds that are left."""
        return max(0.0, self._deadline - monotonic())

    def check(self) -> None:
        """Bound the next step by what is left.

        Raises:
            TimeoutError: Nothing is left.
        """
        left = self.left()
        if not left:
            raise silent("it sends its answer too slowly")
        self.steps["read"] = left


class Transport(Protocol):
    """What carries calls for the sync client."""

    def post(self, parts: list[bytes], timeout: float, extra: Headers) -> Envelope:
        """Send tasks, each as JSON text, and give the answer that comes in time."""
        ...

    def open(
        self, part: bytes, timeout: float, extra: Headers
    ) -> AbstractContextManager[httpx2.Response]:
        """Send one task whose answer is a stream of events."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class HTTPTransport:
    """Sends calls through a sync HTTP client."""

    def __init__(
        self, endpoint: Endpoint, http_client: httpx2.Client | None, concurrency: int
    ) -> None:
        self._endpoint = endpoint
        self._is_own = http_client is None
        self._http = http_client or httpx2.Client(limits=limits(concurrency))
        self._concurrency = concurrency
        self._places = BoundedSemaphore(concurrency)

    def post(self, parts: list[bytes], timeout: float, extra: Headers) -> Envelope:
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
        if not self._places.acquire(timeout=timeout):
            raise crowded(self._concurrency)
        try:
            answer = self._answer(parts, timeouts, extra)
        except httpx2.RequestError as error:
            raise self._endpoint.error(error) from error
        finally:
            self._places.release()
        return read_envelope(answer, self._endpoint.key)

    def _answer(self, parts: list[bytes], timeouts: Timeouts, extra: Headers) -> Answer:
        request = self._http.build_request(
            "POST",
            self._endpoint.url,
            content=self._endpoint.body(parts),
            headers=self._endpoint.headers(JSON_HEADERS, extra),
            extensions={"timeout": timeouts.steps},
        )
        response = self._http.send(request, stream=True)
        chunks: list[bytes] = []
        try:
            timeouts.check()
            for chunk in response.iter_bytes():
                chunks.append(chunk)
                timeouts.check()
        finally:
            response.close()
        return answered(response, b"".join(chunks))

    def open(
        self, part: bytes, timeout: float, extra: Headers
    ) -> AbstractContextManager[httpx2.Response]:
        """Send one task whose answer is a stream of events."""
        return self._http.stream(
            "POST",
            self._endpoint.url,
            content=self._endpoint.body([part]),
            headers=self._endpoint.headers(STREAM_HEADERS, extra),
            extensions={"timeout": Timeouts(timeout).steps},
        )

    def close(self) -> None:
        """Close the connections, unless the HTTP client was brought by the caller."""
        if self._is_own:
            self._http.close()


def limits(concurrency: int) -> httpx2.Limits:
    """As many connections as calls: the client counts the calls itself."""
    return httpx2.Limits(
        max_connections=None, max_keepalive_connections=concurrency, keepalive_expiry=5
    )


def answered(response: httpx2.Response, body: bytes) -> Answer:
    return Answer(response.status_code, response.headers, body)
