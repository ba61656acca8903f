"""Saves the output of a result to a file, from its URL or from data in the result."""

from __future__ import annotations

import asyncio
import os
from base64 import b64decode
from collections.abc import Coroutine, Mapping
from contextlib import aclosing, closing, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote, unquote_to_bytes

import httpx2

from ..aside import LateError, run_aside, shut_down
from ..event_loops import running_loop
from ..exceptions import DownloadError
from ..http_clients import checked_client, trusted_certificates, unread_certificates
from ..timeouts import valid_timeout
from .fetch import Fetch
from .file_types import named_type
from .outputs import Output, chosen_output
from .part_file import PartFile

ClientT = TypeVar("ClientT", httpx2.Client, httpx2.AsyncClient)


class DownloadOptions(NamedTuple):
    """The result as received, and the options of `TaskResult.save`."""

    wire: Mapping[str, Any]
    path: str | os.PathLike[str]
    output: str | None
    limit: int
    timeout: float


def save(options: DownloadOptions, http_client: httpx2.Client | None) -> Path:
    """Save an output; see `TaskResult.save`."""
    timeout = valid_timeout(options.timeout)
    http_client = checked_client(http_client, httpx2.Client)
    output = chosen_output(options.wire, options.output)
    with PartFile(options.path, options.limit) as part:
        if not output.is_url:
            return _save_data(output, part)
        fetch = Fetch(output.text, part, timeout)
        with fetch.converted_errors():
            streams = _Streams()
            fetching = partial(_fetch, fetch, http_client, streams)
            run_aside(fetching, timeout, streams.shut)
        return part.publish(output, fetch.file_type)


def _fetch(fetch: Fetch, http_client: httpx2.Client | None, streams: _Streams) -> None:
    given = nullcontext(http_client) if http_client else None
    with given or _new_client(httpx2.Client) as client:
        while not fetch.is_done:
            request = fetch.request(client, trace=streams.trace)
            response = client.send(
                request, stream=True, auth=None, follow_redirects=False
            )
            with closing(response):
                body = fetch.begin(response)
                if body is not None:
                    for chunk in response.iter_raw():
                        fetch.write(body, chunk)
                    body.end()


async def asave(
    options: DownloadOptions, http_client: httpx2.AsyncClient | None
) -> Path:
    """Save an output; see `TaskResult.asave`."""
    running_loop()  # raises on event loops other than asyncio's
    timeout = valid_timeout(options.timeout)
    http_client = checked_client(http_client, httpx2.AsyncClient)
    output = chosen_output(options.wire, options.output)
    with PartFile(options.path, options.limit) as part:
        if not output.is_url:
            return await asyncio.to_thread(_save_data, output, part)
        fetch = Fetch(output.text, part, timeout)
        with fetch.converted_errors():
            await _in_time(_afetch(fetch, http_client), timeout)
        return part.publish(output, fetch.file_type)


async def _afetch(fetch: Fetch, http_client: httpx2.AsyncClient | None) -> None:
    given = nullcontext(http_client) if http_client else None
    async with given or _new_client(httpx2.AsyncClient) as client:
        while not fetch.is_done:
            request = fetch.request(client)
            response = await client.send(
                request, stream=True, auth=None, follow_redirects=False
            )
            async with aclosing(response):
                body = fetch.begin(response)
                if body is not None:
                    async for chunk in response.aiter_raw():
                        await asyncio.to_thread(fetch.write, body, chunk)
                    body.end()


def _new_client(kind: type[ClientT]) -> ClientT:
    try:
        return kind(verify=trusted_certificates())
    except OSError as error:
        raise DownloadError(unread_certificates(error)) from error
    except (ImportError, ValueError) as error:  # of a proxy
        raise DownloadError(f"the HTTP client cannot be created: {error}") from error


_FROM_URL_SAFE: Final = str.maketrans("-_", "+/")


def _save_data(output: Output, part: PartFile) -> Path:
    """Save an output whose data is in the result."""
    header, text = "", output.text
    if output.is_data_uri:
        header, _, text = text.partition(",")
        header = "".join(header.lower().split())  # browsers too accept "; base64"
    is_base64 = not header or header.endswith(";base64")
    if is_base64:
        text = "".join(unquote(text).split())  # in lines, or with escapes of a URI
        text = text.translate(_FROM_URL_SAFE)
    part.check_size(len(text) // 4 * 3 - text[-2:].count("=") if is_base64 else 0)
    try:
        content = (
            b64decode(text, validate=True) if is_base64 else unquote_to_bytes(text)
        )
    except ValueError as error:
        message = f"the output in {output.form} is not valid base64: {error}"
        raise DownloadError(message) from None
    part.write(content)
    return part.publish(output, named_type(header.removeprefix("data:")))


class _Streams:
    """The connections of a download, which are shut down on a timeout."""

    def __init__(self) -> None:
        self._streams: list[Any] = []
        self._is_shut = False

    def trace(self, _: str, info: dict[str, Any]) -> None:
        """Record a new connection. The extension `trace` of httpx2 calls it."""
        stream = info.get("return_value")
        if hasattr(stream, "get_extra_info"):
            self._streams.append(stream)
        if self._is_shut:
            self.shut()

    def shut(self) -> None:
        """Shut down the connections, and those that are opened later."""
        self._is_shut = True
        for stream in self._streams:
            shut_down(stream)


async def _in_time(work: Coroutine[Any, Any, None], timeout: float) -> None:
    """Await a coroutine with a timeout.

    Raises:
        LateError: It did not end in time.
    """
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            await work
    except TimeoutError as error:
        raise (LateError if limit.expired() else error) from None
