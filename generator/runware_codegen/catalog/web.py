"""Sends HTTP requests for documents, with retries, timeouts and size limits."""

from __future__ import annotations

import datetime as dt
import email.utils
import itertools
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import httpx2

from runware_codegen import __version__
from runware_codegen.catalog.lock import usable_etag
from runware_codegen.documents.sources import MAX_SIZE
from runware_codegen.problems import InvalidInputError

if TYPE_CHECKING:
    from types import TracebackType

_ATTEMPTS = 4
_FIRST_WAIT = 0.25  # seconds; doubled each time
_MAX_WAIT = 60.0  # seconds that a server may ask for
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_OK = 200
_NOT_MODIFIED = 304
_NOT_FOUND = {404, 410}

_TRY_LATER = "Run the same again later; what has been fetched is not fetched again."


class NotFoundError(InvalidInputError):
    """The server has nothing at that address."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a server gave.

    Attributes:
        content: The bytes; None if they are those of the version that is known.
        etag: What the server calls this version; empty if it does not say.
    """

    content: bytes | None
    etag: str


class _TransientError(Exception):
    """A failure that may be gone at the next attempt.

    Attributes:
        wait: How many seconds the server wants to be left alone.
    """

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class Web:
    """Servers, asked through the proxies and with the certificates of the environment.

    An instance may be used by several threads.

    Args:
        timeout: How many seconds an answer may take, from the question to its last byte.
        connections: How many there may be at the same time.

    Raises:
        InvalidInputError: The environment names a proxy or certificates that cannot be used.
    """

    def __init__(self, *, timeout: float, connections: int) -> None:
        self._timeout = timeout
        try:
            self._client = httpx2.Client(
                timeout=timeout,
                follow_redirects=True,
                limits=httpx2.Limits(max_connections=connections),
                headers={
                    "accept": "application/json",
                    "accept-encoding": "gzip",
                    "user-agent": f"runware-codegen/{__version__}",
                },
            )
        except (OSError, ValueError, ImportError, httpx2.InvalidURL) as error:
            raise InvalidInputError.of(
                "environment",
                f"The connection cannot be prepared: {error}",
                "Look at HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, SSL_CERT_FILE and"
                " SSL_CERT_DIR.",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, url: str, etag: str = "") -> Response:
        """Get what is at an address, with more than one attempt where that may help.

        Args:
            url: The address.
            etag: The version that is known, if any.

        Raises:
            NotFoundError: There is nothing.
            InvalidInputError: The server cannot be reached, or gives nothing that is of use.
        """
        for attempt in itertools.count(1):
            try:
                return self._request(url, etag)
            except _TransientError as failure:
                if attempt == _ATTEMPTS or failure.wait > _MAX_WAIT:
                    message = f"{failure}, {_times(attempt)}"
                    raise InvalidInputError.of(url, message, _TRY_LATER) from failure
                spread = random.uniform(0.5, 1)  # noqa: S311  # of no secret
                pause = _FIRST_WAIT * 2 ** (attempt - 1) * spread
                time.sleep(max(failure.wait, pause))
        raise AssertionError

    def _request(self, url: str, etag: str) -> Response:
        deadline = time.monotonic() + self._timeout
        headers = {"if-none-match": etag} if etag else {}
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                if etag and response.status_code == _NOT_MODIFIED:
                    return Response(None, etag)
                if response.status_code != _OK:
                    raise _refusal(url, response)
                content = _body(url, response, deadline)
                return Response(content, usable_etag(response.headers.get("etag", "")))
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            remedy = "Give an address that begins with https://."
            raise InvalidInputError.of(url, str(error), remedy) from error
        except httpx2.TooManyRedirects as error:
            message = "The server leads from one address to the next without an end"
            raise InvalidInputError.of(url, message, _TRY_LATER) from error
        except httpx2.TimeoutException as error:
            raise self._too_slow() from error
        except _DeadlineError:
            raise self._too_slow() from None
        except httpx2.RemoteProtocolError as error:
            raise _TransientError(
                f"The answer is broken, or ends too early: {_reason(error)}"
            ) from error
        except httpx2.RequestError as error:
            raise _TransientError(
                f"The server cannot be reached: {_reason(error)}"
            ) from error

    def _too_slow(self) -> _TransientError:
        return _TransientError(f"The answer takes longer than {self._timeout:g} s")


class _DeadlineError(Exception):
    """The time for an answer is over."""


def _body(url: str, response: httpx2.Response, deadline: float) -> bytes:
    """Read an answer as long as it stays within its bounds."""
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > MAX_SIZE:
            message = f"The answer is too large: more than {MAX_SIZE // 2**20} MiB"
            remedy = "Look at what is at this address; it is no document of Runware."
            raise InvalidInputError.of(url, message, remedy)
        if time.monotonic() > deadline:
            raise _DeadlineError
    return bytes(content)


def _refusal(url: str, response: httpx2.Response) -> Exception:
    status = response.status_code
    message = f"The server answers with HTTP {status}"
    if status in _PASSING:
        return _TransientError(message, _retry_after(response))
    if status in _NOT_FOUND:
        remedy = "Look at what there is: `runware-codegen list --catalog`."
        return NotFoundError.of(url, message, remedy)
    remedy = "Look at this address with a browser, and at --index-url."
    return InvalidInputError.of(url, message, remedy)


def _retry_after(response: httpx2.Response) -> float:
    """Read Retry-After: a number of seconds, or a date (RFC 9110, section 10.2.3)."""
    text = response.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    now = dt.datetime.now(until.tzinfo)
    return max(0.0, (until - now).total_seconds())


def _reason(error: httpx2.RequestError) -> str:
    return str(error) or type(error).__name__


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
