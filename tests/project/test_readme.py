"""The code in README runs and prints the output that README shows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from terminal_picture import terminal_picture

from environments import TOP
from mocking import mocking
from page_blocks import Block, blocks, run_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mocking import Mock

PYTHON = [block for block in blocks(TOP / "README.md") if block.language == "python"]

REFUSED = """\
from runware_client.tasks.image_inference import ImageInferenceRequest

try:
    ImageInferenceRequest(
        model="runware:101@1", positive_prompt="dusk", width=1024, strength=0.75
    )
except ValueError as error:
    print(error)
"""
"""The program of the picture: a width without height, and a strength without image."""


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with mocking() as mock:
        yield mock


@pytest.mark.parametrize("block", PYTHON, ids=range(len(PYTHON)))
def test_python_runs_and_prints_what_is_shown(
    block: Block, mock: Mock, tmp_path: Path
) -> None:
    printed = run_python(block.code, tmp_path, mock.url, TOP / "generated")
    assert block.output is not None
    assert printed == block.output


def test_the_picture_shows_what_comes_out(mock: Mock, tmp_path: Path) -> None:
    printed = run_python(REFUSED, tmp_path, mock.url, TOP / "generated")
    assert printed.count("[type=rule]") == 2
    drawn = terminal_picture("A request is refused before it is sent", REFUSED, printed)
    picture = TOP / "docs/assets/refusal.svg"
    if os.environ.get("ACCEPT_GOLDEN"):
        picture.write_text(drawn, encoding="utf-8")
    assert picture.read_text(encoding="utf-8") == drawn
