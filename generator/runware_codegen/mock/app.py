"""The routes of the mock as an ASGI application."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from runware_codegen.mock.http_handler import HttpHandler
from runware_codegen.mock.ledger import Ledger
from runware_codegen.mock.media import file_of
from runware_codegen.mock.refusals import internal_error
from runware_codegen.mock.replies import refused
from runware_codegen.mock.websocket_handler import WebSocketHandler

PATHS = ("/v1", "/")
"""The paths of the API, over HTTP and over WebSockets."""

_FOR_BROWSERS = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["*"],
    allow_headers=["*"],
    expose_headers=["Retry-After", "X-Request-Id"],
)
"""Lets the pages of any site read responses, as those of WebSockets."""


def make_app(
    http_handler: HttpHandler,
    websocket_handler: WebSocketHandler,
    ledger: Ledger,
    report: Callable[[Exception], None],
) -> Starlette:
    """Make the application.

    Args:
        http_handler: Answers requests over HTTP.
        websocket_handler: Answers WebSocket connections.
        ledger: The ledger that a client can read and clear.
        report: Called with an unexpected exception.
    """

    async def take(request: Request) -> Response:
        return await http_handler(request)

    async def talk(websocket: WebSocket) -> None:
        try:
            await websocket_handler(websocket)
        except Exception as error:
            report(error)
            raise

    async def fail(_request: Request, error: Exception) -> Response:
        report(error)
        return refused(internal_error())

    async def show_ledger(_request: Request) -> Response:
        return JSONResponse(ledger.to_json())

    async def clear_ledger(_request: Request) -> Response:
        ledger.clear()
        return Response(status_code=204)

    return Starlette(
        routes=[
            *(Route(path, take, methods=["POST"]) for path in PATHS),
            *(WebSocketRoute(path, talk) for path in PATHS),
            Route("/files/{name}", give_file, methods=["GET"]),
            Route("/_ledger", show_ledger, methods=["GET"]),
            Route("/_ledger", clear_ledger, methods=["DELETE"]),
        ],
        middleware=[_FOR_BROWSERS],
        exception_handlers={Exception: fail},
    )


async def give_file(request: Request) -> Response:
    """Return the file of an output; its name determines its content."""
    try:
        data, media_type = file_of(request.path_params["name"])
    except KeyError:
        return Response("The file does not exist.\n", 404, media_type="text/plain")
    return Response(data, media_type=media_type)
