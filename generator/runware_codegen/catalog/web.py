"""Sends HTTP requests for documents, with retries, timeouts and size limits."""

from __future__ import annotations

import contextlib
import email.utils
import itertools
import math
import netrc
import random
import threading
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx2

from runware_codegen import __version__
from runware_codegen.catalog.versions import usable_etag
from runware_codegen.documents.sources import MAX_SIZE
from runware_codegen.problems import InvalidInputError

_ATTEMPTS = 4
_FIRST_WAIT = 0.25  # seconds; doubled each time
_MAX_WAIT = 60.0  # seconds that a server may ask for
_MAX_REDIRECTS = 20
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_OK = 200
_NOT_MODIFIED = 304
_NOT_FOUND = {404, 410}

_TRY_LATER = "Run the command again later. Fetched documents are not fetched again."
_CHECK_NETWORK = f"Check the network, and HTTPS_PROXY if it has a proxy. {_TRY_LATER}"


class _Deadline(threading.local):
    """The time at which the request of this thread times out."""

    at = math.inf


_deadline = _Deadline()


class NotFoundError(Exception):
    """The server returned 404 or 410."""


@dataclass(frozen=True, slots=True)
class Response:
    """The response of a server.

    Attributes:
        content: The body; None if the known version has not changed.
        etag: The entity tag of this version; empty if the server sent none.
    """

    content: bytes | None
    etag: str


class _TransientError(Exception):
    """A failure after which a retry may succeed.

    Attributes:
        wait: The seconds in the server's Retry-After, else 0.
        remedy: What to do if it does not succeed.
    """

    def __init__(
        self, message: str, wait: float = 0.0, remedy: str = _TRY_LATER
    ) -> None:
        super().__init__(message)
        self.wait = wait
        self.remedy = remedy


class Web:
    """An HTTP client that uses the proxies and certificates of environment variables.

    Users and passwords come from ~/.netrc. It is thread-safe.

    Args:
        timeout: The timeout of a request in seconds, until the last byte of its response.
        connections: The maximum number of connections.

    Raises:
        InvalidInputError: If a proxy or the certificates in the environment are not valid.
    """

    def __init__(self, *, timeout: float, connections: int) -> None:
        self._timeout = timeout
        try:
            self._auth = _credentials()
            self._client = httpx2.Client(
                timeout=timeout,
                limits=httpx2.Limits(max_connections=connections),
                headers={
                    "accept": "application/json",
                    "accept-encoding": "gzip",
                    "user-agent": f"runware-codegen/{__version__}",
                },
            )
        except (
            OSError,
            ValueError,
            ImportError,
            httpx2.InvalidURL,
            netrc.NetrcParseError,
        ) as error:
            raise InvalidInputError.of(
                "environment",
                f"The HTTP client cannot be created: {error}",
                "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, SSL_CERT_FILE, SSL_CERT_DIR"
                " and ~/.netrc.",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, etag: str = "") -> Response:
        """Send a GET request, with retries after transient failures.

        Args:
            url: The URL.
            etag: The entity tag of the known version; empty without one.

        Raises:
            NotFoundError: If the server returns 404 or 410.
            InvalidInputError: If the server cannot be reached, or returns another error.
        """
        for attempt in itertools.count(1):
            try:
                return self._request(url, etag)
            except _TransientError as failure:
                if attempt == _ATTEMPTS or failure.wait > _MAX_WAIT:
                    message = f"{failure}, {_times(attempt)}"
                    remedy = failure.remedy
                    raise InvalidInputError.of(url, message, remedy) from failure
                spread = random.uniform(0.5, 1)  # noqa: S311  # not for cryptography
                pause = _FIRST_WAIT * 2 ** (attempt - 1) * spread
                time.sleep(max(failure.wait, pause))
        raise AssertionError

    def _request(self, url: str, etag: str) -> Response:
        _deadline.at = time.monotonic() + self._timeout
        headers = {"if-none-match": etag} if etag else {}
        try:
            with self._response(url, headers) as response:
                if etag and response.status_code == _NOT_MODIFIED:
                    return Response(None, etag)
                if response.status_code != _OK:
                    raise _refusal(url, response)
                content = _body(url, response)
                return Response(content, usable_etag(response.headers.get("etag", "")))
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, UnicodeError) as error:
            remedy = "Use a URL that starts with https:// and a name of a server."
            raise InvalidInputError.of(url, _reason(error, url), remedy) from error
        except httpx2.TooManyRedirects as error:
            message = "The server redirects too many times"
            raise InvalidInputError.of(url, message, _TRY_LATER) from error
        except httpx2.TimeoutException as error:
            message = f"The request timed out after {self._timeout:g} s"
            raise _TransientError(message, remedy=_CHECK_NETWORK) from error
        except (httpx2.RemoteProtocolError, httpx2.DecodingError) as error:
            raise _TransientError(
                f"The response is invalid or truncated: {_reason(error, url)}"
            ) from error
        except httpx2.RequestError as error:
            message = f"The server cannot be reached: {_reason(error, url)}"
            raise _TransientError(message, remedy=_CHECK_NETWORK) from error

    @contextlib.contextmanager
    def _response(
        self, url: str, headers: dict[str, str]
    ) -> Generator[httpx2.Response]:
        """Send a request, and follow redirects.

        httpx2 would read the bodies of redirects, without a limit of size.
        """
        extensions = {"trace": _limit_new_connection}
        request = self._client.build_request(
            "GET", url, headers=headers, extensions=extensions
        )
        for count in range(_MAX_REDIRECTS + 1):
            auth = None if count else self._auth
            try:
                response = self._client.send(request, auth=auth, stream=True)
            except Exception as error:
                if type(error).__module__ == "socksio.exceptions":  # if it is installed
                    raise httpx2.ProxyError(str(error), request=request) from error
                raise
            with contextlib.closing(response):
                if response.next_request is None:
                    yield response
                    return
                request = response.next_request
        raise httpx2.TooManyRedirects("")


def _credentials() -> httpx2.Auth | None:
    """Return the users and passwords in ~/.netrc; None if that file cannot be read."""
    try:
        return httpx2.NetRCAuth()
    except OSError:  # HOME may be /dev/null, or the home of another user
        return None


def _limit_new_connection(event: str, info: Mapping[str, Any]) -> None:
    """Limit each read of a new connection to the time that is left of the request.

    httpx2 has a timeout for each read alone: a server that sends a byte now and then would
    never time out. The extension `trace` of httpx2 calls this function.
    """
    if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
        return
    stream = info["return_value"]
    read = stream.read

    def limited(max_bytes: int, timeout: float | None = None) -> bytes:
        left = _deadline.at - time.monotonic()
        if left <= 0:
            raise httpx2.ReadTimeout("")
        data: bytes = read(max_bytes, left if timeout is None else min(left, timeout))
        return data

    vars(stream)["read"] = limited


def _body(url: str, response: httpx2.Response) -> bytes:
    """Read a body, within the limit of size.

    Raises:
        InvalidInputError: If it is too large.
    """
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > MAX_SIZE:
            message = f"The response is too large: more than {MAX_SIZE // 2**20} MiB"
            remedy = "Check the URL: this is not a document of Runware."
            raise InvalidInputError.of(url, message, remedy)
    return bytes(content)


def _refusal(url: str, response: httpx2.Response) -> Exception:
    status = response.status_code
    message = f"The server returned HTTP {status}"
    if status in _TRANSIENT:
        return _TransientError(message, _retry_after(response))
    if status in _NOT_FOUND:
        return NotFoundError(url)
    remedy = "Open this URL in a browser, and check --index-url."
    return InvalidInputError.of(url, message, remedy)


def _retry_after(response: httpx2.Response) -> float:
    """Parse Retry-After: a number of seconds, or a date (RFC 9110, section 10.2.3)."""
    text = response.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = email.utils.parsedate_to_datetime(text).timestamp()
    except (OverflowError, ValueError):
        return 0.0
    return max(0.0, until - time.time())


def _reason(error: Exception, url: str) -> str:
    """Return the reason of an error, with the URL to which a server redirected."""
    reason = str(error) or type(error).__name__
    if not isinstance(error, httpx2.RequestError):
        return reason
    at = error.request.url
    target = f"{at.scheme}://{at.netloc.decode()}{at.path}"  # without a password
    return reason if at == url else f"it redirects to {target}: {reason}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
