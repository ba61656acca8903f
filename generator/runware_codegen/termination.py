"""Runs the command line as a process: signals, error output and exit codes.

Exit codes: 0 success, 1 `--check` or `--fail-on` found a difference, 2 an input or the
command line is invalid, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from runware_codegen.problems import InvalidInputError
from runware_codegen.report import Terminal, plain

DIFFERENT = 1

_NAME = "runware-codegen"
_INVALID = 2
_SIGNALLED = 128


class _Stopped(BaseException):
    """A signal stops the program.

    Attributes:
        number: The signal.
        remark: A remark on the state of files, for the message.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.remark = ""


def run(command: click.Command) -> NoReturn:
    """Run a command and end the process with its exit code."""
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    sys.exit(_exit_code(command))


@contextlib.contextmanager
def remarking(remark: str) -> Generator[None]:
    """Add a remark on the state of files to the message of a signal."""
    try:
        yield
    except _Stopped as stop:
        stop.remark = stop.remark or f"; {remark}"
        raise


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    # A file that is being opened is not closed yet, which is no fault of the program.
    warnings.simplefilter("ignore", ResourceWarning)
    raise _Stopped(number)


def _exit_code(command: click.Command) -> int:
    """Run a command, print its errors, and return its exit code."""
    terminal = Terminal()
    try:
        Path.cwd()
    except FileNotFoundError:
        terminal.error(
            "Error: The current folder was removed. Change to another folder."
        )
        return _INVALID
    try:
        return command.main(prog_name=_NAME, standalone_mode=False) or 0
    except SystemExit:  # click raises it if nobody reads the help
        return 0
    except click.ClickException as error:
        error.show()
    except click.Abort:  # the end of the standard input
        terminal.error("\nNo answer was given. Nothing was changed.")
    except InvalidInputError as error:
        terminal.problems(error.problems)
    except OSError as error:
        place = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        terminal.error(plain(f"Error: {place}{error.strerror or error}"))
    except Exception as error:  # noqa: BLE001  # Python would exit with code 1
        encoding = sys.getfilesystemencoding()
        if isinstance(error, UnicodeEncodeError) and encoding != "utf-8":
            reason = f"{encoding}, the encoding of paths here, cannot write this name"
            terminal.error(plain(f"Error: {error.object}: {reason}. Set PYTHONUTF8=1."))
        else:
            terminal.bug(error)
    except _Stopped as stop:
        event = "Interrupted" if stop.number == signal.SIGINT else "Terminated"
        terminal.error(f"{event}{stop.remark}.")
        return _SIGNALLED + stop.number
    return _INVALID
