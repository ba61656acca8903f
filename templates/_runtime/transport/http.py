"""Carries tasks to the server and its answer back, over HTTP."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, RLock
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias
from weakref import WeakKeyDictionary

import httpx2

from ..exceptions import ClosedError, ConnectionError, RunwareError, TimeoutError
from ..locks import ForkSafeLock
from ..version import USER_AGENT
from .answer_body import is_event_stream, read_body
from .envelope import Answer, read_envelope
from .environment import with_environment
from .exchange import CLOSED, NEVER_SENT
from .sync_exchange import SyncExchange, bound, cancellation

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..aside import WorkT
    from .api_key import ApiKey
    from .envelope import Envelope

Auth: TypeAlias = Literal["header", "payload"]
Headers: TypeAlias = Mapping[str, str] | None

RUNWARE_URL = "https://api.runware.ai/v1"
RUNWARE_SOCKET_URL = "wss://ws-api.runware.ai/v1"

JSON_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}
STREAM_HEADERS = JSON_HEADERS | {"Accept": "text/event-stream, application/json"}

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile("([!-~]([ -~\\t]*[!-~])?)?")
"""Source: RFC 9110, section 5."""

DRY_RUN = "X-Runware-Dry-Run"
"""The header of a call whose tasks are validated and priced, and not run."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where tasks go, and the key that lets them in.

    Attributes:
        url: The address that tasks are posted to.
        key: The API key.
        auth: Whether the key travels as a header or as the first task of the payload.
        default_headers: Headers of every call, which win over ours.
        is_dry: Whether the calls are dry runs.
    """

    url: str
    key: ApiKey
    auth: Auth
    default_headers: Headers = None
    is_dry: bool = False

    def body(self, parts: list[bytes]) -> bytes:
        """Tasks, each as JSON text, as the array that is sent."""
        if self.auth == "payload":
            parts = [self.key.encoded_task(), *parts]
        return b"[" + b",".join(parts) + b"]"

    def headers(self, given: dict[str, str], extra: Headers) -> dict[str, str]:
        """The headers of a request; the extra ones win over the default ones."""
        own = given | {"User-Agent": USER_AGENT}
        own |= self.key.header() if self.auth == "header" else {}
        dry_run = {DRY_RUN: "1"} if self.is_dry else None
        return merged(own, self.default_headers, extra, dry_run)

    def error(self, cause: httpx2.RequestError) -> RunwareError:
        """The exception of ours for a failed exchange."""
        # The request that failed, and the frames that sent it, have the key.
        cause.request = httpx2.Request("POST", shown_url(self.url))
        cause.__traceback__ = None
        reason = self.key.scrub(str(cause)) or type(cause).__name__
        is_sent = not isinstance(cause, NEVER_SENT)
        if is_sent and isinstance(cause, httpx2.TimeoutException):
            return TimeoutError(f"the server did not answer in time: {reason}")
        error = ConnectionError(f"no answer from {shown_url(self.url)}: {reason}")
        error.may_have_run = is_sent
        return error


def merged(*layers: Headers) -> dict[str, str]:
    """Headers in which those of a later layer win; the case of names means nothing."""
    headers: dict[str, str] = {}
    for layer in layers:
        replaced = {name.lower() for name in layer or {}}
        headers = {n: v for n, v in headers.items() if n.lower() not in replaced}
        headers |= layer or {}
    return headers


def checked_headers(headers: Headers) -> Headers:
    """Return headers that a caller gives for calls which run tasks.

    Raises:
        TypeError: A name or a value is no text.
        ValueError: One is not valid in HTTP, or it makes a call a dry run, whose tasks
            have no results.
    """
    given: Mapping[Any, Any] = headers or {}
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"the name and the value of header {name!r} must be str")
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            # The value is not shown: it may be a secret.
            raise ValueError(
                f"the header {name!r} is not valid in HTTP: a name has letters, digits "
                "and hyphens; a value is one line of ASCII without spaces around it"
            )
        if name.lower() == DRY_RUN.lower():
            message = f"{DRY_RUN} cannot be sent with a run: call dry_run of the client"
            raise ValueError(message)
    return headers


def shown_url(url: str) -> str:
    """Return a URL without user name, password, query and fragment."""
    start, slashes, rest = url.partition("//")
    rest = rest.partition("?")[0].partition("#")[0]
    authority = rest.partition("/")[0]
    host = authority.rpartition("@")[2]
    return start + slashes + host + rest[len(authority) :]


class Transport(Protocol):
    """What carries calls for the sync client."""

    def at(self, endpoint: Endpoint) -> Transport:
        """Return what carries calls to another endpoint, over the same connections."""
        ...

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


class Target:
    """The address of an endpoint, and who is let in by the user name in it."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take the address of an endpoint.

        Raises:
            ValueError: It is no address.
        """
        try:
            url = httpx2.URL(endpoint.url)
        except (httpx2.InvalidURL, ValueError):
            url = httpx2.URL()
        if not url.host:
            # It is not shown: what is wrong may be a sign in its password.
            raise ValueError("base_url is not a URL that can be used")
        self._auth = (
            httpx2.BasicAuth(url.username, url.password) if url.userinfo else None
        )
        self.url = url.copy_with(userinfo=b"")

    def sending(self, http: httpx2.Client | httpx2.AsyncClient) -> dict[str, Any]:
        """How an HTTP client sends a request: never to another address."""
        options: dict[str, Any] = {"stream": True, "follow_redirects": False}
        if self._auth is not None and http.auth is None:
            options["auth"] = self._auth
        return options


class _Places:
    """Lets in as many calls at once as there are places.

    Attributes:
        taken: The calls that have a place. A call that is interrupted removes itself,
            whether or not it has one: it cannot know how far it came.
    """

    def __init__(self, number: int) -> None:
        self.taken: set[SyncExchange] = set()
        self._number = number
        self._changed = Condition(RLock())

    def take(self, exchange: SyncExchange) -> bool:
        """Wait for a place; return whether there was one before the time ran out."""
        with self._changed:
            while len(self.taken) >= self._number:
                if not self._changed.wait(exchange.left()):
                    return False
            self.taken.add(exchange)
            return True

    def let_next_in(self) -> None:
        """Wake a call that waits for a place."""
        with self._changed:
            self._changed.notify()


@dataclass(slots=True)
class _Lane:
    """What a process sends its calls through."""

    http: httpx2.Client
    places: _Places
    process: int = field(default_factory=os.getpid)
    exchanges: set[SyncExchange] = field(default_factory=set[SyncExchange])


@dataclass(slots=True)
class _Connections:
    """What the transports of all endpoints of a client share.

    Attributes:
        lane: What this process sends its calls through.
        inherited: Those of processes that it was forked from: one that is freed would
            close its connections.
        is_closed: Whether the client is closed.
    """

    lane: _Lane
    inherited: list[_Lane] = field(default_factory=list["_Lane"])
    is_closed: bool = False


_users: WeakKeyDictionary[httpx2.Client, int] = WeakKeyDictionary()
"""The process that each HTTP client which was brought was first used in."""


class HTTPTransport:
    """Sends calls through a sync HTTP client."""

    def __init__(
        self, endpoint: Endpoint, http_client: httpx2.Client | None, concurrency: int
    ) -> None:
        """Make what sends calls.

        Raises:
            RunwareError: The environment keeps an HTTP client from being made.
            ValueError: The endpoint has no address.
        """
        self._endpoint = endpoint
        self._target = Target(endpoint)
        self._brought = http_client
        self._concurrency = concurrency
        self._lock = ForkSafeLock()
        self._connections = _Connections(self._new_lane())

    def at(self, endpoint: Endpoint) -> HTTPTransport:
        """Return what carries calls to another endpoint, over the same connections.

        Raises:
            ValueError: The endpoint has no address.
        """
        other = copy(self)
        vars(other).update(_endpoint=endpoint, _target=Target(endpoint))
        return other

    def post(self, parts: list[bytes], timeout: float, extra: Headers) -> Envelope:
        """Send tasks and read the answer.

        Args:
            parts: The tasks, each as JSON text.
            timeout: The seconds that it may take, waiting for a place included.
            extra: Headers that win over ours.

        Raises:
            ClosedError: The client is closed.
            ConnectionError: No answer came.
            TimeoutError: None came in time.
            ResponseError: What came cannot be read.
        """
        lane = self._usable_lane()
        exchange = SyncExchange(self._target.url, self._endpoint.key, timeout)
        try:
            if not lane.places.take(exchange):
                raise crowded(self._concurrency)
            answer = self._bounded(
                exchange, partial(self._answer, lane, exchange, parts, extra)
            )
        except httpx2.RequestError as error:
            raise self._endpoint.error(error) from error
        finally:
            # Not a function in Python, at whose beginning a signal may be handled.
            lane.places.taken.discard(exchange)
            lane.places.let_next_in()
        return read_envelope(answer, self._endpoint.key)

    def _answer(
        self, lane: _Lane, exchange: SyncExchange, parts: list[bytes], extra: Headers
    ) -> Answer:
        with self._under_way(lane, exchange), exchange:
            response = self._send(lane, exchange, parts, JSON_HEADERS, extra)
            try:
                return answered(response, read_body(response))
            finally:
                response.close()

    @contextmanager
    def open(
        self, part: bytes, timeout: float, extra: Headers
    ) -> Generator[httpx2.Response]:
        """Send one task whose answer is a stream of events.

        Yields:
            The answer. Its body is still to be read where it is a stream of events.

        Raises:
            ClosedError: The client is closed.
            httpx2.RequestError: No answer came; one of `NEVER_SENT` where nothing was
                written.
            ResponseError: An answer that is no stream cannot be read.
        """
        lane = self._usable_lane()
        exchange = SyncExchange(self._target.url, self._endpoint.key, timeout)
        with self._under_way(lane, exchange):
            received: list[httpx2.Response] = []
            work = partial(self._opened, lane, exchange, part, extra, received)
            try:
                yield self._bounded(exchange, work)
            finally:
                for response in received:
                    response.close()

    def _opened(
        self,
        lane: _Lane,
        exchange: SyncExchange,
        part: bytes,
        extra: Headers,
        received: list[httpx2.Response],
    ) -> httpx2.Response:
        with exchange:
            # No other name holds it first: an interruption would leave it open.
            received.append(self._send(lane, exchange, [part], STREAM_HEADERS, extra))
            [response] = received
            if is_event_stream(response):
                return response
            return whole(response, read_body(response))

    def _bounded(self, exchange: SyncExchange, work: Callable[[], WorkT]) -> WorkT:
        """Do some work of an exchange, which may take no longer than that."""
        return work() if self._brought is None else exchange.aside(work)

    def close(self) -> None:
        """Close the connections, and end the calls that are under way.

        An HTTP client that was brought by the caller stays open.
        """
        self._connections.is_closed = True
        lane = self._connections.lane
        if lane.process == os.getpid():
            for exchange in [*lane.exchanges]:
                exchange.cut(CLOSED)
            self._end(lane)

    def _send(
        self,
        lane: _Lane,
        exchange: SyncExchange,
        parts: list[bytes],
        given: dict[str, str],
        extra: Headers,
    ) -> httpx2.Response:
        request = lane.http.build_request(
            "POST",
            self._target.url,
            content=self._endpoint.body(parts),
            headers=self._endpoint.headers(given, extra),
            extensions=exchange.extensions(),
        )
        exchange.is_sending = True
        response = lane.http.send(request, **self._target.sending(lane.http))
        try:
            if stream := response.extensions.get("network_stream"):
                bound(stream)  # the caller may have opened it, for a request before
            redact(response.headers, self._endpoint.key)
        except BaseException:
            response.close()
            raise
        return response

    @contextmanager
    def _under_way(self, lane: _Lane, exchange: SyncExchange) -> Generator[None]:
        try:
            # Noted first, and then asked: this thread or that which closes sees it.
            lane.exchanges.add(exchange)
            if self._connections.is_closed:
                raise closed()
            with cancellation().watching(exchange):
                yield
        finally:
            lane.exchanges.discard(exchange)
            if self._connections.is_closed:
                self._end(lane)

    def _end(self, lane: _Lane) -> None:
        """Close the connections unless they are in use: the last who is does so."""
        if self._brought is None and not lane.exchanges:
            lane.http.close()

    def _usable_lane(self) -> _Lane:
        lane = self._connections.lane
        if lane.process != os.getpid():
            lane = self._renewed_lane()
        if self._connections.is_closed or lane.http.is_closed:
            raise closed()
        if self._brought is not None:
            process = _users.setdefault(self._brought, os.getpid())
            if process != os.getpid():
                raise shared("in the process that this one was forked from")
        return lane

    def _renewed_lane(self) -> _Lane:
        with self._lock.native:
            connections = self._connections
            if connections.lane.process != os.getpid():
                connections.inherited.append(connections.lane)
                connections.lane = self._new_lane()
            return connections.lane

    def _new_lane(self) -> _Lane:
        make = partial(httpx2.Client, limits=limits(self._concurrency))
        http = self._brought or with_environment(make)
        return _Lane(http, _Places(self._concurrency))


def crowded(limit: int) -> ConnectionError:
    """The exception for a call that found no place."""
    return ConnectionError(
        f"all {limit} calls that the client may make at once were under way until the "
        "time ran out"
    )


def closed() -> ClosedError:
    """The exception for a call of a closed client."""
    return ClosedError("the client is closed")


def shared(where: str) -> ConnectionError:
    """The exception for an HTTP client whose connections belong elsewhere."""
    return ConnectionError(
        f"the http_client was used {where}, nothing was sent: bring another one here"
    )


def limits(concurrency: int) -> httpx2.Limits:
    """As many connections as calls: the client counts the calls itself."""
    return httpx2.Limits(
        max_connections=None, max_keepalive_connections=concurrency, keepalive_expiry=5
    )


def redact(headers: httpx2.Headers, key: ApiKey) -> None:
    """Remove the key from the headers of an answer that repeats it."""
    for name, value in headers.multi_items():
        text = key.scrub(value)
        if text != value:
            headers[name] = text


def answered(response: httpx2.Response, body: bytes) -> Answer:
    """An answer of which everything is known."""
    return Answer(response.status_code, response.headers, body)


def whole(response: httpx2.Response, body: bytes) -> httpx2.Response:
    """A response with its body, apart from the connection that it came over."""
    headers = response.headers.copy()
    for name in ("content-encoding", "content-length", "transfer-encoding"):
        headers.pop(name, None)
    return httpx2.Response(response.status_code, headers=headers, content=body)
