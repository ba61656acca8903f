"""Modules as they should read: a change to them is looked at, and accepted by hand.

`make golden` writes what the generator makes now over what is expected.
"""

from __future__ import annotations

import difflib
import io
import os
from pathlib import Path

import pytest

from runware_codegen.documents import load
from runware_codegen.parse import parse
from runware_codegen.render import render

GOLDEN = Path(__file__).parent / "golden"
EXPECTED = GOLDEN / "expected"


def _made() -> dict[str, str]:
    loaded = load([str(GOLDEN / "documents")], io.BytesIO())
    files = render(parse(loaded.documents, package="golden"))
    varying = ("_index.py", "client.py")
    return {
        path: text
        for path, text in files.items()
        if path.startswith("tasks/") or path in varying
    }


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    made = _made()
    if "ACCEPT_GOLDEN" in os.environ:
        for path, text in made.items():
            target = EXPECTED / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    return made


def test_no_module_is_missing_and_none_is_left_over(made: dict[str, str]) -> None:
    expected = {p.relative_to(EXPECTED).as_posix() for p in EXPECTED.rglob("*.py")}
    assert expected == set(made), "`make golden` accepts the change"


@pytest.mark.parametrize(
    "path", sorted(p.relative_to(EXPECTED).as_posix() for p in EXPECTED.rglob("*.py"))
)
def test_a_module_reads_as_it_should(made: dict[str, str], path: str) -> None:
    expected = (EXPECTED / path).read_text(encoding="utf-8")
    changes = difflib.unified_diff(
        expected.splitlines(), made[path].splitlines(), "expected", "made", lineterm=""
    )
    assert made[path] == expected, "\n".join(["`make golden` accepts this:", *changes])
