"""Keeps a WebSocket connection to the server open, and sends calls over it."""

from __future__ import annotations

import asyncio
import builtins
import os
from collections.abc import Iterable
from contextlib import suppress
from copy import copy
from time import monotonic

import httpx2

from ..error_codes import ErrorCategory, category_of
from ..event_loops import running_loop
from ..exceptions import ConnectionError, ResponseError, TimeoutError
from ..version import USER_AGENT
from .endpoint import Endpoint, merged, shown_url
from .envelope import SCOPE, Answer, Envelope, Item, code_of, read_envelope
from .environment import new_client
from .exchange import MAX_CONNECT, note_unwritten
from .http import closed_error, concurrency_error
from .items import AUTHENTICATION
from .pending import Pending, status_of
from .session import Session
from .socket import ConnectionLost, Socket, connected
from .waits import Waits

PING = b'{"taskType":"ping","ping":true}'

PING_EVERY = 10.0
"""Seconds between pings; the server closes a connection after 120 without a message."""

MAX_SILENCE = 15.0
"""Seconds after a ping without any message until the connection counts as broken."""

GRACE = 5.0
"""Seconds that calls wait for messages of the next connection after one broke."""

FAILURES = (ErrorCategory.PROVIDER, ErrorCategory.SERVER, ErrorCategory.TIMEOUT)
"""Categories of errors after which a later connection may be accepted."""

NO_WEBSOCKET = "the server opened no WebSocket"

REFUSALS = frozenset({401, 402, 403, 429})
"""HTTP statuses of a refused connection: nothing was sent yet."""

DRAIN_TIMEOUT = 0.2
"""Seconds to read the remaining messages of a connection that cannot be written to."""

RECONNECTING = Waits(first=0.1, factor=2.0, longest=2.0)
"""The waits before a connection is opened again."""


class SharedConnection:
    """Sends the calls of one event loop over a WebSocket, and reopens it if it breaks."""

    def __init__(
        self,
        endpoint: Endpoint,
        http_client: httpx2.AsyncClient | None,
        concurrency: int,
        session: Session,
    ) -> None:
        self._loop = running_loop()
        self._process = os.getpid()
        self._endpoint = endpoint
        self._is_own = http_client is None
        self._http = http_client or new_client(httpx2.AsyncClient, concurrency)
        self._concurrency = concurrency
        self._slots = asyncio.Semaphore(concurrency)
        self._session = session
        self._has_unwritten = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self._pauses = RECONNECTING.of()
        self._grace_ends = 0.0
        self._last_failure = ""
        self._is_closed = False

    @property
    def is_here(self) -> bool:
        """Whether it belongs to the running event loop and process."""
        return self._process == os.getpid() and self._loop is running_loop()

    def detach(self) -> Session | None:
        """Stop, so that another event loop or process can open a connection.

        Returns the session, if the new connection can continue it.

        Raises:
            ConnectionError: It is in use, or the HTTP client belongs to the caller.
        """
        if not self._is_own:
            raise ConnectionError(
                "the http_client of this client belongs to another event loop or "
                "process. Create a client with its own http_client for each of them"
            )
        if self._process != os.getpid():
            return None  # a copy made by a fork; its session belongs to the parent
        is_awaited = self._session.is_awaited
        if self._loop.is_closed():
            return None if is_awaited else self._session
        if is_awaited:
            raise ConnectionError(
                "calls of this client are running on another event loop. Create one "
                "client for each event loop"
            )
        if self._runner is not None:
            self._loop.call_soon_threadsafe(self._runner.cancel)
        return None

    # -- calls ----------------------------------------------------------------

    async def post(self, parts: list[bytes], timeout: float) -> Envelope:
        """Send tasks and wait for the response; see `WebSocketTransport.post`."""
        deadline = self._loop.time() + timeout
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except builtins.TimeoutError:
            raise concurrency_error(self._concurrency) from None
        except BaseException as stop:
            note_unwritten(stop)
            raise
        try:
            return await self._exchange(parts, deadline)
        finally:
            self._slots.release()

    async def _exchange(self, parts: list[bytes], deadline: float) -> Envelope:
        if self._is_closed:
            raise closed_error()
        pending = self._session.expect(parts)
        try:
            if pending.outcome is None:
                self._wake_writer()
                await self._wait_for_outcome(pending, deadline)
            return pending.answer()
        except asyncio.CancelledError as stop:
            note_unwritten(stop, is_unwritten=not pending.is_written)
            raise
        finally:
            self._session.forget(pending)

    async def _wait_for_outcome(self, pending: Pending, deadline: float) -> None:
        """Wait for the outcome of a call."""
        try:
            async with asyncio.timeout_at(deadline):
                await pending.done.wait()
        except builtins.TimeoutError:
            if pending.is_written:
                pending.settle(TimeoutError("the server did not respond in time"))
            reason = f"no connection to {shown_url(self._endpoint.url)} in time"
            if self._last_failure:
                reason += f"; the last one failed: {self._last_failure}"
            pending.settle(pending.unanswered(reason))

    def _wake_writer(self) -> None:
        self._has_unwritten.set()
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """Close the connection; from another event loop, only request that."""
        self._is_closed = True
        if not self.is_here:
            if self._process == os.getpid() and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._stop)
            return
        if runner := self._stop():
            await asyncio.gather(runner, return_exceptions=True)
        if self._is_own:
            await self._http.aclose()

    def _stop(self) -> asyncio.Task[None] | None:
        if self._runner is not None:
            self._runner.cancel()
        self._fail("this client was closed before the response")
        return self._runner

    # -- connections ----------------------------------------------------------

    async def _run(self) -> None:
        """Hold a connection, and reopen it as long as a call waits."""
        self._last_failure = ""
        try:
            await self._hold_connection()
            while self._session.is_awaited:
                await asyncio.sleep(next(self._pauses))
                await self._hold_connection()
        finally:
            self._fail("the connection was closed before the response")

    async def _hold_connection(self) -> None:
        """Open a connection and use it until it ends."""
        url = self._endpoint.url
        headers = merged({"User-Agent": USER_AGENT}, self._endpoint.default_headers)
        is_authenticated = False
        try:
            address = _opening_url(url) if self._is_own else url
            opening = connected(self._http, address, headers)
            async with opening as socket:
                is_authenticated = await self._authenticate(socket)
                if is_authenticated:
                    await self._communicate(socket)
        except ConnectionLost as error:
            reason = self._last_failure = self._endpoint.key.scrub(str(error))
            if is_authenticated:
                self._note_drop(reason, is_too_large=error.is_too_large)
            elif error.answer is not None and error.answer.http_status in REFUSALS:
                self._refuse([{"message": NO_WEBSOCKET}], error.answer, "")
            elif monotonic() > self._grace_ends:
                reason = f"no connection to {shown_url(url)}: {reason}"
                self._fail(reason, self._session.unwritten())

    async def _authenticate(self, socket: Socket) -> bool:
        """Authenticate and continue the session; return whether the server accepted.

        Raises:
            ConnectionLost: The connection has ended, or the server did not respond in time.
        """
        unread = ""
        try:
            async with asyncio.timeout(MAX_CONNECT):
                await socket.send(self._authentication_message())
                while True:
                    try:
                        frame = self._read(await socket.receive())
                    except ResponseError as error:
                        unread = f": {error.message}"
                        continue
                    if (is_accepted := self._authentication_outcome(frame)) is not None:
                        return is_accepted
        except builtins.TimeoutError:
            reason = f"the server did not respond to the authentication{unread}"
            raise ConnectionLost(reason) from None

    def _authentication_message(self) -> str:
        known = self._session.uuid
        members = {"connectionSessionUUID": known} if known else {}
        return f"[{self._endpoint.key.encoded_task(**members).decode()}]"

    def _authentication_outcome(self, frame: Envelope) -> bool | None:
        """Return whether a message accepts the authentication; None if it does neither.

        Raises:
            ConnectionLost: The server has failed; a later connection may be accepted.
        """
        answers = [i for i in frame.data if i.get("taskType") == AUTHENTICATION]
        refusals = [error for error in frame.errors if _is_of_authentication(error)]
        if answers:
            uuid = answers[0].get("connectionSessionUUID", self._session.uuid)
            self._session.begin(uuid if isinstance(uuid, str) else None)
        if answers or not refusals:
            self._session.receive(frame)
            return True if answers else None
        if self._session.uuid:
            self._session.begin(None)  # the server may have refused the session
        else:
            if all(category_of(code_of(error), None) in FAILURES for error in refusals):
                raise ConnectionLost(f"the server cannot authenticate: {frame.excerpt}")
            status = status_of(refusals)
            status = status if status in REFUSALS else 401
            self._refuse(refusals, Answer(status, {}, frame.answer.body), frame.excerpt)
        return False

    async def _communicate(self, socket: Socket) -> None:
        """Send and receive messages until the connection ends.

        Raises:
            ConnectionLost: The connection has ended.
        """
        listening = asyncio.create_task(self._listen(socket))
        others = [self._write(socket), self._send_pings(socket)]
        running = [listening, *map(asyncio.create_task, others)]
        try:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait([listening], timeout=DRAIN_TIMEOUT)
            if listening.done():
                await listening
            raise ConnectionLost("the server no longer responds")
        finally:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _listen(self, socket: Socket) -> None:
        while True:
            self._receive(await socket.receive())
            self._pauses = RECONNECTING.of()
            self._last_failure = ""

    async def _write(self, socket: Socket) -> None:
        self._has_unwritten.set()
        with suppress(ConnectionLost):
            while await self._has_unwritten.wait():
                self._has_unwritten.clear()
                for pending in self._session.unwritten():
                    await socket.catch_up()
                    if not socket.is_open:
                        return
                    if pending.outcome is None:
                        self._session.note_written(pending)
                        await socket.send(pending.text)

    async def _send_pings(self, socket: Socket) -> None:
        """Send pings as long as the server answers them."""
        with suppress(ConnectionLost):
            is_alive = True
            while is_alive:
                await asyncio.sleep(PING_EVERY)
                self._session.expect_pong(PING)
                is_alive = await socket.answers(f"[{PING.decode()}]", MAX_SILENCE)

    # -- messages and failures -------------------------------------------------

    def _receive(self, message: str | bytes) -> None:
        """Process a message; one that cannot be parsed may be the response to any call."""
        try:
            self._session.receive(self._read(message))
        except ResponseError as error:
            for pending in self._session.written():
                pending.conclude_unless_answered(copy(error))

    def _read(self, message: str | bytes) -> Envelope:
        body = message.encode() if isinstance(message, str) else message
        return read_envelope(Answer(200, {}, body), self._endpoint.key)

    def _refuse(self, errors: list[Item], answer: Answer, excerpt: str) -> None:
        """End all calls because the server refused the authentication."""
        for pending in self._session.unwritten():
            pending.errors = [_nameless(error) for error in errors]
            pending.excerpt = excerpt
            pending.finish(answer)
        self._fail("the server refused the authentication of this client")

    def _fail(self, reason: str, pending: Iterable[Pending] | None = None) -> None:
        waiting = [*self._session.written(), *self._session.unwritten()]
        for each in waiting if pending is None else pending:
            each.settle(each.unanswered(reason))

    def _note_drop(self, reason: str, *, is_too_large: bool) -> None:
        """Let sent calls wait a short time for messages of the next connection."""
        self._grace_ends = monotonic() + GRACE
        if is_too_large:
            self._session.begin(None)  # the server would send the message again
        for pending in self._session.written():
            error = pending.unanswered(
                f"the connection broke before the response: {reason}"
            )
            error.oversized = len(pending.tasks) if is_too_large else 0
            pending.cut(GRACE, error)


def _opening_url(url: str) -> str:
    """Return the address that opens the connection.

    The HTTP library uses HTTPS_PROXY for addresses of https, and not for those of wss.
    """
    scheme, rest = url.split(":", 1)
    return f"https:{rest}" if scheme.lower() == "wss" else url


def _is_of_authentication(error: Item) -> bool:
    """Return whether an error is about the authentication, not about another task."""
    named = error.get("taskType")
    return named == AUTHENTICATION or (not named and not error.get("taskUUID"))


def _nameless(error: Item) -> Item:
    """Return an error without the members that name a task."""
    return {name: error[name] for name in error if name not in SCOPE}
