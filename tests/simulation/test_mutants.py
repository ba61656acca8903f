"""Each fault that is put into the client breaks a promise in some schedule."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.mutants import MUTANTS, Mutant, apply

TESTS = Path(__file__).parent.parent
SHIPPED = TESTS.parent / "generated" / "runware_client"
SCHEDULES = 20_000


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_found(mutant: Mutant, tmp_path: Path) -> None:
    package = tmp_path / SHIPPED.name
    shutil.copytree(SHIPPED, package, ignore=shutil.ignore_patterns("__pycache__"))
    apply(mutant, package)
    command = [sys.executable, "-m", "simulation.run", "--jobs", "1", "--first"]
    variables = {"PYTHONPATH": str(TESTS), "SIMULATED_CLIENT": str(tmp_path)}
    ran = subprocess.run(
        [*command, "--schedules", str(SCHEDULES), "--seed", str(mutant.seed)],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "schedules, 1 failed" in ran.stdout, ran.stdout + ran.stderr
