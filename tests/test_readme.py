"""What README shows is so: its code runs, and its output is what comes out."""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from command import run
from environments import TOP
from forks import CLIENT, run_forked
from making import a_document
from mocking import mocking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from mocking import Mock

README = (TOP / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
TEXT = [text for language, text in BLOCKS if language == "text"]


def _run(program: str, cwd: Path) -> str:
    env = {"RUNWARE_API_KEY": "key", "PYTHONPATH": str(TOP / "generated")}
    done = run_forked(["-c", program], cwd=cwd, env=env, imported=CLIENT)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with mocking() as mock:
        yield mock


@pytest.mark.parametrize("program", PYTHON, ids=range(len(PYTHON)))
def test_python_runs_and_prints_what_is_shown(
    program: str, mock: Mock, tmp_path: Path
) -> None:
    here = program.replace("http://127.0.0.1:8000/v1", mock.url)
    here = re.sub(r"Runware\((?!\"any-key)", f"Runware(base_url={mock.url!r}, ", here)
    printed = _run(here, tmp_path)
    shown = README.split(f"```python\n{program}```\n", 1)[1].lstrip("\n")
    if shown.startswith("```text\n"):
        assert printed == shown.removeprefix("```text\n").partition("```")[0]


def test_the_problem_is_the_one_shown(tmp_path: Path) -> None:
    seed = {"type": "integer", "minimun": 0}
    (tmp_path / "schemas").mkdir()
    document = json.dumps(a_document({"properties": {"seed": seed}}))
    (tmp_path / "schemas" / "model.json").write_text(document)
    done = run("list", "schemas", cwd=tmp_path)
    assert done.returncode == 2
    assert any(text in done.stderr for text in TEXT)


def test_every_option_is_named(tmp_path: Path) -> None:
    done = run("generate", "--help", cwd=tmp_path)
    options = set(re.findall(r"--(?!no-|help)[a-z-]+", done.stdout))
    short = {"--quiet": "`-q`", "--verbose": "`-v`", "--version": "--version"}
    missing = {o for o in options if o not in README and short.get(o, o) not in README}
    assert not missing


def test_the_table_of_task_types_is_right(shipped: ModuleType) -> None:
    attributes = import_module(f"{shipped.__name__}.tasks._task_types").ATTRIBUTES
    rows = [
        f"| `{document.task_type}` | `{attributes[document.task_type]}` "
        f"| `{document.class_name}` | {', '.join(document.request.deliveries)} |"
        for document in shipped.documents()
    ]
    assert len(rows) == 23
    assert "\n".join(rows).replace("|  |", "| |") in README
