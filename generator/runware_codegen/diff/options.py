"""The options of `diff`."""

from __future__ import annotations

import datetime as dt

import click

from runware_codegen.diff.levels import LEVELS, Level
from runware_codegen.option_checks import day
from runware_codegen.option_types import VerbosityOptions
from runware_codegen.options import ACCEPT_FILE

FORMATS = ("text", "markdown", "json", "github", "junit")

FAILING = (Level.BREAKING, Level.TYPING, Level.RISK)
"""The levels that can fail the command."""


class DiffOptions(VerbosityOptions):
    """The options of `diff`."""

    sides: tuple[str, ...]
    old: tuple[str, ...]
    new: tuple[str, ...]
    documents: tuple[str, ...]
    only: tuple[str, ...]
    include_status: tuple[str, ...]
    level: str
    format: str
    fail_on: str | None
    accept: bool
    reason: str
    expires: dt.date | None
    accept_file: str


DIFF_OPTIONS = (
    click.argument("sides", metavar="[OLD] [NEW]", nargs=-1),
    click.option(
        "--old",
        metavar="PLACE",
        multiple=True,
        help="The old version, instead of OLD: a file, a folder or another form of OLD."
        " May be repeated.",
    ),
    click.option(
        "--new",
        metavar="PLACE",
        multiple=True,
        help="The new version, instead of NEW: a file, a folder or another form of NEW."
        " May be repeated.",
    ),
    click.option(
        "--documents",
        metavar="PATH",
        multiple=True,
        default=("schemas",),
        show_default=True,
        type=click.Path(),
        help="A folder or a file of the documents that are compared by default. May be"
        " repeated. In a project, the default is the setting documents.",
    ),
    click.option(
        "--only",
        metavar="PATTERN",
        multiple=True,
        help="Compare only documents whose id, AIR or task type matches (* and ?"
        " allowed). May be repeated.",
    ),
    click.option(
        "--level",
        type=click.Choice([level.value for level in LEVELS]),
        default=Level.WORDS.value,
        show_default=True,
        help="Show entries of this level and more severe ones.",
    ),
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="The format of the report: for a terminal, as Markdown, as JSON, as"
        " annotations of GitHub Actions, or as JUnit XML.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice([level.value for level in FAILING]),
        help="Exit with code 1 if an entry of this level or a more severe one is not"
        " accepted.",
    ),
    click.option(
        "--accept/--no-accept",
        help="Accept the entries that --fail-on selects, by default breaking ones. They do"
        " not fail the command until their acceptance expires.",
    ),
    click.option(
        "--reason",
        metavar="TEXT",
        default="",
        help="The reason for the acceptance; required by --accept.",
    ),
    click.option(
        "--expires",
        metavar="YYYY-MM-DD",
        type=day,
        help="The last day of the acceptance, in UTC; by default, in 90 days.",
    ),
    click.option(
        "--accept-file",
        metavar="FILE",
        default=ACCEPT_FILE,
        show_default=True,
        type=click.Path(dir_okay=False),
        help="The file of accepted entries. In a project, it is beside pyproject.toml.",
    ),
)
