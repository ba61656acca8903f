"""Under faults, and killed at any moment, clients lose nothing and pay nothing twice."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

RUN = [sys.executable, Path(__file__).with_name("fault_run.py")]
SMALL = ["--tasks", "120", "--seed", "7", "--kills", "3"]


def test_nothing_is_lost_and_nothing_paid_for_twice() -> None:
    run = subprocess.run([*RUN, *SMALL], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    tasks, exchanges, verdict = run.stdout.splitlines()
    assert tasks.startswith("120 tasks with ")
    assert re.search(r"\((1[5-9]|2\d|3\d|4[0-5])%\); 3 processes killed", exchanges)
    assert verdict == "0 lost, 0 paid for twice, 0 altered"


def test_a_client_that_asks_nothing_is_found_out() -> None:
    command = [*RUN, *SMALL, "--naive"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    found = re.search(r"(\d+) lost, (\d+) paid for twice", run.stdout)
    assert found
    assert int(found[2]) > 0
