"""Programs for type checkers, which use the client correctly or incorrectly."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any

from calling import narrator, sketch, write_document
from environments import TOP
from making import a_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RESULTS = dedent("""
    from runware_client import AsyncRunware, Runware, parse_result
    from runware_client.tasks.image_inference import ImageInferenceRequest
    from runware_client.tasks.image_inference.image_inference import Inputs
    from runware_client.tasks.ping import PingRequest
    from runware_client.tasks.text_inference import TextInferenceRequest

    request = ImageInferenceRequest(model="runware:101@1", positive_prompt="dusk")
    ImageInferenceRequest(model="runware:101@1", positive_promt="dusk")  # wrong: field
    ImageInferenceRequest(model="runware:101@1", output_type="url")  # wrong: literal
    ImageInferenceRequest(model="runware:101@1", steps="many")  # wrong: type
    ImageInferenceRequest(positive_prompt="dusk")  # wrong: missing
    open_request = ImageInferenceRequest(model="runware:101@1", extra={"megapixels": 3})
    ImageInferenceRequest(model="runware:101@1", megapixels=3)  # wrong: not by extra
    ImageInferenceRequest(model="runware:101@1", extra=3)  # wrong: extra
    request.width = 512  # wrong: frozen
    reveal_type(open_request.extra)  # dict[str, Any]
    ImageInferenceRequest(model="runware:101@1", inputs=Inputs(seedImag="x"))  # wrong: part

    with Runware() as client:
        reveal_type(client.run(request))  # list of ImageInferenceResult
        reveal_type(client.image_inference.run(request))  # list of ImageInferenceResult
        reveal_type(client.run(PingRequest())[0].pong)  # bool
        outcome = client.run_many([request])[0]
        reveal_type(outcome.results)  # list of ImageInferenceResult
        if outcome.error:
            reveal_type(outcome.error)  # RunwareError
        reveal_type(client.submit(request).wait())  # list of ImageInferenceResult
        reveal_type(client.resume("{}", request).wait())  # list of ImageInferenceResult
        reveal_type(client.resume("{}").wait()[0])  # TaskResult
        reveal_type(client.with_raw_response.run(request).results)  # list of ImageInferenceResult
        question = TextInferenceRequest(model="a:b@1", messages=[])
        stream = client.text_inference.stream(question)
        reveal_type(next(iter(stream)))  # Delta
        reveal_type(stream.result)  # TextInferenceResult
        client.image_inference.stream(request)  # wrong: no streams

    reveal_type(parse_result(request, {}))  # ImageInferenceResult
    reveal_type(request.inputs)  # Inputs | None
    reveal_type(request.steps)  # int | None


    async def main() -> None:
        async with AsyncRunware() as client:
            reveal_type(await client.run(request))  # list of ImageInferenceResult
            reveal_type(await client.image_inference.run(request))  # list of ImageInferenceResult
            async for delta in client.text_inference.stream(question):
                reveal_type(delta)  # Delta
            async for found in client.iter_many([request]):
                reveal_type(found.results)  # list of ImageInferenceResult
    """)

NAMES = dedent("""
    import runware_client
    from runware_client import Runwares  # wrong: name
    from runware_client.tasks import image_inferences  # wrong: task type
    from runware_client.tasks import image_inference
    from runware_client.tasks.image_inference import ImageRequest  # wrong: class
    from runware_client.tasks.image_inference import ImageInferenceRequest

    runware_client.AsyncRunwares  # wrong: name
    image_inference.ImageRequest  # wrong: class
    reveal_type(runware_client.Runware("key"))  # Runware
    reveal_type(image_inference.image_inference.Inputs())  # Inputs
    reveal_type(ImageInferenceRequest(model="a:b@1").model)  # str
    """)

FILES = dedent("""
    from io import BytesIO
    from pathlib import Path
    from runware_client.tasks.image_inference.image_inference import Inputs

    Inputs(seed_image=Path("cat.png"), mask_image=b"png")
    Inputs(reference_images=[Path("cat.png"), "https://example.com/cat.png", BytesIO()])
    with Path("cat.png").open("rb") as file:
        Inputs(seed_image=file)
    Inputs(seed_image=3)  # wrong: no media
    with Path("cat.png").open() as text:
        Inputs(seed_image=text)  # wrong: text

    def lists(urls: list[str], paths: list[Path], numbers: list[int], inputs: Inputs) -> None:
        Inputs(images=urls, reference_images=paths)
        Inputs(images=inputs.images, reference_images=[*urls, *paths])
        for image in inputs.images or []:
            print(image)
        Inputs(images=numbers)  # wrong: items
        Inputs(images="https://example.com/cat.png")  # wrong: not a list
        Inputs(images=tuple(urls))  # wrong: not a list
    """)

CALLS = dedent("""
    from typing import assert_type
    from runware_client import (
        AsyncRunware, DryRun, Handle, Outcome, Runware, RunwareError, TaskResult, tasks
    )
    from runware_client.tasks.image_inference import ImageInferenceRequest, ImageInferenceResult
    from runware_client.tasks.ping import PingRequest, PingResult

    def sync(client: Runware, image: ImageInferenceRequest, ping: PingRequest) -> None:
        assert_type(client.run(image), list[ImageInferenceResult])
        assert_type(client.image_inference.run(image), list[ImageInferenceResult])
        assert_type(client.ping.run(ping), list[PingResult])
        assert_type(client.image_inference.run(model="m", steps=4), list[ImageInferenceResult])
        assert_type(client.run_many([image]), list[Outcome[ImageInferenceRequest]])
        client.run_many([image, ping])
        handle = client.submit(image)
        handles: list[Handle[TaskResult]] = [handle, client.submit(ping)]
        handles.append(handle.submit())
        priced: list[DryRun[TaskResult]] = [*client.dry_run_many([image])]
        print(handles, priced)
        client.image_inference.run(image, timeout="soon")  # type: ignore[call-overload]
        client.image_inference.run(image, seed=1)  # type: ignore[call-overload]
        client.no_such_task_type  # type: ignore[attr-defined]
        assert_type(tasks.ping.PingRequest(), PingRequest)
        try:
            results = client.run(image)
        except RunwareError as error:
            if error.handle is None:
                raise
            results = error.handle.wait(timeout=600)
        print(results)

    async def asynchronous(client: AsyncRunware, image: ImageInferenceRequest) -> None:
        assert_type(await client.run(image), list[ImageInferenceResult])
        assert_type(await client.image_inference.run(image), list[ImageInferenceResult])
        assert_type(await client.run_many([image]), list[Outcome[ImageInferenceRequest]])
    """)

DEPRECATED = dedent("""
    from runware_client import parse_result
    from runware_client.tasks.image_inference import DeprecatedRequest
    from runware_client.tasks.image_inference.deprecated import Inner

    request = DeprecatedRequest(old="x", inner=Inner(old_url="x"), new="y")
    DeprecatedRequest(old=3)  # wrong: type
    print(request.new)
    print(request.old)  # wrong: deprecated
    print(request.version)  # wrong: deprecated
    text: int = request.old  # wrong: deprecated, and not a number
    print(parse_result(request, {}).older.upper())  # wrong: deprecated
    print(Inner(old_url="x").old_url)  # wrong: deprecated

    # mypy: enable-error-code=deprecated
    """)

MODELS = dedent("""
    from runware_client import AsyncRunware, Outcome, Runware, parse_webhook
    from runware_client.tasks.image_inference import ImageInferenceResult
    from runware_client.tasks.image_inference import Easel2Request, Sketch3Request
    from runware_client.tasks.image_inference.easel_2 import Settings
    from runware_client.tasks.weather import WeatherRequest

    def models(client: Runware) -> None:
        easel = client.image_inference.easel_2
        reveal_type(easel(positive_prompt="a"))  # list[Easel2Result]
        reveal_type(easel.submit(positive_prompt="a").wait())  # list[Easel2Result]
        reveal_type(easel.request(positive_prompt="a"))  # Easel2Request
        easel(positive_prompt="a", settings=Settings(loop=True), width=3, height=3)
        easel(positiv_prompt="a")  # wrong: name
        easel(positive_prompt=3)  # wrong: type
        easel(output_format="gif")  # wrong: literal
        easel("a")  # wrong: not a keyword
        easel(settings=Settings(lop=True))  # wrong: part
        easel(positive_prompt="a", timeout=3)  # wrong: an option
        easel.submit(positiv_prompt="a")  # wrong: name
        easel.request(positiv_prompt="a")  # wrong: name
        easel.stream(positive_prompt="a")  # wrong: no streams
        client.image_inference.sketch_3()  # wrong: missing
        client.image_inference.easel_3(positive_prompt="a")  # wrong: no such model
        story = client.text_inference.narrator
        reveal_type(story(story="a")[0].text)  # str | None
        reveal_type(story.stream(story="a").result)  # NarratorResult
        reveal_type(story.stream(story="a").get_result())  # NarratorResult
        story.stream(stori="a")  # wrong: name
        story.stream()  # wrong: missing

    def any_model(client: Runware, sketch: Sketch3Request) -> None:
        images = client.image_inference
        reveal_type(images.run(model="a:b@1", steps=4))  # list[ImageInferenceResult]
        reveal_type(images.submit(model="a:b@1").wait())  # list[ImageInferenceResult]
        reveal_type(images.request(model="a:b@1"))  # ImageInferenceRequest
        reveal_type(images.run(sketch))  # list[Sketch3Result]
        reveal_type(images.run(sketch, timeout=3))  # list[Sketch3Result]
        reveal_type(images.submit(sketch).wait())  # list[Sketch3Result]
        images.run(modle="a:b@1")  # wrong: name
        images.run(model="a:b@1", steps="many")  # wrong: type
        images.run(steps=4)  # wrong: missing
        images.submit(modle="a:b@1")  # wrong: name
        images.request(modle="a:b@1")  # wrong: name
        images.run(sketch, timeout="soon")  # wrong: option
        images.run(sketch, steps=4)  # wrong: both
        images.stream(model="a:b@1")  # wrong: no streams
        reveal_type(client.ping.run(ping=True)[0].pong)  # bool
        reveal_type(client.weather.run(region="eu"))  # list[WeatherResult]
        texts = client.text_inference
        reveal_type(texts.stream(model="a:b@1", messages=[]).result)  # TextInferenceResult
        texts.stream(model="a:b@1", messages="hello")  # wrong: type

    def pages(client: Runware) -> None:
        for model in client.model_search.iterate(search="ink"):
            reveal_type(model.air)  # str | None
        client.model_search.iterate(serch="ink")  # wrong: name
        client.weather.iterate(region="eu")  # wrong: no pages

    def many(client: Runware, easel: Easel2Request, weather: WeatherRequest) -> None:
        for outcome in client.run_many([easel]):
            reveal_type(outcome.request.positive_prompt)  # str | None
            reveal_type(outcome.results)  # list[Easel2Result]
            reveal_type(outcome.unwrap())  # list[Easel2Result]
        for outcome in client.iter_many([easel]):
            reveal_type(outcome.request)  # Easel2Request
            print(outcome.request.positiv_prompt)  # wrong: name
        for mixed in client.run_many([easel, weather]):
            print(mixed.request.to_wire(), len(mixed.results))
        fake = Outcome(easel, results=[], error=None)
        reveal_type(fake.results)  # list[Easel2Result]
        match fake:
            case Outcome(request, results, None):
                reveal_type(request)  # Easel2Request
                print(results)
            case Outcome(error=error):
                reveal_type(error)  # RunwareError | None
        Outcome(weather, [])  # wrong: missing

    def webhook(body: bytes) -> None:
        reveal_type(parse_webhook(body).result)  # TaskResult
        posted = parse_webhook(body, ImageInferenceResult)
        reveal_type(posted.result.image_uuid)  # str
        if posted.error is not None:
            print(posted.error.code)

    async def asynchronous(client: AsyncRunware, sketch: Sketch3Request) -> None:
        images = client.image_inference
        reveal_type(await images.easel_2(positive_prompt="a"))  # list[Easel2Result]
        handle = await images.easel_2.submit(positive_prompt="a")
        reveal_type(await handle.wait())  # list[Easel2Result]
        await images.easel_2(positiv_prompt="a")  # wrong: name
        reveal_type(await images.run(model="a:b@1"))  # list[ImageInferenceResult]
        reveal_type(await images.run(sketch, timeout=3))  # list[Sketch3Result]
        await images.run(sketch, on_result=print, on_progress=print)
        await images.run(sketch, on_result=3)  # wrong: option
        await images.run(modle="a:b@1")  # wrong: name
        story = client.text_inference.narrator.stream(story="a")
        reveal_type(await story.get_result())  # NarratorResult
        async for model in client.model_search.iterate(search="ink"):
            reveal_type(model.air)  # str | None
        async for outcome in client.iter_many([sketch], on_result=print):
            reveal_type(outcome.request.positive_prompt)  # str
    """)

EITHER = dedent("""
    from typing import Literal, assert_type
    from runware_client.tasks.image_inference import EitherRequest

    made = EitherRequest(prompt="a lighthouse")
    reveal_type(made.prompt)  # str | None
    reveal_type(made.strength)  # float | None
    EitherRequest(prompt=7)  # wrong: type
    assert_type(made.model, Literal["test:either@1", "civitai:1@2"])
    EitherRequest(model="civitai:1@2", strength=0.5)
    EitherRequest(model="civitai:1@3")  # wrong: not an own model
    """)

OWN_MODELS = dedent("""
    [tool.runware-codegen.models]
    "civitai:1@2" = "either"
    """)

OLD = {"type": "string", "deprecated": True}
OLD_PROPERTIES = {
    "old": OLD,
    "new": {"type": "string"},
    "inner": {"type": "object", "properties": {"oldURL": OLD}},
    "version": {"const": "v1", "deprecated": True},
}
OLD_RESULT = {"type": "object", "properties": {"older": OLD}, "required": ["older"]}


def _with_deprecated_members() -> dict[str, Any]:
    return a_document(
        {"properties": OLD_PROPERTIES, "required": ["version"]},
        identifier="deprecated",
        model="test:deprecated@1",
        result=OLD_RESULT,
    )


def _of_two_alternatives() -> dict[str, Any]:
    """Make a document whose task is one of two objects, without other keywords."""
    document = a_document({}, identifier="either", model="test:either@1")
    task = document["components"]["schemas"]["RequestBody"]["items"]
    members = {"prompt": {"type": "string"}, "strength": {"type": "number"}}
    closed = {**task, "additionalProperties": False}
    alternatives = [
        {
            **closed,
            "properties": {**task["properties"], name: schema},
            "required": [*task["required"], name],
        }
        for name, schema in members.items()
    ]
    document["components"]["schemas"]["RequestBody"]["items"] = {"oneOf": alternatives}
    return document


_RESULT_MEMBERS: dict[str, Any] = {
    "nulls": {"type": "array", "items": {"type": ["string", "null"]}},
    "either": {"anyOf": [{"type": "string"}, {"type": "null"}, {"enum": ["a", "b"]}]},
}


def _lacking(name: str, value: str) -> dict[str, Any]:
    """Make a schema that forbids a value of a member."""
    return {"not": {"required": [name], "properties": {name: {"const": value}}}}


def _with_schemas_of_several_types() -> dict[str, Any]:
    """Make a document with keywords of one type for values of several types."""
    never, text = {"type": "object", "const": "text"}, {"minLength": 3}
    members = {
        "either": {**text, "minimum": 1},
        "typed": {"type": ["boolean", "string"], "pattern": "^a"},
        "listed": {"prefixItems": [text], "unevaluatedItems": False},
        "counted": {"contains": text, "maxContains": 1, "unevaluatedItems": False},
        "found": {"anyOf": [{"contains": False}, {"not": never}]},
        "twice": {"type": "array", "contains": {"const": "x"}, "minContains": 2},
        "numbers": {"type": "array", "contains": {"type": "number"}, "minContains": 2},
        "rest": {
            "type": "array",
            "contains": {"oneOf": [{"minimum": 1}, {"multipleOf": 2}]},
            "unevaluatedItems": {"type": "string"},
        },
        "chosen": {
            "if": {"const": "x"},
            "then": {"anyOf": [{"format": "uuid"}, {"format": "uri"}], "minLength": 2},
            "else": {"type": "boolean"},
        },
        "one": {"type": "string", "oneOf": [text, {"format": "uri"}, {"const": "x"}]},
        "unless": {
            "type": "object",
            "properties": {"x": {"type": "string"}},
            "oneOf": [_lacking("x", "a"), {"required": ["x"]}],
        },
        "empty": {"propertyNames": False},
        "mixed": {"enum": [[], "A"], "type": ["string", "integer"]},
        "common": {"allOf": [{"enum": [[], "A"]}, {"enum": [{}, "A"]}]},
        "named": {"patternProperties": {"^x": False}},
        "whole": {
            "anyOf": [{"required": ["a"], "additionalProperties": True}, text],
            "unevaluatedProperties": {"minLength": 1, "multipleOf": 2},
        },
        "others": {
            "type": "object",
            "properties": {"x": {}},
            "additionalProperties": {"type": "integer"},
            "dependentSchemas": {"y": {"properties": {"z": False}}},
        },
        "either of two": {
            "type": "object",
            "properties": {"x": {}},
            "additionalProperties": {
                "anyOf": [{"type": "string"}, {"type": "boolean"}]
            },
        },
        "forbidding": {
            "oneOf": [
                {"type": "object", "required": ["x"], "not": {"required": ["x"]}},
                {
                    "type": "object",
                    "dependentRequired": {"x": ["y"]},
                    "required": ["z"],
                },
                {"type": "object", "not": {"minProperties": 2}},
            ]
        },
    }
    return a_document(
        {
            "properties": members,
            "if": {"not": {"properties": {"either": {"pattern": "^b"}}}},
            "then": {"properties": {"whole": {"minItems": 1}}},
        },
        identifier="several-types",
        model="test:several-types@1",
        result={"type": "object", "properties": _RESULT_MEMBERS},
    )


NULL = {"type": "null"}

ALMOST_CONTRADICTIONS: dict[str, Any] = {
    "numberOrNull": {"anyOf": [{"multipleOf": 1, "required": ["mode"]}, NULL]},
    "twoNulls": {
        "anyOf": [{"if": {"required": ["mode"]}, "then": False}, {"oneOf": [NULL] * 2}]
    },
    "objectOrBoolean": {
        "if": {"properties": {"mode": {"const": 3}}},
        "else": {"type": "boolean"},
    },
    "numberWithMembers": {
        "dependentSchemas": {
            "mode": {
                "oneOf": [
                    {"type": "integer", "minimum": 0},
                    {"properties": {"fps": {"type": "string"}}, "required": ["fps"]},
                ]
            }
        }
    },
    "constantAndDate": {
        "if": {"required": ["mode"]},
        "then": {
            "properties": {
                "mode": {
                    "anyOf": [{"const": "abc"}, {"type": "string", "maxLength": 3}],
                    "format": "date",
                }
            }
        },
    },
    "emptyOrNumber": {
        "oneOf": [
            {"anyOf": [{"const": ""}, {"type": "number"}]},
            {"type": "string", "maxLength": 2},
            {"type": "array", "prefixItems": [{"type": "string"}]},
        ]
    },
}
"""Members with parts that no value satisfies."""


def _with_numbers_in_names() -> Iterator[dict[str, Any]]:
    """Make documents whose names ruff sorts by numbers: 2 before 10, 05 before 1."""
    for number in ("1", "2", "10", "0-5"):
        name = f"number-{number}"
        parts = {
            f"size{n}": {"properties": {"a": {"type": "integer"}}} for n in (2, 10)
        }
        yield a_document({"properties": parts}, identifier=name, model=f"test:{name}@1")
        yield a_document({}, identifier=f"type-{number}", task_type=f"type{number}")


DOCUMENTS = [
    *_with_numbers_in_names(),
    _with_deprecated_members(),
    _of_two_alternatives(),
    _with_schemas_of_several_types(),
    a_document(
        {"properties": ALMOST_CONTRADICTIONS}, identifier="almost", model="a:b@9"
    ),
    sketch("sketch_3"),
    narrator(),
]
"""Documents for the programs, in addition to the golden and general documents."""

EXAMPLES = {f"example_{p.name}": p for p in (TOP / "examples").glob("*.py")}
PROGRAMS = {
    "results.py": RESULTS,
    "names.py": NAMES,
    "files.py": FILES,
    "calls.py": CALLS,
    "models.py": MODELS,
    "old.py": DEPRECATED,
    "either.py": EITHER,
} | {name: path.read_text(encoding="utf-8") for name, path in EXAMPLES.items()}


def write_programs(folder: Path) -> Path:
    """Write the programs, and documents and settings that some of them need.

    Args:
        folder: The folder in which to create `programs`, `documents` and
            `pyproject.toml`.

    Returns:
        The folder of the documents.
    """
    programs, documents = folder / "programs", folder / "documents"
    programs.mkdir()
    documents.mkdir()
    for name, program in PROGRAMS.items():
        (programs / name).write_text(program, encoding="utf-8")
    for document in DOCUMENTS:
        write_document(documents, document)
    (folder / "pyproject.toml").write_text(OWN_MODELS, encoding="utf-8")
    return documents
