"""HTTP transport: timeouts, size limits, one POST per call, and a hidden key."""

from __future__ import annotations

import asyncio
import errno
import gzip
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import zlib
from base64 import b64encode
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2
import pytest
from trustme import CA

from loopback import KEY, NotSocks, http_server, without_a_loop
from wire import LONG, answer, drip, hold, in_turn, reset, say, wired

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Iterator
    from types import ModuleType

    from wire import Script

TASK_UUID = "0e5c5f2e-7f0c-4d6a-9c4b-0a3f5d1c2b11"
TASK = {"taskType": "imageInference", "taskUUID": TASK_UUID}
PART = json.dumps(TASK).encode()
REFUSED = "http://127.0.0.1:1/v1"


@dataclass
class Carrier:
    """Makes exchanges with the sync or async transport of a package."""

    kind: str
    package: str
    auth: str = "header"
    part: bytes = PART
    elements: int = 1
    brought: list[Any] = field(default_factory=list)

    def module(self, name: str) -> Any:
        """Import a module of the package."""
        return import_module(f"{self.package}.{name}")

    def transport(self, url: str, http_client: Any = None) -> Any:
        """Make a transport for a URL."""
        key = self.module("_runtime.transport.api_key").ApiKey(KEY)
        endpoint = self.module("_runtime.transport.endpoint").Endpoint(
            url, key, self.auth
        )
        if self.kind == "sync":
            return self.module("_runtime.transport.http").HTTPTransport(
                endpoint, http_client, 4
            )
        kind = self.module("_runtime.transport.async_http").AsyncHTTPTransport
        return kind(endpoint, http_client, 4)

    def http_client(self, **options: Any) -> Any:
        """Make an HTTP client that the caller owns."""
        kind = httpx2.Client if self.kind == "sync" else httpx2.AsyncClient
        self.brought.append(kind(**options))
        return self.brought[-1]

    async def close(self, transport: Any) -> None:
        """Close a transport and the caller's HTTP clients."""
        connections = transport._connections
        if self.kind == "sync":
            used = [connections.pool.http]
            transport.close()
        else:
            used = [pool.http for pool in connections.pools.values()]
            await transport.aclose()
        assert all(each.is_closed for each in used if each not in self.brought)
        assert not any(each.is_closed for each in self.brought)
        for each in self.brought:
            each.close() if self.kind == "sync" else await each.aclose()
        self.brought.clear()

    def do(self, how: str, transport: Any, timeout: float = LONG) -> Any:
        """Post a task, or open and read a streamed response."""
        return getattr(self, f"_{how}_{self.kind}")(transport, timeout)

    def _post_sync(self, transport: Any, seconds: float) -> Any:
        return transport.post([self.part] * self.elements, seconds, None)

    async def _post_async(self, transport: Any, seconds: float) -> Any:
        return await transport.post([self.part] * self.elements, seconds, None)

    def _open_sync(self, transport: Any, seconds: float) -> Any:
        with transport.open(
            PART, seconds, None, is_limited=True, on_exchange=id
        ) as response:
            response.read()
            return response

    async def _open_async(self, transport: Any, seconds: float) -> Any:
        async with transport.open(
            PART, seconds, None, is_limited=True, on_exchange=id
        ) as response:
            await response.aread()
            return response

    def run(self, how: str, transport: Any, *timeouts: float) -> list[Any]:
        """Make exchanges one after the other; return their results or exceptions."""

        async def work() -> list[Any]:
            outcomes: list[Any] = []
            try:
                for timeout in timeouts:
                    try:
                        given = self.do(how, transport, timeout)
                        if self.kind == "async":
                            given = await given
                    except Exception as error:  # noqa: BLE001 - the outcome
                        given = error
                    outcomes.append(given)
            finally:
                await self.close(transport)
            return outcomes

        return asyncio.run(work())

    def once(self, url: str, how: str = "post", timeout: float = LONG) -> Any:
        """Make one exchange; return its result or exception."""
        [outcome] = self.run(how, self.transport(url), timeout)
        return outcome

    def is_sent(self, error: Any) -> bool:
        """Return whether an exception says that something was written."""
        if isinstance(error, httpx2.RequestError):
            return not isinstance(
                error, self.module("_runtime.transport.exchange").NEVER_SENT
            )
        return bool(error.may_have_run)


@pytest.fixture(params=["sync", "async"])
def carrier(request: pytest.FixtureRequest, shipped: ModuleType) -> Carrier:
    """Makes exchanges with the shipped package."""
    return Carrier(request.param, shipped.__name__)


both_ways = pytest.mark.parametrize("how", ["post", "open"])


# -- redirects ----------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", [REFUSED, "ftp://x/y", "/v1"])
def test_a_redirect_is_not_followed(carrier: Carrier, status: int, place: str) -> None:
    moved = answer(b"", status, f"Location: {place}")
    with wired(say(moved)) as wire:
        mine = carrier.http_client(follow_redirects=True)
        [error] = carrier.run("post", carrier.transport(wire.url, mine), LONG)
    assert type(error).__name__ == "ResponseError"
    assert (error.http_status, error.may_have_run) == (status, True)
    assert len(wire.requests) == 1


# -- timeouts -----------------------------------------------------------------

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
EMPTY_BLOCK = b"5\r\n\x00\x00\x00\xff\xff\r\n"
GZIP_HEAD = b"a\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03\r\n"
SLOW: dict[str, Script] = {
    "nothing": hold,
    "a header": drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
    "103": drip(b"", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"),
    "a body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
    "a chunk's extension": drip(CHUNKED + b"\r\n1;", b"a"),
    "empty gzip": drip(
        CHUNKED + b"Content-Encoding: gzip\r\n\r\n" + GZIP_HEAD, EMPTY_BLOCK
    ),
}


@pytest.mark.parametrize("slow", SLOW)
@both_ways
def test_a_server_that_takes_its_time_gets_no_more_than_there_is(
    carrier: Carrier, how: str, slow: str
) -> None:
    with wired(SLOW[slow]) as wire:
        error = carrier.once(wire.url, how, 0.3)
    assert carrier.is_sent(error)
    kind = httpx2.TimeoutException if how == "open" else TimeoutError
    assert isinstance(error, kind)


@both_ways
def test_what_answers_set_is_not_kept(carrier: Carrier, how: str) -> None:
    """Otherwise, cookies with new names would make each request larger."""
    with wired(say(answer(ENVELOPE, 200, "Set-Cookie: kept=1; Path=/"))) as wire:
        carrier.run(how, carrier.transport(wire.url), LONG, LONG)
    assert len(wire.requests) == 2
    assert b"cookie:" not in wire.requests[1].lower()


def test_a_connection_that_is_used_again_is_bounded_too(carrier: Carrier) -> None:
    slow = drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a")
    with wired(in_turn([say(answer()), slow])) as wire:
        _, error = carrier.run("post", carrier.transport(wire.url), LONG, 0.3)
    assert isinstance(error, TimeoutError)
    assert wire.connections == 1


def test_a_client_that_was_brought_is_bounded_too(carrier: Carrier) -> None:
    with wired(drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a")) as wire:
        mine = carrier.http_client(timeout=None)
        [error] = carrier.run("post", carrier.transport(wire.url, mine), 0.3)
    assert isinstance(error, TimeoutError)


def test_a_request_that_is_read_slowly_is_given_up(carrier: Carrier) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # Accepted sockets inherit it: the kernel buffers little for the server.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        is_over = Event()

        def read_slowly() -> None:
            client, _ = listening.accept()
            with client, suppress(OSError):
                while not is_over.wait(0.02) and client.recv(4096):
                    pass

        thread = Thread(target=read_slowly)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        big = b'{"text":"%b"}' % (b"x" * 8_000_000)
        transport = carrier.transport(url)

        async def work() -> Any:
            try:
                if carrier.kind == "sync":
                    return transport.post([big], 0.3, None)
                return await transport.post([big], 0.3, None)
            except TimeoutError as error:
                return error
            finally:
                is_over.set()
                await carrier.close(transport)

        error = asyncio.run(work())
        thread.join(LONG)
    assert error.may_have_run


def test_a_name_that_is_not_resolved_in_time_was_not_sent_to(
    shipped: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = Event()
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *args: Any, **kwargs: Any) -> Any:
        if host == "slow.invalid":
            is_over.wait(LONG)
        return real("127.0.0.1" if host == "slow.invalid" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = Carrier("sync", shipped.__name__).once(
        "http://slow.invalid:1/", timeout=0.2
    )
    is_over.set()
    assert isinstance(error, ConnectionError)
    assert "name resolution of slow.invalid timed out" in str(error)
    assert not Carrier("sync", shipped.__name__).is_sent(error)


# -- size limits and compression ----------------------------------------------

ENVELOPE = b'{"data":[{"taskType":"ping","pong":true}]}'


def deflated(body: bytes, wbits: int) -> bytes:
    """Compress a body in a format of zlib."""
    compressor = zlib.compressobj(wbits=wbits)
    return compressor.compress(body) + compressor.flush()


WHOLE = {
    "plain": ("identity", ENVELOPE),
    "gzip": ("gzip", gzip.compress(ENVELOPE)),
    "members": ("X-GZIP", gzip.compress(ENVELOPE[:9]) + gzip.compress(ENVELOPE[9:])),
    "zlib": ("deflate", deflated(ENVELOPE, zlib.MAX_WBITS)),
    "raw deflate": ("deflate", deflated(ENVELOPE, -zlib.MAX_WBITS)),
}
BROKEN = {
    "bomb": ("gzip", gzip.compress(b" " * 9_000_000), "more than 1,000,000 bytes"),
    "large": ("identity", b" " * 1_000_001, "more than 1,000,000 bytes"),
    "cut": ("gzip", gzip.compress(ENVELOPE)[:-3], "it is truncated"),
    "nonsense": ("deflate", b"\x78nonsense", "its compressed data is corrupt"),
    "unknown": ("br", b"?", "Content-Encoding is 'br'"),
    "nested": ("gzip, gzip", b"?", "Content-Encoding is 'gzip, gzip'"),
}


@pytest.mark.parametrize("form", WHOLE)
@both_ways
def test_a_body_is_decoded_even_where_that_was_not_asked_for(
    carrier: Carrier, how: str, form: str
) -> None:
    encoding, body = WHOLE[form]
    with wired(say(answer(body, 200, f"Content-Encoding: {encoding}"))) as wire:
        given = carrier.once(wire.url, how)
    content = given.content if how == "open" else given.answer.body
    assert content == ENVELOPE
    assert b"accept-encoding: identity\r\n" in wire.requests[0].lower()


@pytest.mark.parametrize("form", BROKEN)
@pytest.mark.parametrize("status", [200, 500])
@both_ways
def test_a_body_that_is_too_large_or_broken_is_told(
    carrier: Carrier, how: str, status: int, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoding, body, said = BROKEN[form]
    limit = (carrier.module("_runtime.transport.answer_body"), "MAX_ANSWER", 1_000_000)
    monkeypatch.setattr(*limit)
    headers = (f"Content-Encoding: {encoding}", "X-Request-Id: r-1")
    with wired(say(answer(body, status, *headers))) as wire:
        error = carrier.once(wire.url, how)
    assert type(error).__name__ == "ResponseError"
    assert said in str(error)
    assert (error.http_status, error.request_id) == (status, "r-1")
    assert error.may_have_run


# -- whether anything was written ---------------------------------------------


@both_ways
def test_a_refused_connection_was_not_written_to(carrier: Carrier, how: str) -> None:
    error = carrier.once(REFUSED, how)
    assert not carrier.is_sent(error)
    assert "[Errno" in str(error)  # the system says more than the HTTP library


@pytest.mark.parametrize("script", [reset, say(b"?\r\n\r\n")], ids=["reset", "no HTTP"])
@both_ways
def test_a_connection_that_breaks_may_have_brought_the_task(
    carrier: Carrier, how: str, script: Script
) -> None:
    with wired(in_turn([script, reset])) as wire:
        error = carrier.once(wire.url, how, 2)
    assert carrier.is_sent(error)


@both_ways
def test_the_error_of_the_system_is_told(carrier: Carrier, how: str) -> None:
    with wired(reset) as wire:
        error = carrier.once(wire.url, how)
    assert os.strerror(errno.ECONNRESET) in str(error)


def test_headers_that_cannot_be_sent_were_not_sent(carrier: Carrier) -> None:
    with wired(say(answer())) as wire:
        for value in ("a\nb", "ä\x00", "€"):
            transport = carrier.transport(wire.url)
            transport.endpoint = _with_header(carrier, wire.url, value)
            [error] = carrier.run("post", transport, LONG)
            assert isinstance(error, ConnectionError)
            assert not carrier.is_sent(error)
    assert wire.requests == []


def _with_header(carrier: Carrier, url: str, value: str) -> Any:
    module = carrier.module("_runtime.transport.endpoint")

    class Endpoint(module.Endpoint):  # type: ignore[misc]
        def headers(self, given: dict[str, str], _: Any) -> dict[str, str]:
            return {**super().headers(given, None), "X-Mine": value}

    return Endpoint(
        url, carrier.module("_runtime.transport.api_key").ApiKey(KEY), "header"
    )


def _refusal_by_tls() -> ssl.SSLError:
    error = ssl.SSLError()
    error.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    return error


@pytest.mark.parametrize(
    "cause",
    [
        ValueError("mine"),
        httpx2.ConnectError("to another place"),
        OSError(),
        _refusal_by_tls(),
    ],
)
def test_a_hook_that_fails_after_the_answer_leaves_the_task_uncertain(
    carrier: Carrier, cause: Exception
) -> None:
    def fail(_: httpx2.Response) -> None:
        raise cause

    async def afail(_: httpx2.Response) -> None:
        raise cause

    hook = fail if carrier.kind == "sync" else afail
    with wired(say(answer())) as wire:
        mine = carrier.http_client(event_hooks={"response": [hook]})
        [error] = carrier.run("post", carrier.transport(wire.url, mine), LONG)
    assert isinstance(error, ConnectionError)
    assert carrier.is_sent(error)


@both_ways
@pytest.mark.parametrize("is_read", [True, False])
def test_a_refusal_of_which_a_hook_raises_an_error_is_a_refusal(
    carrier: Carrier, how: str, *, is_read: bool
) -> None:
    refusal = b'{"errors":[{"code":"invalidApiKey","message":"no"}]}'

    def refuse(response: httpx2.Response) -> None:
        if is_read:
            response.read()
        response.raise_for_status()

    async def arefuse(response: httpx2.Response) -> None:
        if is_read:
            await response.aread()
        response.raise_for_status()

    hook = refuse if carrier.kind == "sync" else arefuse
    with wired(say(answer(refusal, 401, "X-Request-Id: 7"))) as wire:
        mine = carrier.http_client(event_hooks={"response": [hook]})
        [given] = carrier.run(how, carrier.transport(wire.url, mine), LONG)
    status = given.status_code if how == "open" else given.answer.http_status
    content = given.content if how == "open" else given.answer.body
    headers = given.headers if how == "open" else given.answer.headers
    assert (status, headers["X-Request-Id"]) == (401, "7")
    assert content == (refusal if is_read else b"")


@pytest.mark.parametrize(("status", "is_refused"), [(402, False), (401, True)])
def test_an_unread_refusal_of_several_tasks_may_be_about_some(
    carrier: Carrier, status: int, *, is_refused: bool
) -> None:
    """Its body may have the results of the others."""

    def refuse(response: httpx2.Response) -> None:
        response.raise_for_status()

    async def arefuse(response: httpx2.Response) -> None:
        response.raise_for_status()

    hook = refuse if carrier.kind == "sync" else arefuse
    with wired(say(answer(status=status))) as wire:
        mine = carrier.http_client(event_hooks={"response": [hook]})
        transport = carrier.transport(wire.url, mine)
        [given] = replace(carrier, elements=2).run("post", transport, LONG)
    if is_refused:
        assert given.answer.http_status == status
    else:
        assert isinstance(given, ConnectionError)
        assert carrier.is_sent(given)


def test_a_refusal_of_a_request_that_a_hook_sends_is_none_of_the_task(
    carrier: Carrier,
) -> None:
    other = httpx2.Response(401, request=httpx2.Request("GET", REFUSED))

    def fail(_: httpx2.Response) -> None:
        other.raise_for_status()

    async def afail(_: httpx2.Response) -> None:
        other.raise_for_status()

    hook = fail if carrier.kind == "sync" else afail
    with wired(say(answer())) as wire:
        mine = carrier.http_client(event_hooks={"response": [hook]})
        [error] = carrier.run("post", carrier.transport(wire.url, mine), LONG)
    assert isinstance(error, ConnectionError)
    assert carrier.is_sent(error)


def test_a_response_that_a_hook_creates_is_none_of_the_server(
    carrier: Carrier,
) -> None:
    def fail(response: httpx2.Response) -> None:
        made = httpx2.Response(429)
        raise httpx2.HTTPStatusError(
            "too late", request=response.request, response=made
        )

    async def afail(response: httpx2.Response) -> None:
        fail(response)

    hook = fail if carrier.kind == "sync" else afail
    with wired(say(answer())) as wire:
        mine = carrier.http_client(event_hooks={"response": [hook]})
        [error] = carrier.run("post", carrier.transport(wire.url, mine), LONG)
    assert isinstance(error, ConnectionError)
    assert "HTTPStatusError: too late" in str(error)
    assert carrier.is_sent(error)


def test_an_answer_before_the_end_of_the_request_is_read(carrier: Carrier) -> None:
    """The server refuses a large request after its headers, and disconnects."""
    refusal = answer(b'{"errors":[{"code":"payloadTooLarge","message":"no"}]}', 413)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            client, _ = listening.accept()
            with client:
                client.recv(1 << 16)
                client.sendall(refusal)

        Thread(target=refuse).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        carrier.part = json.dumps({**TASK, "text": "x" * 12_000_000}).encode()
        envelope = carrier.once(url)
    assert envelope.answer.http_status == 413


class FailingAuth(httpx2.Auth):
    """Authentication that fails before the first request, or after its response."""

    def __init__(self, cause: Exception, sent: int) -> None:
        self._cause = cause
        self._sent = sent

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Yield the request `sent` times, then fail."""
        for _ in range(self._sent):
            yield request
        raise self._cause


CAUSES = [KeyError("mine"), OSError("mine"), TimeoutError(), httpx2.ReadTimeout("mine")]


@pytest.mark.parametrize("is_wired", [True, False])
@pytest.mark.parametrize("cause", CAUSES, ids=repr)
def test_nothing_is_sent_if_a_hook_fails_before(
    carrier: Carrier, cause: Exception, *, is_wired: bool
) -> None:
    """With a connection, and with a transport that emits no trace events."""

    class Hook:
        def __call__(self, _: httpx2.Request) -> None:
            raise cause

    async def ahook(_: httpx2.Request) -> None:
        raise cause

    hooks = {"request": [Hook() if carrier.kind == "sync" else partial(ahook)]}
    with wired(say(answer())) as wire:
        own = {} if is_wired else {"transport": httpx2.MockTransport(_accept)}
        mine = carrier.http_client(event_hooks=hooks, **own)
        [error] = carrier.run("post", carrier.transport(wire.url, mine), LONG)
    assert wire.requests == []
    assert isinstance(error, ConnectionError)
    assert not carrier.is_sent(error)


@pytest.mark.parametrize("cause", [OSError("mine"), _refusal_by_tls()])
def test_a_hook_of_requests_and_of_answers_may_fail_after_the_answer(
    carrier: Carrier, cause: OSError
) -> None:
    """Without trace events, the client cannot know whether the request was sent."""

    def hook(message: httpx2.Request | httpx2.Response) -> None:
        if isinstance(message, httpx2.Response):
            raise cause

    async def ahook(message: httpx2.Request | httpx2.Response) -> None:
        hook(message)

    hooks = [hook if carrier.kind == "sync" else ahook]
    mine = carrier.http_client(
        event_hooks={"request": hooks, "response": hooks},
        transport=httpx2.MockTransport(_accept),
    )
    [error] = carrier.run("post", carrier.transport(REFUSED, mine), LONG)
    assert isinstance(error, ConnectionError)
    assert carrier.is_sent(error)


@pytest.mark.parametrize("sent", [0, 1])
@pytest.mark.parametrize("is_wired", [True, False])
@pytest.mark.parametrize("cause", CAUSES, ids=repr)
def test_an_authentication_fails_before_the_request_or_after_it(
    carrier: Carrier, cause: Exception, sent: int, *, is_wired: bool
) -> None:
    with wired(say(answer())) as wire:
        own = {} if is_wired else {"transport": httpx2.MockTransport(_accept)}
        mine = carrier.http_client(auth=FailingAuth(cause, sent), **own)
        [error] = carrier.run("post", carrier.transport(wire.url, mine), LONG)
    assert len(wire.requests) == (sent if is_wired else 0)
    assert isinstance(error, (ConnectionError, TimeoutError))
    assert carrier.is_sent(error) == bool(sent)


def _accept(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, content=ENVELOPE)


@pytest.mark.parametrize(
    ("cause", "is_sent"),
    [(httpx2.ConnectError, False), (httpx2.ReadError, True), (KeyError, True)],
)
def test_a_transport_of_the_callers_is_believed(
    carrier: Carrier, cause: type[Exception], *, is_sent: bool
) -> None:
    def handle(_: httpx2.Request) -> httpx2.Response:
        raise cause("no")

    mine = carrier.http_client(transport=httpx2.MockTransport(handle))
    [error] = carrier.run("post", carrier.transport(REFUSED, mine), LONG)
    assert isinstance(error, ConnectionError)
    assert carrier.is_sent(error) is is_sent


def test_an_error_of_an_enumeration_comes_from_no_signal_handler(
    carrier: Carrier,
) -> None:
    """The default handlers of signals are members of an enumeration."""

    def handle(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(HTTPStatus(9999))

    mine = carrier.http_client(transport=httpx2.MockTransport(handle))
    [error] = carrier.run("post", carrier.transport(REFUSED, mine), LONG)
    assert isinstance(error, ConnectionError)
    assert carrier.is_sent(error)


class Unread(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that is not read."""

    is_closed = False

    def close(self) -> None:
        """Record that it is closed."""
        self.is_closed = True

    async def aclose(self) -> None:
        """Record that it is closed."""
        self.is_closed = True


def _note_sending(request: httpx2.Request, method: str = "POST") -> None:
    noted = request.extensions["trace"](
        "http11.send_request_headers.started",
        {"request": httpcore2.Request(method, "http://127.0.0.1:1")},
    )
    if noted is not None:
        without_a_loop(noted)


@both_ways
def test_a_repeated_request_for_which_a_proxy_fails_was_sent(
    carrier: Carrier, how: str
) -> None:
    """The first one may have arrived."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        _note_sending(request)
        _note_sending(request, "CONNECT")
        raise httpx2.ProxyError("no")

    mine = carrier.http_client(transport=httpx2.MockTransport(handle))
    [error] = carrier.run(how, carrier.transport(REFUSED, mine), LONG)
    assert carrier.is_sent(error)


@both_ways
def test_a_response_to_a_repeated_request_is_closed(carrier: Carrier, how: str) -> None:
    """The server may have accepted the first request: a refusal proves nothing."""
    body = Unread()

    def handle(request: httpx2.Request) -> httpx2.Response:
        for _ in range(2):
            _note_sending(request)
        return httpx2.Response(400, stream=body)

    mine = carrier.http_client(transport=httpx2.MockTransport(handle))
    [error] = carrier.run(how, carrier.transport(REFUSED, mine), LONG)
    assert "sent the request several times" in str(error)
    assert carrier.is_sent(error)
    assert body.is_closed


def test_an_answer_that_a_hook_has_read_is_taken(carrier: Carrier) -> None:
    def handle(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=ENVELOPE)

    mine = carrier.http_client(transport=httpx2.MockTransport(handle))
    [envelope] = carrier.run("post", carrier.transport(REFUSED, mine), LONG)
    assert envelope.answer.body == ENVELOPE


# -- the key, and a password in the address -----------------------------------


def shown(error: BaseException) -> Iterator[str]:
    """Yield all texts that an error report could show, with variables of frames."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield f"{each!r} {each} {each.args!r} {vars(each)!r}"
        if isinstance(each, httpx2.RequestError):
            yield repr([each.request.url, each.request.headers.raw])
        pending += [each.__cause__, each.__context__]
        pending += getattr(each, "exceptions", ())
        step = each.__traceback__
        while step is not None:
            name = step.tb_frame.f_code.co_filename
            assert "httpx2" not in name, name
            assert "httpcore2" not in name, name
            if not name.endswith("test_transport.py"):
                yield repr(step.tb_frame.f_locals)
            step = step.tb_next


FAILURES: dict[str, tuple[Script | None, float]] = {
    "refused": (None, LONG),
    "reset": (reset, LONG),
    "timeout": (hold, 0.2),
    "no HTTP": (say(f"HTTP/1.1 {KEY} {KEY}\r\n\r\n".encode()), LONG),
    "cut": (say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), 0.2),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("auth", ["header", "payload"])
@both_ways
def test_no_exception_shows_the_key(
    carrier: Carrier, how: str, auth: str, failure: str
) -> None:
    carrier.auth = auth
    script, timeout = FAILURES[failure]
    with wired(script or reset) as wire:
        error = carrier.once(wire.url if script else REFUSED, how, timeout)
    assert isinstance(error, Exception)
    assert not [text for text in shown(error) if KEY in text]


def test_a_cancelled_call_does_not_show_the_key(shipped: ModuleType) -> None:
    async def work(url: str, reached: Event) -> BaseException:
        transport = carrier.transport(url)
        call = asyncio.create_task(transport.post([PART], LONG, None))
        await asyncio.to_thread(reached.wait, LONG)
        call.cancel()
        try:
            await call
        except asyncio.CancelledError as error:
            return error
        finally:
            await transport.aclose()
        raise AssertionError

    def script(client: socket.socket, _: bytes) -> None:
        reached.set()
        hold(client, b"")

    reached = Event()
    carrier = Carrier("async", shipped.__name__)
    with wired(script) as wire:
        error = asyncio.run(work(wire.url, reached))
    assert not [text for text in shown(error) if KEY in text]


def test_what_was_being_handled_before_keeps_its_traceback(carrier: Carrier) -> None:
    try:
        int("of the caller")
    except ValueError as mine:
        error, traceback = carrier.once(REFUSED), mine.__traceback__
    assert isinstance(error, ConnectionError)
    assert traceback is not None


@both_ways
def test_headers_of_an_answer_do_not_repeat_the_key(carrier: Carrier, how: str) -> None:
    said = answer(b'{"errors":[{"code":"x"}]}', 400, f"X-Request-Id: of {KEY}!")
    with wired(say(said)) as wire:
        given = carrier.once(wire.url, how)
    headers = given.headers if how == "open" else given.answer.headers
    assert headers["x-request-id"] == "of [API key]!"


def test_a_password_in_the_address_is_sent_and_not_shown(
    carrier: Carrier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    carrier.auth = "payload"
    with wired(in_turn([say(answer()), reset])) as wire:
        url = wire.url.replace("//", "//someone:pass%40word@")
        transport = carrier.transport(url)
        _, error = carrier.run("post", transport, LONG, LONG)
    basic = b64encode(b"someone:pass@word").decode()
    assert f"authorization: basic {basic}".lower() in wire.requests[0].decode().lower()
    assert wire.url in str(error)
    said = [*shown(error), caplog.text]
    assert not [text for text in said if "word@" in text or "someone" in text]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://a:b@host/v1?x=y@z", "https://host/v1"),
        ("https://a:b@host", "https://host"),
        ("https://host/a@b", "https://host/a@b"),
        ("https://host/v1#token", "https://host/v1"),
        ("https://a@b:c@host:1?d@e", "https://host:1"),
        ("host/v1", "host/v1"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(
    shipped: ModuleType, url: str, said: str
) -> None:
    module = import_module(f"{shipped.__name__}._runtime.transport.endpoint")
    assert module.shown_url(url) == said


@pytest.mark.parametrize(
    "url", ["http://someone:pass/word@host", "http://a:b", "http://"]
)
def test_an_address_that_is_none_is_refused_at_once(carrier: Carrier, url: str) -> None:
    with pytest.raises(ValueError, match="base_url is not a valid URL") as raised:
        carrier.transport(url)
    assert "someone" not in str(raised.value)


# -- closed clients -----------------------------------------------------------


@both_ways
def test_a_closed_client_sends_nothing(carrier: Carrier, how: str) -> None:
    with wired(say(answer())) as wire:
        transport = carrier.transport(wire.url)
        carrier.run(how, transport)
        [error] = carrier.run(how, transport, LONG)
        mine = carrier.http_client()
        carrier.brought.clear()
        asyncio.run(mine.aclose()) if carrier.kind == "async" else mine.close()
        [other] = carrier.run(how, carrier.transport(wire.url, mine), LONG)
    for each in (error, other):
        assert type(each).__name__ == "ClosedError"
        assert isinstance(each, carrier.module("_runtime.exceptions").RunwareError)
        assert not each.may_have_run
    assert wire.requests == []


@pytest.mark.parametrize("is_brought", [False, True])
def test_closing_ends_a_call_that_is_under_way(
    carrier: Carrier, *, is_brought: bool
) -> None:
    def script(client: socket.socket, _: bytes) -> None:
        reached.set()
        hold(client, b"")

    def closed_in_a_thread(transport: Any) -> Any:
        thread = Thread(target=lambda: (reached.wait(LONG), transport.close()))
        thread.start()
        try:
            return carrier.run("post", transport, LONG)[0]
        finally:
            thread.join(LONG)

    async def closed_in_a_task(transport: Any) -> Any:
        call = asyncio.create_task(transport.post([PART], LONG, None))
        await asyncio.to_thread(reached.wait, LONG)
        await transport.aclose()
        [error] = await asyncio.gather(call, return_exceptions=True)
        await carrier.close(transport)
        return error

    reached = Event()
    with wired(script) as wire:
        mine = carrier.http_client() if is_brought else None
        transport = carrier.transport(wire.url, mine)
        if carrier.kind == "sync":
            error = closed_in_a_thread(transport)
        else:
            error = asyncio.run(closed_in_a_task(transport))
    assert isinstance(error, carrier.module("_runtime.exceptions").ClosedError)
    assert "the client was closed" in str(error)
    assert carrier.is_sent(error)


# -- event loops --------------------------------------------------------------


def test_one_client_serves_many_event_loops(shipped: ModuleType) -> None:
    async def work() -> None:
        await asyncio.gather(*(transport.post([PART], LONG, None) for _ in range(6)))

    with wired(say(answer())) as wire:
        transport = Carrier("async", shipped.__name__).transport(wire.url)
        for _ in range(3):
            asyncio.run(work())
        threads = [Thread(target=asyncio.run, args=(work(),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG)
        asyncio.run(transport.aclose())
    assert len(wire.requests) == 36


# -- idle connections of an event loop ------------------------------------------


def test_a_connection_that_ended_while_it_was_idle_is_not_used(
    shipped: ModuleType,
) -> None:
    ended = Event()

    def end(client: socket.socket, _: bytes) -> None:
        client.sendall(answer())
        client.shutdown(socket.SHUT_RDWR)
        ended.set()

    async def work() -> None:
        await transport.post([PART], LONG, None)
        await asyncio.to_thread(ended.wait, LONG)
        await transport.post([PART], LONG, None)
        await transport.aclose()

    with wired(in_turn([end, say(answer())])) as wire:
        transport = Carrier("async", shipped.__name__).transport(wire.url)
        asyncio.run(work())
    assert (wire.connections, len(wire.requests)) == (2, 2)


def test_an_idle_connection_costs_a_call_few_calls_of_python(
    shipped: ModuleType,
) -> None:
    """Each call of a client asks every idle connection twice whether it has ended."""
    together = Barrier(4)

    def meet(client: socket.socket, _: bytes) -> None:
        together.wait(LONG)
        client.sendall(answer())

    async def calls_of_one_post(transport: Any) -> int:
        called = 0

        def count(_: object, event: str, __: object) -> None:
            nonlocal called
            called += event == "call"

        sys.setprofile(count)
        try:
            await transport.post([PART], LONG, None)
        finally:
            sys.setprofile(None)
        return called

    async def work(idle: int) -> int:
        transport = Carrier("async", shipped.__name__).transport(wire.url)
        await asyncio.gather(*(transport.post([PART], LONG, None) for _ in range(idle)))
        wire.script = say(answer())
        called = await calls_of_one_post(transport)
        await transport.aclose()
        return called

    with wired(say(answer())) as wire:
        one = asyncio.run(work(1))
        wire.script = meet
        four = asyncio.run(work(4))
    assert wire.connections == 5
    assert (four - one) / 3 < 50


def test_an_http_client_that_was_brought_serves_one_event_loop(
    shipped: ModuleType,
) -> None:
    def handle(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=ENVELOPE)

    async def work() -> Any:
        return await transport.post([PART], LONG, None)

    mine = httpx2.AsyncClient(transport=httpx2.MockTransport(handle))
    transport = Carrier("async", shipped.__name__).transport(REFUSED, mine)
    asyncio.run(work())
    with pytest.raises(ConnectionError, match="by another event loop") as raised:
        asyncio.run(work())
    assert vars(raised.value).get("may_have_run", False) is False


def test_without_a_loop_of_asyncio_there_is_a_sentence(shipped: ModuleType) -> None:
    transport = Carrier("async", shipped.__name__).transport(REFUSED)
    call: Coroutine[Any, Any, Any] = transport.post([PART], LONG, None)
    with pytest.raises(shipped.RunwareError, match="event loop of asyncio"):
        call.send(None)


# -- processes ----------------------------------------------------------------

FORKING = """
import gc, importlib, os, sys, threading
import httpx2
sys.path.insert(0, {folder!r})
from {package}._runtime.transport.api_key import ApiKey
from {package}._runtime.locks import ForkSafeLock
from {package}._runtime.transport.sync_exchange import SyncExchange
from {package}._runtime.transport.endpoint import Endpoint
from {package}._runtime.transport.http import HTTPTransport

def post(transport):
    return transport.post([b'{{"pid": %d}}' % os.getpid()], {LONG}, None).data

endpoint = Endpoint(sys.argv[1], ApiKey("k"), "header")
own, mine = HTTPTransport(endpoint, None, 1), httpx2.Client()
brought, unused = HTTPTransport(endpoint, mine, 1), httpx2.Client()
assert post(own) == post(brought) == [{{"pid": os.getpid()}}]

# A thread that holds a lock and the only place while this process forks.
lock, held, over = ForkSafeLock(), threading.Event(), threading.Event()
def hold():
    with lock.native, own._lock.native:
        exchange = SyncExchange(httpx2.URL(endpoint.url), endpoint.key, {LONG})
        assert own._connections.pool.slots.acquire(exchange)
        held.set()
        over.wait({LONG})
        own._connections.pool.slots.holders.discard(exchange)
        own._connections.pool.slots.notify()
thread = threading.Thread(target=hold)
thread.start()
held.wait({LONG})
if not (child := os.fork()):
    try:
        with lock.native:
            assert post(own) == [{{"pid": os.getpid()}}]
        assert post(HTTPTransport(endpoint, unused, 1)) == [{{"pid": os.getpid()}}]
        try:
            post(brought)
        except ConnectionError as error:
            assert error.may_have_run is False
            assert "process" in str(error)
        else:
            raise AssertionError
        own.close()
        os._exit(7)
    finally:
        sys.excepthook(*sys.exc_info()) if sys.exc_info()[0] else None
        os._exit(1)
over.set()
thread.join()
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert post(own) == post(brought) == [{{"pid": os.getpid()}}]
own.close()
mine.close()
sys.exit(status)
"""


def test_a_forked_process_has_connections_of_its_own(shipped: ModuleType) -> None:
    def echo(client: socket.socket, request: bytes) -> None:
        [task] = json.loads(request.partition(b"\r\n\r\n")[2])
        client.sendall(answer(json.dumps({"data": [task]}).encode()))

    folder = str(Path(shipped.__path__[0]).parent)
    script = FORKING.format(folder=folder, package=shipped.__name__, LONG=LONG)
    with wired(echo) as wire:
        command = [sys.executable, "-W", "ignore", "-c", script, wire.url]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (7, "")
    assert wire.connections == 4


# -- the environment ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "SSL_CERT_FILE",
            "/nowhere/ca.pem",
            "the certificates in SSL_CERT_FILE cannot",
        ),
        ("SSL_CERT_FILE", __file__, "the certificates in SSL_CERT_FILE cannot"),
        ("HTTPS_PROXY", "http://someone:pass@:x", "HTTPS_PROXY is not the URL"),
        ("all_proxy", "gopher://someone:pass@h", "all_proxy is not the URL"),
        ("ALL_PROXY", "socks5://someone:pass@h:1", "ALL_PROXY is a SOCKS proxy"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(
    carrier: Carrier, name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)  # as if not installed
    monkeypatch.setenv("http_proxy", REFUSED)
    monkeypatch.setenv(name, value)
    with pytest.raises(carrier.module("_runtime.exceptions").RunwareError) as raised:
        carrier.transport(REFUSED)
    assert said in str(raised.value)
    assert "someone" not in str(raised.value)


@pytest.mark.parametrize("script", [None, reset, say(answer(b"", 403))])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_fails_is_named(
    carrier: Carrier,
    scheme: str,
    script: Callable[[socket.socket, bytes], object] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if scheme == "http" and script not in (None, reset):
        return  # over HTTP, it looks like the server's response
    for variable in ("NO_PROXY", "no_proxy", "http_proxy", "https_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with wired(script or reset) as wire:
        place = wire.url if script else REFUSED
        proxy = place.removesuffix("/v1").replace("//", "//someone:pass@")
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy)
        error = carrier.once(f"{scheme}://runware.invalid/v1")
    assert isinstance(error, ConnectionError)
    assert f"from {scheme.upper()}_PROXY" in str(error)
    assert re.search(r": \S.* \(through the proxy", str(error))
    assert "someone" not in str(error)
    assert carrier.is_sent(error) is (scheme == "http" and script is reset)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.usefixtures("_collected")
def test_a_proxy_that_does_not_speak_socks(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("NO_PROXY", "no_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with http_server(NotSocks) as origin:
        monkeypatch.setenv("ALL_PROXY", origin.replace("http:", "socks5:"))
        error = carrier.once("https://runware.invalid/v1")
    assert isinstance(error, ConnectionError)
    assert "Malformed reply (through the proxy" in str(error)
    assert not carrier.is_sent(error)


@contextmanager
def demanding_certificates(authority: CA) -> Generator[str]:
    """Run a TLS 1.3 server that requires certificates of clients, and yield its URL."""
    required = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(required)
    required.verify_mode = ssl.CERT_REQUIRED

    def refuse() -> None:
        with suppress(OSError):  # the context has ended
            while True:
                client, _ = listening.accept()
                options = {"server_side": True, "do_handshake_on_connect": False}
                with required.wrap_socket(client, **options) as refused:
                    with suppress(ssl.SSLError):
                        refused.do_handshake()
                    while socket.socket.recv(refused, 1 << 16):
                        pass  # closed with unread data, the alert might be lost

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=refuse)
        thread.start()
        yield f"https://localhost:{listening.getsockname()[1]}/v1"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(LONG)


@both_ways
@pytest.mark.parametrize("size", [1, 3_000_000])
@pytest.mark.parametrize("has_own", [False, True])
def test_a_server_that_requires_a_certificate_has_read_nothing(
    carrier: Carrier,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    size: int,
    *,
    has_own: bool,
) -> None:
    """In TLS 1.3, the request is written before the server refuses the client."""
    authority, trusted = CA(), tmp_path / "trusted.pem"
    authority.cert_pem.write_to_path(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    unknown = ssl.create_default_context(cafile=trusted)
    CA().issue_cert("me@example.com").configure_cert(unknown)
    mine = carrier.http_client(verify=unknown) if has_own else None
    carrier.part = json.dumps({**TASK, "text": "x" * size}).encode()
    with demanding_certificates(authority) as url:
        [error] = carrier.run(how, carrier.transport(url, mine), LONG)
    assert "use an http_client with a client certificate" in str(error)
    assert not carrier.is_sent(error)
