"""Tests of concurrent POSTs of a sync call: none blocks others or outlives the call."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from .clients import in_a_child
from .platform_server import Exchange, Platform, hosting

if TYPE_CHECKING:
    from collections.abc import Callable

    from .clients import Clients

LONG = 60.0


class Singles:
    """A platform that accepts one task per request and runs a step for each task.

    Attributes:
        begun: Set when two tasks have arrived.
        closed: Counts the connections that the client closed before a response.
    """

    def __init__(self, *steps: Callable[[Platform, Exchange], Any]) -> None:
        self.steps = [*steps]
        self.begun = threading.Event()
        self.closed = threading.Semaphore(0)
        self._both = asyncio.Event()
        self._taken = 0

    async def __call__(self, platform: Platform, exchange: Exchange) -> None:
        """Run the next step for a request with one task."""
        if len(exchange.tasks) > 1:
            await exchange.reply({"errors": [{"code": "tooManyTasks"}]}, 413)
            return
        step, self._taken = self.steps[self._taken], self._taken + 1
        if self._taken == 2:
            self.begun.set()
            self._both.set()
        await step(platform, exchange)

    async def answer(self, platform: Platform, exchange: Exchange) -> None:
        """Answer at once."""
        await exchange.reply(platform.answer(exchange.tasks))

    async def answer_late(self, platform: Platform, exchange: Exchange) -> None:
        """Answer after the other task has arrived."""
        await self._both.wait()
        await self.answer(platform, exchange)

    async def hold(self, platform: Platform, exchange: Exchange) -> None:
        """Accept the task and wait until the client closes the connection."""
        platform.answer(exchange.tasks)
        assert await exchange.reader.read() == b""
        self.closed.release()


def two(clients: Clients) -> list[Any]:
    """Return two requests."""
    return [clients.image(), clients.image()]


def new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    """Return the new threads that do not end."""
    left = [t for t in threading.enumerate() if t not in before]
    for thread in left:
        thread.join(LONG)
    return [thread for thread in left if thread.is_alive()]


def test_a_silent_post_holds_up_no_other(clients: Clients) -> None:
    """The first response waits for the second request. The results keep their order."""
    requests = two(clients)

    async def work(client: Any) -> tuple[Any, list[Any]]:
        before = {*threading.enumerate()}
        return client.run_many(requests), new_threads(before)

    script = Singles()
    script.steps = [script.answer_late, script.answer]
    with hosting(script) as platform:
        outcomes, left = clients.using("sync", platform.url, work, timeout=LONG)
    given = [outcome.unwrap()[0].task_uuid for outcome in outcomes]
    assert given == [request.task_uuid for request in requests]
    assert {*platform.bills.values()} == {1}
    assert left == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals of POSIX")
def test_an_interruption_is_seen_at_once(clients: Clients) -> None:
    """Both connections are closed, and both tasks have a handle."""
    script = Singles()
    script.steps = [script.hold, script.hold]
    before: set[threading.Thread] = set()

    def interrupt() -> None:
        assert script.begun.wait(LONG)
        os.kill(os.getpid(), signal.SIGINT)

    async def work(client: Any) -> tuple[Any, list[Any]]:
        before.update(threading.enumerate())
        with pytest.raises(KeyboardInterrupt) as caught:
            client.run_many(two(clients))
        return caught.value, client.unfinished()

    with hosting(script) as platform:
        thread = threading.Thread(target=interrupt)
        thread.start()
        error, unfinished = clients.using("sync", platform.url, work, timeout=LONG)
        thread.join()
        for _ in range(2):
            assert script.closed.acquire(timeout=LONG)
        assert new_threads(before) == []
    assert {handle.task_uuid for handle in unfinished} == {*platform.bills}
    assert {handle.task_uuid for handle in error.handles} == {*platform.bills}


def test_a_loop_that_is_left_closes_what_is_under_way(clients: Clients) -> None:
    """The second connection is closed, although the client stays open."""
    script = Singles()
    script.steps = [script.answer_late, script.hold]

    async def work(client: Any) -> list[Any]:
        before = {*threading.enumerate()}
        given = client.iter_many(two(clients))
        next(given)
        given.close()
        assert script.closed.acquire(timeout=LONG)
        assert new_threads(before) == []
        return list(client.unfinished())

    with hosting(script) as platform:
        [handle] = clients.using("sync", platform.url, work, timeout=LONG)
    assert handle.task_uuid in platform.bills


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_a_fork_in_the_loop_breaks_no_connection(clients: Clients) -> None:
    """A child that closes its copy of the iterator leaves the parent's sockets open."""
    script, is_over = Singles(), threading.Event()

    async def answer_last(platform: Platform, exchange: Exchange) -> None:
        await asyncio.to_thread(is_over.wait, LONG)
        await script.answer(platform, exchange)

    async def work(client: Any) -> list[Any]:
        given = client.iter_many(two(clients))
        first = next(given)
        in_a_child(given.close)
        is_over.set()
        return [first, *given]

    script.steps = [script.answer_late, answer_last]
    with hosting(script) as platform:
        outcomes = clients.using("sync", platform.url, work, timeout=LONG)
    assert {outcome.unwrap()[0].task_uuid for outcome in outcomes} == {*platform.bills}
    assert len(platform.calls) == 3


def test_what_the_caller_has_set_for_its_context_counts(
    clients: Clients, shipped: Any
) -> None:
    """A hook of the custom HTTP client sees the context variables of the call."""
    trace = contextvars.ContextVar("trace", default="none")
    seen: list[str] = []

    def note(_: httpx2.Request) -> None:
        seen.append(trace.get())

    hooks = {"request": [note]}
    script = Singles()
    script.steps = [script.answer_late, script.answer]
    trace.set("mine")
    with hosting(script) as platform, httpx2.Client(event_hooks=hooks) as http_client:
        client = shipped.Runware("key", base_url=platform.url, http_client=http_client)
        with client:
            client.run_many(two(clients))
    assert seen == ["mine"] * 3
