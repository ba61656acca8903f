"""The mock responds as Runware does: it validates tasks by documents, over sockets."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from uuid import uuid4

import httpx2
import jsonschema_rs
import pytest

from command import run, until
from loopback import SPECS, Reply
from making import a_document, a_task
from mocking import (
    BEARER,
    KEY,
    Mock,
    answer,
    authentication,
    entry,
    image,
    mocking,
    post,
    question,
    text,
    the_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback import Server

LATENCY = 0.4

FILES = {"type": "array", "minItems": 2, "items": {"$ref": "#/components/schemas/File"}}
FILE = {
    "type": "object",
    "required": ["uuid", "url"],
    "properties": {
        "uuid": {"type": "string", "format": "uuid"},
        "url": {"type": "string", "format": "uri"},
        "size": {"type": "integer", "minimum": 5, "maximum": 9, "multipleOf": 3},
        "kind": {"anyOf": [{"const": "mesh"}, {"const": "texture"}]},
    },
    "additionalProperties": False,
}
SCULPTURE = {
    "allOf": [
        {
            "type": "object",
            "properties": {
                "taskType": {"const": "imageInference"},
                "taskUUID": {"type": "string", "format": "uuid"},
                "outputs": {
                    "type": "object",
                    "properties": {"files": FILES},
                    "required": ["files"],
                },
            },
            "required": ["taskType", "taskUUID", "outputs"],
        },
    ],
    "properties": {
        "score": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
        "note": {"type": "string", "maxLength": 12},
    },
}


def sculptures() -> dict[str, Any]:
    """A document with complex results, which only allows async delivery."""
    method = {"type": "string", "enum": ["async"]}
    strength = {"type": "number", "minimum": 0, "maximum": 1}
    lora = {"type": "array", "items": {"properties": {"weight": strength}}}
    document = a_document(
        {
            "properties": {
                "deliveryMethod": method,
                "lora": lora,
                "numberResults": {"type": "integer", "maximum": 4},
            },
            "additionalProperties": False,
        },
        identifier="sculptor",
        result=SCULPTURE,
        info={"x-pricing": {"rates": [{"amount": 0.25, "unit": "output"}]}},
    )
    document["components"]["schemas"]["File"] = FILE
    return document


REPLY = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/Tag"}},
        "rating": {"type": "integer", "minimum": 1, "maximum": 3},
    },
    "required": ["title", "tags", "rating"],
    "$defs": {"Tag": {"enum": ["sea", "land"]}},
}


LIMITS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "word": {"type": "string", "minLength": 2.0, "maxLength": 3.0},
        "days": {
            "type": "array",
            "minItems": 2.0,
            "items": {"type": "string", "format": "date"},
        },
        "step": {
            "anyOf": [False, {"type": "integer", "multipleOf": 7}],
            "exclusiveMinimum": 7,
            "exclusiveMaximum": 21,
        },
    },
}


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    """A mock of the shipped documents and one more. Its tasks take a moment."""
    folder = tmp_path_factory.mktemp("documents")
    document = folder / "sculptor.json"
    document.write_text(json.dumps(sculptures()))
    options = ["--latency", str(LATENCY), "--max-tasks", "5"]
    with mocking(SPECS, document, *options, "--running-task", "status") as one:
        yield one


@pytest.fixture(scope="module")
def quick() -> Iterator[Mock]:
    """A mock of the shipped documents. Its tasks take no time."""
    with mocking("--max-body", "5000") as one:
        yield one


def sculpture() -> dict[str, Any]:
    """Return a task of the document that `sculptures` makes."""
    return a_task(taskUUID=str(uuid4()))


class TestResults:
    def test_one_for_each_that_was_ordered(self, quick: Mock) -> None:
        task = image(numberResults=3, seed=7, includeCost=True)
        items = answer(quick, task)["data"]
        assert [item["seed"] for item in items] == [7, 8, 9]
        assert len({item["imageUUID"] for item in items}) == 3
        for item in items:
            assert item["taskUUID"] == task["taskUUID"]
            assert item["cost"] > 0
        items = answer(quick, image(numberResults=2.0, seed=7.0))["data"]
        assert [item["seed"] for item in items] == [7, 8]

    def test_they_are_what_the_document_says(self, mock: Mock) -> None:
        task = sculpture()
        answer(mock, task)
        [item] = wait_for(mock, task)
        del item["status"]
        components = sculptures()["components"]
        judge = jsonschema_rs.Draft202012Validator(
            {**SCULPTURE, "components": components}, validate_formats=True
        )
        judge.validate(item)
        assert not judge.is_valid({**item, "outputs": {}})
        first, second = item["outputs"]["files"]
        assert first["uuid"] != second["uuid"]
        assert first["uuid"] in first["url"]
        assert mock.client.get(second["url"]).status_code == 200

    def test_the_same_for_the_same_seed(self, quick: Mock) -> None:
        task = image()
        before = answer(quick, task)["data"]
        quick.clear()
        assert answer(quick, task)["data"] == before
        with mocking("--seed", "1") as other:
            assert answer(other, task)["data"][0]["seed"] != before[0]["seed"]

    @pytest.mark.parametrize(
        ("output_format", "media_type", "start"),
        [
            ("PNG", "image/png", b"\x89PNG\r\n\x1a\n"),
            ("JPG", "image/jpeg", b"\xff\xd8\xff"),
            ("WEBP", "image/webp", b"RIFF"),
            ("TIFF", "image/tiff", b"II*\0"),
        ],
    )
    def test_an_image_in_each_form(
        self, quick: Mock, output_format: str, media_type: str, start: bytes
    ) -> None:
        tasks = [
            image(outputFormat=output_format, outputType=output_type)
            for output_type in ("URL", "base64Data", "dataURI")
        ]
        url, text, uri = answer(quick, *tasks)["data"]
        assert {"imageBase64Data", "imageDataURI"}.isdisjoint(url)
        fetched = quick.client.get(url["imageURL"])
        assert fetched.headers["content-type"] == media_type
        assert fetched.content.startswith(start)
        assert base64.b64decode(text["imageBase64Data"]).startswith(start)
        head, _, data = uri["imageDataURI"].partition(",")
        assert head == f"data:{media_type};base64"
        assert base64.b64decode(data).startswith(start)

    @pytest.mark.parametrize(
        ("suffix", "media_type", "part"),
        [
            ("svg", "image/svg+xml", b"<svg "),
            ("wav", "audio/wav", b"WAVEfmt "),
            ("mp3", "audio/mpeg", b"\xff\xfb"),
            ("aac", "audio/aac", b"\xff\xf1"),
            ("flac", "audio/flac", b"fLaC"),
            ("ogg", "audio/ogg", b"OggS"),
            ("mp4", "video/mp4", b"ftypisom"),
            ("mov", "video/quicktime", b"ftypqt  "),
            ("webm", "video/webm", b"webm"),
            ("mkv", "video/x-matroska", b"matroska"),
            ("glb", "model/gltf-binary", b"glTF"),
            ("fbx", "application/octet-stream", b"Kaydara FBX Binary"),
            ("obj", "model/obj", b"\nf 1 2 3\n"),
            ("stl", "model/stl", b""),
            ("zip", "application/zip", b"PK"),
            ("txt", "text/plain", b"\n"),
        ],
    )
    def test_a_file_of_each_type(
        self, quick: Mock, suffix: str, media_type: str, part: bytes
    ) -> None:
        first, again = (
            quick.client.get(f"{quick.root}/files/a.{suffix}") for _ in "ab"
        )
        assert first.headers["content-type"].partition(";")[0] == media_type
        assert part in first.content[:64] or first.content.endswith(part)
        assert first.content == again.content != b""

    def test_a_file_that_there_is_not(self, quick: Mock) -> None:
        assert quick.client.get(f"{quick.root}/files/cat.exe").status_code == 404

    def test_an_input_is_not_the_output(self, quick: Mock) -> None:
        given = {"inputImage": "https://example.com/a.png", "includeCost": True}
        kind = {"taskType": "controlNetPreprocess", "taskUUID": str(uuid4())}
        [item] = answer(quick, {**kind, "model": "a:b@1", **given})["data"]
        assert item["guideImageUUID"] != item["inputImageUUID"]

    def test_a_search_has_pages(self, quick: Mock) -> None:
        sizes = []
        for offset in (0, 20, 40):
            task = {"taskType": "modelSearch", "taskUUID": str(uuid4())}
            [page] = answer(quick, {**task, "offset": offset})["data"]
            assert page["totalResults"] == 25
            sizes.append(len(page["results"]))
        assert sizes == [20, 5, 0]


class TestRefusals:
    def test_each_names_what_is_wrong(self, quick: Mock) -> None:
        wrong = {
            "missingParameter": (image(width=64), "height"),
            "invalidParameter": (
                image(lora=[{"model": "a:b@1", "weight": 9}]),
                "lora[0].weight",
            ),
        }
        for code, (task, parameter) in wrong.items():
            error = the_error(post(quick, task))
            assert (error["code"], error["parameter"]) == (code, parameter)
            assert error["taskType"] == "imageInference"
            assert error["taskUUID"] == task["taskUUID"]
        assert not set(quick.ledger()["tasks"]) & {
            task["taskUUID"] for task, _ in wrong.values()
        }

    def test_a_choice_is_told(self, quick: Mock) -> None:
        error = the_error(post(quick, image(outputType="file")))
        assert error["message"] == (
            "outputType must be one of URL, base64Data, dataURI."
        )

    def test_a_parameter_that_there_is_not(self, mock: Mock) -> None:
        error = the_error(post(mock, image(model="test:sample@1")))
        assert error["code"] == "unsupportedParameter"
        assert error["parameter"] == "positivePrompt"

    def test_formats_are_asserted(self, quick: Mock) -> None:
        error = the_error(post(quick, image(taskUUID="one")))
        assert error["parameter"] == "taskUUID"

    def test_a_task_type_or_model_without_a_document(self, tmp_path: Path) -> None:
        document = tmp_path / "sculptor.json"
        document.write_text(json.dumps(sculptures()))
        with mocking(document) as mock:
            error = the_error(post(mock, image()))
            assert (error["code"], error["parameter"]) == ("invalidModel", "model")
            assert "test:sample@1" in error["message"]
            error = the_error(post(mock, image(taskType="dreaming")))
            assert error["code"] == "invalidTaskType"
            assert error["parameter"] == "taskType"
            error = the_error(post(mock, {"taskUUID": str(uuid4())}))
            assert error["code"] == "missingParameter"
            assert answer(mock, {"taskType": "ping", "ping": True})["data"]

    def test_others_of_the_same_call_still_run(self, quick: Mock) -> None:
        good, bad = image(), image(width=1)
        body = answer(quick, bad, good)
        assert [item["taskUUID"] for item in body["data"]] == [good["taskUUID"]]
        assert [item["taskUUID"] for item in body["errors"]] == [bad["taskUUID"]]

    def test_a_repeated_task(self, quick: Mock) -> None:
        task, other = image(), image()
        answer(quick, task)
        task["taskUUID"] = task["taskUUID"].upper()
        error = the_error(post(quick, task))
        assert (error["code"], error["parameter"]) == ("conflictTaskUUID", "taskUUID")
        body = answer(quick, task, other)
        assert body["errors"] == [error]
        assert [item["taskUUID"] for item in body["data"]] == [other["taskUUID"]]
        assert quick.ledger()["tasks"][task["taskUUID"].lower()]["run"] == 1

    @pytest.mark.parametrize(
        ("rule", "runs"),
        [("refuse", [1, 1]), ("refuse-async", [1, 2]), ("run", [2, 2])],
    )
    def test_whether_a_repeated_task_is_refused(
        self, rule: str, runs: list[int]
    ) -> None:
        tasks = [image(deliveryMethod=method) for method in ("async", "sync")]
        with mocking("--repeated-task", rule) as mock:
            answer(mock, *tasks)
            refused = post(mock, *tasks).json().get("errors", [])
            assert [entry(mock, task)["run"] for task in tasks] == runs
        assert [error["taskUUID"] for error in refused] == [
            task["taskUUID"] for task, run in zip(tasks, runs, strict=True) if run == 1
        ]

    @pytest.mark.parametrize(
        "body",
        [
            *(b"", b"{", b"[]", b"{}", b"[1]", b"[NaN]", b"\xff", b'["\\ud800"]'),
            json.dumps([image()]).encode("utf-16"),
            json.dumps([image(seeds=0.5)]).replace("0.5", "1e999").encode(),
            b"[" * 4000,
            b'[{"taskType":"imageInference","a":' + b"[" * 400 + b"]" * 400 + b"}]",
        ],
    )
    def test_a_body_that_holds_no_tasks(self, quick: Mock, body: bytes) -> None:
        the_error(quick.client.post(quick.url, content=body, headers=BEARER))

    def test_too_much_at_once(self, mock: Mock, quick: Mock) -> None:
        many = [image() for _ in range(6)]
        assert the_error(post(mock, *many), 413)["code"] == "tooManyTasks"
        long = image(positivePrompt="x" * 5000)
        assert the_error(post(quick, long), 413)["code"] == "payloadTooLarge"

    def test_a_client_that_first_sends_all_of_its_body(self, quick: Mock) -> None:
        request = urllib.request.Request(quick.url, bytes(2**23))  # noqa: S310
        with pytest.raises(HTTPError, match="413"):
            urllib.request.urlopen(request)  # noqa: S310


class TestDelivery:
    def test_sync_waits(self, mock: Mock) -> None:
        began = time.monotonic()
        assert answer(mock, image(numberResults=2))["data"][1]["imageURL"]
        assert time.monotonic() - began >= LATENCY

    def test_async_is_acknowledged_and_then_asked_for(self, mock: Mock) -> None:
        stages = [["processing"] * 2, ["success", "processing"], ["success"] * 2]
        seen: list[list[str]] = []
        while not all(stage in seen for stage in stages):  # slow machines miss some
            seen += self.followed(mock)

    def followed(self, mock: Mock) -> list[list[str]]:
        """Poll two tasks until they end; return the first one's statuses by poll."""
        tasks = [image(deliveryMethod="async", numberResults=2) for _ in range(2)]
        acknowledged = answer(mock, *tasks)["data"]
        assert acknowledged == [
            {"taskType": "imageInference", "taskUUID": task["taskUUID"]}
            for task in tasks
        ]
        seen: list[list[str]] = []
        progress: list[int] = []
        while not seen or "processing" in seen[-1]:
            items = answer(mock, *map(question, tasks))["data"]
            own = [i for i in items if i["taskUUID"] == tasks[0]["taskUUID"]]
            assert len(items) == 4
            seen.append([item["status"] for item in own])
            progress += [item["progress"] for item in own if "progress" in item]
            time.sleep(LATENCY / 20)
        assert seen[-1] == ["success"] * 2
        assert progress == sorted(progress)
        assert all(0 <= each < 100 for each in progress)
        return seen

    def test_the_only_method_of_a_document_is_its_default(self, mock: Mock) -> None:
        task = sculpture()
        assert "outputs" not in answer(mock, task)["data"][0]
        assert mock.ledger()["tasks"][task["taskUUID"]]["delivery"] == "async"

    def test_an_unknown_task(self, quick: Mock) -> None:
        assert answer(quick, question(image())) == {"data": []}

    @pytest.mark.parametrize(
        ("rule", "code"),
        [
            ("not-found", "taskNotFound"),
            ("failed-or-not-found", "taskFailedOrNotFound"),
        ],
    )
    def test_an_unknown_task_is_an_error(self, rule: str, code: str) -> None:
        asked, running = question(image()), image(deliveryMethod="async")
        with mocking("--unknown-task", rule, "--latency", "60") as mock:
            error = the_error(post(mock, asked))
            assert (error["code"], error["parameter"]) == (code, "taskUUID")
            assert error["taskUUID"] == asked["taskUUID"]
            answer(mock, running)
            assert the_error(post(mock, question(running)))["code"] == code

    @pytest.mark.parametrize(
        "rule", ["unknown", "status", "partial", "progress", "other-status"]
    )
    def test_a_running_task(self, rule: str) -> None:
        task = image(deliveryMethod="async", numberResults=2)
        with mocking("--running-task", rule, "--latency", "60") as mock:
            answer(mock, task)
            items = answer(mock, question(task))["data"]
        assert len(items) == (0 if rule in {"unknown", "partial"} else 2)
        for item in items:
            assert item["taskUUID"] == task["taskUUID"]
            assert not {"imageURL", "cost"} & item.keys()
        if rule == "status":
            assert [item["status"] for item in items] == ["processing"] * 2
        elif rule == "progress":
            assert len({item["imageUUID"] for item in items}) == 2
            assert all("status" not in item for item in items)
        elif rule == "other-status":
            assert [item["status"] for item in items] == ["queued"] * 2
            assert items[0]["position"] > 0

    def test_finished_items_of_a_running_task(self) -> None:
        task = image(deliveryMethod="async", numberResults=4)
        options = ["--latency", str(2 * LATENCY), "--running-task", "partial"]
        with mocking(*options) as mock:
            answer(mock, task)
            until(lambda: entry(mock, task)["results"])
            items = answer(mock, question(task))["data"]
        assert items
        assert {item["status"] for item in items} == {"success"}

    def test_details_of_a_task(self, quick: Mock) -> None:
        task = image()
        items = answer(quick, task)["data"]
        [details] = answer(quick, question(task, "getTaskDetails"))["data"]
        assert details["request"] == [task]
        assert details["response"] == {"data": items}

    def test_long_texts_of_a_task_are_not_kept(self, mock: Mock) -> None:
        task = image(positivePrompt="x" * 20_000, deliveryMethod="async")
        answer(mock, task)
        [details] = answer(mock, question(task, "getTaskDetails"))["data"]
        assert details["request"] == [{**task, "positivePrompt": "x" * 10_000}]

    def test_details_of_a_task_that_is_not_known(self, quick: Mock) -> None:
        unknown = question(image(), "getTaskDetails")
        assert answer(quick, unknown) == {"data": []}

    def test_a_webhook_has_the_failure(self, server: Server) -> None:
        came: list[Any] = server.calls
        task = image(webhookURL=f"{server.url}/hook", deliveryMethod="async")
        with mocking("--fault", "fail", "--latency", "0") as mock:
            answer(mock, task)
            until(lambda: came)
        assert (came[0]["taskUUID"], came[0]["status"]) == (task["taskUUID"], "error")

    def test_webhooks_are_sent_until_they_arrive(
        self, quick: Mock, server: Server
    ) -> None:
        came: list[Any] = server.calls
        server.answer = lambda _: Reply("", 500 if len(came) == 1 else 204)
        url = f"{server.url}/hook?secret=1"
        task = image(webhookURL=url, deliveryMethod="async", numberResults=2)
        answer(quick, task)
        until(lambda: len(came) == 3)
        until(lambda: len(entry(quick, task)["collected"]) == 2)
        assert came[0] == came[1]
        assert len({item["imageUUID"] for item in came}) == 2
        assert {item["taskUUID"] for item in came} == {task["taskUUID"]}


@pytest.mark.parametrize(
    ("schema", "kinds"),
    [
        ({}, {"reply": str}),
        ({"jsonSchema": REPLY}, {"title": str, "tags": list, "rating": int}),
        (
            {"jsonSchema": json.dumps(REPLY)},
            {"title": str, "tags": list, "rating": int},
        ),
        ({"jsonSchema": "no JSON"}, {}),
        ({"jsonSchema": {"$ref": "#/$defs/None"}}, {}),
        ({"jsonSchema": LIMITS}, {"word": str, "days": list, "step": int}),
        ({"jsonSchema": {"type": "number", "multipleOf": 1e-320}}, {}),
    ],
)
def test_a_reply_in_json_satisfies_its_schema(
    schema: dict[str, Any], kinds: dict[str, type], quick: Mock
) -> None:
    task = text(outputFormat="JSON", deliveryMethod="sync", **schema)
    reply = json.loads(answer(quick, task)["data"][0]["text"])
    if schema.get("jsonSchema") == LIMITS:
        assert jsonschema_rs.is_valid(LIMITS, reply, validate_formats=True), reply
    assert {name: type(value) for name, value in reply.items()} == kinds
    assert reply.get("rating") in (1, 2, 3, None)


def test_a_result_has_a_limited_number_of_items(quick: Mock) -> None:
    long = {"type": "string", "minLength": 10**6}
    many = {"type": "array", "minItems": 10**3, "items": long}
    schema = {"type": "array", "minItems": 10**3, "items": many}
    whole = {"type": "object", "properties": {"lists": schema}}
    task = text(outputFormat="JSON", deliveryMethod="sync", jsonSchema=whole)
    reply = answer(quick, task)["data"][0]["text"]
    assert "lists" in json.loads(reply)
    assert len(reply) < 10**6


class TestStreams:
    def test_deltas_come_to_what_the_result_is(self, mock: Mock) -> None:
        task = text(includeCost=True)
        began = time.monotonic()
        *events, done = streamed(mock, task)
        assert done == "[DONE]"
        assert time.monotonic() - began >= LATENCY
        parsed = [json.loads(event) for event in events]
        last = parsed[-1]
        whole = {
            name: "".join(event["delta"].get(name, "") for event in parsed)
            for name in ("text", "reasoningContent")
        }
        assert len(parsed) > 10
        assert last["finishReason"] == "stop"
        assert entry(mock, task)["collected"] == entry(mock, task)["results"]
        [item] = answer(mock, question(task))["data"]
        assert whole == {name: item[name] for name in whole}
        assert last["usage"] == item["usage"]
        assert last["cost"] == item["cost"] > 0

    def test_a_stream_that_never_ends(self, mock: Mock) -> None:
        task, headers = text(), {**BEARER, "x-mock-fault": "never"}
        with mock.client.stream(
            "POST", mock.url, json=[task], headers=headers
        ) as response:
            assert "delta" in next(response.iter_text())
        assert entry(mock, task)["results"] == []

    def test_a_stream_stands_alone(self, mock: Mock) -> None:
        errors = post(mock, text(), text()).json()["errors"]
        assert [error["parameter"] for error in errors] == ["deliveryMethod"] * 2

    def test_an_error_before_it_is_json(self, mock: Mock) -> None:
        error = the_error(post(mock, text(messages="hello")))
        assert error["parameter"] == "messages"


class TestKeys:
    def test_without_one(self, quick: Mock) -> None:
        for response in (
            quick.client.post(quick.url, json=[image()]),
            quick.client.post(
                quick.url, json=[image()], headers={"Authorization": "Bearer"}
            ),
            quick.client.post(quick.url, json=[authentication(""), image()]),
        ):
            error = the_error(response, 401)
            assert (error["code"], error["parameter"]) == ("invalidApiKey", "apiKey")

    def test_in_the_payload(self, quick: Mock) -> None:
        response = quick.client.post(quick.root, json=[authentication(KEY), image()])
        first, second = response.json()["data"]
        assert first["taskType"] == "authentication"
        assert first["connectionSessionUUID"]
        assert second["imageURL"]

    def test_the_only_one_that_is_good(self) -> None:
        with mocking("--api-key", "other") as mock:
            error = the_error(post(mock, image()), 401)
            assert KEY not in str(error)
            good = {"Authorization": "Bearer other"}
            response = mock.client.post(mock.url, json=[image()], headers=good)
            assert response.status_code == 200


def test_the_rate_is_limited() -> None:
    with mocking("--rate-limit", "2", "--retry-after", "3") as mock:
        responses = [post(mock, image()) for _ in range(4)]
        assert [r.status_code for r in responses[:2]] == [200, 200]
        error = the_error(responses[-1], 429)
        assert error["code"] == "rateLimitExceeded"
        assert responses[-1].headers["retry-after"] == "3"
        assert mock.ledger()["totals"]["accepted"] < 4


def test_a_page_of_another_site_can_read_answers(quick: Mock) -> None:
    origin = {"Origin": "http://localhost:3000"}
    asked = {"Method": "POST", "Headers": "authorization,content-type,x-mock-fault"}
    asking = {f"Access-Control-Request-{name}": text for name, text in asked.items()}
    allowed = quick.client.options(quick.url, headers=origin | asking)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-headers"] == asked["Headers"]
    response = quick.client.post(quick.url, json=[image()], headers=origin | BEARER)
    assert response.headers["access-control-allow-origin"] == "*"


class TestLedger:
    def test_a_result_is_collected_before_the_connection_ends(
        self, quick: Mock
    ) -> None:
        once = BEARER | {"Connection": "close"}
        for task in (image(), text()):
            quick.client.post(quick.url, json=[task], headers=once)
            assert entry(quick, task)["collected"] == entry(quick, task)["results"]

    def test_it_tells_what_happened(self) -> None:
        with mocking("--latency", "0.2", "--repeated-task", "run") as mock:
            task = image(deliveryMethod="async", numberResults=2)
            answer(mock, task)
            assert entry(mock, task)["billed"] == 0
            assert entry(mock, task)["status"] == "processing"
            answer(mock, task)
            until(lambda: entry(mock, task)["billed"] == 2)
            told = entry(mock, task)
            assert told["collected"] == []
            items = answer(mock, question(task))["data"]
            assert told | {"collected": [item["imageUUID"] for item in items]} == {
                "taskType": "imageInference",
                "model": "a:b@1",
                "delivery": "async",
                "accepted": 2,
                "run": 2,
                "billed": 2,
                "cost": pytest.approx(4 * 0.0013),
                "results": told["results"],
                "collected": told["results"][2:],
                "status": "success",
            }
            assert entry(mock, task)["collected"] == told["results"][2:]
            ledger = mock.ledger()
            assert len(set(told["results"])) == ledger["totals"]["results"] == 4
            assert ledger["exchanges"] == 3
            assert ledger["faults"] == {}
            mock.clear()
            ledger = mock.ledger()
            assert (ledger["tasks"], ledger["exchanges"]) == ({}, 0)
            assert answer(mock, question(task)) == {"data": []}


class TestCommand:
    def test_ctrl_c_ends_it_in_one_line(self) -> None:
        with mocking() as mock:
            with httpx2.stream("GET", f"{mock.root}/_ledger"):
                mock.process.send_signal(signal.SIGINT)
                assert mock.process.wait(timeout=10) == 130
            assert mock.errors.read() == "Interrupted.\n"

    def test_a_port_that_is_taken(self, quick: Mock, tmp_path: Path) -> None:
        port = quick.root.rpartition(":")[2]
        done = run("mock", "--port", port, cwd=tmp_path)
        assert done.returncode == 2
        assert f"port {port}: " in done.stderr
        assert "--port 0" in done.stderr

    def test_an_address_of_another_machine(self, tmp_path: Path) -> None:
        done = run("mock", "--host", "192.0.2.1", cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("Error: Cannot listen on 192.0.2.1 port 8000: ")
        assert "--port 0" not in done.stderr

    def test_a_document_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text('{"openapi": "3.1.0"}')
        done = run("mock", "a.json", "--port", "0", cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("a.json")

    @pytest.mark.parametrize(
        "faults", [["cats"], ["never=2"], ["never=x"], ["never=0.6", "delay=0.6"]]
    )
    def test_a_fault_that_there_is_not(self, tmp_path: Path, faults: list[str]) -> None:
        options = [option for fault in faults for option in ("--fault", fault)]
        done = run("mock", *options, cwd=tmp_path)
        assert done.returncode == 2
        assert "Invalid value for '--fault'" in done.stderr

    @pytest.mark.parametrize("option", ["--latency", "--faults", "--rate-limit"])
    def test_a_number_that_is_none(self, tmp_path: Path, option: str) -> None:
        done = run("mock", option, "nan", cwd=tmp_path)
        assert done.returncode == 2
        assert "nan is not a finite number" in done.stderr

    @pytest.mark.parametrize("module", ["uvicorn", "starlette", "websockets"])
    def test_the_extra_is_missing(self, tmp_path: Path, module: str) -> None:
        program = (
            f"import sys; sys.modules[{module!r}] = None\n"
            "from runware_codegen.cli import main; main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, "mock", "--port", "0"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        assert "Install runware-codegen[mock]" in line


def wait_for(mock: Mock, task: dict[str, Any]) -> list[dict[str, Any]]:
    """Wait until a task is finished, and return its results."""
    until(lambda: entry(mock, task)["status"] == "success")
    items: list[dict[str, Any]] = answer(mock, question(task))["data"]
    return items


def streamed(mock: Mock, task: dict[str, Any]) -> list[str]:
    """Return the data of each event of a stream."""
    with mock.client.stream("POST", mock.url, json=[task], headers=BEARER) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        whole = "".join(response.iter_text())
    events = whole.removesuffix("\n\n").split("\n\n")
    assert all(event.startswith("data: ") for event in events)
    return [event.removeprefix("data: ") for event in events]
