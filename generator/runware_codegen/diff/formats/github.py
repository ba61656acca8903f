"""The report as annotations of GitHub Actions (workflow commands)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from runware_codegen.diff.entries import Entry
from runware_codegen.diff.levels import Level
from runware_codegen.diff.report import Report, change_of, details_of, place_of
from runware_codegen.report import plain

_COMMAND: Final = {
    Level.BREAKING: "error",
    Level.TYPING: "warning",
    Level.RISK: "warning",
}


def lines(report: Report) -> Iterator[str]:
    """Yield a workflow command for each entry, and a notice with the summary."""
    for entry in report.entries:
        yield _annotation(report, entry)
    yield f"::notice title=runware-codegen diff::{_data(report.summary())}"


def _annotation(report: Report, entry: Entry) -> str:
    command = _COMMAND.get(entry.level, "notice")
    if report.acceptance(entry):
        command = "notice"
    title = _property(f"{entry.level}: {entry.kind} ({entry.document})")
    place = f"{place_of(entry)}: " if entry.python else ""
    details = details_of(report, entry, f"{place}{change_of(entry)}")
    message = _data("\n".join(details))
    return f"::{command} file={_property(_file(entry))},title={title}::{message}"


def _file(entry: Entry) -> str:
    """Return the path of a file from the top of the repository, as GitHub expects it."""
    revision, _, committed = entry.file.rpartition(":")
    path = Path(entry.file).resolve()
    top = Path(os.environ.get("GITHUB_WORKSPACE", Path.cwd())).resolve()
    if revision or not path.is_relative_to(top):
        return committed
    return path.relative_to(top).as_posix()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(plain(text)).replace(":", "%3A").replace(",", "%2C")
