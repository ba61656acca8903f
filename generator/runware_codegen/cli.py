"""The command: what it can be asked for, and how it ends.

Exit codes: 0 done, 1 `--check` found a difference, 2 the input or the call is wrong,
130 interrupted, 143 terminated. The work itself is in `pipeline`, whose import waits
for work to do.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from click.core import ParameterSource

from runware_codegen import __version__, settings
from runware_codegen.options import (
    DOCUMENTS,
    GENERATING,
    LISTING,
    MOCKING,
    SELECTING,
    SPEAKING,
    with_options,
)
from runware_codegen.problems import InvalidInput
from runware_codegen.report import Terminal, plain

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType
    from typing import Unpack

    from runware_codegen.options import GenerateOptions, ListOptions, MockOptions

_DIFFERENT = 1
_WRONG = 2
_SIGNALLED = 128

_COMMAND_LINE = ParameterSource.COMMANDLINE


class _Stopped(BaseException):
    """A signal asks the program to end.

    Attributes:
        number: The signal.
        remark: What is to be said about how things are left.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.remark = ""


class _Configured(click.Command):
    """A command whose options may stand in pyproject.toml too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take options of the command line before those of the file."""
        helping = not set(args).isdisjoint(ctx.help_option_names)
        if not helping and not ctx.resilient_parsing and (file := settings.find()):
            ctx.default_map = settings.read(file, _all_parameters())
        rest = super().parse_args(ctx, args)
        if not ctx.params["documents"] and ctx.default_map:
            ctx.params["documents"] = ctx.default_map.get("documents", ())
        return rest


def _all_parameters() -> list[click.Parameter]:
    """What pyproject.toml may set: what makes a package, not how the mock is run."""
    return [*generate.params, *list_documents.params]


# -- commands -----------------------------------------------------------------


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Turn Runware's OpenAPI documents into a typed Python client.

    Each option of generate and list may also stand in [tool.runware-codegen] of the
    pyproject.toml that is nearest above the current folder; the command line wins.

    Exit codes: 0 done, 1 --check found a difference, 2 the input or the call is wrong.
    """


@cli.command(cls=_Configured)
@with_options(*SELECTING, *GENERATING, *SPEAKING)
@click.pass_context
def generate(ctx: click.Context, /, **options: Unpack[GenerateOptions]) -> int:
    """Make a package from documents.

    DOCS are files, folders, or - for standard input; without any, the documents that
    come with this program. The package is written to DIR/NAME as a whole: a run that
    fails or is interrupted leaves the old one as it was.
    """
    target = Path(options["output"]) / options["package"]
    with _terminal(ctx) as terminal:
        with _leaving_alone(target):
            from runware_codegen import pipeline  # noqa: PLC0415  # it takes its time

            if options["check"] or options["diff"]:
                differs = pipeline.check(options, target, terminal)
                return _DIFFERENT if options["check"] and differs else 0
            made = pipeline.generate(options, target, terminal)
        pipeline.summarize(made, target, terminal)
    return 0


@cli.command("list", cls=_Configured)
@with_options(*SELECTING, *LISTING, *SPEAKING)
@click.pass_context
def list_documents(ctx: click.Context, /, **options: Unpack[ListOptions]) -> None:
    """Show the documents that a package would be made from.

    DOCS are files, folders, or - for standard input; without any, the documents that
    come with this program.
    """
    from runware_codegen import pipeline  # noqa: PLC0415  # it takes its time

    with _terminal(ctx) as terminal:
        pipeline.list_documents(options, terminal)


@cli.command(cls=_Configured)
@with_options(DOCUMENTS, *MOCKING)
def mock(**options: Unpack[MockOptions]) -> None:
    """Serve Runware's API from documents, on this machine.

    DOCS are files, folders, or - for standard input; without any, the documents that
    come with this program. Tasks are judged by their documents, results are made up,
    nothing is paid. GET /_ledger shows what was accepted, run, billed and collected.
    """
    try:
        from runware_codegen.mock import server  # noqa: PLC0415  # it is an extra
    except ModuleNotFoundError as error:
        message = f"{error.name} is missing: install runware-codegen[mock]"
        raise click.ClickException(message) from None
    server.serve(options, Terminal())


def _terminal(ctx: click.Context) -> Terminal:
    """Speak as much as wanted; what the command line says of that wins as a whole."""
    wanted = [name for name in ("quiet", "verbose") if ctx.params[name]]
    if len(wanted) > 1:
        given = [n for n in wanted if ctx.get_parameter_source(n) is _COMMAND_LINE]
        if len(given) != 1:
            raise click.UsageError("--quiet and --verbose exclude each other.", ctx)
        wanted = given
    return Terminal(quiet="quiet" in wanted, verbose="verbose" in wanted)


# -- how it ends --------------------------------------------------------------


def main(prog_name: str = "runware-codegen") -> NoReturn:
    """Run the command and end the process with its exit code."""
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    sys.exit(_run(prog_name))


@contextlib.contextmanager
def _leaving_alone(target: Path) -> Generator[None]:
    """Let a person who stops the program know that a folder is as it was."""
    try:
        yield
    except _Stopped as stop:
        stop.remark = f"; {target} is as it was"
        raise


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise _Stopped(number)


def _run(prog_name: str) -> int:
    """Run the command, tell what went wrong, and give the exit code."""
    terminal = Terminal()
    try:
        return cli.main(prog_name=prog_name, standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
    except InvalidInput as error:
        terminal.problems(error.problems)
    except OSError as error:
        terminal.error(f"Error: {error.strerror or error}")
    except Exception:  # noqa: BLE001  # else Python ends with 1, as --check does
        for line in traceback.format_exc().splitlines():
            terminal.error(plain(line))
        terminal.error("This is a fault of runware-codegen; please report it.")
    except _Stopped as stop:
        event = "Interrupted" if stop.number == signal.SIGINT else "Terminated"
        terminal.error(f"{event}{stop.remark}.")
        return _SIGNALLED + stop.number
    return _WRONG
