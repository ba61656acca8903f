"""Emitted code passes strict type checkers, ruff and black.

The tests cover the shipped client, the golden documents, and the folder in
RUNWARE_CORPUS.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import black
import pytest

from environments import TOP

if TYPE_CHECKING:
    from pathlib import Path

    from type_checkers import Diagnostic

EMITTED = "generated/runware_client"
TEMPLATES = TOP / "templates"


def test_mypy_is_strict(mypy_said: list[Diagnostic]) -> None:
    assert [each for each in mypy_said if each.file.startswith("generated/")] == []


def test_pyright_is_strict_with_a_newer_python(pyright: list[Diagnostic]) -> None:
    assert [each for each in pyright if each.file.startswith(EMITTED)] == []


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
