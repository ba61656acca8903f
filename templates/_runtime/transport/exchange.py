"""One HTTP exchange: its timeouts, and its failures as exceptions of httpx2."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, MutableMapping
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeAlias

import httpx2

from ..causes import chain, is_timeout, reason_of
from ..exceptions import RunwareError
from ..http_clients import REFUSAL
from .api_key import ApiKey
from .callers_code import NotedAuth, signal_handlers, was_raised_in
from .environment import with_cause_hint

MAX_CONNECT = 10.0
"""Timeout of opening a connection, in seconds."""

CONNECTING = ("connect_tcp", "connect_unix_socket", "start_tls")
"""Steps that return a network stream."""

UNUSED_EVENTS = frozenset(
    f"http11.{event}"
    for event in (
        "send_request_headers.complete",
        "send_request_body.started",
        "send_request_body.complete",
        "receive_response_headers.started",
        "receive_response_body.started",
        "receive_response_body.complete",
        "response_closed.started",
        "response_closed.complete",
    )
)
"""The events of the extension `trace` that an exchange ignores: most of them."""

CLOSED = "the client was closed"
"""The reason of exchanges that end because the client is closed."""

STREAM_CLOSED = "the stream was closed"
"""The reason of exchanges that end because their stream is closed."""

MAX_WAIT = 1_000_000.0
"""Maximum timeout of a socket, in seconds: systems store milliseconds in 31 bits."""

REFUSED_STREAM = 7
"""The error code of HTTP/2 for a request of which nothing was processed."""

UNAUTHENTICATED = frozenset({401, 407})
"""HTTP statuses after which authentication may send a request again."""

_UNWRITTEN = "_is_unwritten"
"""The attribute of an exception that interrupted an exchange."""

NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)
"""Exceptions that mean that nothing was written."""


class Exchange:
    """One request and its response, as a context that raises exceptions of httpx2.

    Exceptions of the context have no traceback of the HTTP library, whose variables hold
    the API key. They are instances of `NEVER_SENT` exactly if nothing was written.

    Attributes:
        is_sending: Whether the request was given to the transport. Before, nothing is
            written.
        cut_by: The reason why it was ended from outside; None if it was not.
    """

    _trace: Any
    """The extension `trace` of httpx2, which notes each step."""

    def __init__(self, url: httpx2.URL, key: ApiKey, seconds: float) -> None:
        """Start the time of an exchange; the API key is removed from errors."""
        self.is_sending = False
        self.cut_by: str | None = None
        self._url = url
        self._key = key
        self._deadline = monotonic() + min(seconds, MAX_WAIT)
        self._peer: tuple[str, int] | None = None
        self._is_traced = False
        self._is_begun = False
        self._is_repeated = False
        self._status: int | None = None
        self._stream_id = 0
        self._hooks: dict[str, list[Any]] = {"request": [], "response": []}

    def cut(self, reason: str) -> None:
        """End the exchange from outside; `reason` becomes that of its exception."""
        raise NotImplementedError

    def remaining(self) -> float:
        """Return the seconds until the timeout, 0 or more."""
        return max(0.0, self._deadline - monotonic())

    def extensions(self) -> dict[str, Any]:
        """Return the extensions of the request: the timeout of each step, and the trace."""
        left = self.remaining()
        timeouts = {"connect": min(left, MAX_CONNECT)}
        timeouts |= dict.fromkeys(("read", "write", "pool"), left)
        return {"timeout": timeouts, "trace": self._trace}

    def note(self, event: str, info: MutableMapping[str, Any]) -> list[str]:
        """Record an event of the extension `trace` of httpx2; return its three parts."""
        _, step, phase = parts = event.split(".")
        self._is_traced = True
        if step == "connect_tcp" and phase == "started":
            self._peer = info["host"], info["port"]
        elif step == "send_request_headers" and phase == "started":
            self._is_repeated |= self._is_begun and self._status not in UNAUTHENTICATED
            self._is_begun = info["request"].method != b"CONNECT"  # to a proxy
            self._status = None
            self._stream_id = info.get("stream_id", 0)
        elif step == "receive_response_headers" and phase == "complete":
            self._status = next(e for e in info["return_value"] if isinstance(e, int))
        elif phase == "failed" and self._status is None:
            self._is_begun &= not _is_refused(step, info["exception"])
        return parts

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
        interruption = self.interruption(error)
        causes = [*chain(error, self._outer)]
        self.is_sending &= not any(map(self._is_of_request_hook, causes))
        self._is_begun &= not any(map(self._is_unprocessed, causes))
        stop = interruption if isinstance(error, Exception) else error
        if stop is not None and not isinstance(stop, RunwareError):
            note_unwritten(stop, is_unwritten=not self._is_sent(error))
        for each in causes:
            self._clean(each)
        if isinstance(error, Exception) and not isinstance(error, RunwareError):
            if interruption is not None:
                raise interruption from None
            self._raise(error)

    def interruption(self, error: BaseException) -> Exception | None:
        """Return the exception that ended the exchange, if a signal handler raised it."""
        return self.raised_by_signal_handler(error)

    def raised_by_signal_handler(self, error: BaseException) -> Exception | None:
        """Return the cause of an exception that a signal handler raised, if one did.

        The HTTP library converts such a cause, if it is an `OSError`.
        """
        handlers = signal_handlers()
        for each in chain(error, self._outer):
            if isinstance(each, Exception) and was_raised_in(each, handlers):
                return each
        return None

    def send_options(
        self,
        http: httpx2.Client | httpx2.AsyncClient,
        auth: httpx2.Auth | None,
        *,
        is_own: bool,
    ) -> dict[str, Any]:
        """Return the options with which an HTTP client sends the request.

        The HTTP client may have its own authentication. If this package made it, the
        extension `trace` reports each step.
        """
        self._hooks = http.event_hooks
        self._is_traced = is_own
        noted = NotedAuth(http.auth or auth, self._note_sending)
        return {"stream": True, "follow_redirects": False, "auth": noted}

    def check_response(self, response: httpx2.Response) -> None:
        """Remove the API key from the headers of a response that proves something.

        The transport of a caller's HTTP client may send the request again, for example
        after a timeout. Then a refusal says nothing about the first sending.

        Raises:
            httpx2.ReadError: The request was sent several times, and refused at last.
        """
        for name, value in response.headers.multi_items():
            text = self._key.scrub(value)
            if text != value:
                response.headers[name] = text
        status = response.status_code
        if self._is_repeated and status >= 400:
            raise httpx2.ReadError(
                f"HTTP {status} after your http_client sent the request several times; "
                "the server may have accepted an earlier one"
            )

    def _is_of_request_hook(self, error: BaseException) -> bool:
        """Return whether a request hook raised an exception, and no response hook did.

        Both may be the same function, or share its code.
        """
        is_of_request = was_raised_in(error, self._hooks["request"])
        return is_of_request and not was_raised_in(error, self._hooks["response"])

    def _is_unprocessed(self, error: BaseException) -> bool:
        """Return whether the GOAWAY of a server says that it did not process the request.

        It names the last HTTP/2 stream that may be processed (RFC 9113, section 6.8).
        """
        leaving = error.args[0] if error.args else None  # an event of the package h2
        last = getattr(leaving, "last_stream_id", None)
        is_earlier = isinstance(last, int) and last < self._stream_id
        return is_earlier and self._status is None

    def _note_sending(self) -> None:
        self.is_sending = True

    def _raise(self, error: Exception) -> None:
        """Raise an exception that tells whether anything was written.

        If the exception already does, only its message is changed.
        """
        is_sent = self._is_sent(error) and not self.is_refused_by_tls(error)
        is_told = isinstance(error, httpx2.RequestError) and not self.cut_by
        reason = self._reason(error)
        if is_told and isinstance(error, NEVER_SENT) is not is_sent:
            error.args = (reason,)
            return
        is_late = is_timeout(error) and not self.cut_by
        kind: type[httpx2.RequestError]
        if is_sent:
            kind = httpx2.ReadTimeout if is_late else httpx2.ReadError
        else:
            kind = httpx2.ConnectTimeout if is_late else httpx2.ConnectError
        raise kind(reason, request=httpx2.Request("POST", self._url)) from error

    def _is_sent(self, error: BaseException) -> bool:
        if self._is_traced or not self.is_sending:
            return self._is_begun or self._is_repeated
        return not isinstance(error, NEVER_SENT)

    def is_refused_by_tls(self, error: Exception) -> bool:
        """Return whether the server did not end the TLS handshake, and so read nothing.

        In TLS 1.3, a client writes its request before the server sees its certificate.
        """
        if self._is_repeated or self._status is not None or not self._is_traced:
            return False  # the server has read it, or may have
        causes = chain(error, self._outer)
        return any(re.search(REFUSAL, str(getattr(e, "reason", ""))) for e in causes)

    def _reason(self, error: Exception) -> str:
        """Return the cause, with the proxy or certificates that are involved."""
        if self.cut_by is not None:
            return self.cut_by
        text = self._key.scrub(reason_of(error, self._outer))
        kind = "timed out" if is_timeout(error) else type(error).__name__
        is_known = isinstance(error, httpx2.RequestError) or is_timeout(error)
        reason = text if text and is_known else ": ".join(filter(None, [kind, text]))
        return with_cause_hint(reason, self._url, self._peer)

    def _clean(self, error: BaseException) -> None:
        error.__traceback__ = None
        if isinstance(error, httpx2.RequestError):
            error.request = httpx2.Request("POST", self._url)
        error.args = tuple(map(self._key.scrub, error.args))


def _is_refused(step: str, error: BaseException) -> bool:
    """Return whether a step failed so that the server does not have the task.

    The library refused the headers, such as on an HTTP/2 connection that the server ends,
    or the server refused the HTTP/2 stream (RFC 9113, section 8.7), or the library sends
    the request over another connection, since the server has not processed it.
    """
    kind = type(error)
    if step == "send_request_headers":
        return (
            kind.__name__ == "LocalProtocolError" or kind.__module__ == "h2.exceptions"
        )
    reset = error.args[0] if error.args else None  # an event of the package h2
    is_by_server = getattr(reset, "remote_reset", False)
    is_reset = is_by_server and getattr(reset, "error_code", None) == REFUSED_STREAM
    return is_reset or kind.__name__ == "ConnectionNotAvailable"


OnExchange: TypeAlias = Callable[[Exchange], object]
"""Called with each exchange that opens a stream, before it starts."""


def note_unwritten(stop: BaseException, *, is_unwritten: bool = True) -> None:
    """Record on the interruption of an exchange whether nothing was written."""
    vars(stop)[_UNWRITTEN] = is_unwritten


def pop_unwritten(stop: BaseException) -> bool:
    """Return whether an exchange was interrupted before anything was written.

    The record is removed: a program may raise the same exception again.
    """
    return bool(vars(stop).pop(_UNWRITTEN, False))
