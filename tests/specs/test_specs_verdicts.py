"""The tasks and results that the documents in `specs/` allow, by jsonschema-rs.

Each case is a change to the simplest task or result of a document. A refused case names
a keyword, which must be part of every violation. So it is refused for the right reason.
"""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import pytest

Json = Any

SPECS = Path(__file__).parents[2] / "specs"
TASK_UUID = "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10"
IMAGE_UUID = "b1c6a3de-2f64-4c59-8f3e-0d6b6a0c5e21"

TASKS: dict[str, dict[str, Json]] = {
    "get-response": {"taskType": "getResponse", "taskUUID": TASK_UUID},
    "get-task-details": {"taskType": "getTaskDetails", "taskUUID": TASK_UUID},
    "image-inference": {
        "taskType": "imageInference",
        "taskUUID": TASK_UUID,
        "model": "runware:101@1",
        "positivePrompt": "a lighthouse in the fog",
    },
    "ping": {"taskType": "ping", "ping": True},
    "text-inference": {
        "taskType": "textInference",
        "taskUUID": TASK_UUID,
        "model": "minimax:m2.7@0",
        "messages": [{"role": "user", "content": "Where is the lighthouse?"}],
    },
}
RESULTS: dict[str, dict[str, Json]] = {
    "get-response": {
        "taskType": "videoInference",
        "taskUUID": TASK_UUID,
        "status": "processing",
    },
    "get-task-details": {
        "taskType": "getTaskDetails",
        "taskUUID": TASK_UUID,
        "request": [TASKS["image-inference"]],
        "response": {"data": [{"imageUUID": IMAGE_UUID}]},
    },
    "image-inference": {
        "taskType": "imageInference",
        "taskUUID": TASK_UUID,
        "imageUUID": IMAGE_UUID,
    },
    "ping": {"pong": True},
    "text-inference": {
        "taskType": "textInference",
        "taskUUID": TASK_UUID,
        "text": "At the end of the pier.",
        "finishReason": "stop",
        "usage": {},
    },
}

GONE = object()
"""The value in a change that removes the field."""


class Case(NamedTuple):
    """A change to the simplest task or result, and the keyword that refuses it."""

    document: str
    change: dict[str, Json]
    keyword: str = ""


def changed(base: dict[str, Json], change: dict[str, Json]) -> dict[str, Json]:
    made = {**deepcopy(base), **change}
    return {field: value for field, value in made.items() if value is not GONE}


def case_id(case: Case) -> str:
    fields = "+".join(case.change) or "plain"
    return "-".join(filter(None, [case.document, fields, case.keyword]))


def image(**change: Json) -> Case:
    return Case("image-inference", change)


def bad_image(keyword: str, **change: Json) -> Case:
    return Case("image-inference", change, keyword)


def text(**change: Json) -> Case:
    return Case("text-inference", change)


def bad_text(keyword: str, **change: Json) -> Case:
    return Case("text-inference", change, keyword)


def message(**change: Json) -> list[Json]:
    return [changed({"role": "user", "content": "Where?"}, change)]


CONTROL = {"model": "runware:25@1", "guideImage": IMAGE_UUID}
ADAPTER = {"model": "runware:56@1", "guideImages": [IMAGE_UUID]}
SEED_IMAGE = {"seedImage": "https://example.com/pier.png"}
DATA_URI = "data:image/png;base64,iVBORw0KGgo="
IMAGE_FORMS = [IMAGE_UUID, "https://example.com/pier.png", DATA_URI, "iVBORw0KGgo="]
SIDES = ["top", "bottom", "left", "right"]
PAIRS_OF_CACHES = list(combinations(["teaCache", "dbCache", "fbCache", "deepCache"], 2))
LITERALS = {
    "acceleration": ["none", "low", "medium", "high"],
    "deliveryMethod": ["sync", "async"],
    "outputFormat": ["JPG", "PNG", "WEBP", "TIFF"],
    "outputType": ["URL", "base64Data", "dataURI"],
    "promptWeighting": ["compel", "sdEmbeds"],
}


def watermark(**fields: Json) -> Json:
    return {"watermark": {"text": "draft", **fields}}


VALID_TASKS = [
    *(Case(document, {}) for document in TASKS),
    image(positivePrompt=GONE),
    image(model="civitai:36520@76907"),
    image(model="klingai:kling-image@3-omni"),
    image(width=1024, height=768),
    image(resolution="2K"),
    image(seed=0),
    image(seed=2**63),
    image(CFGScale=0.07),
    image(strength=0.29, inputs=SEED_IMAGE),
    image(inputs={**SEED_IMAGE, "maskImage": DATA_URI}),
    image(inputs={"referenceImages": [IMAGE_UUID], "maskImage": IMAGE_UUID}),
    image(inputs={"referenceVideos": ["https://example.com/pier.mp4"]}),
    *(image(inputs={"seedImage": form}) for form in IMAGE_FORMS),
    *(image(outpaint={side: 64}) for side in SIDES),
    image(outpaint={"left": 0, "blur": 32}),
    image(lora=[{"model": "civitai:120096@135931", "weight": -0.5}]),
    image(controlNet=[{**CONTROL, "startStep": 0, "endStepPercentage": 60}]),
    *(
        image(controlNet=[{**CONTROL, "controlMode": mode}])
        for mode in ("balanced", "controlnet", "prompt")
    ),
    image(ipAdapters=[{**ADAPTER, "weight": 0.75}]),
    image(hiresFix=True),
    image(hiresFix={"model": "runware:504@1", "steps": 15}),
    image(pulid={"images": [IMAGE_UUID], "trueCFGScale": 1.5}),
    image(ultralytics={"strength": 0.3, "confidence": 1}),
    *(
        image(acceleratorOptions={first: first_is_on, second: not first_is_on})
        for first, second in PAIRS_OF_CACHES
        for first_is_on in (True, False)
    ),
    image(advancedFeatures=watermark(fontColor="#fff", bgColor="#102030")),
    image(advancedFeatures=watermark(displayPosition="tiled", opacity=0.1)),
    image(advancedFeatures={"watermark": {"image": IMAGE_UUID}}),
    *(image(**{name: value}) for name, values in LITERALS.items() for value in values),
    image(settings={"quality": "high"}),
    image(numberResults=20, outputQuality=99, ttl=60),
    image(webhookURL="https://example.com/hook"),
    image(aFieldOfOneModelOnly={"anything": [1]}),
    *(text(deliveryMethod=method) for method in ("sync", "async", "stream")),
    text(messages=message(role="system", name="a field of one model only")),
    text(messages=message(content=[{"type": "text", "text": "Where?"}])),
    text(messages=message() * 100),
    text(settings={"temperature": 0, "topP": 1, "maxTokens": 1, "seed": 7}),
    text(settings={"systemPrompt": "", "thinkingLevel": "high"}),
    text(numberResults=4, outputFormat="TEXT"),
    text(outputFormat="JSON"),
    text(includeCost=True, includeUsage=True, routing={"region": "eu"}),
    text(aFieldOfOneModelOnly={"anything": [1]}),
]

INVALID_TASKS = [
    Case("ping", {"taskType": "pong"}, "const"),
    Case("ping", {"ping": False}, "const"),
    Case("ping", {"ping": GONE}, "required"),
    Case("ping", {"taskUUID": TASK_UUID}, "additionalProperties"),
    Case("get-response", {"taskType": "getTaskDetails"}, "const"),
    Case("get-response", {"taskUUID": GONE}, "required"),
    Case("get-response", {"taskUUID": "42"}, "format"),
    Case("get-response", {"model": "runware:101@1"}, "additionalProperties"),
    Case("get-task-details", {"taskType": "getResponse"}, "const"),
    Case("get-task-details", {"taskUUID": GONE}, "required"),
    Case("get-task-details", {"taskUUID": "42"}, "format"),
    Case("get-task-details", {"includeCost": True}, "additionalProperties"),
    bad_image("const", taskType="videoInference"),
    bad_image("required", taskUUID=GONE),
    bad_image("format", taskUUID="42"),
    bad_image("required", model=GONE),
    bad_image("pattern", model="FLUX.1 [dev]"),
    bad_image("minLength", positivePrompt=""),
    bad_image("dependentRequired", width=1024),
    bad_image("dependentRequired", height=1024),
    bad_image("minimum", width=0, height=0),
    bad_image("not", resolution="2K", width=1024, height=1024),
    bad_image("minimum", seed=-1),
    bad_image("minimum", steps=0),
    bad_image("multipleOf", CFGScale=0.005),
    bad_image("then", strength=0.5),
    bad_image("then", strength=0.5, inputs={"referenceImages": [IMAGE_UUID]}),
    bad_image("maximum", strength=1.5, inputs=SEED_IMAGE),
    bad_image("then", inputs={"maskImage": IMAGE_UUID}),
    bad_image("anyOf", inputs={"seedImage": "./pier.png"}),
    bad_image("minItems", inputs={"referenceImages": []}),
    bad_image("minimum", maskMargin=16),
    bad_image("anyOf", outpaint={"blur": 8}),
    *(bad_image("multipleOf", outpaint={side: 100}) for side in SIDES),
    *(bad_image("minimum", outpaint={side: -64}) for side in SIDES),
    bad_image("maximum", outpaint={"left": 64, "blur": 33}),
    bad_image("additionalProperties", outpaint={"left": 64, "center": 64}),
    bad_image("minItems", lora=[]),
    bad_image("required", lora=[{"weight": 1}]),
    bad_image("maximum", lora=[{"model": "a:b@1", "weight": 4.5}]),
    bad_image("minimum", lora=[{"model": "a:b@1", "weight": -4.5}]),
    bad_image("additionalProperties", lora=[{"model": "a:b@1", "wieght": 1}]),
    bad_image("minItems", controlNet=[]),
    bad_image("minItems", ipAdapters=[]),
    bad_image("minItems", embeddings=[]),
    bad_image("required", ipAdapters=[{"model": "runware:56@1"}]),
    bad_image("required", controlNet=[{"model": "runware:25@1"}]),
    bad_image(
        "not", controlNet=[{**CONTROL, "startStep": 1, "startStepPercentage": 5}]
    ),
    bad_image("not", controlNet=[{**CONTROL, "endStep": 9, "endStepPercentage": 50}]),
    bad_image("oneOf", controlNet=[{**CONTROL, "controlMode": "strict"}]),
    bad_image("minItems", ipAdapters=[{**ADAPTER, "guideImages": []}]),
    bad_image("oneOf", hiresFix=False),
    bad_image("oneOf", hiresFix={"steps": 10}),
    bad_image("required", pulid={"idWeight": 1}),
    bad_image("minItems", pulid={"images": []}),
    bad_image("maxItems", pulid={"images": [IMAGE_UUID, IMAGE_UUID]}),
    bad_image(
        "not",
        pulid={
            "images": [IMAGE_UUID],
            "CFGstartStep": 1,
            "CFGstartStepPercentage": 5,
        },
    ),
    bad_image("exclusiveMinimum", ultralytics={"strength": 0}),
    bad_image("not", acceleration="low", acceleratorOptions={"teaCache": True}),
    *(
        bad_image("not", acceleratorOptions={first: True, second: True})
        for first, second in PAIRS_OF_CACHES
    ),
    bad_image(
        "not", acceleratorOptions={"cacheStartStep": 1, "cacheStartStepPercentage": 5}
    ),
    bad_image(
        "not", acceleratorOptions={"cacheEndStep": 9, "cacheEndStepPercentage": 50}
    ),
    bad_image("oneOf", advancedFeatures={"watermark": {"opacity": 0.5}}),
    bad_image("oneOf", advancedFeatures=watermark(image=IMAGE_UUID)),
    bad_image("minLength", advancedFeatures=watermark(text="x")),
    bad_image("maxLength", advancedFeatures=watermark(text="x" * 33)),
    bad_image("enum", advancedFeatures=watermark(displayPosition="center")),
    bad_image("minimum", advancedFeatures=watermark(opacity=0.05)),
    bad_image("pattern", advancedFeatures=watermark(fontColor="white")),
    bad_image("pattern", advancedFeatures=watermark(bgColor="#12345")),
    bad_image("additionalProperties", advancedFeatures=watermark(angle=45)),
    *(bad_image("oneOf", **{name: "other"}) for name in LITERALS),
    bad_image("minimum", numberResults=0),
    bad_image("maximum", numberResults=21),
    bad_image("minimum", outputQuality=19),
    bad_image("maximum", outputQuality=100),
    bad_image("format", webhookURL="/hook"),
    bad_image("format", uploadEndpoint="/bucket"),
    bad_image("minimum", ttl=59),
    bad_image("type", includeCost="yes"),
    bad_image("additionalProperties", safety={"checkNSFW": True}),
    bad_text("required", model=GONE),
    bad_text("required", messages=GONE),
    bad_text("minItems", messages=[]),
    bad_text("type", messages="Where?"),
    bad_text("required", messages=message(role=GONE)),
    bad_text("required", messages=message(content=GONE)),
    bad_text("oneOf", messages=message(role="")),
    bad_text("type", messages=message(content={"text": "Where?"})),
    bad_text("type", messages=message(content=["Where?"])),
    bad_text("oneOf", deliveryMethod="websocket"),
    bad_text("oneOf", outputFormat="XML"),
    bad_text("minimum", settings={"temperature": -0.1}),
    bad_text("minimum", settings={"topP": -0.1}),
    bad_text("maximum", settings={"topP": 1.1}),
    bad_text("minimum", settings={"maxTokens": 0}),
    bad_text("minimum", numberResults=0),
    bad_text("type", includeUsage="yes"),
    bad_text("format", webhookURL="/hook"),
]

VALID_RESULTS = [
    *(Case(document, {}) for document in RESULTS),
    Case("ping", {"taskType": "ping"}),
    Case("get-response", {"progress": 40}),
    Case("get-response", {"status": "pending"}),
    Case("get-response", {"status": "success", "videoURL": "https://example.com/v"}),
    Case("get-response", {"status": "error", "error": {"code": "taskFailed"}}),
    Case("get-task-details", {"response": {"errors": [{"code": "taskFailed"}]}}),
    image(imageURL="https://example.com/i.png", seed=2**63 + 1, cost=0.0013),
    image(NSFWContent=False, aFieldOfOneModelOnly="kept"),
    text(reasoningContent="It needs the sea.", cost=0.0001),
    *(
        text(finishReason=reason)
        for reason in ("stop", "length", "content_filter", "unknown")
    ),
    text(text="", usage={"completionTokens": 7}, aFieldOfOneModelOnly="kept"),
]

INVALID_RESULTS = [
    Case("ping", {"pong": GONE}, "required"),
    Case("ping", {"pong": False}, "const"),
    Case("ping", {"taskType": "pong"}, "const"),
    Case("ping", {"taskUUID": TASK_UUID}, "additionalProperties"),
    Case("get-response", {"taskUUID": "42"}, "format"),
    Case("get-task-details", {"taskUUID": "42"}, "format"),
    Case("get-task-details", {"taskType": "getResponse"}, "const"),
    Case("get-task-details", {"cost": 0.1}, "additionalProperties"),
    Case("get-response", {"status": GONE}, "required"),
    Case("get-response", {"status": "done"}, "oneOf"),
    Case("get-response", {"taskType": "imageCaption"}, "enum"),
    Case("get-response", {"progress": 101}, "maximum"),
    Case("get-task-details", {"request": TASKS["ping"]}, "type"),
    Case("get-task-details", {"response": GONE}, "required"),
    bad_image("required", imageUUID=GONE),
    bad_image("const", taskType="ping"),
    bad_image("format", taskUUID="42"),
    bad_image("format", imageUUID="42"),
    bad_image("format", imageURL="pier.png"),
    bad_image("type", seed="7"),
    bad_text("required", text=GONE),
    bad_text("required", finishReason=GONE),
    bad_text("required", usage=GONE),
    bad_text("oneOf", finishReason="tired"),
    bad_text("type", usage=7),
    bad_text("const", taskType="imageInference"),
]


@cache
def judge_of(document: str, body: str) -> jsonschema_rs.Draft202012Validator:
    text = (SPECS / f"{document}.json").read_text("utf-8")
    components = json.loads(text)["components"]
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{body}", "components": components},
        validate_formats=True,
    )


def objections(case: Case, body: str, envelope: Json) -> list[set[str]]:
    """Return the keywords in the path of each assertion that the instance violates."""
    judge = judge_of(case.document, body)
    return [set(map(str, e.schema_path)) for e in judge.iter_errors(envelope)]


def task_objections(case: Case) -> list[set[str]]:
    task = changed(TASKS[case.document], case.change)
    return objections(case, "RequestBody", [task])


def result_objections(case: Case) -> list[set[str]]:
    result = changed(RESULTS[case.document], case.change)
    return objections(case, "ResponseBody", {"data": [result]})


class TestTasks:
    @pytest.mark.parametrize("case", VALID_TASKS, ids=case_id)
    def test_task_is_allowed(self, case: Case) -> None:
        assert task_objections(case) == []

    @pytest.mark.parametrize("case", INVALID_TASKS, ids=case_id)
    def test_task_is_refused(self, case: Case) -> None:
        found = task_objections(case)
        assert found
        assert all(case.keyword in path for path in found)


class TestResults:
    @pytest.mark.parametrize("case", VALID_RESULTS, ids=case_id)
    def test_result_is_allowed(self, case: Case) -> None:
        assert result_objections(case) == []

    @pytest.mark.parametrize("case", INVALID_RESULTS, ids=case_id)
    def test_result_is_refused(self, case: Case) -> None:
        found = result_objections(case)
        assert found
        assert all(case.keyword in path for path in found)


class TestErrors:
    @pytest.mark.parametrize("document", TASKS)
    @pytest.mark.parametrize("parameter", ["width", ["width", "height"]])
    def test_error_names_one_parameter_or_several(
        self, document: str, parameter: Json
    ) -> None:
        error = {"code": "invalidParameter", "message": "…", "parameter": parameter}
        case = Case(document, {})
        assert objections(case, "ErrorResponse", {"errors": [error]}) == []

    @pytest.mark.parametrize("document", TASKS)
    @pytest.mark.parametrize("envelope", [{}, {"errors": [{"code": "unauthorized"}]}])
    def test_error_has_code_and_message(self, document: str, envelope: Json) -> None:
        found = objections(Case(document, {}), "ErrorResponse", envelope)
        assert found
        assert all("required" in path for path in found)
