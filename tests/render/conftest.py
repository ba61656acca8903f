"""A package of all documents, and the output of type checkers for it and its users."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest
from typed_programs import PROGRAMS, write_programs

from command import run
from environments import TOP
from once import once
from type_checkers import Diagnostic, basedpyright, diagnostics, mypy

if TYPE_CHECKING:
    from pathlib import Path

EMITTED = "generated/runware_client"  # below `generated`, where the rules for it apply


@pytest.fixture(scope="session")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package and programs that use it."""
    return once(tmp_path_factory, "emitted", _emit)


@pytest.fixture(scope="session")
def pyright(
    tmp_path_factory: pytest.TempPathFactory, emitted: Path
) -> list[Diagnostic]:
    """The output of one run of basedpyright for the package and the programs.

    basedpyright checks for the newest Python, mypy for the one that runs the tests.
    """

    def check(folder: Path) -> None:
        path = emitted / "generated"
        said = basedpyright(emitted, EMITTED, "programs", path=path, version="3.14")
        (folder / "said.json").write_text(json.dumps(said))

    text = (once(tmp_path_factory, "pyright", check) / "said.json").read_text()
    return [Diagnostic(*each) for each in json.loads(text)]


@pytest.fixture(scope="session")
def mypy_said(
    tmp_path_factory: pytest.TempPathFactory, emitted: Path
) -> list[Diagnostic]:
    """The output of one run of mypy for the package and the programs."""

    def check(folder: Path) -> None:
        programs = [f"programs/{name}" for name in PROGRAMS]
        path = emitted / "generated"
        done = mypy(tmp_path_factory, EMITTED, *programs, cwd=emitted, path=path)
        assert re.search(r"\(checked \d+ source files\)$", done.stdout.rstrip())
        (folder / "said.txt").write_text(done.stdout)

    return diagnostics(
        (once(tmp_path_factory, "mypy-said", check) / "said.txt").read_text()
    )


def _emit(folder: Path) -> None:
    corpus = os.environ.get("RUNWARE_CORPUS")
    own = write_programs(folder)
    documents = [TOP / "specs", TOP / "tests/golden/documents", own]
    documents += [TOP / corpus] if corpus else []
    target = ["--output", folder / "generated", "--package", "runware_client"]
    made = run("generate", *documents, *target, "-q", cwd=folder)
    assert made.returncode == 0, made.stderr
