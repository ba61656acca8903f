"""Tests of a custom HTTP client: its locks do not block other calls."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx2
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, StreamEnded
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from loopback import KEY, value

from .platform_server import FOR_EVER

if TYPE_CHECKING:
    from collections.abc import Generator

    from .clients import Clients
    from .platform_server import Item

LONGEST = 60.0
"""Seconds within which a call with a much shorter timeout must end on any machine."""
SHORT = 2.0
"""A timeout in seconds that is long enough to send a request on a slow machine."""

WINDOW = 2**16 - 1
"""Bytes of a body that a client writes before the server reads them."""
IMAGE, POLL = "imageInference", "getResponse"
GOAWAY, GOAWAY_LATER = -1, -2
"""Failures: the server leaves, and has processed the requests before this one, or it."""
EVENT = b'data: {"taskType": "textInference", "delta": {"text": "At"}}\n\n'


@dataclass
class Multiplexer:
    """An HTTP/2 server that delays its responses.

    Attributes:
        most: The maximum number of concurrent requests.
        is_leaving: Whether it answers every request, and ends the connection then.
        is_impatient: Whether it leaves while the next large body is written.
        tasks: The task of each request, in order of arrival.
        failures: The statuses of the first responses, or the codes of their resets, or
            one of `GOAWAY` and `GOAWAY_LATER`.
        has_heard: Counts the requests that have arrived.
        may_answer: Set to allow the response to the first request.
    """

    most: int = 100
    is_leaving: bool = False
    is_impatient: bool = False
    url: str = ""
    tasks: list[Item] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    has_heard: threading.Semaphore = field(
        default_factory=lambda: threading.Semaphore(0)
    )
    may_answer: threading.Event = field(default_factory=threading.Event)

    def serve(self, wire: socket.socket) -> None:
        """Serve a connection until it closes."""
        talk = H2Connection(H2Configuration(client_side=False))
        talk.initiate_connection()
        talk.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: self.most})
        lock = threading.Lock()
        bodies: dict[int, bytes] = {}
        with suppress(OSError, ProtocolError), wire:  # a closed one
            wire.sendall(talk.data_to_send())
            while content := wire.recv(2**16):
                with lock:
                    events = talk.receive_data(content)
                    for event in events:
                        if isinstance(event, DataReceived):
                            size = event.flow_controlled_length or 0
                            talk.acknowledge_received_data(size, event.stream_id)
                    wire.sendall(talk.data_to_send())
                for event in events:
                    if isinstance(event, DataReceived):
                        number = event.stream_id
                        bodies[number] = bodies.get(number, b"") + (event.data or b"")
                        if self.is_impatient and len(bodies[number]) > WINDOW // 2:
                            self.is_impatient = False
                            self._fail(talk, wire, lock, number, GOAWAY)
                            while wire.recv(2**16):  # closing now would be a reset
                                pass
                            return
                    elif isinstance(event, StreamEnded):
                        self._hear(talk, wire, lock, event.stream_id, bodies)

    def _hear(
        self,
        talk: H2Connection,
        wire: socket.socket,
        lock: threading.Lock,
        number: int,
        bodies: dict[int, bytes],
    ) -> None:
        [task] = json.loads(bodies[number])
        self.tasks.append(task)
        self.has_heard.release()
        if self.failures:
            self._fail(talk, wire, lock, number, self.failures.pop(0))
        elif task.get("deliveryMethod") == "stream":
            self._say(talk, wire, lock, number, EVENT, "text/event-stream")
        elif self.is_leaving or self._is_about_the_first(task):
            threading.Thread(
                target=self._answer, args=(talk, wire, lock, number, task), daemon=True
            ).start()

    def _is_about_the_first(self, task: Item) -> bool:
        """Return whether this is the first task, or a poll of it after a disconnect."""
        return bool(task["taskUUID"] == self.tasks[0]["taskUUID"])

    def _answer(
        self,
        talk: H2Connection,
        wire: socket.socket,
        lock: threading.Lock,
        number: int,
        task: Item,
    ) -> None:
        self.may_answer.wait(FOR_EVER)
        result = {"taskType": IMAGE, "taskUUID": task["taskUUID"]}
        result |= {"imageUUID": str(uuid4()), "imageURL": "https://assets.example/1"}
        content = json.dumps({"data": [result]}).encode()
        with suppress(OSError):
            self._say(talk, wire, lock, number, content, "application/json", ends=True)

    @staticmethod
    def _fail(
        talk: H2Connection,
        wire: socket.socket,
        lock: threading.Lock,
        number: int,
        failure: int,
    ) -> None:
        with lock:
            if isinstance(failure, ErrorCodes):
                talk.reset_stream(number, failure)
            elif failure == GOAWAY:
                talk.close_connection(last_stream_id=max(number - 2, 0))
            elif failure == GOAWAY_LATER:
                talk.close_connection(last_stream_id=number)
            else:
                is_cut = failure in (HTTPStatus.OK, HTTPStatus.ACCEPTED)
                head = [(":status", str(failure))]
                talk.send_headers(number, head, end_stream=not is_cut)
                if failure == HTTPStatus.OK:
                    talk.reset_stream(number, ErrorCodes.REFUSED_STREAM)
                elif is_cut:
                    talk.close_connection(last_stream_id=max(number - 2, 0))
            wire.sendall(talk.data_to_send())

    def _say(
        self,
        talk: H2Connection,
        wire: socket.socket,
        lock: threading.Lock,
        number: int,
        content: bytes,
        kind: str,
        *,
        ends: bool = False,
    ) -> None:
        with lock:
            talk.send_headers(number, [(":status", "200"), ("content-type", kind)])
            talk.send_data(number, content, end_stream=ends)
            if self.is_leaving:
                talk.close_connection()
            wire.sendall(talk.data_to_send())


@contextmanager
def multiplexing(most: int = 100) -> Generator[Multiplexer]:
    """Run an HTTP/2 server until the context ends."""
    server = Multiplexer(most)
    wires: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                wires.append(listening.accept()[0])
                threading.Thread(
                    target=server.serve, args=(wires[-1],), daemon=True
                ).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            server.may_answer.set()
            listening.shutdown(socket.SHUT_RDWR)
            for wire in wires:
                with suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)


@contextmanager
def brought(clients: Clients, url: str) -> Generator[Any]:
    """Create a client with an HTTP client that uses only HTTP/2."""
    with (
        httpx2.Client(http1=False, http2=True) as http_client,
        clients.package.Runware(KEY, base_url=url, http_client=http_client) as client,
    ):
        yield client


def test_a_call_does_not_wait_for_one_that_reads_the_connection(
    clients: Clients,
) -> None:
    with (
        multiplexing() as server,
        brought(clients, server.url) as client,
        ThreadPoolExecutor() as pool,
    ):
        patient = pool.submit(client.run, clients.image(), timeout=FOR_EVER)
        assert server.has_heard.acquire(timeout=LONGEST)
        seconds = clients.timed(lambda: client.run(clients.image(), timeout=SHORT))
        assert seconds < LONGEST
        assert not patient.done()
        server.may_answer.set()
        assert patient.result(LONGEST)[0].image_url


def test_a_stream_does_not_wait_for_one_that_reads_the_connection(
    clients: Clients,
) -> None:
    with (
        multiplexing() as server,
        brought(clients, server.url) as client,
        ThreadPoolExecutor() as pool,
    ):
        patient = pool.submit(client.run, clients.image(), timeout=FOR_EVER)
        assert server.has_heard.acquire(timeout=LONGEST)
        request = clients.request("TextInference")
        stream = client.stream(request, timeout=SHORT)
        assert clients.timed(stream.get_result) < LONGEST
        assert stream.text in ("", "At")
        server.may_answer.set()
        assert patient.result(LONGEST)[0].image_url
    # Leaving the stream does not end the connection, after which the call would poll.
    assert POLL not in [task["taskType"] for task in server.tasks]


def test_another_task_closes_a_stream(clients: Clients) -> None:
    """The server has sent an event, and sends no more."""
    request = clients.request("TextInference", delivery_method="stream")

    async def work(url: str) -> None:
        async with (
            httpx2.AsyncClient(http1=False, http2=True) as http,
            clients.package.AsyncRunware(
                KEY, base_url=url, http_client=http, timeout=LONGEST / 2
            ) as client,
        ):
            stream = client.text_inference.stream(request)

            async def close() -> None:
                while not stream.text:  # noqa: ASYNC110 - there is no event to wait for
                    await asyncio.sleep(0.01)
                await stream.aclose()

            closing = asyncio.create_task(close())
            with pytest.raises(clients.package.ClosedError) as caught:
                await stream.get_result()
            assert "closed while it was read" in str(caught.value)
            assert caught.value.handle.task_uuid == request.task_uuid
            await closing

    with multiplexing() as server:
        asyncio.run(work(server.url))


def test_what_was_left_before_it_was_sent_is_not_sent_later(clients: Clients) -> None:
    """The server accepts one request at a time, so the second request waits."""
    with (
        multiplexing(most=1) as server,
        brought(clients, server.url) as client,
        ThreadPoolExecutor() as pool,
    ):
        patient = pool.submit(client.run, clients.image(), timeout=FOR_EVER)
        assert server.has_heard.acquire(timeout=LONGEST)
        seconds = clients.timed(lambda: client.run(clients.image(), timeout=SHORT))
        assert seconds < LONGEST
        server.may_answer.set()
        assert patient.result(LONGEST)[0].image_url
        later = clients.image()  # a waiting request would arrive before this one
        left = pool.submit(client.run, later, timeout=SHORT)
        assert server.has_heard.acquire(timeout=LONGEST)
        assert server.tasks[1]["taskUUID"] == later.task_uuid
        assert left.exception(LONGEST) is not None


def test_a_transport_that_is_stuck_keeps_nobody_waiting(clients: Clients) -> None:
    is_over = threading.Event()

    class Stuck(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            is_over.wait(FOR_EVER)
            return httpx2.Response(503, request=request)

    with (
        httpx2.Client(transport=Stuck()) as http_client,
        clients.package.Runware(KEY, http_client=http_client) as client,
    ):
        seconds = clients.timed(lambda: client.run(clients.image(), timeout=SHORT))
        is_over.set()
    assert seconds < LONGEST


FAILURES = [
    pytest.param([ErrorCodes.REFUSED_STREAM], [IMAGE, IMAGE], id="refused"),
    pytest.param([ErrorCodes.INTERNAL_ERROR], [IMAGE, POLL], id="in doubt"),
    pytest.param(
        [502, ErrorCodes.REFUSED_STREAM], [IMAGE, IMAGE, POLL], id="refused later"
    ),
    pytest.param([HTTPStatus.OK], [IMAGE, POLL], id="refused after a response"),
    pytest.param([GOAWAY], [IMAGE, IMAGE], id="left before the first"),
    pytest.param([GOAWAY_LATER], [IMAGE, POLL], id="left after the first"),
    pytest.param([HTTPStatus.ACCEPTED], [IMAGE, POLL], id="left after a response"),
]
"""How requests fail, and the tasks of all requests. The transport repeats after 502."""


@pytest.mark.parametrize(("failures", "task_types"), FAILURES)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_refused_stream_was_not_processed(
    clients: Clients, kind: str, failures: list[int], task_types: list[str]
) -> None:
    """RFC 9113, section 8.7. After another failure, the server may have the task."""

    async def work(client: Any) -> Any:
        return await value(client.run(clients.image()))

    with multiplexing() as server:
        server.may_answer.set()
        server.failures += failures
        how = {"http1": False, "http2": True}
        [image] = clients.with_own(kind, server.url, work, **how)
    assert image.image_url
    assert [task["taskType"] for task in server.tasks] == task_types


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_body_that_a_server_left_before_its_end_was_not_processed(
    clients: Clients, kind: str, number: int
) -> None:
    image = f"data:image/png;base64,{b64encode(bytes(2 * WINDOW)).decode()}"
    large = clients.image(seed_image=image, strength=0.5)

    async def work(client: Any) -> Any:
        if number == 2:
            await value(client.run(clients.image()))
        server.tasks[:] = [large.to_wire()]
        server.is_impatient = True
        return await value(client.run(large))

    with multiplexing() as server:
        server.may_answer.set()
        how = {"http1": False, "http2": True}
        [result] = clients.with_own(kind, server.url, work, **how)
    assert result.image_url
    assert [task["taskType"] for task in server.tasks[1:]] == [IMAGE]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_a_server_left_before_is_sent_again_after_a_rejection(
    clients: Clients, kind: str
) -> None:
    """RFC 9113, section 6.8. The transport repeats the request, which is rejected."""

    async def work(client: Any) -> Any:
        await value(client.run(clients.image()))
        server.failures += [GOAWAY, HTTPStatus.TOO_MANY_REQUESTS]
        second = clients.image()
        server.tasks.clear()
        server.tasks.append({"taskUUID": second.task_uuid, "taskType": "the second"})
        return await value(client.run(second))

    with multiplexing() as server:
        server.may_answer.set()
        how = {"http1": False, "http2": True}
        [image] = clients.with_own(kind, server.url, work, **how)
    assert image.image_url
    assert [task["taskType"] for task in server.tasks[1:]] == [IMAGE] * 3


def test_what_waits_for_a_connection_that_ends_was_not_sent(clients: Clients) -> None:
    """The second request waits for the first response, which comes with a GOAWAY."""
    sent: list[httpx2.Request] = []

    async def note(request: httpx2.Request) -> None:
        sent.append(request)
        if len(sent) == 2:
            server.may_answer.set()

    async def work(client: Any) -> Any:
        async with http_client:
            calls = [client.run(clients.image()) for _ in range(2)]
            return await asyncio.gather(*calls)

    with multiplexing(most=1) as server:
        server.is_leaving = True
        http_client = httpx2.AsyncClient(
            http1=False, http2=True, event_hooks={"request": [note]}
        )
        [first], [second] = clients.using(
            "async", server.url, work, http_client=http_client
        )
    assert [first.task_uuid, second.task_uuid] == [t["taskUUID"] for t in server.tasks]
    assert [task["taskType"] for task in server.tasks] == [IMAGE, IMAGE]
