"""`make` sets up what a target needs, once. Fake interpreters record their calls."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from forks import forked_python

ROOT = Path(__file__).parents[2]

# Records its arguments. "-m venv DIR" copies the script into DIR. If a file "broken"
# exists, the command deletes that file and fails. If a file "no-uv" exists, uv fails.
PYTHON = """#!/bin/sh
echo "$(basename "$0") $*" >> notes
case "$*" in
  "-m venv "*)
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    cp "$0" "$3/bin/runware-codegen"
    if [ -e broken ]; then rm broken; exit 1; fi;;
  "-m uv "*)
    test ! -e no-uv;;
esac
"""
OLD_PYTHON = "#!/bin/sh\nexit 1\n"

SET_UP = ["-m venv .venv", "pip>=25.1 uv", "-m uv pip install --quiet --editable ."]
GENERATE = ["generate specs --output generated --package runware_client"]
TEST = ["-m pytest"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name, text in {"new": PYTHON, "old": OLD_PYTHON}.items():
        python = tmp_path / name / "python3"
        python.parent.mkdir()
        python.write_text(text)
        python.chmod(0o755)
    return tmp_path


def environment(checkout: Path) -> dict[str, str]:
    """Return an environment with the fake Python first, without variables of make."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    inherited.pop("PYTHON", None)
    return inherited | {"PATH": f"{checkout / 'new'}:/usr/bin:/bin"}


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env=environment(checkout),
        capture_output=True,
        text=True,
        check=False,
    )


def noted(checkout: Path) -> list[str]:
    """Return and delete the recorded calls, without the checks of the version."""
    notes = checkout / "notes"
    lines = notes.read_text().splitlines()
    notes.unlink()
    return [line for line in lines if "version_info" not in line]


def agree(lines: list[str], parts: list[str]) -> bool:
    return len(lines) == len(parts) and all(map(str.__contains__, lines, parts))


@pytest.mark.parametrize(("target", "work"), [("generate", GENERATE), ("test", TEST)])
def test_set_up_comes_first_and_once(
    checkout: Path, target: str, work: list[str]
) -> None:
    assert make(checkout, target).returncode == 0
    assert agree(noted(checkout), SET_UP + work)
    assert make(checkout, target).returncode == 0
    assert agree(noted(checkout), work)


def test_new_requirements_are_installed(checkout: Path) -> None:
    make(checkout, "test")
    noted(checkout)
    ready = (checkout / ".venv" / "ready").stat().st_mtime
    os.utime(checkout / "pyproject.toml", (ready + 1, ready + 1))
    make(checkout, "test")
    assert agree(noted(checkout), SET_UP[1:] + TEST)


def test_pip_installs_where_uv_cannot(checkout: Path) -> None:
    (checkout / "no-uv").touch()
    assert make(checkout, "test").returncode == 0
    pip = "--no-compile --editable . --group dev"
    assert agree(noted(checkout), [*SET_UP, pip, *TEST])


def test_a_set_up_that_failed_begins_again(checkout: Path) -> None:
    (checkout / "broken").touch()
    assert make(checkout, "test").returncode == 2
    assert agree(noted(checkout), SET_UP[:1])
    assert make(checkout, "test").returncode == 0
    assert agree(noted(checkout), SET_UP + TEST)


def test_without_a_python_that_is_new_enough(checkout: Path) -> None:
    finished = make(checkout, "test", f"PYTHON={checkout}/old/python3")
    assert finished.returncode == 2
    assert finished.stderr.startswith("Python 3.11 or later is needed: install it")
    assert not (checkout / ".venv").exists()


def test_what_continuous_integration_runs(checkout: Path) -> None:
    shutil.copytree(ROOT / ".ci", checkout / ".ci")
    command = [checkout / ".ci" / "run"]
    env = {**environment(checkout), "PYTHON": "python3"}
    subprocess.run(command, env=env, check=True)
    assert agree(noted(checkout), SET_UP + TEST)


class TestRecipeForClients:
    """The Makefile of `consumers/makefile`, which the documentation shows."""

    @staticmethod
    def made(project: Path) -> set[str]:
        """Run the recipe, and return the names of the modules made from documents."""
        finished = subprocess.run(
            ["make", f"PYTHON={shlex.join(forked_python())}"],
            cwd=project,
            env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        folder = project / "src" / "stickers_client" / "tasks" / "image_inference"
        return {path.stem for path in folder.glob("*.py")} - {"__init__"}

    @staticmethod
    def age(project: Path) -> None:
        """Set old times of the documents, and a newer one of the client.

        The times of files are too coarse to order recent changes.
        """
        schemas = project / "schemas"
        for path in (project / "pyproject.toml", schemas, *schemas.rglob("*")):
            os.utime(path, (1e9, 1e9))
        client = project / "src" / "stickers_client" / "__init__.py"
        os.utime(client, (1e9 + 1, 1e9 + 1))

    def test_a_deleted_document_leaves_the_client(self, tmp_path: Path) -> None:
        consumer = ROOT / "tests" / "consumers" / "makefile"
        project = Path(shutil.copytree(consumer, tmp_path / "project"))
        before = self.made(project)
        self.age(project)
        other = project / "schemas" / "more" / "badge.yaml"
        other.parent.mkdir()
        text = (project / "schemas" / "sticker.yaml").read_text()
        other.write_text(text.replace("sticker", "badge"))
        assert self.made(project) == before | {"badge"}
        self.age(project)
        other.unlink()
        assert self.made(project) == before
        stamp = (project / "src" / "stickers_client" / "__init__.py").stat()
        assert self.made(project) == before
        after = (project / "src" / "stickers_client" / "__init__.py").stat()
        assert after.st_mtime_ns == stamp.st_mtime_ns
