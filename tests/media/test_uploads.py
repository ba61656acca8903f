"""Files for fields that allow only a UUID: the client uploads them first."""

from __future__ import annotations

import asyncio
import base64
import copy
import io
import json
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from hostile_server.clients import in_a_child
from looking import TASK, a_looking_document
from loopback import KEY, SPECS, Caller, Drop, Reply, echo, pickled, refusal, value
from making import generated
from mocking import mocking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    from loopback import Server, Tasks
    from mocking import Mock

MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(20)
MOV = b"\x00\x00\x00\x14ftypqt  " + bytes(20)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"

QUESTION, STORED = "getResponse", "mediaStorage"
UUIDS = {
    content: f"{digit * 8}-0000-4000-8000-{digit * 12}"
    for content, digit in {MP4: "a", MOV: "b", PNG: "c", SVG: "d"}.items()
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the document and its package."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def package(folder: Path) -> ModuleType:
    """The package of the document."""
    documents = {"looking.json": a_looking_document()}
    return generated(folder, documents, package="uploads_client")


@pytest.fixture(scope="module")
def looking(package: ModuleType) -> ModuleType:
    """The module of the document in its package."""
    return import_module(f"{package.__name__}.tasks.text_inference.sample")


@pytest.fixture
def look(looking: ModuleType) -> Callable[..., Any]:
    """Makes requests with media."""

    def look(**inputs: Any) -> Any:
        return looking.SampleRequest(inputs=inputs)

    return look


@pytest.fixture(params=["sync", "async"])
def caller(
    request: pytest.FixtureRequest, package: ModuleType, server: Server
) -> Caller:
    """Calls methods of a client, sync and async."""
    server.answer = platform
    return Caller(request.param, package, server.url, server.clock)


def platform(tasks: Tasks) -> object:
    """Answer each task with a result."""
    return {"data": [*map(done, tasks)]}


def done(task: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a task."""
    scope = {name: task[name] for name in ("taskType", "taskUUID")}
    if task["taskType"] == STORED:
        content = base64.b64decode(task["media"].partition(",")[2])
        return {**scope, "operation": "upload", "mediaUUID": UUIDS[content]}
    return {**scope, "text": "I see."}


def refusing(task_type: str, message: str = "no room") -> Any:
    """Answer tasks of one type with errors, and other tasks with results."""

    def answer(tasks: Tasks) -> object:
        errors = [
            {"code": "storage", "message": message, "taskUUID": task["taskUUID"]}
            for task in tasks
            if task["taskType"] == task_type
        ]
        data = [done(task) for task in tasks if task["taskType"] != task_type]
        return {"data": data, "errors": errors}

    return answer


# -- what is sent -------------------------------------------------------------


def test_a_dry_run_uploads_no_file(
    caller: Caller, server: Server, look: Callable[..., Any]
) -> None:
    message = "the file in inputs.video is not uploaded. Upload it with mediaStorage"
    with pytest.raises(ValueError, match=message):
        caller("dry_run", look(video=MP4))
    assert server.calls == []


def test_a_file_is_uploaded_before_its_task(
    caller: Caller, server: Server, look: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "cat.mp4").write_bytes(MP4)
    request = look(video=tmp_path / "cat.mp4")
    [result] = caller("run", request)
    assert result.text == "I see."
    [[upload], [task]] = server.calls
    assert upload == {
        "taskType": "mediaStorage",
        "operation": "upload",
        "taskUUID": upload["taskUUID"],
        "media": f"data:video/mp4;base64,{base64.b64encode(MP4).decode()}",
    }
    assert task == {
        "taskType": TASK,
        "taskUUID": request.task_uuid,
        "model": "test:sample@1",
        "inputs": {"video": UUIDS[MP4]},
    }


@pytest.mark.parametrize(
    ("content", "media_type"), [(PNG, "image/png"), (SVG, "image/svg+xml")]
)
def test_an_image_is_uploaded_as_any_file(
    content: bytes,
    media_type: str,
    caller: Caller,
    server: Server,
    look: Callable[..., Any],
) -> None:
    caller("run", look(image=io.BytesIO(content)))
    [[upload], [task]] = server.calls
    assert upload == {
        "taskType": STORED,
        "operation": "upload",
        "taskUUID": upload["taskUUID"],
        "media": f"data:{media_type};base64,{base64.b64encode(content).decode()}",
    }
    assert task["inputs"] == {"image": UUIDS[content]}


def test_what_is_uploaded_is_what_the_specs_allow(
    caller: Caller, server: Server, look: Callable[..., Any], shipped: ModuleType
) -> None:
    caller("run", look(video=MP4, image=PNG))
    caller("run", look(image=SVG))
    uploads = [t for call in server.calls for t in call if t["taskType"] == STORED]
    assert len(uploads) == 3
    for upload in uploads:
        assert shipped.parse_request(upload).to_wire() == upload


async def test_equal_files_are_uploaded_once(
    client: Any, server: Server, look: Callable[..., Any]
) -> None:
    requests = [
        look(videos=[MP4, MOV, MP4], image=PNG),
        look(video=io.BytesIO(MP4)),
        look(video=UUIDS[PNG]),
    ]
    for outcome in await value(client.run_many(requests)):
        assert outcome.error is None
    assert await value(client.run(look(video=MP4, videos=[MOV])))
    uploads = [t for call in server.calls for t in call if t["taskType"] != TASK]
    assert len(uploads) == 3
    sent = {
        task["taskUUID"]: task["inputs"]
        for call in server.calls
        for task in call
        if task["taskType"] == TASK
    }
    assert [*map(sent.get, [request.task_uuid for request in requests])] == [
        {"videos": [UUIDS[MP4], UUIDS[MOV], UUIDS[MP4]], "image": UUIDS[PNG]},
        {"video": UUIDS[MP4]},
        {"video": UUIDS[PNG]},
    ]
    assert len(sent) == 4


def test_uploads_go_together(
    caller: Caller, server: Server, look: Callable[..., Any]
) -> None:
    caller("run_many", [look(video=MP4), look(video=MOV), look(image=PNG)])
    assert [*map(len, server.calls)] == [3, 3]


def test_a_task_without_files_does_not_wait_for_others(
    caller: Caller, server: Server, look: Callable[..., Any]
) -> None:
    caller("run_many", [look(video=MP4), look()])
    assert sorted(server.sent[0].split("+")) == [STORED, TASK]
    assert server.sent[1:] == [TASK]


@pytest.mark.parametrize("way", ["run", "stream"])
def test_a_stream_uploads_first(
    way: str, caller: Caller, server: Server, looking: ModuleType
) -> None:
    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == STORED:
            return platform(tasks)
        delta = {"delta": {"text": "I see."}, "finishReason": "stop"}
        events = f"data: {json.dumps(delta)}\n\ndata: [DONE]\n\n"
        return Reply(events, content_type="text/event-stream")

    server.answer = answer
    request = looking.SampleRequest(inputs={"video": MP4}, delivery_method="stream")

    async def work(client: Any) -> Any:
        if way == "run":
            [result] = await value(client.run(request))
            return result
        return await value(client.text_inference.stream(request).get_result())

    assert caller.using(work).text == "I see."
    assert server.sent == [STORED, TASK]
    assert server.calls[1][0]["inputs"] == {"video": UUIDS[MP4]}


def test_submit_and_resume(
    caller: Caller, server: Server, look: Callable[..., Any]
) -> None:
    request = look(video=MP4)
    acknowledged = {"taskType": TASK, "taskUUID": request.task_uuid}
    unknown = Reply({"errors": [{**acknowledged, "code": "taskNotFound"}]}, 400)
    server.script(
        platform, {"data": [acknowledged]}, unknown, unknown, platform, platform
    )

    async def work(client: Any) -> Any:
        handle = await value(client.submit(request))
        return handle.to_json()

    text = caller.using(work)
    assert server.sent == [STORED, TASK]
    assert server.calls[1][0]["deliveryMethod"] == "async"
    assert json.loads(text)["taskUUID"] == request.task_uuid

    async def again(client: Any) -> Any:
        return await value(client.resume(text, request).wait())

    [result] = caller.using(again)
    assert result.text == "I see."
    assert server.sent == [STORED, TASK, QUESTION, QUESTION, STORED, TASK]
    assert server.calls[-1][0]["inputs"] == {"video": UUIDS[MP4]}


# -- failures -----------------------------------------------------------------


def test_a_lost_answer_is_asked_for(
    caller: Caller, server: Server, look: Callable[..., Any]
) -> None:
    def told(tasks: Tasks) -> object:
        result = {"mediaUUID": UUIDS[MP4], "status": "success"}
        return {"data": [{"taskUUID": tasks[0]["taskUUID"], **result}]}

    server.script(Drop(), told, platform)
    assert caller("run", look(video=MP4))
    assert server.sent == [STORED, QUESTION, TASK]
    assert server.calls[1][0]["taskUUID"] == server.calls[0][0]["taskUUID"]
    assert server.calls[2][0]["inputs"] == {"video": UUIDS[MP4]}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_a_child_continues_an_upload_of_its_parent(
    package: ModuleType, server: Server, look: Callable[..., Any]
) -> None:
    """The thread that sends it stays in the parent process."""
    is_sent, is_over = threading.Event(), threading.Event()

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == QUESTION:
            uuid = {"mediaUUID": UUIDS[MP4], "status": "success"}
            return {"data": [{"taskUUID": tasks[0]["taskUUID"], **uuid}]}
        if tasks[0]["taskType"] == STORED:
            is_sent.set()
            is_over.wait(60)
        return platform(tasks)

    server.answer = answer
    client = package.Runware(KEY, base_url=server.url)
    with client, ThreadPoolExecutor(1) as pool:
        handle = client.handle(look(video=MP4))
        sending = pool.submit(handle.wait)
        assert is_sent.wait(60)
        try:
            in_a_child(lambda: handle.wait(timeout=60))
        finally:
            is_over.set()
        assert sending.result()
    assert server.sent.count(STORED) == 1


def test_an_upload_that_did_not_arrive_is_sent_again(
    caller: Caller, server: Server, look: Callable[..., Any]
) -> None:
    unknown = refusal(400, "taskNotFound")
    server.script(Drop(), unknown, unknown, platform, platform)
    assert caller("run", look(video=MP4))
    assert server.sent == [STORED, QUESTION, QUESTION, STORED, TASK]
    assert server.calls[3] == server.calls[0]


def test_a_refused_upload_is_an_error_of_its_field(
    caller: Caller, server: Server, look: Callable[..., Any], package: ModuleType
) -> None:
    server.answer = refusing(STORED)
    request = look(videos=[UUIDS[PNG], MP4])
    error = caller.error("run", request)
    assert isinstance(error, package.TaskError)
    assert error.message == "the file in inputs.videos.1 was not uploaded: no room"
    assert error.parameter == "inputs.videos.1"
    assert (error.task_type, error.task_uuid) == (TASK, request.task_uuid)
    assert error.code == "storage"
    assert (error.may_have_run, error.handle) == (False, None)
    assert server.sent == [STORED]


def test_a_refused_upload_is_no_matter_of_other_tasks(
    caller: Caller, server: Server, look: Callable[..., Any]
) -> None:
    """The next call uploads the file again."""

    def answer(tasks: Tasks) -> object:
        refused = [task for task in tasks if "video/mp4" in task.get("media", "")]
        scopes = [{"taskUUID": task["taskUUID"]} for task in refused]
        errors = [{"code": "storage", "message": "no room", **s} for s in scopes]
        return {"data": [done(t) for t in tasks if t not in refused], "errors": errors}

    async def work(client: Any) -> Any:
        outcomes = await value(client.run_many(requests))
        server.answer = platform
        assert await value(client.run(look(video=MP4)))
        return outcomes

    server.answer = answer
    requests = [look(image=PNG), look(video=MP4), look(video=MP4)]
    taken, *refused = caller.using(work)
    assert [result.text for result in taken.unwrap()] == ["I see."]
    for outcome in refused:
        assert "inputs.video was not uploaded: no room" in str(outcome.error)


@pytest.mark.parametrize("uuid", [None, "", 7])
@pytest.mark.parametrize("way", ["run", "stream"])
def test_an_answer_without_a_uuid_is_an_error(
    way: str, uuid: object, caller: Caller, server: Server, looking: ModuleType
) -> None:
    server.answer = echo(mediaURL="https://x", mediaUUID=uuid)
    request = looking.SampleRequest(inputs={"video": MP4})

    async def work(client: Any) -> None:
        if way == "run":
            await value(client.run(request))
        await value(client.stream(request).get_result())

    with pytest.raises(caller.package.RunwareError, match="has no mediaUUID") as caught:
        caller.using(work)
    assert caught.value.task_uuid == request.task_uuid
    assert server.sent == [STORED]


async def test_what_may_have_been_uploaded_is_asked_for_by_the_next_call(
    client: Any, server: Server, look: Callable[..., Any], package: ModuleType
) -> None:
    def never(tasks: Tasks) -> object:
        news = {"status": "processing", "taskUUID": tasks[0]["taskUUID"]}
        return {"data": [news]}

    server.answer = never
    server.takes = 25
    request = look(video=MP4)
    with pytest.raises(package.TimeoutError) as caught:
        await value(client.run(request))
    server.takes = 0
    error = caught.value
    assert "inputs.video was not uploaded: " in error.message
    assert (error.task_uuid, error.may_have_run) == (request.task_uuid, False)
    assert "was not sent" in str(error)
    assert pickled(error).may_have_run is False
    assert client.unfinished() == []
    assert {*server.sent} == {STORED, QUESTION}
    assert server.sent.count(STORED) == 1
    server.calls.clear()

    def told(tasks: Tasks) -> object:
        [task] = tasks
        if task["taskType"] == TASK:
            return platform(tasks)
        return {"data": [{"taskUUID": task["taskUUID"], "mediaUUID": UUIDS[MP4]}]}

    server.answer = told
    assert await value(client.run(look(video=MP4)))
    assert server.sent == [QUESTION, TASK]


async def test_a_stream_gives_up_in_time(
    client: Any, server: Server, look: Callable[..., Any], package: ModuleType
) -> None:
    server.answer = lambda tasks: {
        "data": [{"status": "processing", "taskUUID": tasks[0]["taskUUID"]}]
    }
    server.takes = 25
    stream = client.text_inference.stream(look(video=MP4))
    with pytest.raises(package.TimeoutError) as caught:
        await value(stream.get_result())
    assert caught.value.handle is None
    assert client.unfinished() == []
    assert {*server.sent} == {STORED, QUESTION}


def test_threads_that_share_a_handle_share_its_uploads(
    package: ModuleType, server: Server, look: Callable[..., Any]
) -> None:
    asked = iter(range(100))

    def told(task: dict[str, Any]) -> dict[str, Any]:
        return {"taskUUID": task["taskUUID"], "mediaUUID": UUIDS[MP4], "text": "I see."}

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == TASK or next(asked) > 5:
            return {"data": [told(tasks[0])]}
        return {"data": [{"status": "processing", "taskUUID": tasks[0]["taskUUID"]}]}

    server.answer = answer
    with package.Runware(KEY, base_url=server.url, timeout=10) as client:
        client.polling = package.Waits(first=0.005, longest=0.01)
        handle = client.handle(look(video=MP4))
        with ThreadPoolExecutor(4) as threads:
            waits = [threads.submit(handle.wait) for _ in range(4)]
            assert all(len(each.result()) == 1 for each in waits)
    assert server.sent.count(STORED) == server.sent.count(TASK) == 1


async def test_a_handle_whose_upload_failed_tries_again(
    client: Any, server: Server, look: Callable[..., Any], package: ModuleType
) -> None:
    server.script(refusing(STORED), platform, platform)
    handle = client.handle(look(video=MP4))
    with pytest.raises(package.TaskError):
        await value(handle.wait())
    assert not handle.is_over
    [result] = await value(handle.wait())
    assert result.text == "I see."
    assert server.sent == [STORED, STORED, TASK]


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_file_is_uploaded_anew_after_its_task_failed(
    client: Any,
    server: Server,
    look: Callable[..., Any],
    package: ModuleType,
    *,
    is_streamed: bool,
) -> None:
    server.script(platform, refusing(TASK, "no such file"), platform, platform)

    async def run(client: Any) -> Any:
        request = look(video=MP4)
        if is_streamed:
            return await value(client.stream(request).get_result())
        return await value(client.run(request))

    with pytest.raises(package.TaskError, match="no such file"):
        await run(client)
    assert await run(client)
    assert server.sent == [STORED, TASK, STORED, TASK]


def test_events_tell_of_uploads(caller: Caller, look: Callable[..., Any]) -> None:
    events: list[Any] = []

    async def work(client: Any) -> None:
        await value(client.run(look(video=MP4)))

    caller.using(work, on_event=events.append)
    assert [(event.kind, event.task_type) for event in events] == [
        ("sent", STORED),
        ("finished", STORED),
        ("sent", TASK),
        ("finished", TASK),
    ]


# -- requests before the upload -----------------------------------------------


def test_files_are_checked_when_the_request_is_made(
    look: Callable[..., Any], tmp_path: Path
) -> None:
    def said(**inputs: Any) -> str:
        with pytest.raises(ValidationError) as caught:
            look(**inputs)
        [error] = caught.value.errors()
        return f"{'.'.join(map(str, error['loc']))} {error['msg']}"

    large = tmp_path / "large.mp4"
    large.write_bytes(MP4 + bytes(1000))
    assert said(video=large) == ("inputs.video has 1,032 bytes; the maximum is 50")
    assert said(video=PNG) == "inputs.video must be a video, but the file is image/png"
    assert said(image=tmp_path / "no.png") == (
        "inputs.image the file 'no.png' does not exist"
    )


def test_there_is_no_wire_before_the_upload(
    look: Callable[..., Any], looking: ModuleType
) -> None:
    request = look(videos=[MP4])
    with pytest.raises(ValueError, match=r"inputs\.videos\.0 is a file"):
        request.to_wire()
    with pytest.raises(
        ValueError, match="this Inputs cannot be written as JSON yet: video is"
    ):
        looking.Inputs(video=MP4).to_wire()


def test_a_request_stays_as_it_is_when_it_is_sent(
    caller: Caller, look: Callable[..., Any]
) -> None:
    request = look(video=MP4)
    caller("run", request)
    with pytest.raises(ValueError, match="cannot be written as JSON yet"):
        request.to_wire()


def test_a_request_with_a_file_is_copied_and_compared(
    caller: Caller, server: Server, look: Callable[..., Any], looking: ModuleType
) -> None:
    request = look(video=MP4)
    same = request.replace(task_uuid=request.task_uuid)
    other = request.replace(inputs={"video": MOV})
    assert same != other
    for made in (pickled(request), copy.deepcopy(request), request.model_copy()):
        assert made == request
        assert hash(made) == hash(request)
    sent = [
        pickled(request).replace(delivery_method="sync"),
        looking.SampleRequest(inputs=looking.Inputs(video=MP4)),
        looking.SampleRequest(inputs=request.inputs),
    ]
    caller("run_many", sent)
    assert server.sent == [STORED, "+".join([TASK] * 3)]
    assert [t["inputs"] for t in server.calls[1]] == [{"video": UUIDS[MP4]}] * 3


def test_a_file_from_another_process_has_no_wire_either(
    folder: Path, package: ModuleType, look: Callable[..., Any]
) -> None:
    program = (
        "import pickle, sys\n"
        "request = pickle.load(sys.stdin.buffer)\n"
        "try:\n    request.to_wire()\n"
        "except ValueError as error:\n    print(error)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    said = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(look(video=MP4)),
        capture_output=True,
        check=True,
        env=environment,
    )
    assert b"inputs.video is a file" in said.stdout, package.__name__


def test_the_content_is_not_shown(look: Callable[..., Any]) -> None:
    shown = repr(look(video=MP4))
    assert "video='<video/mp4 file of 32 bytes>'" in shown
    assert "ftyp" not in shown


# -- against the mock ---------------------------------------------------------


@pytest.fixture(scope="module")
def mock(folder: Path, package: ModuleType) -> Iterator[Mock]:
    """A mock of the model and of uploads, with faults."""
    assert package
    faults = ["--fault", "drop-after=0.2", "--fault", "bad-gateway=0.2", "--seed", "4"]
    document = folder / "documents" / "looking.json"
    with mocking(document, SPECS / "media-storage.json", *faults) as mock:
        yield mock


def _distinct(number: int) -> bytes:
    return MP4 + bytes([number])


@pytest.mark.parametrize("kind", ["sync", "async", "websocket"])
def test_each_file_is_uploaded_once_whatever_fails(
    kind: str, mock: Mock, package: ModuleType, look: Callable[..., Any]
) -> None:
    batches = [
        [look(videos=[_distinct(n), _distinct(n + 1)], image=PNG) for n in range(4)],
        [look(video=_distinct(n)) for n in range(6)],
    ]

    async def work(client: Any) -> None:
        for requests in batches:
            for outcome in await value(client.run_many(requests)):
                [result] = outcome.unwrap()
                assert result.text
                assert result.task_uuid == outcome.request.task_uuid

    faults = 0
    for _ in range(20):  # a few messages may have no fault
        mock.clear()
        if kind == "websocket":
            asyncio.run(_over_a_socket(package, mock, work))
        else:
            options = {"max_retries": 20, "resend": "eager"}
            Caller(kind, package, mock.url).using(work, **options)
        entries = mock.ledger()["tasks"].values()
        found = sorted((entry["taskType"], entry["run"]) for entry in entries)
        assert found == sorted([(STORED, 1)] * 7 + [(TASK, 1)] * 10)
        faults = sum(mock.ledger()["faults"].values())
        if faults:
            break
    assert faults


async def _over_a_socket(package: ModuleType, mock: Mock, work: Any) -> None:
    # The mock refuses known tasks, so the client may send a task again.
    options = {"base_url": mock.socket_url, "timeout": 10, "max_retries": 20}
    options["resend"] = "eager"
    async with package.AsyncRunware(KEY, transport="websocket", **options) as client:
        client.polling = client.retrying = package.Waits(first=0.005, longest=0.01)
        await work(client)
