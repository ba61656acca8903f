"""HTTP responses: complete ones, and those of faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from runware_codegen.mock import connections
from runware_codegen.mock.items import Envelope, Item, RefusalError
from runware_codegen.mock.ledger import Ledger

_HTML = """<html>
<head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1></body>
</html>
"""


class Reply(Response):
    """A response with items, which count as collected when it is completely written."""

    media_type = "application/json"

    def __init__(
        self,
        envelope: Envelope,
        ledger: Ledger,
        status: int,
        alter: Callable[[Item], Item],
    ) -> None:
        super().__init__(envelope.to_text(alter), status)
        self._envelope = envelope
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write the response."""
        is_open = connections.is_open(scope)  # the server may close it afterwards
        await super().__call__(scope, receive, send)
        if is_open:
            self._ledger.collect(self._envelope.data)


class Dropped(Response):
    """No response: the connection is closed or reset."""

    def __init__(self, *, resets: bool = False) -> None:
        super().__init__()
        self._end = connections.reset if resets else connections.close

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Close the connection."""
        self._end(scope)
        await connections.ended(receive)


class Silent(Response):
    """No response: the client has to time out."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Wait until the client disconnects."""
        await connections.ended(receive)


class Half(Response):
    """The first half of a response, after which the connection is closed."""

    media_type = "application/json"

    def __init__(self, envelope: Envelope) -> None:
        super().__init__(envelope.to_text())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write half of the response and close the connection."""
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        connections.close(scope)
        await connections.ended(receive)


def truncated(envelope: Envelope) -> Response:
    """Return a complete HTTP response with truncated JSON."""
    text = envelope.to_text()
    return Response(text[: len(text) * 2 // 3], media_type="application/json")


def bad_gateway() -> Response:
    """Return the error page of a proxy."""
    return Response(_HTML, 502, media_type="text/html")


def redirect(status: int, url: str) -> Response:
    """Return a redirect."""
    return Response(status_code=status, headers={"Location": url})


def refused(refusal: RefusalError) -> Response:
    """Return a response with errors only, in the shape that the refusal selects.

    `envelope` is `{"errors": [...]}`, `array` is only the array, `flat` is the first error,
    `wrapped` is `{"error": {...}}`, and `problem` is the format of RFC 9457.
    """
    wait = refusal.retry_after
    headers = {} if wait is None else {"Retry-After": str(wait)}
    first = refusal.errors[0]
    bodies: dict[str, Any] = {
        "envelope": {"errors": refusal.errors},
        "array": refusal.errors,
        "flat": first,
        "wrapped": {"error": first},
        "problem": {"title": first["code"], "detail": first["message"]}
        | {"status": refusal.status, "type": "about:blank"},
    }
    kind = "problem+json" if refusal.shape == "problem" else "json"
    body = bodies[refusal.shape]
    return JSONResponse(body, refusal.status, headers, f"application/{kind}")
