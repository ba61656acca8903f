"""The fault run: despite faults and kills, no task is lost or paid for twice."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import pytest

import fault_run
from environments import TOP
from fault_run import verdict
from forks import CLIENT, run_forked

SMALL = ["--tasks", "120", "--seed", "7", "--kills", "3"]

PLATFORMS = ["plain", "refuse", "refuse-safe", "refuse-async", "run"]
"""Platforms of the fault run on which no task is lost or paid for twice."""


def ran(*options: str) -> subprocess.CompletedProcess[str]:
    command = [fault_run.__file__, *options]
    done = run_forked(command, cwd=TOP, env=os.environ, imported=CLIENT)
    out, err = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(command, done.returncode, out, err)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_nothing_is_lost_and_nothing_paid_for_twice(platform: str) -> None:
    run = ran(*SMALL, "--platform", platform)
    assert run.returncode == 0, run.stdout + run.stderr
    tasks, exchanges, verdicts = run.stdout.splitlines()
    assert tasks.startswith("120 tasks with ")
    assert re.search(r"\(([1-3]\d|4[0-5])%\); 3 processes killed", exchanges)
    assert verdicts.startswith("0 lost, 0 paid for twice, 0 altered")


def test_a_client_that_asks_nothing_is_found_out() -> None:
    run = ran("--tasks", "60", "--seed", "7", "--kills", "1", "--naive")
    assert run.returncode == 1, run.stdout + run.stderr
    found = re.search(r"(\d+) lost, (\d+) paid for twice", run.stdout)
    assert found
    assert int(found[2]) > 0


TASK = {"taskUUID": "one", "numberResults": 2, "includeCost": True}
ENTRY = {"run": 1, "results": ["a", "b"], "cost": 0.5}
A, B = {"imageUUID": "a", "cost": 0.25}, {"imageUUID": "b", "cost": 0.25}


@pytest.mark.parametrize(
    ("entry", "journal", "expected"),
    [
        (ENTRY, {"results": [B, A]}, "right"),
        (ENTRY, {}, "lost"),
        (ENTRY, {"results": [A]}, "lost"),
        (ENTRY, {"left": "late", "results": [A], "has_handle": True}, "lost"),
        (ENTRY, {"left": "late", "results": [A, B], "has_handle": True}, "lost"),
        (ENTRY, {"results": [A, B], "failed": "no"}, "lost"),
        (ENTRY, {"results": [A, A]}, "altered"),
        (ENTRY, {"results": [A, B, B]}, "altered"),
        (ENTRY, {"results": [A, {**B, "cost": 0.5}]}, "altered"),
        (ENTRY, {"results": [A, {"imageUUID": "b"}]}, "altered"),
        ({**ENTRY, "run": 2}, {"results": [A, B]}, "twice"),
        ({**ENTRY, "results": ["a"], "cost": 0.25}, {"results": [A]}, "lost"),
        (
            {**ENTRY, "results": ["a"], "cost": 0.25},
            {"results": [A], "failed": "one"},
            "right",
        ),
        (
            {**ENTRY, "results": [], "cost": 0},
            {"results": [], "failed": "all"},
            "right",
        ),
        (
            {**ENTRY, "results": [], "cost": 0},
            {"results": [], "left": "one failed", "has_handle": True},
            "right",
        ),
        (
            {**ENTRY, "results": ["a"], "cost": 0.25},
            {"results": [], "left": "one failed", "has_handle": True},
            "lost",
        ),
        (None, {"left": "late", "results": [], "has_handle": True}, "never accepted"),
        (None, {"failed": "no", "results": []}, "lost"),
    ],
)
def test_how_the_books_are_compared(
    entry: dict[str, Any] | None, journal: dict[str, Any], expected: str
) -> None:
    assert verdict(TASK, entry, journal, has_all_costs=True) == expected
