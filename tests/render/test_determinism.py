"""The same documents give the same bytes, whatever is around them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from command import run
from environments import TOP

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SPECS = sorted(str(path) for path in (TOP / "specs").glob("*.json"))
EXPECTED = TOP / "generated" / "runware_client"


def _generated(
    folder: Path, documents: Sequence[str], package: str, **environment: str
) -> dict[str, bytes]:
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "runware_codegen", "generate", "--no-cache"]
    command += documents
    subprocess.run(
        [*command, "--output", str(folder), "--package", package],
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, **environment},
    )
    return _files(folder / package)


def _files(package: Path) -> dict[str, bytes]:
    return {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        (
            {
                "PYTHONHASHSEED": "1",
                "TZ": "Pacific/Auckland",
                "LC_ALL": "C",
                "LANG": "C",
            },
            "out",
        ),
        (
            {"PYTHONHASHSEED": "2", "PYTHONUTF8": "0", "LC_ALL": "POSIX"},
            "a folder é/deep",
        ),
        (
            {
                "PYTHONHASHSEED": "random",
                "LC_ALL": "de_DE.UTF-8",
                "TZ": "Asia/Kolkata",
            },
            "elsewhere",
        ),
    ],
    ids=["time zone and locale", "no UTF-8 mode", "another language"],
)
def test_the_machine_and_the_order_do_not_matter(
    tmp_path: Path, environment: dict[str, str], folder: str
) -> None:
    """The committed client is of the sorted documents; these are in another order."""
    documents = SPECS[::-1]
    made = _generated(tmp_path / folder, documents, "another_name", **environment)
    assert made == _files(EXPECTED)


def test_a_document_touches_its_own_module_and_the_indexes(tmp_path: Path) -> None:
    fewer = [path for path in SPECS if not path.endswith("ping.json")]
    command = ["--output", tmp_path, "--package", "runware_client"]
    assert run("generate", *fewer, *command, cwd=tmp_path).returncode == 0
    without = _files(tmp_path / "runware_client")
    whole = _files(EXPECTED)
    changed = {path for path in whole if whole[path] != without.get(path)}
    own = {path for path in whole if path.startswith("tasks/ping/")}
    indexes = {
        "tasks/_index.py",
        "tasks/_task_types.py",
        "async_client.py",
        "client.py",
    }
    assert changed == own | indexes
    assert without.keys() == whole.keys() - own
