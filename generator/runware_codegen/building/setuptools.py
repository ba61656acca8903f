"""The build step of setuptools: `build` in `[tool.runware-codegen]`."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path, PurePath
from typing import Any, ClassVar, cast

from setuptools import Command, Distribution

from runware_codegen.building.step import (
    BuildStep,
    files_in,
    import_path,
    problems_end_the_build,
    read_steps,
    wrong_setting,
)

_NAME = "build_runware_client"
_TOP_LEVEL = "top_level.txt"


class BuildClient(Command):
    """Generates clients into the project, and into the folder that becomes the wheel.

    It is the last subcommand of `build`, because `build_py` may copy files of an older
    package to the same folder.
    """

    description = "generate the client from Runware's documents"
    user_options: ClassVar[
        list[tuple[str, str, str]] | list[tuple[str, str | None, str]]
    ] = []

    steps: ClassVar[list[BuildStep]] = []
    build_lib: str
    editable_mode: bool

    def initialize_options(self) -> None:
        """Set the attributes that setuptools fills in."""
        self.build_lib = ""
        self.editable_mode = False

    def finalize_options(self) -> None:
        """Read the folder that becomes the wheel."""
        self.build_lib = str(self.get_finalized_command("build_py").build_lib)

    def update_source(self) -> None:
        """Generate the clients that belong in the project."""
        with problems_end_the_build():
            for step in self._in_source():
                step.run()

    def run(self) -> None:
        """Generate all clients."""
        self.update_source()
        with problems_end_the_build():
            for step in self.steps:
                place = self._import_path(step)
                self._declare(".".join(place.parts))
                if not self.editable_mode:
                    self._build(step, Path(self.build_lib) / place)

    def get_source_files(self) -> list[str]:
        """List the files for the sdist: documents, and clients in the project."""
        documents = [path for step in self.steps for path in step.documents]
        generated = [path for step in self._in_source() for path in step.generated()]
        return [path.as_posix() for path in (*documents, *generated)]

    def with_top_level_names(self, text: str) -> str:
        """Add the clients to the top-level names, which setuptools lists before a build."""
        with problems_end_the_build():
            names = {self._import_path(step).parts[0] for step in self.steps}
        return "".join(f"{name}\n" for name in sorted(names.union(text.split())))

    def get_outputs(self) -> list[str]:
        """List the clients' files of an editable wheel."""
        return list(self.get_output_mapping())

    def get_output_mapping(self) -> dict[str, str]:
        """Map the clients' files for the wheel to their files in the project."""
        return {
            str(Path(self.build_lib) / self._import_path(step) / path): str(
                step.target / path
            )
            for step in self._in_source()
            for path in files_in(step.target)
        }

    def _in_source(self) -> list[BuildStep]:
        """List the clients in the project; for an editable install, all clients."""
        return [step for step in self.steps if step.into_source or self.editable_mode]

    def _build(self, step: BuildStep, place: Path) -> None:
        shutil.rmtree(place, ignore_errors=True)
        if step.into_source:
            shutil.copytree(
                step.target, place, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            output = place
            for _ in step.package.parts:
                output = output.parent
            step.run(output)

    def _import_path(self, step: BuildStep) -> PurePath:
        """Return the path of a client's folder in the wheel.

        Raises:
            InvalidInputError: If setuptools takes no packages from that folder.
        """
        package_dir = cast("dict[str, str]", self.distribution.package_dir or {})
        root = "src" if step.target.is_relative_to("src") else ""
        folders = {
            folder: name.replace(".", "/")
            for name, folder in ({"": root} | package_dir).items()
        }
        if path := import_path(step.target, folders):
            return path
        raise wrong_setting(
            "output",
            f"{step.output} is not in a folder that setuptools takes packages from:"
            f" {', '.join(map(str, folders))}.",
            "Choose one of these, or add this one to [tool.setuptools.packages.find].",
        )

    def _declare(self, name: str) -> None:
        """Add a package that was generated after setuptools had searched for packages.

        Without packages, setuptools installs no files.
        """
        declared = self.distribution.packages or []
        if name not in declared:
            self.distribution.packages = [*declared, name]


def finalize_distribution(distribution: Distribution) -> None:
    """Add the command to the build, if the project's pyproject.toml has `build`.

    If runware-codegen is installed, setuptools calls this for each project that it builds.
    """
    if not _is_asked_for(Path("pyproject.toml")):
        return
    with problems_end_the_build():
        steps = read_steps(Path.cwd())
    for step in steps:  # setuptools requires the folder before anything is generated
        step.output.mkdir(parents=True, exist_ok=True)
    build: Any = distribution.get_command_class("build")
    egg_info: Any = distribution.get_command_class("egg_info")
    sdist: Any = distribution.get_command_class("sdist")

    def generate_and_run(command: Any) -> None:
        command.get_finalized_command(_NAME).update_source()
        sdist.run(command)

    def write_file(command: Any, what: str, filename: str, data: str) -> None:
        if Path(filename).name == _TOP_LEVEL:
            client: BuildClient = command.distribution.get_command_obj(_NAME)
            data = client.with_top_level_names(data)
        egg_info.write_file(command, what, filename, data)

    sub_commands = [*build.sub_commands, (_NAME, None)]
    distribution.cmdclass |= {
        _NAME: type(_NAME, (BuildClient,), {"steps": steps}),
        "build": type("build", (build,), {"sub_commands": sub_commands}),
        "egg_info": type("egg_info", (egg_info,), {"write_file": write_file}),
        "sdist": type("sdist", (sdist,), {"run": generate_and_run}),
    }


def _is_asked_for(file: Path) -> bool:
    try:
        content: Any = tomllib.loads(file.read_text(encoding="utf-8"))
        table = content["tool"]["runware-codegen"]
        return any("build" in each for each in (table, *table.get("clients", ())))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # setuptools reports what is wrong with the file
