"""The options of the commands. Each option is defined once.

The same definitions serve the command line and pyproject.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import click

from runware_codegen import settings
from runware_codegen.option_checks import FiniteRange, url_fault
from runware_codegen.package_name import invalid_package
from runware_codegen.resources import BUILTIN

Function = TypeVar("Function", bound="Callable[..., Any]")

DOCUMENTS_FOLDER = "schemas"

ACCEPT_FILE = "runware-accepted.toml"
"""The name of the file of differences that are accepted."""


def with_options(
    *options: Callable[[Function], Function]
) -> Callable[[Function], Function]:
    """Add several options to a command, in this order of its help."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def documents_on_disk(documents: Sequence[str]) -> list[str]:
    """Return the inputs that are files or folders; by default, the default folder."""
    found = [d for d in documents if d != "-" and not d.startswith(BUILTIN)]
    return found or [DOCUMENTS_FOLDER]


def documents_folders(documents: Sequence[str]) -> list[str]:
    """Return the inputs whose names are those of folders; by default, the default folder."""
    files = (".json", ".yaml", ".yml")
    found = [d for d in documents_on_disk(documents) if not d.lower().endswith(files)]
    return found or [DOCUMENTS_FOLDER]


def documents_folder(documents: Sequence[str]) -> str:
    """Return the first input whose name is that of a folder, else the default folder."""
    return documents_folders(documents)[0]


DOCUMENTS = click.argument(
    "documents",
    metavar="[DOCS]...",
    nargs=-1,
    type=click.Path(allow_dash=True),
)

INCLUDE_STATUS = click.option(
    "--include-status",
    metavar="STATUS",
    multiple=True,
    default=("live", "deprecated"),
    show_default=True,
    help="Use documents with this status. May be repeated. Documents without a status"
    " are always used.",
)

PROJECT = click.option(
    "--project",
    metavar="DIR",
    is_eager=True,
    expose_value=False,
    type=click.Path(exists=True, file_okay=False),
    help="The folder of the pyproject.toml. Default: the nearest one, in the current"
    " folder or above.",
)

_INDEX_URL = click.option(
    "--index-url",
    metavar="URL",
    default="",
    type=settings.CheckedText(url_fault),
    help="The URL of the index of a mirror, from which all documents are fetched."
    " Default: the index of Runware.",
)

DOCUMENT_OPTIONS = (
    DOCUMENTS,
    click.option(
        "--only",
        metavar="PATTERN",
        multiple=True,
        help="Use only documents whose id, AIR or task type matches (* and ? allowed)."
        " May be repeated.",
    ),
    INCLUDE_STATUS,
    click.option(
        "--allow-unenforced/--no-allow-unenforced",
        help="Allow keywords that the package cannot enforce, with a warning.",
    ),
)


_package = partial(
    click.option,
    "--package",
    metavar="NAME",
    type=settings.CheckedText(invalid_package),
    help="The name of the package. Dots separate packages: a.b is in DIR/a/b. If"
    " pyproject.toml has several clients, the name selects one of them.",
)

PACKAGE = _package(required=True)

LISTED_PACKAGE = _package(default="runware_client", show_default=True)
"""The package of `list`, which writes no folder."""

OUTPUT_OPTIONS = (
    click.option(
        "--check/--no-check",
        help="Write nothing; print the files that differ. Exit with code 1 if a file"
        " differs.",
    ),
    click.option(
        "--diff/--no-diff",
        help="Write nothing; print the changes as a patch.",
    ),
    click.option(
        "--force/--no-force",
        help="Keep other files that are in the folder of an earlier run. A file that has"
        " the path of a generated file is still refused.",
    ),
    click.option(
        "--cache/--no-cache",
        default=True,
        help="Cache the module of each document for later runs; on by default. The output"
        " is the same.",
    ),
    click.option(
        "--jobs",
        metavar="N",
        type=click.IntRange(1),
        help="The number of processes; by default, one for each processor.",
    ),
)

GENERATE_OPTIONS = (
    click.option(
        "--output",
        metavar="DIR",
        required=True,
        type=click.Path(),
        help="The folder that contains the folder of the package.",
    ),
    PACKAGE,
    click.option(
        "--docs",
        metavar="DIR",
        type=click.Path(),
        help="The folder for a reference of the documents; see the command docs.",
    ),
    *OUTPUT_OPTIONS,
    click.option(
        "--as-hook/--no-as-hook",
        help="Exit like a pre-commit hook: with code 1 if a file was written, or if a"
        " generated file is untracked.",
    ),
)

DOCS_OPTIONS = (
    click.option(
        "--output",
        metavar="DIR",
        required=True,
        type=click.Path(),
        help="The folder of the reference; in pyproject.toml, the setting docs.",
    ),
    PACKAGE,
    *OUTPUT_OPTIONS,
)

BUILD = click.Option(
    ["--build"],
    metavar="WHERE",
    type=click.Choice(["source", "wheel"]),
    help="Where a package build writes the client: into the folder of the project, or"
    " only into the wheel. In pyproject.toml only.",
)

MODELS = settings.TableOption(
    [f"--{settings.MODELS}"],
    help="Your own models: AIRs or patterns of AIRs with *, each with the document whose"
    " class accepts them. In pyproject.toml only.",
)

LIST_OPTIONS = (
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
        help="Show models of this creator: its name, or the first word of the models' identifiers.",
    ),
    click.option(
        "--status",
        metavar="STATUS",
        default="",
        help="Show models with this status; overrides --include-status.",
    ),
    click.option(
        "--text",
        metavar="WORDS",
        default="",
        help="Show models whose texts contain all these words.",
    ),
    click.option("--json/--no-json", "as_json", help="Write JSON instead of a table."),
    click.option(
        "--catalog/--no-catalog",
        help="Show the models in Runware's catalogue, and which of their documents are"
        " fetched and locked.",
    ),
    _INDEX_URL,
)

FETCH_OPTIONS = (
    click.argument("models", metavar="[MODEL]...", nargs=-1),
    click.option(
        "--like",
        metavar="NAME",
        default="",
        help="The identifier or AIR of a model, or an architecture such as sdxl, whose"
        " document also describes MODEL.",
    ),
    click.option(
        "--all/--no-all", "everything", help="Fetch all models of the catalogue."
    ),
    click.option(
        "--task-type",
        metavar="T",
        multiple=True,
        help="Fetch all models of this task type. May be repeated.",
    ),
    INCLUDE_STATUS,
    click.option(
        "--locked/--no-locked",
        help="Fetch exactly the documents in runware.lock; fail if one has changed.",
    ),
    click.option(
        "--update/--no-update",
        help="Fetch existing documents again, and report what changed for callers.",
    ),
    click.option(
        "--check",
        type=click.Choice(["breaking"]),
        help="With --update: keep the old version of a document if the new version would"
        " break callers, and exit with code 1.",
    ),
    click.option(
        "--remove/--no-remove",
        help="Remove the documents of MODEL from the folder and from runware.lock; fetch"
        " nothing.",
    ),
    click.option(
        "--output",
        metavar="DIR",
        default=DOCUMENTS_FOLDER,
        show_default=True,
        type=click.Path(file_okay=False),
        help="The folder of the documents. In a project, the default is the first folder in"
        " the setting documents; for locked documents, the folder that they are in.",
    ),
    _INDEX_URL,
    click.option(
        "--concurrency",
        metavar="N",
        default=8,
        show_default=True,
        type=click.IntRange(1, 64),
        help="The maximum number of parallel requests.",
    ),
    click.option(
        "--timeout",
        metavar="SECONDS",
        default=30.0,
        show_default=True,
        type=FiniteRange(0, 86_400, min_open=True),
        help="The timeout of each request, including its whole response.",
    ),
)

INIT_OPTIONS = (
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
        help="Use the general document of this task type, which is built in. May be"
        " repeated.",
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
        help="The folder that contains the folder of the package.",
    ),
    click.option(
        "--package",
        metavar="NAME",
        type=settings.CheckedText(invalid_package),
        help="The name of the package.",
    ),
    _INDEX_URL,
)

VERBOSITY_OPTIONS = (
    click.option("-q", "--quiet/--no-quiet", help="Print only errors."),
    click.option("-v", "--verbose/--no-verbose", help="Print more details."),
)


def _parameters(*options: Callable[..., Any]) -> list[click.Parameter]:
    """Return the parameters that some options define."""
    return click.command()(with_options(*options)(lambda: None)).params


SETTINGS = (
    *_parameters(
        *DOCUMENT_OPTIONS, *GENERATE_OPTIONS, *VERBOSITY_OPTIONS, *LIST_OPTIONS
    ),
    BUILD,
    MODELS,
)
"""The parameters that pyproject.toml can set: those of `generate` and `list`."""
