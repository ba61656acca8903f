"""Tests of what an editor shows for calls of models by name."""

from __future__ import annotations

import inspect
import re
from textwrap import dedent
from typing import TYPE_CHECKING

import jedi
import pytest
from language_server import language_server

from calling import SKETCHES, called_package
from environments import lowest_environment
from type_checkers import basedpyright

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

EDITED = dedent("""
    from called_client import AsyncRunware, Runware
    from called_client.tasks.image_inference import Easel2Request
    from called_client.tasks.image_inference.easel_2 import Settings

    def edited(client: Runware, later: AsyncRunware) -> None:
        client.image_inference.
        client.image_inference.easel_2(positive_prompt="a", )
        client.image_inference.run(model="a:b@1", )
        client.text_inference.narrator.
        later.image_inference.easel_2.submit(positive_prompt="a")
        client.image_inference.easel_2.request(strength=1)
        client.image_inference.easel_2(strength=2)
        client.image_inference.easel_2.submit(strength=2)
        Easel2Request(strength=3, settings=Settings(loop=True))
        client.text_inference.narrator.stream(story="dusk")
        client.image_inference.run(model="a:b@1", steps=4)
        later.image_inference.submit(model="a:b@1", steps=4)
        later.text_inference.stream(model="a:b@1", messages=[])
    """)


COMPLETED = {
    "with Runware() as client: client.imag": {"image_inference"},
    "Easel2Request().replace().posi": {"positive_prompt"},
    "Easel2Request.from_wire({}).posi": {"positive_prompt"},
    "Runware().run(Easel2Request())[0].image_ur": {"image_url"},
    "Runware().run_many([Easel2Request()])[0].results[0].image_ur": {"image_url"},
}
"""The completions of jedi, which notebooks and vim use, at the end of a line."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that uses the package."""
    folder = tmp_path_factory.mktemp("typed")
    package = called_package(tmp_path_factory)
    (folder / "called_client").symlink_to(package / "called_client")
    return folder


def test_basedpyright_needs_no_extra(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The environment does not have the packages of httpx2's extra `ws`."""
    python = lowest_environment(tmp_path_factory) / "python"
    socket = "called_client/_runtime/transport/socket.py"
    assert (folder / socket).is_file()
    assert basedpyright(folder, socket, python=python) == []


def test_jedi(folder: Path) -> None:
    imports = EDITED.partition("def ")[0]
    program = imports + "\n".join(COMPLETED)
    script = jedi.Script(program, project=jedi.Project(folder))
    first = len(imports.splitlines()) + 1
    for number, (line, expected) in enumerate(COMPLETED.items(), first):
        found = script.complete(number, len(line))
        assert expected <= {each.name for each in found}, line


@pytest.mark.parametrize("line", ["client.image_inf", "later.image_inf"])
def test_jedi_completes_a_client_in_a_notebook(shipped: ModuleType, line: str) -> None:
    objects = {"client": shipped.Runware("key"), "later": shipped.AsyncRunware("key")}
    [found] = jedi.Interpreter(line, [objects]).complete()
    assert found.name == "image_inference"


@pytest.mark.parametrize(
    "name", ["Runware", "AsyncRunware", "Handle", "TaskResult", "webhook_app"]
)
def test_the_first_line_about_a_parameter_is_a_sentence(
    shipped: ModuleType, name: str
) -> None:
    """pyright and pylsp show only this line while an argument is typed."""
    shown = getattr(shipped, name)
    members = inspect.getmembers(shown, inspect.isfunction)
    docs = "\n\n".join(
        inspect.getdoc(each) or "" for _, each in [*members, ("", shown)]
    )
    sections = re.findall(r"^Args:\n((?: {4}.*\n?)+)", docs, re.MULTILINE)
    lines = re.findall(r"^ {4}(\w+: .*)$", "".join(sections), re.MULTILINE)
    assert lines
    assert [line for line in lines if not line.endswith(".")] == []


def test_a_language_server(folder: Path) -> None:
    with language_server(folder, EDITED) as server:
        names = server.completion("client.image_inference.")
        assert {*SKETCHES, "easel_2", "odd_names", "run", "submit"} <= {*names}
        assert "stream" not in names
        assert "stream" in server.completion("client.text_inference.narrator.")
        shown = server.hover("client.image_inference.easel_2")
        for said in (
            "Easel 2 (`example:easel@2`).",
            "Draws a picture from words, or changes one.",
            "Modes: text; seed image + strength.",
            "Price: $0.01 per picture (up to HD).",
            "Status: deprecated.",
        ):
            assert said in shown
        parameters = {"negative_prompt=", "settings=", "output_format="}
        inside = server.completion('easel_2(positive_prompt="a", ')
        assert parameters <= {*inside}
        assert "positive_prompt=" not in inside
        [signature] = server.signatures('easel_2(positive_prompt="a", ')
        assert "output_format: Literal['PNG', 'GIF'] | None = None" in signature
        assert signature.endswith("-> list[Easel2Result]")
        assert signature.index("positive_prompt") < signature.index("task_type")
        assert "steps=" in server.completion('run(model="a:b@1", ')
        assert "AsyncHandle[Easel2Result]" in server.hover("easel_2.submit")
        strength = "How far to go from the seed image."
        assert strength in server.hover("request(strength")
        for method in ("request", "easel_2", "easel_2.submit", "Easel2Request"):
            said = server.argument(f"{method}(strength=")
            assert said.startswith(f"strength: {strength} Between 0 and 1")
            assert said.endswith("Default: `0.8`.")
        assert "Ends as it begins." in server.argument("Settings(loop=")
        assert "What happens." in server.argument("narrator.stream(story=")
        steps = 'model="a:b@1", steps='
        for call in ("client.image_inference.run", "later.image_inference.submit"):
            assert "The number of denoising steps." in server.argument(
                f"{call}({steps}"
            )
        said = server.argument('later.text_inference.stream(model="a:b@1", messages=')
        assert said.startswith("messages: ")
