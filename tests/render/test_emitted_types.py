"""The errors and types that type checkers report to users of the client."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

from typed_programs import PROGRAMS

from type_checkers import Diagnostic, diagnostics, mypy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

WRONG = {
    (name, number)
    for name, program in PROGRAMS.items()
    for number, line in enumerate(program.splitlines(), 1)
    if "# wrong" in line
}
REVEALED = {
    (name, number): line.rpartition("# ")[2].replace(
        "list of ImageInferenceResult", "list[ImageInferenceResult]"
    )
    for name, program in PROGRAMS.items()
    for number, line in enumerate(program.splitlines(), 1)
    if "reveal_type" in line
}


def _verify(said: Iterable[Diagnostic], reveals: str) -> None:
    errors = {(each.file, each.line) for each in said if each.kind == "error"}
    assert errors == WRONG, said
    found = [(each, re.search(reveals, each.text)) for each in said]
    shown = {(each.file, each.line): _name(m[1]) for each, m in found if m}
    assert shown == REVEALED


def _name(revealed: str) -> str:
    """Return a type without modules. mypy shows a named tuple as its members."""
    name = re.sub(r"(\w+\.)+", "", revealed)
    return re.sub(r"^tuple\[.*, fallback=(\w+)\]$", r"\1", name)


PLUGIN = """
    [mypy]
    plugins = pydantic.mypy

    [pydantic-mypy]
    init_forbid_extra = true
    init_typed = true
    warn_required_dynamic_aliases = true
    """


def test_mypy(mypy_said: list[Diagnostic]) -> None:
    """mypy also checks the packages that the programs import, and finds no error."""
    _verify(_in_programs(mypy_said), r'Revealed type is "(.*)"')


def test_mypy_with_the_plugin(
    emitted: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """mypy also checks the packages that the programs import, and finds no error."""
    settings = tmp_path / "mypy.ini"
    settings.write_text(dedent(PLUGIN), encoding="utf-8")
    option = f"--config-file={settings}"
    folder, packages = emitted / "programs", emitted / "generated"
    done = mypy(tmp_path_factory, option, *PROGRAMS, cwd=folder, path=packages)
    said = diagnostics(done.stdout)
    assert said, done.stdout + done.stderr
    _verify(said, r'Revealed type is "(.*)"')


def _in_programs(said: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [each._replace(file=each.file.removeprefix("programs/")) for each in said]


def test_pyright(pyright: list[Diagnostic]) -> None:
    said = [each for each in pyright if each.file.startswith("programs/")]
    _verify(_in_programs(said), r'is "(.*)"$')
