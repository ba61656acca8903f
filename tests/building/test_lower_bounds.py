"""The project works with the lowest versions of its dependencies that it allows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from typing import TYPE_CHECKING

import httpx2
import pytest

from environments import CLIENT, SURROUNDINGS, TOP, lowest_environment, modules
from type_checkers import mypy

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
from pydantic import TypeAdapter
import runware_client as rw
from runware_client.tasks.image_inference import ImageInferenceRequest

task = {
    "taskType": "imageInference",
    "taskUUID": "3d3b0bd1-21a5-4f1c-9ff0-8ff3d1a1d0fb",
    "model": "runware:101@1",
    "positivePrompt": "dusk",
    "inputs": {
        "seedImage": "https://example.com/cat.png",
        "referenceImages": [{"image": "https://example.com/dog.png"}],
    },
    "strength": 0.75,
}
request = rw.parse_request(task)
assert request.to_wire() == task
result = rw.parse_result(request, {"imageUUID": "1", "new": True})
assert result.to_wire() == {"imageUUID": "1", "new": True}
try:
    ImageInferenceRequest(model="runware:101@1", width=1, hires_fix={"model": 1})
except ValueError as error:
    print(error)
files = {"outputs": {"files": [{"uuid": "2"}]}}
result = rw.parse_result(request, files)
assert result.model_dump(by_alias=True) == files
assert TypeAdapter(list[rw.TaskResult]).dump_python([result]) == [files]


class Mine(ImageInferenceRequest):
    model: str = "runware:101@1"


assert Mine(extra={"megapixels": 3}).to_wire()["megapixels"] == 3
with rw.Runware(api_key="key") as client:
    print(client.image_inference.task_type)
"""


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lowest_environment(tmp_path_factory)


def test_the_generator_makes_the_same_bytes(commands: Path, tmp_path: Path) -> None:
    """It generates from its own documents, in another time zone and language."""
    generate = [commands / "runware-codegen", "generate", "--no-cache", "--output", "."]
    subprocess.run(
        [*generate, "--package", CLIENT.name],
        cwd=tmp_path,
        env={**os.environ, **SURROUNDINGS[0]},
        check=True,
        capture_output=True,
    )
    assert modules(tmp_path / CLIENT.name) == modules(CLIENT)


def test_the_emitted_package_works(commands: Path) -> None:
    done = subprocess.run(
        [commands / "python", "-c", PROGRAM],
        cwd=TOP / "generated",
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "hires_fix.model" in done.stdout
    assert done.stdout.endswith("imageInference\n")


def test_mypy_needs_no_extra(
    commands: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The environment has no packages of httpx2's extra `ws`."""
    socket = CLIENT / "_runtime" / "transport" / "socket.py"
    python = f"--python-executable={commands / 'python'}"
    done = mypy(tmp_path_factory, python, socket, cwd=CLIENT.parent)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["2.11.7", "2.12.0"])
def test_a_pydantic_that_is_too_old_is_a_sentence(version: str) -> None:
    script = (
        f"import pydantic; pydantic.VERSION = '{version}';"
        " from runware_client.tasks.ping import PingRequest"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=TOP / "generated",
        check=False,
        capture_output=True,
        text=True,
    )
    said = f"This client needs pydantic 2.12.2 or later, and {version} is installed"
    assert done.returncode == 1
    assert f"ImportError: {said}" in done.stderr


@pytest.mark.parametrize("name", ["hatch", "setuptools"])
def test_the_build_hooks_work(commands: Path, name: str, tmp_path: Path) -> None:
    consumer = TOP / "tests" / "consumers" / name
    project = shutil.copytree(consumer, tmp_path / name)
    settings = (project / "pyproject.toml").read_text("utf-8")
    backend = tomllib.loads(settings)["build-system"]["build-backend"]
    script = f"import {backend} as backend; backend.build_wheel('.')"
    command = [commands / "python", "-c", script]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    [archive] = project.glob("*.whl")
    with zipfile.ZipFile(archive) as content:
        assert any(name.endswith("client/client.py") for name in content.namelist())


def test_the_mock_works(commands: Path) -> None:
    command = [commands / "runware-codegen", "mock", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            greeting = process.stdout.readline()
            [url] = re.findall(r"http://\S+/v1", greeting)
            task = {"taskType": "ping", "ping": True}
            headers = {"Authorization": "Bearer key"}
            answer = httpx2.post(url, json=[task], headers=headers, timeout=60)
            assert answer.json() == {"data": [{"taskType": "ping", "pong": True}]}
        finally:
            process.terminate()
