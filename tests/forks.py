"""Runs the command in processes forked from one that has imported it already.

Each run is a process with its own folder, environment, streams and end. What it does
not do is to start an interpreter and import the generator, which would take several
times as long as what most tests ask for.
"""

from __future__ import annotations

import atexit
import functools
import json
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SERVER = Path(__file__).with_name("fork_server.py")


def run_forked(
    arguments: Sequence[str], *, cwd: Path, stdin: bytes, env: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Run the command, with files at its ends.

    Args:
        arguments: Those of the command.
        cwd: The folder to run it in.
        stdin: What it may read.
        env: Its environment, which is not that in which its interpreter started.
    """
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        request = {"arguments": [*arguments], "cwd": str(cwd), "env": {**env}}
        numbers = [file.fileno() for file in (given, out, err)]
        code = _asked(json.dumps(request).encode(), numbers)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read(), err.read())


def _asked(request: bytes, streams: Sequence[int]) -> int:
    """Have something run with these streams; return its exit code."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            socket.send_fds(_server(), [b"!"], [theirs.fileno(), *streams])
        ours.sendall(request)
        ours.shutdown(socket.SHUT_WR)
        return int(ours.recv(16))


@functools.cache
def _server() -> socket.socket:
    """Start the server, which ends with the process that asks it."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, _SERVER, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours
