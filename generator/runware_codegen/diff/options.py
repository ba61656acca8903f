"""What `diff` can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import click

from runware_codegen.diff.levels import LEVELS, Level

if TYPE_CHECKING:
    import datetime as dt

ACCEPT_FILE = "runware-accepted.toml"

FORMATS = ("text", "markdown", "json", "github", "junit")

FAILING = (Level.BREAKING, Level.TYPING, Level.RISK)
"""The levels that may make a command fail."""


class DiffOptions(TypedDict):
    """What `diff` is told."""

    sides: tuple[str, ...]
    documents: str
    only: tuple[str, ...]
    level: str
    format: str
    fail_on: str | None
    accept: bool
    reason: str
    expires: dt.datetime | None
    accept_file: str
    quiet: bool
    verbose: bool


DIFFING = (
    click.argument("sides", metavar="[OLD] [NEW]", nargs=-1),
    click.option(
        "--documents",
        metavar="DIR",
        default="schemas",
        show_default=True,
        type=click.Path(file_okay=False),
        help="The folder of documents that is meant where none is named. In a project,"
        " the first folder that its setting documents names.",
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
        help="Show entries of this level and graver ones.",
    ),
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="How the report is written: for a terminal, as Markdown, as JSON, as"
        " annotations of GitHub Actions, or as JUnit XML.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice([level.value for level in FAILING]),
        help="End with exit code 1 if there is an entry of this level or a graver one"
        " that is not accepted.",
    ),
    click.option(
        "--accept/--no-accept",
        help="Accept the entries that --fail-on names, breaking ones by default: they do"
        " not fail again until their acceptance expires.",
    ),
    click.option(
        "--reason",
        metavar="TEXT",
        default="",
        help="Why they are accepted; --accept needs it.",
    ),
    click.option(
        "--expires",
        metavar="DATE",
        type=click.DateTime(["%Y-%m-%d"]),
        help="The last day of the acceptance, in UTC; 90 days from now by default.",
    ),
    click.option(
        "--accept-file",
        metavar="FILE",
        default=ACCEPT_FILE,
        show_default=True,
        type=click.Path(dir_okay=False),
        help="The file of accepted entries.",
    ),
)
