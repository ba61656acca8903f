"""Errors over a WebSocket: the client raises the same as over HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY, Caller, Reply, echo
from sockets import (
    SESSION,
    Admitting,
    Peer,
    Run,
    answering,
    dropping,
    news,
    refusing,
    result,
    saying,
)
from wire import answer, say, wired

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Server as HTTPServer
    from sockets import Item


async def test_a_key_that_is_not_let_in(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async with run.client(refusing) as client:
        requests = [image() for _ in range(3)]
        errors = await asyncio.gather(
            *map(client.run, requests), return_exceptions=True
        )
        for error in errors:
            assert isinstance(error, shipped.AuthenticationError)
            assert error.http_status == 401
            assert error.code == "invalidApiKey"
            assert KEY not in f"{error} {error!r} {vars(error)}"
    assert len(run.sockets.peers) == 1


async def test_a_key_that_is_let_in_no_more(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    async with run.client(dropping([]), refusing) as client:
        with pytest.raises(shipped.AuthenticationError) as raised:
            await client.run(image())
        assert raised.value.handle  # the task was sent before


async def test_the_reason_for_a_goodbye_is_told_without_the_key(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    @Admitting
    async def curt(peer: Peer) -> None:
        [task] = await peer.heard()
        await peer.connection.close(1008, f"Not {task['apiKey']}!")

    async with run.client(curt) as client:
        with pytest.raises(shipped.ConnectionError) as raised:
            await client.run(image())
        assert "closed the connection (1008: Not [API key]!)" in str(raised.value)


async def test_a_server_that_lets_nobody_in_for_now_is_tried_again(
    run: Run, image: Callable[..., Any]
) -> None:
    @Admitting
    async def failing(peer: Peer) -> None:
        await peer.heard()
        await peer.say(errors=[{"code": "internalServerError", "message": "Oops."}])
        await peer.connection.close()

    async with run.client(failing, answering, resend="never") as client:
        outcomes = await client.run_many([image() for _ in range(3)])
        assert [len(outcome.results) for outcome in outcomes] == [1, 1, 1]
    assert len(run.sockets.peers) == 2


async def test_an_error_of_a_task_does_not_refuse_the_key(
    run: Run, image: Callable[..., Any]
) -> None:
    """The server continues a session with what it could not send before."""

    @Admitting
    async def late(peer: Peer) -> None:
        named = {"taskUUID": SESSION}, {"taskType": "videoInference"}
        await peer.say(errors=[{"code": "invalidModel", **each} for each in named])
        await peer.let_in()
        await answering(peer)

    async with run.client(late) as client:
        assert len(await client.run(image())) == 1


async def test_a_server_that_fails_does_not_refuse_the_key(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    @Admitting
    async def failing(peer: Peer) -> None:
        await peer.heard()
        await peer.say(errors=[{"code": "noAvailableServer", "message": "Later."}])

    async with run.client(failing, max_retries=1) as client:
        with pytest.raises(
            shipped.ConnectionError, match=r"cannot authenticate.*Later"
        ):
            await client.run(image())


@pytest.mark.parametrize("status", [401, 429])
def test_a_response_instead_of_a_websocket_has_no_text(
    image: Callable[..., Any], shipped: ModuleType, status: int
) -> None:
    async def main(url: str) -> None:
        client = shipped.AsyncRunware(
            KEY, transport="websocket", base_url=url, max_retries=0
        )
        async with client:
            with pytest.raises(
                shipped.APIError, match=f"HTTP {status}: the server opened no WebSocket"
            ):
                await client.run(image())

    body = b'{"errors": [{"code": "invalidApiKey", "message": "No."}]}'
    with wired(say(answer(body, status))) as wire:
        asyncio.run(main(wire.url.replace("http", "ws", 1)))


@pytest.mark.parametrize("status", [400, 404, 409, 426, 503])
def test_what_no_websocket_was_opened_for_was_not_sent(
    image: Callable[..., Any], shipped: ModuleType, status: int
) -> None:
    async def main(url: str) -> None:
        client = shipped.AsyncRunware(
            KEY, transport="websocket", base_url=url, max_retries=1
        )
        async with client:
            for outcome in await client.run_many([image(), image()]):
                assert f"HTTP {status} instead of" in str(outcome.error)
                assert not outcome.error.may_have_run
                assert outcome.error.handle is None
            assert client.unfinished() == []

    with wired(say(answer(b"", status))) as wire:
        asyncio.run(main(wire.url.replace("http", "ws", 1)))


async def test_a_session_that_is_refused_is_left(
    run: Run, image: Callable[..., Any]
) -> None:
    async def once(peer: Peer) -> None:
        await peer.heard()
        peer.drop()

    @Admitting
    async def fussy(peer: Peer) -> None:
        [task] = await peer.heard()
        assert task["connectionSessionUUID"] == SESSION
        await peer.say(errors=[{"code": "invalidSession", "message": "Who?"}])

    async with run.client(once, fussy, answering) as client:
        assert len(await client.run(image())) == 1
    assert "connectionSessionUUID" not in run.sockets.peers[2].frames[0][0]


ERRORS = [
    ({"code": "invalidParameter", "parameter": "width"}, 400),
    ({"code": "insufficientCredits"}, 402),
    ({"code": "unauthorized"}, 401),
    ({"code": "forbidden"}, 403),
    ({"code": "payloadTooLarge"}, 413),
    ({"code": "insufficientPermissions"}, 403),
    ({"code": "inferenceError", "status": "error"}, 200),
    ({"code": "contentPolicyViolation"}, 200),
]


@pytest.mark.parametrize(("item", "status"), ERRORS)
async def test_errors_are_those_of_http(
    run: Run,
    image: Callable[..., Any],
    shipped: ModuleType,
    server: HTTPServer,
    item: Item,
    status: int,
) -> None:
    request = image()

    def named(task: Item) -> Item:
        return item | {"message": "No."} | news(task)

    server.answer = lambda tasks: Reply({"errors": [named(tasks[0])]}, status)
    expected = Caller("sync", shipped, server.url).error("run", request)

    async def failing(peer: Peer) -> None:
        [task] = await peer.heard()
        await peer.say(errors=[named(task)])

    async with run.client(failing) as client:
        with pytest.raises(shipped.RunwareError) as raised:
            await client.run(request)
        assert type(raised.value) is type(expected)
        assert str(raised.value) == str(expected)
        assert raised.value.parameters == expected.parameters
        assert raised.value.status == expected.status


async def test_results_are_those_of_http(
    run: Run, image: Callable[..., Any], shipped: ModuleType, server: HTTPServer
) -> None:
    request = image(number_results=2)
    server.answer = echo(copies=2, imageURL="https://example.com/1.png")
    expected = Caller("sync", shipped, server.url)("run", request)

    async def echoing(peer: Peer) -> None:
        envelope = server.answer(await peer.heard())
        await peer.say(*envelope["data"])  # type: ignore[index]

    async with run.client(echoing) as client:
        assert await client.run(request) == expected


async def test_a_stream_comes_over_http(run: Run, server: HTTPServer) -> None:
    events = [{"delta": {"text": "dusk"}}, {"delta": {}, "finishReason": "stop"}]
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    body = "".join([*lines, "data: [DONE]\n\n"])
    server.answer = lambda _: Reply(body, content_type="text/event-stream")

    async with run.client(
        answering, base_url=server.url.replace("http", "ws")
    ) as client:
        messages = [{"role": "user", "content": "When?"}]
        stream = client.text_inference.stream(model="a:b@1", messages=messages)
        assert [delta.text async for delta in stream] == ["dusk", ""]
    assert not run.sockets.peers
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_too_many_tasks_are_sent_again(
    run: Run, image: Callable[..., Any]
) -> None:
    async def busy(peer: Peer) -> None:
        [task] = await peer.heard()
        await peer.say(errors=[news(task, code="rateLimitExceeded")])
        assert await peer.heard() == [task]
        await peer.say(result(task))

    async with run.client(busy) as client:
        assert len(await client.run(image())) == 1


async def test_an_error_without_a_name_is_of_the_only_call(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    vague = saying(errors=[{"code": "invalidParameter", "message": "No."}])
    async with run.client(vague) as client:
        with pytest.raises(shipped.BadRequestError, match="No"):
            await client.run(image())


async def test_an_error_without_a_name_and_a_code_ends_no_task(
    run: Run, image: Callable[..., Any]
) -> None:
    """A gateway may report an error of the connection."""

    async def vague(peer: Peer) -> None:
        [task] = await peer.heard()
        await peer.connection.send('{"error": "Internal server error"}')
        while await peer.ponged():
            await peer.say(result(task))

    async with run.client(vague) as client:
        assert len(await client.run(image())) == 1


async def test_an_error_without_a_name_ends_no_task_of_others(
    run: Run, image: Callable[..., Any]
) -> None:
    async def vague(peer: Peer) -> None:
        tasks = {t["taskUUID"]: t for _ in range(2) for t in await peer.heard()}
        await peer.say(errors=[{"code": "invalidParameter", "message": "No."}])
        while True:
            for task in await peer.ponged():
                assert task["taskType"] == "getResponse"
                await peer.say(result(tasks[task["taskUUID"]]))

    async with run.client(vague) as client:
        made = await asyncio.gather(*(client.run(image()) for _ in range(2)))
        assert [len(results) for results in made] == [1, 1]


async def test_a_message_that_cannot_be_read(
    run: Run, image: Callable[..., Any], shipped: ModuleType
) -> None:
    run.wait("_runtime.transport.pending", SILENCE=0.1)

    async def babbling(peer: Peer) -> None:
        while True:
            await peer.ponged()
            await peer.connection.send(f"<html>{KEY}")

    async with run.client(babbling) as client:
        with pytest.raises(
            shipped.ResponseError, match="starts with: <html>"
        ) as raised:
            await client.run(image(), timeout=3)
        assert raised.value.handle
        assert KEY not in str(raised.value)


async def test_a_server_that_opens_no_websocket(
    run: Run, image: Callable[..., Any], shipped: ModuleType, server: HTTPServer
) -> None:
    """The HTTP server has no GET method and answers 501."""

    async with run.client(
        answering, base_url=server.url.replace("http", "ws")
    ) as client:
        with pytest.raises(shipped.ConnectionError, match="HTTP 501 instead of"):
            await client.run(image())
