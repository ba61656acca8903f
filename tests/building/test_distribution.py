"""The distribution: its content, and that it works wherever it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from environments import (
    CLIENT,
    SURROUNDINGS,
    TOP,
    distribution,
    environment,
    environment_from,
    modules,
    newest_python,
    wheelhouse,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return distribution(tmp_path_factory)


def _archive(built: Path, ending: str) -> Path:
    [archive] = built.glob(f"*{ending}")
    return archive


def _checked_out(folder: str) -> set[str]:
    return {
        name
        for path in (TOP / folder).rglob("*")
        if path.is_file()
        and "__pycache__" not in (name := path.relative_to(TOP).as_posix())
        and "/." not in name  # the caches of tools
    }


def _no_leftovers(names: Iterable[str]) -> bool:
    unwanted = ("__pycache__", ".pyc", ".venv", ".cache", ".hypothesis", "shared/")
    return not any(part in name for name in names for part in unwanted)


def test_the_wheel_carries_templates_and_specs(built: Path) -> None:
    with zipfile.ZipFile(_archive(built, ".whl")) as wheel:
        names = set(wheel.namelist())
    for folder in ("templates", "specs"):
        assert {f"runware_codegen/{name}" for name in _checked_out(folder)} <= names
    assert "runware_codegen/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert _no_leftovers(names)


def test_the_sdist_carries_what_a_checkout_has(built: Path) -> None:
    with tarfile.open(_archive(built, ".tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    for folder in ("generator", "templates", "specs", "generated", "tests"):
        assert _checked_out(folder) <= names
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"} <= names
    assert _no_leftovers(names)


def test_the_wheel_works_on_the_newest_python(built: Path, tmp_path: Path) -> None:
    what = str(_archive(built, ".whl")), "httpx2"
    commands = environment(tmp_path / "env", *what, python=newest_python())
    _works_anywhere(commands, tmp_path)


def test_the_sdist_works(
    built: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The sdist installs the same files as the wheel."""
    house = wheelhouse(tmp_path_factory)
    sdist = str(_archive(built, ".tar.gz"))
    commands = environment_from(house, tmp_path / "env", sdist)
    [site] = commands.parent.glob("lib/python*/site-packages")
    wheel = tmp_path / "wheel"
    shutil.unpack_archive(_archive(built, ".whl"), wheel, "zip")
    assert modules(site / "runware_codegen") == modules(wheel / "runware_codegen")
    for name in ("METADATA", "entry_points.txt"):
        [ours], [theirs] = (each.glob(f"runware*/{name}") for each in (site, wheel))
        assert ours.read_bytes() == theirs.read_bytes()
    assert (commands / "runware-codegen").is_file()


def _works_anywhere(commands: Path, tmp_path: Path) -> None:
    """Generate with an installed generator, outside of this checkout.

    Some documents are built in and some are files. Their order differs from that of the
    committed client.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    given = sorted((TOP / "specs").glob("[!p]*.json"), reverse=True)
    documents = ["builtin:p*", *given]
    generate = [commands / "runware-codegen", "generate", "-q", *documents]
    subprocess.run(
        [*generate, "--output", ".", "--package", CLIENT.name],
        cwd=elsewhere,
        env={**os.environ, **SURROUNDINGS[1]},
        check=True,
    )
    assert modules(elsewhere / CLIENT.name) == modules(CLIENT)
    script = (
        "import runware_client as rw; "
        "from runware_client.tasks.ping import PingRequest; "
        "print(rw.parse_request(PingRequest().to_wire()).to_wire())"
    )
    said = subprocess.run(
        [commands / "python", "-c", script],
        cwd=elsewhere,
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout == "{'ping': True, 'taskType': 'ping'}\n"
