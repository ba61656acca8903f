"""Virtual environments for tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parent.parent


def environment(folder: Path, *what: str, python: str = sys.executable) -> Path:
    """Make a virtual environment with something installed; return its folder of commands.

    pip installs from wherever it is configured to.
    """
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    commands = folder / "bin"
    quietly = ["-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([commands / "python", *quietly, *what], check=True)
    return commands


def newest_python() -> str:
    """Return the newest CPython on this machine that the project supports."""
    uv = Path(sys.executable).with_name("uv")
    found = subprocess.run(
        [uv, "python", "list", "--only-installed", "--output-format", "json"],
        check=True,
        capture_output=True,
        text=True,
    )
    versions = {
        tuple(map(int, each["version"].split(".")[:2])): str(each["path"])
        for each in json.loads(found.stdout)
        if each["implementation"] == "cpython" and "rc" not in each["version"]
    }
    versions[sys.version_info[:2]] = sys.executable
    return versions[max(versions)]
