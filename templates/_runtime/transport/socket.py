"""One WebSocket connection that sends and receives texts. It needs `httpx2[ws]`."""

from __future__ import annotations

import asyncio
import builtins
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib import import_module
from operator import methodcaller
from typing import TYPE_CHECKING, Any, cast

import httpx2
from httpx2.websockets import (
    AsyncWebSocketClient,
    AsyncWebSocketSession,
    HTTPXWSException,
    WebSocketDisconnect,
    WebSocketUpgradeError,
)

from ..causes import reason_of
from .envelope import Answer
from .environment import with_cause_hint
from .exchange import MAX_CONNECT

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping

    from httpcore2 import AsyncNetworkStream

MAX_MESSAGE = 256 << 20
"""Maximum number of bytes in a message, which may have a video in base64."""

READ_AT_ONCE = 1 << 18
"""Bytes of one read. TLS allocates as many for each read."""

WRITE_TIMEOUT = 120.0
"""Timeout of writing a message, in seconds."""

CLOSE_TIMEOUT = 1.0
"""Timeout of the closing handshake, in seconds; then the connection is dropped."""

MAX_TURNS = 100
"""Maximum number of turns of the event loop in which arrived data is read."""

MESSAGE_TOO_BIG = 1009
"""The close code for a message that is too large (RFC 6455, section 7.4.1)."""

# wsproto comes with `httpx2[ws]`. It is imported dynamically, so that type checkers of
# projects without it report no error.
_LOCAL_ERROR: type[Exception] = import_module("wsproto.utilities").LocalProtocolError


_receive = methodcaller("receive")  # dynamic, since its result is a class of wsproto


class ConnectionLost(Exception):
    """The connection could not be opened, or has ended. The message says why.

    Attributes:
        answer: The HTTP response of a server that did not open a WebSocket.
        is_too_large: Whether it has ended because a message was too large.
    """

    is_too_large = False

    def __init__(self, reason: str, answer: Answer | None = None) -> None:
        super().__init__(reason)
        self.answer = answer


class _SignalStream:
    """A network stream that sets an event when data arrives."""

    def __init__(self, stream: AsyncNetworkStream) -> None:
        self._stream = stream
        self.write = stream.write
        self.aclose = stream.aclose
        self.signal = asyncio.Event()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read available data, at most `READ_AT_ONCE` bytes."""
        data = await self._stream.read(min(max_bytes, READ_AT_ONCE), timeout)
        self.signal.set()
        return data

    @property
    def is_readable(self) -> bool:
        """Whether data, or the end of the connection, has arrived and is not read."""
        return bool(self._stream.get_extra_info("is_readable"))


class _Session(AsyncWebSocketSession):
    """A session of httpx2 over a `_SignalStream`."""

    def __init__(self, stream: AsyncNetworkStream, **options: Any) -> None:
        self.heard = _SignalStream(stream)
        super().__init__(cast("AsyncNetworkStream", self.heard), **options)

    @property
    def state(self) -> str:
        """The name of wsproto's state of the connection."""
        connection: Any = vars(self)["connection"]
        return str(connection.state.name)


class Socket:
    """An open WebSocket connection."""

    def __init__(self, session: _Session) -> None:
        self._session = session

    @property
    def is_open(self) -> bool:
        """Whether a text can be sent."""
        return self._session.state == "OPEN"

    @property
    def is_closed_by_peer(self) -> bool:
        """Whether the server started the closing handshake."""
        return self._session.state == "REMOTE_CLOSING"

    async def catch_up(self) -> None:
        """Let the event loop read what has arrived, perhaps while it was blocked.

        Otherwise a text might be sent after the end of the connection.
        """
        for _ in range(MAX_TURNS):
            if not self._session.heard.is_readable:
                return
            await asyncio.sleep(0)

    async def send(self, text: str) -> None:
        """Send a text.

        Raises:
            ConnectionLost: The connection has ended. The text may or may not have been sent.
        """
        try:
            await self._session.send_text(text)
        except (HTTPXWSException, _LOCAL_ERROR) as error:
            raise _connection_lost(error) from None

    async def receive(self) -> str | bytes:
        """Wait for the next message.

        Raises:
            ConnectionLost: The connection has ended.
        """
        try:
            event: object = await _receive(self._session)
        except WebSocketDisconnect as error:
            if self.is_open:  # neither side has closed it
                reason = f"the server broke the protocol of WebSockets: {error.reason}"
                raise ConnectionLost(reason) from None
            if error.code == MESSAGE_TOO_BIG and not self.is_closed_by_peer:
                lost = ConnectionLost(f"a message is larger than {MAX_MESSAGE:,} bytes")
                lost.is_too_large = True
                raise lost from None
            raise _connection_lost(error) from None
        except HTTPXWSException as error:
            raise _connection_lost(error) from None
        data = getattr(event, "data", "")
        return data if isinstance(data, str) else bytes(data)

    async def answers(self, text: str, within: float) -> bool:
        """Send a text and return whether any data arrives within some seconds.

        Raises:
            ConnectionLost: The connection has ended.
        """
        heard = self._session.heard.signal
        heard.clear()
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await self.send(text)
            async with asyncio.timeout(within):
                await heard.wait()
        except builtins.TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Do the closing handshake, within `CLOSE_TIMEOUT` seconds."""
        with suppress(builtins.TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._session.close()


@asynccontextmanager
async def connected(
    http: httpx2.AsyncClient, url: str, headers: dict[str, str]
) -> AsyncGenerator[Socket]:
    """Open a connection, and close it at the end of the context.

    Raises:
        ConnectionLost: It could not be opened, or it has ended.
    """
    client = AsyncWebSocketClient(
        http,
        max_message_size_bytes=MAX_MESSAGE,
        keepalive_ping_interval_seconds=None,
        session_class=_Session,
    )
    peer: tuple[str, int] | None = None

    async def trace(event: str, info: Mapping[str, Any]) -> None:
        nonlocal peer
        if event.endswith(".connect_tcp.started"):  # also of a SOCKS proxy
            peer = info["host"], info["port"]

    try:
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(MAX_CONNECT):
                opening = client.connect(
                    url,
                    headers=headers,
                    follow_redirects=False,
                    timeout=MAX_CONNECT,
                    extensions={"trace": trace},
                )
                session = await stack.enter_async_context(opening)
            socket = Socket(session)
            stack.push_async_callback(socket.close)
            yield socket
    except (ConnectionLost, WebSocketUpgradeError, ExceptionGroup) as error:
        raise _connection_lost(error) from None
    except builtins.TimeoutError:
        raise ConnectionLost(f"it was not open within {MAX_CONNECT:g} s") from None
    except Exception as error:  # noqa: BLE001  # the SOCKS library has its own kinds
        reason = str(_connection_lost(error))
        raise ConnectionLost(with_cause_hint(reason, httpx2.URL(url), peer)) from None


def _leaves(error: Exception) -> Iterator[Exception]:
    """Yield an exception, or those in a group, at any depth."""
    if isinstance(error, ExceptionGroup):
        for each in cast("ExceptionGroup[Exception]", error).exceptions:
            yield from _leaves(each)
    else:
        yield error


def _connection_lost(error: Exception) -> ConnectionLost:
    """Return the exception of this module for one of httpx2.

    httpx2 wraps exceptions of the context in a group.
    """
    causes = [*_leaves(error)]
    for each in causes:
        if isinstance(each, ConnectionLost):
            return each
    cause = causes[0]
    if isinstance(cause, WebSocketUpgradeError):
        status = cause.response.status_code
        answer = Answer(status, dict(cause.response.headers.items()))
        return ConnectionLost(f"HTTP {status} instead of a WebSocket", answer)
    if isinstance(cause, WebSocketDisconnect):
        reason = f": {cause.reason}" if cause.reason else ""
        return ConnectionLost(
            f"the server closed the connection ({cause.code}{reason})"
        )
    return ConnectionLost(
        reason_of(cause) or f"the connection broke ({type(cause).__name__})"
    )
