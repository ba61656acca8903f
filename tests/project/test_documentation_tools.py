"""Documentation tools show the classes and parameters of the emitted package."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from environments import TOP

if TYPE_CHECKING:
    from pathlib import Path

_SUBMODULES = """
import pdoc.doc, runware_client
[tasks] = pdoc.doc.Module(runware_client).submodules
print(*(module.name for module in tasks.submodules))
"""

_AFTER_SPHINX = """
import pydantic
pydantic.BaseModel.__annotations__["__pydantic_extra__"] = "dict[str, object] | None"
from runware_client.tasks.caption.caption import CaptionResult
CaptionResult.model_rebuild(force=True)
"""


def _python(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env={"PYTHONPATH": str(TOP / "generated")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pdoc_has_a_page_for_each_task_type() -> None:
    names = _python("-c", _SUBMODULES).split()
    assert len(names) == 23
    assert {"image_inference", "three_d_inference"} <= {*names}


def test_pdoc_shows_classes_with_their_parameters(tmp_path: Path) -> None:
    _python("-m", "pdoc", "runware_client.tasks.upscale", "-o", tmp_path)
    folder = tmp_path / "runware_client" / "tasks"
    shown = _ids(folder / "upscale.html")
    assert {"UpscaleRequest.upscale_factor", "UpscaleResult.image_url"} <= shown
    nested = _ids(folder / "upscale" / "upscale.html")
    assert {"Inputs.image", "Settings.steps"} <= nested


def test_classes_can_be_built_after_sphinx_has_looked_at_pydantic() -> None:
    _python("-c", _AFTER_SPHINX)


def _ids(page: Path) -> set[str]:
    return {*re.findall(r'id="([\w.]+)"', page.read_text(encoding="utf-8"))}
