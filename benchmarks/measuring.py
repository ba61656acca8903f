"""Measures processes and calls, in turns.

Whatever is compared is run in turns, so that a machine that is slower for a while is
slower for all. Of several runs the shortest counts: it says what the work takes, and
what is above it is what else the machine did. A harness that calibrates and forks, such
as pyperf, would add twenty processes to each figure and could not take turns between
interpreters; this is all that is needed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

Key = TypeVar("Key")
Found = TypeVar("Found")

_NOT_COMPILED = "PYTHONDONTWRITEBYTECODE"
_ENVIRONMENT = {k: v for k, v in os.environ.items() if k != _NOT_COMPILED}
"""All that is installed is compiled; so is what we emit, when it has been imported."""

_TIMED = """
import time
{before}
began = time.perf_counter()
{work}
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Run:
    """A process that has ended.

    Attributes:
        seconds: By the clock.
        processor: Seconds of processors, also of the processes that it has started.
        megabytes: Peak memory of the largest of them.
    """

    seconds: float
    processor: float
    megabytes: float


def run(command: Sequence[str | Path], environment: Mapping[str, str]) -> Run:
    """Run a command that has to succeed; what it prints is of no interest."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env={**_ENVIRONMENT, **environment}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def in_turns(
    works: Mapping[Key, Callable[[], Found]], rounds: int
) -> dict[Key, list[Found]]:
    """Call each, then each again; return what every call has found."""
    found: dict[Key, list[Found]] = {key: [] for key in works}
    for _ in range(rounds):
        for key, work in works.items():
            found[key].append(work())
    return found


def fresh(python: Path, work: str, *, before: str = "", path: Path) -> float:
    """Return the seconds that statements take in a fresh interpreter.

    Args:
        python: The interpreter.
        work: What is timed.
        before: What comes first, and is not.
        path: A folder to import from.
    """
    program = _TIMED.format(before=before, work=work)
    environment = {**_ENVIRONMENT, "PYTHONPATH": str(path)}
    return float(subprocess.check_output([python, "-c", program], env=environment))


def told(command: Sequence[str | Path]) -> Any:
    """Run a command that prints JSON; return what it says."""
    return json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL))
