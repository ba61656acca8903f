"""One request and its answer: how long they may take, and what became of them."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx2

from ..exceptions import RunwareError
from .environment import certificates_variable, proxy_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from types import TracebackType
    from typing import Self

    from .api_key import ApiKey

MAX_CONNECT = 10.0
"""Seconds after which a server that does not take a connection is taken for dead."""

CLOSED = "the client was closed"
"""What cuts the exchanges of a client that is closed."""

MAX_WAIT = 1_000_000.0
"""Seconds that a socket can be made to wait: they are counted in 31 bits of ms."""

NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)
"""Failures before anything was written."""


class Exchange:
    """One request and its answer; a context in which every failure is one of httpx2.

    An exception that leaves the context has no traceback of the HTTP library, whose
    variables hold the API key, and its class is one of `NEVER_SENT` exactly where
    nothing was written.

    Attributes:
        is_sending: Whether the HTTP library has the request; before, nothing is written.
        cut_by: What has ended it from outside; None where nothing has.
    """

    def __init__(self, url: httpx2.URL, key: ApiKey, seconds: float) -> None:
        """Begin an exchange.

        Args:
            url: Where the request goes.
            key: The key to keep out of errors.
            seconds: How long everything may take together.
        """
        self.is_sending = False
        self.cut_by: str | None = None
        self._url = url
        self._key = key
        self._deadline = monotonic() + min(seconds, MAX_WAIT)
        self._peer: tuple[str, int] | None = None
        self._is_traced = False
        self._is_begun = False

    def left(self) -> float:
        """The seconds that are left."""
        return max(0.0, self._deadline - monotonic())

    def timeouts(self) -> dict[str, float]:
        """The seconds that each step may take, for httpx2's extension `timeout`."""
        left = self.left()
        return {
            **dict.fromkeys(("read", "write", "pool"), left),
            "connect": min(left, MAX_CONNECT),
        }

    def note(self, event: str, info: MutableMapping[str, Any]) -> None:
        """Note a step of the connection, from httpx2's extension `trace`."""
        _, step, phase = event.split(".")
        self._is_traced = True
        if step == "connect_tcp" and phase == "started":
            self._peer = info["host"], info["port"]
        elif step == "send_request_headers" and phase == "started":
            self._is_begun = info["request"].method != b"CONNECT"  # that is to a proxy
        elif step == "send_request_headers" and phase == "failed":
            # The library found the headers wrong, and wrote nothing.
            cause = type(info["exception"]).__name__
            self._is_begun &= cause != "LocalProtocolError"

    def __enter__(self) -> Self:
        self._outer = sys.exception()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        del traceback  # it would be shown as a variable of this frame
        if error is None:
            return
        for each in chain(error, self._outer):
            self._clean(each)
        if isinstance(error, Exception) and not isinstance(error, RunwareError):
            self._raise(error)

    def _raise(self, error: Exception) -> None:
        """Raise what tells whether anything was written, unless an exception does."""
        is_sent = self._is_sent(error)
        is_told = isinstance(error, httpx2.RequestError) and not self.cut_by
        reason = self._reason(error)
        if is_told and isinstance(error, NEVER_SENT) is not is_sent:
            error.args = (reason,)
            return
        is_timeout = _is_timeout(error) and not self.cut_by
        kind: type[httpx2.RequestError]
        if is_sent:
            kind = httpx2.ReadTimeout if is_timeout else httpx2.ReadError
        else:
            kind = httpx2.ConnectTimeout if is_timeout else httpx2.ConnectError
        raise kind(reason, request=httpx2.Request("POST", self._url)) from error

    def _is_sent(self, error: Exception) -> bool:
        if self._is_traced or not self.is_sending:
            return self._is_begun
        return not isinstance(error, NEVER_SENT)

    def _reason(self, error: Exception) -> str:
        """What went wrong, and through what."""
        if self.cut_by is not None:
            return self.cut_by
        reason = self._key.scrub(str(error)) or "the time ran out" * _is_timeout(error)
        if not isinstance(error, httpx2.RequestError) and not _is_timeout(error):
            reason = f"{type(error).__name__}: {reason}"
        name = certificates_variable()
        if name and "CERTIFICATE_VERIFY_FAILED" in reason:
            reason += f" (the certificates to trust are those in {name})"
        own_place = self._url.raw_host.decode(), _port(self._url)
        if self._peer and self._peer != own_place:
            reason += f" ({_proxy(*self._peer)})"
        return reason

    def _clean(self, error: BaseException) -> None:
        error.__traceback__ = None
        if isinstance(error, httpx2.RequestError):
            error.request = httpx2.Request("POST", self._url)
        error.args = tuple(map(self._key.scrub, error.args))


def chain(error: BaseException, outer: BaseException | None) -> Iterator[BaseException]:
    """Give an exception and all that led to it.

    Args:
        error: The exception.
        outer: What was being handled before; it and what led to it are left out.
    """
    seen = {id(outer)}
    pending = [error]
    while pending:
        each = pending.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            causes = (each.__cause__, each.__context__)
            pending += [cause for cause in causes if cause is not None]
            pending += getattr(each, "exceptions", ())  # those of a group


def _is_timeout(error: Exception) -> bool:
    return isinstance(error, (httpx2.TimeoutException, TimeoutError))


def _port(url: httpx2.URL) -> int:
    return url.port or {"http": 80, "ws": 80}.get(url.scheme, 443)


def _proxy(host: str, port: int) -> str:
    variables = proxy_variables(host, port)
    named = f", which {variables} names" if variables else ""
    return f"through the proxy {host}:{port}{named}"
