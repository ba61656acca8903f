"""Writes what a run has found: a table, a picture, and the part of README about both.

python benchmarks/report.py [RESULTS]

does so anew, from the results of an earlier run.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import results
from peers import TOP
from picture import drawn

if TYPE_CHECKING:
    from results import Results

FOLDER = TOP / "benchmarks"
JSON, TABLE, PICTURE = "results.json", "results.md", "results.svg"
_README = TOP / "README.md"
_BEGIN, _END = "<!-- results -->\n", "<!-- end of results -->\n"


def table(found: Results) -> str:
    """Write the table with all there is to say about it."""
    judged = [row.holds for row in found.rows if row.holds is not None]
    lines = [
        "# What was measured",
        f"{found.machine} {found.catalogue}",
        f"{judged.count(True)} of {len(judged)} rows hold. Whatever is compared was "
        "measured in turns, in one run; of several runs the shortest counts.",
        f"![The figures as bars]({PICTURE})",
        "\n".join([results.HEAD, *map(results.line, found.rows)]),
        "`make bench` measures again and writes this page.",
    ]
    return "\n\n".join(lines) + "\n"


def summary(found: Results) -> str:
    """Write what README says: the rows that compare with others."""
    rows = [row for row in found.rows if row.headline]
    cells = [f"| {row.what} | {row.measured} | {row.figures} |" for row in rows]
    lines = [
        f"{found.machine} {found.catalogue}",
        "\n".join(["| | Measured | In figures |", "|---|---|---|", *cells]),
    ]
    return "\n" + "\n\n".join(lines) + "\n\n"


def with_summary(readme: str, found: Results) -> str:
    """Put what README says of a run in place of what it said."""
    before, _, after = _parts(readme)
    return f"{before}{summary(found)}{after}"


def summary_of(readme: str) -> str:
    """Return the part of README that is written here."""
    return _parts(readme)[1]


def _parts(readme: str) -> tuple[str, str, str]:
    """Cut README before the summary and after it."""
    start = readme.index(_BEGIN) + len(_BEGIN)
    end = readme.index(_END, start)
    return readme[:start], readme[start:end], readme[end:]


def write(found: Results, folder: Path) -> None:
    """Write everything; README only where results are those of the project."""
    folder.mkdir(parents=True, exist_ok=True)
    results.save(found, folder / JSON)
    (folder / TABLE).write_text(table(found), encoding="utf-8")
    (folder / PICTURE).write_text(drawn(found), encoding="utf-8")
    if folder == FOLDER:
        readme = _README.read_text(encoding="utf-8")
        _README.write_text(with_summary(readme, found), encoding="utf-8")


def main() -> None:
    """Write anew what was found earlier."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, nargs="?", default=FOLDER / JSON)
    path = parser.parse_args().results.resolve()
    write(results.read(path), path.parent)


if __name__ == "__main__":
    main()
