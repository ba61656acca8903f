"""Reads options from `[tool.runware-codegen]` of a project's pyproject.toml.

The options are defined once, as parameters of the commands; what there is to know about
a key (its name, its type, whether it is a path) is read from them.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from runware_codegen.problems import InvalidInputError, Problem, json_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FILE = "pyproject.toml"
_TABLE = ("tool", "runware-codegen")


def find() -> Path | None:
    """Find the pyproject.toml of the current folder or the nearest one above.

    Returns:
        Its path, relative to the current folder.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / _FILE).is_file():
            return Path(os.path.relpath(folder / _FILE, here))
    return None


def read(file: Path, parameters: Iterable[click.Parameter]) -> dict[str, object]:
    """Read the options in a pyproject.toml.

    Args:
        file: The pyproject.toml.
        parameters: What may be set.

    Returns:
        The values by the names of the parameters. A path that is relative to the file
        has become one that is relative to what `file` is relative to.

    Raises:
        InvalidInputError: The file cannot be read, or the table has an unknown key or a
            value of a wrong type.
    """
    known = {key(p): p for p in parameters if p.expose_value}
    table = _table(file)
    checked = [_fault(file, name, value, known) for name, value in table.items()]
    if problems := [problem for problem in checked if problem]:
        raise InvalidInputError(problems)
    return {
        known[name].name: _placed(value, known[name], file.parent)
        for name, value in table.items()
    }


def key(parameter: click.Parameter) -> str:
    """Name a parameter as its option without the dashes, or as its argument."""
    return max(parameter.opts, key=len).lstrip("-")


def problem_with(file: Path, name: str, message: str, remedy: str) -> Problem:
    """Say what is wrong with a key of the table."""
    return Problem(str(file), json_pointer((*_TABLE, name)), message, remedy)


def _table(file: Path) -> dict[str, object]:
    try:
        value: object = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"It cannot be read: {error}."
        raise InvalidInputError.of(file, message, "Make it TOML.") from error
    for depth, name in enumerate(_TABLE, start=1):
        value = cast("dict[str, object]", value).get(name, {})
        if not isinstance(value, dict):
            place = json_pointer(_TABLE[:depth])
            remedy = f"Write [{'.'.join(_TABLE)}] and the options below it."
            message = "This must be a table."
            raise InvalidInputError.of(file, message, remedy, pointer=place)
    return cast("dict[str, object]", value)


def _fault(
    file: Path, name: str, value: object, known: Mapping[str, click.Parameter]
) -> Problem | None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        remedy = (
            f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
        )
        return problem_with(
            file, name, "This is not an option of runware-codegen.", remedy
        )
    form, fits = _form(known[name], value)
    return (
        None
        if fits
        else problem_with(file, name, "The value is of a wrong type.", f"Give {form}.")
    )


def _form(parameter: click.Parameter, value: object) -> tuple[str, bool]:
    """Say what a parameter takes, and whether a value is that."""
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return "true or false", isinstance(value, bool)
    if parameter.multiple or parameter.nargs == -1:
        items = cast("list[object]", value) if isinstance(value, list) else [None]
        return "a list of strings", all(isinstance(item, str) for item in items)
    if isinstance(parameter.type, click.IntRange):
        return "a whole number", type(value) is int
    return "a string", isinstance(value, str)


def _placed(value: object, parameter: click.Parameter, folder: Path) -> object:
    """Make paths in a value relative to where the folder is relative to."""
    if not isinstance(parameter.type, click.Path):
        return value
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_placed(item, parameter, folder) for item in items]
    return value if value == "-" else str(folder / str(value))
