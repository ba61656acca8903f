"""What the commands can be told, each option defined once.

The same definitions serve the command line and pyproject.toml.
"""

from __future__ import annotations

import keyword
import sys
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click
from click.core import ParameterSource

from runware_codegen import settings
from runware_codegen.output.names import is_device
from runware_codegen.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")

_NEEDED_BY_OUTPUT = {"httpx2", "pydantic", "pydantic_core", "typing_extensions"}


class Selection(TypedDict):
    """Which documents to take."""

    documents: tuple[str, ...]
    only: tuple[str, ...]
    include_status: tuple[str, ...]
    allow_unenforced: bool


class GenerateOptions(Selection):
    """What `generate` is told."""

    output: str
    package: str
    check: bool
    diff: bool
    force: bool
    quiet: bool
    verbose: bool


class ListOptions(Selection):
    """What `list` is told."""

    as_json: bool
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


def _check_package(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse a name that a package cannot have, or should not."""
    if fault := _unfit(value):
        message, remedy = fault
        file = settings.find()
        source = ctx.get_parameter_source(parameter.name)
        if file and source is ParameterSource.DEFAULT_MAP:
            key = settings.key(parameter)
            raise InvalidInput([settings.problem_with(file, key, message, remedy)])
        raise click.BadParameter(f"{message} {remedy}")
    return value


def _unfit(name: str) -> tuple[str, str] | None:
    """Say what is wrong with the name of a package, and what would be right."""
    if not name.isascii() or not name.isidentifier():
        return (
            f"{name!r} cannot be imported by Python.",
            "Take letters, digits and underscores, and no digit at the beginning.",
        )
    other = f"Take another, such as {name.strip('_').lower()}_client."
    if keyword.iskeyword(name):
        return f"{name!r} is a keyword of Python.", other
    if name in sys.stdlib_module_names or name in _NEEDED_BY_OUTPUT:
        return f"{name!r} would hide another module that the package imports.", other
    if is_device(name) or name.startswith("__"):
        return f"{name!r} is a reserved name.", other
    return None


SELECTING = (
    click.argument(
        "documents",
        metavar="[DOCS]...",
        nargs=-1,
        type=click.Path(allow_dash=True),
    ),
    click.option(
        "--only",
        metavar="PATTERN",
        multiple=True,
        help="Take only documents whose id, AIR or task type matches (* and ? allowed)."
        " May be repeated.",
    ),
    click.option(
        "--include-status",
        metavar="STATUS",
        multiple=True,
        default=("live", "deprecated"),
        show_default=True,
        help="Take documents with this status. May be repeated. Documents without a"
        " status are always taken.",
    ),
    click.option(
        "--allow-unenforced/--no-allow-unenforced",
        help="Let keywords through that the package cannot enforce, with a warning.",
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
    click.option(
        "--package",
        metavar="NAME",
        required=True,
        callback=_check_package,
        help="The name of the package.",
    ),
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
)

LISTING = (
    click.option("--json/--no-json", "as_json", help="Write JSON instead of a table."),
)

SPEAKING = (
    click.option("-q", "--quiet/--no-quiet", help="Say only what is wrong."),
    click.option("-v", "--verbose/--no-verbose", help="Say more."),
)
