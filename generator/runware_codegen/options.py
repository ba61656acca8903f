"""The options of the commands. Each option is defined once.

The same definitions serve the command line and pyproject.toml.
"""

from __future__ import annotations

import keyword
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from runware_codegen import settings
from runware_codegen.output.names import is_device
from runware_codegen.problems import InvalidInputError
from runware_codegen.resources import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runware_codegen.settings import OwnModels

Function = TypeVar("Function", bound="Callable[..., Any]")

DOCUMENTS_FOLDER = "schemas"

_NEEDED_BY_OUTPUT = {"httpx2", "pydantic", "pydantic_core", "typing_extensions"}


class DocumentOptions(TypedDict):
    """Options that select documents."""

    documents: tuple[str, ...]
    only: tuple[str, ...]
    include_status: tuple[str, ...]
    allow_unenforced: bool
    own_models: OwnModels


class GenerateOptions(DocumentOptions):
    """The options of `generate`."""

    output: str
    package: str
    check: bool
    diff: bool
    force: bool
    cache: bool
    jobs: int | None
    as_hook: bool
    docs: str | None
    quiet: bool
    verbose: bool


class DocsOptions(DocumentOptions):
    """What `docs` is told."""

    output: str
    package: str
    check: bool
    diff: bool
    force: bool
    cache: bool
    jobs: int | None
    quiet: bool
    verbose: bool


class FilterOptions(TypedDict):
    """Options that select models; an empty string selects all."""

    capability: str
    creator: str
    text: str
    status: str


class ListOptions(DocumentOptions, FilterOptions):
    """The options of `list`."""

    as_json: bool
    catalog: bool
    index_url: str
    quiet: bool
    verbose: bool


class FetchOptions(TypedDict):
    """The options of `fetch`."""

    models: tuple[str, ...]
    like: str
    everything: bool
    task_type: tuple[str, ...]
    include_status: tuple[str, ...]
    locked: bool
    update: bool
    check: Literal["breaking"] | None
    output: str
    index_url: str
    concurrency: int
    timeout: float
    quiet: bool
    verbose: bool


class InitOptions(TypedDict):
    """The options of `init`. The command asks for those that are None."""

    model: tuple[str, ...]
    task_type: tuple[str, ...]
    documents: str | None
    output: str | None
    package: str | None
    index_url: str
    quiet: bool
    verbose: bool


def with_options(
    *options: Callable[[Function], Function]
) -> Callable[[Function], Function]:
    """Give a command several options, shown in this order."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _check_package(
    ctx: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Refuse an invalid or unsuitable name of a package."""
    if value is not None and (fault := unfit_package(value)):
        message, remedy = fault
        file = ctx.meta.get(settings.FILE)
        source = ctx.get_parameter_source(parameter.name)
        if file and source is ParameterSource.DEFAULT_MAP:
            key = settings.key(parameter)
            raise InvalidInputError([settings.problem_with(file, key, message, remedy)])
        raise click.BadParameter(f"{message} {remedy}")
    return value


def unfit_package(name: str) -> tuple[str, str] | None:
    """Return what is wrong with the name of a package and a remedy; None if it is valid."""
    top, *inner = name.split(".")
    for part in (top, *inner):
        if not part.isascii() or not part.isidentifier():
            return (
                f"{name!r} cannot be imported by Python.",
                "Use letters, digits and underscores, and no digit at the beginning;"
                " dots separate packages.",
            )
        other = f"Use another name, such as {part.strip('_').lower()}_client."
        if keyword.iskeyword(part):
            return f"{part!r} is a keyword of Python.", other
        if is_device(part) or part.startswith("__"):
            return f"{part!r} is a reserved name.", other
    if top in sys.stdlib_module_names or top in _NEEDED_BY_OUTPUT:
        other = f"Use another name, such as {top.lower()}_client."
        return f"{top!r} would hide another module that the package imports.", other
    return None


def package_folder(name: str) -> Path:
    """Return the folder of a package, relative to the folder it is imported from."""
    return Path(*name.split("."))


def import_name(output: str, package: str) -> str:
    """Return the import name of a package; parent folders with __init__.py are in it."""
    folder, names = Path(output), [package]
    while folder.name and (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return ".".join(names)


def _check_url(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Refuse a value that is not an HTTP URL."""
    try:
        parts = urlsplit(value)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.path
    except ValueError:
        fits = False
    if value and not fits:
        message = f"{value!r} is not a URL such as https://example.com/index.json."
        raise click.BadParameter(message)
    return value


def documents_folder(documents: Sequence[str]) -> str:
    """Return the first of some inputs whose name is that of a folder."""
    files = (".json", ".yaml", ".yml")
    folders = (
        d
        for d in documents
        if d != "-" and not d.startswith(BUILTIN) and not d.lower().endswith(files)
    )
    return next(folders, DOCUMENTS_FOLDER)


DOCUMENTS = click.argument(
    "documents",
    metavar="[DOCS]...",
    nargs=-1,
    type=click.Path(allow_dash=True),
)

_INCLUDE_STATUS = click.option(
    "--include-status",
    metavar="STATUS",
    multiple=True,
    default=("live", "deprecated"),
    show_default=True,
    help="Take documents with this status. May be repeated. Documents without a status"
    " are always taken.",
)

PROJECT = click.option(
    "--project",
    metavar="DIR",
    is_eager=True,
    expose_value=False,
    type=click.Path(exists=True, file_okay=False),
    help="The folder of the pyproject.toml to use; without it, the nearest one above the"
    " current folder.",
)

_INDEX_URL = click.option(
    "--index-url",
    metavar="URL",
    default="",
    callback=_check_url,
    help="The index of a mirror, which all documents are then taken from; without it"
    " Runware's own.",
)

SELECTING = (
    DOCUMENTS,
    click.option(
        "--only",
        metavar="PATTERN",
        multiple=True,
        help="Take only documents whose id, AIR or task type matches (* and ? allowed)."
        " May be repeated.",
    ),
    _INCLUDE_STATUS,
    click.option(
        "--allow-unenforced/--no-allow-unenforced",
        help="Allow keywords that the package cannot enforce, with a warning.",
    ),
)

_PACKAGE = click.option(
    "--package",
    metavar="NAME",
    required=True,
    callback=_check_package,
    help="The name of the package; dots separate packages: a.b is in DIR/a/b. Where"
    " pyproject.toml has several clients, it may name one of them.",
)

WRITING = (
    click.option(
        "--check/--no-check",
        help="Write nothing; name the files that differ, and end with 1 if any does.",
    ),
    click.option(
        "--diff/--no-diff",
        help="Write nothing; show what would change, as a patch.",
    ),
    click.option(
        "--force/--no-force",
        help="Generate into a folder with files of others. They stay, except where one"
        " is in the way.",
    ),
    click.option(
        "--cache/--no-cache",
        default=True,
        help="Keep what is made of each document, and take what an earlier run made;"
        " on unless told otherwise. The output is the same.",
    ),
    click.option(
        "--jobs",
        metavar="N",
        type=click.IntRange(1),
        help="How many processes may work; one for each processor unless told"
        " otherwise.",
    ),
)

GENERATING = (
    click.option(
        "--output",
        metavar="DIR",
        required=True,
        type=click.Path(),
        help="The folder that the package's folder is in.",
    ),
    _PACKAGE,
    click.option(
        "--docs",
        metavar="DIR",
        type=click.Path(),
        help="A folder for a reference of the documents, as the command docs writes it.",
    ),
    *WRITING,
    click.option(
        "--as-hook/--no-as-hook",
        help="Exit as a pre-commit hook: with code 1 if anything was written, or if a"
        " file of the package is untracked.",
    ),
)

DOCUMENTING = (
    click.option(
        "--output",
        metavar="DIR",
        required=True,
        type=click.Path(),
        help="The folder of the reference. In a project, the setting docs names it.",
    ),
    _PACKAGE,
    *WRITING,
)

BUILD = click.Option(
    ["--build"],
    metavar="WHERE",
    type=click.Choice(["source", "wheel"]),
    help="Where a package build generates to: into the project's folder, or into the"
    " wheel alone. In pyproject.toml only.",
)

MODELS = settings.TableOption(
    [f"--{settings.MODELS}"],
    help="Your own models: AIRs, or patterns of them with *, each with the document whose"
    " class accepts them. In pyproject.toml only.",
)

LISTING = (
    click.option(
        "--capability",
        metavar="NAME",
        default="",
        help="Show models with this capability, such as text-to-image.",
    ),
    click.option(
        "--creator",
        metavar="NAME",
        default="",
        help="Show models of this creator: a name, or the first word of identifiers.",
    ),
    click.option(
        "--status",
        metavar="STATUS",
        default="",
        help="Show models with this status, whatever --include-status says.",
    ),
    click.option(
        "--text",
        metavar="WORDS",
        default="",
        help="Show models whose texts have all these words.",
    ),
    click.option("--json/--no-json", "as_json", help="Write JSON instead of a table."),
    click.option(
        "--catalog/--no-catalog",
        help="Show the models that Runware's catalogue has, and which of their documents"
        " are here and locked.",
    ),
    _INDEX_URL,
)

FETCHING = (
    click.argument("models", metavar="[MODEL]...", nargs=-1),
    click.option(
        "--like",
        metavar="NAME",
        default="",
        help="The identifier or AIR of a model, or an architecture such as sdxl, whose"
        " document also describes MODEL.",
    ),
    click.option(
        "--all/--no-all", "everything", help="Fetch each model of the catalogue."
    ),
    click.option(
        "--task-type",
        metavar="T",
        multiple=True,
        help="Fetch each model of this task type. May be repeated.",
    ),
    _INCLUDE_STATUS,
    click.option(
        "--locked/--no-locked",
        help="Fetch exactly what runware.lock names, and refuse what differs.",
    ),
    click.option(
        "--update/--no-update",
        help="Ask again for what is there, and tell what has changed for callers.",
    ),
    click.option(
        "--check",
        type=click.Choice(["breaking"]),
        help="With --update: leave a document as it is if its new version would break"
        " callers, and end with exit code 1.",
    ),
    click.option(
        "--output",
        metavar="DIR",
        default=DOCUMENTS_FOLDER,
        show_default=True,
        type=click.Path(file_okay=False),
        help="The folder of the documents. In a project, the first folder that its"
        " setting documents names.",
    ),
    _INDEX_URL,
    click.option(
        "--concurrency",
        metavar="N",
        default=8,
        show_default=True,
        type=click.IntRange(1, 64),
        help="How many documents are asked for at the same time.",
    ),
    click.option(
        "--timeout",
        metavar="SECONDS",
        default=30.0,
        show_default=True,
        type=click.FloatRange(0, min_open=True),
        help="How long an answer may take as a whole.",
    ),
)

STARTING = (
    click.option(
        "--model",
        metavar="MODEL",
        multiple=True,
        help="Fetch the document of this model: an id, an AIR, or a pattern of them. May"
        " be repeated.",
    ),
    click.option(
        "--task-type",
        metavar="T",
        multiple=True,
        help="Take the general document of this task type, which comes with this"
        " program. May be repeated.",
    ),
    click.option(
        "--documents",
        metavar="DIR",
        type=click.Path(file_okay=False),
        help="The folder for documents of models.",
    ),
    click.option(
        "--output",
        metavar="DIR",
        type=click.Path(file_okay=False),
        help="The folder that the package's folder is in.",
    ),
    click.option(
        "--package",
        metavar="NAME",
        callback=_check_package,
        help="The name of the package.",
    ),
    _INDEX_URL,
)

SPEAKING = (
    click.option("-q", "--quiet/--no-quiet", help="Say only what is wrong."),
    click.option("-v", "--verbose/--no-verbose", help="Say more."),
)
