"""Tests of slow responses: a call ends at its timeout, whatever the server does."""

from __future__ import annotations

import asyncio
import signal
import threading
import zlib
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING

import pytest

from .clients import together
from .platform_server import acknowledged, honest, hosting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clients import Clients, Ended
    from .platform_server import Exchange, Platform

TIMEOUT = 1.0
TIMEOUT_OF_LONG = 4.0
"""A busy machine takes a second to encode a long request before it sends a byte."""
LONGEST = 30.0
"""Seconds within which a call with an endless response must end on any machine."""
HEAD = b"HTTP/1.1 200 OK\r\n"


def empty_gzip() -> Iterator[bytes]:
    """Yield the chunks of an endless gzip body that decompresses to nothing."""
    begun = zlib.compressobj(wbits=31)
    head = begun.compress(b"") + begun.flush(zlib.Z_SYNC_FLUSH)
    yield b"%x\r\n%s\r\n" % (len(head), head)
    yield from repeat(b"5\r\n\0\0\0\xff\xff\r\n")


DRIPS = {
    "nothing": (b"", repeat(b"")),
    "a header": (HEAD + b"X-Slow: ", repeat(b"a")),
    "early hints": (b"", repeat(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n")),
    "a body": (HEAD + b"Content-Length: 100000\r\n\r\n", repeat(b" ")),
    "a chunk extension": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;",
        repeat(b"a"),
    ),
    "gzip of nothing": (
        HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
        None,
    ),
}


def test_what_drips_is_given_up_in_time(clients: Clients, kind: str) -> None:
    def run(name: str) -> tuple[Ended, int, int]:
        head, pieces = DRIPS[name]

        async def dripping(platform: Platform, exchange: Exchange) -> None:
            if not exchange.is_poll:
                platform.accept(exchange.tasks[0])
            await exchange.write(head)
            for piece in pieces or empty_gzip():
                await exchange.write(piece)
                await asyncio.sleep(0.05)

        with hosting(dripping) as platform:
            request = clients.image()
            ended, unfinished = clients.run(kind, platform, request, timeout=TIMEOUT)
        return ended, len(unfinished), platform.bills.total()

    names = [*DRIPS]
    found = dict(
        zip(names, together([partial(run, name) for name in names]), strict=True)
    )
    for name, (ended, unfinished, bills) in found.items():
        assert isinstance(ended.error, clients.package.TimeoutError), name
        assert ended.error.handle is not None, name
        assert ended.error.may_have_run, name
        assert ended.seconds < LONGEST, name
        assert (unfinished, bills) == (1, 1), name


class TimeLimitError(Exception):
    """Raised by a signal handler of a worker."""


LIMITS = [
    TimeLimitError,
    TimeoutError,
    *(type("Limit", (kind,), {}) for kind in (OSError, ValueError, RuntimeError)),
]
"""Exceptions of signal handlers. The HTTP library raises some of their base classes."""


@pytest.mark.parametrize("limit", LIMITS, ids=lambda kind: kind.__base__.__name__)
@pytest.mark.parametrize("waits_for", ["sending", "poll"])
def test_a_time_limit_of_the_worker_ends_the_call(
    clients: Clients, limit: type[Exception], waits_for: str
) -> None:
    main = threading.main_thread().ident
    assert main is not None

    async def silent(platform: Platform, exchange: Exchange) -> None:
        if not exchange.is_poll:
            platform.accept(exchange.tasks[0])
        if waits_for == "sending" or exchange.is_poll:
            signal.pthread_kill(main, signal.SIGUSR1)
            await asyncio.sleep(60)
        await exchange.reply({"data": acknowledged(exchange.tasks[0])})

    def handle(*_: object) -> None:
        raise limit("the time of the worker is up")

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        with hosting(silent) as platform:
            ended, unfinished = clients.run("sync", platform, clients.image())
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert type(ended.error) is limit
    [handle_of_task] = unfinished
    assert getattr(ended.error, "handle", None) is not None
    assert [handle_of_task.task_uuid] == [*platform.bills]


def test_a_request_that_is_read_slowly_is_given_up_in_time(
    clients: Clients, kind: str
) -> None:
    with hosting(honest, reads=False) as platform:
        long = [{"role": "user", "content": "x" * 12_000_000}]
        request = clients.request("TextInference", messages=long)
        ended, _ = clients.run(kind, platform, request, timeout=TIMEOUT_OF_LONG)
    assert isinstance(ended.error, clients.package.TimeoutError)
    assert ended.error.handle is not None
    assert ended.seconds < LONGEST
