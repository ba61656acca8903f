"""Reads options from `[tool.runware-codegen]` of a project's pyproject.toml.

The options are defined once, as parameters of the commands. The name and the type of a
key, and whether it is a path, are read from these parameters.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard, cast

import click

from runware_codegen import toml_files
from runware_codegen.problems import (
    InvalidInputError,
    Problem,
    did_you_mean,
    json_pointer,
)
from runware_codegen.resources import BUILTIN

FILE = f"{__name__}.file"
"""The key of the path of pyproject.toml in the `meta` of a command's context."""

MODELS = "models"
"""The name of the table of the user's own models."""

_FILE = "pyproject.toml"
_TABLE = ("tool", "runware-codegen")
_CLIENTS = "clients"
_MODEL = re.compile(r"(?=.*[:*])[!#-&(->@-Z^-~]+")


class TableOption(click.Option):
    """An option that is a table of strings, which only pyproject.toml can have."""


class CheckedText(click.types.StringParamType):
    """A text that must be valid.

    Attributes:
        fault: Returns what is wrong with a text and a remedy, or None if it is valid.
    """

    def __init__(self, fault: Callable[[str], tuple[str, str] | None]) -> None:
        self.fault = fault

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return a valid text."""
        text = super().convert(value, param, ctx)
        if fault := self.fault(text):
            self.fail(" ".join(fault), param, ctx)
        return text


@dataclass(frozen=True, slots=True)
class OwnModels:
    """The user's own models, each with the document whose class accepts it.

    Attributes:
        lines: AIRs, or patterns of them, each with the identifier or the AIR of a
            document, or with an architecture.
        file: The path of their pyproject.toml, for problems.
    """

    lines: tuple[tuple[str, str], ...] = ()
    file: str = _FILE

    def of(self, *document: str) -> tuple[str, ...]:
        """Return the models of a document, which its identifier and its AIR name."""
        return tuple(name for name, target in self.lines if target in document)

    def problem(self, name: str, message: str, remedy: str) -> Problem:
        """Create a problem with a line."""
        return problem_with(Path(self.file), (MODELS, name), message, remedy)


def own_models(table: Mapping[str, str], file: Path | None) -> OwnModels:
    """Read the user's own models.

    Raises:
        InvalidInputError: If a name is neither an AIR nor a pattern of AIRs.
    """
    own = OwnModels(tuple(sorted(table.items())), str(file or _FILE))
    remedy = 'Write an AIR such as "civitai:133005@782002"; * matches any text.'
    message = "This is neither an AIR nor a pattern of AIRs."
    wrong = [name for name in table if not _MODEL.fullmatch(name)]
    if wrong:
        raise InvalidInputError([own.problem(each, message, remedy) for each in wrong])
    return own


def find(project: str | None = None) -> Path | None:
    """Find the nearest pyproject.toml, in the current folder or above it.

    Args:
        project: The folder of pyproject.toml, if it is not the nearest one.

    Returns:
        Its path, relative to the current folder.

    Raises:
        InvalidInputError: If the folder `project` has none.
    """
    if project is not None:
        file = Path(project, _FILE)
        try:
            file.lstat()
        except (FileNotFoundError, NotADirectoryError):
            remedy = "Name a folder that has one, or create it: `runware-codegen init`."
            message = "The file does not exist."
            raise InvalidInputError.of(file, message, remedy) from None
        return file
    here = Path.cwd()
    for folder in (here, *here.parents):
        if os.path.lexists(folder / _FILE):
            return Path(os.path.relpath(folder / _FILE, here))
    return None


def read(file: Path, parameters: Iterable[click.Parameter]) -> list[dict[str, object]]:
    """Read the options in a pyproject.toml; see `options_in`.

    Raises:
        InvalidInputError: If the file cannot be read, or its options are invalid.
    """
    return options_in(read_text(file), file, parameters)


def options_in(
    text: str, file: Path, parameters: Iterable[click.Parameter]
) -> list[dict[str, object]]:
    """Parse the options in the text of a pyproject.toml.

    Args:
        text: The text.
        file: Its path.
        parameters: The parameters that may be set.

    Returns:
        The options of each client of `[[tool.runware-codegen.clients]]`, by the names of
        the parameters. They override the options of the table above, which all clients
        share. Without clients, one set of options. A relative path in the file is joined
        to the folder of the file.

    Raises:
        InvalidInputError: If it is not valid TOML, or the table has an unknown key or a
            wrong value.
    """
    known = {key(p): p for p in parameters if p.expose_value}
    table: dict[str, object] = table_in(parse(text, file), file)
    clients = table.pop(_CLIENTS, [])
    if not _is_list_of_tables(clients):
        raise InvalidInputError(
            [
                problem_with(
                    file,
                    (_CLIENTS,),
                    "The value has the wrong type.",
                    "Write a table [[tool.runware-codegen.clients]] for each client.",
                )
            ]
        )
    tables: list[tuple[tuple[str, ...], dict[str, object]]] = [((), table)]
    tables += [((_CLIENTS, str(i)), client) for i, client in enumerate(clients)]
    checked = [
        _fault(file, (*place, name), value, known)
        for place, each in tables
        for name, value in each.items()
    ]
    if problems := [problem for problem in checked if problem]:
        raise InvalidInputError(problems)
    return [
        {
            known[name].name: _placed(value, known[name], file.parent)
            for name, value in {**table, **client}.items()
        }
        for client in clients or [{}]
    ]


def key(parameter: click.Parameter) -> str:
    """Return the name of a parameter's option without dashes, or of its argument."""
    return max(parameter.opts, key=len).lstrip("-")


def problem_with(
    file: Path, path: tuple[str, ...], message: str, remedy: str
) -> Problem:
    """Create a problem with a key of the table, or with one below it."""
    return Problem(str(file), json_pointer((*_TABLE, *path)), message, remedy)


def _is_list_of_tables(value: object) -> TypeGuard[list[dict[str, object]]]:
    items = cast("list[object]", value) if isinstance(value, list) else [None]
    return all(isinstance(item, dict) for item in items)


def read_text(file: Path) -> str:
    """Read a text with its line ends.

    Raises:
        InvalidInputError: If the file cannot be read.
    """
    content = toml_files.read(file, "Make it a readable file.")
    return toml_files.decoded(content, file, "Make it UTF-8 text.")


def parse(text: str, file: Path) -> dict[str, Any]:
    """Parse the text of a pyproject.toml.

    Raises:
        InvalidInputError: If it is not valid TOML.
    """
    if text.startswith("\ufeff"):
        message = "It starts with a byte order mark, which TOML does not allow."
        remedy = "Save it as UTF-8 without a byte order mark."
        raise InvalidInputError.of(file, message, remedy)
    return toml_files.parse(text.encode(), file, "Correct the TOML.")


def table_in(tree: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return the table of settings in a parsed pyproject.toml; empty without one.

    Raises:
        InvalidInputError: If it is not a table.
    """
    value: object = tree
    for depth, name in enumerate(_TABLE, start=1):
        value = cast("dict[str, object]", value).get(name, {})
        if not isinstance(value, dict):
            place = json_pointer(_TABLE[:depth])
            remedy = f"Write [{'.'.join(_TABLE)}] and the options below it."
            message = "This must be a table."
            raise InvalidInputError.of(file, message, remedy, pointer=place)
    return cast("dict[str, Any]", value)


def _fault(
    file: Path,
    path: tuple[str, ...],
    value: object,
    known: Mapping[str, click.Parameter],
) -> Problem | None:
    name = path[-1]
    if name not in known:
        remedy = did_you_mean(name, known) or f"The options are {', '.join(known)}."
        message = "This is not an option of runware-codegen."
        return problem_with(file, path, message, remedy)
    form, fits = _form(known[name], value)
    if not fits:
        message = "The value has the wrong type."
        return problem_with(file, path, message, f"Write {form}.")
    fault = _value_fault(known[name].type, value)
    return problem_with(file, path, *fault) if fault else None


def _value_fault(kind: click.ParamType[Any], value: object) -> tuple[str, str] | None:
    """Return what is wrong with a value of the right type, and a remedy."""
    if isinstance(kind, CheckedText):
        return kind.fault(str(value))
    if isinstance(kind, click.Choice) and value not in kind.choices:
        return f"{value!r} is not a known value.", f"Write {' or '.join(kind.choices)}."
    if isinstance(kind, click.IntRange) and cast("int", value) < (kind.min or 0):
        return f"{value} is too small.", f"Write {kind.min} or more."
    if isinstance(kind, click.Path) and "\\" in _joined(value):
        return "Only Windows accepts \\ as a path separator.", "Use / instead."
    if isinstance(kind, click.Path) and "\0" in _joined(value):
        return "A path cannot contain U+0000.", "Remove this character."
    return None


def _form(parameter: click.Parameter, value: object) -> tuple[str, bool]:
    """Describe the values of a parameter, and return whether a value is one."""
    if isinstance(parameter, TableOption):
        table = cast("dict[str, object]", value) if isinstance(value, dict) else {"": 0}
        return "a table of strings", all(isinstance(v, str) for v in table.values())
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return "true or false", isinstance(value, bool)
    if parameter.multiple or parameter.nargs == -1:
        items = cast("list[object]", value) if isinstance(value, list) else [None]
        return "a list of strings", all(isinstance(item, str) for item in items)
    if isinstance(parameter.type, click.IntRange):
        return "an integer", type(value) is int
    return "a string", isinstance(value, str)


def _joined(value: object) -> str:
    """Join the strings of a list; a string stays as it is."""
    return "".join(cast("Iterable[str]", value))


def _placed(value: object, parameter: click.Parameter, folder: Path) -> object:
    """Join paths in a value to a folder."""
    if not isinstance(parameter.type, click.Path):
        return value
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_placed(item, parameter, folder) for item in items]
    text = str(value)
    return text if text == "-" or text.startswith(BUILTIN) else str(folder / text)
