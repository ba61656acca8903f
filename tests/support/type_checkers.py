"""Runs type checkers. mypy uses a cache of the shipped client and its libraries.

A check spends most of its time on the libraries, and most modules of an emitted package
are those of the shipped client.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from environments import TOP
from once import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest


def mypy(
    factory: pytest.TempPathFactory,
    *what: str | Path,
    cwd: Path,
    path: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run mypy in strict mode, with a cache that has the shipped client.

    Args:
        factory: Provides the folder of this test run.
        what: Programs, packages and options. With an option that invalidates the cache,
            such as a plugin, mypy reads everything again.
        cwd: The folder to run it in.
        path: A folder of packages to import, in addition to `cwd`.
    """
    shipped = once(factory, "mypy", _check_shipped)
    with tempfile.TemporaryDirectory() as folder:
        cache = shutil.copytree(shipped / "cache", Path(folder) / "cache")
        return _mypy(cache, *what, cwd=cwd, path=path)


def _check_shipped(folder: Path) -> None:
    what = ("--package", "runware_client")
    done = _mypy(folder / "cache", *what, cwd=folder, path=TOP / "generated")
    assert done.returncode == 0, done.stdout + done.stderr


def _mypy(
    cache: Path, *what: str | Path, cwd: Path, path: Path | None
) -> subprocess.CompletedProcess[str]:
    options = ("--strict", "--config-file=", f"--cache-dir={cache}")
    env = {"MYPYPATH": str(path or "")}
    return _run("mypy", *options, *what, cwd=cwd, env=env)


WIDE = {"NODE_OPTIONS": "--max-semi-space-size=64"}
"""Gives basedpyright space for new objects, in MiB, so that it collects less often."""


class Diagnostic(NamedTuple):
    """A message of a type checker about a line, counted from 1."""

    file: str
    line: int
    kind: str
    text: str


def diagnostics(said: str) -> list[Diagnostic]:
    """Parse the output of mypy."""
    lines = re.findall(r"^([\w/.-]+\.py):(\d+): (error|note): (.*)", said, re.MULTILINE)
    return [Diagnostic(name, int(line), kind, text) for name, line, kind, text in lines]


def basedpyright(
    folder: Path,
    *include: str,
    path: Path | None = None,
    python: Path = Path(sys.executable),
    version: str = "3.11",
) -> list[Diagnostic]:
    """Run basedpyright in strict mode.

    Args:
        folder: The folder to run it in.
        include: The files and folders in it to check.
        path: A folder of packages to import, in addition to `folder`.
        python: The interpreter that has the libraries.
        version: The version of Python that the programs are for.
    """
    settings = {
        "include": include,
        "typeCheckingMode": "strict",
        "pythonVersion": version,
        "extraPaths": [str(path)] if path else [],
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = ("basedpyright", "--outputjson", f"--pythonpath={python}")
    done = _run(*command, cwd=folder, env=WIDE)
    said = json.loads(done.stdout)
    assert said["summary"]["filesAnalyzed"], done.stdout + done.stderr
    return [
        Diagnostic(
            os.path.relpath(each["file"], folder),
            each["range"]["start"]["line"] + 1,
            each["severity"],
            each["message"],
        )
        for each in said["generalDiagnostics"]
    ]


def _run(
    *command: str | Path, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
