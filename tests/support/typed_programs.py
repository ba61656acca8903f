"""Programs that use the client rightly and wrongly, for type checkers to judge."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import TYPE_CHECKING

from environments import TOP
from making import a_document

if TYPE_CHECKING:
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
    """)

CALLS = dedent("""
    from typing import assert_type
    from runware_client import AsyncRunware, Outcome, Runware
    from runware_client.tasks.image_inference import ImageInferenceRequest, ImageInferenceResult
    from runware_client.tasks.ping import PingRequest, PingResult

    def sync(client: Runware, image: ImageInferenceRequest, ping: PingRequest) -> None:
        assert_type(client.run(image), list[ImageInferenceResult])
        assert_type(client.image_inference.run(image), list[ImageInferenceResult])
        assert_type(client.ping.run(ping), list[PingResult])
        assert_type(client.image_inference.run(model="m", steps=4), list[ImageInferenceResult])
        assert_type(client.run_many([image]), list[Outcome[ImageInferenceRequest]])
        client.run_many([image, ping])
        client.image_inference.run(image, timeout="soon")  # type: ignore[call-overload]
        client.image_inference.run(image, seed=1)  # type: ignore[call-overload]
        client.no_such_task_type  # type: ignore[attr-defined]

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
    text: int = request.old  # wrong: deprecated, and not a number
    print(parse_result(request, {}).older.upper())  # wrong: deprecated
    print(Inner(old_url="x").old_url)  # wrong: deprecated

    # mypy: enable-error-code=deprecated
    """)

OLD = {"type": "string", "deprecated": True}
OLD_PROPERTIES = {
    "old": OLD,
    "new": {"type": "string"},
    "inner": {"type": "object", "properties": {"oldURL": OLD}},
}
OLD_RESULT = {"type": "object", "properties": {"older": OLD}, "required": ["older"]}
DEPRECATED_DOCUMENT = a_document(
    {"properties": OLD_PROPERTIES},
    identifier="deprecated",
    model="test:deprecated@1",
    result=OLD_RESULT,
)

EXAMPLES = {f"example_{p.name}": p for p in (TOP / "examples").glob("*.py")}
PROGRAMS = {
    "results.py": RESULTS,
    "files.py": FILES,
    "calls.py": CALLS,
    "old.py": DEPRECATED,
} | {name: path.read_text(encoding="utf-8") for name, path in EXAMPLES.items()}


def write_programs(folder: Path) -> Path:
    """Write the programs, and the document that one of them is about.

    Args:
        folder: Where the folder `programs` is to be.

    Returns:
        The document, which their package has to have.
    """
    programs = folder / "programs"
    programs.mkdir()
    for name, program in PROGRAMS.items():
        (programs / name).write_text(program, encoding="utf-8")
    document = folder / "deprecated.json"
    document.write_text(json.dumps(DEPRECATED_DOCUMENT), encoding="utf-8")
    return document
