"""The build hook of hatchling: `[tool.hatch.build.hooks.runware-codegen]`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

from runware_codegen.building.step import (
    SOURCE,
    BuildStep,
    files_in,
    problems_end_the_build,
    refuse_options,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = "runware-codegen"
_TABLE = ("tool", "hatch", "build", "hooks", _NAME)
_OF_HATCH = {
    "dependencies",
    "enable-by-default",
    "require-runtime-dependencies",
    "require-runtime-features",
}


class RunwareBuildHook(BuildHookInterface[BuilderConfig]):
    """Generates the package before a wheel or sdist is put together.

    The sdist takes the documents along, so that a wheel can be built from it anywhere.
    An editable install is the project's folder itself; the package is made there.
    """

    PLUGIN_NAME = _NAME

    _aside: TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate, and have the build include what belongs to it.

        Args:
            version: How the target is built: `standard` or `editable`.
            build_data: What the build goes by; its `force_include` is extended.
        """
        with problems_end_the_build():
            refuse_options(_own(self.config), _TABLE)
            step = BuildStep.of(Path(self.root), default=SOURCE)
            editable = version == "editable"
            if step.into_source or editable:
                step.run()
                included = _as_they_are(step, step.generated())
            elif self.target_name == "wheel":
                included = self._made_aside(step)
            else:
                included = {}
        if self.target_name == "sdist":
            included |= _as_they_are(step, step.documents)
        if not editable:
            build_data["force_include"].update(included)

    def finalize(
        self,
        version: str,  # noqa: ARG002
        build_data: dict[str, Any],  # noqa: ARG002
        artifact_path: str,  # noqa: ARG002
    ) -> None:
        """Remove what was generated for the wheel alone."""
        if self._aside:
            self._aside.cleanup()

    def _made_aside(self, step: BuildStep) -> dict[str, str]:
        """Generate outside of the project, and give the places in it by the files."""
        self._aside = TemporaryDirectory(prefix=f"{_NAME}-")
        folder = Path(self._aside.name)
        step.run(folder)
        made = folder / step.target.name
        return {str(made / p): str(step.target / p) for p in files_in(made)}


def _own(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in _OF_HATCH}


def _as_they_are(step: BuildStep, paths: Iterable[Path]) -> dict[str, str]:
    """Give the places of files in the project by the files, one by one.

    Hatchling then takes each once, also where its own choice of files has it.
    """
    return {str(step.root / path): str(path) for path in paths}


@hookimpl
def hatch_register_build_hook() -> type[RunwareBuildHook]:
    """Tell hatchling of the hook."""
    return RunwareBuildHook
