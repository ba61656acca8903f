"""The expected text of modules. A change is reviewed and accepted by hand.

`make golden` replaces the expected modules with those that the generator makes now.
"""

from __future__ import annotations

import difflib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runware_codegen.documents import load
from runware_codegen.parse import parse
from runware_codegen.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GOLDEN = Path(__file__).parents[1] / "golden"
EXPECTED = GOLDEN / "expected"


def test_modules_read_as_they_should() -> None:
    made = _made()
    if "ACCEPT_GOLDEN" in os.environ:
        _accept(made)
    expected = {
        path.relative_to(EXPECTED).as_posix(): path.read_text(encoding="utf-8")
        for path in EXPECTED.rglob("*.py")
    }
    if changes := list(_changes(expected, made)):
        pytest.fail("\n".join(["`make golden` accepts this:", *changes]), pytrace=False)
    assert len(expected) > 3


def test_a_change_is_shown_as_a_patch() -> None:
    changes = [*_changes({"a.py": "x = 1\n", "b.py": "y\n"}, {"a.py": "x = 2\n"})]
    assert changes[:2] == ["--- expected/a.py", "+++ made/a.py"]
    assert {"-x = 1", "+x = 2", "--- expected/b.py", "-y"} < set(changes)


def _made() -> dict[str, str]:
    """Make the modules that depend on the documents."""
    loaded = load([str(GOLDEN / "documents")])
    files = render(parse(loaded.documents, package="golden"))
    varying = ("tasks/_index.py", "client.py")
    return {
        path: text
        for path, text in files.items()
        if path.startswith("tasks/") or path in varying
    }


def _accept(made: Mapping[str, str]) -> None:
    shutil.rmtree(EXPECTED, ignore_errors=True)
    for path, text in made.items():
        target = EXPECTED / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _changes(expected: Mapping[str, str], made: Mapping[str, str]) -> Iterator[str]:
    for path in sorted(expected.keys() | made.keys()):
        yield from difflib.unified_diff(
            expected.get(path, "").split("\n"),
            made.get(path, "").split("\n"),
            f"expected/{path}",
            f"made/{path}",
            lineterm="",
        )
