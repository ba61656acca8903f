"""The build step that both build hooks share."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import cast

import click

from runware_codegen import settings
from runware_codegen.catalog import lock
from runware_codegen.cli import generate
from runware_codegen.documents.sources import find_sources
from runware_codegen.option_types import GenerateOptions
from runware_codegen.package_name import package_folder
from runware_codegen.problems import InvalidInputError, Problem, json_pointer
from runware_codegen.project_commands import each_client
from runware_codegen.report import Terminal
from runware_codegen.resources import BUILTIN

SOURCE = "source"

_SETTINGS = Path("pyproject.toml")
_WRITING = ("--no-check", "--no-diff", "--no-as-hook", "--docs", "")


@dataclass(frozen=True, slots=True)
class BuildStep:
    """A client that is generated when a project is built.

    Attributes:
        root: The folder of pyproject.toml.
        documents: The files of the client's documents and their locks, relative to the
            root, without those of the generator.
        output: The folder that the package is generated into, relative to the root.
        package: The package's folder, relative to `output`.
        into_source: Whether the package is generated into the project; else it is only
            in the wheel.
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
        """Run the command `generate`; files that are up to date are not written.

        Args:
            output: The folder for the package; the default is the folder in the project.

        Raises:
            InvalidInputError: If a document is invalid or the folder cannot be written.
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
        default: The value of `build` if the file has none.

    Raises:
        InvalidInputError: If a value is invalid, or a path is outside of the project.
        click.UsageError: If a required value is missing.
    """
    with contextlib.chdir(root):
        arguments = ["--project", ".", *_WRITING]
        context = generate.make_context("runware-codegen", arguments)
        return [_step(root, each, default) for each in each_client(context)]


def import_path(target: PurePath, sources: Mapping[str, str]) -> PurePath | None:
    """Return the path of a package's folder in a wheel.

    Args:
        target: The folder, relative to the project's folder.
        sources: Prefixes of paths with their replacements; the longest prefix counts.

    Returns:
        The path below site-packages; None if no prefix matches.
    """
    holding = [folder for folder in sources if target.is_relative_to(folder)]
    if not holding:
        return None
    folder = max(holding, key=lambda each: len(PurePath(each).parts))
    return PurePath(sources[folder]) / target.relative_to(folder)


@contextlib.contextmanager
def problems_end_the_build() -> Generator[None]:
    """Print problems as the command does, and exit without a traceback.

    Raises:
        SystemExit: If there are problems.
    """
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
    """List the files in a folder, relative to it, without bytecode."""
    return [
        path.relative_to(folder)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def refuse_options(given: Mapping[str, object], table: Sequence[str]) -> None:
    """Refuse options in a table from which no options are read.

    Raises:
        InvalidInputError: If there are options.
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
    """Create the error for an option in pyproject.toml."""
    problem = settings.problem_with(_SETTINGS, (name,), message, remedy)
    return InvalidInputError([problem])


def _step(root: Path, context: click.Context, default: str) -> BuildStep:
    options = cast("GenerateOptions", context.params)
    where = (context.default_map or {}).get("build", default)
    if not where:
        raise wrong_setting("build", "A client has no value.", "Use source or wheel.")
    found = find_sources(d for d in options["documents"] if not d.startswith(BUILTIN))
    if found.problems:
        raise InvalidInputError(found.problems)
    files = [source.path for source in found.sources if source.path]
    files += lock.lock_files(options["documents"])
    return BuildStep(
        root=root,
        documents=tuple(_inside(root, file, "documents") for file in files),
        output=_inside(root, Path(options["output"]), "output"),
        package=package_folder(options["package"]),
        into_source=where == SOURCE,
        context=context,
    )


def _inside(root: Path, path: Path, name: str) -> Path:
    """Make a path relative to the project's folder.

    Raises:
        InvalidInputError: If the path is outside of the folder.
    """
    relative = Path(os.path.relpath(path, root))
    if relative.is_absolute() or ".." in relative.parts:
        raise wrong_setting(
            name,
            f"{path} is outside of the project, so an sdist cannot include it.",
            "Choose a path in the folder of pyproject.toml or below it.",
        )
    return relative
