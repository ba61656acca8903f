"""Imports modules once, then forks for each run of a program that needs them.

`forks` starts one server for all processes that run tests. For each run, a test process
sends a byte together with a socket and the run's standard streams. The socket carries
the request. On it, the server sends the run's process id at once, and its exit code at
the end.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import termios
import threading
import types
from pathlib import Path
from select import select
from typing import TYPE_CHECKING, Any

import certificates

if TYPE_CHECKING:
    from collections.abc import Sequence

STREAMS = 3
SPECS = Path(__file__).parents[2] / "specs"

IMPORTED_LATE = {
    "runware_codegen": (
        "black",
        "click._textwrap",
        "jinja2",
        "hatchling.build",
        "hatchling.builders.sdist",
        "hatchling.builders.wheel",
        "hatchling.metadata.core",
        "setuptools.build_meta",
        "setuptools.command.bdist_wheel",
        "setuptools.command.editable_wheel",
        "setuptools.command.sdist",
        "setuptools.config._validate_pyproject",
        "trove_classifiers",
    )
}
"""Modules that many runs of a package import only when they need them."""


def prepare(name: str) -> None:
    """Do work once that each run of a program would repeat, to save time.

    Args:
        name: The module that the runs need.
    """
    import_everything(name)
    if name == "runware_codegen":
        render_a_package()
        hash_the_generator()
    certificates.share()
    certificates.shared_ssl_context()


def render_a_package() -> None:
    """Render a package, which caches compiled templates and formatted statements."""
    from runware_codegen.documents import load  # noqa: PLC0415  # may be in PYTHONPATH
    from runware_codegen.parse import parse  # noqa: PLC0415
    from runware_codegen.render import render  # noqa: PLC0415

    documents = load([str(SPECS / "image-inference.json")]).documents
    render(parse(documents, package="client"))


def hash_the_generator() -> None:
    """Hash the files of the generator, unless they have just changed."""
    from runware_codegen.cache import store  # noqa: PLC0415

    if known := store.fingerprint():
        store.fingerprint = lambda: known


def import_everything(name: str) -> None:
    """Import a module; of a package, also all its modules except `__main__`."""
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{name}."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    for late in IMPORTED_LATE.get(name, ()):
        importlib.import_module(late)


def forked(listening: socket.socket) -> tuple[Any, Sequence[int]]:
    """Fork for each run. In the process of a run, return its request and streams."""
    asking: list[socket.socket] = []
    runs: dict[int, socket.socket] = {}
    ended, ending = socket.socketpair()
    ending.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ending.fileno(), warn_on_full_buffer=False)
    while True:
        for ready in select([listening, ended, *asking], [], [])[0]:
            if ready is listening:
                asking.append(listening.accept()[0])
                continue
            if ready is ended:
                ended.recv(4096)
                report_ended(runs)
                continue
            byte, numbers, *_ = socket.recv_fds(ready, 1, 1 + STREAMS)
            if not byte:  # a process that ran tests has ended
                asking.remove(ready)
                ready.close()
                if not asking and not select([listening], [], [], 0)[0]:
                    listening.close()
                    sys.exit()
                continue
            run, *streams = numbers
            process = os.fork()
            if not process:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for each in (listening, ended, ending, *asking, *runs.values()):
                    each.close()
                return requested(socket.socket(fileno=run)), streams
            runs[process] = socket.socket(fileno=run)
            for stream in streams:  # so that readers see the end of the run
                os.close(stream)
            tell(runs[process], process)


def requested(run: socket.socket) -> Any:
    """Read the request of a run."""
    with run, run.makefile("rb") as told:
        return json.load(told)


def report_ended(runs: dict[int, socket.socket]) -> None:
    """Send the exit codes of the runs that have ended."""
    while runs:
        process, status = os.waitpid(-1, os.WNOHANG)
        if not process:
            return
        with runs.pop(process) as run:
            tell(run, os.waitstatus_to_exitcode(status))


def tell(run: socket.socket, number: int) -> None:
    """Send a number to the process that requested a run, unless it has ended."""
    with contextlib.suppress(BrokenPipeError):
        run.sendall(f"{number}\n".encode())


def have_streams(streams: Sequence[int]) -> None:
    """Open the standard streams, as an interpreter does when it starts."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    errors = "backslashreplace"
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)  # line-buffered if it is a terminal
    sys.stderr = os.fdopen(2, "w", buffering=1, errors=errors, closefd=False)


def have_terminal() -> None:
    """Make standard input the controlling terminal, so that keys can interrupt."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def run_program(command: Sequence[str]) -> None:
    """Run what the interpreter would run with these arguments."""
    match command:
        case ["-m", module, *arguments]:
            sys.path[0] = ""
            sys.argv[1:] = arguments
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["-c", program, *arguments]:
            sys.path[0] = ""
            sys.argv = ["-c", *arguments]
            main = sys.modules["__main__"] = types.ModuleType("__main__")
            exec(compile(program, "<string>", "exec"), main.__dict__)  # noqa: S102
        case [path, *arguments]:
            sys.path[0] = str(Path(path).parent)
            sys.argv = [path, *arguments]
            runpy.run_path(path, run_name="__main__")


def end(code: int) -> None:
    """Exit as an interpreter does, but let the system free the memory. It is faster."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        sys.exit(code)  # the interpreter reports the error
    os._exit(code)


def main() -> None:
    """Run the server; in a forked process, run a program."""
    prepare(sys.argv[2])
    gc.freeze()  # excludes what all runs share from garbage collection
    request, streams = forked(socket.socket(fileno=int(sys.argv[1])))
    have_streams(streams)
    if request["terminal"]:
        have_terminal()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    try:
        run_program(request["command"])
    except SystemExit as exit_:
        if exit_.code is not None and not isinstance(exit_.code, int):
            raise
        end(exit_.code or 0)
    end(0)


if __name__ == "__main__":
    main()
