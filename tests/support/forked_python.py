"""Runs a program in a process forked from a server of `forks`, as an interpreter would.

As a program, it stands for the interpreter in commands that other programs run, such as
recipes of make: its first argument is the address of the server, the others are those
of the interpreter. It imports so little that it starts in a tenth of the time.
"""

from __future__ import annotations

import json
import os
import socket
import sys


def begin(
    server: socket.socket, request: dict[str, object], streams: list[int]
) -> socket.socket:
    """Ask a server for a run.

    Args:
        server: A connection to it.
        request: What to run: its command, folder, environment, and whether it has a
            terminal.
        streams: Its standard input, output and error.

    Returns:
        The socket on which the server tells the process id, and in the end the exit code.
    """
    run, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(server, [b"!"], [theirs.fileno(), *streams])
    run.sendall(json.dumps(request).encode())
    run.shutdown(socket.SHUT_WR)
    return run


def main() -> int:
    """Run a program, and return its exit code."""
    address, *command = sys.argv[1:]
    request: dict[str, object] = {
        "command": command,
        "cwd": os.getcwd(),  # noqa: PTH109 - pathlib takes long to import
        "env": dict(os.environ),
        "terminal": False,
    }
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        with begin(server, request, [0, 1, 2]) as run, run.makefile("rb") as told:
            told.readline()
            return int(told.read())


if __name__ == "__main__":
    sys.exit(main())
