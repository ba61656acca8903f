"""The build step of setuptools: `build` in `[tool.runware-codegen]`."""

from __future__ import annotations

import functools
import shutil
import tomllib
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar, cast

from setuptools import Command

from runware_codegen.building.step import BuildStep, files_in, problems_end_the_build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setuptools import Distribution

_NAME = "build_runware_client"


class BuildClient(Command):
    """Generates the package into the project, and into the folder that becomes a wheel.

    It is a subcommand of `build` as setuptools describes them, and the last one, since
    `build_py` may have put files of an older package into the same place.
    """

    description = "generate the client from Runware's documents"
    user_options: ClassVar[
        list[tuple[str, str, str]] | list[tuple[str, str | None, str]]
    ] = []

    build_lib: str
    editable_mode: bool

    def initialize_options(self) -> None:
        """Set what setuptools will fill in."""
        self.build_lib = ""
        self.editable_mode = False

    def finalize_options(self) -> None:
        """Take over the folder that becomes the wheel."""
        self.build_lib = str(self.get_finalized_command("build_py").build_lib)

    @functools.cached_property
    def step(self) -> BuildStep:
        """What pyproject.toml says."""
        with problems_end_the_build():
            return BuildStep.of(Path.cwd())

    def update_source(self) -> None:
        """Generate into the project, if the package belongs there."""
        if self._in_source:
            with problems_end_the_build():
                self.step.run()

    def run(self) -> None:
        """Generate."""
        self.update_source()
        if self.editable_mode:
            self._declare()
        elif self._in_source:
            shutil.rmtree(self._built, ignore_errors=True)
            for path, source in self.get_output_mapping().items():
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, path)
        else:
            with problems_end_the_build():
                self.step.run(self._built.parent)

    def get_source_files(self) -> list[str]:
        """List what a sdist needs: the documents, and the package if it is in the project."""
        generated = self.step.generated() if self._in_source else []
        return [path.as_posix() for path in (*self.step.documents, *generated)]

    def get_outputs(self) -> list[str]:
        """List the package's files where the wheel takes them from."""
        if self._in_source:
            return list(self.get_output_mapping())
        return [str(self._built / path) for path in files_in(self._built)]

    def get_output_mapping(self) -> dict[str, str]:
        """Give the package's files in the project by where the wheel takes them from."""
        if not self._in_source:
            return {}
        target = self.step.target
        return {str(self._built / p): str(target / p) for p in files_in(target)}

    @property
    def _in_source(self) -> bool:
        """Whether the project has the package; an editable install is the project."""
        return self.step.into_source or self.editable_mode

    @property
    def _built(self) -> Path:
        return Path(self.build_lib) / self._import_path

    @property
    def _import_path(self) -> PurePath:
        package_dir = cast("dict[str, str]", self.distribution.package_dir or {})
        return _import_path(self.step.target, package_dir)

    def _declare(self) -> None:
        """Let setuptools know of a package that was not there when it looked for some."""
        name = ".".join(self._import_path.parts)
        declared = self.distribution.packages or []
        if name not in declared:
            self.distribution.packages = [*declared, name]


def finalize_distribution(distribution: Distribution) -> None:
    """Add the step to a build, if the project's pyproject.toml asks for it.

    Setuptools calls this for each project that it builds where runware-codegen is
    installed; `build` in `[tool.runware-codegen]` is how one asks.
    """
    if not _is_asked_for(Path("pyproject.toml")):
        return
    build: Any = distribution.get_command_class("build")
    sdist: Any = distribution.get_command_class("sdist")

    def generate_and_run(command: Any) -> None:
        command.get_finalized_command(_NAME).update_source()
        sdist.run(command)

    steps = [*build.sub_commands, (_NAME, None)]
    distribution.cmdclass |= {
        _NAME: BuildClient,
        "build": type("build", (build,), {"sub_commands": steps}),
        "sdist": type("sdist", (sdist,), {"run": generate_and_run}),
    }


def _is_asked_for(file: Path) -> bool:
    try:
        content: Any = tomllib.loads(file.read_text(encoding="utf-8"))
        return "build" in content["tool"]["runware-codegen"]
    except (OSError, ValueError, KeyError, TypeError):
        return False  # setuptools itself says what is wrong with the file


def _import_path(target: PurePath, package_dir: Mapping[str, str]) -> PurePath:
    """Find under which name a folder is imported, as a path.

    Args:
        target: The folder, relative to the project's.
        package_dir: Folders by the name of the package that is in them; the empty name
            stands for those that are not named.
    """
    roots = {"": "", **package_dir}
    holding = [(PurePath(f), n) for n, f in roots.items() if target.is_relative_to(f)]
    folder, name = max(holding, key=lambda root: len(root[0].parts), default=("", ""))
    return PurePath(*name.split(".")) / target.relative_to(folder)
