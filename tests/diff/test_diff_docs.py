"""The pages about `diff` are correct.

`make golden` writes the generated parts: the table of kinds and the schema.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from environments import TOP
from runware_codegen.diff.formats.json_format import json_schema
from runware_codegen.diff.levels import KINDS, LEVELS
from runware_codegen.diff.options import DIFF_OPTIONS, FORMATS

if TYPE_CHECKING:
    from pathlib import Path

PAGE = TOP / "docs" / "diff.md"
SCHEMA = TOP / "docs" / "diff-report.schema.json"
TABLE = re.compile("(?<=<!-- kinds -->\n).*(?=<!-- end of kinds -->)", re.DOTALL)


def accept(path: Path, text: str) -> None:
    """Compare a file with the expected text. ACCEPT_GOLDEN writes the text first."""
    if "ACCEPT_GOLDEN" in os.environ:
        path.write_text(text, encoding="utf-8")
    assert path.read_text("utf-8") == text, "`make golden` accepts it"


def test_the_table_of_kinds() -> None:
    kinds = sorted(KINDS.values(), key=lambda kind: (kind.level.rank, kind.id))
    lines = [f"| `{kind.id}` | {kind.level} | {kind.meaning} |" for kind in kinds]
    rows = "\n".join(["| Entry | Level | Meaning |", "|---|---|---|", *lines])
    table = f"\n{rows}\n\n"
    accept(PAGE, TABLE.sub(lambda _: table, PAGE.read_text("utf-8")))


def test_the_schema_of_the_report() -> None:
    schema = json_schema()
    accept(SCHEMA, json.dumps(schema, indent=2) + "\n")
    jsonschema_rs.meta.validate(schema)


def test_the_levels() -> None:
    page = PAGE.read_text("utf-8")
    for level, meaning in LEVELS.items():
        assert f"| {level} | {meaning} |" in page


@pytest.mark.parametrize("parameter", DIFF_OPTIONS)
def test_the_options(parameter: object) -> None:
    page = PAGE.read_text("utf-8")

    def command() -> None:
        pass

    parameter(command)  # type: ignore[operator]
    [made] = command.__click_params__  # type: ignore[attr-defined]
    for option in made.opts:
        assert (
            option == "sides" or f"`{option}" in page or f"`--accept {option}" in page
        )
    assert all(f"`{form}`" in page for form in FORMATS)
