"""Plans the changes of a project's files, writes them, and prints the next steps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from runware_codegen.init import precommit, project
from runware_codegen.init.answers import Answers, ask_again, ask_for_answers
from runware_codegen.option_types import InitOptions
from runware_codegen.output import files
from runware_codegen.report import Terminal
from runware_codegen.resources import BUILTIN
from runware_codegen.settings import MODELS, OwnModels, own_models

_PROJECT = Path("pyproject.toml")
_HOOKS = Path(".pre-commit-config.yaml")
_INSTALLERS = {"uv.lock": "uv add", "poetry.lock": "poetry add", "pdm.lock": "pdm add"}
"""The command of a package manager that adds dependencies, by its lock file."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The files that `init` will write.

    Attributes:
        answers: The answers of the user.
        texts: The new contents of files that change, by their paths.
        advice: What the user has to do by hand, or empty.
        own_models: The user's own models, which the settings have already.
    """

    answers: Answers
    texts: dict[Path, bytes]
    advice: str
    own_models: OwnModels


def plan(
    options: InitOptions, terminal: Terminal, earlier: Answers | None = None
) -> Plan | None:
    """Ask for the answers, and plan the changes; write nothing.

    Args:
        options: The options of the command.
        terminal: The terminal.
        earlier: Earlier answers; the user is asked for all of them again.

    Returns:
        The plan; None if the user keeps the existing settings.

    Raises:
        InvalidInputError: If a file cannot be changed, or if an answer is required and the
            user cannot be asked.
    """
    before = project.read(_PROJECT)
    current = project.current(before, _PROJECT)
    project.changed(before, project.EXAMPLE, _PROJECT)
    if earlier:
        answers = ask_again(earlier, current, terminal)
    else:
        answers = ask_for_answers(options, current, terminal)
    settings = project.settings(answers, current)
    after = project.changed(before, settings, _PROJECT)
    texts: dict[Path, bytes] = {}
    if after != before:
        is_addition = after.startswith(before)
        if not is_addition and not answers.may_replace(
            _PROJECT, before, after, terminal
        ):
            return None
        texts[_PROJECT] = after.encode()
    advice = ""
    if os.path.lexists(_HOOKS):
        hooks = project.read(_HOOKS)
        added = precommit.added(hooks, precommit.stanza(answers))
        if added is None:
            advice = (
                f"{_HOOKS} was not changed: it has no list repos with a line for each "
                f"item. Add this by hand:\n{precommit.stanza(answers)}"
            )
        elif added != hooks:
            texts[_HOOKS] = added.encode()
    for path in texts:
        files.check(path)
    own = own_models(current.get(MODELS, {}), _PROJECT)
    return Plan(answers, texts, advice, own)


def plan_models(file: Path, models: dict[str, str]) -> str:
    """Return the text of a pyproject.toml with the user's own models; write nothing.

    Args:
        file: The pyproject.toml.
        models: AIRs or patterns of them, each with the document that describes it.

    Returns:
        The text; empty if the file has these models already.

    Raises:
        InvalidInputError: If the file cannot be changed.
    """
    before = project.read(file)
    after = project.with_models(before, models, file)
    if after == before:
        return ""
    files.check(file)
    return after


def write_models(file: Path, models: dict[str, str], terminal: Terminal) -> None:
    """Write the text of `plan_models`, and print the new lines.

    Raises:
        InvalidInputError: If the file cannot be changed.
    """
    text = plan_models(file, models)
    if not text:
        terminal.summary(f"{file} has these models already.")
        return
    files.write(file, text.encode())
    for name, like in models.items():
        terminal.summary(f'Wrote to {file}: "{name}" = "{like}"')


def write(made: Plan, import_line: str, terminal: Terminal) -> None:
    """Write the planned files, and print the next steps.

    Args:
        made: The plan.
        import_line: A line of Python that imports a request class.
        terminal: The terminal.

    Raises:
        InvalidInputError: If a file cannot be written.
    """
    for path, content in made.texts.items():
        files.write(path, content)
        terminal.summary(f"Wrote {path}.")
    for line in made.advice.splitlines():
        terminal.note(line)
    terminal.summary(f"Later: {_advice(made.answers)}")
    install = f"{_installer()} pydantic httpx2"
    terminal.summary(f"Next: `{install}`, set RUNWARE_API_KEY, and")
    terminal.summary(f"    {import_line}")


def _installer() -> str:
    """Return the command that adds dependencies to the project in the current folder."""
    locked = (command for file, command in _INSTALLERS.items() if Path(file).exists())
    return next(locked, "pip install")


def _advice(answers: Answers) -> str:
    """Return what to run when documents change."""
    if answers.models:
        return (
            "run `runware-codegen fetch --update` and `runware-codegen generate` to"
            " update the client."
        )
    if not all(each.startswith(BUILTIN) for each in answers.documents):
        return "run `runware-codegen generate` when a document has changed."
    return (
        "for the exact document of a model, run `runware-codegen fetch MODEL`, add its folder"
        " to documents in pyproject.toml, and run `runware-codegen generate`."
    )
