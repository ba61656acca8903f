"""An ASGI app that receives webhooks, for an ASGI server or mounted in another app.

Source: the ASGI specification, version 3, and its HTTP and lifespan protocols.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import suppress
from hmac import compare_digest
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from ..delivery.events import LOGGER
from ..event_loops import running_loop
from ..exceptions import RunwareError
from ..schema.results import TaskResult
from .webhook import Seen, Webhook, parse_webhook

Handler: TypeAlias = Callable[[Webhook[TaskResult]], object]
"""Handles an item. It may be `async`; a sync handler runs in a thread, and needs asyncio."""

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

MAX_KEYS = 100_000

_MORE_HEADERS = {
    HTTPStatus.METHOD_NOT_ALLOWED: [(b"allow", b"POST")],
    HTTPStatus.SERVICE_UNAVAILABLE: [(b"retry-after", b"5")],
}


def webhook_app(
    handler: Handler,
    *,
    secret: str,
    seen: Seen | None = None,
    limit: int = 64 * 2**20,
) -> WebhookApp:
    """Create an ASGI app that calls a handler once for each item.

    It returns 204 when the handler is done, and 500 if the handler raises: then Runware
    posts the item again. Items of unfinished tasks get 204, and no call. Set
    `webhookURL` to the address of the app, with the secret:
    `https://you.example/hook/SECRET` or `https://you.example/hook/?secret=SECRET`. The
    slash before the query matters: Starlette and FastAPI redirect requests for a mounted
    app without it, and Runware may not follow.

    Args:
        handler: Called with each item. Runware waits about five seconds for the response.
        secret: A secret text; if a request does not contain it, the app returns 401.
            It is the last part of the path, the query parameter `secret`, or the header
            `X-Webhook-Secret`.
        seen: Stores the keys of handled items.
            Default: the app keeps the last 100,000 keys in memory.
        limit: The maximum number of bytes of a body. Larger bodies get 413.

    Raises:
        ValueError: The secret is empty.
        TypeError: The handler is no function, or a generator, whose body would not run.
    """
    return WebhookApp(handler, secret, RecentKeys() if seen is None else seen, limit)


class RecentKeys:
    """A set of the `MAX_KEYS` keys that were added last."""

    def __init__(self) -> None:
        self._keys: dict[str, None] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def add(self, key: str) -> None:
        """Add a key, and remove the oldest if there are too many."""
        self._keys[key] = None
        if len(self._keys) > MAX_KEYS:
            del self._keys[next(iter(self._keys))]


class WebhookApp:
    """The ASGI app; create it with `webhook_app`."""

    def __init__(self, handler: Handler, secret: str, seen: Seen, limit: int) -> None:
        if not secret:
            raise ValueError(
                "secret must not be empty: without it, anyone can post webhooks"
            )
        if not _runs_when_called(handler):
            raise TypeError("handler must be a function without yield")
        self._handler = handler
        self._secret = secret.encode()
        self._seen = seen
        self._limit = limit
        self._under_way: set[str] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await _serve_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            status = await self._status(scope, receive)
        except ConnectionAbortedError:  # middleware expects a response nevertheless
            status = HTTPStatus.BAD_REQUEST
        headers = _MORE_HEADERS.get(status, [])
        if status is not HTTPStatus.NO_CONTENT:
            headers = [*headers, (b"content-length", b"0")]
        start = {"type": "http.response.start", "status": int(status)}
        with suppress(OSError):  # the client has disconnected
            await send({**start, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

    async def _status(self, scope: Message, receive: Receive) -> HTTPStatus:
        offered = [
            compare_digest(each, self._secret) for each in _offered_secrets(scope)
        ]
        if not any(offered):
            return HTTPStatus.UNAUTHORIZED
        if scope["method"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        body = await _body(receive, self._limit)
        if body is None:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            webhook = parse_webhook(body)
        except RunwareError as error:
            LOGGER.warning("a webhook was refused: %s", error)
            return HTTPStatus.BAD_REQUEST
        return await self._handle(webhook)

    async def _handle(self, webhook: Webhook[TaskResult]) -> HTTPStatus:
        key = webhook.key
        if webhook.is_unfinished or key in self._seen:
            return HTTPStatus.NO_CONTENT
        if key in self._under_way:  # another call is handling it, and may fail
            return HTTPStatus.SERVICE_UNAVAILABLE
        is_async = inspect.iscoroutinefunction(self._handler)
        loop = None if is_async else running_loop()  # for the thread of the handler
        self._under_way.add(key)
        handled = self._run_handler(webhook)
        if loop is None:
            return await handled
        # A thread cannot be cancelled. If this call is, the handler still runs.
        return await asyncio.shield(loop.create_task(handled))

    async def _run_handler(self, webhook: Webhook[TaskResult]) -> HTTPStatus:
        key = webhook.key
        try:
            await _call(self._handler, webhook)
        except Exception:  # noqa: BLE001 - it is logged
            LOGGER.exception(
                "the webhook handler failed for task %.50r", webhook.task_uuid
            )
            return HTTPStatus.INTERNAL_SERVER_ERROR
        else:
            self._seen.add(key)
            return HTTPStatus.NO_CONTENT
        finally:
            self._under_way.discard(key)


def _runs_when_called(handler: object) -> bool:
    """Return whether a handler is a function, and no generator."""
    if not callable(handler):
        return False
    kinds = inspect.isgeneratorfunction, inspect.isasyncgenfunction
    functions = handler, handler.__call__  # an object may be called like a function
    return not any(is_kind(each) for is_kind in kinds for each in functions)


async def _call(handler: Handler, webhook: Webhook[TaskResult]) -> None:
    if inspect.iscoroutinefunction(handler):
        await handler(webhook)
        return
    given = await asyncio.to_thread(_call_sync, handler, webhook)
    if inspect.isawaitable(given):
        await given


def _call_sync(handler: Handler, webhook: Webhook[TaskResult]) -> object:
    try:
        return handler(webhook)
    except StopIteration as error:  # a future that gets it is never done
        raise RuntimeError("the handler raised StopIteration") from error


def _offered_secrets(scope: Message) -> Iterator[bytes]:
    """Yield the values of a request that may be the secret."""
    path = scope["path"].rstrip("/")  # Litestar appends a slash
    yield path.rpartition("/")[2].encode("utf-8", "surrogatepass")
    query = scope.get("query_string", b"").decode("latin-1")
    for spelled in (query, query.replace("+", "%2B")):  # a plus sign may be unescaped
        for value in parse_qs(spelled).get("secret", []):
            yield value.encode("utf-8", "surrogatepass")
    for name, value in scope["headers"]:
        if name.lower() == b"x-webhook-secret":
            yield value


async def _body(receive: Receive, limit: int) -> bytes | None:
    """Read the body; None if it is too large.

    Raises:
        ConnectionAbortedError: The client disconnected before the end of the body.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def _serve_lifespan(receive: Receive, send: Send) -> None:
    """Answer the lifespan protocol; the app has nothing to start or stop."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
