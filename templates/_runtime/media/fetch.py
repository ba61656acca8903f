"""A download without the I/O: its requests, redirects, errors, and the type of the file."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, Final

import httpx2

from ..aside import LateError
from ..body import Body, BodyError
from ..causes import is_of_socks, reason_of
from ..error_codes import ErrorCategory
from ..exceptions import DownloadError
from ..http_clients import with_hint
from ..retry_after import retry_after
from .file_types import BYTES, FileType, named_type
from .part_file import PartFile

MAX_SILENCE: Final = 60.0
"""Maximum seconds between two reads from the host of a file."""

MAX_REDIRECTS: Final = 5

_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,5}")
_INEXACT: Final = frozenset({"json", "octet-stream", "plain", "zip"})
"""The subtypes that servers also use for files of a more exact type, such as 3D models."""

_FAILURES: Final = (
    *(httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, BodyError),
    *(RuntimeError, ValueError),  # of a closed client, of a host's name
)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Fetch:
    """Fetches one file with redirects, without the I/O.

    Attributes:
        is_done: Whether the last response was the file, not a redirect.
        file_type: The type of the file by its response or its URL; None if unknown.
    """

    def __init__(self, url: str, part: PartFile, timeout: float) -> None:
        self._part = part
        self._timeout = timeout
        self._hops = 0
        self._url = self._checked(url)
        self.is_done = False
        self.file_type: FileType | None = None

    def request(
        self,
        client: httpx2.Client | httpx2.AsyncClient,
        **extensions: Callable[[str, dict[str, Any]], None],
    ) -> httpx2.Request:
        """Return the next request, without the Authorization header of the client."""
        silence = min(self._timeout, MAX_SILENCE)
        request = client.build_request(
            "GET", self._url, timeout=silence, extensions=extensions
        )
        request.url = self._url  # parameters of the client would replace a signature
        request.headers.pop("Authorization", None)
        request.headers["Accept-Encoding"] = "identity"
        return request

    def begin(self, response: httpx2.Response) -> Body | None:
        """Process the head of a response, and return the body if it is still to be read.

        Raises:
            DownloadError: The response is neither the file nor a redirect.
        """
        status = response.status_code
        if status in _REDIRECTS and "location" in response.headers:
            self._redirect(response.headers["location"])
            return None
        if status != 200:
            message = f"{self._place} returned HTTP {status} {response.reason_phrase}"
            error = DownloadError(message.rstrip(), http_status=status)
            error.retry_after = retry_after(response.headers)
            raise error
        content_type = response.headers.get("content-type", "")
        if _is_page(content_type, self._url):
            raise DownloadError(
                f"{self._place} returned an HTML page instead of the file"
            )
        self.is_done = True
        self.file_type = _declared_type(content_type, self._url)
        body = Body(response)
        self._part.check_size(body.size)
        if response.is_stream_consumed:  # by an event hook or a custom transport
            self.write(body, response.content)
            body.end()
            return None
        return body

    def write(self, body: Body, chunk: bytes) -> None:
        """Decode a chunk and write it to the file."""
        for piece in body.decoded(chunk):
            self._part.write(piece)

    @contextmanager
    def converted_errors(self) -> Generator[None]:
        """Convert exceptions of httpx2 to `DownloadError`."""
        outer = sys.exception()
        try:
            yield
        except LateError:
            raise self._timeout_error() from None
        except Exception as error:
            if not (is_of_socks(error) or isinstance(error, _FAILURES)):
                raise
            is_silent = isinstance(error, httpx2.TimeoutException)
            if is_silent and self._timeout <= MAX_SILENCE:  # both timeouts are equal
                raise self._timeout_error() from None
            reason = with_hint(reason_of(error, outer) or type(error).__name__)
            message = f"the download from {self._place} failed: {reason}"
            raise DownloadError(message, category=_category(error)) from error

    def _timeout_error(self) -> DownloadError:
        return DownloadError(
            f"the download from {self._place} timed out after {self._timeout:g} s",
            category=ErrorCategory.TIMEOUT,
        )

    @property
    def _place(self) -> str:
        # Without the query, which may be a secret signature.
        return str(self._url.copy_with(query=None, fragment=None, userinfo=b""))

    def _redirect(self, location: str) -> None:
        self._hops += 1
        if self._hops > MAX_REDIRECTS:
            raise DownloadError(
                f"{self._place} redirects more than {MAX_REDIRECTS} times"
            )
        target = self._checked(location, self._url)
        if self._url.scheme == "https" and target.scheme != "https":
            raise DownloadError(f"{self._place} redirects from https to http")
        self._url = target

    @staticmethod
    def _checked(address: str, base: httpx2.URL | None = None) -> httpx2.URL:
        try:
            url = base.join(address) if base else httpx2.URL(address)
        except (httpx2.InvalidURL, ValueError) as error:
            raise DownloadError(f"the output's URL is not valid: {error}") from None
        if url.scheme not in ("http", "https") or not url.host:
            scheme = url.scheme or "no scheme"
            raise DownloadError(f"the output's URL must be http or https, not {scheme}")
        if url.port is not None and url.port not in range(1, 2**16):
            message = f"the output's URL is not valid: there is no port {url.port}"
            raise DownloadError(message)
        return url


def _category(error: Exception) -> ErrorCategory:
    if isinstance(error, httpx2.TimeoutException):
        return ErrorCategory.TIMEOUT
    if isinstance(error, (httpx2.TransportError, BodyError)):
        return ErrorCategory.CONNECTION
    return ErrorCategory.UNKNOWN


def _is_page(content_type: str, url: httpx2.URL) -> bool:
    """Return whether a response is an HTML page instead of the file."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "text/html" and not url.path.lower().endswith(
        (".html", ".htm")
    )


def _declared_type(content_type: str, url: httpx2.URL) -> FileType | None:
    """Return the type of a file by its Content-Type if that is exact, else by its URL."""
    named = named_type(content_type)
    suffix = PurePosixPath(url.path).suffix
    if _SUFFIX.fullmatch(suffix) and (named is None or named.subtype in _INEXACT):
        return BYTES._replace(suffix=suffix.lower())
    return None if named == BYTES else named
