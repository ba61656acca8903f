"""Each fault that is put into the client breaks a promise in some schedule.

That a schedule that fails is shrunk and told is for `test_world.py`, and takes longer.
"""

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


SEARCH = """
import sys
from simulation.run import failures

begin, end = map(int, sys.argv[1:])
print(next(failures(range(begin, end)), "none"))
"""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_found(mutant: Mutant, tmp_path: Path) -> None:
    package = tmp_path / SHIPPED.name
    shutil.copytree(SHIPPED, package, ignore=_temporary)
    apply(mutant, package)
    begin, end = mutant.seed, mutant.seed + SCHEDULES
    variables = {"PYTHONPATH": str(TESTS), "SIMULATED_CLIENT": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", SEARCH, str(begin), str(end)],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("Failure("), ran.stdout


def _temporary(_: str, names: list[str]) -> list[str]:
    """Name what Python writes before it is bytecode, which is copied: it is still right."""
    return [name for name in names if ".pyc." in name]
