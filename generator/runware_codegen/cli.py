"""The command line: its commands.

The work is done in `pipeline`, which is imported only when a command needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Unpack, cast

import click
from click.core import ParameterSource

from runware_codegen import __version__, hook, settings, termination
from runware_codegen.catalog import lock
from runware_codegen.diff.options import DIFF_OPTIONS, DiffOptions
from runware_codegen.mock import options as mock_options
from runware_codegen.options import (
    DOCS_OPTIONS,
    DOCUMENT_OPTIONS,
    FETCH_OPTIONS,
    GENERATE_OPTIONS,
    INCLUDE_STATUS,
    INIT_OPTIONS,
    LIST_OPTIONS,
    LISTED_PACKAGE,
    PROJECT,
    VERBOSITY_OPTIONS,
    documents_folders,
    with_options,
)
from runware_codegen.package_name import import_name
from runware_codegen.problems import InvalidInputError
from runware_codegen.project_commands import (
    ClientCommand,
    DiffCommand,
    DocsCommand,
    FetchCommand,
    ListCommand,
    ProjectCommand,
    each_client,
    target_folders,
)
from runware_codegen.report import Terminal
from runware_codegen.termination import DIFFERENT, remarking

if TYPE_CHECKING:
    from runware_codegen.init import Plan
    from runware_codegen.option_types import (
        DocsOptions,
        FetchOptions,
        GenerateOptions,
        InitOptions,
        ListOptions,
    )

_GENERATED = f"{__name__}.generated"
"""The key of the generated package in the `meta` of a context."""

_ASK_AGAIN = (
    "The settings were not changed. Press Enter to keep an answer and try again, or type"
    " another answer. Ctrl-C ends the command."
)

_COMMAND_LINE = ParameterSource.COMMANDLINE


# -- commands -----------------------------------------------------------------


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Turn Runware's OpenAPI documents into a typed Python client.

    The options of generate and list can also be set in [tool.runware-codegen] of the
    nearest pyproject.toml, in the current folder or above. Other commands read the same
    settings. The command line overrides them.

    Exit codes: 0 success, 1 --check or --fail-on found a difference, 2 an input or the
    command line is invalid.
    """


@cli.command(cls=ClientCommand)
@with_options(*DOCUMENT_OPTIONS, *GENERATE_OPTIONS, PROJECT, *VERBOSITY_OPTIONS)
@click.pass_context
def generate(ctx: click.Context, /, **options: Unpack[GenerateOptions]) -> int:
    """Generate a package from documents.

    DOCS are files, folders, - for standard input, or builtin:TASKTYPE for built-in
    documents (* and ? allowed). In a project, the default is the setting documents;
    otherwise, all built-in documents. The package in DIR/NAME is replaced as a whole: a
    run that fails or is interrupted does not change it.

    The command runs once for each table [[tool.runware-codegen.clients]] in
    pyproject.toml.
    """
    name = import_name(options["output"], options["package"])
    folders = target_folders(options)
    return _write(ctx, options, name, *folders)


@cli.command(cls=DocsCommand)
@with_options(*DOCUMENT_OPTIONS, *DOCS_OPTIONS, PROJECT, *VERBOSITY_OPTIONS)
@click.pass_context
def docs(ctx: click.Context, /, **options: Unpack[DocsOptions]) -> int:
    """Write a reference of documents in Markdown.

    DOCS are the same as in generate. The command writes an index, a page for each
    document, and llms.txt, llms-full.txt and AGENTS.md for coding assistants. If docs is
    set in pyproject.toml, generate updates the reference too.
    """
    output = (ctx.default_map or {}).get("package_output") or ""
    name = import_name(output, options["package"])
    return _write(ctx, options, name, None, Path(options["output"]))


def _write(
    ctx: click.Context,
    options: DocsOptions,
    name: str,
    package: Path | None,
    pages: Path | None = None,
) -> int:
    """Write the package, its pages or both, or compare them; return the exit code."""
    folders = [folder for folder in (package, pages) if folder]
    as_hook = bool(ctx.params.get("as_hook"))
    with _terminal(ctx) as terminal:
        with remarking(f"{folders[0]} was not changed"):
            lock.check(options["documents"])
            from runware_codegen import pipeline  # noqa: PLC0415  # slow to import

            targets = pipeline.Targets(name, package, pages)
            if options["check"] or options["diff"]:
                differs = pipeline.check(options, targets, terminal)
                unchanged = [(folder, ()) for folder in folders]
                fails = as_hook and hook.fails_commit(
                    unchanged, terminal, options["documents"]
                )
                return DIFFERENT if fails or (options["check"] and differs) else 0
            made = pipeline.generate(options, targets, terminal)
            ctx.meta[_GENERATED] = made.package
        pipeline.summarize(made, terminal)
        written = [(folder.target, folder.changes) for folder in made.folders]
        fails = as_hook and hook.fails_commit(written, terminal, options["documents"])
        return DIFFERENT if fails else 0


@cli.command("list", cls=ListCommand)
@with_options(
    *DOCUMENT_OPTIONS, LISTED_PACKAGE, *LIST_OPTIONS, PROJECT, *VERBOSITY_OPTIONS
)
@click.pass_context
def list_documents(ctx: click.Context, /, **options: Unpack[ListOptions]) -> None:
    """Show the documents that a package would be generated from.

    DOCS are the same as in generate. With --catalog, show the models of Runware, and
    which of their documents are in the folders of DOCS. If pyproject.toml has several
    clients, show the documents of each.
    """
    clients = each_client(ctx)
    with _terminal(ctx) as terminal:
        if options["catalog"]:
            from runware_codegen.catalog.listing import list_catalog  # noqa: PLC0415

            source = ctx.get_parameter_source("include_status")
            chosen = source is not ParameterSource.DEFAULT
            statuses = options["include_status"] if chosen else ()
            documents = [d for each in clients for d in each.params["documents"]]
            folders = [
                Path(each) for each in dict.fromkeys(documents_folders(documents))
            ]
            list_catalog(options, folders, statuses, terminal)
            return
        from runware_codegen import listing  # noqa: PLC0415  # slow to import

        listing.list_documents([_listed_client(each) for each in clients], terminal)


def _listed_client(ctx: click.Context) -> tuple[ListOptions, str]:
    """Return the options of a client for `list`, and the import name of its package."""
    options = cast("ListOptions", ctx.params)
    output = (ctx.default_map or {}).get("output", "")
    return options, import_name(output, options["package"])


@cli.command(cls=FetchCommand)
@with_options(*FETCH_OPTIONS, PROJECT, *VERBOSITY_OPTIONS)
@click.pass_context
def fetch(ctx: click.Context, /, **options: Unpack[FetchOptions]) -> int:
    """Fetch documents of Runware's catalogue, and lock them.

    MODEL is an id or AIR of a model (* and ? allowed), or the name of a utility.
    Default: the documents in runware.lock. Proxies and certificates are read from
    environment variables, such as HTTPS_PROXY and SSL_CERT_FILE.

    With --like, MODEL is the AIR of a model of your own (* allowed). The document of
    NAME is fetched, and recorded in pyproject.toml as the document of MODEL.
    """
    _exclude(ctx, "--locked", "--update")
    _exclude(ctx, "--all", "--task-type", "MODEL")
    if options["check"] and not options["update"]:
        raise click.UsageError("--check requires --update.", ctx)
    _exclude(ctx, "--like", "--all", "--locked", "--remove", "--task-type", "--update")
    _exclude(ctx, "--remove", "--all", "--locked", "--task-type", "--update")
    if options["like"]:
        _check_like(ctx, options)
    if options["remove"] and not options["models"]:
        raise click.UsageError("--remove requires MODEL.", ctx)
    removes = options["remove"]
    state = "run the command again" if removes else "fetched documents are complete"
    with _terminal(ctx) as terminal, remarking(state):
        from runware_codegen import fetch_command  # noqa: PLC0415  # slow to import

        return fetch_command.fetch(ctx, options, terminal)


def _check_like(ctx: click.Context, options: FetchOptions) -> None:
    file, names = ctx.meta.get(settings.FILE), options["models"]
    if not names:
        raise click.UsageError("--like requires MODEL, the AIR of your own model.", ctx)
    if file is None:
        remedy = "Run `runware-codegen init` to create it."
        raise click.UsageError(
            f"--like writes to pyproject.toml, which does not exist. {remedy}", ctx
        )
    settings.own_models(dict.fromkeys(names, options["like"]), file)


@cli.command(cls=DiffCommand)
@with_options(*DIFF_OPTIONS, INCLUDE_STATUS, PROJECT, *VERBOSITY_OPTIONS)
@click.pass_context
def diff(ctx: click.Context, /, **options: Unpack[DiffOptions]) -> int:
    """Show what changed for callers between two versions of documents.

    OLD and NEW are each a file, a folder, - for standard input, runware.lock, a git
    revision such as main, or a path in a revision, such as HEAD:schemas. To name several
    of them, repeat an option: --old a.json --old b.json. NEW defaults to the documents on
    disk. OLD defaults to the state in runware.lock, else to the last commit.
    """
    with _terminal(ctx) as terminal:
        from runware_codegen.diff import command  # noqa: PLC0415  # slow to import

        return DIFFERENT if command.diff(options, terminal) else 0


@cli.command("init")
@with_options(*INIT_OPTIONS, *VERBOSITY_OPTIONS)
@click.pass_context
def start(ctx: click.Context, /, **options: Unpack[InitOptions]) -> None:
    """Set up the project in this folder, and generate its package.

    Asks for values that the options do not set; without a terminal, uses defaults. Takes
    the documents in the folder schemas, if there are any. Writes [tool.runware-codegen]
    to pyproject.toml, and the hook to .pre-commit-config.yaml if that exists. Nothing
    else in these files changes.
    """
    from runware_codegen import init  # noqa: PLC0415  # slow to import

    with _terminal(ctx) as terminal:
        with remarking("the settings were not changed"):
            plan = init.plan(options, terminal)
            while plan:
                try:
                    _fetch_and_generate(ctx, plan)
                    break
                except InvalidInputError as failure:
                    if not plan.answers.interactive:
                        raise
                    terminal.problems(failure.problems)
                    terminal.summary(_ASK_AGAIN)
                    plan = init.plan(options, terminal, plan.answers)
        if not plan:
            terminal.summary("Nothing was changed.")
            return
        from runware_codegen.pipeline import import_line  # noqa: PLC0415  # slow

        name = import_name(plan.answers.output, plan.answers.package)
        init.write(plan, import_line(ctx.meta[_GENERATED], name), terminal)


def _fetch_and_generate(ctx: click.Context, plan: Plan) -> None:
    """Fetch the documents and generate the package of `init`."""
    answers = plan.answers
    verbosity = {name: ctx.params[name] for name in ("quiet", "verbose")}
    if answers.models:
        options = {"output": answers.folder, "index_url": answers.index_url}
        ctx.invoke(fetch, models=answers.models, **options, **verbosity)
    ctx.invoke(
        generate,
        documents=answers.documents,
        output=answers.output,
        package=answers.package,
        own_models=plan.own_models,
        **verbosity,
    )


@cli.command(cls=ProjectCommand)
@with_options(*mock_options.MOCK_OPTIONS, PROJECT)
def mock(**options: Unpack[mock_options.MockOptions]) -> None:
    """Run a local mock of Runware's API.

    DOCS are the same as in generate. The mock validates tasks by these documents and
    returns generated results, without cost. It always has documents of the tasks that
    each client sends, such as uploads. GET /_ledger shows which tasks were accepted, run,
    billed and collected.
    """
    try:
        from runware_codegen.mock import server  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        message = f"{error.name} is not installed. Install runware-codegen[mock]"
        raise click.ClickException(message) from None
    server.serve(options, Terminal())


def _terminal(ctx: click.Context) -> Terminal:
    """Return the terminal; --quiet and --verbose override those of pyproject.toml."""
    wanted = [name for name in ("quiet", "verbose") if ctx.params[name]]
    if len(wanted) > 1:
        given = [n for n in wanted if ctx.get_parameter_source(n) is _COMMAND_LINE]
        if len(given) != 1:
            raise click.UsageError("--quiet and --verbose exclude each other.", ctx)
        wanted = given
    return Terminal(quiet="quiet" in wanted, verbose="verbose" in wanted)


def _exclude(ctx: click.Context, name: str, *others: str) -> None:
    """Check that an option is not used together with others, or with MODEL."""
    given = {
        parameter.opts[0] if isinstance(parameter, click.Option) else "MODEL"
        for parameter in ctx.command.params
        if parameter.name and ctx.params.get(parameter.name)
    }
    for other in others:
        if given.issuperset({name, other}):
            raise click.UsageError(f"{name} and {other} exclude each other.", ctx)


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    termination.run(cli)
