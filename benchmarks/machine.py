"""The machine and the libraries of a run, in words that name nobody."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import peers

if TYPE_CHECKING:
    from catalogue import Work

_OURS = ("pydantic", "httpx2", "black", "mypy")


def machine(work: Work) -> str:
    """Say when, where and with what was measured."""
    ours = ", ".join(f"{name} {version(name)}" for name in _OURS)
    found = peers.versions(work.peer)
    others = ", ".join(f"{name} {number}" for name, number in found.items())
    day = datetime.now(UTC)
    return (
        f"Measured on {day.day} {day:%B %Y}, on {_processors()} cores of an {_name()} "
        f"with {platform.system()}, Python {platform.python_version()}, {ours}; "
        f"beside {others}."
    )


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _name() -> str:
    """Return what the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except FileNotFoundError:
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.check_output(command, text=True).strip()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
