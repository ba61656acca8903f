"""What measurements find: rows of a table, and bars of a picture."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One thing that was measured.

    Attributes:
        what: What was measured.
        measured: What came out.
        must: What has to come out; empty where nothing has to.
        holds: Whether it did; None where nothing has to.
        figures: What it was worked out from.
        headline: Whether README shows it.
    """

    what: str
    measured: str
    must: str = ""
    holds: bool | None = None
    figures: str = ""
    headline: bool = False


@dataclass(frozen=True)
class Bar:
    """A bar of a panel, which begins at zero.

    Attributes:
        label: What it is about.
        value: Its length.
        text: What stands at it.
        ours: Whether it is about this project.
        limit: How long it may be, where something is said.
    """

    label: str
    value: float
    text: str
    ours: bool = True
    limit: float | None = None


@dataclass(frozen=True)
class Panel:
    """A part of the picture: bars that can be compared."""

    title: str
    note: str
    bars: list[Bar]


@dataclass(frozen=True)
class Results:
    """A whole run.

    Attributes:
        machine: Where and with what it was measured, in a sentence.
        catalogue: What the documents are, in a sentence.
    """

    machine: str
    catalogue: str
    rows: list[Row] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)

    def add(self, found: Row | Panel) -> None:
        """Take in what a measurement found."""
        if isinstance(found, Row):
            self.rows.append(found)
        else:
            self.panels.append(found)


def at_most(what: str, value: float, limit: float, written: str, **more: Any) -> Row:
    """Make a row of a value that may not be more; `written` formats both."""
    must = f"≤ {written.format(limit)}"
    return Row(what, written.format(value), must, value <= limit, **more)


def at_least(what: str, value: float, limit: float, written: str, **more: Any) -> Row:
    """Make a row of a value that may not be less; `written` formats both."""
    must = f"≥ {written.format(limit)}"
    return Row(what, written.format(value), must, value >= limit, **more)


def save(results: Results, path: Path) -> None:
    """Write results as JSON."""
    text = json.dumps(asdict(results), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> Results:
    """Read results that were written."""
    said = json.loads(path.read_text(encoding="utf-8"))
    rows = [Row(**row) for row in said.pop("rows")]
    panels = [_panel(**panel) for panel in said.pop("panels")]
    return Results(**said, rows=rows, panels=panels)


def _panel(title: str, note: str, bars: list[dict[str, Any]]) -> Panel:
    return Panel(title, note, [Bar(**bar) for bar in bars])


HEAD = "| What | Must | Measured | Holds | In figures |\n|---|---|---|---|---|"


def line(row: Row) -> str:
    """Write a row in Markdown."""
    holds = {True: "yes", False: "**no**", None: ""}[row.holds]
    cells = (row.what, row.must, row.measured, holds, row.figures)
    return " | ".join(("", *cells, "")).strip()
