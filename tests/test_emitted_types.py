"""What a type checker tells the people who use the client."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from environments import TOP

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = dedent("""
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

WRONG = {
    number for number, line in enumerate(PROGRAM.splitlines(), 1) if "# wrong" in line
}
REVEALED = {
    number: line.rpartition("# ")[2].replace(
        "list of ImageInferenceResult", "list[ImageInferenceResult]"
    )
    for number, line in enumerate(PROGRAM.splitlines(), 1)
    if "reveal_type" in line
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "pyrightconfig.json").write_text(
        json.dumps(
            {"typeCheckingMode": "strict", "extraPaths": [str(TOP / "generated")]}
        )
    )
    return tmp_path


def _said(folder: Path, pattern: str, *command: str) -> list[tuple[int, str, str]]:
    """Run a checker; return each message as line, kind, text."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"MYPYPATH": str(TOP / "generated"), "PATH": "/usr/bin:/bin"},
    )
    found = re.findall(pattern, done.stdout)
    assert found, done.stdout + done.stderr
    return [(int(line), kind, text) for line, kind, text in found]


def _verify(said: list[tuple[int, str, str]], reveals: str) -> None:
    errors = {line for line, kind, _ in said if kind == "error"}
    assert errors == WRONG
    for number, expected in REVEALED.items():
        texts = [text for line, _, text in said if line == number]
        shown = [
            re.sub(r"(\w+\.)+", "", m[1]) for t in texts if (m := re.search(reveals, t))
        ]
        assert shown == [expected]


def test_mypy(folder: Path) -> None:
    pattern = r"program\.py:(\d+): (error|note): (.*)"
    options = ("--strict", "--no-incremental", "program.py")
    _verify(_said(folder, pattern, "mypy", *options), r'Revealed type is "(.*)"')


def test_pyright(folder: Path) -> None:
    pattern = r"program\.py:(\d+):\d+ - (error|information): (.*)"
    options = ("--pythonpath", sys.executable, "program.py")
    _verify(_said(folder, pattern, "basedpyright", *options), r'is "(.*)"$')
