"""Emitted code passes strict type checkers, ruff and black.

The tests cover the shipped client, the golden documents, and the folder in
RUNWARE_CORPUS.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from modulefinder import ModuleFinder
from typing import TYPE_CHECKING

import black
import pytest

from environments import TOP
from type_checkers import WIDE

if TYPE_CHECKING:
    from pathlib import Path

    from type_checkers import Diagnostic

EMITTED = "generated/runware_client"
TEMPLATES = TOP / "templates"


def test_mypy_is_strict(mypy_said: list[Diagnostic]) -> None:
    assert [each for each in mypy_said if each.file.startswith("generated/")] == []


def test_pyright_is_strict_with_a_newer_python(pyright: list[Diagnostic]) -> None:
    assert [each for each in pyright if each.file.startswith(EMITTED)] == []


def test_every_public_name_of_the_shipped_client_has_a_type(tmp_path: Path) -> None:
    """Types of the calls of models are inferred, because parameters are not repeated."""
    options = ["--verifytypes", "runware_client", "--ignoreexternal", "--outputjson"]
    done = subprocess.run(
        [sys.executable, "-m", "basedpyright", *options],
        cwd=tmp_path,
        env={**os.environ, **WIDE, "PYTHONPATH": str(TOP / "generated")},
        capture_output=True,
        text=True,
        check=False,
    )
    said = json.loads(done.stdout)["typeCompleteness"]
    assert said["exportedSymbolCounts"]["withKnownType"] > 2000
    unknown = [each for each in said["symbols"] if not each["isTypeKnown"]]
    assert [each["name"] for each in unknown] == []


@pytest.mark.parametrize(
    "rules",
    [["--isolated"], ["--config", str(TOP / "pyproject.toml")]],
    ids=["rules that anyone has", "rules of this project"],
)
def test_ruff_finds_nothing(emitted: Path, rules: list[str]) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", *rules]
    done = subprocess.run(
        [*command, EMITTED],
        cwd=emitted,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_black_leaves_every_rendered_file_as_it_is(emitted: Path) -> None:
    """The other files are copies of templates, which `make check` formats."""
    copied = {path.relative_to(TEMPLATES) for path in TEMPLATES.rglob("*.py")}
    package = emitted / EMITTED
    rendered = {path.relative_to(package) for path in package.rglob("*.py")} - copied
    assert rendered
    for path in sorted(rendered):
        text = (package / path).read_text(encoding="utf-8")
        assert black.format_str(text, mode=black.Mode()) == text, path


def test_tools_that_freeze_a_program_find_every_module(
    emitted: Path, tmp_path: Path
) -> None:
    """PyInstaller and others follow imports in the source, also those for type checkers."""
    root = emitted / EMITTED
    (tmp_path / "program.py").write_text(f"import {root.name}")
    (tmp_path / "socket.py").touch()  # else it mistakes `.socket` for this module
    finder = ModuleFinder(path=[str(root.parent), str(tmp_path)])
    finder.run_script(str(tmp_path / "program.py"))
    found = {module.__file__ for module in finder.modules.values()}
    assert {str(path) for path in root.rglob("*.py")} - found == set()
