"""A package in git: its line endings, and the files that a review collapses."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from command import GENERATE, run, write_documents

if TYPE_CHECKING:
    from pathlib import Path


def _git(folder: Path, *args: str) -> str:
    own = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    done = subprocess.run(
        ["git", *own, *args], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that contains a generated package."""
    folder = tmp_path_factory.mktemp("origin")
    write_documents(folder)
    assert run(*GENERATE, cwd=folder).returncode == 0
    _git(folder, "init", "--quiet")
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "--message", "client")
    return folder


@pytest.mark.parametrize("kept", ["with", "without"])
def test_a_clone_with_crlf_is_current(origin: Path, tmp_path: Path, kept: str) -> None:
    clone = tmp_path / "clone"
    _git(tmp_path, "clone", "-c", "core.autocrlf=true", str(origin), str(clone))
    package = clone / "out" / "client"
    client = package / "client.py"
    assert b"\r\n" not in client.read_bytes()
    if kept == "without":  # as in a clone from before the package had .gitattributes
        for file in package.rglob("*.py"):
            file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    done = run(*GENERATE, "--check", cwd=clone)
    assert done.returncode == 0, done.stderr
    client.write_bytes(client.read_bytes() + b"\r\n# edited\r\n")
    assert run(*GENERATE, "--check", cwd=clone).returncode == 1


def test_reviews_fold_the_runtime(origin: Path) -> None:
    package = origin / "out" / "client"
    paths = ["_runtime/exceptions.py", "client.py", "tasks/image_inference/one.py"]
    told = _git(package, "check-attr", "linguist-generated", "eol", "--", *paths)
    generated = [line for line in told.splitlines() if "generated: set" in line]
    assert generated == ["_runtime/exceptions.py: linguist-generated: set"]
    assert told.count("eol: lf") == 3
