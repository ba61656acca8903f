"""Output to the terminal: results, progress, problems, tables, patches.

Results go to standard output, everything else to standard error. Text of documents may be
hostile, so characters that control a terminal are escaped.
"""

from __future__ import annotations

import difflib
import os
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Self, TextIO

import click

from runware_codegen.output import Change
from runware_codegen.problems import Problem

_MAX_LENGTH = 2000  # characters of a piece of text

_MOST_PROBLEMS = 50
"""The most problems of a document that are written out."""

_IN_ASCII = {ord("█"): "#", ord("░"): "-", ord("→"): "->"}
"""The characters of bars and of arrows in ASCII."""

_STYLE_OF_DIFF = {"+": "green", "-": "red", "@": "cyan"}


class Terminal:
    """Standard output and standard error, with a line of progress in a terminal.

    As a context manager, it removes the line of progress at the end. Output to a closed
    pipe is silently dropped.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._quiet = quiet
        self._verbose = verbose
        dumb = os.environ.get("TERM") == "dumb"
        self._color = False if dumb or os.environ.get("NO_COLOR") else None
        live = sys.stderr is not None and sys.stderr.isatty()
        self._shows_progress = live and not quiet and not dumb

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.progress("")

    def result(self, line: str) -> None:
        """Write a line of a result, unchanged."""
        self.progress("")
        self._write(line, sys.stdout)

    def patch(self, change: Change, folder: str) -> None:
        """Write a patch for one file: exact in a file or pipe, coloured in a terminal.

        Args:
            change: The change of the file.
            folder: The package's folder, relative to where the patch is applied.
        """
        self.progress("")
        live = sys.stdout is not None and sys.stdout.isatty()
        for line in _unified_diff(change, folder):
            if live:
                self._write(colored_patch_line(_escaped(line, "\t\n")), sys.stdout)
            else:
                self._write(line, sys.stdout, color=True)  # click removes nothing

    def summary(self, line: str) -> None:
        """Write a line of a summary, to standard output."""
        if not self._quiet:
            self.result(plain(line))

    def note(self, line: str) -> None:
        """Write a note."""
        if not self._quiet:
            self.error(plain(line))

    def notes(self, lines: Sequence[str], most: int) -> None:
        """Write at most so many notes, and the number of the others."""
        for line in lines[:most]:
            self.note(line)
        if len(lines) > most:
            self.note(f"and {len(lines) - most} more")

    def detail(self, line: str) -> None:
        """Write a line if --verbose is set."""
        if self._verbose:
            self.error(plain(line))

    def error(self, line: str) -> None:
        """Write an error, unchanged."""
        self.progress("")
        self._write(line, sys.stderr)

    def problems(self, problems: Sequence[Problem]) -> None:
        """Write the first problems of each document, then the number of all."""
        self._list(problems, "problem")

    def warnings(self, problems: Sequence[Problem]) -> None:
        """Write the first problems that were allowed, then the number of all."""
        if problems and not self._quiet:
            self._list(problems, "warning")

    def _list(self, problems: Sequence[Problem], noun: str) -> None:
        for source, found in groupby(problems, attrgetter("source")):
            listed = [*found]
            for problem in listed[:_MOST_PROBLEMS]:
                self.error(_block(problem))
            if more := listed[_MOST_PROBLEMS:]:
                self.error(f"{plain(source)}: and {len(more)} more\n")
        self.error(counted(len(problems), noun))

    def bug(self, error: Exception) -> None:
        """Write an exception that is a bug of the generator."""
        for line in "".join(traceback.format_exception(error)).splitlines():
            self.error(plain(line))
        self.error("This is a bug of runware-codegen. Report it.")

    def progress(self, text: str) -> None:
        """Replace the line of progress; an empty text removes it."""
        if self._shows_progress:
            width = shutil.get_terminal_size().columns - 1
            shown = _in_letters_of(sys.stderr, plain(text))[:width]
            # click drops the escape sequence together with colours.
            erase = "\x1b[K" if self._color is None else " " * width + "\r"
            self._write(f"\r{erase}{shown}", sys.stderr, end="")

    def _write(
        self,
        text: str,
        stream: TextIO | None,
        end: str = "\n",
        *,
        color: bool | None = None,
    ) -> None:
        if stream is None:  # it was closed before Python began
            return
        try:
            click.echo(text + end, file=stream, nl=False, color=color or self._color)
        except OSError as error:
            _hang_up(stream)
            if not isinstance(error, BrokenPipeError):
                raise


def _in_letters_of(stream: TextIO | None, text: str) -> str:
    """Replace the characters that a stream cannot write by ASCII."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_IN_ASCII).encode("ascii", "replace").decode()
    return text


def _hang_up(stream: TextIO) -> None:
    """Redirect a closed stream to the null device, so that it does not fail at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def plain(text: str) -> str:
    """Write text in one line of limited length, with control characters escaped."""
    return _escaped(text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…")


def _escaped(text: str, allowed: str = "") -> str:
    """Escape characters that are not printable: controls, line ends, text directions."""
    return "".join(
        (
            character
            if character.isprintable() or character in allowed
            else character.encode("unicode_escape").decode("ascii")
        )
        for character in text
    )


def _block(problem: Problem) -> str:
    place = problem.source + (f"#{problem.pointer}" if problem.pointer else "")
    arrow = _in_letters_of(sys.stderr, "→")
    lines = [
        click.style(plain(place), bold=True),
        f"  {_sentence(problem.message)}",
        f"  {arrow} {_sentence(problem.remedy)}",
    ]
    return "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    """Begin a sentence with a capital, and end it with a full stop."""
    shown = plain(text)
    return (
        shown[:1].upper() + shown[1:] + ("" if shown.endswith((".", "…", "?")) else ".")
    )


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: "1 problem", "2 problems"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def table(head: Sequence[str], rows: Sequence[Sequence[str | int]]) -> Iterator[str]:
    """Yield the lines of a table, with numbers aligned to the right."""
    cells = [[plain(str(cell)) for cell in row] for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numeric = [isinstance(cell, int) for cell in (rows[0] if rows else head)]
    for row in cells:
        aligned = [
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numeric, strict=True)
        ]
        yield "  ".join(aligned).rstrip()


def _unified_diff(change: Change, folder: str) -> Iterator[str]:
    """Yield the lines of a patch for one file, for `git apply` and `patch -p1`.

    Args:
        change: The change of the file.
        folder: The package's folder, with forward slashes, relative to where the patch
            is applied.
    """
    old, new = f"a/{folder}/{change.path}", f"b/{folder}/{change.path}"
    head = [f"diff --git {old} {new}"]
    if change.before is None:
        head += ["new file mode 100644"]
    if change.after is None:
        head += ["deleted file mode 100644"]
    hunks = list(
        difflib.unified_diff(_lines(change.before), _lines(change.after), lineterm="")
    )
    if hunks:  # not of an empty file
        head += [f"--- {'/dev/null' if change.before is None else old}"]
        head += [f"+++ {'/dev/null' if change.after is None else new}"]
    yield from head
    yield from hunks[2:]  # less a head that names no files


def colored_patch_line(line: str) -> str:
    """Color a line of a patch: added, removed, or the place of a change."""
    return click.style(line, fg=_STYLE_OF_DIFF.get(line[:1]))


def _lines(text: str | None) -> list[str]:
    """Split text at line feeds; mark a last line without one, as diff does."""
    *lines, last = (text or "").split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
