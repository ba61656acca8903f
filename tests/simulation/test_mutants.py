"""The simulation finds each mutant: its fault breaks a promise in some schedule.

The client without the fault breaks none in the same schedule.

These tests do not shrink the failing schedules, because that takes longer;
`test_world.py` tests the shrinking.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from simulation.mutants import MUTANTS, Mutant
from simulation.run import failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEDULES = 20_000
COMMAND = [sys.executable, "-m", "simulation.search"]


@pytest.fixture(scope="module")
def search() -> Iterator[Callable[[str], str]]:
    """Yield a function that sends a request to the search process.

    One process serves all mutants, and forks for each of them.
    """
    variables = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        COMMAND, env=os.environ | variables, stdin=pipe, stdout=pipe, text=True
    ) as process:
        requests, answers = _pipes(process)

        def ask(request: str) -> str:
            print(request, file=requests, flush=True)
            return answers.readline()

        yield ask
        requests.close()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin
    assert process.stdout
    return process.stdin, process.stdout


@pytest.mark.parametrize(
    ("index", "mutant"), [*enumerate(MUTANTS)], ids=[each.name for each in MUTANTS]
)
def test_a_fault_is_found(
    index: int, mutant: Mutant, search: Callable[[str], str]
) -> None:
    found = search(f"{index} {mutant.seed} {mutant.seed + SCHEDULES}")
    failure = re.match(r"Failure\(seed=(\d+), ", found)
    assert failure, found
    assert not [*failures([int(failure[1])], mutant.knobs)], "not because of the fault"
