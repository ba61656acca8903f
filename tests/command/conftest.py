"""Folders with documents and with the package generated from them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from command import GENERATE, run, write_documents

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with two documents in `docs`."""
    write_documents(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like `here` with the generated package. Tests do not change it."""
    folder = tmp_path_factory.mktemp("made")
    write_documents(folder)
    assert run(*GENERATE, cwd=folder).returncode == 0
    return folder


@pytest.fixture
def made(made_once: Path, tmp_path: Path) -> Path:
    """A folder like `here` with the generated package."""
    copied = tmp_path / "made"
    shutil.copytree(made_once, copied)
    return copied
