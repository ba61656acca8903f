"""The build step that both build hooks share."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, cast

import click

from runware_codegen import settings
from runware_codegen.cli import each_client, generate
from runware_codegen.documents.sources import find_sources
from runware_codegen.options import package_folder
from runware_codegen.problems import InvalidInputError, Problem, json_pointer
from runware_codegen.report import Terminal
from runware_codegen.resources import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from runware_codegen.options import GenerateOptions

SOURCE = "source"
WHEEL = "wheel"

_SETTINGS = Path("pyproject.toml")
_WRITING = ("--no-check", "--no-diff", "--no-as-hook", "--docs", "")


@dataclass(frozen=True, slots=True)
class BuildStep:
    """A client that is generated when a project is built.

    Attributes:
        root: The project's folder, in which its pyproject.toml is.
        documents: The files that the client is made from, relative to the root; without
            those that come with the generator.
        output: The folder that the package is generated into, relative to the root.
        package: The package's folder, relative to `output`.
        into_source: Whether the package belongs into the project's folder; else it is
            in the wheel alone.
        context: The command `generate` with the options of pyproject.toml.
    """

    root: Path
    documents: tuple[Path, ...]
    output: Path
    package: Path
    into_source: bool
    context: click.Context

    @property
    def target(self) -> Path:
        """The package's folder, relative to the root."""
        return self.output / self.package

    def run(self, output: Path | None = None) -> None:
        """Generate, as the command does; what is up to date is not written.

        Args:
            output: The folder to make the package in; that of the project if none.

        Raises:
            InvalidInputError: Something is wrong with a document or with the folder.
        """
        self.context.params["output"] = str(
            output.absolute() if output else self.output
        )
        with contextlib.chdir(self.root), self.context:
            click.Command.invoke(generate, self.context)

    def generated(self) -> list[Path]:
        """List the files of the package in the project, relative to the root."""
        found = files_in(self.root / self.target)
        return [self.target / path for path in found]


def read_steps(root: Path, *, default: str = "") -> list[BuildStep]:
    """Read the clients in a project's pyproject.toml.

    Args:
        root: The project's folder.
        default: Where to generate to, if the file does not say it.

    Raises:
        InvalidInputError: The file has wrong values, or names what is not in the project.
        click.UsageError: It lacks a value.
    """
    with contextlib.chdir(root):
        arguments = ["--project", ".", *_WRITING]
        context = generate.make_context("runware-codegen", arguments)
        return [_step(root, each, default) for each in each_client(context)]


def import_path(target: PurePath, sources: Mapping[str, str]) -> PurePath | None:
    """Find where a package's folder is in a wheel, as its import name says it.

    Args:
        target: The folder, relative to the project's.
        sources: Folders that are removed from the beginning of paths, with what they are
            replaced by; the longest counts.

    Returns:
        The path below site-packages; None if none of the folders holds the target.
    """
    holding = [folder for folder in sources if target.is_relative_to(folder)]
    if not holding:
        return None
    folder = max(holding, key=lambda each: len(PurePath(each).parts))
    return PurePath(sources[folder]) / target.relative_to(folder)


@contextlib.contextmanager
def problems_end_the_build() -> Generator[None]:
    """Show what is wrong as the command does, and end without a traceback."""
    try:
        yield
    except InvalidInputError as error:
        Terminal().problems(error.problems)
    except click.ClickException as error:
        Terminal().error(
            f"{_SETTINGS}, [tool.runware-codegen]: {error.format_message()}"
        )
    else:
        return
    raise SystemExit(2)


def files_in(folder: Path) -> list[Path]:
    """List the files in a folder, relative to it, without what Python leaves there."""
    return [
        path.relative_to(folder)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def refuse_options(given: Mapping[str, object], table: Sequence[str]) -> None:
    """Refuse options that stand in a table where none are read.

    Raises:
        InvalidInputError: There are some.
    """
    if given:
        raise InvalidInputError(
            Problem(
                str(_SETTINGS),
                json_pointer((*table, name)),
                "No options are read from this table.",
                "Move it to [tool.runware-codegen].",
            )
            for name in given
        )


def wrong_setting(name: str, message: str, remedy: str) -> InvalidInputError:
    """Say what is wrong with an option in pyproject.toml."""
    return InvalidInputError([settings.problem_with(_SETTINGS, name, message, remedy)])


def _step(root: Path, context: click.Context, default: str) -> BuildStep:
    options = cast("GenerateOptions", context.params)
    where = (context.default_map or {}).get("build", default)
    if where not in {SOURCE, WHEEL}:
        raise wrong_setting("build", f"{where!r} is no place.", "Give source or wheel.")
    found = find_sources(d for d in options["documents"] if not d.startswith(BUILTIN))
    if found.problems:
        raise InvalidInputError(found.problems)
    files = [source.path for source in found.sources if source.path]
    return BuildStep(
        root=root,
        documents=tuple(_inside(root, file, "documents") for file in files),
        output=_inside(root, Path(options["output"]), "output"),
        package=package_folder(options["package"]),
        into_source=where == SOURCE,
        context=context,
    )


def _inside(root: Path, path: Path, name: str) -> Path:
    """Make a path relative to the project's folder, in which it must be."""
    relative = Path(os.path.relpath(path, root))
    if relative.is_absolute() or ".." in relative.parts:
        raise wrong_setting(
            name,
            f"{path} is outside of the project, where a sdist cannot take it along.",
            "Name what is in the folder of pyproject.toml or below it.",
        )
    return relative
