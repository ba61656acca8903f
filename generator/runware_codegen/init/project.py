"""Writes the table of settings into a pyproject.toml, and keeps all other text."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import Any

from runware_codegen import toml_files
from runware_codegen.init.answers import Answers
from runware_codegen.options import SETTINGS
from runware_codegen.problems import InvalidInputError
from runware_codegen.settings import (
    MODELS,
    options_in,
    parse,
    read_text,
    table_in,
)

_HEAD = "[tool.runware-codegen]"
_HEAD_LINE = re.compile(r"\s*\[\s*tool\s*\.\s*([\"']?)runware-codegen\1\s*\]\s*(#.*)?")
_OTHER_HEAD = re.compile(r"\s*\[")
_MODELS_HEAD = "[tool.runware-codegen.models]"
_MODELS_LINE = re.compile(
    r"\s*\[\s*tool\s*\.\s*([\"']?)runware-codegen\1\s*\.\s*([\"']?)models\2\s*\]\s*(#.*)?"
)
_ASKED_FOR = {"documents", "index-url", MODELS, "output", "package"}
EXAMPLE = f'{_HEAD}\npackage = "runware_client"\n'
"""A table of settings, to find out whether those of a project can be changed."""

_NO_CODE = re.compile(r"\s*(#.*)?")


def read(path: Path) -> str:
    """Read a text with its line ends; empty if there is no file.

    Raises:
        InvalidInputError: If the file cannot be read.
    """
    return read_text(path) if os.path.lexists(path) else ""


def settings(answers: Answers, current: dict[str, Any]) -> str:
    """Write the table, with a comment on each setting.

    Args:
        answers: The answers of the user.
        current: The settings of the project; those that `init` does not ask for stay.
    """
    lines = [_HEAD]
    if answers.documents:
        lines += [
            "# Files and folders of documents; `runware-codegen fetch` fills the first.",
            '# "builtin:imageInference" is the general document of a task type, for any',
            '# model; "builtin:*" are those of all task types.',
            f"documents = {toml_files.written(answers.documents)}",
        ]
    if answers.index_url:
        lines += [
            "# The index of the catalogue that documents are fetched from.",
            f"index-url = {toml_files.written(answers.index_url)}",
        ]
    lines += [
        "# The folder that the package's folder is in, and the name of the package.",
        f"output = {toml_files.written(PurePath(answers.output).as_posix())}",
        f"package = {toml_files.written(answers.package)}",
    ]
    lines += [
        f"{name} = {toml_files.written(value)}"
        for name, value in current.items()
        if name not in _ASKED_FOR
    ]
    return "".join(f"{line}\n" for line in lines)


def current(text: str, path: Path) -> dict[str, Any]:
    """Return the settings of a project; empty if it has none.

    Raises:
        InvalidInputError: If the file is not valid TOML, has several clients, or has a
            setting that no command accepts.
    """
    existing = table_in(parse(text, path), path)
    if "clients" in existing:
        message = "These settings are for several clients."
        remedy = "Edit them, and run `runware-codegen generate`."
        place = "/tool/runware-codegen"
        raise InvalidInputError.of(path, message, remedy, pointer=place)
    options_in(text, path, SETTINGS)
    return existing


def changed(text: str, table: str, path: Path) -> str:
    """Add a table to the text of a pyproject.toml, or replace the existing one.

    Raises:
        InvalidInputError: If the form of the settings is not supported.
    """
    before = parse(text, path)
    existing = table_in(before, path)
    new = table_in(tomllib.loads(table), path)
    if models := existing.get(MODELS):
        new[MODELS] = models
    if existing == new:
        return text
    after = {**before, "tool": {**before.get("tool", {}), "runware-codegen": new}}
    for candidate in (*_replaced(text, table), _appended(text, table)):
        if _is_parsed_as(candidate, after):
            return candidate
    remedy = f"Write the settings below {_HEAD}, and run this again."
    message = f"The settings are not in a separate table {_HEAD}."
    raise InvalidInputError.of(path, message, remedy, pointer="/tool")


def with_models(text: str, models: dict[str, str], path: Path) -> str:
    """Add the user's own models to the text of a pyproject.toml.

    Args:
        text: The text.
        models: AIRs or patterns of them, each with the document that describes it.
        path: The file, for messages.

    Raises:
        InvalidInputError: If the existing models are not in a table of their own.
    """
    before = parse(text, path)
    existing = table_in(before, path)
    known: dict[str, str] = existing.get(MODELS, {})
    new = {name: like for name, like in models.items() if known.get(name) != like}
    if not new:
        return text
    lines = [
        f"{toml_files.written(name)} = {toml_files.written(like)}"
        for name, like in new.items()
    ]
    settings: dict[str, Any] = {**existing, MODELS: {**known, **new}}
    tool: dict[str, Any] = {**before.get("tool", {}), "runware-codegen": settings}
    table = "\n".join([_MODELS_HEAD, *lines, ""])
    written = _extended(text, lines, new) if known else _appended(text, table)
    if _is_parsed_as(written, {**before, "tool": tool}):
        return written
    message = "The models are not in a table of their own."
    remedy = f"Write {_MODELS_HEAD}, and below it {'; '.join(lines)}."
    raise InvalidInputError.of(path, message, remedy, pointer="/tool")


def _extended(text: str, new: list[str], names: Iterable[str]) -> str:
    """Append lines to the table of models, and remove those of the same names."""
    lines, end = text.splitlines(keepends=True), _line_end(text)
    first, stop = next(_ranges(lines, _MODELS_LINE), (len(lines), len(lines)))
    kept = [line for line in lines[first + 1 : stop] if not _sets(line, names)]
    whole = [*lines[: first + 1], *kept]
    if whole and not whole[-1].endswith("\n"):
        whole[-1] += end
    return "".join([*whole, *(f"{line}{end}" for line in new), *lines[stop:]])


def _sets(line: str, names: Iterable[str]) -> bool:
    """Return whether a line of TOML sets one of some keys."""
    try:
        return not tomllib.loads(line).keys().isdisjoint(names)
    except ValueError:
        return False


def _appended(text: str, table: str) -> str:
    end = _line_end(text)
    gap = "" if not text else end if text.endswith("\n") else end * 2
    return text + gap + table.replace("\n", end)


def _replaced(text: str, table: str) -> Iterator[str]:
    """Yield the text with each range of lines replaced that may be the table."""
    lines = text.splitlines(keepends=True)
    written = table.replace("\n", _line_end(text))
    for first, stop in _ranges(lines, _HEAD_LINE):
        yield "".join([*lines[:first], written, *lines[stop:]])


def _ranges(lines: list[str], head: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each range of lines that may be a table."""
    for first, line in enumerate(lines):
        if not head.fullmatch(line.rstrip("\r\n")):
            continue
        for last in range(first + 1, len(lines) + 1):
            if last == len(lines) or _OTHER_HEAD.match(lines[last]):
                yield first, _without_comments(lines, first, last)


def _without_comments(lines: list[str], first: int, last: int) -> int:
    """Exclude comments and blank lines at the end: they belong to the next table."""
    while last > first + 1 and _NO_CODE.fullmatch(lines[last - 1].rstrip("\r\n")):
        last -= 1
    return last


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _is_parsed_as(text: str, tree: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == tree
    except ValueError:
        return False
