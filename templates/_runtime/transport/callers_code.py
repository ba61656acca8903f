"""Tells the exceptions of a caller's own code from those of the HTTP library.

Signal handlers, and the hooks and authentication of a caller's HTTP client, run in the
middle of an exchange, and may raise what the HTTP library raises for a failed network.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from functools import partial
from traceback import walk_tb
from types import CodeType
from typing import Any

import httpx2


def was_raised_in(error: BaseException, functions: Iterable[object]) -> bool:
    """Return whether an exception passed through one of some functions or methods."""
    codes = {*map(_code_of, functions)}
    return any(frame.f_code in codes for frame, _ in walk_tb(error.__traceback__))


def signal_handlers() -> list[object]:
    """Return the functions that handle signals; the others have the default handler."""
    import signal  # slow to import

    return [*filter(callable, map(signal.getsignal, signal.valid_signals()))]


def _code_of(function: object) -> CodeType | None:
    """Return the code of a function, a method or a callable object; None if it is not Python."""
    while isinstance(function, partial):
        function = function.func
    for each in (function, getattr(type(function), "__call__", None)):  # noqa: B004
        plain: Any = getattr(each, "__func__", each)
        if hasattr(plain, "__code__"):
            code: CodeType = plain.__code__
            return code
    return None


class NotedAuth(httpx2.Auth):
    """Authenticates as another does, and notes when a request goes to the transport.

    Until then, hooks and the authentication may fail, and nothing is written.
    """

    def __init__(self, auth: httpx2.Auth | None, note: Callable[[], None]) -> None:
        self._auth = auth or httpx2.Auth()
        self._note = note

    def sync_auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Yield the requests of the other authentication."""
        flow = self._auth.sync_auth_flow(request)
        try:
            request = next(flow)
            self._note()
            while True:
                request = flow.send((yield request))
        except StopIteration:
            return
        finally:
            flow.close()

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Yield the requests of the other authentication."""
        flow = self._auth.async_auth_flow(request)
        try:
            request = await anext(flow)
            self._note()
            while True:
                request = await flow.asend((yield request))
        except StopAsyncIteration:
            return
        finally:
            await flow.aclose()
