"""Interrupted calls lose no result without a trace.

The tests interrupt calls at each place where Python may handle a signal, and cancel
async calls in each iteration of the event loop. The server answers through a transport
without sockets. Its ledger records which tasks were billed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import threading
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from interrupts import FILE, Interrupter, Platform

from command import until
from looking import a_looking_document
from loopback import KEY, each, value, without_a_loop
from making import generated
from sockets import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    from sockets import Peer

PACKAGE = "interrupted_client"

SYNC = {"delivery_method": "sync"}
ASYNC = {"delivery_method": "async"}
STREAM = {"delivery_method": "stream"}
UPLOAD = {"inputs": {"image": FILE}}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A package whose tasks have all delivery methods and files to upload."""
    folder = tmp_path_factory.mktemp("interrupts")
    documents = {"looking.json": a_looking_document()}
    return generated(folder, documents, package=PACKAGE)


class Work:
    """The results, handles and streams that a program has."""

    def __init__(self) -> None:
        self.given: set[str] = set()
        self.handles: list[Any] = []
        self.streams: list[Any] = []

    def take(self, results: list[Any]) -> None:
        """Record the tasks of results."""
        self.given.update([result.task_uuid for result in results])

    async def run(self, client: Any, requests: list[Any]) -> None:
        """Run a task."""
        self.take(await value(client.run(requests[0])))

    async def raw(self, client: Any, requests: list[Any]) -> None:
        """Run a task with its raw HTTP responses."""
        self.take((await value(client.with_raw_response.run(requests[0]))).results)

    async def run_many(self, client: Any, requests: list[Any]) -> None:
        """Run a batch."""
        outcomes = await value(client.run_many(requests))
        self.take([outcome.request for outcome in outcomes])

    async def iter_many(self, client: Any, requests: list[Any]) -> None:
        """Run a batch, outcome by outcome."""
        async for outcome in each(client.iter_many(requests)):
            self.take([outcome.request])

    async def submit(self, client: Any, requests: list[Any]) -> None:
        """Send a task and wait for it."""
        self.handles.append(await value(client.submit(requests[0])))
        self.take(await value(self.handles[0].wait()))

    async def results(self, client: Any, requests: list[Any]) -> None:
        """Send a task and take its results one by one."""
        self.handles.append(await value(client.submit(requests[0])))
        async for result in each(self.handles[0].results()):
            self.take([result])

    async def poll(self, client: Any, requests: list[Any]) -> None:
        """Send a task and poll it."""
        self.handles.append(await value(client.submit(requests[0])))
        while not await value(self.handles[0].poll()):
            pass
        self.take(await value(self.handles[0].wait()))

    async def stream(self, client: Any, requests: list[Any]) -> None:
        """Read a stream."""
        self.streams.append(client.stream(requests[0]))
        async for _ in each(self.streams[0]):
            pass

    def has(self) -> set[str]:
        """Return the UUIDs of the tasks whose results the program has."""
        read = set[str]()
        for stream in self.streams:
            with contextlib.suppress(RuntimeError):  # it was not read to its end
                read.add(stream.result.task_uuid)
        return self.given | read


WAYS = {
    "run, async": (Work.run, [ASYNC], 1),
    "run_many": (Work.run_many, [SYNC, ASYNC, ASYNC, STREAM], 2),
    "stream": (Work.stream, [STREAM], 1),
    "run, sync": (Work.run, [SYNC], 5),
    "run, stream": (Work.run, [STREAM], 5),
    "run, upload": (Work.run, [SYNC | UPLOAD], 5),
    "raw": (Work.raw, [ASYNC], 5),
    "run_many, uploads": (Work.run_many, [SYNC | UPLOAD, ASYNC | UPLOAD, ASYNC], 5),
    "iter_many": (Work.iter_many, [SYNC, ASYNC, STREAM], 3),
    "submit": (Work.submit, [ASYNC], 5),
    "submit, upload": (Work.submit, [ASYNC | UPLOAD], 5),
    "results": (Work.results, [ASYNC], 5),
    "poll": (Work.poll, [ASYNC], 5),
    "stream, upload": (Work.stream, [STREAM | UPLOAD], 5),
}
"""The calls, their tasks, and the stride between two interrupted places."""


def made(package: ModuleType, members: list[dict[str, Any]]) -> list[Any]:
    """Make requests."""
    module = import_module(f"{package.__name__}.tasks.text_inference.sample")
    return [module.SampleRequest(**each) for each in members]


def options(package: ModuleType, client: Any) -> None:
    """Make a client poll and retry without waiting."""
    client.polling = client.retrying = package.Waits(first=0.0, longest=0.0)


def check_handles(
    stop: BaseException, client: Any, work: Work, platform: Platform, place: object
) -> None:
    """Check that each billed task has its results or a handle."""
    owed = set(platform.billed) - work.has()
    held = {handle.task_uuid for handle in work.handles}
    left = {handle.task_uuid for handle in client.unfinished()}
    raised = {handle.task_uuid for handle in vars(stop).get("handles", [])}
    over = {handle.task_uuid for handle in work.handles if handle.is_over}
    assert owed - over <= left, place
    # If contextlib is interrupted before `_reading` continues, the exception may have
    # no handle. See the docstring of `_reading`.
    if "stream in contextlib" not in str(place):
        assert owed - held <= raised, place


async def collect(client: Any, work: Work, platform: Platform, place: object) -> None:
    """Wait for all billed tasks, and check that none is billed twice."""
    for handle in [*client.unfinished(), *work.handles]:
        if handle.task_uuid in platform.billed:
            work.take(await value(handle.wait(timeout=60)))
    assert set(platform.billed) <= work.has(), place
    assert {*platform.billed.values()} <= {1}, place
    left = {handle.task_uuid for handle in client.unfinished()}
    assert not left & set(platform.billed), place


def once(
    package: ModuleType, name: str, interrupter: Interrupter, at: int | None
) -> None:
    """Run calls once, interrupt them at a place, and check that no result is lost."""
    way, members, _ = WAYS[name]
    platform, work = Platform(), Work()
    transport = httpx2.MockTransport(platform.answer)
    threads = {*threading.enumerate()}
    with httpx2.Client(transport=transport) as http:
        client = package.Runware(KEY, http_client=http, concurrency=1)
        options(package, client)
        requests = made(package, members)
        stop: BaseException | None = None
        coroutine = way(work, client, requests)
        try:
            with interrupter.watching(at):
                without_a_loop(coroutine)
        except KeyboardInterrupt as error:
            stop = error
        if at is None:
            return
        place = interrupter.places  # empty if a thread made the run shorter
        if stop is not None:  # Python drops exceptions from freed generators
            check_handles(stop, client, work, platform, place)
        if "stream in contextlib" in str(place):
            stop = None  # `on_end` is called when the exception is freed
        assert ": sending>" not in str(client.unfinished()), place
        [again] = made(package, [SYNC | UPLOAD])
        work.take(client.run(again, timeout=60))
        without_a_loop(collect(client, work, platform, place))
        del stop
        gc.collect(0)
        assert all(body.is_closed for body in platform.bodies), place
        for thread in {*threading.enumerate()} - threads:
            thread.join(60)
            assert not thread.is_alive(), place


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", WAYS)
def test_ctrl_c_loses_nothing(package: ModuleType, name: str) -> None:
    """A place counts once, when it is first reached."""
    interrupter = Interrupter(package.__name__)
    once(package, name, interrupter, None)  # runs the lazy imports
    once(package, name, interrupter, None)
    first = {place: at for at, place in reversed([*enumerate(interrupter.places)])}
    _, _, stride = WAYS[name]
    places = sorted(first.values())[len(name) % stride :: stride]
    assert len(places) > 50
    for at in places:
        once(package, name, interrupter, at)


# -- cancelled asyncio tasks --------------------------------------------------


async def cancelled(
    package: ModuleType, name: str, iterations: int, *, is_once: bool
) -> bool:
    """Cancel calls after some iterations; return whether they were still running.

    If not once, they are cancelled again in each iteration until they end, as a cancel
    scope of anyio does.
    """
    way, members, _ = WAYS[name]
    platform, work = Platform(), Work()

    async def answer(request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(0)
        response = platform.answer(request)
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            await response.aclose()
            raise
        return response

    transport = httpx2.MockTransport(answer)
    async with httpx2.AsyncClient(transport=transport) as http:
        client = package.AsyncRunware(KEY, http_client=http, concurrency=1)
        options(package, client)
        before = asyncio.all_tasks()
        task = asyncio.create_task(way(work, client, made(package, members)))
        for _ in range(iterations):
            await asyncio.sleep(0)
        is_cancelled = task.cancel()
        while not is_once and not task.done():
            await asyncio.sleep(0)
            task.cancel()
        try:
            await task
        except asyncio.CancelledError as stop:
            check_handles(stop, client, work, platform, iterations)
        assert asyncio.all_tasks() == before
        [again] = made(package, [SYNC | UPLOAD])
        work.take(await client.run(again, timeout=60))
        await collect(client, work, platform, iterations)
        gc.collect(0)
        assert all(body.is_closed for body in platform.bodies), iterations
    return is_cancelled


@pytest.mark.parametrize("is_once", [True, False])
@pytest.mark.parametrize("name", WAYS)
def test_a_cancelled_task_loses_nothing(
    package: ModuleType, name: str, *, is_once: bool
) -> None:
    async def sweep() -> None:
        for iterations in count():
            if not await cancelled(package, name, iterations, is_once=is_once):
                assert iterations > 3
                return

    asyncio.run(sweep())


# -- the same over a WebSocket --------------------------------------------------

OVER_WEBSOCKET = {
    name: (way, [task for task in members if task is not STREAM])
    for name, (way, members, _) in WAYS.items()
    if "stream" not in name and name != "raw"
}


@pytest.mark.parametrize("name", OVER_WEBSOCKET)
def test_a_cancelled_task_loses_nothing_over_a_websocket(
    package: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """All calls share a connection. A cancelled call does not disturb the others."""
    way, members = OVER_WEBSOCKET[name]
    platform = Platform()

    async def answering(peer: Peer) -> None:
        while True:
            data, errors = platform.items(await peer.ponged())
            await peer.say(*data, errors=errors)

    async def sweep(client: Any) -> None:
        options(package, client)
        for iterations in count():
            platform.billed.clear()
            work = Work()
            task = asyncio.create_task(way(work, client, made(package, members)))
            for _ in range(iterations):
                await asyncio.sleep(0)
            is_cancelled = task.cancel()
            try:
                await task
            except asyncio.CancelledError as stop:
                check_handles(stop, client, work, platform, iterations)
            [again] = made(package, [SYNC])  # its response comes after all earlier ones
            work.take(await client.run(again, timeout=60))
            await collect(client, work, platform, iterations)
            if not is_cancelled:
                assert iterations > 10
                return

    async def main() -> None:
        async with Run(package, monkeypatch).client(answering) as client:
            await sweep(client)

    asyncio.run(main())


# -- other interruptions ------------------------------------------------------


def test_a_signal_handler_may_use_the_client(package: ModuleType) -> None:
    """This is so even if the interrupted call holds a lock."""
    seen: list[int] = []
    platform = Platform()
    with httpx2.Client(transport=httpx2.MockTransport(platform.answer)) as http:
        client = package.Runware(KEY, http_client=http)
        options(package, client)
        lock = client._engine.open_tasks.lock.native

        def handle(*_: object) -> None:
            seen.append(len(client.unfinished()))

        before = signal.signal(signal.SIGTERM, handle)
        try:
            with lock:
                signal.raise_signal(signal.SIGTERM)
        finally:
            signal.signal(signal.SIGTERM, before)
    assert seen == [0]


def test_an_interrupted_download_leaves_no_file(
    package: ModuleType, tmp_path: Path
) -> None:
    result = package.TaskResult.model_validate(
        {"taskType": "imageInference", "imageURL": "https://im.runware.ai/a.png"}
    )
    interrupter = Interrupter(package.__name__)

    def save(at: int | None) -> None:
        platform = Platform()
        with httpx2.Client(transport=httpx2.MockTransport(platform.answer)) as http:
            with contextlib.suppress(KeyboardInterrupt), interrupter.watching(at):
                result.save(tmp_path / "a.png", http_client=http)
            gc.collect(0)
        for thread in threading.enumerate():
            if thread.name == "runware":
                thread.join(60)
                assert not thread.is_alive()
        left = [path.name for path in tmp_path.iterdir()]
        assert left in ([], ["a.png"]), interrupter.places

    save(None)
    save(None)
    for at in range(len(interrupter.places)):
        save(at)


# -- calls that are interrupted before they are written -------------------------

OVER_TLS, IN_CLEAR, OVER_WS = "https", "http", "ws"
RUN, RUN_MANY = (Work.run, [ASYNC]), (Work.run_many, [SYNC, ASYNC])
READ = (Work.stream, [STREAM])


@pytest.fixture
def silent() -> Iterator[str]:
    """The host and port of a server that takes connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("work", "scheme", "options"),
    [
        (RUN, OVER_TLS, {}),
        (RUN_MANY, OVER_TLS, {}),
        (READ, OVER_TLS, {}),
        (RUN, IN_CLEAR, {"concurrency": 1}),
        (RUN_MANY, IN_CLEAR, {"concurrency": 1}),
        (RUN, OVER_WS, {"transport": "websocket"}),
        (RUN, OVER_WS, {"transport": "websocket", "concurrency": 1}),
    ],
)
def test_a_task_that_is_cancelled_before_it_is_written_was_not_sent(
    package: ModuleType,
    silent: str,
    work: tuple[Callable[..., Any], list[dict[str, Any]]],
    scheme: str,
    options: dict[str, Any],
) -> None:
    """Its call connects, or waits for an earlier one that takes the only place."""
    way, members = work

    async def cancel() -> None:
        url = f"{scheme}://{silent}"
        async with package.AsyncRunware(KEY, base_url=url, **options) as client:
            requests = made(package, [ASYNC])
            earlier = asyncio.create_task(client.run(requests[0]))
            if scheme == IN_CLEAR:
                await asyncio.to_thread(until, client.unfinished)
            await asyncio.sleep(0.02)
            task = asyncio.create_task(way(Work(), client, made(package, members)))
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as stop:
                await task
            assert not hasattr(stop.value, "handles")
            earlier.cancel()
            await asyncio.gather(earlier, return_exceptions=True)
            written = [requests[0].task_uuid] if scheme == IN_CLEAR else []
            assert [each.task_uuid for each in client.unfinished()] == written

    asyncio.run(cancel())


@pytest.mark.parametrize("work", [RUN, READ])
def test_a_task_that_a_signal_interrupts_before_it_is_written_was_not_sent(
    package: ModuleType,
    silent: str,
    work: tuple[Callable[..., Any], list[dict[str, Any]]],
) -> None:
    way, members = work

    def stop(*_: object) -> None:
        raise TimeoutError("the time of the worker is over")

    def interrupted(client: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        without_a_loop(way(Work(), client, made(package, members)))

    before = signal.signal(signal.SIGALRM, stop)
    try:
        with package.Runware(KEY, base_url=f"https://{silent}") as client:
            with pytest.raises(TimeoutError, match="of the worker") as raised:
                interrupted(client)
            assert not hasattr(raised.value, "handles")
            assert client.unfinished() == []
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_a_tls_handshake_that_is_left_is_closed(
    package: ModuleType, *, is_cancelled: bool
) -> None:
    """At once: not when the garbage collector finds the connection."""

    async def leave(listener: socket.socket) -> bytes:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        async with package.AsyncRunware(KEY, base_url=url, max_retries=0) as client:
            [request] = made(package, [ASYNC])
            limit = 60 if is_cancelled else 1
            task = asyncio.create_task(client.run(request, timeout=limit))
            peer, _ = await asyncio.to_thread(listener.accept)
            with peer, peer.makefile("rb") as received:
                peer.settimeout(10)
                hello = await asyncio.to_thread(received.read, 1)
                if is_cancelled:
                    task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                return hello + await asyncio.to_thread(received.read)

    gc.disable()
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(10)
            assert asyncio.run(leave(listener))
    finally:
        gc.enable()
