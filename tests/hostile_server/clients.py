"""Clients of the shipped package with short delays, and the outcomes of calls."""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from loopback import Caller, value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from types import ModuleType

    from .platform_server import Platform

    Work = Callable[[Any], Coroutine[Any, Any, Any]]


@dataclass
class Ended:
    """The outcome of a call.

    Attributes:
        results: The return value.
        error: The exception, if the call raised one.
        seconds: The duration of the call.
    """

    results: Any = None
    error: Any = None
    seconds: float = 0.0


async def ending(work: Callable[[], Awaitable[Any]]) -> Ended:
    """Await a call and return its outcome."""
    begun, ended = time.monotonic(), Ended()
    try:
        ended.results = await work()
    except Exception as error:  # noqa: BLE001 - the test checks it
        ended.error = error
    ended.seconds = time.monotonic() - begun
    return ended


@dataclass
class Clients:
    """Creates clients of a package and requests for them."""

    package: ModuleType

    def request(self, task_type: str = "ImageInference", **members: Any) -> Any:
        """Create a request."""
        text = {"messages": [{"role": "user", "content": "Why?"}]}
        prompt = {"positive_prompt": "a quiet harbour"}
        given = text if task_type == "TextInference" else prompt
        module = re.sub("(?<!^)(?=[A-Z])", "_", task_type).lower()
        kind = getattr(self.module(f"tasks.{module}"), f"{task_type}Request")
        return kind(**({"model": "runware:101@1"} | given | members))

    def image(self, **members: Any) -> Any:
        """Create a request with synchronous delivery."""
        return self.request(**members)

    def video(self, **members: Any) -> Any:
        """Create a request with asynchronous delivery."""
        return self.request("VideoInference", **members)

    def using(self, kind: str, url: str, work: Work, **options: Any) -> Any:
        """Run `work` with a client; `work` awaits `value` of each call."""
        caller = Caller(kind, self.package, url, first_wait=0.03)
        return caller.using(work, **{"timeout": 8} | options)

    def with_own(self, kind: str, url: str, work: Work, **options: Any) -> Any:
        """Run `work` with a client that has a custom HTTP client.

        The HTTP client follows redirects and repeats a request after HTTP 502. The
        options are those of its transport.
        """
        if kind == "sync":
            with httpx2.Client(
                follow_redirects=True, transport=Repeating(**options)
            ) as http_client:
                return self.using(kind, url, work, http_client=http_client)
        async_client = httpx2.AsyncClient(
            follow_redirects=True, transport=AsyncRepeating(**options)
        )

        async def closing(client: Any) -> Any:
            async with async_client:
                return await work(client)

        return self.using(kind, url, closing, http_client=async_client)

    def run(
        self, kind: str, platform: Platform, request: Any, **options: Any
    ) -> tuple[Ended, list[Any]]:
        """Run a task. Return its outcome and the handles of unfinished tasks."""

        async def work(client: Any) -> tuple[Ended, list[Any]]:
            limits = {k: options.pop(k) for k in ("timeout",) if k in options}
            ended = await ending(lambda: value(client.run(request, **limits)))
            return ended, client.unfinished()

        given = {k: v for k, v in options.items() if k != "timeout"}
        ended: tuple[Ended, list[Any]] = self.using(kind, platform.url, work, **given)
        return ended

    def timed(self, call: Callable[[], Any]) -> float:
        """Make a call that must time out. Return its duration in seconds."""
        begun = time.monotonic()
        with pytest.raises(self.package.TimeoutError) as caught:
            call()
        assert caught.value.handle is not None
        return time.monotonic() - begun

    def module(self, name: str) -> ModuleType:
        """Return a module of the package."""
        return import_module(f"{self.package.__name__}.{name}")


class Repeating(httpx2.HTTPTransport):
    """Repeats a request after HTTP 502, as a custom transport may do."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, and send it again after HTTP 502."""
        response = super().handle_request(request)
        if response.status_code != 502:
            return response
        response.read()
        return super().handle_request(request)


class AsyncRepeating(httpx2.AsyncHTTPTransport):
    """The async version of `Repeating`."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, and send it again after HTTP 502."""
        response = await super().handle_async_request(request)
        if response.status_code != 502:
            return response
        await response.aread()
        return await super().handle_async_request(request)


def together(works: list[Callable[[], Any]]) -> list[Any]:
    """Call functions at the same time, each in its own thread. Return the results."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result() for each in [pool.submit(work) for work in works]]


def in_a_child(work: Callable[[], object]) -> None:
    """Call a function in a forked process. Assert that it succeeds."""
    if not (child := os.fork()):
        try:
            work()
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
