"""The command `fetch`: the folders of a project, and what is fetched into each."""

from __future__ import annotations

import os
from pathlib import Path

import click

from runware_codegen import init, settings
from runware_codegen.catalog import fetching
from runware_codegen.catalog.fetch_run import UpdateReport
from runware_codegen.catalog.lock import lock_of
from runware_codegen.catalog.names import is_pattern
from runware_codegen.catalog.query import matches
from runware_codegen.option_types import FetchOptions
from runware_codegen.options import ACCEPT_FILE
from runware_codegen.problems import InvalidInputError, Problem
from runware_codegen.project_commands import beside_settings, fetch_project
from runware_codegen.report import Terminal
from runware_codegen.termination import DIFFERENT


def fetch(ctx: click.Context, options: FetchOptions, terminal: Terminal) -> int:
    """Fetch documents into their folders, or remove them, as the options say.

    Returns:
        The exit code.

    Raises:
        InvalidInputError: With the problems of all folders.
    """
    if options["like"]:
        _fetch_like(ctx, options, terminal)
        return 0
    if options["remove"]:
        _remove(ctx, options, terminal)
        return 0
    problems: list[Problem] = []
    refused = False
    for folder, models in _models_by_folder(ctx, options).items():
        chosen: FetchOptions = {**options, "models": models}
        try:
            refused |= _fetch(ctx, chosen, str(folder), terminal)
        except InvalidInputError as failure:
            problems += failure.problems
        else:
            _note_unread(ctx, str(folder), terminal)
    if problems:
        raise InvalidInputError(problems)
    return DIFFERENT if refused else 0


def _remove(ctx: click.Context, options: FetchOptions, terminal: Terminal) -> None:
    for folder, models in _models_by_folder(ctx, options).items():
        chosen: FetchOptions = {**options, "models": models, "output": str(folder)}
        fetching.remove(chosen, terminal)


def _fetch_like(ctx: click.Context, options: FetchOptions, terminal: Terminal) -> None:
    """Fetch the document for the user's own models, and record it in pyproject.toml."""
    file = ctx.meta[settings.FILE]
    found = fetching.find_like(options, terminal)
    models = dict.fromkeys(options["models"], found)
    is_written = not fetch_project(ctx).has_several_clients
    if is_written:
        init.plan_models(file, models)  # a problem is raised before anything is written
    _fetch(ctx, {**options, "models": (found,)}, options["output"], terminal)
    _note_unread(ctx, options["output"], terminal)
    if is_written:
        init.write_models(file, models, terminal)
        return
    terminal.summary(f"{file} has several clients. Add to one that has the document:")
    terminal.summary("[tool.runware-codegen.clients.models]")
    for name in models:
        terminal.summary(f'"{name}" = "{found}"')


def _fetch(
    ctx: click.Context, options: FetchOptions, folder: str, terminal: Terminal
) -> bool:
    """Fetch documents into a folder.

    Returns:
        Whether a document was not updated, because its new version breaks callers.

    Raises:
        InvalidInputError: If documents could not be fetched. The others are written.
    """

    def new_report() -> UpdateReport:
        from runware_codegen.diff.updates import Updates  # noqa: PLC0415  # slow

        accept_file = beside_settings(ctx, ACCEPT_FILE)
        allowed = fetch_project(ctx).allows_unenforced
        checks = options["check"] is not None and not allowed
        return Updates(accept_file, options["include_status"], checks_keywords=checks)

    return fetching.fetch({**options, "output": folder}, terminal, new_report)


def _models_by_folder(
    ctx: click.Context, options: FetchOptions
) -> dict[Path, tuple[str, ...]]:
    """Return the folders of `fetch`, and the models for each of them."""
    folders = [Path(folder) for folder in fetch_project(ctx).folders]
    if options["models"]:
        return _distributed(options, folders)
    if options["everything"] or options["task_type"]:
        return {folders[0]: ()}
    with_documents = [each for each in folders if lock_of(each).within(each)]
    return dict.fromkeys(with_documents or folders[:1], ())


def _distributed(
    options: FetchOptions, folders: list[Path]
) -> dict[Path, tuple[str, ...]]:
    """Distribute the models that the user names: those that a folder has locked are for it.

    The others are for the first folder. So is a pattern that may stand for other models
    than locked ones.
    """
    locked_only = options["locked"] or options["remove"]
    found: dict[Path, tuple[str, ...]] = {}
    for folder in folders:
        locked = lock_of(folder).within(folder).values()
        names = tuple(
            name
            for name in options["models"]
            if (locked_only or not is_pattern(name))
            and any(matches(each, name) for each in locked)
        )
        found |= {folder: names} if names else {}
    known = {name for names in found.values() for name in names}
    if new := tuple(name for name in options["models"] if name not in known):
        found[folders[0]] = (*found.get(folders[0], ()), *new)
    return found


def _note_unread(ctx: click.Context, folder: str, terminal: Terminal) -> None:
    """Print how to make the project read a folder of documents, if it does not."""
    if not fetch_project(ctx).reads(folder):
        file = ctx.meta[settings.FILE]
        path = Path(os.path.relpath(folder, file.parent)).as_posix()
        terminal.note(
            f"generate does not read {folder} yet. Add it to documents in {file}, such as"
            f' documents = ["{path}", "builtin:*"].'
        )
