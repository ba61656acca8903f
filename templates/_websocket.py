"""Carries tasks to the server and results back over one WebSocket, for the async client.

A connection is made when it is first needed, and shared by all calls. When it breaks, a
new one goes on with its session, over which the server delivers what it could not
deliver before. A call whose answer does not come then fails as one that may have run:
whoever made it asks the server for its tasks.
"""

from __future__ import annotations

import asyncio
import builtins
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

import httpx2

from ._async_transport import AsyncHTTPTransport
from ._batches import AUTHENTICATION
from ._configuration import RUNWARE_SOCKET_URL, RUNWARE_URL
from ._envelope import SCOPE, Answer, Envelope, read_envelope
from ._exceptions import ConnectionError, ResponseError, TimeoutError
from ._session import Pending, Session, status_of
from ._socket import Broken, Socket, connected
from ._transport import LONGEST_CONNECT
from ._waits import Waits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._envelope import Item
    from ._transport import Endpoint, Headers

PING = b'{"taskType":"ping","ping":true}'

PING_EVERY = 30.0
"""Seconds between pings; the server closes a connection after 120 without a message."""

LONGEST_SILENCE = 30.0
"""Seconds after a ping until a server that sends nothing at all is taken for dead."""

GRACE = 5.0
"""Seconds after a connection broke, for which calls wait for what a new one brings."""

LAST_WORDS = 0.2
"""Seconds for which a connection that takes nothing any more is listened to."""

QUIET = 2.0
"""Seconds after a question, and after a pong to it, until it is taken for answered."""

LONGEST_QUESTION = 30.0
"""Seconds that the answer to a question may take."""

RECONNECTING = Waits(first=0.1, factor=2.0, longest=2.0)
"""How long to wait before a connection is made anew."""


class WebSocketTransport:
    """Sends calls over one WebSocket."""

    takes_headers = False

    def __init__(
        self,
        endpoint: Endpoint,
        http_client: httpx2.AsyncClient | None,
        concurrency: int,
    ) -> None:
        self._endpoint = endpoint
        self._is_own = http_client is None
        limits = httpx2.Limits(max_connections=None, keepalive_expiry=5)
        self._http = http_client or httpx2.AsyncClient(limits=limits)
        over_http = replace(endpoint, url=_http_url(endpoint.url))
        self._streams = AsyncHTTPTransport(over_http, self._http, concurrency)
        self._places = asyncio.Semaphore(concurrency)
        self._session = Session()
        self._has_unwritten = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self._pauses = RECONNECTING.of(AUTHENTICATION)
        self._grace_ends = 0.0
        self._is_closed = False

    # -- calls ----------------------------------------------------------------

    async def post(
        self, parts: list[bytes], timeout: float, extra: Headers
    ) -> Envelope:
        """Send tasks and wait for the answer, which may come in many messages.

        Args:
            parts: The tasks, each as JSON text.
            timeout: The seconds that it may take.
            extra: Left aside: an open connection takes no headers.

        Raises:
            ConnectionError: No answer came.
            TimeoutError: None came in time.
            ResponseError: What came cannot be read.
            RuntimeError: The client is closed.
        """
        if self._is_closed:
            raise RuntimeError("this client is closed: make another one")
        deadline = monotonic() + timeout
        try:
            async with asyncio.timeout(timeout):
                await self._places.acquire()
        except builtins.TimeoutError:
            raise ConnectionError("too many calls were under way until then") from None
        try:
            return await self._exchange(parts, deadline)
        finally:
            self._places.release()

    async def _exchange(self, parts: Iterable[bytes], deadline: float) -> Envelope:
        pending = self._session.expect(parts)
        try:
            async with asyncio.timeout(deadline - monotonic()):
                if pending.outcome is None:
                    self._note_unwritten()
                    await self._answered(pending)
        except builtins.TimeoutError:
            if not pending.is_written:
                reason = f"no connection to {self._endpoint.url} in time"
                raise pending.unanswered(reason) from None
            raise TimeoutError("the server did not answer in time") from None
        finally:
            self._session.forget(pending)
        return pending.answer()

    def _note_unwritten(self) -> None:
        self._has_unwritten.set()
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())

    async def _answered(self, pending: Pending) -> None:
        """Wait for the outcome.

        A server may say nothing of tasks that it does not know. Once it has answered a
        ping that was sent after the question, it will say no more.
        """
        if not pending.is_question:
            await pending.done.wait()
            return
        async with asyncio.timeout(LONGEST_QUESTION):
            if await _is_quiet(pending):
                with suppress(ConnectionError):
                    await self._exchange([PING], monotonic() + LONGEST_QUESTION)
                if await _is_quiet(pending):
                    pending.finish()

    def open(
        self, part: bytes, timeout: float, extra: Headers
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        """Send one task whose answer is a stream of events, which only HTTP carries."""
        return self._streams.open(part, timeout, extra)

    async def aclose(self) -> None:
        """Close the connection; calls that wait for an answer get none."""
        self._is_closed = True
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)
        if self._is_own:
            await self._http.aclose()

    # -- connections ----------------------------------------------------------

    async def _run(self) -> None:
        """Hold a connection; make it anew for as long as anybody waits."""
        try:
            await self._hold_connection()
            while self._session.is_awaited:
                await asyncio.sleep(next(self._pauses))
                await self._hold_connection()
        finally:
            self._fail("the connection was closed before the answer")

    async def _hold_connection(self) -> None:
        """Make a connection and use it until it ends."""
        url, key = self._endpoint.url, self._endpoint.key
        try:
            async with connected(self._http, url, LONGEST_CONNECT) as socket:
                if await self._enter(socket):
                    await self._talk(socket)
                    self._note_drop()
        except Broken as error:
            if error.answer is not None and 400 <= error.answer.http_status < 500:
                refusal = read_envelope(error.answer, key)
                self._refuse(refusal, refusal.http_status)
            elif monotonic() > self._grace_ends:
                reason = f"no connection to {url}: {key.scrub(str(error))}"
                self._fail(reason, self._session.unwritten())

    async def _enter(self, socket: Socket) -> bool:
        """Authenticate, which goes on with the session, and say whether that was done.

        Raises:
            Broken: The connection has ended, or the server says nothing that fits.
        """
        known = self._session.uuid
        members = {"connectionSessionUUID": known} if known else {}
        task = self._endpoint.key.encoded_task(**members).decode()
        try:
            async with asyncio.timeout(LONGEST_CONNECT):
                await socket.send(f"[{task}]")
                frame = self._read(await socket.receive())
                while not (answers := _authentications(frame)) and not frame.errors:
                    self._session.take(frame)
                    frame = self._read(await socket.receive())
        except builtins.TimeoutError:
            raise Broken("the server did not answer the authentication") from None
        except ResponseError as error:
            raise Broken(error.message) from None
        if answers:
            self._session.uuid = answers[0].get("connectionSessionUUID") or known
            self._session.take(frame)
        elif known:
            self._session.uuid = None  # it may be the session that is refused
        else:
            status = status_of(frame.errors)
            self._refuse(frame, status if status >= 400 else 401)
        return bool(answers)

    async def _talk(self, socket: Socket) -> None:
        """Send what has to be sent and take what comes, until the connection ends."""
        listening = asyncio.create_task(self._listen(socket))
        others = [self._write(socket), self._watch(socket)]
        running = [listening, *map(asyncio.create_task, others)]
        try:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait([listening], timeout=LAST_WORDS)
        finally:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _listen(self, socket: Socket) -> None:
        with suppress(Broken):
            while True:
                self._take(await socket.receive())
                self._pauses = RECONNECTING.of(AUTHENTICATION)

    async def _write(self, socket: Socket) -> None:
        self._has_unwritten.set()
        with suppress(Broken):
            while await self._has_unwritten.wait():
                self._has_unwritten.clear()
                for pending in self._session.unwritten():
                    if not socket.is_open:
                        return
                    pending.is_written = True
                    await socket.send(pending.text)

    async def _watch(self, socket: Socket) -> None:
        """Keep the connection alive, for as long as anything comes over it."""
        with suppress(Broken):
            is_alive = True
            while is_alive:
                await asyncio.sleep(PING_EVERY)
                is_alive = await socket.answers(f"[{PING.decode()}]", LONGEST_SILENCE)

    # -- what comes, and what does not ----------------------------------------

    def _take(self, message: str | bytes) -> None:
        try:
            self._session.take(self._read(message))
        except ResponseError as error:
            for pending in self._session.written():
                pending.settle(error.about(None, None))

    def _read(self, message: str | bytes) -> Envelope:
        body = message.encode() if isinstance(message, str) else message
        return read_envelope(Answer(200, {}, body), self._endpoint.key)

    def _refuse(self, frame: Envelope, http_status: int) -> None:
        """Tell everybody who waits that the server does not let us in."""
        for pending in self._session.unwritten():
            pending.errors = [_nameless(error) for error in frame.errors]
            pending.excerpt = frame.excerpt
            pending.finish(frame.answer.body, http_status)
        self._fail("the server does not let this client in any more")

    def _fail(self, reason: str, pending: Iterable[Pending] | None = None) -> None:
        waiting = [*self._session.written(), *self._session.unwritten()]
        for each in waiting if pending is None else pending:
            each.settle(each.unanswered(reason))

    def _note_drop(self) -> None:
        """Let calls that were sent wait a little for what the next connection brings."""
        self._grace_ends = monotonic() + GRACE
        if left := self._session.note_drop():
            reason = "the connection broke before the answer"
            asyncio.get_running_loop().call_later(GRACE, self._fail, reason, left)


def _http_url(url: str) -> str:
    """Where a server that takes tasks over a WebSocket takes them over HTTP."""
    if url == RUNWARE_SOCKET_URL:
        return RUNWARE_URL
    return "http" + url.removeprefix("ws")  # wss becomes https


async def _is_quiet(pending: Pending) -> bool:
    """Whether a question has no outcome after some time."""
    with suppress(builtins.TimeoutError):
        async with asyncio.timeout(QUIET):
            await pending.done.wait()
    return pending.outcome is None


def _authentications(frame: Envelope) -> list[Item]:
    return [item for item in frame.data if item.get("taskType") == AUTHENTICATION]


def _nameless(error: Item) -> Item:
    """An error that is about no task of a call."""
    return {name: error[name] for name in error if name not in SCOPE}
