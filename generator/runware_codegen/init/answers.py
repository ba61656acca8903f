"""The answers of the user: from options, prompts or defaults."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from runware_codegen.catalog import index
from runware_codegen.catalog.names import matches, similar
from runware_codegen.catalog.web import Web
from runware_codegen.options import documents_folder, unfit_package
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import plain
from runware_codegen.resources import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runware_codegen.catalog.index import Index
    from runware_codegen.options import InitOptions

_PACKAGE = "runware_client"
_TIMEOUT = 30.0  # seconds for a response of the catalogue


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of the user.

    Attributes:
        models: The models whose documents are fetched.
        documents: The inputs of `generate`; if empty, all general documents.
        folder: The folder for documents of models.
        output: The folder that the package's folder is in.
        package: The name of the package.
        index_url: The URL of the index of a mirror; empty for Runware's index.
        asking: Whether the user can be asked.
    """

    models: tuple[str, ...]
    documents: tuple[str, ...]
    folder: str
    output: str
    package: str
    index_url: str
    asking: bool

    def may_replace(self, file: Path, before: str, after: str) -> bool:
        """Show the changes of settings in a file, and ask for permission.

        Raises:
            InvalidInputError: If the user cannot be asked.
        """
        if self.asking:
            lines = before.splitlines(), after.splitlines()
            for line in difflib.unified_diff(*lines, str(file), str(file), lineterm=""):
                click.echo(plain(line))
            question = f"{file} has other settings of runware-codegen. Replace them?"
            return click.confirm(question)
        message = "The file already has other settings of runware-codegen."
        remedy = (
            "Edit them and run `runware-codegen generate`, or remove them, or run this"
            " in a terminal."
        )
        place = "/tool/runware-codegen"
        raise InvalidInputError.of(file, message, remedy, pointer=place)


def ask_for_answers(options: InitOptions, current: Mapping[str, Any]) -> Answers:
    """Read the options, ask for what they lack, and use defaults for the rest.

    Args:
        options: The options of the command.
        current: The settings of the project, which are the defaults.

    Raises:
        InvalidInputError: If the catalogue cannot be read.
    """
    models, task_types = options["model"], options["task_type"]
    index_url = options["index_url"] or current.get("index-url", "")
    asking = sys.stdin is not None and sys.stdin.isatty()
    if asking and not models and not task_types and options["documents"] is None:
        models = _ask_for_models(index_url)
        empty = "only those" if models else "all"
        task_types = _several(
            f"General documents, by task type, such as imageInference ({empty} if empty,"
            " * for all)"
        )

    def value(said: str | None, question: str, default: str) -> str:
        if said is not None or not asking:
            return default if said is None else said
        return _one(question, default)

    before: tuple[str, ...] = tuple(current.get("documents", ()))
    folder = options["documents"] or ""
    if models:
        folder = value(
            options["documents"], "Folder for documents", documents_folder(before)
        )
    output = "src" if Path("src").is_dir() else "."
    output = current.get("output", output)
    output = value(options["output"], "Folder that the package is in", output)
    package = options["package"]
    if package is None:
        package = current.get("package", _PACKAGE)
        package = _one("Name of the package", package, _named) if asking else package
    chosen = [PurePath(folder).as_posix()] if folder else []
    chosen += [f"{BUILTIN}{task_type}" for task_type in task_types]
    return Answers(
        models,
        tuple(chosen) or before,
        folder,
        PurePath(output).as_posix(),
        package,
        index_url,
        asking,
    )


def _ask_for_models(index_url: str) -> tuple[str, ...]:
    """Ask for models; refuse names that the catalogue does not have.

    The catalogue is not requested before there is an answer.
    """
    listed: list[Index] = []

    def checked(text: str) -> tuple[str, ...]:
        names = _names(text)
        if names and not listed:
            with Web(timeout=_TIMEOUT, connections=1) as web:
                url = index_url or index.URL
                listed.append(index.read_index(web.get(url).content or b"", url))
        for name in names:
            entries = listed[0].entries
            near = similar(name, entries)
            if near and not any(matches(entry, name) for entry in entries):
                raise click.BadParameter(
                    f"There is no model {name!r}. Did you mean {near}?"
                )
        return names

    models: tuple[str, ...] = click.prompt(
        "Models, by id or AIR, such as runware:101@1; `runware-codegen list --catalog`"
        " shows all (empty: general documents)",
        default="",
        show_default=False,
        value_proc=checked,
    )
    return models


def _several(question: str) -> tuple[str, ...]:
    text: str = click.prompt(question, default="", show_default=False)
    return _names(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _one(question: str, default: str, check: Callable[[str], str] | None = None) -> str:
    answer: str = click.prompt(question, default=default, value_proc=check)
    return answer


def _named(name: str) -> str:
    if fault := unfit_package(name):
        raise click.BadParameter(" ".join(fault))
    return name
