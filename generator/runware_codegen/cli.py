"""The command line: commands, signals, exit codes.

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
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from runware_codegen import __version__, hook, settings
from runware_codegen.catalog import lock
from runware_codegen.mock import options as mock_options
from runware_codegen.options import (
    BUILD,
    DOCUMENTING,
    FETCHING,
    GENERATING,
    LISTING,
    SELECTING,
    SPEAKING,
    STARTING,
    documents_folder,
    with_options,
)
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import Terminal, plain

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType
    from typing import Unpack

    from runware_codegen.options import (
        DocsOptions,
        FetchOptions,
        GenerateOptions,
        InitOptions,
        ListOptions,
    )

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
        ctx.default_map = self.settings(ctx, args)
        rest = super().parse_args(ctx, args)
        if not ctx.params["documents"]:
            ctx.params["documents"] = ctx.default_map.get("documents", ())
        return rest

    def settings(self, ctx: click.Context, args: list[str]) -> dict[str, Any]:
        """Read what the file says of the options."""
        return _said_in_file(ctx, args)


class _Documenting(_Configured):
    """A command that writes to where pyproject.toml wants the reference."""

    def settings(self, ctx: click.Context, args: list[str]) -> dict[str, Any]:
        """Take the setting docs for the folder."""
        said = super().settings(ctx, args)
        said.pop("output", None)
        return {**said, "output": said["docs"]} if said.get("docs") else said


class _Fetching(click.Command):
    """A command that brings documents to where pyproject.toml says that they are."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the options that mean the same here as in the file."""
        said = _said_in_file(ctx, args)
        shared = said.keys() & {"include_status", "index_url", "quiet", "verbose"}
        ctx.default_map = {name: said[name] for name in shared}
        if documents := said.get("documents"):
            ctx.default_map["output"] = documents_folder(documents)
        return super().parse_args(ctx, args)


def _said_in_file(ctx: click.Context, args: list[str]) -> dict[str, Any]:
    """Read the options in pyproject.toml, unless only help is wanted."""
    helping = not set(args).isdisjoint(ctx.help_option_names)
    if helping or ctx.resilient_parsing or not (file := settings.find()):
        return {}
    return settings.read(file, _all_parameters())


def _all_parameters() -> list[click.Parameter]:
    """What pyproject.toml may set: what makes a package, not how the mock is run."""
    return [*generate.params, *list_documents.params, BUILD]


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
    folders = [target, *([Path(options["docs"])] if options["docs"] else [])]
    with _terminal(ctx) as terminal:
        with _remarking(f"{target} is as it was"):
            lock.check(options["documents"])
            from runware_codegen import pipeline  # noqa: PLC0415  # it takes its time

            if options["check"] or options["diff"]:
                differs = pipeline.check(options, target, terminal)
                held_up = options["as_hook"] and hook.fails_commit(
                    [(folder, ()) for folder in folders], terminal
                )
                return _DIFFERENT if held_up or (options["check"] and differs) else 0
            made = pipeline.generate(options, target, terminal)
        pipeline.summarize(made, terminal)
        written = [(folder.target, folder.changes) for folder in made.folders]
        if options["as_hook"] and hook.fails_commit(written, terminal):
            return _DIFFERENT
    return 0


@cli.command(cls=_Documenting)
@with_options(*SELECTING, *DOCUMENTING, *SPEAKING)
@click.pass_context
def docs(ctx: click.Context, /, **options: Unpack[DocsOptions]) -> int:
    """Write a reference of documents in Markdown.

    DOCS are files, folders, or - for standard input; without any, the documents that
    come with this program. DIR gets an index, a page for each document, and llms.txt,
    llms-full.txt and AGENTS.md for coding assistants. generate keeps it current if
    docs is set in pyproject.toml.
    """
    target = Path(options["output"])
    with _terminal(ctx) as terminal, _remarking(f"{target} is as it was"):
        lock.check(options["documents"])
        from runware_codegen import pipeline  # noqa: PLC0415  # it takes its time

        if options["check"] or options["diff"]:
            differs = pipeline.check_docs(options, target, terminal)
            return _DIFFERENT if options["check"] and differs else 0
        pipeline.summarize(pipeline.write_docs(options, target, terminal), terminal)
    return 0


@cli.command("list", cls=_Configured)
@with_options(*SELECTING, *LISTING, *SPEAKING)
@click.pass_context
def list_documents(ctx: click.Context, /, **options: Unpack[ListOptions]) -> None:
    """Show the documents that a package would be made from.

    DOCS are files, folders, or - for standard input; without any, the documents that
    come with this program. With --catalog, show the models that Runware has, and what
    of them is in the first folder of DOCS.
    """
    with _terminal(ctx) as terminal:
        if options["catalog"]:
            from runware_codegen.catalog import listing  # noqa: PLC0415  # as below

            source = ctx.get_parameter_source("include_status")
            chosen = source is not ParameterSource.DEFAULT
            statuses = options["include_status"] if chosen else ()
            folder = Path(documents_folder(options["documents"]))
            listing.list_catalog(options, folder, statuses, terminal)
            return
        from runware_codegen import pipeline  # noqa: PLC0415  # it takes its time

        pipeline.list_documents(options, terminal)


@cli.command(cls=_Fetching)
@with_options(*FETCHING, *SPEAKING)
@click.pass_context
def fetch(ctx: click.Context, /, **options: Unpack[FetchOptions]) -> None:
    """Bring documents of Runware's catalogue into a folder, and lock them.

    MODEL is an id or AIR of a model (* and ? allowed), or the name of a utility.
    Without any, the documents are fetched that runware.lock names. Proxies and
    certificates are those of the environment: HTTPS_PROXY, SSL_CERT_FILE and the like.
    """
    _exclude(ctx, "--locked", "--update")
    _exclude(ctx, "--all", "--task-type")
    _exclude(ctx, "--all", "MODEL")
    with _terminal(ctx) as terminal, _remarking("what has been fetched is whole"):
        from runware_codegen.catalog import fetching  # noqa: PLC0415  # as below

        fetching.fetch(options, terminal)


@cli.command("init")
@with_options(*STARTING, *SPEAKING)
@click.pass_context
def start(ctx: click.Context, /, **options: Unpack[InitOptions]) -> None:
    """Set up the project in this folder, and make its package.

    Asks for what the options leave open; where nobody can answer, takes what is usual.
    Writes [tool.runware-codegen] into pyproject.toml, and the hook into a
    .pre-commit-config.yaml if there is one. Nothing else in them changes.
    """
    from runware_codegen import init  # noqa: PLC0415  # it takes its time

    with _terminal(ctx) as terminal:
        with _remarking("the settings are as they were"):
            if not (plan := init.plan(options)):
                terminal.summary("Everything is as it was.")
                return
            wanted = plan.answers
            said = {name: options[name] for name in ("quiet", "verbose")}
            if wanted.models:
                place = {"output": wanted.documents, "index_url": wanted.index_url}
                ctx.invoke(fetch, models=wanted.models, **place, **said)
            ctx.invoke(
                generate,
                documents=(wanted.documents,) if wanted.documents else (),
                only=wanted.task_types,
                output=wanted.output,
                package=wanted.package,
                **said,
            )
        init.write(plan, terminal)


@cli.command(cls=_Configured)
@with_options(*mock_options.OPTIONS)
def mock(**options: Unpack[mock_options.MockOptions]) -> None:
    """Serve Runware's API from documents, on this machine.

    DOCS are files, folders, or - for standard input; without any, the documents that
    come with this program. Tasks are validated by them, results are made up, nothing
    is paid. GET /_ledger shows what was accepted, run, billed and collected.
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


def _exclude(ctx: click.Context, *names: str) -> None:
    """Refuse options, or an argument, that do not go together."""
    given = {
        parameter.opts[0] if isinstance(parameter, click.Option) else "MODEL"
        for parameter in ctx.command.params
        if parameter.name and ctx.params.get(parameter.name)
    }
    if given.issuperset(names):
        raise click.UsageError(f"{' and '.join(names)} exclude each other.", ctx)


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
def _remarking(remark: str) -> Generator[None]:
    """Let a person who stops the program know how it leaves things."""
    try:
        yield
    except _Stopped as stop:
        stop.remark = stop.remark or f"; {remark}"
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
    except click.Abort:  # nobody answers: the end of the input is reached
        terminal.error("\nThere is no answer; everything is as it was.")
    except InvalidInputError as error:
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
