"""WebSockets with servers that break the protocol, event loops and processes."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import struct
import subprocess
import sys
import threading
from base64 import b64encode
from contextlib import asynccontextmanager, suppress
from hashlib import sha1
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from loopback import KEY
from sockets import (
    Admitting,
    Carrier,
    Peer,
    Run,
    answering,
    carrier,
    listening,
    news,
    order,
    question,
    result,
    saying,
    silent,
)
from wire import answer, say, wired

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from types import ModuleType

    from sockets import Item

    Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
    Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


# -- servers that break the protocol ----------------------------------------------


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[str]:
    """Serve connections with `talk`, and yield the URL."""

    async def served(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            await talk(reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(served, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Open a WebSocket (RFC 6455, section 4.2.2)."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    named = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    key = {name.lower(): value for name, value in named.items()}["sec-websocket-key"]
    accept = b64encode(
        sha1((key + GUID).encode(), usedforsecurity=False).digest()
    ).decode()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
    )


async def heard(reader: asyncio.StreamReader) -> list[Item]:
    """Return the tasks of the next text frame (RFC 6455, section 5.2)."""
    opcode, length = await reader.readexactly(2)
    length &= 127
    if length == 126:
        [length] = struct.unpack("!H", await reader.readexactly(2))
    mask = await reader.readexactly(4)
    masked = await reader.readexactly(length)
    text = bytes(byte ^ mask[n % 4] for n, byte in enumerate(masked))
    if opcode & 15 == 8:
        raise ConnectionResetError("the client closed the connection")
    tasks: list[Item] = json.loads(text)
    return tasks


def frame(text: str, first: int = 0x81) -> bytes:
    """Return a short text frame."""
    content = text.encode()
    size = len(content)
    length = bytes([size]) if size < 126 else b"\x7e" + struct.pack("!H", size)
    return bytes([first]) + length + content


LET_IN = json.dumps({"data": [{"taskType": "authentication"}]})


async def drips_headers(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send headers without end."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        writer.write(b"X-Header: more\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def informs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send informational responses without end."""
    await reader.readuntil(b"\r\n\r\n")
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def is_silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Send nothing."""
    await reader.read()


async def lets_nobody_in(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Open a WebSocket, but do not answer the authentication."""
    await upgrade(reader, writer)
    await reader.read()


@pytest.mark.parametrize("talk", [drips_headers, informs, is_silent, lets_nobody_in])
def test_a_connection_that_never_opens_takes_only_its_callers_time(
    run: Run, shipped: ModuleType, talk: Talk
) -> None:
    """A call fails after its own timeout, or when the connection timeout is over."""
    run.wait(MAX_CONNECT=0.5)

    async def main() -> None:
        async with serving(talk) as url:
            made = carrier(shipped, url)
            hasty = made.post(order(), seconds=0.1)
            with pytest.raises(shipped.ConnectionError, match="in time") as raised:
                await hasty
            assert not raised.value.may_have_run
            with pytest.raises(
                shipped.ConnectionError, match="no connection"
            ) as raised:
                await made.post(order(), seconds=100)
            assert not raised.value.may_have_run
            await made.transport.aclose()

    asyncio.run(asyncio.wait_for(main(), 20))


BROKEN_FRAMES = {
    "reserved bits": frame("{}", 0xF1),
    "an unknown opcode": frame("{}", 0x83),
    "a masked frame": bytes([0x81, 0x82, 1, 2, 3, 4, 5, 6]),
    "no UTF-8": bytes([0x81, 2, 0xFF, 0xFE]),
    "a long ping": frame("x" * 200, 0x89),
    "a continuation of nothing": frame("{}", 0x80),
    "an odd close": bytes([0x88, 1, 0]),
}


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("name", BROKEN_FRAMES)
def test_a_frame_that_breaks_the_protocol_leaves_the_call_unclear(
    shipped: ModuleType, name: str
) -> None:
    async def breaks(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await upgrade(reader, writer)
        await heard(reader)
        writer.write(frame(LET_IN))
        await heard(reader)
        writer.write(BROKEN_FRAMES[name])
        await reader.read()

    async def main() -> None:
        async with serving(breaks) as url:
            made = carrier(shipped, url)
            told = "broke before the response: the server broke the protocol"
            with pytest.raises(shipped.ConnectionError, match=told) as raised:
                await made.post(order())
            assert raised.value.may_have_run
            await made.transport.aclose()

    asyncio.run(asyncio.wait_for(main(), 20))


@pytest.mark.usefixtures("run")
def test_a_goodbye_is_told_whatever_follows_it(shipped: ModuleType) -> None:
    """The server says goodbye to each connection, and sends a ping after it."""

    async def leaves(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await upgrade(reader, writer)
        await heard(reader)
        writer.write(frame(LET_IN) + frame("\x0f\x01Moved.", 0x88) + frame("", 0x89))
        await reader.read()

    async def main() -> None:
        async with serving(leaves) as url:
            made = carrier(shipped, url)
            told = r"in time; the last one failed: the server closed .* \(3841: Moved"
            with pytest.raises(shipped.ConnectionError, match=told) as raised:
                await made.post(order(), seconds=2)
            assert not raised.value.may_have_run
            await made.transport.aclose()

    asyncio.run(asyncio.wait_for(main(), 20))


async def test_a_message_that_is_too_large_is_told(
    run: Run, shipped: ModuleType
) -> None:
    run.wait("_runtime.transport.socket", MAX_MESSAGE=100_000)
    task = order()
    large = saying(result(task, imageBase64Data="A" * 200_000))

    async def fresh(peer: Peer) -> None:
        """The session is new: in the old one, the server would resend the message."""
        assert "connectionSessionUUID" not in peer.frames[0][0]
        [second] = await peer.ponged()
        await peer.say(result(second))

    async with run.carrier(large, fresh) as made:
        with pytest.raises(shipped.ConnectionError) as raised:
            await made.post(task)
        assert "a message is larger than 100,000 bytes" in str(raised.value)
        assert raised.value.may_have_run
        assert (await made.post(order())).data


async def test_a_call_that_was_given_up_is_not_written_any_more(
    run: Run, shipped: ModuleType
) -> None:
    large = order() | {"seedImage": "A" * 20_000_000}
    given_up, last = order(), order()
    reads = asyncio.Event()

    async def deaf(peer: Peer) -> None:
        peer.connection.transport.pause_reading()
        await reads.wait()
        peer.connection.transport.resume_reading()
        while True:
            for task in await peer.ponged():
                await peer.say(result(task))

    async with run.carrier(deaf) as made:
        first = asyncio.create_task(made.post(large))
        await asyncio.sleep(0)
        with pytest.raises(shipped.ConnectionError) as raised:
            await made.post(given_up, seconds=0.2)
        assert not raised.value.may_have_run
        reads.set()
        assert len((await made.post(last)).data) == 1
        await first
    [peer] = run.sockets.peers
    assert [last] in peer.frames
    assert [given_up] not in peer.frames


async def test_a_caller_in_haste_disturbs_nobody(run: Run, shipped: ModuleType) -> None:
    patient = order()
    is_heard, is_given_up = asyncio.Event(), asyncio.Event()

    async def slow(peer: Peer) -> None:
        await peer.ponged()
        is_heard.set()
        await is_given_up.wait()
        await peer.say(result(patient))

    async with run.carrier(slow) as made:
        waiting = asyncio.create_task(made.post(patient))
        await is_heard.wait()
        with pytest.raises((shipped.TimeoutError, shipped.ConnectionError)):
            await made.post(order(), seconds=0.1)
        is_given_up.set()
        assert len((await waiting).data) == 1
    assert len(run.sockets.peers) == 1


def test_a_server_that_is_busy_says_when_to_come_again(shipped: ModuleType) -> None:
    async def main(url: str) -> None:
        made = carrier(shipped, url)
        envelope = await made.post(order(), order())
        assert (envelope.http_status, envelope.answer.retry_after) == (429, 7)
        assert not envelope.is_partial
        await made.transport.aclose()

    with wired(say(answer(b"", 429, "Retry-After: 7"))) as wire:
        asyncio.run(main(wire.url.replace("http", "ws", 1)))


async def test_calls_that_are_answered_leave_nothing(run: Run) -> None:
    counts: list[int] = []
    async with run.carrier(answering) as made:
        for _ in range(4):
            for _ in range(100):
                await made.post(order())
            run.sockets.peers[0].frames.clear()
            gc.collect()
            counts.append(len(gc.get_objects()))
    assert max(counts) - counts[0] < 100, counts


# -- closing ----------------------------------------------------------------------


@pytest.mark.parametrize("is_written", [True, False])
async def test_calls_that_wait_when_the_client_is_closed(
    run: Run, shipped: ModuleType, *, is_written: bool
) -> None:
    reached = asyncio.Event()

    @Admitting
    async def still(peer: Peer) -> None:
        if is_written:
            await peer.let_in()
        await peer.heard()
        reached.set()

    async with run.carrier(still) as made:
        waiting = asyncio.create_task(made.post(order()))
        await reached.wait()
        await made.transport.aclose()
        with pytest.raises(shipped.ConnectionError, match="was closed") as raised:
            await waiting
        assert raised.value.may_have_run is is_written
        with pytest.raises(shipped.RunwareError, match="closed"):
            await made.post(order())


async def test_a_client_that_is_closed_before_its_first_call_sends_nothing(
    run: Run, shipped: ModuleType
) -> None:
    async with run.carrier(answering) as made:
        await made.transport.aclose()
        with pytest.raises(shipped.ClosedError):
            await made.post(order())
    assert run.sockets.peers == []


async def test_a_call_that_has_just_begun_when_the_client_is_closed(
    run: Run, shipped: ModuleType
) -> None:
    async with run.carrier(answering) as made:
        waiting = asyncio.create_task(made.post(order()))
        await asyncio.sleep(0)
        await made.transport.aclose()
        with pytest.raises(shipped.ConnectionError, match="closed") as raised:
            await waiting
        assert not raised.value.may_have_run


async def test_a_call_without_a_place_when_the_client_is_closed(
    run: Run, shipped: ModuleType
) -> None:
    async with run.carrier(silent, concurrency=1) as made:
        calls = [asyncio.create_task(made.post(order())) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(shipped.ConnectionError, match="limit of 1 parallel calls"):
            await made.post(order(), seconds=0.01)
        await made.transport.aclose()
        for error in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(error, shipped.RunwareError)
            assert "closed" in str(error)


# -- event loops and processes ----------------------------------------------------


def test_a_client_works_on_one_loop_after_the_other(shipped: ModuleType) -> None:
    clients: list[Carrier] = []

    async def main() -> None:
        async with listening(answering) as sockets:
            made = clients[0] if clients else carrier(shipped, sockets.url)
            clients.append(made)
            made.transport.endpoint = carrier(shipped, sockets.url).transport.endpoint
            assert len((await made.post(order())).data) == 1
            assert len(sockets.peers) == 1

    for _ in range(3):
        asyncio.run(main())


def test_what_came_on_a_loop_that_has_ended_is_kept(shipped: ModuleType) -> None:
    task = order()

    async def pushing(peer: Peer) -> None:
        await peer.ponged()
        await peer.say(news(task))
        await peer.say(result(task))

    async def send() -> Carrier:
        async with listening(pushing) as sockets:
            made = carrier(shipped, sockets.url)
            await made.post(task)
            await made.pong()
            return made

    made = asyncio.run(send())
    assert len(asyncio.run(made.post(question(task))).data) == 1


def test_a_client_in_use_refuses_another_loop(shipped: ModuleType) -> None:
    def elsewhere(made: Carrier) -> Any:
        return asyncio.run(made.post(order()))

    async def main() -> None:
        async with listening(first, answering) as sockets:
            made = carrier(shipped, sockets.url)
            waiting = asyncio.create_task(made.post(order()))
            await reached.wait()
            with pytest.raises(
                shipped.ConnectionError, match="another event"
            ) as raised:
                await asyncio.to_thread(elsewhere, made)
            assert not raised.value.may_have_run
            go_on.set()
            assert len((await waiting).data) == 1
            # No call is waiting now, so the other loop takes over.
            assert len((await asyncio.to_thread(elsewhere, made)).data) == 1
            await sockets.peers[0].connection.wait_closed()
            assert len((await made.post(order())).data) == 1
            await made.transport.aclose()

    reached, go_on = asyncio.Event(), asyncio.Event()

    async def first(peer: Peer) -> None:
        [task] = await peer.ponged()
        reached.set()
        await go_on.wait()
        await peer.say(result(task))

    asyncio.run(asyncio.wait_for(main(), 20))


def test_loops_of_two_threads_do_not_share_a_session(
    shipped: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both take over from an ended loop at the same time."""
    module = import_module(f"{shipped.__name__}._runtime.transport.connection")
    detach = module.SharedConnection.detach
    meeting, start = threading.Barrier(2), threading.Barrier(2)
    together: list[Any] = []

    def detach_together(connection: Any) -> Any:
        session = detach(connection)
        with suppress(threading.BrokenBarrierError):  # only one thread is here
            meeting.wait(0.2)
            together.append(session)
        return session

    def elsewhere(made: Carrier, task: Item) -> str | None:
        async def post() -> str | None:
            with suppress(shipped.ConnectionError):
                [item] = (await made.post(task)).data
                return str(item["taskUUID"])
            return None

        start.wait(20)
        return asyncio.run(post())

    async def main() -> None:
        async with listening(answering) as sockets:
            made = carrier(shipped, sockets.url)
            await asyncio.to_thread(asyncio.run, made.post(order()))
            monkeypatch.setattr(module.SharedConnection, "detach", detach_together)
            tasks = [order(), order()]
            posts = [asyncio.to_thread(elsewhere, made, task) for task in tasks]
            given = await asyncio.gather(*posts)
            assert set(given) <= {None, *(task["taskUUID"] for task in tasks)}
            frames = [frame for peer in sockets.peers for frame in peer.frames]
            heard = [task.get("taskUUID") for frame in frames for task in frame]
            assert [heard.count(task["taskUUID"]) <= 1 for task in tasks] == [True] * 2
            assert together == []

    asyncio.run(asyncio.wait_for(main(), 20))


def test_an_http_client_that_was_brought_stays_on_its_loop(shipped: ModuleType) -> None:
    http = httpx2.AsyncClient(headers={"X-Own": "mine"})
    clients: list[Carrier] = []

    async def main() -> None:
        async with listening(answering) as sockets:
            clients.append(carrier(shipped, sockets.url, http_client=http))
            await clients[0].post(order())
            assert sockets.peers[0].connection.request.headers["X-Own"] == "mine"

    asyncio.run(main())
    with pytest.raises(shipped.ConnectionError, match="with its own") as raised:
        asyncio.run(main())
    assert not raised.value.may_have_run


FORK = """
import asyncio, os, sys
import runware_client as rw
from runware_client.tasks.image_inference import ImageInferenceRequest

def image():
    return ImageInferenceRequest(model="runware:101@1", positive_prompt="dusk")

async def main():
    async with rw.AsyncRunware("key", transport="websocket", base_url=sys.argv[1]) as c:
        await c.run(image())
        process = os.fork()
        if not process:
            os._exit(asyncio.run(child(c)))
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        await c.run(image())
        print("child", status)

async def child(client):
    [made] = await client.run(image(), timeout=10)
    await client.aclose()
    return 7

asyncio.run(main())
"""


def test_a_forked_process_has_a_connection_of_its_own() -> None:
    async def main() -> None:
        async with listening(answering) as sockets:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-W", "error", "-c", FORK, sockets.url),
                cwd="generated",
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            told, complaints = await process.communicate()
            assert (told.decode().strip(), complaints.decode()) == ("child 7", "")
            sent = [len(peer.frames) for peer in sockets.peers]
            assert sent == [3, 2]  # each begins with an authentication

    asyncio.run(asyncio.wait_for(main(), 60))


def test_without_an_event_loop_of_asyncio_a_sentence_is_raised(
    shipped: ModuleType,
) -> None:
    posting = carrier(shipped, "ws://127.0.0.1:9").post(order())
    with pytest.raises(shipped.RunwareError, match="running event loop of asyncio"):
        posting.send(None)


# -- the key ----------------------------------------------------------------------


async def resets(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection at once."""
    abort(writer)


async def resets_after_opening(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Reset the connection while the client authenticates."""
    await upgrade(reader, writer)
    await writer.drain()
    abort(writer)


async def resets_after_a_task(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Let the client in, receive a task and reset the connection."""
    await upgrade(reader, writer)
    await heard(reader)
    writer.write(frame(LET_IN))
    await heard(reader)
    abort(writer)


async def repeats_the_key(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send the client's message back."""
    await upgrade(reader, writer)
    writer.write(frame(json.dumps(await heard(reader))))
    await reader.read()


def abort(writer: asyncio.StreamWriter) -> None:
    """Reset a connection."""
    own: socket.socket = writer.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.mark.parametrize(
    "talk",
    [
        resets,
        resets_after_opening,
        resets_after_a_task,
        repeats_the_key,
        lets_nobody_in,
        drips_headers,
    ],
)
@pytest.mark.parametrize("seconds", [0.2, 100])
def test_no_exception_leads_to_the_key(
    run: Run, shipped: ModuleType, talk: Talk, seconds: float
) -> None:
    run.wait(MAX_CONNECT=0.5)

    async def main() -> BaseException:
        async with serving(talk) as url:
            made = carrier(shipped, url)
            with pytest.raises(shipped.RunwareError) as raised:
                await made.post(order(), seconds=seconds)
            await made.transport.aclose()
            return raised.value

    error = asyncio.run(asyncio.wait_for(main(), 20))
    for each in chain(error):
        assert KEY not in f"{each} {each!r} {vars(each)}"
        for module, values in frames(each):
            assert not module.startswith(("httpx2", "httpcore2", "wsproto", "anyio"))
            if "client" in module:
                assert KEY not in repr(values)


def chain(error: BaseException | None) -> list[BaseException]:
    """Return an exception with its causes and contexts."""
    if error is None:
        return []
    return [error, *chain(error.__cause__), *chain(error.__context__)]


def frames(error: BaseException) -> list[tuple[str, dict[str, Any]]]:
    """Return the module and the variables of each frame of a traceback."""
    found = []
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        found.append((frame.f_globals.get("__name__", ""), frame.f_locals))
        traceback = traceback.tb_next
    return found


def test_a_redirect_does_not_take_the_key_elsewhere(shipped: ModuleType) -> None:
    async def main() -> None:
        async with listening(answering) as elsewhere:
            target = elsewhere.url.replace("ws:", "http:").encode()

            async def redirects(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter
            ) -> None:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 307 Elsewhere\r\nLocation: " + target)
                writer.write(b"\r\nContent-Length: 0\r\n\r\n")
                await reader.read()

            async with (
                serving(redirects) as url,
                httpx2.AsyncClient(follow_redirects=True) as http,
            ):
                made = carrier(shipped, url, http_client=http)
                with pytest.raises(shipped.ConnectionError, match="HTTP 307 instead"):
                    await made.post(order())
                await made.transport.aclose()
            assert not elsewhere.peers

    asyncio.run(asyncio.wait_for(main(), 20))
