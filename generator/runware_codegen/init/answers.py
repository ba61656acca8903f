"""The answers of the user: from options, prompts or defaults."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runware_codegen.options import DOCUMENTS_FOLDER, unfit_package
from runware_codegen.problems import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from runware_codegen.options import InitOptions

_PACKAGE = "runware_client"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a project wants.

    Attributes:
        models: The models whose documents are to be fetched.
        task_types: The task types to take of the documents that come with the program.
        documents: The folder of documents; empty for those that come with the program.
        output: The folder that the package's folder is in.
        package: The name of the package.
        index_url: The index of a mirror; empty for Runware's own.
        asking: Whether somebody can be asked.
    """

    models: tuple[str, ...]
    task_types: tuple[str, ...]
    documents: str
    output: str
    package: str
    index_url: str
    asking: bool

    def may_replace(self, file: Path) -> bool:
        """Ask whether settings in a file may be replaced.

        Raises:
            InvalidInputError: Nobody can be asked.
        """
        if self.asking:
            question = f"{file} has other settings of runware-codegen. Replace them?"
            return click.confirm(question)
        message = "There are settings of runware-codegen already, and they differ."
        remedy = (
            "Change them there and run `runware-codegen generate`, remove them, or run"
            " this in a terminal."
        )
        place = "/tool/runware-codegen"
        raise InvalidInputError.of(file, message, remedy, pointer=place)


def ask_for_answers(options: InitOptions) -> Answers:
    """Take what the options say, ask for the rest, and suppose what nobody answers.

    Raises:
        click.UsageError: The options do not go together.
    """
    models, task_types = options["model"], options["task_type"]
    if models and task_types:
        message = "Give --model or --task-type: a task type's document is a general one"
        raise click.UsageError(f"{message}, beside which that of a model is exact.")
    asking = sys.stdin is not None and sys.stdin.isatty()
    if asking and not models and not task_types and options["documents"] is None:
        models = _several("Models, by id or AIR (empty: general documents)")
        if not models:
            task_types = _several("Task types, such as imageInference (empty: all)")

    def value(said: str | None, question: str, default: str) -> str:
        if said is not None or not asking:
            return default if said is None else said
        return _one(question, default)

    documents = options["documents"] or ""
    if models:
        documents = value(
            options["documents"], "Folder for documents", DOCUMENTS_FOLDER
        )
    output = "src" if Path("src").is_dir() else "."
    output = value(options["output"], "Folder that the package is in", output)
    package = options["package"]
    if package is None:
        package = _PACKAGE
        package = _one("Name of the package", package, _named) if asking else package
    return Answers(
        models,
        task_types,
        documents,
        output,
        package,
        options["index_url"],
        asking,
    )


def _several(question: str) -> tuple[str, ...]:
    text: str = click.prompt(question, default="", show_default=False)
    return tuple(text.replace(",", " ").split())


def _one(question: str, default: str, check: Callable[[str], str] | None = None) -> str:
    answer: str = click.prompt(question, default=default, value_proc=check)
    return answer


def _named(name: str) -> str:
    if fault := unfit_package(name):
        raise click.BadParameter(" ".join(fault))
    return name
