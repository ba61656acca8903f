"""A package of all documents there are, and what basedpyright says of it and its users."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from checking import Diagnostic, basedpyright
from command import run
from environments import TOP
from once import once
from typed_programs import write_programs

if TYPE_CHECKING:
    from pathlib import Path

EMITTED = "generated/runware_client"  # below `generated`, as the rules for it expect


@pytest.fixture(scope="session")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, and programs that use it."""
    return once(tmp_path_factory, "emitted", _emit)


@pytest.fixture(scope="session")
def pyright(
    tmp_path_factory: pytest.TempPathFactory, emitted: Path
) -> list[Diagnostic]:
    """What basedpyright says of the package and the programs, in one run over both."""

    def check(folder: Path) -> None:
        said = basedpyright(emitted, EMITTED, "programs", path=emitted / "generated")
        (folder / "said.json").write_text(json.dumps(said))

    text = (once(tmp_path_factory, "pyright", check) / "said.json").read_text()
    return [Diagnostic(*each) for each in json.loads(text)]


def _emit(folder: Path) -> None:
    corpus = os.environ.get("RUNWARE_CORPUS")
    documents = ["specs", "tests/golden/documents", *([corpus] if corpus else [])]
    target = ["--output", folder / "generated", "--package", "runware_client"]
    made = run("generate", *documents, *target, "-q", cwd=TOP)
    assert made.returncode == 0, made.stderr
    write_programs(folder / "programs", folder / "generated")
