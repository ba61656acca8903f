"""Runs the mock on a socket until a signal stops it."""

from __future__ import annotations

import errno
import socket

import click
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from runware_codegen.mock.catalog import Catalog, open_catalog
from runware_codegen.mock.connections import TrackedProtocol
from runware_codegen.mock.http_handler import HttpHandler
from runware_codegen.mock.media import file_of
from runware_codegen.mock.options import MockOptions
from runware_codegen.mock.refusals import internal_error
from runware_codegen.mock.replies import refused
from runware_codegen.mock.service import TaskService
from runware_codegen.mock.websocket_handler import WebSocketHandler
from runware_codegen.report import Terminal

_KEEP_ALIVE = 75
"""The seconds after which an idle connection is closed."""

_PATHS = ("/v1", "/")
"""The paths of the API, over HTTP and over WebSockets."""

_FOR_BROWSERS = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["*"],
    allow_headers=["*"],
    expose_headers=["Retry-After", "X-Request-Id"],
)
"""Lets the pages of any site read responses, as those of WebSockets."""


def serve(options: MockOptions, terminal: Terminal) -> None:
    """Serve documents until a signal stops the server.

    Raises:
        InvalidInputError: If a document is invalid.
        ClickException: If the port is not available.
    """
    catalog = open_catalog(options["documents"], options["own_models"])
    bound = _bind(options["host"], options["port"])
    with bound:
        port = bound.getsockname()[1]
        terminal.result(_greeting(options["host"], port, catalog))
        config = uvicorn.Config(
            _application(options, catalog, terminal),
            loop="asyncio",
            http=TrackedProtocol,
            ws=WebSocketsSansIOProtocol,
            ws_max_size=options["max_body"],
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=0,
        )
        uvicorn.Server(config).run(sockets=[bound])


def _application(
    options: MockOptions, catalog: Catalog, terminal: Terminal
) -> Starlette:
    service = TaskService(catalog, options)
    take, answer = HttpHandler(service).answer, WebSocketHandler(service)

    async def talk(websocket: WebSocket) -> None:
        try:
            await answer(websocket)
        except Exception as error:
            terminal.bug(error)
            raise

    async def fail(_request: Request, error: Exception) -> Response:
        terminal.bug(error)
        return refused(internal_error())

    async def show_ledger(_request: Request) -> Response:
        return JSONResponse(service.ledger.to_json())

    async def clear_ledger(_request: Request) -> Response:
        service.ledger.clear()
        return Response(status_code=204)

    return Starlette(
        routes=[
            *(Route(path, take, methods=["POST"]) for path in _PATHS),
            *(WebSocketRoute(path, talk) for path in _PATHS),
            Route("/files/{name}", _give_file, methods=["GET"]),
            Route("/_ledger", show_ledger, methods=["GET"]),
            Route("/_ledger", clear_ledger, methods=["DELETE"]),
        ],
        middleware=[_FOR_BROWSERS],
        exception_handlers={Exception: fail},
    )


async def _give_file(request: Request) -> Response:
    """Return the file of an output; its name determines its content."""
    try:
        data, media_type = file_of(request.path_params["name"])
    except KeyError:
        return Response("The file does not exist.\n", 404, media_type="text/plain")
    return Response(data, media_type=media_type)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        advice = " --port 0 selects a free port." if taken else ""
        message = f"Cannot listen on {host} port {port}: {reason}.{advice}"
        raise click.ClickException(message) from None


def _greeting(host: str, port: int, catalog: Catalog) -> str:
    shown = f"[{host}]" if ":" in host else host
    return (
        f"Runware mock on http://{shown}:{port}/v1"
        f" ({len(catalog)} documents; ledger at /_ledger; stop with Ctrl-C)"
    )
