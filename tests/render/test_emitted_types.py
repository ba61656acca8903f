"""What type checkers tell the people who use the client, over programs and examples."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from checking import Diagnostic, mypy
from typed_programs import PROGRAMS, RESULTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WRONG = {
    (name, number)
    for name, program in PROGRAMS.items()
    for number, line in enumerate(program.splitlines(), 1)
    if "# wrong" in line
}
REVEALED = {
    number: line.rpartition("# ")[2].replace(
        "list of ImageInferenceResult", "list[ImageInferenceResult]"
    )
    for number, line in enumerate(RESULTS.splitlines(), 1)
    if "reveal_type" in line
}


def _verify(said: Iterable[Diagnostic], reveals: str) -> None:
    errors = {(each.file, each.line) for each in said if each.kind == "error"}
    assert errors == WRONG, said
    for number, expected in REVEALED.items():
        texts = [e.text for e in said if (e.file, e.line) == ("results.py", number)]
        shown = [
            re.sub(r"(\w+\.)+", "", m[1]) for t in texts if (m := re.search(reveals, t))
        ]
        assert shown == [expected]


PLUGIN = """
    [mypy]
    plugins = pydantic.mypy

    [pydantic-mypy]
    init_forbid_extra = true
    init_typed = true
    warn_required_dynamic_aliases = true
    """


@pytest.mark.parametrize("settings", ["", PLUGIN], ids=["plain", "plugin"])
def test_mypy(
    emitted: Path,
    settings: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The packages that the programs import are checked too, and have no error."""
    options = list[str]()
    if settings:
        file = tmp_path / "mypy.ini"
        file.write_text(dedent(settings), encoding="utf-8")
        options = [f"--config-file={file}"]
    folder, packages = emitted / "programs", emitted / "generated"
    done = mypy(tmp_path_factory, *options, *PROGRAMS, cwd=folder, path=packages)
    said = re.findall(
        r"^([\w/.-]+\.py):(\d+): (error|note): (.*)", done.stdout, re.MULTILINE
    )
    assert said, done.stdout + done.stderr
    _verify(
        [Diagnostic(name, int(line), kind, text) for name, line, kind, text in said],
        r'Revealed type is "(.*)"',
    )


def test_pyright(pyright: list[Diagnostic]) -> None:
    said = [
        each._replace(file=each.file.removeprefix("programs/"))
        for each in pyright
        if each.file.startswith("programs/")
    ]
    _verify(said, r'is "(.*)"$')
