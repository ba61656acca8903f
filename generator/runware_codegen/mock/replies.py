"""The answers over HTTP, whole ones and those that fail on purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import Response

from runware_codegen.mock import connections
from runware_codegen.mock.items import Envelope, error_item

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from runware_codegen.mock.items import Item
    from runware_codegen.mock.ledger import Ledger

_HTML = """<html>
<head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1></body>
</html>
"""


def _text(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


class Reply(Response):
    """An envelope; what is in it counts as collected once it was written whole."""

    media_type = "application/json"

    def __init__(
        self,
        envelope: Envelope,
        ledger: Ledger,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(_text(envelope.to_wire()), status, headers)
        self._envelope = envelope
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write it."""
        await super().__call__(scope, receive, send)
        if connections.is_open(scope):
            self._ledger.collect(self._envelope.data)


class Dropped(Response):
    """No answer: the connection is closed, or reset."""

    def __init__(self, *, resets: bool = False) -> None:
        super().__init__()
        self._end = connections.reset if resets else connections.close

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """End the connection."""
        self._end(scope)
        await connections.ended(receive)


class Silent(Response):
    """No answer, ever: the client has to give up."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Wait for the client to go."""
        await connections.ended(receive)


class Half(Response):
    """The first half of an answer, after which the connection is closed."""

    media_type = "application/json"

    def __init__(self, envelope: Envelope) -> None:
        super().__init__(_text(envelope.to_wire()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write half of it and end the connection."""
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        connections.close(scope)
        await connections.ended(receive)


def truncated(envelope: Envelope) -> Response:
    """An answer whose JSON breaks off, though HTTP has it for whole."""
    text = _text(envelope.to_wire())
    return Response(text[: len(text) * 2 // 3], media_type="application/json")


def bad_gateway() -> Response:
    """The page of a proxy that had no answer."""
    return Response(_HTML, 502, media_type="text/html")


def refused(
    status: int, errors: list[Item], retry_after: int | None = None
) -> Response:
    """An answer that holds errors alone.

    Args:
        status: The HTTP status.
        errors: The error objects.
        retry_after: Seconds for the header of that name.
    """
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = _text({"errors": errors})
    return Response(body, status, headers, media_type="application/json")


def rate_limited(retry_after: int) -> Response:
    """429: too many calls."""
    item = error_item("rateLimitExceeded", "There are too many calls; wait a little.")
    return refused(429, [item], retry_after)


def unavailable(retry_after: int) -> Response:
    """503: no capacity."""
    item = error_item("serviceUnavailable", "There is no capacity; try again later.")
    return refused(503, [item], retry_after)


def internal_error() -> Response:
    """500: nobody knows what happened to the tasks."""
    return refused(500, [error_item("internalServerError", "Something went wrong.")])
