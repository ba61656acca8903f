"""What README shows is so: its code runs, and its output is what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from environments import TOP
from mocking import mocking
from page_blocks import Block, blocks, run_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mocking import Mock

PYTHON = [block for block in blocks(TOP / "README.md") if block.language == "python"]


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
