"""Imports between the rooms of the generator run one way, as pyproject.toml has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from environments import TOP


def test_no_import_runs_up() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run(
        [linter, "--no-cache"], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
