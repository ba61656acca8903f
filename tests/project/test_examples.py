"""Each example in `examples/` runs unchanged with the mock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from command import environment
from forks import CLIENT, run_forked
from mocking import KEY, mocking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mocking import Mock

TOP = Path(__file__).parents[2]
EXAMPLES = sorted((TOP / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with mocking("--latency", "0.05") as mock:
        yield mock


def test_there_is_one_for_each_task_type() -> None:
    folder = TOP / "generated" / "runware_client" / "tasks"
    task_types = {path.parent.name for path in folder.glob("*/client.py")}
    assert {path.stem for path in EXAMPLES} == task_types


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(example: Path, mock: Mock, tmp_path: Path) -> None:
    said = {
        "RUNWARE_API_KEY": KEY,
        "RUNWARE_BASE_URL": mock.url,
    }
    env = environment(said)
    done = run_forked([example], cwd=tmp_path, env=env, imported=CLIENT)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.strip()
    assert b"None" not in done.stdout, done.stdout.decode()
