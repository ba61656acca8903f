"""Runs the command as a process, as users and their programs do."""

from __future__ import annotations

import functools
import json
import os
import pty
import select
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forks import Forked, run_forked
from making import a_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMMAND = [sys.executable, "-m", "runware_codegen"]
GENERATE = ["generate", "docs", "--output", "out", "--package", "client"]

MAX_SILENCE = 120
"""Seconds that a command in a terminal may run without output."""


def write(folder: Path, name: str, schema: dict[str, Any], **said: Any) -> None:
    """Write a document with a name into a folder, which need not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    document = a_document(schema, identifier=name, model=f"test:{name}@1", **said)
    (folder / f"{name}.json").write_text(json.dumps(document))


def write_documents(folder: Path) -> None:
    """Write the two documents that the command GENERATE reads."""
    docs = folder / "docs"
    write(docs, "one", {}, info={"x-status": "live"})
    write(docs, "two", {"properties": {"size": {"type": "integer"}}})


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Read the content and the modification time of each file in a folder."""
    return {
        path.relative_to(folder).as_posix(): (
            path.read_bytes(),
            path.stat().st_mtime_ns,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment without settings for colours, with a common terminal."""
    unset = {"NO_COLOR", "TERM", "COLUMNS", "PYTHONIOENCODING"}
    inherited = {k: v for k, v in os.environ.items() if k not in unset}
    return inherited | {"TERM": "xterm"} | dict(extra or {})


def run(
    *arguments: str | Path,
    cwd: Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command. None of its standard streams is a terminal.

    With variables that the interpreter reads in `env`, a new one is started.
    """
    command = [*COMMAND, *map(str, arguments)]
    if not _has_interpreters_variable(env):
        finished = run_forked(command[1:], cwd=cwd, stdin=stdin, env=environment(env))
    else:
        finished = subprocess.run(
            command,
            cwd=cwd,
            input=stdin,
            capture_output=True,
            env=environment(env),
            check=False,
        )
    out, err = finished.stdout.decode(), finished.stderr.decode()
    assert "Traceback" not in err
    return subprocess.CompletedProcess(arguments, finished.returncode, out, err)


def run_unprivileged(
    *arguments: str | Path, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run the command without the privilege of root to write files that are read-only."""
    program = """
        import ctypes, os, runpy
        if os.geteuid() == 0:  # see capset(2)
            header, none = (ctypes.c_uint32 * 2)(0x20080522), (ctypes.c_uint32 * 6)()
            assert ctypes.CDLL(None).capset(header, none) == 0
        runpy.run_module("runware_codegen", run_name="__main__")
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )


def _has_interpreters_variable(env: Mapping[str, str] | None) -> bool:
    return any(name.startswith(("PYTHON", "LC_")) for name in env or ())


@dataclass
class Session:
    """The output of a command in a terminal, and its exit code."""

    shown: str
    code: int


def run_in_terminal(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    react: Callable[[str, Callable[[bytes], object], int], object] | None = None,
) -> Session:
    """Run the command in a new terminal.

    A new interpreter is started as in `run`.

    Args:
        arguments: The arguments of the command.
        cwd: The folder to run it in.
        env: Additional environment variables.
        react: Called after each piece of output, with the whole output so far, a
            function that types into the terminal, and the process id.
    """
    primary, secondary = pty.openpty()
    process = _started_in_terminal(secondary, [*map(str, arguments)], cwd, env)
    os.close(secondary)
    shown = b""
    try:
        while select.select([primary], [], [], MAX_SILENCE)[0]:
            if not (piece := os.read(primary, 65536)):
                break
            shown += piece
            if react:
                typed = functools.partial(os.write, primary)
                react(shown.decode(errors="replace"), typed, process.pid)
    except OSError:  # on Linux: no process has the terminal open any more
        pass
    finally:
        os.close(primary)  # ends a command that still waits for a key
    return Session(shown.decode(errors="replace"), process.wait(timeout=MAX_SILENCE))


def until_it_waits(process: int) -> None:
    """Wait until a process sleeps, as it does when it reads a key.

    Python would miss a signal that arrives between its last check and the read.
    """
    status = Path(f"/proc/{process}/stat")
    while status.exists() and status.read_text().rpartition(") ")[2][0] == "R":
        time.sleep(0.001)


def until(holds: Callable[[], object]) -> None:
    """Wait until a condition holds, for at most two minutes."""
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _started_in_terminal(
    terminal: int, arguments: list[str], cwd: Path, env: Mapping[str, str] | None
) -> Forked | subprocess.Popen[bytes]:
    if not _has_interpreters_variable(env):
        command = [*COMMAND[1:], *arguments]
        streams = [terminal] * 3
        return Forked(command, streams, cwd=cwd, env=environment(env), terminal=True)
    return subprocess.Popen(
        [sys.executable, "-c", _IN_SESSION, *arguments],
        cwd=cwd,
        env=environment(env),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )


# Makes the terminal the controlling terminal of the process, so that a key can
# interrupt it. This also works if the tests run in the background and ignore SIGINT.
_IN_SESSION = f"""
import fcntl, runpy, signal, sys, termios
signal.signal({signal.SIGINT.value}, signal.default_int_handler)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
runpy.run_module("runware_codegen", run_name="__main__", alter_sys=True)
"""
