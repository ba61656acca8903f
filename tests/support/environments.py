"""Virtual environments for tests, and the interpreters that they are made with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from once import once

if TYPE_CHECKING:
    import pytest

TOP = Path(__file__).parents[2]

_PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
_UV = Path(sys.executable).with_name("uv")
_OLDEST_SUPPORTED = (3, 11)
_BOUND = re.compile(r'"(hatchling|setuptools)>=([\d.]+)"')
OLDEST_BACKENDS = [
    f"{name}=={bound}"
    for name, bound in _BOUND.findall(
        (TOP / "docs" / "how-to" / "build.md").read_text("utf-8")
    )
]


def environment(folder: Path, *what: str, python: str = sys.executable) -> Path:
    """Make a virtual environment with something installed; return its folder of commands.

    pip installs from wherever it is configured to. uv makes the environment, because an
    interpreter may come without `ensurepip`.
    """
    commands = _empty_environment(folder, python)
    pip = [*_PIP, "--python", str(commands / "python"), "install", "-q"]
    # Most modules are never imported.
    subprocess.run([*pip, "--no-compile", *what], check=True)
    return commands


def environment_from(wheelhouse: Path, folder: Path, *what: str) -> Path:
    """Make a virtual environment from a wheelhouse alone; return its folder of commands."""
    commands = _empty_environment(folder, sys.executable)
    install = [_UV, "pip", "install", "-q", "--python", str(commands / "python")]
    options = ["--offline", "--no-index", "--find-links", str(wheelhouse)]
    subprocess.run([*install, *options, *what], check=True)
    return commands


def _empty_environment(folder: Path, python: str) -> Path:
    subprocess.run([_UV, "venv", "-q", "--python", python, folder], check=True)
    return folder / "bin"


def distribution(factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the project's sdist, and the wheel that is built from it."""
    return once(factory, "distribution", _build)


def wheel(factory: pytest.TempPathFactory) -> str:
    """Return the path of the project's wheel."""
    [built] = distribution(factory).glob("*.whl")
    return str(built)


def wheelhouse(factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the project's wheel, and what it, builds and clients need.

    pip finds these wherever it is configured to. What is there once, uv installs quickly.
    """
    return once(factory, "wheelhouse", partial(_fill, wheel=wheel(factory)))


def _build(folder: Path) -> None:
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(TOP)], check=True, capture_output=True)


def _fill(folder: Path, *, wheel: str) -> None:
    download = [*_PIP, "download", "-q", "--dest", str(folder)]
    newest = ["hatchling", "setuptools>=77"]
    subprocess.run([*download, wheel, *newest], check=True)
    subprocess.run([*download, "--no-deps", "editables", *OLDEST_BACKENDS], check=True)


def oldest_backends(factory: pytest.TempPathFactory) -> Path:
    """Give the commands of an environment with this project and the oldest backends."""
    what = [wheel(factory), "editables", *OLDEST_BACKENDS]
    folder = wheelhouse(factory)
    make = partial(_environment_in, wheelhouse=folder, what=what)
    return once(factory, "oldest-backends", make) / "env" / "bin"


def _environment_in(folder: Path, *, wheelhouse: Path, what: list[str]) -> None:
    environment_from(wheelhouse, folder / "env", *what)


def lowest_environment(factory: pytest.TempPathFactory) -> Path:
    """Give the commands of an environment in which each lower bound is what is installed.

    It has no package that the project or its extra does not ask for, such as those of
    httpx2's extra `ws`.
    """
    what = [*_lowest(), wheel(factory)]

    def make(folder: Path) -> None:
        environment(folder / "env", *what, python=oldest_python())

    return once(factory, "lowest", make) / "env" / "bin"


def _lowest() -> list[str]:
    """Pin all that the generator, its extra and the emitted package need to its bound."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    emitted = re.findall(r"`(\w+>=[\d.]+)`", (TOP / "README.md").read_text("utf-8"))
    assert len(emitted) == 2
    extra = project["project"]["optional-dependencies"]["mock"]
    stated = [*project["project"]["dependencies"], *extra, *emitted]
    pins = {re.sub(r">=([\d.]+).*", r"==\1", requirement) for requirement in stated}
    assert all("==" in pin for pin in pins)
    return sorted(pins.union(OLDEST_BACKENDS))


def oldest_python() -> str:
    """Return the oldest CPython on this machine that the project supports."""
    found = _pythons()
    return found[min(found)]


def newest_python() -> str:
    """Return the newest released CPython on this machine."""
    found = _pythons()
    return found[max(found)]


@cache
def _pythons() -> dict[tuple[int, ...], str]:
    """Find an interpreter of each minor version; the running one stands for its own."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*map(str, pyenv.glob("versions/*/bin")), os.environ["PATH"]]
    # uv's own cache knows the interpreters; that of the tests is empty at first.
    inherited = {k: v for k, v in os.environ.items() if k != "XDG_CACHE_HOME"}
    listed = subprocess.run(
        [_UV, "python", "list", "--only-installed", "--output-format", "json"],
        check=True,
        capture_output=True,
        text=True,
        env={**inherited, "PATH": os.pathsep.join(folders)},
    )
    found = {
        tuple(map(int, python["version"].split(".")[:2])): str(python["path"])
        for python in reversed(json.loads(listed.stdout))  # the first of a version wins
        if python["implementation"] == "cpython"
        and python["variant"] == "default"
        and python["version"].replace(".", "").isdigit()  # no alpha, beta or candidate
    }
    supported = {k: path for k, path in found.items() if k >= _OLDEST_SUPPORTED}
    return {**supported, sys.version_info[:2]: sys.executable}
