"""Virtual environments for tests, and the interpreters that they use."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from forks import run_forked
from once import once
from wheels import make_wheel, with_requirements

if TYPE_CHECKING:
    import pytest

TOP = Path(__file__).parents[2]
CLIENT = TOP / "generated" / "runware_client"

SURROUNDINGS = [
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland", "LC_ALL": "C", "LANG": "C"},
    {"PYTHONHASHSEED": "random", "LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kolkata"},
    {"PYTHONHASHSEED": "2", "PYTHONUTF8": "0", "LC_ALL": "POSIX"},
]
"""Environment variables that must not change the output of the generator."""

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
    """Create a virtual environment with packages; return its folder of commands."""
    commands = _empty_environment(folder, python)
    _install_from_index(str(commands / "python"), *what)
    return commands


def _install_from_index(python: str, *what: str) -> None:
    """Install packages for an interpreter: with uv, which is fast, else with pip.

    An index may be configured for pip alone.
    """
    uv = [str(_UV), "pip", "install", "-q", "--python", python, *what]
    if subprocess.run(uv, check=False).returncode:
        pip = [*_PIP, "--python", python, "install", "-q", "--no-compile", *what]
        subprocess.run(pip, check=True)


def environment_from(
    wheelhouse: Path, folder: Path, *what: str, python: str = sys.executable
) -> Path:
    """Create a virtual environment from a wheelhouse; return its folder of commands."""
    commands = _empty_environment(folder, python)
    install_from(wheelhouse, commands, *what)
    return commands


def install_from(wheelhouse: Path, commands: Path, *what: str) -> None:
    """Install packages into an environment, only from a wheelhouse."""
    only = ["--offline", "--no-index", "--find-links", str(wheelhouse)]
    python = ["--python", str(commands / "python")]
    subprocess.run([_UV, "pip", "install", "-q", *only, *python, *what], check=True)


def _empty_environment(folder: Path, python: str) -> Path:
    subprocess.run([_UV, "venv", "-q", "--python", python, folder], check=True)
    return folder / "bin"


def modules(package: Path) -> dict[str, bytes]:
    """Read the files of a package, by relative path."""
    return {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def distribution(factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the project's sdist, and the wheel that is built from it."""
    return once(factory, "distribution", _build)


def wheel(factory: pytest.TempPathFactory) -> str:
    """Return the path of the project's wheel."""
    [built] = distribution(factory).glob("*.whl")
    return str(built)


def wheelhouse(factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the project's wheel, and wheels of requirements.

    They are the requirements of the project, of builds and of clients. Their wheels are
    made from the packages in the environment of the tests.
    """
    return once(factory, "wheelhouse", partial(_fill, wheel=wheel(factory)))


def _build(folder: Path) -> None:
    """Build an sdist, and a wheel from its content, as a build frontend does."""
    program = """
import contextlib, pathlib, sys, tarfile
import hatchling.build
folder, work = map(pathlib.Path, sys.argv[1:])
sdist = folder / hatchling.build.build_sdist(str(folder))
with tarfile.open(sdist) as content:
    content.extraction_filter = getattr(tarfile, "data_filter", None)
    content.extractall(work)
with contextlib.chdir(work / sdist.name.removesuffix(".tar.gz")):
    hatchling.build.build_wheel(str(folder))
"""
    with TemporaryDirectory() as work:
        command = ["-c", program, str(folder), work]
        done = run_forked(command, cwd=TOP, env=os.environ)
    assert done.returncode == 0, done.stderr.decode()


def _fill(folder: Path, *, wheel: str) -> None:
    shutil.copy(wheel, folder)
    needed = with_requirements(
        ["runware-codegen", "hatchling", "setuptools", "editables"]
    )
    for distribution in needed:
        if distribution.name != "runware-codegen":
            make_wheel(distribution, folder)


def oldest_backends(factory: pytest.TempPathFactory) -> Path:
    """Return a folder of modules: the oldest supported build backends.

    The environment of the tests has all their requirements.
    """

    def make(folder: Path) -> None:
        into = ["--no-deps", "--target", str(folder)]
        _install_from_index(sys.executable, *into, *OLDEST_BACKENDS)

    return once(factory, "oldest-backends", make)


def lowest_environment(factory: pytest.TempPathFactory) -> Path:
    """Return the commands of an environment with each requirement at its lower bound.

    It has only packages that the project or its extra requires. For example, it lacks
    the packages of httpx2's extra `ws`.
    """
    what = [*_lowest(), wheel(factory)]

    def make(folder: Path) -> None:
        environment(folder / "env", *what, python=oldest_python())

    return once(factory, "lowest", make) / "env" / "bin"


def _lowest() -> list[str]:
    """Pin the requirements of generator, extra and emitted package to their bounds."""
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
def _pythons() -> dict[tuple[int, int], str]:
    """Find an interpreter of each minor version; for its own version, the running one.

    They are searched for on the path, in pyenv and in uv.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    uv = Path.home() / ".local" / "share" / "uv" / "python"
    folders = map(Path, os.environ["PATH"].split(os.pathsep))
    found = {sys.version_info[:2]: sys.executable}
    for folder in (*pyenv.glob("versions/*/bin"), *uv.glob("*/bin"), *folders):
        for python in sorted(folder.glob("python3.??")):
            version = (
                (3, int(python.suffix[1:])) if python.suffix[1:].isdigit() else (0, 0)
            )
            if (
                version >= _OLDEST_SUPPORTED
                and version not in found
                and _is_released(python)
            ):
                found[version] = str(python)
    return found


def _is_released(python: Path) -> bool:
    """Return whether a command is a released CPython: no alpha, beta or candidate."""
    program = (
        "import sys; print(sys.implementation.name, sys.version_info.releaselevel)"
    )
    command = [str(python), "-I", "-S", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout == "cpython final\n"
