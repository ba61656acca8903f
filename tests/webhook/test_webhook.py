"""Webhooks: parsing their bodies, and the ASGI app that receives them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import threading
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loopback import pickled
from making import a_document, as_text, generated
from random_text import odd_objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from loopback import Caller, Server

TASK_UUID = "11111111-1111-4111-8111-111111111111"
UUID = "22222222-2222-4222-8222-222222222222"
OTHER_UUID = "33333333-3333-4333-8333-333333333333"
ITEM = {
    "taskType": "imageInference",
    "taskUUID": TASK_UUID,
    "imageUUID": UUID,
    "imageURL": "https://files.example/a.png",
    "cost": 0.01,
}
ERROR = {
    "taskType": "imageInference",
    "taskUUID": TASK_UUID,
    "status": "error",
    "code": "invalidPositivePrompt",
    "message": "The prompt is empty.",
    "parameter": "positivePrompt",
}
PLAIN, SPACED = "SECRET", "s3 cret"
SECRET = "s3cret-ä+/%"  # noqa: S105 - a fake secret


# -- parsing ------------------------------------------------------------------


@pytest.mark.parametrize(
    "spell", [dict, json.dumps, lambda item: json.dumps(item).encode()]
)
def test_an_item_is_a_result_of_its_class(
    spell: Callable[[Any], Any], shipped: ModuleType, image_inference: ModuleType
) -> None:
    for wrapped in ({"data": [ITEM]}, ITEM):
        webhook = shipped.parse_webhook(spell(wrapped))
        assert type(webhook.result) is image_inference.ImageInferenceResult
        assert webhook.result.image_url == ITEM["imageURL"]
        assert webhook.result.to_wire() == webhook.item == ITEM
    assert webhook.error is None
    assert webhook.task_uuid == TASK_UUID
    assert webhook.task_type == "imageInference"
    assert not webhook.is_repeat


@pytest.mark.parametrize(
    "body",
    [
        ERROR,
        {"errors": [ERROR]},
        {"errors": [{name: ERROR[name] for name in ERROR if name != "status"}]},
        {name: text for name, text in ERROR.items() if name != "status"},
        {
            "taskType": ERROR["taskType"],
            "taskUUID": TASK_UUID,
            "error": {name: ERROR[name] for name in ("code", "message", "parameter")},
        },
        {"taskType": ERROR["taskType"], "taskUUID": TASK_UUID, "errors": [ERROR]},
    ],
)
def test_an_error_is_a_task_error_with_its_enum(
    body: dict[str, Any], shipped: ModuleType, image_inference: ModuleType
) -> None:
    webhook = shipped.parse_webhook(body)
    error = webhook.error
    assert type(error) is shipped.TaskError
    assert type(error.code) is image_inference.ImageInferenceErrors
    assert error.code == "invalidPositivePrompt"
    assert error.parameters == ("positivePrompt",)
    assert error.message == "The prompt is empty."
    assert (error.task_uuid, webhook.task_uuid) == (TASK_UUID, TASK_UUID)
    assert error.status is None
    with pytest.raises(shipped.TaskError) as caught:
        _ = webhook.result
    assert caught.value is error


def test_an_error_without_words_is_one(shipped: ModuleType) -> None:
    item: dict[str, Any] = {"taskUUID": TASK_UUID, "status": "error"}
    assert "no reason" in str(shipped.parse_webhook(item).error)
    item = {"errors": [{"taskUUID": TASK_UUID}]}
    assert "no reason" in str(shipped.parse_webhook(item).error)
    item = {"taskUUID": TASK_UUID, "error": "no more room"}
    assert "no more room" in str(shipped.parse_webhook(item).error)


@pytest.mark.parametrize("task_type", ["newInference", 3, ["x"], {"a": 1}, None])
def test_a_task_type_that_nobody_knows(task_type: Any, shipped: ModuleType) -> None:
    item = {"taskUUID": TASK_UUID, "taskType": task_type, "model": ["odd"], "x": 1}
    webhook = shipped.parse_webhook(item)
    assert type(webhook.result) is shipped.TaskResult
    assert webhook.result.to_wire() == item
    assert shipped.parse_webhook({**item, "status": "error"}).error is not None
    assert shipped.parse_webhook({"taskUUID": TASK_UUID}).task_type is None


@pytest.mark.parametrize(
    ("name", "module", "present"),
    [
        ("imageUpscale", "upscale", "upscale"),
        ("IMAGEUPSCALE", "upscale", "upscale"),
        ("imageBackgroundRemoval", "remove_background", "removeBackground"),
        ("imageCaption", "caption", "caption"),
        (
            "imageControlNetPreProcess",
            "control_net_preprocess",
            "controlNetPreprocess",
        ),
        ("photoMaker", "image_inference", "imageInference"),
        ("accountBalance", "account_management", "accountManagement"),
    ],
)
def test_an_old_name_of_a_task_type_is_known(
    name: str, module: str, present: str, shipped: ModuleType
) -> None:
    item = {"taskType": name, "taskUUID": TASK_UUID, "imageUUID": UUID, "cost": 1}
    webhook = shipped.parse_webhook(item)
    request = shipped.request_class(name, "test:any@1")
    assert type(webhook.result) is request.result
    assert request.__module__.startswith(f"{shipped.__name__}.tasks.{module}.")
    assert webhook.task_type == present
    assert webhook.result.to_wire() == item
    assert webhook.key == shipped.parse_webhook({**item, "taskType": present}).key
    error = shipped.parse_webhook({**item, "status": "FAILED"}).error
    errors = import_module(f"{shipped.__name__}.tasks.{module}.errors")
    failed = shipped.parse_webhook({**item, "code": "timeoutProvider", "message": "x"})
    assert error is not None
    assert vars(errors)[type(failed.error.code).__name__] is type(failed.error.code)


def test_a_task_with_an_old_name_is_told_the_present_one(
    shipped: ModuleType, tmp_path: Path
) -> None:
    task = {"taskType": "imageUpscale", "taskUUID": TASK_UUID, "model": "test:a@1"}
    with pytest.raises(ValidationError, match=r"old name of 'upscale'\. Use the new"):
        shipped.parse_request(task)
    package = generated(tmp_path, {"one.json": a_document({})}, package="old_client")
    has_none = (
        "old name of 'upscale', and no document of this package describes it."
        " This package has imageInference"
    )
    with pytest.raises(ValidationError, match=has_none):
        package.parse_request(task)
    with pytest.raises(LookupError, match=has_none):
        package.request_class("imageUpscale", None)
    assert type(package.parse_webhook(task).result) is package.TaskResult


def test_a_member_with_a_python_name_is_not_a_field(shipped: ModuleType) -> None:
    item = {"taskType": "imageInference", "taskUUID": TASK_UUID, "image_url": "a.png"}
    result = shipped.parse_webhook(item).result
    assert result.model_extra == {"image_url": "a.png"}
    assert result.to_wire() == item


def test_the_model_tells_the_class_where_there_are_several(tmp_path: Path) -> None:
    result = {"type": "object", "properties": {"imageURL": {"type": "string"}}}
    documents = {
        f"{name}.json": a_document(
            {}, identifier=name, model=f"test:{name}@1", result=result
        )
        for name in ("one", "two")
    }
    package = generated(tmp_path, documents, package="webhook_client")
    module = import_module(f"{package.__name__}.tasks.image_inference")
    read = package.parse_webhook
    plain = read(ITEM).result
    assert type(plain) is package.TaskResult
    with pytest.raises(
        AttributeError, match="JSON names, such as imageURL, and no 'ima"
    ):
        _ = plain.image_url
    assert type(read({**ITEM, "model": "test:two@1"}).result) is module.TwoResult
    assert type(read({**ITEM, "model": "test:three@1"}).result) is package.TaskResult
    request = module.OneRequest()
    assert type(request.read(read(ITEM).item)) is module.OneResult


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b'{"data": []}',
        b'{"taskUUID": 3}',
        b'{"errors": [3]}',
        b'{"data": [{"taskUUID": "u"}], "errors": [{"taskUUID": "u"}]}',
        b'{"a":' * 100_000,
        b'{"taskUUID": "u", "a":' + b"[" * 500 + b"]" * 500 + b"}",
        [ITEM],
    ],
    ids=repr,
)
def test_a_body_that_is_no_item_is_refused(body: Any, shipped: ModuleType) -> None:
    if isinstance(body, list):
        body = json.dumps(body)
    with pytest.raises(shipped.RunwareError, match="the body of"):
        shipped.parse_webhook(body)


def test_repeats_are_known_by_the_item(shipped: ModuleType) -> None:
    seen: set[str] = set()

    def is_repeat(**members: Any) -> bool:
        webhook = shipped.parse_webhook(ITEM | members, seen=seen)
        repeat: bool = webhook.is_repeat
        assert webhook.key in seen
        return repeat

    assert not is_repeat()
    assert is_repeat()
    assert is_repeat(cost=0.02, status="success")
    assert not is_repeat(imageUUID=OTHER_UUID)
    assert not is_repeat(taskUUID=OTHER_UUID)
    assert is_repeat(imageUUID=OTHER_UUID)
    assert len(seen) == 3


def test_repeats_are_known_by_all_that_names_the_item(shipped: ModuleType) -> None:
    def key(**members: Any) -> str:
        scope = {"taskUUID": TASK_UUID, "taskType": "3dInference"}
        found: str = shipped.parse_webhook(scope | members).key
        return found

    def outputs(uuid: str, name: str) -> dict[str, Any]:
        return {"outputs": {"files": [{"uuid": uuid, "url": f"https://x/{name}"}]}}

    first = key(**outputs(UUID, "1.glb?sig=a"))
    assert key(**outputs(UUID, "1.glb?sig=b"), cost=0.1, status="success") == first
    assert key(**outputs(UUID, "1.glb"), taskUUID=TASK_UUID.upper()) == first
    others = {
        first,
        key(**outputs(OTHER_UUID, "1.glb")),
        key(**outputs(UUID, "1.glb"), resultIndex=1),
        key(**outputs(UUID, "1.glb"), taskUUID=OTHER_UUID),
        key(**outputs(UUID, "1.glb"), code="a", message="b"),
        key(code="a", message="b"),
        key(code="a", message="c"),
    }
    assert len(others) == 7
    assert all(each.isascii() and len(each) == 64 for each in others)


_ITEMS = odd_objects(
    [
        *("taskType", "taskUUID", "status", "error", "errors", "data", "code"),
        *("message", "parameter", "documentation", "imageUUID", "imageURL", "cost"),
        *("outputs", "seed", "text", "model", "model_config", "model_extra", "self"),
        *("__class__", "__dict__", "__pydantic_private__", "to_wire", "order"),
    ],
    [UUID, "error", "https://x/a?b", "imageUpscale", "textInference"],
)


@given(item=_ITEMS, is_named=st.booleans())
def test_nothing_odd_in_an_item_raises(
    item: dict[str, Any], is_named: bool, shipped: ModuleType
) -> None:
    body = json.dumps({**item, "taskUUID": TASK_UUID} if is_named else item)
    try:
        webhook = shipped.parse_webhook(body, seen=set())
    except shipped.RunwareError:
        assert not is_named
        return
    assert webhook.task_type is None or isinstance(webhook.task_type, str)
    webhook.key.encode("ascii")
    if webhook.error is None:
        assert as_text(webhook.result.to_wire()) == as_text(webhook.item)
    else:
        assert str(webhook.error)
        assert pickled(webhook.error).code == webhook.error.code


def test_a_long_name_of_a_member_takes_no_time(shipped: ModuleType) -> None:
    began = time.process_time()
    body = json.dumps({"taskUUID": TASK_UUID, "a" * 100_000: "https://example.com"})
    assert shipped.parse_webhook(body).task_uuid == TASK_UUID
    assert time.process_time() - began < 20


@pytest.mark.parametrize("beside", [{"code": "x", "message": "y"}, {"error": "y"}])
def test_an_output_beside_an_error_is_a_result(
    caller: Caller, server: Server, shipped: ModuleType, beside: dict[str, str]
) -> None:
    """A webhook has the same outcome as a response."""
    server.answer = lambda tasks: {
        "data": [{**ITEM, "taskUUID": tasks[0]["taskUUID"], **beside}]
    }
    tasks = import_module(f"{shipped.__name__}.tasks.image_inference")
    request = tasks.ImageInferenceRequest(model="a:b@1", positive_prompt="dusk")
    [result] = caller("run", request)
    webhook = shipped.parse_webhook(ITEM | beside)
    assert webhook.result.image_url == result.image_url
    assert shipped.parse_webhook(ITEM | beside | {"status": "error"}).error


@pytest.mark.parametrize("error", [None, False, "", {}, []])
def test_an_empty_error_is_none(error: Any, shipped: ModuleType) -> None:
    assert shipped.parse_webhook({**ITEM, "error": error}).error is None


@pytest.mark.parametrize("body", [None, 3, object(), [ITEM]])
def test_a_body_of_another_type_is_refused(body: Any, shipped: ModuleType) -> None:
    with pytest.raises(shipped.RunwareError, match="the body of"):
        shipped.parse_webhook(body)


@pytest.mark.parametrize(
    "news", [{"progress": 30}, {"status": "processing"}, {"imageURL": None}]
)
def test_a_result_is_no_repeat_of_the_news_of_it(
    news: dict[str, Any], shipped: ModuleType
) -> None:
    seen: set[str] = set()
    begun = {name: ITEM[name] for name in ("taskType", "taskUUID", "imageUUID")} | news
    items = (begun, begun, ITEM, ITEM)
    repeats = [shipped.parse_webhook(item, seen=seen).is_repeat for item in items]
    assert repeats == [False, True, False, True]


def test_numbers_that_python_does_not_read_lose_no_item(shipped: ModuleType) -> None:
    body = json.dumps(ITEM | {"seed": "@"}).replace('"@"', "9" * 5000)
    webhook = shipped.parse_webhook(body.encode())
    assert webhook.result.image_url == ITEM["imageURL"]


def test_items_without_a_uuid_are_known_by_what_they_say(shipped: ModuleType) -> None:
    seen: set[str] = set()
    item = {"taskUUID": TASK_UUID, "inputImageUUID": UUID, "text": "a"}
    backwards = dict(reversed(item.items()))
    found = [
        shipped.parse_webhook(each, seen=seen).is_repeat
        for each in (item, {**item, "text": "b"}, backwards, ERROR, ERROR)
    ]
    assert found == [False, False, True, False, True]


def test_nothing_is_noted_without_a_store(shipped: ModuleType) -> None:
    assert not shipped.parse_webhook(ITEM).is_repeat
    assert not shipped.parse_webhook(ITEM).is_repeat


# -- the app ------------------------------------------------------------------


class Served:
    """Serves an app on a loopback socket, with a minimal HTTP server."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.url = ""
        self.server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            await self._answered(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answered(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        method, target, _ = first.split(" ")
        query = target.partition("?")[2]
        headers = [
            (name.strip().lower().encode(), text.strip().encode("latin-1"))
            for name, _, text in (line.partition(":") for line in lines)
        ]
        left = int(dict(headers).get(b"content-length", b"0"))

        async def receive() -> dict[str, Any]:
            nonlocal left
            body = await reader.read(min(left, 4096)) if left else b""
            if left and not body:
                return {"type": "http.disconnect"}
            left -= len(body)
            return {"type": "http.request", "body": body, "more_body": left > 0}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                writer.write(
                    b"HTTP/1.1 %d X\r\nConnection: close\r\n" % message["status"]
                )
                for name, text in message["headers"]:
                    writer.write(name + b": " + text + b"\r\n")
                writer.write(b"\r\n")
            else:
                writer.write(message["body"])
                await writer.drain()

        scope = {
            "type": "http",
            "method": method,
            "path": httpx2.URL(target).path,
            "query_string": query.encode(),
            "headers": headers,
        }
        await self.app(scope, receive, send)


class Client:
    """Posts to a served app."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self.http = http
        self.url = url

    async def post(self, item: Any = ITEM, **options: Any) -> httpx2.Response:
        """Post an item, by default with the secret in the header."""
        body = item if isinstance(item, bytes) else json.dumps(item).encode()
        given: dict[str, Any] = {
            "method": "POST",
            "url": "/hook",
            "headers": {"X-Webhook-Secret": SECRET.encode()},
        }
        given |= options
        given["url"] = self.url + given["url"]
        return await self.http.request(content=body, **given)

    async def status(self, item: Any = ITEM, **options: Any) -> int:
        """Post an item and return the status of the response."""
        response = await self.post(item, **options)
        is_empty = response.status_code == 204
        assert ("content-length" in response.headers) is not is_empty
        return response.status_code


def _with_client(app: Any, talk: Callable[[Client], Any]) -> Any:
    async def talked() -> Any:
        async with Served(app) as served, httpx2.AsyncClient() as http:
            return await talk(Client(http, served.url))

    return asyncio.run(talked())


class Handler:
    """Records webhooks, and raises for the first `failures` of them."""

    def __init__(self, failures: int = 0) -> None:
        self.given: list[Any] = []
        self.failures = failures
        self.threads: list[threading.Thread] = []

    def __call__(self, webhook: Any) -> None:
        self.given.append(webhook)
        self.threads.append(threading.current_thread())
        if len(self.given) <= self.failures:
            raise RuntimeError("out of order")

    async def awaited(self, webhook: Any) -> None:
        """Do the same in the event loop."""
        await asyncio.sleep(0)
        self(webhook)


class Awaited:
    """A handler that is an object with an async `__call__`."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    async def __call__(self, webhook: Any) -> None:
        await self.handler.awaited(webhook)


@pytest.fixture(params=["sync", "async", "sync that gives an awaitable", "object"])
def handlers(
    request: pytest.FixtureRequest,
) -> Callable[[Handler], Callable[[Any], object]]:
    """Makes a handler of each kind that the app allows."""

    def made(handler: Handler) -> Callable[[Any], object]:
        def plain(webhook: Any) -> object:
            return handler.awaited(webhook)

        kinds: dict[str, Callable[[Any], object]] = {
            "sync": handler,
            "async": handler.awaited,
            "sync that gives an awaitable": plain,
            "object": Awaited(handler),
        }
        return kinds[request.param]

    return made


def test_the_handler_gets_each_item_once(
    shipped: ModuleType, handlers: Callable[[Handler], Any]
) -> None:
    handler = Handler()
    seen: set[str] = set()
    app = shipped.webhook_app(handlers(handler), secret=SECRET, seen=seen)

    async def talk(client: Client) -> list[int]:
        items = (ITEM, ITEM, ITEM | {"imageUUID": OTHER_UUID}, ERROR, ITEM, ERROR)
        return [await client.status(item) for item in items]

    assert _with_client(app, talk) == [204] * 6
    assert [webhook.item for webhook in handler.given] == [
        ITEM,
        ITEM | {"imageUUID": OTHER_UUID},
        ERROR,
    ]
    assert seen == {webhook.key for webhook in handler.given}
    assert handler.given[0].result.image_url == ITEM["imageURL"]
    assert handler.given[2].error.code == "invalidPositivePrompt"


@pytest.mark.parametrize(
    "news", [{"progress": 30}, {"status": "processing"}, {"status": "Pending"}]
)
def test_the_handler_gets_no_news_of_an_unfinished_task(
    news: dict[str, Any], shipped: ModuleType
) -> None:
    handler = Handler()
    app = shipped.webhook_app(handler, secret=SECRET)
    begun = {name: ITEM[name] for name in ("taskType", "taskUUID", "imageUUID")} | news

    async def talk(client: Client) -> list[int]:
        return [await client.status(item) for item in (begun, ITEM | {"progress": 100})]

    assert _with_client(app, talk) == [204, 204]
    assert [webhook.item["imageURL"] for webhook in handler.given] == [ITEM["imageURL"]]
    assert shipped.parse_webhook(begun).is_unfinished


def test_the_handler_gets_an_unknown_status(shipped: ModuleType) -> None:
    """It may be the end of the task."""
    handler = Handler()
    app = shipped.webhook_app(handler, secret=SECRET)
    scope = {name: ITEM[name] for name in ("taskType", "taskUUID")}
    items = [scope | {"progress": 9, "status": s} for s in ("running", "cancelled")]

    async def talk(client: Client) -> list[int]:
        return [await client.status(item) for item in items]

    assert _with_client(app, talk) == [204, 204]
    assert [webhook.item for webhook in handler.given] == items


def test_the_handler_gets_an_output_of_an_unfinished_task(shipped: ModuleType) -> None:
    handler = Handler()
    app = shipped.webhook_app(handler, secret=SECRET)
    item = ITEM | {"status": "processing"}
    assert _with_client(app, lambda client: client.status(item)) == 204
    assert [webhook.item for webhook in handler.given] == [item]


def test_a_plain_function_does_not_hold_up_the_loop(shipped: ModuleType) -> None:
    handler = Handler()
    app = shipped.webhook_app(handler, secret=SECRET)
    assert _with_client(app, lambda client: client.status()) == 204
    assert handler.threads != [threading.current_thread()]


def test_what_failed_is_given_again(
    shipped: ModuleType,
    handlers: Callable[[Handler], Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    handler = Handler(failures=2)
    seen: set[str] = set()
    app = shipped.webhook_app(handlers(handler), secret=SECRET, seen=seen)

    async def talk(client: Client) -> list[int]:
        codes = [await client.status(), await client.status()]
        assert not seen
        return [*codes, await client.status(), await client.status()]

    with caplog.at_level(logging.INFO, logger=shipped.__name__):
        assert _with_client(app, talk) == [500, 500, 204, 204]
    assert len(handler.given) == 3
    assert len(seen) == 1
    assert [record.name for record in caplog.records] == [shipped.__name__] * 2
    assert "out of order" in caplog.text
    assert SECRET not in caplog.text


def test_an_exhausted_iterator_is_a_failure_too(shipped: ModuleType) -> None:
    def handler(_: Any) -> None:
        next(iter(()))

    app = shipped.webhook_app(handler, secret=SECRET)

    async def talk(client: Client) -> int:
        return await asyncio.wait_for(client.status(), 20)

    assert _with_client(app, talk) == 500


def test_a_handler_whose_body_would_not_run_is_refused(shipped: ModuleType) -> None:
    def generator(_: Any) -> Any:
        yield

    async def async_generator(_: Any) -> Any:
        yield

    class Generator:
        def __call__(self, _: Any) -> Any:
            yield

    for handler in (generator, async_generator, Generator(), None):
        with pytest.raises(TypeError, match="a function without yield"):
            shipped.webhook_app(handler, secret=SECRET)


def test_an_item_is_not_handled_twice_at_once(shipped: ModuleType) -> None:
    handled: list[Any] = []

    async def talk_to(app: Any, begun: asyncio.Event, go_on: asyncio.Event) -> None:
        async with Served(app) as served, httpx2.AsyncClient() as http:
            client = Client(http, served.url)
            first = asyncio.create_task(client.status())
            await begun.wait()
            second = await client.post()
            assert second.status_code == 503
            assert second.headers["retry-after"] == "5"
            assert await client.status(ERROR) == 204
            go_on.set()
            assert await first == 204
            assert await client.status() == 204

    async def test() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def handler(webhook: Any) -> None:
            handled.append(webhook.item)
            if webhook.error is None:
                begun.set()
                await go_on.wait()

        app = shipped.webhook_app(handler, secret=SECRET)
        await asyncio.wait_for(talk_to(app, begun, go_on), 20)

    asyncio.run(test())
    assert handled == [ITEM, ERROR]


def test_a_thread_of_a_cancelled_request_is_not_started_twice(
    shipped: ModuleType,
) -> None:
    """A server may cancel a request, and the sender posts the item again."""
    begun, go_on = threading.Event(), threading.Event()
    handled: list[Any] = []

    def handler(webhook: Any) -> None:
        handled.append(webhook.item)
        begun.set()
        assert go_on.wait(20)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(ITEM).encode()}

    async def test() -> list[int]:
        app = shipped.webhook_app(handler, secret=SECRET)
        statuses: list[int] = []
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b""}
        scope |= {"headers": [(b"x-webhook-secret", SECRET.encode())]}

        async def send(message: dict[str, Any]) -> None:
            if "status" in message:
                statuses.append(message["status"])

        first = asyncio.create_task(app(scope, receive, send))
        await asyncio.to_thread(begun.wait, 20)
        first.cancel()
        await asyncio.wait([first])
        await app(scope, receive, send)
        go_on.set()
        while statuses[-1] == 503:
            await asyncio.sleep(0.01)
            await app(scope, receive, send)
        return statuses

    statuses = asyncio.run(test())
    assert (statuses[0], statuses[-1], handled) == (503, 204, [ITEM])


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ({"url": "/hook/s3cret-%C3%A4%2B%2F%25"}, 401),  # a slash splits the secret
        ({"url": "/hook?secret=s3cret-%C3%A4%2B%2F%25"}, 204),
        ({"url": "/hook?a=b&secret=no&secret=s3cret-%C3%A4%2B%2F%25"}, 204),
        ({"url": "/hook?secret=s3cret-%C3%A4+/%25"}, 204),  # only percent-encoded
        ({"headers": {"x-webhook-secret": SECRET.encode()}}, 204),
        ({}, 401),
        ({"url": "/hook/"}, 401),
        ({"url": "/hook?secret="}, 401),
        ({"url": "/hook?secret=s3cret"}, 401),
        ({"url": "/hook?secret=%ff"}, 401),
        ({"headers": {"x-webhook-secret": SECRET.encode() + b"x"}}, 401),
        ({"headers": {"x-webhook-secret": b"\xff"}}, 401),
        ({"headers": {"x-request-id": SECRET.encode()}}, 401),
        ({"url": "/s3cret-%C3%A4/hook"}, 401),
    ],
)
def test_nobody_is_let_in_without_the_secret(
    place: dict[str, Any], status: int, shipped: ModuleType
) -> None:
    handler = Handler()
    app = shipped.webhook_app(handler, secret=SECRET)
    options = {"headers": {}} | place
    assert _with_client(app, lambda client: client.status(**options)) == status
    assert len(handler.given) == (status == 204)


@pytest.mark.parametrize("slash", ["", "/"])  # Litestar appends one for mounted apps
def test_the_secret_may_end_the_path(shipped: ModuleType, slash: str) -> None:
    app = shipped.webhook_app(Handler(), secret=SPACED)
    options: dict[str, Any] = {"headers": {}, "url": f"/any/hook/s3%20cret{slash}"}
    assert _with_client(app, lambda client: client.status(**options)) == 204


def test_a_mounted_app_is_at_the_addresses_of_its_documentation(
    shipped: ModuleType,
) -> None:
    service = FastAPI()
    service.mount("/hook", shipped.webhook_app(Handler(), secret=PLAIN))
    addresses = re.findall(r"https://you.example(\S+?)`", shipped.webhook_app.__doc__)

    async def talk(client: Client) -> list[int]:
        return [await client.status(url=url, headers={}) for url in addresses]

    assert _with_client(service, talk) == [204, 204]


def test_a_secret_is_demanded(shipped: ModuleType) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        shipped.webhook_app(Handler(), secret="")


def test_what_is_no_webhook_is_refused(
    shipped: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler()
    app = shipped.webhook_app(handler, secret=SECRET, limit=10_000)
    padded = json.dumps(ITEM).encode().ljust(10_000)

    async def talk(client: Client) -> None:
        answer = await client.post(method="GET")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert await client.status(method="PUT") == 405
        assert await client.status(b"no JSON") == 400
        assert await client.status([]) == 400
        assert await client.status({"taskType": "imageInference"}) == 400
        assert await client.status(padded + b" ") == 413
        assert await client.status(padded * 100) == 413
        assert not handler.given
        assert await client.status(padded) == 204

    _with_client(app, talk)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3


def test_a_connection_that_breaks_is_no_item(shipped: ModuleType) -> None:
    handler = Handler()
    app = shipped.webhook_app(handler, secret=SECRET)
    body = json.dumps(ITEM).encode()

    async def test() -> int:
        over = asyncio.Event()

        async def noted(scope: Any, receive: Any, send: Any) -> None:
            await app(scope, receive, send)
            over.set()

        async with Served(noted) as served:
            port = httpx2.URL(served.url).port
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            secret = b"X-Webhook-Secret: " + SECRET.encode()
            length = b"Content-Length: %d" % (len(body) + 1)
            writer.write(b"POST / HTTP/1.1\r\n%b\r\n%b\r\n\r\n" % (secret, length))
            writer.write(body)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            await asyncio.wait_for(over.wait(), 10)
        return len(handler.given)

    assert asyncio.run(test()) == 0


def test_there_is_a_response_after_a_disconnect(shipped: ModuleType) -> None:
    app = shipped.webhook_app(Handler(), secret=PLAIN)
    service = FastAPI()
    service.middleware("http")(lambda request, call_next: call_next(request))
    service.mount("/", app)
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    async def refuse(_: dict[str, Any]) -> None:
        raise OSError("the client has disconnected")

    scope = {"type": "http", "method": "POST", "path": f"/{PLAIN}", "headers": []}
    asyncio.run(service({**scope, "query_string": b""}, receive, send))
    assert sent[0] == "http.response.start"
    asyncio.run(app(scope, receive, refuse))


def test_another_event_loop_refuses_a_plain_function(shipped: ModuleType) -> None:
    """A request without a loop of asyncio is refused each time, as under trio."""
    app = shipped.webhook_app(lambda _: None, secret=PLAIN)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(ITEM).encode()}

    scope = {"type": "http", "method": "POST", "path": f"/{PLAIN}", "headers": []}
    for _ in range(2):
        call = app(scope, receive, None)
        with pytest.raises(shipped.RunwareError, match="event loop of asyncio"):
            call.send(None)


def test_the_app_remembers_the_last_items_only(
    shipped: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module(f"{shipped.__name__}._runtime.webhook.app")
    monkeypatch.setattr(module, "MAX_KEYS", 2)
    keys = module.RecentKeys()
    for key in ("a", "b", "a", "c"):
        keys.add(key)
    assert [key for key in "abc" if key in keys] == ["b", "c"]


def test_the_app_follows_the_life_of_its_server(shipped: ModuleType) -> None:
    app = shipped.webhook_app(Handler(), secret=SECRET)
    sent: list[dict[str, Any]] = []
    told = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> dict[str, Any]:
        return next(told)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app({"type": "lifespan"}, receive, send))
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    sent.clear()
    asyncio.run(app({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close"}]
