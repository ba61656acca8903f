"""The command `diff`: reads both sides, compares them, and writes the report."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

import click

from runware_codegen.diff import accepted
from runware_codegen.diff.documents import compare_sides
from runware_codegen.diff.formats import WRITERS
from runware_codegen.diff.levels import Level
from runware_codegen.diff.options import DiffOptions
from runware_codegen.diff.report import Report
from runware_codegen.diff.sides.places import (
    read_default_sides,
    read_documents,
    read_side,
)
from runware_codegen.diff.sides.texts import Text
from runware_codegen.parse.assembly import DocumentFilter
from runware_codegen.report import Terminal

_DAYS: Final = 90
"""The default duration of an acceptance."""


def diff(options: DiffOptions, terminal: Terminal) -> bool:
    """Compare two sides and write the report.

    Returns:
        Whether an entry fails the command, by --fail-on.

    Raises:
        InvalidInputError: If a side does not exist, or a document is invalid.
    """
    _check(options)
    old, new = _sides(options, terminal)
    terminal.progress("Comparing documents")
    selection = DocumentFilter(options["only"], options["include_status"])
    comparison = compare_sides(old, new, selection)
    path = Path(options["accept_file"])
    level, fail_on = Level(options["level"]), options["fail_on"]
    report = Report(
        entries=comparison.entries,
        compared=comparison.compared,
        unchanged=comparison.unchanged,
        fail_on=Level(fail_on) if fail_on else None,
        accepted=accepted.read(path),
        today=dt.datetime.now(dt.UTC).date(),
    )
    if options["accept"]:
        _accept(options, report, path, terminal)
        return False
    for line in WRITERS[options["format"]](report.only(level)):
        terminal.result(line)
    return bool(report.failing())


def _check(options: DiffOptions) -> None:
    if len(options["sides"]) > 2 or [*_places(options)].count("-") > 1:
        message = (
            "Name at most two versions, and standard input for at most one of them."
        )
        raise click.UsageError(message)
    if len(options["sides"]) + bool(options["old"]) + bool(options["new"]) > 2 or (
        options["old"] and options["sides"]
    ):
        message = (
            "Name each version once: OLD or --old, NEW or --new. Give each file its own option"
            " (--old a.json --old b.json), or name their folder."
        )
        raise click.UsageError(message)
    if options["new"] and not (options["old"] or options["sides"]):
        raise click.UsageError("--new requires an old version: OLD or --old.")
    if options["accept"] and not options["reason"].strip():
        raise click.UsageError("--accept requires --reason.")
    if not options["accept"] and (options["reason"] or options["expires"]):
        raise click.UsageError("--reason and --expires require --accept.")


def _places(options: DiffOptions) -> tuple[str, ...]:
    """Return all places that the user named."""
    return (*options["sides"], *options["old"], *options["new"])


def _sides(options: DiffOptions, terminal: Terminal) -> tuple[list[Text], list[Text]]:
    documents = options["documents"]
    terminal.progress("Reading documents")
    if not _places(options):
        old, new, words = read_default_sides(documents)
        terminal.note(f"Comparing {words} with {', '.join(documents)}.")
        return old, new
    first = options["old"] or options["sides"][:1]
    second = options["new"] or options["sides"][1:]
    texts = read_side(first, documents)
    if second:
        return texts, read_side(second, documents)
    return texts, read_documents(documents)


def _accept(
    options: DiffOptions, report: Report, path: Path, terminal: Terminal
) -> None:
    """Accept the entries that would fail."""
    last = options["expires"] or report.today + dt.timedelta(days=_DAYS)
    entries = report.at_least(report.fail_on or Level.BREAKING)
    if not entries:
        terminal.summary("There is no entry to accept.")
        return
    new = accepted.accept(entries, options["reason"], last)
    accepted.write(path, {**report.accepted, **new})
    for entry in entries:
        terminal.summary(f"accepted: {entry.kind} {entry.document} {entry.python}")
    terminal.summary(f"Accepted {len(new)} until {last}, in {path}.")
