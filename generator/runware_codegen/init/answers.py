"""The answers of the user: from options, prompts or defaults."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import click

from runware_codegen.catalog.lock import lock_of
from runware_codegen.init import models as model_question
from runware_codegen.init.models import ModelQuestion
from runware_codegen.option_types import InitOptions
from runware_codegen.options import DOCUMENTS_FOLDER, documents_folder
from runware_codegen.package_name import invalid_package
from runware_codegen.problems import InvalidInputError, did_you_mean
from runware_codegen.report import Terminal, colored_patch_line, plain
from runware_codegen.resources import BUILTIN, builtin_documents, builtin_task_type

_PACKAGE = "runware_client"
_GENERAL = """\
These are built in, one for each task type, and fit every model. Type task types or
patterns, separated by commas: imageInference, image*. Or type all or none.
? lists the task types."""


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
        interactive: Whether the user can be asked.
    """

    models: tuple[str, ...]
    documents: tuple[str, ...]
    folder: str
    output: str
    package: str
    index_url: str
    interactive: bool

    def may_replace(
        self, file: Path, before: str, after: str, terminal: Terminal
    ) -> bool:
        """Show the changes of settings in a file, and ask for permission.

        Raises:
            InvalidInputError: If the user cannot be asked.
        """
        if self.interactive:
            lines = before.splitlines(), after.splitlines()
            for line in difflib.unified_diff(*lines, str(file), str(file), lineterm=""):
                terminal.result(colored_patch_line(plain(line)))
            question = f"{file} has other settings of runware-codegen. Replace them?"
            return click.confirm(question)
        message = "The file already has other settings of runware-codegen."
        remedy = (
            "Edit them and run `runware-codegen generate`, or remove them, or run this"
            " in a terminal."
        )
        place = "/tool/runware-codegen"
        raise InvalidInputError.of(file, message, remedy, pointer=place)


def _inputs(current: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the inputs in the settings; without settings, the folder with documents."""
    files = Path(DOCUMENTS_FOLDER).glob("**/*.json")
    if current or not any(map(_is_document, files)):
        return tuple(current.get("documents", ()))
    return (DOCUMENTS_FOLDER,)


def _is_document(path: Path) -> bool:
    """Return whether a file of JSON looks like a document of Runware."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return b'"openapi"' in content and b'"taskType"' in content


def _answers_from(options: InitOptions, current: Mapping[str, Any]) -> Answers:
    """Return the answers in the options; the settings of the project are the defaults."""
    before = _inputs(current)
    models = options["model"]
    folder = options["documents"] or (documents_folder(before) if models else "")
    output = "src" if Path("src").is_dir() else "."
    return Answers(
        models,
        _selected(folder, options["task_type"]) or before,
        folder,
        _posix(options["output"] or current.get("output", output)),
        options["package"] or current.get("package", _PACKAGE),
        options["index_url"] or current.get("index-url", ""),
        interactive=sys.stdin is not None and sys.stdin.isatty(),
    )


def ask_for_answers(
    options: InitOptions, current: Mapping[str, Any], terminal: Terminal
) -> Answers:
    """Ask for what the options lack.

    Args:
        options: The options of the command.
        current: The settings of the project, which are the defaults.
        terminal: The terminal.
    """
    defaults = _answers_from(options, current)
    if not defaults.interactive:
        return defaults
    says_documents = options["documents"] is not None
    if not (options["model"] or options["task_type"] or says_documents):
        defaults = _asked_for_documents(defaults, current, terminal)
    elif options["model"] and not says_documents:
        folder = _asked_for_folder(defaults.folder)
        documents = _selected(folder, options["task_type"])
        defaults = replace(defaults, folder=folder, documents=documents)
    if options["output"] is None:
        defaults = _asked_for_output(defaults)
    return _asked_for_package(defaults) if options["package"] is None else defaults


def ask_again(
    answers: Answers, current: Mapping[str, Any], terminal: Terminal
) -> Answers:
    """Ask for all answers again; the earlier answers are the defaults."""
    answers = _asked_for_documents(answers, current, terminal)
    return _asked_for_package(_asked_for_output(answers))


def _asked_for_documents(
    defaults: Answers, current: Mapping[str, Any], terminal: Terminal
) -> Answers:
    before = _inputs(current)
    folder = defaults.folder or documents_folder(before)
    fetched = ", ".join(lock_of(Path(folder)).within(Path(folder)))
    note = f"\nFetched already: {fetched}" if fetched else ""
    if before and not current:
        note += f"\nThe documents in {folder} are used too."
    _explain("Documents of models", model_question.HINT + note, terminal)
    question = ModelQuestion(defaults.index_url, terminal, list(defaults.models))
    models = question.ask()
    _explain("General documents", _GENERAL, terminal)
    kept = [each for each in before if not each.startswith(BUILTIN)]
    known = [each for each in defaults.documents if each.startswith(BUILTIN)]
    usual = "none" if models or kept else "all"
    task_types = _asked_for_task_types(
        ", ".join(each.removeprefix(BUILTIN) for each in known) or usual,
        terminal,
        may_be_none=bool(models or kept),
    )
    folder = _asked_for_folder(folder) if models else ""
    return replace(
        defaults,
        models=models,
        documents=_merged(before, folder, task_types),
        folder=folder,
        index_url=question.index_url,
    )


def _asked_for_task_types(
    default: str, terminal: Terminal, *, may_be_none: bool
) -> tuple[str, ...]:
    """Ask for task types and patterns of them; `*` for all."""
    known = [builtin_task_type(path) for path in builtin_documents("*")]

    def checked(text: str) -> tuple[str, ...]:
        names = tuple(text.replace(",", " ").split())
        if names == ("none",):
            if may_be_none:
                return ()
            raise click.BadParameter("Without a model, a task type is required.")
        if names == ("all",):
            return ("*",)
        for name in names:
            if name != "?" and not builtin_documents(name):
                hint = did_you_mean(name, known) or "? lists all of them."
                raise click.BadParameter(f"There is no task type {name!r}. {hint}")
        return names

    def prompt() -> tuple[str, ...]:
        names: tuple[str, ...] = click.prompt(
            "Task types", default=default, value_proc=checked
        )
        return names

    while "?" in (task_types := prompt()):
        terminal.result(click.wrap_text(", ".join(known)))
    return task_types


def _asked_for_folder(default: str) -> str:
    return _one("Folder for documents", default, _folder)


def _asked_for_output(answers: Answers) -> Answers:
    output = _one("Folder that the package is in", answers.output, _folder)
    return replace(answers, output=_posix(output))


def _asked_for_package(answers: Answers) -> Answers:
    return replace(
        answers, package=_one("Name of the package", answers.package, _named)
    )


def _selected(folder: str, task_types: Sequence[str]) -> tuple[str, ...]:
    folders = [_posix(folder)] if folder else []
    return (*folders, *(f"{BUILTIN}{task_type}" for task_type in task_types))


def _merged(
    before: Sequence[str], folder: str, task_types: Sequence[str]
) -> tuple[str, ...]:
    """Return the inputs that the project has, with the changes of the answers."""
    wanted = _selected(folder, task_types)
    if wanted == (f"{BUILTIN}*",) and not before:
        return ()
    kept = [d for d in before if d in wanted or not d.startswith(BUILTIN)]
    paths = {_posix(each) for each in kept}
    new = [each for each in wanted if each not in paths]
    first = [each for each in new if not each.startswith(BUILTIN)]
    return (*first, *kept, *(each for each in new if each not in first))


def _posix(path: str) -> str:
    """Write a path as pyproject.toml does: with slashes, for every operating system."""
    return PurePath(path.replace("\\", "/")).as_posix()


def _explain(title: str, text: str, terminal: Terminal) -> None:
    """Show what a question is about."""
    terminal.result(f"\n{click.style(title, bold=True)}")
    for line in text.splitlines():
        terminal.result(click.style(plain(line), dim=True))


def _one(question: str, default: str, check: Callable[[str], str]) -> str:
    answer: str = click.prompt(question, default=default, value_proc=check)
    return answer


def _folder(path: str) -> str:
    if Path(path).exists() and not Path(path).is_dir():
        raise click.BadParameter(f"{path} is a file, not a folder.")
    return path


def _named(name: str) -> str:
    if fault := invalid_package(name):
        raise click.BadParameter(" ".join(fault))
    return name
