"""Writes a report: for a terminal, as Markdown, JSON, GitHub annotations or JUnit XML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from runware_codegen.diff.formats import github, json_format, junit, markdown, text
from runware_codegen.diff.report import Report

WRITERS: Final[Mapping[str, Callable[[Report], Iterator[str]]]] = {
    "text": text.lines,
    "markdown": markdown.lines,
    "json": json_format.lines,
    "github": github.lines,
    "junit": junit.lines,
}
"""The function for each format, which yields the lines of a report."""
