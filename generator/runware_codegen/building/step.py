"""The build step that both build hooks share."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from runware_codegen import settings
from runware_codegen.cli import generate
from runware_codegen.documents.sources import find_sources
from runware_codegen.problems import InvalidInputError, Problem, json_pointer
from runware_codegen.report import Terminal

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from runware_codegen.options import GenerateOptions

SOURCE = "source"
WHEEL = "wheel"

_SETTINGS = Path("pyproject.toml")
_WRITING = ("--no-check", "--no-diff", "--no-as-hook", "--docs", "")


@dataclass(frozen=True, slots=True)
class BuildStep:
    """What is to be generated when a project is built.

    Attributes:
        root: The project's folder, in which its pyproject.toml is.
        documents: The files that the package is made from, relative to the root; none
            if it is made from those that come with the generator.
        target: The package's folder, relative to the root.
        into_source: Whether the package belongs into the project's folder; else it is
            in the wheel alone.
    """

    root: Path
    documents: tuple[Path, ...]
    target: Path
    into_source: bool

    @classmethod
    def of(cls, root: Path, *, default: str = "") -> BuildStep:
        """Read what a project's pyproject.toml says.

        Args:
            root: The project's folder.
            default: Where to generate to, if the file does not say it.

        Raises:
            InvalidInputError: The file has wrong values, or names what is not in the project.
            click.UsageError: It lacks a value.
        """
        with contextlib.chdir(root):
            context = generate.make_context("runware-codegen", list(_WRITING))
            options = cast("GenerateOptions", context.params)
            where = (context.default_map or {}).get("build", default)
            if where not in {SOURCE, WHEEL}:
                raise _wrong(
                    "build", f"{where!r} is no place.", "Give source or wheel."
                )
            found = find_sources(options["documents"])
            if found.problems:
                raise InvalidInputError(found.problems)
            files = [source.path for source in found.sources if source.path]
            return cls(
                root=root,
                documents=tuple(_inside(root, file, "documents") for file in files),
                target=_inside(root, Path(options["output"]), "output")
                / options["package"],
                into_source=where == SOURCE,
            )

    def run(self, output: Path | None = None) -> None:
        """Generate, as the command does; what is up to date is not written.

        Args:
            output: The folder to make the package in; that of the project if none.

        Raises:
            InvalidInputError: Something is wrong with a document or with the folder.
        """
        elsewhere = ("--output", str(output.absolute())) if output else ()
        with contextlib.chdir(self.root):
            generate.main([*_WRITING, *elsewhere], standalone_mode=False)

    def generated(self) -> list[Path]:
        """List the files of the package in the project, relative to the root."""
        found = files_in(self.root / self.target)
        return [self.target / path for path in found]


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


def _inside(root: Path, path: Path, name: str) -> Path:
    """Make a path relative to the project's folder, in which it must be."""
    relative = Path(os.path.relpath(path, root))
    if relative.is_absolute() or ".." in relative.parts:
        raise _wrong(
            name,
            f"{path} is outside of the project, where a sdist cannot take it along.",
            "Name what is in the folder of pyproject.toml or below it.",
        )
    return relative


def _wrong(name: str, message: str, remedy: str) -> InvalidInputError:
    return InvalidInputError([settings.problem_with(_SETTINGS, name, message, remedy)])
