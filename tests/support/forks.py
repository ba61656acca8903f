"""Runs programs in processes forked from one that has imported what they need.

Each run is a process with its own folder, environment, streams and exit code. It does
not start an interpreter or import the generator or the client, which would take several
times as long as the work of most tests.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from select import select
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING

from forked_python import begin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GENERATOR = "runware_codegen"
CLIENT = "runware_client"

FOLDER = "RUNWARE_TEST_FORKS"
"""The variable for the folder of the servers of a test run."""

_HERE = Path(__file__).parent
SERVER = _HERE / "fork_server.py"
PROGRAM = _HERE / "forked_python.py"


class Forked:
    """A run in a forked process.

    Attributes:
        pid: The process id.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        streams: Sequence[int],
        *,
        cwd: Path,
        env: Mapping[str, str],
        imported: str = GENERATOR,
        path: Path | None = None,
        terminal: bool = False,
    ) -> None:
        """Start a run.

        Args:
            command: The arguments of the interpreter: `-m` and a module, `-c` and a
                program, or a path; then the arguments of the program.
            streams: Its standard input, output and error.
            cwd: The folder to run it in.
            env: Its environment. The interpreter was started with another one.
            imported: The module that is already imported; a package with its modules.
            path: A folder of modules that are imported instead of installed ones.
            terminal: Whether to make standard input the controlling terminal.
        """
        request: dict[str, object] = {
            "command": [*map(str, command)],
            "cwd": str(cwd),
            "env": {**env},
            "terminal": terminal,
        }
        self._run = begin(_server(imported, path), request, [*streams])
        self._told = self._run.makefile("rb")
        self.pid = int(self._told.readline())
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, or the negative number of the signal that ended it."""
        if self._code is None:
            with self._run, self._told:
                self._run.settimeout(timeout)
                self._code = int(self._told.readline())
        return self._code

    def poll(self) -> int | None:
        """Return the exit code as `wait` does; None while it runs."""
        has_ended = self._code is not None or select([self._run], [], [], 0)[0]
        return self.wait() if has_ended else None

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, unless it has ended."""
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM to the process."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process, as a crash would."""
        if self.poll() is None:
            self.send_signal(signal.SIGKILL)
            self.wait()


def run_forked(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes = b"",
    imported: str = GENERATOR,
    path: Path | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program until it ends, with files as its standard streams.

    Args:
        command: As in `Forked`.
        cwd: The folder to run it in.
        env: Its environment.
        stdin: The content of its standard input.
        imported: The module that is already imported.
        path: A folder of modules that are imported instead of installed ones.
    """
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        streams = [file.fileno() for file in (given, out, err)]
        run = Forked(command, streams, cwd=cwd, env=env, imported=imported, path=path)
        code = run.wait()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, code, out.read(), err.read())


def forked_python(imported: str = GENERATOR, *, path: Path | None = None) -> list[str]:
    """Return a command that takes an interpreter's arguments, and runs them in a fork.

    Args:
        imported: The module that is already imported.
        path: A folder of modules that are imported instead of installed ones.
    """
    _server(imported, path)
    return [sys.executable, "-I", "-S", str(PROGRAM), str(_address(imported, path))]


@functools.cache
def _server(imported: str, path: Path | None) -> socket.socket:
    """Connect to the server, which ends with the last process that uses it.

    All processes of a test run share one server. The first process that needs it starts
    it.
    """
    address = _address(imported, path)
    asking = socket.socket(socket.AF_UNIX)
    with address.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            asking.connect(str(address))
        except (FileNotFoundError, ConnectionRefusedError):
            address.unlink(missing_ok=True)
            _start(imported, path, address)
            asking.connect(str(address))
    atexit.register(asking.close)
    return asking


def _address(imported: str, path: Path | None) -> Path:
    return _folder() / (f"{imported}-{path.name}" if path else imported)


@functools.cache
def _folder() -> Path:
    """Return the folder of the servers; outside of tests, a folder of this process."""
    if shared := os.environ.get(FOLDER):
        return Path(shared)
    own = TemporaryDirectory(prefix="forks-")
    atexit.register(own.cleanup)
    return Path(own.name)


def _start(imported: str, path: Path | None, address: Path) -> None:
    """Start a server. It needs some time for its imports before it responds.

    Its standard error is a file. A pipe of the process that starts it would stay open
    while the server serves other processes.
    """
    folders = [*([path] if path else []), _HERE.parents[1] / "generated"]
    errors = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen()
        there = 3  # the file descriptor in the server
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-W", "error", str(SERVER), str(there), imported],
            {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, listening.fileno(), there),
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, address.with_suffix(".log"), errors, 0o600),
            ],
        )
