"""Emitted code is as strict as code that people write: types, lint, format.

Over the shipped client and the golden documents, and over the folder that
RUNWARE_CORPUS names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import black
import pytest

from environments import TOP
from once import once

if TYPE_CHECKING:
    from pathlib import Path

EMITTED = "generated/emitted_client"  # below `generated`, as the rules for it expect


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package of all documents there are."""
    return once(tmp_path_factory, "quality", _emit)


def _emit(folder: Path) -> None:
    corpus = os.environ.get("RUNWARE_CORPUS")
    documents = ["specs", "tests/golden/documents", *([corpus] if corpus else [])]
    command = [sys.executable, "-m", "runware_codegen", "generate", *documents]
    target = ["--output", str(folder / "generated"), "--package", "emitted_client"]
    subprocess.run([*command, *target, "-q"], cwd=TOP, check=True)


def _checked(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("version", ["3.11", "3.14"])
def test_mypy_is_strict(emitted: Path, version: str) -> None:
    strictly = ("--strict", "--no-incremental", "--python-version", version)
    _checked(emitted, "mypy", *strictly, EMITTED)


def test_pyright_is_strict(emitted: Path) -> None:
    configuration = {
        "include": [EMITTED],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
    }
    (emitted / "pyrightconfig.json").write_text(json.dumps(configuration))
    _checked(emitted, "basedpyright", "--pythonpath", sys.executable)


@pytest.mark.parametrize(
    "rules",
    [["--isolated"], ["--config", str(TOP / "pyproject.toml")]],
    ids=["rules that anyone has", "rules of this project"],
)
def test_ruff_finds_nothing(emitted: Path, rules: list[str]) -> None:
    _checked(emitted, "ruff", "check", "--no-cache", *rules, EMITTED)


def test_black_leaves_every_file_as_it_is(emitted: Path) -> None:
    paths = list((emitted / EMITTED).rglob("*.py"))
    assert paths
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert black.format_str(text, mode=black.Mode()) == text, path.name
