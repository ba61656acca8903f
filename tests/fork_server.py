"""Imports the whole generator once, then is forked for each run of the command.

A process that `forks` starts. It is told of a run by one byte, which brings a socket
and the run's standard streams along; the socket says what to run, and is told the exit
code in the end.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

import runware_codegen

if TYPE_CHECKING:
    from collections.abc import Sequence

STREAMS = 3


def import_everything() -> None:
    """Import all modules, but the one that runs the command."""
    for module in pkgutil.walk_packages(runware_codegen.__path__, "runware_codegen."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    gc.freeze()  # what all runs share is not looked at again


def forked(control: socket.socket) -> tuple[Any, Sequence[int]]:
    """Fork for each run; in the process that is to be it, return it and its streams."""
    while True:
        byte, numbers, *_ = socket.recv_fds(control, 1, 1 + STREAMS)
        if not byte:  # the tests have ended
            sys.exit()
        if not os.fork():
            control.close()
            return attended(socket.socket(fileno=numbers[0])), numbers[1:]
        for number in numbers:
            os.close(number)


def attended(run: socket.socket) -> Any:
    """Fork once more, and return what to run; its parent waits, to tell how it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with run, run.makefile("rb") as told:
        request = json.load(told)
        process = os.fork()
        if not process:
            return request
        _, status = os.waitpid(process, 0)
        run.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)


def main() -> None:
    """Be the server, and in the end one run of the command."""
    import_everything()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    request, streams = forked(socket.socket(fileno=int(sys.argv[1])))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv[1:] = request["arguments"]
    runpy.run_module("runware_codegen", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
