"""Runs the mock on a socket until a signal stops it."""

from __future__ import annotations

import errno
import socket

import click
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from runware_codegen.mock.app import make_app
from runware_codegen.mock.catalog import Catalog, open_catalog
from runware_codegen.mock.connections import TrackedProtocol
from runware_codegen.mock.faults import Fault, Faults
from runware_codegen.mock.http_handler import HttpHandler
from runware_codegen.mock.ledger import Ledger
from runware_codegen.mock.limits import RateLimit
from runware_codegen.mock.options import MockOptions
from runware_codegen.mock.service import TaskService
from runware_codegen.mock.webhooks import Webhooks
from runware_codegen.mock.websocket_handler import WebSocketHandler
from runware_codegen.report import Terminal

_KEEP_ALIVE = 75
"""The seconds after which an idle connection is closed."""


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


def _application(options: MockOptions, catalog: Catalog, terminal: Terminal) -> ASGIApp:
    ledger = Ledger()
    shares = {Fault(kind): share for kind, share in options["fault"]}
    faults = Faults(shares, options["faults"], options["seed"])
    service = TaskService(catalog, ledger, faults, Webhooks(ledger), options)
    limit = RateLimit(options["rate_limit"])
    return make_app(
        HttpHandler(service, limit),
        WebSocketHandler(service, limit),
        ledger,
        terminal.bug,
    )


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
    count = len(catalog.schemas)
    return (
        f"Runware mock on http://{shown}:{port}/v1"
        f" ({count} documents; ledger at /_ledger; stop with Ctrl-C)"
    )
