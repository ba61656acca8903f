"""The address of the API, with the API key and the headers of requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias, cast

import httpx2

from ..exceptions import ClosedError, ConnectionError, RunwareError, TimeoutError
from ..version import USER_AGENT
from .api_key import ApiKey
from .exchange import CLOSED, NEVER_SENT, STREAM_CLOSED

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

FRAMING = frozenset({"content-length", "transfer-encoding"})
"""Headers, in lower case, that say where the request body ends."""

DRY_RUN = "X-Runware-Dry-Run"
"""The header of a dry run: its tasks are validated and priced, but not run."""


class Endpoint(NamedTuple):
    """The address of the API, with the API key.

    Attributes:
        url: The address to which tasks are posted.
        key: The API key.
        auth: Whether the key is sent in a header or as the first task of the payload.
        default_headers: HTTP headers of every call, which override those of this package.
        is_dry: Whether the calls are dry runs.
    """

    url: str
    key: ApiKey
    auth: Auth
    default_headers: Headers = None
    is_dry: bool = False

    def __repr__(self) -> str:
        # Without what may be secret in the URL and in headers.
        return f"Endpoint({shown_url(self.url)!r})"

    def body(self, parts: list[bytes]) -> bytes:
        """Return the request body for tasks, each as JSON text."""
        if self.auth == "payload":
            parts = [self.key.encoded_task(), *parts]
        return b"[" + b",".join(parts) + b"]"

    def headers(self, given: dict[str, str], extra: Headers) -> dict[str, str]:
        """Return the headers of a request; `extra` overrides the default headers."""
        own = given | {"User-Agent": USER_AGENT}
        own |= self.key.header() if self.auth == "header" else {}
        dry_run = {DRY_RUN: "1"} if self.is_dry else None
        return merged(own, self.default_headers, extra, dry_run)

    def error(self, cause: httpx2.RequestError) -> RunwareError:
        """Return the exception of this package for an exception of httpx2."""
        # The failed request, and the frames of the traceback, contain the API key.
        cause.request = httpx2.Request("POST", shown_url(self.url))
        cause.__traceback__ = None
        reason = self.key.scrub(str(cause)) or type(cause).__name__
        is_sent = not isinstance(cause, NEVER_SENT)
        if is_sent and isinstance(cause, httpx2.TimeoutException):
            message = f"the server did not respond in time: {reason}"
            return TimeoutError(message.replace("time: timed out", "time"))
        is_closed = reason in (CLOSED, STREAM_CLOSED)
        kind = ClosedError if is_closed else ConnectionError
        error = kind(f"no response from {shown_url(self.url)}: {reason}")
        error.may_have_run = is_sent
        return error


def merged(first: Headers, *layers: Headers) -> dict[str, str]:
    """Merge headers; later layers override earlier ones, ignoring case."""
    headers = dict(first or {})
    for layer in filter(None, layers):
        replaced = {name.lower() for name in layer}
        headers = {n: v for n, v in headers.items() if n.lower() not in replaced}
        headers |= layer
    return headers


def checked_headers(headers: Headers) -> Headers:
    """Validate the headers of a caller for calls that run tasks.

    Raises:
        TypeError: They are no mapping, or a name or a value is not a str.
        ValueError: HTTP does not allow a header, it is about the length of the body, or
            it would turn the call into a dry run, which has no results.
    """
    given: Mapping[Any, Any] = headers or {}
    if not isinstance(cast("object", given), Mapping):
        raise TypeError(f"headers must be a dict, not {type(given).__name__}")
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"the name and the value of header {name!r} must be str")
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            # The value is not shown: it may be a secret.
            raise ValueError(
                f"HTTP does not allow the header {name!r}: a name has letters, digits and"
                " hyphens, a value is one line of ASCII without spaces around it"
            )
        if name.lower() in FRAMING:
            raise ValueError(
                f"the header {name!r} is not allowed: the HTTP library sets it, so that "
                "it is true of the request body"
            )
        if name.lower() == DRY_RUN.lower():
            message = f"{DRY_RUN} is not allowed in a run. Use dry_run of the client"
            raise ValueError(message)
    return headers


def shown_url(url: str) -> str:
    """Return a URL without user name, password, query and fragment: secrets may be there."""
    start, slashes, rest = url.partition("//")
    rest = rest.partition("?")[0].partition("#")[0]
    authority = rest.partition("/")[0]
    host = authority.rpartition("@")[2]
    return start + slashes + host + rest[len(authority) :]


class Target:
    """The URL of an endpoint without user name and password, and its `auth` with these."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Parse the URL of an endpoint.

        Raises:
            ValueError: It is not a valid URL.
        """
        try:
            url = httpx2.URL(endpoint.url)
        except (httpx2.InvalidURL, ValueError):
            url = httpx2.URL()
        if not url.host:
            # Not shown: the invalid part may be the password.
            raise ValueError("base_url is not a valid URL")
        self.auth = (
            httpx2.BasicAuth(url.username, url.password) if url.userinfo else None
        )
        self.url = url.copy_with(userinfo=b"")

    def build_request(
        self,
        given: httpx2.Client | httpx2.AsyncClient | None,
        content: bytes,
        headers: dict[str, str],
        extensions: dict[str, Any],
    ) -> httpx2.Request:
        """Create a POST to the endpoint, with the headers of a caller's HTTP client too.

        An HTTP client of this package has no headers to merge, which takes long.
        """
        new = httpx2.Request if given is None else given.build_request
        return new(
            "POST", self.url, content=content, headers=headers, extensions=extensions
        )
