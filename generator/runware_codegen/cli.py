"""The command line: commands, signals, exit codes.

Exit codes: 0 done, 1 `--check` found a difference, 2 the input or the call is wrong,
130 interrupted, 143 terminated. The work itself is in `pipeline`, whose import waits
for work to do.
"""

from __future__ import annotations

import contextlib
import itertools
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import click
from click.core import ParameterSource

from runware_codegen import __version__, hook, settings
from runware_codegen.catalog import lock
from runware_codegen.diff.options import DIFFING
from runware_codegen.mock import options as mock_options
from runware_codegen.options import (
    BUILD,
    DOCUMENTING,
    FETCHING,
    GENERATING,
    LISTING,
    MODELS,
    PROJECT,
    SELECTING,
    SPEAKING,
    STARTING,
    documents_folder,
    import_name,
    package_folder,
    with_options,
)
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import Terminal, plain
from runware_codegen.resources import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType
    from typing import Unpack

    from runware_codegen.catalog.fetching import UpdateReport
    from runware_codegen.diff.options import DiffOptions
    from runware_codegen.init import Plan
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

_GENERATED = f"{__name__}.generated"
"""In the `meta` of a context: the package that `generate` has made."""

_ASK_AGAIN = (
    "The settings are as they were. Press Enter to keep an answer and to try again, or"
    " type another; Ctrl-C ends."
)

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
        ctx.default_map = _for_all_clients(_read_clients(ctx, args))
        return _parse(ctx, args)


class _ForEachClient(click.Command):
    """A command that runs for each client of pyproject.toml."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line for each client, in a context of its own."""
        clients = self.settings(_chosen_clients(_read_clients(ctx, args), args))
        first, *others = clients
        ctx.default_map = first
        ctx.obj = [_context_for(ctx, args, client) for client in others]
        return _parse(ctx, list(args))

    def invoke(self, ctx: click.Context) -> int:
        """Run the command for each client; the exit code is the highest."""
        contexts = each_client(ctx)
        _refuse_same_folders(contexts)
        return max(super(_ForEachClient, self).invoke(each) or 0 for each in contexts)

    def settings(self, clients: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take what the file says of each client."""
        return clients


class _Documenting(_ForEachClient):
    """A command that writes to where pyproject.toml wants the reference."""

    def settings(self, clients: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take the setting docs for the folder, and the clients that have it."""
        having = [client for client in clients if client.get("docs")] or clients
        return [
            {**client, "output": client.get("docs"), "source": client.get("output")}
            for client in having
        ]


class _Fetching(click.Command):
    """A command that brings documents to where pyproject.toml says that they are."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the options that mean the same here as in the file."""
        said = _for_all_clients(_read_clients(ctx, args))
        shared = said.keys() & {"include_status", "index_url", "quiet", "verbose"}
        ctx.default_map = {name: said[name] for name in shared}
        if documents := said.get("documents"):
            ctx.default_map["output"] = documents_folder(documents)
        return super().parse_args(ctx, args)


class _Diffing(click.Command):
    """A command that compares the documents of pyproject.toml where none are named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the options that mean the same here as in the file."""
        said = _for_all_clients(_read_clients(ctx, args))
        ctx.default_map = {n: said[n] for n in said.keys() & {"quiet", "verbose"}}
        if documents := said.get("documents"):
            ctx.default_map["documents"] = documents_folder(documents)
        return super().parse_args(ctx, args)


def each_client(ctx: click.Context) -> list[click.Context]:
    """Give the context of `generate` for each client of pyproject.toml."""
    return [ctx, *ctx.obj]


def _read_clients(ctx: click.Context, args: list[str]) -> list[dict[str, Any]]:
    """Read the options of each client in pyproject.toml, unless only help is wanted."""
    given, _, _ = ctx.command.make_parser(ctx).parse_args(list(args))
    wants_help = ctx.command.get_help_option(ctx)
    if (wants_help and wants_help.name in given) or ctx.resilient_parsing:
        return [{}]
    file = ctx.meta[settings.FILE] = settings.find(given.get("project"))
    return settings.read(file, _all_parameters()) if file else [{}]


def _chosen_clients(
    clients: list[dict[str, Any]], args: list[str]
) -> list[dict[str, Any]]:
    """Leave the client that `--package` names, if it names one."""
    given, _, _ = generate.make_parser(click.Context(generate)).parse_args(list(args))
    package = given.get("package")
    return [each for each in clients if each.get("package") == package] or clients


def _for_all_clients(clients: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the options that all clients share, and the documents of all."""
    first, *others = clients
    shared = {k: v for k, v in first.items() if all(o.get(k) == v for o in others)}
    if others:
        documents = [each.get("documents") or [f"{BUILTIN}*"] for each in clients]
        shared["documents"] = tuple(dict.fromkeys(itertools.chain(*documents)))
        tables = [each.get(settings.MODELS, {}) for each in clients]
        shared[settings.MODELS] = {k: v for table in tables for k, v in table.items()}
    return shared


def _context_for(
    ctx: click.Context, args: list[str], client: dict[str, Any]
) -> click.Context:
    other = click.Context(ctx.command, ctx.parent, ctx.info_name, default_map=client)
    other.obj = []
    with other.scope(cleanup=False):
        _parse(other, list(args))
    return other


def _parse(ctx: click.Context, args: list[str]) -> list[str]:
    """Parse a command line after the options of the file are known."""
    try:
        rest = click.Command.parse_args(ctx.command, ctx, args)
    except click.MissingParameter as missing:
        name = missing.param.name if missing.param else ""
        if name not in {"output", "package"}:
            raise
        raise click.UsageError(_not_configured(ctx, name), ctx) from None
    if not ctx.params["documents"]:
        ctx.params["documents"] = (ctx.default_map or {}).get("documents", ())
    table = (ctx.default_map or {}).get(settings.MODELS, {})
    ctx.params["own_models"] = settings.own_models(table, ctx.meta.get(settings.FILE))
    return rest


def _not_configured(ctx: click.Context, name: str) -> str:
    """Say how to give an option that is needed."""
    file = ctx.meta.get(settings.FILE)
    place = f"[tool.runware-codegen] of {file or 'a pyproject.toml'}"
    setting = "docs" if ctx.command is docs and name == "output" else name
    return (
        f"Missing option '--{name}'. Give it, set {setting} in {place}, or run"
        " `runware-codegen init`, which asks for it."
    )


def _refuse_same_folders(contexts: list[click.Context]) -> None:
    folders = [folder for each in contexts for folder in _folders(each)]
    if len(set(folders)) < len(folders):
        raise click.UsageError(
            "Several clients have the same folder. Give each its output, package or docs;"
            " --package chooses one of them."
        )


def _folders(ctx: click.Context) -> list[Path]:
    """List what a command writes: the folder of the package, and that of its pages."""
    if ctx.command is docs:
        return [Path(ctx.params["output"])]
    options = cast("GenerateOptions", ctx.params)
    pages = [Path(options["docs"])] if options["docs"] else []
    return [_target(options), *pages]


def _all_parameters() -> list[click.Parameter]:
    """What pyproject.toml may set: what makes a package, not how the mock is run."""
    return [*generate.params, *list_documents.params, BUILD, MODELS]


def _target(options: GenerateOptions) -> Path:
    return Path(options["output"]) / package_folder(options["package"])


def _new_update_report() -> UpdateReport:
    from runware_codegen.diff.updates import Updates  # noqa: PLC0415  # it is slow

    return Updates()


# -- commands -----------------------------------------------------------------


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Turn Runware's OpenAPI documents into a typed Python client.

    Each option of generate and list may also stand in [tool.runware-codegen] of the
    pyproject.toml that is nearest above the current folder; the command line wins.

    Exit codes: 0 done, 1 --check or --fail-on found a difference, 2 the input or the call is wrong.
    """


@cli.command(cls=_ForEachClient)
@with_options(*SELECTING, *GENERATING, PROJECT, *SPEAKING)
@click.pass_context
def generate(ctx: click.Context, /, **options: Unpack[GenerateOptions]) -> int:
    """Make a package from documents.

    DOCS are files, folders, - for standard input, or builtin:TASKTYPE for documents that
    come with this program (* and ? allowed); without any, all of these. The package is
    written to DIR/NAME as a whole: a run that fails or is interrupted leaves the old one
    as it was.

    It runs once for each table [[tool.runware-codegen.clients]] of pyproject.toml.
    """
    target = _target(options)
    folders = _folders(ctx)
    with _terminal(ctx) as terminal:
        with _remarking(f"{target} is as it was"):
            lock.check(options["documents"])
            from runware_codegen import pipeline  # noqa: PLC0415  # it takes its time

            if options["check"] or options["diff"]:
                differs = pipeline.check(options, target, terminal)
                held_up = options["as_hook"] and hook.fails_commit(
                    [(folder, ()) for folder in folders],
                    terminal,
                    options["documents"],
                )
                return _DIFFERENT if held_up or (options["check"] and differs) else 0
            made = pipeline.generate(options, target, terminal)
            ctx.meta[_GENERATED] = made.package
        pipeline.summarize(made, terminal)
        written = [(folder.target, folder.changes) for folder in made.folders]
        if options["as_hook"] and hook.fails_commit(
            written, terminal, options["documents"]
        ):
            return _DIFFERENT
    return 0


@cli.command(cls=_Documenting)
@with_options(*SELECTING, *DOCUMENTING, PROJECT, *SPEAKING)
@click.pass_context
def docs(ctx: click.Context, /, **options: Unpack[DocsOptions]) -> int:
    """Write a reference of documents in Markdown.

    DOCS are those of generate. DIR gets an index, a page for each document, and llms.txt,
    llms-full.txt and AGENTS.md for coding assistants. generate keeps it current if
    docs is set in pyproject.toml.
    """
    target = Path(options["output"])
    name = import_name((ctx.default_map or {}).get("source") or "", options["package"])
    with _terminal(ctx) as terminal, _remarking(f"{target} is as it was"):
        lock.check(options["documents"])
        from runware_codegen import pipeline  # noqa: PLC0415  # it takes its time

        if options["check"] or options["diff"]:
            differs = pipeline.check_docs(options, name, terminal)
            return _DIFFERENT if options["check"] and differs else 0
        pipeline.summarize(pipeline.write_docs(options, name, terminal), terminal)
    return 0


@cli.command("list", cls=_Configured)
@with_options(*SELECTING, *LISTING, PROJECT, *SPEAKING)
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

        said = ctx.default_map or {}
        name = import_name(
            said.get("output", ""), said.get("package", "runware_client")
        )
        pipeline.list_documents(options, name, terminal)


@cli.command(cls=_Fetching)
@with_options(*FETCHING, PROJECT, *SPEAKING)
@click.pass_context
def fetch(ctx: click.Context, /, **options: Unpack[FetchOptions]) -> int:
    """Bring documents of Runware's catalogue into a folder, and lock them.

    MODEL is an id or AIR of a model (* and ? allowed), or the name of a utility.
    Without any, the documents are fetched that runware.lock names. Proxies and
    certificates are those of the environment: HTTPS_PROXY, SSL_CERT_FILE and the like.

    With --like, MODEL is the AIR of a model of your own (* allowed): the document of
    NAME is fetched, and pyproject.toml records that it describes MODEL too.
    """
    _exclude(ctx, "--locked", "--update")
    _exclude(ctx, "--all", "--task-type")
    _exclude(ctx, "--all", "MODEL")
    if options["check"] and not options["update"]:
        raise click.UsageError("--check goes with --update.", ctx)
    if options["like"]:
        return _fetch_like(ctx, options)
    with _terminal(ctx) as terminal, _remarking("what has been fetched is whole"):
        from runware_codegen.catalog import fetching  # noqa: PLC0415  # as below

        refused = fetching.fetch(options, terminal, _new_update_report)
        return _DIFFERENT if refused else 0


def _fetch_like(ctx: click.Context, options: FetchOptions) -> int:
    """Fetch the document for the user's own models, and record it in pyproject.toml."""
    for other in ("--all", "--locked", "--task-type", "--update"):
        _exclude(ctx, "--like", other)
    file, names = ctx.meta.get(settings.FILE), options["models"]
    if not names:
        raise click.UsageError("--like goes with MODEL: an AIR of your own model.", ctx)
    if file is None:
        remedy = "There is none here; run `runware-codegen init`, which makes it."
        raise click.UsageError(f"--like writes to pyproject.toml. {remedy}", ctx)
    settings.own_models(dict.fromkeys(names, options["like"]), file)
    with _terminal(ctx) as terminal, _remarking("what has been fetched is whole"):
        from runware_codegen import init  # noqa: PLC0415  # as above
        from runware_codegen.catalog import fetching  # noqa: PLC0415  # as above

        found = fetching.find_like(options, terminal)
        fetching.fetch({**options, "models": (found,)}, terminal, _new_update_report)
        init.write_models(file, dict.fromkeys(names, found), terminal)
    return 0


@cli.command(cls=_Diffing)
@with_options(*DIFFING, PROJECT, *SPEAKING)
@click.pass_context
def diff(ctx: click.Context, /, **options: Unpack[DiffOptions]) -> int:
    """Show what changed between two versions of documents, as a caller notices it.

    OLD and NEW are each a file, a folder, - for standard input, runware.lock, a git
    revision such as main, or a path in one, such as HEAD:schemas. A side of several
    places has an option for each: --old a.json --old b.json. Without NEW, the
    documents on disk; without both, the state that runware.lock names or else the last
    commit against the documents on disk.
    """
    with _terminal(ctx) as terminal:
        from runware_codegen.diff import command  # noqa: PLC0415  # it takes its time

        return _DIFFERENT if command.diff(options, terminal) else 0


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
            plan = init.plan(options, terminal)
            while plan:
                try:
                    _make(ctx, plan)
                    break
                except InvalidInputError as failure:
                    if not plan.answers.asking:
                        raise
                    terminal.problems(failure.problems)
                    terminal.summary(_ASK_AGAIN)
                    plan = init.plan_again(plan.answers, terminal)
        if not plan:
            terminal.summary("Everything is as it was.")
            return
        from runware_codegen.pipeline import import_line  # noqa: PLC0415  # as above

        name = import_name(plan.answers.output, plan.answers.package)
        init.write(plan, import_line(ctx.meta[_GENERATED], name), terminal)


def _make(ctx: click.Context, plan: Plan) -> None:
    """Fetch the documents and generate the package that `init` was asked for."""
    answers = plan.answers
    said = {name: ctx.params[name] for name in ("quiet", "verbose")}
    if answers.models:
        place = {"output": answers.folder, "index_url": answers.index_url}
        ctx.invoke(fetch, models=answers.models, **place, **said)
    ctx.invoke(
        generate,
        documents=answers.documents,
        output=answers.output,
        package=answers.package,
        own_models=plan.own_models,
        **said,
    )


@cli.command(cls=_Configured)
@with_options(*mock_options.OPTIONS, PROJECT)
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
        terminal.error("This is a bug of runware-codegen. Report it.")
    except _Stopped as stop:
        event = "Interrupted" if stop.number == signal.SIGINT else "Terminated"
        terminal.error(f"{event}{stop.remark}.")
        return _SIGNALLED + stop.number
    return _WRONG
