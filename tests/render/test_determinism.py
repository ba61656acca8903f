"""The same documents give the same bytes in any environment.

The tests in `building/` generate with other Pythons, languages and time zones.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from command import run
from environments import CLIENT, SURROUNDINGS, TOP, modules

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SPECS = sorted((TOP / "specs").glob("*.json"))


def test_the_machine_and_the_order_do_not_matter(tmp_path: Path) -> None:
    """The committed client comes from sorted documents. Here the order is different."""
    folder = tmp_path / "a folder é" / "deep"
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "runware_codegen", "generate", "--no-cache"]
    subprocess.run(
        [*command, *SPECS[::-1], "--output", folder, "--package", "another_name"],
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, **SURROUNDINGS[2]},
    )
    assert modules(folder / "another_name") == modules(CLIENT)


def _generated(folder: Path, documents: Iterable[Path]) -> dict[str, bytes]:
    folder.mkdir()
    options = ["--output", folder, "--package", "client"]
    assert run("generate", *documents, *options, cwd=folder).returncode == 0
    return modules(folder / "client")


def test_a_document_touches_its_own_module_and_the_indexes(tmp_path: Path) -> None:
    names = ["remove-background.json", "text-inference.json", "upscale.json"]
    fewer = [TOP / "specs" / name for name in names]
    without = _generated(tmp_path / "without", fewer)
    whole = _generated(tmp_path / "whole", [*fewer, TOP / "specs" / "ping.json"])
    changed = {path for path in whole if whole[path] != without.get(path)}
    own = {path for path in whole if path.startswith("tasks/ping/")}
    indexes = {
        "tasks/__init__.py",
        "tasks/_index.py",
        "tasks/_task_types.py",
        "async_client.py",
        "client.py",
    }
    assert changed == own | indexes
    assert without.keys() == whole.keys() - own
