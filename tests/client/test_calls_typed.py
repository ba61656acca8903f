"""What type checkers and a language server tell the people who call models by name."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from calling import SKETCHES, called_package
from checking import basedpyright, mypy
from environments import lowest_environment
from language_server import language_server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PROGRAM = dedent("""
    from called_client import AsyncRunware, Runware, parse_webhook
    from called_client.tasks.image_inference import ImageInferenceResult
    from called_client.tasks.image_inference import Easel2Request, Sketch3Request
    from called_client.tasks.image_inference.easel_2 import Settings
    from called_client.tasks.weather import WeatherRequest

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

WRONG = {
    number for number, line in enumerate(PROGRAM.splitlines(), 1) if "# wrong" in line
}
REVEALED = {
    number: line.rpartition("# ")[2]
    for number, line in enumerate(PROGRAM.splitlines(), 1)
    if "reveal_type" in line
}

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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that uses the package."""
    folder = tmp_path_factory.mktemp("typed")
    package = called_package(tmp_path_factory)
    (folder / "called_client").symlink_to(package / "called_client")
    (folder / "calls.py").write_text(PROGRAM, encoding="utf-8")
    return folder


def _verify(said: Iterable[tuple[int, str, str]], reveals: str) -> None:
    """Compare what a checker says, by line and kind, with what the program expects."""
    errors = {line for line, kind, _ in said if kind == "error"}
    assert errors == WRONG, (errors ^ WRONG, said)
    shown = {
        line: re.sub(r"(\w+\.)+", "", found[1])
        for line, _, text in said
        if (found := re.search(reveals, text))
    }
    assert shown == REVEALED


def test_mypy(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    done = mypy(tmp_path_factory, "calls.py", cwd=folder)
    said = re.findall(
        r"^calls\.py:(\d+): (error|note): (.*)", done.stdout, re.MULTILINE
    )
    assert said, done.stdout + done.stderr
    _verify(
        [(int(line), kind, text) for line, kind, text in said],
        r'Revealed type is "(.*)"',
    )


def test_basedpyright(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It needs no extra: the environment has no package of httpx2's extra `ws`."""
    python = lowest_environment(tmp_path_factory) / "python"
    socket = "called_client/_runtime/transport/socket.py"
    assert (folder / socket).is_file()
    said = basedpyright(folder, "calls.py", socket, python=python)
    assert [each for each in said if each.file != "calls.py"] == []
    _verify([(line, kind, text) for _, line, kind, text in said], r'is "(.*)"$')


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
        assert "Ends as it begins." in server.argument("Settings(loop=")
        assert "What happens." in server.argument("narrator.stream(story=")
        steps = 'model="a:b@1", steps='
        for call in ("client.image_inference.run", "later.image_inference.submit"):
            assert "Denoising steps." in server.argument(f"{call}({steps}")
        said = server.argument('later.text_inference.stream(model="a:b@1", messages=')
        assert said.startswith("messages: ")
