"""The build hook of hatchling: `[tool.hatch.build.hooks.runware-codegen]`."""

from __future__ import annotations

import contextlib
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

from runware_codegen.building.step import (
    SOURCE,
    BuildStep,
    files_in,
    import_path,
    problems_end_the_build,
    read_steps,
    refuse_options,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatchling.builders.config import BuilderConfig

    _BuildHook = BuildHookInterface[BuilderConfig]
else:
    _BuildHook = BuildHookInterface  # only hatchling 1.32.3 has two type parameters

_NAME = "runware-codegen"
_TABLE = ("tool", "hatch", "build", "hooks", _NAME)
_OF_HATCH = {
    "dependencies",
    "enable-by-default",
    "require-runtime-dependencies",
    "require-runtime-features",
}
_FLAT_AND_SRC = {"": "", "src": ""}  # the two layouts that hatchling supports


class RunwareBuildHook(_BuildHook):
    """Generates the package before a wheel or an sdist is built.

    The sdist contains the documents, so that a wheel can be built from it. An editable
    install uses the project's folder, so the package is generated there.
    """

    PLUGIN_NAME = _NAME

    _work: TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate the package, and add its files to the build.

        Args:
            version: How the target is built: `standard` or `editable`.
            build_data: The data of the build; files are added to `force_include`.
        """
        self._work = TemporaryDirectory(prefix=f"{_NAME}-")
        included: dict[str, str] = build_data["force_include"]
        with problems_end_the_build():
            refuse_options(_own(self.config), _TABLE)
            for step in read_steps(Path(self.root), default=SOURCE):
                if step.into_source or version == "editable":
                    step.run()
                if self.target_name == "sdist":
                    included |= _unchanged(step, step.documents)
                    included |= _unchanged(step, step.generated())
                elif version == "editable":
                    included |= self._path_file(step)
                elif self.target_name == "wheel":
                    included |= self._in_wheel(step)

    def finalize(
        self,
        version: str,  # noqa: ARG002
        build_data: dict[str, Any],  # noqa: ARG002
        artifact_path: str,  # noqa: ARG002
    ) -> None:
        """Remove the files that only the wheel needed."""
        if self._work:
            self._work.cleanup()

    def _in_wheel(self, step: BuildStep) -> dict[str, str]:
        """Map the package's files to their paths in the wheel."""
        if step.into_source:
            made = step.root / step.target
        else:
            folder = self._folder(step)
            step.run(folder)
            made = folder / step.package
        place = self._import_path(step)
        return {str(made / path): str(place / path) for path in files_in(made)}

    def _path_file(self, step: BuildStep) -> dict[str, str]:
        """Write a .pth file with the folder that the package is imported from.

        Hatchling writes one itself for the packages that it finds.
        """
        root = step.root / step.target
        for _ in self._import_path(step).parts:
            root = root.parent
        file = self._folder(step) / f"_{_NAME}-{step.context.params['package']}.pth"
        file.write_text(f"{root}\n", encoding="utf-8")
        return {str(file): file.name}

    def _import_path(self, step: BuildStep) -> PurePath:
        with contextlib.suppress(ValueError):  # raised if hatchling finds no package
            path = PurePath(self.build_config.get_distribution_path(str(step.target)))
            if path != step.target:
                return path
        return import_path(step.target, _FLAT_AND_SRC) or step.target

    def _folder(self, step: BuildStep) -> Path:
        assert self._work  # noqa: S101
        folder = Path(self._work.name) / str(step.target).replace("/", "-")
        folder.mkdir()
        return folder


def _own(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in _OF_HATCH}


def _unchanged(step: BuildStep, paths: Iterable[Path]) -> dict[str, str]:
    """Map files of the project to the same paths in the sdist.

    Listed one by one, a file that hatchling selects too is included only once.
    """
    return {str(step.root / path): str(path) for path in paths}


@hookimpl
def hatch_register_build_hook() -> type[RunwareBuildHook]:
    """Register the hook."""
    return RunwareBuildHook
