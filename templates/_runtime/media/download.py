"""Saves the output of a result to a file: fetched from its URL, or decoded.

A result gives an output as `imageURL`, `imageBase64Data` or `imageDataURI`, by whatever
name the medium has; an object inside it gives one as `url`.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
from base64 import b64decode
from collections.abc import (
    AsyncGenerator,
    Callable,
    Coroutine,
    Generator,
    Iterator,
    Mapping,
)
from contextlib import (
    aclosing,
    asynccontextmanager,
    closing,
    contextmanager,
    suppress,
)
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import httpx2

from ..aside import LateError, run_aside
from ..body import Body, BodyError
from ..exceptions import RunwareError
from ..json_values import is_array, is_object
from ..timeouts import valid_timeout
from .file_types import BYTES, HEAD, FileType, file_type, named_type

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


MAX_SILENCE: Final = 60.0
"""Seconds for which the host of a file may send nothing."""

MAX_REDIRECTS: Final = 5

ClientT = TypeVar("ClientT", httpx2.Client, httpx2.AsyncClient)

_MEMBER: Final = re.compile("(.*?)(URL|Url|url|DataURI|Base64Data)")
_PREFERRED: Final = ("DataURI", "Base64Data", "URL", "Url", "url")
"""The endings of the names of outputs; what came with the result is taken first."""

_NO_OUTPUTS: Final = frozenset({"webhookURL"})
_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,5}")
_FAILURES: Final = (
    *(httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, BodyError),
    *(RuntimeError, ValueError),  # of a closed client, of a host's name
)
_UUID: Final = re.compile("[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class DownloadError(RunwareError):
    """An output of a result could not be saved to a file.

    Attributes:
        http_status: The HTTP status with which the file's host refused it; None where
            something else was the matter.
    """

    advice = "No file was written, and the result itself is as good as before."

    def __init__(self, message: str, *, http_status: int | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status


class Saving(NamedTuple):
    """What is to be saved, and how.

    Attributes:
        wire: The result as it came.
        path: The file, or a folder in which the file gets a name.
        output: Which output, where there are several.
        limit: The bytes that it may have.
        timeout: The seconds after which fetching it is given up.
    """

    wire: Mapping[str, Any]
    path: str | os.PathLike[str]
    output: str | None
    limit: int
    timeout: float


class _Output(NamedTuple):
    """One output of a result.

    Attributes:
        way: The ending of its member's name: how it is given.
        text: The member's value.
        uuid: Its own UUID; None where it has none.
    """

    way: str
    text: str
    uuid: str | None

    @property
    def is_address(self) -> bool:
        return self.way.lower() == "url" and not self.text.startswith("data:")


def save(saving: Saving, http_client: httpx2.Client | None) -> Path:
    """Save an output; see `TaskResult.save`."""
    timeout = valid_timeout(saving.timeout)
    output = _chosen(saving.wire, saving.output)
    with _Part(saving.path, saving.limit) as part:
        if not output.is_address:
            return _decoded(output, part)
        fetch = _Fetch(output.text, part, timeout)
        with fetch.explained():
            streams = _Streams()
            fetching = partial(_fetched, fetch, http_client, streams)
            run_aside(fetching, timeout, streams.shut)
        return part.publish(output, fetch.file_type)


def _fetched(
    fetch: _Fetch, http_client: httpx2.Client | None, streams: _Streams
) -> None:
    with _client(http_client) as client:
        while not fetch.is_done:
            request = fetch.request(client, trace=streams.trace)
            response = client.send(
                request, stream=True, auth=None, follow_redirects=False
            )
            with closing(response):
                body = fetch.begins(response)
                if body is not None:
                    for chunk in response.iter_raw():
                        fetch.take(body, chunk)
                    body.end()


async def asave(saving: Saving, http_client: httpx2.AsyncClient | None) -> Path:
    """Save an output; see `TaskResult.asave`."""
    timeout = valid_timeout(saving.timeout)
    output = _chosen(saving.wire, saving.output)
    with _Part(saving.path, saving.limit) as part:
        if not output.is_address:
            return await asyncio.to_thread(_decoded, output, part)
        fetch = _Fetch(output.text, part, timeout)
        with fetch.explained():
            await _in_time(_afetched(fetch, http_client), timeout)
        return part.publish(output, fetch.file_type)


async def _afetched(fetch: _Fetch, http_client: httpx2.AsyncClient | None) -> None:
    async with _async_client(http_client) as client:
        while not fetch.is_done:
            request = fetch.request(client)
            response = await client.send(
                request, stream=True, auth=None, follow_redirects=False
            )
            async with aclosing(response):
                body = fetch.begins(response)
                if body is not None:
                    async for chunk in response.aiter_raw():
                        await asyncio.to_thread(fetch.take, body, chunk)
                    body.end()


@contextmanager
def _client(given: httpx2.Client | None) -> Generator[httpx2.Client]:
    if given is not None:
        yield given
        return
    with _made(httpx2.Client) as client:
        yield client


@asynccontextmanager
async def _async_client(
    given: httpx2.AsyncClient | None,
) -> AsyncGenerator[httpx2.AsyncClient]:
    if given is not None:
        yield given
        return
    async with _made(httpx2.AsyncClient) as client:
        yield client


def _made(kind: Callable[[], ClientT]) -> ClientT:
    try:
        return kind()
    except (ImportError, OSError, ValueError) as error:  # proxies and certificates
        raise DownloadError(f"no HTTP client can be made: {error}") from error


# -- which output -----------------------------------------------------------------


def _chosen(wire: Mapping[str, Any], name: str | None) -> _Output:
    """The output of a name, or the only one.

    Raises:
        DownloadError: There is none, or not one alone.
    """
    found = _outputs(wire)
    if not found:
        members = ", ".join(map(str, wire)) or "nothing"
        raise DownloadError(
            f"there is no output to save in this result: it has {members}"
        )
    if name is None and len(found) == 1:
        [only] = found.values()
        return only
    if name in found:
        return found[name]
    names = ", ".join(map(repr, found))
    if name is None:
        raise DownloadError(
            f"this result has several outputs; choose one with output=: {names}"
        )
    raise DownloadError(f"this result has no output {name!r}, but {names}")


def _outputs(wire: Mapping[str, Any]) -> dict[str, _Output]:
    """The outputs by name: `image` for imageURL, `outputs.files.0` for its url."""
    found: dict[str, _Output] = {}
    left: list[tuple[str, Any]] = [("", wire)]
    while left:  # a result may be nested deeper than Python can call
        place, value = left.pop()
        if is_object(value):
            for name, output in _outputs_in(value):
                found.setdefault(f"{place}{name}".rstrip(".") or output.way, output)
            parts = [*value.items()]
        else:
            parts = [(str(index), part) for index, part in enumerate(value)]
        left += [
            (f"{place}{name}.", part)
            for name, part in reversed(parts)
            if is_object(part) or is_array(part)
        ]
    return found


def _outputs_in(members: Mapping[str, Any]) -> Iterator[tuple[str, _Output]]:
    """Yield the outputs that an object has as its own members, the best way first."""
    matches = [
        (match[1], match[2], value)
        for name, value in members.items()
        if (match := _MEMBER.fullmatch(name)) and name not in _NO_OUTPUTS
        if isinstance(value, str) and value
    ]
    matches.sort(key=lambda match: _PREFERRED.index(match[1]))
    for name, way, text in matches:
        uuid = members.get(f"{name}UUID" if name else "uuid")
        own = uuid if isinstance(uuid, str) and _UUID.fullmatch(uuid) else None
        yield name, _Output(way, text, own)


# -- what came with the result ----------------------------------------------------


def _decoded(output: _Output, part: _Part) -> Path:
    """Save what came with the result itself."""
    header, text = "", output.text
    if text.startswith("data:"):
        header, _, text = text.partition(",")
    is_base64 = not header or header.endswith(";base64")
    part.expect(len(text) // 4 * 3 - text[-2:].count("=") if is_base64 else 0)
    try:
        content = (
            b64decode(text, validate=True) if is_base64 else unquote_to_bytes(text)
        )
    except ValueError as error:
        message = f"the output that came as {output.way} is not base64: {error}"
        raise DownloadError(message) from None
    part.write(content)
    return part.publish(output, named_type(header.removeprefix("data:")))


# -- within a time ----------------------------------------------------------------


class _Streams:
    """The connections of a download, to be shut when it takes too long."""

    def __init__(self) -> None:
        self._made: list[Any] = []
        self._is_left = False

    def trace(self, _: str, info: dict[str, Any]) -> None:
        """Note a connection that is made; httpx2's extension `trace` calls it."""
        made = info.get("return_value")
        if hasattr(made, "get_extra_info"):
            self._made.append(made)
        if self._is_left:
            self.shut()

    def shut(self) -> None:
        """Shut them, and those that are made later."""
        self._is_left = True
        for stream in self._made:
            with suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


async def _in_time(work: Coroutine[Any, Any, None], timeout: float) -> None:
    """Await some work; see `run_aside`."""
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            await work
    except TimeoutError as error:
        raise (LateError if limit.expired() else error) from None


# -- what has to be fetched -------------------------------------------------------


class _Fetch:
    """Fetching one file, without the I/O: where it is, and what an answer means.

    Attributes:
        is_done: Whether the file itself was answered.
        file_type: What the answer said that it is; None where it did not.
    """

    def __init__(self, url: str, part: _Part, timeout: float) -> None:
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
        """The next request. No key goes to the host, even if the client has one."""
        silence = min(self._timeout, MAX_SILENCE)
        request = client.build_request(
            "GET", self._url, timeout=silence, extensions=extensions
        )
        request.headers.pop("Authorization", None)
        request.headers["Accept-Encoding"] = "identity"
        return request

    def begins(self, response: httpx2.Response) -> Body | None:
        """Return the body of an answer that is the file, if it is to be read.

        Raises:
            DownloadError: It is neither.
        """
        status = response.status_code
        if status in _REDIRECTS and "location" in response.headers:
            self._redirect(response.headers["location"])
            return None
        if status != 200:
            message = f"{self._place} answers HTTP {status} {response.reason_phrase}"
            raise DownloadError(message.rstrip(), http_status=status)
        if _is_page(response.headers.get("content-type", ""), self._url):
            raise DownloadError(f"{self._place} answers with a page of HTML")
        self.is_done = True
        self.file_type = _told(response.headers.get("content-type", ""), self._url)
        body = Body(response)
        self._part.expect(body.size)
        if response.is_stream_consumed:  # by an event hook, or made without a stream
            self.take(body, response.content)
            body.end()
            return None
        return body

    def take(self, body: Body, chunk: bytes) -> None:
        """Write more of the file, of which a chunk came."""
        for piece in body.decoded(chunk):
            self._part.write(piece)

    @contextmanager
    def explained(self) -> Generator[None]:
        """Say failures of HTTP in our words."""
        try:
            yield
        except LateError:
            message = f"{self._place} did not give the file within {self._timeout:g} s"
            raise DownloadError(message) from None
        except _FAILURES as error:
            reason = str(error) or type(error).__name__
            message = f"{self._place} did not give the file: {reason}"
            raise DownloadError(message) from error

    @property
    def _place(self) -> str:
        # What stands after the path may be a signature, which is nobody's business.
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
            raise DownloadError(f"the output's URL cannot be read: {error}") from None
        if url.scheme not in ("http", "https") or not url.host:
            scheme = url.scheme or "no scheme"
            raise DownloadError(f"the output's URL is not of http or https: {scheme}")
        if url.port is not None and url.port not in range(1, 2**16):
            message = f"the output's URL cannot be read: there is no port {url.port}"
            raise DownloadError(message)
        return url


def _is_page(content_type: str, url: httpx2.URL) -> bool:
    """Say whether an answer is a page that stands in place of the file."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "text/html" and not url.path.lower().endswith(
        (".html", ".htm")
    )


def _told(content_type: str, url: httpx2.URL) -> FileType | None:
    """What the answer says, or else the address, of the type of a file."""
    named = named_type(content_type)
    if named not in (None, BYTES):
        return named
    suffix = PurePosixPath(url.path).suffix
    return BYTES._replace(suffix=suffix.lower()) if _SUFFIX.fullmatch(suffix) else None


# -- the file ---------------------------------------------------------------------


class _Part:
    """A file in the making, in the folder where it will stand, until it is whole."""

    def __init__(self, path: str | os.PathLike[str], limit: int) -> None:
        self._path = Path(path)
        is_folder = os.fspath(path).endswith(("/", os.sep)) or self._path.is_dir()
        self._folder = self._path if is_folder else self._path.parent
        self._limit = limit
        self._size = 0
        self._head = b""

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._unique = uuid4().hex
        self._partial = self._folder / f".{self._unique}.part"
        self._file = self._partial.open("xb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()
        self._partial.unlink(missing_ok=True)

    def expect(self, size: int) -> None:
        """Refuse a file before it comes that will have more bytes than it may."""
        if size > self._limit:
            raise DownloadError(
                f"the output has more than {self._limit:,} bytes: {size:,}; raise limit= "
                "to save it"
            )

    def write(self, chunk: bytes) -> None:
        """Write more of it."""
        self._size += len(chunk)
        self.expect(self._size)
        if len(self._head) < HEAD:
            self._head += chunk[: HEAD - len(self._head)]
        self._file.write(chunk)

    def publish(self, output: _Output, told: FileType | None) -> Path:
        """Put the whole file where it belongs, in place of one that stands there."""
        if not self._size:
            raise DownloadError("the output is an empty file")
        self._file.close()
        suffix = (told or file_type(self._head) or BYTES).suffix
        if self._path == self._folder:
            name = output.uuid or f"output-{self._unique}"
            target = self._folder / f"{name}{suffix}"
        elif self._path.suffix:
            target = self._path
        else:
            target = self._path.with_name(self._path.name + suffix)
        return self._partial.replace(target)
